/**
 * The OPT pseudo-record (RFC 6891 §6.1.2), which carries extended DNS:
 *
 *   name 0 | type 41 | class: payload size | TTL: rcode high 8, version 8, DO 1, CO 1, zero 14 | rdata: options
 *
 * An option is (code u16, length u16, data).
 */
import { put16, u16 } from '../../../stack/platform/index.ts'

export const OPT_OCTETS = 11
/**
 * Largest UDP payload that we say we take and that we send: fits IPv6's least MTU, so it is not fragmented (RFC 9715
 * §3.2).
 */
export const OUR_UDP_OCTETS = 1232
const DNSSEC_OK = 0x8000
/** RFC 9824 §5.1. */
const COMPACT_ANSWER_OK = 0x4000
/** Options that we act on. Before the data of each stand its code and its length. */
export const OPTION = { NSID: 3, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EXTENDED_ERROR: 15 } as const
export const OPTION_HEAD_OCTETS = 4
const NO_OPTIONS = new Uint8Array(0)

export type Edns = {
  readonly udpOctets: number
  readonly version: number
  /** High eight bits of the twelve-bit rcode. */
  readonly rcodeHigh: number
  readonly dnssecOk: boolean
  readonly compactAnswerOk: boolean
  /** As they came; whole. */
  readonly options: Uint8Array
}

/** `fixed` is where the type stands, `end` where the record ends. Undefined when an option passes the end. */
export function parseOpt(b: Uint8Array, fixed: number, end: number): Edns | undefined {
  if (!areOptions(b, fixed + 10, end)) return undefined
  return {
    udpOctets: u16(b, fixed + 2),
    rcodeHigh: b[fixed + 4] as number,
    version: b[fixed + 5] as number,
    dnssecOk: (u16(b, fixed + 6) & DNSSEC_OK) !== 0,
    compactAnswerOk: (u16(b, fixed + 6) & COMPACT_ANSWER_OK) !== 0,
    options: end === fixed + 10 ? NO_OPTIONS : b.slice(fixed + 10, end),
  }
}

/** True when the octets are whole options. Unknown ones are passed over (RFC 6891 §6.1.2). */
export function areOptions(b: Uint8Array, at: number, end: number): boolean {
  let i = at
  while (i < end) {
    if (end - i < 4) return false
    i += 4 + u16(b, i + 2)
  }
  return i === end
}

/** Writes an OPT without options, 11 octets. */
export function writeOpt(b: Uint8Array, at: number, udpOctets: number, rcode: number, dnssecOk: boolean, compactAnswerOk = false): void {
  b[at] = 0
  put16(b, at + 1, 41)
  put16(b, at + 3, udpOctets)
  b[at + 5] = rcode >>> 4
  b[at + 6] = 0
  put16(b, at + 7, (dnssecOk ? DNSSEC_OK : 0) | (compactAnswerOk ? COMPACT_ANSWER_OK : 0))
  put16(b, at + 9, 0)
}
