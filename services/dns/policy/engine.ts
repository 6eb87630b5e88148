/**
 * Decides, by the lists that count for a client, what becomes of its questions. Lists come compiled (compile-list.ts) and
 * are changed by handing over new ones; a question that meets no rule costs a few probes of hash tables. Policy zones
 * (draft-vixie-dnsop-dns-rpz) are asked after all other lists, in their order, in rpz-zones.ts.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { assert } from '../../../stack/platform/index.ts'
import type { Clock, Instant, Random, Timer } from '../../../stack/platform/index.ts'
import type { Dns64Prefix } from '../resolver/dns64.ts'
import type { Finding } from '../resolver/finding.ts'
import { Views } from '../views/views.ts'
import { extendedError, INFO_CODE } from '../wire/extended-errors.ts'
import type { NameKey } from '../wire/name.ts'
import { addressesIn } from './answer-addresses.ts'
import { decisionOf } from './decide.ts'
import type { DnsPolicy, FoundChain, PolicyDecision } from './decision.ts'
import { MAX_LISTS, MAX_POLICY_SETS } from './model.ts'
import type { HashKey, Pause, PolicyList, PolicySet } from './model.ts'
import { NameProbe } from './name-table.ts'
import { loadedList, planOf } from './plan.ts'
import type { LoadedList, Plan } from './plan.ts'
import { leadsToUs } from './rebinding.ts'
import type { ZoneServers } from './rpz-zones.ts'
import { applies, chosenOf, meetsRule, rulesByAddress, rulesFor, ruleText } from './rule-match.ts'
import type { Asked, RuleMatch } from './rule-match.ts'
import { isInForce } from './schedule.ts'

export type PolicyPorts = {
  readonly clock: Clock
  /** For the key of hashes. */
  readonly random: Pick<Random, 'u32'>
  /** What is known of the servers of a zone, and of the zones above it; for triggers by server. */
  readonly serversOf: (zone: NameKey) => ZoneServers
  /** Whether a name is one of ours: in a zone here, or below a domain that servers of its own are asked for. */
  readonly isLocal: (key: NameKey) => boolean
  /** Whether an address is the appliance's own, whatever network it is of. */
  readonly isOwn: (address: Ipv4) => boolean
}

export type CheckedRule = {
  readonly list: string
  readonly rule: string
  readonly line: number
  readonly action: string
  readonly applies: boolean
}

/** For people: what would be decided, and by which of the rules that the name meets. */
export type PolicyCheck = {
  readonly set: string | undefined
  /** Wall clock, ms, until which lists do not count. */
  readonly pausedUntil: number | undefined
  readonly decision: PolicyDecision | undefined
  /** All rules that the name meets, whether or not their own conditions hold. */
  readonly rules: readonly CheckedRule[]
}

/**
 * Clients that rules name by their address ($client, rpz-client-ip) have the number of their set and this. What they are
 * answered is not kept, because the next one may be named by other rules.
 */
const NAMED = 64
const setNumber = (set: number): number => set & (NAMED - 1)

/** Schedules and pauses end at whole minutes, or are looked at then: a wall clock may jump. */
const MINUTE_MS = 60_000

export class PolicyEngine implements DnsPolicy {
  readonly hashKey: HashKey
  readonly #ports: PolicyPorts
  readonly #probe: NameProbe
  readonly #clients = new Views()
  #lists: ReadonlyMap<string, LoadedList> = new Map()
  #sets: readonly PolicySet[] = []
  /** By the set's number less 1. */
  #plans: readonly Plan[] = []
  #inForce: readonly boolean[] = []
  #pauses: readonly Pause[] = []
  /** By number; monotonic. */
  readonly #pausedUntil = new Float64Array(MAX_POLICY_SETS + 1)
  readonly #hits = new Map<string, number>()
  #timer: Timer | undefined

  constructor(ports: PolicyPorts) {
    this.#ports = ports
    // A multiplier has to be odd.
    this.hashKey = [ports.random.u32() | 0, ports.random.u32() | 1]
    this.#probe = new NameProbe(this.hashKey)
  }

  /** All lists that there are, in the order that counts among equals: at most MAX_LISTS, and people's own rules for all and for each set. */
  setLists(lists: readonly PolicyList[]): void {
    assert(lists.length <= MAX_LISTS + MAX_POLICY_SETS + 1, 'lists are bounded where they are made')
    const [seed, multiplier] = this.hashKey
    const fit = lists.every(({ compiled: { hashKey } }) => hashKey[0] === seed && hashKey[1] === multiplier)
    assert(fit, 'lists are compiled with the engine\'s key')
    this.#lists = new Map(lists.map((list) => {
      const before = this.#lists.get(list.name)
      const same = before?.list.compiled === list.compiled && before.list.important === list.important
      return [list.name, same ? before : loadedList(list, this.hashKey)]
    }))
    for (const name of this.#hits.keys()) if (!this.#lists.has(name)) this.#hits.delete(name)
    this.#plan()
  }

  /** In the order in which clients are looked for in them. At most MAX_POLICY_SETS. */
  setSets(sets: readonly PolicySet[]): void {
    assert(sets.length <= MAX_POLICY_SETS, 'policy sets are bounded where they are made')
    this.#sets = sets
    this.#plan()
    this.#tick()
  }

  setPauses(pauses: readonly Pause[]): void {
    this.#pauses = pauses
    this.#tick()
  }

  close(): void {
    this.#timer?.cancel()
  }

  /** HOT. */
  policySetOf(client: Ipv4): number {
    const set = this.#clients.slotOf(client)
    const named = set === 0 ? undefined : this.#plans[set - 1]?.named
    return named !== undefined && named.slotOf(client) !== 0 ? set + NAMED : set
  }

  changesAt(set: number): Instant {
    const now = this.#ports.clock.now()
    if (set >= NAMED) return now
    const until = this.#pausedUntil[set] as number
    return until > now ? until : Number.POSITIVE_INFINITY
  }

  decideName(set: number, key: NameKey, type: number, client: Ipv4): PolicyDecision | undefined {
    const plan = this.#activePlan(setNumber(set))
    if (plan === undefined) return undefined
    return this.#counted(this.#byName(plan, { key, type, client }))
  }

  decideFinding(
    set: number, finding: Finding, client: Ipv4, chain: FoundChain = { asked: finding.owner, sources: [finding.source] },
  ): PolicyDecision | undefined {
    const plan = this.#plans[setNumber(set) - 1]
    if (plan === undefined) return undefined
    const late = this.#isPaused(setNumber(set)) ? undefined : this.#byFinding(plan, finding, client)
    return this.#counted(late ?? this.#byRebinding(plan, finding, chain))
  }

  /** For clients without IPv4: the prefix that a NAT64 translates; undefined for others. */
  dns64Of(set: number): Dns64Prefix | undefined {
    return this.#plans[setNumber(set) - 1]?.set.dns64
  }

  /** Decisions by the list since it is here. Finished answers that are given again are not seen by policy. */
  hitsOf(list: string): number {
    return this.#hits.get(list) ?? 0
  }

  /** As decideName, with everything that came into it. It counts as no hit. */
  check(client: Ipv4, key: NameKey, type: number): PolicyCheck {
    const set = setNumber(this.policySetOf(client))
    const plan = this.#plans[set - 1]
    const asked = { key, type, client }
    const decision = plan === undefined || this.#isPaused(set) ? undefined : this.#byName(plan, asked)
    this.#probe.load(key)
    const lists = plan === undefined ? [] : [...plan.lists, ...plan.zones.lists]
    const rules = lists.flatMap((list) => rulesFor(this.#probe, list, key)).map((match) => ({
      list: match.list.name, rule: ruleText(match), line: match.line, action: match.action, applies: applies(match, asked),
    }))
    const until = this.#ports.clock.wallMs() + (this.#pausedUntil[set] as number) - this.#ports.clock.now()
    return { set: plan?.set.name, pausedUntil: this.#isPaused(set) ? Math.round(until) : undefined, decision, rules }
  }

  #activePlan(set: number): Plan | undefined {
    const plan = this.#plans[set - 1]
    return plan === undefined || this.#isPaused(set) ? undefined : plan
  }

  #isPaused(set: number): boolean {
    const until = this.#pausedUntil[set] as number
    return until > 0 && until > this.#ports.clock.now()
  }

  #byName({ set, lists, zones }: Plan, asked: Asked): PolicyDecision | undefined {
    const probe = this.#probe
    probe.load(asked.key)
    if (lists.some((list) => meetsRule(probe, list))) {
      const matches: RuleMatch[] = []
      for (const list of lists) for (const match of rulesFor(probe, list, asked.key)) if (applies(match, asked)) matches.push(match)
      const chosen = chosenOf(matches)
      if (chosen !== undefined) return decisionOf(chosen, matches, asked, set)
    }
    return zones.decideName(probe, asked, set)
  }

  #byFinding({ set, zones, byAddress }: Plan, finding: Finding, client: Ipv4): PolicyDecision | undefined {
    if (!zones.areLate && byAddress.length === 0) return undefined
    const asked = { key: finding.owner, type: finding.type, client }
    const addresses = addressesIn(finding, false)
    const met = byAddress.flatMap(({ list, rules }) => addresses.flatMap((address) => rulesByAddress(rules, [address], list)))
    const matches = met.filter((match) => applies(match, asked))
    const chosen = chosenOf(matches)
    if (chosen !== undefined) return decisionOf(chosen, matches, asked, set)
    if (!zones.areLate) return undefined
    this.#probe.load(finding.owner)
    return zones.decideFinding(this.#probe, asked, finding, set, this.#ports.serversOf)
  }

  #byRebinding({ set, rebinding }: Plan, finding: Finding, chain: FoundChain): PolicyDecision | undefined {
    const inside = leadsToUs(finding, chain, rebinding)
    if (inside === undefined) return undefined
    const error = extendedError(INFO_CODE.blocked, `${inside} is of this network (DNS rebinding)`)
    return { action: 'nodata', list: 'rebinding', rule: `a public name that leads to ${inside}`, ttl: set.ttl, error }
  }

  #counted(decision: PolicyDecision | undefined): PolicyDecision | undefined {
    if (decision !== undefined) this.#hits.set(decision.list, (this.#hits.get(decision.list) ?? 0) + 1)
    return decision
  }

  #plan(): void {
    this.#plans = this.#sets.map((set) => planOf(set, this.#lists, this.#ports, this.hashKey))
  }

  /** Looks which sets are in force and which are paused, and does so again with every minute while that may change. */
  #tick(): void {
    this.#timer?.cancel()
    const { clock } = this.#ports
    const wallMs = clock.wallMs()
    const now = clock.now()
    const inForce = this.#sets.map(({ schedule }) => schedule === undefined || isInForce(schedule, wallMs))
    this.#inForce = inForce
    this.#clients.set(this.#sets.map(({ name, clients }, i) => ({ name, keys: [], prefixes: inForce[i] === true ? clients : [] })))
    this.#pausedUntil.fill(0)
    this.#sets.forEach(({ name }, i) => {
      for (const { set, until } of this.#pauses) {
        if (set !== undefined && set !== name) continue
        this.#pausedUntil[i + 1] = Math.max(this.#pausedUntil[i + 1] as number, until > wallMs ? now + until - wallMs : 0)
      }
    })
    const moves = this.#sets.some(({ schedule }) => schedule !== undefined) || this.#pauses.some(({ until }) => until > wallMs)
    this.#timer = moves ? clock.at(now + MINUTE_MS - (wallMs % MINUTE_MS), () => this.#tick()) : undefined
  }

  /** Whether the set's schedule lets it count now. */
  isInForce(set: string): boolean {
    return this.#inForce[this.#sets.findIndex(({ name }) => name === set)] === true
  }
}
