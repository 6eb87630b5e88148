/**
 * SHELL: the TLS servers: DNS over TLS (RFC 7858) on port 853, DNS over HTTPS (RFC 8484) and the API by https on port 443.
 * They hold keys and make handshakes, and run in a thread of their own, so that a storm of handshakes costs the packets
 * nothing. What they take off the wire goes on as streams and messages; they decide nothing about DNS.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { KeyPair } from '../certificates/x509.ts'
import { HttpsFront, type HttpsFrontOptions } from './https-front.ts'

export type TlsCount = 'tls-handshakes' | 'tls-handshake-failed' | 'https-requests' | 'https-refused' | 'https-closed-full'

/** Where a connection's ends are. */
export type Ends = { readonly remoteAddress: string; readonly remotePort: number; readonly localAddress: string; readonly localPort: number }
export type Encrypted = Duplex & Ends

export type TlsFrontOptions = Omit<HttpsFrontOptions, 'used'> & {
  readonly pair: KeyPair
  /** A stream of DNS messages to the server; undefined when there are too many. */
  readonly openDns: (ends: Ends) => Duplex | undefined
}

/** Connections of HTTPS whose handshake is over: one more ends the one that nothing was asked on for longest. */
export const MAX_HTTPS_CONNECTIONS = 128
/** Until a handshake is over; it takes two round trips. */
export const HANDSHAKE_MS = 5000
/** Of an HTTP connection that nothing is asked on. */
export const HTTPS_IDLE_MS = 30_000
/** Of a request's headers, of the whole request. */
const HEADERS_MS = 5000
const REQUEST_MS = 10_000
/** Requests under way on an HTTP/2 connection (RFC 9113 §6.5.2 thinks 100 the least that is sensible). */
const MAX_STREAMS = 100
/** What one HTTP/2 connection may hold, in MB. */
const SESSION_MEMORY_MB = 2
export class TlsFront {
  readonly #o: TlsFrontOptions
  readonly #dns: Server
  readonly #https: Http2SecureServer
  /** Connections, each with the end of its patience while its handshake is not over. */
  readonly #open = new Map<Encrypted, NodeJS.Timeout>()
  /** Those of HTTPS by their client's end, the one that nothing was asked on for longest first. */
  readonly #quiet = new Map<string, Encrypted>()
  /** The connection below the TLS one that an event is about: the library does not say. */
  readonly #below = new AsyncLocalStorage<Encrypted>()

  constructor(options: TlsFrontOptions) {
    this.#o = options
    const secrets = secretsOf(options.pair)
    // RFC 7301 §3.2: a client that offers other protocols only is refused; one that offers none is taken at its port.
    this.#dns = createServer({ ...secrets, ALPNProtocols: ['dot'] })
    this.#dns.on('secureConnection', (socket) => this.#carryDns(socket))
    const front = new HttpsFront({ ...options, used: (ends) => this.#used(ends) })
    const timing = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAliveTimeout: HTTPS_IDLE_MS, connectionsCheckingInterval: HEADERS_MS }
    this.#https = createSecureServer(
      { ...secrets, allowHTTP1: true, maxSessionMemory: SESSION_MEMORY_MB, settings: { maxConcurrentStreams: MAX_STREAMS }, ...timing },
      // Both versions of HTTP have the same methods, as far as they are used.
      (request, response) => front.request(request as unknown as IncomingMessage, response as unknown as ServerResponse),
    )
    this.#https.on('session', (session) => session.setTimeout(HTTPS_IDLE_MS, () => session.close()))
    this.#https.on('sessionError', (_error, session) => session.destroy())
    this.#https.on('clientError', (_error: unknown, socket: Duplex) => void socket.destroy())
    this.#https.prependListener('secureConnection', (socket: TLSSocket) => this.#makeRoom(socket))
    for (const server of [this.#dns, this.#https]) {
      server.prependListener('secureConnection', (socket: TLSSocket) => this.#secured(socket))
      server.on('tlsClientError', (_error, socket) => {
        options.count('tls-handshake-failed')
        socket.destroy()
      })
    }
  }

  /** Connections that are there. */
  get size(): number {
    return this.#open.size
  }

  /** A connection of port 853. */
  acceptDns(below: Encrypted): void {
    this.#accept(this.#dns, below)
  }

  /** One of port 443. */
  acceptHttps(below: Encrypted): void {
    this.#accept(this.#https, below)
  }

  /** Shown to connections that begin from now on; those that are open go on. */
  use(pair: KeyPair): void {
    for (const server of [this.#dns, this.#https]) server.setSecureContext(secretsOf(pair))
  }

  close(): void {
    for (const below of this.#open.keys()) below.destroy()
  }

  #accept(server: Server | Http2SecureServer, below: Encrypted): void {
    // The library's own time-out begins anew with each octet.
    this.#open.set(below, setTimeout(() => this.#tooSlow(below), HANDSHAKE_MS).unref())
    below.once('close', () => {
      clearTimeout(this.#open.get(below))
      this.#open.delete(below)
    })
    // 'close' follows.
    below.on('error', () => {})
    this.#below.run(below, () => server.emit('connection', below))
  }

  #tooSlow(below: Encrypted): void {
    this.#o.count('tls-handshake-failed')
    below.destroy()
  }

  /** What it says of its ends is what the connection below it says. */
  #secured(socket: TLSSocket): void {
    this.#o.count('tls-handshakes')
    socket.on('error', () => {})
    const below = this.#below.getStore()
    if (below === undefined) {
      socket.destroy()
      return
    }
    clearTimeout(this.#open.get(below))
    const { remoteAddress, remotePort, localAddress, localPort } = below
    const ends = Object.entries({ remoteAddress, remotePort, localAddress, localPort } satisfies Ends)
    Object.defineProperties(socket, Object.fromEntries(ends.map(([name, value]) => [name, { value }])))
    // However it ends, what is below it does too.
    socket.once('close', () => below.destroy())
  }

  #makeRoom(socket: TLSSocket): void {
    const ends = endsOf(socket)
    const below = this.#below.getStore()
    if (ends === undefined || below === undefined) return
    const key = keyOf(ends)
    this.#quiet.set(key, below)
    below.once('close', () => this.#quiet.delete(key))
    if (this.#quiet.size <= MAX_HTTPS_CONNECTIONS) return
    this.#o.count('https-closed-full')
    const [quietest] = this.#quiet.values()
    quietest?.destroy()
  }

  #used(ends: Ends): void {
    const key = keyOf(ends)
    const below = this.#quiet.get(key)
    if (below === undefined) return
    this.#quiet.delete(key)
    this.#quiet.set(key, below)
  }

  #carryDns(socket: TLSSocket): void {
    const ends = endsOf(socket)
    const stream = ends === undefined ? undefined : this.#o.openDns(ends)
    if (stream === undefined) {
      socket.destroy()
      return
    }
    stream.on('error', () => socket.destroy())
    socket.on('close', () => stream.destroy())
    stream.on('close', () => socket.destroySoon())
    socket.pipe(stream)
    stream.pipe(socket)
  }
}

const keyOf = ({ remoteAddress, remotePort }: Ends): string => `${remoteAddress} ${remotePort}`

/** RFC 9325 §3.1.1: what is older than TLS 1.2 is not spoken. */
const secretsOf = ({ certificate, key }: KeyPair) => ({ cert: certificate, key, minVersion: 'TLSv1.2' }) as const

/** Those of the connection below the TLS; undefined when it is gone. */
export function endsOf(socket: Socket): Ends | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined || localPort === undefined) return undefined
  return { remoteAddress, remotePort, localAddress, localPort }
}
