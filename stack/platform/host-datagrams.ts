/**
 * SHELL: questions by datagram through the host's own sockets. Making a socket costs more than all else that a question
 * costs, so one that had its answer serves again: soon, for the same peer, a few times. Between whiles nothing is on its way
 * to it, and its port, which the host picked at random, is as hard to guess as a fresh one (RFC 5452 §9.2).
 */
import { createSocket, type Socket } from 'node:dgram'
import type { HostExchange } from './host-sockets.ts'

/** Questions that a socket carries, one after the other. */
const MOST_USES = 8
const MOST_IDLE_MS = 1000
/** Sockets that wait for their next question. */
const MOST_IDLE = 128

type Received = (datagram: Uint8Array) => void
/** Gets the name of an errno. */
type Failed = (code: string) => void

export class HostDatagrams {
  /** By peer; the one that was used last is at the end. */
  readonly #idle = new Map<string, PeerSocket[]>()
  #idleCount = 0
  #sweeping: NodeJS.Timeout | undefined

  /**
   * Sends one datagram, and hands over what comes back from that very address and port, until cancel(). `failed` gets the
   * errno name once; nothing is called after cancel(). `bytes` must stay as they are.
   */
  exchange(address: string, port: number, bytes: Uint8Array, received: Received, failed: Failed): HostExchange {
    const peer = `${address}:${port}`
    const socket = this.#take(peer) ?? new PeerSocket(address, port)
    let open = true
    const end = (): void => {
      if (!open) return
      open = false
      this.#giveBack(peer, socket)
    }
    socket.begin(bytes, received, (code) => {
      if (!open) return
      end()
      failed(code)
    })
    return { cancel: end }
  }

  /** Sockets that wait are closed; those in use when they have served. */
  close(): void {
    for (const sockets of this.#idle.values()) for (const socket of sockets) socket.close()
    this.#idle.clear()
    this.#idleCount = 0
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }

  #take(peer: string): PeerSocket | undefined {
    const sockets = this.#idle.get(peer)
    const socket = sockets?.pop()
    if (socket !== undefined) this.#idleCount--
    if (sockets?.length === 0) this.#idle.delete(peer)
    // It may have died while nobody used it.
    return socket?.isOpen === false ? undefined : socket
  }

  #giveBack(peer: string, socket: PeerSocket): void {
    if (!socket.end() || this.#idleCount >= MOST_IDLE) {
      socket.close()
      return
    }
    const sockets = this.#idle.get(peer)
    if (sockets === undefined) this.#idle.set(peer, [socket])
    else sockets.push(socket)
    this.#idleCount++
    socket.isFresh = true
    this.#sweeping ??= setInterval(() => this.#sweep(), MOST_IDLE_MS).unref()
  }

  /** Closes what has waited since the sweep before. */
  #sweep(): void {
    for (const [peer, sockets] of this.#idle) {
      const fresh = sockets.filter((socket) => socket.isFresh)
      for (const socket of sockets) {
        if (!socket.isFresh) socket.close()
        socket.isFresh = false
      }
      this.#idleCount -= sockets.length - fresh.length
      if (fresh.length === 0) this.#idle.delete(peer)
      else this.#idle.set(peer, fresh)
    }
    if (this.#idleCount > 0) return
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }
}

/** A socket connected to one peer, and the question that it carries. */
class PeerSocket {
  readonly #socket: Socket
  isOpen = true
  /** Given back since the last sweep. */
  isFresh = false
  #isConnected = false
  #uses = 0
  #wasAnswered = false
  #received: Received | undefined
  #failed: Failed | undefined
  /** What is to be sent as soon as it is connected. */
  #first: Uint8Array | undefined

  constructor(address: string, port: number) {
    this.#socket = createSocket('udp4')
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('message', (message) => {
      this.#wasAnswered = true
      this.#received?.(message)
    })
    // Connected, so that the kernel drops what others send and reports a closed port. By node:dgram's documentation a
    // connection that fails (no route) is told to the callback, where there is one, and not as an event.
    const connected = (error?: Error): void => {
      if (error !== undefined) return this.#fail(error)
      this.#isConnected = true
      if (this.#first !== undefined) this.#send(this.#first)
    }
    this.#socket.connect(port, address, connected)
  }

  begin(bytes: Uint8Array, received: Received, failed: Failed): void {
    this.#uses++
    this.#wasAnswered = false
    this.#received = received
    this.#failed = failed
    if (this.#isConnected) this.#send(bytes)
    else this.#first = bytes
  }

  #send(bytes: Uint8Array): void {
    this.#first = undefined
    this.#socket.send(bytes, (error) => {
      if (error) this.#fail(error)
    })
  }

  #fail(error: Error): void {
    const failed = this.#failed
    this.close()
    failed?.('code' in error ? String(error.code) : 'EUNKNOWN')
  }

  /** The question is over: true when the socket may carry another. */
  end(): boolean {
    this.#received = undefined
    this.#failed = undefined
    this.#first = undefined
    return this.isOpen && this.#isConnected && this.#wasAnswered && this.#uses < MOST_USES
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#received = undefined
    this.#failed = undefined
    this.#first = undefined
    this.#socket.close()
  }
}
