import { describe, expect, test } from 'vitest'
import { ipv4, SEND_FAULT } from '../../../stack/index.ts'
import { PATH_MTU_LIMIT, PATH_MTU_MS, PathMtus, reportedMtu, SMALLEST_PATH_MTU } from '../../../stack/ipv4/path-mtu.ts'
import { VirtualClock } from '../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import {
  bench, collector, HOST, icmpFrame, icmpMessage, ipDatagram, must, octets, PEER, udpSegment,
} from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES
const FAR = '203.0.113.9'

/** A host whose way to FAR goes by the peer, with an endpoint on port 1000. */
function routed(mtu?: number) {
  const lan = bench()
  must(lan.stack.routes.add({
    prefix: { network: 0, length: 0 }, gateway: ipv4(PEER), ...(mtu === undefined ? {} : { mtu }),
  }))
  const errors: string[] = []
  const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector(), onError: (error) => errors.push(error) }))
  const send = (length: number): number => endpoint.send(octets(length), 0, length, ipv4(FAR), 2000)
  /** Total length and DF of the datagrams that went out. */
  const sent = (): string[] => {
    lan.clock.advance(1)
    return lan.peer.take().map((frame) => must(ip.parse(frame, AT, frame.length))).map(
      (h) => `${h.payloadLength + 20}${h.dontFragment ? ' DF' : ''}`,
    )
  }
  /** A router's report about a datagram of 1500 octets from `fromPort`. */
  const tooBig = (said: number, fromPort = 1000, length = 1472): void => {
    const fields = { from: HOST, to: FAR, fromPort, toPort: 2000 }
    const quoted = ipDatagram(udpSegment(octets(length), fields), { ...fields, dontFragment: true })
    lan.answer(icmpFrame(icmpMessage(3, 4, said, quoted.subarray(0, 28)), { from: '198.51.100.1' }))
  }
  return { ...lan, endpoint, errors, send, sent, tooBig }
}

describe('RFC 1191 §5 [I10] the MTU that a report means', () => {
  test.each([
    // known  said  total  header  means
    [1500, 1400, 1500, 20, 1400, 'the next hop’s'],
    [1500, 0, 1500, 20, 1492, 'from a router that does not say: the plateau below (§7.1)'],
    [1492, 0, 1492, 20, 1006, 'the next plateau'],
    [65_535, 0, 65_535, 20, 32_000, 'the next plateau of a large datagram'],
    [1006, 0, 1026, 20, 508, 'a router of 4.2BSD that counts the header twice'],
    [1500, 68, 1500, 20, 68, 'the least'],
    [1500, 67, 1500, 20, undefined, 'less than every link carries: forged'],
    [1500, 1500, 1500, 20, undefined, 'not less than the datagram that did not fit: forged'],
    [1400, 1450, 1500, 20, undefined, 'more than known: an old one'],
    [1500, 0, 40, 20, undefined, 'a datagram smaller than every plateau'],
    [576, 0, 1500, 20, undefined, 'plateau above what is known'],
  ])('known %i, said %i, about %i with header %i: %s (%s)', (known, said, total, header, means, _why) => {
    expect(reportedMtu(known, said, total, header)).toBe(means)
  })
})

describe('RFC 1191 §3 [I10, L11] a host and the path to a target', () => {
  test('with DF, what does not fit the link is refused and not sent', () => {
    const lan = routed()
    lan.endpoint.dontFragment = true
    expect(lan.send(1473)).toBe(SEND_FAULT.tooLong)
    expect(lan.send(1472)).toBe(0)
    expect(lan.sent()).toEqual(['1500 DF'])
  })

  test('after a report what is longer is refused with DF, and fragmented without', () => {
    const lan = routed()
    lan.tooBig(1400)
    expect(lan.errors).toEqual(['EMSGSIZE'])
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(1400)
    lan.send(1472)
    expect(lan.sent()).toEqual(['1396', '124'])
    lan.endpoint.dontFragment = true
    expect(lan.send(1373)).toBe(SEND_FAULT.tooLong)
    lan.send(1372)
    expect(lan.sent()).toEqual(['1400 DF'])
  })

  test('other targets are not touched by it', () => {
    const lan = routed()
    lan.tooBig(1400)
    expect(lan.stack.ipv4.mtuTo(ipv4('203.0.113.10'))).toBe(1500)
  })

  test('below 552 octets DF is given up instead, so that no forger makes us send crumbs', () => {
    const lan = routed()
    lan.tooBig(100)
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(SMALLEST_PATH_MTU)
    lan.endpoint.dontFragment = true
    lan.send(500)
    expect(lan.sent()).toEqual(['528'])
  })

  test('§6.3 it is forgotten after ten minutes, and not sooner', () => {
    const lan = routed()
    lan.tooBig(1400)
    lan.clock.advance(PATH_MTU_MS - 20)
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(1400)
    expect(lan.stack.pathMtus.list()).toMatchObject([{ target: ipv4(FAR), mtu: 1400 }])
    lan.clock.advance(20)
    expect(lan.stack.pathMtus.list()).toEqual([])
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(1500)
  })

  test('the size found is kept for a bounded number of targets', () => {
    const mtus = new PathMtus(new VirtualClock())
    for (let target = 1; target <= PATH_MTU_LIMIT + 1; target++) mtus.learn(target, 1500, 1400, 1500, 20)
    expect([mtus.list().length, mtus.limit(1, 1500), mtus.limit(2, 1500)]).toEqual([PATH_MTU_LIMIT, 1500, 1400])
  })

  test('a route’s own MTU holds from the first datagram on', () => {
    const lan = routed(1280)
    lan.send(1472)
    expect(lan.sent()).toEqual(['1276', '244'])
    expect(lan.stack.routes.list().find((route) => route.flags === 'UG')?.mtu).toBe(1280)
  })

  test('a route’s MTU is the link’s at most, and 68 at least', () => {
    const lan = routed(9000)
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(1500)
    const prefix = { network: 0x0a09_0000, length: 16 }
    expect(lan.stack.routes.add({ prefix, gateway: ipv4(PEER), mtu: 67 })).toEqual({
      ok: false, error: { kind: 'mtu-too-small', mtu: 67 },
    })
  })

  test('a datagram that waits for ARP is cut as its route asks', () => {
    const lan = routed(1280)
    lan.iface.neighbours.delete(ipv4(PEER))
    lan.send(1472)
    lan.clock.advance(1)
    lan.peer.take()
    lan.iface.neighbours.addStatic(ipv4(PEER), octets(6))
    expect(lan.sent()).toEqual(['1276', '244'])
  })
})

describe('RFC 5927 §7 [I10] forged reports', () => {
  test.each([
    ['about a port that is not ours', 1400, 1001],
    ['below every link’s MTU', 60, 1000],
    ['of no less than the datagram', 1500, 1000],
  ])('%s: ignored and counted', (_name, said, fromPort) => {
    const lan = routed()
    lan.tooBig(said, fromPort)
    expect(lan.stack.ipv4.mtuTo(ipv4(FAR))).toBe(1500)
    expect(lan.stack.counters['icmp']?.get('path-mtu-ignored')).toBe(1)
  })

  test('about a protocol that cannot vouch for it: its handler hears, the path does not change', () => {
    const lan = routed()
    const failures: string[] = []
    lan.stack.registerProtocol(200, { receive: () => {}, failed: (error) => failures.push(error) })
    const quoted = ipDatagram(octets(1480), { from: HOST, to: FAR, protocol: 200 })
    lan.answer(icmpFrame(icmpMessage(3, 4, 1400, quoted.subarray(0, 28))))
    expect([failures, lan.stack.ipv4.mtuTo(ipv4(FAR))]).toEqual([['EMSGSIZE'], 1500])
  })
})
