/**
 * A DNS server of node:net, node:tls and node:http2 on the loopback, or on a stack, for tests of upstream transports: it
 * answers each query with its name's A record, in the way that it is told to.
 */
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import { createServer, type AddressInfo, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { framed, FrameReader } from '../../services/dns/wire/framing.ts'
import type { Certificate } from './certificate.ts'
import { replyTo } from './dns.ts'

export type Habits = {
  /** Answers in the order of their ids backwards, so many at a time. */
  readonly batch?: number
  /** Ends the connection after so many answers. */
  readonly answersEach?: number
  /** Says nothing. */
  readonly mute?: boolean
  /** What it says first, unasked. */
  readonly greeting?: string
}

export class UpstreamServer {
  connections = 0
  handshakesResumed = 0
  queries: Uint8Array[] = []
  readonly #habits: Habits
  readonly #open = new Set<Duplex>()
  #server: Server | Http2SecureServer | undefined
  port = 0

  constructor(habits: Habits = {}) {
    this.#habits = habits
  }

  /** Serves one stream that was opened already. */
  serve(stream: Duplex): void {
    this.connections++
    this.#open.add(stream)
    stream.once('close', () => this.#open.delete(stream))
    stream.on('error', () => stream.destroy())
    if (this.#habits.greeting !== undefined) stream.write(this.#habits.greeting)
    const frames = new FrameReader()
    let held: Uint8Array[] = []
    let answered = 0
    stream.on('data', (octets: Buffer) => {
      let from = 0
      const source = {
        read: (into: Uint8Array, at: number, most: number): number => {
          const part = octets.subarray(from, from + most)
          into.set(part, at)
          from += part.length
          return part.length
        },
      }
      while (frames.next(source)) {
        const query = frames.buffer.slice(0, frames.length)
        this.queries.push(query)
        if (this.#habits.mute === true || (this.#habits.answersEach ?? Infinity) <= answered) continue
        held.push(query)
        if (held.length < (this.#habits.batch ?? 1)) continue
        for (const each of held.reverse()) {
          const reply = this.reply(each)
          stream.write(framed(reply, 0, reply.length))
          answered++
        }
        held = []
        if (answered >= (this.#habits.answersEach ?? Infinity)) stream.end()
      }
    })
    stream.on('end', () => stream.end())
  }

  /** 192.0.2.7 for whatever is asked. */
  reply(query: Uint8Array): Uint8Array {
    return replyTo({ bytes: query }, { answer: `${nameOf(query)} 60 A 192.0.2.7` })
  }

  async tcp(): Promise<this> {
    return this.#listen(createServer((socket) => this.serve(socket)))
  }

  async tls({ key, cert }: Certificate, options: { readonly maxVersion?: 'TLSv1.2' } = {}): Promise<this> {
    const server = createTlsServer({ key, cert, ALPNProtocols: ['dot'], ...options }, (socket) => {
      if (socket.isSessionReused()) this.handshakesResumed++
      this.serve(socket)
    })
    server.on('tlsClientError', () => {})
    return this.#listen(server)
  }

  /** `status` and `type` of what it answers. */
  async https({ key, cert }: Certificate, { status = 200, type = 'application/dns-message' } = {}): Promise<this> {
    const server = createSecureServer({ key, cert })
    server.on('session', (session) => {
      this.connections++
      this.#open.add(session.socket as unknown as Duplex)
      session.on('error', () => {})
    })
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const parts: Buffer[] = []
      stream.on('error', () => {})
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const query = new Uint8Array(Buffer.concat(parts))
        this.queries.push(query)
        this.headers = headers
        if (this.#habits.mute === true) return
        const reply = this.reply(query)
        stream.respond({ ':status': status, 'content-type': type })
        stream.end(reply)
      })
    })
    return this.#listen(server)
  }

  headers: { readonly [name: string]: unknown } = {}

  /** Ends what is open, as a server does that begins anew. */
  drop(): void {
    for (const stream of this.#open) stream.destroy()
  }

  close(): void {
    this.drop()
    this.#server?.close()
  }

  #listen(server: Server | Http2SecureServer): Promise<this> {
    this.#server = server
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        this.port = (server.address() as AddressInfo).port
        resolve(this)
      })
    })
  }
}

function nameOf(query: Uint8Array): string {
  const labels: string[] = []
  for (let at = 12; query[at] !== 0; at += 1 + (query[at] as number)) labels.push(Buffer.from(query.subarray(at + 1, at + 1 + (query[at] as number))).toString())
  return labels.join('.')
}
