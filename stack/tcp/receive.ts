/**
 * HOT PATH. The receiving half (RFC 9293 §3.10.7.4, seventh and eighth; §3.8.6): text into the buffer in any order, the
 * window that we offer, delayed acknowledgments (RFC 5681 §4.2), and a buffer that grows with what the program reads.
 * Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import * as tcp from '../wire/tcp.ts'
import { EVENT_ENDED, EVENT_READABLE, NEVER } from './connection.ts'
import type { TcpConnection } from './connection.ts'
import type { Segment } from './segment.ts'
import { ahead, gt, le, lt, plus } from './seq.ts'

/** RFC 9293 §3.8.6.3 allows up to 500. */
const DELAYED_ACK_MS = 200

/** The right edge of the window we would tell now: never left of what was told, nor a little right of it. */
export function windowToOffer(c: TcpConnection): number {
  const room = Math.max(0, c.receiveLimit - c.receiveRing.used)
  const edge = plus(c.rcvNxt, c.finTaken ? 0 : room)
  const gain = ahead(edge, c.rcvAdv)
  return gain >= Math.min(c.receiveLimit >>> 1, 2 * c.rcvMss) ? edge : c.rcvAdv
}

/**
 * The program has read: is that worth a segment? Only when it at least doubles the room that the peer knows of; else the
 * next ACK tells it. A peer that was told of little or nothing hears as soon as silly window avoidance lets it.
 */
export function wantsWindowUpdate(c: TcpConnection): boolean {
  const told = ahead(c.rcvAdv, c.rcvNxt)
  const offer = ahead(windowToOffer(c), c.rcvNxt)
  return offer > told && offer >= 2 * told
}

/** Grows the buffer to twice of what the program read in one round trip, so that it never holds back the sender. */
export function tuneReceiveBuffer(c: TcpConnection, taken: number, now: Instant): void {
  c.tunedBytes += taken
  const period = Math.max(c.rtt.smoothed, 1)
  if (now - c.tunedAt < period) return
  const wanted = 2 * c.tunedBytes
  // A slow reader comes here after more than one round trip; what it read counts for that much less.
  const perRound = wanted / Math.max(1, (now - c.tunedAt) / period)
  if (perRound > c.receiveLimit) c.receiveLimit = Math.min(c.tuning.receiveBufferMost, Math.ceil(perRound))
  c.tunedBytes = 0
  c.tunedAt = now
}

/** Text and FIN of an acceptable segment, in a state that takes them. */
export function takeText(c: TcpConnection, s: Segment, now: Instant): void {
  let { seq, at, length } = s
  let fin = (s.flags & tcp.FIN) !== 0
  if (length === 0 && !fin) return
  const full = s.pieceBytes > 0 ? Math.min(s.pieceBytes, length) : length
  if (full > c.rcvMss) c.rcvMss = Math.min(full, c.linkMss)
  const end = plus(seq, length)
  if (lt(seq, c.rcvNxt)) {
    // RFC 2883: what came twice is told, so that the sender sees what it sent for nothing.
    noteDuplicate(c, seq, le(end, c.rcvNxt) ? end : c.rcvNxt)
    const skip = Math.min(length, ahead(c.rcvNxt, seq))
    seq = plus(seq, skip)
    at += skip
    length -= skip
  }
  const over = ahead(end, c.rcvAdv)
  if (over > 0) {
    length -= over
    fin = false
  }
  if (length > 0) store(c, s.buffer, seq, at, length, now)
  else if (!fin) c.ackNow = true
  if (fin) {
    c.finSeen = true
    c.finSeq = end
    c.ackNow = true
  }
}

/** True once, when everything up to the peer's FIN is there. */
export function reachFin(c: TcpConnection): boolean {
  if (!c.finSeen || c.finTaken || c.rcvNxt !== c.finSeq) return false
  c.finTaken = true
  c.rcvNxt = plus(c.rcvNxt, 1)
  if (lt(c.rcvAdv, c.rcvNxt)) c.rcvAdv = c.rcvNxt
  c.events |= EVENT_ENDED
  c.ackNow = true
  return true
}

function store(c: TcpConnection, b: Uint8Array, seq: number, at: number, length: number, now: Instant): void {
  const offset = ahead(seq, c.rcvNxt)
  const end = plus(seq, length)
  if (offset > 0) {
    c.ackNow = true
    if (c.early.covers(seq, end)) return noteDuplicate(c, seq, end)
    if (!c.early.add(seq, end)) return c.tally.count('early-dropped')
    c.receiveRing.writeAt(c.receiveRing.used + offset, b, at, length)
    return c.tally.count('early')
  }
  const hadEarly = c.early.count > 0
  c.receiveRing.writeAt(c.receiveRing.used, b, at, length)
  const reached = hadEarly ? c.early.join(end) : end
  const gained = ahead(reached, c.rcvNxt)
  c.receiveRing.advance(gained)
  c.rcvNxt = reached
  c.events |= EVENT_READABLE
  c.unackedBytes += gained
  if (hadEarly) c.ackNow = true
  else if (c.unackedBytes >= 2 * c.rcvMss) c.ackDue = true
  else if (c.delayedAckAt === NEVER) c.delayedAckAt = now + DELAYED_ACK_MS
}

function noteDuplicate(c: TcpConnection, left: number, right: number): void {
  c.tally.count('duplicate')
  c.ackNow = true
  if (!gt(right, left)) return
  c.duplicateLeft = left
  c.duplicateRight = right
}
