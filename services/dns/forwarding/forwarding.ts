/**
 * Servers that are forwarded to as a source of answers: which rule is for a question, in which order its servers are
 * asked, and what of their answers is taken: what lies in the domain of the rule. RFC 5625 and RFC 9520 (what failed is
 * remembered by the resolver), RFC 6840 §5.9 (CD, where we validate ourselves).
 */
import type { Clock, Instant, SecureRandom } from '../../../stack/platform/index.ts'
import type { ForwardRule } from '../../model/index.ts'
import { Exchange } from '../resolver/exchange.ts'
import type { ExchangeCount, ExchangeOutcome, PortFault, QueryHandle, SendTo } from '../resolver/exchange.ts'
import { TRUST } from '../resolver/finding.ts'
import { findingsOf } from '../resolver/findings.ts'
import { formatServer } from '../resolver/server-book.ts'
import type { Server, ServerBook, ServerState } from '../resolver/server-book.ts'
import { Budget } from '../resolver/source.ts'
import type { AnswerSource, Ask, SourceOutcome } from '../resolver/source.ts'
import { EXTENDED_ERROR } from '../wire/extended-errors.ts'
import { RCODE, rcodeName } from '../wire/message.ts'
import type { Message } from '../wire/message.ts'
import { formatKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { forwardTarget } from './forward-target.ts'
import type { ForwardTarget } from './forward-target.ts'
import type { FoundRule } from './forward-rules.ts'
import { ForwardRules } from './forward-rules.ts'
import { beginTurns, SILENT, stepTurns } from './turns.ts'
import type { TurnsEffect, TurnsState, TurnsStep } from './turns.ts'

/** Below the five seconds that clients wait (glibc), with room for the way back. */
export const TOTAL_MS = 4000
/** When all servers are known to be down. */
export const TOTAL_DOWN_MS = 1200
/** Whether servers give signatures is asked again after so long; when none answered, sooner. */
const SIGNS_AGAIN_MS = 3_600_000
const SIGNS_RETRY_MS = 30_000

/** Failures to reach a server at all. */
const UNREACHED: ReadonlySet<string> = new Set(['unreachable', 'refused', 'no-socket', 'untrusted'])

type Sought = { readonly partition: number; readonly key: NameKey; readonly type: number }

export type ForwardingPorts = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly book: ServerBook
  readonly send: SendTo<ForwardTarget>
  readonly count: (name: ExchangeCount) => void
  /** For rules whose target it is; undefined: there is none, and they fail. */
  readonly recursion: AnswerSource | undefined
  /** Open connections to a server, and why the last one failed, where that is known. */
  readonly standing: ((server: ForwardTarget) => TransportStanding) | undefined
  readonly onDown?: (server: string, silences: number) => void
  /** It did not prove to be who was meant; told again only after it has answered. */
  readonly onUntrusted?: (server: string, because: string) => void
}

export type TransportStanding = { readonly connections: number; readonly problem: string | undefined }

export type ForwardingOptions = {
  readonly mixCase: boolean
  readonly totalMs: number
  /** `yes`: servers are asked not to validate for us; `auto`: those that give signatures are; `no`: they do as they like. */
  readonly validation: 'auto' | 'yes' | 'no'
}
export const DEFAULT_FORWARDING: ForwardingOptions = { mixCase: false, totalMs: TOTAL_MS, validation: 'no' }

export type ForwardServerState = ServerState & TransportStanding & {
  readonly text: string
  readonly answered: number
  readonly failed: number
  /** Whether the servers of its rule give signatures; undefined: not known yet. */
  readonly signs: boolean | undefined
}

type Tally = { answered: number; failed: number; isUntrusted: boolean }

/** What is remembered of the servers of a rule. */
class RuleServers {
  readonly targets: readonly ForwardTarget[]
  readonly tallies: readonly Tally[]
  signs: boolean | undefined
  signsUntil: Instant = Number.NEGATIVE_INFINITY
  asking: ((signs: boolean) => void)[] = []

  constructor(rule: ForwardRule) {
    this.targets = rule.servers.map((server) => forwardTarget(server, rule))
    this.tallies = rule.servers.map(() => ({ answered: 0, failed: 0, isUntrusted: false }))
  }
}

class Asking {
  readonly ask: Ask
  readonly found: FoundRule
  readonly servers: RuleServers
  /** Indices of `servers.targets` in the order of turns. */
  readonly order: readonly number[]
  readonly startedAt: Instant
  readonly deadline: Instant
  readonly done: (outcome: SourceOutcome) => void
  readonly handles: QueryHandle[] = []
  state: TurnsState = { kind: 'finished' }

  constructor(ask: Ask, found: FoundRule, servers: RuleServers, order: readonly number[], startedAt: Instant, deadline: Instant, done: (outcome: SourceOutcome) => void) {
    this.ask = ask
    this.found = found
    this.servers = servers
    this.order = order
    this.startedAt = startedAt
    this.deadline = deadline
    this.done = done
  }
}

export class Forwarding implements AnswerSource {
  readonly rules: ForwardRules
  readonly #ports: ForwardingPorts
  readonly #options: ForwardingOptions
  readonly #exchange: Exchange<ForwardTarget>
  /** Of rules in use; what was known of a rule that was changed is forgotten with it. */
  readonly #servers = new WeakMap<ForwardRule, RuleServers>()

  constructor(rules: ForwardRules, ports: ForwardingPorts, options: ForwardingOptions = DEFAULT_FORWARDING) {
    this.rules = rules
    this.#ports = ports
    this.#options = options
    this.#exchange = new Exchange(ports)
    this.#exchange.onDown = (server, silences) => ports.onDown?.(formatServer(server), silences)
  }

  /** Queries under way. */
  get underWay(): number {
    return this.#exchange.underWay
  }

  /** Who is to be asked; undefined: nobody may be. */
  sourceOf({ partition, key, type }: Sought): AnswerSource | undefined {
    return this.rules.find(partition, asked(key, type)) === undefined ? undefined : this
  }

  ask(ask: Ask, done: (outcome: SourceOutcome) => void): void {
    this.#askNext(ask, this.rules.walk(ask.partition, asked(ask.key, ask.type)), NOBODY, done)
  }

  /** The next rule, where the one before was not to be the last. */
  #askNext(ask: Ask, rules: Iterator<FoundRule, undefined>, failure: SourceOutcome, done: (outcome: SourceOutcome) => void): void {
    const found = rules.next().value
    if (found === undefined) return done(failure)
    const { rule } = found
    const outcome = (came: SourceOutcome): void => {
      if (came.kind === 'answered' || rule.failClosed) return done(came)
      ask.trace?.('dns.forward.opened', { name: formatKey(ask.key), domain: rule.domain })
      this.#askNext(ask, rules, came, done)
    }
    if (rule.origin === 'rule') {
      ask.trace?.('dns.forward.rule', { name: formatKey(ask.key), rule: rule.id, domain: rule.domain, target: rule.target === 'recursion' ? 'recursion' : rule.strategy })
    }
    if (rule.target === 'servers') this.#askServers(ask, found, outcome)
    else if (this.#ports.recursion === undefined) outcome(NOBODY)
    else this.#ports.recursion.ask(ask, outcome)
  }

  #askServers(ask: Ask, found: FoundRule, done: (outcome: SourceOutcome) => void): void {
    const now = this.#ports.clock.now()
    const servers = this.#serversOf(found.rule)
    const { targets } = servers
    const { book } = this.#ports
    const order = found.rule.strategy === 'ordered' ? inOrder(targets, book) : book.order(targets).map((target) => targets.indexOf(target))
    const totalMs = book.allDown(targets) ? Math.min(TOTAL_DOWN_MS, this.#options.totalMs) : this.#options.totalMs
    const asking = new Asking(ask, found, servers, order, now, now + totalMs, done)
    this.#perform(asking, beginTurns(order.length, found.rule.strategy === 'parallel'))
  }

  #perform(asking: Asking, [state, effects]: TurnsStep): void {
    asking.state = state
    for (const effect of effects) this.#effect(asking, effect)
  }

  #effect(asking: Asking, effect: TurnsEffect): void {
    // A failure told while sending may have moved the machine on already.
    if (effect.kind === 'give-up') {
      const { because } = effect
      const fault = UNREACHED.has(because) ? EXTENDED_ERROR.networkError : EXTENDED_ERROR.noReachableAuthority
      asking.done({ kind: 'failed', because: because === SILENT ? 'no-answer' : because, fault })
      return
    }
    if (asking.state.kind === 'finished') return
    const server = effect.server
    const index = asking.order[server] as number
    const target = asking.servers.targets[index] as ForwardTarget
    const { ask, servers } = asking
    const handle = this.#exchange.ask(
      {
        server: target, key: ask.key, type: ask.type, recursionDesired: true, checkingDisabled: this.#checksItself(servers), mixCase: this.#options.mixCase, budget: ask.budget,
        waitMs: this.#ports.book.waitMs(target, effect.round), deadline: asking.deadline,
      },
      (outcome) => this.#ended(asking, server, index, outcome),
      () => this.#perform(asking, stepTurns(asking.state, { kind: 'slow', server })),
    )
    if ((asking.state as TurnsState).kind === 'finished') handle.cancel()
    else asking.handles.push(handle)
  }

  #ended(asking: Asking, server: number, index: number, outcome: ExchangeOutcome): void {
    if (asking.state.kind === 'finished') return
    const tally = asking.servers.tallies[index] as Tally
    const target = asking.servers.targets[index] as ForwardTarget
    const tookMs = Math.round(outcome.tookMs)
    const taken = outcome.kind === 'response' ? this.#take(asking, target, outcome.message) : outcome.because
    if (typeof taken === 'string') {
      tally.failed++
      const because = taken === 'untrusted' ? (this.#ports.standing?.(target).problem ?? taken) : taken
      if (taken === 'untrusted' && !tally.isUntrusted) this.#ports.onUntrusted?.(target.text, because)
      tally.isUntrusted ||= taken === 'untrusted'
      asking.ask.trace?.('dns.forward.server-failed', { upstream: target.text, because, tookMs })
      this.#perform(asking, stepTurns(asking.state, { kind: 'failed', server, because: taken }))
      return
    }
    tally.answered++
    tally.isUntrusted = false
    this.#perform(asking, stepTurns(asking.state, { kind: 'answered' }))
    for (const handle of asking.handles) handle.cancel()
    asking.ask.trace?.('dns.forward.server-answered', { upstream: target.text, kind: taken[0].kind, tookMs })
    asking.done({ kind: 'answered', findings: taken, server: target.text, tookMs: Math.round(this.#ports.clock.now() - asking.startedAt) })
  }

  /** What a response says of the question; otherwise why it is of no use. */
  #take(asking: Asking, target: ForwardTarget, message: Message): (SourceOutcome & { kind: 'answered' })['findings'] | string {
    const { ask, found } = asking
    const { rcode } = message
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN && rcode !== RCODE.YXDOMAIN) {
      if (rcode !== RCODE.SERVFAIL) this.#ports.book.faulty(target)
      return rcodeName(rcode)
    }
    const scope = {
      question: { key: ask.key, type: ask.type }, zone: found.domain, trust: TRUST.answer, now: this.#ports.clock.now(), source: target.text,
    } as const
    const findings = findingsOf(message, scope)
    return findings.kind === 'answered' ? findings.findings : findings.because
  }

  #checksItself(servers: RuleServers): boolean {
    const { validation } = this.#options
    return validation === 'yes' || (validation === 'auto' && servers.signs === true)
  }

  #serversOf(rule: ForwardRule): RuleServers {
    const known = this.#servers.get(rule)
    if (known !== undefined) return known
    const made = new RuleServers(rule)
    this.#servers.set(rule, made)
    return made
  }

  /**
   * Whether what is said of this name is to be validated, perhaps told at once. What recursion finds is; of servers with
   * `auto` what those say that are asked for everything and give signatures: names that one was set for by their domain
   * are often such as only it knows, and no chain of trust leads to them.
   */
  isToValidate(sought: Sought, done: (isTo: boolean) => void): void {
    const { validation } = this.#options
    const found = validation === 'no' ? undefined : this.rules.find(sought.partition, asked(sought.key, sought.type))
    if (found === undefined) return done(false)
    if (validation === 'yes' || found.rule.target === 'recursion') return done(true)
    if (found.domain === ROOT_KEY) this.#signs(found.rule, done)
    else done(false)
  }

  /**
   * Whether servers give signatures, so that what they say can be validated: asked of them once an hour (the root's SOA,
   * whose signature every resolver that knows DNSSEC gives on).
   */
  #signs(rule: ForwardRule, done: (signs: boolean) => void): void {
    const servers = this.#serversOf(rule)
    const { clock } = this.#ports
    if (clock.now() < servers.signsUntil) return done(servers.signs === true)
    servers.asking.push(done)
    if (servers.asking.length > 1) return
    const told = (signs: boolean | undefined): void => {
      servers.signs = signs
      servers.signsUntil = clock.now() + (signs === undefined ? SIGNS_RETRY_MS : SIGNS_AGAIN_MS)
      for (const each of servers.asking.splice(0)) each(signs === true)
    }
    const probe: Ask = { partition: 0, key: ROOT_KEY, type: TYPE.SOA, budget: new Budget(), depth: 0, trace: undefined }
    this.#askServers(probe, { rule, domain: ROOT_KEY }, (outcome) => {
      // A server that refuses the root gives no signatures that would lead there either.
      if (outcome.kind === 'failed') told(UNREACHED.has(outcome.because) || outcome.because === 'no-answer' ? undefined : false)
      else told(outcome.findings[0].answer.some(({ signatures }) => signatures !== undefined))
    })
  }

  /** How the servers of a rule do, in its order. */
  states(rule: ForwardRule): readonly ForwardServerState[] {
    const { targets, tallies, signs } = this.#serversOf(rule)
    return targets.map((target, i) => ({
      ...this.#ports.book.state(target), answered: (tallies[i] as Tally).answered, failed: (tallies[i] as Tally).failed,
      ...(this.#ports.standing?.(target) ?? { connections: 0, problem: undefined }), text: target.text, signs,
    }))
  }

  /** Asks every server of a rule on its own, for an administrator who wants to know whether they work. */
  test(rule: ForwardRule, key: NameKey, type: number, done: (results: readonly ForwardTest[]) => void): void {
    const { targets } = this.#serversOf(rule)
    const results: (ForwardTest | undefined)[] = targets.map(() => undefined)
    const deadline = this.#ports.clock.now() + this.#options.totalMs
    if (targets.length === 0) return done([])
    targets.forEach((server, i) => {
      const query = { server, key, type, recursionDesired: true, checkingDisabled: false, mixCase: false, budget: new Budget(), waitMs: this.#options.totalMs, deadline }
      this.#exchange.ask(query, (outcome) => {
        const standing = this.#ports.standing?.(server)
        results[i] = {
          server: server.text, tookMs: Math.round(outcome.tookMs), rcode: outcome.kind === 'response' ? rcodeName(outcome.message.rcode) : undefined,
          records: outcome.kind === 'response' ? outcome.message.answer.length : 0,
          signed: outcome.kind === 'response' && outcome.message.answer.some((record) => record.type === TYPE.RRSIG),
          because: outcome.kind === 'failed' ? (standing?.problem ?? outcome.because) : undefined,
        }
        if (results.every((each) => each !== undefined)) done(results as readonly ForwardTest[])
      })
    })
  }
}

export type ForwardTest = {
  readonly server: string
  readonly tookMs: number
  /** Undefined: it did not answer. */
  readonly rcode: string | undefined
  readonly records: number
  readonly signed: boolean
  readonly because: string | undefined
}

/** Servers asked by two ports that know addresses alone. */
export const plainSend = (ports: {
  query(...asked: PlainQuery): QueryHandle
  queryStream?(...asked: PlainQuery): QueryHandle
}): SendTo<Server> => (server, transport, ...rest) => {
  if (transport === 'udp') return ports.query(server, ...rest)
  if (transport === 'tcp' && ports.queryStream !== undefined) return ports.queryStream(server, ...rest)
  rest[3]('no-socket')
  return { cancel: () => {} }
}
type PlainQuery = [
  server: { readonly address: number; readonly port: number }, bytes: Uint8Array, length: number,
  received: (buffer: Uint8Array, at: number, length: number) => void, failed: (why: PortFault) => void,
]

const NOBODY: SourceOutcome = { kind: 'failed', because: 'nobody', fault: EXTENDED_ERROR.noReachableAuthority }

/** DS records stand above the cut (RFC 4035 §3.1.4.1): a rule for the domain itself is not for those. */
const asked = (key: NameKey, type: number): NameKey => (type === TYPE.DS && key !== ROOT_KEY ? parentKey(key) : key)

/** As they are given, those that are down behind the others. */
const inOrder = (targets: readonly ForwardTarget[], book: ServerBook): readonly number[] => {
  const down = (target: ForwardTarget): number => Number(book.allDown([target]))
  return targets.map((_, i) => i).sort((a, b) => down(targets[a] as ForwardTarget) - down(targets[b] as ForwardTarget) || a - b)
}
