/**
 * ARP on one interface (RFC 826): requests, replies, and the algorithm of packet reception. Nothing is learnt from
 * anything but ARP packets. A point-to-point link, whose other end is known, has no ARP at all.
 */
import { formatMac, isGroupMac } from '../address/mac.ts'
import type { Mac } from '../address/mac.ts'
import { isMulticast, isReserved } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { EthernetOutput, Port } from '../ethernet/output.ts'
import { i32, u16 } from '../platform/index.ts'
import type { Clock, Counters, Random } from '../platform/index.ts'
import * as wire from '../wire/arp.ts'
import { BROADCAST_HIGH, BROADCAST_LOW, ETHERTYPE_ARP } from '../wire/ethernet.ts'
import { NeighbourCache } from './cache.ts'
import { AddressConflicts } from './conflict.ts'
import { LinkLocal } from './link-local.ts'

export const ARP_COUNTERS = [
  'received', 'truncated', 'hardware-type', 'protocol-type', 'address-length', 'operation', 'bad-sender',
  'requests-sent', 'replies-sent', 'no-room', 'unresolved', 'waiting-dropped', 'probe-refused', 'conflict',
  'defended', 'proxied', 'point-to-point',
] as const
export type ArpCounters = Counters<(typeof ARP_COUNTERS)[number]>

export type ArpPorts = {
  /** The address with which we ask for `target`; 0 when we have none. */
  readonly sourceFor: (target: Ipv4) => Ipv4
  readonly isOwn: (address: Ipv4) => boolean
  /** Another host, with that hardware address, claims an address of ours; it has been defended if it was time. */
  readonly contested: (address: Ipv4, holder: Mac) => void
  /** We answer for it with our hardware address (RFC 1027). */
  readonly isProxied: (target: Ipv4) => boolean
  /** An address of 169.254/16 was found free and is to be ours, or is so no longer (RFC 3927). */
  readonly useLinkLocal: (address: Ipv4) => void
  readonly releaseLinkLocal: (address: Ipv4) => void
  /** A packet of this sender was heard, whose hardware address stands at `macAt`; not from a probe, not from us. */
  readonly heard: (sender: Ipv4, b: Uint8Array, macAt: number) => void
  /** A datagram that waited, and the hardware address it may now go to. */
  readonly release: (datagram: Uint8Array, macHigh: number, macLow: number) => void
  /** A datagram whose next hop did not answer. */
  readonly unreachable: (datagram: Uint8Array) => void
}

const LINK_LOCAL = 0xa9fe
const NO_MAC = new Uint8Array(6)

export class Arp {
  readonly neighbours: NeighbourCache
  readonly conflicts: AddressConflicts
  readonly linkLocal: LinkLocal
  readonly #port: Port
  readonly #ownMac: Uint8Array
  readonly #output: EthernetOutput
  readonly #counters: ArpCounters
  readonly #ports: ArpPorts
  readonly #pointToPoint: boolean

  constructor(
    port: Port,
    ownMac: Uint8Array,
    output: EthernetOutput,
    clock: Clock,
    random: Random,
    counters: ArpCounters,
    ports: ArpPorts,
    peer?: Uint8Array,
  ) {
    this.#pointToPoint = peer !== undefined
    this.#port = port
    this.#ownMac = ownMac
    this.#output = output
    this.#counters = counters
    this.#ports = ports
    this.neighbours = new NeighbourCache(clock, {
      ask: (address, to) => this.#request(ports.sourceFor(address), address, to),
      release: ports.release,
      fail: (datagram) => {
        counters.count('unresolved')
        ports.unreachable(datagram)
      },
      dropped: () => counters.count('waiting-dropped'),
    }, peer)
    this.conflicts = new AddressConflicts(clock, formatMac(ownMac), {
      request: (sender, target) => this.#request(sender, target, undefined),
      count: (name) => counters.count(name),
    })
    this.linkLocal = new LinkLocal(clock, random, ownMac, {
      request: (sender, target) => this.#request(sender, target, undefined),
      use: ports.useLinkLocal,
      release: ports.releaseLinkLocal,
    })
  }

  /** `snap`: it came in an IEEE 802.3 frame. RFC 826, packet reception, with the checks of RFC 5227 §2.4 before it. */
  receive(b: Uint8Array, at: number, end: number, snap: boolean): void {
    this.#counters.count('received')
    if (this.#pointToPoint) return this.#counters.count('point-to-point')
    const fault = wire.check(b, at, end)
    if (fault !== undefined) return this.#counters.count(fault)
    const sender = wire.senderAddress(b, at)
    const target = wire.targetAddress(b, at)
    if (isGroupMac(b, at + wire.SENDER_MAC) || isMulticast(sender) || isReserved(sender) || sender === -1) {
      return this.#counters.count('bad-sender')
    }
    this.conflicts.observe(b, at)
    const isOurMac = this.#isOurMac(b, at + wire.SENDER_MAC)
    if (!isOurMac && this.linkLocal.observe(sender, target)) return
    if (sender !== 0 && this.#ports.isOwn(sender)) {
      if (!isOurMac) {
        this.conflicts.defend(sender)
        this.#ports.contested(sender, formatMac(b, at + wire.SENDER_MAC))
      }
      return
    }
    this.#port.snapStations.heard(u16(b, at + wire.SENDER_MAC), i32(b, at + wire.SENDER_MAC + 2), snap)
    const toUs = this.#ports.isOwn(target)
    // A probe has no sender address to learn (RFC 5227 §2.1.1), but is answered: so we defend ours.
    if (sender !== 0) {
      this.neighbours.heard(sender, b, at + wire.SENDER_MAC, toUs)
      if (!isOurMac) this.#ports.heard(sender, b, at + wire.SENDER_MAC)
    }
    if (wire.operation(b, at) !== wire.ARP_REQUEST) return
    if (toUs) return this.#reply(b, at, sender, target)
    // Not to a probe: its sender would think the address taken, and RFC 1027 wants hosts reached, not kept from it.
    if (sender !== 0 && sender !== target && this.#ports.isProxied(target)) {
      this.#counters.count('proxied')
      this.#reply(b, at, sender, target)
    }
  }

  close(): void {
    this.linkLocal.stop()
    this.conflicts.close()
    this.neighbours.close()
  }

  #isOurMac(b: Uint8Array, at: number): boolean {
    return u16(b, at) === this.#port.macHigh && i32(b, at + 2) === this.#port.macLow
  }

  #reply(b: Uint8Array, at: number, asker: Ipv4, ours: Ipv4): void {
    const mac = b.slice(at + wire.SENDER_MAC, at + wire.SENDER_MAC + 6)
    if (this.#send(wire.ARP_REPLY, ours, mac, asker, mac)) this.#counters.count('replies-sent')
  }

  #request(sender: Ipv4, target: Ipv4, to: Uint8Array | undefined): void {
    if (this.#send(wire.ARP_REQUEST, sender, NO_MAC, target, to)) this.#counters.count('requests-sent')
  }

  #send(op: number, sender: Ipv4, targetMac: Uint8Array, target: Ipv4, to: Uint8Array | undefined): boolean {
    // There is nobody to ask, and nobody who asks.
    if (this.#pointToPoint) return false
    // RFC 3927 §2.5: what has a link-local sender is broadcast, replies too, so that conflicts are seen.
    if (sender >>> 16 === LINK_LOCAL) to = undefined
    const high = to === undefined ? BROADCAST_HIGH : u16(to, 0)
    const low = to === undefined ? BROADCAST_LOW : i32(to, 2)
    const at = this.#output.begin(this.#port, high, low, ETHERTYPE_ARP)
    if (at < 0) {
      this.#counters.count('no-room')
      return false
    }
    wire.write(this.#port.link.txBuffer, at, op, this.#ownMac, sender, targetMac, target)
    this.#output.end(this.#port, at, wire.ARP_BYTES)
    return true
  }
}
