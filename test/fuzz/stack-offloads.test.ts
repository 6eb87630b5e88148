/**
 * Any octets with any word beside them that a link may bring (wire/offload.ts), into a host, a router, a patch and bad
 * weather: no exception, no frame that is longer than a link lets, and alive after.
 */
import { describe, expect, test } from 'vitest'
import { FaultyLink, ipv4, mac, patch, virtualWire } from '../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../stack/platform/index.ts'
import type { Random } from '../../stack/platform/index.ts'
import { readVnetHeader, UNUSABLE, VNET_HEADER_BYTES } from '../../stack/link/tap/vnet-header.ts'
import { rewrite } from '../../stack/wire/ipv4.ts'
import { superSegment } from '../support/super-segments.ts'
import { bench, echoRequest, icmpFrame, octets, PEER_MAC, udpFrame } from '../support/stack-lan.ts'
import { FAR, HOST_MACS, NEAR, router, ROUTER_MACS } from '../support/stack-router.ts'

const SEEDS = Array.from({ length: 6 }, (_, i) => i + 1)
const FRAMES = 1_500

/** A word as the kernel's header gives it, with mostly sensible numbers. */
function wordOf(random: Random, length: number): number {
  const header = new Uint8Array(VNET_HEADER_BYTES)
  header[0] = random.below(4)
  header[1] = random.chance(0.6) ? 1 : random.below(256)
  header[4] = random.below(256)
  header[5] = random.below(7)
  header[6] = random.chance(0.7) ? 34 : random.below(128)
  header[8] = random.chance(0.7) ? 16 : random.below(32)
  return readVnetHeader(header, 0, length)
}

function mutated(random: Random, frame: Uint8Array): Uint8Array {
  const b = frame.slice(0, random.chance(0.8) ? frame.length : 14 + random.below(frame.length - 14))
  for (let n = random.below(4); n > 0; n--) b[14 + random.below(Math.max(1, Math.min(60, b.length - 14)))] = random.below(256)
  // Mostly with the header's checksum put right, so that more is tested.
  if (b.length >= 34 && random.chance(0.8)) rewrite(b, 14, random.chance(0.8) ? b.length - 14 : random.below(65_536), 0)
  return b
}

function run(random: Random, corpus: readonly Uint8Array[], take: (frame: Uint8Array, offload: number) => void): number {
  let taken = 0
  for (let i = 0; i < FRAMES; i++) {
    const frame = mutated(random, corpus[random.below(corpus.length)] as Uint8Array)
    const offload = wordOf(random, frame.length)
    if (offload === UNUSABLE) continue
    taken++
    take(frame, offload)
  }
  return taken
}

describe.each(SEEDS)('words of any kind, seed %i', (seed) => {
  test('into a host', () => {
    const lan = bench({ offloads: seed % 2 === 0 })
    lan.stack.tcp.listen({ port: 80, onConnection: () => {} })
    const { link } = lan.iface
    const corpus = [
      superSegment(20_000, 1460).frame, superSegment(300, 0, { flags: 2 }).frame, udpFrame(octets(200)),
      icmpFrame(echoRequest(100)),
    ]
    const taken = run(new SeededRandom(seed), corpus, (frame, offload) => {
      link.onFrame(frame, 0, frame.length, offload)
      link.onBatchEnd()
      lan.clock.advance(1)
    })
    expect(taken).toBeGreaterThan(FRAMES / 10)
    expect(lan.faults).toEqual([])
    lan.clock.advance(5_000)
    lan.peer.take()
    expect(lan.answer(icmpFrame(echoRequest(20))).length).toBe(1)
  })

  test('through a router', () => {
    const lan = router({ farOffloads: seed % 2 === 0, mtus: [1500, seed % 3 === 0 ? 1000 : 1500] })
    const { link } = lan.lans[0]
    const fields = { from: NEAR, to: FAR, fromMac: HOST_MACS[0], toMac: ROUTER_MACS[0] }
    const corpus = [
      superSegment(20_000, 1460, fields).frame, superSegment(5000, 1460, { ...fields, options: Uint8Array.of(148, 4, 0, 0) }).frame,
      udpFrame(octets(200), fields),
    ]
    run(new SeededRandom(seed), corpus, (frame, offload) => {
      link.onFrame(frame, 0, frame.length, offload)
      link.onBatchEnd()
      lan.clock.advance(1)
      for (const got of lan.hosts[1].take()) expect(got.length).toBeLessThanOrEqual(1514)
    })
    expect(lan.faults).toEqual([])
    lan.lans[1].neighbours.addStatic(ipv4(FAR), mac(HOST_MACS[1]))
    expect(lan.count('ipv4', 'forwarded')).toBeGreaterThan(FRAMES / 20)
  })

  test('through bad weather and a patch', () => {
    const clock = new VirtualClock()
    const random = new SeededRandom(seed)
    const [inner] = virtualWire(clock)
    const [out, end] = virtualWire(clock, { offloads: seed % 2 === 0, macs: ['02:00:00:00:00:01', PEER_MAC] })
    patch(new FaultyLink(inner, clock, random, {}, seed % 3 === 0 ? {} : { loss: 0.1, duplication: 0.1, corruption: 0.1 }), out)
    let got = 0
    end.onFrame = (_buffer, _at, length) => {
      got++
      expect(length).toBeLessThanOrEqual(1514)
    }
    run(random, [superSegment(20_000, 1460).frame, udpFrame(octets(200))], (frame, offload) => {
      inner.onFrame(frame, 0, frame.length, offload)
      inner.onBatchEnd()
      clock.advance(1)
    })
    expect(got).toBeGreaterThan(FRAMES / 10)
  })
})
