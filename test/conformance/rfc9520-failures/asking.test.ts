import { describe, expect, test } from 'vitest'
import { MAX_ATTEMPTS_AT_ONE } from '../../../services/dns/recursion/step.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { RecursionBench, smallInternet } from '../../support/recursion-bench.ts'
import { FAULTS } from '../../support/virtual-internet.ts'

const toExample = (bench: RecursionBench): readonly string[] => bench.net.asked().filter((line) => line.startsWith('192.0.2.53'))

describe('RFC 9520 §3.1 how often one server is asked', () => {
  test('a silent one three times at most, with longer and longer waits', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [FAULTS.dead] })
    const bench = new RecursionBench(net)
    expect(bench.tell('www.example.com', 'A')).toEqual(['failed: silent'])
    const times = bench.net.heard.filter(({ server }) => server === '192.0.2.53').map(({ at }) => at)
    expect(times).toHaveLength(MAX_ATTEMPTS_AT_ONE)
    const [first, second, third] = times as [number, number, number]
    expect(third - second).toBe(2 * (second - first))
  })

  test.each([['SERVFAIL', FAULTS.servfail], ['REFUSED', FAULTS.refused], ['nobody there', FAULTS.hostDown]])('%s is not asked again', (_what, fault) => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [fault] })
    const bench = new RecursionBench(net)
    bench.tell('www.example.com', 'A')
    // Once with EDNS, and once without where the first could have been about that.
    expect(toExample(bench).length).toBeLessThanOrEqual(2)
  })
})

describe('RFC 9520 §3.2 what failed is not asked for again at once', () => {
  test('the resolver before recursion remembers it, and recursion hears nothing of it', () => {
    const net = smallInternet()
    net.server('192.0.2.53', { 'example.com': '' }, { faults: [FAULTS.refused] })
    const bench = new RecursionBench(net)
    const sought = { partition: 0, key: keyOf('www.example.com'), type: 1 }
    const told: string[] = []
    bench.resolver.resolve(sought, {}, (outcome) => told.push(outcome.kind))
    bench.net.clock.advance(1000)
    expect(told).toEqual(['failed'])
    expect(bench.resolver.failedLately(sought)).toBeDefined()
    bench.net.clock.advance(5000)
    expect(bench.resolver.failedLately(sought)).toBeUndefined()
  })
})
