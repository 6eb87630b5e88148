/**
 * DHCPv4 messages (RFC 2131 §2, RFC 951 §3): a fixed part of 236 octets, the magic cookie, options.
 *
 *     0   op (1 request, 2 reply) · htype · hlen · hops
 *     4   xid
 *     8   secs (16) · flags (16, bit 15 is BROADCAST)
 *    12   ciaddr   client's address, when it can answer ARP for it
 *    16   yiaddr   "your" address
 *    20   siaddr   next server in bootstrap
 *    24   giaddr   relay agent
 *    28   chaddr   16 octets, hlen of them used
 *    44   sname    64 octets, text or options (option 52)
 *   108   file    128 octets, text or options
 *   236   99.130.83.99
 *   240   options
 */
import { err, i32, ok, put16, put32, u16, u32, u8 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import {
  CHADDR_AT,
  CHADDR_BYTES,
  COOKIE_AT,
  FILE_AT,
  FILE_BYTES,
  OPTIONS_AT,
  SNAME_AT,
  SNAME_BYTES,
  XID_AT,
} from './layout.ts'
import { appendOption, optionBytes, scanOptions } from './options.ts'
import type { RawOptions } from './options.ts'

export const SERVER_PORT = 67
export const CLIENT_PORT = 68
/** Where PXE firmware asks a boot server (PXE 2.1 §2.2.4). */
export const BOOT_SERVER_PORT = 4011
export const MAGIC_COOKIE = 0x6382_5363
export const BROADCAST_FLAG = 0x8000
export const BOOT_REQUEST = 1
export const BOOT_REPLY = 2
export const ETHERNET = 1
/** RFC 951 §3 and RFC 1542 §2.1: some relays and clients refuse less. */
export const MIN_MESSAGE_BYTES = 300
/** More than any client sends (they keep to 576 or the MTU), small enough to copy without thought. */
export const MAX_MESSAGE_BYTES = 4096

/** By value of option 53: RFC 2132 §9.6, RFC 3203 §3, RFC 4388 §6.1, RFC 6926 §6.2.1. */
export const MESSAGE_TYPES = [
  'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM',
  'FORCERENEW', 'LEASEQUERY', 'LEASEUNASSIGNED', 'LEASEUNKNOWN', 'LEASEACTIVE', 'BULKLEASEQUERY', 'LEASEQUERYDONE',
] as const
export type MessageType = (typeof MESSAGE_TYPES)[number]
export const messageTypeCode = (type: MessageType): number => MESSAGE_TYPES.indexOf(type) + 1

const NO_OPTIONS: RawOptions = new Map()

export type DhcpMessage = {
  readonly op: number
  readonly hardwareType: number
  readonly hardwareLength: number
  readonly hops: number
  readonly xid: number
  readonly secs: number
  readonly flags: number
  readonly ciaddr: Ipv4
  readonly yiaddr: Ipv4
  readonly siaddr: Ipv4
  readonly giaddr: Ipv4
  /** All 16 octets. */
  readonly chaddr: Uint8Array
  /** All 64 and 128 octets, also when they hold options. */
  readonly sname: Uint8Array
  readonly file: Uint8Array
  /** From the options, file and sname fields, joined as RFC 3396 says. */
  readonly options: RawOptions
}

/** Why octets are no DHCP message; each is also a counter of the server. */
export type MessageFault = 'truncated' | 'over-long' | 'bad-op' | 'bad-cookie' | 'option-overrun'

/**
 * Reads one message of exactly `b`, of DHCP or of BOOTP, which has no options or none that is 53. The record's arrays are views of `b`: hand in a copy when it is to be kept.
 * Option values are not judged here, only where they lie.
 */
export function parseMessage(b: Uint8Array): Result<DhcpMessage, MessageFault> {
  if (b.length < OPTIONS_AT) return err('truncated')
  if (b.length > MAX_MESSAGE_BYTES) return err('over-long')
  const op = u8(b, 0)
  if (op !== BOOT_REQUEST && op !== BOOT_REPLY) return err('bad-op')
  const cookie = u32(b, COOKIE_AT)
  // RFC 951 §3: a vendor field that is not used begins with zeros.
  if (cookie !== MAGIC_COOKIE && cookie !== 0) return err('bad-cookie')
  const options = cookie === 0 ? NO_OPTIONS : scanOptions(b)
  if (options === undefined) return err('option-overrun')
  return ok({
    op,
    hardwareType: u8(b, 1),
    hardwareLength: u8(b, 2),
    hops: u8(b, 3),
    xid: u32(b, XID_AT),
    secs: u16(b, 8),
    flags: u16(b, 10),
    ciaddr: i32(b, 12),
    yiaddr: i32(b, 16),
    siaddr: i32(b, 20),
    giaddr: i32(b, 24),
    chaddr: b.subarray(CHADDR_AT, SNAME_AT),
    sname: b.subarray(SNAME_AT, FILE_AT),
    file: b.subarray(FILE_AT, COOKIE_AT),
    options,
  })
}

/** What emitHeader writes; all but sname and file, which it clears. */
export type DhcpHeader = Omit<DhcpMessage, 'sname' | 'file' | 'options'>

/** Writes the fixed part and the cookie at the start of `b`, which has room for OPTIONS_AT octets at least. */
export function emitHeader(h: DhcpHeader, b: Uint8Array): void {
  b.fill(0, 0, OPTIONS_AT)
  b[0] = h.op
  b[1] = h.hardwareType
  b[2] = h.hardwareLength
  b[3] = h.hops
  put32(b, XID_AT, h.xid)
  put16(b, 8, h.secs)
  put16(b, 10, h.flags)
  put32(b, 12, h.ciaddr)
  put32(b, 16, h.yiaddr)
  put32(b, 20, h.siaddr)
  put32(b, 24, h.giaddr)
  b.set(h.chaddr.length > CHADDR_BYTES ? h.chaddr.subarray(0, CHADDR_BYTES) : h.chaddr, CHADDR_AT)
  put32(b, COOKIE_AT, MAGIC_COOKIE)
}

/**
 * A whole message in an array of its own, for clients and tests: options in the map's order, longer ones split in
 * instances (RFC 3396 §5), the end option, zeros up to 300 octets.
 */
export function emitMessage(m: DhcpMessage): Uint8Array {
  let bytes = OPTIONS_AT + 1
  for (const value of m.options.values()) bytes += optionBytes(value)
  const b = new Uint8Array(Math.max(bytes, MIN_MESSAGE_BYTES))
  emitHeader(m, b)
  b.set(m.sname.subarray(0, SNAME_BYTES), SNAME_AT)
  b.set(m.file.subarray(0, FILE_BYTES), FILE_AT)
  let at = OPTIONS_AT
  for (const [code, value] of m.options) at = appendOption(b, at, code, value)
  b[at] = 255
  return b
}
