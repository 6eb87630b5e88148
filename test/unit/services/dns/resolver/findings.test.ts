import { describe, expect, test } from 'vitest'
import { TRUST } from '../../../../../services/dns/resolver/finding.ts'
import { findingsOf, MAX_LINKS, redirected } from '../../../../../services/dns/resolver/findings.ts'
import type { Findings } from '../../../../../services/dns/resolver/findings.ts'
import { formatName, keyOf, name } from '../../../../../services/dns/wire/name.ts'
import { typeCode } from '../../../../../services/dns/wire/type-names.ts'
import { findingText, messageOf } from '../../../../support/dns-message.ts'

type Shape = Parameters<typeof messageOf>[1]
const SOA = 'example.com 300 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 60'
const SIGNED = 'RRSIG A 13 3 300 20300101000000 20200101000000 1 example.com AAAA'

function read(question: string, shape: Shape, zone = 'example.com'): Findings {
  const [text, type] = question.split(' ') as [string, string]
  return findingsOf(messageOf(question, shape), {
    question: { key: keyOf(text), type: typeCode(type) as number }, zone: keyOf(zone), trust: TRUST.authoritative, now: 1000, source: 'somebody',
  })
}
function told(question: string, shape: Shape, zone?: string): readonly string[] {
  const findings = read(question, shape, zone)
  return findings.kind === 'useless' ? [findings.because] : findings.findings.map(findingText)
}

describe('a response taken apart', () => {
  test.each<readonly [string, string, Shape, readonly string[]]>([
    ['what was asked for', 'www.example.com A', { answer: 'www.example.com 300 A 192.0.2.1\nwww.example.com 300 A 192.0.2.2' },
      ['rrset | www.example.com 300 A 192.0.2.1 | www.example.com 300 A 192.0.2.2']],
    ['and nothing beside it', 'www.example.com A',
      { answer: 'www.example.com 300 A 192.0.2.1\nmail.example.com 300 A 192.0.2.9\nwww.example.com 300 TXT "x"', additional: 'a.example.com 60 A 192.0.2.3' },
      ['rrset | www.example.com 300 A 192.0.2.1']],
    ['the same record twice is one', 'www.example.com A', { answer: 'www.example.com 300 A 192.0.2.1\nwww.example.com 300 A 192.0.2.1' },
      ['rrset | www.example.com 300 A 192.0.2.1']],
    ['aliases link by link, in whatever order', 'a.example.com A',
      { answer: 'c.example.com 30 A 192.0.2.1\nb.example.com 60 CNAME c.example.com\na.example.com 90 CNAME b.example.com' },
      ['alias | a.example.com 90 CNAME b.example.com', 'alias | b.example.com 60 CNAME c.example.com', 'rrset | c.example.com 30 A 192.0.2.1']],
    ['aliases that end outside: the rest is somebody else\'s', 'a.example.com A',
      { answer: 'a.example.com 90 CNAME b.example.org\nb.example.org 60 A 192.0.2.1' }, ['alias | a.example.com 90 CNAME b.example.org']],
    ['aliases that end in nothing', 'a.example.com A', { rcode: 3, answer: 'a.example.com 90 CNAME b.example.com', authority: SOA },
      ['alias | a.example.com 90 CNAME b.example.com',
        'nxdomain | example.com 60 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 60']],
    ['aliases of which the end was left out', 'a.example.com A', { answer: 'a.example.com 90 CNAME b.example.com' },
      ['alias | a.example.com 90 CNAME b.example.com']],
    ['a circle', 'a.example.com A', { answer: 'a.example.com 90 CNAME b.example.com\nb.example.com 90 CNAME a.example.com' },
      ['alias | a.example.com 90 CNAME b.example.com', 'alias | b.example.com 90 CNAME a.example.com']],
    ['an alias of itself', 'a.example.com A', { answer: 'a.example.com 90 CNAME a.example.com' }, ['alias | a.example.com 90 CNAME a.example.com']],
    ['two aliases of one name', 'a.example.com A', { answer: 'a.example.com 90 CNAME b.example.com\na.example.com 90 CNAME c.example.com' }, ['two-aliases']],
    ['the alias itself was asked for', 'a.example.com CNAME', { answer: 'a.example.com 90 CNAME b.example.com\nb.example.com 30 A 192.0.2.1' },
      ['rrset | a.example.com 90 CNAME b.example.com']],
    ['an alias that a DNAME makes was asked for', 'a.d.example.com CNAME',
      { answer: 'd.example.com 90 DNAME e.example.org\na.d.example.com 90 CNAME a.e.example.org' }, ['rrset | d.example.com 90 DNAME e.example.org | a.d.example.com 90 CNAME a.e.example.org']],
    ['anything', 'a.example.com ANY', { answer: 'a.example.com 90 A 192.0.2.1\na.example.com 60 TXT "x"\nb.example.com 60 A 192.0.2.2' },
      ['rrset | a.example.com 90 A 192.0.2.1 | a.example.com 60 TXT "x"']],
    ['no such name', 'www.example.com A', { rcode: 3, authority: SOA }, ['nxdomain | example.com 60 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 60']],
    ['no such type', 'www.example.com A', { authority: SOA }, ['nodata | example.com 60 SOA ns.example.com hostmaster.example.com 1 3600 600 86400 60']],
    ['a denial with the SOA of another zone', 'www.example.com A', { rcode: 3, authority: SOA.replace('example.com 300', 'www.example.org 300') }, ['nxdomain']],
    ['a failure', 'www.example.com A', { rcode: 2 }, ['rcode']],
    ['signatures were asked for', 'www.example.com RRSIG', { answer: `www.example.com 300 ${SIGNED}` },
      [`rrset | www.example.com 300 ${SIGNED}`]],
  ])('%s', (_what, question, shape, expected) => expect(told(question, shape)).toEqual(expected))

  test('of a very long chain as many links as anybody follows', () => {
    const links = Array.from({ length: 30 }, (_, i) => `n${i}.example.com 60 CNAME n${i + 1}.example.com`)
    expect(told('n0.example.com A', { answer: links.join('\n') })).toHaveLength(MAX_LINKS)
  })

  test('signatures stand with what they cover, and only what is signed has any', () => {
    const found = read('www.example.com A', {
      answer: `www.example.com 300 A 192.0.2.1\nwww.example.com 300 ${SIGNED}\nwww.example.com 300 ${SIGNED.replace('RRSIG A ', 'RRSIG AAAA ')}`,
    })
    expect(found).toMatchObject({ findings: [{ answer: [{ rrset: { type: 1 }, signatures: { type: 46, rdata: { length: 1 } } }] }] })
    expect(read('www.example.com A', { answer: 'www.example.com 300 A 192.0.2.1' })).toMatchObject({ findings: [{ answer: [{ signatures: undefined }] }] })
  })

  test('the least TTL counts for a set, its signatures and its proof; a denial lives as long as its SOA lets it', () => {
    const expires = (question: string, shape: Shape): number => {
      const found = read(question, shape)
      return found.kind === 'answered' ? found.findings[0].expiresAt : Number.NaN
    }
    const both = { answer: 'www.example.com 300 A 192.0.2.1\nwww.example.com 200 A 192.0.2.2' }
    expect(expires('www.example.com A', both)).toBe(201_000)
    expect(expires('www.example.com A', { answer: `www.example.com 300 A 192.0.2.1\nwww.example.com 120 ${SIGNED}` })).toBe(121_000)
    expect(expires('www.example.com A', { rcode: 3, authority: SOA })).toBe(61_000)
    expect(expires('www.example.com A', { rcode: 3, authority: `${SOA}\na.example.com 20 NSEC z.example.com A` })).toBe(21_000)
    expect(expires('www.example.com A', { rcode: 3 })).toBe(1000)
  })

  test('a proof stays with a denial and with what a wildcard made, and is left out elsewhere', () => {
    const nsec = 'a.example.com 300 NSEC z.example.com A'
    const authority = (question: string, shape: Shape): unknown => {
      const found = read(question, shape)
      return found.kind === 'answered' ? found.findings[0].authority.map(({ rrset }) => rrset.type) : undefined
    }
    expect(authority('nothing.example.com A', { rcode: 3, authority: `${SOA}\n${nsec}` })).toEqual([6, 47])
    expect(authority('www.example.com A', { answer: `www.example.com 300 A 192.0.2.1\nwww.example.com 300 ${SIGNED}`, authority: nsec })).toEqual([])
    expect(authority('www.example.com A', { answer: `www.example.com 300 A 192.0.2.1\nwww.example.com 300 ${SIGNED.replace('13 3', '13 2')}`, authority: nsec })).toEqual([47])
    expect(authority('www.example.com A', { answer: 'www.example.com 300 A 192.0.2.1', authority: `${SOA}\n${nsec}` })).toEqual([])
  })
})

describe('names that a DNAME makes', () => {
  test.each([
    ['a.b.example.com', 'example.com', 'example.org', 'a.b.example.org'],
    ['a.example.com', 'example.com', '.', 'a'],
    ['a.com', 'com', 'x.y.z', 'a.x.y.z'],
  ])('%s below %s, looked for below %s, is %s', (key, owner, target, made) => {
    expect(formatName(redirected(keyOf(key), keyOf(owner), name(target)) as Uint8Array)).toBe(made)
  })

  test('255 octets fit, 256 do not', () => {
    const label = 'x'.repeat(61)
    const long = `${label}.${label}.${label}`
    const owner = keyOf('o')
    const room = (n: number): Uint8Array | undefined => redirected(keyOf(`${long}.o`), owner, name(`${'y'.repeat(n)}`))
    expect(room(63)?.length).toBe(3 * 62 + 65)
    expect(redirected(keyOf(`${'z'.repeat(66 - 64 + 1)}.${long}.o`), owner, name('y'.repeat(63)))?.length).toBe(255)
    expect(redirected(keyOf(`${'z'.repeat(4)}.${long}.o`), owner, name('y'.repeat(63)))).toBeUndefined()
  })
})
