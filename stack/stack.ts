/**
 * The host: interfaces, routes, protocols and counters, put together. Frames come in by link.onFrame and are answered
 * before it returns; what is sent meanwhile is flushed at the end of the batch. Nothing here reads a clock or draws a
 * number but through what it was given.
 *
 * Invariant: with the same links, clock and seed the same frames go out in the same order.
 */
import type { Ipv4 } from './address/ipv4.ts'
import { ipv4 } from './address/ipv4.ts'
import { ARP_COUNTERS } from './arp/arp.ts'
import { answersFor } from './arp/proxy.ts'
import { ETHERNET_COUNTERS, EthernetInput } from './ethernet/input.ts'
import { EthernetOutput } from './ethernet/output.ts'
import { IcmpErrors } from './icmp/error.ts'
import { ICMP_COUNTERS, IcmpInput } from './icmp/input.ts'
import type { IcmpAnswers } from './icmp/queries.ts'
import { Ping } from './icmp/ping.ts'
import type { PingEvent, PingOptions, ProbeParts } from './icmp/ping.ts'
import { Redirects } from './icmp/redirect.ts'
import { RouterDiscovery } from './icmp/router-discovery.ts'
import { Traceroute } from './icmp/traceroute.ts'
import type { TracerouteEvent, TracerouteOptions } from './icmp/traceroute.ts'
import { IGMP_COUNTERS, IgmpInput } from './igmp/input.ts'
import { Interface } from './interface.ts'
import type { InterfaceOptions, InterfaceParts } from './interface.ts'
import { InterfaceAddresses, OwnAddresses } from './ipv4/addresses.ts'
import type { InterfaceAddress } from './ipv4/addresses.ts'
import { Forwarder } from './ipv4/forward.ts'
import { Identifications } from './ipv4/identification.ts'
import { IPV4_COUNTERS, Ipv4Input } from './ipv4/input.ts'
import { Ipv4Output } from './ipv4/output.ts'
import { PathMtus } from './ipv4/path-mtu.ts'
import { Protocols } from './ipv4/protocols.ts'
import type { ProtocolHandler } from './ipv4/protocols.ts'
import { MIN_MTU } from './ipv4/fragment.ts'
import { RouteTable } from './ipv4/routes.ts'
import { LoopbackLink } from './link/loopback.ts'
import type { Link } from './link/link.ts'
import { assert, Counters, err } from './platform/index.ts'
import type { Clock, Result, SecureRandom } from './platform/index.ts'
import { Paths } from './tcp/path.ts'
import { TCP_COUNTERS } from './tcp/tally.ts'
import { Tcp } from './tcp/transport.ts'
import { UDP_COUNTERS, UdpDemux } from './udp/demux.ts'
import type { BindError } from './udp/demux.ts'
import type { DatagramErrorHandler, DatagramHandler, UdpEndpoint } from './udp/endpoint.ts'
import { PROTOCOL_ICMP, PROTOCOL_IGMP, PROTOCOL_TCP, PROTOCOL_UDP, source } from './wire/ipv4.ts'

export type StackOptions = {
  readonly clock: Clock
  readonly random: SecureRandom
  /** Timestamp and address mask requests are answered; not when not given (RFC 6918). */
  readonly icmpAnswers?: IcmpAnswers
  /** How long a closed TCP connection is remembered, 2 MSL; a minute when not given (RFC 9293 §3.4.2). */
  readonly timeWaitMs?: number
  /** Hears of a bug of ours that a frame brought to light; the frame is dropped and counted as ethernet 'fault'. */
  readonly onFault?: (fault: unknown) => void
}

export type BindUdpOptions = {
  /** 0: a free one, by chance. */
  readonly port: number
  /** One of ours; any when not given. */
  readonly address?: Ipv4
  /** Only what comes and goes by this interface. */
  readonly interfaceName?: string
  /** May send to broadcast addresses. Receiving them needs no leave, unless bound to an address. */
  readonly broadcast?: boolean
  /** May share the port with others that say the same. */
  readonly reuseAddress?: boolean
  readonly onDatagram: DatagramHandler
  readonly onError?: DatagramErrorHandler
}

export class Stack {
  readonly clock: Clock
  readonly routes: RouteTable
  readonly tcp: Tcp
  readonly pathMtus: PathMtus
  /** Off on every interface until asked for. */
  readonly routerDiscovery: RouterDiscovery
  /** An interface has other addresses than before, whoever gave them to it. */
  onReaddressed: (iface: Interface) => void = () => {}
  readonly counters: { readonly [layer: string]: Counters<string> }
  /** Where datagrams to ourselves go. It is not among `interfaces`. */
  readonly loopback: Interface
  /**
   * Hears of every address that another host says it has, at each ARP packet of its. Its MAC stands at `macAt` of `b`,
   * which is not to be kept. Undefined until somebody wants to know.
   */
  onNeighbourHeard: ((iface: Interface, address: Ipv4, b: Uint8Array, macAt: number) => void) | undefined = undefined
  readonly #parts: InterfaceParts
  readonly #probeParts: ProbeParts
  readonly #own = new OwnAddresses()
  readonly #protocols = new Protocols()
  readonly #output = new EthernetOutput()
  readonly #ipv4Input: Ipv4Input
  readonly #forwarder: Forwarder
  readonly #redirects: Redirects
  readonly #ipv4Output: Ipv4Output
  readonly #udp: UdpDemux
  #interfaces: readonly Interface[] = []
  #lastIndex = 0

  constructor(options: StackOptions) {
    const { clock, random } = options
    this.clock = clock
    const ethernet = new Counters(ETHERNET_COUNTERS)
    const arp = new Counters(ARP_COUNTERS)
    const ipv4Counters = new Counters(IPV4_COUNTERS)
    const icmp = new Counters(ICMP_COUNTERS)
    const igmp = new Counters(IGMP_COUNTERS)
    const udp = new Counters(UDP_COUNTERS)
    const tcp = new Counters(TCP_COUNTERS)
    this.counters = { ethernet, arp, ipv4: ipv4Counters, icmp, igmp, udp, tcp }
    this.routes = new RouteTable(() => this.#interfaces)
    const pathMtus = new PathMtus(clock)
    this.pathMtus = pathMtus
    this.#ipv4Output = new Ipv4Output({
      counters: ipv4Counters,
      ethernet: this.#output,
      own: this.#own,
      routes: this.routes,
      ids: new Identifications(random),
      pathMtus,
      loopback: () => this.loopback,
      firstInterface: () => this.#interfaces[0],
    })
    const errors = new IcmpErrors(clock, this.#ipv4Output, this.#own, icmp)
    this.#forwarder = new Forwarder({
      clock, counters: ipv4Counters, ethernet: this.#output, own: this.#own, routes: this.routes,
      output: this.#ipv4Output, errors,
    })
    this.#redirects = new Redirects(clock, this.routes)
    this.routerDiscovery = new RouterDiscovery({ clock, random, output: this.#ipv4Output, routes: this.routes })
    this.#ipv4Input = new Ipv4Input(
      clock, ipv4Counters, this.#own, this.routes, this.#forwarder, this.#protocols, errors,
    )
    this.#udp = new UdpDemux(udp, this.#ipv4Output, this.#own, errors, random)
    const icmpInput = new IcmpInput({
      counters: icmp, output: this.#ipv4Output, own: this.#own, protocols: this.#protocols, pathMtus, clock,
      forwarder: this.#forwarder, redirects: this.#redirects,
      discovery: this.routerDiscovery, answers: options.icmpAnswers ?? {},
    })
    this.tcp = new Tcp({
      clock, random, tally: tcp, output: this.#ipv4Output, ethernet: this.#output,
      paths: new Paths(this.#own, this.routes, () => this.loopback),
      ...(options.timeWaitMs === undefined ? {} : { timeWaitMs: options.timeWaitMs }),
    })
    this.#protocols.register(PROTOCOL_UDP, this.#udp)
    this.#protocols.register(PROTOCOL_TCP, this.tcp)
    this.#protocols.register(PROTOCOL_ICMP, icmpInput)
    this.#protocols.register(PROTOCOL_IGMP, new IgmpInput(igmp))
    this.#probeParts = { clock, random, output: this.#ipv4Output, protocols: this.#protocols }
    this.#parts = {
      clock,
      random,
      arpCounters: arp,
      igmpCounters: igmp,
      ethernetCounters: ethernet,
      input: new EthernetInput(ethernet, this.#ipv4Input),
      output: this.#output,
      ipv4Output: this.#ipv4Output,
      changeAddresses: (iface, addresses) => this.changeAddresses(iface, addresses),
      isProxied: (iface, target) =>
        this.#forwarder.enabled && answersFor(iface.proxyArp, iface, target, this.routes),
      neighbourHeard: (iface, address, b, macAt) => this.onNeighbourHeard?.(iface, address, b, macAt),
      unreachable: (iface, datagram) => this.#unreachable(iface, datagram),
      onFault: options.onFault ?? (() => {}),
    }
    const self: InterfaceAddress = { address: ipv4('127.0.0.1'), prefix: { network: ipv4('127.0.0.0'), length: 8 } }
    this.loopback = new Interface(0, new LoopbackLink(clock), { addresses: [self] }, true, this.#parts)
  }

  get interfaces(): readonly Interface[] {
    return this.#interfaces
  }

  interface(name: string): Interface | undefined {
    return this.#interfaces.find((iface) => iface.name === name)
  }

  /** Also of the loopback, which is called 'lo'. */
  anyInterface(name: string): Interface | undefined {
    return name === this.loopback.name ? this.loopback : this.interface(name)
  }

  /**
   * Takes over the link's onFrame and onBatchEnd, makes the direct routes, and announces the addresses (RFC 5227 §2.3).
   */
  addInterface(link: Link, options: InterfaceOptions): Interface {
    assert(this.interface(link.name) === undefined, `one interface is called ${link.name}`)
    assert(link.mtu >= MIN_MTU, `an IPv4 link carries ${MIN_MTU} octets`)
    const iface = new Interface(++this.#lastIndex, link, options, false, this.#parts)
    this.#interfaces = [...this.#interfaces, iface]
    this.#own.add(iface.addressing)
    this.routes.addDirect(iface)
    iface.announce()
    return iface
  }

  /**
   * Gives an interface other addresses than it had. The routes to its own subnets follow; routes by gateways that are
   * no longer on the link go. Nothing is announced: who has probed an address announces it (RFC 5227 §2.3).
   */
  changeAddresses(iface: Interface, addresses: readonly InterfaceAddress[]): void {
    const before = iface.addressing
    this.#own.remove(before)
    iface.addressing = new InterfaceAddresses(addresses)
    this.#own.add(iface.addressing)
    this.routes.readdress(iface, before)
    this.onReaddressed(iface)
  }

  /** Datagrams by this interface have at most `mtu` octets from now on: at least 68, and never more than its link carries. */
  changeMtu(iface: Interface, mtu: number): void {
    const before = iface.mtu
    iface.mtu = Math.max(MIN_MTU, Math.min(mtu, iface.link.mtu))
    if (iface.mtu !== before) this.routes.remeasure(iface, before)
  }

  /** Its routes go with it. Endpoints bound to it hear and send nothing more. The link stays open. */
  removeInterface(name: string): void {
    const iface = this.interface(name)
    if (iface === undefined) return
    iface.linkLocal.stop()
    this.#interfaces = this.#interfaces.filter((other) => other !== iface)
    this.#own.remove(iface.addressing)
    this.routerDiscovery.stop(iface)
    this.routes.removeInterface(iface)
    iface.detach()
  }

  /** A router: what is not ours goes on by the routing table (RFC 1812). Off at first (RFC 1122 §3.1). */
  get forwarding(): boolean {
    return this.#forwarder.enabled
  }
  set forwarding(on: boolean) {
    this.#forwarder.enabled = on
  }

  bindUdp(options: BindUdpOptions): Result<UdpEndpoint, BindError> {
    const { port, address = 0, interfaceName, broadcast = false, reuseAddress = false, onDatagram, onError } = options
    const iface = interfaceName === undefined ? undefined : this.interface(interfaceName)
    if (interfaceName !== undefined && iface === undefined) return err({ kind: 'no-such-interface', interfaceName })
    return this.#udp.bind({ port, address, iface, broadcast, reuseAddress, onDatagram, onError })
  }

  udpEndpoints(): readonly UdpEndpoint[] {
    return this.#udp.endpoints()
  }

  /** Sends echo requests until it is done or stopped. Undefined when 64 such tools run already. */
  ping(options: PingOptions, onEvent: (event: PingEvent) => void): Ping | undefined {
    return this.#protocols.watchersFull ? undefined : new Ping(this.#probeParts, options, onEvent)
  }

  /** Finds the hops to a target. Undefined when 64 such tools run already. */
  traceroute(options: TracerouteOptions, onEvent: (event: TracerouteEvent) => void): Traceroute | undefined {
    return this.#protocols.watchersFull ? undefined : new Traceroute(this.#probeParts, options, onEvent)
  }

  /** The seat of a further transport; datagrams of protocols without one are answered with protocol unreachable. */
  registerProtocol(protocol: number, handler: ProtocolHandler): void {
    this.#protocols.register(protocol, handler)
  }

  /** The way out for a registered protocol. */
  get ipv4(): Ipv4Output {
    return this.#ipv4Output
  }

  /** Octets held for datagrams of which fragments are missing. */
  get reassemblyBytes(): number {
    return this.#ipv4Input.reassemblyBytes
  }

  /** Runs `run`; what it sends is handed to the links once, at the end. For bursts that no received frame causes. */
  batch(run: () => void): void {
    this.#output.beginBatch()
    try {
      run()
    } finally {
      this.#output.endBatch()
    }
  }

  /** Ends all timers and endpoints. Links that were added stay open: who made them closes them. */
  close(): void {
    this.tcp.close()
    this.#udp.close()
    for (const { name } of this.#interfaces) this.removeInterface(name)
    this.loopback.detach()
    this.loopback.link.close()
    this.#ipv4Input.close()
    this.#redirects.close()
  }

  #unreachable(iface: Interface, datagram: Uint8Array): void {
    if (!this.#own.isLocal(source(datagram, 0))) {
      this.#forwarder.unreachable(this.#ipv4Input.seen(iface, datagram))
    } else {
      this.#protocols.failed('EHOSTUNREACH', datagram, 0, datagram.length)
    }
  }
}
