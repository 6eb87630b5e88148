/**
 * Streams over links that cut super-segments, as a network card does, by seed: whole in any weather behind the card, and
 * when the link stops to cut in the middle of a connection.
 */
import { describe, expect, test } from 'vitest'
import type { Weather } from '../../stack/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { congestionControls } from '../../stack/tcp/congestion/controls.ts'
import type { CongestionName } from '../../stack/tcp/congestion/controls.ts'
import { hashOf, talk, tcpWorld } from '../support/tcp-hosts.ts'
import type { World } from '../support/tcp-hosts.ts'
import { seeds } from './seeds.ts'

const NAMES = Object.keys(congestionControls) as CongestionName[]
const LONGEST_MS = 1_200_000

type Cut = { readonly weather: Weather; readonly mtu?: number; readonly during?: (world: World, ms: number) => void }

/** How many segments were sent, and how many frames went over the wire, from left to right. */
function run(seed: number, { weather, mtu = 1500, during }: Cut): { readonly segments: number; readonly frames: number } {
  const random = new SeededRandom(seed)
  const lengths = [100_000 + random.below(500_000), random.below(150_000)] as const
  const world = tcpWorld({
    seed,
    incoming: weather,
    congestion: NAMES[seed % NAMES.length] as CongestionName,
    wire: { delayMs: random.below(20), bitsPerSecond: 1e7 * (1 + random.below(50)), queueFrames: 256, mtu, offloads: true },
  })
  const { client, server } = talk(world, lengths, { seed })
  const over = (): boolean => client.closed && server()?.closed === true && server()?.endpoint.readable === 0
  let ms = 0
  for (; ms < LONGEST_MS && !over(); ms += 5) {
    world.clock.advance(5)
    during?.(world, ms)
  }
  expect(world.faults).toEqual([])
  expect([client.error, server()?.error]).toEqual(['', ''])
  expect(over()).toBe(true)
  expect([server()?.received, client.received]).toEqual(lengths)
  expect(server()?.digest()).toBe(hashOf(seed, lengths[0]))
  expect(client.digest()).toBe(hashOf(seed + 1, lengths[1]))
  expect(world.left.counters['tcp']?.get('checksum')).toBe(0)
  return {
    segments: world.left.counters['tcp']?.get('sent') ?? 0, frames: world.links[0].counters()['tx-frames'] ?? 0,
  }
}

describe('super-segments arrive whole', () => {
  test.each(seeds(15))('behind a network card in fair weather, in far fewer segments than frames, seed %i', (seed) => {
    const { segments, frames } = run(seed, { weather: {} })
    expect(frames).toBeGreaterThan(1.5 * segments)
  })

  test.each(seeds(30))('in bad weather behind the card, where each piece is lost alone, seed %i', (seed) => {
    const random = new SeededRandom(seed)
    const upTo = (most: number): number => (random.chance(0.3) ? 0 : (random.below(1000) * most) / 1000)
    run(seed, { weather: { loss: upTo(0.05), duplication: upTo(0.05), reordering: upTo(0.2), reorderMs: 1 + random.below(30) } })
  })

  test.each(seeds(5))('with an MTU of 576, seed %i', (seed) => {
    run(seed, { weather: {}, mtu: 576 })
  })

  test.each(seeds(10))('also when the link stops to cut in the middle, seed %i', (seed) => {
    const { segments, frames } = run(seed, {
      weather: {},
      during: (world, ms) => {
        // A weather that changes nothing but that frames must be whole: the link no longer takes super-segments.
        if (ms === 50) for (const link of world.links) link.setWeather({ delayMs: 1 })
      },
    })
    expect(frames).toBeGreaterThanOrEqual(segments)
  })
})
