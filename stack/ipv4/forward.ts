/**
 * HOT PATH. Forwarding (RFC 1812 §5.2, §5.3): what is not ours goes on to its next hop, one hop older, in fragments if
 * need be, or its source hears why not. Off until it is turned on (RFC 1122 §3.1). Nothing is allocated for a datagram
 * without options whose next hop is known and that fits. A super-segment (wire/offload.ts) goes on as one where the next
 * link cuts it, and is cut here otherwise. Watched by test/bench/micro/udp-echo.ts.
 */
import { isUnicast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { EthernetOutput } from '../ethernet/output.ts'
import type { Interface } from '../interface.ts'
import { copy } from '../platform/index.ts'
import type { Clock } from '../platform/index.ts'
import { BROADCAST_HIGH, BROADCAST_LOW, ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4 } from '../wire/ethernet.ts'
import * as ip from '../wire/ipv4.ts'
import {
  closeChecksum, isOpen, isSegmentable, NO_OFFLOAD, segmentBytes, textBytes, writePiece,
} from '../wire/offload.ts'
import type { OwnAddresses } from './addresses.ts'
import { ReceivedDatagram } from './datagram.ts'
import type { Ipv4Counters } from './input.ts'
import { record } from './options.ts'
import type { Ipv4Output } from './output.ts'
import type { ForwardErrors } from './protocols.ts'
import type { Route, RouteTable } from './routes.ts'
import { SEND_FAULT } from './send-fault.ts'

export type ForwarderParts = {
  readonly clock: Clock
  readonly counters: Ipv4Counters
  readonly ethernet: EthernetOutput
  readonly own: OwnAddresses
  readonly routes: RouteTable
  readonly output: Ipv4Output
  readonly errors: ForwardErrors
}

const LINK_LOCAL = 0xa9fe

export class Forwarder {
  enabled = false
  readonly #parts: ForwarderParts
  readonly #counters: Ipv4Counters
  readonly #forwarded: number
  /** A piece of a super-segment, seen as a datagram of its own; made when the first is. */
  #piece: ReceivedDatagram | undefined

  constructor(parts: ForwarderParts) {
    this.#parts = parts
    this.#counters = parts.counters
    this.#forwarded = parts.counters.slot('forwarded')
  }

  /** A datagram to an address that is not ours, whose header and options are sound. */
  forward(d: ReceivedDatagram): void {
    const { errors, routes } = this.#parts
    const size = segmentBytes(d.offload)
    if (!mayForward(d) || (size > 0 && !isSegmentable(d.buffer, d.at))) return this.#counters.count('not-forwardable')
    if (d.ttl <= 1) {
      this.#counters.count('ttl-expired')
      return errors.timeExceeded(d)
    }
    const route = routes.lookup(d.target)
    if (route === undefined) {
      this.#counters.count('no-route')
      return errors.netUnreachable(d)
    }
    const toAll = route.iface.addressing.isSubnetBroadcast(d.target)
    // RFC 2644 §2: not unless somebody asked for it.
    if (toAll && (route.iface === d.iface || !route.iface.directedBroadcasts)) {
      return this.#counters.count('directed-broadcast')
    }
    const total = d.payloadAt - d.at + d.payloadLength
    const largest = size === 0 ? total : total - Math.max(0, textBytes(d.buffer, d.at) - size)
    if (largest > route.mtu && ip.dontFragment(d.buffer, d.at)) return this.#tooBig(d, route.mtu)
    const nextHop = route.gateway === 0 ? d.target : route.gateway
    // RFC 1812 §5.2.7.2: the sender could have gone there itself.
    if (route.iface === d.iface && route.iface.addressing.shareSubnet(d.source, nextHop)) errors.redirect(d, nextHop)
    this.#pass(d, route, nextHop, total, largest, toAll)
  }

  /** A forwarded datagram that waited for ARP in vain. */
  unreachable(d: ReceivedDatagram): void {
    this.#parts.errors.hostUnreachable(d)
  }

  /** `largest`: octets of the largest datagram that will be on the wire. */
  #pass(
    d: ReceivedDatagram, route: Route, nextHop: Ipv4, total: number, largest: number, toAll: boolean,
  ): void {
    const iface = route.iface
    const neighbour = toAll ? undefined : iface.neighbours.lookup(nextHop)
    const known = toAll || neighbour !== undefined
    const high = neighbour === undefined ? BROADCAST_HIGH : neighbour.macHigh
    const low = neighbour === undefined ? BROADCAST_LOW : neighbour.macLow
    const mtu = iface.snapStations.limit(high, low, route.mtu, iface.mtu)
    if (largest > mtu && ip.dontFragment(d.buffer, d.at)) return this.#tooBig(d, mtu)
    const plain = d.payloadAt - d.at === ip.IPV4_HEADER_BYTES
    const cut = largest < total
    if (known && plain && largest <= mtu && (!cut || (iface.link.offloads && !iface.snapStations.any))) {
      if (this.#sendWhole(d, iface, high, low, total)) this.#counters.bump(this.#forwarded)
      return
    }
    if (cut) return this.#passPieces(d, route, nextHop, toAll)
    const datagram = this.#older(d, iface, nextHop, total)
    if (datagram === undefined) return
    const output = this.#parts.output
    const fault = known
      ? output.sendTo(iface, high, low, datagram, total, mtu)
      : output.enqueue(iface, nextHop, datagram)
    if (fault === 0) this.#counters.bump(this.#forwarded)
    else if (fault === SEND_FAULT.hostUnreachable) this.#parts.errors.hostUnreachable(d)
  }

  #passPieces(d: ReceivedDatagram, route: Route, nextHop: Ipv4, toAll: boolean): void {
    const piece = (this.#piece ??= new ReceivedDatagram(new Uint8Array(ip.MAX_DATAGRAM_BYTES), d.iface))
    piece.payloadAt = d.payloadAt - d.at
    piece.source = d.source
    piece.target = d.target
    piece.protocol = d.protocol
    piece.ttl = d.ttl
    piece.iface = d.iface
    const size = segmentBytes(d.offload)
    const text = textBytes(d.buffer, d.at)
    for (let from = 0; from < text; from += size) {
      const total = writePiece(d.buffer, d.at, from, size, piece.buffer, 0)
      piece.payloadLength = total - piece.payloadAt
      this.#pass(piece, route, nextHop, total, total, toAll)
    }
  }

  #tooBig(d: ReceivedDatagram, mtu: number): void {
    this.#counters.count('forward-too-big')
    this.#parts.errors.fragmentationNeeded(d, mtu)
  }

  #sendWhole(d: ReceivedDatagram, iface: Interface, high: number, low: number, total: number): boolean {
    const at = this.#parts.ethernet.begin(iface, high, low, ETHERTYPE_IPV4)
    if (at < 0) {
      this.#counters.count('no-room')
      return false
    }
    const b = iface.link.txBuffer
    copy(d.buffer, d.at, b, at, total)
    b[at + 8] = d.ttl - 1
    ip.rewrite(b, at, total, ip.fieldOf(b, at))
    this.#parts.ethernet.end(iface, at, total, isOpen(d.offload) ? d.offload : NO_OFFLOAD)
    return true
  }

  /** A copy, one hop older, with our mark in its options (RFC 1812 §5.3.13). */
  #older(d: ReceivedDatagram, iface: Interface, nextHop: Ipv4, total: number): Uint8Array | undefined {
    const { clock, errors, own } = this.#parts
    const datagram = d.buffer.slice(d.at, d.at + total)
    if (isOpen(d.offload)) closeChecksum(datagram, -ETHERNET_HEADER_BYTES, total, d.offload)
    datagram[8] = d.ttl - 1
    const wrong = record(datagram, ip.IPV4_HEADER_BYTES, ip.headerLength(datagram, 0), {
      address: iface.addressing.sourceFor(nextHop),
      isOwn: (address) => own.has(address),
      wallMs: clock.wallMs(),
    })
    if (wrong >= 0) {
      this.#counters.count('options-malformed')
      errors.parameterProblem(d, ip.IPV4_HEADER_BYTES + wrong)
      return undefined
    }
    ip.rewrite(datagram, 0, total, ip.fieldOf(datagram, 0))
    return datagram
  }
}

/** RFC 1812 §5.3.4, §5.3.7; RFC 3927 §7: from host to host, by a frame meant for us, neither bound to its link. */
function mayForward(d: ReceivedDatagram): boolean {
  if (d.linkBroadcast || !isUnicast(d.source) || !isUnicast(d.target)) return false
  return d.source >>> 16 !== LINK_LOCAL && d.target >>> 16 !== LINK_LOCAL
}
