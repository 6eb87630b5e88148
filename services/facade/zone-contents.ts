/** Zones as a whole: master files, hosts files, several changes at once, versions, and the way back. */
import type { Answer, Page, Paging } from './common.ts'
import type { RecordInput } from './dns.ts'

export type ZoneFileInput = {
  /** RFC 1035 §5. */
  readonly text: string
  /** replace: records that the file does not have go, but for those of leases. merge: they stay. */
  readonly mode: 'replace' | 'merge'
  /** Take the file's SOA over, with its serial if that is newer. */
  readonly soa: boolean
  /** Make the zone if there is none. */
  readonly create: boolean
}

/** Chooses records: one by its id, or all of a name, a type and data. `ptr`: with the PTR records that lead back to them. */
export type RecordChoice =
  | { readonly id: number; readonly ptr?: boolean | undefined }
  | { readonly name: string; readonly type?: string | undefined; readonly data?: string | undefined; readonly ptr?: boolean | undefined }

/** One of several changes: exactly one of the three fields. */
export type RecordStep = {
  readonly add?: RecordInput | undefined
  readonly remove?: RecordChoice | undefined
  readonly change?: ({ readonly id: number } & Partial<RecordInput>) | undefined
}

export type ChangedRecordView = {
  /** null: it has none, or none any more. */
  readonly id: number | null
  readonly action: 'add' | 'remove'
  readonly name: string
  readonly type: string
  readonly ttl: number
  readonly data: string
  readonly owner: string
  readonly enabled: boolean
}

/** What an edit did, or would do. */
export type ZoneEditView = {
  readonly zone: string
  readonly dryRun: boolean
  /** The same twice: nothing changed. */
  readonly serialBefore: number
  readonly serialAfter: number
  readonly added: number
  readonly removed: number
  /** Removals first; the first thousand of each. */
  readonly changes: readonly ChangedRecordView[]
}

export type ZoneVersionView = {
  readonly serial: number
  readonly at: string
  readonly added: number
  readonly removed: number
  /** "token first", "lease 10.53.0.100", "update phone.lab.internal", "expiry", … */
  readonly by: string
}

/** From one version of a zone to another, later or earlier. */
export type ZoneDifferenceView = {
  readonly zone: string
  readonly from: number
  readonly to: number
  readonly changes: readonly ChangedRecordView[]
}

export type UndoInput = {
  /** undo: takes one version back. back: takes all after it back. */
  readonly mode: 'undo' | 'back'
  readonly serial: number
}

/** Where a browser is sent. */
export type Redirect = { readonly status: number; readonly location: string }

/** `author`: who asks, for the history. */
export interface ZoneContentsServices {
  importZone(zone: string, input: ZoneFileInput, dryRun: boolean, author?: string): Answer<ZoneEditView>
  /** All steps in one transaction; `ifSerial`: only while the zone has that serial. */
  changeRecords(zone: string, steps: readonly RecordStep[], ifSerial: number | undefined, dryRun: boolean, author?: string): Answer<ZoneEditView>
  /**
   * Gives the reverse names of a block smaller than /24 into other hands (RFC 2317): NS records for its zone, and a CNAME
   * for each of its addresses.
   */
  delegateBlock(zone: string, prefix: string, servers: readonly string[], dryRun: boolean, author?: string): Answer<ZoneEditView>
  listVersions(zone: string, paging: Paging): Answer<Page<ZoneVersionView>>
  compareVersions(zone: string, from: number, to: number): Answer<ZoneDifferenceView>
  undo(zone: string, input: UndoInput, dryRun: boolean, author?: string): Answer<ZoneEditView>
  /** Names and addresses of the zone as a hosts file; records of leases stand in it as comments. */
  hostsFile(zone: string): Answer<string>
  /** By the URL record of a host name, for a request with this path and query; undefined: it has none. */
  redirectFor(host: string, path: string): Redirect | undefined
  putHostsFile(zone: string, text: string, dryRun: boolean, author?: string): Answer<ZoneEditView>
}
