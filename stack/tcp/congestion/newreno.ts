/**
 * NewReno (RFC 5681, RFC 6582; byte counting by RFC 3465 without its bound): halve at a loss, then one segment a round trip.
 */
import type { Instant } from '../../platform/index.ts'
import { initialWindow, LEAST_WINDOW_SEGMENTS } from './congestion.ts'
import type { AckSample, Congestion } from './congestion.ts'

export class NewReno implements Congestion {
  readonly name = 'newreno'
  readonly #mss: number
  #window: number
  #threshold = Number.POSITIVE_INFINITY
  #counted = 0

  constructor(mss: number) {
    this.#mss = mss
    this.#window = initialWindow(mss)
  }

  onAck(sample: AckSample, _now: Instant): void {
    if (sample.inRecovery || !sample.windowLimited) return
    if (this.#window < this.#threshold) {
      // All of it: who joins segments (GRO) acknowledges dozens at once, and a bound per ACK (RFC 3465) would all but
      // stop slow start there. Linux counts so too.
      this.#window += sample.delivered
      return
    }
    this.#counted += sample.delivered
    if (this.#counted < this.#window) return
    this.#counted -= this.#window
    this.#window += this.#mss
  }

  onLoss(inFlight: number, _now: Instant): void {
    this.#threshold = Math.max(inFlight / 2, LEAST_WINDOW_SEGMENTS * this.#mss)
    this.#window = this.#threshold
    this.#counted = 0
  }

  onTimeout(inFlight: number, _now: Instant): void {
    this.#threshold = Math.max(inFlight / 2, LEAST_WINDOW_SEGMENTS * this.#mss)
    this.#window = this.#mss
    this.#counted = 0
  }

  onIdle(): void {
    this.#window = Math.min(this.#window, initialWindow(this.#mss))
  }

  window(): number {
    return this.#window
  }

  threshold(): number | undefined {
    return this.#threshold === Number.POSITIVE_INFINITY ? undefined : this.#threshold
  }

  pacingRate(): undefined {
    return undefined
  }
}
