/**
 * SHELL: DNS over TCP (RFC 7766): connections of the stack's port 53, messages out of them to the server core, answers
 * back as they are ready, which need not be the order of the questions (§6.2.1.1). Everything that a client can make
 * grow has a bound.
 */
import { EVENT_CLOSED, EVENT_ENDED, type Listener, type Stack, type TcpEndpoint } from '../stack/index.ts'
import type { Clock, Instant, Timer } from '../stack/platform/index.ts'
import { DNS_PORT } from './dns-endpoint.ts'
import { type DnsServer, type Later, STREAM_IDLE_MS, type Transfer } from './dns/index.ts'
import { framed, FrameReader, LENGTH_OCTETS, MAX_STREAM_OCTETS } from './dns/wire/framing.ts'
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
/** Messages of a zone's transfer made in a row; then others have their turn. Each is about 16 KiB and 0.3 ms. */
export const TRANSFER_TURN_MESSAGES = 4
/** Since the last whole message, either way; clients are told (RFC 7828). */
export const IDLE_MS = STREAM_IDLE_MS
/** Since the first octet of a message that is not whole. */
export const MESSAGE_MS = 5000

export class DnsTcpEndpoint {
  readonly #listener: Listener
  /** The one idle longest first. */
  readonly #conversations = new Set<Conversation>()

  /** Throws when the port is taken, which at start-up is a fault of the composition. */
  constructor(stack: Stack, server: DnsServer, clock: Clock) {
    const owner: Owner = {
      server,
      clock,
      response: new Uint8Array(MAX_STREAM_OCTETS),
      active: (conversation) => {
        this.#conversations.delete(conversation)
        this.#conversations.add(conversation)
      },
      closed: (conversation) => void this.#conversations.delete(conversation),
    }
    const listening = stack.tcp.listen({
      port: DNS_PORT,
      connectionsPerSource: MAX_PER_SOURCE,
      onConnection: (endpoint) => {
        server.counters.count('tcp-connections')
        if (this.#conversations.size >= MAX_CONNECTIONS) this.#makeRoom(server)
        const conversation = new Conversation(endpoint, owner)
        this.#conversations.add(conversation)
      },
    })
    if (!listening.ok) throw new Error(`TCP port ${DNS_PORT} cannot be bound: ${JSON.stringify(listening.error)}`)
    this.#listener = listening.value
  }

  /** Connections that are there. */
  get size(): number {
    return this.#conversations.size
  }

  /** Resets what is left. */
  close(): void {
    this.#listener.close()
    for (const conversation of [...this.#conversations]) conversation.abort()
  }

  #makeRoom(server: DnsServer): void {
    server.counters.count('tcp-closed-full')
    const [first] = this.#conversations
    const idle = [...this.#conversations].find((conversation) => !conversation.busy)
    ;(idle ?? first)?.abort()
  }
}

type Owner = {
  readonly server: DnsServer
  readonly clock: Clock
  /** Room for one response, used only while it is made. */
  readonly response: Uint8Array
  active(conversation: Conversation): void
  closed(conversation: Conversation): void
}

/**
 * One connection.
 *
 *   open ──the client's FIN, or octets that are no messages──▶ last ──all answered──▶ closing ──▶ closed
 */
class Conversation {
  readonly #endpoint: TcpEndpoint
  readonly #owner: Owner
  readonly #frames = new FrameReader()
  /** Framed answers that the send buffer had no room for; the first may have gone in part. */
  readonly #output: Uint8Array[] = []
  #firstSent = 0
  #waitingOctets = 0
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

  constructor(endpoint: TcpEndpoint, owner: Owner) {
    this.#endpoint = endpoint
    this.#owner = owner
    this.#activeAt = owner.clock.now()
    this.#timerAt = this.#deadline()
    this.#timer = owner.clock.at(this.#timerAt, this.#expire)
    // Answers are whole when they are written; nothing is gained by waiting for more (§8).
    endpoint.setNoDelay(true)
    endpoint.onEvents = (events) => this.#on(events)
  }

  /** True while something is asked that was not answered. */
  get busy(): boolean {
    return this.#underWay > 0 || this.#transfer !== undefined
  }

  abort(): void {
    this.#finish()
    this.#endpoint.abort()
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
  }

  get #mayRead(): boolean {
    return this.#phase === 'open' && this.#transfer === undefined && this.#underWay < MAX_UNDER_WAY && this.#waitingOctets <= OUTPUT_PAUSE_OCTETS
  }

  /** True: all was read that is there. False: a bound was met. */
  #read(): boolean {
    while (this.#mayRead) {
      if (!this.#frames.next(this.#endpoint)) {
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
    this.#transfer = server.transfers.begin(buffer, 0, length, this.#endpoint.remote)
    if (this.#transfer !== undefined) {
      this.#goOnWithTransfer()
      return
    }
    const octets = server.receiveStream(buffer, 0, length, response, 0, this.#endpoint.remote, this.#later)
    if (octets > 0) this.#queue(response, 0, octets)
  }

  /** Makes messages while they go out at once: what waits for the client's window is one message at most. */
  #goOnWithTransfer(): void {
    if (this.#turn !== undefined) return
    const { server, response, clock } = this.#owner
    for (let n = 0; this.#transfer !== undefined && this.#output.length === 0; n++) {
      if (n === TRANSFER_TURN_MESSAGES) {
        this.#turn = clock.at(clock.now(), () => {
          this.#turn = undefined
          this.#run()
        })
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
      const taken = this.#endpoint.write(frame, this.#firstSent, length)
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
    while (this.#endpoint.readable > 0) this.#endpoint.read(this.#owner.response, 0, MAX_STREAM_OCTETS)
    this.#endpoint.close()
  }

  #touch(): void {
    this.#activeAt = this.#owner.clock.now()
    this.#owner.active(this)
  }

  #deadline(): Instant {
    return this.#partialAt === undefined ? this.#activeAt + IDLE_MS : this.#partialAt + MESSAGE_MS
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
    this.#owner.closed(this)
  }
}
