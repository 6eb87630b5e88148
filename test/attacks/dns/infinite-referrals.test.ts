/** Infinite referrals: a server that always knows of another one to ask. The search ends, and the client hears of it. */
import { expect, test } from 'vitest'
import { AttackBench, EVIL_AT } from '../../support/attack-bench.ts'
import { type Fault, saying } from '../../support/virtual-internet.ts'

const MOST_QUERIES = 110

const referring = (make: (name: string, n: number) => Parameters<typeof saying>[0]): Fault => {
  let n = 0
  return (query, replies) => saying(make(query.name.toLowerCase(), n++))(query, replies)
}
/** The name, or the part of it, that is a label shorter than what was asked for. */
const deep = Array.from({ length: 60 }, (_, i) => `l${i}`).join('.')

test.each<readonly [string, Fault]>([
  ['each a label deeper', referring((name) => ({ authority: `${name} 60 NS ns.${name}`, additional: `ns.${name} 60 A ${EVIL_AT}` }))],
  ['to itself', referring(() => ({ authority: 'evil.com 60 NS ns.evil.com', additional: `ns.evil.com 60 A ${EVIL_AT}` }))],
  ['back up to com', referring(() => ({ authority: 'com 60 NS ns.evil.com', additional: `ns.evil.com 60 A ${EVIL_AT}` }))],
  ['to the root', referring(() => ({ authority: '. 60 NS ns.evil.com', additional: `ns.evil.com 60 A ${EVIL_AT}` }))],
  ['to servers without addresses, whose names are referred on in turn', referring((name, n) => ({ authority: Array.from({ length: 20 }, (_, i) => `${name} 60 NS n${n}-${i}.x.evil.com`).join('\n') }))],
  ['to hundreds of names of somebody else (NXNS)', referring((name, n) => ({ authority: Array.from({ length: 100 }, (_, i) => `${name} 60 NS n${n}x${i}.example.com`).join('\n') }))],
  ['to addresses where nobody is', referring((name) => ({ authority: `${name} 60 NS ns.${name}`, additional: Array.from({ length: 13 }, (_, i) => `ns.${name} 60 A 198.18.0.${i + 1}`).join('\n') }))],
])('%s', (_title, fault) => {
  const bench = new AttackBench('', [fault])
  bench.tell('www.example.com', 'A')
  bench.net.asked()
  const answer = bench.ask(`${deep}.evil.com`, 'A', {}, 15_000)
  expect(answer?.answer ?? []).toEqual([])
  expect(answer?.rcode ?? 'SERVFAIL').toBe('SERVFAIL')
  bench.net.clock.advance(60_000)
  expect(bench.net.asked().length).toBeLessThan(MOST_QUERIES)
  expect(bench.underWay).toBe(0)
  expect(bench.tell('mail.example.com', 'A')).toBe('NOERROR | mail.example.com 300 A 192.0.2.25')
})
