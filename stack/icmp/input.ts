/**
 * ICMP in (RFC 792; RFC 1122 §3.2.2): echo requests are answered; errors go to the protocol whose datagram they quote.
 * Redirects make routes; source quench (RFC 6633) is counted and ignored, as
 * are the queries that nobody needs (RFC 6918) unless configured.
 */
import type { OwnAddresses } from '../ipv4/addresses.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { ProtocolHandler, Protocols, SocketError } from '../ipv4/protocols.ts'
import type { PathMtus } from '../ipv4/path-mtu.ts'
import type { Clock, Counters } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import * as ip from '../wire/ipv4.ts'
import { record, recordedOptions } from '../ipv4/options.ts'
import type { Forwarder } from '../ipv4/forward.ts'
import { replyToEcho } from './echo.ts'
import { replyToMask, replyToTimestamp } from './queries.ts'
import type { IcmpAnswers } from './queries.ts'
import type { Redirects } from './redirect.ts'
import type { RouterDiscovery } from './router-discovery.ts'

export const ICMP_COUNTERS = [
  'received', 'truncated', 'checksum', 'echo-requests', 'echo-replies-sent', 'echo-to-broadcast', 'echo-replies',
  'errors-received', 'quote-malformed', 'quote-not-ours', 'ignored', 'errors-sent', 'error-not-allowed',
  'error-limited', 'unsent', 'path-mtu-learnt', 'path-mtu-ignored', 'redirects-followed',
  'redirects-ignored', 'router-discovery', 'queries-answered',
] as const
export type IcmpCounters = Counters<(typeof ICMP_COUNTERS)[number]>

/** Octets of a quoted datagram's payload that every error has (RFC 792): enough for the ports. */
const QUOTED_PAYLOAD_BYTES = 8

export type IcmpInputParts = {
  readonly counters: IcmpCounters
  readonly output: Ipv4Output
  readonly own: OwnAddresses
  readonly protocols: Protocols
  readonly pathMtus: PathMtus
  readonly clock: Clock
  readonly forwarder: Forwarder
  readonly redirects: Redirects
  readonly discovery: RouterDiscovery
  readonly answers: IcmpAnswers
}

export class IcmpInput implements ProtocolHandler {
  readonly #counters: IcmpCounters
  readonly #output: Ipv4Output
  readonly #own: OwnAddresses
  readonly #protocols: Protocols
  readonly #pathMtus: PathMtus
  readonly #clock: Clock
  readonly #forwarder: Forwarder
  readonly #redirects: Redirects
  readonly #discovery: RouterDiscovery
  readonly #answers: IcmpAnswers

  constructor(parts: IcmpInputParts) {
    this.#counters = parts.counters
    this.#output = parts.output
    this.#own = parts.own
    this.#protocols = parts.protocols
    this.#pathMtus = parts.pathMtus
    this.#clock = parts.clock
    this.#forwarder = parts.forwarder
    this.#redirects = parts.redirects
    this.#discovery = parts.discovery
    this.#answers = parts.answers
  }

  receive(d: ReceivedDatagram): void {
    this.#counters.count('received')
    const fault = icmp.check(d.buffer, d.payloadAt, d.payloadAt + d.payloadLength)
    if (fault !== undefined) return this.#counters.count(fault)
    switch (icmp.icmpType(d.buffer, d.payloadAt)) {
      case icmp.ECHO_REQUEST: return this.#echo(d)
      case icmp.ECHO_REPLY: return this.#counters.count('echo-replies')
      case icmp.TIMESTAMP_REQUEST:
      case icmp.MASK_REQUEST: return this.#oldQuery(d)
      case icmp.ROUTER_ADVERTISEMENT: return this.#countDiscovery(this.#discovery.heardAdvertisement(d))
      case icmp.ROUTER_SOLICITATION: return this.#countDiscovery(this.#discovery.heardSolicitation(d))
      case icmp.REDIRECT: return this.#redirect(d)
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
    this.#counters.count(this.#reply(d) === 0 ? 'echo-replies-sent' : 'unsent')
  }

  #countDiscovery(used: boolean): void {
    this.#counters.count(used ? 'router-discovery' : 'ignored')
  }

  #oldQuery(d: ReceivedDatagram): void {
    const timestamp = icmp.icmpType(d.buffer, d.payloadAt) === icmp.TIMESTAMP_REQUEST
    const wanted = timestamp ? this.#answers.timestamp : this.#answers.addressMask
    // RFC 1122 §3.2.2.8: one to a broadcast address may be dropped in silence.
    if (wanted !== true || d.broadcast || d.linkBroadcast) return this.#counters.count('ignored')
    const sent = timestamp
      ? replyToTimestamp(d, this.#output, this.#clock.wallMs())
      : replyToMask(d, this.#output)
    this.#counters.count(sent ? 'queries-answered' : 'unsent')
  }

  /** RFC 1122 §3.2.2.2; a router decides for itself. */
  #redirect(d: ReceivedDatagram): void {
    const b = d.buffer
    const at = d.payloadAt + icmp.ICMP_HEADER_BYTES
    const end = d.payloadAt + d.payloadLength
    if (!quoteIsSound(b, at, end)) return this.#counters.count('quote-malformed')
    const gateway = icmp.icmpRest(b, d.payloadAt) | 0
    const followed = !this.#forwarder.enabled && this.#own.isLocal(ip.source(b, at)) &&
      this.#protocols.owns(b, at, end) && this.#redirects.follow(d, gateway, ip.target(b, at))
    this.#counters.count(followed ? 'redirects-followed' : 'redirects-ignored')
  }

  /** RFC 1122 §3.2.2.6: a recorded route, and times, come back with our own in them. */
  #reply(d: ReceivedDatagram): number {
    const options = recordedOptions(d.buffer, d.at)
    if (options !== undefined) {
      record(options, 0, options.length, {
        address: d.target,
        isOwn: (address) => this.#own.has(address),
        wallMs: this.#clock.wallMs(),
      })
    }
    // RFC 1349 §5.1; ECN is between the ends of a transport only.
    this.#output.prepare(false, options, (d.buffer[d.at + 1] as number) & ~ip.ECN_CE)
    return replyToEcho(d, this.#output)
  }

  /** RFC 1191 §6.3; believed only about a datagram that we sent (RFC 5927 §7). */
  #pathIsNarrower(b: Uint8Array, message: number, at: number, end: number): void {
    const target = ip.target(b, at)
    const linkMtu = this.#output.mtuTo(target)
    const said = icmp.icmpRest(b, message) & 0xffff
    const believed = this.#protocols.owns(b, at, end) &&
      this.#pathMtus.learn(target, linkMtu, said, ip.totalLength(b, at), ip.headerLength(b, at))
    this.#counters.count(believed ? 'path-mtu-learnt' : 'path-mtu-ignored')
  }

  #error(d: ReceivedDatagram): void {
    this.#counters.count('errors-received')
    const b = d.buffer
    const at = d.payloadAt + icmp.ICMP_HEADER_BYTES
    const end = d.payloadAt + d.payloadLength
    if (!quoteIsSound(b, at, end)) return this.#counters.count('quote-malformed')
    if (!this.#own.isLocal(ip.source(b, at))) return this.#counters.count('quote-not-ours')
    if (isFragmentationNeeded(b, d.payloadAt)) this.#pathIsNarrower(b, d.payloadAt, at, end)
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

const isFragmentationNeeded = (b: Uint8Array, at: number): boolean =>
  icmp.icmpType(b, at) === icmp.DESTINATION_UNREACHABLE && icmp.icmpCode(b, at) === icmp.FRAGMENTATION_NEEDED

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
