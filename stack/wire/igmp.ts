/**
 * IGMP messages (RFC 1112 appendix I, RFC 2236 §2, RFC 3376 §4).
 *    0       8             16                 32
 *   | type  | response time |   checksum      |   response time in tenths of a second; 0 in version 1
 *   |                group                    |   0 in a general query
 *   | S, robustness | interval | sources n    |   only in a query of version 3, n addresses follow
 * Report of version 3: type 22, reserved, checksum, reserved 16, records m; a record is
 *   | kind  | extra words   |   sources n     |   group, n addresses, extra words
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { err, i32, ok, put16, put32, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { complement, fold, sumWords } from './checksum.ts'

export const IGMP_BYTES = 8
export const QUERY_V3_BYTES = 12
export const MEMBERSHIP_QUERY = 0x11
export const REPORT_V1 = 0x12
export const REPORT_V2 = 0x16
export const LEAVE_GROUP = 0x17
export const REPORT_V3 = 0x22

/** Kinds of group record (RFC 3376 §4.2.12). */
export const MODE_IS_EXCLUDE = 2
export const CHANGE_TO_INCLUDE = 3
export const CHANGE_TO_EXCLUDE = 4

export const igmpType = (b: Uint8Array, at: number): number => b[at] as number
export const igmpGroup = (b: Uint8Array, at: number): Ipv4 => i32(b, at + 4)

export type IgmpFault = 'truncated' | 'checksum'

/** After `undefined` the accessors are safe for the message that ends at `end`. */
export function check(b: Uint8Array, at: number, end: number): IgmpFault | undefined {
  if (end - at < IGMP_BYTES) return 'truncated'
  return fold(sumWords(b, at, end - at, 0)) === 0xffff ? undefined : 'checksum'
}

/** Which version a query is of (RFC 3376 §7.1); undefined for a length that none has. */
export function queryVersion(b: Uint8Array, at: number, end: number): 1 | 2 | 3 | undefined {
  if (end - at === IGMP_BYTES) return b[at + 1] === 0 ? 1 : 2
  return end - at >= QUERY_V3_BYTES ? 3 : undefined
}

/** The time within which to answer, in ms (RFC 2236 §2.2, RFC 3376 §4.1.1). Version 1 has 10 s. */
export function maxResponseMs(b: Uint8Array, at: number, version: 1 | 2 | 3): number {
  const code = b[at + 1] as number
  if (version === 1) return 10_000
  if (version === 2 || code < 128) return code * 100
  return ((code & 15) | 16) * 2 ** (((code >>> 4) & 7) + 3) * 100
}

/** A message of 8 octets. */
export function writeShort(b: Uint8Array, at: number, type: number, group: Ipv4): void {
  put16(b, at, type << 8)
  put16(b, at + 2, 0)
  put32(b, at + 4, group)
  put16(b, at + 2, complement(sumWords(b, at, IGMP_BYTES, 0)))
}

export type GroupRecord = { readonly kind: number; readonly group: Ipv4 }

export const reportBytes = (records: number): number => IGMP_BYTES + 8 * records

/** A report of version 3, whose records name no sources. */
export function writeReport(b: Uint8Array, at: number, records: readonly GroupRecord[]): void {
  const length = reportBytes(records.length)
  b.fill(0, at, at + length)
  b[at] = REPORT_V3
  put16(b, at + 6, records.length)
  for (const [i, { kind, group }] of records.entries()) {
    b[at + 8 + 8 * i] = kind
    put32(b, at + 12 + 8 * i, group)
  }
  put16(b, at + 2, complement(sumWords(b, at, length, 0)))
}

/** Reads a report of version 3; sources and extra words are passed over. */
export function parseReport(b: Uint8Array, at: number, end: number): Result<readonly GroupRecord[], IgmpFault> {
  const fault = check(b, at, end)
  if (fault !== undefined) return err(fault)
  const records: GroupRecord[] = []
  let next = at + IGMP_BYTES
  for (let left = u16(b, at + 6); left > 0; left--) {
    if (end - next < 8) return err('truncated')
    records.push({ kind: b[next] as number, group: i32(b, next + 4) })
    next += 8 + 4 * (u16(b, next + 2) + (b[next + 1] as number))
  }
  return next > end ? err('truncated') : ok(records)
}
