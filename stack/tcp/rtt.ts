/**
 * HOT PATH. Round-trip time and retransmission time-out (RFC 6298), in ms with fractions, and the least RTT of the last
 * five minutes (RFC 8985 §6.2 asks for a windowed least). Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'

export const RTO_INITIAL_MS = 1000 // RFC 6298 §2.1
export const RTO_MIN_MS = 1000 // RFC 6298 §2.4
export const RTO_MAX_MS = 64_000 // RFC 6298 §2.5 allows any from 60 s
/** RFC 8985 §6.2 leaves the length open. */
const MIN_RTT_WINDOW_MS = 300_000

export class RoundTrip {
  /** 0 before the first sample. */
  smoothed = 0
  variance = 0
  least = Number.POSITIVE_INFINITY
  #leastAt = 0
  /** How often the time-out was doubled since the last sample. */
  backoffs = 0

  sample(rtt: number, now: Instant): void {
    this.backoffs = 0
    if (this.smoothed === 0) {
      this.smoothed = Math.max(rtt, 0.001)
      this.variance = rtt / 2
    } else {
      this.variance = 0.75 * this.variance + 0.25 * Math.abs(this.smoothed - rtt)
      this.smoothed = 0.875 * this.smoothed + 0.125 * rtt
    }
    this.observe(rtt, now)
  }

  /** For the least only: samples that say nothing about how long an ACK may take. */
  observe(rtt: number, now: Instant): void {
    if (rtt <= this.least || now - this.#leastAt > MIN_RTT_WINDOW_MS) {
      this.least = rtt
      this.#leastAt = now
    }
  }

  /** RFC 6298 §2.2, §2.3 and §5.5. */
  timeout(): number {
    const base = this.smoothed === 0 ? RTO_INITIAL_MS : this.smoothed + Math.max(1, 4 * this.variance)
    return Math.min(RTO_MAX_MS, Math.max(RTO_MIN_MS, base) * 2 ** Math.min(this.backoffs, 6))
  }

  backOff(): void {
    this.backoffs++
  }
}
