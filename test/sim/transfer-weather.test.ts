/**
 * Two appliances on a wire in bad weather, the one a secondary of the other, with NOTIFY, IXFR and AXFR over their own
 * stacks. The secondary loses its power now and then. What it gives out is a version that the primary had, whole; in the
 * end it is the present one.
 */
import { expect, test } from 'vitest'
import type { LiveZone } from '../../services/dns/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { Pair, PRIMARY, ZONE } from '../support/appliance-pair.ts'
import { replayOf, seeds } from './seeds.ts'

const NAME = 'copy.internal'
const STEPS = 25

const rowsOf = (live: LiveZone | undefined): readonly string[] => Array.from(live?.records() ?? [], (r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`).sort()

test.each(seeds(4))('a copy over a bad line, seed %i', async (seed) => {
  const random = new SeededRandom(seed)
  const pair = new Pair(seed)
  const { dns, transfers } = pair.producer.services
  await pair.done(dns.addZone({ ...ZONE, name: NAME, refresh: 20, retry: 5, expire: 3600 } as never))
  await pair.done(transfers.setTransferPolicy(NAME, { addresses: ['10.53.0.3/32'], keys: [], tlsOnly: false }))
  await pair.done(transfers.setNotify(NAME, { targets: [{ address: '10.53.0.3', port: 53, key: null }], nameServers: false }))
  await pair.done(pair.consumer.services.secondaries.setSecondary(NAME, { primaries: [PRIMARY] }))
  const primary = (): LiveZone | undefined => pair.producer.on.appliance.dns.zones.get(NAME)
  const secondary = (): LiveZone | undefined => pair.consumer.on.appliance.dns.zones.get(NAME)
  const versions = new Map<number, readonly string[]>()
  const seen = new Set<number>()
  const note = (): void => void versions.set(primary()?.zone.serial ?? 0, rowsOf(primary()))
  const check = (): void => {
    const live = secondary()
    if (live?.isServed !== true) return
    seen.add(live.zone.serial)
    expect(rowsOf(live), replayOf(seed, import.meta.filename)).toEqual(versions.get(live.zone.serial))
  }
  note()
  for (let i = 0; i < STEPS; i++) {
    pair.weather = random.chance(0.3) ? {} : { loss: random.below(40) / 100, duplication: random.below(20) / 100, delayMs: random.below(80) }
    const [record] = [...(primary()?.records() ?? [])].filter((r) => r.type === 'TXT')
    if (record !== undefined && random.chance(0.3)) await pair.done(dns.removeRecord(NAME, record.id))
    else await pair.done(dns.addRecord(NAME, { name: `h${i}`, type: 'TXT', ttl: null, data: `"${'x'.repeat(random.below(200))}"`, comment: null } as never))
    note()
    if (random.chance(0.15)) pair.restartConsumer()
    for (let n = 1 + random.below(5); n > 0; n--) {
      await pair.run(500 + random.below(2000))
      check()
    }
  }
  pair.weather = {}
  await pair.run(60_000)
  check()
  expect(seen.size, 'versions on the way').toBeGreaterThan(STEPS / 3)
  expect(rowsOf(secondary()), replayOf(seed, import.meta.filename)).toEqual(rowsOf(primary()))
})
