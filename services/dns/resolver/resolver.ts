/**
 * Finds what neither zones nor the cache have. Equal questions are joined and asked once; what a source was told is
 * validated, kept, and given to all who wait; what failed is not asked again for a while (RFC 9520); who waits too long
 * gets what was true a while ago (RFC 8767). Where answers come from, and what they are worth, others know: AnswerSource
 * and the validator, which ask for what they need (servers' addresses, keys) here as well, through `find`.
 *
 *   resolve ─▶ cache has it, unchecked ─────────────▶ validate ─▶ keep ─▶ tell all
 *       └────▶ source.ask ─▶ answered ──▶ keep rest ──▶ ┘
 *                        └─▶ failed ───▶ remember ───▶ stale, or failed
 *
 * Bounded: questions under way, those of one client, clients waiting, failures remembered, questions for questions (depth).
 */
import { LruMap } from '../../../stack/platform/index.ts'
import type { Clock, Instant, Timer } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { soaOf } from '../cache/lifetime.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { isOfTheData } from '../validator/faults.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { TRUST } from './finding.ts'
import type { Finding } from './finding.ts'
import { Budget } from './source.ts'
import type { AnswerSource, Ask, FindOther, SourceOutcome, Trace } from './source.ts'

/** Questions of clients under way at once: each may hold a few sockets. */
export const MAX_PENDING = 1024
/** With those that had to be asked for them. */
const MAX_PENDING_IN_ALL = 4 * MAX_PENDING
/** Clients waiting in all, each with its query kept: about 4 MiB. */
export const MAX_WAITING = 8192
/** Of one client: one that asks without end does not shut out the others. */
const MAX_WAITING_OF_ONE = MAX_WAITING / 8
/** A question for a question for a question …: servers' names that lie below servers' names, and their keys. */
const MAX_DEPTH = 12
/** RFC 9520 §3.2: at least 1 s, at most 5 min; twice as long each time. */
const FIRST_FAILURE_MS = 5000
const LONGEST_FAILURE_MS = 300_000
const MAX_FAILURES = 4096
/** Below the five seconds that clients wait (glibc), with room for the way back. */
export const CLIENT_MS = 4500
/** RFC 8767 §5 recommends 1.8 s until stale data is given. */
const STALE_AFTER_MS = 1800
/** Answers to one question that are validated, each of another server, as long as they prove wrong. */
const MAX_TRIES = 3
/** Whatever sources and validation do: longer nobody is interested. */
const LONGEST_MS = 20_000

export type Sought = { readonly partition: number; readonly key: NameKey; readonly type: number }
const soughtKey = ({ partition, key, type }: Sought): string => `${key}${String.fromCharCode(type, partition)}`

export type ResolverOutcome =
  /** `server`: who said it, for people; undefined when it was known already. */
  | { readonly kind: 'found'; readonly finding: Finding; readonly server: string | undefined; readonly tookMs: number }
  /** What was true a while ago; its TTLs are to be short. */
  | { readonly kind: 'stale'; readonly finding: Finding }
  | { readonly kind: 'failed'; readonly because: string; readonly fault: ExtendedError }

/** What the resolver needs of the cache. */
export type ResolverCache = {
  /** Exactly this, checked or not. */
  rrset(partition: number, key: NameKey, type: number): Finding | undefined
  /** What clients may be given. */
  answer(partition: number, key: NameKey, type: number): Finding | undefined
  stale(partition: number, key: NameKey, type: number): Finding | undefined
  put(partition: number, finding: Finding): boolean
}

export type ResolverPorts = {
  readonly clock: Clock
  readonly cache: ResolverCache
  /** Who is to be asked for a name; undefined: nobody may be. */
  sourceOf(sought: Sought): AnswerSource | undefined
  /** Gives the finding back with what is known of its security, perhaps later; once. */
  validate(finding: Finding, ask: Ask, done: (finding: Finding) => void): void
  /** What was found is bogus. True: somebody else can be asked for it, who may have it right. */
  distrust?(finding: Finding): boolean
  count(name: ResolverCount): void
}

export const RESOLVER_COUNTS = [
  'forward-joined', 'forward-failed', 'forward-full', 'resolver-circle', 'resolver-late', 'resolver-stale', 'resolver-prefetched', 'resolver-tried-elsewhere',
] as const
export type ResolverCount = (typeof RESOLVER_COUNTS)[number]

type Waiter = {
  readonly done: (outcome: ResolverOutcome) => void
  readonly client: Ipv4 | undefined
  told: boolean
  timer: Timer | undefined
}

class Pending implements Ask {
  readonly partition: number
  readonly key: NameKey
  readonly type: number
  readonly budget: Budget
  readonly depth: number
  readonly trace: Trace
  readonly validated: boolean
  readonly startedAt: Instant
  readonly waiting: Waiter[] = []
  /** Questions that this one cannot go on without. */
  readonly waitsFor = new Set<Pending>()
  timer: Timer | undefined
  isOver = false
  /** Nothing was spent before on other links of the same client's question. */
  readonly hadAll: boolean
  /** Servers whose answers it was validated from. */
  tries = 1

  constructor(sought: Sought, validated: boolean, startedAt: Instant, budget: Budget, depth: number, trace: Trace) {
    this.partition = sought.partition
    this.key = sought.key
    this.type = sought.type
    this.validated = validated
    this.startedAt = startedAt
    this.budget = budget
    this.hadAll = budget.isWhole
    this.depth = depth
    this.trace = trace
  }

  /** Whether it waits, through others perhaps, for that one. */
  reaches(other: Pending): boolean {
    if (this === other) return true
    const seen = new Set<Pending>([this])
    for (const each of seen) {
      for (const next of each.waitsFor) {
        if (next === other) return true
        seen.add(next)
      }
    }
    return false
  }
}

export class Resolver {
  readonly #ports: ResolverPorts
  readonly #maxPending: number
  readonly #maxWaiting: number
  readonly #clientMs: number
  readonly #pending = new Map<string, Pending>()
  readonly #failures = new LruMap<string, { readonly until: Instant; readonly forMs: number; readonly fault: ExtendedError }>(MAX_FAILURES)
  readonly #ofClient = new Map<Ipv4, number>()
  #waiting = 0

  constructor(
    ports: ResolverPorts, limits: { readonly maxPending?: number; readonly maxWaiting?: number; readonly clientMs?: number } = {},
  ) {
    this.#ports = ports
    this.#maxPending = limits.maxPending ?? MAX_PENDING
    this.#maxWaiting = limits.maxWaiting ?? MAX_WAITING
    this.#clientMs = limits.clientMs ?? CLIENT_MS
  }

  /** Questions under way. */
  get pending(): number {
    return this.#pending.size
  }

  /** Whether there is somebody to ask. */
  mayAsk(sought: Sought): boolean {
    return this.#ports.sourceOf(sought) !== undefined
  }

  /** What a client may be given of what is known; undefined: it must be asked for. */
  known({ partition, key, type }: Sought): Finding | undefined {
    const finding = this.#ports.cache.answer(partition, key, type)
    return finding !== undefined && isForClients(finding) ? finding : undefined
  }

  /** Why the question failed so lately that it is not asked again. */
  failedLately(sought: Sought): ExtendedError | undefined {
    const failure = this.#failures.peek(pendingKey(sought, true))
    return failure !== undefined && this.#ports.clock.now() < failure.until ? failure.fault : undefined
  }

  /** What was true a while ago, where asking has failed. */
  stale(sought: Sought): Finding | undefined {
    const finding = this.#ports.cache.stale(sought.partition, sought.key, sought.type)
    if (finding === undefined) return undefined
    this.#ports.count('resolver-stale')
    return finding
  }

  isPending(sought: Sought): boolean {
    return this.#pending.has(pendingKey(sought, true))
  }

  forgetFailures(): void {
    this.#failures.clear()
  }

  /** `done` is called once, perhaps before this returns. False: too many are waiting, and it is not called. */
  resolve(
    sought: Sought, by: {
      readonly client?: Ipv4 | undefined
      readonly trace?: Trace
      readonly budget?: Budget
      /** The client waits no longer. */
      readonly until?: Instant
    },
    done: (outcome: ResolverOutcome) => void,
  ): boolean {
    const key = pendingKey(sought, true)
    const joined = this.#pending.get(key)
    const ofClient = by.client === undefined ? 0 : (this.#ofClient.get(by.client) ?? 0)
    const isFull = joined === undefined && this.#pending.size >= this.#maxPending
    if (this.#waiting >= this.#maxWaiting || ofClient >= Math.min(MAX_WAITING_OF_ONE, this.#maxWaiting) || isFull) {
      this.#ports.count('forward-full')
      return false
    }
    this.#waiting++
    if (by.client !== undefined) this.#ofClient.set(by.client, ofClient + 1)
    const waiter: Waiter = { done, client: by.client, told: false, timer: undefined }
    if (joined !== undefined) this.#ports.count('forward-joined')
    const pending = joined ?? this.#begin(key, sought, true, by.budget ?? new Budget(), 0, by.trace)
    pending.waiting.push(waiter)
    this.#limitWait(pending, waiter, by.until ?? Number.POSITIVE_INFINITY)
    if (joined === undefined) this.#start(pending)
    return true
  }

  /** Asks anew for what is about to end, for nobody in particular. */
  refresh(sought: Sought): void {
    const key = pendingKey(sought, true)
    if (this.#pending.has(key) || this.#pending.size >= this.#maxPending) return
    this.#ports.count('resolver-prefetched')
    this.#askSource(this.#begin(key, sought, true, new Budget(), 0, undefined))
  }

  /** For sources and the validator. */
  readonly find: FindOther = (key, type, { ask, validated }, done) => {
    const sought = { partition: ask.partition, key, type }
    const known = this.#ports.cache.answer(ask.partition, key, type) ?? (validated ? undefined : this.#unchecked(sought))
    if (known !== undefined) return done(known)
    const id = pendingKey(sought, validated)
    const failure = this.#failures.peek(id)
    if (failure !== undefined && this.#ports.clock.now() < failure.until) return done(undefined)
    const parent = ask instanceof Pending ? ask : undefined
    const joined = this.#pending.get(id)
    if (parent !== undefined && joined?.reaches(parent) === true) {
      this.#ports.count('resolver-circle')
      return done(undefined)
    }
    if (ask.depth >= MAX_DEPTH || this.#pending.size >= MAX_PENDING_IN_ALL || !ask.budget.take('subQuestions')) return done(undefined)
    const pending = joined ?? this.#begin(id, sought, validated, ask.budget, ask.depth + 1, ask.trace)
    parent?.waitsFor.add(pending)
    pending.waiting.push({
      client: undefined, told: false, timer: undefined, done: (outcome) => {
        parent?.waitsFor.delete(pending)
        done(outcome.kind === 'found' ? outcome.finding : undefined)
      },
    })
    this.#waiting++
    if (joined === undefined) this.#start(pending)
  }

  #begin(key: string, sought: Sought, validated: boolean, budget: Budget, depth: number, trace: Trace): Pending {
    const { clock } = this.#ports
    const pending = new Pending(sought, validated, clock.now(), budget, depth, trace)
    this.#pending.set(key, pending)
    pending.timer = clock.at(clock.now() + LONGEST_MS, () => this.#fail(pending, 'no answer in time', EXTENDED_ERROR.noReachableAuthority))
    return pending
  }

  /** A client does not wait for ever, and not long where something old is at hand. */
  #limitWait(pending: Pending, waiter: Waiter, until: Instant): void {
    const { clock } = this.#ports
    const stale = this.#ports.cache.stale(pending.partition, pending.key, pending.type) !== undefined
    const wait = stale ? Math.min(STALE_AFTER_MS, this.#clientMs) : this.#clientMs
    waiter.timer = clock.at(Math.min(until, clock.now() + wait), () => {
      this.#ports.count('resolver-late')
      const old = this.stale(pending)
      this.#tell(waiter, old === undefined ? LATE : { kind: 'stale', finding: old })
    })
  }

  #start(pending: Pending): void {
    const unchecked = this.#unchecked(pending)
    if (unchecked === undefined || (pending.depth === 0 && !isForClients(unchecked))) this.#askSource(pending)
    else this.#validate(pending, unchecked, undefined)
  }

  /** Something that came with another answer, which nobody has validated yet. */
  #unchecked({ partition, key, type }: Sought): Finding | undefined {
    const isAnswer = (finding: Finding | undefined): finding is Finding =>
      finding !== undefined && finding.trust >= TRUST.answer && finding.security === 'unchecked'
    const exact = this.#ports.cache.rrset(partition, key, type)
    if (isAnswer(exact)) return exact
    const alias = this.#ports.cache.rrset(partition, key, TYPE.CNAME)
    return isAnswer(alias) && alias.kind === 'rrset' ? { ...alias, type, kind: 'alias' } : undefined
  }

  #askSource(pending: Pending): void {
    const source = this.#ports.sourceOf(pending)
    if (source === undefined) return this.#fail(pending, 'nobody to ask', EXTENDED_ERROR.notAuthoritative)
    source.ask(pending, (outcome) => this.#answered(pending, outcome))
  }

  #answered(pending: Pending, outcome: SourceOutcome): void {
    if (pending.isOver) return
    if (outcome.kind === 'failed') return this.#fail(pending, outcome.because, outcome.fault)
    const [first, ...rest] = outcome.findings
    for (const finding of rest) this.#ports.cache.put(pending.partition, finding)
    this.#validate(pending, first, outcome.server)
  }

  #validate(pending: Pending, finding: Finding, server: string | undefined): void {
    if (!pending.validated) return this.#found(pending, finding, server)
    this.#ports.validate(finding, pending, (validated) => {
      if (validated.security === 'bogus' && this.#triesElsewhere(pending, validated)) this.#askSource(pending)
      else this.#found(pending, validated, server)
    })
  }

  /** One server of several may have an old version of a zone, or leave signatures out. */
  #triesElsewhere(pending: Pending, finding: Finding): boolean {
    if (pending.isOver || pending.tries >= MAX_TRIES || this.#ports.distrust?.(finding) !== true) return false
    pending.tries++
    this.#ports.count('resolver-tried-elsewhere')
    return true
  }

  #found(pending: Pending, finding: Finding, server: string | undefined): void {
    if (pending.isOver) return
    const id = pendingKey(pending, pending.validated)
    if (finding.security !== 'bogus' || finding.fault === undefined || isOfTheData(finding.fault)) {
      this.#ports.cache.put(pending.partition, finding)
      this.#failures.delete(id)
    } else if (pending.hadAll) {
      // Validation has stopped early: a zone that takes more than a question may cost is not begun with again at once.
      this.#remember(id, finding.fault)
    }
    this.#finish(pending, { kind: 'found', finding, server, tookMs: Math.round(this.#ports.clock.now() - pending.startedAt) })
  }

  #fail(pending: Pending, because: string, fault: ExtendedError): void {
    if (pending.isOver) return
    this.#ports.count('forward-failed')
    // What one client's question had left to spend says nothing of the next one's.
    if (because !== OUT_OF_BUDGET) this.#remember(pendingKey(pending, pending.validated), fault)
    const old = pending.depth === 0 ? this.stale(pending) : undefined
    this.#finish(pending, old === undefined ? { kind: 'failed', because, fault } : { kind: 'stale', finding: old })
  }

  #remember(key: string, fault: ExtendedError): void {
    const now = this.#ports.clock.now()
    const before = this.#failures.peek(key)
    const again = before !== undefined && now < before.until + before.forMs
    const forMs = again ? Math.min(LONGEST_FAILURE_MS, 2 * before.forMs) : FIRST_FAILURE_MS
    this.#failures.set(key, { until: now + forMs, forMs, fault })
  }

  #finish(pending: Pending, outcome: ResolverOutcome): void {
    pending.isOver = true
    pending.timer?.cancel()
    this.#pending.delete(pendingKey(pending, pending.validated))
    for (const waiter of pending.waiting) this.#tell(waiter, outcome)
  }

  #tell(waiter: Waiter, outcome: ResolverOutcome): void {
    if (waiter.told) return
    waiter.told = true
    waiter.timer?.cancel()
    this.#waiting--
    const { client } = waiter
    if (client !== undefined) {
      const left = (this.#ofClient.get(client) ?? 1) - 1
      if (left === 0) this.#ofClient.delete(client)
      else this.#ofClient.set(client, left)
    }
    waiter.done(outcome)
  }
}

/**
 * A denial tells clients by its SOA for how long they may keep it (RFC 2308 §5). What a referral proves of DS records has
 * none: it serves the validator.
 */
const isForClients = (finding: Finding): boolean => finding.kind === 'rrset' || finding.kind === 'alias' || soaOf(finding) !== undefined

/** What a source says when a question may cost no more. */
export const OUT_OF_BUDGET = 'over-budget'
const LATE: ResolverOutcome = { kind: 'failed', because: 'no-answer', fault: EXTENDED_ERROR.noReachableAuthority }
const pendingKey = (sought: Sought, validated: boolean): string => `${validated ? 'v' : 'u'}${soughtKey(sought)}`
