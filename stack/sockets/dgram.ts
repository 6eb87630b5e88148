/**
 * Datagram sockets in the shape of node:dgram, so that programs written for it run on this stack. What differs:
 * addresses must be IPv4 text (names are not looked up), and ref() and unref() do nothing, because the link, not the
 * socket, keeps the process alive. Received datagrams are emitted at once and not queued.
 */
import { EventEmitter } from 'node:events'
import { formatIpv4, isMulticast, parseIpv4 } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { SocketError } from '../ipv4/protocols.ts'
import { SEND_FAULT_TEXT } from '../ipv4/send-fault.ts'
import type { SendFault } from '../ipv4/send-fault.ts'
import type { Stack } from '../stack.ts'
import type { BindError } from '../udp/demux.ts'
import type { DatagramMeta, UdpEndpoint } from '../udp/endpoint.ts'

export type RemoteInfo = {
  readonly address: string
  readonly family: 'IPv4'
  readonly port: number
  readonly size: number
}
export type AddressInfo = { readonly address: string; readonly family: 'IPv4'; readonly port: number }
export type SocketOptions = { readonly type: 'udp4'; readonly reuseAddr?: boolean }
export type BindOptions = { readonly port?: number; readonly address?: string }

type SocketEvents = {
  message: [message: Buffer, remote: RemoteInfo]
  error: [error: NodeJS.ErrnoException]
  listening: []
  connect: []
  close: []
}
type SendMessage = string | Uint8Array | readonly (string | Uint8Array)[]
type SendCallback = (error: Error | null, bytes: number) => void

/** node:dgram's createSocket for one stack. */
export function dgramOf(stack: Stack): {
  createSocket(options: 'udp4' | SocketOptions, onMessage?: (message: Buffer, remote: RemoteInfo) => void): DgramSocket
} {
  return {
    createSocket: (options, onMessage) => {
      const socket = new DgramSocket(stack, options === 'udp4' ? { type: 'udp4' } : options)
      if (onMessage !== undefined) socket.on('message', onMessage)
      return socket
    },
  }
}

export class DgramSocket extends EventEmitter<SocketEvents> {
  readonly #stack: Stack
  readonly #reuseAddress: boolean
  #endpoint: UdpEndpoint | undefined
  #broadcast = false
  #ttl: number | undefined
  #closed = false
  #remote: { readonly address: Ipv4; readonly port: number } | undefined

  constructor(stack: Stack, options: SocketOptions) {
    super()
    this.#stack = stack
    this.#reuseAddress = options.reuseAddr ?? false
  }

  /** bind(port, address, done), bind({ port, address }, done), bind(done). Failures are 'error' events. */
  bind(port?: number | BindOptions | (() => void), address?: string | (() => void), done?: () => void): this {
    const listening = [port, address, done].find((argument) => typeof argument === 'function')
    const options: BindOptions =
      typeof port === 'object'
        ? port
        : {
            ...(typeof port === 'number' ? { port } : {}),
            ...(typeof address === 'string' ? { address } : {}),
          }
    if (listening !== undefined) this.once('listening', listening)
    const failure = this.#bind(options)
    process.nextTick(() => {
      if (failure !== undefined) this.emit('error', failure)
      else if (!this.#closed) this.emit('listening')
    })
    return this
  }

  /**
   * send(message, port, address, done); send(message, offset, length, port, address, done); without port and address
   * when connected. Binds to a free port if need be. A failure goes to `done`, or else is an 'error' event.
   */
  send(message: SendMessage, ...rest: readonly (number | string | SendCallback | undefined)[]): void {
    const done = rest.find((argument) => typeof argument === 'function')
    const numbers = rest.filter((argument) => typeof argument === 'number')
    const address = rest.find((argument) => typeof argument === 'string')
    const parts = typeof message === 'string' || message instanceof Uint8Array ? [message] : message
    const whole = Buffer.concat(parts.map(octetsOf))
    const [offset, length] = numbers.length > 1 ? numbers : [0, whole.length]
    const octets = whole.subarray(offset, (offset ?? 0) + (length ?? 0))
    const failure = this.#send(octets, numbers.length > 1 ? numbers[2] : numbers[0], address)
    process.nextTick(() => {
      if (done !== undefined) done(failure ?? null, failure === undefined ? octets.length : 0)
      else if (failure !== undefined) this.emit('error', failure)
    })
  }

  /** From now on only this peer's datagrams arrive, and its ICMP errors are 'error' events. */
  connect(port: number, address: string | (() => void) = '127.0.0.1', done?: () => void): void {
    const connected = typeof address === 'function' ? address : done
    const target = parseIpv4(typeof address === 'string' ? address : '127.0.0.1')
    if (connected !== undefined) this.once('connect', connected)
    const failure = target === undefined ? errnoError('EINVAL', 'connect', 'not an IPv4 address') : this.#ensure()
    if (failure === undefined && target !== undefined) {
      this.#remote = { address: target, port }
      this.#endpoint?.connect(target, port)
    }
    process.nextTick(() => {
      if (failure !== undefined) this.emit('error', failure)
      else this.emit('connect')
    })
  }

  disconnect(): void {
    if (this.#remote === undefined) throw errnoError('ENOTCONN', 'disconnect', 'not connected')
    this.#remote = undefined
    this.#endpoint?.connect(0, 0)
  }

  remoteAddress(): AddressInfo {
    if (this.#remote === undefined) throw errnoError('ENOTCONN', 'remoteAddress', 'not connected')
    return { address: formatIpv4(this.#remote.address), family: 'IPv4', port: this.#remote.port }
  }

  address(): AddressInfo {
    if (this.#endpoint === undefined) throw errnoError('EBADF', 'getsockname', 'not bound')
    return { address: formatIpv4(this.#endpoint.address), family: 'IPv4', port: this.#endpoint.port }
  }

  setBroadcast(allowed: boolean): void {
    this.#broadcast = allowed
    if (this.#endpoint !== undefined) this.#endpoint.broadcast = allowed
  }

  /** 1 to 255. */
  setTTL(ttl: number): number {
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > 255) throw errnoError('EINVAL', 'setTTL', 'a TTL is 1 to 255')
    this.#ttl = ttl
    if (this.#endpoint !== undefined) this.#endpoint.ttl = ttl
    return ttl
  }

  /** Joins a group on the interface with the given address of ours, or on that by which the group is reached. */
  addMembership(group: string, interfaceAddress?: string): void {
    const { endpoint, address, iface } = this.#membership('addMembership', group, interfaceAddress)
    if (endpoint.hears(address, iface)) throw errnoError('EADDRINUSE', 'addMembership', `${group} was joined before`)
    if (!endpoint.join(address, iface)) throw errnoError('ENOBUFS', 'addMembership', 'no room for another group')
  }

  dropMembership(group: string, interfaceAddress?: string): void {
    const { endpoint, address, iface } = this.#membership('dropMembership', group, interfaceAddress)
    if (!endpoint.leave(address, iface)) throw errnoError('EADDRNOTAVAIL', 'dropMembership', `${group} was not joined`)
  }

  /** 0 to 255. */
  setMulticastTTL(ttl: number): number {
    if (!Number.isInteger(ttl) || ttl < 0 || ttl > 255) throw errnoError('EINVAL', 'setMulticastTTL', '0 to 255')
    this.#bound('setMulticastTTL').multicastTtl = ttl
    return ttl
  }

  /** By the interface with this address of ours. */
  setMulticastInterface(address: string): void {
    const endpoint = this.#bound('setMulticastInterface')
    endpoint.multicastIface = this.#interfaceWith('setMulticastInterface', address)
  }

  close(done?: () => void): this {
    if (this.#closed) throw errnoError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'close', 'not running')
    this.#closed = true
    if (done !== undefined) this.once('close', done)
    this.#endpoint?.close()
    this.#endpoint = undefined
    process.nextTick(() => this.emit('close'))
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #bind({ port = 0, address = '0.0.0.0' }: BindOptions): Error | undefined {
    if (this.#closed) return errnoError('ERR_SOCKET_DGRAM_NOT_RUNNING', 'bind', 'not running')
    if (this.#endpoint !== undefined) return errnoError('ERR_SOCKET_ALREADY_BOUND', 'bind', 'already bound')
    const own = parseIpv4(address)
    if (own === undefined) return errnoError('EINVAL', 'bind', `not an IPv4 address: ${address}`)
    const bound = this.#stack.bindUdp({
      port,
      address: own,
      broadcast: this.#broadcast,
      reuseAddress: this.#reuseAddress,
      onDatagram: (buffer, at, length, meta) => this.#receive(buffer, at, length, meta),
      onError: (error) => this.#fail(error),
    })
    if (!bound.ok) return errnoError(BIND_ERRNO[bound.error.kind], 'bind', `${address}:${port}`)
    this.#endpoint = bound.value
    if (this.#ttl !== undefined) bound.value.ttl = this.#ttl
    return undefined
  }

  #bound(syscall: string): UdpEndpoint {
    if (this.#endpoint === undefined) throw errnoError('EBADF', syscall, 'not bound')
    return this.#endpoint
  }

  #interfaceWith(syscall: string, address: string): Interface {
    const own = parseIpv4(address)
    const iface = this.#stack.interfaces.find(({ addressing }) => own !== undefined && addressing.isOwn(own))
    if (iface === undefined) throw errnoError('ENODEV', syscall, `no interface has the address ${address}`)
    return iface
  }

  #membership(
    syscall: string, group: string, interfaceAddress: string | undefined,
  ): { readonly endpoint: UdpEndpoint; readonly address: Ipv4; readonly iface: Interface } {
    const failure = this.#ensure()
    if (failure !== undefined) throw failure
    const address = parseIpv4(group)
    if (address === undefined || !isMulticast(address)) throw errnoError('EINVAL', syscall, `not a group: ${group}`)
    const iface = interfaceAddress === undefined
      ? (this.#stack.routes.lookup(address)?.iface ?? this.#stack.interfaces[0])
      : this.#interfaceWith(syscall, interfaceAddress)
    if (iface === undefined) throw errnoError('ENODEV', syscall, 'no interface')
    return { endpoint: this.#bound(syscall), address, iface }
  }

  #ensure(): Error | undefined {
    return this.#endpoint === undefined ? this.#bind({}) : undefined
  }

  #send(octets: Uint8Array, port: number | undefined, address: string | undefined): Error | undefined {
    const unbound = this.#ensure()
    if (unbound !== undefined) return unbound
    let target = this.#remote?.address
    let targetPort = this.#remote?.port
    if (port !== undefined) {
      if (this.#remote !== undefined) return errnoError('EISCONN', 'send', 'already connected')
      target = parseIpv4(address ?? '127.0.0.1')
      if (target === undefined) return errnoError('EINVAL', 'send', `not an IPv4 address: ${address}`)
      targetPort = port
    }
    if (target === undefined || targetPort === undefined) return errnoError('EDESTADDRREQ', 'send', 'no target')
    const fault = (this.#endpoint as UdpEndpoint).send(octets, 0, octets.length, target, targetPort)
    if (fault === 0) return undefined
    const text = SEND_FAULT_TEXT[fault as SendFault]
    return errnoError(text.errno, 'send', text.says)
  }

  #receive(buffer: Uint8Array, at: number, length: number, meta: DatagramMeta): void {
    const remote: RemoteInfo = {
      address: formatIpv4(meta.source), family: 'IPv4', port: meta.sourcePort, size: length,
    }
    this.emit('message', Buffer.from(buffer.subarray(at, at + length)), remote)
  }

  /** As on other systems, only a connected socket hears of ICMP errors. */
  #fail(error: SocketError): void {
    if (this.#remote === undefined) return
    // Later, so that a socket without a listener fails as node's does, and not inside the stack.
    process.nextTick(() => this.emit('error', errnoError(error, 'recvmsg', 'the peer could not be reached')))
  }
}

const BIND_ERRNO: Readonly<Record<BindError['kind'], string>> = {
  'address-in-use': 'EADDRINUSE',
  'address-not-available': 'EADDRNOTAVAIL',
  'no-such-interface': 'ENODEV',
  'no-free-port': 'EADDRINUSE',
  'bad-port': 'EINVAL',
}

const octetsOf = (part: string | Uint8Array): Uint8Array => (typeof part === 'string' ? Buffer.from(part) : part)

function errnoError(code: string, syscall: string, says: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall} ${code}: ${says}`), { code, syscall })
}
