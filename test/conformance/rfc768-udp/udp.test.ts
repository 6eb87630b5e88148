import { describe, expect, test } from 'vitest'
import { ipv4, mac, SEND_FAULT, Stack, virtualWire } from '../../../stack/index.ts'
import type { BindUdpOptions } from '../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import { IPV4_HEADER_BYTES } from '../../../stack/wire/ipv4.ts'
import * as udp from '../../../stack/wire/udp.ts'
import {
  addressOn, ALL_MAC, bench, collector, HOST, HOST_MAC, ipFrame, must, octets, OTHER_MAC, PEER, PEER_MAC, udpFrame,
  udpSegment,
} from '../../support/stack-lan.ts'
import type { UdpFields } from '../../support/stack-lan.ts'

const SEGMENT = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES

function hear(segment: Uint8Array) {
  const lan = bench()
  const { got, onDatagram } = collector()
  must(lan.stack.bindUdp({ port: 53, onDatagram }))
  const lines = lan.answer(ipFrame(segment))
  return { got, lines, counters: lan.stack.counters['udp']?.toJSON() ?? {} }
}
const good = udpSegment(octets(20))
const withLength = (length: number): Uint8Array => good.with(4, length >>> 8).with(5, length & 255)

describe('RFC 768 [U2] the header', () => {
  test.each([
    ['a wrong checksum', good.with(6, (good[6] as number) ^ 1), 'checksum'],
    ['a payload bit flipped', good.with(20, (good[20] as number) ^ 1), 'checksum'],
    ['a length below 8', withLength(7), 'length'],
    ['a length past the datagram', withLength(29), 'length'],
    ['less than a header', good.subarray(0, 7), 'truncated'],
  ])('%s: dropped in silence and counted', (_name, segment, counter) => {
    const { got, lines, counters } = hear(segment)
    expect([got, lines]).toEqual([[], []])
    expect(counters[counter]).toBe(1)
  })

  test('a checksum of 0 was not computed and is accepted', () => {
    expect(hear(good.with(6, 0).with(7, 0)).got.length).toBe(1)
  })

  test('octets after the UDP length are not payload', () => {
    const longer = new Uint8Array(good.length + 10).fill(0xee)
    longer.set(good)
    expect(hear(longer).got.map((d) => d.payload)).toEqual([octets(20)])
  })

  test('a datagram may be empty', () => {
    expect(hear(udpSegment(new Uint8Array(0))).got.map((d) => d.payload)).toEqual([new Uint8Array(0)])
  })

  test('a checksum that comes to 0 is sent as 0xffff', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    // Found by trying every payload of two octets: one of them makes the sum 0xffff.
    const seen = new Set<number>()
    for (let value = 0; value < 65_536; value += 1) {
      endpoint.send(Uint8Array.from([value >>> 8, value & 255]), 0, 2, ipv4(PEER), 9)
      if (value % 500 === 499) {
        lan.clock.advance(1)
        for (const frame of lan.peer.take()) seen.add(udp.udpChecksum(frame, SEGMENT))
      }
    }
    expect(seen.has(0)).toBe(false)
    expect(seen.has(0xffff)).toBe(true)
  })
})

describe('RFC 1122 §4.1 [U1, U3] demultiplexing', () => {
  type Bound = Omit<BindUdpOptions, 'onDatagram' | 'port'> & {
    readonly name: string
    readonly peer?: readonly [string, number]
  }
  const any: Bound = { name: 'any', reuseAddress: true }
  const addressed: Bound = { name: 'addressed', address: ipv4(HOST), reuseAddress: true }
  const onWire: Bound = { name: 'on wire', interfaceName: 'wire0', reuseAddress: true }
  const connected: Bound = { name: 'connected', reuseAddress: true, peer: [PEER, 4000] }
  const elsewhere: Bound = { name: 'elsewhere', address: ipv4('10.53.0.3'), reuseAddress: true }
  const calling: Bound = { name: 'calling', address: ipv4(HOST), reuseAddress: true, broadcast: true }
  const all = { to: '255.255.255.255', toMac: ALL_MAC } as const

  test.each([
    ['any address', [any], {}, ['any']],
    ['the address before any', [any, addressed, elsewhere], {}, ['addressed']],
    ['the interface before any', [onWire, any], {}, ['on wire']],
    ['the address before the interface', [addressed, onWire], {}, ['addressed']],
    ['the connected before all', [connected, addressed, any], {}, ['connected']],
    ['another peer than the connected one', [connected, any], { fromPort: 4001 }, ['any']],
    ['only the connected, and another calls', [connected], { fromPort: 4001 }, []],
    ['only another address', [elsewhere], {}, []],
    ['of equals the one bound last', [{ ...any, name: 'first' }, { ...any, name: 'second' }], {}, ['second']],
    ['a broadcast to all that match', [any, onWire, addressed], all, ['on wire', 'any']],
    ['a broadcast and one bound to an address', [addressed], all, []],
    ['a broadcast and one bound to an address that asked for it', [calling], all, ['calling']],
    ['a broadcast from 0.0.0.0', [onWire], { ...all, from: '0.0.0.0' }, ['on wire']],
  ] as const)('%s', (_name, bound: readonly Bound[], fields: UdpFields, heardBy) => {
    const lan = bench({ addresses: [`${HOST}/24`, '10.53.0.3/24'] })
    const heard: string[] = []
    for (const { name, peer, ...options } of bound) {
      const endpoint = must(lan.stack.bindUdp({ port: 53, ...options, onDatagram: () => heard.push(name) }))
      if (peer !== undefined) endpoint.connect(ipv4(peer[0]), peer[1])
    }
    lan.answer(udpFrame(octets(4), fields))
    expect(heard).toEqual(heardBy)
  })

  test('tells source, target, TTL and how it came', () => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    lan.answer(udpFrame(octets(4), { ttl: 3 }))
    expect(got).toEqual([
      { source: ipv4(PEER), sourcePort: 4000, target: ipv4(HOST), ttl: 3, linkBroadcast: false, payload: octets(4) },
    ])
  })

  test.each([
    ['the same port', { port: 53 }, { port: 53 }, 'address-in-use'],
    ['the same port, one willing to share', { port: 53, reuseAddress: true }, { port: 53 }, 'address-in-use'],
    ['any and one address', { port: 53 }, { port: 53, address: ipv4(HOST) }, 'address-in-use'],
    ['two addresses', { port: 53, address: ipv4(HOST) }, { port: 53, address: ipv4('127.0.0.1') }, undefined],
    ['both willing to share', { port: 53, reuseAddress: true }, { port: 53, reuseAddress: true }, undefined],
    ['an address that is not ours', { port: 53 }, { port: 54, address: ipv4(PEER) }, 'address-not-available'],
    ['an interface that is not there', { port: 53 }, { port: 54, interfaceName: 'eth9' }, 'no-such-interface'],
    ['a port that cannot be', { port: 53 }, { port: 65_536 }, 'bad-port'],
  ] as const)('binding: %s', (_name, first, second, error) => {
    const { stack } = bench()
    must(stack.bindUdp({ ...first, onDatagram: () => {} }))
    const result = stack.bindUdp({ ...second, onDatagram: () => {} })
    expect(result.ok ? undefined : result.error.kind).toBe(error)
  })

  test('endpoints of two interfaces share a port; a broadcast is heard where it came in', () => {
    const lan = bench()
    const [second] = virtualWire(lan.clock, { names: ['wire9', 'far9'] })
    lan.stack.addInterface(second, { addresses: [addressOn('192.168.1.2/24')] })
    const heard: string[] = []
    const bind = (name: string, options: Partial<BindUdpOptions>): void =>
      void must(lan.stack.bindUdp({ port: 67, onDatagram: () => heard.push(name), ...options }))
    bind('here', { interfaceName: 'wire0' })
    bind('there', { interfaceName: 'wire9' })
    bind('here by address', { port: 68, address: ipv4(HOST), broadcast: true })
    bind('there by address', { port: 68, address: ipv4('192.168.1.2'), broadcast: true })
    expect(lan.stack.bindUdp({ port: 67, interfaceName: 'wire9', onDatagram: () => {} }).ok).toBe(false)
    lan.answer(udpFrame(octets(4), { ...all, toPort: 67 }), udpFrame(octets(4), { ...all, toPort: 68 }))
    expect(heard).toEqual(['here', 'here by address'])
  })

  test('a closed endpoint frees its port, hears and sends nothing', () => {
    const { stack } = bench()
    const endpoint = must(stack.bindUdp({ port: 53, ...collector() }))
    endpoint.close()
    endpoint.close()
    expect(endpoint.send(octets(1), 0, 1, ipv4(PEER), 9)).toBe(SEND_FAULT.closed)
    must(stack.bindUdp({ port: 53, ...collector() }))
  })

  test('free ports are dynamic ones (RFC 6335), by chance (RFC 6056), and run out as an error', () => {
    const { stack } = bench()
    const ports = new Set<number>()
    for (let i = 0; i < 16_384; i++) ports.add(must(stack.bindUdp({ port: 0, onDatagram: () => {} })).port)
    expect(ports.size).toBe(16_384)
    expect(Math.min(...ports)).toBe(49_152)
    const [first, second, third] = ports
    expect([second, third]).not.toEqual([(first ?? 0) + 1, (first ?? 0) + 2])
    expect(stack.bindUdp({ port: 0, onDatagram: () => {} })).toEqual({ ok: false, error: { kind: 'no-free-port' } })
  })
})

describe('RFC 1122 §4.1.3 [U3, I8] sending', () => {
  test.each([
    ['the limited broadcast without leave', '255.255.255.255', 9, false, 'broadcastRefused'],
    ['the subnet’s broadcast without leave', '10.53.0.255', 9, false, 'broadcastRefused'],
    ['0.0.0.0', '0.0.0.0', 9, true, 'invalidTarget'],
    ['class E', '240.0.0.1', 9, true, 'invalidTarget'],
    ['port 0', PEER, 0, true, 'invalidTarget'],
    ['beyond all routes', '8.8.8.8', 9, true, 'noRoute'],
  ] as const)('%s is refused', (_name, target, port, broadcast, fault) => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 1000, broadcast, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4(target), port)).toBe(SEND_FAULT[fault])
    lan.clock.advance(10)
    expect(lan.peer.lines()).toEqual([])
  })

  test.each([
    ['255.255.255.255', ALL_MAC],
    ['10.53.0.255', ALL_MAC],
    ['224.0.0.251', '01:00:5e:00:00:fb'],
    ['239.128.1.2', '01:00:5e:00:01:02'],
  ])('%s goes to %s', (target, toMac) => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 1000, broadcast: true, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4(target), 9)).toBe(0)
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ${toMac} ${HOST}:1000 > ${target}:9 UDP 1`])
  })

  test('a multicast stays on the link: its TTL is 1 (RFC 1112 §6.1)', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    for (const target of ['224.0.0.251', PEER]) endpoint.send(octets(1), 0, 1, ipv4(target), 9)
    lan.clock.advance(1)
    expect(lan.peer.take().map((frame) => frame[ETHERNET_HEADER_BYTES + 8])).toEqual([1, 64])
  })

  test('from a given source of ours, and from no other', () => {
    const lan = bench({ addresses: [`${HOST}/24`, '10.53.0.3/24'] })
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4(PEER), 9, ipv4('10.53.0.3'))).toBe(0)
    expect(endpoint.send(octets(1), 0, 1, ipv4(PEER), 9, ipv4('10.53.0.4'))).toBe(SEND_FAULT.notOurs)
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ${PEER_MAC} 10.53.0.3:1000 > ${PEER}:9 UDP 1`])
  })

  test('a host without an address sends only to a link (RFC 2131 §4.1)', () => {
    const lan = bench({ addresses: [], knowsPeer: false })
    const endpoint = must(lan.stack.bindUdp({ port: 68, broadcast: true, ...collector() }))
    expect(endpoint.send(octets(1), 0, 1, ipv4('255.255.255.255'), 67)).toBe(SEND_FAULT.noSource)
    const all = mac(ALL_MAC)
    expect(endpoint.sendOnLink(lan.iface, all, ipv4('255.255.255.255'), 67, 0, octets(300), 0, 300)).toBe(0)
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ${ALL_MAC} 0.0.0.0:68 > 255.255.255.255:67 UDP 300`])
  })

  test('sendOnLink reaches a host that cannot answer ARP yet, in fragments if need be, and leaves no mapping', () => {
    const lan = bench({ knowsPeer: false })
    const endpoint = must(lan.stack.bindUdp({ port: 67, ...collector() }))
    const send = (length: number): number =>
      endpoint.sendOnLink(lan.iface, mac(OTHER_MAC), ipv4('10.53.0.100'), 68, ipv4(HOST), octets(length), 0, length)
    expect([send(300), send(2000)]).toEqual([0, 0])
    lan.clock.advance(1)
    const lines = lan.peer.lines()
    expect(lines[0]).toBe(`${HOST_MAC} > ${OTHER_MAC} ${HOST}:67 > 10.53.0.100:68 UDP 300`)
    const fragment = `${HOST_MAC} > ${OTHER_MAC} ${HOST} > 10.53.0.100 fragment`
    expect(lines.slice(1).map((line) => line.startsWith(fragment))).toEqual([true, true])
    expect(lan.iface.neighbours.list()).toEqual([])
  })
})

describe('RFC 768 [U3] the largest datagram', () => {
  const [fits, tooLong] = [65_507, 65_508]
  test('65,507 octets of data go out in fragments, come in from fragments, and one more is refused', () => {
    const [left, right] = hosts()
    const { got, onDatagram } = collector()
    must(right.stack.bindUdp({ port: 53, onDatagram }))
    const endpoint = must(left.stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(fits), 0, fits, ipv4('10.53.0.2'), 53)).toBe(0)
    expect(endpoint.send(octets(tooLong), 0, tooLong, ipv4('10.53.0.2'), 53)).toBe(SEND_FAULT.tooLong)
    left.clock.advance(2_000)
    expect(got.map((d) => d.payload)).toEqual([octets(fits)])
  })

  test('of 65,507 octets broadcast each host hears one datagram', () => {
    const [left, right] = hosts()
    const { got, onDatagram } = collector()
    must(right.stack.bindUdp({ port: 53, onDatagram }))
    const endpoint = must(left.stack.bindUdp({ port: 1000, broadcast: true, ...collector() }))
    expect(endpoint.send(octets(fits), 0, fits, ipv4('10.53.0.255'), 53)).toBe(0)
    left.clock.advance(2_000)
    expect(got.map((d) => [d.payload.length, d.target, d.linkBroadcast])).toEqual([[fits, ipv4('10.53.0.255'), true]])
  })

  function hosts() {
    const clock = new VirtualClock()
    const links = virtualWire(clock)
    const stacks = links.map((link, i) => {
      const stack = new Stack({ clock, random: new SeededSecureRandom(i + 1) })
      stack.addInterface(link, { addresses: [addressOn(`10.53.0.${i + 1}/24`)] })
      return { stack, clock }
    })
    clock.advance(5_000)
    return stacks as [(typeof stacks)[0], (typeof stacks)[0]]
  }
})

describe('RFC 768 [U4] nothing piles up', () => {
  test('a flood to ourselves is bounded: what does not fit is dropped and counted', () => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    const flood = 5_000
    lan.stack.batch(() => {
      for (let i = 0; i < flood; i++) endpoint.send(octets(1_000), 0, 1_000, ipv4('127.0.0.1'), 53)
    })
    lan.clock.advance(10)
    const dropped = lan.stack.loopback.link.counters()['tx-dropped'] ?? 0
    expect(got.length).toBeLessThan(200)
    expect(got.length + dropped).toBe(flood)
  })

  test('a flood from the wire is handed on datagram by datagram; none waits', () => {
    const lan = bench()
    let heard = 0
    must(lan.stack.bindUdp({ port: 53, onDatagram: () => heard++ }))
    for (let i = 0; i < 5_000; i++) {
      lan.peer.send(udpFrame(octets(1_000)))
      lan.clock.advance(1)
      expect(heard).toBe(i + 1)
    }
    expect(lan.stack.counters['udp']?.get('received')).toBe(5_000)
  })
})
