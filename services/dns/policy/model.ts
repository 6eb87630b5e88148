/**
 * What the policy engine works with: lists that were compiled from text or from a policy zone, the sets of them that
 * count for clients, and when. All of it is plain data (structured-clone safe): lists are compiled on another thread and
 * handed over.
 */
import type { Prefix } from '../../../stack/index.ts'
import type { NameKey } from '../wire/name.ts'
import type { Dns64Prefix } from '../resolver/dns64.ts'
import type { AddressTrigger } from './address-rules.ts'
import type { NamePattern } from './name-pattern.ts'
import type { Schedule } from './schedule.ts'

/**
 * How a list is written. hosts: "0.0.0.0 ads.example", each name for itself alone. domains: a name a line, with all below
 * it. adblock: "||ads.example^" and its kin. rpz: a response policy zone as a master file.
 */
export const LIST_FORMATS = ['hosts', 'domains', 'adblock', 'rpz'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** What a plain entry of a list says of its name; an adblock list's "@@" and an RPZ's actions say it themselves. */
export type ListKind = 'block' | 'allow'

/** A line that no rule came of. */
export type NotUnderstood = { readonly line: number; readonly text: string; readonly reason: string }

export type ListReport = {
  readonly format: ListFormat
  readonly lines: number
  /** Rules in force; one hosts line may make several. */
  readonly rules: number
  /** Said again. */
  readonly duplicates: number
  readonly notUnderstood: number
  /** The first of them. */
  readonly examples: readonly NotUnderstood[]
  /** Memory of the compiled form. */
  readonly octets: number
}

/** For which names below a rule's own it counts. none: it is no rule, but the name is there (see rpz-names.ts). */
export const SCOPE = { none: 0, exact: 1, subtree: 2, below: 3 } as const
export type Scope = (typeof SCOPE)[keyof typeof SCOPE]

const BEFORE_NAME = { [SCOPE.none]: '', [SCOPE.exact]: '|', [SCOPE.subtree]: '||', [SCOPE.below]: '||*.' } as const

/** A rule as adblock lists write it; `whole`: what stands before the modifiers, where name and scope do not say it. */
export const adblockText = (
  name: string, scope: Scope, allows: boolean, modifiers: readonly string[], whole = `${BEFORE_NAME[scope]}${name === '.' ? '*' : name}^`,
): string =>
  `${allows ? '@@' : ''}${whole}${modifiers.length > 0 ? `$${[...modifiers].sort().join(',')}` : ''}`

/** What a rule does. `block`: whatever the policy set answers with. `detail`: more than fits here, see RuleDetail. */
export const ACTION = { block: 0, allow: 1, nxdomain: 2, nodata: 3, refused: 4, drop: 5, 'tcp-only': 6, detail: 7 } as const
export type Action = (typeof ACTION)[keyof typeof ACTION]
export type PlainAction = Exclude<keyof typeof ACTION, 'detail'>

/** Records of a rule, without owner: that is the name asked for. A CNAME to "*.x" puts the name asked for in the star's place. */
export type RuleRecords = readonly {
  readonly type: number
  /** Seconds; undefined: the policy set's. */
  readonly ttl: number | undefined
  readonly rdata: readonly Uint8Array[]
}[]

/** A rule that says more than name and action. */
export type RuleDetail = {
  readonly line: number
  /** As it is written. */
  readonly text: string
  readonly action: PlainAction | 'records'
  readonly records?: RuleRecords
  /** Made by $dnsrewrite: it goes before blocks, and `@@…$dnsrewrite` takes it away. */
  readonly rewrite?: boolean
  /** Only names that look so. */
  readonly pattern?: NamePattern
  /** Only these types of questions, or all but these. */
  readonly types?: { readonly not: boolean; readonly codes: readonly number[] }
  /** Only these clients, or all but these. */
  readonly clients?: { readonly not: boolean; readonly prefixes: readonly Prefix[] }
  /** Names, with all below them, for which the rule does not count. */
  readonly except?: readonly NameKey[]
  /** An adblock rule in one way of the many that it can be written in: `$badfilter` compares by it. */
  readonly form?: string
  /** `$badfilter`: the form of the rules that it takes away, from whatever list. */
  readonly cancels?: string
}

/** Rules by name: an open hash table over records in an arena; name-table.ts has the layout. */
export type NameTable = {
  readonly tags: Uint8Array<ArrayBuffer>
  readonly slots: Uint32Array<ArrayBuffer>
  readonly arena: Uint8Array<ArrayBuffer>
  readonly count: number
}

/** What the keys of hash tables depend on, so that no list and no client can make names collide. */
export type HashKey = readonly [number, number]

export type CompiledList = {
  readonly format: ListFormat
  readonly kind: ListKind
  readonly hashKey: HashKey
  readonly names: NameTable
  /** Rules by the name of a server that an answer's zone has (rpz-nsdname). */
  readonly servers: NameTable
  /** Rules by address, see address-rules.ts. */
  readonly addresses: NameTable
  /** Lengths of their prefixes, the longest first; of IPv4 addresses 4 octets, of IPv6 16. */
  readonly prefixLengths: readonly { readonly trigger: AddressTrigger; readonly octets: number; readonly length: number }[]
  readonly details: readonly RuleDetail[]
  readonly report: ListReport
}

/** A list as the engine has it. */
export type PolicyList = {
  readonly name: string
  readonly compiled: CompiledList
  /** Its rules go before those of all other lists, as if each said $important: what people of this network wrote. */
  readonly important: boolean
}

/** What a client gets for a blocked name. null: 0.0.0.0 and ::. */
export const BLOCK_ANSWERS = ['nxdomain', 'nodata', 'refused', 'null'] as const
export type BlockAnswer = (typeof BLOCK_ANSWERS)[number]

/**
 * Whether public names may have addresses of private networks (DNS rebinding). auto: checked, unless the server that
 * answered has such an address itself.
 */
export const REBINDING_CHECKS = ['auto', 'yes', 'no'] as const
export type RebindingCheck = (typeof REBINDING_CHECKS)[number]

/** What counts for some clients. Of several that hold a client and are in force, the first counts. */
export type PolicySet = {
  readonly name: string
  /** Clients by address; segments, host groups and single addresses all come to this. */
  readonly clients: readonly Prefix[]
  /** When it is in force; undefined: always. */
  readonly schedule: Schedule | undefined
  /** By name. Policy zones (rpz) are asked in this order, after all other lists. */
  readonly lists: readonly string[]
  readonly answer: BlockAnswer
  /** TTL of what takes the place of an answer. Seconds. */
  readonly ttl: number
  readonly rebinding: RebindingCheck
  /** Names, with all below them, that may have addresses of private networks. */
  readonly rebindingExceptions: readonly NameKey[]
  /** Where its clients have no IPv4: AAAA records are made of A records. */
  readonly dns64: Dns64Prefix | undefined
}

/** Until then (wall clock, ms) the lists do not count; of one set, or of all. */
export type Pause = { readonly set: string | undefined; readonly until: number }

/** Bounds: the set's number is an octet of the answer table's key; lists are asked one by one. */
export const MAX_POLICY_SETS = 32
export const MAX_LISTS = 32
export const DEFAULT_BLOCKED_TTL = 10
