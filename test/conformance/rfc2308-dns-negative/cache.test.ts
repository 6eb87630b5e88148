import { describe, expect, test } from 'vitest'
import { CacheBench, found, nodata, nxdomain, unsigned } from '../../support/dns-cache.ts'

const soa = (ttl: number, minimum: number) => unsigned(`example ${ttl} SOA ns.example h.example 1 7200 900 86400 ${minimum}`)

describe('RFC 2308 §5 denials in the cache', () => {
  test.each([
    // TTL of the SOA, its minimum field, what the finding says, seconds kept
    [300, 60, 300, 60],
    [30, 60, 300, 30],
    [86_400, 86_400, 86_400, 10_800],
    [300, 300, 20, 20],
  ])('SOA TTL %i, minimum %i, life %i: kept for %i s', (ttl, minimum, seconds, left) => {
    const bench = new CacheBench()
    bench.put(nodata('www.example', 'A', { seconds, authority: [soa(ttl, minimum)] }))
    expect(bench.answer('www.example')).toBe(`nodata ${left}`)
    bench.clock.advance(left * 1000)
    expect(bench.answer('www.example')).toBe('')
  })

  test('a minimum of 0 is not kept', () => {
    const bench = new CacheBench()
    expect(bench.put(nxdomain('www.example', { authority: [soa(300, 0)] }))).toEqual([false])
  })

  test('"no such name" counts for all types, "no such type" for one', () => {
    const bench = new CacheBench()
    bench.put(nxdomain('gone.example'), nodata('www.example', 'AAAA'))
    expect(['A', 'AAAA', 'TXT'].map((type) => bench.answer('gone.example', type))).toEqual(['nxdomain 300', 'nxdomain 300', 'nxdomain 300'])
    expect(['A', 'AAAA'].map((type) => bench.answer('www.example', type))).toEqual(['', 'nodata 300'])
  })

  test('without a SOA it is not kept for clients', () => {
    const bench = new CacheBench()
    expect(bench.put(nxdomain('gone.example', { authority: [] }), nodata('www.example', 'A', { authority: [] }))).toEqual([false, false])
  })

  test('a name that has records after all exists again, and one that has none any more keeps what was said of its types', () => {
    const bench = new CacheBench()
    bench.put(nxdomain('www.example'), found('www.example 300 A 192.0.2.1'))
    expect([bench.answer('www.example'), bench.answer('www.example', 'TXT')]).toEqual(['rrset 300 A 192.0.2.1', ''])
    bench.put(nxdomain('www.example'))
    expect([bench.answer('www.example'), bench.answer('www.example', 'TXT')]).toEqual(['rrset 300 A 192.0.2.1', 'nxdomain 300'])
  })
})
