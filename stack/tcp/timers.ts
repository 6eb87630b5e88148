/**
 * The timers of a connection: each is an instant in the block, and their least is the deadline. RFC 6298 (time-out),
 * RFC 8985 §7 (tail probe) and §6.2 (reordering), RFC 9293 §3.8.6.1 (persist), §3.8.4 (keep-alive), §3.8.6.3 (delayed
 * acknowledgment), §3.4.1 (quiet ends).
 */
import type { Instant } from '../platform/index.ts'
import { NEVER } from './connection.ts'
import type { TcpConnection } from './connection.ts'
import { detectLosses, enterRecovery, loseAll } from './recovery.ts'
import { LOST, SACKED } from './sent.ts'
import { ESTABLISHED, CLOSED, SYN_RECEIVED, SYN_SENT } from './state.ts'

/** T4: with doubling up to 64 s, nine minutes. */
const RETRANSMITS_MOST = 12
/** R1 of RFC 9293 §3.8.3: after so many, and each as many more, the path itself is in doubt. */
const RETRANSMITS_SUSPECT = 3
/** A half-open connection of ours: 63 s, as long as Linux waits. */
const SYN_ACK_RETRANSMITS_MOST = 5
const PERSIST_MOST_MS = 60_000
/** RFC 8985 §7.2: the longest delay of an ACK that is to be expected. */
const WORST_ACK_DELAY_MS = 200

export function nextDeadline(c: TcpConnection): Instant {
  let least = Math.min(c.rtoAt, c.tailAt, c.reorderAt, c.delayedAckAt, c.persistAt, c.keepAliveAt, c.limitAt)
  if (c.pacing) least = Math.min(least, c.paceAt)
  if (c.stalledUntil > 0) least = Math.min(least, c.stalledUntil)
  return least
}

/** RFC 6298 §5.1 to 5.3: runs while something is unacknowledged. */
export function armRetransmit(c: TcpConnection, now: Instant): void {
  c.rtoAt = c.sent.count > 0 ? now + c.rtt.timeout() : NEVER
}

/** RFC 8985 §7.2. */
export function armTailProbe(c: TcpConnection, now: Instant): void {
  c.tailAt = NEVER
  if (c.sent.count === 0 || !c.sackOn || c.recovering || c.timedOut || c.state < ESTABLISHED) return
  if (c.probeOut || c.sackedCount > 0 || c.rtt.smoothed === 0) return
  const wait = 2 * c.rtt.smoothed + (c.sent.count === 1 ? WORST_ACK_DELAY_MS : 2)
  if (now + wait < c.rtoAt) c.tailAt = now + wait
}

/** Nothing in flight, something to send, and the peer's window does not let it. */
export function armPersist(c: TcpConnection, now: Instant): void {
  if (c.persistAt !== NEVER) return
  c.persistAt = now + Math.min(PERSIST_MOST_MS, c.rtt.timeout() * 2 ** Math.min(c.persistTries, 10))
}

export function armKeepAlive(c: TcpConnection, now: Instant): void {
  c.keepAliveAt = c.keepAlive ? now + c.keepAliveIdleMs : NEVER
  c.keepAliveTries = 0
}

export function elapseTimers(c: TcpConnection, now: Instant): void {
  if (now >= c.stalledUntil) c.stalledUntil = 0
  if (c.pacing && now >= c.paceAt) c.pacing = false
  if (now >= c.delayedAckAt) {
    c.delayedAckAt = NEVER
    c.ackNow = true
  }
  if (now >= c.limitAt) return limitReached(c)
  if (now >= c.reorderAt) reorderElapsed(c, now)
  if (now >= c.rtoAt) retransmitElapsed(c, now)
  if (now >= c.tailAt) tailElapsed(c)
  if (now >= c.persistAt) persistElapsed(c, now)
  if (now >= c.keepAliveAt) keepAliveElapsed(c, now)
}

function limitReached(c: TcpConnection): void {
  c.limitAt = NEVER
  const connecting = c.state === SYN_SENT || c.state === SYN_RECEIVED
  if (connecting) giveUp(c)
  else c.end('')
}

function giveUp(c: TcpConnection): void {
  if (c.state === CLOSED) return
  c.tally.count('timed-out')
  if (c.state >= ESTABLISHED) c.resetPending = true
  c.end(c.softError === '' ? 'ETIMEDOUT' : c.softError)
}

function reorderElapsed(c: TcpConnection, now: Instant): void {
  c.sample.priorInFlight = c.inFlight
  detectLosses(c, now)
  if (c.lostCount > 0 && !c.recovering && !c.timedOut) enterRecovery(c, now)
}

function retransmitElapsed(c: TcpConnection, now: Instant): void {
  c.rtoAt = NEVER
  c.tailAt = NEVER
  if (c.sent.count === 0) return
  c.retransmits++
  const most = c.state === SYN_RECEIVED ? SYN_ACK_RETRANSMITS_MOST : RETRANSMITS_MOST
  if (c.retransmits > most) return giveUp(c)
  c.pathSuspect = c.retransmits % RETRANSMITS_SUSPECT === 0
  c.tally.count('timeouts')
  c.rtt.backOff()
  loseAll(c, now)
  c.rtoAt = now + c.rtt.timeout()
}

/** RFC 8985 §7.3: the last segment again. New octets, if the window let them, would have gone already. */
function tailElapsed(c: TcpConnection): void {
  c.tailAt = NEVER
  const { sent } = c
  if (sent.count === 0) return
  c.tally.count('tail-probes')
  c.probeOut = true
  c.probeEnd = c.sndNxt
  c.probeResent = true
  const i = sent.count - 1
  const slot = sent.slot(i)
  if (((sent.flags[slot] as number) & (SACKED | LOST)) !== 0) return
  // Sent again as a lost one is, but it does not count as lost.
  sent.flags[slot] = (sent.flags[slot] as number) | LOST
  c.inFlight -= ((sent.ends[slot] as number) - (sent.seqs[slot] as number)) | 0
  c.lostCount++
  if (c.lostCount === 1) c.lostHint = sent.base + i
  c.forceRetransmit = true
}

function persistElapsed(c: TcpConnection, now: Instant): void {
  c.persistAt = NEVER
  if (c.persistTries > RETRANSMITS_MOST) return giveUp(c)
  c.persistTries++
  c.tally.count('window-probes')
  if (c.sndWnd > 0) c.sendPartial = true
  else c.probeNow = true
  armPersist(c, now)
}

function keepAliveElapsed(c: TcpConnection, now: Instant): void {
  const idle = now - c.heardAt
  if (c.sent.count > 0 || (c.keepAliveTries === 0 && idle < c.keepAliveIdleMs)) {
    c.keepAliveAt = Math.max(now + 1000, c.heardAt + c.keepAliveIdleMs)
    return
  }
  if (c.keepAliveTries >= c.keepAliveProbes) return giveUp(c)
  c.keepAliveTries++
  c.tally.count('keep-alives')
  c.probeNow = true
  c.keepAliveAt = now + c.keepAliveIntervalMs
}
