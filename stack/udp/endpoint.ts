/**
 * HOT PATH. A UDP endpoint (RFC 768): a port, perhaps bound to one of our addresses or interfaces, perhaps connected.
 * Received datagrams are handed on at once, so there is no queue here that could grow.
 * Watched by test/bench/micro/udp-echo.ts.
 */
import { isMulticast } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { SocketError } from '../ipv4/protocols.ts'
import { SEND_FAULT } from '../ipv4/send-fault.ts'
import { assert, copy } from '../platform/index.ts'
import { PROTOCOL_UDP } from '../wire/ipv4.ts'
import * as udp from '../wire/udp.ts'

/** The longest payload: 65,535 less the headers of IPv4 and UDP. */
export const MAX_UDP_PAYLOAD_BYTES = 65_507

/** One object, reused for every datagram: read it, do not keep it. Numbers only. */
export type DatagramMeta = {
  source: Ipv4
  sourcePort: number
  target: Ipv4
  targetPort: number
  interfaceIndex: number
  ttl: number
  /** It came in a link-layer broadcast. */
  linkBroadcast: boolean
}

/** The payload is `buffer` from `at`, `length` octets; it is valid until return. */
export type DatagramHandler = (buffer: Uint8Array, at: number, length: number, meta: DatagramMeta) => void
/** A datagram sent to `target` did not arrive: an ICMP error came, or ARP found nobody. */
export type DatagramErrorHandler = (error: SocketError, target: Ipv4, targetPort: number) => void

export type EndpointOptions = {
  readonly port: number
  /** 0: any of ours. */
  readonly address: Ipv4
  /** Only what comes and goes by this one. */
  readonly iface: Interface | undefined
  readonly broadcast: boolean
  readonly reuseAddress: boolean
  readonly onDatagram: DatagramHandler
  readonly onError: DatagramErrorHandler | undefined
}

/** Groups that one endpoint may join; as many as Linux allows by default. */
export const MEMBERSHIP_LIMIT = 20

/** How well a datagram fits an endpoint; more is better. */
export const NO_MATCH = -1

export class UdpEndpoint {
  readonly port: number
  readonly address: Ipv4
  readonly iface: Interface | undefined
  readonly reuseAddress: boolean
  readonly onDatagram: DatagramHandler
  readonly onError: DatagramErrorHandler | undefined
  /** May send to broadcast addresses; and, when bound to an address, hears broadcasts too. */
  broadcast: boolean
  /** Time to live of what is sent, 1 to 255. */
  ttl = DEFAULT_TTL
  /** The same for multicasts, which stay on the link unless asked otherwise (RFC 1112 §6.1). */
  multicastTtl = 1
  /**
   * Sends with DF, and refuses as too long what does not fit the path as far as is known (RFC 1191): for programs that
   * find their own size.
   */
  dontFragment = false
  /** By which interface multicasts go; chosen by the routes when undefined. */
  multicastIface: Interface | undefined = undefined
  /** The connected peer; 0 when there is none. */
  remote: Ipv4 = 0
  remotePort = 0
  readonly #output: Ipv4Output
  readonly #release: (endpoint: UdpEndpoint) => void
  #closed = false
  readonly #groups: { readonly group: Ipv4; readonly iface: Interface }[] = []

  constructor(options: EndpointOptions, output: Ipv4Output, release: (endpoint: UdpEndpoint) => void) {
    this.port = options.port
    this.address = options.address
    this.iface = options.iface
    this.broadcast = options.broadcast
    this.reuseAddress = options.reuseAddress
    this.onDatagram = options.onDatagram
    this.onError = options.onError
    this.#output = output
    this.#release = release
  }

  /**
   * HOT. Copies the payload; fragments if needed; waits for ARP if needed, in a bounded queue. Returns 0 or a
   * SEND_FAULT; allocates nothing when the next hop is resolved and the datagram fits the link. `source` 0: chosen (RFC
   * 1122 §3.3.4.3); otherwise it must be an address of ours.
   */
  send(buffer: Uint8Array, at: number, length: number, target: Ipv4, targetPort: number, source: Ipv4 = 0): number {
    if (this.#closed) return SEND_FAULT.closed
    if (targetPort === 0 || target === 0) return SEND_FAULT.invalidTarget
    const output = this.#output
    const from = source === 0 ? this.address : source
    const multicast = isMulticast(target)
    const ttl = multicast ? this.multicastTtl : this.ttl
    const via = multicast && this.multicastIface !== undefined ? this.multicastIface : this.iface
    if (this.dontFragment) output.prepare(true)
    const fault = output.begin(
      target, from, PROTOCOL_UDP, udp.UDP_HEADER_BYTES + length, ttl, via, this.broadcast,
    )
    if (fault !== 0) return fault
    return this.#finish(buffer, at, length, target, targetPort)
  }

  /**
   * To a given hardware address on one interface, without route or ARP and with the given source, which may be 0: what
   * RFC 2131 §4.1 asks of a DHCP server. Returns 0 or a SEND_FAULT.
   */
  sendOnLink(
    iface: Interface,
    targetMac: Uint8Array,
    target: Ipv4,
    targetPort: number,
    source: Ipv4,
    buffer: Uint8Array,
    at: number,
    length: number,
  ): number {
    if (this.#closed) return SEND_FAULT.closed
    const bytes = udp.UDP_HEADER_BYTES + length
    const fault = this.#output.beginOnLink(iface, targetMac, target, source, PROTOCOL_UDP, bytes, this.ttl)
    if (fault !== 0) return fault
    return this.#finish(buffer, at, length, target, targetPort)
  }

  /** From now on only datagrams of this peer arrive. Address 0 takes that back. */
  connect(target: Ipv4, port: number): void {
    assert(port >= 0 && port <= 0xffff, 'a port has 16 bits')
    this.remote = target
    this.remotePort = target === 0 ? 0 : port
  }

  /**
   * Hears a group on an interface from now on (RFC 1112 §7.1). False when it is none, when it was joined before, or
   * when there is no room.
   */
  join(group: Ipv4, iface: Interface): boolean {
    if (this.#closed || this.#groups.length === MEMBERSHIP_LIMIT || this.hears(group, iface)) return false
    if (!iface.groups.join(group)) return false
    this.#groups.push({ group, iface })
    return true
  }

  /** False when it was not joined. */
  leave(group: Ipv4, iface: Interface): boolean {
    const at = this.#groups.findIndex((joined) => joined.group === group && joined.iface === iface)
    if (at < 0) return false
    this.#groups.splice(at, 1)
    iface.groups.leave(group)
    return true
  }

  /** HOT: this endpoint joined the group there. */
  hears(group: Ipv4, arrival: Interface): boolean {
    for (let i = 0; i < this.#groups.length; i++) {
      const joined = this.#groups[i]
      if (joined !== undefined && joined.group === group && joined.iface === arrival) return true
    }
    return false
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { group, iface } of this.#groups.splice(0)) iface.groups.leave(group)
    this.#release(this)
  }

  /** HOT: NO_MATCH, or how closely this endpoint was meant for the datagram. */
  match(source: Ipv4, sourcePort: number, target: Ipv4, toMany: boolean, arrival: Interface): number {
    let score = 0
    if (this.address !== 0) {
      const heard = toMany ? this.broadcast && arrival.addressing.isOwn(this.address) : this.address === target
      if (!heard) return NO_MATCH
      score += 2
    }
    if (this.iface !== undefined) {
      if (this.iface !== arrival) return NO_MATCH
      score += 1
    }
    if (this.remote !== 0) {
      if (this.remote !== source || this.remotePort !== sourcePort) return NO_MATCH
      score += 4
    }
    return score
  }

  #finish(buffer: Uint8Array, at: number, length: number, target: Ipv4, targetPort: number): number {
    const output = this.#output
    copy(buffer, at, output.buffer, output.payloadAt + udp.UDP_HEADER_BYTES, length)
    udp.write(output.buffer, output.payloadAt, output.source, this.port, target, targetPort, length)
    return output.commit()
  }
}
