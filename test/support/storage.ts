/** Databases for tests of storage: in memory with a hand on their size, or in a directory that goes with the test. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase, SqliteStore } from '../../services/storage/sqlite.ts'
import type { Opened } from '../../services/storage/store.ts'

/** The value of what must have opened. */
export function opened<T>(result: Opened<T>): T {
  if (!result.ok) throw new Error(`${result.error.problem}; ${result.error.remedy}`)
  return result.value
}

/** A directory of its own for the running test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'taproot-storage-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A store whose disk can be full: no page more than it has. */
export function smallDisk(): { readonly store: SqliteStore; fill(): void; free(): void } {
  const db = opened(openDatabase(':memory:', { migrations: '.', durable: false, wallMs: 0 }))
  return {
    store: new SqliteStore(db),
    fill: () => void db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`),
    free: () => void db.pragma('max_page_count = 1000000'),
  }
}
