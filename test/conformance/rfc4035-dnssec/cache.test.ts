import { describe, expect, test } from 'vitest'
import { CacheBench, found, rrsetOf, rrsig } from '../../support/dns-cache.ts'
import type { Finding } from '../../../services/dns/resolver/finding.ts'

/** Signed with an original TTL, and until so many seconds from the beginning of the test. */
function withSignature(original: number, seconds: number): Finding {
  const rrset = rrsetOf('www.example 3600 A 192.0.2.1')
  const end = Date.UTC(2026, 0, 1) / 1000 + seconds
  const rdata = rrsig({ ...rrset, ttl: original }, 'example', undefined, end)
  return { ...found('www.example 3600 A 192.0.2.1', { security: 'secure' }), answer: [{ rrset, signatures: { ...rrset, type: 46, rdata: [rdata] } }] }
}

describe('RFC 4035 §5.3.3 the TTL of what is signed', () => {
  test.each([
    ['the TTL that was signed', 600, 100_000, 'rrset 600 A 192.0.2.1'],
    ['the end of the signature', 3600, 100, 'rrset 100 A 192.0.2.1'],
    ['the TTL received', 86_400, 100_000, 'rrset 3600 A 192.0.2.1'],
    ['nothing after the end of the signature', 3600, -1, ''],
  ])('%s', (_what, original, seconds, said) => {
    const bench = new CacheBench()
    bench.put(withSignature(original, seconds))
    expect(bench.answer('www.example')).toBe(said)
  })

  test('signatures age with what they sign', () => {
    const bench = new CacheBench()
    bench.put(withSignature(600, 100_000))
    const { answer } = bench.cache.answer(0, '\x03www\x07example\0', 1) as Finding
    expect([answer[0]?.rrset.ttl, answer[0]?.signatures?.ttl]).toEqual([600, 600])
  })
})
