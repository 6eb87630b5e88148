/** A chain of trust with one link broken at a time, and what a client is told of it (RFC 8914). */
import { describe, expect, test } from 'vitest'
import type { Finding, SignedRrset } from '../../../services/dns/resolver/finding.ts'
import { dsRdata } from '../../../services/dns/rollover/dnskey.ts'
import { name } from '../../../services/dns/wire/name.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { answerText, findingFor, rrset, signedBy, SignedWorld } from '../../support/validation.ts'
import type { WorldZone } from '../../support/validation.ts'

const KEY = signingKey(13)
const CHILD = signingKey(15)
const TEXT = `
  www     A     192.0.2.1
  mail    A     192.0.2.2
  *.w     A     192.0.2.3
  d       DNAME elsewhere.com.
  alias   CNAME www
  zoned   NS    ns.nic.
`
const DAY = 86_400_000

function worldOf(child: Partial<WorldZone> = {}): SignedWorld {
  return new SignedWorld({
    '.': { text: '', signing: signingOf({ keys: [KEY] }) }, com: { text: '', signing: signingOf({ keys: [KEY] }) },
    'example.com': { text: TEXT, signing: signingOf({ keys: [CHILD] }), ...child }, 'plain.com': { text: 'www A 192.0.2.9' },
  })
}

type Tamper = (finding: Finding) => Finding | undefined
const flipped = (octets: Uint8Array, at: number): Uint8Array => Uint8Array.from(octets, (octet, i) => (i === (at < 0 ? octets.length + at : at) ? octet ^ 1 : octet))
const ofFirst = (change: (set: SignedRrset) => SignedRrset): Tamper => (finding) => ({ ...finding, answer: finding.answer.map((set, i) => (i === 0 ? change(set) : set)) })
const changed = ofFirst(({ rrset: set, signatures }) => ({ rrset: { ...set, rdata: set.rdata.map((rdata) => flipped(rdata, -1)) }, signatures }))
const unsigned = ofFirst(({ rrset: set }) => ({ rrset: set, signatures: undefined }))
const signature = (at: number): Tamper => ofFirst(({ rrset: set, signatures }) => ({ rrset: set, signatures: signatures && { ...signatures, rdata: signatures.rdata.map((rdata) => flipped(rdata, at)) } }))
const without = (type: number): Tamper => (finding) => ({ ...finding, authority: finding.authority.filter((set) => set.rrset.type !== type) })
const empty: Tamper = (finding) => ({ ...finding, kind: 'nodata', answer: [], authority: [] })
const nothing: Tamper = () => undefined

describe('RFC 8914 §4 every broken link has its reason', () => {
  test.each([
    // section     what is broken                     whose answer          how                        question               verdict     code  text
    ['§4.7', 'the data', 'www.example.com A', changed, 'www.example.com A', 'bogus', 6, /signature of www\.example\.com A by key \d+ of example\.com\. does not fit/],
    ['§4.7', 'the signature', 'www.example.com A', signature(-1), 'www.example.com A', 'bogus', 6, /does not fit/],
    ['§4.11', 'no signature', 'www.example.com A', unsigned, 'www.example.com A', 'bogus', 10, /www\.example\.com A is not signed, but example\.com\. is/],
    ['§4.10', 'another key tag', 'www.example.com A', signature(17), 'www.example.com A', 'bogus', 9, /has no such key/],
    ['§4.11', 'an algorithm unknown here', 'www.example.com A', signature(2), 'www.example.com A', 'bogus', 9, /./],
    ['§4.7', 'more labels than the name', 'www.example.com A', ofFirst((set) => ({ ...set, signatures: set.signatures && { ...set.signatures, rdata: set.signatures.rdata.map((r) => Uint8Array.from(r, (o, i) => (i === 3 ? 9 : o))) } })), 'www.example.com A', 'bogus', 6, /more labels/],
    ['§4.13', 'no denial', 'nope.example.com A', without(TYPE.NSEC), 'nope.example.com A', 'bogus', 12, /nothing proves/],
    ['§4.13', 'no denial of a type', 'www.example.com AAAA', without(TYPE.NSEC), 'www.example.com AAAA', 'bogus', 12, /nothing proves/],
    ['§4.13', 'no proof beside a wildcard', 'q.w.example.com A', without(TYPE.NSEC), 'q.w.example.com A', 'bogus', 12, /nothing proves/],
    ['§4.11', 'DS without signature', 'example.com DS', unsigned, 'www.example.com A', 'bogus', 10, /example\.com DS is not signed/],
    ['§4.7', 'DS changed', 'example.com DS', changed, 'www.example.com A', 'bogus', 6, /example\.com DS by key/],
    ['§4.13', 'DS left out', 'example.com DS', empty, 'www.example.com A', 'bogus', 12, /no example\.com DS/],
    ['§4.13', 'denial of DS left out', 'plain.com DS', without(TYPE.NSEC), 'www.plain.com A', 'bogus', 12, /no plain\.com DS/],
    ['§4.23', 'DS not to be had', 'example.com DS', nothing, 'www.example.com A', 'bogus', 22, /nobody says whether example\.com\. has DS/],
    ['§4.23', 'keys not to be had', 'example.com DNSKEY', nothing, 'www.example.com A', 'bogus', 22, /nobody says what keys example\.com\. has/],
    ['§4.10', 'no keys', 'example.com DNSKEY', empty, 'www.example.com A', 'bogus', 9, /has no keys, but/],
    ['§4.11', 'keys without signature', 'example.com DNSKEY', unsigned, 'www.example.com A', 'bogus', 10, /DNSKEY is not signed/],
    ['§4.10', 'another key', 'example.com DNSKEY', changed, 'www.example.com A', 'bogus', 9, /no key that fits/],
    ['§4.7', 'the signature of the keys', 'example.com DNSKEY', signature(-1), 'www.example.com A', 'bogus', 6, /DNSKEY by key/],
    ['§4.10', 'keys of the root', '. DNSKEY', changed, 'www.example.com A', 'bogus', 9, /trust anchors/],
    ['§4.7', 'the alias of a DNAME', 'q.d.example.com A', (finding: Finding) => ({ ...finding, answer: finding.answer.map((set, i) => (i === 1 ? { ...set, rrset: { ...set.rrset, rdata: [name('evil.com')] } } : set)) }), 'q.d.example.com A', 'bogus', 6, /not what its DNAME/],
    ['§4.11', 'a DNAME without signature', 'q.d.example.com A', unsigned, 'q.d.example.com A', 'bogus', 10, /not signed/],
    ['§4.11', 'an alias without signature', 'alias.example.com A', unsigned, 'alias.example.com A', 'bogus', 10, /not signed/],
  ] as const)('%s %s (%s)', (_section, _what, whose, tamper, question, verdict, code, text) => {
    const world = worldOf()
    world.tamper.set(whose, tamper)
    const told = world.validate(question)
    expect([told.security, told.code, told.text]).toEqual([verdict, code, expect.stringMatching(text)])
    world.tamper.clear()
    world.clock.advance(400_000)
    expect(world.validate(question).security).toBe(whose.startsWith('plain') ? 'insecure' : 'secure')
  })

  test('§4.8 a signature that has ended, with its date; five minutes are let pass', () => {
    const world = worldOf()
    const finding = world.ask(...questionOf('www.example.com A')) as Finding
    world.clock.advance(14 * DAY + 299_000)
    expect(world.validate('www.example.com A', { finding }).security).toBe('secure')
    world.clock.advance(2000)
    const told = world.validate('www.example.com A', { finding })
    expect([told.security, told.code, told.text]).toEqual(['bogus', 7, expect.stringMatching(/signature of www\.example\.com A by key \d+ of example\.com\. ended 2026-12-06 00:00 UTC/)])
  })

  test('§4.9 a signature that does not begin yet', () => {
    const world = worldOf()
    const finding = world.ask(...questionOf('www.example.com A')) as Finding
    expect(world.validate('www.example.com A').security).toBe('secure')
    world.clock.jumpWall(-3700_000)
    const told = world.validate('www.example.com A', { finding })
    expect([told.security, told.code]).toEqual(['secure', undefined])
    world.clock.jumpWall(-300_000)
    expect(world.validate('www.example.com A', { finding })).toMatchObject({ security: 'bogus', code: 8, text: expect.stringMatching(/begins 2026-11-21 23:00 UTC only, and the clock here says 2026-11-21 22:53 UTC/) })
  })

  test('a signature that ends before it begins', () => {
    const world = worldOf()
    const set = signedBy(CHILD, 'example.com', rrset('www.example.com 300 A 192.0.2.1'), { times: { inception: 2_000_000_000, expiration: 1_700_000_000 } })
    expect(world.validate('www.example.com A', { finding: findingFor('www.example.com A', 'rrset', [set]) })).toMatchObject({ security: 'bogus', code: 25 })
  })

  test('§4.12 the key that the parent vouches for is no zone key', () => {
    const key = signingKey(15, { flags: 1 })
    const world = worldOf({ signing: signingOf({ keys: [key] }) })
    expect(world.validate('www.example.com A')).toMatchObject({ security: 'bogus', code: 11, text: expect.stringContaining('is no zone key') })
  })

  test('RFC 5011 §2.1 a revoked key vouches for nothing', () => {
    const key = signingKey(15, { flags: 257 | 0x80 })
    const world = worldOf({ signing: signingOf({ keys: [key] }) })
    expect(world.validate('www.example.com A')).toMatchObject({ security: 'bogus', code: 9 })
  })
})

const questionOf = (question: string): readonly [string, number] => {
  const { owner, type } = findingFor(question, 'rrset', [])
  return [owner, type]
}

describe('RFC 4035 §5.2 what the parent vouches for', () => {
  const own = dsRdata(name('example.com'), CHILD.dnskey, 2)
  const as = (algorithm: number, digest: number, tag = CHILD.keyTag): Uint8Array => Uint8Array.from([tag >> 8, tag & 255, algorithm, digest, ...own.subarray(4)])
  const sha1 = (dnskey: Uint8Array): Uint8Array => {
    const full = dsRdata(name('example.com'), dnskey, 2)
    return Uint8Array.from([...full.subarray(0, 3), 1, ...new Uint8Array(20)])
  }
  test.each([
    ['RFC 8624 §3.3 SHA-256', [own], 'secure', undefined],
    ['RFC 8624 §3.3 SHA-384', [dsRdata(name('example.com'), CHILD.dnskey, 4)], 'secure', undefined],
    ['one of several', [as(13, 2), own], 'secure', undefined],
    ['an unknown algorithm beside', [as(200, 2), own], 'secure', undefined],
    ['RFC 9905 §2 RSA with SHA-1 only', [as(5, 2), as(7, 2)], 'insecure', 1],
    ['RFC 8914 §4.2 unknown algorithms only', [as(1, 2), as(3, 2), as(12, 2), as(253, 2)], 'insecure', 1],
    ['RFC 8914 §4.3 unknown digests only', [as(15, 3), as(15, 5)], 'insecure', 2],
    ['a key that is not there', [as(15, 2, 1)], 'bogus', 9],
    ['another algorithm than the key has', [as(13, 2)], 'bogus', 9],
    ['a digest of another key', [Uint8Array.from(own, (octet, i) => (i === 9 ? octet ^ 1 : octet))], 'bogus', 9],
    ['a digest cut short', [own.subarray(0, 30)], 'insecure', 1],
    ['RFC 4509 §3 SHA-1 is left aside beside SHA-256', [sha1(CHILD.dnskey), own], 'secure', undefined],
    ['RFC 4509 §3 SHA-256 that does not fit beside SHA-1', [sha1(CHILD.dnskey), as(15, 2, 1)], 'bogus', 9],
  ] as const)('%s', (_what, ds, security, code) => {
    const told = worldOf({ ds }).validate('www.example.com A')
    expect([told.security, told.code]).toEqual([security, code])
  })

  test('RFC 9904 §3 a SHA-1 digest alone is believed', () => {
    const { createHash } = process.getBuiltinModule('node:crypto')
    const digest = createHash('sha1').update(name('example.com')).update(CHILD.dnskey).digest()
    const told = worldOf({ ds: [Uint8Array.from([...own.subarray(0, 3), 1, ...digest])] }).validate('www.example.com A')
    expect(told.security).toBe('secure')
  })
})

describe('RFC 4035 §5.3 signatures', () => {
  const www = rrset('www.example.com 300 A 192.0.2.1')
  const told = (finding: Finding, question = 'www.example.com A') => worldOf().validate(question, { finding })
  test('§5.3.1 another zone has signed it', () => {
    expect(told(findingFor('www.example.com A', 'rrset', [signedBy(CHILD, 'www.example.com', www)]))).toMatchObject({ security: 'bogus', code: 6, text: expect.stringMatching(/which is no zone/) })
    expect(told(findingFor('www.example.com A', 'rrset', [signedBy(CHILD, 'other.com', www)]))).toMatchObject({ security: 'bogus', code: 10 })
  })
  test('RFC 4035 §5.3.1 DS signed by the child itself', () => {
    const ds = rrset('example.com 300 DS 1 15 2 0000000000000000000000000000000000000000000000000000000000000000')
    expect(told(findingFor('example.com DS', 'rrset', [signedBy(CHILD, 'example.com', ds)]), 'example.com DS')).toMatchObject({ security: 'bogus', code: 10 })
  })
  test('§5.3.3 the TTL is at most the signed one, and ends with the signature', () => {
    const set = signedBy(CHILD, 'example.com', www)
    const finding = findingFor('www.example.com A', 'rrset', [{ ...set, rrset: { ...set.rrset, ttl: 86_400 } }])
    expect(told(finding).finding.answer[0]?.rrset.ttl).toBe(300)
    const now = Date.UTC(2026, 10, 22) / 1000
    const short = signedBy(CHILD, 'example.com', www, { times: { inception: now - 100, expiration: now - 290 + 20 } })
    const bounded = told(findingFor('www.example.com A', 'rrset', [short]))
    expect([bounded.security, bounded.finding.answer[0]?.rrset.ttl]).toEqual(['bogus', 300])
    const soon = signedBy(CHILD, 'example.com', www, { times: { inception: now - 400, expiration: now - 290 } })
    const ending = told(findingFor('www.example.com A', 'rrset', [soon])).finding
    expect([ending.security, ending.answer[0]?.rrset.ttl, ending.expiresAt]).toEqual(['secure', 10, 10_000])
  })
  test('RFC 6840 §5.11 one good signature of several is enough', () => {
    const good = signedBy(CHILD, 'example.com', www)
    const bad = signedBy(CHILD, 'example.com', { ...www, ttl: 299 })
    const rdata = [...(bad.signatures?.rdata ?? []), ...(good.signatures?.rdata ?? [])]
    expect(told(findingFor('www.example.com A', 'rrset', [{ rrset: www, signatures: good.signatures && { ...good.signatures, rdata } }])).security).toBe('secure')
  })
  test('§5.3.4 what a wildcard of another depth made is not believed', () => {
    const made = signedBy(CHILD, 'example.com', rrset('mail.example.com 300 A 192.0.2.66'), { labels: 2 })
    const proof = worldOf().ask(...questionOf('nope.example.com A')) as Finding
    expect(told(findingFor('mail.example.com A', 'rrset', [made], proof.authority), 'mail.example.com A')).toMatchObject({ security: 'bogus', code: 12 })
  })
  test('CVE-2017-15105 a denial that was made from a wildcard denies nothing', () => {
    const nsec = signedBy(CHILD, 'example.com', rrset('mail.example.com 300 NSEC www.example.com RRSIG NSEC'), { labels: 2 })
    expect(told(findingFor('mail.example.com A', 'nodata', [], [nsec]), 'mail.example.com A')).toMatchObject({ security: 'bogus', code: 12 })
  })
  test('§5.4 denials of other zones, and unsigned ones, say nothing and do no harm', () => {
    const finding = worldOf().ask(...questionOf('nope.example.com A')) as Finding
    const others = [
      signedBy(KEY, 'com', rrset('a.com 300 NSEC z.com A RRSIG NSEC')), signedBy(KEY, 'elsewhere.org', rrset('a.elsewhere.org 300 NSEC z.elsewhere.org A RRSIG NSEC')),
      { rrset: rrset('mail.example.com 300 NSEC zz.example.com A RRSIG NSEC'), signatures: undefined },
    ]
    const { security, finding: proven } = told({ ...finding, authority: [...others, ...finding.authority] }, 'nope.example.com A')
    expect([security, proven.authority.length]).toEqual(['secure', finding.authority.length])
    expect(told({ ...finding, authority: others }, 'nope.example.com A')).toMatchObject({ security: 'bogus', code: 12 })
    expect(told({ ...finding, authority: others.slice(2) }, 'nope.example.com A')).toMatchObject({ security: 'bogus', code: 10 })
  })
  test('§3.2.3 the SOA of a denial has to be genuine too', () => {
    const finding = worldOf().ask(...questionOf('nope.example.com A')) as Finding
    const authority = finding.authority.map((set) => (set.rrset.type === TYPE.SOA ? { ...set, rrset: { ...set.rrset, rdata: set.rrset.rdata.map((rdata) => flipped(rdata, -1)) } } : set))
    expect(told({ ...finding, authority }, 'nope.example.com A')).toMatchObject({ security: 'bogus', code: 6 })
  })
})

describe('RFC 4033 §5 where validation begins', () => {
  test('without an anchor above, nothing is known', () => {
    const world = worldOf()
    world.trust({})
    expect(world.validate('www.example.com A')).toMatchObject({ security: 'indeterminate', code: undefined })
    expect(world.asked).toEqual([])
  })
  test('RFC 4035 §4.4 an anchor of any zone, as key or as DS', () => {
    const world = worldOf()
    world.trust({ 'example.com': { ds: [], dnskey: [CHILD.dnskey] } })
    expect([world.validate('www.example.com A').security, world.validate('www.plain.com A').security]).toEqual(['secure', 'indeterminate'])
    world.trust({ 'example.com': { ds: [dsRdata(name('example.com'), CHILD.dnskey, 4)], dnskey: [] } })
    expect(world.validate('www.example.com A').security).toBe('secure')
    world.trust({ 'example.com': { ds: [], dnskey: [KEY.dnskey] } })
    expect(world.validate('www.example.com A')).toMatchObject({ security: 'bogus', code: 9 })
  })
  test('RFC 7646 §2 a negative trust anchor turns validation off below it until it ends', () => {
    const world = worldOf({ ds: [dsRdata(name('example.com'), KEY.dnskey, 2)] })
    const anchors = { '.': { ds: [dsRdata(name('.'), KEY.dnskey, 2)], dnskey: [] } }
    expect(world.validate('www.example.com A').security).toBe('bogus')
    world.trust(anchors, { 'example.com': { endsAt: world.clock.wallMs() + 3_600_000, reason: 'their keys are lost' } })
    expect(world.validate('www.example.com A')).toMatchObject({ security: 'insecure', code: undefined })
    expect(world.validate('nope.com A').security).toBe('secure')
    world.clock.advance(3_599_000)
    expect(world.validate('www.example.com A').security).toBe('insecure')
    world.clock.advance(2000)
    expect(world.validate('www.example.com A').security).toBe('bogus')
  })
  test('RFC 7646 §2 an anchor below a negative one holds', () => {
    const world = worldOf()
    world.trust({ '.': { ds: [], dnskey: [KEY.dnskey] }, 'example.com': { ds: [], dnskey: [CHILD.dnskey] } }, { com: { endsAt: world.clock.wallMs() + 1000, reason: '' } })
    expect([world.validate('www.example.com A').security, world.validate('www.plain.com A').security]).toEqual(['secure', 'insecure'])
  })
})

describe('RFC 4035 §4.7 what failed is not asked for again at once', () => {
  test('after 5 s, then 10 s, 20 s … up to five minutes; and what was wrong is thrown out of the cache', () => {
    const world = worldOf()
    world.tamper.set('example.com DNSKEY', changed)
    world.validate('www.example.com A')
    const pauses: number[] = []
    for (let last = 0, s = 5; s < 1300; s += 5) {
      world.clock.advance(5000)
      const before = world.asked.length
      world.validate('mail.example.com A')
      if (world.asked.slice(before).includes('example.com DNSKEY')) {
        pauses.push(s - last)
        last = s
      }
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].slice(0, pauses.length))
    expect(pauses.length).toBeGreaterThan(7)
    expect(new Set(world.discarded)).toEqual(new Set(['example.com DNSKEY']))
  })
  test('questions that need the same keys wait for one another', () => {
    const world = worldOf()
    world.holds = true
    const told: string[] = []
    for (const question of ['www.example.com A', 'mail.example.com A', 'nope.example.com A']) world.start(question, ({ security }) => told.push(`${question} ${security}`))
    while (world.held.length > 0) world.held.shift()?.()
    expect(told.sort()).toEqual(['mail.example.com A secure', 'nope.example.com A secure', 'www.example.com A secure'])
    expect(world.asked).toEqual(['. DNSKEY', 'com DS', 'com DNSKEY', 'example.com DS', 'example.com DNSKEY'])
  })
  test('one that is needed to find what it waits for is told so, and one that waits too long', () => {
    const world = worldOf()
    world.holds = true
    const told: string[] = []
    world.start('www.example.com A', () => {})
    world.start('mail.example.com A', ({ security, text }) => told.push(`${security} ${text}`))
    world.clock.advance(5000)
    expect(told).toEqual(['bogus not validated: the keys of example.com. were not found in time'])
  })
})

test('what is proven once need not be computed again, and what was changed since is not believed', () => {
  const world = worldOf()
  world.validate('nope.example.com A')
  const before = world.verifies
  expect([world.validate('nope.example.com A').security, world.validate('nopf.example.com TXT').security, world.verifies - before]).toEqual(['secure', 'secure', 0])
  world.tamper.set('nope.example.com A', (finding) => ({ ...finding, authority: finding.authority.map((set) => ({ ...set, rrset: { ...set.rrset, rdata: set.rrset.rdata.map((rdata) => flipped(rdata, -1)) } })) }))
  expect(world.validate('nope.example.com A').security).toBe('bogus')
  world.clock.advance(15 * DAY)
  world.tamper.clear()
  expect(world.validate('nope.example.com A').security).toBe('secure')
})

test('what explain is told of a chain', () => {
  const world = worldOf()
  const steps: string[] = []
  world.validate('www.example.com A', { trace: (id, facts) => void steps.push(`${id.slice('dns.validation.'.length)} ${String(facts.name ?? facts.zone)}`) })
  expect(steps).toEqual([
    'signature . DNSKEY', 'anchor .', 'signature com DS', 'signature com DNSKEY', 'ds com.', 'signature example.com DS', 'signature example.com DNSKEY',
    'ds example.com.', 'signature www.example.com A',
  ])
  expect(answerText(world.validate('www.example.com A').finding)).toEqual(['www.example.com A 192.0.2.1'])
})
