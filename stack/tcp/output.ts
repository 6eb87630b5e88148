/**
 * HOT PATH. What to send next: a reset, a SYN, what was lost, new text, a probe, or an acknowledgment, in that order
 * (RFC 9293 §3.8; RFC 6675 §5; RFC 896). Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import { put32 } from '../platform/index.ts'
import * as tcp from '../wire/tcp.ts'
import * as options from '../wire/tcp-options.ts'
import { NEVER, RECEIVE_SCALE } from './connection.ts'
import type { SegmentWriter, TcpConnection } from './connection.ts'
import { codepointFor, ecnBits, synEcnBits } from './ecn.ts'
import { windowToOffer } from './receive.ts'
import { pipe } from './recovery.ts'
import { APP_LIMITED, HAS_FIN, HAS_SYN, LOST, RESENT } from './sent.ts'
import { ahead, gt, plus } from './seq.ts'
import { CLOSED, CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1, LAST_ACK, SYN_RECEIVED, SYN_SENT } from './state.ts'
import { armPersist, armRetransmit, armTailProbe } from './timers.ts'

/** When the link or the queue for ARP is full, try again then. */
const STALL_MS = 5
/** A timer is not finer than this, so what falls due within it is sent at once. */
const PACING_GRAIN_MS = 1
/** Text of the largest super-segment: with the longest headers a datagram of 65,535 octets. */
const SUPER_SEGMENT_BYTES = 65_535 - 20 - 60
/** A paced sender lets go what it may send in this time, and two segments at least; Linux does so too. */
const SUPER_SEGMENT_PACED_SECONDS = 0.001

export function emitSegment(c: TcpConnection, writer: SegmentWriter, now: Instant): boolean {
  if (c.resetPending) return emitReset(c, writer)
  if (c.state === CLOSED || c.stalledUntil > now) return false
  if (c.synPending) return emitSyn(c, writer, now)
  const inPipe = pipe(c)
  const room = c.forceRetransmit || inPipe === 0 || inPipe + c.mss <= c.congestion.window()
  if (c.lostCount > 0) {
    if (room && paced(c, now)) return retransmit(c, writer, now)
    if (!room) c.windowLimited = true
  }
  if (c.state === SYN_SENT) return false
  if (c.state >= ESTABLISHED && emitText(c, writer, inPipe, now)) return true
  if (c.probeNow) {
    c.probeNow = false
    // An octet that the peer has already: it answers with its ACK and window. Linux probes so too.
    return emitEmpty(c, writer, (c.sndUna - 1) | 0, now)
  }
  return (c.ackNow || c.ackDue) && c.state >= SYN_RECEIVED && emitEmpty(c, writer, c.sndNxt, now)
}

function emitReset(c: TcpConnection, writer: SegmentWriter): boolean {
  c.resetPending = false
  const { out } = c
  out.ecn = 0
  out.seq = c.sndNxt
  out.ack = c.rcvNxt
  out.flags = tcp.RST | tcp.ACK
  out.window = 0
  out.optionBytes = 0
  out.length = 0
  out.pieceBytes = 0
  c.tally.count('resets-sent')
  writer.write(c, out)
  return true
}

function emitSyn(c: TcpConnection, writer: SegmentWriter, now: Instant): boolean {
  if (!transmit(c, writer, c.iss, synFlags(c), 0, 0, 0, now)) return false
  c.synPending = false
  c.sndNxt = plus(c.iss, 1)
  record(c, c.iss, c.sndNxt, HAS_SYN, now)
  return true
}

const synFlags = (c: TcpConnection): number =>
  (c.state === SYN_RECEIVED ? tcp.SYN | tcp.ACK : tcp.SYN) | synEcnBits(c)

function retransmit(c: TcpConnection, writer: SegmentWriter, now: Instant): boolean {
  const { sent } = c
  let i = Math.max(0, c.lostHint - sent.base)
  while (i < sent.count && ((sent.flags[sent.slot(i)] as number) & LOST) === 0) i++
  if (i === sent.count) i = 0
  while (((sent.flags[sent.slot(i)] as number) & LOST) === 0) i++
  const slot = sent.slot(i)
  const flags = sent.flags[slot] as number
  const seq = sent.seqs[slot] as number
  const end = sent.ends[slot] as number
  const syn = (flags & HAS_SYN) !== 0
  // RFC 3168 §6.1.1.1: perhaps somebody on the way drops what asks for ECN.
  if (syn) c.ecnAsked = false
  const fin = (flags & HAS_FIN) !== 0
  const length = ahead(end, seq) - (syn ? 1 : 0) - (fin ? 1 : 0)
  const header = syn ? synFlags(c) : (fin ? tcp.FIN | tcp.ACK : tcp.ACK) | (length > 0 ? tcp.PSH : 0)
  if (!transmit(c, writer, seq, header, syn ? 0 : ahead(seq, c.sendRingSeq), length, 0, now)) return false
  c.forceRetransmit = false
  c.lostHint = sent.base + i + 1
  c.lostCount--
  sent.flags[slot] = (flags & ~LOST) | RESENT
  sent.sentAt[slot] = now
  stamp(c, slot)
  c.inFlight += ahead(end, seq)
  c.tally.count('retransmitted')
  c.resentSegments++
  if (c.rtoAt === NEVER) armRetransmit(c, now)
  return true
}

/** New text, with FIN behind the last of it: one segment, or a super-segment of whole ones. */
function emitText(c: TcpConnection, writer: SegmentWriter, inPipe: number, now: Instant): boolean {
  if (c.finSent) return false
  const offset = ahead(c.sndNxt, c.sendRingSeq)
  const waiting = c.sendRing.used - offset
  if (waiting === 0 && !c.finQueued) return noteIdle(c, inPipe)
  const room = ahead(plus(c.sndUna, c.sndWnd), c.sndNxt)
  const full = c.mss - optionBytes(c)
  let length = Math.max(0, Math.min(waiting, full, room))
  // Of the pieces of a super-segment only one may have CWR, and links that know that are few.
  if (length === full && c.segmentsMost > 1 && !c.cwrPending) {
    length = full * segmentsNow(c, Math.min(waiting, room), full, inPipe)
  }
  const fin = c.finQueued && length === waiting && room > length
  if ((length === 0 && !fin) || !worthSending(c, length, full, waiting, fin)) {
    if (c.sent.count === 0) armPersist(c, now)
    return false
  }
  if (c.sent.count === 0 && c.textSentAt > 0 && now - c.textSentAt > c.rtt.timeout()) c.congestion.onIdle()
  if (inPipe > 0 && inPipe + length > c.congestion.window()) {
    c.windowLimited = true
    return false
  }
  if (!paced(c, now)) return false
  const flags = tcp.ACK | (fin ? tcp.FIN : 0) | (length === waiting && length > 0 ? tcp.PSH : 0)
  if (!transmit(c, writer, c.sndNxt, flags, offset, length, length > full ? full : 0, now)) return false
  let seq = c.sndNxt
  c.sndNxt = plus(seq, length + (fin ? 1 : 0))
  c.sendPartial = false
  if (length < full) c.smallEnd = c.sndNxt
  if (fin) finGone(c)
  // Each piece is a segment of its own to the peer, and may be lost alone. The path may have made them smaller.
  const piece = c.out.pieceBytes > 0 ? c.out.pieceBytes : full
  for (let left = length; left > piece; left -= piece) {
    record(c, seq, plus(seq, piece), 0, now)
    seq = plus(seq, piece)
  }
  record(c, seq, c.sndNxt, fin ? HAS_FIN : 0, now)
  return true
}

/** How many whole segments may go at once: at least one, whatever the congestion window says of it. */
function segmentsNow(c: TcpConnection, sendable: number, full: number, inPipe: number): number {
  const rate = c.congestion.pacingRate()
  const paced = rate === undefined ? SUPER_SEGMENT_BYTES : Math.max(2 * full, rate * SUPER_SEGMENT_PACED_SECONDS)
  const least = Math.min(sendable, c.congestion.window() - inPipe, SUPER_SEGMENT_BYTES, paced)
  return Math.max(1, Math.min(c.segmentsMost, Math.floor(least / full)))
}

/** Nothing more to send: what goes now tells little about the path, and a larger window would mean nothing. */
function noteIdle(c: TcpConnection, inPipe: number): false {
  if (inPipe < c.congestion.window()) {
    c.appLimitedUntil = c.delivered + Math.max(1, c.inFlight)
    if (inPipe * 2 < c.congestion.window()) c.windowLimited = false
  }
  return false
}

/** Sender's silly window avoidance (RFC 9293 §3.8.6.2.1) with Nagle's rule (RFC 896) as Minshall relaxed it. */
function worthSending(c: TcpConnection, length: number, full: number, waiting: number, fin: boolean): boolean {
  if (length >= full || fin || c.sendPartial) return true
  if (length === waiting) return c.noDelay || !gt(c.smallEnd, c.sndUna)
  return length >= c.sndMaxWnd >>> 1
}

function finGone(c: TcpConnection): void {
  c.finSent = true
  c.state = c.state === CLOSE_WAIT ? LAST_ACK : FIN_WAIT_1
}

function emitEmpty(c: TcpConnection, writer: SegmentWriter, seq: number, now: Instant): boolean {
  return transmit(c, writer, seq, tcp.ACK, 0, 0, 0, now)
}

/** Puts a new segment on the list of those sent. */
function record(c: TcpConnection, seq: number, end: number, flags: number, now: Instant): void {
  if (c.sent.count === 0) {
    c.firstSentAt = now
    c.deliveredAt = now
  }
  const slot = c.sent.push(seq, end, flags | (c.appLimitedUntil > c.delivered ? APP_LIMITED : 0))
  c.sent.sentAt[slot] = now
  stamp(c, slot)
  c.inFlight += ahead(end, seq)
  c.persistAt = NEVER
  if (c.rtoAt === NEVER) armRetransmit(c, now)
  armTailProbe(c, now)
}

function stamp(c: TcpConnection, slot: number): void {
  c.sent.delivered[slot] = c.delivered
  c.sent.deliveredAt[slot] = c.deliveredAt
  c.sent.firstSentAt[slot] = c.firstSentAt
}

/** May a segment go now, by the rate that the congestion control asks for? Otherwise the timer is set. */
function paced(c: TcpConnection, now: Instant): boolean {
  if (c.paceAt <= now + PACING_GRAIN_MS) return true
  c.pacing = true
  return false
}

function spend(c: TcpConnection, bytes: number, now: Instant): void {
  const rate = c.congestion.pacingRate()
  if (rate === undefined) return
  c.paceAt = Math.max(c.paceAt, now) + (bytes * 1000) / rate
}

/** Octets of options on a segment that is not a SYN, as it would go now. */
function optionBytes(c: TcpConnection): number {
  return (c.timestampsOn ? options.TIMESTAMPS_BYTES : 0) + sackBytes(c)
}

function sackBytes(c: TcpConnection): number {
  const blocks = sackBlocks(c)
  return blocks === 0 ? 0 : 4 + 8 * blocks
}

function sackBlocks(c: TcpConnection): number {
  if (!c.sackOn) return 0
  const most = c.timestampsOn ? 3 : options.MAX_SACK_BLOCKS
  return Math.min(most, c.early.count + (c.duplicateLeft === c.duplicateRight ? 0 : 1))
}

/** Fills c.out and writes it; `piece` as OutSegment.pieceBytes. False when it did not leave. */
function transmit(
  c: TcpConnection, writer: SegmentWriter, seq: number, flags: number, offset: number, length: number, piece: number,
  now: Instant,
): boolean {
  const { out } = c
  const codepoint = codepointFor(c, seq, length)
  const bits = c.ecnOn && (flags & tcp.SYN) === 0 ? ecnBits(c, codepoint) : 0
  out.ecn = codepoint
  out.seq = seq
  out.flags = flags | bits
  out.ack = (flags & tcp.ACK) !== 0 ? c.rcvNxt : 0
  out.offset = offset
  out.length = length
  out.pieceBytes = piece
  // A retransmission may have less room than it had; then the blocks wait for the next ACK.
  const withSack = length === 0 || piece > 0 || length + optionBytes(c) <= c.mss
  if ((flags & tcp.SYN) !== 0) {
    putSynOptions(c, now)
    out.window = Math.min(0xffff, c.receiveLimit)
  } else {
    putOptions(c, withSack, now)
    c.rcvAdv = windowToOffer(c)
    // Rounded up: the edge must not move left.
    out.window = Math.min(0xffff, (ahead(c.rcvAdv, c.rcvNxt) + (1 << c.rcvScale) - 1) >> c.rcvScale)
    c.rcvAdv = plus(c.rcvNxt, out.window << c.rcvScale)
  }
  if (writer.write(c, out) !== 0) {
    c.tally.count('unsent')
    c.stalledUntil = now + STALL_MS
    return false
  }
  if ((bits & tcp.CWR) !== 0) c.cwrPending = false
  if (length > 0) c.textSentAt = now
  spend(c, length, now)
  if ((flags & tcp.ACK) !== 0) acknowledged(c, withSack)
  return true
}

function acknowledged(c: TcpConnection, withSack: boolean): void {
  c.lastAckSent = c.rcvNxt
  c.delayedAckAt = NEVER
  c.unackedBytes = 0
  c.ackDue = false
  if (!withSack) return
  c.ackNow = false
  c.duplicateLeft = 0
  c.duplicateRight = 0
}

function putSynOptions(c: TcpConnection, now: Instant): void {
  const answer = c.state === SYN_RECEIVED
  c.out.optionBytes = options.putSynOptions(
    c.out.options, 0, c.linkMss, !answer || c.scalingOn ? RECEIVE_SCALE : -1, !answer || c.sackOn,
    !answer || c.timestampsOn, timestamp(c, now), c.tsRecent,
  )
}

const timestamp = (c: TcpConnection, now: Instant): number => (Math.floor(now) + c.timestampOffset) | 0

function putOptions(c: TcpConnection, withSack: boolean, now: Instant): void {
  const b = c.out.options
  let at = 0
  if (c.timestampsOn) at = options.putTimestamps(b, 0, timestamp(c, now), c.tsRecent)
  const blocks = withSack ? sackBlocks(c) : 0
  if (blocks > 0) at = putSack(c, b, options.putSackHead(b, at, blocks), blocks)
  c.out.optionBytes = at
}

/** The duplicate first (RFC 2883), then the range that grew last, then the rest. */
function putSack(c: TcpConnection, b: Uint8Array, from: number, blocks: number): number {
  let at = from
  let left = blocks
  const { early } = c
  if (c.duplicateLeft !== c.duplicateRight) {
    at = putBlock(b, at, c.duplicateLeft, c.duplicateRight)
    left--
  }
  for (let i = 0; i < left; i++) {
    const range = (early.newest + i) % early.count
    at = putBlock(b, at, early.lefts[range] as number, early.rights[range] as number)
  }
  return at
}

function putBlock(b: Uint8Array, at: number, left: number, right: number): number {
  put32(b, at, left)
  put32(b, at + 4, right)
  return at + 8
}

/** States in which our FIN is out and not acknowledged. */
export const awaitsAckOfFin = (c: TcpConnection): boolean =>
  c.state === FIN_WAIT_1 || c.state === CLOSING || c.state === LAST_ACK
