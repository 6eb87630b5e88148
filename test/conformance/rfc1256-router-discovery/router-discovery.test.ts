import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, Stack, virtualWire } from '../../../stack/index.ts'
import { GATEWAY_LIMIT } from '../../../stack/icmp/router-discovery.ts'
import { put32, SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as icmp from '../../../stack/wire/icmp.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import {
  addressOn, bench, HOST_MAC, icmpFrame, icmpMessage, must, octets, PEER, PEER_MAC, RawPeer,
} from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES
const ALL = { to: '224.0.0.1', toMac: '01:00:5e:00:00:01' }

type Entry = readonly [address: string, preference: number]

function advertisement(entries: readonly Entry[], lifetimeS: number, words = 2): Uint8Array {
  const body = new Uint8Array(4 * words * entries.length)
  for (const [i, [address, preference]] of entries.entries()) {
    put32(body, 4 * words * i, ipv4(address))
    put32(body, 4 * words * i + 4, preference)
  }
  return icmpFrame(icmpMessage(9, 0, (entries.length << 24) | (words << 16) | lifetimeS, body), ALL)
}

/** The ICMP messages that went out, with their targets and TTL. */
function sent(peer: RawPeer): string[] {
  return peer.take().flatMap((frame) => {
    const h = must(ip.parse(frame, AT, frame.length))
    if (h.protocol !== ip.PROTOCOL_ICMP) return []
    const at = AT + 20 + h.options.length
    const m = must(icmp.parse(frame, at, at + h.payloadLength))
    return [`${m.type} ${m.rest.toString(16)} > ${formatIpv4(h.target)} ttl ${h.ttl}`]
  })
}

describe('RFC 1256 §5 [C7] a host', () => {
  const host = () => {
    const lan = bench()
    lan.stack.routerDiscovery.discover(lan.iface)
    const gateways = (): string[] =>
      lan.stack.routes.list().filter((r) => r.prefix.length === 0).map((r) => formatIpv4(r.gateway))
    const hear = (frame: Uint8Array): string[] => {
      lan.peer.send(frame)
      lan.clock.advance(1)
      return gateways()
    }
    return { ...lan, gateways, hear }
  }

  test('§5.1 asks all routers three times, 3 s apart, beginning within a second', () => {
    const lan = host()
    const solicitation = '10 0 > 224.0.0.2 ttl 1'
    lan.clock.advance(1_000)
    expect(sent(lan.peer)).toEqual([solicitation])
    lan.clock.advance(60_000)
    expect(sent(lan.peer)).toEqual([solicitation, solicitation])
  })

  test('§5.1 stops asking when a router answers', () => {
    const lan = host()
    lan.hear(advertisement([[PEER, 0]], 1800))
    lan.clock.advance(60_000)
    expect(sent(lan.peer)).toEqual([])
  })

  test('§5.2 takes advertised routers as default gateways, the most preferred first', () => {
    const lan = host()
    expect(lan.hear(advertisement([['10.53.0.5', -7], [PEER, 3], ['10.53.0.6', 0]], 1800))).toEqual([
      PEER, '10.53.0.6', '10.53.0.5',
    ])
  })

  test('§5.2 for as long as they say; a lifetime of 0 ends it', () => {
    const lan = host()
    lan.hear(advertisement([[PEER, 0], ['10.53.0.5', 0]], 30))
    expect(lan.hear(advertisement([[PEER, 0]], 0))).toEqual(['10.53.0.5'])
    lan.clock.advance(29_000)
    lan.hear(advertisement([['10.53.0.5', 0]], 30))
    lan.clock.advance(29_900)
    expect(lan.gateways()).toEqual(['10.53.0.5'])
    lan.clock.advance(200)
    expect(lan.gateways()).toEqual([])
  })

  test('entries longer than two words are read by their length', () => {
    expect(host().hear(advertisement([[PEER, 0], ['10.53.0.5', 0]], 30, 3))).toEqual([PEER, '10.53.0.5'])
  })

  test.each([
    ['an address that is not on the link', advertisement([['10.99.0.1', 0]], 1800)],
    ['our own address', advertisement([['10.53.0.2', 0]], 1800)],
    ['a preference that means not a default', advertisement([[PEER, -0x8000_0000]], 1800)],
    ['no addresses', advertisement([], 1800)],
    ['entries of one word', icmpFrame(icmpMessage(9, 0, 0x0101_0708, octets(4)), ALL)],
    ['fewer entries than it says', icmpFrame(icmpMessage(9, 0, 0x0202_0708, octets(8)), ALL)],
    ['another code', icmpFrame(icmpMessage(9, 1, 0x0102_0708, Uint8Array.of(10, 53, 0, 9, 0, 0, 0, 0)), ALL)],
  ])('%s is not taken', (_name, frame) => {
    expect(host().hear(frame)).toEqual([])
  })

  test('a configured default route stands before what is heard, and stays', () => {
    const lan = host()
    must(lan.stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4('10.53.0.7') }))
    expect(lan.hear(advertisement([['10.53.0.7', 9], [PEER, 9]], 30))).toEqual(['10.53.0.7', PEER])
    lan.stack.routerDiscovery.stop(lan.iface)
    expect(lan.gateways()).toEqual(['10.53.0.7'])
  })

  test('as many gateways as there is room for', () => {
    const many = Array.from({ length: GATEWAY_LIMIT + 5 }, (_, i): Entry => [`10.53.0.${100 + i}`, 0])
    expect(host().hear(advertisement(many, 30)).length).toBe(GATEWAY_LIMIT)
  })

  test('unless asked for, nothing is learnt', () => {
    const lan = bench()
    lan.answer(advertisement([[PEER, 0]], 1800))
    expect(lan.stack.routes.list().length).toBe(1)
  })
})

describe('RFC 1256 §4 [C7] a router', () => {
  const advertised = '9 1020708 > 224.0.0.1 ttl 1'
  const router = () => {
    const lan = bench()
    lan.stack.routerDiscovery.advertise(lan.iface, 5)
    lan.clock.advance(1)
    return lan
  }
  const solicitation = (from: string): Uint8Array =>
    icmpFrame(icmpMessage(10, 0, 0, new Uint8Array(0)), { from, to: '224.0.0.2', toMac: '01:00:5e:00:00:02' })

  test('§4.3 advertises three times at most 16 s apart, then every 450 to 600 s', () => {
    const lan = router()
    expect(sent(lan.peer)).toEqual([advertised])
    lan.clock.advance(32_000)
    expect(sent(lan.peer)).toEqual([advertised, advertised])
    lan.clock.advance(449_000)
    expect(sent(lan.peer)).toEqual([])
    lan.clock.advance(151_000)
    expect(sent(lan.peer)).toEqual([advertised])
  })

  test('§4.3 answers a neighbour’s solicitation within 2 s', () => {
    const lan = router()
    lan.clock.advance(40_000)
    lan.peer.take()
    for (const from of [PEER, '0.0.0.0']) {
      lan.peer.send(solicitation(from))
      lan.clock.advance(2_001)
      expect(sent(lan.peer)).toEqual([advertised])
    }
    lan.peer.send(solicitation('10.99.0.1'))
    lan.clock.advance(2_001)
    expect(sent(lan.peer)).toEqual([])
  })

  test('§4.1 says that it is no gateway any more when it stops', () => {
    const lan = router()
    sent(lan.peer)
    lan.stack.routerDiscovery.stop(lan.iface)
    lan.clock.advance(700_000)
    expect(sent(lan.peer)).toEqual(['9 1020000 > 224.0.0.1 ttl 1'])
  })

  test('a host of ours finds a router of ours', () => {
    const clock = new VirtualClock()
    const [near, far] = virtualWire(clock, { macs: [HOST_MAC, PEER_MAC] })
    const open = (link: typeof near, address: string, seed: number): Stack => {
      const stack = new Stack({ clock, random: new SeededSecureRandom(seed) })
      stack.addInterface(link, { addresses: [addressOn(address)] })
      return stack
    }
    const [here, there] = [open(near, '10.53.0.2/24', 1), open(far, '10.53.0.1/24', 2)]
    there.routerDiscovery.advertise(there.interfaces[0] as (typeof there.interfaces)[0])
    clock.advance(100_000)
    here.routerDiscovery.discover(here.interfaces[0] as (typeof here.interfaces)[0])
    clock.advance(4_000)
    expect(here.routes.list().map((r) => formatIpv4(r.gateway))).toEqual(['0.0.0.0', '10.53.0.1'])
    here.close()
    there.close()
  })
})

describe('RFC 6918 [C8] timestamp and address mask requests', () => {
  const timestamp = icmpMessage(13, 0, 0x1234_0001, Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0))
  const mask = icmpMessage(17, 0, 0x1234_0001, new Uint8Array(4))
  const ask = (message: Uint8Array, icmpAnswers?: { timestamp?: boolean; addressMask?: boolean }, from = PEER) => {
    const clock = new VirtualClock()
    const [near, far] = virtualWire(clock, { macs: [HOST_MAC, PEER_MAC] })
    const random = new SeededSecureRandom(1)
    const stack = new Stack({ clock, random, ...(icmpAnswers === undefined ? {} : { icmpAnswers }) })
    stack.addInterface(near, { addresses: [addressOn('10.53.0.2/24')] })
    must(stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4(PEER) }))
    stack.interfaces[0]?.neighbours.addStatic(ipv4(PEER), octets(6))
    const peer = new RawPeer(far)
    clock.advance(5_000)
    peer.take()
    peer.send(icmpFrame(message, { from }))
    clock.advance(1)
    const [frame] = peer.take()
    return frame === undefined ? undefined : must(icmp.parse(frame, AT + 20, AT + ip.totalLength(frame, AT)))
  }

  test('not answered unless configured', () => {
    expect([ask(timestamp), ask(mask)]).toEqual([undefined, undefined])
  })

  test('RFC 792 timestamp: the asker’s time, and ours twice, in ms since midnight UT', () => {
    expect(ask(timestamp, { timestamp: true })).toEqual({
      type: 14, code: 0, rest: 0x1234_0001, body: Uint8Array.of(1, 2, 3, 4, 0, 0, 0x13, 0x88, 0, 0, 0x13, 0x88),
    })
  })

  test('RFC 950 address mask: to a neighbour the mask of our address there, to others nothing', () => {
    expect(ask(mask, { addressMask: true })).toEqual({
      type: 18, code: 0, rest: 0x1234_0001, body: Uint8Array.of(255, 255, 255, 0),
    })
    expect(ask(mask, { addressMask: true }, '192.168.9.9')).toBeUndefined()
  })

  test('one cut short is not answered', () => {
    expect(ask(icmpMessage(13, 0, 1, new Uint8Array(8)), { timestamp: true })).toBeUndefined()
  })
})
