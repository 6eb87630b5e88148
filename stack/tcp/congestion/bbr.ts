/**
 * BBR (draft-ietf-ccwg-bbr, in its first form): a model of the path — the most it delivered a second, and its least
 * round trip — instead of a reaction to loss. Four phases: startup doubles the rate until it stops to pay, drain
 * empties the queue that this made, then the rate goes up and down by a quarter around what the path takes, and every
 * ten seconds a short rest lets the least round trip be seen again. Loss has no say, but for a time-out.
 */
import type { Instant } from '../../platform/index.ts'
import { initialWindow } from './congestion.ts'
import type { AckSample, Congestion } from './congestion.ts'

const STARTUP_GAIN = 2.77 // draft §2.4: 4 ln 2
const DRAIN_GAIN = 0.35
const WINDOW_GAIN = 2
/** One phase a round trip: probe, drain what that queued, cruise. */
const CYCLE = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const
/** The most of this many round trips counts as the bandwidth. */
const BANDWIDTH_ROUNDS = 10
/** Startup ends after this many rounds that gave less than a quarter more. */
const FULL_ROUNDS = 3
const FULL_GROWTH = 1.25
const MIN_RTT_MS = 10_000
const REST_MS = 200
const REST_SEGMENTS = 4
/** Slightly under the estimate, so that queues can drain (draft §2.5). */
const PACING_MARGIN = 0.99

type Phase = 'startup' | 'drain' | 'probe-bandwidth' | 'probe-rtt'

export class Bbr implements Congestion {
  readonly name = 'bbr'
  readonly #mss: number
  #phase: Phase = 'startup'
  #window: number
  /** Octets a second: the most of each of the last rounds, by round modulo. */
  readonly #rates = new Float64Array(BANDWIDTH_ROUNDS)
  #bandwidth = 0
  #round = 0
  #roundEnds = 0
  #minRtt = Number.POSITIVE_INFINITY
  #minRttAt: Instant = 0
  #full = 0
  #fullRounds = 0
  #cycle = 0
  #cycleAt: Instant = 0
  #restEnds: Instant = -1

  constructor(mss: number) {
    this.#mss = mss
    this.#window = initialWindow(mss)
  }

  onAck(sample: AckSample, now: Instant): void {
    const newRound = sample.priorDelivered >= this.#roundEnds && sample.deliveryRate > 0
    if (newRound) {
      this.#roundEnds = sample.totalDelivered
      this.#round++
      this.#rates[this.#round % BANDWIDTH_ROUNDS] = 0
    }
    this.#measure(sample)
    const restDue = this.#measureRtt(sample, now)
    if (this.#phase === 'startup' && newRound && !sample.appLimited) this.#checkFull()
    if (this.#phase === 'drain' && sample.inFlight <= this.#product(1)) this.#cruise(now)
    if (this.#phase === 'probe-bandwidth') this.#turn(sample, now)
    if (restDue && this.#phase !== 'probe-rtt') {
      this.#phase = 'probe-rtt'
      this.#restEnds = -1
    }
    if (this.#phase === 'probe-rtt') this.#rest(sample, now)
    this.#setWindow(sample)
  }

  onLoss(): void {}

  onTimeout(): void {
    this.#window = this.#mss
  }

  /** The rate that it found holds; it paces, so no burst follows. */
  onIdle(): void {}

  window(): number {
    if (this.#phase === 'probe-rtt') return Math.min(this.#window, REST_SEGMENTS * this.#mss)
    return this.#window
  }

  threshold(): undefined {
    return undefined
  }

  pacingRate(): number | undefined {
    if (this.#bandwidth === 0) return undefined
    return Math.max(this.#bandwidth * this.#gain() * PACING_MARGIN, this.#mss)
  }

  #gain(): number {
    switch (this.#phase) {
      case 'startup': return STARTUP_GAIN
      case 'drain': return DRAIN_GAIN
      case 'probe-rtt': return 1
      default: return CYCLE[this.#cycle] as number
    }
  }

  /** The bandwidth-delay product times a gain, octets. */
  #product(gain: number): number {
    return Number.isFinite(this.#minRtt) ? (gain * this.#bandwidth * this.#minRtt) / 1000 : initialWindow(this.#mss)
  }

  #measure(sample: AckSample): void {
    const slot = this.#round % BANDWIDTH_ROUNDS
    if (sample.deliveryRate > (this.#rates[slot] as number) &&
        (!sample.appLimited || sample.deliveryRate > this.#bandwidth)) {
      this.#rates[slot] = sample.deliveryRate
    }
    let most = 0
    for (let i = 0; i < BANDWIDTH_ROUNDS; i++) most = Math.max(most, this.#rates[i] as number)
    // Rounds held down by the program leave nothing; what was known before stays.
    if (most > 0) this.#bandwidth = most
  }

  /** True when the least round trip is out of date. */
  #measureRtt(sample: AckSample, now: Instant): boolean {
    const expired = now - this.#minRttAt > MIN_RTT_MS
    if (sample.rttMs >= 0 && (sample.rttMs <= this.#minRtt || expired)) {
      this.#minRtt = sample.rttMs
      this.#minRttAt = now
    }
    return expired
  }

  #checkFull(): void {
    if (this.#bandwidth >= this.#full * FULL_GROWTH) {
      this.#full = this.#bandwidth
      this.#fullRounds = 0
    } else if (++this.#fullRounds >= FULL_ROUNDS) {
      this.#phase = 'drain'
    }
  }

  #cruise(now: Instant): void {
    this.#phase = 'probe-bandwidth'
    // Anywhere but in the phase that drains.
    this.#cycle = 2
    this.#cycleAt = now
  }

  #turn(sample: AckSample, now: Instant): void {
    const over = now - this.#cycleAt > this.#minRtt
    const gain = CYCLE[this.#cycle] as number
    const done =
      gain > 1 ? over && (sample.lost > 0 || sample.priorInFlight >= this.#product(gain))
      : gain < 1 ? over || sample.inFlight <= this.#product(1)
      : over
    if (!done) return
    this.#cycle = (this.#cycle + 1) % CYCLE.length
    this.#cycleAt = now
  }

  #rest(sample: AckSample, now: Instant): void {
    if (this.#restEnds < 0) {
      if (sample.inFlight <= REST_SEGMENTS * this.#mss) this.#restEnds = now + REST_MS
    } else if (now >= this.#restEnds) {
      this.#minRttAt = now
      if (this.#fullRounds >= FULL_ROUNDS) this.#cruise(now)
      else this.#phase = 'startup'
    }
  }

  #setWindow(sample: AckSample): void {
    const startup = this.#phase === 'startup' || this.#phase === 'drain'
    const product = this.#product(startup ? STARTUP_GAIN : WINDOW_GAIN)
    const target = Math.max(product + 3 * this.#mss, REST_SEGMENTS * this.#mss)
    const grown = this.#window + sample.delivered
    this.#window = this.#fullRounds >= FULL_ROUNDS ? Math.min(grown, target) : Math.max(this.#window, grown)
    if (!startup || this.#fullRounds >= FULL_ROUNDS) this.#window = Math.max(this.#window, REST_SEGMENTS * this.#mss)
  }
}
