/** What the settings put into the database, once, and again only when they change. */
import { describe, expect, test } from 'vitest'
import { seed, type ZoneFileText } from '../../../services/seed.ts'
import { memoryStore, type SqliteStore } from '../../../services/storage/sqlite.ts'
import type { Write } from '../../../services/storage/store.ts'
import { EMPTY_LEVEL, type Level } from '../../../services/model/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import { pool } from '../../support/dhcp-bench.ts'
import { NOON, record, recordLine } from '../../support/leases.ts'
import { settingsOf } from '../../support/running-appliance.ts'

/** One start of the program with these flags and files; the writes that it made. */
function start(store: SqliteStore, flags: { readonly [name: string]: string } = {}, files: readonly ZoneFileText[] = []): readonly Write[] {
  const writes = seed(store.load(), settingsOf(flags), files, NOON)
  if (!writes.ok) throw new Error(`${writes.error.problem}; ${writes.error.remedy}`)
  expect(store.commit([writes.value])).toEqual([undefined])
  return writes.value
}

function started(flags: { readonly [name: string]: string } = {}, files: readonly ZoneFileText[] = []): SqliteStore {
  const store = memoryStore()
  start(store, flags, files)
  return store
}
const pools = (store: SqliteStore): readonly string[] => store.load().dhcp.pools.map((p) => `${p.id}: ${formatIpv4(p.first)}-${formatIpv4(p.last)}`)
const levelOf = (store: SqliteStore): Level => store.load().dhcp.subnets[0]?.level ?? EMPTY_LEVEL
const zoneNames = (store: SqliteStore): readonly string[] => store.load().zones.map((z) => `${z.zone.name} ${z.zone.serial}`)
const recordsOf = (store: SqliteStore, zone: string): readonly string[] => store.load().zones.find((z) => z.zone.name === zone)?.records.map(recordLine) ?? []

describe('the first start', () => {
  test('one subnet with its options, a pool, the zone of names and its reverse zone', () => {
    const store = started()
    expect(store.load().dhcp.segments).toMatchObject([{ id: 1, siteId: 1, name: 'taproot0', interfaceName: 'taproot0' }])
    const { subnets } = store.load().dhcp
    expect(subnets).toMatchObject([{ id: 1, segmentId: 1, domain: 'lab.internal' }])
    expect(subnets[0]?.level).toEqual({
      leaseTimes: { leaseSeconds: 3600, minSeconds: 60, maxSeconds: 86_400 },
      boot: {},
      options: { 'domain-name-servers': ['10.53.0.2'], routers: ['10.53.0.1'], 'domain-name': 'lab.internal', 'domain-search': ['lab.internal'] },
    })
    expect(pools(store)).toEqual(['1: 10.53.0.100-10.53.0.199'])
    expect(zoneNames(store)).toEqual(['lab.internal 2', '0.53.10.in-addr.arpa 2'])
    expect(recordsOf(store, 'lab.internal')).toEqual(['lab.internal NS taproot.lab.internal', 'taproot.lab.internal A 10.53.0.2'])
    expect(recordsOf(store, '0.53.10.in-addr.arpa')).toEqual(['0.53.10.in-addr.arpa NS taproot.lab.internal', '2.0.53.10.in-addr.arpa PTR taproot.lab.internal'])
  })

  test.each<[string, { readonly [name: string]: string }, (store: SqliteStore) => unknown, unknown]>([
    ['without a domain: no zone and no domain options', { domain: 'none' }, (s) => [zoneNames(s), Object.keys(levelOf(s).options)], [[], ['domain-name-servers', 'routers']]],
    ['without a gateway: no router', { gateway: 'none' }, (s) => levelOf(s).options['routers'], undefined],
    ['several pools', { pool: '10.53.0.10-10.53.0.19,10.53.0.30-10.53.0.39' }, pools, ['1: 10.53.0.10-10.53.0.19', '2: 10.53.0.30-10.53.0.39']],
    ['a lease time below the usual least', { 'lease-time': '60' }, (s) => levelOf(s).leaseTimes.minSeconds, 60],
    ['a lease time above the usual most', { 'lease-time': '604800' }, (s) => levelOf(s).leaseTimes.maxSeconds, 604_800],
    ['a /16: the reverse zone of two labels', { address: '10.53.0.2/16' }, (s) => zoneNames(s)[1], '53.10.in-addr.arpa 2'],
  ])('%s', (_what, flags, read, expected) => {
    expect(read(started(flags))).toEqual(expected)
  })
})

describe('a later start', () => {
  test('with the same settings writes nothing', () => {
    const store = started()
    expect(start(store)).toEqual([])
  })

  test('leaves what was edited meanwhile', () => {
    const store = started()
    const [subnet] = store.load().dhcp.subnets
    if (subnet === undefined) throw new Error('no subnet')
    const level = { ...subnet.level, leaseTimes: { leaseSeconds: 1234 } }
    store.commit([[{ kind: 'dhcp-put', what: 'subnets', item: { ...subnet, level } }, { kind: 'dhcp-remove', what: 'pools', id: 1 }]])
    expect(start(store)).toEqual([])
    expect([levelOf(store).leaseTimes.leaseSeconds, pools(store)]).toEqual([1234, []])
  })

  test('with another pool replaces the one from the settings, and only that', () => {
    const store = started()
    store.commit([[{ kind: 'dhcp-put', what: 'pools', item: pool('10.53.0.10', '10.53.0.11', { id: 9 }) }]])
    start(store, { pool: '10.53.0.50-10.53.0.59' })
    expect(pools(store)).toEqual(['9: 10.53.0.10-10.53.0.11', '10: 10.53.0.50-10.53.0.59'])
  })

  test('the mode of the query log too; how long queries are kept stays as it is', () => {
    const store = started({ 'query-log': 'off' })
    const mode = (): unknown => JSON.parse(store.load().settings.get('query-log') ?? '{}')
    expect(mode()).toEqual({ mode: 'off', keepDays: 7, maxMebibytes: 1024 })
    store.commit([[{ kind: 'setting', name: 'query-log', value: '{"mode":"counts","keepDays":2,"maxMebibytes":64}' }]])
    expect(start(store, { 'query-log': 'off' })).toEqual([])
    start(store, { 'query-log': 'anonymous' })
    expect(mode()).toEqual({ mode: 'anonymous', keepDays: 2, maxMebibytes: 64 })
    start(store)
    expect(mode()).toEqual({ mode: 'full', keepDays: 2, maxMebibytes: 64 })
  })

  test('forwarding is what was said through the API, until the setting changes', () => {
    const store = started({ forwarding: 'yes' })
    store.commit([[{ kind: 'setting', name: 'forwarding', value: 'no' }]])
    expect(start(store, { forwarding: 'yes' })).toEqual([])
    expect(store.load().settings.get('forwarding')).toBe('no')
    start(store, { forwarding: 'no' })
    start(store, { forwarding: 'yes' })
    expect(store.load().settings.get('forwarding')).toBe('yes')
  })

  test('with another lease time changes the same subnet', () => {
    const store = started()
    start(store, { 'lease-time': '120' })
    expect(store.load().dhcp.subnets.map((s) => [s.id, s.level.leaseTimes.leaseSeconds])).toEqual([[1, 120]])
  })

  test('with another address replaces the appliance’s own records, with a new serial; those of people stay', () => {
    const store = started()
    store.commit([[{ kind: 'zone-edit', at: NOON, edit: { zoneId: 1, serialBefore: 2, serialAfter: 3, remove: [], add: [record(50, 'www.lab.internal', 'A', '10.53.0.20')] } }]])
    start(store, { address: '10.53.0.5/24' })
    expect(recordsOf(store, 'lab.internal')).toEqual(['www.lab.internal A 10.53.0.20', 'lab.internal NS taproot.lab.internal', 'taproot.lab.internal A 10.53.0.5'])
    expect(recordsOf(store, '0.53.10.in-addr.arpa')).toContain('5.0.53.10.in-addr.arpa PTR taproot.lab.internal')
    expect(zoneNames(store)).toEqual(['lab.internal 4', '0.53.10.in-addr.arpa 3'])
  })

  test('with another domain adds its zone and keeps the old one, whose records may be wanted', () => {
    const store = started()
    start(store, { domain: 'home.arpa' })
    expect(zoneNames(store).map((z) => z.split(' ')[0])).toEqual(['lab.internal', '0.53.10.in-addr.arpa', 'home.arpa'])
    expect(store.load().dhcp.subnets[0]?.domain).toBe('home.arpa')
    expect(recordsOf(store, '0.53.10.in-addr.arpa')).toContain('2.0.53.10.in-addr.arpa PTR taproot.home.arpa')
  })
})

describe('zone files', () => {
  const file = (text: string, sha256 = text): ZoneFileText => ({ zone: 'example.internal', path: '/etc/example.zone', text, sha256 })
  const WHOLE = '$TTL 120\n@ SOA ns1 admin 2026010100 1 2 3 4\n@ NS ns1\nns1 A 10.0.0.1\nwww A 10.0.0.2\n'

  test('its records are served under the serial that it names', () => {
    const store = started({}, [file(WHOLE)])
    expect(zoneNames(store)[2]).toBe('example.internal 2026010100')
    expect(recordsOf(store, 'example.internal')).toEqual(['example.internal NS ns1.example.internal', 'ns1.example.internal A 10.0.0.1', 'www.example.internal A 10.0.0.2'])
    expect(store.load().zones[2]?.zone).toMatchObject({ primaryServer: 'ns1.example.internal', hostmaster: 'admin.example.internal', refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 120 })
  })

  test('without SOA and NS: we are its server', () => {
    const store = started({}, [file('www A 10.0.0.2\n')])
    expect(recordsOf(store, 'example.internal')).toEqual(['www.example.internal A 10.0.0.2', 'example.internal NS taproot.example.internal', 'taproot.example.internal A 10.53.0.2'])
  })

  test('unchanged it is not read again', () => {
    const store = started({}, [file(WHOLE)])
    expect(start(store, {}, [file(WHOLE)])).toEqual([])
  })

  test('changed it replaces its own records; those made by hand stay, and the serial moves on', () => {
    const store = started({}, [file(WHOLE)])
    store.commit([[{ kind: 'zone-edit', at: NOON, edit: { zoneId: 3, serialBefore: 2026010100, serialAfter: 2026010101, remove: [], add: [record(50, 'hand.example.internal', 'A', '10.0.0.9', { zoneId: 3 })] } }]])
    start(store, {}, [file('@ SOA ns1 admin 5 1 2 3 4\n@ NS ns1\nns1 A 10.0.0.1\nmail A 10.0.0.3\n')])
    expect(recordsOf(store, 'example.internal')).toEqual(['hand.example.internal A 10.0.0.9', 'example.internal NS ns1.example.internal', 'ns1.example.internal A 10.0.0.1', 'mail.example.internal A 10.0.0.3'])
    expect(zoneNames(store)[2]).toBe('example.internal 2026010102')
  })

  test('one that cannot be read is refused with file, line and column, and nothing is written', () => {
    const store = memoryStore()
    const refused = seed(store.load(), settingsOf(), [file('www A 10.0.0.2\nbad A 10.0.0.999\n')], NOON)
    expect(refused).toMatchObject({ ok: false, error: { problem: expect.stringMatching(/^\/etc\/example\.zone, line 2, column \d+: /), remedy: expect.stringMatching(/./) } })
  })
})

describe('a copy of the root', () => {
  const copies = (store: SqliteStore): readonly string[] =>
    store.load().secondaries.map(({ zoneId, primaries }) => `${store.load().zones.find(({ zone }) => zone.id === zoneId)?.zone.name} ${primaries.map(({ address, port }) => `${formatIpv4(address)}:${port}`).join(' ')}`)

  test('is a secondary zone as long as the setting says so; who it is transferred from may change', () => {
    const store = started({ 'local-root': '192.0.32.132,192.0.47.132:5353' })
    expect(copies(store)).toEqual(['. 192.0.32.132:53 192.0.47.132:5353'])
    expect(start(store, { 'local-root': '192.0.32.132,192.0.47.132:5353' })).toEqual([])
    start(store, { 'local-root': '192.0.32.132' })
    expect([copies(store), zoneNames(store).filter((zone) => zone.startsWith('. '))]).toEqual([['. 192.0.32.132:53'], ['. 0']])
    start(store)
    expect([copies(store), zoneNames(store).filter((zone) => zone.startsWith('. '))]).toEqual([[], []])
  })

  test('one that was made by hand, and no setting: it stays', () => {
    const store = started()
    const zone = { id: 99, name: '.', serial: 0, primaryServer: '.', hostmaster: '.', refresh: 1, retry: 1, expire: 1, minimum: 1, defaultTtl: 1 }
    store.commit([[{ kind: 'zone-put', zone }]])
    start(store, { 'local-root': '192.0.32.132' })
    start(store)
    expect([copies(store), zoneNames(store).filter((name) => name.startsWith('. '))]).toEqual([[], ['. 0']])
  })
})
