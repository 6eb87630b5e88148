/**
 * Lists, rules, policies and host groups as they count: held in memory as they are stored, joined, and given to the
 * engine whenever one of them has changed. Segments are all their subnets, groups follow leases. Lists are compiled by
 * somebody else (services/policy-lists), who asks here what is wanted.
 */
import type { Ipv4, Prefix } from '../../stack/index.ts'
import type { Clock, Timer } from '../../stack/platform/index.ts'
import {
  type CompiledList, compileListAtOnce, type DnsPolicy, type DnsServer, type HashKey, parseDns64Prefix, type PolicyCheck, type PolicyEngine, type PolicyList as EngineList, type PolicySet,
} from '../dns/index.ts'
import { keyOf, type NameKey } from '../dns/wire/name.ts'
import {
  type DhcpConfiguration, emptyListState, type HostGroup, INITIAL_POLICY, type Lease, type LeaseChange, type ListSource, type ListState, type Pause,
  type Policy, type PolicyList, type PolicyRule, WEEKDAYS,
} from '../model/index.ts'
import type { StoredPolicy } from '../storage/store.ts'
import { GroupMembers } from './members.ts'
import type { WantedList } from './side.ts'
import type { PolicyStanding } from './views.ts'
import { WaitingPolicy } from './waiting-policy.ts'

export type LivePoliciesOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly engine: PolicyEngine
  readonly stored: StoredPolicy
  readonly pauses: readonly Pause[]
  readonly configuration: () => DhcpConfiguration
  readonly leases: () => Iterable<Lease>
}

/** Longer than a million names take to be read on a slow machine; what is not here by then is not waited for. */
const START_PATIENCE_MS = 10_000

/** What people's rules are called where a decision names its list. */
const RULES_LIST = 'rules'

export class LivePolicies {
  readonly lists: Map<string, PolicyList>
  readonly states: Map<string, ListState>
  readonly rules: Map<number, PolicyRule>
  readonly groups: Map<string, HostGroup>
  policies: readonly Policy[]
  pauses: readonly Pause[]
  readonly #o: LivePoliciesOptions
  readonly #compiled = new Map<string, { readonly key: string; readonly compiled: CompiledList }>()
  readonly #members = new GroupMembers()
  /** Lists that had content at the start and do not count yet. */
  readonly #awaited: Set<string>
  #decides: DnsPolicy
  #patience: Timer | undefined
  /** Compiled of the rules of all policies, and of those of each. */
  #ruleLists: readonly EngineList[] = []

  constructor(options: LivePoliciesOptions) {
    this.#o = options
    const { stored } = options
    this.lists = new Map(stored.lists.map((list) => [list.name, list]))
    this.states = new Map(stored.states.map((state) => [state.name, state]))
    this.rules = new Map(stored.rules.map((rule) => [rule.id, rule]))
    this.groups = new Map(stored.groups.map((group) => [group.name, group]))
    this.policies = stored.policies.length === 0 ? [INITIAL_POLICY] : stored.policies
    this.pauses = options.pauses
    const { clock, engine } = options
    this.#awaited = new Set(this.wanted().flatMap(({ list, key }) => (list.enabled && key !== undefined ? [list.name] : [])))
    const waits = this.#awaited.size > 0
    this.#decides = waits ? new WaitingPolicy(engine, (set) => this.#awaitedBy(set)) : engine
    this.#patience = waits ? clock.at(clock.now() + START_PATIENCE_MS, () => this.#waitNoLonger()) : undefined
    this.#followHosts()
    this.rulesChanged()
    this.pausesChanged()
  }

  close(): void {
    this.#patience?.cancel()
  }

  /** Sets have the numbers of policies, from 1. */
  #awaitedBy(set: number): string | undefined {
    const policy = this.policies[set - 1]
    if (policy === undefined || this.standingOf(policy).pause !== undefined) return undefined
    return policy.lists.find((list) => this.#awaited.has(list))
  }

  #waitNoLonger(): void {
    this.#patience?.cancel()
    this.#patience = undefined
    this.#awaited.clear()
    this.#decides = this.#o.engine
    this.#o.dns.setPolicy(this.#decides)
  }

  /** What lists are compiled with. */
  get hashKey(): HashKey {
    return this.#o.engine.hashKey
  }

  stateOf(name: string): ListState {
    return this.states.get(name) ?? emptyListState(name)
  }

  isLoaded(name: string): boolean {
    return this.#compiled.has(name)
  }

  wanted(): readonly WantedList[] {
    return [...this.lists.values()].map((list) => {
      const { source } = list
      const zone = source.kind === 'zone' ? this.#o.dns.zones.get(source.zone) : undefined
      const [key, loaded] = [this.keyOf(list.name), this.#compiled.get(list.name)?.key]
      // A text that counts already is not carried to another thread every few seconds.
      const asked = source.kind === 'text' && key === loaded ? { ...list, source: READ } : list
      return { list: asked, state: this.stateOf(list.name), key, loaded, zoneId: zone?.zone.id }
    })
  }

  /** False when something else is wanted by now. */
  load(name: string, key: string, compiled: CompiledList): boolean {
    const list = this.lists.get(name)
    if (list?.enabled !== true || this.keyOf(list.name) !== key) return false
    this.#compiled.set(name, { key, compiled })
    this.#giveLists()
    if (this.#awaited.delete(name) && this.#awaited.size === 0) this.#waitNoLonger()
    return true
  }

  /** Where the members of a group are now. */
  addressesOf(group: string): ReadonlySet<Ipv4> {
    return this.#members.addressesOf(group)
  }

  /** A list was added, changed or removed. */
  listsChanged(): void {
    for (const names of [this.#compiled, this.#awaited]) for (const name of names.keys()) if (this.lists.get(name)?.enabled !== true) names.delete(name)
    this.#giveLists()
    this.#giveSets()
  }

  rulesChanged(): void {
    const owners = new Set([...this.rules.values()].map(({ policy }) => policy))
    this.#ruleLists = Array.from(owners, (policy) => this.#ruleList(policy))
    this.listsChanged()
  }

  policiesChanged(): void {
    this.#giveSets()
  }

  pausesChanged(): void {
    const { dns, engine } = this.#o
    engine.setPauses(this.pauses.map(({ policy, until }) => ({ set: policy, until: until ?? Number.MAX_SAFE_INTEGER })))
    dns.setPolicy(this.#decides)
  }

  /** Whether a policy counts now for those that it is for, and what keeps it from that. */
  standingOf({ name }: Policy): PolicyStanding {
    const now = this.#o.clock.wallMs()
    const pauses = this.pauses.filter(({ policy, until }) => (policy === undefined || policy === name) && (until ?? Number.MAX_SAFE_INTEGER) > now)
    const longest = pauses.reduce<Pause | undefined>((a, b) => (a !== undefined && (a.until ?? Number.MAX_SAFE_INTEGER) >= (b.until ?? Number.MAX_SAFE_INTEGER) ? a : b), undefined)
    return { active: longest === undefined && this.#o.engine.isInForce(name), pause: longest }
  }

  /** Questions that the list decided since it is here. */
  hitsOf(list: string): number {
    return this.#o.engine.hitsOf(list)
  }

  check(client: Ipv4, key: NameKey, type: number): PolicyCheck {
    return this.#o.engine.check(client, key, type)
  }

  /** Host groups, or the hosts that they name, or subnets, are others. */
  clientsChanged(): void {
    this.#followHosts()
    this.#giveSets()
  }

  leasesChanged(changes: readonly LeaseChange[]): void {
    if (this.#members.leasesChanged(changes)) this.#giveSets()
  }

  #followHosts(): void {
    this.#members.set(this.groups.values(), this.#o.configuration().hosts, this.#o.leases)
  }

  #ruleList(policy: string | undefined): EngineList {
    const rules = [...this.rules.values()].filter((rule) => rule.policy === policy)
    const text = rules.map(({ kind, domain }) => `${kind === 'allow' ? '@@' : ''}||${domain}^\n`).join('')
    return { name: ruleListName(policy), compiled: compileListAtOnce(new TextEncoder().encode(text), { format: 'adblock', kind: 'block', hashKey: this.hashKey }), important: true }
  }

  #giveLists(): void {
    const { dns, engine } = this.#o
    const loaded = Array.from(this.#compiled, ([name, { compiled }]): EngineList => ({ name, compiled, important: false }))
    engine.setLists([...this.#ruleLists, ...loaded])
    dns.zones.setPolicyZones(new Set([...this.lists.values()].flatMap(({ source }) => (source.kind === 'zone' ? [keyOf(source.zone)] : []))))
    dns.setPolicy(this.#decides)
  }

  #giveSets(): void {
    const { dns, engine } = this.#o
    engine.setSets(this.policies.map((policy, i) => this.#setOf(policy, i === this.policies.length - 1)))
    dns.setPolicy(this.#decides)
  }

  #setOf(policy: Policy, isForEverybody: boolean): PolicySet {
    const { periods, timeZone } = policy
    const rules = [ruleListName(policy.name), ruleListName(undefined)].filter((name) => this.#ruleLists.some((list) => list.name === name))
    const spans = periods.map(({ days, from, to }) => ({ days: days.map((day) => WEEKDAYS.indexOf(day) as 0 | 1 | 2 | 3 | 4 | 5 | 6), from, to }))
    return {
      name: policy.name,
      clients: isForEverybody ? [EVERYBODY] : this.#clientsOf(policy),
      schedule: spans.length === 0 ? undefined : { timeZone, spans },
      lists: [...rules, ...policy.lists],
      answer: policy.answer,
      ttl: policy.ttlSeconds,
      rebinding: policy.rebinding.check,
      rebindingExceptions: policy.rebinding.except.map(keyOf),
      dns64: policy.dns64 === undefined ? undefined : prefixOf(policy.dns64),
    }
  }

  #clientsOf({ clients }: Policy): readonly Prefix[] {
    const subnets = this.#o.configuration().subnets.filter(({ segmentId }) => clients.segmentIds.includes(segmentId))
    const members = clients.groups.flatMap((group) => [...this.#members.addressesOf(group)])
    return [...clients.prefixes, ...subnets.map(({ prefix }) => prefix), ...members.map((network) => ({ network, length: 32 }))]
  }

  /** Names the content of a list and how it is read; undefined: there is none. */
  keyOf(name: string): string | undefined {
    const list = this.lists.get(name)
    if (list === undefined) return undefined
    const { kind, format, source } = list
    if (source.kind === 'zone') {
      const live = this.#o.dns.zones.get(source.zone)
      // A copy that has grown too old still blocks.
      if (live?.isServed !== true) return this.#compiled.get(name)?.key
      return `zone ${live.zone.id} ${live.zone.serial}`
    }
    const { revision } = this.stateOf(name)
    return revision === 0 ? undefined : `${revision} ${kind} ${format}`
  }
}

/** As it is stored it has been read once. */
function prefixOf(text: string): PolicySet['dns64'] {
  const prefix = parseDns64Prefix(text)
  return prefix.ok ? prefix.value : undefined
}

const READ: ListSource = { kind: 'text', text: '' }
const EVERYBODY: Prefix = { network: 0, length: 0 }
const ruleListName = (policy: string | undefined): string => (policy === undefined ? RULES_LIST : `${RULES_LIST} of ${policy}`)

/** Whether content of the one is content of the other. */
export const isSameSource = (a: ListSource, b: ListSource): boolean => JSON.stringify(a) === JSON.stringify(b)
