/** Denials by NSEC3 records that are made by hand: opted-out spans, rounds of hashing, records that do not belong together. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SignedRrset } from '../../../services/dns/resolver/finding.ts'
import { Budget } from '../../../services/dns/resolver/source.ts'
import { keyOf, nameKey, nameOfKey } from '../../../services/dns/wire/name.ts'
import { formatBase32Hex } from '../../../services/dns/wire/presentation.ts'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { findingFor, rrset, signedBy, SignedWorld } from '../../support/validation.ts'

const KEY = signingKey(15)

type Shape = { readonly optOut?: boolean; readonly iterations?: number; readonly salt?: string; readonly flags?: number; readonly algorithm?: number }

/** RFC 5155 §5, from its text. */
function hashOf(text: string, iterations: number, salt: string): string {
  const saltOctets = Buffer.from(salt === '-' ? '' : salt, 'hex')
  let digest: Uint8Array = nameOfKey(keyOf(text))
  for (let i = 0; i <= iterations; i++) digest = createHash('sha1').update(digest).update(saltOctets).digest()
  return formatBase32Hex(digest, 0, digest.length)
}

/** The whole chain of a zone with these names and their types. */
function chain(names: { readonly [name: string]: string }, { optOut = false, iterations = 0, salt = '-', flags = optOut ? 1 : 0, algorithm = 1 }: Shape = {}, zone = 'example'): readonly SignedRrset[] {
  const hashed = Object.entries(names).map(([text, types]) => ({ hash: hashOf(text, iterations, salt), types })).sort((a, b) => (a.hash < b.hash ? -1 : 1))
  return hashed.map(({ hash, types }, i) => {
    const next = hashed[(i + 1) % hashed.length]?.hash ?? hash
    return signedBy(KEY, zone, rrset(`${hash.toLowerCase()}.${zone} 300 NSEC3 ${algorithm} ${flags} ${iterations} ${salt} ${next} ${types}`))
  })
}

function worldOf(): SignedWorld {
  const world = new SignedWorld({ example: { text: '', signing: signingOf({ keys: [KEY] }) } })
  world.trust({ example: { ds: [], dnskey: [KEY.dnskey] } })
  return world
}

const APEX = { example: 'NS SOA RRSIG DNSKEY NSEC3PARAM' } as const
const judge = (question: string, kind: 'nodata' | 'nxdomain', authority: readonly SignedRrset[], budget = new Budget()) => {
  const { security, code, text } = worldOf().validate(question, { finding: findingFor(question, kind, [], authority), budget })
  return { security, code, text }
}

describe('RFC 5155 §8 what NSEC3 records prove', () => {
  const plain = { ...APEX, 'a.example': 'A RRSIG', 'cut.example': 'NS', 'signed.example': 'NS DS RRSIG', 'd.example': 'DNAME RRSIG', 'alias.example': 'CNAME RRSIG' }
  const wild = { ...APEX, 'w.example': '', '*.w.example': 'A RRSIG' }
  test.each([
    ['§8.4 no such name', 'nope.example A', 'nxdomain', plain, {}, 'secure'],
    ['§8.4 no such name, far below', 'x.y.z.example A', 'nxdomain', plain, {}, 'secure'],
    ['§8.4 the name is there', 'a.example A', 'nxdomain', plain, {}, 'bogus'],
    ['§8.4 a wildcard is there', 'q.w.example A', 'nxdomain', wild, {}, 'bogus'],
    ['§9.2 no such name in an opted-out span', 'nope.example A', 'nxdomain', plain, { optOut: true }, 'insecure'],
    ['§8.3 below a delegation', 'x.cut.example A', 'nxdomain', plain, {}, 'bogus'],
    ['§8.3 below a DNAME', 'x.d.example A', 'nxdomain', plain, {}, 'bogus'],
    ['§8.5 no such type', 'a.example AAAA', 'nodata', plain, {}, 'secure'],
    ['§8.5 the type is there', 'a.example A', 'nodata', plain, {}, 'bogus'],
    ['§8.5 there is an alias', 'alias.example A', 'nodata', plain, {}, 'bogus'],
    ['§8.5 the parent denies what is the child\'s', 'cut.example A', 'nodata', plain, {}, 'bogus'],
    ['§8.5 an empty non-terminal', 'w.example A', 'nodata', wild, {}, 'secure'],
    ['§8.5 a name that is not there', 'nope.example A', 'nodata', plain, {}, 'bogus'],
    ['§8.6 no DS', 'cut.example DS', 'nodata', plain, {}, 'secure'],
    ['§8.6 DS is there', 'signed.example DS', 'nodata', plain, {}, 'bogus'],
    ['§8.6 no DS in an opted-out span', 'other.example DS', 'nodata', plain, { optOut: true }, 'insecure'],
    ['§8.6 no DS where nothing is opted out', 'other.example DS', 'nodata', plain, {}, 'bogus'],
    ['§8.7 no such type of a wildcard', 'q.w.example AAAA', 'nodata', wild, {}, 'secure'],
    ['§8.7 the wildcard has the type', 'q.w.example A', 'nodata', wild, {}, 'bogus'],
    ['§5 with salt and rounds', 'nope.example A', 'nxdomain', plain, { salt: 'aabbccdd', iterations: 12 }, 'secure'],
    ['§8.1 an unknown hash', 'nope.example A', 'nxdomain', plain, { algorithm: 2 }, 'bogus'],
    ['§8.2 unknown flags', 'nope.example A', 'nxdomain', plain, { flags: 2 }, 'bogus'],
    ['RFC 9276 §3.2 as many rounds as are believed', 'nope.example A', 'nxdomain', plain, { iterations: 150 }, 'secure'],
    ['RFC 9276 §3.2 more', 'nope.example A', 'nxdomain', plain, { iterations: 151 }, 'insecure'],
    ['RFC 9276 §3.2 more, for a type', 'a.example AAAA', 'nodata', plain, { iterations: 2500 }, 'insecure'],
  ] as const)('%s: %s', (_section, question, kind, names, shape, security) => {
    // No proof needs all; those of another name are left out as in a response.
    expect(judge(question, kind, chain(names, shape))).toMatchObject({ security })
  })

  test('RFC 9276 §3.2 and RFC 8914: the reason for too many rounds is told, once their signature is proven', () => {
    const records = chain(plain, { iterations: 151 })
    expect(judge('nope.example A', 'nxdomain', records)).toMatchObject({ code: 27, text: expect.stringMatching(/example\. hashes names 151 times/) })
    const forged = records.map((set) => ({ ...set, rrset: { ...set.rrset, rdata: set.rrset.rdata.map((rdata) => Uint8Array.from(rdata, (octet, i) => (i === 3 ? octet ^ 64 : octet))) } }))
    expect(judge('nope.example A', 'nxdomain', forged)).toMatchObject({ security: 'bogus', code: 6 })
  })

  test('§8.2 records with another salt are left aside', () => {
    const [first] = chain(APEX, { salt: 'ff' })
    const records = chain(APEX)
    expect(judge('nope.example A', 'nxdomain', [...records, first as SignedRrset]).security).toBe('secure')
    expect(judge('nope.example A', 'nxdomain', [first as SignedRrset, ...records]).security).toBe('secure')
    const isApex = (salt: string) => (set: SignedRrset): boolean => nameKey(set.rrset.name).slice(1, 33) === hashOf('example', 0, salt).toLowerCase()
    const [apart, rest] = [chain(plain, { salt: 'ff' }).filter(isApex('ff')), chain(plain).filter((set) => !isApex('-')(set))]
    expect([judge('nope.example A', 'nxdomain', [...apart, ...rest]).security, judge('nope.example A', 'nxdomain', [...rest, ...apart]).security]).toEqual(['bogus', 'bogus'])
  })

  test('§8.8 a wildcard\'s answer needs the span of the next closer name', () => {
    const answer = [signedBy(KEY, 'example', rrset('q.w.example 300 A 192.0.2.1'), { labels: 2 })]
    const told = (authority: readonly SignedRrset[]) => worldOf().validate('q.w.example A', { finding: findingFor('q.w.example A', 'rrset', answer, authority) }).security
    expect([told(chain(wild)), told(chain(wild, { optOut: true })), told(chain({ ...wild, 'q.w.example': 'TXT' })), told([])]).toEqual(['secure', 'insecure', 'bogus', 'bogus'])
  })

  test('§8 the hashes of one question are bounded', () => {
    const budget = new Budget()
    const deep = `${'a.'.repeat(100)}example A`
    expect(judge(deep, 'nxdomain', chain(plain, { iterations: 150 }), budget)).toMatchObject({ security: 'bogus', code: 0, text: expect.stringMatching(/more hashing/) })
    expect(budget.hashRounds).toBeGreaterThanOrEqual(0)
    expect(judge(deep, 'nxdomain', chain(plain)).security).toBe('secure')
  })

  test('RFC 9276 §3.2, RFC 5155 §8.9: below a delegation out of an opted-out span, or of a zone that hashes too often, nothing is signed', () => {
    for (const [shape, code] of [[{ optOut: true }, undefined], [{ iterations: 151 }, 27], [{}, 12]] as const) {
      const world = worldOf()
      world.tamper.set('child.example DS', () => findingFor('child.example DS', 'nodata', [], chain(shape.optOut === undefined && code === 12 ? { ...APEX, 'child.example': 'NS DS RRSIG' } : APEX, shape)))
      const { security, code: told } = world.validate('www.child.example A', { finding: findingFor('www.child.example A', 'rrset', [{ rrset: rrset('www.child.example 300 A 192.0.2.1'), signatures: undefined }]) })
      expect([shape, security, told]).toEqual([shape, code === 12 ? 'bogus' : 'insecure', code])
    }
  })
})
