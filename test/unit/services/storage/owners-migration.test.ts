/** The step to more kinds of owners of records: rows and history stay what they were, and new kinds are taken. */
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { PLAIN_RECORD } from '../../../../services/model/index.ts'
import { migrate, readMigrations } from '../../../../services/storage/migrate.ts'
import { DATABASE_FILE, openStore } from '../../../../services/storage/sqlite.ts'
import { FORWARD, NOON, record } from '../../../support/leases.ts'
import { opened, temporaryDirectory } from '../../../support/storage.ts'

const MIGRATIONS = readMigrations(new URL('../../../../migrations', import.meta.url).pathname)
const BEFORE = MIGRATIONS.slice(0, MIGRATIONS.findIndex(({ name }) => name.includes('owners-of-records')))

test('a database of before keeps its records and their history', () => {
  const directory = temporaryDirectory()
  const db = new Sqlite(join(directory, DATABASE_FILE))
  opened(migrate(db, BEFORE, 1))
  db.exec(`
    INSERT INTO zones VALUES (1, 'lab.internal', 7, 'taproot.lab.internal', 'hostmaster.lab.internal', 1, 2, 3, 4, 5);
    INSERT INTO records VALUES (9, 1, 'Www.lab.internal', 'A', 300, '10.53.0.20', 'hand', NULL, 'the web');
    INSERT INTO records VALUES (12, 1, 'alpha.lab.internal', 'A', 60, '192.168.7.200', 'lease', ${0xc0a807c8}, NULL);
    INSERT INTO record_history VALUES (3, 1, 6, 1000, 'remove', 'old.lab.internal', 'TXT', 30, '"x"', 'file', NULL);
  `)
  db.close()
  const store = opened(openStore(directory, 2))
  const lease = record(13, 'beta.lab.internal', 'A', '10.53.0.21', { owner: { kind: 'update', key: 'beta.lab.internal' } })
  const edit = { zoneId: FORWARD.id, serialBefore: 7, serialAfter: 8, remove: [], add: [lease] }
  expect(store.commit([[{ kind: 'zone-edit', at: NOON, edit }]])).toEqual([undefined])
  const records = store.load().zones[0]?.records
  const history = store.recordHistory(1, {}, 9, undefined)
  store.close()
  expect(records).toEqual([
    { ...PLAIN_RECORD, id: 9, zoneId: 1, name: 'Www.lab.internal', type: 'A', ttl: 300, data: '10.53.0.20', owner: { kind: 'hand' }, comment: 'the web' },
    { ...PLAIN_RECORD, id: 12, zoneId: 1, name: 'alpha.lab.internal', type: 'A', ttl: 60, data: '192.168.7.200', owner: { kind: 'lease', address: '192.168.7.200' } },
    lease,
  ])
  expect(history).toEqual([
    { ...lease, id: 4, at: NOON, serial: 8, action: 'add' },
    { ...PLAIN_RECORD, id: 3, zoneId: 1, at: 1000, serial: 6, action: 'remove', name: 'old.lab.internal', type: 'TXT', ttl: 30, data: '"x"', owner: { kind: 'file' } },
  ])
})
