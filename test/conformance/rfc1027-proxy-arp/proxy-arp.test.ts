import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { InterfaceOptions } from '../../../stack/index.ts'
import { ARP_REPLY } from '../../../stack/wire/arp.ts'
import { arpFrame, bench, collector, must, octets, PEER_MAC } from '../../support/stack-lan.ts'
import { HOST_MACS, NEAR, router, ROUTER_MACS } from '../../support/stack-router.ts'

/** What the router says when the host at its first link asks for `target`. */
function asked(near: Partial<InterfaceOptions>, target: string, sender = NEAR, forwarding = true): string {
  const lan = router({ near, forwarding })
  const request = arpFrame({ senderMac: HOST_MACS[0], sender, target })
  return lan.tell(request).join()
}

describe('RFC 1027 §2 [A6] a router answers for hosts behind it', () => {
  const yes = (target: string): string => `0: ARP ${target} is at ${ROUTER_MACS[0]}`
  const some: Partial<InterfaceOptions> = { proxyArp: [{ network: ipv4('10.2.0.0'), length: 28 }] }
  test.each([
    ['a host on another link', { proxyArp: 'routed' }, '10.2.0.9', yes('10.2.0.9')],
    ['a host of a given block', some, '10.2.0.9', yes('10.2.0.9')],
    ['a host outside of it', some, '10.2.0.99', ''],
    ['a host on the asker’s own link (§2.2)', { proxyArp: 'routed' }, '10.1.0.50', ''],
    ['a host to which there is no route', { proxyArp: 'routed' }, '172.16.0.1', ''],
    ['another link’s broadcast address', { proxyArp: 'routed' }, '10.2.0.255', ''],
    ['unless configured, nobody', {}, '10.2.0.9', ''],
    ['ourselves, always', {}, '10.1.0.1', yes('10.1.0.1')],
  ] as const)('%s', (_name, near, target, answer) => {
    expect(asked(near, target)).toBe(answer)
  })

  test('not to a probe (RFC 5227 §2.1.1), nor to an announcement', () => {
    expect(asked({ proxyArp: 'routed' }, '10.2.0.9', '0.0.0.0')).toBe('')
    expect(asked({ proxyArp: 'routed' }, '10.2.0.9', '10.2.0.9')).toBe('')
  })

  test('not while we do not forward', () => {
    expect(asked({ proxyArp: 'routed' }, '10.2.0.9', NEAR, false)).toBe('')
  })
})

describe('RFC 1122 §2.3.2 [A8] a point-to-point link has no ARP', () => {
  const pair = () => router({ far: { pointToPoint: { peerMac: HOST_MACS[1] } } })

  test('datagrams to any next hop go to the other end at once', () => {
    const lan = pair()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    expect(endpoint.send(octets(4), 0, 4, ipv4('10.2.0.200'), 9)).toBe(0)
    expect(lan.tell()).toEqual(['1: 10.2.0.1:53 > 10.2.0.200:9 UDP 4'])
  })

  test('no request, announcement or probe goes out, and none is answered', () => {
    const lan = pair()
    lan.lans[1].announce()
    let holder: string | undefined = 'waiting'
    lan.lans[1].probe(ipv4('10.2.0.50'), { waitMs: 5 }, (mac) => (holder = mac))
    lan.hosts[1].send(arpFrame({ senderMac: HOST_MACS[1], sender: '10.2.0.9', target: '10.2.0.1' }))
    lan.clock.advance(100)
    expect(lan.tell()).toEqual([])
    expect(holder).toBeUndefined()
    expect(lan.count('arp', 'point-to-point')).toBe(1)
  })

  test('on other links the cache is as before', () => {
    const lan = bench({ knowsPeer: false })
    lan.answer(arpFrame({ operation: ARP_REPLY }))
    expect(lan.iface.neighbours.list().map((n) => n.mac)).toEqual([PEER_MAC])
  })
})
