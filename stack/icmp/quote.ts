/** The datagram of ours that an ICMP error quotes (RFC 792), as ping and traceroute look for it. */
import type { Ipv4 } from '../address/ipv4.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import { u16 } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ip from '../wire/ipv4.ts'

export type Quote = {
  /** Of the error. */
  readonly type: number
  readonly code: number
  /** Of the next hop, with 'fragmentation needed' (RFC 1191 §4); 0 when not said. */
  readonly mtu: number
  readonly protocol: number
  readonly target: Ipv4
  /** The first octets of the quoted datagram's payload, at least 8. */
  readonly payload: Uint8Array
}

const ERRORS: readonly number[] = [icmp.DESTINATION_UNREACHABLE, icmp.TIME_EXCEEDED, icmp.PARAMETER_PROBLEM]

/** What is quoted from `at`, when it is a header and 8 octets at least. */
export function quoteAt(
  b: Uint8Array,
  at: number,
  end: number,
  type: number,
  code: number,
  mtu = 0,
): Quote | undefined {
  if (end - at < ip.IPV4_HEADER_BYTES) return undefined
  const payloadAt = at + ip.headerLength(b, at)
  if (end - payloadAt < 8 || ip.fragmentOffset(b, at) !== 0) return undefined
  return {
    type,
    code,
    mtu,
    protocol: ip.protocol(b, at),
    target: ip.target(b, at),
    payload: b.subarray(payloadAt, end),
  }
}

/** Undefined unless `d` is an ICMP error that is sound. */
export function quoted(d: ReceivedDatagram): Quote | undefined {
  if (d.protocol !== ip.PROTOCOL_ICMP) return undefined
  const end = d.payloadAt + d.payloadLength
  if (icmp.check(d.buffer, d.payloadAt, end) !== undefined) return undefined
  const type = icmp.icmpType(d.buffer, d.payloadAt)
  if (!ERRORS.includes(type)) return undefined
  const code = icmp.icmpCode(d.buffer, d.payloadAt)
  const tooBig = type === icmp.DESTINATION_UNREACHABLE && code === icmp.FRAGMENTATION_NEEDED
  const mtu = tooBig ? u16(d.buffer, d.payloadAt + 6) : 0
  return quoteAt(d.buffer, d.payloadAt + icmp.ICMP_HEADER_BYTES, end, type, code, mtu)
}

/** The sequence number of an echo request of ours with this identifier; undefined for anything else. */
export function quotedEcho(quote: Quote, target: Ipv4, identifier: number): number | undefined {
  const ours = quote.protocol === ip.PROTOCOL_ICMP && quote.target === target &&
    quote.payload[0] === icmp.ECHO_REQUEST && u16(quote.payload, 4) === identifier
  return ours ? u16(quote.payload, 6) : undefined
}

/** The sequence number of an echo reply to us from `target` with this identifier; undefined for anything else. */
export function echoReply(d: ReceivedDatagram, target: Ipv4, identifier: number): number | undefined {
  if (d.protocol !== ip.PROTOCOL_ICMP || d.source !== target) return undefined
  if (icmp.check(d.buffer, d.payloadAt, d.payloadAt + d.payloadLength) !== undefined) return undefined
  const ours = icmp.icmpType(d.buffer, d.payloadAt) === icmp.ECHO_REPLY && u16(d.buffer, d.payloadAt + 4) === identifier
  return ours ? u16(d.buffer, d.payloadAt + 6) : undefined
}
