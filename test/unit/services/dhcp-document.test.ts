/** The whole DHCP model as a document: out and in again, what changes, and nothing half-applied. */
import { describe, expect, test } from 'vitest'
import type { DhcpDocument } from '../../../services/index.ts'
import { change, lease, NOON } from '../../support/leases.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const RICH: DhcpDocument = {
  sites: [{ name: 'default', options: { 'ntp-servers': ['10.0.0.1'] }, leaseSeconds: 7200 }, { name: 'office' }],
  segments: [
    { name: 'taproot0', interface: 'taproot0', policy: { knownOnly: true, newClientsPerSecond: 5 } },
    { name: 'hall', site: 'office', relays: ['10.9.0.1'], domain: 'hall.internal', renewSeconds: 60 },
  ],
  subnets: [
    { prefix: '10.53.0.0/24', segment: 'taproot0', domain: 'lab.internal', options: { routers: ['10.53.0.1'], 'time-servers': null } },
    { prefix: '10.54.0.0/24', segment: 'taproot0' },
    { prefix: '10.60.0.0/24', segment: 'hall', nextServer: '10.60.0.3', bootFile: '' },
  ],
  pools: [
    { subnet: '10.53.0.0/24', first: '10.53.0.100', last: '10.53.0.199', deny: ['guests'] },
    { subnet: '10.60.0.0/24', first: '10.60.0.100', last: '10.60.0.199', allow: ['guests', 'known'], maxLeaseSeconds: 600 },
  ],
  classes: [{ name: 'guests', priority: 5, test: 'random-mac', leaseLimit: 9 }, { name: 'cams', priority: 100, denied: true, options: { menu: 'a' } }],
  hosts: [
    { name: 'printer', identifiers: [{ kind: 'mac', value: '02:00:00:00:00:0c' }, { kind: 'circuit-id', value: 'eth7' }], addresses: ['10.53.0.20', '10.60.0.20'], classes: ['cams'], tags: ['office'], comment: 'left' },
    { identifiers: [{ kind: 'host-name', value: 'cam' }], denied: true },
  ],
  optionDefinitions: [{ code: 230, name: 'menu', type: 'text' }],
}

test('what was put in comes out, and putting that in changes nothing', async () => {
  const { services, store } = startAppliance()
  const first = await done(services.dhcp.importConfiguration(RICH, false))
  expect(first.changes.map(({ how, what, name }) => `${how} ${what} ${name}`)).toEqual([
    'changed site default', 'added site office', 'changed segment taproot0', 'added segment hall', 'changed subnet 10.53.0.0/24',
    'added subnet 10.54.0.0/24', 'added subnet 10.60.0.0/24', 'changed pool 10.53.0.100-10.53.0.199', 'added pool 10.60.0.100-10.60.0.199',
    'added class guests', 'added class cams', 'added host printer', 'added host cam', 'added option definition menu',
  ])
  const exported = await done(services.dhcp.exportConfiguration())
  expect(exported).toEqual(RICH)
  expect(await done(services.dhcp.importConfiguration(exported, false))).toMatchObject({ changes: [] })
  expect(store.load().dhcp.hosts).toHaveLength(2)
  expect(await done(services.dhcp.list('segments'))).toMatchObject([{ policy: { knownOnly: true, mode: 'serve' } }, { siteId: 2 }])
})

test('a first export has what the settings made, and no defaults', async () => {
  const { services } = startAppliance()
  expect(await done(services.dhcp.exportConfiguration())).toEqual({
    sites: [{ name: 'default' }],
    segments: [{ name: 'taproot0', interface: 'taproot0' }],
    subnets: [expect.objectContaining({ prefix: '10.53.0.0/24', segment: 'taproot0', domain: 'lab.internal', leaseSeconds: 3600 })],
    pools: [{ subnet: '10.53.0.0/24', first: '10.53.0.100', last: '10.53.0.199' }],
    classes: [],
    hosts: [],
    optionDefinitions: [],
  })
})

test('what the document does not have goes; ids of what stays are kept, and leases with them', async () => {
  const { services, store } = startAppliance({ before: [{ kind: 'lease', at: NOON, change: change(undefined, lease('10.53.0.100')) }] })
  await done(services.dhcp.importConfiguration(RICH, false))
  const less = { ...RICH, subnets: RICH.subnets?.slice(0, 2) ?? [], pools: RICH.pools?.slice(0, 1) ?? [], hosts: [], segments: RICH.segments?.slice(0, 1) ?? [] }
  const { changes } = await done(services.dhcp.importConfiguration(less, false))
  expect(changes.map(({ how, what, name }) => `${how} ${what} ${name}`)).toEqual([
    'removed host printer', 'removed host cam', 'removed pool 10.60.0.100-10.60.0.199', 'removed subnet 10.60.0.0/24', 'removed segment hall',
  ])
  expect(store.load().dhcp.subnets.map(({ id }) => id)).toEqual([1, 2])
  expect((await done(services.leases.getLease('10.53.0.100'))).subnet).toBe('10.53.0.0/24')
  // An id that was given once is not given again.
  await done(services.dhcp.importConfiguration(RICH, false))
  expect(store.load().dhcp.subnets.map(({ id }) => id)).toEqual([1, 2, 4])
})

test('a dry run says the same and changes nothing', async () => {
  const { services, store } = startAppliance()
  const before = store.load().dhcp
  const dry = await done(services.dhcp.importConfiguration(RICH, true))
  expect([dry.dryRun, store.load().dhcp]).toEqual([true, before])
  expect((await done(services.dhcp.importConfiguration(RICH, false))).changes).toEqual(dry.changes)
})

describe('is refused as a whole, with the field', () => {
  test.each<[string, DhcpDocument, RegExp]>([
    ['a segment that is not there', { ...RICH, subnets: [{ prefix: '10.53.0.0/24', segment: 'lan' }] }, /^invalid \/subnets\/0\/segment: there is no segment lan/],
    ['a site that is not there', { ...RICH, segments: [{ name: 'taproot0', site: 'moon' }] }, /^invalid \/segments\/0\/site/],
    ['a pool in no subnet', { ...RICH, pools: [{ first: '10.99.0.1', last: '10.99.0.2' }] }, /^invalid \/pools\/0\/subnet/],
    ['a host address in no subnet', { ...RICH, hosts: [{ identifiers: [{ kind: 'mac', value: '02:00:00:00:00:01' }], addresses: ['10.99.0.1'] }] }, /^invalid \/hosts\/0\/addresses\/0\/address/],
    ['a wrong expression', { ...RICH, classes: [{ name: 'guests', test: 'secs >' }] }, /^invalid \/classes\/0\/test: column 7/],
    ['an interface that is not there', { ...RICH, segments: [{ name: 'taproot0', interface: 'eth9' }, { name: 'hall' }] }, /^invalid \/segments\/0\/interface/],
    ['two subnets that overlap', { ...RICH, subnets: [...(RICH.subnets ?? []), { prefix: '10.53.0.128/25', segment: 'hall' }] }, /^conflict \/subnets\/3\/prefix/],
  ])('%s', async (_what, document, expected) => {
    const { services, store } = startAppliance()
    const before = store.load().dhcp
    expect(await refused(services.dhcp.importConfiguration(document, false) as never)).toMatch(expected)
    expect(store.load().dhcp).toEqual(before)
  })

  test('one that the disk does not take', async () => {
    const running = startAppliance()
    running.fault = { kind: 'full', detail: 'SQLITE_FULL' }
    const before = await done(running.services.dhcp.exportConfiguration())
    expect(await refused(running.services.dhcp.importConfiguration(RICH, false) as never)).toMatch(/^unavailable/)
    expect(await done(running.services.dhcp.exportConfiguration())).toEqual(before)
  })
})
