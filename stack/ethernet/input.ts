/**
 * HOT PATH. Frames in: the filter by destination, and the way up by EtherType. Own address, broadcast and joined groups
 * pass; that several groups share a hardware address is for IPv4 to sort out (RFC 1112 §6.4). Padding is cut by the
 * layer above, which knows its length. Watched by test/bench/micro/udp-echo.ts.
 */
import type { Arp } from '../arp/arp.ts'
import type { Interface } from '../interface.ts'
import type { Ipv4Input } from '../ipv4/input.ts'
import { Counters } from '../platform/index.ts'
import {
  BROADCAST_HIGH, BROADCAST_LOW, check, destinationHigh, destinationLow, etherType, ETHERNET_HEADER_BYTES,
  ETHERTYPE_ARP, ETHERTYPE_IPV4, MULTICAST_HIGH, MULTICAST_LOW,
} from '../wire/ethernet.ts'
import * as snap from '../wire/llc-snap.ts'
import { isOpen, NO_OFFLOAD } from '../wire/offload.ts'

export const ETHERNET_COUNTERS = [
  'received', 'truncated', 'group-source', 'ieee-802.3', 'length-past-end', 'not-for-us', 'unknown-type', 'fault',
] as const
export type EthernetCounters = Counters<(typeof ETHERNET_COUNTERS)[number]>

export class EthernetInput {
  readonly #counters: EthernetCounters
  readonly #received: number
  readonly #ipv4: Ipv4Input

  constructor(counters: EthernetCounters, ipv4: Ipv4Input) {
    this.#counters = counters
    this.#received = counters.slot('received')
    this.#ipv4 = ipv4
  }

  receive(iface: Interface, arp: Arp, b: Uint8Array, at: number, length: number, offload: number): void {
    this.#counters.bump(this.#received)
    const end = at + length
    const fault = check(b, at, end)
    if (fault !== undefined && fault !== 'ieee-802.3') return this.#counters.count(fault)
    const high = destinationHigh(b, at)
    const low = destinationLow(b, at)
    // To all or to many: no error may be sent about it (RFC 1812 §4.3.2.7).
    const broadcast = (high === BROADCAST_HIGH && low === BROADCAST_LOW) ||
      (high === MULTICAST_HIGH && low >>> 23 === MULTICAST_LOW >>> 23 && iface.groups.hasHardware(low & 0x7f_ffff))
    if (!broadcast && (high !== iface.macHigh || low !== iface.macLow)) return this.#counters.count('not-for-us')
    if (fault !== undefined) return this.#receiveSnap(iface, arp, b, at, end, broadcast, offload)
    const type = etherType(b, at)
    if (type === ETHERTYPE_IPV4) this.#ipv4.receive(iface, b, at + ETHERNET_HEADER_BYTES, end, broadcast, offload)
    else if (type === ETHERTYPE_ARP) arp.receive(b, at + ETHERNET_HEADER_BYTES, end, false)
    else this.#counters.count('unknown-type')
  }

  /** IEEE 802.3 with LLC and SNAP (RFC 1042), whose length says where the padding begins. */
  #receiveSnap(
    iface: Interface, arp: Arp, b: Uint8Array, at: number, frameEnd: number, broadcast: boolean, offload: number,
  ): void {
    const fault = snap.check(b, at, frameEnd)
    if (fault !== undefined) return this.#counters.count(fault)
    const type = snap.snapType(b, at)
    const end = snap.snapEnd(b, at)
    // Nothing is left open in such frames; that one was checked holds wherever it stands.
    const known = isOpen(offload) ? NO_OFFLOAD : offload
    if (type === ETHERTYPE_IPV4) this.#ipv4.receive(iface, b, at + snap.SNAP_HEADER_BYTES, end, broadcast, known)
    else if (type === ETHERTYPE_ARP) arp.receive(b, at + snap.SNAP_HEADER_BYTES, end, true)
    else this.#counters.count('unknown-type')
  }
}
