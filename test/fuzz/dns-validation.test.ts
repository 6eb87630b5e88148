/** Damaged keys, signatures, digests and denials: none throws, none costs more than it may, and none is believed. */
import { expect, test } from 'vitest'
import type { Finding, SignedRrset } from '../../services/dns/resolver/finding.ts'
import { Budget } from '../../services/dns/resolver/source.ts'
import { readDs, readZoneKey } from '../../services/dns/validator/keys.ts'
import { readSignature } from '../../services/dns/validator/signature.ts'
import { isRdata } from '../../services/dns/wire/rdata.ts'
import { TYPE } from '../../services/dns/wire/type-names.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { signingKey, signingOf } from '../support/dnssec.ts'
import { mutated, noise } from '../support/mutations.ts'
import { answerText, findingFor, SignedWorld } from '../support/validation.ts'

const TEXT = 'www A 192.0.2.1\n*.w A 192.0.2.2\nd DNAME www.nic.\nalias CNAME www\na.b TXT "x"'
const QUESTIONS = ['www.example A', 'www.example AAAA', 'nope.example A', 'q.w.example A', 'q.w.example TXT', 'q.d.example A', 'alias.example A', 'b.example A', 'example DNSKEY', 'example DS']
const LINKS = ['. DNSKEY', 'example DS', 'example DNSKEY']

/** Only what the wire lets through: the form of rdata is checked when a message is read. */
function damaged(set: SignedRrset, random: SeededRandom): SignedRrset {
  const change = (type: number, rdata: readonly Uint8Array[]): readonly Uint8Array[] => rdata.map((octets) => {
    const other = random.chance(0.8) ? mutated(octets, random) : noise(random, random.below(60))
    return random.chance(0.7) && isRdata(type, other) ? other : octets
  })
  const { rrset, signatures } = set
  if (random.chance(0.2)) return { rrset, signatures: undefined }
  if (random.chance(0.5) || signatures === undefined) return { rrset: { ...rrset, rdata: change(rrset.type, rrset.rdata) }, signatures }
  return { rrset, signatures: { ...signatures, rdata: random.chance(0.2) ? [...signatures.rdata, ...change(TYPE.RRSIG, signatures.rdata)] : change(TYPE.RRSIG, signatures.rdata) } }
}
const part = (sets: readonly SignedRrset[], random: SeededRandom): readonly SignedRrset[] => sets.flatMap((set) => (random.chance(0.1) ? [] : random.chance(0.5) ? [damaged(set, random)] : [set]))
const worse = (finding: Finding, random: SeededRandom): Finding => ({
  ...finding, answer: part(finding.answer, random), authority: part(finding.authority, random), kind: random.chance(0.1) ? (['rrset', 'alias', 'nodata', 'nxdomain'] as const)[random.below(4)] as Finding['kind'] : finding.kind,
})

test.each([['nsec', 1], ['nsec3', 2], ['compact', 3]] as const)('chains with damaged links, %s', (denial, seed) => {
  const random = new SeededRandom(seed)
  const signing = signingOf({ denial, keys: [signingKey(15)] })
  const world = new SignedWorld({ '.': { text: '', signing }, example: { text: TEXT, signing } })
  const truth = new Map(QUESTIONS.map((question) => {
    const { security, finding } = world.validate(question)
    expect([question, security]).toEqual([question, 'secure'])
    return [question, [finding.kind, ...answerText(finding)].join('\n')]
  }))
  const seen = new Set<string>()
  for (let i = 0; i < 700; i++) {
    const question = QUESTIONS[random.below(QUESTIONS.length)] as string
    const link = random.chance(0.4) ? LINKS[random.below(LINKS.length)] as string : question
    world.validator.forget()
    world.tamper.clear()
    world.tamper.set(link, (finding) => worse(finding, random))
    const budget = new Budget()
    const { security, finding } = world.validate(question, { budget })
    seen.add(security)
    expect(budget.signatures).toBeGreaterThanOrEqual(0)
    if (security !== 'secure') continue
    const told = [finding.kind, ...answerText(finding)].join('\n')
    const isCompactDenial = denial === 'compact' && finding.answer.length === 0
    expect(isCompactDenial ? told.replace('nxdomain', 'nodata') : told).toBe(isCompactDenial ? truth.get(question)?.replace('nxdomain', 'nodata') : truth.get(question))
  }
  expect([...seen].sort()).toEqual(expect.arrayContaining(['bogus', 'secure']))
})

test.each([4, 5])('rdata of nothing in particular, seed %i', (seed) => {
  const random = new SeededRandom(seed)
  for (let i = 0; i < 4000; i++) {
    const octets = noise(random, random.below(80))
    const [key, ds, signature] = [readZoneKey(octets), readDs(octets), readSignature(octets)]
    expect(key === undefined || key.publicKey.length === octets.length - 4).toBe(true)
    expect(ds === undefined || ds.digest.length === octets.length - 4).toBe(true)
    expect(signature === undefined || signature.head.length + signature.octets.length === octets.length).toBe(true)
  }
})

test('denials of nothing in particular prove nothing, and cost little', () => {
  const random = new SeededRandom(6)
  const signing = signingOf({ keys: [signingKey(15)] })
  // Whoever holds the key may sign what he likes.
  const world = new SignedWorld({ '.': { text: '', signing } }, { verify: (_algorithm, _key, _data, _signature, done) => done(true) })
  const soa = world.ask('\x01x\0', TYPE.A) as Finding
  let insecure = 0
  for (let i = 0; i < 2000; i++) {
    const budget = new Budget()
    const authority = soa.authority.map((set) => {
      const type = random.chance(0.5) ? TYPE.NSEC : TYPE.NSEC3
      const rdata = [noise(random, 10 + random.below(50))]
      return { rrset: { ...set.rrset, type, rdata }, signatures: set.signatures && { ...set.signatures, rdata: set.signatures.rdata.map((octets) => Uint8Array.from(octets, (octet, at) => (at === 0 ? 0 : at === 1 ? type : octet))) } }
    })
    const told = world.validate('x.y.z A', { finding: { ...findingFor('x.y.z A', random.chance(0.5) ? 'nodata' : 'nxdomain', [], authority) }, budget })
    if (told.security === 'insecure') insecure++
    expect(budget.hashRounds).toBeGreaterThanOrEqual(0)
  }
  expect(insecure).toBeLessThan(2000)
})
