/**
 * HOT PATH. What an acknowledgment does (RFC 9293 §3.10.7.4, fifth): segments leave the list of those sent, the round
 * trip and the delivery rate are measured, the scoreboard is marked (RFC 2018, RFC 6675), losses are looked for, and
 * the congestion control hears of it all. Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import { EVENT_WRITABLE, NEVER, SEND_BUFFER_FIRST_BYTES } from './connection.ts'
import type { TcpConnection } from './connection.ts'
import { afterAck, detectLosses, noteRack } from './recovery.ts'
import type { Segment } from './segment.ts'
import { APP_LIMITED, LOST, RESENT, SACKED } from './sent.ts'
import { ahead, ge, gt, le, lt } from './seq.ts'
import { armRetransmit, armTailProbe } from './timers.ts'

/** An ACK in sndUna … sndNxt of an established connection. */
export function acknowledge(c: TcpConnection, s: Segment, now: Instant): void {
  const { sample } = c
  sample.delivered = c.delivered
  sample.lost = 0
  sample.priorInFlight = c.inFlight
  sample.rttMs = -1
  sample.deliveryRate = 0
  sample.priorDelivered = -1
  sample.appLimited = false
  sample.windowLimited = c.windowLimited
  const duplicateSack = c.sackOn && s.options.sackCount > 0 && markSacked(c, s, now)
  const advanced = gt(s.ack, c.sndUna)
  const wasHole = c.sent.count > 0 && c.sackedCount > 0
  if (advanced) takeCumulative(c, s, now)
  else if (!c.sackOn) countDuplicate(c, s)
  if (advanced) c.retransmits = 0
  sample.delivered = c.delivered - sample.delivered
  sample.totalDelivered = c.delivered
  sample.minRttMs = c.rtt.least
  if (c.sackOn && (sample.delivered > 0 || wasHole)) detectLosses(c, now)
  afterAck(c, s, advanced, duplicateSack, now)
  sample.inFlight = c.inFlight
  // RFC 3042 §2: what goes out for a report above a hole must not widen the window as well.
  sample.inRecovery = c.recovering || (c.sackedCount > 0 && !c.timedOut)
  if (sample.delivered > 0) c.congestion.onAck(sample, now)
  if (advanced) {
    armRetransmit(c, now)
    growSendBuffer(c)
  }
  if (sample.delivered > 0) armTailProbe(c, now)
}

/** RFC 9293 §3.10.7.4: a window update counts when it is newer than the last. */
export function updateWindow(c: TcpConnection, s: Segment): void {
  if (!lt(c.sndWl1, s.seq) && !(c.sndWl1 === s.seq && le(c.sndWl2, s.ack))) return
  c.sndWnd = s.window << c.sndScale
  c.sndWl1 = s.seq
  c.sndWl2 = s.ack
  if (c.sndWnd > c.sndMaxWnd) c.sndMaxWnd = c.sndWnd
  if (c.sndWnd > 0) {
    c.persistAt = NEVER
    c.persistTries = 0
  }
}

function takeCumulative(c: TcpConnection, s: Segment, now: Instant): void {
  const { sent } = c
  const ack = s.ack
  let oldest = -1
  let resent = false
  let popped = 0
  while (sent.count > 0) {
    const slot = sent.slot(0)
    if (gt(sent.ends[slot] as number, ack)) break
    const flags = sent.flags[slot] as number
    if ((flags & SACKED) === 0) {
      if ((flags & RESENT) !== 0) resent = true
      else if (oldest < 0) oldest = sent.sentAt[slot] as number
      if (saysNothingNew(c, slot, ack)) c.inFlight -= countDelivered(c, slot)
      else noteDelivered(c, slot, now)
    } else {
      c.sackedCount--
    }
    sent.shift()
    popped++
  }
  if (sent.count > 0) trimFirst(c, ack)
  // The oldest says most about how long an ACK may take; but behind a repaired hole it may have lain there for long.
  if (oldest >= 0 && !resent) c.rtt.sample(now - oldest, now)
  else if (c.timestampsOn && s.options.hasTimestamps && popped > 0) measureByEcho(c, s, now)
  if (popped > 0) c.duplicateAcks = c.recovering ? Math.max(0, c.duplicateAcks - popped + 1) : 0
  c.sndUna = ack
  const acked = Math.min(ahead(ack, c.sendRingSeq), c.sendRing.used)
  if (acked > 0) {
    c.sendRing.drop(acked, false)
    c.sendRingSeq = (c.sendRingSeq + acked) | 0
  }
}

/** The peer may acknowledge a part of a segment: what it has leaves the list, so that only the rest is sent again. */
function trimFirst(c: TcpConnection, ack: number): void {
  const { sent } = c
  const slot = sent.slot(0)
  const bytes = ahead(ack, sent.seqs[slot] as number)
  if (bytes <= 0) return
  const flags = sent.flags[slot] as number
  if ((flags & SACKED) === 0) c.delivered += bytes
  if ((flags & (SACKED | LOST)) === 0) c.inFlight -= bytes
  sent.seqs[slot] = ack
}

/** RFC 7323 §4.1: the echo tells which of several transmissions is meant. */
function measureByEcho(c: TcpConnection, s: Segment, now: Instant): void {
  const rtt = (Math.floor(now) + c.timestampOffset - s.options.timestampEcho) | 0
  if (rtt >= 0 && rtt < 300_000) c.rtt.sample(rtt, now)
}

function growSendBuffer(c: TcpConnection): void {
  const wanted = Math.min(c.tuning.sendBufferMost, Math.max(SEND_BUFFER_FIRST_BYTES, 2 * c.congestion.window()))
  // A window may have fractions; a buffer counts octets.
  if (wanted > c.sendLimit) c.sendLimit = Math.floor(wanted)
  if (c.writeBlocked && c.sendRing.used <= c.sendLimit >>> 1) {
    c.writeBlocked = false
    c.events |= EVENT_WRITABLE
  }
}

/** Marks what the blocks cover; true when the first is a duplicate report (RFC 2883 §4). */
function markSacked(c: TcpConnection, s: Segment, now: Instant): boolean {
  const { sackLeft, sackRight, sackCount } = s.options
  const left = sackLeft[0] as number
  const right = sackRight[0] as number
  let duplicate = le(right, s.ack)
  if (!duplicate && sackCount > 1) {
    duplicate = ge(left, sackLeft[1] as number) && le(right, sackRight[1] as number)
  }
  for (let i = duplicate ? 1 : 0; i < sackCount; i++) {
    const from = sackLeft[i] as number
    const to = sackRight[i] as number
    // What was never sent, or is not a range, is noise.
    if (gt(to, from) && ge(from, c.sndUna) && le(to, c.sndNxt)) markRange(c, from, to, now)
  }
  return duplicate
}

function markRange(c: TcpConnection, from: number, to: number, now: Instant): void {
  const { sent } = c
  for (let i = sent.find(from); i < sent.count; i++) {
    const slot = sent.slot(i)
    const seq = sent.seqs[slot] as number
    const end = sent.ends[slot] as number
    if (gt(end, to)) return
    if (lt(seq, from) || ((sent.flags[slot] as number) & SACKED) !== 0) continue
    noteDelivered(c, slot, now)
    sent.flags[slot] = (sent.flags[slot] as number) | SACKED
    c.sackedCount++
  }
}

/** The oldest is a piece of a super-segment whose next piece is acknowledged too, and will say all that it would. */
function saysNothingNew(c: TcpConnection, slot: number, ack: number): boolean {
  const { sent } = c
  if (sent.count < 2) return false
  const next = sent.slot(1)
  const marks = ((sent.flags[slot] as number) | (sent.flags[next] as number)) & (SACKED | LOST | RESENT)
  return marks === 0 && sent.sentAt[next] === sent.sentAt[slot] && le(sent.ends[next] as number, ack)
}

function countDelivered(c: TcpConnection, slot: number): number {
  const bytes = ahead(c.sent.ends[slot] as number, c.sent.seqs[slot] as number)
  c.delivered += bytes
  return bytes
}

/** A segment reached the peer: once per segment. */
function noteDelivered(c: TcpConnection, slot: number, now: Instant): void {
  const { sent, sample } = c
  const flags = sent.flags[slot] as number
  const bytes = countDelivered(c, slot)
  if ((flags & LOST) !== 0) {
    c.lostCount--
    sent.flags[slot] = flags & ~LOST
  } else {
    c.inFlight -= bytes
  }
  const before = sent.delivered[slot] as number
  // The newest of those that this ACK delivered gives the rate: over its flight or over the ACKs since, the longer.
  if (before >= sample.priorDelivered) {
    sample.priorDelivered = before
    sample.appLimited = (flags & APP_LIMITED) !== 0
    const sentAt = sent.sentAt[slot] as number
    const interval = Math.max(sentAt - (sent.firstSentAt[slot] as number), now - (sent.deliveredAt[slot] as number))
    if (interval > 0 && interval >= c.rtt.least) sample.deliveryRate = ((c.delivered - before) * 1000) / interval
    c.firstSentAt = sentAt
    if ((flags & RESENT) === 0) {
      sample.rttMs = now - sentAt
      c.rtt.observe(sample.rttMs, now)
    }
  }
  c.deliveredAt = now
  noteRack(c, slot, now)
}

/** RFC 5681 §2: no text, the same ACK and window, something outstanding. Only without SACK, which says more. */
function countDuplicate(c: TcpConnection, s: Segment): void {
  if (s.length > 0 || s.ack !== c.sndUna || c.sent.count === 0) return
  if (s.window << c.sndScale !== c.sndWnd) return
  c.duplicateAcks++
}
