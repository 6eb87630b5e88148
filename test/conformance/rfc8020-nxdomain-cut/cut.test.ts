import { describe, expect, test } from 'vitest'
import { CacheBench, found, nodata, nxdomain } from '../../support/dns-cache.ts'

const SECURE = { security: 'secure' } as const

describe('RFC 8020 §2 nothing underneath', () => {
  test.each([
    ['the name itself', 'gone.example', 'nxdomain 300'],
    ['below', 'a.gone.example', 'nxdomain 300'],
    ['far below', 'c.b.a.gone.example', 'nxdomain 300'],
    ['beside', 'here.example', ''],
    ['above', 'example', ''],
    ['a name that ends alike', 'agone.example', ''],
  ])('%s', (_what, name, said) => {
    const bench = new CacheBench()
    bench.put(nxdomain('gone.example', SECURE))
    expect(bench.answer(name)).toBe(said)
  })

  test('the answer has the name and type that were asked for', () => {
    const bench = new CacheBench()
    bench.put(nxdomain('gone.example', SECURE))
    const cut = bench.cache.answer(0, '\x01a\x04gone\x07example\0', 28)
    expect([cut?.owner, cut?.type, cut?.security]).toEqual(['\x01a\x04gone\x07example\0', 28, 'secure'])
  })

  test('what is known below goes on until it ends', () => {
    const bench = new CacheBench()
    bench.put(found('a.gone.example 100 A 192.0.2.1', SECURE), nxdomain('gone.example', SECURE))
    expect([bench.answer('a.gone.example'), bench.answer('a.gone.example', 'TXT')]).toEqual(['rrset 100 A 192.0.2.1', 'nxdomain 300'])
    bench.clock.advance(100_000)
    expect(bench.answer('a.gone.example')).toBe('nxdomain 200')
  })

  test.each([
    ['data', () => found('a.gone.example 100 A 192.0.2.1', SECURE), ''],
    ['that a name exists without the type', () => nodata('a.gone.example', 'TXT', SECURE), ''],
    ['data that nobody vouches for does not count against a proof', () => found('a.gone.example 100 A 192.0.2.1', { security: 'unchecked' }), 'nxdomain 300'],
  ])('newer below: %s', (_what, newer, said) => {
    const bench = new CacheBench()
    bench.put(nxdomain('gone.example', SECURE), newer())
    expect(bench.answer('b.gone.example')).toBe(said)
  })

  test('unproven denials stand for their own name only, as with Unbound: servers that deny names between dots are about', () => {
    const bench = new CacheBench()
    bench.put(nxdomain('gone.example'))
    expect([bench.answer('gone.example'), bench.answer('a.gone.example')]).toEqual(['nxdomain 300', ''])
  })

  test('the root exists, whoever says otherwise', () => {
    const bench = new CacheBench()
    expect(bench.put(nxdomain('.', SECURE))).toEqual([false])
    expect(bench.answer('here.example')).toBe('')
  })

  test('of another partition nothing is taken', () => {
    const bench = new CacheBench()
    bench.cache.put(1, nxdomain('gone.example', SECURE))
    expect(bench.answer('a.gone.example')).toBe('')
  })
})
