/** Forwarding to servers of every kind of habit: one outcome in time, few queries, and an answer where one can be had. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RCODE } from '../../services/dns/wire/message.ts'
import { FORWARD_STRATEGIES } from '../../services/model/index.ts'
import { clientRule, forwardRule, forwardServer } from '../support/forwarding.ts'
import { ForwardingBench, type Out } from '../support/forwarding-bench.ts'

type Habit =
  | { readonly kind: 'answers' | 'refuses' | 'servfail' | 'unreachable'; readonly afterMs: number }
  | { readonly kind: 'silent' }

const habit: fc.Arbitrary<Habit> = fc.oneof(
  fc.record({ kind: fc.constantFrom('answers' as const, 'refuses' as const, 'servfail' as const, 'unreachable' as const), afterMs: fc.integer({ min: 0, max: 5000 }) }),
  fc.constant({ kind: 'silent' as const }),
)
const address = (i: number): string => `192.0.2.${i + 1}`
const TOTAL_MS = 4000
/** A query with EDNS, and the same without. */
const MESSAGES_EACH = 2
const MOST_ATTEMPTS = 8

function behave(bench: ForwardingBench, habits: readonly Habit[], out: Out): void {
  const its = habits[Number(out.to.split('.')[3]) - 1] as Habit
  if (its.kind === 'silent') return
  bench.clock.at(bench.clock.now() + its.afterMs, () => {
    if (out.cancelled) return
    if (its.kind === 'unreachable') out.fail('unreachable')
    else if (its.kind === 'answers') out.reply({ answer: 'www.corp.example 60 A 192.0.2.99' })
    else out.reply({ rcode: its.kind === 'refuses' ? RCODE.REFUSED : RCODE.SERVFAIL })
  })
}

test('whatever the servers do, there is one outcome in time', () => {
  fc.assert(fc.property(fc.array(habit, { minLength: 1, maxLength: 5 }), fc.constantFrom(...FORWARD_STRATEGIES), fc.integer({ min: 1, max: 3 }), (habits, strategy, questions) => {
    const bench = new ForwardingBench([clientRule({ strategy, servers: habits.map((_, i) => forwardServer(address(i))) })])
    bench.onOut = (out) => behave(bench, habits, out)
    for (let n = 0; n < questions; n++) {
      bench.out.length = 0
      const told = bench.ask('www.corp.example')
      bench.clock.advance(TOTAL_MS)
      expect(told).toHaveLength(1)
      expect(bench.out.length).toBeLessThanOrEqual(MOST_ATTEMPTS * MESSAGES_EACH)
      expect(bench.forwarding.underWay).toBe(0)
      bench.clock.advance(10_000)
      expect(told).toHaveLength(1)
      // Who answers at once is found, as long as nobody before it takes its time.
      if (n === 0 && habits.some((its) => its.kind === 'answers' && its.afterMs < 100)) expect(told[0]?.kind).toBe('answered')
      if (!habits.some((its) => its.kind === 'answers')) expect(told[0]?.kind).toBe('failed')
    }
  }), { numRuns: 150 })
})

test('what a rule is for is never asked of others, unless it says so', () => {
  const OTHERS = '198.51.100.1'
  fc.assert(fc.property(fc.array(habit, { minLength: 1, maxLength: 3 }), fc.boolean(), (habits, failClosed) => {
    const servers = habits.map((_, i) => forwardServer(address(i)))
    const bench = new ForwardingBench([clientRule({ failClosed, servers })], { fallback: forwardRule({ id: 0, origin: 'settings', domain: '.', servers: [forwardServer(OTHERS)] }) })
    bench.onOut = (out) => (out.to === OTHERS ? out.reply({ answer: 'www.corp.example 60 A 203.0.113.66' }) : behave(bench, habits, out))
    const [outcome] = (() => {
      const told = bench.ask('www.corp.example')
      bench.clock.advance(2 * TOTAL_MS)
      return told
    })()
    if (failClosed) expect(bench.to).not.toContain(OTHERS)
    else expect(outcome?.kind).toBe('answered')
  }), { numRuns: 100 })
})
