/** Who gets datagrams by protocol number, and what IPv4 asks of ICMP, which it may not import. */
import type { Ipv4 } from '../address/ipv4.ts'
import { assert } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'
import type { ReceivedDatagram } from './datagram.ts'

/** Errors of the host's own kind, by the names that sockets give them. */
export type SocketError =
  /** The target has no such port or protocol. */
  | 'ECONNREFUSED'
  | 'ENOPROTOOPT'
  | 'EHOSTUNREACH'
  | 'ENETUNREACH'
  /** Larger than the path takes, and not to be fragmented. */
  | 'EMSGSIZE'
  /** Some other ICMP error. */
  | 'EPROTO'

export interface ProtocolHandler {
  /** A whole datagram to us; valid until return. */
  receive(datagram: ReceivedDatagram): void
  /**
   * A datagram that we sent did not arrive. `at` is the start of its IPv4 header, which is sound; what follows up to
   * `end` may be cut after 8 octets.
   */
  failed(error: SocketError, b: Uint8Array, at: number, end: number): void
  /**
   * Whether such a datagram, given as for failed(), was lately sent by us (RFC 5927 §4.1). Without this, what routers
   * say about the protocol's datagrams changes neither path MTUs nor routes; failed() hears of it all the same.
   */
  owns?(b: Uint8Array, at: number, end: number): boolean
}

/** The errors that IPv4 and the transports have sent about a received datagram. */
export interface DatagramErrors {
  protocolUnreachable(datagram: ReceivedDatagram): void
  portUnreachable(datagram: ReceivedDatagram): void
  /** `pointer`: offset of the wrong octet from the start of the header. */
  parameterProblem(datagram: ReceivedDatagram, pointer: number): void
  reassemblyTimeExceeded(datagram: ReceivedDatagram): void
}

/** The errors that a router has sent about what it does not forward (RFC 1812 §4.3, §5.2.7). */
export interface ForwardErrors {
  timeExceeded(datagram: ReceivedDatagram): void
  netUnreachable(datagram: ReceivedDatagram): void
  hostUnreachable(datagram: ReceivedDatagram): void
  /** `mtu`: of the next hop's link (RFC 1191 §4). */
  fragmentationNeeded(datagram: ReceivedDatagram, mtu: number): void
  parameterProblem(datagram: ReceivedDatagram, pointer: number): void
  /** `gateway`: the better first hop. */
  redirect(datagram: ReceivedDatagram, gateway: Ipv4): void
}

/** A tool, such as ping, that looks at what comes without being its receiver. */
export type Watcher = {
  readonly received: (datagram: ReceivedDatagram) => void
  /** As ProtocolHandler.failed. */
  readonly failed: (b: Uint8Array, at: number, end: number) => void
}

/** Tools at once; each looks at every datagram. */
export const WATCHER_LIMIT = 64

export class Protocols {
  /** HOT: somebody watches. */
  watched = false
  #watchers: readonly Watcher[] = []
  readonly #handlers: (ProtocolHandler | undefined)[] = new Array<ProtocolHandler | undefined>(256).fill(undefined)

  register(protocol: number, handler: ProtocolHandler): void {
    assert(this.#handlers[protocol] === undefined, 'a protocol has one handler')
    this.#handlers[protocol] = handler
  }

  /** HOT. */
  handler(protocol: number): ProtocolHandler | undefined {
    return this.#handlers[protocol]
  }

  /** No further watcher has room. */
  get watchersFull(): boolean {
    return this.#watchers.length >= WATCHER_LIMIT
  }

  /** Sees all datagrams to us from now on, until what is returned is called. Ask watchersFull first. */
  watch(watcher: Watcher): () => void {
    assert(!this.watchersFull, 'watchers have a bound')
    this.#watchers = [...this.#watchers, watcher]
    this.watched = true
    return () => {
      this.#watchers = this.#watchers.filter((other) => other !== watcher)
      this.watched = this.#watchers.length > 0
    }
  }

  /** Shows a datagram to the watchers, before its protocol gets it. */
  show(d: ReceivedDatagram): void {
    for (const watcher of this.#watchers) watcher.received(d)
  }

  /** Whether the protocol of a quoted datagram says that it sent it. */
  owns(b: Uint8Array, at: number, end: number): boolean {
    return this.#handlers[ip.protocol(b, at)]?.owns?.(b, at, end) ?? false
  }

  /** Tells the protocol of a datagram of ours, whose header is sound, that it did not arrive. */
  failed(error: SocketError, b: Uint8Array, at: number, end: number): void {
    this.#handlers[ip.protocol(b, at)]?.failed(error, b, at, end)
    for (const watcher of this.#watchers) watcher.failed(b, at, end)
  }
}
