/**
 * A primary that is edited without end and its secondary, in bad weather: datagrams lost, connections cut in the middle
 * of a transfer, a full disk, power cuts, a primary that is away for a while. Whatever the secondary gives out is a
 * version that the primary had, whole; when the weather clears, it is the present one.
 */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../stack/platform/index.ts'
import { type Bench, zoneOf } from '../support/dns.ts'
import { copied, rowsOf } from '../support/dns-copies.ts'
import { replayOf, seeds } from './seeds.ts'

const ROWS = 120
const STEPS = 80
const ZONE = zoneOf('lab.example', ['@ NS ns', 'ns A 10.0.0.1', '@ MX 5 Mail', ...Array.from({ length: ROWS }, (_, i) => `h${i} A 10.1.${i >> 8}.${i & 255}`)].join('\n'))

/** One edit of several rows, or another SOA. */
function edit(b: Bench, random: SeededRandom): void {
  const live = b.server.zones.get('lab.example')
  if (live === undefined) throw new Error('no zone')
  if (random.chance(0.1)) {
    const serial = live.zone.serial + 1
    b.server.changeZone({ ...live.zone, serial, minimum: 10 + random.below(50) })
    return
  }
  const rows = [...live.records()].filter((r) => r.type === 'A' && r.name.startsWith('h'))
  const removeIds = Array.from({ length: random.below(8) }, () => rows[random.below(rows.length)]?.id ?? -1).filter((id, i, all) => id >= 0 && all.indexOf(id) === i)
  const add = Array.from({ length: random.below(8) }, (_, i) => ({
    name: `h${random.below(2 * ROWS)}`, type: 'A', ttl: 300, data: `10.2.${random.below(256)}.${i}`, owner: { kind: 'hand' as const }, comment: undefined,
  }))
  const planned = b.server.planEdit('lab.example', { add, removeIds })
  if (planned.ok) b.server.applyEdit(planned.value)
}

test.each(seeds(6))('a copy is whole at every moment, and right in the end, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  let c = copied(ZONE, { seed })
  const versions = new Map<number, readonly string[]>([[7, rowsOf(c.primary)]])
  const check = (): void => {
    const live = c.secondary.server.zones.get('lab.example')
    if (live?.isServed !== true) return
    expect(c.rows(), replayOf(seed, import.meta.filename)).toEqual(versions.get(live.zone.serial))
  }
  c.ports.weather = { lose: () => random.chance(0.3), delayMs: () => random.below(40), cut: () => random.chance(0.05) }
  for (let i = 0; i < STEPS; i++) {
    edit(c.primary, random)
    versions.set(c.primary.server.zones.get('lab.example')?.zone.serial ?? 0, rowsOf(c.primary))
    if (random.chance(0.5)) c.secondaries.refresh(5, random.chance(0.1))
    if (random.chance(0.05)) c.ports.down = !c.ports.down
    if (random.chance(0.1)) c.disk.fails = !c.disk.fails
    if (random.chance(0.1)) {
      // The power goes, perhaps between the disk and the answer.
      c.secondaries.close()
      c = copied(ZONE, { seed: seed + i, disk: c.disk, primary: c.primary, ports: c.ports })
    }
    for (let n = random.below(12); n > 0; n--) {
      c.run(random.below(400))
      check()
    }
  }
  c.ports.weather = { lose: () => false, delayMs: () => 1, cut: () => false }
  c.ports.down = false
  c.disk.fails = false
  c.secondaries.refresh(5, false)
  c.run(700_000)
  check()
  expect(c.rows(), replayOf(seed, import.meta.filename)).toEqual(rowsOf(c.primary))
})
