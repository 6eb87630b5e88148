/**
 * Policy zones in their order (draft-vixie-dnsop-dns-rpz §5): of all rules that a question or its answer triggers, that of
 * the first zone counts; within a zone the client's address goes before the name asked for, addresses in the answer,
 * names of servers, and addresses of servers. A rule by name waits for the answer where a zone before it might still
 * have something to say.
 */
import type { Prefix } from '../../../stack/index.ts'
import type { Finding } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import { addressesIn } from './answer-addresses.ts'
import { AddressRules, octetsOfIpv4 } from './address-rules.ts'
import { decisionOf } from './decide.ts'
import type { PolicyDecision } from './decision.ts'
import type { HashKey, PolicyList, PolicySet } from './model.ts'
import { NameProbe } from './name-table.ts'
import { zoneRuleFor } from './rpz-names.ts'
import { rulesByAddress } from './rule-match.ts'
import type { Asked, RuleMatch } from './rule-match.ts'

/** What is known of a zone's servers; addresses have 4 or 16 octets. */
export type ZoneServers = { readonly names: readonly NameKey[]; readonly addresses: readonly Uint8Array[] }

export class RpzZone {
  readonly list: PolicyList
  readonly #client: AddressRules
  readonly #answer: AddressRules
  readonly #server: AddressRules

  constructor(list: PolicyList, hashKey: HashKey) {
    this.list = list
    this.#client = new AddressRules(list.compiled, 'client', hashKey)
    this.#answer = new AddressRules(list.compiled, 'answer', hashKey)
    this.#server = new AddressRules(list.compiled, 'server', hashKey)
  }

  /** Clients for whom it has rules of their own. */
  get clients(): readonly Prefix[] {
    return this.#client.prefixes()
  }

  /** Whether it has rules that need an answer. */
  get isLate(): boolean {
    return !this.#answer.isEmpty || this.needsServers
  }

  get needsServers(): boolean {
    return !this.#server.isEmpty || this.list.compiled.servers.count > 0
  }

  /** What it says of the question alone: the name itself before a wildcard, a longer wildcard before a shorter one. */
  byQuestion(probe: NameProbe, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    const byClient = this.#client.isEmpty ? undefined : rulesByAddress(this.#client, [octetsOfIpv4(asked.client)], this.list)[0]
    return this.#decided(byClient ?? zoneRuleFor(probe, this.list, asked.key, 'names'), asked, set)
  }

  byAnswer(addresses: readonly Uint8Array[], asked: Asked, set: PolicySet): PolicyDecision | undefined {
    return this.#decided(rulesByAddress(this.#answer, addresses, this.list)[0], asked, set)
  }

  byServers({ names, addresses }: ZoneServers, probe: NameProbe, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    const byName = this.list.compiled.servers.count === 0 ? undefined : firstServer(names, probe, this.list)
    return this.#decided(byName ?? rulesByAddress(this.#server, addresses, this.list)[0], asked, set)
  }

  #decided(match: RuleMatch | undefined, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    return match && decisionOf(match, [match], asked, set)
  }
}

export class RpzZones {
  readonly #zones: readonly RpzZone[]
  readonly #probe: NameProbe
  /** Whether answers must be looked at. */
  readonly areLate: boolean

  constructor(zones: readonly RpzZone[], hashKey: HashKey) {
    this.#zones = zones
    this.#probe = new NameProbe(hashKey)
    this.areLate = zones.some(({ isLate }) => isLate)
  }

  get clients(): readonly Prefix[] {
    return this.#zones.flatMap(({ clients }) => clients)
  }

  get lists(): readonly PolicyList[] {
    return this.#zones.map(({ list }) => list)
  }

  decideName(probe: NameProbe, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    let waits = false
    for (const zone of this.#zones) {
      const decision = zone.byQuestion(probe, asked, set)
      if (decision !== undefined) return waits ? undefined : decision
      waits ||= zone.isLate
    }
    return undefined
  }

  decideFinding(
    probe: NameProbe, asked: Asked, finding: Finding, set: PolicySet, serversOf: (zone: NameKey) => ZoneServers,
  ): PolicyDecision | undefined {
    const addresses = addressesIn(finding, false)
    let servers: ZoneServers | undefined
    for (const zone of this.#zones) {
      const decision = zone.byQuestion(probe, asked, set) ?? zone.byAnswer(addresses, asked, set)
      if (decision !== undefined) return decision
      if (!zone.needsServers) continue
      const byServer = zone.byServers((servers ??= serversOf(finding.zone)), this.#probe, asked, set)
      if (byServer !== undefined) return byServer
    }
    return undefined
  }
}

/** The rule of the server whose name comes first in canonical order (RFC 4034 §6.1). */
function firstServer(names: readonly NameKey[], probe: NameProbe, list: PolicyList): RuleMatch | undefined {
  for (const name of [...names].sort(canonically)) {
    probe.load(name)
    const match = zoneRuleFor(probe, list, name, 'servers')
    if (match !== undefined) return match
  }
  return undefined
}

function canonically(a: NameKey, b: NameKey): number {
  const [left, right] = [labelsOf(a), labelsOf(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return (left[i] as string) < (right[i] as string) ? -1 : 1
  }
  return left.length - right.length
}

/** From the top down. */
function labelsOf(key: NameKey): string[] {
  const labels: string[] = []
  for (let at = 0; key.charCodeAt(at) !== 0; at += 1 + key.charCodeAt(at)) labels.unshift(key.slice(at + 1, at + 1 + key.charCodeAt(at)))
  return labels
}
