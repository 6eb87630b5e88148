import { describe, expect, test } from 'vitest'
import { ipv4, mac, Stack, virtualWire } from '../../../stack/index.ts'
import { PROBE_LIMIT } from '../../../stack/arp/conflict.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { ARP_REPLY } from '../../../stack/wire/arp.ts'
import {
  addressOn, arpFrame, bench, HOST, HOST_MAC, OTHER_MAC, PEER, PEER_MAC, RawPeer,
} from '../../support/stack-lan.ts'

const WANTED = '10.53.0.100'
const announcement = `${HOST_MAC} > ff:ff:ff:ff:ff:ff ARP announcement of ${HOST}`

describe('RFC 5227 §2.1 [A5] probing', () => {
  test.each([
    ['a reply from the holder', { operation: ARP_REPLY, sender: WANTED, target: '0.0.0.0', toMac: HOST_MAC }, PEER_MAC],
    ['a broadcast reply', { operation: ARP_REPLY, sender: WANTED, target: WANTED }, PEER_MAC],
    ['a request by the holder', { sender: WANTED, target: '10.53.0.1' }, PEER_MAC],
    ['another host’s probe for it', { sender: '0.0.0.0', target: WANTED }, PEER_MAC],
    ['a request for it by another', { sender: PEER, target: WANTED }, undefined],
    ['a packet about another address', { sender: '10.53.0.101', target: '10.53.0.101' }, undefined],
    ['a reply with our own hardware address', { operation: ARP_REPLY, sender: WANTED, senderMac: HOST_MAC }, undefined],
  ] as const)('%s', (_name, fields, holder) => {
    const lan = bench()
    const heard: (string | undefined)[] = []
    lan.iface.probe(ipv4(WANTED), { waitMs: 300 }, (mac) => heard.push(mac))
    lan.clock.advance(1)
    expect(lan.peer.lines()).toEqual([`${HOST_MAC} > ff:ff:ff:ff:ff:ff ARP probe for ${WANTED}`])
    lan.answer(arpFrame(fields), arpFrame(fields))
    expect(heard).toEqual(holder === undefined ? [] : [holder])
    lan.clock.advance(288)
    expect(heard).toEqual(holder === undefined ? [] : [holder])
    lan.clock.advance(2)
    expect(heard).toEqual([holder])
  })

  test('one probe on the wire serves all who ask at once; each is told once', () => {
    const lan = bench()
    const heard: string[] = []
    lan.iface.probe(ipv4(WANTED), { waitMs: 300 }, (mac) => heard.push(`first ${mac}`))
    lan.iface.probe(ipv4(WANTED), { waitMs: 100 }, (mac) => heard.push(`second ${mac}`))
    lan.clock.advance(150)
    expect(heard).toEqual(['second undefined'])
    lan.answer(arpFrame({ operation: ARP_REPLY, sender: WANTED }))
    expect(heard).toEqual(['second undefined', `first ${PEER_MAC}`])
    expect(lan.stack.counters['arp']?.get('requests-sent')).toBe(3)
  })

  test('an address of our own is held by us', () => {
    const heard: unknown[] = []
    bench().iface.probe(ipv4(HOST), { waitMs: 300 }, (mac) => heard.push(mac))
    expect(heard).toEqual([HOST_MAC])
  })

  test('probes under way are bounded; one too many is answered at once and counted', () => {
    const lan = bench()
    let unheld = 0
    for (let i = 0; i <= PROBE_LIMIT; i++) lan.iface.probe(ipv4('10.53.0.0') + 10 + i, { waitMs: 300 }, () => unheld++)
    expect(unheld).toBe(1)
    expect(lan.stack.counters['arp']?.get('probe-refused')).toBe(1)
    lan.clock.advance(300)
    expect(unheld).toBe(PROBE_LIMIT + 1)
    lan.iface.probe(ipv4(WANTED), { waitMs: 300 }, () => unheld++)
    expect(unheld).toBe(PROBE_LIMIT + 1)
  })

  test('teaches nobody a mapping of 0.0.0.0, and learns none', () => {
    const lan = bench({ knowsPeer: false })
    const probe = arpFrame({ sender: '0.0.0.0', target: HOST })
    expect(lan.answer(probe)).toEqual([`${HOST_MAC} > ${PEER_MAC} ARP ${HOST} is at ${HOST_MAC}`])
    expect(lan.iface.neighbours.list()).toEqual([])
  })
})

describe('RFC 5227 §2.3 [A5] announcing', () => {
  test('a new interface announces each address twice, 2 s apart', () => {
    const clock = new VirtualClock()
    const [near, far] = virtualWire(clock, { macs: [HOST_MAC, PEER_MAC] })
    const peer = new RawPeer(far)
    const stack = new Stack({ clock, random: new SeededSecureRandom(1) })
    stack.addInterface(near, { addresses: [addressOn(`${HOST}/24`)] })
    clock.advance(1_999)
    expect(peer.lines()).toEqual([announcement])
    clock.advance(10_000)
    expect(peer.lines()).toEqual([announcement])
  })
})

describe('RFC 5227 §2.4 [A5] defending', () => {
  test('a claim to our address is answered by an announcement, at most one in 10 s, and is not learnt', () => {
    const lan = bench()
    const claim = arpFrame({ sender: HOST, target: HOST, senderMac: OTHER_MAC })
    expect(lan.answer(claim, claim)).toEqual([announcement])
    lan.clock.advance(9_000)
    expect(lan.answer(claim)).toEqual([])
    lan.clock.advance(1_000)
    expect(lan.answer(claim)).toEqual([announcement])
    expect(lan.stack.counters['arp']?.get('conflict')).toBe(4)
    expect(lan.iface.neighbours.list().map((n) => n.address)).toEqual([ipv4(PEER)])
  })

  test('our own announcement, come back to us, is no conflict', () => {
    const lan = bench()
    lan.answer(arpFrame({ sender: HOST, target: HOST, senderMac: HOST_MAC }))
    expect(lan.stack.counters['arp']?.get('conflict')).toBe(0)
    expect(mac(HOST_MAC)).toEqual(lan.iface.macBytes)
  })
})
