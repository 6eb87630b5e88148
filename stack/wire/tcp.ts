/**
 * HOT PATH. TCP header (RFC 9293 §3.1).
 *    0       4       8               16                            32
 *   |        source port             |          target port         |
 *   |                       sequence number                         |
 *   |                    acknowledgment number                      |
 *   | offset| rsvd  |CWR ECE URG ACK PSH RST SYN FIN|    window     |
 *   |          checksum              |        urgent pointer        |
 *   |                  options, padded to 4 octets                  |
 * Sequence numbers are read as int32: they are compared by their difference only (tcp/seq.ts).
 * Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { assert, err, i32, ok, put16, put32, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { complement, fold, pseudoHeader, sumWords } from './checksum.ts'
import { PROTOCOL_TCP } from './ipv4.ts'
import { checkOptions } from './tcp-options.ts'

export const TCP_HEADER_BYTES = 20
/** The offset field counts 15 words at most. */
export const MAX_TCP_HEADER_BYTES = 60

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10
export const URG = 0x20
/** RFC 3168 §6.1. */
export const ECE = 0x40
export const CWR = 0x80

export const sourcePort = (b: Uint8Array, at: number): number => u16(b, at)
export const targetPort = (b: Uint8Array, at: number): number => u16(b, at + 2)
export const sequence = (b: Uint8Array, at: number): number => i32(b, at + 4)
export const acknowledgment = (b: Uint8Array, at: number): number => i32(b, at + 8)
export const headerLength = (b: Uint8Array, at: number): number => ((b[at + 12] as number) >>> 4) << 2
export const flags = (b: Uint8Array, at: number): number => b[at + 13] as number
export const windowField = (b: Uint8Array, at: number): number => u16(b, at + 14)
export const urgentPointer = (b: Uint8Array, at: number): number => u16(b, at + 18)

export type TcpFault = 'truncated' | 'header-length' | 'checksum' | 'options'

/**
 * After `undefined` every accessor is safe for the same (b, at). `end` is the end of the IPv4 payload. `checked`: the
 * checksum is known to be right.
 */
export function check(
  b: Uint8Array, at: number, end: number, source: Ipv4, target: Ipv4, checked = false,
): TcpFault | undefined {
  const length = end - at
  if (length < TCP_HEADER_BYTES) return 'truncated'
  const header = headerLength(b, at)
  if (header < TCP_HEADER_BYTES || header > length) return 'header-length'
  const sum = checked ? 0xffff : sumWords(b, at, length, pseudoHeader(source, target, PROTOCOL_TCP, length))
  if (fold(sum) !== 0xffff) return 'checksum'
  return checkOptions(b, at + TCP_HEADER_BYTES, at + header) ? undefined : 'options'
}

/**
 * Writes the fixed header, with the sum of the pseudo-header in place of the checksum (see wire/offload.ts). `header`
 * octets of header (options stand at `at + 20` already) and the payload behind them are `length` octets together.
 */
export function writeOpen(
  b: Uint8Array, at: number, from: Ipv4, fromPort: number, to: Ipv4, toPort: number, seq: number, ack: number,
  flagBits: number, window: number, header: number, length: number,
): void {
  put16(b, at, fromPort)
  put16(b, at + 2, toPort)
  put32(b, at + 4, seq)
  put32(b, at + 8, ack)
  b[at + 12] = (header >>> 2) << 4
  b[at + 13] = flagBits
  put16(b, at + 14, window)
  put16(b, at + 16, fold(pseudoHeader(from, to, PROTOCOL_TCP, length)))
  put16(b, at + 18, 0)
}

function seal(b: Uint8Array, at: number, from: Ipv4, to: Ipv4, length: number): void {
  put16(b, at + 16, complement(sumWords(b, at, length, pseudoHeader(from, to, PROTOCOL_TCP, length))))
}

export type TcpHeader = {
  readonly sourcePort: number
  readonly targetPort: number
  /** Unsigned, as people read them. */
  readonly sequence: number
  readonly acknowledgment: number
  /** FIN, SYN, RST, PSH, ACK, URG and the two of ECN: the octet as it stands on the wire. */
  readonly flags: number
  readonly window: number
  readonly urgentPointer: number
  /** 0 to 40 octets, a multiple of 4. */
  readonly options: Uint8Array
  readonly payloadLength: number
}

export function parse(
  b: Uint8Array, at: number, end: number, source: Ipv4, target: Ipv4,
): Result<TcpHeader, TcpFault> {
  const fault = check(b, at, end, source, target)
  if (fault !== undefined) return err(fault)
  const header = headerLength(b, at)
  return ok({
    sourcePort: sourcePort(b, at),
    targetPort: targetPort(b, at),
    sequence: sequence(b, at) >>> 0,
    acknowledgment: acknowledgment(b, at) >>> 0,
    flags: flags(b, at),
    window: windowField(b, at),
    urgentPointer: urgentPointer(b, at),
    options: b.slice(at + TCP_HEADER_BYTES, at + header),
    payloadLength: end - at - header,
  })
}

/** Writes the header of a payload that stands behind it already; returns the header's length in octets. */
export function emit(h: TcpHeader, b: Uint8Array, at: number, source: Ipv4, target: Ipv4): number {
  assert(h.options.length % 4 === 0 && h.options.length <= 40, 'options fill whole words')
  const header = TCP_HEADER_BYTES + h.options.length
  const length = header + h.payloadLength
  b.set(h.options, at + TCP_HEADER_BYTES)
  writeOpen(
    b, at, source, h.sourcePort, target, h.targetPort, h.sequence, h.acknowledgment, h.flags, h.window, header, length,
  )
  put16(b, at + 18, h.urgentPointer)
  put16(b, at + 16, 0)
  seal(b, at, source, target, length)
  return header
}
