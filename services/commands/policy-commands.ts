/** The administrator's commands on rules, policies, host groups and pauses: what is blocked, for whom and when. */
import { parseIpv4 } from '../../stack/index.ts'
import { type Clock, err, ok, type Result, type Timer } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { keyOf, parseName } from '../dns/wire/name.ts'
import { typeCode } from '../dns/wire/type-names.ts'
import type {
  Answer, DnsPolicyInput, DnsPolicyView, HostGroupInput, HostGroupView, Page, Paging, PauseInput, PauseView, PolicyCheckView, RuleInput, RuleView,
} from '../facade.ts'
import { type DhcpConfiguration, type Facts, type Pause, type PolicyRule, type Refusal, refusal } from '../model/index.ts'
import type { PolicySide } from '../policies/side.ts'
import { MOST_GROUPS, MOST_MEMBERS_TOGETHER, MOST_RULE_OWNERS, MOST_RULES, readGroup, readPause, readPolicies, readRule } from '../policies/inputs.ts'
import type { LivePolicies } from '../policies/live-policies.ts'
import { checkView, groupView, pauseView, policiesTag, policyView, ruleView } from '../policies/views.ts'
import type { Write } from '../storage/store.ts'
import { timeText } from '../views.ts'
import { type CommandTurns, missing } from './turns.ts'

export type PolicyCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly policies: LivePolicies
  readonly lastRuleId: number
  readonly configuration: () => DhcpConfiguration
  readonly turns: CommandTurns
}

/** Under which name pauses are kept among the settings. */
export const PAUSES_SETTING = 'policy.pauses'
/** Calendar time may jump ahead of the clock that timers follow: what has an end is looked at this often at least. */
const LONGEST_WAIT_MS = 60_000

export class PolicyCommands implements PolicySide {
  readonly #o: PolicyCommandsOptions
  readonly #live: LivePolicies
  #lastRuleId: number
  #timer: Timer | undefined
  #closed = false

  constructor(options: PolicyCommandsOptions) {
    this.#o = options
    this.#live = options.policies
    this.#lastRuleId = options.lastRuleId
    this.#watch()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async rules(filter: { readonly kind?: string | undefined; readonly domain?: string | undefined }, { limit, after }: Paging): Answer<Page<RuleView>> {
    const from = after === undefined ? 0 : Number(after)
    const found = [...this.#live.rules.values()].filter((rule) =>
      rule.id > from && (filter.kind === undefined || rule.kind === filter.kind) && (filter.domain === undefined || rule.domain === filter.domain))
    const items = found.slice(0, limit)
    return ok({ items: items.map(ruleView), next: found.length > limit ? String(items.at(-1)?.id) : null })
  }

  addRule(input: RuleInput): Answer<RuleView> {
    return this.#o.turns.take(async () => {
      const read = readRule(input, this.#lastRuleId + 1, this.#live.policies, this.#wallMs())
      if (!read.ok) return read
      const rule = read.value
      if (this.#live.rules.size >= MOST_RULES) return err(refusal('invalid', '', `${MOST_RULES} rules are there already`, 'remove some, or put them into a list'))
      const same = [...this.#live.rules.values()].find(({ domain, policy }) => domain === rule.domain && policy === rule.policy)
      if (same !== undefined) return err(refusal('conflict', '/domain', `there is a rule to ${same.kind} ${same.domain} already, number ${same.id}`, 'remove that rule first'))
      const owners = new Set([...this.#live.rules.values(), rule].flatMap(({ policy }) => policy ?? []))
      if (owners.size > MOST_RULE_OWNERS) return err(refusal('invalid', '/policy', `${MOST_RULE_OWNERS} policies have rules of their own already`, 'put the names of this policy into a list'))
      const stored = await this.#store({ kind: 'policy-rule-put', rule }, this.#news('rule', `to ${rule.kind} ${rule.domain}`, 'added'))
      if (!stored.ok) return stored
      this.#lastRuleId = rule.id
      this.#live.rules.set(rule.id, rule)
      this.#live.rulesChanged()
      this.#watch()
      return ok(ruleView(rule))
    })
  }

  removeRule(id: number): Answer<null> {
    return this.#o.turns.take(async () => {
      const rule = this.#live.rules.get(id)
      if (rule === undefined) return missing(`rule ${id}`)
      const stored = await this.#store({ kind: 'policy-rule-remove', id }, this.#news('rule', `to ${rule.kind} ${rule.domain}`, 'removed'))
      if (!stored.ok) return stored
      this.#live.rules.delete(id)
      this.#live.rulesChanged()
      return ok(null)
    })
  }

  async policies(): Answer<readonly DnsPolicyView[]> {
    return ok(this.#policyViews())
  }

  setPolicies(inputs: readonly DnsPolicyInput[], ifTag: string | undefined): Answer<readonly DnsPolicyView[]> {
    return this.#o.turns.take(async () => {
      if (ifTag !== undefined && ifTag !== policiesTag(this.#policyViews())) return err(refusal('changed', '', 'the policies are others by now', 'list them anew, and say again what is to be different'))
      const { segments } = this.#o.configuration()
      const read = readPolicies(inputs, { segments, groups: [...this.#live.groups.values()], lists: [...this.#live.lists.values()] })
      if (!read.ok) return read
      const policies = read.value
      const orphan = [...this.#live.rules.values()].find(({ policy }) => policy !== undefined && !policies.some(({ name }) => name === policy))
      if (orphan !== undefined) return err(refusal('conflict', '', `the policy ${orphan.policy} has the rule ${orphan.id} (${orphan.kind} ${orphan.domain})`, 'keep the policy, or remove the rule first'))
      const pauses = this.#live.pauses.filter(({ policy }) => policy === undefined || policies.some(({ name }) => name === policy))
      const names = policies.map(({ name }) => name).join(', ')
      const stored = await this.#store({ kind: 'policies-put', policies }, pausesWrite(pauses), this.#news('policies:', names, 'in this order'))
      if (!stored.ok) return stored
      this.#live.policies = policies
      this.#live.pauses = pauses
      this.#live.policiesChanged()
      this.#live.pausesChanged()
      return ok(this.#policyViews())
    })
  }

  async hostGroups(): Answer<readonly HostGroupView[]> {
    return ok([...this.#live.groups.values()].sort(byName).map((group) => groupView(group, this.#live.addressesOf(group.name))))
  }

  putHostGroup(name: string, input: HostGroupInput): Answer<HostGroupView> {
    return this.#o.turns.take(async () => {
      const read = readGroup(name, input, this.#o.configuration().hosts)
      if (!read.ok) return read
      const group = read.value
      const isNew = !this.#live.groups.has(name)
      if (isNew && this.#live.groups.size >= MOST_GROUPS) return err(refusal('invalid', '', `${MOST_GROUPS} host groups are there already`, 'remove one first'))
      const members = [...this.#live.groups.values()].reduce((sum, each) => sum + (each.name === name ? 0 : each.members.length), group.members.length)
      if (members > MOST_MEMBERS_TOGETHER) return err(refusal('invalid', '/members', `host groups would have ${members} members together`, `use ${MOST_MEMBERS_TOGETHER} at most, or the prefix of a segment`))
      const stored = await this.#store({ kind: 'host-group-put', group }, this.#news('host group', name, isNew ? 'added' : 'changed'))
      if (!stored.ok) return stored
      this.#live.groups.set(name, group)
      this.#live.clientsChanged()
      return ok(groupView(group, this.#live.addressesOf(name)))
    })
  }

  removeHostGroup(name: string): Answer<null> {
    return this.#o.turns.take(async () => {
      if (!this.#live.groups.has(name)) return missing(`host group ${name}`)
      const user = this.#live.policies.find(({ clients }) => clients.groups.includes(name))
      if (user !== undefined) return err(refusal('conflict', '', `the policy ${user.name} is for the host group ${name}`, 'take it out of the policy first'))
      const stored = await this.#store({ kind: 'host-group-remove', name }, this.#news('host group', name, 'removed'))
      if (!stored.ok) return stored
      this.#live.groups.delete(name)
      this.#live.clientsChanged()
      return ok(null)
    })
  }

  async pauses(): Answer<readonly PauseView[]> {
    return ok(this.#live.pauses.map(pauseView))
  }

  pause(input: PauseInput): Answer<readonly PauseView[]> {
    return this.#o.turns.take(async () => {
      const read = readPause(input, this.#live.policies, this.#wallMs())
      if (!read.ok) return read
      const { policy, until } = read.value
      const facts = { policy: policy ?? EVERY, until: until === undefined ? 'it is resumed' : timeText(until) }
      return this.#setPauses([...this.#live.pauses.filter((each) => each.policy !== policy), read.value], [['dns.policy.paused', facts]])
    })
  }

  resume(policy: string | null): Answer<readonly PauseView[]> {
    return this.#o.turns.take(async () => {
      const ended = this.#live.pauses.filter((each) => policy === null || each.policy === policy)
      if (ended.length === 0) return err(refusal('conflict', '', policy === null ? 'nothing is paused' : `the policy ${policy} is not paused by itself`, 'list the pauses'))
      return this.#endPauses(ended)
    })
  }

  async check(name: string, type: string, client: string): Answer<PolicyCheckView> {
    const address = parseIpv4(client)
    if (address === undefined) return err(refusal('invalid', '/client', `"${client}" is not an IPv4 address`, 'as 10.53.0.100'))
    const asked = parseName(name)
    if (!asked.ok) return err(refusal('invalid', '/name', `"${name}" is not a domain name`, 'labels of 1 to 63 octets joined by dots, as ads.example'))
    const code = typeCode(type)
    if (code === undefined) return err(refusal('invalid', '/type', `"${type}" is no type of records`, 'as A, AAAA or TYPE65'))
    const key = keyOf(name)
    const own = this.#o.dns.zones.seenFrom(this.#o.dns.views.viewOf(address, undefined)).closest(key)
    return ok(checkView({ name, type, client }, this.#live.check(address, key, code), own?.zone.name))
  }

  #endPauses(ended: readonly Pause[]): Promise<Result<readonly PauseView[], Refusal>> {
    const events = ended.map(({ policy }): readonly [string, Facts] => ['dns.policy.resumed', { policy: policy ?? EVERY }])
    return this.#setPauses(this.#live.pauses.filter((each) => !ended.includes(each)), events)
  }

  async #setPauses(pauses: readonly Pause[], events: readonly (readonly [event: string, facts: Facts])[]): Promise<Result<readonly PauseView[], Refusal>> {
    const at = this.#wallMs()
    const stored = await this.#store(pausesWrite(pauses), ...events.map(([event, facts]) => ({ kind: 'event', at, event, facts }) as const))
    if (!stored.ok) return stored
    this.#live.pauses = pauses
    this.#live.pausesChanged()
    this.#watch()
    return ok(pauses.map(pauseView))
  }

  #policyViews(): readonly DnsPolicyView[] {
    const { segments } = this.#o.configuration()
    return this.#live.policies.map((policy) => policyView(policy, segments, this.#live.standingOf(policy)))
  }

  /** Rules and pauses whose end has come go, and the next end is waited for. */
  #watch(): void {
    this.#timer?.cancel()
    if (this.#closed) return
    const ends = [...this.#live.rules.values()].map(({ expiresAt }) => expiresAt).concat(this.#live.pauses.map(({ until }) => until))
    const next = ends.reduce<number>((least, end) => Math.min(least, end ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
    if (next === Number.POSITIVE_INFINITY) return
    const { clock } = this.#o
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(0, next - clock.wallMs()))
    this.#timer = clock.at(clock.now() + wait, () => {
      if (next > clock.wallMs()) this.#watch()
      else void this.#end()
    })
  }

  async #end(): Promise<void> {
    await this.#o.turns.take(async () => {
      const now = this.#wallMs()
      const isOver = (end: number | undefined): boolean => end !== undefined && end <= now
      const pauses = this.#live.pauses.filter(({ until }) => isOver(until))
      if (pauses.length > 0) await this.#endPauses(pauses)
      const rules = [...this.#live.rules.values()].filter(({ expiresAt }) => isOver(expiresAt))
      if (rules.length > 0) await this.#expire(rules, now)
      return ok(null)
    })
    if (this.#closed) return
    // What could not be stored is tried again; until then it stays as it is.
    const { clock } = this.#o
    this.#timer?.cancel()
    this.#timer = clock.at(clock.now() + AGAIN_MS, () => this.#watch())
  }

  async #expire(rules: readonly PolicyRule[], at: number): Promise<void> {
    const writes = rules.flatMap(({ id, kind, domain }): readonly Write[] =>
      [{ kind: 'policy-rule-remove', id }, { kind: 'event', at, event: 'dns.policy.rule-expired', facts: { kind, domain } }])
    const stored = await this.#store(...writes)
    if (!stored.ok) return
    for (const { id } of rules) this.#live.rules.delete(id)
    this.#live.rulesChanged()
  }

  #wallMs(): number {
    return this.#o.clock.wallMs()
  }

  #store(...writes: readonly Write[]): Answer<null> {
    return this.#o.turns.store(writes)
  }

  #news(what: string, name: string, how: string): Write {
    return policyNews(this.#wallMs(), what, name, how)
  }
}

const EVERY = 'all policies'
/** After a look at what has an end, so that a store that fails is not asked without pause. */
const AGAIN_MS = 1000

export const policyNews = (at: number, what: string, name: string, how: string): Write => ({ kind: 'event', at, event: 'dns.policy.changed', facts: { what, name, how } })

const pausesWrite = (pauses: readonly Pause[]): Write => ({ kind: 'setting', name: PAUSES_SETTING, value: JSON.stringify(pauses) })
/** As pausesWrite() stored them. */
export const pausesOf = (setting: string | undefined): readonly Pause[] => (setting === undefined ? [] : (JSON.parse(setting) as readonly Pause[]))

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1)
