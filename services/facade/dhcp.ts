/** What DHCP serves, as texts: sites, segments, subnets, pools, classes, hosts and option definitions. */
import type { ClientMessageType } from '../dhcp/index.ts'
import type { AllocatorName, DhcpKind, IdentifierKind, OptionSet, OptionValue, Refusal, SegmentPolicy } from '../model/index.ts'
import type { Answer } from './common.ts'
import type { DecisionView } from './reasons.ts'

/** What every level can say; null is inherited. For nextServer "0.0.0.0" and for the texts "" is "none". */
export type LevelFields = {
  readonly options: OptionSet
  readonly leaseSeconds: number | null
  readonly minLeaseSeconds: number | null
  readonly maxLeaseSeconds: number | null
  /** T1 and T2. */
  readonly renewSeconds: number | null
  readonly rebindSeconds: number | null
  readonly nextServer: string | null
  readonly serverName: string | null
  readonly bootFile: string | null
}

export type SiteInput = LevelFields & { readonly name: string }

type Nullable<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> | (undefined extends T[K] ? null : never) }
export type PolicyView = Nullable<SegmentPolicy>

export type SegmentInput = LevelFields & {
  readonly name: string
  readonly siteId: number
  readonly interface: string | null
  readonly relays: readonly string[]
  readonly domain: string | null
  /** Parts that are left out of a change stay as they are. */
  readonly policy: Partial<PolicyView>
}
export type SegmentView = Omit<SegmentInput, 'policy'> & {
  readonly id: number
  readonly policy: PolicyView
  readonly subnets: readonly string[]
  /** Since when clients go without an address, and how many requests that were; null and 0 while nobody does. */
  readonly exhaustedSince: string | null
  readonly refused: number
}

export type SubnetInput = LevelFields & {
  /** "10.53.0.0/24" */
  readonly prefix: string
  /** The segment by its id, or by an interface that it is on (made if there is none). Neither: a segment of its own. */
  readonly segmentId: number | null
  readonly interface: string | null
  readonly domain: string | null
}
export type SubnetView = Omit<SubnetInput, 'segmentId'> & {
  readonly id: number
  readonly segmentId: number
  /** The segment's name. */
  readonly segment: string
  /** Addresses in its pools, and how many of those are bound now. */
  readonly poolSize: number
  readonly bound: number
}

export type PoolInput = LevelFields & {
  readonly subnetId: number
  readonly first: string
  readonly last: string
  /** Classes by name; both empty: everybody. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly allocator: AllocatorName
}
export type PoolView = PoolInput & { readonly id: number; readonly size: number; readonly bound: number }

export type ClassInput = LevelFields & {
  readonly name: string
  readonly priority: number
  readonly test: string | null
  readonly denied: boolean
  readonly leaseLimit: number | null
}

export type IdentifierView = { readonly kind: IdentifierKind; readonly value: string }
export type HostInput = LevelFields & {
  readonly name: string | null
  readonly identifiers: readonly IdentifierView[]
  readonly addresses: readonly string[]
  readonly classes: readonly string[]
  readonly denied: boolean
  readonly tags: readonly string[]
  readonly comment: string | null
}

export type OptionDefinitionInput = {
  readonly code: number
  readonly name: string
  readonly type: string
  readonly array: boolean
  readonly space: string | number
}

export type DhcpInputs = {
  readonly sites: SiteInput
  readonly segments: SegmentInput
  readonly subnets: SubnetInput
  readonly pools: PoolInput
  readonly classes: ClassInput
  readonly hosts: HostInput
  readonly optionDefinitions: OptionDefinitionInput
}
type WithId<T> = T & { readonly id: number }
export type SiteView = WithId<SiteInput>
export type ClassView = WithId<ClassInput>
export type HostView = WithId<HostInput>
export type OptionDefinitionView = WithId<OptionDefinitionInput>
export type DhcpViews = {
  readonly sites: SiteView
  readonly segments: SegmentView
  readonly subnets: SubnetView
  readonly pools: PoolView
  readonly classes: ClassView
  readonly hosts: HostView
  readonly optionDefinitions: OptionDefinitionView
}

/** What was accepted although it looks like a slip. */
export type WarningView = Pick<Refusal, 'field' | 'problem' | 'remedy'>
export type WithWarnings<T> = T & { readonly warnings: readonly WarningView[] }

/** A client as a person describes it; null for what is not known. */
export type ClientInput = {
  readonly mac: string
  readonly clientId: string | null
  readonly uuid: string | null
  readonly hostName: string | null
  readonly vendorClass: string | null
  readonly userClass: string | null
  readonly architecture: number | null
  readonly circuitId: string | null
  readonly remoteId: string | null
  /** The prefix of the subnet that it is on; null: that of its host entry, else the first. */
  readonly subnet: string | null
}
export type EffectiveSettingsView = {
  readonly segment: string
  readonly subnet: string
  /** One that it could have; what counts may differ from pool to pool. */
  readonly address: string
  readonly host: string | null
  readonly classes: readonly string[]
  /** Lease times and boot fields. */
  readonly settings: readonly { readonly name: string; readonly value: string | number; readonly origin: string }[]
  /** null: taken away by its origin. */
  readonly options: readonly { readonly code: number; readonly name: string; readonly value: OptionValue; readonly origin: string }[]
}

type Written<T> = Partial<T> & { readonly [field: string]: unknown }
/**
 * The whole model as one document. Entries are as they are created, except that they name each other: "site" of a
 * segment, "segment" of a subnet, "subnet" of a pool (its prefix). What is left out is as by default.
 */
export type DhcpDocument = {
  readonly sites?: readonly Written<SiteInput>[]
  readonly segments?: readonly Written<SegmentInput>[]
  readonly subnets?: readonly Written<SubnetInput>[]
  readonly pools?: readonly Written<PoolInput>[]
  readonly classes?: readonly Written<ClassInput>[]
  readonly hosts?: readonly Written<HostInput>[]
  readonly optionDefinitions?: readonly Written<OptionDefinitionInput>[]
}
export const OTHER_SERVERS = ['kea', 'dnsmasq'] as const
export type OtherServer = (typeof OTHER_SERVERS)[number]
export type ForeignExportView = {
  /** The file. */
  readonly text: string
  /** What it cannot say. */
  readonly notes: readonly { readonly of: string; readonly problem: string; readonly remedy: string }[]
}
export type ImportView = {
  readonly dryRun: boolean
  readonly changes: readonly { readonly what: string; readonly name: string; readonly how: 'added' | 'changed' | 'removed' }[]
  readonly warnings: readonly WarningView[]
}

/** A request that nobody sent: described, or as octets. Of what is not given, the least is taken. */
export type WhatIfInput = Omit<ClientInput, 'mac'> & {
  /** Needed where there is no packet. */
  readonly mac: string | null
  readonly messageType: ClientMessageType
  /** Where it comes in. */
  readonly interface: string | null
  readonly giaddr: string | null
  readonly ciaddr: string | null
  /** Options 50, 54 and 55. */
  readonly requestedAddress: string | null
  readonly serverIdentifier: string | null
  readonly parameterRequestList: readonly number[] | null
  /** Option 81, with the flags of a client that leaves its names to the server (RFC 4702 §2.1: S and E). */
  readonly fqdn: string | null
  /** Any options, by the names of the option table or as option-N; null: it does not send that one. */
  readonly options: OptionSet | null
  /** The UDP payload in hexadecimal; then of the other fields only the interface counts. */
  readonly packet: string | null
}
export type WhatIfReplyView = {
  /** Where it would go: "relay 10.1.0.1", an address, a hardware address, "everybody". */
  readonly to: string
  readonly address: string
  /** origin: the level that says it, "protocol", or "the client" for what it sent itself. */
  readonly options: readonly { readonly code: number; readonly name: string; readonly value: OptionValue; readonly origin: string }[]
  readonly bytes: string
}
export type WhatIfView = {
  readonly request: string
  readonly interface: string
  readonly mac: string
  readonly address: string | null
  readonly received: string
  /** 'OFFER', 'ACK', 'NAK', or 'none'. */
  readonly sent: string
  readonly steps: DecisionView['steps']
  readonly reply: WhatIfReplyView | null
  /** What was taken for granted instead of asked on the wire. */
  readonly assumed: readonly string[]
  /** Hosts and classes that do not count, and why. */
  readonly whyNot: readonly { readonly subject: string; readonly because: string }[]
}

export interface DhcpServices {
  /** What would happen to a request. Changes nothing and sends nothing. */
  whatIf(question: WhatIfInput): Answer<WhatIfView>
  exportConfiguration(): Answer<DhcpDocument>
  /** The whole model as the configuration of another server. */
  exportFor(server: OtherServer): Answer<ForeignExportView>
  /** Makes the document the configuration, in one transaction; with `dryRun` only says what would change. */
  importConfiguration(document: DhcpDocument, dryRun: boolean): Answer<ImportView>
  /** Every value that counts for a client, and the level that says it. */
  effectiveSettings(client: ClientInput): Answer<EffectiveSettingsView>
  list<K extends DhcpKind>(kind: K): Answer<readonly DhcpViews[K][]>
  get<K extends DhcpKind>(kind: K, id: number): Answer<DhcpViews[K]>
  add<K extends DhcpKind>(kind: K, input: DhcpInputs[K]): Answer<WithWarnings<DhcpViews[K]>>
  change<K extends DhcpKind>(kind: K, id: number, change: Partial<DhcpInputs[K]>): Answer<WithWarnings<DhcpViews[K]>>
  remove(kind: DhcpKind, id: number): Answer<null>
}
