/** What the API is told: texts in, views out, pages, filters, health. */
import { describe, expect, test } from 'vitest'
import { storedDecision } from '../../../services/storage/stored-decision.ts'
import type { Transaction } from '../../../services/storage/store.ts'
import { change, lease, NOON, record, released } from '../../support/leases.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const ALPHA = lease('10.53.0.100', { mac: '02:00:00:00:00:0a', hostName: 'alpha', publishedName: 'alpha.lab.internal' })
const BETA = lease('10.53.0.101', { mac: '02:00:00:00:00:0b', clientId: '01aa', hostName: 'beta', expiresAt: undefined })
const GONE = lease('10.77.0.1', { subnetId: 9, state: 'expired' })
const LEASES: Transaction = [ALPHA, BETA, GONE].map((row) => ({ kind: 'lease', at: NOON, change: change(undefined, row) }))
const LEVEL = {
  options: {}, leaseSeconds: null, minLeaseSeconds: null, maxLeaseSeconds: null, renewSeconds: null, rebindSeconds: null, nextServer: null, serverName: null, bootFile: null,
}
const POOL = { ...LEVEL, subnetId: 1, first: '10.53.0.30', last: '10.53.0.39', allow: [], deny: [], allocator: 'free-queue' } as const
const HOST = {
  ...LEVEL, name: 'printer', identifiers: [{ kind: 'mac' as const, value: '02:00:00:00:00:0c' }], addresses: ['10.53.0.20'], classes: [], denied: false, tags: [], comment: null,
}
const SUBNET = { ...LEVEL, prefix: '10.54.0.0/24', segmentId: null, interface: 'taproot0', leaseSeconds: 600, minLeaseSeconds: 60, maxLeaseSeconds: 6000, domain: null }
const ZONE = { name: 'Example.Internal.', primaryServer: null, hostmaster: null, refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 5, soaTtl: null, serialPolicy: 'increment' as const }
const ALL = { limit: 100 }

describe('leases', () => {
  const addresses = async (running: Running, ...args: Parameters<Running['services']['leases']['listLeases']>): Promise<readonly string[]> =>
    (await done(running.services.leases.listLeases(...args))).items.map((item) => item.address)

  test('one whole', async () => {
    const { services } = startAppliance({ before: LEASES })
    expect(await done(services.leases.getLease('10.53.0.101'))).toEqual({
      address: '10.53.0.101', subnet: '10.53.0.0/24', state: 'bound', mac: '02:00:00:00:00:0b', clientId: '01aa', clientIdText: 'hardware type 1 aa', hostName: 'beta', name: null,
      hostId: null, startedAt: '2026-01-01T12:00:00.000Z', renewedAt: '2026-01-01T12:00:00.000Z', expiresAt: null,
    })
    expect((await done(services.leases.getLease('10.77.0.1'))).subnet).toBe('removed')
  })

  test.each([
    [{}, ['10.53.0.100', '10.53.0.101', '10.77.0.1']],
    [{ mac: '02:00:00:00:00:0a' }, ['10.53.0.100']],
    [{ hostName: 'beta' }, ['10.53.0.101']],
    [{ state: 'expired' as const }, ['10.77.0.1']],
    [{ subnet: '10.53.0.0/24' }, ['10.53.0.100', '10.53.0.101']],
    [{ address: '10.53.0.102' }, []],
  ])('%j', async (filter, expected) => {
    expect(await addresses(startAppliance({ before: LEASES }), filter, ALL)).toEqual(expected)
  })

  test('in pages, the last of which says so', async () => {
    const { services } = startAppliance({ before: LEASES })
    const first = await done(services.leases.listLeases({}, { limit: 2 }))
    expect(first.items.map((item) => item.address)).toEqual(['10.53.0.100', '10.53.0.101'])
    const last = await done(services.leases.listLeases({}, { limit: 2, after: first.next ?? '' }))
    expect([last.items.map((item) => item.address), last.next]).toEqual([['10.77.0.1'], null])
    expect((await done(services.leases.listLeases({}, { limit: 3 }))).next).toBeNull()
  })

  test('history, newest first', async () => {
    const { services, store } = startAppliance({ before: LEASES })
    store.commit([[{ kind: 'lease', at: NOON + 60_000, change: released(ALPHA) }]])
    expect(await done(services.leases.leaseHistory({ mac: ALPHA.mac }, ALL))).toEqual({
      items: [{ address: '10.53.0.100', mac: ALPHA.mac, clientId: null, hostName: 'alpha', from: '2026-01-01T12:00:00.000Z', to: '2026-01-01T12:01:00.000Z', ended: 'released' }],
      next: null,
    })
  })

  test.each([
    ['2025-12-31', []],
    ['2026-01-01', ['alpha']],
    ['2026-01-01T12:00', ['alpha']],
    ['2026-01-01T13:00:30+01:00', ['alpha']],
    ['2026-01-01 12:01', []],
  ] as const)('who held it at %s', async (at, expected) => {
    const { services, store } = startAppliance({ before: LEASES })
    store.commit([[{ kind: 'lease', at: NOON + 60_000, change: released(ALPHA) }]])
    expect((await done(services.leases.leaseHistory({ address: '10.53.0.100', at }, ALL))).items.map((item) => item.hostName)).toEqual(expected)
  })

  test('released by the administrator', async () => {
    const { services } = startAppliance({ before: LEASES })
    expect(await done(services.leases.releaseLease('10.53.0.100'))).toMatchObject({ state: 'released', name: null, subnet: '10.53.0.0/24' })
  })
})

describe('what a person gives as text', () => {
  test.each<[string, (s: Running['services']) => Promise<{ ok: true; value: unknown } | { ok: false; error: never }>, RegExp]>([
    ['an address of a lease', (s) => s.leases.getLease('10.53.0') as never, /^invalid \/address: "10\.53\.0" is not an IPv4 address/],
    ['a lease that is not known', (s) => s.leases.getLease('10.53.0.199') as never, /^not-found : there is no lease of 10\.53\.0\.199/],
    ['an address to release', (s) => s.leases.releaseLease('x') as never, /^invalid \/address/],
    ['a subnet to filter by', (s) => s.leases.listLeases({ subnet: '10.0.0.0/8' }, ALL) as never, /^invalid \/subnet: there is no subnet 10\.0\.0\.0\/8/],
    ['a page mark of leases', (s) => s.leases.listLeases({}, { limit: 1, after: 'second' }) as never, /^invalid \/after: "second" is no page mark/],
    ['a time of the past', (s) => s.leases.leaseHistory({ at: 'Tuesday' }, ALL) as never, /^invalid \/at: "Tuesday" is neither a time nor a date/],
    ['a date that is none', (s) => s.reasons.listDecisions({ until: '2026-02-31T99:00' }, ALL) as never, /^invalid \/until/],
    ['a page mark of history', (s) => s.leases.leaseHistory({}, { limit: 1, after: '1;2' }) as never, /^invalid \/after/],
    ['a page mark of records', (s) => s.dns.listRecords('lab.internal', {}, { limit: 1, after: '' }) as never, /^invalid \/after/],
    ['a page mark of changes', (s) => s.dns.recordHistory('lab.internal', {}, { limit: 1, after: 'x' }) as never, /^invalid \/after/],
    ['a page mark of decisions', (s) => s.reasons.listDecisions({}, { limit: 1, after: 'x' }) as never, /^invalid \/after/],
    ['a prefix with host bits', (s) => s.dhcp.add('subnets', { ...SUBNET, prefix: '10.54.0.1/24' }) as never, /^invalid \/prefix: "10\.54\.0\.1\/24" is not an address block/],
    ['a prefix in a change', (s) => s.dhcp.change('subnets', 1, { prefix: 'all' }) as never, /^invalid \/prefix/],
    ['the first of a pool', (s) => s.dhcp.add('pools', { ...POOL, first: '10.53.0.999' }) as never, /^invalid \/first/],
    ['the last of a pool in a change', (s) => s.dhcp.change('pools', 1, { last: '' }) as never, /^invalid \/last/],
    ['an address of a host', (s) => s.dhcp.add('hosts', { ...HOST, addresses: ['10.53.0.20', '::1'] }) as never, /^invalid \/addresses\/1/],
    ['an address of a host in no subnet', (s) => s.dhcp.add('hosts', { ...HOST, addresses: ['10.99.0.20'] }) as never, /^invalid \/addresses\/0\/address: 10\.99\.0\.20 is in no subnet/],
    ['a relay', (s) => s.dhcp.change('segments', 1, { relays: ['r1'] }) as never, /^invalid \/relays\/0/],
    ['a boot server', (s) => s.dhcp.change('pools', 1, { nextServer: 'boot' }) as never, /^invalid \/nextServer/],
    ['a circuit identifier', (s) => s.dhcp.add('hosts', { ...HOST, identifiers: [{ kind: 'circuit-id', value: '0xzz' }] }) as never, /^invalid \/identifiers\/0\/value/],
    ['a hardware address', (s) => s.dhcp.add('hosts', { ...HOST, identifiers: [{ kind: 'mac', value: '02:00' }] }) as never, /^invalid \/identifiers\/0\/value: "02:00" is no hardware address/],
    ['a subnet that is not there', (s) => s.dhcp.get('subnets', 9) as never, /^not-found : there is no subnet 9/],
    ['a pool that is not there', (s) => s.dhcp.get('pools', 9) as never, /^not-found : there is no pool 9/],
    ['a host that is not there', (s) => s.dhcp.get('hosts', 9) as never, /^not-found : there is no host 9/],
    ['a change of a host that is not there', (s) => s.dhcp.change('hosts', 9, { name: 'x' }) as never, /^not-found : there is no host 9/],
    ['a zone that is not there', (s) => s.dns.getZone('none.internal') as never, /^not-found : there is no zone none\.internal/],
    ['records of a zone that is not there', (s) => s.dns.listRecords('none.internal', {}, ALL) as never, /^not-found/],
    ['a record that is not there', (s) => s.dns.getRecord('lab.internal', 999) as never, /^not-found : there is no record 999 in lab\.internal/],
    ['a decision that is not there', (s) => s.reasons.getDecision(999) as never, /^not-found : there is no decision 999/],
    ['a subject that is nothing', (s) => s.reasons.explain('who?') as never, /^invalid \/subject/],
  ])('%s', async (_what, ask, expected) => {
    expect(await refused(ask(startAppliance({ before: LEASES }).services))).toMatch(expected)
  })
})

describe('DHCP entries', () => {
  test('a subnet with what its pools hold', async () => {
    const { services } = startAppliance({ before: LEASES })
    expect(await done(services.dhcp.get('subnets', 1))).toMatchObject({
      id: 1, prefix: '10.53.0.0/24', segmentId: 1, segment: 'taproot0', interface: 'taproot0', domain: 'lab.internal', leaseSeconds: 3600, renewSeconds: null, poolSize: 100, bound: 2,
    })
    expect(await done(services.dhcp.list('pools'))).toEqual([{ ...LEVEL, id: 1, subnetId: 1, first: '10.53.0.100', last: '10.53.0.199', allow: [], deny: [], allocator: 'free-queue', size: 100, bound: 2 }])
  })

  test('added and changed; what a change does not name stays, null takes away', async () => {
    const { dhcp } = startAppliance().services
    expect(await done(dhcp.add('subnets', SUBNET))).toEqual({ ...SUBNET, id: 2, segmentId: 1, segment: 'taproot0', poolSize: 0, bound: 0, warnings: [] })
    expect(await done(dhcp.change('subnets', 1, { leaseSeconds: 900 }))).toMatchObject({ leaseSeconds: 900, maxLeaseSeconds: 86_400, domain: 'lab.internal' })
    expect(await done(dhcp.change('subnets', 1, { domain: null, maxLeaseSeconds: null }))).toMatchObject({ leaseSeconds: 900, maxLeaseSeconds: null, domain: null })
    expect(await done(dhcp.change('subnets', 1, { domain: 'Lab.Internal.' }))).toMatchObject({ domain: 'lab.internal' })
    expect(await done(dhcp.add('pools', POOL))).toEqual({ ...POOL, id: 2, size: 10, bound: 0, warnings: [] })
    expect(await done(dhcp.change('pools', 2, { last: '10.53.0.30', bootFile: '', nextServer: '10.53.0.3' }))).toMatchObject({ first: '10.53.0.30', size: 1, bootFile: '', nextServer: '10.53.0.3' })
    expect(await done(dhcp.change('pools', 2, { bootFile: null, nextServer: null }))).toMatchObject({ bootFile: null, nextServer: null })
    expect(await done(dhcp.add('hosts', HOST))).toEqual({ ...HOST, id: 1, warnings: [] })
    expect(await done(dhcp.change('hosts', 1, { name: null, tags: ['a'] }))).toMatchObject({ name: null, tags: ['a'], addresses: ['10.53.0.20'] })
    for (const [kind, id] of [['hosts', 1], ['pools', 2], ['subnets', 2]] as const) await done(dhcp.remove(kind, id))
    expect([await done(dhcp.list('hosts')), (await done(dhcp.list('pools'))).length, (await done(dhcp.list('subnets'))).length]).toEqual([[], 1, 1])
  })

  test('identifiers in the forms that people write, and as they are shown', async () => {
    const { dhcp } = startAppliance().services
    const identifiers = [
      { kind: 'mac', value: '02-00-0A-00-00-01' },
      { kind: 'client-id', value: '01:AB:cd' },
      { kind: 'uuid', value: '564D9F2E-7b1c-4a3e-9f00-02000a350014' },
      { kind: 'circuit-id', value: 'eth7' },
      { kind: 'circuit-id', value: '0x0001FF' },
      { kind: 'remote-id', value: 'switch 3' },
      { kind: 'host-name', value: 'Cam-1' },
    ] as const
    const added = await done(dhcp.add('hosts', { ...HOST, identifiers }))
    expect(added.identifiers.map((each) => each.value)).toEqual([
      '02:00:0a:00:00:01', '01abcd', '564d9f2e-7b1c-4a3e-9f00-02000a350014', 'eth7', '0x0001ff', 'switch 3', 'cam-1',
    ])
  })

  test('a segment, of whose policy only what is given changes', async () => {
    const { dhcp } = startAppliance().services
    const [segment] = await done(dhcp.list('segments'))
    expect(segment).toMatchObject({ name: 'taproot0', subnets: ['10.53.0.0/24'], policy: { mode: 'serve', newClientsPerSecond: null } })
    const changed = await done(dhcp.change('segments', 1, { relays: ['192.0.2.1'], policy: { knownOnly: true, newClientsPerSecond: 5 } }))
    expect(changed).toMatchObject({ relays: ['192.0.2.1'], policy: { mode: 'serve', knownOnly: true, newClientsPerSecond: 5 } })
    expect(await done(dhcp.change('segments', 1, { policy: { newClientsPerSecond: null } }))).toMatchObject({ policy: { knownOnly: true, newClientsPerSecond: null } })
  })

  test('a slip that is legal is accepted with a warning', async () => {
    const { dhcp } = startAppliance().services
    const { warnings } = await done(dhcp.change('subnets', 1, { options: { routers: ['10.99.0.1'] } }))
    expect(warnings).toEqual([{ field: '/options/routers', problem: 'the router 10.99.0.1 is outside 10.53.0.0/24', remedy: expect.stringMatching(/./) }])
  })
})

describe('zones and records', () => {
  test('a zone in any letter case, with or without its last dot, and names made for it', async () => {
    const { services } = startAppliance()
    expect(await done(services.dns.addZone(ZONE))).toEqual({
      id: 3, name: 'example.internal', serial: 1, records: 2, primaryServer: 'taproot.example.internal', hostmaster: 'hostmaster.example.internal', refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 5, soaTtl: 5, serialPolicy: 'increment', role: 'primary', view: null,
    })
    expect(await done(services.dns.getZone('EXAMPLE.internal.'))).toMatchObject({ id: 3 })
    expect(await done(services.dns.changeZone('example.internal.', { minimum: 9, hostmaster: null }))).toMatchObject({ minimum: 9, hostmaster: 'hostmaster.example.internal', serial: 2 })
    await done(services.dns.removeZone('Example.internal'))
    expect((await done(services.dns.listZones())).map((zone) => zone.name)).toEqual(['lab.internal', '0.53.10.in-addr.arpa'])
  })

  test('a record, its changes, and what changed', async () => {
    const { services } = startAppliance()
    const www = await done(services.dns.addRecord('lab.internal', { name: 'www', type: 'A', ttl: null, data: '10.53.0.20', comment: 'the web' }))
    expect(www).toEqual({ id: www.id, zone: 'lab.internal', name: 'www.lab.internal', type: 'A', ttl: 300, data: '10.53.0.20', fields: { address: '10.53.0.20' }, owner: 'hand', enabled: true, expiresAt: null, comment: 'the web' })
    expect(await done(services.dns.getRecord('lab.internal', www.id))).toEqual(www)
    const changed = await done(services.dns.changeRecord('lab.internal', www.id, { data: '10.53.0.21' }))
    expect(changed).toMatchObject({ name: 'www.lab.internal', data: '10.53.0.21', comment: 'the web' })
    await done(services.dns.removeRecord('lab.internal', changed.id))
    const history = (await done(services.dns.recordHistory('lab.internal', { name: 'www' }, ALL))).items
    expect(history.map((c) => `${c.serial} ${c.action} ${c.data} ${c.owner}`)).toEqual(['5 remove 10.53.0.21 hand', '4 add 10.53.0.21 hand', '4 remove 10.53.0.20 hand', '3 add 10.53.0.20 hand'])
  })

  test('a record by its fields, changed by data and by fields', async () => {
    const { services } = startAppliance()
    const mx = await done(services.dns.addRecord('lab.internal', {
      name: '@', type: 'MX', ttl: null, data: null, fields: { preference: 10, exchange: 'mail' }, comment: null,
    }))
    expect(mx).toMatchObject({ data: '10 mail.lab.internal', fields: { preference: 10, exchange: 'mail.lab.internal' } })
    const lower = await done(services.dns.changeRecord('lab.internal', mx.id, { data: '5 mail' }))
    expect(lower.fields).toEqual({ preference: 5, exchange: 'mail.lab.internal' })
    const moved = await done(services.dns.changeRecord('lab.internal', lower.id, { fields: { preference: 5, exchange: 'post' } }))
    expect(moved.data).toBe('5 post.lab.internal')
  })

  test.each([
    ['neither', { data: null }, '/data'],
    ['both', { data: '10 mail', fields: { preference: 10, exchange: 'mail' } }, '/fields'],
    ['a wrong field', { data: null, fields: { preference: 70_000, exchange: 'mail' } }, '/fields/preference'],
    ['a missing field', { data: null, fields: { preference: 7 } }, '/fields/exchange'],
  ] as const)('a record with %s of data and fields is refused', async (_what, given, pointer) => {
    const { services } = startAppliance()
    const refused = await services.dns.addRecord('lab.internal', { name: '@', type: 'MX', ttl: null, comment: null, ...given })
    expect(refused).toMatchObject({ ok: false, error: { code: 'invalid', field: pointer } })
  })

  test.each([
    ['www', 1], ['WWW.lab.internal', 1], ['www.lab.internal.', 1], ['@', 1], ['lab.internal', 1], ['nobody', 0],
  ])('records by name: %s', async (name, count) => {
    const { services } = startAppliance({ before: [{ kind: 'zone-edit', at: NOON, edit: { zoneId: 1, serialBefore: 2, serialAfter: 3, remove: [], add: [record(50, 'www.lab.internal', 'A', '10.53.0.20')] } }] })
    expect((await done(services.dns.listRecords('lab.internal', { name }, ALL))).items).toHaveLength(count)
  })

  test('records by type and owner, in pages', async () => {
    const { services } = startAppliance()
    const types = async (filter: Parameters<typeof services.dns.listRecords>[1]): Promise<readonly string[]> => (await done(services.dns.listRecords('lab.internal', filter, ALL))).items.map((r) => r.type)
    expect([await types({}), await types({ type: 'A' }), await types({ owner: 'hand' })]).toEqual([['NS', 'A'], ['A'], []])
    const first = await done(services.dns.listRecords('lab.internal', {}, { limit: 1 }))
    const second = await done(services.dns.listRecords('lab.internal', {}, { limit: 1, after: first.next ?? '' }))
    expect([first.items[0]?.type, second.items[0]?.type, second.next]).toEqual(['NS', 'A', null])
  })

  test('a zone as a master file', async () => {
    expect(await done(startAppliance().services.dns.exportZone('LAB.internal.', false))).toMatch(/10\.53\.0\.2/)
  })
})

describe('decisions', () => {
  const decided = (running: Running): void => {
    running.decisions.add(['DISCOVER', 'REQUEST'].map((received) => storedDecision({
      at: NOON, kind: 'dhcp', interfaceName: 'taproot0', mac: ALPHA.mac, clientId: undefined, address: '10.53.0.100', hostName: undefined, received, sent: 'none',
      steps: [['dhcp.request.no-address', {}]],
    })))
  }

  test('with their sentences, newest first, in pages', async () => {
    const running = startAppliance()
    decided(running)
    const first = await done(running.services.reasons.listDecisions({ mac: ALPHA.mac }, { limit: 1 }))
    expect(first.items[0]).toMatchObject({ id: 2, at: '2026-01-01T12:00:00.000Z', interface: 'taproot0', received: 'REQUEST', hostName: null, clientId: null })
    expect(first.items[0]?.steps[0]).toMatchObject({ id: 'dhcp.request.no-address', text: expect.stringMatching(/\w/), facts: {} })
    const second = await done(running.services.reasons.listDecisions({}, { limit: 1, after: first.next ?? '' }))
    expect([second.items[0]?.id, second.next]).toEqual([1, null])
    expect(await done(running.services.reasons.getDecision(1))).toMatchObject({ received: 'DISCOVER' })
  })
})

describe('health', () => {
  const statusOf = async ({ services }: Running, name: string): Promise<string | undefined> => (await services.status.health()).checks.find((check) => check.name === name)?.status

  test('all is well', async () => {
    const running = startAppliance()
    running.clock.advance(5_000)
    running.supervision = [{ name: 'workers', status: 'ok', detail: 'no worker has died' }]
    const health = await running.services.status.health()
    expect([health.status, health.version, health.startedAt]).toEqual(['ok', '1.2.3', '2026-01-01T12:00:00.000Z'])
    expect(health.checks.map((check) => check.name)).toEqual(expect.arrayContaining(['workers', 'network', 'storage', 'dhcp', 'dns', 'upstreams']))
  })

  test('a disk that cannot be written: failing, because no lease can be given', async () => {
    const running = startAppliance()
    running.fault = { kind: 'full', detail: 'SQLITE_FULL' }
    await running.services.dhcp.remove('pools', 1)
    expect([await statusOf(running, 'storage'), (await running.services.status.health()).status]).toEqual(['failing', 'failing'])
  })

  test('a full pool: degraded', async () => {
    const running = startAppliance({ flags: { pool: '10.53.0.100-10.53.0.101' }, before: LEASES })
    expect([await statusOf(running, 'dhcp'), (await running.services.status.health()).status]).toEqual(['degraded', 'degraded'])
  })

  test('what the threads report of themselves counts', async () => {
    const running = startAppliance()
    running.supervision = [{ name: 'workers', status: 'degraded', detail: '1 restarts' }]
    expect((await running.services.status.health()).status).toBe('degraded')
  })
})

test('the hashes of tokens are those in the store', () => {
  const running = startAppliance({ before: [{ kind: 'token', name: 'x', sha256: new Uint8Array(32).fill(3), at: NOON }] })
  expect(running.store.tokenHashes()).toEqual([new Uint8Array(32).fill(3)])
})
