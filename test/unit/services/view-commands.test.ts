/** Views: said, stored and in effect, also after a restart; zones of them by REST's names; or refused. */
import { expect, test } from 'vitest'
import type { ViewView } from '../../../services/index.ts'
import { ipv4 } from '../../../stack/index.ts'
import { told, queryBytes } from '../../support/dns.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const INSIDE: ViewView = { name: 'inside', addresses: ['10.54.0.0/24'], segments: [], keys: [], comment: 'the office' }
const NEW_ZONE = {
  name: 'lab.internal', primaryServer: null, hostmaster: null, refresh: 3600, retry: 600, expire: 86_400, minimum: 60, defaultTtl: 300, soaTtl: null,
  serialPolicy: 'increment',
} as const
const RECORD = { name: 'www', type: 'A', ttl: null, comment: null } as const

function ask({ appliance }: Running, name: string, from: string): readonly string[] {
  const bytes = queryBytes(name, 'A')
  const into = new Uint8Array(4096)
  const length = appliance.dns.receive(bytes, 0, bytes.length, into, 0, 4096, ipv4(from), () => () => {})
  return told(into, 0, length).answer.map((line) => line.split(' ')[3] as string)
}

test('the same name inside and outside; all of it is there again after a restart', async () => {
  const running = startAppliance()
  const { views, dns } = running.services
  expect(await done(views.listViews())).toEqual([])
  expect(await done(views.setViews([INSIDE]))).toEqual([INSIDE])
  expect(await done(dns.addZone({ ...NEW_ZONE, view: 'inside' }))).toMatchObject({ name: 'lab.internal', view: 'inside', records: 2 })
  const record = await done(dns.addRecord('lab.internal@inside', { ...RECORD, data: '10.54.0.80' }))
  expect(record).toMatchObject({ zone: 'lab.internal@inside', name: 'www.lab.internal' })
  await done(dns.addRecord('lab.internal', { ...RECORD, data: '192.0.2.80' }))
  const both = [ask(running, 'www.lab.internal', '10.54.0.9'), ask(running, 'www.lab.internal', '10.53.0.9')]
  expect(both).toEqual([['10.54.0.80'], ['192.0.2.80']])
  expect((await done(dns.listRecords('Lab.internal@inside', {}, { limit: 10 }))).items.map(({ name }) => name)).toContain('www.lab.internal')
  expect((await done(dns.listZones())).map(({ name, view }) => [name, view])).toEqual([
    ['lab.internal', null], ['0.53.10.in-addr.arpa', null], ['lab.internal', 'inside'],
  ])
  const { views: stored, zones } = running.store.load()
  const again = startAppliance({ before: [{ kind: 'views-put', views: stored }] })
  for (const { zone, records } of zones.slice(2)) again.appliance.dns.addZone(zone, records)
  expect([await done(again.services.views.listViews()), ask(again, 'www.lab.internal', '10.54.0.9')]).toEqual([[INSIDE], ['10.54.0.80']])
  expect(running.log.map(([event]) => event)).toContain('dns.views.changed')
})

test('the names of leases are in the zone that everybody sees, and that one is held by its subnet', async () => {
  const running = startAppliance()
  const { views, dns } = running.services
  await done(views.setViews([INSIDE]))
  await done(dns.addZone({ ...NEW_ZONE, view: 'inside' }))
  await done(dns.removeZone('lab.internal@inside'))
  expect(await refused(dns.removeZone('lab.internal'))).toMatch(/^conflict/)
})

test('a segment is all its subnets, as they are at any time', async () => {
  const running = startAppliance()
  const { views, dns } = running.services
  const [segment] = (await done(running.services.dhcp.list('segments')))
  expect(await done(views.setViews([{ ...INSIDE, addresses: [], segments: [segment?.name ?? ''] }]))).toMatchObject([{ segments: [segment?.name] }])
  await done(dns.addZone({ ...NEW_ZONE, name: 'in.internal', view: 'inside' }))
  await done(dns.addRecord('in.internal@inside', { ...RECORD, data: '10.54.0.80' }))
  expect([ask(running, 'www.in.internal', '10.53.0.9'), ask(running, 'www.in.internal', '10.66.0.9')]).toEqual([['10.54.0.80'], []])
  const { subnets } = await done(running.appliance.network.dhcp.configuration())
  const { id: _, ...subnet } = subnets[0] as (typeof subnets)[0]
  await done(running.appliance.network.dhcp.add('subnets', { ...subnet, prefix: { network: ipv4('10.66.0.0'), length: 24 } }))
  expect(ask(running, 'www.in.internal', '10.66.0.9')).toEqual(['10.54.0.80'])
})

test('explain says what a client would be answered, and which records answer it', async () => {
  const running = startAppliance()
  const { views, dns, reasons } = running.services
  await done(views.setViews([INSIDE]))
  await done(dns.addZone({ ...NEW_ZONE, view: 'inside' }))
  await done(dns.addRecord('lab.internal@inside', { ...RECORD, data: '10.54.0.80' }))
  const inside = await done(reasons.explain('www.lab.internal', undefined, '10.54.0.9'))
  expect(inside.lines.join('\n')).toMatch(/A: NOERROR[\s\S]*because 10\.54\.0\.9 sees the view inside[\s\S]*www\.lab\.internal 300 A 10\.54\.0\.80 \(owner: hand\)/)
  expect((await done(reasons.explain('www.lab.internal', undefined, '10.53.0.9'))).lines.join('\n')).toMatch(/A: NXDOMAIN/)
  expect(await refused(reasons.explain('www.lab.internal', undefined, 'x'))).toMatch(/^invalid \/client/)
})

test.each([
  ['no name', { name: 'In_Side' }, 'invalid /views/0/name: '],
  ['no prefix', { addresses: ['10.0.0.1/8'] }, 'invalid /views/0/addresses/0: '],
  ['a segment that is not there', { segments: ['x'] }, 'invalid /views/0/segments/0: '],
  ['a key that is not there', { keys: ['k'] }, 'invalid /views/0/keys/0: '],
] as const)('refused: %s', async (_what, change, why) => {
  const { services } = startAppliance()
  expect(await refused(services.views.setViews([{ ...INSIDE, ...change }]))).toContain(why)
})

test('refused: two of one name, one that has zones and goes, and a zone of a view that is not there', async () => {
  const { services } = startAppliance()
  const { views, dns } = services
  expect(await refused(views.setViews([INSIDE, INSIDE]))).toContain('invalid /views/1/name: ')
  expect(await refused(dns.addZone({ ...NEW_ZONE, view: 'inside' }))).toContain('invalid /view: ')
  await done(views.setViews([INSIDE]))
  await done(dns.addZone({ ...NEW_ZONE, view: 'inside' }))
  expect(await refused(dns.addZone({ ...NEW_ZONE, view: 'inside' }))).toContain('lab.internal@inside')
  expect(await refused(views.setViews([]))).toMatch(/^conflict.*inside/)
})

test('everything that is done to a zone by its name is done to that of the view', async () => {
  const running = startAppliance()
  const { views, dns, zoneContents, secondaries, transfers } = running.services
  await done(views.setViews([INSIDE]))
  const text = '$TTL 300\n@ IN SOA ns admin 1 2 3 4 5\n@ IN NS ns\nns IN A 10.53.0.2\nwww IN A 10.54.0.80\n'
  await done(zoneContents.importZone('lab.internal@inside', { text, mode: 'replace', soa: true, create: true }, false))
  expect([ask(running, 'www.lab.internal', '10.54.0.9'), ask(running, 'www.lab.internal', '10.53.0.9')]).toEqual([['10.54.0.80'], []])
  const record = await done(dns.addRecord('lab.internal@inside', { ...RECORD, name: 'soon', data: '10.54.0.81', expiresAt: new Date(running.clock.wallMs() + 60_000).toISOString() }))
  expect(ask(running, 'soon.lab.internal', '10.54.0.9')).toEqual(['10.54.0.81'])
  running.clock.advance(60_000)
  for (let i = 0; i < 20; i++) await Promise.resolve()
  expect(ask(running, 'soon.lab.internal', '10.54.0.9')).toEqual([])
  expect(await refused(dns.getRecord('lab.internal@inside', record.id))).toMatch(/^not-found/)
  const versions = await done(zoneContents.listVersions('lab.internal@inside', { limit: 9 }))
  expect(versions.items[0]).toMatchObject({ by: 'expiry' })
  await done(transfers.setTransferPolicy('lab.internal@inside', { addresses: ['10.54.0.0/24'], keys: [], tlsOnly: false }))
  expect([await done(transfers.getTransferPolicy('lab.internal')), await done(transfers.getTransferPolicy('lab.internal@inside'))]).toMatchObject([
    { addresses: [], keys: [] }, { addresses: ['10.54.0.0/24'], keys: [] },
  ])
  expect(await done(dns.exportZone('lab.internal@inside'))).toMatch(/www.*10\.54\.0\.80/)
  const copy = await done(secondaries.setSecondary('copy.internal@inside', { primaries: [{ address: '10.53.0.9', port: 53, key: null, tls: null }] }))
  expect(copy.zone).toBe('copy.internal@inside')
  expect((await done(dns.listZones())).filter(({ view }) => view === 'inside').map(({ name, role }) => [name, role])).toEqual([['lab.internal', 'primary'], ['copy.internal', 'secondary']])
})

test("an ALIAS is followed in its zone's view, and names for ping are found in views too", async () => {
  const running = startAppliance()
  const { views, dns, diagnostics } = running.services
  await done(views.setViews([{ ...INSIDE, addresses: ['10.53.0.0/24'] }]))
  await done(dns.addZone({ ...NEW_ZONE, name: 'in.internal', view: 'inside' }))
  await done(dns.addRecord('in.internal@inside', { ...RECORD, data: '10.53.0.2' }))
  await done(dns.addRecord('in.internal@inside', { ...RECORD, name: '@', type: 'ALIAS', data: 'www.in.internal.' }))
  for (let i = 0; i < 20; i++) {
    running.clock.advance(1000)
    for (let n = 0; n < 20; n++) await Promise.resolve()
  }
  expect(ask(running, 'in.internal', '10.53.0.9')).toEqual(['10.53.0.2'])
  const pinged = await diagnostics.ping({ target: 'www.in.internal', count: 1, intervalMs: 1000, timeoutMs: 1000, octets: 56, ttl: 64, source: null, interface: null, dontFragment: false })
  expect(pinged.ok).toBe(true)
})
