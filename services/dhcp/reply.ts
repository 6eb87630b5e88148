/**
 * Replies: where they go (RFC 2131 §4.1), their fixed fields (table 3), and how their options are laid out in the room
 * that the client allows (RFC 2131 §4.1, RFC 2132 §9.3 option overload).
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { DhcpMessage } from './wire/message.ts'
import { BOOT_REPLY, BROADCAST_FLAG, MIN_MESSAGE_BYTES, emitHeader } from './wire/message.ts'
import { COOKIE_AT, FILE_AT, OPTIONS_AT, SNAME_AT } from './wire/layout.ts'
import { END, appendOption, optionBytes } from './wire/options.ts'

export type ReplyDestination =
  /** The relay agent, port 67. */
  | { readonly kind: 'relay'; readonly address: Ipv4 }
  /** The client's own address, port 68, resolved by ARP. */
  | { readonly kind: 'unicast'; readonly address: Ipv4 }
  /** The address just given, straight to the hardware address: the client cannot answer ARP yet. Port 68. */
  | { readonly kind: 'link'; readonly address: Ipv4; readonly mac: Uint8Array }
  /** 255.255.255.255, port 68. */
  | { readonly kind: 'broadcast' }

export type ReplyType = 'OFFER' | 'ACK' | 'NAK'

const BROADCAST_REPLY: ReplyDestination = { kind: 'broadcast' }

/** RFC 2131 §4.1, in the order of its sentences. `yiaddr` is that of the reply. */
export function replyDestination(type: ReplyType, request: DhcpMessage, yiaddr: Ipv4): ReplyDestination {
  if (request.giaddr !== 0) return { kind: 'relay', address: request.giaddr }
  if (type === 'NAK') return BROADCAST_REPLY
  if (request.ciaddr !== 0) return { kind: 'unicast', address: request.ciaddr }
  if ((request.flags & BROADCAST_FLAG) !== 0) return BROADCAST_REPLY
  return { kind: 'link', address: yiaddr, mac: request.chaddr.subarray(0, 6) }
}

/** Writes the fixed part of a reply to `request` (RFC 2131 table 3). */
export function emitReplyHeader(type: ReplyType, request: DhcpMessage, yiaddr: Ipv4, out: Uint8Array): void {
  // §4.3.2: a relay must broadcast a NAK, because the client may have no usable address.
  const flags = type === 'NAK' && request.giaddr !== 0 ? request.flags | BROADCAST_FLAG : request.flags
  emitHeader(
    {
      op: BOOT_REPLY,
      hardwareType: request.hardwareType,
      hardwareLength: request.hardwareLength,
      hops: 0,
      xid: request.xid,
      secs: 0,
      flags,
      ciaddr: type === 'ACK' ? request.ciaddr : 0,
      yiaddr,
      siaddr: 0,
      giaddr: request.giaddr,
      chaddr: request.chaddr,
    },
    out,
  )
}

/**
 * IPv4 header without options, and UDP header: the 576 octets of RFC 2131 §2 are a datagram's, so option 57 counts
 * them.
 */
const HEADERS_BYTES = 28
/** What every client must accept (RFC 2131 §2), and what fits an Ethernet frame unfragmented. */
const LEAST_DATAGRAM_BYTES = 576
const MOST_DATAGRAM_BYTES = 1500
/** The longest reply. */
export const MAX_REPLY_BYTES = MOST_DATAGRAM_BYTES - HEADERS_BYTES

/** Octets that a reply may have to a client that sent this option 57. */
export const replyLimit = (maxMessageBytes: number | undefined): number =>
  Math.min(Math.max(maxMessageBytes ?? LEAST_DATAGRAM_BYTES, LEAST_DATAGRAM_BYTES), MOST_DATAGRAM_BYTES) - HEADERS_BYTES

export type OutgoingOption = readonly [code: number, value: Uint8Array]

const OVERLOAD = 52
const OVERLOAD_BYTES = 3

/**
 * Writes the options behind a header that is in place: in the given order, what does not fit the options field goes to
 * the file field, then to sname, each option whole (RFC 2131 §4.1). `last` (option 82) ends the options field, as
 * RFC 3046 §2.2 wants. Returns the message's length; codes for which there was no room are pushed on `left`.
 */
export function layOut(
  out: Uint8Array,
  options: readonly OutgoingOption[],
  last: OutgoingOption | undefined,
  limit: number,
  left: number[],
): number {
  const reserved = 1 + (last === undefined ? 0 : optionBytes(last[1]))
  let bytes = OPTIONS_AT + reserved
  for (const option of options) bytes += optionBytes(option[1])
  let at = OPTIONS_AT
  if (bytes <= limit) for (const option of options) at = appendOption(out, at, option[0], option[1])
  else at = spread(out, options, limit - reserved, left)
  if (last !== undefined) at = appendOption(out, at, last[0], last[1])
  out[at++] = END
  // RFC 1542 §2.1: some relays and clients drop what is shorter than BOOTP's 300 octets.
  if (at < MIN_MESSAGE_BYTES) out.fill(0, at, MIN_MESSAGE_BYTES)
  return Math.max(at, MIN_MESSAGE_BYTES)
}

/** Uses the file and sname fields too. Returns where the options field has got to. */
function spread(out: Uint8Array, options: readonly OutgoingOption[], end: number, left: number[]): number {
  let at = OPTIONS_AT
  let fileAt = FILE_AT
  let snameAt = SNAME_AT
  const mainEnd = end - OVERLOAD_BYTES
  for (const [code, value] of options) {
    const bytes = optionBytes(value)
    // One octet of each field is for its end option.
    if (at + bytes <= mainEnd) at = appendOption(out, at, code, value)
    else if (fileAt + bytes < COOKIE_AT) fileAt = appendOption(out, fileAt, code, value)
    else if (snameAt + bytes < FILE_AT) snameAt = appendOption(out, snameAt, code, value)
    else left.push(code)
  }
  const overload = (fileAt > FILE_AT ? 1 : 0) | (snameAt > SNAME_AT ? 2 : 0)
  if (overload === 0) return at
  if (fileAt > FILE_AT) out[fileAt] = END
  if (snameAt > SNAME_AT) out[snameAt] = END
  return appendOption(out, at, OVERLOAD, Uint8Array.of(overload))
}
