import { describe, expect, test } from 'vitest'
import type { Security, Trust } from '../../../services/dns/resolver/finding.ts'
import { keyOf } from '../../../services/dns/wire/name.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import { CacheBench, found, nodata } from '../../support/dns-cache.ts'

const kept = (bench: CacheBench, type: number = TYPE.A): string | undefined =>
  bench.cache.rrset(0, keyOf('www.example'), type)?.answer[0]?.rrset.rdata[0]?.at(-1)?.toString()

describe('RFC 2181 §5.4.1 ranking of data', () => {
  test.each<readonly [Trust, Trust, 'old' | 'new']>([
    // additional 1, referral 2, authority 3, answer 4, authoritative answer 5
    [1, 1, 'new'], [1, 2, 'new'], [1, 5, 'new'],
    [2, 1, 'old'], [3, 2, 'old'], [3, 4, 'new'],
    [4, 3, 'old'], [4, 4, 'new'], [4, 5, 'new'],
    [5, 1, 'old'], [5, 4, 'old'], [5, 5, 'new'],
  ])('of data of rank %i and then of rank %i the %s is kept', (first, second, which) => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1', { trust: first }))
    expect(bench.put(found('www.example 300 A 192.0.2.2', { trust: second }))).toEqual([which === 'new'])
    expect(kept(bench)).toBe(which === 'new' ? '2' : '1')
  })

  test('what has ended gives way to anything', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1', { trust: 5 }))
    bench.clock.advance(300_000)
    expect(bench.put(found('www.example 300 A 192.0.2.2', { trust: 1 }))).toEqual([true])
    expect(kept(bench)).toBe('2')
  })

  test.each<readonly [Trust, string]>([[1, ''], [2, ''], [3, ''], [4, 'rrset 300 A 192.0.2.1'], [5, 'rrset 300 A 192.0.2.1']])(
    'data of rank %i as an answer: %s', (trust, said) => {
      const bench = new CacheBench()
      bench.put(found('www.example 300 A 192.0.2.1', { trust }))
      expect(bench.answer('www.example')).toBe(said)
    })

  test('name servers that repeat themselves do not outlive what their parent said', () => {
    const bench = new CacheBench()
    const servers = (last: number): ReturnType<typeof found> => found(`www.example 3600 NS ns${last}.example`, { trust: 3 })
    bench.put(servers(1))
    bench.clock.advance(3_000_000)
    expect(bench.put(servers(2))).toEqual([true])
    bench.clock.advance(600_000)
    expect(bench.cache.rrset(0, keyOf('www.example'), TYPE.NS)).toBeUndefined()
  })

  test('the same of authoritative answers: a ghost does not come alive by being asked', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 3600 NS ns1.example', { trust: 5 }))
    bench.clock.advance(3_000_000)
    bench.put(found('www.example 3600 NS ns1.example', { trust: 5 }))
    bench.clock.advance(600_000)
    expect(bench.answer('www.example', 'NS')).toBe('')
  })
})

describe('RFC 4035 §4.5 security in the ranking', () => {
  test.each<readonly [Security, Security, 'old' | 'new']>([
    ['unchecked', 'insecure', 'new'], ['unchecked', 'secure', 'new'],
    ['insecure', 'unchecked', 'old'], ['secure', 'unchecked', 'old'], ['indeterminate', 'unchecked', 'old'], ['bogus', 'unchecked', 'old'],
    ['secure', 'bogus', 'old'], ['insecure', 'bogus', 'new'],
    ['bogus', 'secure', 'new'], ['bogus', 'insecure', 'new'], ['bogus', 'bogus', 'new'],
    ['secure', 'insecure', 'new'], ['insecure', 'secure', 'new'],
  ])('%s and then %s of the same rank: the %s is kept', (first, second, which) => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1', { security: first }))
    bench.put(found('www.example 300 A 192.0.2.2', { security: second }))
    expect(kept(bench)).toBe(which === 'new' ? '2' : '1')
  })

  test('proven data of a lower rank takes the place of what nobody vouches for', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1', { trust: 5, security: 'insecure' }))
    expect(bench.put(found('www.example 300 A 192.0.2.2', { trust: 4, security: 'secure' }))).toEqual([true])
  })
})

describe('RFC 4035 §4.7 what did not validate', () => {
  test('is remembered for a minute at most', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 3600 A 192.0.2.1', { security: 'bogus' }))
    expect(bench.answer('www.example')).toBe('rrset 60 A 192.0.2.1')
    bench.clock.advance(60_000)
    expect(bench.answer('www.example')).toBe('')
  })

  test('a denial too', () => {
    const bench = new CacheBench()
    bench.put(nodata('www.example', 'A', { security: 'bogus' }))
    expect(bench.answer('www.example')).toBe('nodata 60')
  })
})
