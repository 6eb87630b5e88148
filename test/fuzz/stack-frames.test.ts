/** Any octets into a whole stack: no exception, no answer that should not be, bounded memory, and still alive after. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import { NEIGHBOUR_LIMIT } from '../../stack/arp/cache.ts'
import { REASSEMBLY_BYTES_LIMIT } from '../../stack/ipv4/reassembly.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import type { Random } from '../../stack/platform/index.ts'
import * as arp from '../../stack/wire/arp.ts'
import { describeFrame } from '../../stack/wire/describe.ts'
import * as ethernet from '../../stack/wire/ethernet.ts'
import * as icmp from '../../stack/wire/icmp.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import * as tcp from '../../stack/wire/tcp.ts'
import * as udp from '../../stack/wire/udp.ts'
import {
  ALL_MAC, arpFrame, bench, echoRequest, fragmentFrames, HOST, HOST_MAC, icmpFrame, icmpMessage, ipDatagram, ipFrame,
  must, octets, PEER, PEER_MAC, udpFrame, udpSegment,
} from '../support/stack-lan.ts'

const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1)
const FRAMES = 3_000

const SENT = ipDatagram(udpSegment(octets(8), { from: HOST, to: PEER, fromPort: 53 }), { from: HOST, to: PEER })
const CORPUS: readonly Uint8Array[] = [
  arpFrame(),
  arpFrame({ operation: arp.ARP_REPLY, toMac: HOST_MAC }),
  udpFrame(octets(40)),
  udpFrame(octets(40), { toPort: 99 }),
  udpFrame(octets(300), { from: '0.0.0.0', to: '255.255.255.255', toMac: ALL_MAC, toPort: 67 }),
  udpFrame(octets(4), { options: Uint8Array.from([7, 7, 4, 0, 0, 0, 0, 0]) }),
  icmpFrame(echoRequest(56)),
  icmpFrame(icmpMessage(3, 3, 0, SENT)),
  ...fragmentFrames(udpSegment(octets(200)), [0, 64, 128]),
  ipFrame(octets(8), { protocol: 99 }),
]

const randomOctets = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256))

/** A few octets changed, cut off or added; mostly with the header's checksum put right, so that more is tested. */
function mutate(random: Random, frame: Uint8Array): Uint8Array {
  let mutant = frame.slice()
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    mutant[random.chance(0.7) ? 14 + random.below(30) : random.below(mutant.length)] = random.chance(0.3)
      ? [0, 1, 0x7f, 0x80, 0xff][random.below(5)] as number
      : random.below(256)
  }
  if (random.chance(0.15)) mutant = mutant.slice(0, random.below(mutant.length))
  if (random.chance(0.1)) mutant = Uint8Array.from([...mutant, ...randomOctets(random, random.below(60))])
  const header = mutant.length > 34 ? ip.headerLength(mutant, 14) : 0
  if (random.chance(0.8) && header >= 20 && mutant.length >= 14 + header) {
    ip.rewrite(mutant, 14, ip.totalLength(mutant, 14), ((mutant[20] as number) << 8) | (mutant[21] as number))
  }
  return mutant
}

describe('fuzz: frames into a stack', () => {
  test.each(SEEDS)('seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const lan = bench({ knowsPeer: false })
    const heard = { datagrams: 0 }
    must(
      lan.stack.bindUdp({
        port: 53,
        onDatagram: (_b, _at, length) => {
          expect(length).toBeLessThanOrEqual(65_507)
          heard.datagrams++
        },
      }),
    )
    for (let i = 0; i < FRAMES; i++) {
      const frame = random.chance(0.1)
        ? randomOctets(random, random.below(200))
        : mutate(random, CORPUS[random.below(CORPUS.length)] as Uint8Array)
      if (frame.length >= 6 && random.chance(0.8)) frame.set([2, 0, 0, 0, 0, 1])
      lan.peer.send(frame)
      lan.clock.advance(random.below(20))
      expect(lan.stack.reassemblyBytes).toBeLessThanOrEqual(REASSEMBLY_BYTES_LIMIT)
    }
    expect(lan.faults).toEqual([])
    expect(heard.datagrams).toBeGreaterThan(0)
    expect(lan.iface.neighbours.list().length).toBeLessThanOrEqual(NEIGHBOUR_LIMIT)
    // Nothing that it sent breaks the rules of what may be sent.
    for (const frame of lan.peer.take()) {
      expect(frame.length).toBeLessThanOrEqual(1514)
      expect(describeFrame(frame)).toMatch(/^02:00:00:00:00:01 > .* (ARP|UDP|echo|unreachable|parameter|time|fragment)/)
    }
    lan.clock.advance(120_000)
    expect(lan.stack.reassemblyBytes).toBe(0)
    lan.peer.take()
    lan.answer(arpFrame())
    const reply = `${HOST_MAC} > ${PEER_MAC} ${HOST} > ${PEER} echo reply 56`
    expect(lan.answer(icmpFrame(echoRequest(56)))).toEqual([reply])
  })
})

type Parser = (b: Uint8Array, at: number, end: number) => unknown

describe('fuzz: parsers', () => {
  const source = ipv4(PEER)
  const target = ipv4(HOST)
  test.each([
    ['describe', (b, at, end) => describeFrame(b, at, end - at)],
    ['ethernet', (b, at, end) => ethernet.parse(b, at, end).ok],
    ['arp', (b, at, end) => arp.parse(b, at, end).ok],
    ['ipv4', (b, at, end) => ip.parse(b, at, end).ok],
    ['ipv4 options', (b, at, end) => ip.check(b, at, end) ?? ip.checkOptions(b, at)],
    ['icmp', (b, at, end) => icmp.parse(b, at, end).ok],
    ['tcp', (b, at, end) => tcp.parse(b, at, end, source, target).ok],
    ['udp', (b, at, end) => udp.parse(b, at, end, source, target).ok],
  ] satisfies readonly (readonly [string, Parser])[])('%s takes any octets and reads none past them', (_name, parse) => {
    const random = new SeededRandom(11)
    let verdicts = 0
    for (let i = 0; i < 5_000; i++) {
      const octets = random.chance(0.3)
        ? randomOctets(random, random.below(80))
        : mutate(random, CORPUS[random.below(CORPUS.length)] as Uint8Array)
      const at = random.below(20)
      // The same octets with other surroundings must be judged the same.
      const verdict = [0x00, 0xff].map((filler) => {
        const b = new Uint8Array(at + octets.length + 30).fill(filler)
        b.set(octets, at)
        return parse(b, at, at + octets.length)
      })
      expect(verdict[0]).toBe(verdict[1])
      verdicts++
    }
    expect(verdicts).toBe(5_000)
  })
})
