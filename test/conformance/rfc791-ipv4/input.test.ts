import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import { IPV4_HEADER_BYTES } from '../../../stack/wire/ipv4.ts'
import {
  ALL_MAC, bench, collector, etherFrame, HOST, ipFrame, must, octets, PEER, resealed, udpFrame, udpSegment,
} from '../../support/stack-lan.ts'
import type { UdpFields } from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES

/** Sends one frame to a host that listens on port 53 and tells how many datagrams it heard, and the counters. */
function hear(frame: Uint8Array, addresses?: readonly string[]) {
  const lan = bench(addresses === undefined ? {} : { addresses })
  const { got, onDatagram } = collector()
  must(lan.stack.bindUdp({ port: 53, onDatagram }))
  const lines = lan.answer(frame)
  return { got, lines, counters: lan.stack.counters['ipv4']?.toJSON() ?? {} }
}

describe('RFC 791 §3.1 [I1] header, checked as RFC 1122 §3.2.1 asks', () => {
  const good = udpFrame(octets(20))
  const patched = (offset: number, value: number, sealed = true): Uint8Array => {
    const frame = good.slice()
    frame[AT + offset] = value
    return sealed ? resealed(frame, () => {}) : frame
  }
  test.each([
    ['version 6', patched(0, 0x65, false), 'version'],
    ['IHL 4', patched(0, 0x44, false), 'header-length'],
    ['a wrong checksum', patched(10, 0xaa, false), 'checksum'],
    ['a bit flipped', patched(8, 63, false), 'checksum'],
    ['a header cut short', good.slice(0, AT + 19), 'truncated'],
    ['less than its total length', good.slice(0, AT + 47), 'total-length'],
    ['a total length below the header', resealedTotal(good, 19), 'total-length'],
  ])('%s: dropped in silence and counted', (_name, frame, counter) => {
    const { got, lines, counters } = hear(frame)
    expect(got).toEqual([])
    expect(lines).toEqual([])
    expect(counters[counter]).toBe(1)
  })

  test('the octets after the total length are padding, whatever they hold', () => {
    const segment = udpSegment(octets(4))
    const frame = ipFrame(segment)
    frame.fill(0xee, AT + IPV4_HEADER_BYTES + segment.length)
    expect(hear(frame).got.map((d) => d.payload)).toEqual([octets(4)])
  })

  test.each([
    ['no-operation and end', [1, 1, 1, 0]],
    ['record route', [7, 7, 4, 0, 0, 0, 0, 0]],
    ['an unknown option', [0x9e, 4, 1, 2]],
    ['an end before garbage', [0, 9, 9, 9]],
  ])('well-formed options are ignored: %s', (_name, bytes) => {
    expect(hear(udpFrame(octets(8), { options: Uint8Array.from(bytes) })).got.length).toBe(1)
  })

  test.each([
    ['of length 0', [7, 0, 0, 0], 21],
    ['of length 1', [1, 7, 1, 0], 22],
    ['past the header', [7, 39, 4, 0], 21],
    ['without a length', [1, 1, 1, 7], 23],
  ])('a malformed option (%s) is answered with parameter problem that points at it', (_name, bytes, pointer) => {
    const lan = bench()
    lan.peer.send(udpFrame(octets(8), { options: Uint8Array.from(bytes) }))
    lan.clock.advance(10)
    const [error] = lan.peer.take()
    expect(error?.slice(AT + IPV4_HEADER_BYTES, AT + IPV4_HEADER_BYTES + 2)).toEqual(Uint8Array.from([12, 0]))
    expect(error?.[AT + IPV4_HEADER_BYTES + 4]).toBe(pointer)
  })

  test.each([
    ['loose', 131],
    ['strict', 137],
  ])('a %s source route is dropped (RFC 7126 §4.3)', (_name, kind) => {
    const options = Uint8Array.from([kind, 7, 4, 10, 0, 0, 1, 0])
    const { got, lines, counters } = hear(udpFrame(octets(8), { options }))
    expect([got, lines]).toEqual([[], []])
    expect(counters['source-route']).toBe(1)
  })
})

function resealedTotal(frame: Uint8Array, total: number): Uint8Array {
  return resealed(frame, (b, at) => {
    b[at + 2] = 0
    b[at + 3] = total
  })
}

describe('RFC 1122 §3.2.1.3 [I8, I9, I11] addresses that cannot stand where they stand', () => {
  test.each([
    ['a source of 127/8 from a wire', { from: '127.0.0.1' }, 'martian-source'],
    ['a multicast source', { from: '224.0.0.5' }, 'martian-source'],
    ['a class E source', { from: '240.0.0.1' }, 'martian-source'],
    ['the limited broadcast as source', { from: '255.255.255.255' }, 'martian-source'],
    ['our subnet’s broadcast as source', { from: '10.53.0.255' }, 'martian-source'],
    ['a source on net 0', { from: '0.1.2.3' }, 'martian-source'],
    ['0.0.0.0 calling us by address', { from: '0.0.0.0' }, 'martian-source'],
    ['our own address as source', { from: HOST }, 'own-source'],
    ['a target of 127/8 from a wire', { to: '127.0.0.1' }, 'martian-target'],
    ['a class E target', { to: '241.0.0.1' }, 'martian-target'],
    ['another host’s address', { to: '10.53.0.77' }, 'not-for-us'],
    ['a group we did not join', { to: '224.0.0.251' }, 'group-not-joined'],
    ['our address in a link-layer broadcast (RFC 1122 §3.3.6)', { toMac: ALL_MAC }, 'unicast-in-broadcast'],
  ] as const)('%s: dropped and counted', (_name, fields: UdpFields, counter) => {
    const { got, lines, counters } = hear(udpFrame(octets(8), fields))
    expect([got, lines]).toEqual([[], []])
    expect(counters[counter]).toBe(1)
  })

  test.each([
    ['the limited broadcast', { to: '255.255.255.255', toMac: ALL_MAC }],
    ['from 0.0.0.0, as DHCP clients send', { from: '0.0.0.0', to: '255.255.255.255', toMac: ALL_MAC }],
    ['from a host of another subnet', { from: '192.168.7.7', to: '255.255.255.255', toMac: ALL_MAC }],
    ['the subnet’s broadcast', { to: '10.53.0.255', toMac: ALL_MAC }],
    ['the subnet’s broadcast in its old form of zeros', { to: '10.53.0.0', toMac: ALL_MAC }],
    ['the network-directed broadcast (RFC 922)', { to: '10.255.255.255', toMac: ALL_MAC }],
  ] as const)('a broadcast is heard: %s', (_name, fields: UdpFields) => {
    const { got } = hear(udpFrame(octets(8), fields))
    expect(got.map((d) => [d.target, d.linkBroadcast])).toEqual([[ipv4(fields.to ?? HOST), true]])
  })

  test('in a supernet, what would be a class’s broadcast address is a host like others (RFC 4632)', () => {
    const { got } = hear(udpFrame(octets(8), { to: '192.168.0.255', toMac: ALL_MAC }), ['192.168.0.2/16'])
    expect(got).toEqual([])
  })

  test('an interface without an address hears the limited broadcast', () => {
    const frame = udpFrame(octets(8), { from: '0.0.0.0', to: '255.255.255.255', toMac: ALL_MAC })
    expect(hear(frame, []).got.length).toBe(1)
  })

  test.each([
    ['10.53.0.2/31', '10.53.0.3'],
    ['10.53.0.2/32', '10.53.0.2'],
  ])('%s has no broadcast address, and %s is a host (RFC 3021)', (own, other) => {
    const lan = bench({ addresses: [own], knowsPeer: false })
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4(other), 9)).toBe(0)
  })

  test('every address of a host is its own on every interface', () => {
    const { got } = hear(udpFrame(octets(8), { to: '192.168.9.1' }), [`${HOST}/24`, '192.168.9.1/28'])
    expect(got.length).toBe(1)
  })
})

describe('RFC 894 [L1, L3] and the frame filter', () => {
  test.each([
    ['another station’s frame', udpFrame(octets(8), { toMac: '02:00:00:00:00:77' }), 'not-for-us'],
    ['a multicast frame', udpFrame(octets(8), { toMac: '01:00:5e:00:00:02' }), 'not-for-us'],
    ['a frame from a group address', udpFrame(octets(8), { fromMac: '03:00:00:00:00:01' }), 'group-source'],
    ['an IEEE 802.3 length', etherFrame(100, octets(100)), 'ieee-802.3'],
    ['an unknown type', etherFrame(0x86dd, octets(100)), 'unknown-type'],
    ['a runt', new Uint8Array(13), 'truncated'],
  ])('%s is dropped and counted', (_name, frame, counter) => {
    const lan = bench()
    expect(lan.answer(frame)).toEqual([])
    expect(lan.stack.counters['ethernet']?.get(counter)).toBe(1)
    expect(lan.stack.counters['ipv4']?.get('received')).toBe(0)
  })

  test('short frames go out padded with zeros to 46 octets of payload', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    endpoint.send(octets(1500).fill(0xff), 0, 1400, ipv4(PEER), 9)
    lan.clock.advance(1)
    lan.peer.take()
    endpoint.send(Uint8Array.from([0xaa]), 0, 1, ipv4(PEER), 9)
    lan.clock.advance(1)
    const [frame] = lan.peer.take()
    expect(frame?.length).toBe(60)
    expect(frame?.slice(AT + 29)).toEqual(new Uint8Array(17))
  })
})
