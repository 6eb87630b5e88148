/** An interface: a link with our addresses on it, its neighbours, and the way of its frames into the stack. */
import { ipv4 } from './address/ipv4.ts'
import { formatMac, mac } from './address/mac.ts'
import type { Mac } from './address/mac.ts'
import type { Ipv4 } from './address/ipv4.ts'
import { Arp } from './arp/arp.ts'
import type { ArpCounters } from './arp/arp.ts'
import type { NeighbourCache } from './arp/cache.ts'
import type { LinkLocal } from './arp/link-local.ts'
import type { ProxyArp } from './arp/proxy.ts'
import type { EthernetCounters, EthernetInput } from './ethernet/input.ts'
import type { EthernetOutput, Port } from './ethernet/output.ts'
import { SnapStations } from './ethernet/snap-stations.ts'
import { IgmpHost } from './igmp/host.ts'
import { igmpPorts } from './igmp/input.ts'
import type { IgmpCounters } from './igmp/input.ts'
import { GroupMemberships } from './igmp/membership.ts'
import { InterfaceAddresses } from './ipv4/addresses.ts'
import type { InterfaceAddress } from './ipv4/addresses.ts'
import { OPEN_POLICY } from './ipv4/martian.ts'
import type { SourcePolicy } from './ipv4/martian.ts'
import type { Ipv4Output } from './ipv4/output.ts'
import { CaptureLink } from './link/capture.ts'
import type { Capture, CaptureOptions } from './link/capture.ts'
import type { Link } from './link/link.ts'
import { i32, u16 } from './platform/index.ts'
import type { Clock, Random } from './platform/index.ts'

/** Faults of ours at the end of one batch, before the rest waits for the next. */
const BATCH_END_TRIES = 64

/** What an interface needs of the stack it belongs to. */
export type InterfaceParts = {
  readonly clock: Clock
  readonly random: Random
  readonly arpCounters: ArpCounters
  readonly igmpCounters: IgmpCounters
  readonly ethernetCounters: EthernetCounters
  readonly input: EthernetInput
  readonly output: EthernetOutput
  readonly ipv4Output: Ipv4Output
  readonly changeAddresses: (iface: Interface, addresses: readonly InterfaceAddress[]) => void
  readonly isProxied: (iface: Interface, target: Ipv4) => boolean
  /** See Stack.onNeighbourHeard. */
  readonly neighbourHeard: (iface: Interface, address: Ipv4, b: Uint8Array, macAt: number) => void
  /** The next hop of a datagram did not answer ARP. */
  readonly unreachable: (iface: Interface, datagram: Uint8Array) => void
  /** Hears of a bug that one frame brought to light; the frame is dropped. */
  readonly onFault: (fault: unknown) => void
}

const linkLocal = (address: Ipv4): InterfaceAddress => ({
  address, prefix: { network: ipv4('169.254.0.0'), length: 16 },
})

export type InterfaceOptions = {
  readonly addresses: readonly InterfaceAddress[]
  /** Which sources it lets in, besides what no link may bring; all when not given. */
  readonly sourcePolicy?: SourcePolicy
  /** A router forwards broadcasts to this link's subnets (RFC 2644); not when not given. */
  readonly directedBroadcasts?: boolean
  /** Whom a router answers for on this link; nobody when not given. */
  readonly proxyArp?: ProxyArp
  /** There is one other station on the link, with this hardware address: no ARP is spoken. */
  readonly pointToPoint?: { readonly peerMac: Mac }
}

export class Interface implements Port {
  /** From 1 in the order of adding; 0 is the loopback. */
  readonly index: number
  readonly name: string
  /** The link itself, or the tap on it while somebody captures. */
  link: Link
  readonly macBytes: Uint8Array
  /** The address as two numbers, for the hot path: its first 16 bits, and the last 32 as an int32. */
  readonly macHigh: number
  readonly macLow: number
  /** Octets of the largest datagram: the link's, or less (Stack.changeMtu). */
  mtu: number
  /** Hears of another host's claim to an address of ours (RFC 5227 §2.4). */
  onContested: (address: Ipv4, holder: Mac) => void = () => {}
  readonly loopback: boolean
  /** The addresses in the form in which the stack asks about them. */
  addressing: InterfaceAddresses
  readonly neighbours: NeighbourCache
  /** An address for a network without DHCP (RFC 3927), besides the others; off until start(). */
  readonly linkLocal: LinkLocal
  /** The groups it listens to. */
  readonly groups: GroupMemberships
  readonly igmp: IgmpHost
  /** Frames wait for a flush; kept by the transmit path. */
  readonly snapStations = new SnapStations()
  unflushed = false
  /** These three may be changed at any time; the next frame is judged by them. */
  sourcePolicy: SourcePolicy
  directedBroadcasts: boolean
  proxyArp: ProxyArp
  readonly #arp: Arp
  readonly #parts: InterfaceParts
  #tap: CaptureLink | undefined

  constructor(index: number, link: Link, options: InterfaceOptions, loopback: boolean, parts: InterfaceParts) {
    this.index = index
    this.name = link.name
    this.link = link
    this.#parts = parts
    this.macBytes = mac(link.mac)
    this.macHigh = u16(this.macBytes, 0)
    this.macLow = i32(this.macBytes, 2)
    this.mtu = link.mtu
    this.loopback = loopback
    this.addressing = new InterfaceAddresses(options.addresses)
    this.sourcePolicy = options.sourcePolicy ?? OPEN_POLICY
    this.directedBroadcasts = options.directedBroadcasts ?? false
    this.proxyArp = options.proxyArp ?? 'off'
    this.#arp = new Arp(this, this.macBytes, parts.output, parts.clock, parts.random, parts.arpCounters, {
      sourceFor: (target) => this.addressing.sourceFor(target),
      isOwn: (address) => this.addressing.isOwn(address),
      contested: (address, holder) => this.onContested(address, holder),
      release: (datagram, high, low) => parts.ipv4Output.release(this, high, low, datagram),
      useLinkLocal: (address) => parts.changeAddresses(this, [...this.addresses, linkLocal(address)]),
      releaseLinkLocal: (address) =>
        parts.changeAddresses(this, this.addresses.filter((own) => own.address !== address)),
      isProxied: (target) => parts.isProxied(this, target),
      heard: (sender, b, macAt) => parts.neighbourHeard(this, sender, b, macAt),
      unreachable: (datagram) => parts.unreachable(this, datagram),
    }, options.pointToPoint === undefined ? undefined : mac(options.pointToPoint.peerMac))
    this.neighbours = this.#arp.neighbours
    this.linkLocal = this.#arp.linkLocal
    this.igmp = new IgmpHost(parts.clock, parts.random, igmpPorts(this, parts.ipv4Output, parts.igmpCounters))
    this.groups = new GroupMemberships(this.igmp)
    this.#attach()
  }

  /** The link itself, whoever captures on it. */
  get wire(): Link {
    return this.#tap?.inner ?? this.link
  }

  /**
   * The same wire by another Link, such as one that wraps it: frames go and come by it from now on, captures go on. Its
   * address and MTU must be those of the one before, which is left as it is.
   */
  exchange(wire: Link): void {
    if (this.#tap === undefined) this.link = wire
    else this.#tap.inner = wire
    this.#attach()
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.addressing.list
  }

  get mac(): Mac {
    return formatMac(this.macBytes)
  }

  /**
   * Asks by one ARP probe (RFC 5227 §2.1.1) whether somebody uses `address`. `done` is called once: with the holder's
   * hardware address at the first ARP packet that shows one (a reply, a request from it, or another host's probe for
   * it), or with undefined after `waitMs`. Hosts on a LAN answer within a few ms; 300 is generous. For an address of
   * our own, and when 256 probes are under way (counted as 'probe-refused'), `done` is called before this returns.
   */
  probe(address: Ipv4, options: { readonly waitMs: number }, done: (holder: Mac | undefined) => void): void {
    if (this.addressing.isOwn(address)) done(this.mac)
    else this.#arp.conflicts.probe(address, options.waitMs, done)
  }

  /** Announces all addresses (RFC 5227 §2.3), so that neighbours forget who had them before. */
  announce(): void {
    for (const { address } of this.addresses) this.#arp.conflicts.announce(address)
  }

  /**
   * Writes what comes and goes from now on as pcapng, whoever it is for. The link is wrapped only meanwhile, so that
   * nothing is paid when nobody captures. Undefined when CAPTURE_LIMIT captures run.
   */
  capture(options: CaptureOptions): Capture | undefined {
    const tap = this.#tap ?? new CaptureLink(this.link, this.#parts.clock)
    this.#tap = tap
    this.link = tap
    const capture = tap.start(options)
    if (capture === undefined) return undefined
    const stop = (): void => {
      capture.stop()
      if (tap.idle && this.#tap === tap) this.#untap()
    }
    return { counts: capture.counts, stop }
  }

  #untap(): void {
    if (this.#tap !== undefined) this.link = this.#tap.release()
    this.#tap = undefined
  }

  /** Lets go of the link, which stays open. Captures end; probes end with undefined; what waited for ARP is dropped. */
  detach(): void {
    this.#untap()
    this.link.onFrame = () => {}
    this.link.onBatchEnd = () => {}
    this.#arp.close()
    this.igmp.close()
  }

  #attach(): void {
    const { input, output, ethernetCounters, onFault } = this.#parts
    const arp = this.#arp
    this.link.onFrame = (buffer, at, length, offload) => {
      output.frameReceived()
      try {
        input.receive(this, arp, buffer, at, length, offload)
      } catch (fault) {
        // One frame is the boundary: a bug that it meets must not stop the others.
        ethernetCounters.count('fault')
        onFault(fault)
      }
    }
    this.link.onBatchEnd = () => {
      for (let tries = 0; tries < BATCH_END_TRIES; tries++) {
        try {
          return output.receiveEnded()
        } catch (fault) {
          // Likewise: what waited behind it is served all the same.
          ethernetCounters.count('fault')
          onFault(fault)
        }
      }
    }
  }
}
