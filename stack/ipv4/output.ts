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
import { BROADCAST_HIGH, BROADCAST_LOW, ETHERTYPE_IPV4 } from '../wire/ethernet.ts'
import * as ip from '../wire/ipv4.ts'
import type { OwnAddresses } from './addresses.ts'
import { fragmentPayload } from './fragment.ts'
import type { Identifications } from './identification.ts'
import type { Ipv4Counters } from './input.ts'
import type { RouteTable } from './routes.ts'
import { SEND_FAULT } from './send-fault.ts'

/** RFC 1700, "Assigned Numbers": the recommended default. */
export const DEFAULT_TTL = 64
/** RFC 1112 §6.1: a multicast stays on the link unless asked otherwise. */
const MULTICAST_TTL = 1
const LOOPBACK_ADDRESS = 0x7f00_0001
/** 01:00:5e and the low 23 bits of the group (RFC 1112 §6.4). */
const MULTICAST_HIGH = 0x0100
const MULTICAST_LOW = 0x5e00_0000

export type Ipv4OutputParts = {
  readonly counters: Ipv4Counters
  readonly ethernet: EthernetOutput
  readonly own: OwnAddresses
  readonly routes: RouteTable
  readonly ids: Identifications
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
  #total = 0
  #nextHop: Ipv4 = 0
  #resolved = false
  #inLink = false
  #macHigh = 0
  #macLow = 0

  constructor(parts: Ipv4OutputParts) {
    this.#parts = parts
    this.#counters = parts.counters
    this.#sent = parts.counters.slot('sent')
    this.buffer = this.#scratch
  }

  /**
   * Starts a datagram of `length` octets of payload. `source` 0: chosen (RFC 1122 §3.3.4.3). `via`: only by this
   * interface. Returns 0 or a SEND_FAULT.
   */
  begin(
    target: Ipv4, source: Ipv4, protocol: number, length: number, ttl: number, via: Interface | undefined,
    allowBroadcast: boolean,
  ): number {
    if (length > ip.MAX_DATAGRAM_BYTES - ip.IPV4_HEADER_BYTES) return SEND_FAULT.tooLong
    if (source !== 0 && !this.#parts.own.isLocal(source)) return SEND_FAULT.notOurs
    const fault = this.#choose(target, via, allowBroadcast)
    if (fault !== 0) return fault
    const iface = this.#iface as Interface
    if (source !== 0) this.source = source
    else if (!iface.loopback) this.source = iface.addressing.sourceFor(this.#nextHop)
    else this.source = isLoopback(target) ? LOOPBACK_ADDRESS : target
    if (this.source === 0) return SEND_FAULT.noSource
    // RFC 1122 §3.2.1.3 (g): a loopback address never stands on a wire.
    if (!iface.loopback && isLoopback(this.source)) return SEND_FAULT.invalidTarget
    return this.#open(iface, target, protocol, length, isMulticast(target) ? MULTICAST_TTL : ttl)
  }

  /** As begin(), to a hardware address on one interface, without route, ARP or checks of the source, which may be 0. */
  beginOnLink(
    iface: Interface, mac: Uint8Array, target: Ipv4, source: Ipv4, protocol: number, length: number, ttl: number,
  ): number {
    if (length > ip.MAX_DATAGRAM_BYTES - ip.IPV4_HEADER_BYTES) return SEND_FAULT.tooLong
    this.#iface = iface
    this.#setMac(u16(mac, 0), i32(mac, 2))
    this.source = source
    return this.#open(iface, target, protocol, length, ttl)
  }

  /** Sends what was begun. Returns 0, also when it waits for ARP, or a SEND_FAULT. */
  commit(): number {
    const iface = this.#iface as Interface
    if (this.#inLink) {
      this.#parts.ethernet.end(iface, this.payloadAt - ip.IPV4_HEADER_BYTES, this.#total)
      this.#counters.bump(this.#sent)
      return 0
    }
    if (this.#resolved) return this.sendTo(iface, this.#macHigh, this.#macLow, this.#scratch, this.#total)
    const enqueued = iface.neighbours.enqueue(this.#nextHop, this.#scratch.slice(0, this.#total))
    if (enqueued === 'waiting') return 0
    if (enqueued === 'full') {
      this.#counters.count('neighbour-full')
      return SEND_FAULT.queueFull
    }
    this.#counters.count('neighbour-failed')
    return SEND_FAULT.hostUnreachable
  }

  /** Sends a datagram with its header (from offset 0 of `datagram`) to a hardware address, in fragments if need be. */
  sendTo(iface: Interface, macHigh: number, macLow: number, datagram: Uint8Array, total: number): number {
    if (total <= iface.mtu) return this.#sendPiece(iface, macHigh, macLow, datagram, ip.IPV4_HEADER_BYTES, total, 0)
    const unit = fragmentPayload(iface.mtu)
    let fault = 0
    // One flush for all of them.
    this.#parts.ethernet.beginBatch()
    for (let from = ip.IPV4_HEADER_BYTES; from < total && fault === 0; from += unit) {
      const more = from + unit < total
      const field = ip.fragmentField(from - ip.IPV4_HEADER_BYTES, more)
      fault = this.#sendPiece(iface, macHigh, macLow, datagram, from, more ? from + unit : total, field)
      if (fault === 0) this.#counters.count('fragments-sent')
    }
    this.#parts.ethernet.endBatch()
    return fault
  }

  /** One frame with our 20-octet header and the octets `from` … `end` of the datagram. */
  #sendPiece(
    iface: Interface, macHigh: number, macLow: number, datagram: Uint8Array, from: number, end: number, field: number,
  ): number {
    const at = this.#parts.ethernet.begin(iface, macHigh, macLow, ETHERTYPE_IPV4)
    if (at < 0) {
      this.#counters.count('no-room')
      return SEND_FAULT.queueFull
    }
    const b = iface.link.txBuffer
    const length = ip.IPV4_HEADER_BYTES + end - from
    copy(datagram, 0, b, at, ip.IPV4_HEADER_BYTES)
    copy(datagram, from, b, at + ip.IPV4_HEADER_BYTES, end - from)
    ip.rewrite(b, at, length, field)
    this.#parts.ethernet.end(iface, at, length)
    if (field === 0 || from === ip.IPV4_HEADER_BYTES) this.#counters.bump(this.#sent)
    return 0
  }

  /** Sets the interface, the next hop and, when known, its hardware address. */
  #choose(target: Ipv4, via: Interface | undefined, allowBroadcast: boolean): number {
    if (this.#parts.own.isLocal(target)) {
      this.#iface = this.#parts.loopback()
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
    this.#nextHop = route.gateway === 0 ? target : route.gateway
    if (iface.addressing.isSubnetBroadcast(target)) {
      if (!allowBroadcast) return SEND_FAULT.broadcastRefused
      this.#setMac(BROADCAST_HIGH, BROADCAST_LOW)
      return 0
    }
    const neighbour = iface.neighbours.lookup(this.#nextHop)
    if (neighbour === undefined) this.#resolved = false
    else this.#setMac(neighbour.macHigh, neighbour.macLow)
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
    const total = ip.IPV4_HEADER_BYTES + length
    this.#total = total
    this.#inLink = this.#resolved && total <= iface.mtu
    let at = 0
    if (this.#inLink) {
      at = this.#parts.ethernet.begin(iface, this.#macHigh, this.#macLow, ETHERTYPE_IPV4)
      if (at < 0) {
        this.#counters.count('no-room')
        return SEND_FAULT.queueFull
      }
      this.buffer = iface.link.txBuffer
    } else {
      this.buffer = this.#scratch
    }
    this.payloadAt = at + ip.IPV4_HEADER_BYTES
    const id = this.#parts.ids.next(this.source, target, protocol)
    ip.write(this.buffer, at, total, id, 0, ttl, protocol, this.source, target)
    return 0
  }
}
