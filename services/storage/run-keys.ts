/**
 * SHELL: which rows of a log are about whom, without an index: an index in the order of MACs or names is written all
 * over with every row. Rows follow each other in runs, and each run has the hashes of the MACs, addresses and host
 * names in it; who looks for one reads the runs that have its hash.
 */
import type { Database, Statement } from 'better-sqlite3'
import { hashText } from '../../stack/platform/index.ts'

/** Rows of a run: the keys of a million rows with one key each are 4 MB then. */
const RUN_LENGTH = 256

/** Inclusive. */
export type IdRange = { readonly first: number; readonly last: number }
export type Keyed = {
  readonly mac?: string | null | undefined
  readonly address?: string | null | undefined
  readonly hostName?: string | null | undefined
}
/** `keys`: the SELECT list that gives a row of `table` as Keyed. */
export type KeyedLog = { readonly table: string; readonly keysTable: string; readonly keys: string }

export const KEYED_DECISIONS: KeyedLog = { table: 'decisions', keysTable: 'decision_keys', keys: 'mac, address, host_name AS hostName' }
/** The history of an address has an index: addresses are given in order, so that it grows where it grew last. */
export const KEYED_HOLDINGS: KeyedLog = { table: 'lease_history', keysTable: 'lease_history_keys', keys: 'mac' }

type KeyRow = { readonly last_id: number; readonly hashes: Buffer }

/** The letter tells a name that reads like an address from the address. */
function* hashesOf({ mac, address, hostName }: Keyed): Iterable<number> {
  if (typeof mac === 'string') yield hashText(`m${mac}`)
  if (typeof address === 'string') yield hashText(`a${address}`)
  if (typeof hostName === 'string') yield hashText(`n${hostName}`)
}

export class RunKeys {
  readonly #insert: Statement
  readonly #prune: Statement
  readonly #runs: Statement
  readonly #last: Statement
  readonly #uncovered: Statement
  /** Of rows after the last run; undefined: to be read first. */
  #gathered: Set<number> | undefined
  #firstId = 0
  #lastId = 0

  constructor(db: Database, { table, keysTable, keys }: KeyedLog) {
    this.#insert = db.prepare(`INSERT INTO ${keysTable} VALUES (?, ?)`)
    this.#prune = db.prepare(`DELETE FROM ${keysTable} WHERE last_id <= ?`)
    this.#runs = db.prepare(`SELECT last_id, hashes FROM ${keysTable} ORDER BY last_id DESC`)
    this.#last = db.prepare(`SELECT coalesce(max(last_id), 0) AS id FROM ${keysTable}`)
    this.#uncovered = db.prepare(`SELECT id, ${keys} FROM ${table} WHERE id > ? AND id < ? ORDER BY id LIMIT ${RUN_LENGTH}`)
  }

  /** Notes a row, whose id is the next one. To be called within a transaction, as store() is. */
  add(id: number, row: Keyed): void {
    if (this.#gathered === undefined) this.#catchUp(id)
    this.#note(id, row)
  }

  /** Writes the run down when it is long enough. */
  store(): void {
    if (this.#gathered === undefined || this.#lastId - this.#firstId + 1 < RUN_LENGTH) return
    this.#insert.run(this.#lastId, Buffer.from(Int32Array.from(this.#gathered).buffer))
    this.#begin(this.#lastId + 1)
  }

  /** After a transaction that was taken back: what was noted in it did not happen. */
  clear(): void {
    this.#gathered = undefined
  }

  /** Forgets runs that end with this id or before. */
  prune(lastId: number): void {
    this.#prune.run(lastId)
  }

  /** Ids below `before` among which the rows about those asked for are, from the newest run to the oldest. */
  *runsWith(asked: Keyed, before: number = Number.MAX_SAFE_INTEGER): Iterable<IdRange> {
    const hashes = [...hashesOf(asked)]
    if (hashes.length === 0) {
      yield { first: 0, last: before - 1 }
      return
    }
    const covered = this.#covered()
    if (before > covered + 1) yield { first: covered + 1, last: before - 1 }
    // Read as a whole: the caller reads rows by the same connection in between.
    const runs = this.#runs.all() as KeyRow[]
    for (const [i, run] of runs.entries()) {
      const first = (runs[i + 1]?.last_id ?? 0) + 1
      if (first >= before || !holdsAll(run.hashes, hashes)) continue
      yield { first, last: Math.min(run.last_id, before - 1) }
    }
  }

  /** Reads what an earlier process left without keys, and what a transaction that was taken back had taken along. */
  #catchUp(before: number): void {
    let last = this.#covered()
    this.#begin(last + 1)
    for (;;) {
      const rows = this.#uncovered.all(last, before) as (Keyed & { readonly id: number })[]
      for (const row of rows) this.#note((last = row.id), row)
      if (rows.length < RUN_LENGTH) return
      this.store()
    }
  }

  #note(id: number, row: Keyed): void {
    for (const hash of hashesOf(row)) this.#gathered?.add(hash)
    this.#lastId = id
  }

  #begin(firstId: number): void {
    this.#gathered = new Set()
    this.#firstId = firstId
    this.#lastId = firstId - 1
  }

  #covered(): number {
    return (this.#last.get() as { readonly id: number }).id
  }
}

function holdsAll(blob: Buffer, hashes: readonly number[]): boolean {
  // A copy, because a blob may lie at any octet.
  const held = new Int32Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.length))
  return hashes.every((hash) => held.includes(hash))
}
