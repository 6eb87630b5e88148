import { describe, expect, test } from 'vitest'
import { formatMac, ipv4 } from '../../../stack/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as icmp from '../../../stack/wire/icmp.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import { ALL_MAC, collector, fragmentFrames, must, octets, udpSegment } from '../../support/stack-lan.ts'
import { FAR, HOST_MACS, NEAR, passing, router, ROUTER_MACS } from '../../support/stack-router.ts'
import type { RouterBench } from '../../support/stack-router.ts'

const AT = ETHERNET_HEADER_BYTES

/** The frames that host `n` got. */
function sentTo(lan: RouterBench, n: 0 | 1, ...frames: readonly Uint8Array[]): Uint8Array[] {
  lan.hosts[0].send(...frames)
  lan.clock.advance(10)
  return lan.hosts[n].take()
}

describe('RFC 1812 §5.2 [I7] forwarding', () => {
  test('off by default: what is not ours is dropped (RFC 1122 §3.1)', () => {
    const lan = router({ forwarding: false })
    expect(lan.tell(passing(octets(20)))).toEqual([])
    expect(lan.count('ipv4', 'not-for-us')).toBe(1)
  })

  test('a datagram goes on, one hop older (§5.3.1) and otherwise the same', () => {
    const lan = router()
    const sent = passing(octets(20), { ttl: 9, tos: 0x2e, dontFragment: true })
    const [got] = sentTo(lan, 1, sent)
    if (got === undefined) expect.unreachable('not forwarded')
    expect([formatMac(got, 0), formatMac(got, 6)]).toEqual([HOST_MACS[1], ROUTER_MACS[1]])
    const before = must(ip.parse(sent, AT, sent.length))
    expect(must(ip.parse(got, AT, got.length))).toEqual({ ...before, ttl: 8 })
    expect(got.subarray(AT + 20)).toEqual(sent.subarray(AT + 20))
    expect(lan.count('ipv4', 'forwarded')).toBe(1)
  })

  test('what is ours, on any of our links, is for us', () => {
    const lan = router()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    expect(lan.tell(passing(octets(4), { to: '10.2.0.1' }))).toEqual([])
    expect(got.length).toBe(1)
  })

  test('by a gateway to other networks, when its route is the longest match', () => {
    const lan = router()
    must(lan.stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4(FAR) }))
    expect(lan.tell(passing(octets(4), { to: '203.0.113.5' }))).toEqual([`1: ${NEAR}:4000 > 203.0.113.5:53 UDP 4`])
  })

  test('waits for ARP like our own', () => {
    const lan = router()
    expect(lan.tell(passing(octets(4), { to: '10.2.0.77' }))).toEqual(['1: ARP who has 10.2.0.77? tell 10.2.0.1'])
    lan.lans[1].neighbours.addStatic(ipv4('10.2.0.77'), octets(6))
    expect(lan.tell()).toEqual([`1: ${NEAR}:4000 > 10.2.0.77:53 UDP 4`])
  })
})

describe('RFC 1812 §5.2.7 [C4] what a router reports', () => {
  test('§5.3.1 a TTL that ends here: time exceeded, from the router’s address', () => {
    const lan = router()
    expect(lan.tell(passing(octets(4), { ttl: 1 }))).toEqual(['0: 10.1.0.1 > 10.1.0.9 time exceeded (0) 32'])
    expect(lan.tell(passing(octets(4), { ttl: 0 }))).toEqual(['0: 10.1.0.1 > 10.1.0.9 time exceeded (0) 32'])
    expect(lan.count('ipv4', 'ttl-expired')).toBe(2)
  })

  test('§5.2.7.1 no route: net unreachable', () => {
    expect(router().tell(passing(octets(4), { to: '203.0.113.5' }))).toEqual([
      '0: 10.1.0.1 > 10.1.0.9 unreachable (net) 32',
    ])
  })

  test('§5.2.7.1 nobody answers ARP: host unreachable to the source', () => {
    const lan = router()
    lan.tell(passing(octets(4), { to: '10.2.0.77' }))
    lan.clock.advance(3_000)
    expect(lan.tell().slice(0, 1)).toEqual(['0: 10.1.0.1 > 10.1.0.9 unreachable (host) 32'])
  })

  test('RFC 1191 §4 too large and not to be cut: fragmentation needed, with the next hop’s MTU', () => {
    const lan = router({ mtus: [1500, 1280] })
    const [got] = sentTo(lan, 0, passing(octets(1400), { dontFragment: true }))
    if (got === undefined) expect.unreachable('no report')
    const report = must(icmp.parse(got, AT + 20, got.length))
    expect([report.type, report.code, report.rest]).toEqual([3, 4, 1280])
    expect(lan.hosts[1].take()).toEqual([])
  })

  test('never about an ICMP error, a broadcast or a later fragment (RFC 1122 §3.2.2)', () => {
    const lan = router()
    const [, later] = fragmentFrames(udpSegment(octets(100)), [0, 64], {
      from: NEAR, to: FAR, ttl: 1, toMac: ROUTER_MACS[0],
    })
    expect(lan.tell(later as Uint8Array)).toEqual([])
  })
})

describe('RFC 791 §3.2 [I3] fragmentation by the forwarder', () => {
  const whole = (frames: readonly Uint8Array[]): readonly string[] =>
    frames.map((frame) => {
      const h = must(ip.parse(frame, AT, frame.length))
      return `${h.payloadLength}@${h.fragmentOffset}${h.moreFragments ? '+' : ''} ttl ${h.ttl}`
    })

  test('pieces as large as the next link takes, the last with the rest', () => {
    const lan = router({ mtus: [1500, 576] })
    expect(whole(sentTo(lan, 1, passing(octets(1400))))).toEqual([
      '552@0+ ttl 63', '552@552+ ttl 63', '304@1104 ttl 63',
    ])
  })

  test('a fragment is cut again, and keeps its place and its MF', () => {
    const lan = router({ mtus: [1500, 576] })
    const frames = fragmentFrames(octets(2000), [0, 1200], { from: NEAR, to: FAR, toMac: ROUTER_MACS[0] })
    expect(whole(sentTo(lan, 1, ...frames))).toEqual([
      '552@0+ ttl 63', '552@552+ ttl 63', '96@1104+ ttl 63', '552@1200+ ttl 63', '248@1752 ttl 63',
    ])
  })

  test('a router does not put fragments together', () => {
    const lan = router()
    const frames = fragmentFrames(octets(200), [0, 64], { from: NEAR, to: FAR, toMac: ROUTER_MACS[0] })
    expect(whole(sentTo(lan, 1, frames[1] as Uint8Array))).toEqual(['136@64 ttl 63'])
    expect(lan.stack.reassemblyBytes).toBe(0)
  })
})

describe('RFC 1812 §5.3 [I7, I9] what is not forwarded', () => {
  test.each([
    ['a link-layer broadcast (§5.3.4)', { toMac: ALL_MAC }, 'not-forwardable'],
    ['a link-local source (RFC 3927 §7)', { from: '169.254.1.1' }, 'not-forwardable'],
    ['a link-local target', { to: '169.254.1.1' }, 'not-forwardable'],
    ['a source of net 0', { from: '0.0.0.0' }, 'not-forwardable'],
    ['a loopback target', { to: '127.0.0.1' }, 'martian-target'],
    ['a loopback source', { from: '127.0.0.1' }, 'martian-source'],
    ['a class E target', { to: '250.0.0.1' }, 'martian-target'],
    ['a broadcast to another of our links (RFC 2644)', { to: '10.2.0.255' }, 'directed-broadcast'],
    ['a source that is ours', { from: '10.2.0.1' }, 'own-source'],
  ])('%s', (_name, fields, counter) => {
    const lan = router()
    expect(lan.tell(passing(octets(4), fields))).toEqual([])
    expect(lan.count('ipv4', counter)).toBe(1)
  })

  test.each([
    ['the limited broadcast', { to: '255.255.255.255' }],
    ['a multicast', { to: '239.1.2.3' }],
  ])('%s stays on its link', (_name, fields) => {
    const lan = router()
    expect(lan.tell(passing(octets(4), fields))).toEqual([])
    expect(lan.count('ipv4', 'forwarded')).toBe(0)
  })

  test('RFC 2644 §2 a directed broadcast, where the link is configured for it', () => {
    const lan = router({ far: { directedBroadcasts: true } })
    const [got] = sentTo(lan, 1, passing(octets(4), { to: '10.2.0.255' }))
    expect([...(got ?? []).slice(0, 6)]).toEqual([255, 255, 255, 255, 255, 255])
  })

  test('RFC 3704 §2.2 a source that does not belong where it comes from', () => {
    const lan = router({ near: { sourcePolicy: { bogons: 'accepted', reversePath: 'strict' } } })
    expect(lan.tell(passing(octets(4), { from: '10.2.0.50' }))).toEqual([])
    expect(lan.count('ipv4', 'no-reverse-path')).toBe(1)
  })
})

describe('RFC 1812 §5.3.13 [I2] options of what is forwarded', () => {
  const forwarded = (options: readonly number[]): readonly number[] | undefined => {
    const [got] = sentTo(router(), 1, passing(octets(4), { options: Uint8Array.from(options) }))
    return got === undefined ? undefined : [...must(ip.parse(got, AT, got.length)).options]
  }

  test('record route: the address of the link by which it leaves', () => {
    expect(forwarded([7, 7, 4, 0, 0, 0, 0, 0])).toEqual([7, 7, 8, 10, 2, 0, 1, 0])
  })

  test('timestamp with addresses', () => {
    expect(forwarded([68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual([68, 12, 13, 1, 10, 2, 0, 1, 0, 0, 0x13, 0x88])
  })

  test('unknown ones go on as they are; source routes do not (RFC 7126 §4.3)', () => {
    expect(forwarded([148, 4, 0, 0])).toEqual([148, 4, 0, 0])
    expect(forwarded([131, 7, 4, 10, 2, 0, 9, 0])).toBeUndefined()
  })

  test.each([
    ['malformed', [7, 2, 0, 0]],
    ['a timestamp whose overflow count is full', [68, 4, 5, 0xf0]],
  ])('%s: parameter problem', (_name, options) => {
    const lan = router()
    expect(lan.tell(passing(octets(4), { options: Uint8Array.from(options) }))).toEqual([
      '0: 10.1.0.1 > 10.1.0.9 parameter problem 36',
    ])
  })
})

describe('RFC 1812 §5.2.7.2 [C6] redirects out', () => {
  test('to a neighbour that could have gone to the next hop itself; the datagram goes on', () => {
    const lan = router()
    must(lan.stack.routes.add({ prefix: { network: ipv4('172.16.0.0'), length: 12 }, gateway: ipv4('10.1.0.77') }))
    lan.lans[0].neighbours.addStatic(ipv4('10.1.0.77'), octets(6))
    const [redirect, datagram] = sentTo(lan, 0, passing(octets(4), { to: '172.16.0.5' }))
    if (redirect === undefined || datagram === undefined) expect.unreachable('a redirect and the datagram')
    const message = must(icmp.parse(redirect, AT + 20, redirect.length))
    expect([message.type, message.code, message.rest | 0]).toEqual([5, 1, ipv4('10.1.0.77')])
    expect(must(ip.parse(datagram, AT, datagram.length)).target).toBe(ipv4('172.16.0.5'))
  })

  test('not to a source on another network, who could not use it', () => {
    const lan = router()
    must(lan.stack.routes.add({ prefix: { network: ipv4('172.16.0.0'), length: 12 }, gateway: ipv4('10.1.0.77') }))
    lan.lans[0].neighbours.addStatic(ipv4('10.1.0.77'), octets(6))
    expect(lan.tell(passing(octets(4), { from: '10.9.9.9', to: '172.16.0.5' }))).toEqual([
      '0: 10.9.9.9:4000 > 172.16.0.5:53 UDP 4',
    ])
  })
})
