/** Two appliances on a wire: one produces a catalog, the other follows it. */
import { expect, test } from 'vitest'
import { CATALOG, CONSUMER, Pair, PRIMARY, PRODUCER, ZONE } from '../../support/appliance-pair.ts'

test('zones come with the catalog, are served, go when it lists them no more, and are back after a restart', async () => {
  const pair = await new Pair().begin('a.internal', 'b.internal')
  expect(await pair.zones()).toEqual(['a.internal 2', 'b.internal 2', `${CATALOG} 4`])
  const { dns, catalogs } = pair.producer.services
  await pair.done(dns.addZone({ ...ZONE, name: 'c.internal' } as never))
  await pair.done(catalogs.setMember(CATALOG, 'c.internal', { group: null, coo: null }))
  await pair.done(catalogs.removeMember(CATALOG, 'a.internal'))
  await pair.run(4000)
  expect(await pair.zones()).toEqual(['b.internal 2', 'c.internal 2', `${CATALOG} 4`])
  pair.restartConsumer()
  await pair.run(1000)
  expect(await pair.zones()).toEqual(['b.internal 2', 'c.internal 2', `${CATALOG} 4`])
  // A member that goes while nobody runs is noticed after the start.
  expect((await pair.done(pair.consumer.services.catalogs.getCatalog(CATALOG))).members.map((member) => [member.zone, member.conflict])).toEqual([['b.internal', null], ['c.internal', null]])
})

test('what is here by hand is left alone, and named', async () => {
  const pair = new Pair()
  await pair.done(pair.consumer.services.dns.addZone({ ...ZONE, name: 'a.internal' } as never))
  await pair.begin('a.internal', 'b.internal')
  expect(await pair.zones()).toEqual(['b.internal 2', `${CATALOG} 4`])
  const { members } = await pair.done(pair.consumer.services.catalogs.getCatalog(CATALOG))
  expect(members.map((member) => [member.zone, member.conflict])).toEqual([['a.internal', 'a zone of that name is here already'], ['b.internal', null]])
  expect(pair.consumer.on.log.filter(([event]) => event === 'dns.catalog.conflict')).toEqual([['dns.catalog.conflict', { catalog: CATALOG, zone: 'a.internal', because: 'a zone of that name is here already' }]])
})

test('a catalog that is broken changes nothing', async () => {
  const pair = await new Pair().begin('a.internal')
  await pair.done(pair.producer.services.dns.addRecord(CATALOG, { name: 'x.zones', type: 'PTR', ttl: null, data: 'a.internal.', comment: null } as never))
  await pair.run(4000)
  expect(await pair.zones()).toEqual(['a.internal 2', `${CATALOG} 4`])
  expect((await pair.done(pair.consumer.services.catalogs.getCatalog(CATALOG))).fault).toBe('a zone is listed twice (a.internal)')
})

test('handed over from one catalog to another, without being lost', async () => {
  const pair = await new Pair().begin('a.internal')
  const { catalogs, transfers } = pair.producer.services
  const other = 'other.internal'
  await pair.done(catalogs.setCatalog(other, PRODUCER))
  await pair.done(transfers.setTransferPolicy(other, { addresses: ['10.53.0.3/32'], keys: [], tlsOnly: false }))
  await pair.done(catalogs.setMember(other, 'a.internal', { group: null, coo: null }))
  await pair.done(pair.consumer.services.secondaries.setSecondary(other, { primaries: [PRIMARY] }))
  await pair.done(pair.consumer.services.catalogs.setCatalog(other, CONSUMER))
  await pair.run(3000)
  const conflict = async (): Promise<string | null | undefined> => (await pair.done(pair.consumer.services.catalogs.getCatalog(other))).members[0]?.conflict
  expect(await conflict()).toBe(`it belongs to the catalog ${CATALOG}`)
  await pair.done(catalogs.setMember(CATALOG, 'a.internal', { group: null, coo: other }))
  await pair.run(3000)
  await pair.done(catalogs.setMember(other, 'a.internal', { group: 'again', coo: null }))
  await pair.done(pair.consumer.services.secondaries.refresh(other, false))
  await pair.run(3000)
  expect(await conflict()).toBeNull()
  await pair.done(catalogs.removeMember(CATALOG, 'a.internal'))
  await pair.run(4000)
  expect(await pair.zones()).toEqual(['a.internal 2', `${CATALOG} 2`, `${other} 4`])
})

test('members of a group are copied from elsewhere; stopped, they stay', async () => {
  const pair = await new Pair().begin('a.internal')
  const { catalogs, secondaries } = pair.consumer.services
  await pair.done(pair.producer.services.catalogs.setMember(CATALOG, 'a.internal', { group: 'branch', coo: null }))
  await pair.run(4000)
  const elsewhere = { ...PRIMARY, address: '10.53.0.77' }
  await pair.done(catalogs.setCatalog(CATALOG, { ...CONSUMER, groups: [{ name: 'branch', primaries: [elsewhere] }] }))
  expect((await pair.done(secondaries.getSecondary('a.internal'))).primaries).toEqual([elsewhere])
  await pair.done(catalogs.removeCatalog(CATALOG))
  expect(await pair.zones()).toEqual(['a.internal 2', `${CATALOG} 4`])
})

test.each([
  ['a consumer that is no copy', 'lab.internal', CONSUMER, 'conflict /role'],
  ['a consumer that is not there', 'nowhere.internal', CONSUMER, 'not-found'],
  ['no name', 'a..b', PRODUCER, 'invalid /name'],
] as const)('refused: %s', async (_what, zone, input, why) => {
  const pair = new Pair()
  await expect(pair.done(pair.producer.services.catalogs.setCatalog(zone, input))).rejects.toThrow(why)
})
