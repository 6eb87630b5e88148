import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../stack/platform/index.ts'

describe('VirtualClock', () => {
  test('runs timers by time, and equal times in the order in which they were set', () => {
    const clock = new VirtualClock()
    const seen: string[] = []
    clock.at(20, () => seen.push('c'))
    clock.at(10, () => seen.push('a'))
    clock.at(10, () => seen.push('b'))
    clock.advance(15)
    expect(seen).toEqual(['a', 'b'])
    expect(clock.now()).toBe(15)
    clock.advance(5)
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  test('a cancelled timer does not run and does not hold the clock', () => {
    const clock = new VirtualClock()
    const timer = clock.at(10, () => expect.unreachable('cancelled'))
    timer.cancel()
    expect(clock.next()).toBeUndefined()
    expect(clock.step()).toBe(false)
  })

  test('the calendar may jump without moving monotonic time', () => {
    const clock = new VirtualClock(1000)
    clock.advance(50)
    clock.jumpWall(-500)
    expect([clock.now(), clock.wallMs()]).toEqual([50, 550])
  })

  test('keeps order with many timers', () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    for (let i = 0; i < 500; i++) {
      const when = (i * 7919) % 251
      clock.at(when, () => seen.push(when))
    }
    clock.advance(1000)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.length).toBe(500)
  })
})
