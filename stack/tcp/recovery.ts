/**
 * HOT PATH. Which segments are lost, and what follows. With SACK: RACK-TLP (RFC 8985) beside the three-duplicates rule
 * of RFC 6675; without: duplicate ACKs and partial ACKs (RFC 6582). Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import { NEVER } from './connection.ts'
import type { TcpConnection } from './connection.ts'
import type { Segment } from './segment.ts'
import { LOST, RESENT, SACKED } from './sent.ts'
import { ahead, ge, gt, lt } from './seq.ts'

/** Timestamps; what SACK takes besides waits for another segment. */
const SPARE_OPTION_BYTES = 12
const DUPLICATE_THRESHOLD = 3 // RFC 5681 §3.2
/** RFC 8985 §6.2, step 4: how often the reordering window may be widened by a quarter of the least round trip. */
const REORDER_MULTIPLE_MOST = 16

/** Octets in flight as RFC 6675 counts them; without SACK each duplicate ACK stands for a segment that left. */
export function pipe(c: TcpConnection): number {
  return c.sackOn ? c.inFlight : Math.max(0, c.inFlight - c.duplicateAcks * c.mss)
}

/** RFC 8985 §6.2, steps 1 to 3, for one segment that was delivered now. */
export function noteRack(c: TcpConnection, slot: number, now: Instant): void {
  const { sent } = c
  const sentAt = sent.sentAt[slot] as number
  const end = sent.ends[slot] as number
  const resent = ((sent.flags[slot] as number) & RESENT) !== 0
  const rtt = now - sentAt
  // Answered sooner than any answer can be: it was the first transmission that arrived.
  if (resent && rtt < c.rtt.least) return
  if (gt(end, c.highestSacked)) c.highestSacked = end
  else if (!resent && lt(end, c.highestSacked)) c.reorderingSeen = true
  if (sentAt > c.rackSentAt || (sentAt === c.rackSentAt && gt(end, c.rackEnd))) {
    c.rackSentAt = sentAt
    c.rackEnd = end
    c.rackRtt = rtt
  }
}

/** RFC 8985 §6.2, step 5: marks what is lost and sets the timer for what may be soon. */
export function detectLosses(c: TcpConnection, now: Instant): void {
  c.reorderAt = NEVER
  const { sent } = c
  if (sent.count === 0 || c.rackSentAt < 0) return
  const window = reorderWindow(c)
  let wait = 0
  // Behind the highest delivered nothing can have been overtaken, but for retransmissions, which are older.
  let sackedLeft = c.sackedCount
  for (let i = 0; i < sent.count; i++) {
    const slot = sent.slot(i)
    const flags = sent.flags[slot] as number
    if ((flags & SACKED) !== 0) {
      sackedLeft--
      continue
    }
    if ((flags & LOST) !== 0) continue
    const sentAt = sent.sentAt[slot] as number
    const before = sentAt < c.rackSentAt || (sentAt === c.rackSentAt && lt(sent.ends[slot] as number, c.rackEnd))
    if (!before) {
      if (sackedLeft === 0 && (flags & RESENT) === 0) break
      continue
    }
    const left = sentAt + c.rackRtt + window - now
    // RFC 6675: three segments above it arrived, and nothing on this path comes out of order.
    if (left <= 0 || (!c.reorderingSeen && (flags & RESENT) === 0 && sackedLeft >= DUPLICATE_THRESHOLD)) {
      markLost(c, i, slot)
    } else if (left > wait) {
      wait = left
    }
  }
  if (wait > 0) c.reorderAt = now + wait
}

/** RFC 8985 §6.2, step 4. */
function reorderWindow(c: TcpConnection): number {
  if (!c.reorderingSeen && (c.recovering || c.timedOut || c.sackedCount >= DUPLICATE_THRESHOLD)) return 0
  const least = Number.isFinite(c.rtt.least) ? c.rtt.least : 0
  return Math.min((c.reorderWindowMultiple * least) / 4, c.rtt.smoothed)
}

export function markLost(c: TcpConnection, i: number, slot: number): void {
  const { sent } = c
  const bytes = ahead(sent.ends[slot] as number, sent.seqs[slot] as number)
  sent.flags[slot] = (sent.flags[slot] as number) | LOST
  c.inFlight -= bytes
  c.lostCount++
  c.sample.lost += bytes
  const number = sent.base + i
  if (c.lostCount === 1 || number < c.lostHint) c.lostHint = number
}

/** The state of recovery after an ACK was taken in. */
export function afterAck(
  c: TcpConnection, s: Segment, advanced: boolean, duplicateSack: boolean, now: Instant,
): void {
  if (duplicateSack && c.reorderWindowMultiple < REORDER_MULTIPLE_MOST) c.reorderWindowMultiple++
  if (c.probeOut && ge(s.ack, c.probeEnd)) endTailProbe(c, s, duplicateSack, now)
  if ((c.recovering || c.timedOut) && ge(c.sndUna, c.recoveryPoint)) {
    c.recovering = false
    c.timedOut = false
    c.duplicateAcks = 0
    if (!c.reorderingSeen) c.reorderWindowMultiple = 1
  }
  if (!c.sackOn) detectByDuplicates(c, advanced)
  if (c.lostCount > 0 && !c.recovering && !c.timedOut) enterRecovery(c, now)
}

export function enterRecovery(c: TcpConnection, now: Instant): void {
  c.recovering = true
  c.recoveryPoint = c.sndNxt
  c.forceRetransmit = c.lostCount > 0
  c.cwrPending = c.ecnOn
  c.tally.count('fast-recoveries')
  c.congestion.onLoss(Math.max(c.sample.priorInFlight, c.inFlight), now)
}

/** RFC 6582 §3.2. */
function detectByDuplicates(c: TcpConnection, advanced: boolean): void {
  const { sent } = c
  if (sent.count === 0) return
  const slot = sent.slot(0)
  const flags = sent.flags[slot] as number
  if ((flags & LOST) !== 0) return
  const first = !c.recovering && !c.timedOut && c.duplicateAcks >= DUPLICATE_THRESHOLD && ge(c.sndUna, c.recoveryPoint)
  const partial = c.recovering && advanced
  if (!first && !partial) return
  markLost(c, 0, slot)
  c.forceRetransmit = true
}

/** RFC 8985 §7.4: the probe repaired a loss that nothing else showed. */
function endTailProbe(c: TcpConnection, s: Segment, duplicateSack: boolean, now: Instant): void {
  if (!c.probeResent || duplicateSack) {
    c.probeOut = false
  } else if (gt(s.ack, c.probeEnd) || c.sent.count === 0) {
    c.probeOut = false
    if (!c.recovering && !c.timedOut && c.sackOn) c.congestion.onLoss(c.sample.priorInFlight, now)
  }
}

/** What is in flight did not fit the path: all of it goes again, and the congestion control has no part in it. */
export function resendForPath(c: TcpConnection): void {
  const { sent } = c
  for (let i = 0; i < sent.count; i++) {
    const slot = sent.slot(i)
    const bytes = ahead(sent.ends[slot] as number, sent.seqs[slot] as number)
    if (((sent.flags[slot] as number) & (SACKED | LOST)) === 0 && bytes > c.mss) markLost(c, i, slot)
  }
  if (c.lostCount === 0 || c.recovering || c.timedOut) return
  c.recovering = true
  c.recoveryPoint = c.sndNxt
  c.forceRetransmit = true
}

/** The retransmission time-out (RFC 6298 §5.4 to 5.6; RFC 6675 §5.1): nothing is taken to be in flight. */
export function loseAll(c: TcpConnection, now: Instant): void {
  const { sent } = c
  const flight = c.inFlight
  // RFC 2018 §8: a peer that threw away what it reported shows by its ACK not moving past it.
  const reneged = sent.count > 0 && ((sent.flags[sent.slot(0)] as number) & SACKED) !== 0
  if (reneged) c.tally.count('reneged')
  for (let i = 0; i < sent.count; i++) {
    const slot = sent.slot(i)
    const flags = sent.flags[slot] as number
    if ((flags & SACKED) !== 0) {
      if (!reneged) continue
      sent.flags[slot] = flags & ~SACKED
      c.inFlight += ahead(sent.ends[slot] as number, sent.seqs[slot] as number)
    }
    if ((flags & LOST) === 0) markLost(c, i, slot)
  }
  if (reneged) c.sackedCount = 0
  c.lostCount -= sent.joinLost(c.mss - SPARE_OPTION_BYTES)
  c.lostHint = sent.base
  c.recovering = false
  c.cwrPending = c.ecnOn
  if (!c.timedOut || ge(c.sndUna, c.recoveryPoint)) c.congestion.onTimeout(flight, now)
  c.timedOut = true
  c.recoveryPoint = c.sndNxt
  c.duplicateAcks = 0
  c.probeOut = false
  c.reorderAt = NEVER
  c.forceRetransmit = true
  c.windowLimited = true
}
