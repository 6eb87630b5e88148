/** Any octets at the end of a message: no exception, and no answer with content unless the signature is right. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../stack/platform/index.ts'
import { Bench, queryBytes, zoneOf } from '../support/dns.ts'
import { KEY, signed } from '../support/dns-tsig.ts'

const ZONE = zoneOf('lab.example', '@ NS ns\nwww A 10.0.0.4')

test.each([1, 2, 3, 4])('damaged signatures, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new Bench([ZONE])
  bench.server.tsigKeys.put(KEY)
  const query = queryBytes('www.lab.example', 'A')
  const into = new Uint8Array(4096)
  for (let i = 0; i < 3000; i++) {
    const good = signed(query, { time: Math.floor(bench.clock.wallMs() / 1000) }).bytes
    const bytes = good.slice(0, random.chance(0.3) ? 12 + random.below(good.length - 11) : good.length)
    // Behind the header's flags: what is signed, or the signature itself, is another.
    for (let n = 1 + random.below(4); n > 0; n--) {
      const at = 4 + random.below(bytes.length - 4)
      bytes[at] = (bytes[at] as number) ^ (1 + random.below(255))
    }
    const length = bench.server.receive(bytes, 0, bytes.length, into, 0, 4096, 0, () => () => {})
    expect(length).toBeLessThanOrEqual(4096)
  }
  expect(bench.server.counters.get('internal-error')).toBe(0)
})
