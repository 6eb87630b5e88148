/**
 * ICMP in (RFC 792; RFC 1122 §3.2.2): echo requests are answered; errors go to the protocol whose datagram they quote.
 * Redirects, source quench (RFC 6633) and the queries nobody needs (RFC 6918) are counted and ignored.
 */
import type { OwnAddresses } from '../ipv4/addresses.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { ProtocolHandler, Protocols, SocketError } from '../ipv4/protocols.ts'
import type { Counters } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ip from '../wire/ipv4.ts'
import { replyToEcho } from './echo.ts'

export const ICMP_COUNTERS = [
  'received', 'truncated', 'checksum', 'echo-requests', 'echo-replies-sent', 'echo-to-broadcast', 'echo-replies',
  'errors-received', 'quote-malformed', 'quote-not-ours', 'ignored', 'errors-sent', 'error-not-allowed',
  'error-limited', 'unsent',
] as const
export type IcmpCounters = Counters<(typeof ICMP_COUNTERS)[number]>

/** Octets of a quoted datagram's payload that every error has (RFC 792): enough for the ports. */
const QUOTED_PAYLOAD_BYTES = 8

export class IcmpInput implements ProtocolHandler {
  readonly #counters: IcmpCounters
  readonly #output: Ipv4Output
  readonly #own: OwnAddresses
  readonly #protocols: Protocols

  constructor(counters: IcmpCounters, output: Ipv4Output, own: OwnAddresses, protocols: Protocols) {
    this.#counters = counters
    this.#output = output
    this.#own = own
    this.#protocols = protocols
  }

  receive(d: ReceivedDatagram): void {
    this.#counters.count('received')
    const fault = icmp.check(d.buffer, d.payloadAt, d.payloadAt + d.payloadLength)
    if (fault !== undefined) return this.#counters.count(fault)
    switch (icmp.icmpType(d.buffer, d.payloadAt)) {
      case icmp.ECHO_REQUEST: return this.#echo(d)
      case icmp.ECHO_REPLY: return this.#counters.count('echo-replies')
      case icmp.DESTINATION_UNREACHABLE:
      case icmp.TIME_EXCEEDED:
      case icmp.PARAMETER_PROBLEM: return this.#error(d)
      default: return this.#counters.count('ignored')
    }
  }

  /** An echo reply of ours did not arrive: nobody waits for that. */
  failed(): void {}

  #echo(d: ReceivedDatagram): void {
    this.#counters.count('echo-requests')
    // RFC 1122 §3.2.2.6 allows it; answering would make us an amplifier.
    if (d.broadcast || d.linkBroadcast) return this.#counters.count('echo-to-broadcast')
    this.#counters.count(replyToEcho(d, this.#output) === 0 ? 'echo-replies-sent' : 'unsent')
  }

  #error(d: ReceivedDatagram): void {
    this.#counters.count('errors-received')
    const b = d.buffer
    const at = d.payloadAt + icmp.ICMP_HEADER_BYTES
    const end = d.payloadAt + d.payloadLength
    if (!quoteIsSound(b, at, end)) return this.#counters.count('quote-malformed')
    if (!this.#own.isLocal(ip.source(b, at))) return this.#counters.count('quote-not-ours')
    const error = socketError(icmp.icmpType(b, d.payloadAt), icmp.icmpCode(b, d.payloadAt))
    this.#protocols.failed(error, b, at, end)
  }
}

/**
 * A whole header and at least 8 octets of a datagram that may be cut after them. Its checksum is not looked at: hosts
 * whose hardware computes it quote what they had in memory.
 */
function quoteIsSound(b: Uint8Array, at: number, end: number): boolean {
  if (end - at < ip.IPV4_HEADER_BYTES || (b[at] as number) >>> 4 !== 4) return false
  const header = ip.headerLength(b, at)
  if (header < ip.IPV4_HEADER_BYTES || end - at < header + QUOTED_PAYLOAD_BYTES) return false
  return ip.fragmentOffset(b, at) === 0
}

function socketError(type: number, code: number): SocketError {
  if (type === icmp.TIME_EXCEEDED) return 'EHOSTUNREACH'
  if (type !== icmp.DESTINATION_UNREACHABLE) return 'EPROTO'
  switch (code) {
    case icmp.NET_UNREACHABLE: return 'ENETUNREACH'
    case icmp.PROTOCOL_UNREACHABLE: return 'ENOPROTOOPT'
    case icmp.PORT_UNREACHABLE: return 'ECONNREFUSED'
    case icmp.FRAGMENTATION_NEEDED: return 'EMSGSIZE'
    default: return 'EHOSTUNREACH'
  }
}
