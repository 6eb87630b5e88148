import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { DECLINES_PER_CLIENT, DECLINES_TOGETHER, DeclineLimits } from '../../../../services/dhcp/decline-limits.ts'
import { FRESH_MS, MAX_OBSERVED, ObservedAddresses } from '../../../../services/dhcp/observed-addresses.ts'

const A = '02:00:00:00:00:0a'
const B = '02:00:00:00:00:0b'
const ADDRESS = ipv4('10.53.0.100')

describe('addresses observed on the wire', () => {
  test('are known while the sign is fresh, and each stranger is news once', () => {
    const observed = new ObservedAddresses()
    expect([observed.note(ADDRESS, A, 0), observed.note(ADDRESS, A, 1000), observed.holder(ADDRESS, 1000)]).toEqual([true, false, A])
    expect([observed.note(ADDRESS, B, 2000), observed.holder(ADDRESS, 2000 + FRESH_MS - 1), observed.holder(ADDRESS, 2000 + FRESH_MS)]).toEqual([true, B, undefined])
    expect(observed.note(ADDRESS, B, 3000 + FRESH_MS)).toBe(true)
    observed.forget(ADDRESS)
    expect(observed.holder(ADDRESS, 3000 + FRESH_MS)).toBeUndefined()
  })

  test('have a bound: the oldest goes first', () => {
    const observed = new ObservedAddresses()
    for (let i = 0; i < MAX_OBSERVED + 10; i++) observed.note(i, A, 0)
    expect([observed.size, observed.holder(9, 0), observed.holder(10, 0)]).toEqual([MAX_OBSERVED, undefined, A])
  })
})

describe('DECLINE storms', () => {
  test('a client sets a few addresses aside, and a further one each ten minutes', () => {
    const limits = new DeclineLimits(0)
    const taken = Array.from({ length: DECLINES_PER_CLIENT + 1 }, () => limits.take(A, 0))
    expect(taken).toEqual([...Array.from({ length: DECLINES_PER_CLIENT }, () => true), false])
    expect([limits.take(A, 599_000), limits.take(A, 1_200_000)]).toEqual([false, true])
    expect(limits.take(B, 1_200_000)).toBe(true)
  })

  test('made-up hardware addresses do not help', () => {
    const limits = new DeclineLimits(0)
    let taken = 0
    for (let i = 0; i < 10_000; i++) if (limits.take(`02:00:00:00:${(i >> 8).toString(16)}:${(i & 255).toString(16)}`, 0)) taken++
    expect(taken).toBe(DECLINES_TOGETHER)
  })
})
