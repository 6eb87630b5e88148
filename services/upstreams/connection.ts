/**
 * One connection to a server that many queries share (RFC 7766 §6.2.1: pipelined, and answered in any order). Queries are
 * told apart by ids of the connection's own, so that two that chose the same one may be under way together.
 *
 *   opening ──ready──▶ open ──idle, told to──▶ closed       queries wait in `opening`
 *      └──broken──▶ closed ◀──broken──┘                     what was not answered is given back
 *
 * It sees octets only: who opens the stream, and what is around the messages (TLS), is for others.
 */
import { put16, u16 } from '../../stack/platform/index.ts'
import type { Clock, Instant, Timer } from '../../stack/platform/index.ts'
import { framed, FrameReader, LENGTH_OCTETS } from '../dns/wire/framing.ts'
import { HEADER_OCTETS } from '../dns/wire/message.ts'

/** Queries under way on one connection; RFC 7766 §6.2.1.1 has servers bound them as well. */
export const MAX_PIPELINED = 256
/** A connection on which nothing came for so long, although answers were due, counts as dead when one is given up. */
const DEAD_MS = 3000

/** A stream of octets, opened already or about to be. */
export type Wire = { write(octets: Uint8Array): void; close(): void }
export type Broken = 'unreachable' | 'refused' | 'no-socket' | 'untrusted'

/** One query on its way, kept until it is answered, cancelled, or given back. */
export class StreamQuery {
  /** With its length in front. */
  readonly frame: Uint8Array
  /** Its id as the caller has it. */
  readonly id: number
  /** Channels that it was sent by. */
  tries = 0
  readonly #received: (buffer: Uint8Array, at: number, length: number) => void
  readonly #failed: (why: Broken) => void
  #channel: Channel | undefined
  #isOver = false

  constructor(
    bytes: Uint8Array, length: number, received: (buffer: Uint8Array, at: number, length: number) => void, failed: (why: Broken) => void,
  ) {
    this.frame = framed(bytes, 0, length)
    this.id = u16(bytes, 0)
    this.#received = received
    this.#failed = failed
  }

  /** Sent by this one, which has room. */
  by(channel: Channel): void {
    if (this.#isOver) return
    this.#channel = channel
    this.tries++
    channel.send(this)
  }

  /** Puts the caller's id into the answer. */
  answered(b: Uint8Array, length: number): void {
    this.#channel = undefined
    if (this.#isOver) return
    put16(b, 0, this.id)
    this.#received(b, 0, length)
  }

  fail(why: Broken): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failed(why)
  }

  cancel(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#channel?.cancel(this)
  }
}

/** A way to a server, for many queries: a Connection, or HTTPS. */
export interface Channel {
  readonly isOpen: boolean
  /** It was open at some time. */
  readonly wasOpen: boolean
  /** Room for another query. */
  readonly hasRoom: boolean
  /** Messages that came. */
  readonly answers: number
  /** hasRoom is true. */
  send(query: StreamQuery): void
  cancel(query: StreamQuery): void
  /** It could not be opened, or is no good any more. */
  broken(why: Broken): void
  close(): void
}

export type ChannelOptions = {
  readonly clock: Clock
  /** Closed when no query has been under way for so long (RFC 7766 §6.2.3). */
  readonly idleMs: number
  /** It is over; these were not answered. `why` is undefined when it ended well: idle, or told to. */
  readonly ended: (channel: Channel, unanswered: readonly StreamQuery[], why: Broken | undefined) => void
}

export class Connection implements Channel {
  readonly #o: ChannelOptions
  readonly #frames = new FrameReader()
  /** By the connection's ids; undefined: given up, an answer may still come. */
  readonly #underWay = new Map<number, StreamQuery | undefined>()
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #wire: Wire | undefined
  /** Of them those that were not given up. */
  #live = 0
  #lastId = 0
  #idle: Timer | undefined
  /** Since when answers are due without any message. */
  #dueSince: Instant | undefined
  answers = 0
  wasOpen = false

  constructor(options: ChannelOptions) {
    this.#o = options
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get hasRoom(): boolean {
    return this.#state !== 'closed' && this.#underWay.size < MAX_PIPELINED
  }

  send(query: StreamQuery): void {
    this.#idle?.cancel()
    this.#idle = undefined
    const id = this.#freeId()
    put16(query.frame, LENGTH_OCTETS, id)
    this.#underWay.set(id, query)
    this.#live++
    if (this.#state === 'open') this.#write(query)
  }

  /** The query's caller wants no answer any more. */
  cancel(query: StreamQuery): void {
    for (const [id, each] of this.#underWay) {
      if (each !== query) continue
      this.#underWay.set(id, undefined)
      this.#live--
      break
    }
    if (this.#dueSince !== undefined && this.#o.clock.now() - this.#dueSince >= DEAD_MS) this.#end('unreachable')
    else this.#rest()
  }

  /** The stream is there. */
  ready(wire: Wire): void {
    if (this.#state !== 'opening') return wire.close()
    this.#state = 'open'
    this.#wire = wire
    this.wasOpen = true
    for (const query of this.#underWay.values()) if (query !== undefined) this.#write(query)
    this.#rest()
  }

  octets(octets: Uint8Array): void {
    let from = 0
    const source = {
      read: (into: Uint8Array, at: number, most: number): number => {
        const part = octets.subarray(from, from + most)
        into.set(part, at)
        from += part.length
        return part.length
      },
    }
    while (this.#state === 'open' && this.#frames.next(source)) this.#message(this.#frames.buffer, this.#frames.length)
  }

  broken(why: Broken): void {
    this.#end(why)
  }

  close(): void {
    this.#end(undefined)
  }

  #write(query: StreamQuery): void {
    this.#dueSince ??= this.#o.clock.now()
    this.#wire?.write(query.frame)
  }

  #message(b: Uint8Array, length: number): void {
    this.answers++
    const id = length < HEADER_OCTETS ? -1 : u16(b, 0)
    const query = this.#underWay.get(id)
    this.#underWay.delete(id)
    if (query !== undefined) this.#live--
    this.#dueSince = this.#underWay.size === 0 ? undefined : this.#o.clock.now()
    query?.answered(b, length)
    this.#rest()
  }

  /** Nothing is under way: it is kept for a while. */
  #rest(): void {
    if (this.#state !== 'open' || this.#live > 0) return
    this.#idle?.cancel()
    this.#idle = this.#o.clock.at(this.#o.clock.now() + this.#o.idleMs, () => this.#end(undefined))
  }

  #end(why: Broken | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#idle?.cancel()
    this.#wire?.close()
    const unanswered = [...this.#underWay.values()].filter((query) => query !== undefined)
    this.#underWay.clear()
    this.#o.ended(this, unanswered, why)
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId + 1) & 0xffff
    while (this.#underWay.has(this.#lastId))
    return this.#lastId
  }
}
