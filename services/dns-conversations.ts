/**
 * SHELL: DNS over streams (RFC 7766), whatever carries them: messages out of connections to the server core, answers back
 * as they are ready, which need not be the order of the questions (§6.2.1.1). Everything that a client can make grow has
 * a bound, and no connection keeps the others waiting.
 */
import { EVENT_CLOSED, EVENT_ENDED, type Ipv4 } from '../stack/index.ts'
import type { Clock, Instant, Timer } from '../stack/platform/index.ts'
import { type Carrier, type DnsServer, type Later, STREAM_IDLE_MS, type Transfer } from './dns/index.ts'
import { framed, FrameReader, LENGTH_OCTETS, MAX_STREAM_OCTETS, type OctetSource } from './dns/wire/framing.ts'
import { HEADER_OCTETS } from './dns/wire/message.ts'

/** Connections in all: one more ends the one that has been idle longest (§6.2.3 lets a busy server do so). */
export const MAX_CONNECTIONS = 512
/** Of one client: resolvers that keep to §6.2.2 hold one, and a household behind one address stays below. */
export const MAX_PER_SOURCE = 32
/** Questions under way on a connection; past this, reading stops. */
export const MAX_UNDER_WAY = 64
/** Answers that wait for a client to read, in octets; past this, reading stops. */
export const OUTPUT_PAUSE_OCTETS = 128 * 1024
/** Answers to questions under way still come; past this, the connection is given up. */
export const OUTPUT_MOST_OCTETS = 256 * 1024
/** What all connections together may hold, of answers that wait and of messages that are not whole: past this, the one that holds most ends. */
export const HELD_MOST_OCTETS = 16 * 1024 * 1024
/** Messages answered in a row, about 0.5 ms; then others have their turn. */
export const TURN_MESSAGES = 64
/** Messages of a zone's transfer made in a row. Each is about 16 KiB and 0.3 ms. */
export const TRANSFER_TURN_MESSAGES = 1
/** Since the last whole message, either way, while there is room; clients are told (RFC 7828). */
export const IDLE_MS = STREAM_IDLE_MS
/** The same when there is none (RFC 7766 §6.2.3: a server may shorten it under load). */
export const IDLE_LEAST_MS = 1000
/** Since the first octet of a message that is not whole. */
export const MESSAGE_MS = 5000

/** What is needed of a connection. A TcpEndpoint is one. */
export type DnsStream = OctetSource & {
  readonly remote: Ipv4
  /** Octets that can be read. */
  readonly readable: number
  /** Told EVENT_ bits whenever there is more to read, room to write, or an end. */
  onEvents: (events: number) => void
  /** Copies what there is room for, and says how much. */
  write(from: Uint8Array, at: number, length: number): number
  /** Nothing more will be written; what was is still delivered. */
  close(): void
  abort(): void
}

/** The connections of one carrier, with bounds of their own. */
export class Conversations {
  readonly #server: DnsServer
  readonly #kind: 'tcp' | 'tls'
  readonly #most: number
  readonly #owner: Owner
  /** The one idle longest first. */
  readonly #conversations = new Set<Conversation>()
  #held = 0
  /** As it is now; the time changes with how full it is. */
  #carrier: Carrier

  /** `most`: connections at a time. */
  constructor(server: DnsServer, clock: Clock, kind: 'tcp' | 'tls', most: number) {
    this.#server = server
    this.#kind = kind
    this.#most = most
    this.#owner = {
      server,
      clock,
      response: new Uint8Array(MAX_STREAM_OCTETS),
      carrier: () => this.#carrier,
      active: (conversation) => {
        this.#conversations.delete(conversation)
        this.#conversations.add(conversation)
      },
      holds: (change) => {
        this.#held += change
        if (change > 0 && this.#held > HELD_MOST_OCTETS) this.#shed()
      },
      closed: (conversation) => {
        this.#conversations.delete(conversation)
        this.#weigh()
      },
    }
    this.#carrier = { kind, idleMs: IDLE_MS }
  }

  /** Connections that are there. */
  get size(): number {
    return this.#conversations.size
  }

  add(stream: DnsStream): void {
    this.#server.counters.count(`${this.#kind}-connections`)
    if (this.size >= this.#most) this.#makeRoom()
    const conversation = new Conversation(stream, this.#owner)
    this.#conversations.add(conversation)
    this.#weigh()
    this.#endIdle()
  }

  /** Resets what is left. */
  close(): void {
    for (const conversation of [...this.#conversations]) conversation.abort()
  }

  /** Whole while half of the room is free, then the less the fuller it is. */
  #weigh(): void {
    const free = Math.min(1, 2 * (1 - this.size / this.#most))
    this.#carrier = { kind: this.#kind, idleMs: Math.round(IDLE_LEAST_MS + (IDLE_MS - IDLE_LEAST_MS) * free) }
  }

  /** Those that were silent too long for how full it has become. */
  #endIdle(): void {
    for (const conversation of this.#conversations) if (!conversation.endIfIdle()) return
  }

  #makeRoom(): void {
    this.#server.counters.count('tcp-closed-full')
    const [first] = this.#conversations
    const idle = [...this.#conversations].find((conversation) => !conversation.busy)
    ;(idle ?? first)?.abort()
  }

  #shed(): void {
    this.#server.counters.count('tcp-closed-memory')
    let largest: Conversation | undefined
    for (const each of this.#conversations) if (largest === undefined || each.held > largest.held) largest = each
    largest?.abort()
  }
}

type Owner = {
  readonly server: DnsServer
  readonly clock: Clock
  /** Room for one response, used only while it is made. */
  readonly response: Uint8Array
  /** As it is now. */
  carrier(): Carrier
  active(conversation: Conversation): void
  /** A conversation holds so many octets more, or fewer. */
  holds(change: number): void
  closed(conversation: Conversation): void
}

/**
 * One connection.
 *
 *   open ──the client's FIN, or octets that are no messages──▶ last ──all answered──▶ closing ──▶ closed
 */
class Conversation {
  readonly #stream: DnsStream
  readonly #owner: Owner
  readonly #frames = new FrameReader()
  /** Framed answers that the send buffer had no room for; the first may have gone in part. */
  readonly #output: Uint8Array[] = []
  #firstSent = 0
  #waitingOctets = 0
  #held = 0
  #underWay = 0
  /** A zone that is being sent; meanwhile nothing is read. */
  #transfer: Transfer | undefined
  #turn: Timer | undefined
  #phase: 'open' | 'last' | 'closing' | 'closed' = 'open'
  #ended = false
  #running = false
  #again = false
  #activeAt: Instant
  /** Since when a part of a message is there. */
  #partialAt: Instant | undefined
  #timer: Timer
  #timerAt: Instant

  constructor(stream: DnsStream, owner: Owner) {
    this.#stream = stream
    this.#owner = owner
    this.#activeAt = owner.clock.now()
    this.#timerAt = this.#deadline()
    this.#timer = owner.clock.at(this.#timerAt, this.#expire)
    stream.onEvents = (events) => this.#on(events)
  }

  /** Octets of answers that wait, and of a message that is not whole. */
  get held(): number {
    return this.#held
  }

  /** True while something is asked that was not answered. */
  get busy(): boolean {
    return this.#underWay > 0 || this.#transfer !== undefined
  }

  abort(): void {
    this.#finish()
    this.#stream.abort()
  }

  /** Ends it in order when it has been silent for as long as it may. False: it is idle, and may be for longer. */
  endIfIdle(): boolean {
    const idle = this.#phase === 'open' && !this.busy && this.#output.length === 0 && this.#partialAt === undefined
    if (!idle) return true
    if (this.#owner.clock.now() < this.#deadline()) return false
    this.#expire()
    return true
  }

  #on(events: number): void {
    if ((events & EVENT_ENDED) !== 0) this.#ended = true
    if ((events & EVENT_CLOSED) !== 0) this.#finish()
    this.#run()
  }

  /** Writes and reads what can be. Writing calls back into here, so it goes round again instead of nesting. */
  #run(): void {
    this.#again = true
    if (this.#running) return
    this.#running = true
    while (this.#again && (this.#phase === 'open' || this.#phase === 'last')) {
      this.#again = false
      this.#write()
      this.#goOnWithTransfer()
      const allRead = this.#phase !== 'open' || this.#read()
      this.#write()
      // Room made here is told by no event.
      if (!allRead && this.#mayRead) this.#again = true
      if (this.#phase === 'last' && !this.busy && this.#output.length === 0) this.#close()
    }
    this.#running = false
    this.#account()
  }

  #account(): void {
    const held = this.#phase === 'closed' ? 0 : this.#waitingOctets + this.#frames.held
    const change = held - this.#held
    this.#held = held
    if (change !== 0) this.#owner.holds(change)
  }

  get #mayRead(): boolean {
    return this.#phase === 'open' && this.#transfer === undefined && this.#turn === undefined && this.#underWay < MAX_UNDER_WAY && this.#waitingOctets <= OUTPUT_PAUSE_OCTETS
  }

  /** True: all was read that is there. False: a bound was met. */
  #read(): boolean {
    for (let n = 0; this.#mayRead; n++) {
      if (n === TURN_MESSAGES) {
        this.#yield()
        return false
      }
      if (!this.#frames.next(this.#stream)) {
        this.#noteWait()
        if (this.#ended) this.#phase = 'last'
        return true
      }
      this.#message()
    }
    return false
  }

  /** All was read that is there. For the rest of a message there is less time than for the next one. */
  #noteWait(): void {
    if (this.#frames.partial) this.#partialAt ??= this.#owner.clock.now()
    this.#arm()
  }

  #message(): void {
    const { server, response } = this.#owner
    const { buffer, length } = this.#frames
    if (length < HEADER_OCTETS) {
      // Where the next message would begin cannot be known any more.
      server.counters.count('tcp-closed-malformed')
      this.#phase = 'last'
      return
    }
    this.#partialAt = undefined
    this.#touch()
    this.#transfer = server.transfers.begin(buffer, 0, length, this.#stream.remote, this.#owner.carrier())
    if (this.#transfer !== undefined) {
      this.#transfer.onReady = () => this.#run()
      this.#goOnWithTransfer()
      return
    }
    const octets = server.receiveStream(buffer, 0, length, response, 0, this.#stream.remote, this.#later, this.#owner.carrier())
    if (octets > 0) this.#queue(response, 0, octets)
  }

  /** Makes messages while they go out at once: what waits for the client's window is one message at most. */
  #goOnWithTransfer(): void {
    if (this.#turn !== undefined) return
    const { server, response } = this.#owner
    for (let n = 0; this.#transfer?.isReady === true && this.#output.length === 0; n++) {
      if (n === TRANSFER_TURN_MESSAGES) {
        this.#yield()
        return
      }
      const octets = this.#transfer.next(response)
      if (octets <= 0) this.#transfer = undefined
      if (octets < 0) {
        server.counters.count('transfer-broken')
        this.abort()
      } else if (octets > 0) {
        this.#queue(response, 0, octets)
        this.#write()
      }
    }
  }

  /** Goes on when the others have had their turn. */
  #yield(): void {
    const { clock } = this.#owner
    this.#turn = clock.at(clock.now(), () => {
      this.#turn = undefined
      this.#run()
    })
  }

  readonly #later = (): Later => {
    this.#underWay++
    return (bytes, at, length) => {
      this.#underWay--
      this.#queue(bytes, at, length)
      this.#run()
    }
  }

  #queue(bytes: Uint8Array, at: number, length: number): void {
    if (this.#phase === 'closed') return
    this.#output.push(framed(bytes, at, length))
    this.#waitingOctets += LENGTH_OCTETS + length
    if (this.#waitingOctets <= OUTPUT_MOST_OCTETS) return
    this.#owner.server.counters.count('tcp-closed-overrun')
    this.abort()
  }

  #write(): void {
    for (let frame = this.#output[0]; frame !== undefined; frame = this.#output[0]) {
      const length = frame.length - this.#firstSent
      const taken = this.#stream.write(frame, this.#firstSent, length)
      this.#firstSent += taken
      if (taken < length || this.#output[0] !== frame) return
      this.#output.shift()
      this.#firstSent = 0
      this.#waitingOctets -= frame.length
      this.#touch()
    }
  }

  /** Ends our direction; the client has as long as for a message to end its own. */
  #close(): void {
    this.#phase = 'closing'
    this.#partialAt = this.#owner.clock.now()
    this.#arm()
    // Octets that nobody has read would make a reset of the end, and that may overtake the answers.
    while (this.#stream.readable > 0) this.#stream.read(this.#owner.response, 0, MAX_STREAM_OCTETS)
    this.#stream.close()
  }

  #touch(): void {
    this.#activeAt = this.#owner.clock.now()
    this.#owner.active(this)
  }

  #deadline(): Instant {
    return this.#partialAt === undefined ? this.#activeAt + this.#owner.carrier().idleMs : this.#partialAt + MESSAGE_MS
  }

  /** A timer that finds that it is early costs less than one set anew for each message. */
  #arm(): void {
    const deadline = this.#deadline()
    if (deadline >= this.#timerAt) return
    this.#timer.cancel()
    this.#timerAt = deadline
    this.#timer = this.#owner.clock.at(deadline, this.#expire)
  }

  readonly #expire = (): void => {
    if (this.#phase === 'closed') return
    const { clock, server } = this.#owner
    this.#timerAt = Number.POSITIVE_INFINITY
    if (clock.now() < this.#deadline()) return this.#arm()
    if (this.#phase !== 'closing') server.counters.count('tcp-closed-idle')
    if (this.#phase === 'closing' || this.busy || this.#output.length > 0) this.abort()
    else this.#close()
  }

  /** Nothing is written or read any more. */
  #finish(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#timer.cancel()
    this.#turn?.cancel()
    this.#transfer?.close()
    this.#transfer = undefined
    this.#output.length = 0
    this.#account()
    this.#owner.closed(this)
  }
}
