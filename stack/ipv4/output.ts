/**
 * HOT PATH. Datagrams out (RFC 791, RFC 1122 §3.3). A transport calls begin(), writes its payload into `buffer` at
 * `payloadAt`, and calls commit(). When the next hop is resolved and the datagram fits the link, `buffer` is the link's
 * own transmit buffer and nothing is copied again; otherwise it is a scratch buffer, from which commit() cuts fragments
 * or makes the copy that waits for ARP. Between begin() and commit() nothing else may be sent.
 * Watched by test/bench/micro/udp-echo.ts.
 */
import { BROADCAST, isLoopback, isMulticast, isReserved, isThisNetwork } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { EthernetOutput } from '../ethernet/output.ts'
import type { Interface } from '../interface.ts'
import { copy, i32, u16 } from '../platform/index.ts'
import {
  BROADCAST_HIGH, BROADCAST_LOW, ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, MULTICAST_HIGH, MULTICAST_LOW,
} from '../wire/ethernet.ts'
import * as ip from '../wire/ipv4.ts'
import { closeChecksum, isOpen, NO_OFFLOAD } from '../wire/offload.ts'
import type { OwnAddresses } from './addresses.ts'
import { fragmentPayload } from './fragment.ts'
import type { Identifications } from './identification.ts'
import type { Ipv4Counters } from './input.ts'
import { copiedOptions } from './options.ts'
import type { PathMtus } from './path-mtu.ts'
import type { RouteTable } from './routes.ts'
import { SEND_FAULT } from './send-fault.ts'

/** RFC 1700, "Assigned Numbers": the recommended default. */
export const DEFAULT_TTL = 64
const LOOPBACK_ADDRESS = 0x7f00_0001

const NO_OPTIONS: Readonly<Uint8Array> = new Uint8Array(0)

export type Ipv4OutputParts = {
  readonly counters: Ipv4Counters
  readonly ethernet: EthernetOutput
  readonly own: OwnAddresses
  readonly routes: RouteTable
  readonly ids: Identifications
  readonly pathMtus: PathMtus
  readonly loopback: () => Interface
  /** Where a broadcast or multicast goes that no route tells about; undefined when there is no interface. */
  readonly firstInterface: () => Interface | undefined
}

export class Ipv4Output {
  /** Between begin() and commit(): where the payload is to be written, and the source that was chosen. */
  buffer: Uint8Array
  payloadAt = 0
  source: Ipv4 = 0
  readonly #parts: Ipv4OutputParts
  readonly #counters: Ipv4Counters
  readonly #sent: number
  readonly #scratch = new Uint8Array(ip.MAX_DATAGRAM_BYTES + 1)
  #iface: Interface | undefined
  #headerAt = 0
  #total = 0
  #nextHop: Ipv4 = 0
  #resolved = false
  #inLink = false
  #macHigh = 0
  #macLow = 0
  /** The largest datagram that the way takes in one piece. */
  #mtu = 0
  #dontFragment = false
  #options: Readonly<Uint8Array> = NO_OPTIONS
  #tos = 0
  /** Octets of payload in each piece of a super-segment; 0: the datagram is none. */
  #pieceBytes = 0

  constructor(parts: Ipv4OutputParts) {
    this.#parts = parts
    this.#counters = parts.counters
    this.#sent = parts.counters.slot('sent')
    this.buffer = this.#scratch
  }

  /**
   * What the datagram begun next has besides, and no later one: DF, options of up to 40 octets in whole words, and the
   * octet of DSCP and ECN. With DF, begin() refuses as too long what does not fit the path (RFC 1191 §3).
   */
  prepare(dontFragment: boolean, options: Readonly<Uint8Array> = NO_OPTIONS, tos = 0): void {
    this.#dontFragment = dontFragment
    this.#options = options
    this.#tos = tos
  }

  /**
   * The datagram begun next is a super-segment of TCP, whose pieces have `pieceBytes` of payload at most. begin() refuses
   * with cannotSegment where the link does not cut it; the commit() that follows must say how it is to be cut.
   */
  prepareSegments(pieceBytes: number): void {
    this.#pieceBytes = pieceBytes
  }

  /** The largest datagram that goes to `target` in one piece, as far as is known; 0 when there is no route. */
  mtuTo(target: Ipv4, via?: Interface): number {
    if (this.#parts.own.isLocal(target)) return this.#parts.loopback().mtu
    const route = this.#parts.routes.lookup(target, via)
    if (route === undefined) return 0
    const { iface } = route
    const mtu = this.#parts.pathMtus.limit(target, route.mtu)
    const neighbour = iface.neighbours.lookup(route.gateway === 0 ? target : route.gateway)
    if (neighbour === undefined) return mtu
    return iface.snapStations.limit(neighbour.macHigh, neighbour.macLow, mtu, iface.mtu)
  }

  /**
   * Starts a datagram of `length` octets of payload. `source` 0: chosen (RFC 1122 §3.3.4.3). `via`: only by this
   * interface. Returns 0 or a SEND_FAULT.
   */
  begin(
    target: Ipv4, source: Ipv4, protocol: number, length: number, ttl: number, via: Interface | undefined,
    allowBroadcast: boolean,
  ): number {
    const fault = this.#chooseAll(target, source, via, allowBroadcast)
    if (fault === 0) return this.#open(this.#iface as Interface, target, protocol, length, ttl)
    this.prepare(false)
    this.#pieceBytes = 0
    return fault
  }

  /** As begin(), to a hardware address on one interface, without route, ARP or checks of the source, which may be 0. */
  beginOnLink(
    iface: Interface, mac: Uint8Array, target: Ipv4, source: Ipv4, protocol: number, length: number, ttl: number,
  ): number {
    this.#iface = iface
    this.#setMac(u16(mac, 0), i32(mac, 2))
    this.#mtu = iface.snapStations.limit(this.#macHigh, this.#macLow, iface.mtu, iface.mtu)
    this.source = source
    return this.#open(iface, target, protocol, length, ttl)
  }

  /**
   * Sends what was begun. `offload`, as in an Ethernet II frame: its checksum may be open (wire/offload.ts). Returns 0,
   * also when it waits for ARP, or a SEND_FAULT.
   */
  commit(offload = NO_OFFLOAD): number {
    const iface = this.#iface as Interface
    if (this.#inLink) {
      this.#parts.ethernet.end(iface, this.#headerAt, this.#total, offload)
      this.#counters.bump(this.#sent)
      return 0
    }
    if (isOpen(offload)) closeChecksum(this.#scratch, -ETHERNET_HEADER_BYTES, this.#total, offload)
    if (this.#resolved) {
      return this.sendTo(iface, this.#macHigh, this.#macLow, this.#scratch, this.#total, this.#mtu)
    }
    return this.enqueue(iface, this.#nextHop, this.#scratch.slice(0, this.#total))
  }

  /** Keeps a datagram (header first; its bytes are the queue's from now on) until ARP knows the next hop. */
  enqueue(iface: Interface, nextHop: Ipv4, datagram: Uint8Array): number {
    const enqueued = iface.neighbours.enqueue(nextHop, datagram)
    if (enqueued === 'waiting') return 0
    if (enqueued === 'full') {
      this.#counters.count('neighbour-full')
      return SEND_FAULT.queueFull
    }
    this.#counters.count('neighbour-failed')
    return SEND_FAULT.hostUnreachable
  }

  /** Sends a datagram that waited for ARP. */
  release(iface: Interface, macHigh: number, macLow: number, datagram: Uint8Array): void {
    const target = ip.target(datagram, 0)
    const linkMtu = this.#parts.routes.lookup(target, iface)?.mtu ?? iface.mtu
    // What must stay whole was measured when it was begun, or came whole to be forwarded.
    const mtu = ip.dontFragment(datagram, 0) ? iface.mtu : this.#parts.pathMtus.limit(target, linkMtu)
    const framed = iface.snapStations.limit(macHigh, macLow, mtu, iface.mtu)
    this.sendTo(iface, macHigh, macLow, datagram, datagram.length, framed)
  }

  /**
   * Sends a datagram with its header (from offset 0 of `datagram`) to a hardware address, in fragments of up to `mtu`
   * octets if need be (RFC 791 §3.2): options without the copy bit stand in the first only. A fragment is cut further.
   */
  sendTo(
    iface: Interface, macHigh: number, macLow: number, datagram: Uint8Array, total: number, mtu: number,
  ): number {
    const header = ip.headerLength(datagram, 0)
    const own = ip.fieldOf(datagram, 0)
    if (total <= mtu) return this.#sendPiece(iface, macHigh, macLow, datagram, header, header, total, own)
    const offset = ip.fragmentOffset(datagram, 0)
    const more = ip.moreFragments(datagram, 0)
    let fault = 0
    let pieceHeader = header
    // One flush for all of them.
    this.#parts.ethernet.beginBatch()
    for (let from = header; from < total && fault === 0; ) {
      const end = Math.min(total, from + (total - from > mtu - pieceHeader ? fragmentPayload(mtu, pieceHeader) : mtu))
      const field = ip.fragmentField(offset + from - header, more || end < total)
      fault = this.#sendPiece(iface, macHigh, macLow, datagram, pieceHeader, from, end, field)
      if (fault === 0) this.#counters.count('fragments-sent')
      if (from === header && header > ip.IPV4_HEADER_BYTES) pieceHeader = keepCopiedOptions(datagram)
      from = end
    }
    this.#parts.ethernet.endBatch()
    return fault
  }

  /** One frame with the first `header` octets of the datagram, and its octets `from` … `end`. */
  #sendPiece(
    iface: Interface, macHigh: number, macLow: number, datagram: Uint8Array, header: number, from: number, end: number,
    field: number,
  ): number {
    const at = this.#parts.ethernet.begin(iface, macHigh, macLow, ETHERTYPE_IPV4)
    if (at < 0) {
      this.#counters.count('no-room')
      return SEND_FAULT.queueFull
    }
    const b = iface.link.txBuffer
    const length = header + end - from
    copy(datagram, 0, b, at, header)
    copy(datagram, from, b, at + header, end - from)
    ip.rewrite(b, at, length, field)
    this.#parts.ethernet.end(iface, at, length)
    if (from === header) this.#counters.bump(this.#sent)
    return 0
  }

  /** The way and the source of a datagram. 0 or a SEND_FAULT. */
  #chooseAll(target: Ipv4, source: Ipv4, via: Interface | undefined, allowBroadcast: boolean): number {
    if (source !== 0 && !this.#parts.own.isLocal(source)) return SEND_FAULT.notOurs
    const fault = this.#choose(target, via, allowBroadcast)
    if (fault !== 0) return fault
    const iface = this.#iface as Interface
    if (source !== 0) this.source = source
    else if (!iface.loopback) this.source = iface.addressing.sourceFor(this.#nextHop)
    else this.source = isLoopback(target) ? LOOPBACK_ADDRESS : target
    if (this.source === 0) return SEND_FAULT.noSource
    // RFC 1122 §3.2.1.3 (g): a loopback address never stands on a wire.
    return !iface.loopback && isLoopback(this.source) ? SEND_FAULT.invalidTarget : 0
  }

  /** Sets the interface, the next hop and, when known, its hardware address. */
  #choose(target: Ipv4, via: Interface | undefined, allowBroadcast: boolean): number {
    if (this.#parts.own.isLocal(target)) {
      this.#iface = this.#parts.loopback()
      this.#mtu = this.#iface.mtu
      this.#nextHop = target
      this.#setMac(0, 0)
      return 0
    }
    if (target === BROADCAST || isMulticast(target)) return this.#chooseForGroup(target, via, allowBroadcast)
    if (isThisNetwork(target) || isReserved(target)) return SEND_FAULT.invalidTarget
    const route = this.#parts.routes.lookup(target, via)
    if (route === undefined) {
      this.#counters.count('no-route')
      return SEND_FAULT.noRoute
    }
    const iface = route.iface
    this.#iface = iface
    this.#mtu = this.#parts.pathMtus.limit(target, route.mtu)
    this.#nextHop = route.gateway === 0 ? target : route.gateway
    if (iface.addressing.isSubnetBroadcast(target)) {
      if (!allowBroadcast) return SEND_FAULT.broadcastRefused
      this.#setMac(BROADCAST_HIGH, BROADCAST_LOW)
      return 0
    }
    const neighbour = iface.neighbours.lookup(this.#nextHop)
    if (neighbour === undefined) {
      this.#resolved = false
    } else {
      this.#setMac(neighbour.macHigh, neighbour.macLow)
      const stations = iface.snapStations
      if (stations.any) this.#mtu = stations.limit(neighbour.macHigh, neighbour.macLow, this.#mtu, iface.mtu)
    }
    return 0
  }

  /** Limited broadcast and multicast go by the given interface, by that of the default route, or by the first. */
  #chooseForGroup(target: Ipv4, via: Interface | undefined, allowBroadcast: boolean): number {
    if (target === BROADCAST && !allowBroadcast) return SEND_FAULT.broadcastRefused
    const iface = via ?? this.#parts.routes.lookup(target)?.iface ?? this.#parts.firstInterface()
    if (iface === undefined) {
      this.#counters.count('no-route')
      return SEND_FAULT.noRoute
    }
    this.#iface = iface
    this.#mtu = iface.mtu
    this.#nextHop = target
    if (target === BROADCAST) this.#setMac(BROADCAST_HIGH, BROADCAST_LOW)
    else this.#setMac(MULTICAST_HIGH, MULTICAST_LOW | (target & 0x7f_ffff))
    return 0
  }

  #setMac(high: number, low: number): void {
    this.#resolved = true
    this.#macHigh = high
    this.#macLow = low
  }

  /** Finds room and writes the header. */
  #open(iface: Interface, target: Ipv4, protocol: number, length: number, ttl: number): number {
    const options = this.#options
    const header = ip.IPV4_HEADER_BYTES + options.length
    const dontFragment = this.#dontFragment && !this.#parts.pathMtus.isNarrow(target)
    this.#dontFragment = false
    this.#options = NO_OPTIONS
    const tos = this.#tos
    this.#tos = 0
    const total = header + length
    const cut = this.#pieceBytes > 0 && this.#pieceBytes < length
    const largest = cut ? header + this.#pieceBytes : total
    this.#pieceBytes = 0
    if (total > ip.MAX_DATAGRAM_BYTES || (dontFragment && largest > this.#mtu)) return SEND_FAULT.tooLong
    this.#total = total
    this.#inLink = this.#resolved && largest <= this.#mtu
    if (cut && !(this.#inLink && iface.link.offloads)) return SEND_FAULT.cannotSegment
    let at = 0
    if (this.#inLink) {
      at = this.#parts.ethernet.begin(iface, this.#macHigh, this.#macLow, ETHERTYPE_IPV4)
      if (at < 0) {
        this.#counters.count('no-room')
        return SEND_FAULT.queueFull
      }
      if (cut && !this.#parts.ethernet.segments(iface)) return SEND_FAULT.cannotSegment
      this.buffer = iface.link.txBuffer
    } else {
      this.buffer = this.#scratch
    }
    this.#headerAt = at
    this.payloadAt = at + header
    const id = this.#parts.ids.next(this.source, target, protocol)
    const field = dontFragment ? ip.DONT_FRAGMENT : 0
    ip.write(this.buffer, at, total, id, field, ttl, protocol, this.source, target, tos)
    if (header > ip.IPV4_HEADER_BYTES) ip.putOptions(this.buffer, at, options, total)
    return 0
  }
}

/** Turns the header of a datagram into that of its later fragments, and returns its length. */
function keepCopiedOptions(datagram: Uint8Array): number {
  const header = ip.headerLength(datagram, 0)
  const copied = copiedOptions(datagram.slice(ip.IPV4_HEADER_BYTES, header))
  datagram.set(copied, ip.IPV4_HEADER_BYTES)
  datagram[0] = 0x45 + (copied.length >>> 2)
  return ip.IPV4_HEADER_BYTES + copied.length
}
