/**
 * SHELL: which decisions are about whom, without an index: an index in the order of MACs or names is written all over
 * with every decision. Decisions follow each other in runs, and each run has the hashes of the MACs, addresses and host
 * names in it; who looks for one reads the runs that have its hash.
 */
import type { Database, Statement } from 'better-sqlite3'
import { hashText } from '../../stack/platform/index.ts'

/** Decisions of a run, about: the keys of all that are kept are 800 rows of 3 KB then. */
const RUN_LENGTH = 256

/** Inclusive. */
export type IdRange = { readonly first: number; readonly last: number }
type Keyed = { readonly mac?: string | undefined; readonly address?: string | undefined; readonly hostName?: string | undefined }
type KeyRow = { readonly last_id: number; readonly hashes: Buffer }

/** The letter tells a name that reads like an address from the address. */
function* hashesOf({ mac, address, hostName }: Keyed): Iterable<number> {
  if (mac !== undefined) yield hashText(`m${mac}`)
  if (address !== undefined) yield hashText(`a${address}`)
  if (hostName !== undefined) yield hashText(`n${hostName}`)
}

export class DecisionKeys {
  readonly #insert: Statement
  readonly #prune: Statement
  readonly #runs: Statement
  readonly #last: Statement
  readonly #uncovered: Statement
  /** Of decisions after the last run; undefined: to be read first. */
  #gathered: Set<number> | undefined
  #firstId = 0
  #lastId = 0

  constructor(db: Database) {
    this.#insert = db.prepare('INSERT INTO decision_keys VALUES (?, ?)')
    this.#prune = db.prepare('DELETE FROM decision_keys WHERE last_id <= ?')
    this.#runs = db.prepare('SELECT last_id, hashes FROM decision_keys ORDER BY last_id DESC')
    this.#last = db.prepare('SELECT coalesce(max(last_id), 0) AS id FROM decision_keys')
    this.#uncovered = db.prepare('SELECT id, mac, address, host_name FROM decisions WHERE id > ? AND id < ? ORDER BY id')
  }

  /** Notes a decision, whose id is the next one. To be called within a transaction, as store() is. */
  add(id: number, decision: Keyed): void {
    const gathered = this.#gathered ?? this.#readUncovered(id)
    for (const hash of hashesOf(decision)) gathered.add(hash)
    this.#lastId = id
  }

  /** Writes the run down when it is long enough. */
  store(): void {
    if (this.#gathered === undefined || this.#lastId - this.#firstId + 1 < RUN_LENGTH) return
    this.#insert.run(this.#lastId, Buffer.from(Int32Array.from(this.#gathered).buffer))
    this.#gathered = new Set()
    this.#firstId = this.#lastId + 1
  }

  /** After a transaction that was taken back: what was noted in it did not happen. */
  clear(): void {
    this.#gathered = undefined
  }

  /** Forgets runs that end with this id or before. */
  prune(lastId: number): void {
    this.#prune.run(lastId)
  }

  /** Ids below `before` among which the decisions about those asked for are, from the newest run to the oldest. */
  *runsWith(asked: Keyed, before: number = Number.MAX_SAFE_INTEGER): Iterable<IdRange> {
    const hashes = [...hashesOf(asked)]
    const { id: covered } = this.#last.get() as { id: number }
    if (hashes.length === 0) {
      yield { first: 0, last: before - 1 }
      return
    }
    if (before > covered + 1) yield { first: covered + 1, last: before - 1 }
    // Read as a whole: the caller reads decisions by the same connection in between.
    const runs = this.#runs.all() as KeyRow[]
    for (const [i, run] of runs.entries()) {
      const first = (runs[i + 1]?.last_id ?? 0) + 1
      if (first >= before || !holdsAll(run.hashes, hashes)) continue
      yield { first, last: Math.min(run.last_id, before - 1) }
    }
  }

  /** What an earlier process left without keys, and what a transaction that was taken back had taken along. */
  #readUncovered(before: number): Set<number> {
    const { id: covered } = this.#last.get() as { id: number }
    const gathered = new Set<number>()
    for (const row of this.#uncovered.all(covered, before) as { mac: string; address: string | null; host_name: string | null }[]) {
      const { mac, address, host_name: hostName } = row
      for (const hash of hashesOf({ mac, address: address ?? undefined, hostName: hostName ?? undefined })) gathered.add(hash)
    }
    this.#firstId = covered + 1
    this.#gathered = gathered
    return gathered
  }
}

function holdsAll(blob: Buffer, hashes: readonly number[]): boolean {
  // A copy, because a blob may lie at any octet.
  const held = new Int32Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.length))
  return hashes.every((hash) => held.includes(hash))
}
