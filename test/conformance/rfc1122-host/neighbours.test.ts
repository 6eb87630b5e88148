import { beforeEach, describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, mac } from '../../../stack/index.ts'
import type { UdpEndpoint } from '../../../stack/index.ts'
import { NEIGHBOUR_LIMIT, WAITING_LIMIT } from '../../../stack/arp/cache.ts'
import { ARP_REPLY } from '../../../stack/wire/arp.ts'
import { SEND_FAULT } from '../../../stack/index.ts'
import { arpFrame, bench, HOST, HOST_MAC, must, octets, PEER, PEER_MAC } from '../../support/stack-lan.ts'
import type { Bench } from '../../support/stack-lan.ts'

let lan: Bench
let endpoint: UdpEndpoint
let errors: string[]
const ask = `${HOST_MAC} > ff:ff:ff:ff:ff:ff ARP who has ${PEER}? tell ${HOST}`
const poll = `${HOST_MAC} > ${PEER_MAC} ARP who has ${PEER}? tell ${HOST}`
const answerArp = (): string[] => lan.answer(arpFrame({ operation: ARP_REPLY, toMac: HOST_MAC }))
const send = (length = 10): number => endpoint.send(octets(length), 0, length, ipv4(PEER), 2000)
const states = (): string[] => lan.iface.neighbours.list().map((n) => n.state)

beforeEach(() => {
  lan = bench({ knowsPeer: false })
  errors = []
  endpoint = must(
    lan.stack.bindUdp({
      port: 1000,
      onDatagram: () => {},
      onError: (error, target, port) => errors.push(`${error} ${formatIpv4(target)}:${port}`),
    }),
  )
})

describe('RFC 1122 §2.3.2.1 [A2, A4] ARP cache validation', () => {
  test('asks no oftener than once a second, whatever is to be sent', () => {
    for (let i = 0; i < 50; i++) {
      send()
      lan.clock.advance(50)
    }
    expect(lan.peer.lines()).toEqual([ask, ask, ask])
  })

  test('after three requests without answer the sender hears host unreachable, for each datagram that waited', () => {
    send()
    send()
    lan.clock.advance(2_999)
    expect(errors).toEqual([])
    lan.clock.advance(1)
    expect(errors).toEqual([`EHOSTUNREACH ${PEER}:2000`, `EHOSTUNREACH ${PEER}:2000`])
    expect(states()).toEqual(['failed'])
    expect(lan.stack.counters['arp']?.get('unresolved')).toBe(2)
  })

  test('a later datagram asks again', () => {
    send()
    lan.clock.advance(3_000)
    lan.peer.take()
    expect(send()).toBe(0)
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([ask])
    answerArp()
    expect(states()).toEqual(['complete'])
  })

  test('an address that does not answer is listed for 3 minutes', () => {
    send()
    lan.clock.advance(179_999)
    expect(states()).toEqual(['failed'])
    lan.clock.advance(1)
    expect(states()).toEqual([])
  })

  test('a mapping not in use ends after 20 minutes, without a word', () => {
    lan.answer(arpFrame())
    lan.clock.advance(20 * 60_000 - 20)
    expect(states()).toEqual(['complete'])
    lan.clock.advance(20)
    expect(states()).toEqual([])
    expect(lan.peer.lines()).toEqual([])
  })

  test('one in use is polled by unicast before its end, and lives on when answered', () => {
    lan.answer(arpFrame())
    send()
    lan.clock.advance(20 * 60_000 - 3_000)
    expect(lan.peer.lines().slice(1)).toEqual([poll])
    answerArp()
    lan.clock.advance(60_000)
    expect(states()).toEqual(['complete'])
  })

  test('one that was polled, and not used since, ends without another poll', () => {
    lan.answer(arpFrame())
    send()
    lan.clock.advance(20 * 60_000 - 3_000)
    answerArp()
    lan.peer.take()
    lan.clock.advance(20 * 60_000)
    expect(lan.peer.lines()).toEqual([])
    expect(states()).toEqual([])
  })

  test('and is forgotten when three polls find nobody', () => {
    lan.answer(arpFrame())
    send()
    lan.clock.advance(20 * 60_000 + 1_000)
    expect(lan.peer.lines().slice(1)).toEqual([poll, poll, poll])
    expect(states()).toEqual([])
  })

  test('every ARP packet of the neighbour starts the 20 minutes anew', () => {
    lan.answer(arpFrame())
    lan.clock.advance(19 * 60_000)
    lan.answer(arpFrame())
    lan.clock.advance(19 * 60_000)
    expect(states()).toEqual(['complete'])
  })
})

describe('RFC 1122 §2.3.2.2 [A3] ARP packet queue', () => {
  test('datagrams wait in order; of too many the latest are kept', () => {
    for (let i = 0; i < WAITING_LIMIT + 4; i++) send(i)
    lan.clock.advance(1)
    lan.peer.take()
    const sizes = answerArp().map((line) => Number(line.split(' ').at(-1)))
    expect(sizes).toEqual(Array.from({ length: WAITING_LIMIT }, (_, i) => i + 4))
    expect(lan.stack.counters['arp']?.get('waiting-dropped')).toBe(4)
  })

  test('a datagram that waits is fragmented when it goes', () => {
    send(4000)
    lan.clock.advance(1)
    lan.peer.take()
    expect(answerArp().length).toBe(3)
  })

  test('the octets that wait are bounded: what is too much is refused, until there is room again', () => {
    const large = octets(60_000)
    const sendTo = (host: number): number => endpoint.send(large, 0, large.length, ipv4(`10.53.0.${host}`), 9)
    const toMany = (): number[] => Array.from({ length: 50 }, (_, i) => sendTo(10 + i))
    // 1 MiB holds 17 of them.
    expect(toMany().filter((fault) => fault === 0).length).toBe(17)
    expect(sendTo(99)).toBe(SEND_FAULT.queueFull)
    lan.clock.advance(10_000)
    expect(toMany().filter((fault) => fault === 0).length).toBe(17)
  })

  test('what gave way to later datagrams takes no room', () => {
    for (let i = 0; i < 200; i++) expect(send(60_000)).toBe(0)
    expect(endpoint.send(octets(40_000), 0, 40_000, ipv4('10.53.0.77'), 9)).toBe(0)
  })
})

describe('RFC 1122 §2.3.2 [A2] the cache is bounded', () => {
  test('the neighbour used longest ago goes first; static ones stay', () => {
    const wide = bench({ addresses: ['10.53.0.2/16'] })
    const own = must(wide.stack.bindUdp({ port: 1000, onDatagram: () => {} }))
    const host = (i: number): string => `10.53.${1 + (i >> 8)}.${i & 255}`
    for (let i = 0; i < NEIGHBOUR_LIMIT - 1; i++) wide.peer.send(arpFrame({ sender: host(i), senderMac: PEER_MAC }))
    wide.clock.advance(10)
    expect(wide.iface.neighbours.list().length).toBe(NEIGHBOUR_LIMIT)
    own.send(octets(1), 0, 1, ipv4(host(0)), 9)
    wide.answer(arpFrame({ sender: '10.53.9.9' }), arpFrame({ sender: '10.53.9.10' }))
    const listed = wide.iface.neighbours.list().map((n) => formatIpv4(n.address))
    expect(listed.length).toBe(NEIGHBOUR_LIMIT)
    expect(listed).toContain(PEER)
    expect(listed).toContain(host(0))
    expect(listed).not.toContain(host(1))
    expect(listed).not.toContain(host(2))
    expect(listed).toContain(host(3))
  })

  test('entries may be added and deleted by hand', () => {
    expect(lan.iface.neighbours.addStatic(ipv4('10.53.0.50'), mac('02:00:00:00:00:50'))).toBe(true)
    expect(lan.iface.neighbours.list()).toMatchObject([{ mac: '02:00:00:00:00:50', state: 'static' }])
    expect(lan.iface.neighbours.delete(ipv4('10.53.0.50'))).toBe(true)
    expect(lan.iface.neighbours.delete(ipv4('10.53.0.50'))).toBe(false)
    expect(lan.iface.neighbours.list()).toEqual([])
  })

  test('what waits for an address goes when it is added by hand', () => {
    send()
    lan.clock.advance(1)
    lan.peer.take()
    lan.iface.neighbours.addStatic(ipv4(PEER), mac(PEER_MAC))
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ${PEER_MAC} ${HOST}:1000 > ${PEER}:2000 UDP 10`])
  })
})
