import { describe, expect, test } from 'vitest'
import { RrsetCache } from '../../../../../services/dns/cache/rrset-cache.ts'
import { TRUST } from '../../../../../services/dns/resolver/finding.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { TYPE } from '../../../../../services/dns/wire/type-names.ts'
import { SeededSecureRandom, VirtualClock } from '../../../../../stack/platform/index.ts'
import { aliasFor, found, nodata, nxdomain } from '../../../../support/dns-cache.ts'

function make(options: ConstructorParameters<typeof RrsetCache>[1] = {}) {
  const clock = new VirtualClock()
  const cache = new RrsetCache({ clock, random: new SeededSecureRandom(1) }, options)
  const kindOf = (name: string, type: keyof typeof TYPE = 'A', partition = 0): string | undefined =>
    cache.answer(partition, keyOf(name), TYPE[type])?.kind
  return { clock, cache, kindOf }
}

describe('what is put is found', () => {
  test('as it was, until its time is over', () => {
    const { cache, clock } = make()
    const finding = found(['www.lab 300 A 192.0.2.1', 'www.lab 300 A 192.0.2.2'])
    expect(cache.put(0, finding)).toBe(true)
    expect(cache.answer(0, keyOf('www.lab'), TYPE.A)).toEqual(finding)
    clock.advance(299_999)
    expect(cache.rrset(0, keyOf('www.lab'), TYPE.A)).toEqual(finding)
    clock.advance(1)
    expect(cache.rrset(0, keyOf('www.lab'), TYPE.A)).toBeUndefined()
    expect(cache.answer(0, keyOf('www.lab'), TYPE.A)).toBeUndefined()
  })

  test('by the partition that it was put into', () => {
    const { cache, kindOf } = make()
    cache.put(3, found('www.lab 300 A 192.0.2.1'))
    expect([kindOf('www.lab', 'A', 3), kindOf('www.lab', 'A', 0)]).toEqual(['rrset', undefined])
  })

  test('an alias answers every type that has no entry of its own, and CNAME as itself', () => {
    const { cache } = make()
    cache.put(0, aliasFor('A', 'www.lab 300 CNAME web.lab'))
    cache.put(0, found('www.lab 300 AAAA 2001:db8::1'))
    expect(cache.answer(0, keyOf('www.lab'), TYPE.A)).toMatchObject({ kind: 'alias', type: TYPE.A })
    expect(cache.answer(0, keyOf('www.lab'), TYPE.CNAME)).toMatchObject({ kind: 'rrset', type: TYPE.CNAME })
    expect(cache.answer(0, keyOf('www.lab'), TYPE.AAAA)).toMatchObject({ kind: 'rrset', type: TYPE.AAAA })
  })

  test('a denial of one type says nothing of another; a denial of the name says all', () => {
    const { cache, kindOf } = make()
    cache.put(0, nodata('a.lab', 'AAAA'))
    cache.put(0, nxdomain('b.lab'))
    expect([kindOf('a.lab', 'AAAA'), kindOf('a.lab', 'A')]).toEqual(['nodata', undefined])
    expect([kindOf('b.lab', 'AAAA'), kindOf('b.lab', 'A'), kindOf('x.b.lab')]).toEqual(['nxdomain', 'nxdomain', undefined])
  })

  test('what nobody has judged, and what does not rank as an answer, is for ourselves', () => {
    const { cache, kindOf } = make()
    cache.put(0, found('lab 300 NS ns.lab', { trust: TRUST.referral, security: 'unchecked' }))
    cache.put(0, found('ns.lab 300 A 192.0.2.1', { trust: TRUST.authoritative, security: 'unchecked' }))
    expect([kindOf('lab', 'NS'), kindOf('ns.lab')]).toEqual([undefined, undefined])
    expect(cache.rrset(0, keyOf('lab'), TYPE.NS)?.trust).toBe(TRUST.referral)
    expect(cache.rrset(0, keyOf('ns.lab'), TYPE.A)?.kind).toBe('rrset')
  })
})

describe('flush', () => {
  test.each([
    ['everything', {}, 5],
    ['a name', { name: keyOf('a.lab') }, 2],
    ['a subtree', { below: keyOf('a.lab') }, 3],
    ['a type', { type: TYPE.AAAA }, 1],
    ['a partition', { partition: 1 }, 1],
    ['what is secure', { security: 'secure' }, 1],
    ['a name and a type', { name: keyOf('a.lab'), type: TYPE.AAAA }, 1],
    ['a name and a type of another partition', { name: keyOf('a.lab'), type: TYPE.AAAA, partition: 1 }, 0],
    ['a type in a subtree', { below: keyOf('a.lab'), type: TYPE.A }, 2],
  ] as const)('%s', (_what, filter, count) => {
    const { cache } = make()
    cache.put(0, found('a.lab 300 A 192.0.2.1'))
    cache.put(0, found('a.lab 300 AAAA 2001:db8::1'))
    cache.put(0, found('b.a.lab 300 A 192.0.2.1', { security: 'secure' }))
    cache.put(0, found('lab 300 A 192.0.2.1'))
    cache.put(1, found('xa.lab 300 A 192.0.2.1'))
    expect(cache.list(filter, 0, 100).rows.length).toBe(count)
    expect(cache.flush(filter)).toBe(count)
    expect([cache.list(filter, 0, 100).rows.length, cache.size]).toEqual([0, 5 - count])
  })
})
