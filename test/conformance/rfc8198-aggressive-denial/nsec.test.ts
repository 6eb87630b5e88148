import { describe, expect, test } from 'vitest'
import type { Finding } from '../../../services/dns/resolver/finding.ts'
import { CacheBench, found, nxdomain, proven, signed } from '../../support/dns-cache.ts'

/**
 * The zone of RFC 8198 §3, with more in it:
 *
 *   example  albatross  alias(CNAME)  cat → *.cat  elephant (records)  leaf.ent (ent is empty)  fish (delegation)  zebra  *.zoo
 */
const CHAIN: readonly string[] = [
  'example 900 NSEC albatross.example NS SOA MX RRSIG NSEC',
  'albatross.example 900 NSEC alias.example A RRSIG NSEC',
  'alias.example 900 NSEC elephant.example CNAME RRSIG NSEC',
  'elephant.example 900 NSEC leaf.ent.example A RRSIG NSEC',
  'leaf.ent.example 900 NSEC fish.example TXT RRSIG NSEC',
  'fish.example 900 NSEC redirect.example NS RRSIG NSEC',
  'redirect.example 900 NSEC zebra.example DNAME RRSIG NSEC',
  'zebra.example 900 NSEC *.zoo.example A RRSIG NSEC',
  '*.zoo.example 900 NSEC example A RRSIG NSEC',
]
const soa = (minimum = 900) => signed('example', `example 3600 SOA ns.example h.example 1 7200 900 86400 ${minimum}`)
const nsec = (owner: string) => signed('example', CHAIN.find((line) => line.startsWith(`${owner} `)) as string)

/** Some denial that brought these NSEC records along. */
const denial = (...owners: readonly string[]): Finding => proven('nxdomain', 'some.example', 'A', [], [soa(), ...owners.map(nsec)])
const everything = (): Finding => denial(...CHAIN.map((line) => line.split(' ')[0] as string))

const knowing = (...findings: readonly Finding[]): CacheBench => {
  const bench = new CacheBench()
  bench.put(...findings)
  bench.cache.flush({ name: '\x04some\x07example\0' })
  return bench
}

describe('RFC 8198 §5.1 NSEC', () => {
  test.each([
    ['between two names', 'cat.example', 'A', 'nxdomain 900', ['example SOA', 'alias.example NSEC', 'example NSEC']],
    ['below a gap', 'a.b.dog.example', 'A', 'nxdomain 900', ['example SOA', 'alias.example NSEC', 'example NSEC']],
    ['after the last but its wildcard', 'zzz.example', 'A', 'nxdomain 900', ['example SOA', '*.zoo.example NSEC', 'example NSEC']],
    ['an existing name without the type', 'elephant.example', 'AAAA', 'nodata 900', ['example SOA', 'elephant.example NSEC']],
    ['an existing name with the type: it has to be asked', 'elephant.example', 'A', '', []],
    ['an alias: it has to be asked', 'alias.example', 'A', '', []],
    ['a name that has only names below it', 'ent.example', 'A', 'nodata 900', ['example SOA', 'elephant.example NSEC']],
    ['a delegation is the child\'s', 'fish.example', 'A', '', []],
    ['and so is what is below', 'www.fish.example', 'A', '', []],
    ['but its DS is the parent\'s', 'fish.example', 'DS', 'nodata 900', ['example SOA', 'fish.example NSEC']],
    ['below a DNAME', 'a.redirect.example', 'A', '', []],
    ['what a wildcard stands for, of another type', 'lion.zoo.example', 'TXT', 'nodata 900', ['example SOA', '*.zoo.example NSEC']],
    ['the DS of the zone itself is its parent\'s', 'example', 'DS', '', []],
    ['NSEC records are not denied by themselves', 'cat.example', 'NSEC', '', []],
    ['everything at a name', 'cat.example', 'ANY', '', []],
    ['another zone', 'cat.test', 'A', '', []],
  ])('%s', (_what, name, type, said, proofs) => {
    const bench = knowing(everything())
    expect([bench.answer(name, type), bench.proofs(name, type)]).toEqual([said, proofs])
  })

  test('a gap is of no use without the proof that there is no wildcard', () => {
    expect(knowing(denial('alias.example')).answer('cat.example')).toBe('')
    expect(knowing(denial('alias.example', 'example')).answer('cat.example')).toBe('nxdomain 900')
  })

  test('what is made is secure, and is asked for by the name and type', () => {
    const made = knowing(everything()).cache.answer(0, '\x03cat\x07example\0', 1)
    expect([made?.owner, made?.type, made?.security, made?.trust]).toEqual(['\x03cat\x07example\0', 1, 'secure', 5])
  })

  test.each(['insecure', 'unchecked', 'indeterminate', 'bogus'] as const)('proofs of a finding that is %s are no proofs', (security) => {
    expect(knowing({ ...everything(), security }).answer('cat.example')).toBe('')
  })

  test('a partition has its own proofs', () => {
    const bench = new CacheBench()
    bench.cache.put(2, everything())
    expect(bench.answer('cat.example')).toBe('')
  })

  test('data of the name comes first', () => {
    const bench = knowing(everything(), found('cat.example 100 A 192.0.2.9', { security: 'secure' }))
    expect(bench.answer('cat.example')).toBe('rrset 100 A 192.0.2.9')
  })

  test('an NSEC record that a wildcard made stands for nothing', () => {
    const copy = signed('example', 'b.zoo.example 900 NSEC example A RRSIG NSEC', 2)
    const bench = knowing(proven('nxdomain', 'some.example', 'A', [], [soa(), nsec('example'), copy]))
    expect(bench.answer('cat.zoo.example')).toBe('')
  })

  test('one that leads out of its zone is none', () => {
    const out = signed('example', 'alias.example 900 NSEC zzz.test A RRSIG NSEC')
    expect(knowing(proven('nxdomain', 'some.example', 'A', [], [soa(), nsec('example'), out])).answer('cat.example')).toBe('')
  })

  test('names that do not exist cost nothing once the proofs are there, and flushing takes them away', () => {
    const bench = knowing(everything())
    const { size } = bench.cache
    for (let i = 0; i < 1000; i++) expect(bench.answer(`b${i}.cat.example`)).toBe('nxdomain 900')
    expect(bench.cache.size).toBe(size)
    bench.cache.flush({ below: '\x07example\0' })
    expect([bench.answer('cat.example'), bench.cache.size]).toEqual(['', 0])
  })
})

describe('RFC 8198 §5.3 wildcards', () => {
  const expanded = (type: string, data: string): Finding =>
    proven('rrset', 'cat.zoo.example', type, [signed('example', `cat.zoo.example 600 ${type} ${data}`, 2)], [nsec('*.zoo.example')])

  test('what it stands for is answered for other names too, with the proof that they do not exist', () => {
    const bench = knowing(everything(), expanded('A', '192.0.2.7'))
    expect([bench.answer('dog.zoo.example'), bench.proofs('dog.zoo.example')]).toEqual(['rrset 600 A 192.0.2.7', ['*.zoo.example NSEC']])
    const made = bench.cache.answer(0, '\x03dog\x03zoo\x07example\0', 1)
    expect(made?.answer[0]?.signatures?.rdata[0]?.[3]).toBe(2)
    expect(Buffer.from(made?.answer[0]?.rrset.name ?? []).toString('latin1')).toBe('\x03dog\x03zoo\x07example\0')
  })

  test('not before the gap around the name is proven', () => {
    expect(knowing(proven('rrset', 'cat.zoo.example', 'A', [signed('example', 'cat.zoo.example 600 A 192.0.2.7', 2)], [])).answer('dog.zoo.example')).toBe('')
  })

  test('not for the names above it', () => {
    const bench = knowing(everything(), expanded('A', '192.0.2.7'))
    expect([bench.answer('zoo.example'), bench.answer('dog.example')]).toEqual(['nodata 900', 'nxdomain 900'])
  })
})

describe('RFC 8198 §5.4 TTL', () => {
  test.each([
    // minimum of the SOA, TTL of the NSEC records, seconds since, seconds left
    [900, 900, 0, 900],
    [900, 900, 400, 500],
    [60, 900, 0, 60],
    [900, 100, 0, 100],
  ])('minimum %i, NSEC %i, after %i s: %i', (minimum, ttl, after, left) => {
    const bench = new CacheBench()
    const sets = ['example', 'alias.example'].map((owner) => signed('example', (CHAIN.find((line) => line.startsWith(`${owner} `)) as string).replace('900', String(ttl))))
    bench.put(proven('nxdomain', 'some.example', 'A', [], [soa(minimum), ...sets]))
    bench.clock.advance(after * 1000)
    expect(bench.answer('cat.example')).toBe(`nxdomain ${left}`)
    bench.clock.advance(left * 1000)
    expect(bench.answer('cat.example')).toBe('')
  })

  test('the records go out with what is left of them', () => {
    const bench = knowing(everything())
    bench.clock.advance(400_000)
    expect(bench.cache.answer(0, '\x03cat\x07example\0', 1)?.authority.map(({ rrset }) => rrset.ttl)).toEqual([500, 500, 500])
  })
})

test('RFC 4035 §5.4 an unsigned denial above does not hide what a proof says', () => {
  const bench = knowing(everything(), nxdomain('example'))
  expect(bench.answer('elephant.example', 'AAAA')).toBe('nodata 900')
})
