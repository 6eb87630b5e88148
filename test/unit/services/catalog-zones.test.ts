/** Two appliances on a wire: one produces a catalog, the other follows it. */
import { expect, onTestFinished, test } from 'vitest'
import { applianceServices } from '../../../services/appliance-services.ts'
import type { Answer, CatalogInput, Services } from '../../../services/index.ts'
import { openDecisions } from '../../../services/storage/decisions.ts'
import { memoryStore, type SqliteStore } from '../../../services/storage/sqlite.ts'
import { virtualWire } from '../../../stack/index.ts'
import { VirtualClock } from '../../../stack/platform/index.ts'
import { applianceOn, type ApplianceOnLink } from '../../support/appliance-on.ts'
import { FakeCertificates } from '../../support/fake-certificates.ts'
import { opened } from '../../support/storage.ts'
import { TestDevices } from '../../support/test-media.ts'

const PRIMARY = { address: '10.53.0.2', port: 53, key: null, tls: null }
const CATALOG = 'catalog.internal'
const CONSUMER: CatalogInput = { role: 'consumer', primaries: null, groups: [] }
const PRODUCER: CatalogInput = { role: 'producer', primaries: null, groups: [] }
const ZONE = { primaryServer: null, hostmaster: null, refresh: 3600, retry: 600, expire: 86_400, minimum: 60, defaultTtl: 300, soaTtl: null }

type Side = { readonly on: ApplianceOnLink; readonly services: Services }

class Pair {
  readonly clock = new VirtualClock()
  readonly #wire = virtualWire(this.clock, { names: ['left', 'right'] })
  readonly producer = this.#start(0, '10.53.0.2/24', memoryStore())
  consumer = this.#start(1, '10.53.0.3/24', memoryStore())

  constructor() {
    onTestFinished(() => {
      this.producer.on.close()
      this.consumer.on.close()
    })
  }

  #start(end: 0 | 1, address: string, store: SqliteStore): Side {
    const on = applianceOn({
      clock: this.clock, link: this.#wire[end], seed: end + 1, store, flags: { address, 'host-address': '10.53.0.1/24', 'serve-beside-others': 'yes' },
    })
    const decisions = opened(openDecisions(undefined, this.clock.wallMs()))
    const services = applianceServices({
      network: on.appliance.network, reader: store, decisions, devices: new TestDevices(), certificates: new FakeCertificates(), clock: this.clock, version: 'test', supervision: () => [],
    })
    return { on, services }
  }

  restartConsumer(): void {
    const { store } = this.consumer.on
    this.consumer.on.close()
    this.consumer = this.#start(1, '10.53.0.3/24', store)
  }

  /** An answer, with the clock going on until it is there. */
  async done<T>(answer: Answer<T>): Promise<T> {
    let settled: Awaited<Answer<T>> | undefined
    void answer.then((value) => (settled = value))
    for (let i = 0; settled === undefined && i < 1000; i++) {
      this.clock.runUntil(this.clock.now() + 1)
      await new Promise<void>((resolve) => queueMicrotask(resolve))
    }
    if (settled === undefined) throw new Error('no answer')
    if (!settled.ok) throw new Error(`${settled.error.code} ${settled.error.field}: ${settled.error.problem}`)
    return settled.value
  }

  async run(ms: number): Promise<void> {
    for (const until = this.clock.now() + ms; this.clock.now() < until; ) {
      this.clock.runUntil(this.clock.now() + 50)
      for (let i = 0; i < 30; i++) await new Promise<void>((resolve) => queueMicrotask(resolve))
    }
  }

  async zones(): Promise<readonly string[]> {
    const zones = await this.done(this.consumer.services.dns.listZones())
    return zones.filter((zone) => zone.role === 'secondary').map((zone) => `${zone.name} ${zone.records}`).sort()
  }

  /** A catalog of these zones, which the consumer follows. */
  async begin(...members: readonly string[]): Promise<this> {
    const { dns, catalogs, transfers } = this.producer.services
    await this.done(catalogs.setCatalog(CATALOG, PRODUCER))
    await this.done(transfers.setTransferPolicy(CATALOG, { addresses: ['10.53.0.3/32'], keys: [], tlsOnly: false }))
    await this.done(transfers.setNotify(CATALOG, { targets: [{ address: '10.53.0.3', port: 53, key: null }], nameServers: false }))
    for (const name of members) {
      await this.done(dns.addZone({ ...ZONE, name } as never))
      await this.done(catalogs.setMember(CATALOG, name, { group: null, coo: null }))
    }
    await this.done(this.consumer.services.secondaries.setSecondary(CATALOG, { primaries: [PRIMARY] }))
    await this.done(this.consumer.services.catalogs.setCatalog(CATALOG, CONSUMER))
    await this.run(3000)
    return this
  }
}

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
