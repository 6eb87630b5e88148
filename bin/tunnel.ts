/**
 * SHELL: byte streams between two threads over one message port. The API's server lives in the main thread, TLS in one
 * of its own, the appliance's TCP in the network thread; a connection to the one is carried to the other, with
 * back-pressure in both directions: a bounded number of octets is under way each way, and more only as the reader takes
 * them.
 */
import { Duplex } from 'node:stream'
import type { NetSocket } from '../stack/index.ts'

/** Where a stream's ends are, as node:net names them. */
export type TunnelAddresses = {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
}

export type TunnelMessage =
  | { readonly tunnel: 'open'; readonly id: number; readonly addresses: TunnelAddresses }
  | { readonly tunnel: 'data'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly tunnel: 'taken'; readonly id: number; readonly octets: number }
  | { readonly tunnel: 'end' | 'close'; readonly id: number }

/** Octets under way each way at which writing waits. */
const WINDOW_OCTETS = 128 * 1024

type Post = (message: TunnelMessage) => void

/** One end: a Duplex that node:http takes for a socket. */
export class TunnelSocket extends Duplex {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  timeout = 0
  readonly #id: number
  readonly #post: Post
  /** Octets that the other side has not taken yet. */
  #underWay = 0
  /** Ends the write that waits for that to become less. */
  #written: ((error?: Error | null) => void) | undefined
  /** Octets that came in and our reader has not taken. */
  #owed = 0
  #timer: NodeJS.Timeout | undefined

  constructor(id: number, addresses: TunnelAddresses, post: Post) {
    super({ allowHalfOpen: true })
    this.#id = id
    this.#post = post
    this.remoteAddress = addresses.remoteAddress
    this.remotePort = addresses.remotePort
    this.localAddress = addresses.localAddress
    this.localPort = addresses.localPort
  }

  /** What the other end said. */
  receive(message: TunnelMessage): void {
    this.#timer?.refresh()
    if (message.tunnel === 'data') {
      this.#owed += message.bytes.length
      if (this.push(message.bytes)) this.#taken()
    } else if (message.tunnel === 'end') this.push(null)
    else if (message.tunnel === 'taken') this.#settle(message.octets)
    else if (message.tunnel === 'close') this.destroy()
  }

  override _read(): void {
    this.#taken()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#timer?.refresh()
    this.#underWay += chunk.length
    this.#post({ tunnel: 'data', id: this.#id, bytes: chunk })
    if (this.#underWay < WINDOW_OCTETS) done()
    else this.#written = done
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#post({ tunnel: 'end', id: this.#id })
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#post({ tunnel: 'close', id: this.#id })
    const written = this.#written
    this.#written = undefined
    written?.(error ?? new Error('the connection was closed'))
    done(error)
  }

  /** As node:net: 'timeout' after so long without traffic; 0 ends it. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    this.timeout = ms
    clearTimeout(this.#timer)
    this.#timer = ms === 0 ? undefined : setTimeout(() => this.emit('timeout'), ms).unref()
    if (onTimeout !== undefined) this.once('timeout', onTimeout)
    return this
  }

  /** The other end is a TCP connection that does not hold back small segments. */
  setNoDelay(): this {
    return this
  }

  /** A dead peer is found by the server's own time-outs. */
  setKeepAlive(): this {
    return this
  }

  #taken(): void {
    if (this.#owed === 0) return
    this.#post({ tunnel: 'taken', id: this.#id, octets: this.#owed })
    this.#owed = 0
  }

  #settle(octets: number): void {
    this.#underWay -= octets
    if (this.#underWay >= WINDOW_OCTETS) return
    const written = this.#written
    this.#written = undefined
    written?.()
  }
}

/** Connections carried at a time unless told otherwise; more are refused. */
const MAX_TUNNELS = 256

/** All streams of one port, on either side. */
export class Tunnels {
  readonly #post: Post
  readonly #open = new Map<number, TunnelSocket>()
  readonly #most: number
  #lastId = 0

  constructor(post: Post, most = MAX_TUNNELS) {
    this.#post = post
    this.#most = most
  }

  /** Begins a stream; undefined when there are too many. */
  open(addresses: TunnelAddresses): TunnelSocket | undefined {
    if (this.#open.size >= this.#most) return undefined
    const id = ++this.#lastId
    this.#post({ tunnel: 'open', id, addresses })
    return this.#add(id, addresses)
  }

  /** A message of the other side; the stream when it is a new one. */
  receive(message: TunnelMessage): TunnelSocket | undefined {
    if (message.tunnel === 'open') return this.#add(message.id, message.addresses)
    this.#open.get(message.id)?.receive(message)
    return undefined
  }

  /** The other side is gone. */
  closeAll(): void {
    for (const socket of this.#open.values()) socket.destroy()
  }

  #add(id: number, addresses: TunnelAddresses): TunnelSocket {
    const socket = new TunnelSocket(id, addresses, this.#post)
    this.#open.set(id, socket)
    socket.once('close', () => this.#open.delete(id))
    return socket
  }
}

/** Joins a connection of the appliance's TCP to a new stream; it is refused when there are too many. */
export function carry(socket: NetSocket, tunnels: Tunnels): void {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined || localPort === undefined) {
    socket.destroy()
    return
  }
  const tunnel = tunnels.open({ remoteAddress, remotePort, localAddress, localPort })
  if (tunnel === undefined) {
    socket.resetAndDestroy()
    return
  }
  socket.setNoDelay(true)
  socket.on('error', () => tunnel.destroy())
  tunnel.on('error', () => socket.destroy())
  socket.on('close', () => tunnel.destroy())
  tunnel.on('close', () => socket.destroySoon())
  socket.pipe(tunnel)
  tunnel.pipe(socket)
}
