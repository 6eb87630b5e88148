/** Weather on links: whatever it is, nobody gets a frame that nobody sent, and every frame's fate is counted. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FaultyLink, virtualWire } from '../../stack/index.ts'
import type { Weather } from '../../stack/index.ts'
import { SeededRandom, u16, VirtualClock } from '../../stack/platform/index.ts'
import { octets, udpFrame } from '../support/stack-lan.ts'

const chance = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }))
const weathers: fc.Arbitrary<Weather> = fc.record({
  loss: chance, duplication: chance, reordering: chance, corruption: chance,
  reorderMs: fc.integer({ min: 1, max: 50 }),
  delayMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
  jitterMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 100, noNaN: true })),
  bitsPerSecond: fc.integer({ min: 10_000, max: 100_000_000 }),
  queueBytes: fc.integer({ min: 1, max: 20_000 }),
}, { requiredKeys: [] })

/** Sends numbered frames in bursts under weathers that change between them, either way. */
function run(seed: number, spells: readonly { readonly weather: Weather; readonly frames: number; readonly ms: number }[], incoming: boolean) {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { queueFrames: 4096 })
  const link = new FaultyLink(near, clock, new SeededRandom(seed))
  const got: Uint8Array[] = []
  const [sender, receiver] = incoming ? [far, link] : [link, far]
  receiver.onFrame = (buffer, at, length) => got.push(buffer.slice(at, at + length))
  const frame = udpFrame(octets(100))
  let sent = 0
  for (const { weather, frames, ms } of spells) {
    if (incoming) link.setWeather({}, weather)
    else link.setWeather(weather)
    for (let i = 0; i < frames; i++) {
      const at = sender.reserve()
      sender.txBuffer.set(frame, at)
      sender.txBuffer.set([sent >>> 8, sent & 255], at + 60)
      sender.commit(frame.length)
      sent++
    }
    sender.flush()
    clock.advance(ms)
  }
  clock.advance(600_000)
  const counters = link.counters()
  const count = (name: string): number => counters[incoming ? `rx-${name}` : name] ?? 0
  return { sent, got, count, frame }
}

const spells = fc.array(
  fc.record({ weather: weathers, frames: fc.integer({ min: 0, max: 60 }), ms: fc.integer({ min: 0, max: 50 }) }), { maxLength: 5 },
)

test('frames that arrive, and those whose loss is counted, are those that were sent', () => {
  fc.assert(fc.property(fc.nat(), spells, fc.boolean(), (seed, all, incoming) => {
    const { sent, got, count, frame } = run(seed, all, incoming)
    const dropped = count('lost') + count('queue-full') + count('too-many-delayed')
    expect(got.length).toBe(sent + count('duplicated') - dropped)
    expect(got.every(({ length }) => length === frame.length)).toBe(true)
  }))
})

test('without reordering and damage they arrive in the order in which they were sent, whatever the weather changes to', () => {
  const orderly = spells.map((all) => all.map((spell) => ({ ...spell, weather: { ...spell.weather, reordering: 0, corruption: 0 } })))
  fc.assert(fc.property(fc.nat(), orderly, fc.boolean(), (seed, all, incoming) => {
    const numbers = run(seed, all, incoming).got.map((frame) => u16(frame, 60))
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }))
})
