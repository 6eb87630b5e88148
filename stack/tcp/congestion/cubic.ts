/** CUBIC (RFC 9438): the window is a cubic of the time since the last loss, flat where it was then. */
import type { Instant } from '../../platform/index.ts'
import { initialWindow, LEAST_WINDOW_SEGMENTS } from './congestion.ts'
import type { AckSample, Congestion } from './congestion.ts'

const C = 0.4 // segments a second cubed, RFC 9438 §5
const BETA = 0.7 // RFC 9438 §4.6
/** RFC 9438 §4.3: so the estimate of Reno's window grows as fast as Reno does on average with this BETA. */
const ALPHA = (3 * (1 - BETA)) / (1 + BETA)

export class Cubic implements Congestion {
  readonly name = 'cubic'
  readonly #mss: number
  #window: number
  #threshold = Number.POSITIVE_INFINITY
  /** All in segments, as the RFC counts. */
  #max = 0
  #estimate = 0
  #periodSeconds = 0
  /** When congestion avoidance began; −1: it has not, since the last loss. */
  #epoch = -1

  constructor(mss: number) {
    this.#mss = mss
    this.#window = initialWindow(mss)
  }

  onAck(sample: AckSample, now: Instant): void {
    if (sample.inRecovery || !sample.windowLimited) return
    if (this.#window < this.#threshold) {
      // All of it: who joins segments (GRO) acknowledges dozens at once, and a bound per ACK (RFC 3465) would all but
      // stop slow start there. Linux counts so too.
      this.#window += sample.delivered
      return
    }
    const size = this.#window / this.#mss
    if (this.#epoch < 0) this.#begin(size, now)
    const seconds = (now - this.#epoch) / 1000
    const rtt = sample.minRttMs / 1000
    const acked = sample.delivered / this.#mss
    this.#estimate += ((size < this.#max ? ALPHA : 1) * acked) / size
    const cubic = (t: number): number => C * (t - this.#periodSeconds) ** 3 + this.#max
    if (cubic(seconds) < this.#estimate) {
      this.#window = Math.max(this.#window, this.#estimate * this.#mss)
      return
    }
    // RFC 9438 §4.4: the target lies one round trip ahead, between the window and half as much again.
    const target = Math.min(Math.max(cubic(seconds + rtt), size), 1.5 * size)
    this.#window += ((target - size) / size) * sample.delivered
  }

  onLoss(inFlight: number, _now: Instant): void {
    this.#reduce()
    const used = Math.min(this.#window, Math.max(inFlight, this.#mss))
    this.#window = Math.max(used * BETA, LEAST_WINDOW_SEGMENTS * this.#mss)
    this.#threshold = this.#window
  }

  onTimeout(inFlight: number, _now: Instant): void {
    this.#reduce()
    this.#threshold = Math.max(inFlight * BETA, LEAST_WINDOW_SEGMENTS * this.#mss)
    this.#window = this.#mss
  }

  onIdle(): void {
    this.#window = Math.min(this.#window, initialWindow(this.#mss))
    // RFC 9438 §5.8: the time of the cubic does not run while nothing is sent.
    this.#epoch = -1
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

  #begin(size: number, now: Instant): void {
    this.#epoch = now
    this.#max = Math.max(this.#max, size)
    this.#periodSeconds = Math.cbrt((this.#max - size) / C)
    this.#estimate = size
  }

  /** RFC 9438 §4.7: a flow that lost below its former peak gives room to newer ones. */
  #reduce(): void {
    const size = this.#window / this.#mss
    this.#max = size < this.#max ? (size * (1 + BETA)) / 2 : size
    this.#epoch = -1
  }
}
