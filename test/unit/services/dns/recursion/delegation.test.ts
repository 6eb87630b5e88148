import { describe, expect, test } from 'vitest'
import { DelegationBook, MAX_DELEGATIONS } from '../../../../../services/dns/recursion/delegation.ts'
import type { NameServer } from '../../../../../services/dns/recursion/delegation.ts'
import { formatKey, keyOf, ROOT_KEY } from '../../../../../services/dns/wire/name.ts'
import { VirtualClock } from '../../../../../stack/platform/index.ts'
import { ResolvingBench } from '../../../../support/resolving-bench.ts'
import { HINTS, smallInternet } from '../../../../support/recursion-bench.ts'

const server = (name: string, ...addresses: readonly number[]): NameServer => ({ name: keyOf(name), addresses })

function book(limit?: number): { readonly clock: VirtualClock; readonly known: DelegationBook } {
  const clock = new VirtualClock()
  return { clock, known: new DelegationBook(clock, HINTS, limit) }
}

describe('who speaks for which zone', () => {
  test('the nearest at or above a name; the hints where nothing else is known', () => {
    const { known } = book()
    expect(known.closest(keyOf('www.example.com')).servers).toBe(HINTS)
    known.put(keyOf('com'), [server('a.gtld.com', 1)], 600)
    known.put(keyOf('example.com'), [server('ns.example.com', 2)], 600)
    expect(['www.example.com', 'example.com', 'other.com', 'com', 'org', '.'].map((name) => formatKey(known.closest(keyOf(name)).zone))).toEqual(
      ['example.com', 'example.com', 'com', 'com', '.', '.'],
    )
  })

  test('it ends with the parent\'s TTL, of which a day counts at most', () => {
    const { clock, known } = book()
    known.put(keyOf('com'), [server('a.gtld.com', 1)], 600)
    known.put(keyOf('org'), [server('a.orgs.org', 1)], 10_000_000)
    clock.advance(599_999)
    expect(formatKey(known.closest(keyOf('com')).zone)).toBe('com')
    clock.advance(1)
    expect(formatKey(known.closest(keyOf('com')).zone)).toBe('.')
    clock.advance(86_400_000 - 600_000)
    expect(formatKey(known.closest(keyOf('org')).zone)).toBe('.')
  })

  test('what the zone says of itself adds no time, keeps the parent\'s glue, and outlives the next referral', () => {
    const { clock, known } = book()
    const com = keyOf('com')
    known.put(com, [server('a.gtld.com', 1)], 600)
    clock.advance(300_000)
    known.setOwn(com, [server('a.gtld.com'), server('b.gtld.com', 2)])
    expect(known.closest(com)).toMatchObject({ own: [{ addresses: [1] }, { addresses: [2] }], expiresAt: 600_000 })
    known.put(com, [server('a.gtld.com', 1)], 600)
    expect(known.closest(com)).toMatchObject({ own: { length: 2 }, expiresAt: 900_000 })
    known.setOwn(keyOf('org'), [server('x.org', 3)])
    known.setOwn(ROOT_KEY, [server('x.org', 3)])
    expect([formatKey(known.closest(keyOf('org')).zone), known.closest(ROOT_KEY).own]).toEqual(['.', []])
  })

  test('memory is bounded', () => {
    const { known } = book(3)
    for (let i = 0; i < 10; i++) known.put(keyOf(`z${i}`), [server('ns', 1)], 60)
    expect([known.size, MAX_DELEGATIONS]).toEqual([3, 16_384])
  })

  test('forgotten with the cache: a subtree, or all', () => {
    const net = smallInternet()
    const bench = new ResolvingBench(net, { validation: 'no' })
    bench.ask('www.example.com', 'A')
    net.asked()
    bench.server.flushCache('example.com')
    bench.ask('www.example.com', 'A')
    expect(net.asked()).toEqual(['192.5.6.30 example.com A', '192.0.2.53 www.example.com A'])
    bench.server.flushCache()
    bench.ask('www.example.com', 'A')
    expect(net.asked().length).toBeGreaterThanOrEqual(3)
  })
})
