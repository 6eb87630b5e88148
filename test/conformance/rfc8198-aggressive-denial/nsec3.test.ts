import { describe, expect, test } from 'vitest'
import { nsec3Hash, nsec3Owner } from '../../../services/dns/dnssec/nsec3-hash.ts'
import type { Finding, SignedRrset } from '../../../services/dns/resolver/finding.ts'
import { formatName, keyOf, name } from '../../../services/dns/wire/name.ts'
import { formatBase32Hex } from '../../../services/dns/wire/presentation.ts'
import { CacheBench, proven, signed } from '../../support/dns-cache.ts'

/** Names of the zone "example" with what they have; salt and iterations are those of RFC 5155 appendix A. */
const NAMES: Readonly<Record<string, string>> = {
  example: 'NS SOA MX RRSIG DNSKEY NSEC3PARAM', 'a.example': 'NS DS RRSIG', 'ns1.example': 'A RRSIG', 'ns2.example': 'A RRSIG',
  '*.w.example': 'MX RRSIG', 'w.example': '', 'x.w.example': 'MX RRSIG', 'xx.example': 'A HINFO AAAA RRSIG', 'alias.example': 'CNAME RRSIG',
}
const SALT = Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd)

type Parameters = { readonly iterations?: number; readonly flags?: number }
const hashOf = (text: string, iterations: number): string => {
  const digest = nsec3Hash(keyOf(text), SALT, iterations)
  return formatBase32Hex(digest, 0, digest.length).toLowerCase()
}

function chain({ iterations = 12, flags = 0 }: Parameters = {}): readonly SignedRrset[] {
  const hashed = Object.entries(NAMES).map(([text, types]) => ({ hash: hashOf(text, iterations), types })).sort((a, b) => (a.hash < b.hash ? -1 : 1))
  return hashed.map(({ hash, types }, i) => {
    const next = hashed[(i + 1) % hashed.length]?.hash ?? ''
    return signed('example', `${hash}.example 900 NSEC3 1 ${flags} ${iterations} aabbccdd ${next} ${types}`.trim())
  })
}
const soa = signed('example', 'example 3600 SOA ns1.example h.example 1 7200 900 86400 900')
const everything = (parameters?: Parameters): Finding => proven('nxdomain', 'some.example', 'A', [], [soa, ...chain(parameters)])
const knowing = (finding: Finding): CacheBench => {
  const bench = new CacheBench()
  bench.put(finding)
  bench.cache.flush({ name: keyOf('some.example') })
  return bench
}

describe('RFC 8198 §5.2 NSEC3', () => {
  test.each([
    ['a name that is not there', 'gone.example', 'A', 'nxdomain 900'],
    ['below one that is not there', 'a.c.gone.example', 'A', 'nxdomain 900'],
    ['a name without the type', 'ns1.example', 'AAAA', 'nodata 900'],
    ['a name with the type', 'ns1.example', 'A', ''],
    ['a name that has only names below it', 'w.example', 'A', 'nodata 900'],
    ['what a wildcard stands for, of another type', 'a.z.w.example', 'A', 'nodata 900'],
    ['what a wildcard stands for', 'a.z.w.example', 'MX', ''],
    ['a delegation is the child\'s', 'a.example', 'A', ''],
    ['and what is below', 'www.a.example', 'A', ''],
    ['an alias', 'alias.example', 'A', ''],
    ['the apex without the type', 'example', 'TXT', 'nodata 900'],
  ])('%s', (_what, text, type, said) => {
    expect(knowing(everything()).answer(text, type)).toBe(said)
  })

  test('the proof is the SOA, the closest encloser, what covers the next closer name, and what covers the wildcard', () => {
    const bench = knowing(everything())
    const proofs = bench.proofs('gone.example')
    expect(proofs.length).toBeLessThanOrEqual(4)
    expect(proofs.slice(0, 2)).toEqual(['example SOA', `${formatName(nsec3Owner(nsec3Hash(keyOf('example'), SALT, 12), name('example')))} NSEC3`])
  })

  test('without one of them there is no answer', () => {
    const all = chain()
    const whole = knowing(proven('nxdomain', 'some.example', 'A', [], [soa, ...all]))
    const used = whole.proofs('gone.example').slice(1)
    for (const missing of used) {
      const rest = all.filter(({ rrset }) => `${formatName(rrset.name)} NSEC3` !== missing)
      expect(knowing(proven('nxdomain', 'some.example', 'A', [], [soa, ...rest])).answer('gone.example')).toBe('')
    }
  })

  test('a wildcard that is known answers', () => {
    const bench = knowing(everything())
    bench.put(proven('rrset', 'b.w.example', 'MX', [signed('example', 'b.w.example 600 MX 1 ai.example', 2)], []))
    expect(bench.answer('a.z.w.example', 'MX')).toBe('rrset 600 MX 1 ai.example')
  })
})

describe('RFC 5155 §6 opt-out', () => {
  test('what it covers may exist', () => {
    expect(knowing(everything({ flags: 1 })).answer('gone.example')).toBe('')
  })

  test('what stands there is still known', () => {
    expect(knowing(everything({ flags: 1 })).answer('ns1.example', 'AAAA')).toBe('nodata 900')
  })
})

describe('RFC 9276 §3.1 iterations', () => {
  test.each([[0, 'nxdomain 900'], [16, 'nxdomain 900'], [17, ''], [2500, '']])('%i: "%s"', (iterations, said) => {
    expect(knowing(everything({ iterations })).answer('gone.example')).toBe(said)
  })
})

test('RFC 5155 §8.2 records of different parameters are not mixed: the newer ones count', () => {
  const bench = knowing(everything({ iterations: 3 }))
  bench.put(proven('nxdomain', 'some.example', 'A', [], [soa, ...chain({ iterations: 0 }).slice(0, 1)]))
  bench.cache.flush({ name: keyOf('some.example') })
  expect(bench.answer('gone.example')).toBe('')
  bench.put(everything({ iterations: 0 }))
  bench.cache.flush({ name: keyOf('some.example') })
  expect(bench.answer('gone.example')).toBe('nxdomain 900')
})
