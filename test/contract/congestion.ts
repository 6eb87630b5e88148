/** What every congestion control must do, by itself and over a wire. */
import { describe, expect, test } from 'vitest'
import { AckSample } from '../../stack/tcp/congestion/congestion.ts'
import type { Congestion } from '../../stack/tcp/congestion/congestion.ts'
import { congestionControls } from '../../stack/tcp/congestion/controls.ts'
import type { CongestionName } from '../../stack/tcp/congestion/controls.ts'
import { hashOf, talk, tcpWorld } from '../support/tcp-hosts.ts'

const MSS = 1460
const RTT_MS = 50

/** `rounds` round trips in which all that the window lets is delivered; the time after them. */
export function feed(control: Congestion, rounds: number, start: number, change: Partial<AckSample> = {}): number {
  let now = start
  let total = 1e6 + start * 1e3
  for (let round = 0; round < rounds; round++) {
    const flight = Math.floor(control.window() / MSS)
    const before = total
    now += RTT_MS
    for (let i = 0; i < flight; i++) {
      total += MSS
      control.onAck(Object.assign(new AckSample(), {
        delivered: MSS, priorInFlight: (flight - i) * MSS, inFlight: (flight - i - 1) * MSS, rttMs: RTT_MS,
        minRttMs: RTT_MS, deliveryRate: (flight * MSS * 1000) / RTT_MS, totalDelivered: total, priorDelivered: before,
        windowLimited: true, ...change,
      }), now)
    }
  }
  return now
}

/**
 * Bits a second of one transfer of `bytes`. `queueFrames` counts those on the wire too: delay × rate is 42 of them at
 * 25 ms. Undefined when it did not arrive whole within ten minutes.
 */
export function throughput(
  congestion: CongestionName, loss: number, delayMs: number, queueFrames: number, bytes: number,
): number | undefined {
  const world = tcpWorld({
    seed: 11, congestion, weather: { loss }, wire: { delayMs, bitsPerSecond: 20e6, queueFrames },
  })
  const { server } = talk(world, [bytes, 0])
  let t = 0
  while (t < 600_000 && (server()?.received ?? 0) < bytes) world.clock.advance((t += 10) && 10)
  return server()?.received === bytes && server()?.digest() === hashOf(5, bytes) ? (bytes * 8000) / t : undefined
}

export function congestionBattery(name: CongestionName): void {
  describe(`${name} is a congestion control`, () => {
    const make = (): Congestion => congestionControls[name](MSS)

    test('RFC 6928 begins with ten segments', () => expect(make().window()).toBe(10 * MSS))

    test('slow start at least grows by half in a round trip', () => {
      const control = make()
      feed(control, 3, 0)
      expect(control.window()).toBeGreaterThan(10 * MSS * 1.5 ** 3)
    })

    test('after a time-out one segment is let out (RFC 5681 §3.1), and it grows again', () => {
      const control = make()
      const now = feed(control, 4, 0)
      control.onTimeout(control.window(), now)
      expect(control.window()).toBe(MSS)
      feed(control, 6, now)
      expect(control.window()).toBeGreaterThan(4 * MSS)
    })

    test('after an idle time it sends no more at once than in the beginning, or paces (RFC 5681 §4.1)', () => {
      const control = make()
      const now = feed(control, 5, 0)
      expect(control.window()).toBeGreaterThan(20 * MSS)
      control.onIdle()
      if (control.pacingRate() === undefined) expect(control.window()).toBe(10 * MSS)
      feed(control, 3, now + 2_000)
      expect(control.window()).toBeGreaterThan(20 * MSS)
    })

    test('the window is never below a segment, nor not a number', () => {
      const control = make()
      let now = 0
      for (let i = 0; i < 200; i++) {
        if (i % 3 === 0) control.onLoss(control.window(), now)
        if (i % 7 === 0) control.onTimeout(MSS, now)
        now = feed(control, 1, now, { rttMs: i % 2 === 0 ? RTT_MS : -1, lost: i % 5 === 0 ? MSS : 0 })
        expect(control.window()).toBeGreaterThanOrEqual(MSS)
        const rate = control.pacingRate()
        if (rate !== undefined) expect(rate).toBeGreaterThan(0)
      }
    })

    test('a clean path of 20 Mbit/s is filled', () => {
      expect(throughput(name, 0, 10, 200, 3_000_000)).toBeGreaterThan(12e6)
    })

    test('a path with a shallow buffer is used by more than a third', () => {
      expect(throughput(name, 0, 25, 60, 4_000_000)).toBeGreaterThan(7e6)
    })
  })
}

/** Those that take a loss for a sign of congestion. */
export function lossBattery(name: CongestionName): void {
  describe(`${name} gives way at a loss`, () => {
    test('to 50 to 75 % of what was in flight', () => {
      const control = congestionControls[name](MSS)
      const now = feed(control, 4, 0)
      const before = control.window()
      control.onLoss(before, now)
      expect(control.window() / before).toBeGreaterThanOrEqual(0.5)
      expect(control.window() / before).toBeLessThanOrEqual(0.75)
    })

    test('then it grows slowly: not by half in three round trips', () => {
      const control = congestionControls[name](MSS)
      const now = feed(control, 4, 0)
      control.onLoss(control.window(), now)
      const after = control.window()
      feed(control, 3, now)
      expect(control.window()).toBeGreaterThan(after)
      expect(control.window()).toBeLessThan(1.5 * after)
    })

    test('a window that was not used does not grow', () => {
      const control = congestionControls[name](MSS)
      feed(control, 5, 0, { windowLimited: false })
      expect(control.window()).toBe(10 * MSS)
    })
  })
}
