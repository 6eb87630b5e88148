import { describe, expect, test } from 'vitest'
import { bumpInTheWire, FaultyLink, virtualWire } from '../../../../stack/index.ts'
import type { Weather } from '../../../../stack/index.ts'
import { SeededRandom, u16, VirtualClock } from '../../../../stack/platform/index.ts'
import { octets, RawPeer, udpFrame } from '../../../support/stack-lan.ts'

/** 142 octets, which take 166 × 8 = 1,328 bits of a wire. */
function numbered(n: number): Uint8Array {
  const frame = udpFrame(octets(100))
  frame[60] = n >>> 8
  frame[61] = n & 255
  return frame
}
const BITS_ON_THE_WIRE = (numbered(0).length + 24) * 8

/** A link of ours with weather both ways, and what arrives at either end and when. */
function open(outgoing: Weather, incoming: Weather = {}) {
  const clock = new VirtualClock()
  const [near, far] = virtualWire(clock, { queueFrames: 4096 })
  const link = new FaultyLink(near, clock, new SeededRandom(7), outgoing, incoming)
  const seen = { near: [] as [number, number][], far: [] as [number, number][] }
  link.onFrame = (buffer, at) => seen.near.push([u16(buffer, at + 60), clock.now()])
  far.onFrame = (buffer, at) => seen.far.push([u16(buffer, at + 60), clock.now()])
  const send = (from: 'near' | 'far', first: number, count = 1): void => {
    const by = from === 'near' ? link : far
    for (let n = first; n < first + count; n++) {
      const at = by.reserve()
      expect(at).toBeGreaterThanOrEqual(0)
      by.txBuffer.set(numbered(n), at)
      by.commit(numbered(n).length)
    }
    by.flush()
  }
  return { clock, link, seen, send }
}
const numbers = (seen: readonly (readonly [number, number])[]): number[] => seen.map(([n]) => n)
const ascending = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('[L6] delay', () => {
  test.each(['near', 'far'] as const)('holds every frame from the %s end that long, and not those of the other way', (from) => {
    const delayed = { delayMs: 25 }
    const { clock, seen, send } = from === 'near' ? open(delayed) : open({}, delayed)
    send(from, 0, 3)
    send(from === 'near' ? 'far' : 'near', 100)
    clock.advance(100)
    const [late, prompt] = from === 'near' ? [seen.far, seen.near] : [seen.near, seen.far]
    expect(late).toEqual([[0, 25], [1, 25], [2, 25]])
    expect(prompt).toEqual([[100, 0]])
  })

  test('jitter spreads arrivals over its whole width, and no frame overtakes another', () => {
    const { clock, seen, send } = open({ delayMs: 10, jitterMs: 8 })
    for (let n = 0; n < 200; n++) {
      send('near', n)
      clock.advance(10)
    }
    clock.advance(100)
    expect(numbers(seen.far)).toEqual(ascending(200))
    const delays = seen.far.map(([n, t]) => t - n * 10)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10)
    expect(Math.min(...delays)).toBeLessThan(11)
    expect(Math.max(...delays)).toBeLessThanOrEqual(18)
    expect(Math.max(...delays)).toBeGreaterThan(17)
  })

  test('frames sent closer together than the jitter still come in order', () => {
    const { clock, seen, send } = open({ jitterMs: 50 })
    send('near', 0, 100)
    clock.advance(100)
    expect(numbers(seen.far)).toEqual(ascending(100))
  })

  test('what is held back comes after the delay too, behind others', () => {
    const { clock, seen, send } = open({ delayMs: 20, reordering: 0.2, reorderMs: 5 })
    for (let n = 0; n < 100; n++) {
      send('near', n)
      clock.advance(1)
    }
    clock.advance(100)
    expect(numbers(seen.far)).not.toEqual(ascending(100))
    expect(numbers(seen.far).toSorted((a, b) => a - b)).toEqual(ascending(100))
    expect(Math.min(...seen.far.map(([n, t]) => t - n))).toBeGreaterThanOrEqual(20)
  })

  test('frames under way are bounded in octets, and the rest is counted', () => {
    const clock = new VirtualClock()
    const [near] = virtualWire(clock, { mtu: 60_000, queueFrames: 16 })
    const link = new FaultyLink(near, clock, new SeededRandom(1), { delayMs: 60_000 })
    for (let n = 0; n < 1_200; n++) {
      link.reserve()
      link.commit(60_000)
      link.flush()
    }
    expect(link.counters()['delayed']).toBe(Math.floor((64 * 1024 * 1024) / 60_000))
    expect(link.counters()['too-many-delayed']).toBe(1_200 - Math.floor((64 * 1024 * 1024) / 60_000))
    link.close()
  })
})

describe('[L6] rate', () => {
  test('frames leave one after another, each after the time that its bits take', () => {
    const { clock, seen, send } = open({ bitsPerSecond: BITS_ON_THE_WIRE * 100, delayMs: 5 })
    send('near', 0, 3)
    clock.advance(200)
    expect(seen.far).toEqual([[0, 15], [1, 25], [2, 35]])
  })

  test('what its queue cannot hold is dropped and counted; when it has drained there is room again', () => {
    const { clock, link, seen, send } = open({ bitsPerSecond: BITS_ON_THE_WIRE * 100, queueBytes: 5 * 166 })
    send('near', 0, 20)
    clock.advance(1_000)
    const first = numbers(seen.far)
    expect(first).toEqual(ascending(first.length))
    expect(first.length).toBeGreaterThanOrEqual(5)
    expect(first.length).toBeLessThanOrEqual(6)
    expect(link.counters()['queue-full']).toBe(20 - first.length)
    send('near', 50)
    clock.advance(1_000)
    expect(numbers(seen.far).at(-1)).toBe(50)
  })

  test('a frame that is larger than the queue passes when nothing waits', () => {
    const { clock, seen, send } = open({ bitsPerSecond: 1_000_000, queueBytes: 10 })
    send('near', 3)
    clock.advance(100)
    expect(numbers(seen.far)).toEqual([3])
  })
})

describe('[L6] weather that changes', () => {
  test('from now on it is another; what is under way arrives as it would have, and before what comes later', () => {
    const { clock, link, seen, send } = open({ delayMs: 50 })
    send('near', 0, 2)
    clock.advance(10)
    link.setWeather({})
    expect(link.weather).toEqual({ outgoing: {}, incoming: {} })
    send('near', 2)
    clock.advance(100)
    expect(seen.far).toEqual([[0, 50], [1, 50], [2, 50]])
    send('near', 3)
    clock.advance(1)
    expect(seen.far.at(-1)).toEqual([3, 110])
  })

  test('a cut is a loss of 1, and mending it brings frames through again', () => {
    const { clock, link, seen, send } = open({}, {})
    link.setWeather({ loss: 1 }, { loss: 1 })
    send('near', 0, 5)
    send('far', 0, 5)
    clock.advance(10)
    expect([seen.near, seen.far]).toEqual([[], []])
    expect(link.counters()).toMatchObject({ lost: 5, 'rx-lost': 5 })
    link.setWeather({})
    send('near', 5)
    send('far', 6)
    clock.advance(10)
    expect([numbers(seen.far), numbers(seen.near)]).toEqual([[5], [6]])
  })

  test('nothing arrives from a link that was closed meanwhile', () => {
    const { clock, link, seen, send } = open({ delayMs: 5 }, { delayMs: 5, reordering: 1 })
    send('near', 0, 3)
    send('far', 0, 3)
    clock.advance(1)
    link.close()
    clock.advance(100)
    expect([seen.near, seen.far]).toEqual([[], []])
  })
})

describe('a bump in the wire', () => {
  const open = (aToB: Weather, bToA: Weather) => {
    const clock = new VirtualClock()
    const [hostA, portA] = virtualWire(clock, { names: ['a', 'port-a'] })
    const [hostB, portB] = virtualWire(clock, { names: ['b', 'port-b'], mtu: 1400 })
    const bump = bumpInTheWire(portA, portB, clock, new SeededRandom(3), { aToB, bToA })
    return { clock, bump, a: new RawPeer(hostA), b: new RawPeer(hostB) }
  }

  test('carries frames both ways, each under the weather of its direction', () => {
    const { clock, bump, a, b } = open({ delayMs: 30 }, { loss: 1 })
    a.send(numbered(1))
    b.send(numbered(2), numbered(3))
    clock.advance(29)
    expect([a.take().length, b.take().length]).toEqual([0, 0])
    clock.advance(2)
    expect(b.take().map((frame) => u16(frame, 60))).toEqual([1])
    const length = numbered(1).length
    expect(bump.counters()).toEqual({
      aToB: { frames: 1, bytes: length, delayed: 1 }, bToA: { frames: 2, bytes: 2 * length, lost: 2 },
    })
    bump.setWeather({ aToB: {}, bToA: {} })
    b.send(numbered(4))
    clock.advance(1)
    expect(a.take().length).toBe(1)
    bump.close()
  })

  test('what is too long for the other side is dropped and counted', () => {
    const { clock, bump, a, b } = open({}, {})
    a.send(octets(1415))
    a.send(octets(1414))
    clock.advance(1)
    expect(b.take().map((frame) => frame.length)).toEqual([1414])
    expect(bump.counters().aToB).toEqual({ frames: 1, bytes: 1414, 'too-long': 1 })
    bump.close()
    a.send(octets(100))
    clock.advance(1)
    expect(b.take()).toEqual([])
  })
})
