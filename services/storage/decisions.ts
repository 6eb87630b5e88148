/**
 * SHELL: decisions in a database file of their own, without fsync. It may lose the last moments in a power cut; it can
 * neither slow nor endanger leases. A file that is damaged or from another version is begun anew: it is a log, not state.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Statement } from 'better-sqlite3'
import type { Decision, TraceStep } from '../model/index.ts'
import type { StoredDecision } from './stored-decision.ts'
import { orNull } from './rows.ts'
import { openDatabase, storeFault } from './sqlite.ts'
import type { Opened, StoreFault } from './store.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'

/** Decisions kept; at about 600 octets each this is some 120 MB. */
export const DECISIONS_KEPT = 200_000
/** Decisions between two looks at the bound; so many go at once, which must not take long. */
const PRUNE_EVERY = 256

/** Rows between two looks at whether something more important waits: some 0.2 ms. */
const LOOK_UP_EVERY = 16

export const DECISIONS_FILE = 'decisions.db'

/** What may be asked: all given must match. */
export type DecisionQuery = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly received?: string | undefined
  readonly sent?: string | undefined
  /** Wall time in ms: no later ones. */
  readonly until?: number | undefined
}

type Row = {
  id: number
  at_ms: number
  kind: 'dhcp'
  interface: string
  mac: string
  client_id: string | null
  address: string | null
  host_name: string | null
  received: string
  sent: string
  steps: string
}

const decisionOf = (r: Row): Decision => ({
  id: r.id,
  at: r.at_ms,
  kind: r.kind,
  interfaceName: r.interface,
  mac: r.mac,
  clientId: r.client_id ?? undefined,
  address: r.address ?? undefined,
  hostName: r.host_name ?? undefined,
  received: r.received,
  sent: r.sent,
  steps: JSON.parse(r.steps) as TraceStep[],
})

/** Opens the decisions in `directory`, or in memory for tests (undefined). */
export function openDecisions(directory: string | undefined, wallMs: number): Opened<DecisionStore> {
  const file = directory === undefined ? ':memory:' : join(directory, DECISIONS_FILE)
  const open = (): Opened<Database> => openDatabase(file, { migrations: 'decisions', durable: false, wallMs })
  let db = open()
  if (!db.ok && directory !== undefined) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    db = open()
  }
  return db.ok ? ok(new DecisionStore(db.value)) : db
}

export class DecisionStore {
  readonly #db: Database
  readonly #insert: Statement
  readonly #prune: Statement
  readonly #begin: Statement
  readonly #commit: Statement
  #untilPrune = PRUNE_EVERY
  #lastId: number

  constructor(db: Database) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#begin = db.prepare('BEGIN')
    this.#commit = db.prepare('COMMIT')
    this.#prune = db.prepare(`DELETE FROM decisions WHERE id <= ? - ${DECISIONS_KEPT}`)
    this.#lastId = (db.prepare('SELECT coalesce(max(id), 0) AS id FROM decisions').get() as { id: number }).id
  }

  /**
   * Adds decisions in one transaction; ids ascend. Asks `hurry` now and then, and stops early when it says so: the rest
   * is for another time. Returns how many were added; a fault loses `decisions` and nothing else.
   */
  add(decisions: readonly StoredDecision[], hurry: () => boolean = () => false): Result<number, StoreFault> {
    let added = 0
    try {
      this.#begin.run()
      for (const d of decisions) {
        if (added % LOOK_UP_EVERY === LOOK_UP_EVERY - 1 && hurry()) break
        added++
        this.#insert.run(
          ++this.#lastId,
          d.at,
          d.kind,
          d.interfaceName,
          d.mac,
          orNull(d.clientId),
          orNull(d.address),
          orNull(d.hostName),
          d.received,
          d.sent,
          d.stepsJson,
        )
      }
      this.#commit.run()
      this.#untilPrune -= added
      if (this.#untilPrune <= 0) {
        this.#untilPrune = PRUNE_EVERY
        this.#prune.run(this.#lastId)
      }
      return ok(added)
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      return err(storeFault(error))
    }
  }

  /** Newest first; `before` is the id that the last page ended with. */
  list(query: DecisionQuery, limit: number, before: number | undefined): readonly Decision[] {
    const conditions: string[] = []
    const values: (string | number)[] = []
    const add = (text: string, value: string | number | undefined): void => {
      if (value === undefined) return
      conditions.push(text)
      values.push(value)
    }
    add('mac = ?', query.mac)
    add('address = ?', query.address)
    add('host_name = ?', query.hostName)
    add('received = ?', query.received)
    add('sent = ?', query.sent)
    add('at_ms <= ?', query.until)
    add('id < ?', before)
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
    const rows = this.#db.prepare(`SELECT * FROM decisions ${where} ORDER BY id DESC LIMIT ?`).all(...values, limit)
    return (rows as Row[]).map(decisionOf)
  }

  get(id: number): Decision | undefined {
    const row = this.#db.prepare('SELECT * FROM decisions WHERE id = ?').get(id) as Row | undefined
    return row === undefined ? undefined : decisionOf(row)
  }

  close(): void {
    this.#db.close()
  }
}
