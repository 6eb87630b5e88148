/**
 * SYN cookies (RFC 4987 §3.6): when the backlog is full, the answer to a SYN keeps the state in its own numbers. The
 * sequence number holds | count of 64 s: 5 | MSS: 3 | keyed hash: 24 |, counted from the peer's; the low six bits of
 * the timestamp, which the peer echoes, hold | SACK: 1 | unused: 1 | window scale, 15 for none: 4 |.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Instant } from '../platform/index.ts'
import { USE_COOKIE } from './isn.ts'
import type { TupleHash } from './isn.ts'

const COUNT_MS = 64_000
/** A cookie is good for one to two minutes. */
const COUNTS_GOOD = 2
/** The usual sizes; the next smaller one is taken. */
const MSS_STEPS = [216, 536, 1024, 1220, 1360, 1400, 1440, 1460] as const
const NO_SCALE = 15
const OPTION_BITS = 0x3f

type Tuple = { readonly local: Ipv4; readonly localPort: number; readonly remote: Ipv4; readonly remotePort: number }

export function cookieFor(h: TupleHash, t: Tuple, irs: number, mss: number, now: Instant): number {
  let step = MSS_STEPS.length - 1
  while (step > 0 && (MSS_STEPS[step] as number) > mss) step--
  return cookie(h, t, irs, Math.floor(now / COUNT_MS), step)
}

/** The MSS that the cookie keeps; undefined when it is none of ours, or too old. */
export function openCookie(h: TupleHash, t: Tuple, irs: number, iss: number, now: Instant): number | undefined {
  const count = Math.floor(now / COUNT_MS)
  for (let age = 0; age < COUNTS_GOOD; age++) {
    for (let step = 0; step < MSS_STEPS.length; step++) {
      if ((((count - age) & 31) << 27 | step << 24) >>> 24 !== iss >>> 24) continue
      if (cookie(h, t, irs, count - age, step) === iss) return MSS_STEPS[step] as number
    }
  }
  return undefined
}

function cookie(h: TupleHash, t: Tuple, irs: number, count: number, step: number): number {
  const bits = h.of(USE_COOKIE, t.local, t.localPort, t.remote, t.remotePort, irs, count * 8 + step) & 0xff_ffff
  return ((count & 31) << 27) | (step << 24) | bits
}

/** A timestamp not later than `timestamp` that keeps the options. `windowScale` −1: none. */
export function keepOptions(timestamp: number, windowScale: number, sackPermitted: boolean): number {
  const bits = (sackPermitted ? 0x20 : 0) | (windowScale < 0 ? NO_SCALE : windowScale)
  const kept = (timestamp & ~OPTION_BITS) | bits
  return ((kept - timestamp) | 0) > 0 ? (kept - OPTION_BITS - 1) | 0 : kept
}

export function keptScale(echo: number): number {
  const scale = echo & 0x0f
  return scale === NO_SCALE ? -1 : scale
}

export const keptSack = (echo: number): boolean => (echo & 0x20) !== 0
