/** LISTEN (RFC 9293 §3.10.2): a port that connections may come to, and how many handshakes it keeps at a time. */
import type { Ipv4 } from '../address/ipv4.ts'
import type { TcpEndpoint } from './endpoint.ts'

/** Half-open connections; past this, SYN cookies (RFC 4987). Linux's default for a listen() is of this size. */
export const BACKLOG_DEFAULT = 511
/** Connections of one peer to one listener. */
export const PER_SOURCE_DEFAULT = 4096

export type ListenOptions = {
  /** 0: a free one, by chance. */
  readonly port: number
  /** One of ours; any when not given. */
  readonly address?: Ipv4
  readonly backlog?: number
  readonly connectionsPerSource?: number
  /** The handshake is over. To be given its `onEvents` before this returns; events so far are repeated after. */
  readonly onConnection: (endpoint: TcpEndpoint) => void
}

export class Listener {
  readonly port: number
  readonly address: Ipv4
  readonly backlog: number
  readonly perSource: number
  readonly onConnection: (endpoint: TcpEndpoint) => void
  halfOpen = 0
  /** Until when an ACK may return a cookie. */
  cookiesUntil = 0
  readonly #bySource = new Map<Ipv4, number>()
  readonly #release: (listener: Listener) => void

  constructor(options: ListenOptions, port: number, release: (listener: Listener) => void) {
    this.port = port
    this.address = options.address ?? 0
    this.backlog = options.backlog ?? BACKLOG_DEFAULT
    this.perSource = options.connectionsPerSource ?? PER_SOURCE_DEFAULT
    this.onConnection = options.onConnection
    this.#release = release
  }

  mayTake(source: Ipv4): boolean {
    return (this.#bySource.get(source) ?? 0) < this.perSource
  }

  take(source: Ipv4): void {
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1)
  }

  giveBack(source: Ipv4): void {
    const left = (this.#bySource.get(source) ?? 1) - 1
    if (left === 0) this.#bySource.delete(source)
    else this.#bySource.set(source, left)
  }

  /** Connections that are there stay. */
  close(): void {
    this.#release(this)
  }
}
