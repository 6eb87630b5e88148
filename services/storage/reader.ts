/** Questions to the SQLite database. On a connection of its own, so that listings and commits do not wait for each other. */
import type { Database, Statement } from 'better-sqlite3'
import type { HistoryPiece } from '../dns/index.ts'
import type { DnsRecord, Lease } from '../model/index.ts'
import {
  eventOf,
  historyRowOf,
  holdingOf,
  leaseOf,
  recordChangeOf,
  recordOf,
  unsigned,
  type EventRow,
  type HoldingRow,
  type LeaseRow,
  type RecordChangeRow,
  type RecordRow,
} from './rows.ts'
import { KEYED_HOLDINGS, RunKeys } from './run-keys.ts'
import { recordRows, snapshotOf } from './snapshot.ts'
import type { HoldingQuery, LeaseHolding, LeaseQuery, RecordChange, Snapshot, StoredEvent, StoreReader, ZoneVersion } from './store.ts'

/** Rows of all zones that one piece of a history looks at, and rows of one zone that it has: a few milliseconds. */
const PIECE_SPAN = 10_000
const PIECE_ROWS = 500

/** A version while its rows are walked through. */
type Gathered = Omit<Mutable<ZoneVersion>, 'owners'> & { readonly owners: Map<string, DnsRecord['owner']> }
type Mutable<T> = { -readonly [K in keyof T]: T[K] }
/** Owners named of one version; one edit of a person touches few. */
const MOST_OWNERS = 20

/** Builds "a = ? AND b = ?" from what is asked, so that each question can use its index. */
class Conditions {
  readonly #texts: string[] = []
  readonly values: (string | number)[] = []

  add(text: string, value: string | number | undefined): this {
    if (value !== undefined) {
      this.#texts.push(text)
      this.values.push(value)
    }
    return this
  }

  get where(): string {
    return this.#texts.length === 0 ? '' : `WHERE ${this.#texts.join(' AND ')}`
  }
}

export class SqliteReader implements StoreReader {
  protected readonly db: Database
  readonly #statements = new Map<string, Statement>()
  #holdingKeys: RunKeys | undefined

  constructor(db: Database) {
    this.db = db
  }

  /** Prepared once per text; the texts are few, because conditions come from a fixed set. */
  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  snapshot(): Snapshot {
    return snapshotOf(this.db)
  }

  leases(query: LeaseQuery, limit: number, after: number | undefined): readonly Lease[] {
    const c = new Conditions()
      .add('address = ?', query.address === undefined ? undefined : unsigned(query.address))
      .add('mac = ?', query.mac)
      .add('host_name = ?', query.hostName)
      .add('state = ?', query.state)
      .add('subnet_id = ?', query.subnetId)
      .add('address > ?', after === undefined ? undefined : unsigned(after))
    const rows = this.#prepare(`SELECT * FROM leases ${c.where} ORDER BY address LIMIT ?`).all(...c.values, limit)
    return (rows as LeaseRow[]).map(leaseOf)
  }

  countBound(first: number, last: number): number {
    const row = this.#prepare("SELECT count(*) AS n FROM leases WHERE address BETWEEN ? AND ? AND state = 'bound'").get(
      unsigned(first),
      unsigned(last),
    )
    return (row as { n: number }).n
  }

  leaseHistory(query: HoldingQuery, limit: number, before: number | undefined): readonly LeaseHolding[] {
    this.#holdingKeys ??= new RunKeys(this.db, KEYED_HOLDINGS)
    const found: HoldingRow[] = []
    for (const run of this.#holdingKeys.runsWith({ mac: query.mac }, before)) {
      const c = new Conditions()
        .add('id >= ?', run.first)
        .add('id <= ?', run.last)
        .add('address = ?', query.address === undefined ? undefined : unsigned(query.address))
        .add('mac = ?', query.mac)
        .add('host_name = ?', query.hostName)
        .add('from_ms <= ?', query.during?.to)
        .add('(to_ms IS NULL OR to_ms > ?)', query.during?.from)
      const rows = this.#prepare(`SELECT * FROM lease_history ${c.where} ORDER BY id DESC LIMIT ?`).all(...c.values, limit - found.length)
      found.push(...(rows as HoldingRow[]))
      if (found.length >= limit) break
    }
    return found.map(holdingOf)
  }

  records(
    zoneId: number,
    query: { readonly name?: string | undefined; readonly type?: string | undefined; readonly owner?: string | undefined },
    limit: number,
    after: number | undefined,
  ): readonly DnsRecord[] {
    const c = new Conditions()
      .add('zone_id = ?', zoneId)
      .add('name = ? COLLATE NOCASE', query.name)
      .add('type = ?', query.type)
      .add('owner = ?', query.owner)
      .add('id > ?', after)
    const rows = this.#prepare(`SELECT * FROM records ${c.where} ORDER BY id LIMIT ?`).all(...c.values, limit)
    return (rows as RecordRow[]).map(recordOf)
  }

  countRecords(zoneId: number): number {
    return (this.#prepare('SELECT count(*) AS n FROM records WHERE zone_id = ?').get(zoneId) as { n: number }).n
  }

  isSecondary(zoneId: number): boolean {
    return this.#prepare('SELECT 1 FROM zone_secondaries WHERE zone_id = ?').get(zoneId) !== undefined
  }

  recordHistory(
    zoneId: number,
    query: { readonly name?: string | undefined; readonly type?: string | undefined; readonly owner?: string | undefined },
    limit: number,
    before: number | undefined,
  ): readonly RecordChange[] {
    const c = new Conditions()
      .add('zone_id = ?', zoneId)
      .add('name = ? COLLATE NOCASE', query.name)
      .add('type = ?', query.type)
      .add('owner = ?', query.owner)
      .add('id < ?', before)
    const rows = this.#prepare(`SELECT * FROM record_history ${c.where} ORDER BY id DESC LIMIT ?`).all(...c.values, limit)
    return (rows as RecordChangeRow[]).map(recordChangeOf)
  }

  zoneContents(zoneId: number): { readonly serial: number; readonly records: readonly DnsRecord[] } {
    const read = this.db.transaction(() => {
      const row = this.#prepare('SELECT serial FROM zones WHERE id = ?').get(zoneId) as { serial: number } | undefined
      return { serial: row?.serial ?? 0, records: Array.from({ [Symbol.iterator]: () => recordRows(this.db, zoneId, false) }) }
    })
    return read()
  }

  /** Walks back from the end of the history. */
  zoneVersions(zoneId: number, limit: number, before: number | undefined): readonly ZoneVersion[] {
    const c = new Conditions().add('zone_id = ?', zoneId).add('id < ?', before)
    const rows = this.#prepare(`SELECT * FROM record_history ${c.where} ORDER BY id DESC`).iterate(...c.values)
    const versions: Gathered[] = []
    for (const row of rows) {
      const change = recordChangeOf(row as RecordChangeRow)
      let version = versions.at(-1)
      if (version?.serial !== change.serial) {
        if (versions.length === limit) break
        version = { id: change.id, serial: change.serial, at: change.at, added: 0, removed: 0, author: change.author, owners: new Map() }
        versions.push(version)
      }
      version.id = change.id
      if (change.action === 'add') version.added++
      else version.removed++
      if (version.owners.size < MOST_OWNERS) version.owners.set(JSON.stringify(change.owner), change.owner)
    }
    return versions.map((version) => ({ ...version, owners: [...version.owners.values()] }))
  }

  latestChanges(zoneId: number, wanted: (serial: number) => boolean): readonly RecordChange[] | undefined {
    const rows = this.#prepare('SELECT * FROM record_history WHERE zone_id = ? ORDER BY id DESC').iterate(zoneId)
    const changes: RecordChange[] = []
    for (const row of rows) {
      const change = recordChangeOf(row as RecordChangeRow)
      if (!wanted(change.serial)) return changes.reverse()
      changes.push(change)
    }
    return undefined
  }

  urlAt(name: string): string | undefined {
    const sql = "SELECT data FROM records WHERE type = 'URL' AND name = ? COLLATE NOCASE AND enabled = 1 ORDER BY id LIMIT 1"
    return (this.#prepare(sql).get(name) as { data: string } | undefined)?.data
  }

  versionChanges(zoneId: number, serial: number): readonly RecordChange[] {
    const rows = this.#prepare('SELECT * FROM record_history WHERE zone_id = ? AND serial = ? ORDER BY id').all(zoneId, serial)
    return (rows as RecordChangeRow[]).map(recordChangeOf)
  }

  historyPiece(zoneId: number, before: number | undefined): HistoryPiece {
    const end = before ?? Number.MAX_SAFE_INTEGER
    const last = this.#prepare('SELECT max(id) AS id, min(id) AS first FROM record_history WHERE id < ?').get(end) as { id: number | null; first: number | null }
    if (last.id === null || last.first === null) return { rows: [], next: undefined }
    const from = last.id - PIECE_SPAN
    const rows = this.#prepare('SELECT * FROM record_history WHERE id <= ? AND id > ? AND zone_id = ? ORDER BY id DESC LIMIT ?')
      .all(last.id, from, zoneId, PIECE_ROWS) as RecordChangeRow[]
    const left = rows.length === PIECE_ROWS ? (rows.at(-1) as RecordChangeRow).id : from + 1
    return { rows: rows.map(historyRowOf), next: left > last.first ? left : undefined }
  }

  events(limit: number, before: number | undefined): readonly StoredEvent[] {
    const c = new Conditions().add('id < ?', before)
    const rows = this.#prepare(`SELECT * FROM events ${c.where} ORDER BY id DESC LIMIT ?`).all(...c.values, limit)
    return (rows as EventRow[]).map(eventOf)
  }

  tokenHashes(): readonly Uint8Array[] {
    return (this.#prepare('SELECT sha256 FROM tokens').all() as { sha256: Buffer }[]).map((row) => new Uint8Array(row.sha256))
  }

  tokenName(sha256: Uint8Array): string | undefined {
    return (this.#prepare('SELECT name FROM tokens WHERE sha256 = ?').get(Buffer.from(sha256)) as { name: string } | undefined)?.name
  }

  close(): void {
    this.db.close()
  }
}
