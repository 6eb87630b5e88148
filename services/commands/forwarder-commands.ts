/** The administrator's commands on forwarding rules, and the rules as queries meet them: subnets of segments included. */
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { type ClientRule, keysOf, MAX_FORWARD_RULES, MAX_PARTITIONS } from '../dns/forwarding/forward-rules.ts'
import { nameKey, type NameKey, parseName } from '../dns/wire/name.ts'
import { typeCode } from '../dns/wire/type-names.ts'
import type { Answer, ForwarderInput, ForwarderQuestion, ForwarderTestView, ForwarderView } from '../facade.ts'
import { type DhcpConfiguration, type ForwardRule, type Refusal, refusal } from '../model/index.ts'
import type { ForwarderSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { withAddresses } from './forwarder-addresses.ts'
import { forwarderView, readForwarder } from './forwarder-inputs.ts'
import { type CommandTurns, missing } from './turns.ts'

export type ForwarderCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly forwardRules: readonly ForwardRule[]
  readonly lastForwardRuleId: number
  readonly configuration: () => DhcpConfiguration
  readonly turns: CommandTurns
}

export class ForwarderCommands implements ForwarderSide {
  readonly #o: ForwarderCommandsOptions
  #rules: readonly ForwardRule[]
  #lastId: number

  constructor(options: ForwarderCommandsOptions) {
    this.#o = options
    this.#rules = options.forwardRules
    this.#lastId = options.lastForwardRuleId
    options.dns.onSubnetsChanged.push(() => this.#use())
    this.#use()
  }

  async forwarders(): Answer<readonly ForwarderView[]> {
    const { fallback } = this.#o.dns.forwardRules
    return ok([...this.#rules, ...(fallback === undefined ? [] : [fallback])].map((rule) => this.#view(rule)))
  }

  async addForwarder(input: ForwarderInput): Answer<ForwarderView> {
    const servers = await withAddresses(this.#o.dns, input.servers)
    if (!servers.ok) return servers
    return this.#o.turns.take(async () => {
      if (this.#rules.length >= MAX_FORWARD_RULES) {
        return err(refusal('conflict', '', `there are ${MAX_FORWARD_RULES} forwarders, the most that there can be`, 'remove one first'))
      }
      const read = readForwarder({ ...input, servers: servers.value }, this.#lastId + 1, this.#o.configuration().segments)
      const done = read.ok ? await this.#put(read.value, 'added') : read
      if (done.ok) this.#lastId++
      return done
    })
  }

  async changeForwarder(id: number, change: Partial<ForwarderInput>): Answer<ForwarderView> {
    const servers = await withAddresses(this.#o.dns, change.servers ?? [])
    if (!servers.ok) return servers
    return this.#o.turns.take(async () => {
      const old = this.#rules.find((rule) => rule.id === id)
      if (old === undefined) return missing(`forwarder ${id}`)
      const { id: _, kind: __, states: ___, ...shown } = this.#view(old)
      const known = this.#o.configuration().segments
      const before = { ...shown, segments: shown.segments.filter((name) => known.some((segment) => segment.name === name)) }
      const read = readForwarder({ ...before, ...change, ...(change.servers === undefined ? {} : { servers: servers.value }) }, id, known)
      // Segments that are gone still keep it from counting for everybody.
      return read.ok ? this.#put(change.segments === undefined ? { ...read.value, segmentIds: old.segmentIds } : read.value, 'changed') : read
    })
  }

  removeForwarder(id: number): Answer<null> {
    return this.#o.turns.take(async () => {
      const old = this.#rules.find((rule) => rule.id === id)
      if (old === undefined) return missing(`forwarder ${id}`)
      const stored = await this.#o.turns.store([{ kind: 'forward-rule-remove', id }, this.#news(old, 'removed')])
      if (stored.ok) {
        this.#rules = this.#rules.filter((rule) => rule !== old)
        this.#use()
      }
      return stored
    })
  }

  testForwarder(id: number, { name, type }: ForwarderQuestion): Answer<readonly ForwarderTestView[]> {
    const { dns } = this.#o
    const rule = id === 0 ? dns.forwardRules.fallback : this.#rules.find((each) => each.id === id)
    if (rule === undefined) return Promise.resolve(missing(id === 0 ? 'forwarder of the settings' : `forwarder ${id}`))
    const code = typeCode(type)
    if (code === undefined) return Promise.resolve(err(refusal('invalid', '/type', `"${type}" is not a type`, 'as SOA or A')))
    const key = name === null ? keysOf(rule.domain)[0] : parsedKey(name)
    if (key === undefined) return Promise.resolve(err(refusal('invalid', '/name', `"${name}" is not a domain name`, 'as www.corp.example')))
    return new Promise((resolve) => {
      dns.forwarding.test(rule, key, code, (results) => {
        resolve(ok(results.map(({ rcode, because, ...rest }) => ({ ...rest, rcode: rcode ?? null, problem: because ?? null }))))
      })
    })
  }

  async #put(rule: ForwardRule, how: 'added' | 'changed'): Answer<ForwarderView> {
    const others = this.#rules.filter(({ id }) => id !== rule.id)
    const refused = this.#check(rule, others)
    if (refused !== undefined) return err(refused)
    const stored = await this.#o.turns.store([{ kind: 'forward-rule-put', rule }, this.#news(rule, how)])
    if (!stored.ok) return stored
    this.#rules = [...others, rule].sort((a, b) => a.id - b.id)
    this.#use()
    return ok(this.#view(rule))
  }

  #check(rule: ForwardRule, others: readonly ForwardRule[]): Refusal | undefined {
    const twin = others.find((other) => other.domain === rule.domain && clientsOf(other) === clientsOf(rule))
    if (twin !== undefined) return refusal('conflict', '/domain', `forwarder ${twin.id} is for ${rule.domain} and the same clients already`, 'change that one')
    if (this.#o.dns.forwardRules.fits([...others, rule].map((each) => this.#compiled(each)))) return undefined
    return refusal('conflict', '/addresses', `forwarders sort clients into more than ${MAX_PARTITIONS - 1} groups`, 'use the same segments and prefixes in several forwarders')
  }

  #compiled(rule: ForwardRule): ClientRule {
    const ofSegments = this.#o.configuration().subnets.filter(({ segmentId }) => rule.segmentIds.includes(segmentId)).map(({ prefix }) => prefix)
    return { rule, prefixes: [...rule.prefixes, ...ofSegments] }
  }

  #use(): void {
    this.#o.dns.setForwardRules(this.#rules.map((rule) => this.#compiled(rule)))
  }

  #view(rule: ForwardRule): ForwarderView {
    return forwarderView(rule, this.#o.configuration().segments, rule.target === 'servers' ? this.#o.dns.forwarding.states(rule) : [])
  }

  #news({ id, domain }: ForwardRule, how: 'added' | 'changed' | 'removed'): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'dns.forwarder.changed', facts: { forwarder: id, domain, how } }
  }
}

function parsedKey(text: string): NameKey | undefined {
  const parsed = parseName(text)
  return parsed.ok ? nameKey(parsed.value) : undefined
}

/** The same text for rules that count for the same clients. */
const clientsOf = ({ segmentIds, prefixes }: ForwardRule): string =>
  JSON.stringify([[...segmentIds].sort((a, b) => a - b), prefixes.map(({ network, length }) => [network, length]).sort()])
