/**
 * SHELL: writes the query log (migrations/queries). Everything goes to the end of a table and is taken away from its
 * beginning, in small steps. Nothing is fsynced: a power cut loses the last moments, and a file that is damaged is begun
 * anew by whoever opened it.
 */
import { join } from 'node:path'
import type { Database, Statement } from 'better-sqlite3'
import type { NotedQuery } from '../dns/query-log/ring.ts'
import { formatKey, nameKey } from '../dns/wire/name.ts'
import type { QueryLogSettings } from '../model/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { GatheredRun, RUN_QUERIES } from './query-runs.ts'
import { RowBatch } from './row-batch.ts'
import { openDatabase, removeDatabase, storeFault } from './sqlite.ts'
import type { Opened, StoreFault } from './store.ts'

export const QUERY_LOG_FILE = 'queries.db'

/** Queries that share their texts: few enough that the texts are remembered in some megabytes, and go in time. */
const SEGMENT_QUERIES = 64 * RUN_QUERIES
/** Runs taken away at once: some ten milliseconds. */
const RUNS_AT_ONCE = 8
/** Pages given back to the file system at once, and how many may lie idle. */
const PAGES_AT_ONCE = 256
const IDLE_PAGES = 1024
const DAY_MS = 86_400_000
const MEBIBYTE = 1024 * 1024
/** All but the last octet of an address. */
const NETWORK_OF_24 = 0xffff_ff00 | 0

const COLUMNS = ['id', 'at_ms', 'client', 'name_id', 'type', 'rcode', 'how', 'flags', 'took_us', 'age_s', 'octets', 'detail_id']

/** Opens the log in `directory`, or in memory for tests (undefined). A file that cannot be read is begun anew. */
export function openQueryLog(directory: string | undefined, wallMs: number): Opened<QueryLogWriter> {
  const file = directory === undefined ? ':memory:' : join(directory, QUERY_LOG_FILE)
  // Reading a gigabyte to see whether it is whole would take longer than the log is worth.
  const open = (): Opened<Database> => openDatabase(file, { migrations: 'queries', durable: false, wallMs, checked: true, shrinks: true })
  let db = open()
  if (!db.ok && directory !== undefined) {
    removeDatabase(file)
    db = open()
  }
  return db.ok ? ok(new QueryLogWriter(db.value)) : db
}

export class QueryLogWriter {
  readonly #db: Database
  readonly #rows: RowBatch
  readonly #insertText: Statement
  readonly #insertRun: Statement
  readonly #texts = new Map<string, number>()
  /** Names of this segment by their octets in the letter case that they came in. */
  readonly #names = new Map<string, string>()
  #run = new GatheredRun()
  #lastId = 0
  #lastText = 0
  /** The first text of the present segment, and how many queries it has. */
  #firstText = 0
  #ofSegment = 0
  /** What is remembered of the tables is to be read anew. */
  #isStale = true

  constructor(db: Database) {
    this.#db = db
    this.#rows = new RowBatch(db, 'queries', COLUMNS)
    this.#insertText = db.prepare('INSERT INTO query_texts VALUES (?, ?)')
    this.#insertRun = db.prepare('INSERT INTO query_runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
  }

  /** For readers on the same connection, in tests. */
  get database(): Database {
    return this.#db
  }

  /**
   * One transaction of what `drain` gives. Returns what drain() does; a fault loses what it gave.
   */
  add(drain: (take: (noted: NotedQuery) => void) => number): Result<number, StoreFault> {
    try {
      this.#begin()
      const count = drain((noted) => this.#add(noted))
      this.#rows.flush()
      this.#db.exec('COMMIT')
      return ok(count)
    } catch (error) {
      return err(this.#takeBack(error))
    }
  }

  #begin(): void {
    this.#db.exec('BEGIN')
    if (!this.#isStale) return
    this.#run = new GatheredRun()
    this.#texts.clear()
    this.#names.clear()
    this.#lastId = Math.max(this.#lastId, this.#max('queries', 'id'))
    this.#lastText = Math.max(this.#lastText, this.#max('query_texts', 'id'))
    this.#coverRest()
    this.#firstText = this.#lastText + 1
    this.#ofSegment = 0
    this.#isStale = false
  }

  #add(noted: NotedQuery): void {
    const { mode } = noted
    if (mode === 'off') return
    const id = ++this.#lastId
    const counts = mode === 'counts'
    const client = counts ? undefined : mode === 'anonymous' ? noted.client & NETWORK_OF_24 : noted.client
    const name = counts ? undefined : this.#nameOf(noted.name)
    const detail = counts || noted.detail.length === 0 ? undefined : new TextDecoder().decode(noted.detail)
    const at = Math.floor(noted.at - noted.tookUs / 1000)
    const how = noted.source | (noted.carrier << 8) | (noted.asked << 16)
    this.#rows.add(
      id, at, client === undefined ? null : client >>> 0, this.#textId(name), noted.type, noted.rcode, how, noted.flags,
      noted.tookUs, noted.ageSeconds, noted.octets, this.#textId(detail),
    )
    this.#run.add(at, client, name, noted.type, noted.rcode, noted.source)
    this.#ofSegment++
    if (this.#run.count >= RUN_QUERIES) this.#endRun()
  }

  #nameOf(octets: Uint8Array): string {
    const wire = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
    let name = this.#names.get(wire)
    if (name === undefined) this.#names.set(wire, (name = formatKey(nameKey(octets))))
    return name
  }

  #textId(text: string | undefined): number | null {
    if (text === undefined) return null
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    this.#insertText.run(++this.#lastText, text)
    this.#texts.set(text, this.#lastText)
    return this.#lastText
  }

  #endRun(): void {
    if (this.#run.count === 0) return
    this.#rows.flush()
    this.#insertRun.run(...this.#run.row(this.#lastId, this.#firstText))
    this.#run = new GatheredRun()
    if (this.#ofSegment < SEGMENT_QUERIES) return
    this.#texts.clear()
    this.#names.clear()
    this.#firstText = this.#lastText + 1
    this.#ofSegment = 0
  }

  /** Queries of an earlier process that no run covers get one, so that they are found and taken away in time. */
  #coverRest(): void {
    const covered = this.#max('query_runs', 'last_id')
    type Rest = { at_ms: number; client: number | null; name_id: number | null; detail_id: number | null; name: string | null; type: number; rcode: number; how: number }
    const rows = this.#db.prepare(
      'SELECT at_ms, client, name_id, detail_id, text AS name, type, rcode, how FROM queries LEFT JOIN query_texts ON query_texts.id = name_id WHERE queries.id > ?',
    ).iterate(covered) as Iterable<Rest>
    // They may share texts with the run before them.
    let first = (this.#db.prepare('SELECT first_text FROM query_runs ORDER BY last_id DESC LIMIT 1').get() as { first_text: number } | undefined)?.first_text ?? this.#lastText + 1
    const run = new GatheredRun()
    for (const row of rows) {
      first = Math.min(first, row.name_id ?? first, row.detail_id ?? first)
      run.add(row.at_ms, row.client === null ? undefined : row.client | 0, row.name ?? undefined, row.type, row.rcode, row.how & 255)
    }
    if (run.count > 0) this.#insertRun.run(...run.row(this.#lastId, first))
  }

  /** Ends the run that is being written, because nothing may follow for long. */
  pause(): Result<null, StoreFault> {
    try {
      this.#begin()
      this.#endRun()
      this.#db.exec('COMMIT')
      return ok(null)
    } catch (error) {
      return err(this.#takeBack(error))
    }
  }

  /** Takes away some of what is too old or too much. True: there is more. */
  prune({ keepDays, maxMebibytes }: QueryLogSettings, wallMs: number): Result<boolean, StoreFault> {
    try {
      const oldest = this.#db.prepare('SELECT last_id, to_ms FROM query_runs ORDER BY last_id LIMIT ?').all(RUNS_AT_ONCE) as { last_id: number; to_ms: number }[]
      const tooMuch = this.octets > maxMebibytes * MEBIBYTE
      const gone = oldest.filter(({ to_ms }) => tooMuch || to_ms < wallMs - keepDays * DAY_MS).at(-1)
      if (gone === undefined) return ok(this.#shrink())
      this.#begin()
      this.#db.prepare('DELETE FROM queries WHERE id <= ?').run(gone.last_id)
      this.#db.prepare('DELETE FROM query_runs WHERE last_id <= ?').run(gone.last_id)
      this.#db.prepare('DELETE FROM query_texts WHERE id < min(coalesce((SELECT min(first_text) FROM query_runs), ?), ?)').run(this.#firstText, this.#firstText)
      this.#db.exec('COMMIT')
      this.#shrink()
      return ok(true)
    } catch (error) {
      return err(this.#takeBack(error))
    }
  }

  /** Pages that are not needed go back to the file system when they are many: the log may be smaller from now on. */
  #shrink(): boolean {
    if ((this.#db.pragma('freelist_count', { simple: true }) as number) <= IDLE_PAGES) return false
    this.#db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`)
    return true
  }

  /** Forgets all queries, on the disk too. */
  clear(): Result<null, StoreFault> {
    try {
      this.#db.exec('BEGIN; DELETE FROM queries; DELETE FROM query_runs; DELETE FROM query_texts; COMMIT')
      this.#isStale = true
      this.#db.exec('VACUUM')
      this.#db.pragma('wal_checkpoint(TRUNCATE)')
      return ok(null)
    } catch (error) {
      return err(this.#takeBack(error))
    }
  }

  /** Of the database, without what is idle in it. */
  get octets(): number {
    const pages = (this.#db.pragma('page_count', { simple: true }) as number) - (this.#db.pragma('freelist_count', { simple: true }) as number)
    return pages * (this.#db.pragma('page_size', { simple: true }) as number)
  }

  close(): void {
    this.#db.close()
  }

  /** After a transaction that failed: what it had added is gone. */
  #takeBack(error: unknown): StoreFault {
    const fault = storeFault(error)
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
    this.#rows.clear()
    this.#isStale = true
    return fault
  }

  #max(table: string, column: string): number {
    return (this.#db.prepare(`SELECT coalesce(max(${column}), 0) AS most FROM ${table}`).get() as { readonly most: number }).most
  }
}

/** A fault of the file, which is to be begun anew. */
export const isDamaged = ({ detail }: StoreFault): boolean => detail.startsWith('SQLITE_CORRUPT') || detail.startsWith('SQLITE_NOTADB')
