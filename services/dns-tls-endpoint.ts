/**
 * SHELL: what comes out of the TLS servers (tls/tls-front.ts), on the network side: streams of DNS messages, and single
 * questions out of HTTPS.
 */
import type { Duplex } from 'node:stream'
import { EVENT_CLOSED, EVENT_ENDED, EVENT_READABLE, EVENT_WRITABLE, type Ipv4, parseIpv4 } from '../stack/index.ts'
import type { Clock } from '../stack/platform/index.ts'
import { Conversations, type DnsStream } from './dns-conversations.ts'
import { type DnsServer, HTTPS } from './dns/index.ts'
import { MAX_STREAM_OCTETS } from './dns/wire/framing.ts'
import type { HttpsAnswer, HttpsAsk } from './tls/https-front.ts'

export const DNS_OVER_TLS_PORT = 853
export const HTTPS_PORT = 443
/**
 * Connections at a time, those whose handshake is not over among them: somewhat more than may stay, so that who comes can
 * take the place of who is idle. Each has a TLS session of some 50 KB.
 */
export const MAX_DNS_OVER_TLS_CONNECTIONS = 320
export const MAX_HTTPS_PORT_CONNECTIONS = 192
/** Of one client. */
export const MAX_TLS_PER_SOURCE = 32
/** Streams of DNS over TLS that stay. */
export const MAX_DNS_OVER_TLS = 256
/** Questions out of HTTPS that are under way. */
export const MAX_HTTPS_UNDER_WAY = 2048

export class DnsTlsEndpoint {
  readonly #server: DnsServer
  readonly #conversations: Conversations
  readonly #response = new Uint8Array(MAX_STREAM_OCTETS)
  #underWay = 0

  constructor(server: DnsServer, clock: Clock) {
    this.#server = server
    this.#conversations = new Conversations(server, clock, 'tls', MAX_DNS_OVER_TLS)
  }

  /** Streams that are there. */
  get size(): number {
    return this.#conversations.size
  }

  /** A stream of DNS messages from the client of this address, IPv4 text. */
  add(stream: Duplex, client: string): void {
    const remote = parseIpv4(client)
    if (remote === undefined) stream.destroy()
    else this.#conversations.add(new PlainStream(stream, remote))
  }

  /** Answers at once or later, once. */
  ask({ client, message }: HttpsAsk, answered: (answer: HttpsAnswer) => void): void {
    if (this.#underWay >= MAX_HTTPS_UNDER_WAY) {
      answered('busy')
      return
    }
    const later = () => {
      this.#underWay++
      return (bytes: Uint8Array, at: number, length: number): void => {
        this.#underWay--
        answered(bytes.slice(at, at + length))
      }
    }
    const octets = this.#server.receiveStream(message, 0, message.length, this.#response, 0, parseIpv4(client) ?? 0, later, HTTPS)
    if (octets > 0) answered(this.#response.slice(0, octets))
    else if (octets === 0) answered('dropped')
  }

  close(): void {
    this.#conversations.close()
  }
}

/** Octets of answers that leave together, at which no more are taken. */
const GATHER_OCTETS = 65_536

/** A Duplex as conversations want it. Answers that are written in one go leave as one piece: one message, one TLS record. */
class PlainStream implements DnsStream {
  readonly remote: Ipv4
  onEvents: (events: number) => void = () => {}
  readonly #stream: Duplex
  /** What was taken off the stream and not read yet, from `#at` on. */
  #piece: Uint8Array | undefined
  #at = 0
  /** Answers that leave at the end of this turn. */
  readonly #gathered: Uint8Array[] = []
  #gatheredOctets = 0
  #refused = false

  constructor(stream: Duplex, remote: Ipv4) {
    this.#stream = stream
    this.remote = remote
    stream.on('readable', () => this.onEvents(EVENT_READABLE))
    stream.on('drain', () => this.onEvents(EVENT_WRITABLE))
    stream.on('end', () => this.onEvents(EVENT_ENDED))
    stream.on('close', () => this.onEvents(EVENT_CLOSED))
    // 'close' follows.
    stream.on('error', () => {})
  }

  get readable(): number {
    return (this.#piece === undefined ? 0 : this.#piece.length - this.#at) + this.#stream.readableLength
  }

  read(into: Uint8Array, at: number, length: number): number {
    this.#piece ??= (this.#stream.read() as Uint8Array | null) ?? undefined
    const piece = this.#piece
    if (piece === undefined) return 0
    const taken = Math.min(length, piece.length - this.#at)
    into.set(piece.subarray(this.#at, this.#at + taken), at)
    this.#at += taken
    if (this.#at === piece.length) {
      this.#piece = undefined
      this.#at = 0
    }
    return taken
  }

  /** All or nothing: a stream that has had enough says when it wants more. */
  write(from: Uint8Array, at: number, length: number): number {
    if (!this.#stream.writable) return 0
    this.#refused = this.#stream.writableNeedDrain || this.#gatheredOctets >= GATHER_OCTETS
    if (this.#refused) return 0
    if (this.#gatheredOctets === 0) queueMicrotask(() => this.#send())
    this.#gathered.push(from.subarray(at, at + length))
    this.#gatheredOctets += length
    return length
  }

  close(): void {
    this.#send()
    this.#stream.end()
  }

  abort(): void {
    this.#stream.destroy()
  }

  #send(): void {
    if (this.#gatheredOctets === 0) return
    const octets = Buffer.concat(this.#gathered)
    this.#gathered.length = this.#gatheredOctets = 0
    if (!this.#stream.writable) return
    // Full: 'drain' follows.
    if (this.#stream.write(octets) && this.#refused) this.onEvents(EVENT_WRITABLE)
  }
}
