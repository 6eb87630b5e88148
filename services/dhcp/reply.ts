/**
 * Replies: where they go (RFC 2131 §4.1), their fixed fields (table 3), and how their options are laid out in the room
 * that the client allows (RFC 2131 §4.1, RFC 2132 §9.3 option overload).
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { DhcpMessage } from './wire/message.ts'
import { BOOT_REPLY, BROADCAST_FLAG, MIN_MESSAGE_BYTES, SERVER_PORT, emitHeader } from './wire/message.ts'
import { COOKIE_AT, FILE_AT, FILE_BYTES, OPTIONS_AT, SNAME_AT, SNAME_BYTES } from './wire/layout.ts'
import { END, appendOption, optionBytes } from './wire/options.ts'
import { asksForSourcePort } from './wire/relay-information.ts'

export type ReplyDestination =
  /** The relay agent, port 67 unless it asked for another (RFC 8357). */
  | { readonly kind: 'relay'; readonly address: Ipv4; readonly port?: number }
  /** The client's own address, port 68, resolved by ARP. */
  | { readonly kind: 'unicast'; readonly address: Ipv4 }
  /** The address just given, straight to the hardware address: the client cannot answer ARP yet. Port 68. */
  | { readonly kind: 'link'; readonly address: Ipv4; readonly mac: Uint8Array }
  /** A boot client that asked on port 4011: from there, to the port that it asked from. */
  | { readonly kind: 'boot-client'; readonly address: Ipv4; readonly port: number }
  /** 255.255.255.255, port 68. */
  | { readonly kind: 'broadcast' }

export type ReplyType = 'OFFER' | 'ACK' | 'NAK'

const BROADCAST_REPLY: ReplyDestination = { kind: 'broadcast' }

/** RFC 2131 §4.1, in the order of its sentences. `yiaddr` is that of the reply, `from` the port of the request. */
export function replyDestination(type: ReplyType, request: DhcpMessage, yiaddr: Ipv4, from: number): ReplyDestination {
  if (request.giaddr !== 0) {
    const relay = { kind: 'relay', address: request.giaddr } as const
    return from !== SERVER_PORT && asksForSourcePort(request.options) ? { ...relay, port: from } : relay
  }
  if (type === 'NAK') return BROADCAST_REPLY
  if (request.ciaddr !== 0) return { kind: 'unicast', address: request.ciaddr }
  if ((request.flags & BROADCAST_FLAG) !== 0) return BROADCAST_REPLY
  return { kind: 'link', address: yiaddr, mac: request.chaddr.subarray(0, 6) }
}

/** siaddr, sname and file of a reply: from where the client boots (RFC 951 §3). 0 and '' leave a field empty. */
export type ReplyBoot = { readonly nextServer: Ipv4; readonly serverName: string; readonly bootFile: string }
const NO_BOOT: ReplyBoot = { nextServer: 0, serverName: '', bootFile: '' }

/** Writes the fixed part of a reply to `request` (RFC 2131 table 3). A NAK names nothing to boot from. */
export function emitReplyHeader(
  type: ReplyType,
  request: DhcpMessage,
  yiaddr: Ipv4,
  out: Uint8Array,
  boot: ReplyBoot = NO_BOOT,
): void {
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
      siaddr: boot.nextServer,
      giaddr: request.giaddr,
      chaddr: request.chaddr,
    },
    out,
  )
  putText(out, SNAME_AT, SNAME_BYTES, boot.serverName)
  putText(out, FILE_AT, FILE_BYTES, boot.bootFile)
}

/** A text with its final NUL; one that is too long is left to options 66 and 67 (bootOptions). */
function putText(out: Uint8Array, at: number, room: number, text: string): void {
  if (text.length < room) for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
}

const NO_OPTIONS: readonly OutgoingOption[] = []
const TFTP_SERVER_NAME = 66
const BOOT_FILE_NAME = 67

/** Options 66 and 67 for names that are too long for their fields (RFC 2132 §9.4, §9.5). */
export function bootOptions({ serverName, bootFile }: ReplyBoot): readonly OutgoingOption[] {
  if (serverName.length < SNAME_BYTES && bootFile.length < FILE_BYTES) return NO_OPTIONS
  const options: OutgoingOption[] = []
  if (serverName.length >= SNAME_BYTES) options.push([TFTP_SERVER_NAME, ascii(serverName)])
  if (bootFile.length >= FILE_BYTES) options.push([BOOT_FILE_NAME, ascii(bootFile)])
  return options
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))

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

/** What fits a BOOTP reply: 300 octets, of which 64 are the vendor field with its cookie (RFC 951 §3, RFC 1542 §2.1). */
export const BOOTP_LIMIT = MIN_MESSAGE_BYTES

export type OutgoingOption = readonly [code: number, value: Uint8Array]

const OVERLOAD = 52
const OVERLOAD_BYTES = 3

/**
 * Writes the options behind a header that is in place: in the given order, what does not fit the options field goes to
 * the file field, then to sname, where they are empty, each option whole (RFC 2131 §4.1). `last` (option 82) ends the
 * options field, as RFC 3046 §2.2 wants. `mayOverload` is false for a client that knows no option 52, as one of BOOTP.
 * Returns the message's length; codes for which there was no room are pushed on `left`.
 */
export function layOut(
  out: Uint8Array,
  options: readonly OutgoingOption[],
  last: OutgoingOption | undefined,
  limit: number,
  left: number[],
  mayOverload = true,
): number {
  const reserved = 1 + (last === undefined ? 0 : optionBytes(last[1]))
  let bytes = OPTIONS_AT + reserved
  for (const option of options) bytes += optionBytes(option[1])
  let at = OPTIONS_AT
  if (bytes <= limit) for (const option of options) at = appendOption(out, at, option[0], option[1])
  else at = spread(out, options, limit - reserved, left, mayOverload)
  if (last !== undefined) at = appendOption(out, at, last[0], last[1])
  out[at++] = END
  // RFC 1542 §2.1: some relays and clients drop what is shorter than BOOTP's 300 octets.
  if (at < MIN_MESSAGE_BYTES) out.fill(0, at, MIN_MESSAGE_BYTES)
  return Math.max(at, MIN_MESSAGE_BYTES)
}

/** Uses the file and sname fields too. Returns where the options field has got to. */
function spread(
  out: Uint8Array,
  options: readonly OutgoingOption[],
  end: number,
  left: number[],
  mayOverload: boolean,
): number {
  let at = OPTIONS_AT
  let fileAt = FILE_AT
  let snameAt = SNAME_AT
  // A field that holds a name cannot hold options.
  const fileEnd = mayOverload && out[FILE_AT] === 0 ? COOKIE_AT : FILE_AT
  const snameEnd = mayOverload && out[SNAME_AT] === 0 ? FILE_AT : SNAME_AT
  const mainEnd = mayOverload ? end - OVERLOAD_BYTES : end
  for (const [code, value] of options) {
    const bytes = optionBytes(value)
    // One octet of each field is for its end option.
    if (at + bytes <= mainEnd) at = appendOption(out, at, code, value)
    else if (fileAt + bytes < fileEnd) fileAt = appendOption(out, fileAt, code, value)
    else if (snameAt + bytes < snameEnd) snameAt = appendOption(out, snameAt, code, value)
    else left.push(code)
  }
  const overload = (fileAt > FILE_AT ? 1 : 0) | (snameAt > SNAME_AT ? 2 : 0)
  if (overload === 0) return at
  if (fileAt > FILE_AT) out[fileAt] = END
  if (snameAt > SNAME_AT) out[snameAt] = END
  return appendOption(out, at, OVERLOAD, Uint8Array.of(overload))
}
