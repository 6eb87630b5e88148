/**
 * Water torture: floods of questions for names that nobody has, through this resolver to a victim that is slow, dead, or
 * answers. Whoever asks for something else is answered as before, the victim is not asked without bound, and when it is
 * over nothing is left.
 */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { AttackBench, MOST_UNDER_WAY } from '../../support/attack-bench.ts'
import type { Told } from '../../support/dns.ts'
import { FAULTS, type Fault, slowBy } from '../../support/virtual-internet.ts'

/** Ten seconds of a flood, and the time of another client's question among them. */
const FLOOD = 4_000
const EVERY = 200
const PATIENCE_MS = 1_000

describe.each<readonly [string, readonly Fault[]]>([
  ['dead', [FAULTS.dead]],
  ['slow', [slowBy(3_000)]],
  ['that answers each', []],
])('against a victim %s', (_how, faults) => {
  test.each([
    ['one client', 1],
    ['two hundred clients', 200],
  ])('by %s', (_who, clients) => {
    const bench = new AttackBench('@ 3600 SOA ns h 1 2 3 4 60', faults)
    expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
    const flooded: Told[] = []
    const served: { readonly cached: string | undefined; readonly fresh: string | undefined }[] = []
    let most = 0
    bench.net.asked()
    for (let i = 0; i < FLOOD; i++) {
      bench.begin(`x${(i * 2_654_435_761 >>> 0).toString(36)}.evil.com`, 'A', flooded, ipv4(`10.66.0.${1 + (i % clients)}`))
      if (i % 4 === 0) bench.net.clock.advance(10)
      most = Math.max(most, bench.underWay)
      if (i % EVERY !== EVERY - 1) continue
      const at = bench.net.clock.now()
      const cached = bench.ask('www.example.com', 'A', { from: ipv4('10.53.0.50') }, PATIENCE_MS)
      const fresh = bench.ask(`n${i}.many.example.com`, 'A', { from: ipv4('10.53.0.51') }, PATIENCE_MS)
      expect(bench.net.clock.now() - at).toBeLessThanOrEqual(PATIENCE_MS)
      served.push({ cached: cached?.rcode, fresh: fresh?.rcode })
    }
    expect(served).toEqual(served.map(() => ({ cached: 'NOERROR', fresh: 'NOERROR' })))
    expect(most).toBeLessThanOrEqual(MOST_UNDER_WAY)
    bench.net.clock.advance(60_000)
    expect(bench.underWay).toBe(0)
    // Nobody waits in vain: each got something, and a client that floods gets SERVFAIL rather than nothing.
    expect(flooded).toHaveLength(FLOOD)
  })
})

test('the victim is asked at most so often at once, and comes back by itself', () => {
  const bench = new AttackBench('@ 3600 SOA ns h 1 2 3 4 60\nwww 60 A 203.0.113.80', [FAULTS.dead])
  const flooded: Told[] = []
  bench.net.asked()
  for (let i = 0; i < 2_000; i++) bench.begin(`y${i}.evil.com`, 'A', flooded)
  bench.net.clock.advance(100)
  expect(bench.askedOfEvil).toBeLessThanOrEqual(400)
  bench.net.clock.advance(120_000)
  bench.evil.faults = []
  bench.net.clock.advance(900_000)
  expect(bench.tell('www.evil.com', 'A')).toBe('NOERROR | www.evil.com 60 A 203.0.113.80')
})
