/**
 * One query to one server, and what comes of it. Here is all that makes an answer hard to forge (RFC 5452: an id and, by
 * the port's contract, a source port for each message; matching; letter case at random, draft-vixie-dnsext-dns0x20), and
 * all that forgives a server what it cannot do (EDNS, RFC 6891 §6.2.2; datagrams that are too small, RFC 7766 §5).
 *
 *   datagram ──▶ answered ───────────────────────────────────────────────────────────▶ done
 *      │  ├──▶ FORMERR, NOTIMP, SERVFAIL or BADVERS to EDNS ──▶ datagram without EDNS ─▶ done
 *      │  ├──▶ truncated, letters changed, or many forgeries ──▶ stream ───────────────▶ done
 *      │  └──▶ nobody there, malformed ───────────────────────────────────────────────▶ done: failed
 *      └──▶ silent for `waitMs`: `slow` is told, once, and listening goes on until `deadline` ▶ done: failed
 *
 * Every message is taken from the budget of the question for whose sake it is sent. Equal datagrams that are waited for at
 * the same time are one: each further one would be another chance for a forger (RFC 5452 §5, the birthday attack).
 */
import { put16, put32 } from '../../../stack/platform/index.ts'
import type { Clock, Instant, SecureRandom, Timer } from '../../../stack/platform/index.ts'
import { OPT_OCTETS, OPTION, OPTION_HEAD_OCTETS, OUR_UDP_OCTETS, writeOpt } from '../wire/edns.ts'
import { FLAG, HEADER_OCTETS, RCODE } from '../wire/message.ts'
import type { Message } from '../wire/message.ts'
import { MAX_NAME_OCTETS, nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { CLASS_IN } from '../wire/type-names.ts'
import { inLowerCase, match } from './match.ts'
import type { Match } from './match.ts'
import { serverKey } from './server-book.ts'
import type { Server, ServerBook, Transport } from './server-book.ts'
import type { Budget } from './source.ts'

/** Queries under way at once; each holds a source port. */
export const MAX_UNDER_WAY = 2048
/**
 * Datagrams from the right address and port to ours that are no answer. One may be late; so many are a forger at work,
 * who cannot do the same to a TCP connection.
 */
export const MAX_STRAYS = 4
/** A stream takes a round trip for its handshake and some for what is long; TLS needs more. */
const STREAM_WAITS = { udp: 1, tcp: 3, tls: 4, https: 4 } as const
/** RFC 8467 §4.1: padded queries have a multiple of so many octets. */
export const QUERY_BLOCK_OCTETS = 128

/** What is counted besides what the forwarder has always counted. */
export const EXCHANGE_COUNTS = [
  'upstream-without-edns', 'upstream-case-changed', 'upstream-suspicious', 'upstream-full', 'upstream-joined', 'upstream-over-budget',
] as const
export type ExchangeCount =
  | (typeof EXCHANGE_COUNTS)[number]
  | 'upstream-sent' | 'upstream-answered' | 'upstream-stray' | 'upstream-malformed' | 'upstream-failed'
  | 'upstream-silent' | 'upstream-truncated' | 'upstream-tcp-sent' | 'upstream-tcp-failed'

export type QueryHandle = { cancel(): void }
/** `untrusted`: it did not prove to be who was meant. */
export type PortFault = 'unreachable' | 'refused' | 'no-socket' | 'untrusted'

/**
 * Carries one message to a server. By `udp` from a source port of its own, chosen at random (RFC 5452 §9.2), and with
 * answers taken from that server's address and port only; by a stream `received` gets whole messages, and `failed` is
 * also called when the server ends the connection without one. `bytes` may be read until this returns. `received` gets
 * octets that are valid until it returns; `failed` is called at most once. cancel() releases the port.
 */
export type SendTo<S extends Server> = (
  server: S, transport: Transport, bytes: Uint8Array, length: number,
  received: (buffer: Uint8Array, at: number, length: number) => void,
  failed: (why: PortFault) => void,
) => QueryHandle

export type ExchangeQuery<S extends Server = Server> = {
  readonly server: S
  readonly key: NameKey
  readonly type: number
  readonly recursionDesired: boolean
  readonly checkingDisabled: boolean
  /** Random letter case, unless the server is known not to send it back. Not over streams, which nobody can forge. */
  readonly mixCase: boolean
  readonly budget: Budget
  /** After so long without an answer `slow` is called; ServerBook.waitMs says what is usual. */
  readonly waitMs: number
  readonly deadline: Instant
}

export type ExchangeFault =
  | PortFault | 'silent' | 'malformed' | 'format-error'
  /** It came truncated, and not by stream either. */
  | 'truncated'
  /** Too many queries are under way. */
  | 'full'
  | 'over-budget'

export type ExchangeOutcome =
  /** Of any rcode. `tookMs`: since the query, with all that had to be repeated. */
  | { readonly kind: 'response'; readonly message: Message; readonly transport: Transport; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly because: ExchangeFault; readonly tookMs: number }

type ExchangePorts<S extends Server> = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly send: SendTo<S>
  readonly book: ServerBook
  readonly count: (name: ExchangeCount) => void
}

type Listener = {
  readonly budget: Budget
  readonly done: (outcome: ExchangeOutcome) => void
  readonly slow: () => void
  /** It hears nothing more: what one is told may make another leave. */
  left: boolean
}

class UnderWay<S extends Server> {
  /** Of who asked first. */
  readonly query: ExchangeQuery<S>
  /** Equal queries have one; undefined: it is nobody else's. */
  readonly id: string | undefined
  readonly startedAt: Instant
  /** All who wait; the first of them pays. */
  readonly listeners: Listener[] = []
  over = false
  /** Messages sent; what belongs to an earlier one comes too late. */
  attempt = 0
  transport: Transport
  messageId = 0
  name: Name = new Uint8Array(0)
  edns = true
  sentAt: Instant = 0
  strays = 0
  /** Has gone by stream after it had begun as a datagram. */
  fellBack = false
  /** Its name was sent in letters of chance. */
  mixed = false
  /** An answer came whose letters were not as sent. */
  caseChanged = false
  /** With which rcode a query with EDNS came back, while one without is under way. */
  refusal: number | undefined
  handle: QueryHandle | undefined
  timer: Timer | undefined
  wasSlow = false

  constructor(query: ExchangeQuery<S>, id: string | undefined, now: Instant) {
    this.query = query
    this.id = id
    this.startedAt = now
    this.transport = query.server.transport
  }
}

const idOf = ({ server, key, type, recursionDesired, checkingDisabled, mixCase }: ExchangeQuery): string =>
  `${serverKey(server)} ${type} ${Number(recursionDesired)}${Number(checkingDisabled)}${Number(mixCase)} ${key}`

const NOTHING_TO_CANCEL: QueryHandle = { cancel: () => {} }
/** What servers have been seen to answer when they could not read OPT. */
const EDNS_REFUSALS: ReadonlySet<number> = new Set([RCODE.FORMERR, RCODE.NOTIMP, RCODE.SERVFAIL])

export class Exchange<S extends Server = Server> {
  readonly book: ServerBook
  readonly #clock: Clock
  readonly #random: SecureRandom
  readonly #send: SendTo<S>
  readonly #count: (name: ExchangeCount) => void
  readonly #octets = new Uint8Array(HEADER_OCTETS + MAX_NAME_OCTETS + 4 + OPT_OCTETS + 2 * QUERY_BLOCK_OCTETS)
  #underWay = 0
  /** Those that an equal query joins: nothing has come, but nobody is impatient yet. */
  readonly #joinable = new Map<string, UnderWay<S>>()
  /** Called when a server stops answering: for the log. */
  onDown: (server: S, silences: number) => void = () => {}

  constructor(ports: ExchangePorts<S>) {
    this.#clock = ports.clock
    this.#random = ports.random
    this.#send = ports.send
    this.book = ports.book
    this.#count = ports.count
  }

  get underWay(): number {
    return this.#underWay
  }

  /**
   * `done` is called once, perhaps before this returns, and not after cancel(); `slow` at most once and before it. The
   * book is kept: times, silences, EDNS, letter case. Whether the answer is of any use is for the caller to say.
   */
  ask(query: ExchangeQuery<S>, done: (outcome: ExchangeOutcome) => void, slow: () => void = () => {}): QueryHandle {
    const listener: Listener = { budget: query.budget, done, slow, left: false }
    const id = query.server.transport === 'udp' ? idOf(query) : undefined
    const same = id === undefined ? undefined : this.#joinable.get(id)
    if (same !== undefined) {
      this.#count('upstream-joined')
      same.listeners.push(listener)
      return { cancel: () => this.#leave(same, listener) }
    }
    if (this.#underWay >= MAX_UNDER_WAY) {
      this.#count('upstream-full')
      done({ kind: 'failed', because: 'full', tookMs: 0 })
      return NOTHING_TO_CANCEL
    }
    const one = new UnderWay(query, id, this.#clock.now())
    one.listeners.push(listener)
    if (id !== undefined) this.#joinable.set(id, one)
    one.edns = this.book.usesEdns(query.server)
    this.#underWay++
    this.book.began(query.server)
    this.#sendOne(one)
    return { cancel: () => this.#leave(one, listener) }
  }

  #leave(one: UnderWay<S>, listener: Listener): void {
    listener.left = true
    const place = one.listeners.indexOf(listener)
    if (place >= 0) one.listeners.splice(place, 1)
    if (one.listeners.length === 0) this.#end(one)
  }

  /** Takes the next message from the budget of one who waits; who has none left waits no longer. */
  #isPaidFor(one: UnderWay<S>): boolean {
    for (;;) {
      const [first] = one.listeners
      if (first === undefined) return false
      if (first.budget.take('queries')) return true
      this.#count('upstream-over-budget')
      this.#leave(one, first)
      first.done({ kind: 'failed', because: 'over-budget', tookMs: this.#clock.now() - one.startedAt })
    }
  }

  #sendOne(one: UnderWay<S>): void {
    const { query, transport } = one
    one.handle?.cancel()
    one.handle = undefined
    if (!this.#isPaidFor(one)) return
    // RFC 8484 §4.1: over HTTPS an id serves nothing but to defeat caches.
    one.messageId = transport === 'https' ? 0 : this.#random.u32() >>> 16
    one.name = this.#asSent(one)
    one.sentAt = this.#clock.now()
    one.strays = 0
    const length = this.#write(one)
    this.#count(one.fellBack ? 'upstream-tcp-sent' : 'upstream-sent')
    this.#wait(one, one.sentAt + query.waitMs * STREAM_WAITS[transport])
    const attempt = ++one.attempt
    const isCurrent = (): boolean => !one.over && one.attempt === attempt
    const handle = this.#send(
      query.server, transport, this.#octets, length,
      (b, at, octets) => {
        if (isCurrent()) this.#received(one, match(b, at, octets, { id: one.messageId, type: query.type, name: one.name }))
      },
      (why) => {
        if (isCurrent()) this.#failed(one, why)
      },
    )
    // It may have been answered, and sent anew, within the call.
    if (isCurrent()) one.handle = handle
    else handle.cancel()
  }

  /** Slow first, then the end. A query that was slow once is not so again. */
  #wait(one: UnderWay<S>, slowAt: Instant): void {
    const { deadline } = one.query
    one.timer?.cancel()
    const last = one.wasSlow || slowAt >= deadline
    one.timer = this.#clock.at(last ? deadline : slowAt, () => {
      if (!one.wasSlow) {
        one.wasSlow = true
        this.#silent(one)
      }
      if (last) {
        this.#fail(one, one.fellBack ? 'truncated' : 'silent')
        return
      }
      this.#wait(one, deadline)
      this.#isOnItsOwn(one)
      for (const listener of [...one.listeners]) if (!listener.left) listener.slow()
    })
  }

  #silent(one: UnderWay<S>): void {
    // Of a server whose TCP is blocked it is known that it answers datagrams.
    if (one.fellBack) {
      this.#count('upstream-tcp-failed')
      return
    }
    this.#count('upstream-silent')
    const silences = this.book.silent(one.query.server)
    if (silences !== undefined) this.onDown(one.query.server, silences)
  }

  #received(one: UnderWay<S>, found: Match): void {
    const isDatagram = one.transport === 'udp'
    switch (found.kind) {
      case 'stray':
        this.#count('upstream-stray')
        if (!isDatagram || ++one.strays < MAX_STRAYS) return
        this.#count('upstream-suspicious')
        this.#byStream(one)
        return
      case 'malformed':
        this.#count('upstream-malformed')
        this.book.faulty(one.query.server)
        this.#fail(one, 'malformed')
        return
      case 'format-error':
        if (one.edns) this.#withoutEdns(one, RCODE.FORMERR)
        else {
          this.#count('upstream-failed')
          this.book.faulty(one.query.server)
          this.#fail(one, 'format-error')
        }
        return
      case 'truncated':
        this.#count('upstream-truncated')
        if (isDatagram) {
          this.book.answered(one.query.server, this.#clock.now() - one.sentAt, { asked: one.edns, opt: false })
          this.#byStream(one)
        } else this.#fail(one, 'truncated')
        return
      case 'response':
        if (isDatagram && !found.sameCase) {
          // Either a forgery or a server that folds letters: by stream it cannot be the first.
          this.#count('upstream-case-changed')
          one.caseChanged = true
          this.#byStream(one)
          return
        }
        if (one.caseChanged && !found.sameCase) this.book.withoutMixedCase(one.query.server)
        this.#answered(one, one.mixed ? inLowerCase(found.message) : found.message)
    }
  }

  #answered(one: UnderWay<S>, message: Message): void {
    const { server } = one.query
    const opt = message.edns !== undefined
    if (one.edns && (message.rcode === RCODE.BADVERS || (EDNS_REFUSALS.has(message.rcode) && !opt))) {
      this.#withoutEdns(one, message.rcode)
      return
    }
    // What it says without EDNS, it says for another reason if it is the same.
    if (one.refusal !== undefined && one.refusal !== message.rcode) {
      this.#count('upstream-without-edns')
      this.book.withoutEdns(server)
    }
    this.#count('upstream-answered')
    const now = this.#clock.now()
    this.book.answered(server, now - one.sentAt, { asked: one.edns, opt })
    this.#finish(one, { kind: 'response', message, transport: one.transport, tookMs: now - one.startedAt })
  }

  #withoutEdns(one: UnderWay<S>, rcode: number): void {
    one.edns = false
    one.refusal = rcode
    this.#sendOne(one)
  }

  /** The same from the same server where it cannot be forged or cut (RFC 7766 §5), in the time that is left. */
  #byStream(one: UnderWay<S>): void {
    one.transport = 'tcp'
    one.fellBack = true
    this.#sendOne(one)
  }

  #failed(one: UnderWay<S>, why: PortFault): void {
    this.#count(one.fellBack ? 'upstream-tcp-failed' : 'upstream-failed')
    this.book.faulty(one.query.server)
    this.#fail(one, one.fellBack ? 'truncated' : why)
  }

  #fail(one: UnderWay<S>, because: ExchangeFault): void {
    this.#finish(one, { kind: 'failed', because, tookMs: this.#clock.now() - one.startedAt })
  }

  #finish(one: UnderWay<S>, outcome: ExchangeOutcome): void {
    if (one.over) return
    const listeners = one.listeners.splice(0)
    this.#end(one)
    for (const listener of listeners) if (!listener.left) listener.done(outcome)
  }

  /** From now on an equal query is sent anew. */
  #isOnItsOwn(one: UnderWay<S>): void {
    if (one.id !== undefined && this.#joinable.get(one.id) === one) this.#joinable.delete(one.id)
  }

  #end(one: UnderWay<S>): void {
    if (one.over) return
    one.over = true
    this.#isOnItsOwn(one)
    one.timer?.cancel()
    one.handle?.cancel()
    this.#underWay--
    this.book.ended(one.query.server)
  }

  #asSent(one: UnderWay<S>): Name {
    const name = nameOfKey(one.query.key)
    const { mixCase, server } = one.query
    one.mixed = mixCase && (one.transport === 'udp' || one.caseChanged) && this.book.usesMixedCase(server)
    if (!one.mixed) return name
    // Length octets are below the letters, so every octet may be looked at alike.
    return name.map((c) => (c >= 0x61 && c <= 0x7a && this.#random.below(2) === 1 ? c - 32 : c))
  }

  /** DO is always set: the validator needs signatures, and clients that do not are spared them elsewhere. */
  #write(one: UnderWay<S>): number {
    const { query, name } = one
    const b = this.#octets
    put16(b, 0, one.messageId)
    put16(b, 2, (query.recursionDesired ? FLAG.RD : 0) | (query.checkingDisabled ? FLAG.CD : 0))
    put32(b, 4, 0x1_0000)
    put32(b, 8, one.edns ? 1 : 0)
    b.set(name, HEADER_OCTETS)
    const nameEnd = HEADER_OCTETS + name.length
    put16(b, nameEnd, query.type)
    put16(b, nameEnd + 2, CLASS_IN)
    if (!one.edns) return nameEnd + 4
    writeOpt(b, nameEnd + 4, OUR_UDP_OCTETS, 0, true)
    const length = nameEnd + 4 + OPT_OCTETS
    return one.transport === 'tls' || one.transport === 'https' ? padded(b, length) : length
  }
}

/** A query whose OPT ends at `length`, with the padding (RFC 7830) that hides how long its name is. */
function padded(b: Uint8Array, length: number): number {
  const whole = Math.ceil((length + OPTION_HEAD_OCTETS) / QUERY_BLOCK_OCTETS) * QUERY_BLOCK_OCTETS
  put16(b, length - 2, whole - length)
  put16(b, length, OPTION.PADDING)
  put16(b, length + 2, whole - length - OPTION_HEAD_OCTETS)
  b.fill(0, length + OPTION_HEAD_OCTETS, whole)
  return whole
}
