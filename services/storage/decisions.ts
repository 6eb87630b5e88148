/**
 * SHELL: decisions in a database file of their own, without fsync. It may lose the last moments in a power cut; it can
 * neither slow nor endanger leases. A file that is damaged or from another version is begun anew: it is a log, not state.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Database, Statement } from 'better-sqlite3'
import type { Decision, TraceStep } from '../model/index.ts'
import { orNull } from './rows.ts'
import { openDatabase, storeFault } from './sqlite.ts'
import type { Opened, StoreFault } from './store.ts'
import { ok } from '../../stack/platform/index.ts'

/** Decisions kept; at about 600 octets each this is some 120 MB. */
export const DECISIONS_KEPT = 200_000
const PRUNE_EVERY = 5_000

export const DECISIONS_FILE = 'decisions.db'

/** What may be asked: all given must match. */
export type DecisionQuery = {
  readonly mac?: string | undefined
  readonly address?: string | undefined
  readonly hostName?: string | undefined
  readonly received?: string | undefined
  readonly sent?: string | undefined
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
  #untilPrune = PRUNE_EVERY
  #lastId: number

  constructor(db: Database) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
    this.#prune = db.prepare(`DELETE FROM decisions WHERE id <= ? - ${DECISIONS_KEPT}`)
    this.#lastId = (db.prepare('SELECT coalesce(max(id), 0) AS id FROM decisions').get() as { id: number }).id
  }

  /** Adds them in one transaction; ids ascend. A fault loses these decisions and nothing else. */
  add(decisions: readonly Omit<Decision, 'id'>[]): StoreFault | undefined {
    try {
      this.#db.transaction(() => {
        for (const d of decisions)
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
            JSON.stringify(d.steps),
          )
      })()
      this.#untilPrune -= decisions.length
      if (this.#untilPrune <= 0) {
        this.#untilPrune = PRUNE_EVERY
        this.#prune.run(this.#lastId)
      }
      return undefined
    } catch (error) {
      return storeFault(error)
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
