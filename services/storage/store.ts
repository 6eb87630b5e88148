/**
 * What is kept, as questions and commands in domain words. SQLite does it, on a file or, for tests, in memory (ADR 0003).
 * No SQL and no file outside services/storage.
 *
 * Everything that changes is a Write; a Transaction is a list of them that is on disk together or not at all. When
 * commit() returns ok, it survives kill -9 and power loss.
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import type { HistoryPiece } from '../dns/index.ts'
import type { TrustSnapshot, TrustWrite } from './trust-rows.ts'
import type {
  Catalog, CatalogMember, DhcpConfiguration, DhcpItem, DhcpKind, DnsRecord, Facts, ForwardRule, HostGroup, Lease, LeaseChange, ListState, NetworkInterface,
  Policy, PolicyList, PolicyRule, SealedKey, SecondaryZone, StaticNeighbour, StaticRoute, TransferPolicy, TsigKey, UpdatePolicy, View, Zone,
  ZoneEdit, ZoneSigningPolicy,
} from '../model/index.ts'

export type Write =
  | { readonly kind: 'lease'; readonly at: number; readonly change: LeaseChange }
  | { readonly kind: 'zone-edit'; readonly at: number; readonly edit: ZoneEdit }
  | { readonly kind: 'zone-put'; readonly zone: Zone }
  | { readonly kind: 'zone-remove'; readonly id: number }
  | DhcpPut
  | { readonly kind: 'dhcp-remove'; readonly what: DhcpKind; readonly id: number }
  | { readonly kind: 'interface-put'; readonly interface: NetworkInterface }
  | { readonly kind: 'interface-remove'; readonly name: string }
  | { readonly kind: 'route-put'; readonly route: StaticRoute }
  | { readonly kind: 'route-remove'; readonly id: number }
  | { readonly kind: 'neighbour-put'; readonly neighbour: StaticNeighbour }
  | { readonly kind: 'neighbour-remove'; readonly interfaceName: string; readonly address: Ipv4 }
  | { readonly kind: 'transfer-policy-put'; readonly policy: TransferPolicy }
  /** All of them, in their order. */
  | { readonly kind: 'views-put'; readonly views: readonly View[] }
  | { readonly kind: 'forward-rule-put'; readonly rule: ForwardRule }
  | { readonly kind: 'forward-rule-remove'; readonly id: number }
  | { readonly kind: 'trust'; readonly write: TrustWrite }
  | { readonly kind: 'update-policy-put'; readonly policy: UpdatePolicy }
  | PolicyWrite
  | { readonly kind: 'catalog-put'; readonly catalog: Catalog }
  | { readonly kind: 'catalog-remove'; readonly zoneId: number }
  | { readonly kind: 'catalog-member-put'; readonly member: CatalogMember }
  | { readonly kind: 'secondary-put'; readonly secondary: SecondaryZone }
  | { readonly kind: 'secondary-remove'; readonly zoneId: number }
  | { readonly kind: 'signing-policy-put'; readonly policy: ZoneSigningPolicy }
  | { readonly kind: 'dnssec-key-put'; readonly key: SealedKey }
  | { readonly kind: 'dnssec-key-remove'; readonly id: number }
  | { readonly kind: 'tsig-key-put'; readonly key: TsigKey }
  | { readonly kind: 'tsig-key-remove'; readonly name: string }
  | { readonly kind: 'event'; readonly at: number; readonly event: string; readonly facts: Facts }
  | { readonly kind: 'setting'; readonly name: string; readonly value: string }
  | { readonly kind: 'token'; readonly name: string; readonly sha256: Uint8Array; readonly at: number }

/** What is blocked for whom. A list takes its state with it. */
export type PolicyWrite =
  | { readonly kind: 'policy-list-put'; readonly list: PolicyList }
  | { readonly kind: 'policy-list-state'; readonly state: ListState }
  | { readonly kind: 'policy-list-remove'; readonly name: string }
  | { readonly kind: 'policy-rule-put'; readonly rule: PolicyRule }
  | { readonly kind: 'policy-rule-remove'; readonly id: number }
  /** All of them, in their order. */
  | { readonly kind: 'policies-put'; readonly policies: readonly Policy[] }
  | { readonly kind: 'host-group-put'; readonly group: HostGroup }
  | { readonly kind: 'host-group-remove'; readonly name: string }

/** One entry of the DHCP configuration, new or changed. */
export type DhcpPut = {
  readonly [K in DhcpKind]: { readonly kind: 'dhcp-put'; readonly what: K; readonly item: DhcpItem<K> }
}[DhcpKind]

export type Transaction = readonly Write[]

/** full: no space. read-only: the file or its directory cannot be written. failed: anything else, with its text. */
export type StoreFault = { readonly kind: 'full' | 'read-only' | 'failed'; readonly detail: string }

/** All that the network side keeps live. */
export type Snapshot = {
  readonly dhcp: DhcpConfiguration
  readonly leases: Iterable<Lease>
  readonly zones: readonly { readonly zone: Zone; readonly records: Iterable<DnsRecord> }[]
  /** Those besides the first, in the order of their names. */
  readonly interfaces: readonly NetworkInterface[]
  readonly routes: readonly StaticRoute[]
  readonly neighbours: readonly StaticNeighbour[]
  readonly tsigKeys: readonly TsigKey[]
  readonly transferPolicies: readonly TransferPolicy[]
  readonly updatePolicies: readonly UpdatePolicy[]
  /** In their order. */
  readonly views: readonly View[]
  readonly policy: StoredPolicy
  readonly forwardRules: readonly ForwardRule[]
  readonly trust: TrustSnapshot
  readonly secondaries: readonly SecondaryZone[]
  readonly catalogs: readonly Catalog[]
  readonly catalogMembers: readonly CatalogMember[]
  readonly signingPolicies: readonly ZoneSigningPolicy[]
  /** In the order in which they were made. */
  readonly dnssecKeys: readonly SealedKey[]
  readonly settings: ReadonlyMap<string, string>
  /** Ids above these are free: nothing that is stored has them, or names them after they are gone. */
  readonly lastIds: {
    readonly dhcp: { readonly [K in DhcpKind]: number }
    readonly zone: number
    readonly record: number
    readonly route: number
    readonly forwardRule: number
    readonly trustAnchor: number
    readonly dnssecKey: number
    readonly policyRule: number
  }
}

export type StoredPolicy = {
  readonly lists: readonly PolicyList[]
  readonly states: readonly ListState[]
  readonly rules: readonly PolicyRule[]
  /** In their order; none: nobody has said anything yet. */
  readonly policies: readonly Policy[]
  readonly groups: readonly HostGroup[]
}

/** A snapshot with all rows in hand. */
export type LoadedSnapshot = Omit<Snapshot, 'leases' | 'zones'> & {
  readonly leases: readonly Lease[]
  readonly zones: readonly { readonly zone: Zone; readonly records: readonly DnsRecord[] }[]
}

/** One holding of an address. */
export type LeaseHolding = {
  readonly id: number
  readonly address: number
  readonly mac: string
  readonly clientId: string | undefined
  readonly hostName: string | undefined
  readonly from: number
  readonly to: number | undefined
  readonly ended: string | undefined
}

/** A record that was added or removed, as it was; the id is the change's own. */
export type RecordChange = DnsRecord & {
  readonly at: number
  readonly serial: number
  readonly action: 'add' | 'remove'
  readonly author: string | undefined
}

/** What one edit did to a zone. */
export type ZoneVersion = {
  /** Of the last of its rows: the mark of a page. */
  readonly id: number
  /** The zone's serial after it. */
  readonly serial: number
  readonly at: number
  readonly added: number
  readonly removed: number
  readonly author: string | undefined
  /** Owners of the records that it changed, each once. */
  readonly owners: readonly DnsRecord['owner'][]
}

export type StoredEvent = { readonly id: number; readonly at: number; readonly event: string; readonly facts: Facts }

export type LeaseQuery = {
  readonly mac?: string | undefined
  /** int32, as everywhere in memory. */
  readonly address?: number | undefined
  readonly hostName?: string | undefined
  readonly state?: Lease['state'] | undefined
  readonly subnetId?: number | undefined
}
/** Of the past: what was held at any time of a period, wall time in ms, both ends included. */
export type HoldingQuery = LeaseQuery & { readonly during?: { readonly from: number; readonly to: number } | undefined }

/** Reading. `after` is the id or address that the last page ended with; pages are in ascending order of it. */
export interface StoreReader {
  /** What is stored now. Leases and records are read as they are walked through: walk before anything is committed. */
  snapshot(): Snapshot
  leases(query: LeaseQuery, limit: number, after: number | undefined): readonly Lease[]
  /** Bound leases with an address in first … last, both included. */
  countBound(first: number, last: number): number
  /** Newest first; `before` is the id that the last page ended with. */
  leaseHistory(query: HoldingQuery, limit: number, before: number | undefined): readonly LeaseHolding[]
  /** In the order in which they were made; `after` is the id that the last page ended with. */
  records(
    zoneId: number,
    query: { readonly name?: string | undefined; readonly type?: string | undefined; readonly owner?: string | undefined },
    limit: number,
    after: number | undefined,
  ): readonly DnsRecord[]
  countRecords(zoneId: number): number
  /** Whether a zone is a copy of another server's. */
  isSecondary(zoneId: number): boolean
  /** Newest first. */
  recordHistory(
    zoneId: number,
    query: { readonly name?: string | undefined; readonly type?: string | undefined; readonly owner?: string | undefined },
    limit: number,
    before: number | undefined,
  ): readonly RecordChange[]
  /** All records of a zone as they are in one moment, and the serial of that. */
  zoneContents(zoneId: number): { readonly serial: number; readonly records: readonly DnsRecord[] }
  /** What each edit did, newest first; `before` is the id that the last page ended with. */
  zoneVersions(zoneId: number, limit: number, before: number | undefined): readonly ZoneVersion[]
  /**
   * What the latest edits did whose serials are wanted, back to the first that is not, oldest first; undefined: the
   * history does not reach back to one that is not.
   */
  latestChanges(zoneId: number, wanted: (serial: number) => boolean): readonly RecordChange[] | undefined
  /** The data of the URL record at a name, letter case ignored. */
  urlAt(name: string): string | undefined
  /** What the edit with this serial did, oldest first. */
  versionChanges(zoneId: number, serial: number): readonly RecordChange[]
  /** What has changed in a zone, from its end or before `before` back, a piece at a time: some milliseconds each. */
  historyPiece(zoneId: number, before: number | undefined): HistoryPiece
  /** Newest first. */
  events(limit: number, before: number | undefined): readonly StoredEvent[]
  tokenHashes(): readonly Uint8Array[]
  /** What the token with this hash is called. */
  tokenName(sha256: Uint8Array): string | undefined
  close(): void
}

export interface Store extends StoreReader {
  load(): LoadedSnapshot
  /**
   * Commits all transactions with one fsync. The answer has one entry per transaction: undefined when it is on disk,
   * else why it is not. A transaction that fails for a reason of its own does not take the others with it.
   */
  commit(transactions: readonly Transaction[]): readonly (StoreFault | undefined)[]
}

/** Why a database cannot be used; said at start-up, with what to do. */
export type OpenFault = { readonly problem: string; readonly remedy: string }
export type Opened<T> = Result<T, OpenFault>
