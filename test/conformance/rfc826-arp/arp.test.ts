import { beforeEach, describe, expect, test } from 'vitest'
import { formatIpv4, formatMac, ipv4 } from '../../../stack/index.ts'
import { ARP_REPLY, ARP_REQUEST } from '../../../stack/wire/arp.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import {
  ALL_MAC, arpFrame, bench, collector, HOST, HOST_MAC, must, octets, OTHER_MAC, PEER, PEER_MAC, udpFrame,
} from '../../support/stack-lan.ts'
import type { Bench } from '../../support/stack-lan.ts'

let lan: Bench
beforeEach(() => {
  lan = bench({ knowsPeer: false })
})
const known = (): string[] => lan.iface.neighbours.list().map((n) => `${formatIpv4(n.address)} ${n.mac ?? '-'}`)
const reply = `${HOST_MAC} > ${PEER_MAC} ARP ${HOST} is at ${HOST_MAC}`

describe('RFC 826 [A1] packet reception', () => {
  test.each([
    ['a request for us is answered, and its sender learnt', {}, [reply], [`${PEER} ${PEER_MAC}`]],
    ['a unicast request (a poll) is answered too', { toMac: HOST_MAC }, [reply], [`${PEER} ${PEER_MAC}`]],
    ['a request for another teaches nothing', { target: '10.53.0.77' }, [], []],
    ['a reply to us is learnt', { operation: ARP_REPLY, toMac: HOST_MAC }, [], [`${PEER} ${PEER_MAC}`]],
    ['an announcement of somebody unknown teaches nothing', { target: PEER }, [], []],
    ['a broadcast sender address is refused', { senderMac: ALL_MAC }, [], []],
    ['a multicast protocol address is refused', { sender: '224.0.0.1' }, [], []],
  ] as const)('%s', (_name, fields, sent, learnt) => {
    expect(lan.answer(arpFrame(fields))).toEqual(sent)
    expect(known()).toEqual(learnt)
  })

  test('a known mapping is brought up to date by any ARP packet of its owner', () => {
    lan.answer(arpFrame())
    lan.answer(arpFrame({ senderMac: OTHER_MAC, target: PEER }))
    expect(known()).toEqual([`${PEER} ${OTHER_MAC}`])
  })

  test('whoever watches the stack hears of the addresses that others have, not of probes and not of ours', () => {
    const heard: string[] = []
    lan.stack.onNeighbourHeard = (iface, address, b, at) => heard.push(`${iface.name === lan.iface.name} ${formatIpv4(address)} ${formatMac(b, at)}`)
    lan.answer(
      arpFrame({ target: '10.53.0.77' }),
      arpFrame({ sender: '0.0.0.0', target: '10.53.0.78' }),
      arpFrame({ sender: HOST, senderMac: OTHER_MAC }),
      arpFrame({ operation: ARP_REPLY, sender: '10.53.0.79', senderMac: OTHER_MAC, toMac: HOST_MAC }),
    )
    expect(heard).toEqual([`true ${PEER} ${PEER_MAC}`, `true 10.53.0.79 ${OTHER_MAC}`])
  })

  test('a static mapping is not', () => {
    const fixed = bench()
    fixed.answer(arpFrame({ senderMac: OTHER_MAC }))
    expect(fixed.iface.neighbours.list()).toMatchObject([{ mac: PEER_MAC, state: 'static', expiresAt: undefined }])
  })

  test.each([
    ['hardware-type', 0, [0, 6]],
    ['protocol-type', 2, [0x86, 0xdd]],
    ['address-length', 4, [8, 4]],
    ['address-length', 4, [6, 16]],
    ['operation', 6, [0, 3]],
  ] as const)('a packet with a wrong %s (offset %i) is ignored and counted', (counter, offset, bytes) => {
    const frame = arpFrame()
    frame.set(bytes, ETHERNET_HEADER_BYTES + offset)
    expect(lan.answer(frame)).toEqual([])
    expect(lan.stack.counters['arp']?.get(counter)).toBe(1)
    expect(known()).toEqual([])
  })

  test('a packet cut short is ignored and counted', () => {
    expect(lan.answer(arpFrame().slice(0, ETHERNET_HEADER_BYTES + 27))).toEqual([])
    expect(lan.stack.counters['arp']?.get('truncated')).toBe(1)
  })

  test('nothing is learnt from datagrams', () => {
    must(lan.stack.bindUdp({ port: 53, ...collector() }))
    lan.answer(udpFrame(octets(10)))
    expect(known()).toEqual([])
  })
})

describe('RFC 826 [A1] packet generation', () => {
  test('asks all, sends when answered, and not before', () => {
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(10), 0, 10, ipv4(PEER), 2000)).toBe(0)
    lan.clock.advance(1)
    const asked = lan.peer.take()
    expect(asked.length).toBe(1)
    expect(asked[0]).toEqual(
      Uint8Array.from([
        ...[255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x08, 0x06],
        ...[0, 1, 8, 0, 6, 4, 0, ARP_REQUEST],
        ...[2, 0, 0, 0, 0, 1, 10, 53, 0, 2, 0, 0, 0, 0, 0, 0, 10, 53, 0, 9],
        ...new Array<number>(18).fill(0),
      ]),
    )
    expect(lan.answer(arpFrame({ operation: ARP_REPLY, toMac: HOST_MAC }))).toEqual([
      `${HOST_MAC} > ${PEER_MAC} ${HOST}:1000 > ${PEER}:2000 UDP 10`,
    ])
    expect(endpoint.send(octets(10), 0, 10, ipv4(PEER), 2000)).toBe(0)
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ${PEER_MAC} ${HOST}:1000 > ${PEER}:2000 UDP 10`])
  })

  test('a host that asked for us is answered without a request of ours', () => {
    const echo = must(
      lan.stack.bindUdp({
        port: 53,
        onDatagram: (b, at, length, meta) => void echo.send(b, at, length, meta.source, meta.sourcePort),
      }),
    )
    lan.answer(arpFrame())
    expect(lan.answer(udpFrame(octets(20)))).toEqual([`${HOST_MAC} > ${PEER_MAC} ${HOST}:53 > ${PEER}:4000 UDP 20`])
  })
})
