/**
 * Kept ways to servers by TCP, TLS and HTTPS: one for each server that all queries share (RFC 7766 §6.2.2), opened when it
 * is needed, kept while it is used, and opened anew when the server has ended it. What a channel did not answer before
 * it broke goes out again by another (§6.2.4). A server that answers one query and then ends the connection gets a
 * connection for each. One that cannot be reached is left alone for a while, longer each time.
 */
import type { Clock, Instant } from '../../stack/platform/index.ts'
import type { TransportStanding } from '../dns/forwarding/forwarding.ts'
import type { ForwardTarget } from '../dns/forwarding/forward-target.ts'
import type { QueryHandle } from '../dns/resolver/exchange.ts'
import { type Broken, type Channel, type ChannelOptions, StreamQuery } from './connection.ts'

/** In all; each is a socket, and by TLS some 40 kB. */
export const MAX_CHANNELS = 128
/** To one server that answers one query each. */
export const MAX_SINGLE_CHANNELS = 16
/** Servers remembered. */
const MAX_PEERS = 512
/** A channel that is not there after so long is given up. */
const OPEN_MS = 4000
/** Times that a query goes out before it is given up. */
const MAX_TRIES = 3
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 30_000
/** One connection may have ended because it was idle, just when a query was sent. */
const SINGLE_AFTER = 2
/** A server that ends connections after one answer gets a connection for each query so long. */
const SINGLE_MS = 600_000
/** Connections are kept without a query for so long: RFC 7766 §6.2.3 has seconds, and a TLS handshake costs more. */
export const IDLE_MS = { tcp: 10_000, tls: 30_000, https: 60_000 } as const

/** Opens a channel; `problem` says why one could not be opened, for people. */
export type OpenChannel = (
  target: ForwardTarget, transport: 'tcp' | 'tls' | 'https', options: ChannelOptions, problem: (text: string) => void,
) => Channel

class Peer {
  readonly channels: Channel[] = []
  /** Connections in a row that ended after one answer, with more queries on them. */
  cutShort = 0
  singleUntil: Instant = Number.NEGATIVE_INFINITY
  failures = 0
  retryAt: Instant = Number.NEGATIVE_INFINITY
  why: Broken = 'unreachable'
  problem: string | undefined
}

export class Channels {
  readonly #clock: Clock
  readonly #open: OpenChannel
  readonly #peers = new Map<string, Peer>()
  #channels = 0
  #isClosed = false

  constructor(clock: Clock, open: OpenChannel) {
    this.#clock = clock
    this.#open = open
  }

  /** As of SendTo. */
  send(
    target: ForwardTarget, transport: 'tcp' | 'tls' | 'https', bytes: Uint8Array, length: number, received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: Broken) => void,
  ): QueryHandle {
    const query = new StreamQuery(bytes, length, received, failed)
    const peer = this.#peerOf(target, transport)
    if (this.#clock.now() < peer.retryAt) query.fail(peer.why)
    else this.#dispatch(target, transport, peer, query)
    return { cancel: () => query.cancel() }
  }

  standing(target: ForwardTarget): TransportStanding {
    const peers = (['tcp', 'tls', 'https'] as const).map((transport) => this.#peers.get(peerKey(target, transport)))
    const works = peers.some((peer) => peer?.channels.some(({ isOpen, answers }) => isOpen && answers > 0) === true)
    return {
      connections: peers.reduce((sum, peer) => sum + (peer?.channels.filter(({ isOpen }) => isOpen).length ?? 0), 0),
      problem: works ? undefined : peers.find((peer) => peer?.problem !== undefined)?.problem,
    }
  }

  close(): void {
    this.#isClosed = true
    for (const peer of this.#peers.values()) for (const channel of [...peer.channels]) channel.close()
  }

  #dispatch(target: ForwardTarget, transport: 'tcp' | 'tls' | 'https', peer: Peer, query: StreamQuery): void {
    const shared = peer.channels.find(({ hasRoom }) => hasRoom)
    const hasRoom = !this.#isClosed && this.#channels < MAX_CHANNELS
    const wantsOwn = this.#clock.now() < peer.singleUntil && peer.channels.length < MAX_SINGLE_CHANNELS
    const begins = hasRoom && (wantsOwn || shared === undefined)
    const channel = begins ? this.#begin(target, transport, peer) : shared
    if (channel === undefined) query.fail(begins ? peer.why : 'no-socket')
    else query.by(channel)
  }

  #begin(target: ForwardTarget, transport: 'tcp' | 'tls' | 'https', peer: Peer): Channel | undefined {
    let isOver = false
    const channel = this.#open(
      target, transport,
      {
        clock: this.#clock, idleMs: IDLE_MS[transport],
        ended: (ended, unanswered, why) => {
          isOver = true
          this.#ended(target, transport, peer, ended, unanswered, why)
        },
      },
      (text) => void (peer.problem = text),
    )
    // It may have failed within the call; then nobody was told.
    if (isOver) return undefined
    peer.channels.push(channel)
    this.#channels++
    this.#clock.at(this.#clock.now() + OPEN_MS, () => {
      if (channel.wasOpen || !peer.channels.includes(channel)) return
      peer.problem = `no connection within ${OPEN_MS / 1000} s`
      channel.broken('unreachable')
    })
    return channel
  }

  #ended(
    target: ForwardTarget, transport: 'tcp' | 'tls' | 'https', peer: Peer, channel: Channel, unanswered: readonly StreamQuery[], why: Broken | undefined,
  ): void {
    const at = peer.channels.indexOf(channel)
    if (at >= 0) {
      peer.channels.splice(at, 1)
      this.#channels--
    }
    const now = this.#clock.now()
    if (channel.wasOpen) {
      peer.failures = 0
      if (channel.answers > 0) peer.problem = undefined
      if (channel.answers > 1) peer.cutShort = 0
      else if (channel.answers === 1 && unanswered.length > 0 && ++peer.cutShort >= SINGLE_AFTER) peer.singleUntil = now + SINGLE_MS
    } else if (why !== undefined) {
      peer.why = why
      peer.problem ??= why
      peer.retryAt = now + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(16, peer.failures++))
    }
    for (const query of unanswered) {
      if (!channel.wasOpen || query.tries >= MAX_TRIES) query.fail(why ?? 'unreachable')
      else this.#dispatch(target, transport, peer, query)
    }
  }

  #peerOf(target: ForwardTarget, transport: 'tcp' | 'tls' | 'https'): Peer {
    const key = peerKey(target, transport)
    const known = this.#peers.get(key)
    if (known !== undefined) return known
    const made = new Peer()
    this.#peers.set(key, made)
    // The one met first; one with channels is kept.
    if (this.#peers.size > MAX_PEERS) {
      for (const [each, peer] of this.#peers) {
        if (peer.channels.length > 0 || peer === made) continue
        this.#peers.delete(each)
        break
      }
    }
    return made
  }
}

const peerKey = ({ text, via, authority }: ForwardTarget, transport: string): string => `${transport} ${via} ${text} ${authority ?? ''}`
