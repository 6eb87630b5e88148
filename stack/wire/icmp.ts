/**
 * ICMP messages (RFC 792).
 *    0       8      16             32
 *   | type  | code  |   checksum    |   checksum over the whole message
 *   |             rest              |   echo: identifier, sequence; parameter problem: pointer in its first octet
 *   |   data, or the start of the datagram that an error is about
 */
import { err, ok, put16, put32, u32 } from '../platform/index.ts'
import type { Result } from '../platform/index.ts'
import { complement, fold, sumWords } from './checksum.ts'

export const ICMP_HEADER_BYTES = 8
export const ECHO_REPLY = 0
export const DESTINATION_UNREACHABLE = 3
export const REDIRECT = 5
export const ECHO_REQUEST = 8
export const ROUTER_ADVERTISEMENT = 9
export const ROUTER_SOLICITATION = 10
export const TIME_EXCEEDED = 11
export const PARAMETER_PROBLEM = 12
export const TIMESTAMP_REQUEST = 13
export const TIMESTAMP_REPLY = 14
export const MASK_REQUEST = 17
export const MASK_REPLY = 18

/** Codes of destination unreachable (RFC 792, RFC 1122 §3.2.2.1). */
export const NET_UNREACHABLE = 0
export const HOST_UNREACHABLE = 1
export const PROTOCOL_UNREACHABLE = 2
export const PORT_UNREACHABLE = 3
export const FRAGMENTATION_NEEDED = 4
/** Code of redirect for one host. */
export const REDIRECT_HOST = 1
/** Codes of time exceeded: on the way; and for a datagram that was not whole in time. */
export const TTL_EXCEEDED = 0
export const REASSEMBLY_TIME_EXCEEDED = 1

export const icmpType = (b: Uint8Array, at: number): number => b[at] as number
export const icmpCode = (b: Uint8Array, at: number): number => b[at + 1] as number
export const icmpRest = (b: Uint8Array, at: number): number => u32(b, at + 4)

/** Errors, about which no error may be sent. Unknown types count as errors, to be safe (RFC 1122 §3.2.2). */
export const isQuery = (type: number): boolean =>
  type === ECHO_REQUEST || type === ECHO_REPLY || (type >= 13 && type <= 18) || type === 9 || type === 10

export type IcmpFault = 'truncated' | 'checksum'

/** After `undefined` every accessor is safe for the same message, which ends at `end`. */
export function check(b: Uint8Array, at: number, end: number): IcmpFault | undefined {
  if (end - at < ICMP_HEADER_BYTES) return 'truncated'
  return fold(sumWords(b, at, end - at, 0)) === 0xffff ? undefined : 'checksum'
}

/** Writes the header in front of `length` octets that stand at `at + 8` already. */
export function write(b: Uint8Array, at: number, type: number, code: number, rest: number, length: number): void {
  b[at] = type
  b[at + 1] = code
  put16(b, at + 2, 0)
  put32(b, at + 4, rest)
  put16(b, at + 2, complement(sumWords(b, at, ICMP_HEADER_BYTES + length, 0)))
}

export type IcmpMessage = {
  readonly type: number
  readonly code: number
  /** The second word of the header, unsigned. */
  readonly rest: number
  readonly body: Uint8Array
}

export function parse(b: Uint8Array, at: number, end: number): Result<IcmpMessage, IcmpFault> {
  const fault = check(b, at, end)
  if (fault !== undefined) return err(fault)
  return ok({ type: icmpType(b, at), code: icmpCode(b, at), rest: icmpRest(b, at), body: b.slice(at + 8, end) })
}

/** Writes the message and returns its length in octets. */
export function emit(m: IcmpMessage, b: Uint8Array, at: number): number {
  b.set(m.body, at + ICMP_HEADER_BYTES)
  write(b, at, m.type, m.code, m.rest, m.body.length)
  return ICMP_HEADER_BYTES + m.body.length
}
