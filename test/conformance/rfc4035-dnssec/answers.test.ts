import { describe, expect, test } from 'vitest'
import type { DenialKind } from '../../../services/dns/index.ts'
import { FLAG } from '../../../services/dns/wire/message.ts'
import { PLAIN_RECORD } from '../../../services/model/index.ts'
import { Bench, NO_RD, queryBytes, zoneOf } from '../../support/dns.ts'
import { keyPair, signingKey, signingOf, verdict } from '../../support/dnssec.ts'

/** The shape of RFC 4035 appendix A, with an unsigned delegation, aliases and names within wildcards beside. */
const ZONE = zoneOf('example', `
  @             NS    ns1
  @             NS    ns2
  @             MX    1 xx
  a             NS    ns1.a
  a             NS    ns2.a
  a             DS    57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
  ns1.a         A     192.0.2.5
  ns2.a         A     192.0.2.6
  ai            A     192.0.2.9
  ai            HINFO "KLH-10" "ITS"
  b             NS    ns1.b
  b             NS    ns2.b
  ns1.b         A     192.0.2.7
  ns2.b         A     192.0.2.8
  ns1           A     192.0.2.1
  ns2           A     192.0.2.2
  *.w           MX    1 ai
  x.w           MX    1 xx
  x.y.w         MX    1 xx
  xx            A     192.0.2.10
  XX            AAAA  2001:db8::f00:baaa
  alias         CNAME ai
  away          CNAME www.example.net.
  *.c           CNAME xx
  deep.e.e      TXT   "under two empty ones"
`)

describe.each(['nsec', 'nsec3', 'compact'] as const)('RFC 4035 §3.1 answers with DO are proven, denial by %s', (denial: DenialKind) => {
  const signing = signingOf({ denial })
  const bench = new Bench([ZONE])
  bench.server.setSigning(1, signing)
  test.each([
    ['B.1 an answer', 'x.w.example MX', 'secure'],
    ['B.2 no such name', 'ml.example A', 'secure'],
    ['B.3 no such type', 'ns1.example MX', 'secure'],
    ['B.4 referral to a signed zone', 'mc.a.example MX', 'secure'],
    ['B.5 referral to an unsigned zone', 'mc.b.example MX', 'insecure delegation'],
    ['B.6 by a wildcard', 'a.z.w.example MX', 'secure'],
    ['B.7 a wildcard without that type', 'a.z.w.example AAAA', 'secure'],
    ['B.8 DS of the apex', 'example DS', 'secure'],
    ['DS at a signed cut', 'a.example DS', 'secure'],
    ['DS at an unsigned cut', 'b.example DS', 'secure'],
    ['the cut itself', 'a.example A', 'secure'],
    ['the unsigned cut itself', 'b.example NS', 'insecure delegation'],
    ['the apex', 'example SOA', 'secure'],
    ['keys', 'example DNSKEY', 'secure'],
    ['nothing at the apex', 'example TXT', 'secure'],
    ['any', 'ai.example ANY', 'secure'],
    ['an alias', 'alias.example A', 'secure'],
    ['an alias to what is not there', 'alias.example TXT', 'secure'],
    ['an alias out of the zone', 'away.example A', 'secure'],
    ['an alias by a wildcard', 'q.c.example A', 'secure'],
    ['the alias by a wildcard itself', 'q.c.example CNAME', 'secure'],
    ['an empty non-terminal', 'e.e.example A', 'secure'],
    ['the one above', 'e.example A', 'secure'],
    ['no name beside an empty one', 'd.e.example A', 'secure'],
    ['no name below one that is there', 'a.b.ai.example A', 'secure'],
    ['before all names', '!.example A', 'secure'],
    ['behind all names', 'zzz.example A', 'secure'],
    ['a name that is a wildcard', '*.w.example MX', 'secure'],
    ['a name that is a wildcard, no such type', '*.w.example A', 'secure'],
    ['the signatures of a name', 'ai.example RRSIG', 'secure'],
    ['the signatures of a delegation', 'a.example RRSIG', 'secure'],
    ['in another letter case', 'XX.Example A', 'secure'],
  ] as const)('%s: %s', (_what, question, expected) => {
    expect(verdict(bench, 'example', signing, question)).toBe(expected)
  })
})

describe('RFC 4035 §5 what a validator does not believe', () => {
  const signing = signingOf()
  const signed = (): Bench => {
    const bench = new Bench([ZONE])
    bench.server.setSigning(1, signing)
    return bench
  }
  test.each([
    ['§5.3.1 a key that it does not know', signingOf({ keys: [signingKey(13, {}, keyPair(13, 1))] }), 0, /no such key/],
    ['§5.3.1 signatures that are over', signing, -3_700_000, /not valid now/],
  ] as const)('%s', (_what, trusted, seconds, fault) => {
    const bench = signed()
    expect(verdict(bench, 'example', trusted, 'ai.example A', seconds)).toMatch(fault)
  })

  test('§3.1 an unsigned zone', () => {
    expect(verdict(new Bench([ZONE]), 'example', signing, 'ai.example A')).toBe('bogus: answer: ai.example 1: no signature')
  })

  test('§2.2 signatures are made anew in time, for the rest of the year', () => {
    const bench = signed()
    for (let day = 0; day < 365; day += 5) {
      expect([day, verdict(bench, 'example', signing, 'ai.example A'), verdict(bench, 'example', signing, 'ml.example A')]).toEqual([day, 'secure', 'secure'])
      bench.clock.advance(5 * 86_400_000)
    }
  })

  test('§3.1.1 what does not fit is said with TC', () => {
    const bench = new Bench([ZONE])
    bench.server.setSigning(1, signingOf({ denial: 'nsec3' }))
    const told = bench.ask('ml.example', 'A', { ...NO_RD, edns: { dnssecOk: true, size: 512 } })
    expect([told.flags, told.octets <= 512]).toEqual(['aa tc', true])
  })

  test('§3.1.6 AD is never set, CD goes back as it came', () => {
    const bench = signed()
    const shape = { edns: { dnssecOk: true } }
    expect(bench.askTwice('ai.example', 'A', { flags: FLAG.CD | FLAG.AD, ...shape }).flags).toBe('aa cd')
    expect(bench.askTwice('ai.example', 'A', { flags: FLAG.AD, ...shape }).flags).toBe('aa')
  })

  test('§3.1 without DO nothing is added', () => {
    const plain = new Bench([ZONE])
    const bench = signed()
    for (const name of ['ai', 'ml', 'a.z.w', 'mc.b', 'e.e']) {
      expect(bench.askTwice(`${name}.example`, 'A', NO_RD)).toEqual(plain.askTwice(`${name}.example`, 'A', NO_RD))
    }
  })

  test('§3.1 the finished answers of the table are as good as new ones, and end with the edit that makes them wrong', () => {
    const bench = signed()
    const ask = (name: string): readonly string[] => {
      const told = bench.askTwice(name, 'A', { ...NO_RD, edns: { dnssecOk: true } })
      return [...told.answer, ...told.authority].filter((line) => !line.includes(' RRSIG A ') && line.split(' ')[2] !== 'RRSIG')
    }
    expect(ask('ml.example')).toContain('deep.e.e.example 60 NSEC ns1.example TXT RRSIG NSEC')
    const record = { id: 77, zoneId: 1, name: 'm.example', type: 'A', ttl: 300, data: '192.0.2.77', owner: { kind: 'hand' }, ...PLAIN_RECORD } as const
    bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add: [record] })
    expect(ask('ml.example')).toContain('m.example 60 NSEC ns1.example A RRSIG NSEC')
    expect(ask('m.example')).toEqual(['m.example 300 A 192.0.2.77'])
  })
})

describe('RFC 9824 compact answers', () => {
  const bench = new Bench([ZONE])
  bench.server.setSigning(1, signingOf({ denial: 'compact' }))
  const DO = { ...NO_RD, edns: { dnssecOk: true } } as const
  const nsec = (name: string, type = 'A'): readonly string[] => bench.askTwice(name, type, DO).authority.filter((line) => line.split(' ')[2] === 'NSEC')
  test.each([
    ['§3.1 a name that is not there', 'ml.example', 'A', 'ml.example 60 NSEC \\000.ml.example RRSIG NSEC TYPE128'],
    ['§3.2 a name without that type', 'ai.example', 'MX', 'ai.example 60 NSEC \\000.ai.example A HINFO RRSIG NSEC'],
    ['§3.2 an empty non-terminal', 'e.example', 'A', 'e.example 60 NSEC \\000.e.example RRSIG NSEC'],
    ['§3.3 a wildcard without that type', 'q.w.example', 'A', 'q.w.example 60 NSEC \\000.q.w.example MX RRSIG NSEC'],
    ['§3.4 an unsigned delegation', 'mc.b.example', 'A', 'b.example 60 NSEC \\000.b.example NS RRSIG NSEC'],
  ] as const)('%s', (_what, name, type, expected) => {
    expect(nsec(name, type)).toEqual([expected])
  })

  test('§5.1 NXDOMAIN goes to who asks with CO, and to who does not ask for DNSSEC', () => {
    const withFlags = (high: number): string => {
      const bytes = queryBytes('ml.example', 'A', { flags: 0, edns: { dnssecOk: true } })
      bytes[bytes.length - 4] = high
      const first = bench.askBytes(bytes)
      expect(bench.askBytes(bytes)).toEqual(first)
      return `${first?.rcode} ${first?.edns?.compactAnswerOk}`
    }
    expect([withFlags(0xc0), withFlags(0x80), withFlags(0x40), withFlags(0)]).toEqual(['NXDOMAIN true', 'NOERROR false', 'NXDOMAIN false', 'NXDOMAIN false'])
  })

  test('§3.5 the meta type itself cannot be asked for', () => {
    expect(bench.askTwice('ai.example', 'TYPE128', DO).rcode).toBe('FORMERR')
  })
})
