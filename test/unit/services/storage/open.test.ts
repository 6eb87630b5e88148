/** What is refused at start-up, with what to do about it: foreign versions, damage, directories, a second program. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { migrate, readMigrations, type Migration } from '../../../../services/storage/migrate.ts'
import { DATABASE_FILE, lockDataDirectory, openStore, prepareDataDirectory, storeFault } from '../../../../services/storage/sqlite.ts'
import { opened, temporaryDirectory } from '../../../support/storage.ts'

const migration = (number: number, sql: string): Migration => ({ number, name: `${String(number).padStart(4, '0')}-x.sql`, sql, sha256: `${sql} hashed` })
const ONE = migration(1, 'CREATE TABLE a (x)')
const TWO = migration(2, 'CREATE TABLE b (x)')

describe('migrations', () => {
  test('run once each, in order, and the rest later', () => {
    const db = new Sqlite(':memory:')
    expect(opened(migrate(db, [ONE], 1))).toEqual({ applied: 1 })
    expect(opened(migrate(db, [ONE, TWO], 2))).toEqual({ applied: 1 })
    expect(opened(migrate(db, [ONE, TWO], 3))).toEqual({ applied: 0 })
    expect(db.prepare('SELECT number, name, applied_ms FROM migrations').all()).toEqual([
      { number: 1, name: '0001-x.sql', applied_ms: 1 },
      { number: 2, name: '0002-x.sql', applied_ms: 2 },
    ])
  })

  test.each([
    ['a database of a newer version', [ONE], /newer version.*0002-x\.sql.*ends at 1/, /newer/],
    ['a migration that changed after it was applied', [{ ...ONE, sha256: 'other' }, TWO], /0001-x\.sql .*not the one that was applied/, /migrations/],
  ])('%s is refused', (_what, known, problem, remedy) => {
    const db = new Sqlite(':memory:')
    opened(migrate(db, [ONE, TWO], 0))
    const refused = migrate(db, known, 0)
    expect(refused).toMatchObject({ ok: false, error: { problem: expect.stringMatching(problem), remedy: expect.stringMatching(remedy) } })
  })

  test('one that fails leaves nothing of itself, and those before it stay', () => {
    const db = new Sqlite(':memory:')
    expect(() => migrate(db, [ONE, migration(2, 'CREATE TABLE c (x); CREATE TABLE a (x)')], 0)).toThrow(/already exists/)
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name IN ('a', 'c')").all()).toEqual([{ name: 'a' }])
    expect(opened(migrate(db, [ONE, TWO], 0))).toEqual({ applied: 1 })
  })

  test('files are read in the order of their numbers, and a gap is refused', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, '0002-second.sql'), 'SELECT 2')
    writeFileSync(join(directory, '0001-first.sql'), 'SELECT 1')
    writeFileSync(join(directory, 'notes.txt'), '')
    expect(readMigrations(directory).map((m) => [m.number, m.name, m.sql])).toEqual([[1, '0001-first.sql', 'SELECT 1'], [2, '0002-second.sql', 'SELECT 2']])
    writeFileSync(join(directory, '0004-fourth.sql'), 'SELECT 4')
    expect(() => readMigrations(directory)).toThrow(/0004-fourth\.sql should have number 3/)
  })
})

describe('the database file', () => {
  const refusal = (directory: string): { problem: string; remedy: string } => {
    const result = openStore(directory, 0)
    if (result.ok) throw new Error('it was opened')
    return result.error
  }

  test('one of a newer version is refused with what to do', () => {
    const directory = temporaryDirectory()
    opened(openStore(directory, 0)).close()
    const db = new Sqlite(join(directory, DATABASE_FILE))
    db.exec("INSERT INTO migrations VALUES (99, '0099-future.sql', 'x', 0)")
    db.close()
    expect(refusal(directory)).toMatchObject({ problem: expect.stringContaining('0099-future.sql'), remedy: expect.stringContaining('--data') })
  })

  test('one whose migration was edited is refused', () => {
    const directory = temporaryDirectory()
    opened(openStore(directory, 0)).close()
    const db = new Sqlite(join(directory, DATABASE_FILE))
    db.exec("UPDATE migrations SET sha256 = 'edited' WHERE number = 2")
    db.close()
    expect(refusal(directory).problem).toContain('0002-dhcp.sql')
  })

  test('something else under its name is refused, and left as it is', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, DATABASE_FILE), 'this is a letter to my aunt, not a database, and long enough to be looked at')
    expect(refusal(directory)).toMatchObject({ problem: expect.stringContaining(DATABASE_FILE), remedy: expect.stringContaining('--data') })
  })

  test('a damaged one is refused', () => {
    const directory = temporaryDirectory()
    opened(openStore(directory, 0)).close()
    const file = join(directory, DATABASE_FILE)
    const db = new Sqlite(file)
    db.pragma('journal_mode = DELETE')
    const pages = db.pragma('page_count', { simple: true }) as number
    db.close()
    const page = 4096
    // Every page but the first: the header still says that it is a database.
    writeFileSync(file, Buffer.alloc((pages - 1) * page, 0xa5), { flag: 'r+', flush: true })
    const header = Buffer.from('SQLite format 3\0')
    writeFileSync(file, header, { flag: 'r+' })
    expect(refusal(directory).problem).toMatch(/damaged|cannot use/)
  })

  test('a data directory is made with those above it, or refused by name', () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'file'), '')
    const below = prepareDataDirectory(join(directory, 'file', 'data'))
    expect(below).toMatchObject({ ok: false, error: { problem: expect.stringContaining(join(directory, 'file', 'data')), remedy: expect.stringContaining('--data') } })
    expect(opened(prepareDataDirectory(join(directory, 'new', 'deep')))).toBe(join(directory, 'new', 'deep'))
  })

  test('errors of SQLite are sorted by what a person would do; others are not swallowed', () => {
    const kind = (code: string): string => storeFault(new Sqlite.SqliteError('text', code)).kind
    expect(['SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED', 'SQLITE_CANTOPEN', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY'].map(kind)).toEqual([
      'full', 'read-only', 'read-only', 'read-only', 'failed', 'failed',
    ])
    expect(() => storeFault(new TypeError('a bug'))).toThrow('a bug')
  })
})

describe('the lock of the data directory', () => {
  test('a second program is refused until the first lets go', () => {
    const directory = temporaryDirectory()
    const first = opened(lockDataDirectory(directory))
    expect(lockDataDirectory(directory)).toMatchObject({ ok: false, error: { problem: expect.stringContaining('another taproot'), remedy: expect.stringContaining('--data') } })
    first.release()
    opened(lockDataDirectory(directory)).release()
  })

  test('a directory where no file can be made is refused as such', () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'lock.db'))
    expect(lockDataDirectory(directory)).toMatchObject({ ok: false, error: { problem: expect.stringContaining('cannot write') } })
  })
})
