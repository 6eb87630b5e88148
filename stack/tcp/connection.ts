/**
 * HOT PATH. One TCP connection (RFC 9293), sans-IO: segments and the time go in by process(), segments come out of
 * emit(), and deadline() says when it next wants elapse(). One object of fixed shape; the functions that work on it
 * stand in input.ts (the switch of §3.10.7), acknowledge.ts, recovery.ts (RFC 6675, 8985), receive.ts, output.ts and
 * timers.ts. No field is read outside stack/tcp but by the few methods at the end. Watched by
 * test/bench/micro/tcp-bulk.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Instant, TokenBucket } from '../platform/index.ts'
import { AckSample } from './congestion/congestion.ts'
import type { Congestion } from './congestion/congestion.ts'
import { congestionControls } from './congestion/controls.ts'
import type { CongestionName } from './congestion/controls.ts'
import type { EcnPolicy } from './ecn.ts'
import { processSegment } from './input.ts'
import { emitSegment } from './output.ts'
import { EarlyRanges } from './early.ts'
import { tuneReceiveBuffer, wantsWindowUpdate } from './receive.ts'
import { ByteRing } from './ring.ts'
import { RoundTrip } from './rtt.ts'
import { OutSegment } from './segment.ts'
import type { Segment } from './segment.ts'
import { SentSegments } from './sent.ts'
import { plus } from './seq.ts'
import type { State } from './state.ts'
import {
  CLOSED, CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_2, LAST_ACK, SYN_RECEIVED, SYN_SENT, TIME_WAIT,
} from './state.ts'
import { armKeepAlive, elapseTimers, nextDeadline } from './timers.ts'
import type { TcpTally } from './tally.ts'

export const NEVER = Number.POSITIVE_INFINITY

/** What happened, as bits: see `events`. */
export const EVENT_CONNECTED = 1
export const EVENT_READABLE = 2
export const EVENT_WRITABLE = 4
/** The peer's FIN was reached. */
export const EVENT_ENDED = 8
export const EVENT_CLOSED = 16

export type ConnectionError = '' | 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'EHOSTUNREACH' | 'ENETUNREACH'
  | 'ECONNABORTED' | 'ENOPROTOOPT' | 'EPROTO' | 'EADDRNOTAVAIL' | 'EMSGSIZE'

/** Where segments go. Returns 0, or a SEND_FAULT when this one did not leave. */
export interface SegmentWriter {
  write(connection: TcpConnection, segment: OutSegment): number
}

/** Window scale that we offer: with it a window of 8 MiB can be told. */
export const RECEIVE_SCALE = 7
export const RECEIVE_BUFFER_FIRST_BYTES = 65_536
/** Fills a path of 1 Gbit/s and 30 ms; and bounds what a slow reader may cost. */
export const RECEIVE_BUFFER_MOST_BYTES = 4 << 20
export const SEND_BUFFER_FIRST_BYTES = 65_536
export const SEND_BUFFER_MOST_BYTES = 4 << 20

/** As much text as one super-segment brings is acknowledged at once. */
const JOINED_BYTES = 65_536

export type TcpTuning = {
  readonly congestion: CongestionName
  readonly ecn: EcnPolicy
  readonly receiveBufferMost: number
  readonly sendBufferMost: number
}

export type ConnectionOptions = {
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  readonly iss: number
  /** Added to the clock to give timestamps, so that they tell nothing about our uptime (RFC 7323 §7.1). */
  readonly timestampOffset: number
  /** Payload octets that fit the link, without options. */
  readonly mss: number
  /** How many segments may leave as one super-segment; 1: none do. */
  readonly segmentsMost: number
  readonly tuning: TcpTuning
  readonly tally: TcpTally
  /** RFC 5961 §7: one limit for all connections. */
  readonly challenges: TokenBucket
  readonly now: Instant
}

export class TcpConnection {
  // Who.
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  state: State = CLOSED
  /** EVENT_ bits since the owner last looked. */
  events = 0
  error: ConnectionError = ''
  /** RFC 5927: what ICMP said that need not be final; the error if it ends in a time-out. */
  softError: ConnectionError = ''
  readonly tuning: TcpTuning
  readonly tally: TcpTally
  readonly challenges: TokenBucket
  readonly out = new OutSegment()

  // Send sequence space (RFC 9293 §3.3.1).
  iss: number
  sndUna: number
  sndNxt: number
  sndWnd = 0
  sndWl1 = 0
  sndWl2 = 0
  sndMaxWnd = 0
  sndScale = 0
  /** Payload octets of a full segment without options: the lesser of what the peer takes and the link carries. */
  mss: number
  readonly linkMss: number
  /** How many segments may leave as one super-segment. */
  segmentsMost: number
  readonly sendRing = new ByteRing()
  /** The sequence number of the first octet in sendRing. */
  sendRingSeq: number
  sendLimit = SEND_BUFFER_FIRST_BYTES
  writeBlocked = false
  finQueued = false
  finSent = false
  noDelay = false
  /** The end of the last segment sent that was not full (Nagle as Minshall put it). */
  smallEnd: number
  synPending = false
  resetPending = false

  // Receive sequence space.
  irs = 0
  rcvNxt = 0
  /** The right edge of the window that we told. */
  rcvAdv = 0
  rcvScale = 0
  /** Largest payload seen: what a full segment of the peer is. */
  rcvMss = 536
  readonly receiveRing = new ByteRing()
  receiveLimit = RECEIVE_BUFFER_FIRST_BYTES
  readonly early = new EarlyRanges()
  finSeq = 0
  finSeen = false
  finTaken = false
  /** The program will read no more: octets that come are answered with a reset (RFC 1122 §4.2.2.13). */
  readClosed = false
  unackedBytes = 0
  ackNow = false
  /** An acknowledgment is due (RFC 5681 §4.2), but may wait for the end of the batch that its segment came in. */
  ackDue = false
  duplicateLeft = 0
  duplicateRight = 0
  tunedAt: Instant
  tunedBytes = 0

  // Options.
  timestampsOn = false
  readonly timestampOffset: number
  tsRecent = 0
  tsRecentAt: Instant = 0
  lastAckSent = 0
  sackOn = false
  scalingOn = false

  // ECN (ecn.ts).
  /** Our SYN asks for it; it is in use; marks came that the peer has not heard of yet. */
  ecnAsked = false
  ecnOn = false
  ecnEcho = false
  cwrPending = false
  /** An echo about what was sent before this says nothing new. */
  ecnPoint: number

  // Loss.
  readonly sent = new SentSegments()
  readonly rtt = new RoundTrip()
  congestion: Congestion
  readonly sample = new AckSample()
  inFlight = 0
  lostCount = 0
  /** Number of the first segment that may be lost. */
  lostHint = 0
  sackedCount = 0
  recovering = false
  timedOut = false
  recoveryPoint: number
  forceRetransmit = false
  duplicateAcks = 0
  retransmits = 0
  /** Segments sent again since it began. */
  resentSegments = 0
  /** Octets that the program wrote, and that it read, since it began. */
  written = 0
  read = 0
  /** The way there may be dead: for the transport to look at. */
  pathSuspect = false
  rackSentAt: Instant = -1
  rackEnd: number
  rackRtt = 0
  highestSacked: number
  reorderingSeen = false
  reorderWindowMultiple = 1
  probeEnd: number
  probeOut = false
  probeResent = false

  // Delivery rate (draft-cheng-iccrg-delivery-rate-estimation).
  delivered = 0
  deliveredAt: Instant
  firstSentAt: Instant
  appLimitedUntil = 0
  windowLimited = false

  // Timers: when, or NEVER.
  rtoAt: Instant = NEVER
  tailAt: Instant = NEVER
  reorderAt: Instant = NEVER
  delayedAckAt: Instant = NEVER
  persistAt: Instant = NEVER
  persistTries = 0
  keepAliveAt: Instant = NEVER
  keepAliveTries = 0
  /** End of TIME-WAIT, of FIN-WAIT-2, or of the attempt to connect. */
  limitAt: Instant = NEVER
  paceAt: Instant = 0
  pacing = false
  stalledUntil: Instant = 0
  /** Something must be sent whatever the windows say: a probe. */
  probeNow = false
  /** When text left last. */
  textSentAt: Instant = 0
  sendPartial = false
  heardAt: Instant
  keepAlive = false
  keepAliveIdleMs = 7_200_000 // RFC 1122 §4.2.3.6
  keepAliveIntervalMs = 75_000
  keepAliveProbes = 10

  constructor(options: ConnectionOptions) {
    const { iss, now } = options
    this.local = options.local
    this.localPort = options.localPort
    this.remote = options.remote
    this.remotePort = options.remotePort
    this.tuning = options.tuning
    this.tally = options.tally
    this.challenges = options.challenges
    this.timestampOffset = options.timestampOffset
    this.iss = iss
    this.sndUna = iss
    this.sndNxt = iss
    this.smallEnd = iss
    this.recoveryPoint = iss
    this.ecnPoint = iss
    this.rackEnd = iss
    this.highestSacked = iss
    this.probeEnd = iss
    this.sendRingSeq = plus(iss, 1)
    this.linkMss = options.mss
    this.segmentsMost = options.segmentsMost
    this.mss = options.mss
    this.congestion = congestionControls[options.tuning.congestion](options.mss)
    this.tunedAt = now
    this.deliveredAt = now
    this.firstSentAt = now
    this.heardAt = now
  }

  /** An answer is to be sent as for a port where nobody is, when this returns true. */
  process(segment: Segment, now: Instant): boolean {
    return processSegment(this, segment, now)
  }

  /**
   * Nothing that came is worth an answer of its own: text in order, and less of it than joined segments bring, or an ACK.
   * What tells the peer of a loss does not wait (RFC 5681 §4.2).
   */
  mayWait(): boolean {
    return this.state === ESTABLISHED && !this.ackNow && !this.resetPending && this.lostCount === 0 &&
      this.unackedBytes < JOINED_BYTES && (this.events & ~(EVENT_READABLE | EVENT_WRITABLE)) === 0
  }

  /** Writes the next segment there is to send; false when there is none. */
  emit(writer: SegmentWriter, now: Instant): boolean {
    return emitSegment(this, writer, now)
  }

  /** When elapse() is next wanted; NEVER for not at all. */
  deadline(): Instant {
    return nextDeadline(this)
  }

  elapse(now: Instant): void {
    elapseTimers(this, now)
  }

  /** Active open (RFC 9293 §3.10.1). */
  open(now: Instant): void {
    this.state = SYN_SENT
    this.ecnAsked = this.tuning.ecn === 'request'
    this.synPending = true
    this.limitAt = now + CONNECT_LIMIT_MS
  }

  /** Takes up to what the send buffer has room for, and says how much. 0: wait for EVENT_WRITABLE. */
  send(from: Uint8Array, at: number, length: number): number {
    if (!this.#canSend()) return 0
    const taken = Math.max(0, Math.min(length, this.sendLimit - this.sendRing.used))
    if (taken > 0) this.sendRing.append(from, at, taken)
    this.written += taken
    if (taken < length) this.writeBlocked = true
    return taken
  }

  get readable(): number {
    return this.receiveRing.used
  }

  /** Copies and takes received octets; tells the peer of the room when it is worth a segment (RFC 9293 §3.8.6.2.2). */
  receive(into: Uint8Array, at: number, length: number, now: Instant): number {
    const taken = Math.min(length, this.receiveRing.used)
    if (taken === 0) return 0
    this.receiveRing.copyTo(0, into, at, taken)
    this.receiveRing.drop(taken, this.early.count > 0)
    this.read += taken
    tuneReceiveBuffer(this, taken, now)
    if (!this.finSeen && wantsWindowUpdate(this)) this.ackNow = true
    return taken
  }

  /** Half-close: what was sent goes out, then FIN. */
  shutdown(): void {
    if (this.#canSend()) this.finQueued = true
  }

  /**
   * The program is done with both directions. Octets that it did not read, or that come now, mean a reset (RFC 2525
   * §2.17); otherwise the connection ends in the background.
   */
  close(now: Instant): void {
    this.readClosed = true
    const over = this.state === CLOSED || this.state === TIME_WAIT
    if (this.state === SYN_SENT || (this.receiveRing.used > 0 && !over)) return this.abort()
    this.shutdown()
    if (this.state === FIN_WAIT_2) this.limitAt = now + FIN_WAIT_2_LIMIT_MS
  }

  /** Ends it at once, with a reset where the peer still expects something of us (RFC 9293 §3.10.5). */
  abort(): void {
    const { state } = this
    this.resetPending = state >= SYN_RECEIVED && state !== CLOSING && state !== LAST_ACK && state !== TIME_WAIT
    this.end('')
  }

  /** No more of this connection but a pending reset. */
  end(error: ConnectionError): void {
    if (this.state === CLOSED) return
    this.state = CLOSED
    this.error = error
    this.events |= EVENT_CLOSED
    this.sendRing.clear()
    this.sent.clear()
    this.early.clear()
    if (error !== '') this.receiveRing.clear()
  }

  /** Idle time before the first probe, ms. */
  setKeepAlive(on: boolean, idleMs: number, now: Instant): void {
    this.keepAlive = on
    if (idleMs > 0) this.keepAliveIdleMs = idleMs
    if (this.state >= ESTABLISHED) armKeepAlive(this, now)
  }

  #canSend(): boolean {
    if (this.finQueued) return false
    const { state } = this
    return state === ESTABLISHED || state === CLOSE_WAIT || state === SYN_SENT || state === SYN_RECEIVED
  }
}

/** How long connect() tries, T4. */
export const CONNECT_LIMIT_MS = 75_000
/** How long a peer may keep a connection half open that nobody here reads any more; Linux uses 60 s too. */
export const FIN_WAIT_2_LIMIT_MS = 60_000
