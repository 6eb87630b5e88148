/**
 * Timestamp and address mask requests (RFC 792, RFC 950), which hosts need not answer and RFC 6918 retires: answered
 * only where configured. A mask is told only to neighbours (RFC 1122 §3.2.2.9).
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { contains, maskOf } from '../address/ipv4.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import { copy, put32 } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import { PROTOCOL_ICMP } from '../wire/ipv4.ts'

/** Which of the two are answered; neither when not given. */
export type IcmpAnswers = { readonly timestamp?: boolean; readonly addressMask?: boolean }

const TIMESTAMP_BYTES = 20
const MASK_BYTES = 12
const DAY_MS = 86_400_000

/** Answers a checked timestamp request; false when it is too short or cannot be sent. */
export function replyToTimestamp(d: ReceivedDatagram, output: Ipv4Output, wallMs: number): boolean {
  if (d.payloadLength < TIMESTAMP_BYTES || d.multicast || !start(d, output, TIMESTAMP_BYTES)) return false
  const at = output.payloadAt
  copy(d.buffer, d.payloadAt + 8, output.buffer, at + 8, 4)
  put32(output.buffer, at + 12, wallMs % DAY_MS)
  put32(output.buffer, at + 16, wallMs % DAY_MS)
  icmp.write(output.buffer, at, icmp.TIMESTAMP_REPLY, 0, icmp.icmpRest(d.buffer, d.payloadAt), TIMESTAMP_BYTES - 8)
  return output.commit() === 0
}

/** Answers a checked address mask request of a neighbour; false when it is none or cannot be sent. */
export function replyToMask(d: ReceivedDatagram, output: Ipv4Output): boolean {
  const mask = maskFor(d)
  if (d.payloadLength < MASK_BYTES || d.multicast || mask === undefined || !start(d, output, MASK_BYTES)) return false
  put32(output.buffer, output.payloadAt + 8, mask)
  icmp.write(output.buffer, output.payloadAt, icmp.MASK_REPLY, 0, icmp.icmpRest(d.buffer, d.payloadAt), 4)
  return output.commit() === 0
}

const start = (d: ReceivedDatagram, output: Ipv4Output, length: number): boolean =>
  output.begin(d.source, d.target, PROTOCOL_ICMP, length, DEFAULT_TTL, undefined, false) === 0

function maskFor(d: ReceivedDatagram): Ipv4 | undefined {
  const shared = d.iface.addresses.find(({ prefix }) => contains(prefix, d.source))
  return shared === undefined ? undefined : maskOf(shared.prefix.length)
}
