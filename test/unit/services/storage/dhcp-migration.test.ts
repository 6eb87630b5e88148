/** The step from subnets, pools and reservations to sites, segments and hosts: nothing that was said is lost. */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { expect, test } from 'vitest'
import { checkConfiguration } from '../../../../services/dhcp/index.ts'
import { DEFAULT_POLICY, DEFAULT_SITE, EMPTY_LEVEL } from '../../../../services/model/index.ts'
import { migrate, readMigrations } from '../../../../services/storage/migrate.ts'
import { DATABASE_FILE, openStore } from '../../../../services/storage/sqlite.ts'
import { ipv4 } from '../../../../stack/index.ts'
import { opened } from '../../../support/storage.ts'

const MIGRATIONS = new URL('../../../../migrations', import.meta.url).pathname
const STEP = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql')).sort().findIndex((name) => name.includes('dhcp-model'))

test('a database of before is read as it was meant', () => {
  const directory = mkdtempSync(join(tmpdir(), 'taproot-migration-'))
  const db = new Sqlite(join(directory, DATABASE_FILE))
  opened(migrate(db, readMigrations(MIGRATIONS).slice(0, STEP), 1))
  db.exec(`
    INSERT INTO subnets VALUES (1, ${0x0a350000}, 24, 'lan0', 3600, 60, 86400, 'lab.internal', '{"routers":["10.53.0.1"]}');
    INSERT INTO subnets VALUES (2, ${0xc0a80700}, 26, 'lan0', 600, 120, 6000, NULL, '{}');
    INSERT INTO pools VALUES (3, 1, ${0x0a350064}, ${0x0a3500c7});
    INSERT INTO reservations VALUES (4, 1, ${0x0a350014}, '02:00:00:00:00:01', '01aa', 'printer', '{"ntp-servers":null}', 'by the door');
    INSERT INTO reservations VALUES (5, 2, ${0xc0a80714}, '02:00:00:00:00:01', NULL, NULL, '{}', NULL);
    INSERT INTO leases VALUES (${0xc0a80714}, 2, 'bound', 1, '02:00:00:00:00:01', NULL, NULL, NULL, 5, 1, 2, 3);
  `)
  db.close()
  const store = opened(openStore(directory, 2))
  const { dhcp, leases } = store.load()
  store.close()
  const segment = { siteId: 1, interfaceName: 'lan0', relays: [], domain: undefined, policy: DEFAULT_POLICY, level: EMPTY_LEVEL }
  const host = { classes: [], denied: false, tags: [] }
  expect(dhcp).toEqual({
    sites: [DEFAULT_SITE],
    segments: [{ ...segment, id: 1, name: 'lan0' }, { ...segment, id: 2, name: '192.168.7.0/26' }],
    subnets: [
      {
        id: 1, segmentId: 1, prefix: { network: ipv4('10.53.0.0'), length: 24 }, domain: 'lab.internal',
        level: { options: { routers: ['10.53.0.1'] }, leaseTimes: { leaseSeconds: 3600, minSeconds: 60, maxSeconds: 86_400 }, boot: {} },
      },
      {
        id: 2, segmentId: 2, prefix: { network: ipv4('192.168.7.0'), length: 26 }, domain: undefined,
        level: { options: {}, leaseTimes: { leaseSeconds: 600, minSeconds: 120, maxSeconds: 6000 }, boot: {} },
      },
    ],
    pools: [{ id: 3, subnetId: 1, first: ipv4('10.53.0.100'), last: ipv4('10.53.0.199'), allow: [], deny: [], allocator: 'free-queue', level: EMPTY_LEVEL }],
    classes: [],
    hosts: [
      {
        ...host, id: 4, name: 'printer', comment: 'by the door', level: { ...EMPTY_LEVEL, options: { 'ntp-servers': null } },
        identifiers: [{ kind: 'client-id', value: '01aa' }, { kind: 'mac', value: '02:00:00:00:00:01' }],
        addresses: [{ subnetId: 1, address: ipv4('10.53.0.20') }],
      },
      {
        ...host, id: 5, name: undefined, comment: undefined, level: EMPTY_LEVEL,
        identifiers: [{ kind: 'mac', value: '02:00:00:00:00:01' }],
        addresses: [{ subnetId: 2, address: ipv4('192.168.7.20') }],
      },
    ],
    optionDefinitions: [],
  })
  expect(checkConfiguration(dhcp)).toEqual({ ok: true, value: [] })
  expect(leases).toMatchObject([{ hostId: 5, relayInformation: undefined, countedUnder: undefined }])
})
