/**
 * HOT PATH. SEGMENT ARRIVES (RFC 9293 §3.10.7) in the RFC's order of checks, with PAWS (RFC 7323 §5) before and the
 * challenge ACKs of RFC 5961 within. CLOSED and LISTEN are the transport's (transport.ts), TIME-WAIT is time-wait.ts.
 * Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import * as tcp from '../wire/tcp.ts'
import { acknowledge, updateWindow } from './acknowledge.ts'
import { congestionControls } from './congestion/controls.ts'
import { EVENT_CONNECTED, FIN_WAIT_2_LIMIT_MS, NEVER, RECEIVE_SCALE } from './connection.ts'
import type { TcpConnection } from './connection.ts'
import { agreeOnEcn, noteEcho, noteMark } from './ecn.ts'
import { awaitsAckOfFin } from './output.ts'
import { reachFin, takeText } from './receive.ts'
import type { Segment } from './segment.ts'
import { HAS_SYN, LOST } from './sent.ts'
import { ahead, ge, gt, le, lt, plus } from './seq.ts'
import {
  CLOSED, CLOSE_WAIT, CLOSING, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, SYN_RECEIVED, SYN_SENT, TIME_WAIT,
} from './state.ts'
import { armKeepAlive } from './timers.ts'
import { markLost } from './recovery.ts'

/** RFC 7323 §5.5: after this long a timestamp may have wrapped, and says nothing. */
const TIMESTAMP_LIFE_MS = 24 * 86_400_000
/** RFC 9293 §3.7.1: when the peer does not say. */
const DEFAULT_MSS = 536
/** Smaller ones would make us send headers for nothing; Linux has the same least. */
export const LEAST_MSS = 48

/** True: answer as where no connection is. */
export function processSegment(c: TcpConnection, s: Segment, now: Instant): boolean {
  if (c.state === CLOSED) return true
  if (c.state === SYN_SENT) return inSynSent(c, s, now)
  if (!checkTimestamp(c, s, now) || !checkSequence(c, s)) return false
  c.heardAt = now
  if (c.keepAliveTries > 0) armKeepAlive(c, now)
  if ((s.flags & tcp.RST) !== 0) return takeReset(c, s, now)
  if ((s.flags & tcp.SYN) !== 0) return takeSyn(c, now)
  if ((s.flags & tcp.ACK) === 0) {
    c.tally.count('no-ack')
    return false
  }
  noteTimestamp(c, s, now)
  if (c.ecnOn) noteMark(c, s)
  if (c.state === SYN_RECEIVED) {
    if (!gt(s.ack, c.sndUna) || gt(s.ack, c.sndNxt)) return true
    establish(c, s, now)
  }
  if (!takeAck(c, s, now)) return false
  if ((s.flags & tcp.URG) !== 0) c.tally.count('urgent')
  takeRest(c, s, now)
  return false
}

/** A passive open, as SYN cookies and listeners have it: the SYN was `s`. */
export function beginPassive(c: TcpConnection, s: Segment, now: Instant): void {
  c.state = SYN_RECEIVED
  takeSynOptions(c, s, now)
  c.synPending = true
}

/** An open connection from the ACK that returned a SYN cookie: the options as the cookie kept them, in `s`. */
export function beginFromCookie(c: TcpConnection, s: Segment, now: Instant): void {
  c.state = SYN_RECEIVED
  takeSynOptions(c, s, now)
  c.sndNxt = plus(c.iss, 1)
  c.rcvAdv = plus(c.rcvNxt, Math.min(0xffff, c.receiveLimit))
  c.lastAckSent = c.rcvNxt
}

/** RFC 9293 §3.10.7.3. */
function inSynSent(c: TcpConnection, s: Segment, now: Instant): boolean {
  const hasAck = (s.flags & tcp.ACK) !== 0
  if (hasAck && (le(s.ack, c.iss) || gt(s.ack, c.sndNxt))) {
    c.tally.count('bad-ack')
    return true
  }
  if ((s.flags & tcp.RST) !== 0) {
    if (hasAck) {
      c.tally.count('reset-received')
      c.end('ECONNREFUSED')
    }
    return false
  }
  if ((s.flags & tcp.SYN) === 0) return false
  c.heardAt = now
  takeSynOptions(c, s, now)
  if (!hasAck) {
    // Simultaneous open: our SYN goes again, with an ACK of theirs.
    c.state = SYN_RECEIVED
    resendSyn(c)
    return false
  }
  establish(c, s, now)
  acknowledge(c, s, now)
  c.ackNow = true
  return false
}

function establish(c: TcpConnection, s: Segment, now: Instant): void {
  c.state = ESTABLISHED
  c.limitAt = NEVER
  c.sndWnd = (s.flags & tcp.SYN) !== 0 ? s.window : s.window << c.sndScale
  c.sndMaxWnd = c.sndWnd
  c.sndWl1 = s.seq
  c.sndWl2 = s.ack
  c.events |= EVENT_CONNECTED
  c.tunedAt = now
  armKeepAlive(c, now)
}

function takeSynOptions(c: TcpConnection, s: Segment, now: Instant): void {
  const { options } = s
  c.irs = s.seq
  c.rcvNxt = plus(s.seq, 1)
  c.rcvAdv = plus(c.rcvNxt, Math.min(0xffff, c.receiveLimit))
  c.lastAckSent = c.rcvNxt
  c.mss = Math.min(c.linkMss, Math.max(LEAST_MSS, options.mss === 0 ? DEFAULT_MSS : options.mss))
  // The control counts in segments as they will be.
  if (c.mss !== c.linkMss) c.congestion = congestionControls[c.tuning.congestion](c.mss)
  c.rcvMss = Math.min(c.linkMss, DEFAULT_MSS)
  c.sackOn = options.sackPermitted
  agreeOnEcn(c, s)
  c.timestampsOn = options.hasTimestamps
  if (options.hasTimestamps) {
    c.tsRecent = options.timestamp
    c.tsRecentAt = now
  }
  c.scalingOn = options.windowScale >= 0
  c.sndScale = c.scalingOn ? options.windowScale : 0
  c.rcvScale = c.scalingOn ? RECEIVE_SCALE : 0
  // Without scaling more than this could never be told.
  if (!c.scalingOn) c.receiveLimit = Math.min(c.receiveLimit, 0xffff)
  c.sndWnd = s.window
  c.sndWl1 = s.seq
}

/** RFC 7323 §5.3 R1, and §3.2: with timestamps agreed on, a segment without one is not the peer's. */
function checkTimestamp(c: TcpConnection, s: Segment, now: Instant): boolean {
  if (!c.timestampsOn || (s.flags & tcp.RST) !== 0) return true
  if (!s.options.hasTimestamps) {
    c.tally.count('timestamp-missing')
    return (s.flags & tcp.SYN) !== 0
  }
  if (!lt(s.options.timestamp, c.tsRecent) || now - c.tsRecentAt > TIMESTAMP_LIFE_MS) return true
  if ((s.flags & tcp.SYN) !== 0) return true
  c.tally.count('paws')
  c.ackNow = true
  return false
}

/** RFC 9293 §3.10.7.4, first. */
function checkSequence(c: TcpConnection, s: Segment): boolean {
  const length = s.length + ((s.flags & tcp.SYN) !== 0 ? 1 : 0) + ((s.flags & tcp.FIN) !== 0 ? 1 : 0)
  const window = ahead(c.rcvAdv, c.rcvNxt)
  const last = plus(s.seq, length - 1)
  const acceptable =
    length === 0
      ? s.seq === c.rcvNxt || (window > 0 && ge(s.seq, c.rcvNxt) && lt(s.seq, c.rcvAdv))
      : window > 0 && ((ge(s.seq, c.rcvNxt) && lt(s.seq, c.rcvAdv)) || (ge(last, c.rcvNxt) && lt(last, c.rcvAdv)) ||
        (lt(s.seq, c.rcvNxt) && ge(last, c.rcvAdv)))
  if (acceptable) return true
  if (c.state === SYN_RECEIVED && (s.flags & (tcp.SYN | tcp.ACK)) === tcp.SYN && s.seq === c.irs) {
    // The SYN again: our answer was lost.
    resendSyn(c)
    return false
  }
  if (takesAckOnly(c, s, window, length)) return true
  c.tally.count('unacceptable')
  if ((s.flags & tcp.RST) !== 0) return false
  if (length > 0 && lt(s.seq, c.rcvNxt)) {
    c.duplicateLeft = s.seq
    c.duplicateRight = le(plus(last, 1), c.rcvNxt) ? plus(last, 1) : c.rcvNxt
  }
  c.ackNow = true
  return false
}

/**
 * RFC 9293 §3.10.7.4: with a closed window, ACKs and resets are to be taken all the same; here from a zero-window
 * probe.
 */
function takesAckOnly(c: TcpConnection, s: Segment, window: number, length: number): boolean {
  if (window > 0 || length === 0 || s.seq !== c.rcvNxt || (s.flags & tcp.SYN) !== 0) return false
  s.length = 0
  s.flags &= ~tcp.FIN
  c.ackNow = true
  return true
}

/** RFC 9293 §3.10.7.4, second, as RFC 5961 §3.2 has it. */
function takeReset(c: TcpConnection, s: Segment, now: Instant): boolean {
  if (s.seq !== c.rcvNxt) {
    c.tally.count('reset-outside')
    challenge(c, now)
    return false
  }
  c.tally.count('reset-received')
  c.end(c.state === SYN_RECEIVED ? 'ECONNREFUSED' : c.state === LAST_ACK || c.state === CLOSING ? '' : 'ECONNRESET')
  return false
}

/** RFC 9293 §3.10.7.4, fourth, as RFC 5961 §4.2 has it. */
function takeSyn(c: TcpConnection, now: Instant): boolean {
  c.tally.count('syn-in-connection')
  challenge(c, now)
  return false
}

function challenge(c: TcpConnection, now: Instant): void {
  if (c.challenges.take(now)) c.ackNow = true
  else c.tally.count('challenge-limited')
}

/** RFC 7323 §4.3: the timestamp to echo is that of the segment our last ACK lies in or before. */
function noteTimestamp(c: TcpConnection, s: Segment, now: Instant): void {
  if (!c.timestampsOn || !s.options.hasTimestamps || gt(s.seq, c.lastAckSent)) return
  if (lt(s.options.timestamp, c.tsRecent)) return
  c.tsRecent = s.options.timestamp
  c.tsRecentAt = now
}

/** RFC 9293 §3.10.7.4, fifth; the range of RFC 5961 §5.2. False: the segment is done with. */
function takeAck(c: TcpConnection, s: Segment, now: Instant): boolean {
  if (gt(s.ack, c.sndNxt) || lt(s.ack, (c.sndUna - Math.max(c.sndMaxWnd, 0xffff)) | 0)) {
    c.tally.count('bad-ack')
    challenge(c, now)
    return false
  }
  if (ge(s.ack, c.sndUna)) {
    acknowledge(c, s, now)
    if (c.ecnOn) noteEcho(c, s, now)
    updateWindow(c, s)
    // It hears and answers: a closed window is no reason to give up (RFC 9293 §3.8.6.1).
    if (c.sndWnd === 0) {
      c.retransmits = 0
      c.persistTries = Math.min(c.persistTries, 6)
    }
  }
  if (awaitsAckOfFin(c) && c.finSent && c.sndUna === c.sndNxt) finAcknowledged(c, now)
  return c.state !== CLOSED
}

function finAcknowledged(c: TcpConnection, now: Instant): void {
  if (c.state === FIN_WAIT_1) {
    c.state = FIN_WAIT_2
    if (c.readClosed) c.limitAt = now + FIN_WAIT_2_LIMIT_MS
  } else if (c.state === CLOSING) {
    c.state = TIME_WAIT
  } else if (c.state === LAST_ACK) {
    c.end('')
  }
}

/** Seventh and eighth: text and FIN. */
function takeRest(c: TcpConnection, s: Segment, now: Instant): void {
  if (c.state !== ESTABLISHED && c.state !== FIN_WAIT_1 && c.state !== FIN_WAIT_2) {
    // RFC 9293: after the peer's FIN there is no text; what comes is a repetition.
    if (s.length > 0 || (s.flags & tcp.FIN) !== 0) c.ackNow = true
    return
  }
  if (c.readClosed && s.length > 0 && gt(plus(s.seq, s.length), c.rcvNxt)) {
    c.tally.count('after-close')
    c.resetPending = true
    return c.end('')
  }
  takeText(c, s, now)
  if (!reachFin(c)) return
  if (c.state === ESTABLISHED) c.state = CLOSE_WAIT
  else if (c.state === FIN_WAIT_2) c.state = TIME_WAIT
  // Had our FIN been acknowledged, the state would be FIN-WAIT-2 by now.
  else c.state = CLOSING
}

function resendSyn(c: TcpConnection): void {
  const { sent } = c
  if (sent.count === 0) return
  const slot = sent.slot(0)
  const flags = sent.flags[slot] as number
  if ((flags & HAS_SYN) === 0 || (flags & LOST) !== 0) return
  markLost(c, 0, slot)
  c.forceRetransmit = true
}
