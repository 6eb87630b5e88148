import { describe, expect, test } from 'vitest'
import { CacheBench, found, nodata, nxdomain } from '../../support/dns-cache.ts'

describe('RFC 8767 §4 stale data', () => {
  test('is given with a TTL of 30 s and no answer otherwise', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1'))
    bench.clock.advance(1_000_000)
    expect([bench.answer('www.example'), bench.stale('www.example')]).toEqual(['', 'rrset 30 A 192.0.2.1'])
    const stale = bench.cache.stale(0, '\x03www\x07example\0', 1)
    expect([stale?.answer[0]?.rrset.ttl, stale?.storedAt]).toEqual([30, bench.clock.now()])
  })

  test('aliases and denials too', () => {
    const bench = new CacheBench()
    bench.put(found('alias.example 300 CNAME www.example'), nodata('www.example', 'AAAA'), nxdomain('gone.example'))
    bench.clock.advance(1_000_000)
    expect([bench.stale('alias.example'), bench.stale('www.example', 'AAAA'), bench.stale('gone.example')])
      .toEqual(['alias 30 CNAME www.example', 'nodata 30', 'nxdomain 30'])
  })

  test('the longest TTL is a day', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 604800 A 192.0.2.1'))
    expect(bench.answer('www.example')).toBe('rrset 86400 A 192.0.2.1')
  })
})

describe('RFC 8767 §5 how long', () => {
  test('a day unless set', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1'))
    bench.clock.advance(300_000 + 86_399_000)
    expect(bench.stale('www.example')).toBe('rrset 30 A 192.0.2.1')
    bench.clock.advance(1000)
    expect(bench.stale('www.example')).toBe('')
  })

  test.each([[0, ''], [3600, 'rrset 30 A 192.0.2.1']])('set to %i s', (staleSeconds, said) => {
    const bench = new CacheBench({ staleSeconds })
    bench.put(found('www.example 300 A 192.0.2.1'))
    bench.clock.advance(301_000)
    expect(bench.stale('www.example')).toBe(said)
  })

  test('what did not validate is never given', () => {
    const bench = new CacheBench()
    bench.put(found('www.example 300 A 192.0.2.1', { security: 'bogus' }))
    bench.clock.advance(70_000)
    expect(bench.stale('www.example')).toBe('')
  })
})
