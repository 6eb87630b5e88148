/**
 * Policy zones in their order (draft-vixie-dnsop-dns-rpz §5): of all rules that a question or its answer triggers, that of
 * the first zone counts; within a zone the client's address goes before the name asked for, addresses in the answer,
 * names of servers, and addresses of servers. A rule by name waits for the answer where a zone before it might still
 * have something to say.
 */
import { put32 } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Finding } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import { addressesIn } from './answer-addresses.ts'
import { AddressIndex } from './address-index.ts'
import { decisionByAddress, decisionOf } from './decide.ts'
import type { PolicyDecision } from './decision.ts'
import type { AddressRule, HashKey, PolicyList, PolicySet } from './model.ts'
import { NameProbe } from './name-table.ts'
import { rulesFor } from './rule-match.ts'
import type { Asked, RuleMatch } from './rule-match.ts'

/** What is known of a zone's servers; addresses have 4 or 16 octets. */
export type ZoneServers = { readonly names: readonly NameKey[]; readonly addresses: readonly Uint8Array[] }

export class RpzZone {
  readonly list: PolicyList
  readonly #client: AddressIndex
  readonly #answer: AddressIndex
  readonly #server: AddressIndex

  constructor(list: PolicyList) {
    this.list = list
    const by = (trigger: AddressRule['trigger']): AddressIndex => new AddressIndex(list.compiled.addresses.filter((rule) => rule.trigger === trigger))
    this.#client = by('client')
    this.#answer = by('answer')
    this.#server = by('server')
  }

  /** Whether it has rules that need an answer. */
  get isLate(): boolean {
    return !this.#answer.isEmpty || this.needsServers
  }

  get needsServers(): boolean {
    return !this.#server.isEmpty || this.list.compiled.servers.count > 0
  }

  /** What it says of the question alone. */
  byQuestion(probe: NameProbe, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    const rule = this.#client.isEmpty ? undefined : this.#client.find(octetsOf(asked.client))
    if (rule !== undefined) return decisionByAddress(rule, this.list, asked, set)
    // The name itself comes before a wildcard, a longer wildcard before a shorter one.
    const match = rulesFor(probe, this.list, asked.key)[0]
    return match === undefined ? undefined : decisionOf(match, [match], asked, set)
  }

  byAnswer(addresses: readonly Uint8Array[], asked: Asked, set: PolicySet): PolicyDecision | undefined {
    const rule = this.#answer.findAny(addresses)
    return rule === undefined ? undefined : decisionByAddress(rule, this.list, asked, set)
  }

  byServers({ names, addresses }: ZoneServers, probe: NameProbe, asked: Asked, set: PolicySet): PolicyDecision | undefined {
    const match = this.list.compiled.servers.count === 0 ? undefined : firstServer(names, probe, this.list)
    if (match !== undefined) return decisionOf(match, [match], asked, set)
    const rule = this.#server.findAny(addresses)
    return rule === undefined ? undefined : decisionByAddress(rule, this.list, asked, set)
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

function octetsOf(client: Ipv4): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, client)
  return octets
}

/** The rule of the server whose name comes first in canonical order (RFC 4034 §6.1). */
function firstServer(names: readonly NameKey[], probe: NameProbe, list: PolicyList): RuleMatch | undefined {
  for (const name of [...names].sort(canonically)) {
    probe.load(name)
    const match = rulesFor(probe, list, name, 'servers')[0]
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
