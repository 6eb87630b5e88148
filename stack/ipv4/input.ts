/**
 * HOT PATH. Datagrams in (RFC 791, RFC 1122 §3.2.1): validity, martians, is it ours, reassembly, and up by protocol
 * number. What is not ours goes to the forwarder, or is dropped. Watched by test/bench/micro/udp-echo.ts.
 */
import { isLoopback, isMulticast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { Clock, Counters } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'
import { CHECKED, NO_OFFLOAD } from '../wire/offload.ts'
import { NOT_OURS, OWN, TO_BROADCAST, TO_MULTICAST } from './addresses.ts'
import type { OwnAddresses } from './addresses.ts'
import { ReceivedDatagram } from './datagram.ts'
import type { Forwarder } from './forward.ts'
import { martian, refusedSource } from './martian.ts'
import type { DatagramErrors, Protocols } from './protocols.ts'
import { Reassembly, REASSEMBLY_COUNTERS } from './reassembly.ts'
import type { Assembled } from './reassembly.ts'
import type { RouteTable } from './routes.ts'

export const IPV4_COUNTERS = [
  'received', 'delivered', 'truncated', 'version', 'header-length', 'total-length', 'checksum', 'martian-source',
  'martian-target', 'bogon-source', 'no-reverse-path', 'own-source', 'unicast-in-broadcast', 'not-for-us',
  'group-not-joined', 'options-malformed',
  'source-route', 'unknown-protocol', ...REASSEMBLY_COUNTERS,
  'forwarded', 'not-forwardable', 'ttl-expired', 'directed-broadcast', 'forward-too-big', 'sent',
  'fragments-sent', 'no-route', 'no-room', 'neighbour-full', 'neighbour-failed',
] as const
export type Ipv4Counters = Counters<(typeof IPV4_COUNTERS)[number]>

export class Ipv4Input {
  readonly #counters: Ipv4Counters
  readonly #received: number
  readonly #delivered: number
  readonly #own: OwnAddresses
  readonly #routes: RouteTable
  readonly #forwarder: Forwarder
  readonly #protocols: Protocols
  readonly #errors: DatagramErrors
  readonly #reassembly: Reassembly
  /** The one object that every datagram is seen through; made when the first interface is known. */
  #datagram: ReceivedDatagram | undefined

  constructor(
    clock: Clock,
    counters: Ipv4Counters,
    own: OwnAddresses,
    routes: RouteTable,
    forwarder: Forwarder,
    protocols: Protocols,
    errors: DatagramErrors,
  ) {
    this.#counters = counters
    this.#received = counters.slot('received')
    this.#delivered = counters.slot('delivered')
    this.#own = own
    this.#routes = routes
    this.#forwarder = forwarder
    this.#protocols = protocols
    this.#errors = errors
    this.#reassembly = new Reassembly(clock, counters, (first) => errors.reassemblyTimeExceeded(this.#view(first)))
  }

  /** Octets held for datagrams that are not whole yet. */
  get reassemblyBytes(): number {
    return this.#reassembly.bytesHeld
  }

  /** `at` … `end` is what the frame carries, padding included; `offload` as of an Ethernet II frame. */
  receive(iface: Interface, b: Uint8Array, at: number, end: number, linkBroadcast: boolean, offload: number): void {
    const counters = this.#counters
    counters.bump(this.#received)
    const fault = ip.check(b, at, end)
    if (fault !== undefined) return counters.count(fault)
    const source = ip.source(b, at)
    const target = ip.target(b, at)
    if (!iface.loopback && this.#isMartian(iface, source, target)) return
    const kind = this.#own.classify(iface.addressing, target, linkBroadcast)
    if (kind === NOT_OURS && this.#forwarder.enabled) {
      const hasOptions = ip.headerLength(b, at) > ip.IPV4_HEADER_BYTES
      if (hasOptions && !this.#optionsPass(iface, b, at, linkBroadcast, false)) return
      return this.#forwarder.forward(this.#look(iface, b, at, linkBroadcast, false, offload))
    }
    if (kind === OWN || (iface.loopback && isLoopback(target))) {
      // RFC 1122 §3.3.6; and 0.0.0.0 may only call to all.
      if (linkBroadcast) return counters.count('unicast-in-broadcast')
      if (source === 0) return counters.count('martian-source')
    } else if (kind === NOT_OURS) {
      return counters.count('not-for-us')
    } else if (kind === TO_MULTICAST && !iface.groups.has(target)) {
      return counters.count('group-not-joined')
    }
    const broadcast = kind === TO_BROADCAST
    const hasOptions = ip.headerLength(b, at) > ip.IPV4_HEADER_BYTES
    if (hasOptions && !this.#optionsPass(iface, b, at, linkBroadcast, broadcast)) return
    if (ip.isFragment(b, at)) this.#gather(iface, b, at, linkBroadcast)
    else this.#deliver(this.#look(iface, b, at, linkBroadcast, broadcast, offload))
  }

  /** A datagram of others that was kept, as the protocols and the forwarder see one. */
  seen(iface: Interface, datagram: Uint8Array): ReceivedDatagram {
    return this.#look(iface, datagram, 0, false, false, NO_OFFLOAD)
  }

  close(): void {
    this.#reassembly.close()
  }

  /** Addresses that cannot stand where they stand, on a wire, or that the interface's policy does not let in. */
  #isMartian(iface: Interface, source: Ipv4, target: Ipv4): boolean {
    const fault =
      martian(iface, source, target) ??
      (this.#own.has(source) ? 'own-source' : refusedSource(iface.sourcePolicy, iface, source, this.#routes))
    if (fault !== undefined) this.#counters.count(fault)
    return fault !== undefined
  }

  /** Options are read for soundness and otherwise ignored; source routes are dropped (RFC 7126 §4.3). */
  #optionsPass(iface: Interface, b: Uint8Array, at: number, linkBroadcast: boolean, broadcast: boolean): boolean {
    const verdict = ip.checkOptions(b, at)
    if (verdict === ip.OPTIONS_FINE) return true
    if (verdict === ip.OPTIONS_SOURCE_ROUTE) {
      this.#counters.count('source-route')
    } else {
      this.#counters.count('options-malformed')
      this.#errors.parameterProblem(this.#look(iface, b, at, linkBroadcast, broadcast, NO_OFFLOAD), verdict)
    }
    return false
  }

  #gather(iface: Interface, b: Uint8Array, at: number, linkBroadcast: boolean): void {
    const whole = this.#reassembly.add(iface, b, at, linkBroadcast)
    if (whole !== undefined) this.#deliver(this.#view(whole))
  }

  #view({ iface, datagram, linkBroadcast }: Assembled): ReceivedDatagram {
    const kind = this.#own.classify(iface.addressing, ip.target(datagram, 0), linkBroadcast)
    return this.#look(iface, datagram, 0, linkBroadcast, kind === TO_BROADCAST, NO_OFFLOAD)
  }

  #look(
    iface: Interface, b: Uint8Array, at: number, linkBroadcast: boolean, broadcast: boolean, offload: number,
  ): ReceivedDatagram {
    const d = (this.#datagram ??= new ReceivedDatagram(b, iface))
    const header = ip.headerLength(b, at)
    d.buffer = b
    d.at = at
    d.payloadAt = at + header
    d.payloadLength = ip.totalLength(b, at) - header
    d.source = ip.source(b, at)
    d.target = ip.target(b, at)
    d.protocol = ip.protocol(b, at)
    d.ttl = ip.ttl(b, at)
    d.offload = offload
    d.checked = (offload & CHECKED) !== 0
    d.iface = iface
    d.linkBroadcast = linkBroadcast
    d.broadcast = broadcast
    d.multicast = isMulticast(d.target)
    return d
  }

  #deliver(d: ReceivedDatagram): void {
    if (this.#protocols.watched) this.#protocols.show(d)
    const handler = this.#protocols.handler(d.protocol)
    if (handler === undefined) {
      this.#counters.count('unknown-protocol')
      return this.#errors.protocolUnreachable(d)
    }
    this.#counters.bump(this.#delivered)
    handler.receive(d)
  }
}
