/** Oversized and malformed answers of servers: whatever comes, the client gets an answer, others theirs, and memory is bounded. */
import { expect, test } from 'vitest'
import { SeededRandom } from '../../../stack/platform/index.ts'
import { AttackBench } from '../../support/attack-bench.ts'
import { mutated, noise } from '../../support/mutations.ts'
import { type Fault, saying } from '../../support/virtual-internet.ts'

const MOST_CACHE_OCTETS = 1_000_000

/** The honest answer over TCP too is what `change` makes of it. */
const changed = (change: (bytes: Uint8Array) => Uint8Array): Fault => (_query, replies) =>
  replies.map((reply) => (reply.bytes === 'refuse' ? reply : { ...reply, bytes: change(reply.bytes.slice()) }))

const others = (bench: AttackBench): void => {
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
  expect(bench.underWay).toBe(0)
}

/** Where the question of x.evil.com ends. */
const END = 12 + 12 + 4

test.each<readonly [string, Fault]>([
  ['nothing but a header', changed((b) => b.slice(0, 12))],
  ['less than that', changed((b) => b.slice(0, 5))],
  ['no octet', changed(() => new Uint8Array(0))],
  ['a name that points at itself', changed((b) => Uint8Array.from([...b.slice(0, 7), 1, ...b.slice(8, END), 0xc0, END, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]))],
  ['names that point at each other', changed((b) => Uint8Array.from([...b.slice(0, 7), 1, ...b.slice(8, END), 0xc0, END + 2, 0xc0, END, 0, 1, 0, 1, 0, 0, 0, 60, 0, 0]))],
  ['a name that points past the end', changed((b) => Uint8Array.from([...b.slice(0, 7), 1, ...b.slice(8, END), 0xff, 0xff, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]))],
  ['rdata that is longer than the message', changed((b) => { b[b.length - 16] = 0xff; return b })],
  ['counts of 65,535 records', changed((b) => b.fill(0xff, 6, 12))],
  ['an address of five octets', changed((b) => Uint8Array.from([...b.slice(0, 7), 1, ...b.slice(8, END), 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 5, 1, 2, 3, 4, 5]))],
  ['two questions', changed((b) => { b[5] = 2; return b })],
])('%s', (_title, fault) => {
  const bench = new AttackBench('x 60 A 203.0.113.1', [fault])
  const answer = bench.ask('x.evil.com', 'A', {}, 15_000)
  expect(answer?.rcode).toBe('SERVFAIL')
  others(bench)
})

test('a TTL of more than 68 years counts as none (RFC 2181 §8)', () => {
  const bench = new AttackBench('', [saying({ flags: 0x0400, answer: 'x.evil.com 4294967295 A 203.0.113.1' })])
  const answer = bench.ask('x.evil.com', 'A')
  expect(['NOERROR', 'SERVFAIL']).toContain(answer?.rcode)
  expect(answer?.answer.every((record) => Number(record.split(' ')[1]) <= 604_800)).toBe(true)
  others(bench)
})

test('an answer of four thousand records fits no datagram, and all of them TCP', () => {
  const records = Array.from({ length: 3_900 }, (_, i) => `x.evil.com 60 A 203.${i >> 8}.${i & 255}.1`).join('\n')
  const bench = new AttackBench('', [(query, replies) => {
    const [whole] = saying({ flags: 0x0400, answer: query.transport === 'udp' ? 'x.evil.com 60 A 203.0.113.1' : records })(query, replies)
    if (whole === undefined || whole.bytes === 'refuse') return []
    if (query.transport === 'udp') whole.bytes[2] = (whole.bytes[2] as number) | 0x02
    return [whole]
  }])
  const answer = bench.ask('x.evil.com', 'A', {}, 15_000)
  expect(answer?.octets ?? 0).toBeLessThanOrEqual(512)
  expect(bench.server.sizes['cached-octets']).toBeLessThan(MOST_CACHE_OCTETS)
  others(bench)
})

test('a cache is filled with large answers without end: it stays as large as it may be', () => {
  const text = 'x'.repeat(200)
  const bench = new AttackBench('', [(query, replies) => saying({ flags: 0x0400, answer: Array.from({ length: 5 }, (_, i) => `${query.name} 86400 TXT "${i}${text}"`).join('\n') })(query, replies)], { cache: { octets: 200_000 } })
  for (let i = 0; i < 400; i++) bench.ask(`n${i}.evil.com`, 'TXT', { edns: { size: 4096 } })
  expect(bench.server.sizes['cached-octets']).toBeLessThanOrEqual(200_000)
  others(bench)
})

test.each([1, 2, 3, 4, 5, 6])('damaged answers, seed %i: a client always hears something, and nothing is left', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new AttackBench('*.x 60 A 203.0.113.1', [changed((b) => (random.chance(0.1) ? noise(random, random.below(600)) : mutated(b, random)))])
  for (let i = 0; i < 60; i++) expect(bench.ask(`n${i}.x.evil.com`, i % 3 === 0 ? 'TXT' : 'A', {}, 20_000)).toBeDefined()
  bench.net.clock.advance(60_000)
  others(bench)
})
