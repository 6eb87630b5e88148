/**
 * Streams in the shape of node:net, so that node:http, node:tls and fastify run on this stack: a Server's sockets go to
 * `httpServer.emit('connection', socket)`, a client's come from `createConnection`. What differs: addresses are IPv4
 * text (names are not looked up), and ref() and unref() do nothing, because the link, not the socket, keeps the
 * process alive. Sockets under a TLSSocket are to be made with allowHalfOpen, as any Duplex there: without it they end
 * with the peer, before TLS has written what it still holds.
 *
 * Programs are called from a later turn of the event loop, never from within the stack, so their exceptions are theirs.
 */
import { EventEmitter } from 'node:events'
import { Duplex } from 'node:stream'
import { formatIpv4, parseIpv4 } from '../address/ipv4.ts'
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_ENDED } from '../tcp/connection.ts'
import type { TcpEndpoint } from '../tcp/endpoint.ts'
import type { Listener } from '../tcp/listen.ts'
import type { ConnectError, ListenError, Tcp } from '../tcp/transport.ts'
import type { Clock, Timer } from '../platform/index.ts'

/** What a socket needs of the stack. */
export type NetStack = { readonly tcp: Tcp; readonly clock: Clock }

export type NetAddress = { readonly address: string; readonly family: 'IPv4'; readonly port: number }
export type NetConnectOptions = NetSocketOptions & {
  readonly port: number
  /** IPv4 text; 127.0.0.1 when not given. */
  readonly host?: string
  readonly localAddress?: string
  readonly localPort?: number
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
}
export type NetSocketOptions = { readonly allowHalfOpen?: boolean }
export type NetServerOptions = NetSocketOptions & {
  readonly noDelay?: boolean
  readonly keepAlive?: boolean
  readonly keepAliveInitialDelay?: number
}
export type NetListenOptions = {
  readonly port?: number
  readonly host?: string
  readonly backlog?: number
  /** Connections that one peer may have. */
  readonly connectionsPerSource?: number
}

/** Octets given to a reader at once. */
const READ_BYTES = 65_536

export class NetSocket extends Duplex {
  bytesRead = 0
  bytesWritten = 0
  connecting = false
  readonly remoteFamily = 'IPv4'
  timeout: number | undefined
  readonly #stack: NetStack
  #endpoint: TcpEndpoint | undefined
  /** EVENT_ bits that wait for the turn in which they are told. */
  #events = 0
  #told = true
  #wantsRead = false
  #ended = false
  #closed = false
  #pending: { readonly chunk: Buffer; at: number; readonly done: (error?: Error | null) => void } | undefined
  #afterEnd: (() => void) | undefined
  #timer: Timer | undefined
  #activeAt = 0

  constructor(stack: NetStack, options: NetSocketOptions = {}, endpoint?: TcpEndpoint) {
    super({ allowHalfOpen: options.allowHalfOpen ?? false, autoDestroy: true, emitClose: true })
    this.#stack = stack
    // As node:net: the writable side ends by itself when the peer's does, unless half open is allowed.
    if (endpoint !== undefined) this.#attach(endpoint)
  }

  /** connect(port, host, done), connect({ port, host, … }, done). Failures are 'error' events. */
  connect(target: number | NetConnectOptions, host?: string | (() => void), done?: () => void): this {
    const connected = typeof host === 'function' ? host : done
    const options: NetConnectOptions =
      typeof target === 'object' ? target : { port: target, ...(typeof host === 'string' ? { host } : {}) }
    if (connected !== undefined) this.once('connect', connected)
    this.connecting = true
    const text = options.host ?? '127.0.0.1'
    const address = parseIpv4(text === 'localhost' ? '127.0.0.1' : text)
    const localAddress = options.localAddress === undefined ? undefined : parseIpv4(options.localAddress)
    if (address === undefined) {
      this.destroy(netError('EINVAL', 'connect', text, options.port))
      return this
    }
    const made = this.#stack.tcp.connect({
      address,
      port: options.port,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(options.localPort === undefined ? {} : { localPort: options.localPort }),
    })
    if (!made.ok) {
      this.destroy(netError(CONNECT_ERRNO[made.error.kind], 'connect', text, options.port))
      return this
    }
    this.#attach(made.value)
    if (options.noDelay === true) this.setNoDelay(true)
    if (options.keepAlive === true) this.setKeepAlive(true, options.keepAliveInitialDelay)
    return this
  }

  get pending(): boolean {
    return this.#endpoint === undefined || this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable && this.writable) return 'open'
    if (this.readable) return 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get remoteAddress(): string | undefined {
    return this.#endpoint === undefined || this.destroyed ? undefined : formatIpv4(this.#endpoint.remote)
  }
  get remotePort(): number | undefined {
    return this.#endpoint === undefined || this.destroyed ? undefined : this.#endpoint.remotePort
  }
  get localAddress(): string | undefined {
    return this.#endpoint === undefined ? undefined : formatIpv4(this.#endpoint.local)
  }
  get localPort(): number | undefined {
    return this.#endpoint?.localPort
  }
  get localFamily(): 'IPv4' {
    return 'IPv4'
  }

  address(): NetAddress | Record<string, never> {
    if (this.#endpoint === undefined) return {}
    return { address: formatIpv4(this.#endpoint.local), family: 'IPv4', port: this.#endpoint.localPort }
  }

  setNoDelay(on = true): this {
    this.#endpoint?.setNoDelay(on)
    return this
  }

  /** `initialDelay`: idle ms before the first probe. */
  setKeepAlive(on = false, initialDelay = 0): this {
    this.#endpoint?.setKeepAlive(on, initialDelay)
    return this
  }

  /** 'timeout' after so many ms without traffic; 0: never. */
  setTimeout(ms: number, onTimeout?: () => void): this {
    this.timeout = ms
    this.#timer?.cancel()
    this.#timer = undefined
    if (onTimeout !== undefined) {
      if (ms === 0) this.removeListener('timeout', onTimeout)
      else this.once('timeout', onTimeout)
    }
    if (ms > 0 && !this.destroyed) this.#watch(ms)
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  /** Destroys once what was written is handed to the stack. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Ends the connection with a reset. */
  resetAndDestroy(): this {
    this.#endpoint?.abort()
    return this.destroy()
  }

  override _read(): void {
    this.#wantsRead = true
    this.#pull()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#activeAt = this.#stack.clock.now()
    this.#pending = { chunk, at: 0, done }
    if (!this.connecting) this.#push()
  }

  override _final(done: () => void): void {
    if (this.#endpoint === undefined && !this.connecting) return done()
    const finish = (): void => {
      this.#endpoint?.end()
      done()
    }
    if (this.connecting) this.#afterEnd = finish
    else finish()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.connecting = false
    this.#timer?.cancel()
    const endpoint = this.#endpoint
    if (endpoint !== undefined && !this.#closed) {
      this.#closed = true
      if (error === null) endpoint.close()
      else endpoint.abort()
    }
    const { done: unwritten } = this.#pending ?? {}
    this.#pending = undefined
    unwritten?.(error ?? netError('ECONNRESET', 'write', undefined, undefined))
    done(error)
  }

  #attach(endpoint: TcpEndpoint): void {
    this.#endpoint = endpoint
    endpoint.onEvents = (events) => {
      this.#events |= events
      if (!this.#told) return
      this.#told = false
      process.nextTick(() => this.#tell())
    }
  }

  /** In a turn of its own: what the stack said since the last. */
  #tell(): void {
    this.#told = true
    const events = this.#events
    this.#events = 0
    this.#activeAt = this.#stack.clock.now()
    if (this.destroyed) return
    if ((events & EVENT_CONNECTED) !== 0 && this.connecting) this.#connected()
    this.#push()
    if ((events & EVENT_ENDED) !== 0) this.#ended = true
    this.#pull()
    if ((events & EVENT_CLOSED) !== 0) this.#over()
  }

  #connected(): void {
    this.connecting = false
    this.emit('connect')
    this.emit('ready')
    this.#afterEnd?.()
    this.#afterEnd = undefined
  }

  /** The connection is no more. Without an error what was received is still read. */
  #over(): void {
    this.#closed = true
    const endpoint = this.#endpoint as TcpEndpoint
    const { error } = endpoint
    if (error !== '') {
      const call = this.connecting ? 'connect' : 'read'
      this.destroy(netError(error, call, formatIpv4(endpoint.remote), endpoint.remotePort))
      return
    }
    this.#ended = true
    this.#pull()
  }

  /** Gives the reader what is there, as long as it wants more. */
  #pull(): void {
    const endpoint = this.#endpoint
    if (endpoint === undefined || this.destroyed) return
    while (this.#wantsRead && endpoint.readable > 0) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, endpoint.readable))
      endpoint.read(chunk, 0, chunk.length)
      this.bytesRead += chunk.length
      this.#wantsRead = this.push(chunk)
    }
    if (this.#ended && this.#wantsRead && endpoint.readable === 0) {
      this.#wantsRead = false
      this.push(null)
    }
  }

  /** Hands on what the send buffer takes; the rest waits for room. */
  #push(): void {
    const pending = this.#pending
    if (pending === undefined || this.#endpoint === undefined) return
    const taken = this.#endpoint.write(pending.chunk, pending.at, pending.chunk.length - pending.at)
    pending.at += taken
    this.bytesWritten += taken
    if (pending.at < pending.chunk.length) {
      if (this.#closed) this.destroy(netError('EPIPE', 'write', undefined, undefined))
      return
    }
    this.#pending = undefined
    pending.done()
  }

  #watch(ms: number): void {
    const { clock } = this.#stack
    this.#activeAt = clock.now()
    const arm = (): void => {
      this.#timer = clock.at(this.#activeAt + ms, () => {
        if (this.destroyed) return
        if (clock.now() - this.#activeAt >= ms) {
          this.#activeAt = clock.now()
          this.emit('timeout')
        }
        if (this.timeout === ms) arm()
      })
    }
    arm()
  }
}

type ServerEvents = {
  connection: [socket: NetSocket]
  listening: []
  error: [error: NodeJS.ErrnoException]
  close: []
}

export class NetServer extends EventEmitter<ServerEvents> {
  listening = false
  maxConnections: number | undefined
  readonly #stack: NetStack
  readonly #options: NetServerOptions
  readonly #sockets = new Set<NetSocket>()
  #listener: Listener | undefined
  #closing = false

  constructor(stack: NetStack, options: NetServerOptions = {}) {
    super()
    this.#stack = stack
    this.#options = options
  }

  /** listen(port, host, done), listen({ port, host, backlog }, done). Failures are 'error' events. */
  listen(target: number | NetListenOptions = 0, host?: string | (() => void), done?: () => void): this {
    const listening = typeof host === 'function' ? host : done
    const options: NetListenOptions =
      typeof target === 'object' ? target : { port: target, ...(typeof host === 'string' ? { host } : {}) }
    if (listening !== undefined) this.once('listening', listening)
    const failure = this.#listen(options)
    process.nextTick(() => {
      if (failure !== undefined) this.emit('error', failure)
      else if (this.listening) this.emit('listening')
    })
    return this
  }

  address(): NetAddress | null {
    if (this.#listener === undefined) return null
    return { address: formatIpv4(this.#listener.address), family: 'IPv4', port: this.#listener.port }
  }

  getConnections(done: (error: Error | null, count: number) => void): this {
    process.nextTick(() => done(null, this.#sockets.size))
    return this
  }

  /** No new connections; 'close' when the last there is has ended. */
  close(done?: (error?: Error) => void): this {
    if (this.#listener === undefined) {
      const error = Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' })
      if (done !== undefined) process.nextTick(() => done(error))
      return this
    }
    if (done !== undefined) this.once('close', () => done())
    this.#listener.close()
    this.#listener = undefined
    this.listening = false
    this.#closing = true
    this.#closeWhenEmpty()
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #listen({ port = 0, host = '0.0.0.0', backlog, connectionsPerSource }: NetListenOptions): NodeJS.ErrnoException | undefined {
    if (this.#listener !== undefined) return netError('ERR_SERVER_ALREADY_LISTEN', 'listen', host, port)
    const address = parseIpv4(host)
    if (address === undefined) return netError('EINVAL', 'listen', host, port)
    const made = this.#stack.tcp.listen({
      port, address, ...(backlog === undefined ? {} : { backlog }),
      ...(connectionsPerSource === undefined ? {} : { connectionsPerSource }), onConnection: (endpoint) => this.#accept(endpoint),
    })
    if (!made.ok) return netError(LISTEN_ERRNO[made.error.kind], 'listen', host, port)
    this.#listener = made.value
    this.listening = true
    this.#closing = false
    return undefined
  }

  #accept(endpoint: TcpEndpoint): void {
    if (this.maxConnections !== undefined && this.#sockets.size >= this.maxConnections) return endpoint.abort()
    const socket = new NetSocket(this.#stack, this.#options, endpoint)
    if (this.#options.noDelay === true) socket.setNoDelay(true)
    if (this.#options.keepAlive === true) socket.setKeepAlive(true, this.#options.keepAliveInitialDelay)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#closeWhenEmpty()
    })
    process.nextTick(() => this.emit('connection', socket))
  }

  #closeWhenEmpty(): void {
    if (!this.#closing || this.#sockets.size > 0) return
    this.#closing = false
    process.nextTick(() => this.emit('close'))
  }
}

/** node:net's functions for one stack. */
export function netOf(stack: NetStack): {
  createServer(
    options?: NetServerOptions | ((socket: NetSocket) => void), onConnection?: (socket: NetSocket) => void,
  ): NetServer
  connect(target: number | NetConnectOptions, host?: string | (() => void), done?: () => void): NetSocket
} {
  return {
    createServer: (options, onConnection) => {
      const server = new NetServer(stack, typeof options === 'object' ? options : {})
      const handler = typeof options === 'function' ? options : onConnection
      if (handler !== undefined) server.on('connection', handler)
      return server
    },
    connect: (target, host, done) =>
      new NetSocket(stack, typeof target === 'object' ? target : {}).connect(target, host, done),
  }
}

const CONNECT_ERRNO: Readonly<Record<ConnectError['kind'], string>> = {
  'no-route': 'ENETUNREACH',
  'address-not-available': 'EADDRNOTAVAIL',
  'address-in-use': 'EADDRINUSE',
  'no-free-port': 'EADDRNOTAVAIL',
  'bad-port': 'ERR_SOCKET_BAD_PORT',
  'too-many': 'ENOBUFS',
}
const LISTEN_ERRNO: Readonly<Record<ListenError['kind'], string>> = {
  'address-in-use': 'EADDRINUSE',
  'address-not-available': 'EADDRNOTAVAIL',
  'no-free-port': 'EADDRINUSE',
  'bad-port': 'ERR_SOCKET_BAD_PORT',
}

function netError(
  code: string, syscall: string, address: string | undefined, port: number | undefined,
): NodeJS.ErrnoException {
  const where = address === undefined ? '' : ` ${address}:${port}`
  return Object.assign(new Error(`${syscall} ${code}${where}`), { code, syscall, address, port })
}
