/**
 * IPv4 options that routers and targets write into (RFC 791 §3.1; RFC 1122 §3.2.1.8; RFC 1812 §4.2.2.6, §5.3.13).
 *   record route: 7, length, pointer (4 …), addresses                            at most 9 fit into a header
 *   timestamp: 68, length, pointer (5 …), overflow and flag, times, or addresses and times
 * Options that come here were found sound by checkOptions(); what is full is left as it is.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { i32, put32 } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'

/** Timestamp flags: times alone; each with its address; times for the addresses that stand there already. */
const TIMES_ONLY = 0
const WITH_ADDRESSES = 1
const PRESPECIFIED = 3

const DAY_MS = 86_400_000

/** Who writes, and when. */
export type Recorder = {
  readonly address: Ipv4
  readonly isOwn: (address: Ipv4) => boolean
  /** Calendar time; the option carries ms since midnight UT. */
  readonly wallMs: number
}

/**
 * Writes our address and time into the options at `at` … `end`, which change in place. The offset from `at` of an octet
 * that is wrong, or −1: a timestamp option whose count of those without room overflows is an error (RFC 791 §3.1).
 */
export function record(b: Uint8Array, at: number, end: number, recorder: Recorder): number {
  for (let i = at; i < end; ) {
    const kind = b[i] as number
    if (kind === ip.OPTION_END) return -1
    if (kind === ip.OPTION_NO_OPERATION) {
      i++
      continue
    }
    const length = b[i + 1] as number
    if (kind === ip.OPTION_RECORD_ROUTE) recordRoute(b, i, length, recorder.address)
    if (kind === ip.OPTION_TIMESTAMP && !recordTime(b, i, length, recorder)) return i - at + 3
    i += length
  }
  return -1
}

/** The record route and timestamp options of a header, alone, for an echo reply; undefined when it has neither. */
export function recordedOptions(b: Uint8Array, headerAt: number): Uint8Array | undefined {
  const end = headerAt + ip.headerLength(b, headerAt)
  const kept: number[] = []
  for (let i = headerAt + ip.IPV4_HEADER_BYTES; i < end; ) {
    const kind = b[i] as number
    if (kind === ip.OPTION_END) break
    const length = kind === ip.OPTION_NO_OPERATION ? 1 : (b[i + 1] as number)
    if (kind === ip.OPTION_RECORD_ROUTE || kind === ip.OPTION_TIMESTAMP) kept.push(...b.subarray(i, i + length))
    i += length
  }
  if (kept.length === 0) return undefined
  const options = new Uint8Array((kept.length + 3) & ~3)
  options.set(kept)
  return options
}

/** The options that stand in every fragment: those with the copy bit (RFC 791 §3.1), padded to whole words. */
export function copiedOptions(options: Uint8Array): Uint8Array {
  const kept: number[] = []
  for (let i = 0; i < options.length; ) {
    const kind = options[i] as number
    if (kind === ip.OPTION_END) break
    const length = kind === ip.OPTION_NO_OPERATION ? 1 : (options[i + 1] as number)
    if (kind >= 0x80) kept.push(...options.subarray(i, i + length))
    i += length
  }
  const copied = new Uint8Array((kept.length + 3) & ~3)
  copied.set(kept)
  return copied
}

function recordRoute(b: Uint8Array, at: number, length: number, address: Ipv4): void {
  const pointer = b[at + 2] as number
  if (pointer > length) return
  put32(b, at + pointer - 1, address)
  b[at + 2] = pointer + 4
}

/** False when the overflow count is full. */
function recordTime(b: Uint8Array, at: number, length: number, recorder: Recorder): boolean {
  const pointer = b[at + 2] as number
  const flag = (b[at + 3] as number) & 15
  const place = at + pointer - 1
  if (pointer > length) {
    if (((b[at + 3] as number) & 0xf0) === 0xf0) return false
    // Those without room are counted, but for hosts that nobody asked about.
    if (flag !== PRESPECIFIED) b[at + 3] = (b[at + 3] as number) + 16
    return true
  }
  const time = recorder.wallMs % DAY_MS
  if (flag === TIMES_ONLY) {
    put32(b, place, time)
    b[at + 2] = pointer + 4
  } else if (flag === WITH_ADDRESSES || (flag === PRESPECIFIED && recorder.isOwn(i32(b, place)))) {
    if (flag === WITH_ADDRESSES) put32(b, place, recorder.address)
    put32(b, place + 4, time)
    b[at + 2] = pointer + 8
  }
  return true
}
