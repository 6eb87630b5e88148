/**
 * What a congestion control is: it sees numbers about what was delivered and lost, and answers how much may be in
 * flight and how fast to send. All octets and ms. The connection finds losses; the control only hears of them.
 */
import type { Instant } from '../../platform/index.ts'

/** What one ACK said; one object per connection, reused: read it, do not keep it. */
export class AckSample {
  /** Newly delivered, by the cumulative acknowledgment and by SACK. */
  delivered = 0
  /** Newly taken for lost. */
  lost = 0
  /** In flight before and after this ACK. */
  priorInFlight = 0
  inFlight = 0
  /** −1 when this ACK gave none (Karn). */
  rttMs = -1
  minRttMs = 0
  /** Octets a second over the last round trip; 0 when unknown. */
  deliveryRate = 0
  /** Delivered on this connection in all, and how much of it when the newest segment now delivered was sent. */
  totalDelivered = 0
  priorDelivered = 0
  /** The rate was held down by the sender's own program. */
  appLimited = false
  /** The window was in use as far as it goes; growing it means something. */
  windowLimited = false
  /** Losses of one window are being repaired, or may show: the window is not to grow. */
  inRecovery = false
}

export interface Congestion {
  readonly name: string
  onAck(sample: AckSample, now: Instant): void
  /** A window with losses begins: once for all losses of one round trip. */
  onLoss(inFlight: number, now: Instant): void
  /** The retransmission time-out: everything in flight counts as lost. */
  onTimeout(inFlight: number, now: Instant): void
  /** Nothing was sent for longer than a time-out: what the window was says little about the path (RFC 5681 §4.1). */
  onIdle(): void
  /** Octets allowed in flight. */
  window(): number
  /** Where slow start ends (RFC 5681 §3.1), in octets; undefined before the first loss, and where there is none. */
  threshold(): number | undefined
  /** Octets a second; undefined: as fast as the window lets. */
  pacingRate(): number | undefined
}

/** RFC 6928: ten segments to begin with. */
export const initialWindow = (mss: number): number => Math.min(10 * mss, Math.max(2 * mss, 14_600))

/** RFC 5681 §3.1: after a loss not less than this many segments. */
export const LEAST_WINDOW_SEGMENTS = 2
