/** Policy engines with lists out of texts, for tests. */
import { compileListAtOnce, PolicyEngine } from '../../services/dns/index.ts'
import type { CompiledList, ListFormat, ListKind, PolicyDecision, PolicyList, PolicyPorts, PolicySet } from '../../services/dns/index.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { TRUST } from '../../services/dns/resolver/finding.ts'
import { keyOf, name } from '../../services/dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../../services/dns/wire/rdata.ts'
import { typeCode, typeName } from '../../services/dns/wire/type-names.ts'
import { ipv4, parseInterfaceAddress } from '../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../stack/platform/index.ts'

export type TextList = { readonly format?: ListFormat | 'auto'; readonly kind?: ListKind; readonly text: string; readonly important?: boolean }

export const EVERYBODY: PolicySet = {
  name: 'default', clients: [{ network: 0, length: 0 }], schedule: undefined, lists: [], answer: 'nxdomain', ttl: 10,
  rebinding: 'auto', rebindingExceptions: [], dns64: undefined,
}

export class PolicyBench {
  readonly clock = new VirtualClock(Date.UTC(2026, 10, 22, 12))
  readonly engine: PolicyEngine
  #lists: readonly PolicyList[] = []

  constructor(ports: Partial<PolicyPorts> = {}) {
    this.engine = new PolicyEngine({
      clock: this.clock, random: new SeededRandom(7), serversOf: () => ({ names: [], addresses: [] }), isLocal: () => false, isOwn: () => false, ...ports,
    })
  }

  compile({ text, format = 'auto', kind = 'block' }: TextList): CompiledList {
    return compileListAtOnce(Buffer.from(text), { format, kind, hashKey: this.engine.hashKey })
  }

  /** Lists by name, all of which count for the sets that name none. */
  lists(lists: { readonly [name: string]: TextList }): this {
    this.#lists = Object.entries(lists).map(([listName, list]) => ({ name: listName, compiled: this.compile(list), important: list.important ?? false }))
    this.engine.setLists(this.#lists)
    return this.sets({})
  }

  sets(...sets: readonly Partial<PolicySet>[]): this {
    this.engine.setSets(sets.map((set) => ({ ...EVERYBODY, lists: this.#lists.map((list) => list.name), ...set })))
    return this
  }

  /** "nxdomain by ads: ||ads.example^", "A 192.0.2.1 by …", or "-". */
  ask(text: string, type = 'A', client = '10.0.0.1'): string {
    const from = ipv4(client)
    return told(this.engine.decideName(this.engine.policySetOf(from), keyOf(text), typeCode(type) as number, from))
  }

  find(found: Finding, client = '10.0.0.1'): string {
    const from = ipv4(client)
    return told(this.engine.decideFinding(this.engine.policySetOf(from), found, from))
  }
}

export function told(decision: PolicyDecision | undefined): string {
  if (decision === undefined) return '-'
  const { action, list, rule } = decision
  const what = action !== 'records' ? action : decision.rrsets.map(({ type, rdata }) => `${typeName(type)} ${rdata.map((data) => formatRdata(type, data)).join(' ')}`).join(', ')
  return `${what} by ${list}: ${rule}`
}

/** A finding with records in one line each: "www.example A 192.0.2.1". The first one's owner was asked for. */
export function finding(kind: Finding['kind'], text: string, more: Partial<Finding> = {}): Finding {
  const [owner, type, ...data] = text.split(' ') as [string, string, ...string[]]
  const code = typeCode(type) as number
  const values = kind === 'rrset' || kind === 'alias' ? data.join(' ').split(' | ') : []
  const rdata = values.map((value) => {
    const parsed = parseRdataText(code, value, { relative: 'never' })
    if (!parsed.ok) throw new Error(`${value}: ${parsed.error.what}`)
    return parsed.value
  })
  return {
    owner: keyOf(owner), type: code, kind, answer: rdata.length === 0 ? [] : [{ rrset: { name: name(owner), type: code, ttl: 300, rdata }, signatures: undefined }],
    authority: [], trust: TRUST.answer, security: 'insecure', fault: undefined, storedAt: 0, expiresAt: 300_000, source: '8.8.8.8', zone: keyOf('.'), ...more,
  }
}

export const prefix = (text: string) => {
  const parsed = parseInterfaceAddress(text)
  if (parsed === undefined) throw new Error(text)
  return parsed.prefix
}

