/**
 * SHELL: searches the query log, newest first, on a connection of its own. A search goes run by run over what may have
 * what is looked for, and gives its reader a pause after each, so that ten million queries hold up nobody.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite, { type Database, type Statement } from 'better-sqlite3'
import { hashText } from '../../stack/platform/index.ts'
import { CARRIERS, type CarrierName, SOURCE, type SourceName } from '../dns/query-log/sources.ts'
import { RCODE } from '../dns/wire/message.ts'
import { QUERY_LOG_FILE } from './query-log-writer.ts'
import { bitOf, hashesOf, type QueryRun, type RunContents, unpacked } from './query-runs.ts'

export const QUERY_OUTCOMES = ['answered', 'blocked', 'failed', 'refused'] as const
/** `answered`: whatever the answer was, also that there is no such name. */
export type QueryOutcome = (typeof QUERY_OUTCOMES)[number]

/** Addresses as unsigned numbers, both ends included; between two moments, if said, in ms since 1970. */
export type ClientRange = { readonly first: number; readonly last: number; readonly from?: number; readonly to?: number | undefined }

/** All that are given must hold. */
export type QuerySearch = {
  /** Ms since 1970, both included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** One of these. */
  readonly clients?: readonly ClientRange[] | undefined
  readonly name?: { readonly how: 'exactly' | 'below' | 'containing'; readonly text: string } | undefined
  readonly type?: number | undefined
  readonly rcode?: number | undefined
  readonly outcome?: QueryOutcome | undefined
  readonly source?: SourceName | undefined
  readonly carrier?: CarrierName | undefined
  /** Only those with higher ids. */
  readonly since?: number | undefined
}

export type QueryRow = {
  readonly id: number
  readonly at_ms: number
  /** Unsigned. */
  readonly client: number | null
  readonly name: string | null
  readonly type: number
  readonly rcode: number
  /** source | carrier << 8 | asked << 16 */
  readonly how: number
  readonly flags: number
  readonly took_us: number
  readonly age_s: number
  readonly octets: number
  readonly detail: string | null
}

export type QueryExtent = { readonly queries: number; readonly oldest: number | undefined; readonly octets: number }

type Range = { readonly first: number; readonly last: number }
type Values = (string | number)[]
type Condition = { readonly text: string; readonly values: Values }

/** Distinct keys that are counted at once; beyond it those that were seen once make room. */
const MOST_COUNTED = 100_000

const FROM = 'FROM queries q LEFT JOIN query_texts n ON n.id = q.name_id'

/** A reader of the log in `directory`; undefined while there is none. */
export function openQueryLogReader(directory: string): QueryLogReader | undefined {
  const file = join(directory, QUERY_LOG_FILE)
  if (!existsSync(file)) return undefined
  try {
    const db = new Sqlite(file, { readonly: true, timeout: 2_000 })
    db.prepare('SELECT 1 FROM query_runs').get()
    return new QueryLogReader(db)
  } catch (error) {
    // It is being made, or begun anew.
    if (error instanceof Sqlite.SqliteError) return undefined
    throw error
  }
}

export class QueryLogReader {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  constructor(db: Database) {
    this.#db = db
  }

  /**
   * Rows that match, newest first, in pieces of at most `limit` in all; `before` is the id that the last page ended
   * with. A piece may be empty: there is more to look through.
   */
  *search(search: QuerySearch, limit: number, before: number | undefined): Generator<readonly QueryRow[], void, void> {
    const { text, values } = conditionsOf(search)
    const rows = this.#prepare(
      `SELECT q.id, at_ms, client, n.text AS name, type, rcode, how, flags, took_us, age_s, octets, d.text AS detail ${FROM}
       LEFT JOIN query_texts d ON d.id = q.detail_id WHERE q.id BETWEEN ? AND ?${text} ORDER BY q.id DESC LIMIT ?`)
    let left = limit
    for (const range of this.#ranges(search, before)) {
      const found = range === undefined ? [] : (rows.all(range.first, range.last, ...values, left) as QueryRow[])
      yield found
      left -= found.length
      if (left <= 0) return
    }
  }

  /**
   * How many queries there are by name, or by client (as text of an unsigned number), in pieces: each is the count so
   * far, and the last is the count. Without those that were seen once, where there are too many different ones.
   */
  *count(by: 'name' | 'client', search: QuerySearch): Generator<ReadonlyMap<string, number>, void, void> {
    const { text, values } = conditionsOf(search)
    const key = by === 'name' ? 'n.text' : 'q.client'
    const rows = this.#prepare(`SELECT ${key} AS key, count(*) AS count ${FROM} WHERE q.id BETWEEN ? AND ? AND ${key} IS NOT NULL${text} GROUP BY 1`)
    const counts = new Map<string, number>()
    for (const range of this.#ranges(search, undefined)) {
      if (range !== undefined) {
        for (const row of rows.all(range.first, range.last, ...values) as { key: string | number; count: number }[])
          counts.set(String(row.key), (counts.get(String(row.key)) ?? 0) + row.count)
        if (counts.size > MOST_COUNTED) for (const [name, count] of counts) if (count === 1) counts.delete(name)
      }
      yield counts
    }
  }

  /** How much there is. */
  extent(): QueryExtent {
    const ids = this.#prepare('SELECT min(id) AS first, max(id) AS last FROM queries').get() as { first: number | null; last: number | null }
    const oldest = ids.first === null ? undefined : (this.#prepare('SELECT at_ms FROM queries WHERE id = ?').get(ids.first) as { at_ms: number } | undefined)?.at_ms
    const pages = (this.#db.pragma('page_count', { simple: true }) as number) - (this.#db.pragma('freelist_count', { simple: true }) as number)
    return {
      queries: ids.first === null || ids.last === null ? 0 : ids.last - ids.first + 1,
      oldest,
      octets: pages * (this.#db.pragma('page_size', { simple: true }) as number),
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Ids among which matching rows may be, newest first; undefined: some were passed over. */
  *#ranges(search: QuerySearch, before: number = Number.MAX_SAFE_INTEGER): Generator<Range | undefined, void, void> {
    const least = (search.since ?? 0) + 1
    const covered = (this.#prepare('SELECT coalesce(max(last_id), 0) AS id FROM query_runs').get() as { id: number }).id
    if (before > covered + 1) yield { first: Math.max(least, covered + 1), last: before - 1 }
    const some = this.#prepare('SELECT last_id, first_text, from_ms, to_ms, sources, rcodes FROM query_runs WHERE last_id <= ? ORDER BY last_id DESC LIMIT ?')
    const contents = this.#prepare('SELECT types, clients, names FROM query_runs WHERE last_id = ?')
    const wanted = new Wanted(search, (from, to, text) => this.#namesWith(from, to, text))
    for (let last = covered; last >= least; ) {
      // One more than are looked at: where the one before it ends, a run begins.
      const runs = some.all(last, RUNS_AT_ONCE + 1) as QueryRun[]
      for (const [i, run] of runs.slice(0, RUNS_AT_ONCE).entries()) {
        last = runs[i + 1]?.last_id ?? 0
        if (run.last_id < least) return
        const mayBe = last + 1 < before && wanted.mayBeIn(run, () => contents.get(run.last_id) as RunContents | undefined)
        if (mayBe) yield { first: Math.max(last + 1, least), last: Math.min(run.last_id, before - 1) }
      }
      yield undefined
    }
  }

  #namesWith(first: number, end: number, text: string): ReadonlySet<number> {
    const rows = this.#prepare('SELECT text FROM query_texts WHERE id >= ? AND id < ? AND instr(text, ?) > 0').all(first, end, text) as { text: string }[]
    return new Set(rows.map((row) => hashText(row.text)))
  }

  #prepare(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, (statement = this.#db.prepare(sql)))
    return statement
  }
}

/** Runs looked at between two pauses: a tenth of a millisecond each where what is in them must be read. */
const RUNS_AT_ONCE = 64

/** Hashes of the texts with ids from `first` to before `end` that have `text` in them. */
type NamesWith = (first: number, end: number, text: string) => ReadonlySet<number>

/** What a run must have. */
class Wanted {
  readonly #search: QuerySearch
  readonly #sources: number
  readonly #rcodes: number
  /** Of a name and all above it only its own must be there. */
  readonly #nameHash: number | undefined
  readonly #namesWith: NamesWith
  /** The segment whose names were looked through last, by its first text, and which of them match. */
  #segment = Number.MAX_SAFE_INTEGER
  #segmentEnd = Number.MAX_SAFE_INTEGER
  #matching: ReadonlySet<number> | undefined

  constructor(search: QuerySearch, namesWith: NamesWith) {
    this.#search = search
    this.#namesWith = namesWith
    this.#sources = search.source !== undefined ? bitOf(SOURCE[search.source]) : search.outcome === 'blocked' ? bitOf(SOURCE.policy) : -1
    this.#rcodes = search.rcode !== undefined ? bitOf(search.rcode) : search.outcome === 'failed' ? bitOf(RCODE.SERVFAIL) : -1
    const { name } = search
    this.#nameHash = name === undefined || name.how === 'containing' || name.text === '.' ? undefined : [...hashesOf(name.text)][0]
  }

  /** `read` gives undefined when the run has been taken away meanwhile. */
  mayBeIn(run: QueryRun, read: () => RunContents | undefined): boolean {
    const { from, to, clients, type, name } = this.#search
    if ((from !== undefined && run.to_ms < from) || (to !== undefined && run.from_ms > to)) return false
    if ((run.sources & this.#sources) === 0 || (run.rcodes & this.#rcodes) === 0) return false
    const matching = name?.how === 'containing' ? this.#matchingIn(run, name.text) : undefined
    if (matching?.size === 0) return false
    if (type === undefined && clients === undefined && matching === undefined && this.#nameHash === undefined) return true
    const contents = read()
    if (contents === undefined) return false
    if (type !== undefined && !unpacked(contents.types).includes(type)) return false
    if (clients !== undefined && !unpacked(contents.clients).some((client) => isOneOf(clients, client >>> 0))) return false
    if (this.#nameHash !== undefined) return unpacked(contents.names).includes(this.#nameHash)
    return matching === undefined || unpacked(contents.names).some((hash) => matching.has(hash))
  }

  #matchingIn({ first_text }: QueryRun, text: string): ReadonlySet<number> {
    if (this.#matching === undefined || first_text !== this.#segment) {
      this.#segmentEnd = this.#segment
      this.#segment = first_text
      this.#matching = this.#namesWith(first_text, this.#segmentEnd, text)
    }
    return this.#matching
  }
}

const isOneOf = (clients: readonly ClientRange[], client: number): boolean => clients.some(({ first, last }) => client >= first && client <= last)

function conditionsOf(search: QuerySearch): Condition {
  const texts: string[] = []
  const values: Values = []
  const add = (text: string, ...more: Values): void => {
    texts.push(` AND ${text}`)
    values.push(...more)
  }
  const { from, to, clients, name, type, rcode, outcome, source, carrier } = search
  if (from !== undefined) add('at_ms >= ?', from)
  if (to !== undefined) add('at_ms <= ?', to)
  if (type !== undefined) add('type = ?', type)
  if (rcode !== undefined) add('rcode = ?', rcode)
  if (source !== undefined) add('(how & 255) = ?', SOURCE[source])
  if (carrier !== undefined) add('((how >> 8) & 255) = ?', CARRIERS.indexOf(carrier))
  if (outcome !== undefined) add(OUTCOME_CONDITIONS[outcome])
  if (name?.how === 'exactly') add('n.text = ?', name.text)
  if (name?.how === 'containing') add('instr(n.text, ?) > 0', name.text)
  if (name?.how === 'below' && name.text !== '.') add('(n.text = ? OR substr(n.text, ?) = ?)', name.text, -name.text.length - 1, `.${name.text}`)
  if (clients !== undefined) {
    const each = clients.map((range) => {
      values.push(range.first, range.last, range.from ?? 0, range.to ?? Number.MAX_SAFE_INTEGER)
      return '(client BETWEEN ? AND ? AND at_ms BETWEEN ? AND ?)'
    })
    texts.push(` AND (${each.join(' OR ')})`)
  }
  return { text: texts.join(''), values }
}

const OUTCOME_CONDITIONS: { readonly [O in QueryOutcome]: string } = {
  blocked: `(how & 255) = ${SOURCE.policy}`,
  failed: `(how & 255) <> ${SOURCE.policy} AND rcode = ${RCODE.SERVFAIL}`,
  answered: `(how & 255) <> ${SOURCE.policy} AND rcode IN (${RCODE.NOERROR}, ${RCODE.NXDOMAIN})`,
  refused: `(how & 255) <> ${SOURCE.policy} AND rcode NOT IN (${RCODE.NOERROR}, ${RCODE.NXDOMAIN}, ${RCODE.SERVFAIL})`,
}

/** As OUTCOME_CONDITIONS has it. */
export function outcomeOf({ how, rcode }: Pick<QueryRow, 'how' | 'rcode'>): QueryOutcome {
  if ((how & 255) === SOURCE.policy) return 'blocked'
  if (rcode === RCODE.SERVFAIL) return 'failed'
  return rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN ? 'answered' : 'refused'
}
