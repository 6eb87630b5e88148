/** Dynamic updates in their turn among the administrator's commands, and the commands on who may send them. */
import { formatIpv4, formatPrefix, parsePrefix } from '../../stack/index.ts'
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { DnsServer } from '../dns/index.ts'
import { SERVER_TYPES } from '../dns/update/update-rules.ts'
import { rcodeName } from '../dns/wire/message.ts'
import { isAtOrBelow, isWildcard, keyOf, parseName } from '../dns/wire/name.ts'
import { isMetaType, typeCode, typeName } from '../dns/wire/type-names.ts'
import { renderStep } from '../events/catalogue.ts'
import type { Answer, PastUpdateView, UpdatePolicyView, UpdateRuleView } from '../facade.ts'
import { type Refusal, refusal, type UpdateNames, type UpdatePolicy, type UpdateRule } from '../model/index.ts'
import type { UpdateSide } from '../network-side.ts'
import type { Write } from '../storage/store.ts'
import { timeText } from '../views.ts'
import type { ZoneBook } from '../zone-book.ts'
import { type CommandTurns, missing } from './turns.ts'

/** Of one zone: each record of an update is held against all of them. */
export const MAX_RULES = 200

export type UpdateCommandsOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly updatePolicies: readonly UpdatePolicy[]
  readonly turns: CommandTurns
}

export class UpdateCommands implements UpdateSide {
  readonly #o: UpdateCommandsOptions

  constructor(options: UpdateCommandsOptions) {
    this.#o = options
    for (const policy of options.updatePolicies) options.dns.updates.setPolicy(policy)
    options.dns.updates.onWaiting = () => void options.turns.take(() => this.#storeWaiting())
  }

  async updatePolicy(zoneName: string): Answer<UpdatePolicyView> {
    const zone = this.#o.dns.zones.get(zoneName)?.zone
    return zone === undefined ? missing(`zone ${zoneName}`) : ok(policyView(this.#o.dns.updates.policyOf(zone.id)))
  }

  setUpdatePolicy(zoneName: string, input: UpdatePolicyView): Answer<UpdatePolicyView> {
    return this.#o.turns.take(async () => {
      const zone = this.#o.dns.zones.get(zoneName)?.zone
      if (zone === undefined) return missing(`zone ${zoneName}`)
      if (input.rules.length > MAX_RULES) return err(refusal('invalid', '/rules', `${input.rules.length} rules are too many`, `use ${MAX_RULES} at most`))
      const rules: UpdateRule[] = []
      for (const [i, view] of input.rules.entries()) {
        const rule = ruleOf(view, zone.name, (key) => this.#o.dns.tsigKeys.find(keyOf(key)) !== undefined)
        if (!rule.ok) return err({ ...rule.error, field: `/rules/${i}${rule.error.field}` })
        rules.push(rule.value)
      }
      const policy: UpdatePolicy = { zoneId: zone.id, rules }
      const stored = await this.#o.turns.store([{ kind: 'update-policy-put', policy }])
      if (!stored.ok) return stored
      this.#o.dns.updates.setPolicy(policy)
      return ok(policyView(policy))
    })
  }

  async recentUpdates(zoneName: string): Answer<readonly PastUpdateView[]> {
    if (this.#o.dns.zones.get(zoneName) === undefined) return missing(`zone ${zoneName}`)
    return ok(this.#o.dns.updates.recent(zoneName).map((past) => ({
      at: timeText(past.at),
      source: formatIpv4(past.source),
      key: past.key ?? null,
      rcode: rcodeName(past.rcode),
      because: past.because[0],
      text: renderStep(past.because),
    })))
  }

  /** What waits is one transaction; nobody is answered before it is on disk. */
  async #storeWaiting(): Answer<null> {
    const { clock, dns, turns, zones } = this.#o
    const batch = dns.updates.begin((zoneId) => zones.pending(zoneId), (edit, serial) => zones.number(edit, serial))
    if (batch === undefined) return ok(null)
    const at = clock.wallMs()
    const writes: Write[] = []
    for (const { edit, soa } of batch.edits) {
      const zone = dns.zones.byId(edit.zoneId)?.zone
      if (soa !== undefined && zone !== undefined) writes.push({ kind: 'zone-put', zone: { ...zone, ...soa, serial: edit.serialAfter } })
      writes.push({ kind: 'zone-edit', at, edit })
    }
    for (const [event, facts] of batch.news) writes.push({ kind: 'event', at, event, facts })
    const stored = writes.length === 0 ? ok(null) : await turns.store(writes)
    for (const { edit, soa } of batch.edits) {
      const zone = dns.zones.byId(edit.zoneId)?.zone
      zones.settled(edit, stored.ok)
      // Afterwards: the journal, which knows no change of the SOA, forgets this edit too.
      if (stored.ok && soa !== undefined && zone !== undefined) dns.changeZone({ ...zone, ...soa, serial: edit.serialAfter })
    }
    batch.settled(stored.ok)
    return stored
  }
}

const policyView = ({ rules }: UpdatePolicy): UpdatePolicyView => ({
  rules: rules.map(({ key, prefix, names, types, touches }) => ({
    key: key ?? null,
    address: prefix === undefined ? null : formatPrefix(prefix),
    names: names.kind,
    name: 'name' in names ? names.name : null,
    types,
    touches,
  })),
})

const invalid = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', field, problem, remedy))

function ruleOf(view: UpdateRuleView, zoneName: string, knowsKey: (key: string) => boolean): Result<UpdateRule, Refusal> {
  const { key, address, touches } = view
  if (key === null && address === null) return invalid('/key', 'the rule says neither a key nor an address, so it would let everybody in', 'name the TSIG key that the updates are signed with')
  if (key !== null && (!parseName(key).ok || !knowsKey(key))) return invalid('/key', `there is no TSIG key ${key}`, 'make the key first')
  const prefix = address === null ? undefined : parsePrefix(address)
  if (address !== null && prefix === undefined) return invalid('/address', `"${address}" is not a prefix`, 'as 10.53.0.9/32 for one address')
  const names = namesOf(view, zoneName)
  if (!names.ok) return names
  const types: string[] = []
  for (const [i, text] of view.types.entries()) {
    const code = typeCode(text)
    if (code === undefined || isMetaType(code)) return invalid(`/types/${i}`, `${text} is not a type that a zone can hold`, 'a mnemonic such as A, AAAA, TXT, or TYPE65400')
    if (SERVER_TYPES.has(code)) return invalid(`/types/${i}`, `${typeName(code)} records are made by the server itself`, 'leave it out')
    types.push(typeName(code))
  }
  return ok({ key: key ?? undefined, prefix, names: names.value, types, touches })
}

function namesOf({ names, name, key }: UpdateRuleView, zoneName: string): Result<UpdateNames, Refusal> {
  switch (names) {
    case 'zone':
    case 'self':
    case 'self-subdomain':
      if (name !== null) return invalid('/name', `the names "${names}" need no name`, 'leave it out')
      if (names !== 'zone' && key === null) return invalid('/names', `"${names}" means the name of the key, and the rule has none`, 'name a key')
      return ok({ kind: names })
    default: {
      const parsed = name === null ? undefined : parseName(name)
      if (name === null || parsed?.ok !== true || !isAtOrBelow(keyOf(name), keyOf(zoneName)))
        return invalid('/name', `${name === null ? 'the rule says no name' : `${name} does not lie in ${zoneName}`}`, `a name at or below ${zoneName}`)
      if (names === 'wildcard' && !isWildcard(keyOf(name))) return invalid('/name', `${name} is not a wildcard`, `*.${name} for all names below it`)
      return ok({ kind: names, name })
    }
  }
}
