/** Two appliances on a wire, which may have weather: 10.53.0.2, and 10.53.0.3, which follows it. */
import { onTestFinished } from 'vitest'
import { applianceServices } from '../../services/appliance-services.ts'
import type { Answer, CatalogInput, Services } from '../../services/index.ts'
import { openDecisions } from '../../services/storage/decisions.ts'
import { memoryStore, type SqliteStore } from '../../services/storage/sqlite.ts'
import { FaultyLink, type Link, virtualWire, type Weather } from '../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../stack/platform/index.ts'
import { applianceOn, type ApplianceOnLink } from './appliance-on.ts'
import { MemoryQueryLog } from './memory-query-log.ts'
import { FakeCertificates } from './fake-certificates.ts'
import { testLists } from './lists.ts'
import { opened } from './storage.ts'
import { TestDevices } from './test-media.ts'

export const PRIMARY = { address: '10.53.0.2', port: 53, key: null, tls: null }
export const CATALOG = 'catalog.internal'
export const CONSUMER: CatalogInput = { role: 'consumer', primaries: null, groups: [] }
export const PRODUCER: CatalogInput = { role: 'producer', primaries: null, groups: [] }
export const ZONE = { primaryServer: null, hostmaster: null, refresh: 3600, retry: 600, expire: 86_400, minimum: 60, defaultTtl: 300, soaTtl: null }

type Side = { readonly on: ApplianceOnLink; readonly services: Services }

export class Pair {
  readonly clock = new VirtualClock()
  readonly #wire: readonly [Link, Link]
  readonly #faulty: readonly FaultyLink[]
  readonly producer: Side
  consumer: Side

  constructor(seed = 1) {
    const ends = virtualWire(this.clock, { names: ['left', 'right'] })
    const [left, right] = ends.map((end, i) => new FaultyLink(end, this.clock, new SeededRandom(seed + i), {})) as [FaultyLink, FaultyLink]
    this.#wire = [left, right]
    this.#faulty = [left, right]
    this.producer = this.#start(0, '10.53.0.2/24', memoryStore())
    this.consumer = this.#start(1, '10.53.0.3/24', memoryStore())
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
      network: on.appliance.network, reader: store, listKeeper: testLists(this.clock, on.appliance.network.lists, store).keeper, decisions, queryLog: new MemoryQueryLog(), devices: new TestDevices(), certificates: new FakeCertificates(), clock: this.clock, version: 'test', supervision: () => [],
    })
    return { on, services }
  }

  /** Of both directions. */
  set weather(weather: Weather) {
    for (const link of this.#faulty) link.setWeather(weather)
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
