/** The sending end of a wire with a rate: frames leave one after another, and those that came too soon wait. */
import type { Instant } from '../platform/index.ts'

/** Preamble, frame check sequence and gap between frames (IEEE 802.3) take time on the wire too. */
const WIRE_OVERHEAD_BYTES = 24

export class Transmitter {
  #busyUntil: Instant = 0

  /** When the last bit of a frame of `length` octets leaves if it is queued now. `bitsPerMs` may be infinite. */
  departure(now: Instant, length: number, bitsPerMs: number): Instant {
    return Math.max(now, this.#busyUntil) + ((length + WIRE_OVERHEAD_BYTES) * 8) / bitsPerMs
  }

  /** The frame was queued, and leaves at `departure`. */
  queue(departure: Instant): void {
    this.#busyUntil = departure
  }

  /** Octets that have not left yet. */
  waiting(now: Instant, bitsPerMs: number): number {
    return this.#busyUntil <= now ? 0 : ((this.#busyUntil - now) * bitsPerMs) / 8
  }
}
