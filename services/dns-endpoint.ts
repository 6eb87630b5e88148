/**
 * HOT PATH (onDatagram). SHELL: DNS queries between the stack's UDP port 53 and the server core, and queries to
 * upstream servers. Watched by `npm run bench:dns`.
 */
import { type DatagramMeta, formatIpv4, type Ipv4, type Stack, type UdpEndpoint } from '../stack/index.ts'
import type { HostDatagrams } from '../stack/platform/index.ts'
import type { DnsPorts, DnsServer } from './dns/index.ts'

export const DNS_PORT = 53
/** The most that a response over UDP may take; what a client allows is less (RFC 6891 §6.2.5). */
const LARGEST_RESPONSE = 4096

export class DnsEndpoint {
  readonly #endpoint: UdpEndpoint
  readonly #server: DnsServer
  readonly #response = new Uint8Array(LARGEST_RESPONSE)
  /** Who asked what is being answered; read by #later, which outlives the datagram. */
  #source: Ipv4 = 0
  #sourcePort = 0
  #target: Ipv4 = 0

  /** Throws when the port is taken, which at start-up is a fault of the composition. */
  constructor(stack: Stack, server: DnsServer) {
    this.#server = server
    const bound = stack.bindUdp({ port: DNS_PORT, onDatagram: (buffer, at, length, meta) => this.#receive(buffer, at, length, meta) })
    if (!bound.ok) throw new Error(`UDP port ${DNS_PORT} cannot be bound: ${JSON.stringify(bound.error)}`)
    this.#endpoint = bound.value
  }

  #receive(buffer: Uint8Array, at: number, length: number, meta: DatagramMeta): void {
    this.#source = meta.source
    this.#sourcePort = meta.sourcePort
    this.#target = meta.target
    const size = this.#server.receive(buffer, at, length, this.#response, 0, LARGEST_RESPONSE, meta.source, this.#later)
    if (size > 0) this.#endpoint.send(this.#response, 0, size, this.#source, this.#sourcePort, this.#target)
  }

  /** Asked for only when the answer comes later, so that an answer at once allocates nothing. */
  readonly #later = (): ((bytes: Uint8Array, at: number, length: number) => void) => {
    const source = this.#source
    const sourcePort = this.#sourcePort
    const target = this.#target
    return (bytes, at, length) => void this.#endpoint.send(bytes, at, length, source, sourcePort, target)
  }

  close(): void {
    this.#endpoint.close()
  }
}

/** Upstream queries over the host's sockets. */
export const hostQuery = (datagrams: HostDatagrams): DnsPorts['query'] => (upstream, bytes, length, received, failed) =>
  datagrams.exchange(
    formatIpv4(upstream.address),
    upstream.port,
    bytes.slice(0, length),
    (datagram) => received(datagram, 0, datagram.length),
    (code) => failed(code === 'ECONNREFUSED' ? 'refused' : code === 'EMFILE' || code === 'ENFILE' ? 'no-socket' : 'unreachable'),
  )

/** Upstream queries over the appliance's own stack: a fresh random source port each (RFC 5452 §9.2). */
export const stackQuery =
  (stack: Stack): DnsPorts['query'] =>
  (upstream, bytes, length, received, failed) => {
    const bound = stack.bindUdp({
      port: 0,
      onDatagram: (buffer, at, size, meta) => {
        if (meta.source === upstream.address && meta.sourcePort === upstream.port) received(buffer, at, size)
      },
      onError: (error) => failed(error === 'ECONNREFUSED' ? 'refused' : 'unreachable'),
    })
    if (!bound.ok) {
      failed('no-socket')
      return { cancel: () => {} }
    }
    const endpoint = bound.value
    if (endpoint.send(bytes, 0, length, upstream.address, upstream.port) !== 0) failed('unreachable')
    return { cancel: () => endpoint.close() }
  }
