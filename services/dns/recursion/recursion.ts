/**
 * Recursion: answers found at the servers that have authority, from the root down. It performs what the state machine
 * of step.ts decides, and keeps the books: delegations (delegation.ts), servers (server-book.ts). RFC 1034 §5.3.3,
 * RFC 9156, RFC 9609. Equal questions are joined, failures remembered, and answers validated and kept by the resolver
 * in front of it, through which it also finds the addresses of servers.
 *
 * Bounded: questions under way, of these those at one zone, queries under way to one server, queries listened to for one
 * question, time; and by the budget that each question comes with.
 */
import { formatIpv4, isLoopback, isMulticast, UNSPECIFIED } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { i32 } from '../../../stack/platform/index.ts'
import type { Clock, Instant, Timer } from '../../../stack/platform/index.ts'
import type { DnsEventId } from '../events.ts'
import type { TraceStep } from '../../model/index.ts'
import type { Exchange, ExchangeOutcome, QueryHandle } from '../resolver/exchange.ts'
import { TRUST } from '../resolver/finding.ts'
import type { Finding } from '../resolver/finding.ts'
import { formatServer } from '../resolver/server-book.ts'
import type { Server } from '../resolver/server-book.ts'
import { Budget } from '../resolver/source.ts'
import type { AnswerSource, Ask, FindOther, SourceOutcome } from '../resolver/source.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import { formatKey, labelCount, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE, typeName } from '../wire/type-names.ts'
import type { RecursionCount } from './counts.ts'
import { DelegationBook } from './delegation.ts'
import type { Delegation, NameServer } from './delegation.ts'
import { judge } from './judge.ts'
import type { Judgement, Situation, Wanted } from './judge.ts'
import { ROOT_HINTS } from './root-hints.ts'
import { begin, step } from './step.ts'
import type { CourseEffect, CourseEvent, CourseState, CourseStep, FailReason, Surroundings } from './step.ts'

/** Questions under way; the resolver before it has a bound below this one, for those of clients. */
export const MAX_COURSES = 4096
/**
 * Of these, at the servers of one zone: as BIND's fetches-per-zone, so that a zone whose servers are dead, or names that
 * nobody has (a "water torture"), take no more than their share. The root and what is just below it serve everybody.
 */
export const MAX_AT_ZONE = 200
export const MAX_AT_TOP_ZONE = 1500
/** As BIND's fetches-per-server: whoever is named as the server of many zones, perhaps without knowing, is spared. */
export const MAX_AT_SERVER = 300
/** Servers' names that need servers' names that need … */
const MAX_DEPTH = 8
/** Queries of one question that are listened to at once: each holds a source port. */
const MAX_LISTENING = 3
/** Whatever happens, all is over then. Clients wait half of it; what comes later is still kept for the next. */
export const TOTAL_MS = 10_000
/** Questions for questions have less, so that they end before what waits for them. */
const LESS_BY_DEPTH_MS = 1000
const LEAST_MS = 3000
/** After the root could not be asked for its servers. */
const PRIME_AGAIN_MS = 60_000

export type RecursionOptions = {
  /** Where to begin; IANA's list when undefined. */
  readonly hints?: readonly NameServer[] | undefined
  /** Random letter case in queries. */
  readonly mixCase?: boolean
  /** QNAME minimisation; on unless said. */
  readonly minimise?: boolean
  /** Our own addresses are never asked. */
  readonly isOwn?: (address: Ipv4) => boolean
  /** Other than 53 for tests. */
  readonly port?: number
  /** A delegation in a zone that is served here, nearer than what the root leads to; see server/own-delegations.ts. */
  readonly ownDelegation?: (key: NameKey, type: number) => Delegation | undefined
  /** Answers of the root out of a copy of it that is held here (RFC 8806); undefined: it has none at the moment. */
  readonly localRoot?: (situation: Situation) => Judgement | undefined
}

export type RecursionPorts = {
  readonly clock: Clock
  readonly exchange: Exchange
  readonly cache: {
    rrset(partition: number, key: NameKey, type: number): Finding | undefined
    put(partition: number, finding: Finding): boolean
  }
  readonly find: FindOther
  readonly count: (name: RecursionCount) => void
  readonly emit: (id: DnsEventId, facts: TraceStep[1]) => void
}

const LOCAL_ROOT = 'the copy of the root held here'

class Course {
  readonly ask: Ask
  readonly done: (outcome: SourceOutcome) => void
  readonly startedAt: Instant
  readonly deadline: Instant
  readonly handles: QueryHandle[] = []
  state: CourseState = { kind: 'finished' }
  timer: Timer | undefined
  /** Where it is counted. */
  zone: NameKey | undefined
  /** Who said what counts. */
  server = ''

  constructor(ask: Ask, startedAt: Instant, done: (outcome: SourceOutcome) => void) {
    this.ask = ask
    this.startedAt = startedAt
    this.deadline = startedAt + Math.max(LEAST_MS, TOTAL_MS - LESS_BY_DEPTH_MS * ask.depth)
    this.done = done
  }
}

export class Recursion implements AnswerSource {
  readonly book: DelegationBook
  readonly #ports: RecursionPorts
  readonly #options: RecursionOptions
  readonly #courses = new Set<Course>()
  readonly #atZone = new Map<NameKey, number>()
  #hints: ReadonlySet<Ipv4> = new Set()
  #primeAfter: Instant = Number.NEGATIVE_INFINITY

  constructor(ports: RecursionPorts, options: RecursionOptions = {}) {
    this.#ports = ports
    this.#options = options
    const hints = options.hints ?? ROOT_HINTS
    this.book = new DelegationBook(ports.clock, hints)
    this.#hints = addressesOf(hints)
  }

  /** Questions under way. */
  get underWay(): number {
    return this.#courses.size
  }

  /** Other servers of the root: what was learnt from the old ones is forgotten. */
  setHints(hints: readonly NameServer[]): void {
    this.book.setHints(hints)
    this.#hints = addressesOf(hints)
    this.#primeAfter = Number.NEGATIVE_INFINITY
  }

  /** `done` is called once, perhaps before this returns. */
  ask(ask: Ask, done: (outcome: SourceOutcome) => void): void {
    const { count, clock } = this.#ports
    count('recursion-asked')
    if (this.#courses.size >= MAX_COURSES) {
      count('recursion-full')
      ask.trace?.('dns.recursion.full', namedIn(ask))
      done({ kind: 'failed', because: 'full', fault: EXTENDED_ERROR.overloaded })
      return
    }
    if (!this.book.isPrimed && clock.now() >= this.#primeAfter) this.#prime()
    this.#start(ask, done)
  }

  /**
   * What a server said proved to be wrong: it is asked last from now on, for a while. True when the zone has another one.
   */
  distrust({ zone, source }: Finding): boolean {
    const { exchange, cache } = this.#ports
    const delegation = this.book.closest(zone)
    if (delegation.zone !== zone) return false
    const known = [...delegation.own, ...delegation.servers].flatMap(({ name, addresses }) => {
      const found = addresses.length > 0 ? undefined : cache.rrset(0, name, TYPE.A)
      return found === undefined ? addresses : addressesIn(found)
    })
    const servers = known.filter((address) => this.#mayAsk(address)).map((address) => this.#serverAt(address))
    const wrong = servers.find((server) => formatServer(server) === source)
    if (wrong === undefined) return false
    exchange.book.lameFor(wrong, zone)
    return servers.some((server) => !exchange.book.isLameFor(server, zone))
  }

  #start(ask: Ask, done: (outcome: SourceOutcome) => void): void {
    const { clock } = this.#ports
    const course = new Course(ask, clock.now(), done)
    this.#courses.add(course)
    // RFC 4035 §2.4: DS records stand on the upper side of a cut.
    const from = ask.type === TYPE.DS && ask.key !== ROOT_KEY ? parentKey(ask.key) : ask.key
    const delegation = this.#closest(from, ask)
    ask.trace?.('dns.recursion.began', { ...namedIn(ask), zone: formatKey(delegation.zone) })
    course.timer = clock.at(course.deadline, () => this.#on(course, { kind: 'deadline' }))
    this.#perform(course, begin({ key: ask.key, type: ask.type }, delegation, this.#around(course)))
  }

  #closest(from: NameKey, { key, type }: Ask): Delegation {
    const known = this.book.closest(from)
    const own = this.#options.ownDelegation?.(key, type)
    return own !== undefined && own.zone.length >= known.zone.length ? own : known
  }

  /** RFC 9609: asks the root for its servers, while questions go on with the list that we have. */
  #prime(): void {
    const { clock, emit, count } = this.#ports
    this.#primeAfter = clock.now() + PRIME_AGAIN_MS
    const ask: Ask = { partition: 0, key: ROOT_KEY, type: TYPE.NS, budget: new Budget(), depth: 0, trace: undefined }
    this.#start(ask, (outcome) => {
      if (outcome.kind === 'answered' && this.book.isPrimed) {
        count('recursion-primed')
        emit('dns.recursion.primed', { count: this.book.closest(ROOT_KEY).servers.length, server: outcome.server })
      } else emit('dns.recursion.not-primed', { because: outcome.kind === 'failed' ? outcome.because : 'no addresses came with them' })
    })
  }

  #around(course: Course): Surroundings {
    const { exchange, cache } = this.#ports
    return {
      minimise: this.#options.minimise ?? true,
      order: (addresses) => exchange.book.order(addresses.map((address) => this.#serverAt(address))).map(({ address }) => address),
      isLame: (address, zone) => exchange.book.isLameFor(this.#serverAt(address), zone),
      areDown: (addresses) => exchange.book.allDown(addresses.map((address) => this.#serverAt(address))),
      mayAsk: (address) => this.#mayAsk(address),
      isNoCut: (key, zone) => cache.rrset(course.ask.partition, key, TYPE.A)?.zone === zone,
    }
  }

  #serverAt(address: Ipv4): Server {
    return { address, port: this.#options.port ?? 53, transport: 'udp' }
  }

  /**
   * Private addresses may be asked: there are name servers at them. Who sets hints on the loopback has servers there.
   */
  #mayAsk(address: Ipv4): boolean {
    if (this.#hints.has(address)) return true
    if (address === UNSPECIFIED || isMulticast(address) || address >>> 28 === 15 || address >>> 24 === 0) return false
    if (isLoopback(address)) return [...this.#hints].some(isLoopback)
    return this.#options.isOwn?.(address) !== true
  }

  #on(course: Course, event: CourseEvent): void {
    this.#perform(course, step(course.state, event, this.#around(course)))
  }

  #perform(course: Course, [state, effects]: CourseStep): void {
    course.state = state
    for (const effect of effects) {
      // What was performed may have moved the machine on already; the end is always the last.
      if (!this.#courses.has(course)) return
      this.#effect(course, effect)
    }
  }

  #effect(course: Course, effect: CourseEffect): void {
    switch (effect.kind) {
      case 'ask':
        this.#query(course, effect)
        return
      case 'find':
        this.#find(course, effect.name)
        return
      case 'forget':
        for (const handle of course.handles.splice(0)) handle.cancel()
        return
      case 'enter':
        this.#enter(course, effect.zone)
        return
      case 'answer':
        this.#ports.count('recursion-answered')
        this.#finish(course, {
          kind: 'answered', findings: effect.findings, server: course.server, tookMs: this.#ports.clock.now() - course.startedAt,
        })
        return
      case 'give-up': {
        const { because, zone } = effect
        this.#ports.count('recursion-failed')
        course.ask.trace?.('dns.recursion.failed', { ...namedIn(course.ask), zone: formatKey(zone), because })
        this.#finish(course, { kind: 'failed', because, fault: faultOf(because) })
      }
    }
  }

  #finish(course: Course, outcome: SourceOutcome): void {
    this.#courses.delete(course)
    this.#leave(course)
    course.timer?.cancel()
    for (const handle of course.handles.splice(0)) handle.cancel()
    course.done(outcome)
  }

  #enter(course: Course, zone: NameKey): void {
    this.#leave(course)
    const there = this.#atZone.get(zone) ?? 0
    if (there >= (labelCount(zone) <= 1 ? MAX_AT_TOP_ZONE : MAX_AT_ZONE)) {
      this.#ports.count('recursion-crowded')
      course.ask.trace?.('dns.recursion.crowded', { ...namedIn(course.ask), zone: formatKey(zone) })
      this.#on(course, { kind: 'crowded' })
      return
    }
    course.zone = zone
    this.#atZone.set(zone, there + 1)
  }

  #leave(course: Course): void {
    if (course.zone === undefined) return
    const there = this.#atZone.get(course.zone) ?? 1
    if (there > 1) this.#atZone.set(course.zone, there - 1)
    else this.#atZone.delete(course.zone)
    course.zone = undefined
  }

  #find(course: Course, name: NameKey): void {
    const { ask } = course
    if (ask.depth >= MAX_DEPTH) {
      this.#on(course, { kind: 'found', name, addresses: [] })
      return
    }
    this.#ports.count('recursion-seeking')
    ask.trace?.('dns.recursion.seeking', { name: formatKey(name), zone: formatKey(course.zone ?? ROOT_KEY) })
    // Signatures on a server's address are not looked at: its answers have their own.
    this.#ports.find(name, TYPE.A, { ask, validated: false }, (finding) => {
      this.#on(course, { kind: 'found', name, addresses: finding === undefined ? [] : addressesIn(finding) })
    })
  }

  #query(course: Course, { server: address, zone, asked, round }: CourseEffect & { readonly kind: 'ask' }): void {
    const { ask } = course
    const { exchange, count, clock } = this.#ports
    const isWhole = asked.key === ask.key && asked.type === ask.type
    if (!isWhole) count('recursion-minimised')
    const told = (server: string): void =>
      ask.trace?.('dns.recursion.asked', { server, zone: formatKey(zone), name: formatKey(asked.key), type: typeName(asked.type) })
    const local = zone === ROOT_KEY ? this.#options.localRoot?.(this.#situation(ask, { zone, asked, source: LOCAL_ROOT })) : undefined
    if (local !== undefined) {
      count('recursion-local-root')
      told(LOCAL_ROOT)
      this.#judged(course, address, { zone, asked, source: LOCAL_ROOT, tookMs: 0 }, local)
      return
    }
    const server = this.#serverAt(address)
    const text = formatServer(server)
    if (exchange.book.underWay(server) >= MAX_AT_SERVER) {
      count('recursion-busy')
      this.#on(course, { kind: 'useless', server: address, because: 'busy' })
      return
    }
    told(text)
    const waitMs = exchange.book.waitMs(server, round)
    const heard = (outcome: ExchangeOutcome): void => {
      const tookMs = Math.round(outcome.tookMs)
      if (outcome.kind === 'response') {
        const by = { zone, asked, source: text, tookMs }
        this.#judged(course, address, by, judge(outcome.message, this.#situation(ask, by)))
        return
      }
      ask.trace?.('dns.recursion.useless', { server: text, zone: formatKey(zone), because: outcome.because, tookMs })
      this.#on(course, { kind: 'useless', server: address, because: outcome.because })
    }
    const handle = exchange.ask({
      server, ...asked, recursionDesired: false, checkingDisabled: false, mixCase: this.#options.mixCase ?? false,
      budget: ask.budget, waitMs, deadline: Math.max(course.deadline, clock.now()),
    }, heard, () => {
      ask.trace?.('dns.recursion.slow', { server: text, waitMs })
      this.#on(course, { kind: 'slow', server: address })
    })
    if (!this.#courses.has(course)) {
      handle.cancel()
      return
    }
    course.handles.push(handle)
    while (course.handles.length > MAX_LISTENING) course.handles.shift()?.cancel()
  }

  #situation(ask: Ask, by: Pick<Situation, 'zone' | 'asked' | 'source'>): Situation {
    return { zone: by.zone, asked: by.asked, source: by.source, question: { key: ask.key, type: ask.type }, now: this.#ports.clock.now() }
  }

  #judged(course: Course, address: Ipv4, by: Heard, found: Judgement): void {
    const { ask } = course
    const { clock, count, cache } = this.#ports
    const { zone, asked, source } = by
    const question: Wanted = { key: ask.key, type: ask.type }
    course.server = source
    trace(ask, found, by)
    switch (found.kind) {
      case 'useless': {
        count('recursion-useless')
        // Of a part of a name it says nothing about the zone.
        if (found.lame && asked.key === question.key) {
          count('recursion-lame')
          this.#ports.exchange.book.lameFor(this.#serverAt(address), zone)
        }
        this.#on(course, { kind: 'useless', server: address, because: found.because })
        return
      }
      case 'referral': {
        count('recursion-referred')
        const delegation = this.book.put(found.cut, found.servers, found.ttlSeconds)
        if (found.ds !== undefined) cache.put(ask.partition, found.ds)
        this.#on(course, question.type === TYPE.DS && found.cut === question.key
          ? { kind: 'answer', findings: [signerOf(found, zone, clock.now(), source)] }
          : { kind: 'referral', delegation })
        return
      }
      case 'nothing':
        cache.put(ask.partition, found.finding)
        this.#on(course, found)
        return
      case 'denied':
        if (!found.proven) count('recursion-relaxed')
        this.#on(course, found)
        return
      case 'answer':
        this.#learn(zone, question, found.findings[0], found.own)
        this.#on(course, found)
    }
  }

  /** What a zone's servers say of themselves beside an answer. */
  #learn(zone: NameKey, question: Wanted, first: Finding, own: readonly NameServer[]): void {
    if (zone !== ROOT_KEY) {
      if (own.length > 0) this.book.setOwn(zone, own)
      return
    }
    // RFC 9609 §4: the root's answer about itself. Addresses that were left out for want of room can be found later.
    const servers = own.filter(({ addresses }) => addresses.length > 0)
    if (question.key === ROOT_KEY && question.type === TYPE.NS && servers.length > 0) {
      this.book.put(ROOT_KEY, servers, (first.expiresAt - first.storedAt) / 1000)
    }
  }
}

/** A response, and to what. */
type Heard = { readonly zone: NameKey; readonly asked: Wanted; readonly source: string; readonly tookMs: number }

function trace(ask: Ask, found: Judgement, { zone, asked, source: server, tookMs }: Heard): void {
  switch (found.kind) {
    case 'useless':
      ask.trace?.('dns.recursion.useless', { server, zone: formatKey(zone), because: found.because, tookMs })
      return
    case 'referral':
      ask.trace?.('dns.recursion.referred', {
        server, cut: formatKey(found.cut), tookMs,
        servers: found.servers.map(({ name, addresses }) => [formatKey(name), ...addresses.map(formatIpv4)].join(' ')).join(', '),
      })
      return
    case 'answer':
      ask.trace?.('dns.recursion.answered', { server, tookMs, outcome: found.findings.map(({ kind }) => kind).join(', ') })
      return
    default:
      ask.trace?.('dns.recursion.step', { server, name: formatKey(asked.key), outcome: found.finding.kind, tookMs })
  }
}

const namedIn = (ask: Ask): { readonly name: string; readonly type: string } => ({ name: formatKey(ask.key), type: typeName(ask.type) })

const addressesOf = (servers: readonly NameServer[]): ReadonlySet<Ipv4> => new Set(servers.flatMap(({ addresses }) => addresses))

const addressesIn = (finding: Finding): readonly Ipv4[] =>
  finding.kind !== 'rrset' ? [] : finding.answer.flatMap(({ rrset }) => (rrset.type === TYPE.A ? rrset.rdata.map((octets) => i32(octets, 0)) : []))

/** A parent that refers us on when it is asked for DS has none, or what the referral has: it knows nothing of DNSSEC. */
function signerOf(
  { cut, ds }: { readonly cut: NameKey; readonly ds: Finding | undefined }, zone: NameKey, now: Instant, source: string,
): Finding {
  return ds ?? {
    owner: cut, type: TYPE.DS, kind: 'nodata', answer: [], authority: [], trust: TRUST.authoritative, security: 'unchecked',
    fault: undefined, storedAt: now, expiresAt: now, source, zone,
  }
}

function faultOf(because: FailReason): ExtendedError {
  switch (because) {
    case 'crowded': case 'full': case 'busy': return EXTENDED_ERROR.overloaded
    case 'over-budget': case 'too-many-referrals': return EXTENDED_ERROR.tooCostly
    case 'unreachable': case 'no-socket': return EXTENDED_ERROR.networkError
    default: return EXTENDED_ERROR.noServerOfZone
  }
}

