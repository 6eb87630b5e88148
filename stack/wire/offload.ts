/**
 * HOT PATH. What goes with a frame besides its octets, where the device or kernel behind a link takes work off us: one
 * int32, so that no object is made for a frame.
 *    bit 28           27 … 23              22 … 16            15 … 0
 *   |checked| field from its start | checksum's start |  segment octets  |
 * checked: nobody need verify the transport checksum. start: not 0 when the checksum of the octets from there (counted
 * from the frame's first) to the end is yet to be computed; its field holds the folded sum of the pseudo-header
 * (RFC 9293 §3.1) meanwhile. segment octets: not 0 for a super-segment of TCP, longer than the MTU lets, which stands
 * for pieces with so much text each. The meanings are those of virtio 1.2 §5.1.6 (stack/link/tap/vnet-header.ts).
 * Watched by test/bench/micro/tcp-bulk.ts.
 */
import { copy, i32, put16, put32 } from '../platform/index.ts'
import { complement, pseudoHeader, sumWords } from './checksum.ts'
import { ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, etherType } from './ethernet.ts'
import * as ip from './ipv4.ts'
import * as tcp from './tcp.ts'

/** Nothing is known of a received frame, and nothing to be done with one that is sent. */
export const NO_OFFLOAD = 0
/** Received: the device has verified the transport checksum. */
export const CHECKED = 1 << 28
/** Larger offsets of the checksum cannot be said; Ethernet, VLAN, SNAP and the longest IPv4 header lie below. */
export const MOST_CHECKSUM_START = 127
export const MOST_CHECKSUM_FIELD = 31
const START_SHIFT = 16
const FIELD_SHIFT = 23
const CHECKSUM_FIELD_OF_TCP = 16

/** An open checksum, and the text of each piece when it is a super-segment, else 0. */
export const offloadOf = (start: number, field: number, segmentBytes: number): number =>
  CHECKED | (field << FIELD_SHIFT) | (start << START_SHIFT) | segmentBytes

/** A TCP segment whose header begins `start` octets into its frame. */
export const tcpOffload = (start: number, segmentBytes: number): number =>
  offloadOf(start, CHECKSUM_FIELD_OF_TCP, segmentBytes)

export const segmentBytes = (offload: number): number => offload & 0xffff
export const checksumStart = (offload: number): number => (offload >>> START_SHIFT) & MOST_CHECKSUM_START
export const checksumField = (offload: number): number => (offload >>> FIELD_SHIFT) & MOST_CHECKSUM_FIELD
/** The checksum is yet to be computed. */
export const isOpen = (offload: number): boolean => checksumStart(offload) !== 0

/** What an open checksum is to be; the frame begins at `at`, and what it covers ends at `end`. */
export function openChecksum(b: Uint8Array, at: number, end: number, offload: number): number {
  const start = at + checksumStart(offload)
  const sum = complement(sumWords(b, start, end - start, 0))
  // RFC 768: no UDP checksum is sent as 0; for TCP both forms of 0 are the same.
  return sum === 0 ? 0xffff : sum
}

/** Computes an open checksum in place. */
export function closeChecksum(b: Uint8Array, at: number, end: number, offload: number): void {
  put16(b, at + checksumStart(offload) + checksumField(offload), openChecksum(b, at, end, offload))
}

/** A datagram of a super-segment whose pieces can be written; `at`: of its IPv4 header, checked by ip.check(). */
export function isSegmentable(b: Uint8Array, at: number): boolean {
  const header = ip.headerLength(b, at)
  const text = ip.totalLength(b, at) - header
  if (ip.protocol(b, at) !== ip.PROTOCOL_TCP || ip.isFragment(b, at) || text < tcp.TCP_HEADER_BYTES) return false
  const tcpHeader = tcp.headerLength(b, at + header)
  return tcpHeader >= tcp.TCP_HEADER_BYTES && tcpHeader <= text
}

/** Whether writeFrame() can finish a frame of a link that nobody has looked into yet. */
export function isFinishable(b: Uint8Array, at: number, length: number, offload: number): boolean {
  if (segmentBytes(offload) === 0) return true
  const datagram = at + ETHERNET_HEADER_BYTES
  return length > ETHERNET_HEADER_BYTES && etherType(b, at) === ETHERTYPE_IPV4 &&
    ip.check(b, datagram, at + length) === undefined && isSegmentable(b, datagram)
}

/** Octets of text in a datagram that isSegmentable(). */
export const textBytes = (b: Uint8Array, at: number): number =>
  ip.totalLength(b, at) - ip.headerLength(b, at) - tcp.headerLength(b, at + ip.headerLength(b, at))

/**
 * Writes one piece of a super-segment as a datagram of its own, with all its checksums, and returns its length. The
 * super-segment's datagram is at `at` of `b`, the piece has up to `size` octets of its text from `from`, and goes to
 * `to` of `into`. FIN and PSH stand in the last piece only, CWR (RFC 3168 §6.1.2) in the first; each piece has an
 * identification of its own.
 */
export function writePiece(
  b: Uint8Array, at: number, from: number, size: number, into: Uint8Array, to: number,
): number {
  const ipHeader = ip.headerLength(b, at)
  const headers = ipHeader + tcp.headerLength(b, at + ipHeader)
  const text = ip.totalLength(b, at) - headers
  const length = Math.min(size, text - from)
  const total = headers + length
  copy(b, at, into, to, headers)
  copy(b, at + headers + from, into, to + headers, length)
  put16(into, to + 4, ip.identification(b, at) + (from / size | 0))
  ip.rewrite(into, to, total, ip.fieldOf(b, at))
  const segment = to + ipHeader
  put32(into, segment + 4, i32(b, at + ipHeader + 4) + from)
  let flags = tcp.flags(b, at + ipHeader)
  if (from > 0) flags &= ~tcp.CWR
  if (from + length < text) flags &= ~(tcp.FIN | tcp.PSH)
  into[segment + 13] = flags
  put16(into, segment + CHECKSUM_FIELD_OF_TCP, 0)
  const seed = pseudoHeader(ip.source(b, at), ip.target(b, at), ip.PROTOCOL_TCP, total - ipHeader)
  put16(into, segment + CHECKSUM_FIELD_OF_TCP, complement(sumWords(into, segment, total - ipHeader, seed)))
  return total
}

/** Nothing is to be finished before a link without offloads may have it. */
export const isWhole = (offload: number): boolean => !isOpen(offload) && segmentBytes(offload) === 0

/** The frames that it stands for have at most `largest` octets each. */
export function eachFrameFits(b: Uint8Array, at: number, length: number, offload: number, largest: number): boolean {
  const size = segmentBytes(offload)
  const cut = size === 0 ? 0 : textBytes(b, at + ETHERNET_HEADER_BYTES) - size
  return length - Math.max(0, cut) <= largest
}

/** How many frames without offload a frame stands for, which must be finishable. */
export function frameCount(b: Uint8Array, at: number, offload: number): number {
  const size = segmentBytes(offload)
  return size === 0 ? 1 : Math.max(1, Math.ceil(textBytes(b, at + ETHERNET_HEADER_BYTES) / size))
}

/** Writes the i-th of them, from 0, to `to` of `into`, with all its checksums, and returns its length. */
export function writeFrame(
  i: number, b: Uint8Array, at: number, length: number, offload: number, into: Uint8Array, to: number,
): number {
  const size = segmentBytes(offload)
  if (size === 0) {
    copy(b, at, into, to, length)
    if (isOpen(offload)) closeChecksum(into, to, to + length, offload)
    return length
  }
  copy(b, at, into, to, ETHERNET_HEADER_BYTES)
  const datagram = at + ETHERNET_HEADER_BYTES
  return ETHERNET_HEADER_BYTES + writePiece(b, datagram, i * size, size, into, to + ETHERNET_HEADER_BYTES)
}
