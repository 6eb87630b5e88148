import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import { hashText, SeededRandom } from '../../stack/platform/index.ts'
import { ALLOCATORS } from '../../services/dhcp/allocate/allocators.ts'
import type { AllocatorName } from '../../services/model/index.ts'
import { pool } from '../support/dhcp-bench.ts'
import { allocatorContract, Tenancy } from './allocator.ts'

const NAMES = Object.keys(ALLOCATORS) as AllocatorName[]

describe.each(NAMES)('the allocator %s', name => allocatorContract(ALLOCATORS[name]))

describe('what tells them apart', () => {
  const range = pool('10.53.0.0', '10.53.15.255')
  const first = (name: AllocatorName, clients: readonly number[], seed = 1): string[] => {
    const tenancy = new Tenancy()
    const a = ALLOCATORS[name](range, [], new SeededRandom(seed))
    return clients.map(client => formatIpv4(tenancy.give(a, client) ?? 0))
  }
  const clients = Array.from({ length: 500 }, (_, i) => hashText(`hw:1:02:00:00:00:00:${i}`))

  test('hashed: each client finds its address in whatever order they come, even if nothing is known of them', () => {
    const forth = first('hashed', clients)
    const back = first('hashed', clients.toReversed()).toReversed()
    const same = forth.filter((address, i) => address === back[i])
    // Of two that wish for one place the first gets it: with 500 in 4096 places that concerns some sixty.
    expect(same.length).toBeGreaterThan(400)
    const high = forth.filter(address => (ipv4(address) & 0x800) !== 0).length
    expect(Math.abs(high - 250)).toBeLessThan(70)
  })

  test.each(['free-queue', 'iterative', 'hashed'] as const)('%s: what is next can be seen beforehand', name => {
    const tenancy = new Tenancy()
    const a = ALLOCATORS[name](pool('10.53.0.1', '10.53.0.9'), [], new SeededRandom(1))
    for (let i = 0; i < 30; i++) {
      const client = hashText(`client ${i}`)
      const [seen, again] = [a.peek(tenancy, client), a.peek(tenancy, client)]
      expect([again, tenancy.give(a, client)]).toEqual([seen, seen])
      if (i >= 7 && seen !== undefined) tenancy.end(a, ipv4(`10.53.0.${1 + (i % 9)}`))
    }
  })

  test('random: another history gives other addresses, and none tells the next', () => {
    const one = first('random', clients, 1)
    const other = first('random', clients, 2)
    expect(one.filter((address, i) => address === other[i]).length).toBeLessThan(5)
    const steps = new Set(one.slice(1).map((address, i) => ipv4(address) - ipv4(one[i] as string)))
    expect(steps.size).toBeGreaterThan(400)
  })

  test.each([
    ['free-queue', ['10.53.0.4', '10.53.0.2']],
    ['random', ['10.53.0.4', '10.53.0.2']],
  ] as const)('%s: when all were given once, the one that is free for longest is next', (name, expected) => {
    const tenancy = new Tenancy()
    const a = ALLOCATORS[name](pool('10.53.0.1', '10.53.0.6'), [], new SeededRandom(1))
    for (let i = 0; i < 6; i++) tenancy.give(a)
    for (const text of ['10.53.0.4', '10.53.0.2']) tenancy.end(a, ipv4(text))
    expect([tenancy.give(a), tenancy.give(a)].map(address => formatIpv4(address ?? 0))).toEqual(expected)
  })

  test('iterative: one after the other, and from the beginning again', () => {
    const tenancy = new Tenancy()
    const a = ALLOCATORS.iterative(pool('10.53.0.1', '10.53.0.4'), [], new SeededRandom(1))
    const next = (): string => formatIpv4(tenancy.give(a) ?? 0)
    expect([next(), next()]).toEqual(['10.53.0.1', '10.53.0.2'])
    tenancy.end(a, ipv4('10.53.0.2'))
    tenancy.end(a, ipv4('10.53.0.1'))
    expect([next(), next(), next(), next()]).toEqual(['10.53.0.3', '10.53.0.4', '10.53.0.1', '10.53.0.2'])
  })
})
