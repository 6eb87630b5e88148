/** Zones and records. */
import type { RecordFields, TypeForm } from '../dns/index.ts'
export type { RecordFields } from '../dns/index.ts'
import type { SerialPolicy } from '../model/index.ts'
import type { Answer, Page, Paging } from './common.ts'

export type ZoneInput = {
  readonly name: string
  readonly primaryServer: string | null
  readonly hostmaster: string | null
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
  readonly defaultTtl: number
  /** TTL of the SOA record itself; null: defaultTtl. */
  readonly soaTtl: number | null
  /** null or left away: everybody sees it. */
  readonly view?: string | null
  /** How the serial moves. */
  readonly serialPolicy: SerialPolicy
}
export type ZoneView = {
  readonly id: number
  /** secondary: a copy of another server's zone. */
  readonly role: 'primary' | 'secondary'
  readonly serial: number
  readonly records: number
  /** In which it is seen, and after which it is called then: "lab.internal@inside". null: everybody sees it. */
  readonly view: string | null
} & { readonly [K in Exclude<keyof ZoneInput, 'view'>]: NonNullable<ZoneInput[K]> }
export type RecordInput = {
  /** Relative to the zone ("www", "@") or absolute with a trailing dot. */
  readonly name: string
  readonly type: string
  /** null: the zone's default. */
  readonly ttl: number | null
  /** As in a zone file; null: it is given by its fields. */
  readonly data: string | null
  /** By the names of its type's fields (recordTypes); null or left away: it is given as data. */
  readonly fields?: RecordFields | null
  readonly comment: string | null
  /** false: kept and not served. Left away: true. */
  readonly enabled?: boolean
  /** When it is removed, RFC 3339; null or left away: it stays. */
  readonly expiresAt?: string | null
  /** A and AAAA: a PTR record in our reverse zone comes with it, and goes with the address that it takes the place of. */
  readonly ptr?: boolean
}
export type RecordView = {
  readonly id: number
  readonly zone: string
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: string
  /** The same by the names of the type's fields; null: a type or data that has none. */
  readonly fields: RecordFields | null
  readonly owner: string
  readonly enabled: boolean
  readonly expiresAt: string | null
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
  /** Who made the change, where the owner of the record does not say so: "token first", "expiry". */
  readonly by: string | null
}

/** A record type: what its fields are called and what they take. */
export type RecordTypeView = TypeForm

export interface DnsServices {
  /** Every record type that can be made. */
  recordTypes(): Answer<readonly RecordTypeView[]>
  listZones(): Answer<readonly ZoneView[]>
  getZone(name: string): Answer<ZoneView>
  addZone(input: ZoneInput): Answer<ZoneView>
  changeZone(name: string, change: Partial<Omit<ZoneInput, 'name' | 'view'>>): Answer<ZoneView>
  removeZone(name: string): Answer<null>
  listRecords(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordView>>
  getRecord(zone: string, id: number): Answer<RecordView>
  /** `author`: who asks, for the history. */
  addRecord(zone: string, input: RecordInput, author?: string): Answer<RecordView>
  changeRecord(zone: string, id: number, change: Partial<RecordInput>, author?: string): Answer<RecordView>
  /** `ptr`: with the PTR record that leads back to it. */
  removeRecord(zone: string, id: number, author?: string, ptr?: boolean): Answer<null>
  recordHistory(zone: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordHistoryView>>
  /** The zone as a master file (RFC 1035 §5); `signed`: with what DNSSEC adds to it; `leases` false: without their records. */
  exportZone(name: string, signed?: boolean, leases?: boolean): Answer<string>
}
