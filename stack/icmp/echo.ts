/** Echo replies (RFC 792; RFC 1122 §3.2.2.6): the request's data, of any length, from the address that was asked. */
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import { copy } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import { PROTOCOL_ICMP } from '../wire/ipv4.ts'

/** Answers a checked request. 0 or a SEND_FAULT. */
export function replyToEcho(d: ReceivedDatagram, output: Ipv4Output): number {
  const fault = output.begin(d.source, d.target, PROTOCOL_ICMP, d.payloadLength, DEFAULT_TTL, undefined, false)
  if (fault !== 0) return fault
  const at = output.payloadAt
  const bodyAt = d.payloadAt + icmp.ICMP_HEADER_BYTES
  const bodyLength = d.payloadLength - icmp.ICMP_HEADER_BYTES
  copy(d.buffer, bodyAt, output.buffer, at + icmp.ICMP_HEADER_BYTES, bodyLength)
  icmp.write(output.buffer, at, icmp.ECHO_REPLY, 0, icmp.icmpRest(d.buffer, d.payloadAt), bodyLength)
  return output.commit()
}
