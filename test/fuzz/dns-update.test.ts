/** Damaged updates from somebody who may do everything: an answer each, no exception, and a zone that stays whole. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../stack/platform/index.ts'
import { UpdateBench, updateBytes } from '../support/dns-update.ts'

const LINES = [
  'prereq yxrrset www.lab.example A', 'prereq nxdomain new.lab.example', 'prereq yxrrset ns.lab.example A 10.9.0.1',
  'add new.lab.example 60 MX 10 mail.lab.example', 'add new.lab.example 60 SVCB 1 . alpn=h2', 'delete www.lab.example A 10.9.0.2',
  'delete ns.lab.example TXT', 'delete gone.lab.example', 'add lab.example 60 SOA a.example b.example 9 1 2 3 4',
]

test.each([1, 2, 3, 4])('seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new UpdateBench('@ 300 IN NS ns\nns IN A 10.9.0.1\nwww 300 IN A 10.9.0.2\nalias CNAME www')
  bench.holding = true
  for (let i = 0; i < 1500; i++) {
    const good = updateBytes(LINES.filter(() => random.chance(0.4)), random.chance(0.3) ? { edns: 0 } : {})
    const bytes = good.slice(0, random.chance(0.1) ? 12 + random.below(good.length - 11) : good.length)
    // Behind the flags, so that it stays an update.
    for (let n = random.below(4); n > 0; n--) {
      const at = 4 + random.below(bytes.length - 4)
      bytes[at] = random.chance(0.5) ? random.below(256) : (bytes[at] as number) ^ (1 << random.below(8))
    }
    const answers = bench.send(bytes)
    bench.store(random.chance(0.9))
    expect(answers).toHaveLength(1)
  }
  expect(bench.server.counters.get('internal-error')).toBe(0)
  const zone = bench.server.zones.get('lab.example')
  expect([zone?.skipped, bench.at('lab.example').filter((text) => text.includes(' NS '))]).toEqual([[], ['300 NS ns.lab.example']])
  // A CNAME stands alone.
  const types = Map.groupBy(zone?.records() ?? [], (record) => record.name.toLowerCase())
  for (const records of types.values()) if (records.some(({ type }) => type === 'CNAME')) expect(records).toHaveLength(1)
})
