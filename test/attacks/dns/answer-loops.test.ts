/** Answer loops: aliases that lead in circles or on for ever. Each question ends soon, and costs a bounded number of others. */
import { expect, test } from 'vitest'
import { AttackBench } from '../../support/attack-bench.ts'
import { saying } from '../../support/virtual-internet.ts'

/** What one question of a client may cost in all. */
const MOST_QUERIES = 60

test.each<readonly [string, string, string]>([
  ['an alias of itself', 'a 60 CNAME a', 'a.evil.com'],
  ['a circle of two', 'a 60 CNAME b\nb 60 CNAME a', 'a.evil.com'],
  ['a circle of nine, entered from without', `${Array.from({ length: 9 }, (_, i) => `n${i} 60 CNAME n${(i + 1) % 9}`).join('\n')}\na 60 CNAME n4`, 'a.evil.com'],
  ['a chain of a hundred', Array.from({ length: 100 }, (_, i) => `n${i} 60 CNAME n${i + 1}`).join('\n'), 'n0.evil.com'],
  ['a subtree that stands within itself', 'a 60 DNAME b.a.evil.com.', 'x.a.evil.com'],
  ['two subtrees that stand in each other', 'a 60 DNAME b.evil.com.\nb 60 DNAME a.evil.com.', 'x.a.evil.com'],
  ['a subtree that makes each name longer', 'a 60 DNAME long.long.a.evil.com.', 'x.a.evil.com'],
])('%s', (_title, zone, name) => {
  const bench = new AttackBench(zone)
  const at = bench.net.clock.now()
  const answer = bench.ask(name, 'A')
  expect(answer).toBeDefined()
  expect(answer?.answer.filter((record) => record.includes(' A '))).toEqual([])
  expect(bench.net.clock.now() - at).toBeLessThan(5_000)
  expect(bench.askedOfEvil).toBeLessThan(MOST_QUERIES)
  expect(bench.underWay).toBe(0)
  expect(bench.tell('www.example.com', 'A')).toBe('NOERROR | www.example.com 300 A 192.0.2.80')
})

test('aliases that are made as they are asked for, without end', () => {
  let n = 0
  const bench = new AttackBench('', [(query, replies) => saying({ flags: 0x0400, answer: `${query.name} 0 CNAME n${n++}.evil.com` })(query, replies)])
  const answer = bench.ask('a.evil.com', 'A')
  expect(answer?.answer.filter((record) => record.includes(' A ')) ?? []).toEqual([])
  expect(n).toBeLessThan(MOST_QUERIES)
})

test('a circle through the attacker and somebody else', () => {
  const bench = new AttackBench('a 60 CNAME back.example.com.')
  bench.net.server('192.0.2.53', { 'example.com': '@ 3600 NS ns1\nns1 3600 A 192.0.2.53\nback 60 CNAME a.evil.com.' })
  const answer = bench.ask('a.evil.com', 'A')
  expect(answer?.answer.length ?? 0).toBeLessThanOrEqual(4)
  expect(bench.net.asked().length).toBeLessThan(MOST_QUERIES)
})
