/**
 * ICMP errors out (RFC 792; RFC 1122 §3.2.2; RFC 1812 §4.3.2): whether one may be sent about a datagram, how often, and
 * how much of the datagram it quotes.
 */
import { isUnicast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { DatagramErrors, ForwardErrors } from '../ipv4/protocols.ts'
import type { OwnAddresses } from '../ipv4/addresses.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import { copy, put16, TokenBucket } from '../platform/index.ts'
import type { Clock } from '../platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../wire/ethernet.ts'
import * as icmp from '../wire/icmp.ts'
import * as ip from '../wire/ipv4.ts'
import { checksumField, checksumStart, isOpen, openChecksum } from '../wire/offload.ts'
import type { IcmpCounters } from './input.ts'

/** RFC 1812 §4.3.2.3: the error is to be no longer than 576 octets in all. */
const ERROR_DATAGRAM_BYTES = 576
/** RFC 1812 §4.3.2.8. A burst lets traceroute and a starting client through; the rate makes us a poor amplifier. */
const ERRORS_PER_SECOND = 100
const ERROR_BURST = 50

export class IcmpErrors implements DatagramErrors, ForwardErrors {
  readonly #clock: Clock
  readonly #output: Ipv4Output
  readonly #own: OwnAddresses
  readonly #counters: IcmpCounters
  readonly #bucket: TokenBucket

  constructor(clock: Clock, output: Ipv4Output, own: OwnAddresses, counters: IcmpCounters) {
    this.#clock = clock
    this.#output = output
    this.#own = own
    this.#counters = counters
    this.#bucket = new TokenBucket(ERRORS_PER_SECOND, ERROR_BURST, clock.now())
  }

  portUnreachable(d: ReceivedDatagram): void {
    this.#send(icmp.DESTINATION_UNREACHABLE, icmp.PORT_UNREACHABLE, 0, d)
  }

  protocolUnreachable(d: ReceivedDatagram): void {
    this.#send(icmp.DESTINATION_UNREACHABLE, icmp.PROTOCOL_UNREACHABLE, 0, d)
  }

  parameterProblem(d: ReceivedDatagram, pointer: number): void {
    this.#send(icmp.PARAMETER_PROBLEM, 0, pointer << 24, d)
  }

  timeExceeded(d: ReceivedDatagram): void {
    this.#send(icmp.TIME_EXCEEDED, icmp.TTL_EXCEEDED, 0, d)
  }

  netUnreachable(d: ReceivedDatagram): void {
    this.#send(icmp.DESTINATION_UNREACHABLE, icmp.NET_UNREACHABLE, 0, d)
  }

  hostUnreachable(d: ReceivedDatagram): void {
    this.#send(icmp.DESTINATION_UNREACHABLE, icmp.HOST_UNREACHABLE, 0, d)
  }

  fragmentationNeeded(d: ReceivedDatagram, mtu: number): void {
    this.#send(icmp.DESTINATION_UNREACHABLE, icmp.FRAGMENTATION_NEEDED, mtu, d)
  }

  redirect(d: ReceivedDatagram, gateway: Ipv4): void {
    this.#send(icmp.REDIRECT, icmp.REDIRECT_HOST, gateway, d)
  }

  reassemblyTimeExceeded(d: ReceivedDatagram): void {
    this.#send(icmp.TIME_EXCEEDED, icmp.REASSEMBLY_TIME_EXCEEDED, 0, d)
  }

  #send(type: number, code: number, rest: number, d: ReceivedDatagram): void {
    if (!mayReport(d)) return this.#counters.count('error-not-allowed')
    if (!this.#bucket.take(this.#clock.now())) return this.#counters.count('error-limited')
    const datagramBytes = d.payloadAt - d.at + d.payloadLength
    const quoted = Math.min(datagramBytes, ERROR_DATAGRAM_BYTES - ip.IPV4_HEADER_BYTES - icmp.ICMP_HEADER_BYTES)
    // The address that was called answers, so that the asker knows it; a router's own where we only forward.
    const source = this.#own.isLocal(d.target) ? d.target : 0
    const fault = this.#output.begin(
      d.source, source, ip.PROTOCOL_ICMP, icmp.ICMP_HEADER_BYTES + quoted, DEFAULT_TTL, undefined, false,
    )
    if (fault !== 0) return this.#counters.count('unsent')
    const at = this.#output.payloadAt
    const quoteAt = at + icmp.ICMP_HEADER_BYTES
    copy(d.buffer, d.at, this.#output.buffer, quoteAt, quoted)
    if (isOpen(d.offload)) closeQuoted(d, datagramBytes, this.#output.buffer, quoteAt, quoted)
    icmp.write(this.#output.buffer, at, type, code, rest, quoted)
    this.#counters.count(this.#output.commit() === 0 ? 'errors-sent' : 'unsent')
  }
}

/** The quote shows the checksum that a device would have put there, as far as it reaches. */
function closeQuoted(d: ReceivedDatagram, datagramBytes: number, into: Uint8Array, at: number, quoted: number): void {
  const field = checksumStart(d.offload) + checksumField(d.offload) - ETHERNET_HEADER_BYTES
  if (field + 2 > quoted) return
  put16(into, at + field, openChecksum(d.buffer, d.at - ETHERNET_HEADER_BYTES, d.at + datagramBytes, d.offload))
}

/**
 * RFC 1122 §3.2.2: never about an ICMP error, a broadcast or multicast (of the link too), a fragment that is not the
 * first, or a source that is not a single host.
 */
function mayReport(d: ReceivedDatagram): boolean {
  if (d.linkBroadcast || d.broadcast || !isUnicast(d.target)) return false
  if (!isUnicast(d.source) || ip.fragmentOffset(d.buffer, d.at) !== 0) return false
  return d.protocol !== ip.PROTOCOL_ICMP || (d.payloadLength > 0 && icmp.isQuery(icmp.icmpType(d.buffer, d.payloadAt)))
}
