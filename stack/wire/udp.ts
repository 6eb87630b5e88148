/**
 * HOT PATH. UDP header (RFC 768).
 *    0              16             32
 *   |  source port  |  target port  |
 *   |    length     |   checksum    |   length counts these 8 octets too; checksum 0 means none was computed
 * Watched by test/bench/micro/udp-echo.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { err, ok, put16, u16 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { complement, fold, pseudoHeader, sumWords } from './checksum.ts'
import { PROTOCOL_UDP } from './ipv4.ts'

export const UDP_HEADER_BYTES = 8

export const sourcePort = (b: Uint8Array, at: number): number => u16(b, at)
export const targetPort = (b: Uint8Array, at: number): number => u16(b, at + 2)
export const udpLength = (b: Uint8Array, at: number): number => u16(b, at + 4)
export const udpChecksum = (b: Uint8Array, at: number): number => u16(b, at + 6)

export type UdpFault = 'truncated' | 'length' | 'checksum'

/**
 * After `undefined` every accessor is safe. `end` is the end of the IPv4 payload; octets after the length are ignored.
 * `checked`: the checksum is known to be right.
 */
export function check(
  b: Uint8Array, at: number, end: number, source: Ipv4, target: Ipv4, checked = false,
): UdpFault | undefined {
  if (end - at < UDP_HEADER_BYTES) return 'truncated'
  const length = udpLength(b, at)
  if (length < UDP_HEADER_BYTES || length > end - at) return 'length'
  if (checked || udpChecksum(b, at) === 0) return undefined
  const sum = sumWords(b, at, length, pseudoHeader(source, target, PROTOCOL_UDP, length))
  return fold(sum) === 0xffff ? undefined : 'checksum'
}

/**
 * Writes the header in front of `length` octets of payload that stand at `at + 8` already. RFC 768: a sum of 0 is sent
 * as 0xffff.
 */
export function write(
  b: Uint8Array,
  at: number,
  from: Ipv4,
  fromPort: number,
  to: Ipv4,
  toPort: number,
  length: number,
): void {
  const total = length + UDP_HEADER_BYTES
  put16(b, at, fromPort)
  put16(b, at + 2, toPort)
  put16(b, at + 4, total)
  const seed = pseudoHeader(from, to, PROTOCOL_UDP, total) + fromPort + toPort + total
  const sum = complement(sumWords(b, at + UDP_HEADER_BYTES, length, seed))
  put16(b, at + 6, sum === 0 ? 0xffff : sum)
}

export type UdpHeader = { readonly sourcePort: number; readonly targetPort: number; readonly payloadLength: number }

export function parse(
  b: Uint8Array,
  at: number,
  end: number,
  source: Ipv4,
  target: Ipv4,
): Result<UdpHeader, UdpFault> {
  const fault = check(b, at, end, source, target)
  if (fault !== undefined) return err(fault)
  return ok({
    sourcePort: sourcePort(b, at),
    targetPort: targetPort(b, at),
    payloadLength: udpLength(b, at) - UDP_HEADER_BYTES,
  })
}

/** Writes the header in front of the payload that stands at `at + 8` already. */
export function emit(h: UdpHeader, b: Uint8Array, at: number, source: Ipv4, target: Ipv4): void {
  write(b, at, source, h.sourcePort, target, h.targetPort, h.payloadLength)
}
