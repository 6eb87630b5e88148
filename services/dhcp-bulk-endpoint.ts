/**
 * SHELL: bulk leasequery (RFC 6926): TCP connections to port 67, requests out of them to the server core, answers back
 * as fast as the requestor reads. One question after the other on a connection; nothing is held but the answer that is
 * being written. Everything that a requestor can make grow has a bound.
 */
import { EVENT_CLOSED, EVENT_ENDED, type Ipv4, type Listener, type Stack, type TcpEndpoint } from '../stack/index.ts'
import type { Clock, Instant, Timer } from '../stack/platform/index.ts'
import { framed, FrameReader } from './dns/wire/framing.ts'
import { MAX_MESSAGE_BYTES, SERVER_PORT } from './dhcp/index.ts'

/** Relay agents that rebuild their memory at once; one more is refused. */
export const MAX_BULK_CONNECTIONS = 16
const MAX_PER_SOURCE = 4
/** RFC 6926 §6.3: BULK_LQ_DATA_TIMEOUT. */
export const BULK_IDLE_MS = 300_000

/** One question's answers as octets; undefined between them where the walk may rest. */
export type BulkAnswers = Iterator<Uint8Array | undefined, void, void>

/** The part of the server core that is spoken to. */
export type BulkServer = {
  /** Undefined closes the connection: what came is no question. The octets are not needed after return. */
  bulkLeaseQuery(buffer: Uint8Array, length: number, requestor: Ipv4): BulkAnswers | undefined
  countBulk(what: 'bulk-connections' | 'bulk-closed-idle' | 'bulk-closed-malformed' | 'bulk-refused-full'): void
}

export class DhcpBulkEndpoint {
  readonly #listener: Listener
  readonly #conversations = new Set<Conversation>()

  /** Throws when the port is taken, which at start-up is a fault of the composition. */
  constructor(stack: Stack, server: BulkServer, clock: Clock) {
    const closed = (conversation: Conversation): void => void this.#conversations.delete(conversation)
    const listening = stack.tcp.listen({
      port: SERVER_PORT,
      connectionsPerSource: MAX_PER_SOURCE,
      onConnection: (endpoint) => {
        if (this.#conversations.size >= MAX_BULK_CONNECTIONS) {
          server.countBulk('bulk-refused-full')
          endpoint.abort()
          return
        }
        server.countBulk('bulk-connections')
        this.#conversations.add(new Conversation(endpoint, server, clock, closed))
      },
    })
    if (!listening.ok) throw new Error(`TCP port ${SERVER_PORT} cannot be bound: ${JSON.stringify(listening.error)}`)
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
}

/** One connection: read a question, write its answers, read the next. */
class Conversation {
  readonly #endpoint: TcpEndpoint
  readonly #server: BulkServer
  readonly #clock: Clock
  readonly #onClosed: (conversation: Conversation) => void
  readonly #frames = new FrameReader()
  #answers: BulkAnswers | undefined
  /** The answer that the send buffer had no room for, and what of it has gone. */
  #frame: Uint8Array | undefined
  #sent = 0
  #ended = false
  #finished = false
  #running = false
  #again = false
  #activeAt: Instant
  #idle: Timer
  #rest: Timer | undefined

  constructor(endpoint: TcpEndpoint, server: BulkServer, clock: Clock, onClosed: (conversation: Conversation) => void) {
    this.#endpoint = endpoint
    this.#server = server
    this.#clock = clock
    this.#onClosed = onClosed
    this.#activeAt = clock.now()
    this.#idle = clock.at(this.#activeAt + BULK_IDLE_MS, this.#expire)
    endpoint.onEvents = (events) => {
      if ((events & EVENT_ENDED) !== 0) this.#ended = true
      if ((events & EVENT_CLOSED) !== 0) this.#finish()
      this.#run()
    }
  }

  abort(): void {
    this.#finish()
    this.#endpoint.abort()
  }

  /** Goes on as far as it can. Writing calls back into here, so it goes round again instead of nesting. */
  #run(): void {
    this.#again = true
    if (this.#running) return
    this.#running = true
    while (this.#again && !this.#finished) {
      this.#again = false
      this.#advance()
    }
    this.#running = false
  }

  #advance(): void {
    while (!this.#finished && this.#rest === undefined) {
      if (this.#frame !== undefined) {
        if (!this.#write(this.#frame)) return
      } else if (this.#answers !== undefined) this.#pull(this.#answers)
      else if (!this.#read()) return
    }
  }

  /** True: all of the frame has gone. */
  #write(frame: Uint8Array): boolean {
    this.#sent += this.#endpoint.write(frame, this.#sent, frame.length - this.#sent)
    if (this.#frame !== frame || this.#sent < frame.length) return false
    this.#frame = undefined
    this.#activeAt = this.#clock.now()
    return true
  }

  #pull(answers: BulkAnswers): void {
    const next = answers.next()
    if (next.done === true) this.#answers = undefined
    else if (next.value === undefined) this.#pause()
    else {
      this.#frame = framed(next.value, 0, next.value.length)
      this.#sent = 0
    }
  }

  /** A long walk must not hold up the packets of others. */
  #pause(): void {
    this.#rest = this.#clock.at(this.#clock.now(), () => {
      this.#rest = undefined
      this.#run()
    })
  }

  /** True: a question came and is to be answered. */
  #read(): boolean {
    if (!this.#frames.next(this.#endpoint)) {
      if (this.#frames.length > MAX_MESSAGE_BYTES) this.#refuse()
      else if (this.#ended) this.#close()
      return false
    }
    this.#activeAt = this.#clock.now()
    const { buffer, length } = this.#frames
    this.#answers = this.#server.bulkLeaseQuery(buffer, length, this.#endpoint.remote)
    if (this.#answers === undefined) this.#refuse()
    return this.#answers !== undefined
  }

  #refuse(): void {
    this.#server.countBulk('bulk-closed-malformed')
    this.abort()
  }

  #close(): void {
    this.#finish()
    this.#endpoint.close()
  }

  /** A timer that finds that it is early costs less than one set anew for each answer. */
  readonly #expire = (): void => {
    const due = this.#activeAt + BULK_IDLE_MS
    if (this.#clock.now() < due) {
      this.#idle = this.#clock.at(due, this.#expire)
      return
    }
    this.#server.countBulk('bulk-closed-idle')
    this.abort()
  }

  /** Nothing is read or written any more. */
  #finish(): void {
    if (this.#finished) return
    this.#finished = true
    this.#idle.cancel()
    this.#rest?.cancel()
    this.#onClosed(this)
  }
}
