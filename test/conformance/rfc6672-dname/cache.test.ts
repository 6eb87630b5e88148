import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../services/dns/resolver/finding.ts'
import { CacheBench, found, proven, signed, unsigned } from '../../support/dns-cache.ts'

/** What a server said of www.old.example, with the DNAME that it made the CNAME of. */
const moved = (security: Finding['security'] = 'secure', target = 'new.example', seconds = 600): Finding => proven(
  'alias', 'www.old.example', 'A',
  [signed('example', `old.example ${seconds} DNAME ${target}`), unsigned(`www.old.example ${seconds} CNAME www.${target}`)], [], { security, seconds },
)

describe('RFC 6672 §3.4 a DNAME in the cache', () => {
  test.each([
    ['the name that was asked for', 'www.old.example', 'A', 'alias 600 CNAME www.new.example'],
    ['another name below', 'mail.old.example', 'A', 'alias 600 CNAME mail.new.example'],
    ['far below', 'a.b.old.example', 'AAAA', 'alias 600 CNAME a.b.new.example'],
    ['the CNAME itself', 'mail.old.example', 'CNAME', 'rrset 600 CNAME mail.new.example'],
    ['the DNAME itself', 'old.example', 'DNAME', 'rrset 600 DNAME new.example'],
    ['its owner is not moved', 'old.example', 'A', ''],
    ['a name that ends alike', 'very-old.example', 'A', ''],
  ])('%s', (_what, name, type, said) => {
    const bench = new CacheBench()
    bench.put(moved())
    expect(bench.answer(name, type)).toBe(said)
  })

  test('comes with the alias, signed as it was, and with the time that is left', () => {
    const bench = new CacheBench()
    bench.put(moved())
    bench.clock.advance(100_000)
    const { answer, security } = bench.cache.answer(0, '\x04mail\x03old\x07example\0', 1) as Finding
    expect(answer.map(({ rrset, signatures }) => [rrset.type, rrset.ttl, signatures?.rdata.length])).toEqual([[39, 500, 1], [5, 500, undefined]])
    expect(security).toBe('secure')
    bench.clock.advance(500_000)
    expect(bench.answer('mail.old.example')).toBe('')
  })

  test('one that nobody vouches for moves the name that was asked for, and no other', () => {
    const bench = new CacheBench()
    bench.put(moved('insecure'))
    expect([bench.answer('www.old.example'), bench.answer('mail.old.example')]).toEqual(['alias 600 CNAME www.new.example', ''])
  })

  test('what is known of a name counts before', () => {
    const bench = new CacheBench()
    bench.put(moved(), found('mail.old.example 60 A 192.0.2.1'))
    expect(bench.answer('mail.old.example')).toBe('rrset 60 A 192.0.2.1')
  })

  test('a name that has no room below the target has to be asked for', () => {
    const bench = new CacheBench()
    const long = Array.from({ length: 3 }, () => 'x'.repeat(60)).join('.')
    bench.put(moved('secure', `${long}.example`))
    expect([bench.answer(`${'y'.repeat(63)}.old.example`), bench.answer('short.old.example').slice(0, 9)]).toEqual(['', 'alias 600'])
  })

  test('flushed, it is gone', () => {
    const bench = new CacheBench()
    bench.put(moved())
    bench.cache.flush({ name: '\x03old\x07example\0' })
    expect(bench.answer('mail.old.example')).toBe('')
  })
})
