/**
 * Runs migrations in order, each in a transaction of its own, and refuses what it cannot trust: a database that a newer
 * version wrote, and a migration whose text changed after it was applied.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { err, ok } from '../../stack/platform/index.ts'
import type { Opened } from './store.ts'

export type Migration = { readonly number: number; readonly name: string; readonly sql: string; readonly sha256: string }

/** The migrations in `directory`, named NNNN-title.sql, without gaps from 0001. */
export function readMigrations(directory: string): readonly Migration[] {
  const names = readdirSync(directory).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort()
  return names.map((name, index) => {
    const sql = readFileSync(join(directory, name), 'utf8')
    const number = Number(name.slice(0, 4))
    if (number !== index + 1) throw new Error(`migration ${name} should have number ${index + 1}`)
    return { number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
  })
}

/** Brings `db` to the newest version. */
export function migrate(db: Database, migrations: readonly Migration[], wallMs: number): Opened<{ applied: number }> {
  db.exec(`CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT`)
  const rows = db.prepare('SELECT number, name, sha256 FROM migrations ORDER BY number').all() as Migration[]
  for (const row of rows) {
    const known = migrations[row.number - 1]
    if (known === undefined)
      return err({
        problem: `the database ${db.name} was written by a newer version (it has migration ${row.name}, this version ends at ${migrations.length})`,
        remedy: 'run that version or a newer one, or name another data directory with --data',
      })
    if (known.sha256 !== row.sha256)
      return err({
        problem: `migration ${row.name} of ${db.name} is not the one that was applied`,
        remedy: 'restore the migrations folder of the version that you run',
      })
  }
  const due = migrations.slice(rows.length)
  const record = db.prepare('INSERT INTO migrations (number, name, sha256, applied_ms) VALUES (?, ?, ?, ?)')
  for (const migration of due)
    db.transaction(() => {
      db.exec(migration.sql)
      record.run(migration.number, migration.name, migration.sha256, wallMs)
    })()
  return ok({ applied: due.length })
}
