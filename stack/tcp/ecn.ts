/**
 * HOT PATH. Explicit congestion notification (RFC 3168): agreed on in the handshake, text that is sent for the first
 * time is marked ECT(0) (RFC 8311 leaves ECT(1) to others), a mark that came is echoed until the peer says that it gave way,
 * and an echo is answered like a loss, once in a round trip. Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Instant } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'
import * as tcp from '../wire/tcp.ts'
import type { TcpConnection } from './connection.ts'
import type { Segment } from './segment.ts'
import { ge, lt } from './seq.ts'
import { SYN_RECEIVED } from './state.ts'

/** 'accept': when the peer asks for it, as Linux does by default; 'request': also asked for when we connect. */
export type EcnPolicy = 'off' | 'accept' | 'request'

/** §6.1.1: what the peer's SYN, or its answer to ours, agrees to. */
export function agreeOnEcn(c: TcpConnection, s: Segment): void {
  const bits = s.flags & (tcp.ECE | tcp.CWR)
  const answer = (s.flags & tcp.ACK) !== 0
  c.ecnOn = answer ? c.ecnAsked && bits === tcp.ECE : c.tuning.ecn !== 'off' && bits === (tcp.ECE | tcp.CWR)
  if (c.ecnOn) c.tally.count('ecn')
}

/** The two bits of a SYN or of its answer. */
export function synEcnBits(c: TcpConnection): number {
  if (c.state === SYN_RECEIVED) return c.ecnOn ? tcp.ECE : 0
  return c.ecnAsked ? tcp.ECE | tcp.CWR : 0
}

/** §6.1.3: marks of routers are echoed in every segment until one with CWR comes; a later mark begins anew. */
export function noteMark(c: TcpConnection, s: Segment): void {
  if ((s.flags & tcp.CWR) !== 0) c.ecnEcho = false
  if (!s.congested) return
  c.tally.count('ecn-marked')
  c.ecnEcho = true
  c.ackNow = true
}

/** §6.1.2: the peer saw a mark on something sent since the window was last reduced. The ACK of `s` is taken. */
export function noteEcho(c: TcpConnection, s: Segment, now: Instant): void {
  if ((s.flags & tcp.ECE) === 0 || c.recovering || c.timedOut || lt(c.sndUna, c.ecnPoint)) return
  c.tally.count('ecn-reduced')
  c.ecnPoint = c.sndNxt
  c.cwrPending = true
  c.congestion.onLoss(Math.max(c.sample.priorInFlight, c.inFlight), now)
}

/** §6.1.5: what is sent again, or has no text, is not marked. */
export const codepointFor = (c: TcpConnection, seq: number, length: number): number =>
  c.ecnOn && length > 0 && ge(seq, c.sndNxt) ? ip.ECN_ECT_0 : ip.ECN_NOT_ECT

/** The two bits of any other segment than a SYN; CWR goes with the first new text after a reduction. */
export const ecnBits = (c: TcpConnection, codepoint: number): number =>
  (c.ecnEcho ? tcp.ECE : 0) | (c.cwrPending && codepoint !== ip.ECN_NOT_ECT ? tcp.CWR : 0)
