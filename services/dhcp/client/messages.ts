/**
 * The client's messages in octets (RFC 2131 §4.4, tables 4 and 5; RFC 4361), and the server's answers read. Bad answers
 * are dropped with a reason, which is also the name of a counter.
 */
import { equalBytes, err, i32, ok, put16, put32, type Result } from '../../../stack/platform/index.ts'
import { BROADCAST, type Ipv4 } from '../../../stack/index.ts'
import {
  BOOT_REPLY, BOOT_REQUEST, BROADCAST_FLAG, emitMessage, ETHERNET, MESSAGE_TYPES, type MessageFault,
  messageTypeCode, parseMessage,
} from '../wire/message.ts'
import { CHADDR_BYTES, FILE_BYTES, SNAME_BYTES } from '../wire/layout.ts'
import type { ClientEvent, ClientMessage } from './state.ts'
import { readTerms, type TermsFault } from './terms.ts'

/** Who the client is. */
export type ClientIdentity = {
  readonly mac: Uint8Array
  /** Option 61 in full. */
  readonly clientId: Uint8Array
  /** Option 12: one label; undefined sends none. */
  readonly hostName: string | undefined
  /** The longest datagram that the link carries, for option 57. */
  readonly mtu: number
}

/**
 * RFC 4361 §6.1: type 255, an IAID, and the DUID of the host: here a DUID-LL (RFC 8415 §11.4) of the hardware address
 * of its first link, which stays the same over restarts. The IAID is the end of the interface's own address.
 */
export function clientIdOf(mac: Uint8Array, firstMac: Uint8Array): Uint8Array {
  const id = new Uint8Array(1 + 4 + 4 + 6)
  id[0] = 255
  id.set(mac.subarray(2, 6), 1)
  put16(id, 5, 3)
  put16(id, 7, ETHERNET)
  id.set(firstMac, 9)
  return id
}

/**
 * What we ask for, in order of importance (RFC 2132 §9.8): mask, classless routes (before routers, RFC 3442; 249 is
 * Microsoft's number for them), routers, name servers, domain, MTU, broadcast address, search list, times.
 */
const PARAMETERS = Uint8Array.of(1, 121, 249, 3, 6, 15, 26, 28, 119, 51, 54, 58, 59)

export function emitClientMessage(m: ClientMessage, who: ClientIdentity): Uint8Array {
  const options = new Map<number, Uint8Array>([[53, Uint8Array.of(messageTypeCode(m.type))], [61, who.clientId]])
  if (m.requested !== undefined) options.set(50, long(m.requested))
  if (m.server !== undefined) options.set(54, long(m.server))
  if (m.type === 'DISCOVER' || m.type === 'REQUEST') {
    const size = new Uint8Array(2)
    put16(size, 0, Math.min(who.mtu, 1500))
    options.set(57, size)
    if (who.hostName !== undefined) options.set(12, Uint8Array.from(who.hostName, c => c.charCodeAt(0)))
    options.set(55, PARAMETERS)
  }
  const chaddr = new Uint8Array(CHADDR_BYTES)
  chaddr.set(who.mac)
  return emitMessage({
    op: BOOT_REQUEST, hardwareType: ETHERNET, hardwareLength: 6, hops: 0,
    xid: m.xid, secs: m.secs,
    // Without an address of ours only a broadcast reaches us (RFC 2131 §4.1).
    flags: m.ciaddr === 0 && m.to === BROADCAST && m.type !== 'DECLINE' ? BROADCAST_FLAG : 0,
    ciaddr: m.ciaddr, yiaddr: 0, siaddr: 0, giaddr: 0,
    chaddr, sname: new Uint8Array(SNAME_BYTES), file: new Uint8Array(FILE_BYTES), options,
  })
}

/** Why a datagram to port 68 is no answer to us. */
export type AnswerFault = MessageFault | 'not-a-reply' | 'for-another' | 'no-server-message' | TermsFault

export type Answer = Extract<ClientEvent, { kind: 'offer' | 'ack' | 'nak' }>

export type BadAnswer = { readonly fault: AnswerFault; readonly server: Ipv4 | undefined; readonly message: string }

/** Reads what came to port 68. `bytes` are the caller's to keep or reuse; nothing here points into them. */
export function readAnswer(bytes: Uint8Array, who: ClientIdentity): Result<Answer, BadAnswer> {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) return err({ fault: parsed.error, server: undefined, message: '' })
  const message = parsed.value
  const bad = (fault: AnswerFault, server?: Ipv4, type = ''): Result<Answer, BadAnswer> =>
    err({ fault, server, message: type })
  if (message.op !== BOOT_REPLY) return bad('not-a-reply')
  const isOurs = message.hardwareType === ETHERNET && equalBytes(message.chaddr.subarray(0, 6), who.mac)
  if (!isOurs) return bad('for-another')
  const code = message.options.get(53)
  const type = code?.length === 1 ? MESSAGE_TYPES[(code[0] as number) - 1] : undefined
  const octets = message.options.get(54)
  const server = octets?.length === 4 ? i32(octets, 0) : undefined
  if (type === 'NAK') {
    const text = String.fromCharCode(...(message.options.get(56) ?? [])).replace(/[^\x20-\x7e]/g, '')
    return ok({ kind: 'nak', xid: message.xid, server, text })
  }
  if (type !== 'OFFER' && type !== 'ACK') return bad('no-server-message', server)
  const terms = readTerms(message)
  if (!terms.ok) return bad(terms.error, server, type)
  return ok({ kind: type === 'OFFER' ? 'offer' : 'ack', xid: message.xid, terms: terms.value })
}

function long(value: number): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, value)
  return octets
}
