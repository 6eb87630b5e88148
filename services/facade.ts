/**
 * What the admin API, the console and the tests may ask of the appliance. Every method is one user action: it is done
 * and durable when the promise resolves with ok, or refused and nothing has changed.
 * Views are JSON: addresses and names are text, times are RFC 3339 UTC ("2026-11-22T03:11:00.000Z").
 */
import type { Result } from '../stack/platform/index.ts'
import type { OptionSet, Refusal } from './model/index.ts'

export type Page<T> = { readonly items: readonly T[]; /** Pass as `after` for the next page; null on the last. */ readonly next: string | null }
export type Paging = { /** 1 to 1000 */ readonly limit: number; readonly after?: string | undefined }

export type HealthView = {
  /** 'ok', 'degraded' (answers, but something a person must see to), 'failing' (no ACKs or no answers). */
  readonly status: 'ok' | 'degraded' | 'failing'
  readonly version: string
  readonly startedAt: string
  /** One entry per part: 'network', 'storage', 'decisions', 'dhcp', 'dns', 'upstreams'. */
  readonly checks: readonly { readonly name: string; readonly status: 'ok' | 'degraded' | 'failing'; readonly detail: string }[]
}

export type LeaseView = {
  readonly address: string
  readonly subnet: string
  readonly state: 'bound' | 'released' | 'expired' | 'declined'
  readonly mac: string
  readonly clientId: string | null
  readonly hostName: string | null
  readonly name: string | null
  readonly reservationId: number | null
  readonly startedAt: string
  readonly renewedAt: string
  readonly expiresAt: string | null
}
export type LeaseFilter = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly state?: LeaseView['state'] | undefined
  readonly subnet?: string | undefined
}
/** One holding of an address: who had it from when to when. */
export type LeaseHistoryView = {
  readonly address: string
  readonly mac: string
  readonly clientId: string | null
  readonly hostName: string | null
  readonly from: string
  readonly to: string | null
  /** 'released', 'expired', 'declined', 'released by administrator', 'taken over'; null while held. */
  readonly ended: string | null
}

export type SubnetInput = {
  /** "10.53.0.0/24" */
  readonly prefix: string
  readonly interface: string
  readonly leaseSeconds: number
  readonly minLeaseSeconds: number
  readonly maxLeaseSeconds: number
  readonly domain: string | null
  readonly options: OptionSet
}
export type SubnetView = SubnetInput & {
  readonly id: number
  /** Addresses in its pools, and how many of those are bound now. */
  readonly poolSize: number
  readonly bound: number
}
export type PoolInput = { readonly subnetId: number; readonly first: string; readonly last: string }
export type PoolView = PoolInput & { readonly id: number; readonly size: number; readonly bound: number }
export type ReservationInput = {
  readonly subnetId: number
  readonly address: string
  readonly mac: string | null
  readonly clientId: string | null
  readonly name: string | null
  readonly options: OptionSet
  readonly comment: string | null
}
export type ReservationView = ReservationInput & { readonly id: number }

export type ZoneInput = {
  readonly name: string
  readonly primaryServer: string | null
  readonly hostmaster: string | null
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
  readonly defaultTtl: number
}
export type ZoneView = {
  readonly id: number
  readonly serial: number
  readonly records: number
} & { readonly [K in keyof ZoneInput]: NonNullable<ZoneInput[K]> }
export type RecordInput = {
  /** Relative to the zone ("www", "@") or absolute with a trailing dot. */
  readonly name: string
  readonly type: string
  /** null: the zone's default. */
  readonly ttl: number | null
  readonly data: string
  readonly comment: string | null
}
export type RecordView = {
  readonly id: number
  readonly zone: string
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: string
  readonly owner: string
  readonly comment: string | null
}
export type RecordFilter = { readonly name?: string | undefined; readonly type?: string | undefined; readonly owner?: string | undefined }
/** What changed a record: one line per record added or removed. */
export type RecordHistoryView = {
  readonly at: string
  readonly serial: number
  readonly action: 'add' | 'remove'
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: string
  readonly owner: string
}

export type InterfaceView = {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly addresses: readonly string[]
  readonly counters: { readonly [name: string]: number }
}
export type NeighbourView = {
  readonly interface: string
  readonly address: string
  readonly mac: string | null
  readonly state: string
  /** Seconds until the entry ends; null for a static one. */
  readonly expiresIn: number | null
}

export type DecisionView = {
  readonly id: number
  readonly at: string
  readonly kind: string
  readonly interface: string
  readonly mac: string
  readonly clientId: string | null
  readonly address: string | null
  readonly hostName: string | null
  readonly received: string
  readonly sent: string
  readonly steps: readonly { readonly id: string; readonly text: string; readonly facts: { readonly [name: string]: unknown } }[]
}
export type DecisionFilter = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly received?: string | undefined
  readonly sent?: string | undefined
}
/** All that is known of a MAC, an address or a name, ready to print. */
export type ExplanationView = {
  readonly subject: string
  readonly kind: 'mac' | 'address' | 'name'
  /** Lines of at most 100 columns: one screen. */
  readonly lines: readonly string[]
  readonly leases: readonly LeaseView[]
  readonly history: readonly LeaseHistoryView[]
  readonly records: readonly RecordView[]
  readonly decisions: readonly DecisionView[]
}
export type StatisticsView = { readonly [part: string]: { readonly [counter: string]: number } }

export type Answer<T> = Promise<Result<T, Refusal>>

export interface Services {
  health(): Promise<HealthView>
  statistics(): Answer<StatisticsView>
  listLeases(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseView>>
  getLease(address: string): Answer<LeaseView>
  /** Ends a bound lease now, as if the client had released it. */
  releaseLease(address: string): Answer<LeaseView>
  leaseHistory(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseHistoryView>>
  listSubnets(): Answer<readonly SubnetView[]>
  getSubnet(id: number): Answer<SubnetView>
  addSubnet(input: SubnetInput): Answer<SubnetView>
  changeSubnet(id: number, change: Partial<SubnetInput>): Answer<SubnetView>
  removeSubnet(id: number): Answer<null>
  listPools(): Answer<readonly PoolView[]>
  getPool(id: number): Answer<PoolView>
  addPool(input: PoolInput): Answer<PoolView>
  changePool(id: number, change: Partial<PoolInput>): Answer<PoolView>
  removePool(id: number): Answer<null>
  listReservations(): Answer<readonly ReservationView[]>
  getReservation(id: number): Answer<ReservationView>
  addReservation(input: ReservationInput): Answer<ReservationView>
  changeReservation(id: number, change: Partial<ReservationInput>): Answer<ReservationView>
  removeReservation(id: number): Answer<null>
  listZones(): Answer<readonly ZoneView[]>
  getZone(name: string): Answer<ZoneView>
  addZone(input: ZoneInput): Answer<ZoneView>
  changeZone(name: string, change: Partial<Omit<ZoneInput, 'name'>>): Answer<ZoneView>
  removeZone(name: string): Answer<null>
  listRecords(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordView>>
  getRecord(zone: string, id: number): Answer<RecordView>
  addRecord(zone: string, input: RecordInput): Answer<RecordView>
  changeRecord(zone: string, id: number, change: Partial<RecordInput>): Answer<RecordView>
  removeRecord(zone: string, id: number): Answer<null>
  recordHistory(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordHistoryView>>
  /** The zone as a master file (RFC 1035 §5). */
  exportZone(name: string): Answer<string>
  listInterfaces(): Answer<readonly InterfaceView[]>
  listNeighbours(): Answer<readonly NeighbourView[]>
  listDecisions(filter: DecisionFilter, paging: Paging): Answer<Page<DecisionView>>
  getDecision(id: number): Answer<DecisionView>
  explain(subject: string): Answer<ExplanationView>
}

/** Where the API's tokens are kept; only hashes go in. */
export interface TokenStore {
  /** SHA-256 of every valid token, 32 octets each. */
  tokenHashes(): readonly Uint8Array[]
}
