/** The store: every kind of write, histories, transactions that fail beside others, a full disk, a restart. */
import { describe, expect, test } from 'vitest'
import { newKey } from '../../../../services/dns/rollover/new-key.ts'
import { DEFAULT_SIGNING } from '../../../../services/dns/rollover/policy.ts'
import type { SealedKey } from '../../../../services/model/index.ts'
import { memoryStore, openReader, openStore, type SqliteStore } from '../../../../services/storage/sqlite.ts'
import type { Transaction, Write } from '../../../../services/storage/store.ts'
import {
  DEFAULT_POLICY, DEFAULT_SITE, EMPTY_LEVEL, type DhcpItem, type DhcpKind, type Lease, type NetworkInterface,
  type RecordOwner, type ZoneEdit,
} from '../../../../services/index.ts'
import { ipv4 } from '../../../../stack/index.ts'
import { ADDRESS, change, FORWARD, lease, leaseRecord, NOON, record, recordLine, released, SEGMENT, SUBNET, zone } from '../../../support/leases.ts'
import { opened, smallDisk, temporaryDirectory } from '../../../support/storage.ts'

const A = lease(ADDRESS, { mac: '02:00:00:00:00:0a', hostName: 'alpha', publishedName: 'alpha.lab.internal' })
const B = lease(ADDRESS, { mac: '02:00:00:00:00:0b', clientId: '01aa', hostName: 'beta', startedAt: NOON + 5_000, renewedAt: NOON + 5_000 })
const HIGH = lease('192.168.7.1', { expiresAt: undefined, hardwareType: 6, hostId: 4, relayInformation: '010465746837', countedUnder: ['class 3'] })
const LEVEL = {
  options: { routers: ['10.53.0.1'], 'ntp-servers': null },
  leaseTimes: { leaseSeconds: 600, minSeconds: 60, maxSeconds: 6000, renewSeconds: 100, rebindSeconds: 200 },
  boot: { nextServer: ipv4('192.168.7.9'), serverName: '', bootFile: 'pxelinux.0' },
}
const POOL: DhcpItem<'pools'> = {
  id: 3, subnetId: 1, first: ipv4('10.53.0.100'), last: ipv4('10.53.0.199'), allow: ['known'], deny: ['cams'], allocator: 'free-queue', level: LEVEL,
}
const HOST: DhcpItem<'hosts'> = {
  id: 4,
  name: 'printer',
  identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0a' }, { kind: 'circuit-id', value: '65746837' }],
  addresses: [{ subnetId: 1, address: ipv4('10.53.0.20') }, { subnetId: 2, address: ipv4('192.168.7.20') }],
  classes: ['cams'],
  denied: true,
  tags: ['office'],
  comment: 'by the door',
  level: LEVEL,
}
const CLASS: DhcpItem<'classes'> = { id: 5, name: 'cams', priority: 7, test: 'mac in 02:00:00:00:00:00/24', denied: true, leaseLimit: 9, level: LEVEL }
const SITE: DhcpItem<'sites'> = { id: 2, name: 'office', level: LEVEL }
const RELAYED: DhcpItem<'segments'> = {
  id: 2, siteId: 2, name: 'hall', interfaceName: undefined, relays: [ipv4('192.168.7.1')], domain: 'hall.internal', level: LEVEL,
  policy: { ...DEFAULT_POLICY, mode: 'proxy', newClientsPerSecond: 5, ddns: { enabled: false, updateFromClient: true, dhcid: true } },
}
const DEFINITION: DhcpItem<'optionDefinitions'> = { id: 6, code: 230, name: 'menu', type: 'u8', array: true, space: 311 }
const entry = <K extends DhcpKind>(what: K, item: DhcpItem<K>): Write => ({ kind: 'dhcp-put', what, item }) as Write
const gone = (what: DhcpKind, id: number): Write => ({ kind: 'dhcp-remove', what, id })
const SIGNED_BY = { zoneId: 1, policy: DEFAULT_SIGNING, cachedUntil: { dnskey: 5, signatures: 0 } }
const ZONE_KEY: SealedKey = {
  key: newKey({ id: 4, zoneId: 1, role: 'csk', algorithm: 13, keyTag: 65_535, dnskeyRdata: 'AQEDDQ==', madeAt: NOON }),
  sealed: Uint8Array.of(1, 2, 3),
}
const TSIG_KEY = { name: 'transfer.lab.internal', algorithm: 'hmac-sha256', secret: 'AAAA' } as const
const NEIGHBOUR = { interfaceName: 'lan0', address: ipv4('192.168.7.9'), mac: '02:00:00:00:00:0a' }
const WWW = record(10, 'www.lab.internal', 'A', '10.53.0.20', { comment: 'the web' })
const ALPHA = leaseRecord(11, 'alpha.lab.internal', 'A', ADDRESS, ADDRESS)
const OWNERS: readonly RecordOwner[] = [
  { kind: 'hand' }, { kind: 'system' }, { kind: 'file' }, { kind: 'transfer' }, { kind: 'catalog' },
  { kind: 'update', key: 'phone.lab.internal' }, { kind: 'lease', address: '192.168.7.200' },
]
const OWNED = OWNERS.map((owner, i) => record(20 + i, `n${i}.lab.internal`, 'A', '10.53.0.20', { owner }))
const OFF = record(30, 'off.lab.internal', 'A', '10.53.0.20', { enabled: false })
const ENDING = record(31, 'ending.lab.internal', 'A', '10.53.0.20', { expiresAt: NOON + 60_000 })

const LAB: NetworkInterface = {
  name: 'lab1', mac: '02:54:0a:36:00:02', mtu: 1500, peerMac: '02:00:00:00:00:09', enabled: true, addressing: 'static',
  addresses: [{ address: ipv4('192.168.7.2'), prefix: { network: ipv4('192.168.7.0'), length: 24 } }], proxyArp: [{ network: ipv4('192.168.9.0'), length: 24 }],
  sourcePolicy: { bogons: 'not-global', reversePath: 'strict' }, directedBroadcasts: true, routerDiscovery: 'advertise',
  impairment: { loss: 0.01, duplication: 0, reordering: 0, reorderMs: 20, corruption: 0, delayMs: 2.5, jitterMs: 0, bitsPerSecond: undefined, queueBytes: 1000, direction: 'both', seed: 4 },
  medium: { kind: 'tap', hostEnd: { address: undefined, bridge: 'br1', owner: 1000, persist: true } },
}
const VMS: NetworkInterface = { ...LAB, name: 'vms', addresses: [], proxyArp: 'off', peerMac: undefined, impairment: undefined, medium: { kind: 'qemu', socket: '/run/vms.sock', owner: undefined } }
const FAR = { id: 1, prefix: { network: ipv4('198.18.0.0'), length: 15 }, gateway: ipv4('192.168.7.9'), interfaceName: undefined, metric: 5, comment: 'far away' }
const ON_LINK = { id: 2, prefix: { network: 0, length: 0 }, gateway: undefined, interfaceName: 'lab1', metric: 0, comment: undefined }

const put = (leaseChange: ReturnType<typeof change>, at = NOON): Write => ({ kind: 'lease', at, change: leaseChange })
const edit = (fields: Partial<ZoneEdit>, at = NOON): Write => ({
  kind: 'zone-edit', at, edit: { zoneId: FORWARD.id, serialBefore: 1, serialAfter: 2, remove: [], add: [], ...fields },
})
const ZONE_PUT: Write = { kind: 'zone-put', zone: FORWARD }
const SUBNET_PUT: Transaction = [entry('segments', SEGMENT), entry('subnets', SUBNET)]

function commit(store: SqliteStore, ...writes: Transaction): void {
  expect(store.commit([writes])).toEqual([undefined])
}

function after(...writes: Transaction): SqliteStore {
  const store = memoryStore()
  commit(store, ...writes)
  return store
}

describe('what is written is read', () => {
  test.each<[string, Transaction, (store: SqliteStore) => unknown, unknown]>([
    ['a lease', [put(change(undefined, A))], (s) => s.load().leases, [A]],
    ['a lease without end, of other hardware, in the upper half of addresses', [put(change(undefined, HIGH))], (s) => s.load().leases, [HIGH]],
    ['a lease in the place of another', [put(change(undefined, A)), put(change(A, B))], (s) => s.load().leases, [B]],
    ['a subnet', SUBNET_PUT, (s) => s.load().dhcp.subnets, [SUBNET]],
    ['a changed subnet', [...SUBNET_PUT, entry('subnets', { ...SUBNET, domain: undefined, level: LEVEL })], (s) => s.load().dhcp.subnets, [{ ...SUBNET, domain: undefined, level: LEVEL }]],
    ['a subnet removed', [...SUBNET_PUT, gone('subnets', 1)], (s) => s.load().dhcp.subnets, []],
    ['a pool', [...SUBNET_PUT, entry('pools', POOL)], (s) => s.load().dhcp.pools, [POOL]],
    ['a changed pool', [...SUBNET_PUT, entry('pools', POOL), entry('pools', { ...POOL, first: POOL.last })], (s) => s.load().dhcp.pools, [{ ...POOL, first: POOL.last }]],
    ['a pool removed', [...SUBNET_PUT, entry('pools', POOL), gone('pools', 3)], (s) => s.load().dhcp.pools, []],
    ['a host', [entry('hosts', HOST)], (s) => s.load().dhcp.hosts, [HOST]],
    ['a host of which nothing is known but one identifier', [entry('hosts', { ...HOST, name: undefined, addresses: [], denied: false, comment: undefined, level: EMPTY_LEVEL })], (s) => s.load().dhcp.hosts, [{ ...HOST, name: undefined, addresses: [], denied: false, comment: undefined, level: EMPTY_LEVEL }]],
    ['a host removed', [entry('hosts', HOST), gone('hosts', 4)], (s) => s.load().dhcp.hosts, []],
    ['a class', [entry('classes', CLASS)], (s) => s.load().dhcp.classes, [CLASS]],
    ['a class that tests nothing', [entry('classes', { ...CLASS, test: undefined, denied: false, leaseLimit: undefined })], (s) => s.load().dhcp.classes, [{ ...CLASS, test: undefined, denied: false, leaseLimit: undefined }]],
    ['a site beside the first, and a segment of it', [entry('sites', SITE), entry('segments', RELAYED)], (s) => [s.load().dhcp.sites, s.load().dhcp.segments], [[DEFAULT_SITE, SITE], [RELAYED]]],
    ['an option definition', [entry('optionDefinitions', DEFINITION)], (s) => s.load().dhcp.optionDefinitions, [DEFINITION]],
    ['a zone', [ZONE_PUT], (s) => s.load().zones, [{ zone: FORWARD, records: [] }]],
    ['a changed zone', [ZONE_PUT, { kind: 'zone-put', zone: { ...FORWARD, minimum: 9, serial: 8, soaTtl: 7 } }], (s) => s.load().zones, [{ zone: { ...FORWARD, minimum: 9, serial: 8, soaTtl: 7 }, records: [] }]],
    ['records and the serial', [ZONE_PUT, edit({ add: [WWW, ALPHA] })], (s) => s.load().zones, [{ zone: { ...FORWARD, serial: 2 }, records: [WWW, ALPHA] }]],
    ['a zone put after its records', [ZONE_PUT, edit({ add: [WWW] }), { kind: 'zone-put', zone: { ...FORWARD, serial: 8 } }], (s) => s.load().zones, [{ zone: { ...FORWARD, serial: 8 }, records: [WWW] }]],
    ['the last of several serials', [ZONE_PUT, edit({ add: [WWW] }), edit({ serialBefore: 2, serialAfter: 3, add: [ALPHA] })], (s) => s.load().zones, [{ zone: { ...FORWARD, serial: 3 }, records: [WWW, ALPHA] }]],
    ['many events, in order', Array.from({ length: 21 }, (_, at): Write => ({ kind: 'event', at, event: 'zone.changed', facts: {} })), (s) => s.events(50, undefined).map((e) => [e.id, e.at]), Array.from({ length: 21 }, (_, i) => [21 - i, 20 - i])],
    ['records of every kind of owner', [ZONE_PUT, edit({ add: OWNED })], (s) => s.load().zones[0]?.records, OWNED],
    ['a record that is off, and one that has an end', [ZONE_PUT, edit({ add: [OFF, ENDING] })], (s) => s.load().zones[0]?.records, [OFF, ENDING]],
    ['a record removed', [ZONE_PUT, edit({ add: [WWW, ALPHA] }), edit({ remove: [WWW], serialAfter: 3 })], (s) => s.load().zones[0]?.records, [ALPHA]],
    ['a zone removed, with its records', [ZONE_PUT, edit({ add: [WWW] }), { kind: 'zone-remove', id: 1 }], (s) => [s.load().zones, s.countRecords(1)], [[], 0]],
    ['a TSIG key', [{ kind: 'tsig-key-put', key: TSIG_KEY }], (s) => s.load().tsigKeys, [TSIG_KEY]],
    ['a TSIG key removed', [{ kind: 'tsig-key-put', key: TSIG_KEY }, { kind: 'tsig-key-remove', name: TSIG_KEY.name }], (s) => s.load().tsigKeys, []],
    ['how a zone is signed, and its change', [ZONE_PUT, { kind: 'signing-policy-put', policy: SIGNED_BY }, { kind: 'signing-policy-put', policy: { ...SIGNED_BY, policy: { ...SIGNED_BY.policy, enabled: false } } }], (s) => s.load().signingPolicies, [{ ...SIGNED_BY, policy: { ...SIGNED_BY.policy, enabled: false } }]],
    ['a key of a zone, and what becomes of it', [ZONE_PUT, { kind: 'dnssec-key-put', key: ZONE_KEY }, { kind: 'dnssec-key-put', key: { ...ZONE_KEY, key: { ...ZONE_KEY.key, goal: 'retire', publishedAt: NOON } } }], (s) => s.load().dnssecKeys, [{ ...ZONE_KEY, key: { ...ZONE_KEY.key, goal: 'retire', publishedAt: NOON } }]],
    ['a key of a zone removed', [ZONE_PUT, { kind: 'dnssec-key-put', key: ZONE_KEY }, { kind: 'dnssec-key-remove', id: 4 }], (s) => s.load().dnssecKeys, []],
    ['a signed zone removed, with its keys', [ZONE_PUT, { kind: 'signing-policy-put', policy: SIGNED_BY }, { kind: 'dnssec-key-put', key: ZONE_KEY }, { kind: 'zone-remove', id: 1 }], (s) => [s.load().signingPolicies, s.load().dnssecKeys], [[], []]],
    ['a static neighbour', [{ kind: 'neighbour-put', neighbour: NEIGHBOUR }], (s) => s.load().neighbours, [NEIGHBOUR]],
    ['a static neighbour with another address', [{ kind: 'neighbour-put', neighbour: NEIGHBOUR }, { kind: 'neighbour-put', neighbour: { ...NEIGHBOUR, mac: '02:00:00:00:00:0b' } }], (s) => s.load().neighbours, [{ ...NEIGHBOUR, mac: '02:00:00:00:00:0b' }]],
    ['a static neighbour removed', [{ kind: 'neighbour-put', neighbour: NEIGHBOUR }, { kind: 'neighbour-remove', interfaceName: 'lan0', address: NEIGHBOUR.address }], (s) => s.load().neighbours, []],
    ['interfaces, by their names', [{ kind: 'interface-put', interface: VMS }, { kind: 'interface-put', interface: LAB }], (s) => s.load().interfaces, [LAB, VMS]],
    ['a changed interface', [{ kind: 'interface-put', interface: VMS }, { kind: 'interface-put', interface: { ...VMS, enabled: false, mtu: 1400 } }], (s) => s.load().interfaces, [{ ...VMS, enabled: false, mtu: 1400 }]],
    ['an interface removed', [{ kind: 'interface-put', interface: VMS }, { kind: 'interface-remove', name: 'vms' }], (s) => s.load().interfaces, []],
    ['routes, by a gateway in the upper half of addresses and by an interface', [{ kind: 'route-put', route: FAR }, { kind: 'route-put', route: ON_LINK }], (s) => s.load().routes, [FAR, ON_LINK]],
    ['a changed route', [{ kind: 'route-put', route: FAR }, { kind: 'route-put', route: { ...FAR, metric: 9, comment: undefined } }], (s) => s.load().routes, [{ ...FAR, metric: 9, comment: undefined }]],
    ['a route removed', [{ kind: 'route-put', route: FAR }, { kind: 'route-remove', id: 1 }], (s) => s.load().routes, []],
    ['a setting, and its change', [{ kind: 'setting', name: 'seed', value: '1' }, { kind: 'setting', name: 'seed', value: '2' }], (s) => [...s.load().settings], [['seed', '2']]],
    ['a token', [{ kind: 'token', name: 'first', sha256: new Uint8Array(32).fill(7), at: NOON }], (s) => s.tokenHashes(), [new Uint8Array(32).fill(7)]],
    ['an event', [{ kind: 'event', at: NOON, event: 'zone.changed', facts: { zone: 'x', serial: 4, how: null } }], (s) => s.events(9, undefined), [{ id: 1, at: NOON, event: 'zone.changed', facts: { zone: 'x', serial: 4, how: null } }]],
  ])('%s', (_what, writes, read, expected) => {
    expect(read(after(...writes))).toEqual(expected)
  })
})

describe('who held what from when to when', () => {
  const history = (store: SqliteStore) => store.leaseHistory({}, 10, undefined).map(({ mac, from, to, ended }) => [mac, from - NOON, to === undefined ? undefined : to - NOON, ended])
  const renewed: Lease = { ...A, renewedAt: NOON + 1_000 }
  const again: Lease = { ...A, startedAt: NOON + 9_000 }

  test.each<[string, Transaction, readonly unknown[]]>([
    ['bound', [put(change(undefined, A))], [[A.mac, 0, undefined, undefined]]],
    ['renewed: the same holding', [put(change(undefined, A)), put(change(A, renewed), NOON + 1_000)], [[A.mac, 0, undefined, undefined]]],
    ['released', [put(change(undefined, A)), put(released(A), NOON + 7_000)], [[A.mac, 0, 7_000, 'released']]],
    ['expired', [put(change(undefined, A)), put(change(A, { ...A, state: 'expired' }, 'dhcp.lease.expired'), NOON + 7_000)], [[A.mac, 0, 7_000, 'expired']]],
    ['declined', [put(change(undefined, A)), put(change(A, { ...A, state: 'declined' }, 'dhcp.lease.declined'), NOON + 7_000)], [[A.mac, 0, 7_000, 'declined']]],
    ['released by the administrator', [put(change(undefined, A)), put(change(A, { ...A, state: 'released' }, 'dhcp.lease.released-by-administrator'), NOON + 7_000)], [[A.mac, 0, 7_000, 'released by administrator']]],
    ['taken over', [put(change(undefined, A)), put(change(A, B, 'dhcp.lease.taken-over'), NOON + 5_000)], [[B.mac, 5_000, undefined, undefined], [A.mac, 0, 5_000, 'taken over']]],
    ['given again to the same client', [put(change(undefined, A)), put(released(A), NOON + 7_000), put(change({ ...A, state: 'released' }, again), NOON + 9_000)], [[A.mac, 9_000, undefined, undefined], [A.mac, 0, 7_000, 'released']]],
    ['set aside without ever being held', [put(change(undefined, { ...A, state: 'declined' }, 'dhcp.lease.conflict'))], []],
  ])('%s', (_what, writes, expected) => {
    expect(history(after(...writes))).toEqual(expected)
  })

  test('is found by address, by client and by name, newest first and in pages', () => {
    const other = lease('10.53.0.101', { mac: '02:00:00:00:00:0c', hostName: 'gamma' })
    const store = after(put(change(undefined, A)), put(change(A, B), NOON + 5_000), put(change(undefined, other)))
    const macs = (query: Parameters<SqliteStore['leaseHistory']>[0]): readonly string[] => store.leaseHistory(query, 9, undefined).map((h) => h.mac)
    expect(macs({ address: A.address })).toEqual([B.mac, A.mac])
    expect(macs({ mac: other.mac })).toEqual([other.mac])
    expect(macs({ hostName: 'beta' })).toEqual([B.mac])
    const during = (from: number, to = from) => macs({ address: A.address, during: { from: NOON + from, to: NOON + to } })
    expect([during(-1), during(0), during(4_999), during(5_000), during(9_000), during(-9, 5_000)]).toEqual([[], [A.mac], [A.mac], [B.mac], [B.mac], [B.mac, A.mac]])
    const first = store.leaseHistory({}, 2, undefined)
    expect(first.map((h) => h.mac)).toEqual([other.mac, B.mac])
    expect(store.leaseHistory({}, 2, first[1]?.id).map((h) => h.mac)).toEqual([A.mac])
  })
})

describe('what changed records', () => {
  test('one line per record added and removed, newest first, with the serial that made it visible', () => {
    const store = after(ZONE_PUT, edit({ add: [WWW, ALPHA] }), edit({ serialBefore: 2, serialAfter: 3, remove: [WWW] }, NOON + 1_000))
    const lines = (query: Parameters<SqliteStore['recordHistory']>[1]): readonly string[] =>
      store.recordHistory(1, query, 9, undefined).map((c) => `${c.serial} ${c.at - NOON} ${c.action} ${recordLine(c)} ${JSON.stringify(c.owner)}`)
    const [removed, alpha, www] = [
      '3 1000 remove www.lab.internal A 10.53.0.20 {"kind":"hand"}',
      `2 0 add alpha.lab.internal A ${ADDRESS} {"kind":"lease","address":"${ADDRESS}"}`,
      '2 0 add www.lab.internal A 10.53.0.20 {"kind":"hand"}',
    ]
    expect(lines({})).toEqual([removed, alpha, www])
    expect(lines({ name: 'WWW.lab.internal' })).toEqual([removed, www])
    expect(lines({ owner: 'lease' })).toEqual([alpha])
    expect(lines({ type: 'PTR' })).toEqual([])
    const [newest] = store.recordHistory(1, {}, 1, undefined)
    expect(store.recordHistory(1, {}, 9, newest?.id).map((c) => c.action)).toEqual(['add', 'add'])
  })
})

test('versions of zones are kept for a year', () => {
  const store = after(ZONE_PUT, edit({ add: [WWW] }), edit({ serialAfter: 3, add: [ALPHA] }, NOON + 200 * 86_400_000))
  const later = NOON + 400 * 86_400_000
  for (let i = 0; i < 70; i++) commit(store, edit({ serialAfter: 4 + i, add: [record(100 + i, `n${i}.lab.internal`, 'A', '10.53.0.9')] }, later))
  const history = store.recordHistory(1, {}, 1000, undefined)
  expect([history.length, history.at(-1)?.name]).toEqual([71, ALPHA.name])
  expect(store.latestChanges(1, (serial) => serial > 2)).toBeUndefined()
  expect(store.countRecords(1)).toBe(72)
})

describe('listing leases', () => {
  const store = after(...['10.53.0.101', '10.53.0.100', '192.168.7.1'].map((address, i) =>
    put(change(undefined, lease(address, { mac: `02:00:00:00:00:0${i}`, state: i === 1 ? 'released' : 'bound', subnetId: i + 1 })))))
  const addresses = (...args: Parameters<SqliteStore['leases']>): readonly number[] => store.leases(...args).map((l) => l.address)

  test('ascends by address as people count, past 127.255.255.255 too', () => {
    expect(addresses({}, 9, undefined)).toEqual([ipv4('10.53.0.100'), ipv4('10.53.0.101'), ipv4('192.168.7.1')])
    expect(addresses({}, 1, undefined)).toEqual([ipv4('10.53.0.100')])
    expect(addresses({}, 9, ipv4('10.53.0.100'))).toEqual([ipv4('10.53.0.101'), ipv4('192.168.7.1')])
  })

  test.each([
    [{ state: 'bound' as const }, ['10.53.0.101', '192.168.7.1']],
    [{ mac: '02:00:00:00:00:01' }, ['10.53.0.100']],
    [{ subnetId: 3 }, ['192.168.7.1']],
    [{ address: ipv4('192.168.7.1') }, ['192.168.7.1']],
    [{ hostName: 'nobody' }, []],
  ])('%j', (query, expected) => {
    expect(addresses(query, 9, undefined)).toEqual(expected.map(ipv4))
  })

  test('counts the bound ones of a range, both ends included', () => {
    const count = (first: string, last: string): number => store.countBound(ipv4(first), ipv4(last))
    expect([count('10.53.0.101', '10.53.0.101'), count('10.53.0.100', '10.53.0.100'), count('0.0.0.0', '255.255.255.255')]).toEqual([1, 0, 2])
  })
})

describe('transactions', () => {
  const good = (address: string): Transaction => [put(change(undefined, lease(address)))]
  /** A pool of a subnet that is not there, after a lease that must go with it. */
  const bad: Transaction = [put(change(undefined, lease('10.53.0.150'))), entry('pools', { ...POOL, subnetId: 77 })]

  test('a bad one among good ones fails alone and whole', () => {
    const store = memoryStore()
    const faults = store.commit([good('10.53.0.100'), bad, good('10.53.0.101')])
    expect(faults.map((fault) => fault?.kind)).toEqual([undefined, 'failed', undefined])
    expect(faults[1]?.detail).toMatch(/FOREIGN KEY/)
    expect(store.load().leases.map((l) => l.address)).toEqual([ipv4('10.53.0.100'), ipv4('10.53.0.101')])
    expect(store.leaseHistory({ address: ipv4('10.53.0.150') }, 9, undefined)).toEqual([])
  })

  test('an id that is there already is refused, not overwritten', () => {
    const store = after(ZONE_PUT, edit({ add: [WWW] }))
    const [fault] = store.commit([[edit({ add: [{ ...WWW, data: '10.53.0.99' }], serialAfter: 9 })]])
    expect(fault?.kind).toBe('failed')
    expect(store.load().zones[0]).toEqual({ zone: { ...FORWARD, serial: 2 }, records: [WWW] })
  })

  test('a full disk: nothing half-written, everybody is told, and it goes on when there is room again', () => {
    const { store, fill, free } = smallDisk()
    commit(store, ZONE_PUT, ...good('10.53.0.100'))
    const before = store.load()
    fill()
    const big: Transaction = [edit({ add: Array.from({ length: 400 }, (_, i) => record(100 + i, `n${i}.lab.internal`, 'TXT', `"${'x'.repeat(200)}"`)) })]
    const faults = store.commit([big, big])
    expect(faults.map((fault) => fault?.kind)).toEqual(['full', 'full'])
    expect(store.load()).toEqual(before)
    expect(store.recordHistory(1, {}, 9, undefined)).toEqual([])
    free()
    expect(store.commit([big])).toEqual([undefined])
    expect(store.countRecords(1)).toBe(400)
  })
})

describe('a restart', () => {
  test('reads what was committed, through the store and through a reader', () => {
    const directory = temporaryDirectory()
    const first = opened(openStore(directory, NOON))
    commit(first, ...SUBNET_PUT, entry('pools', POOL), entry('hosts', HOST), ZONE_PUT, edit({ add: [WWW] }), put(change(undefined, A)))
    const reader = openReader(directory)
    expect(reader.leases({}, 9, undefined)).toEqual([A])
    const before = first.load()
    first.close()
    const second = opened(openStore(directory, NOON))
    expect(second.load()).toEqual(before)
    expect(second.leaseHistory({}, 9, undefined)).toHaveLength(1)
    reader.close()
    second.close()
  })

  test('ids of what is gone are not given again where a history or a lease still names them', () => {
    const store = after(
      ...SUBNET_PUT, { kind: 'zone-put', zone: zone('gone.internal', 9) }, edit({ zoneId: 9, add: [{ ...WWW, zoneId: 9 }] }), { kind: 'zone-remove', id: 9 },
      put(change(undefined, lease(ADDRESS, { subnetId: 7, hostId: 5 }))),
    )
    expect(store.load().lastIds).toEqual({
      dhcp: { sites: 1, segments: 1, subnets: 7, pools: 0, classes: 0, hosts: 5, optionDefinitions: 0 }, zone: 9, record: 0, route: 0, forwardRule: 0, trustAnchor: 0, dnssecKey: 0, policyRule: 0,
    })
  })
})
