import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4 } from '../../../stack/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as icmp from '../../../stack/wire/icmp.ts'
import { IPV4_HEADER_BYTES } from '../../../stack/wire/ipv4.ts'
import {
  ALL_MAC, bench, collector, echoRequest, fragmentFrames, HOST, HOST_MAC, icmpFrame, icmpMessage, ipDatagram, ipFrame,
  must, octets, PEER, PEER_MAC, udpFrame, udpSegment,
} from '../../support/stack-lan.ts'

const BODY = ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES
const towardsPeer = (rest: string): string => `${HOST_MAC} > ${PEER_MAC} ${HOST} > ${PEER} ${rest}`

describe('RFC 792 [C1] echo', () => {
  test.each([0, 1, 56, 1_472, 1_473, 8_000, 65_507])('%i octets of data come back the same', (length) => {
    const lan = bench()
    const request = echoRequest(length)
    const cuts = Array.from({ length: Math.ceil(request.length / 1480) }, (_, i) => i * 1480)
    lan.peer.send(...fragmentFrames(request, cuts, { protocol: 1 }))
    lan.clock.advance(10)
    const replies = lan.peer.take()
    expect(replies.length).toBe(cuts.length)
    const body = replies.flatMap((frame) => {
      const total = ((frame[16] as number) << 8) | (frame[17] as number)
      return [...frame.subarray(BODY, ETHERNET_HEADER_BYTES + total)]
    })
    const message = icmp.parse(Uint8Array.from(body), 0, body.length)
    expect(message).toEqual({ ok: true, value: { type: 0, code: 0, rest: 0x1234_0001, body: octets(length) } })
  })

  test('the reply has the type of service of the request, without ECN (RFC 1349 §5.1)', () => {
    const lan = bench()
    lan.peer.send(icmpFrame(echoRequest(8), { tos: 0xbb }))
    lan.clock.advance(10)
    expect(lan.peer.take().map((frame) => frame[15])).toEqual([0xb8])
  })

  test('the reply comes from the address that was asked (RFC 1122 §3.2.2.6)', () => {
    const lan = bench({ addresses: ['10.53.0.2/24', '10.53.0.3/24'] })
    expect(lan.answer(icmpFrame(echoRequest(8), { to: '10.53.0.3' }))).toEqual([
      `${HOST_MAC} > ${PEER_MAC} 10.53.0.3 > ${PEER} echo reply 8`,
    ])
  })

  test.each([
    ['to a broadcast address', icmpFrame(echoRequest(8), { to: '255.255.255.255', toMac: ALL_MAC })],
    ['to the subnet', icmpFrame(echoRequest(8), { to: '10.53.0.255', toMac: ALL_MAC })],
    ['of ours, as a reply', icmpFrame(icmpMessage(icmp.ECHO_REPLY, 0, 1, octets(8)))],
    ['timestamp request (RFC 6918)', icmpFrame(icmpMessage(13, 0, 1, octets(12)))],
    ['address mask request (RFC 6918)', icmpFrame(icmpMessage(17, 0, 1, octets(4)))],
    ['source quench (RFC 6633)', icmpFrame(icmpMessage(4, 0, 0, ipDatagram(octets(8))))],
    ['unknown type', icmpFrame(icmpMessage(200, 0, 0, octets(8)))],
  ])('no answer to: %s', (_name, frame) => {
    expect(bench().answer(frame)).toEqual([])
  })

  test.each([
    ['checksum', (m: Uint8Array): Uint8Array => m.with(2, (m[2] as number) ^ 1)],
    ['truncated', (m: Uint8Array): Uint8Array => m.subarray(0, 7)],
  ])('a bad %s is dropped and counted', (counter, spoil) => {
    const lan = bench()
    expect(lan.answer(icmpFrame(spoil(echoRequest(8))))).toEqual([])
    expect(lan.stack.counters['icmp']?.get(counter)).toBe(1)
  })
})

describe('RFC 1122 §3.2.2 [C2, C3, C4] errors out', () => {
  test('a datagram to a port without listener: port unreachable that quotes it', () => {
    const lan = bench()
    const cause = ipDatagram(udpSegment(octets(100), { toPort: 99 }))
    lan.peer.send(udpFrame(octets(100), { toPort: 99 }))
    lan.clock.advance(10)
    const [frame] = lan.peer.take()
    if (frame === undefined) expect.unreachable('no error came')
    const message = icmp.parse(frame, BODY, frame.length)
    expect(message).toEqual({ ok: true, value: { type: 3, code: 3, rest: 0, body: cause } })
  })

  test('an unknown protocol: protocol unreachable', () => {
    expect(bench().answer(ipFrame(octets(8), { protocol: 99 }))).toEqual([towardsPeer('unreachable (protocol) 28')])
  })

  test('an error is at most 576 octets long (RFC 1812 §4.3.2.3)', () => {
    expect(bench().answer(udpFrame(octets(1000), { toPort: 99 }))).toEqual([towardsPeer('unreachable (port) 548')])
  })

  const toAll = { to: '255.255.255.255', toMac: ALL_MAC }
  const options = Uint8Array.from([7, 0, 0, 0])
  test.each([
    ['a broadcast', udpFrame(octets(8), { ...toAll, toPort: 99 })],
    ['a subnet broadcast', udpFrame(octets(8), { to: '10.53.0.255', toMac: ALL_MAC, toPort: 99 })],
    ['a subnet broadcast in a frame to us', ipFrame(octets(8), { to: '10.53.0.255', protocol: 99 })],
    ['a link-layer broadcast', udpFrame(octets(8), { toMac: ALL_MAC, toPort: 99 })],
    ['a source that is no single host', udpFrame(octets(8), { ...toAll, from: '0.0.0.0' })],
    ['an ICMP error with bad options', icmpFrame(icmpMessage(3, 1, 0, octets(28)), { options })],
    ['an ICMP type nobody knows, with bad options', icmpFrame(icmpMessage(99, 1, 0, octets(28)), { options })],
    ['a fragment that is not the first, with bad options', ipFrame(octets(8), { fragmentOffset: 8, options })],
  ])('never about %s', (_name, frame) => {
    const lan = bench()
    expect(lan.answer(frame)).toEqual([])
    expect(lan.stack.counters['icmp']?.get('errors-sent')).toBe(0)
  })

  test('an echo request with bad options may be reported', () => {
    expect(bench().answer(icmpFrame(echoRequest(8), { options }))).toEqual([towardsPeer('parameter problem 40')])
  })

  test('errors are limited by a token bucket: a burst, then 100 a second (RFC 1812 §4.3.2.8)', () => {
    const lan = bench()
    const flood = Array.from({ length: 300 }, () => udpFrame(octets(8), { toPort: 99 }))
    expect(lan.answer(...flood).length).toBe(50)
    expect(lan.stack.counters['icmp']?.get('error-limited')).toBe(250)
    lan.clock.advance(100)
    expect(lan.answer(...flood).length).toBe(11)
  })
})

describe('RFC 1122 §3.2.2.1 and §4.1.3.3 [C2] errors in go to the endpoint whose datagram they quote', () => {
  const ours = { from: HOST, to: PEER, fromPort: 1000, toPort: 2000 }
  const quote = ipDatagram(udpSegment(octets(8), ours), ours)
  const fragment = ipDatagram(octets(16), { ...ours, fragmentOffset: 64 })
  const foreign = ipDatagram(udpSegment(octets(8)), { from: '10.53.0.50', to: PEER })
  const listening = () => {
    const lan = bench()
    const errors: string[] = []
    const onError = (name: string) => (error: string, target: number, port: number) =>
      errors.push(`${name}: ${error} ${formatIpv4(target)}:${port}`)
    must(lan.stack.bindUdp({ port: 1000, onDatagram: () => {}, onError: onError('1000') }))
    must(lan.stack.bindUdp({ port: 1001, onDatagram: () => {}, onError: onError('1001') }))
    return { ...lan, errors }
  }

  test.each([
    [3, 0, 'ENETUNREACH'],
    [3, 1, 'EHOSTUNREACH'],
    [3, 2, 'ENOPROTOOPT'],
    [3, 3, 'ECONNREFUSED'],
    [3, 4, 'EMSGSIZE'],
    [3, 13, 'EHOSTUNREACH'],
    [11, 0, 'EHOSTUNREACH'],
    [12, 0, 'EPROTO'],
  ])('type %i code %i is %s', (type, code, error) => {
    const lan = listening()
    expect(lan.answer(icmpFrame(icmpMessage(type, code, 0, quote)))).toEqual([])
    expect(lan.errors).toEqual([`1000: ${error} ${PEER}:2000`])
  })

  test('8 octets of the datagram are enough', () => {
    const lan = listening()
    lan.answer(icmpFrame(icmpMessage(3, 3, 0, quote.subarray(0, 28))))
    expect(lan.errors.length).toBe(1)
  })

  test.each([
    ['a quote of another’s datagram', foreign, 'quote-not-ours'],
    ['a quote of a later fragment', fragment, 'quote-malformed'],
    ['a quote without ports', quote.subarray(0, 27), 'quote-malformed'],
    ['a quote that is not IPv4', quote.with(0, 0x65), 'quote-malformed'],
    ['a quote with an IHL of 3', quote.with(0, 0x43), 'quote-malformed'],
  ])('%s reaches nobody', (_name, body, counter) => {
    const lan = listening()
    lan.answer(icmpFrame(icmpMessage(3, 3, 0, body)))
    expect(lan.errors).toEqual([])
    expect(lan.stack.counters['icmp']?.get(counter)).toBe(1)
  })

  test('of two on one port, the one whose address sent it hears', () => {
    const lan = bench({ addresses: [`${HOST}/24`, '10.53.0.3/24'] })
    const errors: string[] = []
    for (const address of [HOST, '10.53.0.3']) {
      const onError = (): void => void errors.push(address)
      must(lan.stack.bindUdp({ port: 1000, address: ipv4(address), onDatagram: () => {}, onError }))
    }
    lan.answer(icmpFrame(icmpMessage(3, 3, 0, quote)))
    expect(errors).toEqual([HOST])
  })

  test('a connected endpoint hears only of its peer', () => {
    const lan = bench()
    const errors: string[] = []
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector(), onError: (error) => errors.push(error) }))
    endpoint.connect(ipv4('10.53.0.10'), 2000)
    lan.answer(icmpFrame(icmpMessage(3, 3, 0, quote)))
    expect(errors).toEqual([])
    endpoint.connect(ipv4(PEER), 2000)
    lan.answer(icmpFrame(icmpMessage(3, 3, 0, quote)))
    expect(errors).toEqual(['ECONNREFUSED'])
  })
})
