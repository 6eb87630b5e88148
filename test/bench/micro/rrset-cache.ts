/**
 * The cache of RRsets: octets for each, ns for a put, a hit and a miss, the slowest puts while older entries make room, and
 * what a collection of garbage costs beside it. Prints and never fails.
 * Run: node --expose-gc test/bench/micro/rrset-cache.ts
 */
import { RrsetCache } from '../../../services/dns/cache/rrset-cache.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import { SystemRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { found, nxdomain } from '../../support/dns-cache.ts'

const COUNT = 200_000
const clock = new VirtualClock()
const collect = (): void => (globalThis as { gc?: () => void }).gc?.()
const line = (what: string, value: number, unit: string): void => console.log(`${what.padEnd(56)} ${value.toFixed(0).padStart(8)} ${unit}`)

function timed(what: string, count: number, work: (i: number) => void): void {
  const rounds: number[] = []
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    for (let i = 0; i < count; i++) work(i)
    rounds.push(((performance.now() - start) * 1e6) / count)
  }
  line(what, rounds.sort((a, b) => a - b)[2] as number, 'ns')
}

/** Of the process without the heap of JavaScript, which has the garbage of making the findings. */
const memory = (): number => {
  collect()
  const { rss, heapTotal } = process.memoryUsage()
  return rss - heapTotal
}

const address = (i: number): string => `192.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`
// What making findings leaves behind in the process, before anything is measured.
const warm = new RrsetCache({ clock, random: new SystemRandom() }, { octets: 1024 * 1024 })
for (let i = 0; i < COUNT; i++) warm.put(0, found(`host${i}.example${i % 997}.com 3600 A ${address(i)}`))
const before = memory()
const cache = new RrsetCache({ clock, random: new SystemRandom() })
for (let i = 0; i < COUNT; i++) cache.put(0, found(`host${i}.example${i % 997}.com 3600 A ${address(i)}`))
line('octets an A RRset, by the cache\'s own count', cache.octets / cache.size, 'octets')
line('octets an A RRset, by the process (RSS without heap)', (memory() - before) / cache.size, 'octets')

const keys = Array.from({ length: 10_000 }, (_, i) => keyOf(`host${(i * 7919) % COUNT}.example${((i * 7919) % COUNT) % 997}.com`))
const missing = Array.from({ length: 10_000 }, (_, i) => keyOf(`nobody${i}.example${i % 997}.com`))
const fresh = Array.from({ length: 10_000 }, (_, i) => found(`host${i}.example${i % 997}.com 3600 A ${address(i + 1)}`))
timed('hit', 200_000, (i) => cache.answer(0, keys[i % keys.length] as string, TYPE.A))
timed('miss', 200_000, (i) => cache.answer(0, missing[i % missing.length] as string, TYPE.A))
timed('put in the place of what is there', 200_000, (i) => cache.put(0, fresh[i % fresh.length] as (typeof fresh)[number]))

// Denials bring their SOA along: many times an address.
const small = new RrsetCache({ clock, random: new SystemRandom() }, { octets: 8 * 1024 * 1024 })
const took = new Float64Array(COUNT)
const some = Array.from({ length: COUNT }, (_, i) => (i % 4 === 0 ? nxdomain(`gone${i}.example${i % 997}.com`) : found(`h${i}.example${i % 997}.com 3600 A ${address(i)}`)))
for (let i = 0; i < COUNT; i++) {
  const start = performance.now()
  small.put(0, some[i] as (typeof some)[number])
  // A few names are in demand, so that the hand has something to spare.
  small.answer(0, keys[i % 64] as string, TYPE.A)
  took[i] = performance.now() - start
}
took.sort()
line('put into a full cache, median', (took[COUNT >> 1] as number) * 1e6, 'ns')
line('put into a full cache, p99', (took[Math.floor(COUNT * 0.99)] as number) * 1e6, 'ns')
line('put into a full cache, slowest', (took[COUNT - 1] as number) * 1e6, 'ns')

some.length = 0
for (const what of ['with the caches', 'again']) {
  const start = performance.now()
  collect()
  line(`a full collection, ${what}`, (performance.now() - start) * 1e3, 'µs')
}
line('entries still there', cache.size + small.size, '')
