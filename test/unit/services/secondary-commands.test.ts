/** Copies of zones over the services: made, shown, kept over a restart, promoted, removed; or refused. */
import { expect, test } from 'vitest'
import { ZoneBook } from '../../../services/zone-book.ts'
import { ipv4 } from '../../../stack/index.ts'
import { done, refused, startAppliance } from '../../support/running-appliance.ts'

const FROM = { primaries: [{ address: '10.53.0.9', port: 53, key: null, tls: null }] }
const byTls = (tls: object) => ({ primaries: [{ address: '10.53.0.9', port: 853, key: null, tls: { name: null, pin: null, authority: null, ...tls } }] })

test('by TLS: how the primary proves who it is, is kept', async () => {
  const { services, store } = startAppliance()
  const pin = Buffer.alloc(32, 7).toString('base64')
  const input = byTls({ name: 'ns.example', pin, authority: '-----BEGIN CERTIFICATE-----' })
  expect(await done(services.secondaries.setSecondary('copy.internal', input))).toMatchObject(input)
  expect(store.load().secondaries[0]?.primaries[0]?.tls).toEqual({ serverName: 'ns.example', pin, authority: '-----BEGIN CERTIFICATE-----' })
  await done(services.secondaries.setSecondary('copy.internal', byTls({})))
  expect(store.load().secondaries[0]?.primaries[0]?.tls).toEqual({ serverName: undefined, pin: undefined, authority: undefined })
})

test('made, shown, changed; it is stored, and gone with the zone', async () => {
  const { appliance, services, store, clock } = startAppliance()
  const made = await done(services.secondaries.setSecondary('Copy.Internal.', FROM))
  expect(made).toMatchObject({ zone: 'copy.internal', ...FROM, serial: null, served: false, refreshedAt: null, expiresAt: null, lastFailure: null })
  expect(store.load().secondaries).toEqual([{ zoneId: 3, primaries: [{ address: ipv4('10.53.0.9'), port: 53, key: undefined, tls: undefined }], refreshedAt: undefined }])
  expect((await done(services.dns.listZones())).map((zone) => [zone.name, zone.role])).toContainEqual(['copy.internal', 'secondary'])
  clock.runUntil(clock.now() + 60_000)
  expect((await done(services.secondaries.getSecondary('copy.internal'))).lastFailure).toMatchObject({ primary: '10.53.0.9#53', because: 'no connection, or it ended early' })
  await done(services.secondaries.setSecondary('copy.internal', { primaries: [{ address: '10.53.0.10', port: 5353, key: null, tls: null }] }))
  expect(store.load().secondaries[0]?.primaries).toEqual([{ address: ipv4('10.53.0.10'), port: 5353, key: undefined, tls: undefined }])
  await done(services.dns.removeZone('copy.internal'))
  expect([store.load().secondaries, appliance.dns.zones.get('copy.internal')]).toEqual([[], undefined])
  expect(await refused(services.secondaries.getSecondary('copy.internal'))).toContain('not-found')
})

test('its records and fields are not changed here', async () => {
  const { services } = startAppliance()
  await done(services.secondaries.setSecondary('copy.internal', FROM))
  const record = { name: 'x', type: 'A', ttl: null, data: '10.0.0.1', comment: null }
  expect(await refused(services.dns.addRecord('copy.internal', record as never))).toContain('conflict')
  expect(await refused(services.dns.changeZone('copy.internal', { minimum: 5 }))).toContain('conflict')
})

test.each([
  ['a zone of our own', 'lab.internal', FROM, 'conflict'],
  ['no domain name', 'a..b', FROM, 'invalid /name'],
  ['no address', 'copy.internal', { primaries: [{ address: 'ns', port: 53, key: null, tls: null }] }, 'invalid /primaries/0/address'],
  ['a key that is not here', 'copy.internal', { primaries: [{ address: '10.53.0.9', port: 53, key: 'k', tls: null }] }, 'invalid /primaries/0/key'],
  ['a pin that is none', 'copy.internal', byTls({ pin: 'AAAA' }), 'invalid /primaries/0/tls/pin'],
  ['a name that is none', 'copy.internal', byTls({ name: 'a..b' }), 'invalid /primaries/0/tls/name'],
  ['an authority without a name', 'copy.internal', byTls({ authority: '-----BEGIN CERTIFICATE-----' }), 'invalid /primaries/0/tls/authority'],
  ['an authority that is none', 'copy.internal', byTls({ name: 'ns.example', authority: 'x' }), 'invalid /primaries/0/tls/authority'],
])('refused: %s', async (_what, zone, input, why) => {
  const { services } = startAppliance()
  expect(await refused(services.secondaries.setSecondary(zone, input))).toContain(why)
})

test('there is nothing to be the primary of before the first transfer', async () => {
  const { services } = startAppliance()
  await done(services.secondaries.setSecondary('copy.internal', FROM))
  expect(await refused(services.secondaries.promote('copy.internal'))).toContain('conflict')
  expect(await refused(services.secondaries.promote('lab.internal'))).toContain('not-found')
  expect(await refused(services.secondaries.refresh('lab.internal', false))).toContain('not-found')
})

test('names of leases do not go into a copy', async () => {
  const { appliance, services } = startAppliance()
  await done(services.secondaries.setSecondary('sub.lab.internal', FROM))
  const book = new ZoneBook(appliance.dns, () => 0)
  expect([book.zoneNamed('sub.lab.internal', 0), book.zoneEnclosing('pc.sub.lab.internal', 0), book.zoneEnclosing('pc.lab.internal', 0)?.name]).toEqual([undefined, undefined, 'lab.internal'])
})
