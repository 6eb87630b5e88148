/** Any octets into a stack with every role turned on: no exception, bounded tables, and it still forwards after. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import { REDIRECT_LIMIT } from '../../stack/icmp/redirect.ts'
import { GATEWAY_LIMIT } from '../../stack/icmp/router-discovery.ts'
import { PATH_MTU_LIMIT } from '../../stack/ipv4/path-mtu.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import type { Random } from '../../stack/platform/index.ts'
import * as igmp from '../../stack/wire/igmp.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as snap from '../../stack/wire/llc-snap.ts'
import { parseCaptureFilter } from '../../stack/link/capture-filter.ts'
import {
  arpFrame, collector, fragmentFrames, icmpFrame, icmpMessage, ipDatagram, ipFrame, must, octets, udpSegment,
} from '../support/stack-lan.ts'
import { FAR, HOST_MACS, NEAR, passing, router, ROUTER_MACS } from '../support/stack-router.ts'

const TO_US = { from: NEAR, to: '10.1.0.1', fromMac: HOST_MACS[0], toMac: ROUTER_MACS[0] }
const OURS = { from: '10.1.0.1', to: FAR, fromPort: 53 }
const QUOTE = ipDatagram(udpSegment(octets(8), OURS), OURS)

function query(length: number): Uint8Array {
  const message = new Uint8Array(length)
  igmp.writeShort(message, 0, igmp.MEMBERSHIP_QUERY, 0)
  const options = Uint8Array.of(148, 4, 0, 0)
  return ipFrame(message, { ...TO_US, to: '224.0.0.1', toMac: '01:00:5e:00:00:01', protocol: ip.PROTOCOL_IGMP, options })
}

function snapFrame(): Uint8Array {
  const datagram = ipDatagram(udpSegment(octets(30), TO_US), TO_US)
  const frame = new Uint8Array(snap.SNAP_HEADER_BYTES + datagram.length)
  frame.set(passing(octets(1)).subarray(0, 12))
  snap.write(frame, 0, 0x0800, datagram.length)
  frame.set(datagram, snap.SNAP_HEADER_BYTES)
  return frame
}

const CORPUS: readonly Uint8Array[] = [
  passing(octets(40)),
  passing(octets(1400), { dontFragment: true }),
  passing(octets(40), { options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 68, 8, 5, 1, 0, 0, 0, 0, 0) }),
  ...fragmentFrames(udpSegment(octets(2000)), [0, 1200], { from: NEAR, to: FAR, toMac: ROUTER_MACS[0] }),
  icmpFrame(icmpMessage(3, 4, 1200, QUOTE), TO_US),
  icmpFrame(icmpMessage(5, 1, ipv4('10.1.0.77'), QUOTE), TO_US),
  icmpFrame(icmpMessage(9, 0, 0x0102_0708, Uint8Array.of(10, 1, 0, 77, 0, 0, 0, 0)), TO_US),
  icmpFrame(icmpMessage(10, 0, 0, new Uint8Array(0)), TO_US),
  query(8),
  query(12),
  snapFrame(),
  arpFrame({ senderMac: HOST_MACS[0], sender: NEAR, target: FAR }),
]

function mutate(random: Random, frame: Uint8Array): Uint8Array {
  let mutant = frame.slice()
  for (let changes = random.below(4); changes > 0; changes--) {
    mutant[12 + random.below(mutant.length - 12)] = random.below(256)
  }
  if (random.chance(0.1)) mutant = mutant.slice(0, random.below(mutant.length))
  const header = mutant.length > 34 ? ip.headerLength(mutant, 14) : 0
  if (random.chance(0.9) && header >= 20 && mutant.length >= 14 + header) {
    ip.rewrite(mutant, 14, ip.totalLength(mutant, 14), ip.fieldOf(mutant, 14))
  }
  return mutant
}

describe('fuzz: frames into a router', () => {
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const lan = router({ mtus: [1500, 576], near: { proxyArp: 'routed' }, far: { directedBroadcasts: true } })
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    endpoint.join(ipv4('239.1.1.1'), lan.lans[0])
    lan.stack.routerDiscovery.discover(lan.lans[0])
    lan.stack.routerDiscovery.advertise(lan.lans[1])
    lan.lans[0].linkLocal.start()
    for (let i = 0; i < 2_000; i++) {
      lan.stack.forwarding = i % 3 > 0
      lan.hosts[0].send(mutate(random, CORPUS[random.below(CORPUS.length)] as Uint8Array))
      lan.clock.advance(random.below(20))
    }
    expect(lan.faults).toEqual([])
    const routes = lan.stack.routes.list()
    expect(routes.filter((route) => route.flags.includes('D')).length).toBeLessThanOrEqual(REDIRECT_LIMIT)
    expect(routes.filter((route) => route.prefix.length === 0).length).toBeLessThanOrEqual(GATEWAY_LIMIT)
    expect(lan.stack.pathMtus.list().length).toBeLessThanOrEqual(PATH_MTU_LIMIT)
    for (const frame of lan.hosts[1].take()) expect(frame.length).toBeLessThanOrEqual(590)
    lan.stack.forwarding = true
    lan.clock.advance(1_000)
    expect(lan.tell(passing(octets(4)))).toContain(`1: ${NEAR}:4000 > ${FAR}:53 UDP 4`)
  })

  test('capture filters take any frame, and any text', () => {
    const random = new SeededRandom(5)
    const words = ['arp', 'udp', 'and', 'or', 'not', '(', ')', 'host', '10.1.0.9', 'port', '53', 'ether', 'net', 'x']
    const keep = must(parseCaptureFilter('not (arp or host 10.1.0.9) or port 53 and ether host 02:00:00:00:00:01'))
    for (let i = 0; i < 3_000; i++) {
      const text = Array.from({ length: random.below(9) }, () => words[random.below(words.length)]).join(' ')
      expect(parseCaptureFilter(text)).toHaveProperty('ok')
      const frame = mutate(random, CORPUS[random.below(CORPUS.length)] as Uint8Array)
      expect(typeof keep(frame, 0, frame.length)).toBe('boolean')
    }
  })
})
