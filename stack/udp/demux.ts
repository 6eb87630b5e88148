/**
 * HOT PATH. UDP in (RFC 768; RFC 1122 §4.1): from port, address, interface and peer to the endpoint. A unicast goes to
 * the endpoint meant most closely (connected before bound to an address before bound to an interface before any; of
 * equals the one bound last), a broadcast to all that match, a multicast to those that joined its group there. Watched
 * by test/bench/micro/udp-echo.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { OwnAddresses } from '../ipv4/addresses.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { DatagramErrors, ProtocolHandler, SocketError } from '../ipv4/protocols.ts'
import { err, ok } from '../platform/index.ts'
import type { Counters, Result, SecureRandom } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'
import * as udp from '../wire/udp.ts'
import { NO_MATCH, UdpEndpoint } from './endpoint.ts'
import type { DatagramMeta, EndpointOptions } from './endpoint.ts'

export const UDP_COUNTERS = [
  'received', 'delivered', 'truncated', 'length', 'checksum', 'no-port', 'broadcast-unheard', 'errors-received',
] as const
export type UdpCounters = Counters<(typeof UDP_COUNTERS)[number]>

export type BindError =
  | { readonly kind: 'address-in-use'; readonly port: number }
  | { readonly kind: 'address-not-available'; readonly address: Ipv4 }
  | { readonly kind: 'no-such-interface'; readonly interfaceName: string }
  | { readonly kind: 'no-free-port' }
  | { readonly kind: 'bad-port'; readonly port: number }

/** RFC 6335 §6: the dynamic ports. */
export const FIRST_EPHEMERAL_PORT = 49_152
const EPHEMERAL_PORTS = 16_384

const NONE: readonly UdpEndpoint[] = []

export class UdpDemux implements ProtocolHandler {
  readonly #counters: UdpCounters
  readonly #received: number
  readonly #delivered: number
  readonly #output: Ipv4Output
  readonly #own: OwnAddresses
  readonly #errors: DatagramErrors
  readonly #random: SecureRandom
  /** The newest first. Replaced, never changed, so that a handler may bind and close while it is gone through. */
  readonly #ports = new Map<number, readonly UdpEndpoint[]>()
  readonly #meta: DatagramMeta = {
    source: 0, sourcePort: 0, target: 0, targetPort: 0, interfaceIndex: 0, ttl: 0, linkBroadcast: false,
  }

  constructor(
    counters: UdpCounters, output: Ipv4Output, own: OwnAddresses, errors: DatagramErrors, random: SecureRandom,
  ) {
    this.#counters = counters
    this.#received = counters.slot('received')
    this.#delivered = counters.slot('delivered')
    this.#output = output
    this.#own = own
    this.#errors = errors
    this.#random = random
  }

  /** `port` 0: a free one by chance (RFC 6056 §3.3.1). */
  bind(options: EndpointOptions): Result<UdpEndpoint, BindError> {
    if (!Number.isInteger(options.port) || options.port < 0 || options.port > 0xffff) {
      return err({ kind: 'bad-port', port: options.port })
    }
    if (options.address !== 0 && !this.#own.isLocal(options.address)) {
      return err({ kind: 'address-not-available', address: options.address })
    }
    const port = options.port === 0 ? this.#freePort() : options.port
    if (port === undefined) return err({ kind: 'no-free-port' })
    const bound = this.#ports.get(port) ?? NONE
    if (bound.some((other) => collides(other, options))) return err({ kind: 'address-in-use', port })
    const endpoint = new UdpEndpoint({ ...options, port }, this.#output, (closed) => this.#release(closed))
    this.#ports.set(port, [endpoint, ...bound])
    return ok(endpoint)
  }

  /** Every endpoint there is. */
  endpoints(): readonly UdpEndpoint[] {
    return [...this.#ports.values()].flat()
  }

  receive(d: ReceivedDatagram): void {
    const counters = this.#counters
    counters.bump(this.#received)
    const b = d.buffer
    const at = d.payloadAt
    const fault = udp.check(b, at, at + d.payloadLength, d.source, d.target, d.checked)
    if (fault !== undefined) return counters.count(fault)
    const sourcePort = udp.sourcePort(b, at)
    const targetPort = udp.targetPort(b, at)
    const endpoints = this.#ports.get(targetPort) ?? NONE
    if (d.broadcast || d.multicast) return this.#toAll(endpoints, d, sourcePort, targetPort)
    const best = this.#find(endpoints, d.source, sourcePort, d.target, d.iface)
    if (best === undefined) {
      counters.count('no-port')
      return this.#errors.portUnreachable(d)
    }
    this.#hand(best, d, sourcePort, targetPort)
  }

  /** An endpoint of ours may have sent it. */
  owns(b: Uint8Array, at: number, end: number): boolean {
    return this.#senderOf(b, at, end) !== undefined
  }

  failed(error: SocketError, b: Uint8Array, at: number, end: number): void {
    this.#counters.count('errors-received')
    const targetPort = udp.targetPort(b, at + ip.headerLength(b, at))
    this.#senderOf(b, at, end)?.onError?.(error, ip.target(b, at), targetPort)
  }

  close(): void {
    for (const endpoints of [...this.#ports.values()]) for (const endpoint of endpoints) endpoint.close()
  }

  /** The endpoint from which a datagram of ours, at `at`, came. */
  #senderOf(b: Uint8Array, at: number, end: number): UdpEndpoint | undefined {
    const ports = at + ip.headerLength(b, at)
    if (end - ports < udp.UDP_HEADER_BYTES) return undefined
    const source = ip.source(b, at)
    const target = ip.target(b, at)
    const targetPort = udp.targetPort(b, ports)
    const endpoints = this.#ports.get(udp.sourcePort(b, ports)) ?? NONE
    return endpoints.find(
      (e) =>
        (e.address === 0 || e.address === source) &&
        (e.remote === 0 || (e.remote === target && e.remotePort === targetPort)),
    )
  }

  #toAll(endpoints: readonly UdpEndpoint[], d: ReceivedDatagram, sourcePort: number, targetPort: number): void {
    let heard = false
    const { source, target, iface } = d
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[i] as UdpEndpoint
      if (endpoint.match(source, sourcePort, target, true, iface) === NO_MATCH) continue
      if (d.multicast && !endpoint.hears(target, iface)) continue
      heard = true
      this.#hand(endpoint, d, sourcePort, targetPort)
    }
    if (!heard) this.#counters.count('broadcast-unheard')
  }

  #find(
    endpoints: readonly UdpEndpoint[], source: Ipv4, sourcePort: number, target: Ipv4, arrival: Interface,
  ): UdpEndpoint | undefined {
    let best: UdpEndpoint | undefined
    let bestScore = NO_MATCH
    for (let i = 0; i < endpoints.length; i++) {
      const endpoint = endpoints[i] as UdpEndpoint
      const score = endpoint.match(source, sourcePort, target, false, arrival)
      if (score > bestScore) {
        best = endpoint
        bestScore = score
      }
    }
    return best
  }

  #hand(endpoint: UdpEndpoint, d: ReceivedDatagram, sourcePort: number, targetPort: number): void {
    const meta = this.#meta
    meta.source = d.source
    meta.sourcePort = sourcePort
    meta.target = d.target
    meta.targetPort = targetPort
    meta.interfaceIndex = d.iface.index
    meta.ttl = d.ttl
    meta.linkBroadcast = d.linkBroadcast
    this.#counters.bump(this.#delivered)
    const length = udp.udpLength(d.buffer, d.payloadAt) - udp.UDP_HEADER_BYTES
    endpoint.onDatagram(d.buffer, d.payloadAt + udp.UDP_HEADER_BYTES, length, meta)
  }

  #release(endpoint: UdpEndpoint): void {
    const left = (this.#ports.get(endpoint.port) ?? NONE).filter((other) => other !== endpoint)
    if (left.length > 0) this.#ports.set(endpoint.port, left)
    else this.#ports.delete(endpoint.port)
  }

  #freePort(): number | undefined {
    const start = this.#random.below(EPHEMERAL_PORTS)
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      // A few by chance; when nearly all are taken, the rest in turn.
      const offset = i < 32 ? this.#random.below(EPHEMERAL_PORTS) : (start + i) % EPHEMERAL_PORTS
      if (!this.#ports.has(FIRST_EPHEMERAL_PORT + offset)) return FIRST_EPHEMERAL_PORT + offset
    }
    return undefined
  }
}

/** Two that would get the same datagrams, unless both agreed to that. */
function collides(a: UdpEndpoint, b: EndpointOptions): boolean {
  if (a.reuseAddress && b.reuseAddress) return false
  const addresses = a.address === 0 || b.address === 0 || a.address === b.address
  const interfaces = a.iface === undefined || b.iface === undefined || a.iface === b.iface
  return addresses && interfaces
}
