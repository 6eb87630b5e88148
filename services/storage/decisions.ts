/**
 * SHELL: decisions in a database file of their own, without fsync. It may lose the last moments in a power cut; it can
 * neither slow nor endanger leases. A file that is damaged or from another version is begun anew: it is a log, not state.
 */
import { join } from 'node:path'
import type { Database, Statement } from 'better-sqlite3'
import type { Decision, TraceStep } from '../model/index.ts'
import { DECISION_CELLS, type StoredDecision } from './stored-decision.ts'
import { openDatabase, removeDatabase, storeFault } from './sqlite.ts'
import type { Opened, StoreFault } from './store.ts'
import { KEYED_DECISIONS, RunKeys, type IdRange } from './run-keys.ts'
import { type Cell, RowBatch } from './row-batch.ts'
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
    removeDatabase(file)
    db = open()
  }
  return db.ok ? ok(new DecisionStore(db.value)) : db
}

const { mac: MAC, address: ADDRESS, hostName: HOST_NAME } = DECISION_CELLS
const text = (cell: Cell | undefined): string | undefined => (typeof cell === 'string' ? cell : undefined)

const COLUMNS = ['id', 'at_ms', 'kind', 'interface', 'mac', 'client_id', 'address', 'host_name', 'received', 'sent', 'steps']

export class DecisionStore {
  readonly #db: Database
  readonly #rows: RowBatch
  readonly #keys: RunKeys
  readonly #prune: Statement
  readonly #begin: Statement
  readonly #commit: Statement
  #untilPrune = PRUNE_EVERY
  #lastId: number

  constructor(db: Database) {
    this.#db = db
    this.#rows = new RowBatch(db, 'decisions', COLUMNS)
    this.#keys = new RunKeys(db, KEYED_DECISIONS)
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
        this.#rows.add(++this.#lastId, ...d)
        this.#keys.add(this.#lastId, { mac: text(d[MAC]), address: text(d[ADDRESS]), hostName: text(d[HOST_NAME]) })
      }
      this.#rows.flush()
      this.#keys.store()
      this.#commit.run()
      this.#untilPrune -= added
      if (this.#untilPrune <= 0) {
        this.#untilPrune = PRUNE_EVERY
        this.#prune.run(this.#lastId)
        this.#keys.prune(this.#lastId - DECISIONS_KEPT)
      }
      return ok(added)
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK')
      this.#rows.clear()
      this.#keys.clear()
      return err(storeFault(error))
    }
  }

  /** Newest first; `before` is the id that the last page ended with. */
  list(query: DecisionQuery, limit: number, before: number | undefined): readonly Decision[] {
    const found: Row[] = []
    for (const run of this.#keys.runsWith(query, before)) {
      const { text, values } = conditions(query, run)
      const rows = this.#db.prepare(`SELECT * FROM decisions WHERE ${text} ORDER BY id DESC LIMIT ?`)
      found.push(...(rows.all(...values, limit - found.length) as Row[]))
      if (found.length >= limit) break
    }
    return found.map(decisionOf)
  }

  get(id: number): Decision | undefined {
    const row = this.#db.prepare('SELECT * FROM decisions WHERE id = ?').get(id) as Row | undefined
    return row === undefined ? undefined : decisionOf(row)
  }

  close(): void {
    this.#db.close()
  }
}

function conditions(query: DecisionQuery, { first, last }: IdRange): { readonly text: string; readonly values: (string | number)[] } {
  const asked: readonly (readonly [string, string | number | undefined])[] = [
    ['id >= ?', first], ['id <= ?', last], ['mac = ?', query.mac], ['address = ?', query.address],
    ['host_name = ?', query.hostName], ['received = ?', query.received], ['sent = ?', query.sent], ['at_ms <= ?', query.until],
  ]
  const texts: string[] = []
  const values: (string | number)[] = []
  for (const [text, value] of asked) {
    if (value === undefined) continue
    texts.push(text)
    values.push(value)
  }
  return { text: texts.join(' AND '), values }
}
