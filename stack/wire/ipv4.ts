/**
 * HOT PATH. IPv4 header (RFC 791 §3.1).
 *    0       4       8               16      19                   32
 *   |version|  IHL  |      TOS       |       total length         |
 *   |        identification          | 0 DF MF| fragment offset/8 |
 *   |      TTL      |   protocol     |      header checksum       |
 *   |                           source                            |
 *   |                           target                            |
 *   |                    options, padded to 4                     |
 * Watched by test/bench/micro/udp-echo.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { assert, err, i32, ok, put16, put32, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { complement, fold, sumWords } from './checksum.ts'

export const IPV4_HEADER_BYTES = 20
export const MAX_DATAGRAM_BYTES = 65_535
export const MAX_OPTIONS_BYTES = 40
export const PROTOCOL_ICMP = 1
export const PROTOCOL_IGMP = 2
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17

/** RFC 3168 §5: the low bits of the second octet. */
export const ECN_NOT_ECT = 0
export const ECN_ECT_0 = 2
export const ECN_CE = 3

export const DONT_FRAGMENT = 0x4000
const MORE_FRAGMENTS = 0x2000
const OFFSET_MASK = 0x1fff

export const headerLength = (b: Uint8Array, at: number): number => ((b[at] as number) & 15) << 2
export const ecn = (b: Uint8Array, at: number): number => (b[at + 1] as number) & 3
export const totalLength = (b: Uint8Array, at: number): number => u16(b, at + 2)
export const identification = (b: Uint8Array, at: number): number => u16(b, at + 4)
export const dontFragment = (b: Uint8Array, at: number): boolean => (u16(b, at + 6) & DONT_FRAGMENT) !== 0
export const moreFragments = (b: Uint8Array, at: number): boolean => (u16(b, at + 6) & MORE_FRAGMENTS) !== 0
/** In octets. */
export const fragmentOffset = (b: Uint8Array, at: number): number => (u16(b, at + 6) & OFFSET_MASK) << 3
/** Part of a larger datagram: MF set, or an offset. */
export const isFragment = (b: Uint8Array, at: number): boolean =>
  (u16(b, at + 6) & (MORE_FRAGMENTS | OFFSET_MASK)) !== 0
export const ttl = (b: Uint8Array, at: number): number => b[at + 8] as number
export const protocol = (b: Uint8Array, at: number): number => b[at + 9] as number
export const source = (b: Uint8Array, at: number): Ipv4 => i32(b, at + 12)
export const target = (b: Uint8Array, at: number): Ipv4 => i32(b, at + 16)

export type Ipv4Fault = 'truncated' | 'version' | 'header-length' | 'total-length' | 'checksum'

/** After `undefined` every accessor is safe, and the datagram lies whole within `at` … `end`. RFC 1122 §3.2.1. */
export function check(b: Uint8Array, at: number, end: number): Ipv4Fault | undefined {
  if (end - at < IPV4_HEADER_BYTES) return 'truncated'
  const first = b[at] as number
  if (first >>> 4 !== 4) return 'version'
  const header = (first & 15) << 2
  if (header < IPV4_HEADER_BYTES) return 'header-length'
  const total = u16(b, at + 2)
  if (total < header || total > end - at) return 'total-length'
  return fold(sumWords(b, at, header, 0)) === 0xffff ? undefined : 'checksum'
}

export const OPTION_END = 0
export const OPTION_NO_OPERATION = 1
export const OPTION_RECORD_ROUTE = 7
export const OPTION_TIMESTAMP = 68
const OPTION_LOOSE_SOURCE_ROUTE = 131
const OPTION_STRICT_SOURCE_ROUTE = 137
export const OPTIONS_FINE = 0
export const OPTIONS_SOURCE_ROUTE = -1

/** RFC 2113 §2.1: every router shall look into the datagram. */
export const ROUTER_ALERT: Readonly<Uint8Array> = Uint8Array.of(148, 4, 0, 0)

/**
 * Walks the options of a checked header: OPTIONS_FINE; OPTIONS_SOURCE_ROUTE when it has a source route (RFC 7126 §4.3:
 * to be dropped); otherwise the offset, from the start of the header, of the octet that is wrong (for ICMP parameter
 * problem).
 */
export function checkOptions(b: Uint8Array, at: number): number {
  const header = headerLength(b, at)
  let offset = IPV4_HEADER_BYTES
  let recorded = 0
  while (offset < header) {
    const kind = b[at + offset] as number
    if (kind === OPTION_END) return OPTIONS_FINE
    if (kind === OPTION_NO_OPERATION) {
      offset++
      continue
    }
    if (offset + 1 >= header) return offset
    const length = b[at + offset + 1] as number
    if (length < 2 || offset + length > header) return offset + 1
    if (kind === OPTION_LOOSE_SOURCE_ROUTE || kind === OPTION_STRICT_SOURCE_ROUTE) return OPTIONS_SOURCE_ROUTE
    if (kind === OPTION_RECORD_ROUTE || kind === OPTION_TIMESTAMP) {
      // RFC 791 §3.1: each at most once.
      const mark = kind === OPTION_RECORD_ROUTE ? 1 : 2
      if ((recorded & mark) !== 0) return offset
      recorded |= mark
      const wrong = checkRecord(b, at + offset, kind, length)
      if (wrong !== 0) return offset + wrong
    }
    offset += length
  }
  return OPTIONS_FINE
}

/** 0, or the offset of the wrong octet in a record route or timestamp option: its places must be whole. */
function checkRecord(b: Uint8Array, at: number, kind: number, length: number): number {
  const first = kind === OPTION_RECORD_ROUTE ? 4 : 5
  if (length < first - 1) return 1
  const pointer = b[at + 2] as number
  if (pointer < first) return 2
  const place = kind === OPTION_RECORD_ROUTE || ((b[at + 3] as number) & 15) === 0 ? 4 : 8
  return pointer <= length && pointer + place - 1 > length ? 2 : 0
}

/**
 * Writes a header of 20 octets with its checksum. `flagsAndOffset` is the field as it stands on the wire; `tos` has DSCP
 * and ECN.
 */
export function write(
  b: Uint8Array,
  at: number,
  total: number,
  id: number,
  flagsAndOffset: number,
  timeToLive: number,
  protocolNumber: number,
  from: Ipv4,
  to: Ipv4,
  tos = 0,
): void {
  b[at] = 0x45
  b[at + 1] = tos
  put16(b, at + 2, total)
  put16(b, at + 4, id)
  put16(b, at + 6, flagsAndOffset)
  b[at + 8] = timeToLive
  b[at + 9] = protocolNumber
  put32(b, at + 12, from)
  put32(b, at + 16, to)
  const sum =
    (0x4500 | tos) + total + id + flagsAndOffset + ((timeToLive << 8) | protocolNumber) +
    (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff)
  put16(b, at + 10, complement(sum))
}

/** The flags and offset field: MF and an offset in octets, a multiple of 8. */
export const fragmentField = (offset: number, more: boolean): number => (offset >>> 3) | (more ? MORE_FRAGMENTS : 0)

/** The flags and offset field as it stands. */
export const fieldOf = (b: Uint8Array, at: number): number => u16(b, at + 6)

/** Puts options behind a header just written, which grows by their length; `total` counts them. */
export function putOptions(b: Uint8Array, at: number, options: Readonly<Uint8Array>, total: number): void {
  b[at] = 0x45 + (options.length >>> 2)
  for (let i = 0; i < options.length; i++) b[at + IPV4_HEADER_BYTES + i] = options[i] as number
  rewrite(b, at, total, fieldOf(b, at))
}

/** Sets total length and the fragment field in place, and the checksum to match. */
export function rewrite(b: Uint8Array, at: number, total: number, flagsAndOffset: number): void {
  put16(b, at + 2, total)
  put16(b, at + 6, flagsAndOffset)
  put16(b, at + 10, 0)
  put16(b, at + 10, complement(sumWords(b, at, headerLength(b, at), 0)))
}

export type Ipv4Header = {
  /** DSCP and ECN, RFC 2474 and RFC 3168. */
  readonly tos: number
  /** Octets after the header. */
  readonly payloadLength: number
  readonly identification: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In octets, a multiple of 8. */
  readonly fragmentOffset: number
  readonly ttl: number
  readonly protocol: number
  readonly source: Ipv4
  readonly target: Ipv4
  /** 0 to 40 octets, a multiple of 4. */
  readonly options: Uint8Array
}

export function parse(b: Uint8Array, at: number, end: number): Result<Ipv4Header, Ipv4Fault> {
  const fault = check(b, at, end)
  if (fault !== undefined) return err(fault)
  const header = headerLength(b, at)
  return ok({
    tos: b[at + 1] as number,
    payloadLength: totalLength(b, at) - header,
    identification: identification(b, at),
    dontFragment: dontFragment(b, at),
    moreFragments: moreFragments(b, at),
    fragmentOffset: fragmentOffset(b, at),
    ttl: ttl(b, at),
    protocol: protocol(b, at),
    source: source(b, at),
    target: target(b, at),
    options: b.slice(at + IPV4_HEADER_BYTES, at + header),
  })
}

/** Writes the header with its checksum and returns its length in octets. */
export function emit(h: Ipv4Header, b: Uint8Array, at: number): number {
  assert(h.options.length % 4 === 0 && h.options.length <= 40, 'options fill whole words')
  const header = IPV4_HEADER_BYTES + h.options.length
  const field = fragmentField(h.fragmentOffset, h.moreFragments) | (h.dontFragment ? DONT_FRAGMENT : 0)
  write(b, at, header + h.payloadLength, h.identification, field, h.ttl, h.protocol, h.source, h.target)
  b[at] = 0x40 | (header >>> 2)
  b[at + 1] = h.tos
  b.set(h.options, at + IPV4_HEADER_BYTES)
  rewrite(b, at, header + h.payloadLength, field)
  return header
}
