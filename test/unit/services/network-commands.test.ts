/** The administrator's commands: done, durable and in effect together, or refused with nothing changed. */
import { describe, expect, test } from 'vitest'
import type { NetworkSide } from '../../../services/network-side.ts'
import type { Transaction } from '../../../services/storage/store.ts'
import { EMPTY_LEVEL } from '../../../services/model/index.ts'
import { formatIpv4, ipv4 } from '../../../stack/index.ts'
import { host, pool, subnet } from '../../support/dhcp-bench.ts'
import { ADDRESS, change, lease, leaseRecord, NOON, recordLine } from '../../support/leases.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const FULL = { kind: 'full', detail: 'SQLITE_FULL: database or disk is full' } as const
const HELD = lease(ADDRESS, { hostName: 'alpha', publishedName: 'alpha.lab.internal' })
const BOUND: Transaction = [
  { kind: 'lease', at: NOON, change: change(undefined, HELD) },
  { kind: 'zone-edit', at: NOON, edit: { zoneId: 1, serialBefore: 2, serialAfter: 3, remove: [], add: [leaseRecord(50, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS)] } },
]
const { id: _host, ...HOST } = host('10.53.0.20', { mac: '02:00:00:00:00:0a', name: 'printer' })
const { id: _subnet, segmentId: _segment, ...SUBNET } = subnet({ prefix: { network: ipv4('10.54.0.0'), length: 24 }, domain: undefined })
const { id: _pool, ...POOL } = pool('10.53.0.30', '10.53.0.39')
const HERE = { interfaceName: 'taproot0' }
const ZONE = { name: 'example.internal', primaryServer: 'ns.example.internal', hostmaster: 'me.example.internal', refresh: 1, retry: 2, expire: 3, minimum: 4, defaultTtl: 5 }
const hand = (name: string, type: string, data: string) => ({ name, type, ttl: null, data, comment: null })

/** The configuration as served and as stored must be the same after every command. */
function sameLiveAndStored({ store, appliance }: Running): void {
  const snapshot = store.load()
  for (const { zone, records } of snapshot.zones) {
    const live = appliance.dns.zones.get(zone.name)
    expect([live?.zone, [...(live?.records() ?? [])].map(recordLine).sort()]).toEqual([zone, records.map(recordLine).sort()])
  }
  expect(appliance.dns.zones.size).toBe(snapshot.zones.length)
}

describe('what is added, changed and removed is stored and served', () => {
  test.each<[string, (n: NetworkSide) => Promise<unknown>, (r: Running) => unknown, unknown]>([
    ['a subnet', (n) => done(n.dhcp.addSubnet(SUBNET, HERE)), (r) => [r.store.load().dhcp.subnets[1], r.store.load().dhcp.segments.length], [{ ...SUBNET, id: 2, segmentId: 1 }, 1]],
    ['a subnet by its segment', (n) => done(n.dhcp.addSubnet(SUBNET, { segmentId: 1 })), (r) => r.store.load().dhcp.subnets[1]?.segmentId, 1],
    ['a subnet with a segment of its own', (n) => done(n.dhcp.addSubnet(SUBNET, { alone: true })), (r) => r.store.load().dhcp.segments[1], expect.objectContaining({ id: 2, siteId: 1, name: '10.54.0.0/24', interfaceName: undefined })],
    ['a subnet that moves to a segment of its own', (n) => done(n.dhcp.placeSubnet(1, { domain: undefined }, { alone: true })), (r) => [r.store.load().dhcp.subnets[0]?.segmentId, r.store.load().dhcp.subnets[0]?.domain], [2, undefined]],
    ['a changed subnet', (n) => done(n.dhcp.change('subnets', 1, { domain: undefined })), (r) => r.store.load().dhcp.subnets[0]?.domain, undefined],
    ['a subnet that goes', async (n) => (await done(n.dhcp.addSubnet(SUBNET, HERE)), done(n.dhcp.remove('subnets', 2))), (r) => r.store.load().dhcp.subnets.length, 1],
    ['a pool', (n) => done(n.dhcp.add('pools', POOL)), (r) => r.store.load().dhcp.pools[1], { ...POOL, id: 2 }],
    ['a changed pool', (n) => done(n.dhcp.change('pools', 1, { last: ipv4('10.53.0.150') })), (r) => formatIpv4(r.store.load().dhcp.pools[0]?.last ?? 0), '10.53.0.150'],
    ['a pool that goes', (n) => done(n.dhcp.remove('pools', 1)), (r) => r.store.load().dhcp.pools, []],
    ['a host', (n) => done(n.dhcp.add('hosts', HOST)), (r) => r.store.load().dhcp.hosts, [{ ...HOST, id: 1 }]],
    ['a changed host', async (n) => (await done(n.dhcp.add('hosts', HOST)), done(n.dhcp.change('hosts', 1, { name: 'plotter' }))), (r) => r.store.load().dhcp.hosts[0]?.name, 'plotter'],
    ['a host that goes', async (n) => (await done(n.dhcp.add('hosts', HOST)), done(n.dhcp.remove('hosts', 1))), (r) => r.store.load().dhcp.hosts, []],
    ['a site', (n) => done(n.dhcp.add('sites', { name: 'office', level: EMPTY_LEVEL })), (r) => r.store.load().dhcp.sites[1]?.name, 'office'],
    ['a zone, with a name server and its address', (n) => done(n.dns.addZone(ZONE)), (r) => r.store.load().zones.at(-1)?.records.map(recordLine), ['example.internal NS ns.example.internal', 'ns.example.internal A 10.53.0.2']],
    ['a zone served elsewhere gets no address for that', (n) => done(n.dns.addZone({ ...ZONE, primaryServer: 'ns.example.com' })), (r) => r.store.load().zones.at(-1)?.records.map(recordLine), ['example.internal NS ns.example.com']],
    ['a changed zone, with the next serial', (n) => done(n.dns.changeZone('lab.internal', { minimum: 7 })), (r) => [r.store.load().zones[0]?.zone.minimum, r.store.load().zones[0]?.zone.serial], [7, 3]],
    ['a zone that goes', (n) => done(n.dns.removeZone('0.53.10.in-addr.arpa')), (r) => r.store.load().zones.map((z) => z.zone.name), ['lab.internal']],
    ['a record', (n) => done(n.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.20'))), (r) => r.store.load().zones[0]?.records.at(-1)?.name, 'www.lab.internal'],
    ['a changed record', async (n) => done(n.dns.changeRecord('lab.internal', (await done(n.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.20')))).id, { data: '10.53.0.21' })), (r) => recordLine(r.store.load().zones[0]?.records.at(-1) ?? { name: '', type: '', data: '' }), 'www.lab.internal A 10.53.0.21'],
    ['a record that goes', async (n) => done(n.dns.removeRecord('lab.internal', (await done(n.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.20')))).id)), (r) => r.store.load().zones[0]?.records.map((x) => x.name), ['lab.internal', 'taproot.lab.internal']],
  ])('%s', async (_what, command, read, expected) => {
    const running = startAppliance()
    await command(running.appliance.network)
    expect(read(running)).toEqual(expected)
    sameLiveAndStored(running)
    expect(running.log.map(([event]) => event).every((event) => event === 'configuration.changed' || event === 'zone.changed')).toBe(true)
    expect(running.store.events(9, undefined).map((e) => e.event)).toEqual(running.log.map(([event]) => event).reverse())
  })
})

describe('refused, and nothing has changed', () => {
  const commands: readonly [string, (n: NetworkSide) => ReturnType<NetworkSide['dhcp']['remove']> | ReturnType<NetworkSide['dns']['zones']> | Promise<never>, RegExp][] = [
    ['a subnet that overlaps another', (n) => n.dhcp.addSubnet({ ...SUBNET, prefix: { network: ipv4('10.53.0.128'), length: 25 } }, HERE) as never, /^(invalid|conflict) \/prefix: /],
    ['a subnet on an interface that is not there', (n) => n.dhcp.addSubnet(SUBNET, { interfaceName: 'eth7' }) as never, /^invalid \/interface: there is no interface "eth7"/],
    ['a subnet of a segment that is not there', (n) => n.dhcp.addSubnet(SUBNET, { segmentId: 9 }) as never, /^invalid \/segmentId: there is no segment 9/],
    ['a change of a subnet that is not there', (n) => n.dhcp.change('subnets', 9, {}) as never, /^not-found : there is no subnet 9/],
    ['a subnet that has pools', (n) => n.dhcp.remove('subnets', 1), /^conflict : subnet 1 has a pool/],
    ['a segment that has subnets', (n) => n.dhcp.remove('segments', 1), /^conflict : segment 1 has a subnet/],
    ['the first site', (n) => n.dhcp.remove('sites', 1), /^conflict : site 1 has a segment/],
    ['a subnet that shrinks away from its pool', (n) => n.dhcp.change('subnets', 1, { prefix: { network: ipv4('10.53.0.0'), length: 26 } }) as never, /^\w+ .*pool number 1 would be wrong/],
    ['a pool outside its subnet', (n) => n.dhcp.add('pools', { ...POOL, first: ipv4('10.99.0.1'), last: ipv4('10.99.0.2') }) as never, /^invalid \/first: /],
    ['a pool of no subnet', (n) => n.dhcp.add('pools', { ...POOL, subnetId: 8 }) as never, /^\w+ \/subnetId: /],
    ['a pool that is not there', (n) => n.dhcp.remove('pools', 9), /^not-found : there is no pool 9/],
    ['a host that nobody is', (n) => n.dhcp.add('hosts', { ...HOST, identifiers: [] }) as never, /^invalid \/identifiers: /],
    ['a host that is not there', (n) => n.dhcp.change('hosts', 9, {}) as never, /^not-found : there is no host 9/],
    ['a zone that is there already', (n) => n.dns.addZone({ ...ZONE, name: 'lab.internal' }) as never, /^conflict \/name: /],
    ['a zone whose name is none', (n) => n.dns.addZone({ ...ZONE, name: 'a..b' }) as never, /^invalid \/name: "a\.\.b"/],
    ['a change that makes the hostmaster no name', (n) => n.dns.changeZone('lab.internal', { hostmaster: 'a b' }) as never, /^invalid \/hostmaster: /],
    ['a zone that is not there', (n) => n.dns.removeZone('none.internal'), /^not-found : there is no zone none\.internal/],
    ['the zone of the leases’ names', (n) => n.dns.removeZone('lab.internal'), /^conflict : the names of the leases of subnet 10\.53\.0\.0\/24 are in lab\.internal/],
    ['a record in no zone', (n) => n.dns.addRecord('none.internal', hand('www', 'A', '10.53.0.20')) as never, /^not-found : /],
    ['a record with bad data', (n) => n.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.300')) as never, /^invalid \/data: /],
    ['an alias beside other records', (n) => n.dns.addRecord('lab.internal', hand('taproot', 'CNAME', 'www')) as never, /^conflict \/type: /],
    ['a record of a lease', (n) => n.dns.removeRecord('lab.internal', 50), /^conflict : record 50 belongs to the lease of 10\.53\.0\.100/],
    ['a change of a record of a lease', (n) => n.dns.changeRecord('lab.internal', 50, { data: '10.53.0.9' }) as never, /^conflict : record 50 belongs/],
    ['a record that is not there', (n) => n.dns.removeRecord('lab.internal', 4711), /^not-found : there is no record 4711/],
    ['the release of an address that nobody has', (n) => n.dhcp.releaseLease(ipv4('10.53.0.199')) as never, /^not-found : there is no bound lease of 10\.53\.0\.199/],
  ]
  test.each(commands)('%s', async (_what, command, expected) => {
    const running = startAppliance({ before: BOUND })
    const before = running.store.load()
    expect(await refused(command(running.appliance.network) as Promise<never>)).toMatch(expected)
    expect(running.store.load()).toEqual(before)
    expect(running.log).toEqual([])
    sameLiveAndStored(running)
  })
})

describe('a disk that cannot take it', () => {
  test.each<[string, (n: NetworkSide) => Promise<unknown>]>([
    ['a pool', (n) => n.dhcp.remove('pools', 1)],
    ['a zone', (n) => n.dns.addZone(ZONE)],
    ['a changed zone', (n) => n.dns.changeZone('lab.internal', { minimum: 7 })],
    ['a zone that goes', (n) => n.dns.removeZone('0.53.10.in-addr.arpa')],
    ['a record', (n) => n.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.20'))],
    ['a release', (n) => n.dhcp.releaseLease(ipv4(ADDRESS))],
  ])('%s is refused as unavailable with the reason, nothing has changed, and the next try works', async (_what, command) => {
    const running = startAppliance({ before: BOUND })
    const before = running.store.load()
    running.fault = FULL
    expect(await refused(command(running.appliance.network) as Promise<never>)).toMatch(/^unavailable : .*SQLITE_FULL/)
    expect(await done(running.appliance.network.status.health())).toMatchObject({ storageFault: FULL.detail, transactionsUnderWay: 0 })
    expect(running.store.load()).toEqual(before)
    sameLiveAndStored(running)
    running.fault = undefined
    await done(command(running.appliance.network) as Promise<never>)
    sameLiveAndStored(running)
    expect((await done(running.appliance.network.status.health())).storageFault).toBeUndefined()
  })
})

describe('one at a time', () => {
  test('commands given together are done in their order, each on the state that the one before left', async () => {
    const running = startAppliance()
    const { network } = running.appliance
    const [first, second, third] = await Promise.all([
      network.dns.addRecord('lab.internal', hand('www', 'A', '10.53.0.20')),
      network.dns.addRecord('lab.internal', hand('www', 'CNAME', 'taproot')),
      network.dns.addZone(ZONE),
    ])
    expect([first.ok, second.ok, third.ok]).toEqual([true, false, true])
    expect(await Promise.all([network.dhcp.add('pools', POOL), network.dhcp.add('pools', { ...POOL, first: ipv4('10.53.0.35'), last: ipv4('10.53.0.45') })])).toMatchObject([{ ok: true }, { ok: false }])
    sameLiveAndStored(running)
  })
})

describe('leases', () => {
  test('a released one is free, and its name goes with it', async () => {
    const running = startAppliance({ before: BOUND })
    expect((await done(running.appliance.network.dhcp.releaseLease(HELD.address))).state).toBe('released')
    expect(running.store.load().zones.flatMap((z) => z.records).filter((r) => r.owner.kind === 'lease')).toEqual([])
    expect(running.store.leaseHistory({}, 9, undefined)[0]?.ended).toBe('released by administrator')
    expect(await refused(running.appliance.network.dhcp.releaseLease(HELD.address))).toMatch(/^not-found/)
    sameLiveAndStored(running)
  })
})

describe('what there is', () => {
  test('interfaces, neighbours and counters', async () => {
    const { appliance } = startAppliance()
    expect(await done(appliance.network.interfaces.interfaces())).toMatchObject([{ name: 'taproot0', mtu: 1500, addresses: ['10.53.0.2/24'] }])
    expect(await done(appliance.network.links.neighbours())).toEqual([])
    expect(Object.keys(await done(appliance.network.status.statistics(false)))).toEqual(expect.arrayContaining(['ethernet', 'arp', 'ipv4', 'icmp', 'udp', 'dhcp', 'dns', 'dns-tables', 'link.taproot0', 'link.lo']))
  })

  test('why a name has the answer that it has', async () => {
    const { appliance } = startAppliance()
    expect(await done(appliance.network.dns.explainName('taproot.lab.internal', 'A'))).toMatchObject({ rcode: 'NOERROR', answers: ['taproot.lab.internal 300 IN A 10.53.0.2'] })
  })
})
