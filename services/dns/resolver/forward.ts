/**
 * The forwarder: asks upstream servers, joins clients that ask the same, keeps what was learnt. It performs what the
 * state machine of ask.ts decides. RFC 5452 (ids, ports, matching), RFC 9520 (failures are remembered), RFC 6891.
 * Bounded: questions under way, clients waiting, failures remembered.
 */
import { LruMap, put16, put32 } from '../../../stack/platform/index.ts'
import type { Clock, Instant, SecureRandom, Timer } from '../../../stack/platform/index.ts'
import type { CachedAnswer, Question } from '../cache/cache.ts'
export type { CachedAnswer } from '../cache/cache.ts'
import { questionKey } from '../cache/cache.ts'
import { OPT_OCTETS, OUR_UDP_OCTETS, writeOpt } from '../wire/edns.ts'
import { FLAG, HEADER_OCTETS, RCODE } from '../wire/message.ts'
import { MAX_NAME_OCTETS, nameOfKey } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { CLASS_IN } from '../wire/type-names.ts'
import { begin, step, TOTAL_DOWN_MS, TOTAL_MS } from './ask.ts'
import type { AskEffect, AskEvent, AskState, AskStep, FailReason } from './ask.ts'
import { judge } from './response.ts'
import type { Verdict } from './response.ts'
import { formatUpstream, UpstreamSet } from './upstreams.ts'
import type { Upstream, UpstreamState } from './upstreams.ts'

/** Questions under way at once: each may hold a few sockets. */
export const MAX_PENDING = 1024
/** Clients waiting in all, each with its query kept: about 4 MiB. */
export const MAX_WAITING = 8192
/** How long a question that failed is answered with SERVFAIL at once. RFC 9520 §3.2: at least 1 s, at most 5 min. */
export const FAILURE_MS = 5000
const MAX_FAILURES = 4096

export type QueryHandle = { cancel(): void }
/** Performs one query; see DnsPorts.query and queryStream. */
export type SendQuery = (
  upstream: Upstream, bytes: Uint8Array, length: number,
  received: (buffer: Uint8Array, at: number, length: number) => void,
  failed: (why: 'unreachable' | 'refused' | 'no-socket') => void,
) => QueryHandle

export type ForwardOutcome =
  | { readonly kind: 'answer'; readonly answer: CachedAnswer; readonly upstream: string; readonly tookMs: number }
  | { readonly kind: 'truncated'; readonly upstream: string }
  | { readonly kind: 'failed'; readonly because: FailReason }

/** Names of what the forwarder counts; the server's counters have them all. */
export type ForwardCount =
  | 'upstream-sent' | 'upstream-answered' | 'upstream-stray' | 'upstream-malformed' | 'upstream-failed'
  | 'upstream-silent' | 'upstream-truncated' | 'upstream-tcp-sent' | 'upstream-tcp-failed' | 'forward-joined' | 'forward-failed' | 'forward-full'

export type ForwardOptions = {
  readonly mixCase: boolean
  readonly maxPending: number
  readonly maxWaiting: number
  readonly totalMs: number
}

class Pending {
  readonly question: Question
  readonly upstreams: UpstreamSet
  readonly startedAt: Instant
  readonly waiting: ((outcome: ForwardOutcome) => void)[] = []
  readonly handles: QueryHandle[] = []
  state: AskState = { kind: 'finished' }
  /** The outcome was told. Until then, with `state` finished, the whole answer is on its way by stream. */
  over = false
  timer: Timer | undefined

  constructor(question: Question, upstreams: UpstreamSet, startedAt: Instant) {
    this.question = question
    this.upstreams = upstreams
    this.startedAt = startedAt
  }
}

export class Forwarder {
  readonly #clock: Clock
  readonly #random: SecureRandom
  readonly #send: SendQuery
  readonly #sendStream: SendQuery | undefined
  readonly #count: (name: ForwardCount) => void
  readonly #options: ForwardOptions
  readonly #pending = new Map<string, Pending>()
  readonly #failures = new LruMap<string, Instant>(MAX_FAILURES)
  readonly #query = new Uint8Array(HEADER_OCTETS + MAX_NAME_OCTETS + 4 + OPT_OCTETS)
  #upstreams: UpstreamSet
  #waiting = 0
  /** Called when a server stops answering: for the log. */
  onDown: (upstream: string, failures: number) => void = () => {}

  constructor(
    ports: {
      readonly clock: Clock
      readonly random: SecureRandom
      readonly send: SendQuery
      readonly sendStream?: SendQuery | undefined
    },
    upstreams: readonly Upstream[], count: (name: ForwardCount) => void, options: ForwardOptions,
  ) {
    this.#clock = ports.clock
    this.#random = ports.random
    this.#send = ports.send
    this.#sendStream = ports.sendStream
    this.#count = count
    this.#options = options
    this.#upstreams = new UpstreamSet(upstreams)
  }

  get hasUpstreams(): boolean {
    return this.#upstreams.size > 0
  }

  get pending(): number {
    return this.#pending.size
  }

  get upstreamStates(): readonly UpstreamState[] {
    return this.#upstreams.states(this.#clock.now())
  }

  /** Questions under way go on with the servers that they began with. */
  setUpstreams(upstreams: readonly Upstream[]): void {
    this.#upstreams = new UpstreamSet(upstreams)
    this.#failures.clear()
  }

  forgetFailures(): void {
    this.#failures.clear()
  }

  /** True while the question failed so lately that it is not asked again. */
  failedLately(question: Question): boolean {
    const until = this.#failures.peek(questionKey(question))
    return until !== undefined && this.#clock.now() < until
  }

  isPending(question: Question): boolean {
    return this.#pending.has(questionKey(question))
  }

  /** `done` is called once, perhaps before this returns. False: too many are waiting, and it is not called. */
  ask(question: Question, done: (outcome: ForwardOutcome) => void): boolean {
    const key = questionKey(question)
    const joined = this.#pending.get(key)
    const { maxPending, maxWaiting, totalMs } = this.#options
    if (this.#waiting >= maxWaiting || (joined === undefined && this.#pending.size >= maxPending)) {
      this.#count('forward-full')
      return false
    }
    this.#waiting++
    if (joined !== undefined) {
      this.#count('forward-joined')
      joined.waiting.push(done)
      return true
    }
    const now = this.#clock.now()
    const pending = new Pending(question, this.#upstreams, now)
    pending.waiting.push(done)
    this.#pending.set(key, pending)
    const order = pending.upstreams.order(now, this.#random)
    const limitMs = pending.upstreams.allDown(now) ? Math.min(TOTAL_DOWN_MS, totalMs) : totalMs
    this.#perform(pending, begin(order, now, limitMs, (server, round) => pending.upstreams.waitMs(server, round)))
    return true
  }

  #on(pending: Pending, event: AskEvent): void {
    const wait = (server: number, round: number): number => pending.upstreams.waitMs(server, round)
    this.#perform(pending, step(pending.state, event, this.#clock.now(), wait))
  }

  #perform(pending: Pending, [state, effects]: AskStep): void {
    pending.state = state
    for (const effect of effects) this.#effect(pending, effect)
  }

  #effect(pending: Pending, effect: AskEffect): void {
    switch (effect.kind) {
      case 'send':
        this.#ask(pending, effect.server)
        return
      case 'timer':
        // A failure reported while sending may have moved the machine on already.
        if (pending.state.kind === 'finished') return
        pending.timer?.cancel()
        pending.timer = this.#clock.at(effect.at, () => this.#on(pending, { kind: 'silence' }))
        return
      case 'silent': {
        this.#count('upstream-silent')
        const failures = pending.upstreams.silent(effect.server, this.#clock.now())
        if (failures !== undefined) this.onDown(formatUpstream(pending.upstreams.get(effect.server)), failures)
        return
      }
      case 'give-up':
        this.#count('forward-failed')
        this.#failures.set(questionKey(pending.question), this.#clock.now() + FAILURE_MS)
        this.#finish(pending, { kind: 'failed', because: effect.because })
    }
  }

  /** Sends one datagram; each attempt has its own id and, by the port's contract, its own source port. */
  #ask(pending: Pending, server: number): void {
    const now = this.#clock.now()
    const id = this.#random.u32() >>> 16
    const name = this.#asSent(pending.question)
    const edns = pending.upstreams.usesEdns(server, now)
    const length = this.#write(id, name, pending.question, edns)
    this.#count('upstream-sent')
    const received = (b: Uint8Array, at: number, octets: number): void => {
      if (pending.state.kind === 'finished') return
      const expected = { id, question: pending.question, name, sameCase: this.#options.mixCase }
      this.#received(pending, server, now, edns, judge(b, at, octets, expected, this.#clock.now()))
    }
    const failed = (because: FailReason): void => {
      if (pending.state.kind === 'finished') return
      this.#count('upstream-failed')
      pending.upstreams.lame(server, this.#clock.now())
      this.#on(pending, { kind: 'failure', server, because })
    }
    const handle = this.#send(pending.upstreams.get(server), this.#query, length, received, failed)
    if ((pending.state as AskState).kind === 'finished') handle.cancel()
    else pending.handles.push(handle)
  }

  #received(pending: Pending, server: number, sentAt: Instant, edns: boolean, verdict: Verdict): void {
    const { upstreams } = pending
    const now = this.#clock.now()
    if (verdict.kind === 'stray') {
      this.#count('upstream-stray')
      return
    }
    if (verdict.kind === 'malformed') {
      this.#count('upstream-malformed')
      upstreams.lame(server, now)
      this.#on(pending, { kind: 'failure', server, because: 'malformed' })
      return
    }
    if (verdict.kind === 'failure') {
      if (edns && (verdict.rcode === RCODE.FORMERR || verdict.rcode === RCODE.NOTIMP)) {
        upstreams.withoutEdns(server, now)
        this.#on(pending, { kind: 'no-edns', server })
        return
      }
      this.#count('upstream-failed')
      if (verdict.rcode !== RCODE.SERVFAIL) upstreams.lame(server, now)
      const because = verdict.rcode === RCODE.REFUSED ? 'refused' : 'server-failure'
      this.#on(pending, { kind: 'failure', server, because })
      return
    }
    this.#count(verdict.kind === 'truncated' ? 'upstream-truncated' : 'upstream-answered')
    upstreams.answered(server, now - sentAt)
    const deadline = pending.state.kind === 'asking' ? pending.state.deadline : now
    this.#on(pending, { kind: 'answer' })
    if (verdict.kind === 'answer') this.#answered(pending, server, verdict.answer)
    else if (this.#sendStream !== undefined) this.#askByStream(pending, server, edns, deadline, this.#sendStream)
    else this.#finish(pending, { kind: 'truncated', upstream: formatUpstream(upstreams.get(server)) })
  }

  /** The whole of an answer that came truncated, from the same server (RFC 7766 §5), in the time that is left. */
  #askByStream(pending: Pending, server: number, edns: boolean, deadline: Instant, send: SendQuery): void {
    pending.timer?.cancel()
    for (const handle of pending.handles.splice(0)) handle.cancel()
    const failed = (): void => {
      if (pending.over) return
      this.#count('upstream-tcp-failed')
      this.#finish(pending, { kind: 'truncated', upstream: formatUpstream(pending.upstreams.get(server)) })
    }
    const id = this.#random.u32() >>> 16
    const name = this.#asSent(pending.question)
    const length = this.#write(id, name, pending.question, edns)
    const received = (b: Uint8Array, at: number, octets: number): void => {
      if (pending.over) return
      const expected = { id, question: pending.question, name, sameCase: this.#options.mixCase }
      const verdict = judge(b, at, octets, expected, this.#clock.now())
      if (verdict.kind === 'answer') this.#answered(pending, server, verdict.answer)
      else failed()
    }
    this.#count('upstream-tcp-sent')
    pending.timer = this.#clock.at(deadline, failed)
    const handle = send(pending.upstreams.get(server), this.#query, length, received, failed)
    if (pending.over) handle.cancel()
    else pending.handles.push(handle)
  }

  #answered(pending: Pending, server: number, answer: CachedAnswer): void {
    const upstream = formatUpstream(pending.upstreams.get(server))
    const tookMs = Math.round(this.#clock.now() - pending.startedAt)
    this.#finish(pending, { kind: 'answer', answer, upstream, tookMs })
  }

  #finish(pending: Pending, outcome: ForwardOutcome): void {
    pending.state = { kind: 'finished' }
    pending.over = true
    pending.timer?.cancel()
    for (const handle of pending.handles) handle.cancel()
    this.#pending.delete(questionKey(pending.question))
    this.#waiting -= pending.waiting.length
    for (const done of pending.waiting) done(outcome)
  }

  /** The name in lower case, or with random case for servers that echo it (draft-vixie-dnsext-dns0x20). */
  #asSent(question: Question): Name {
    const name = nameOfKey(question.key)
    if (!this.#options.mixCase) return name
    // Length octets are below the letters, so every octet may be looked at alike.
    return name.map((c) => (c >= 0x61 && c <= 0x7a && this.#random.below(2) === 1 ? c - 32 : c))
  }

  #write(id: number, name: Name, question: Question, edns: boolean): number {
    const b = this.#query
    put16(b, 0, id)
    put16(b, 2, FLAG.RD | (question.checkingDisabled ? FLAG.CD : 0))
    put32(b, 4, 0x1_0000)
    put32(b, 8, edns ? 1 : 0)
    b.set(name, HEADER_OCTETS)
    const nameEnd = HEADER_OCTETS + name.length
    put16(b, nameEnd, question.type)
    put16(b, nameEnd + 2, CLASS_IN)
    if (!edns) return nameEnd + 4
    writeOpt(b, nameEnd + 4, OUR_UDP_OCTETS, 0, question.dnssecOk)
    return nameEnd + 4 + OPT_OCTETS
  }
}

export const DEFAULT_FORWARD: ForwardOptions = {
  mixCase: false, maxPending: MAX_PENDING, maxWaiting: MAX_WAITING, totalMs: TOTAL_MS,
}
