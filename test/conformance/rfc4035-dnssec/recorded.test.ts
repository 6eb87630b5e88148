/** Zones that come signed: what one server exports another serves, and its answers are as good. */
import { describe, expect, test } from 'vitest'
import { signedFile } from '../../../services/dns/index.ts'
import type { LiveZone } from '../../../services/dns/index.ts'
import type { DnsRecord } from '../../../services/index.ts'
import { Bench, NO_RD, zoneOf } from '../../support/dns.ts'
import { keyPair, signingKey, signingOf, verdict } from '../../support/dnssec.ts'

const TEXT = `
  @             NS    ns1
  a             NS    ns1.a
  a             DS    57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B
  ns1.a         A     192.0.2.5
  b             NS    ns1.b
  ns1.b         A     192.0.2.7
  ns1           A     192.0.2.1
  ai            A     192.0.2.9
  *.w           MX    1 ai
  x.y.w         MX    1 ai
  alias         CNAME ai
  *.c           CNAME ai
  deep.e.e      TXT   "under two empty ones"
`
const QUESTIONS = [
  'ai A', 'ai MX', 'ml A', 'mc.a MX', 'mc.b MX', 'a DS', 'b DS', 'q.z.w MX', 'q.z.w A', '*.w MX', 'alias A', 'q.c A', 'e A', 'e.e A', 'x.e A', 'deep.e.e A', 'ai ANY',
  'ai RRSIG', '! A', 'zzz A',
]
const full = (question: string): string => question.replace(' ', '.example ')

/** The zone as another server signed it. */
function signedBy(signing = signingOf(), text = TEXT): { readonly zone: ReturnType<typeof zoneOf>['zone']; readonly records: readonly DnsRecord[] } {
  const primary = new Bench([zoneOf('example', text)])
  primary.server.setSigning(1, signing)
  return zoneOf('example', [...signedFile(primary.server.zones.get('example') as LiveZone)].join(''))
}

describe.each([
  ['nsec', signingOf()],
  ['nsec3', signingOf({ denial: 'nsec3', nsec3: { iterations: 0, salt: Uint8Array.of(0xab), optOut: false } })],
] as const)('RFC 4035 §3.1 a zone that came signed, denial by %s', (_denial, signing) => {
  const apexTypes = ['SOA', 'NS', 'DNSKEY', 'TXT']

  test('gives answers that are believed', () => {
    const bench = new Bench([signedBy(signing)])
    for (const question of [...QUESTIONS.map(full), ...apexTypes.map((type) => `example ${type}`)]) {
      const expected = /^(mc\.)?b\.example (MX)/.test(question) ? 'insecure delegation' : 'secure'
      expect([question, verdict(bench, 'example', signing, question)]).toEqual([question, expected])
    }
  })

  test('without DO they are those of the zone before it was signed', () => {
    const bench = new Bench([signedBy(signing)])
    const plain = new Bench([zoneOf('example', TEXT)])
    for (const question of QUESTIONS.filter((each) => !/ANY|RRSIG|NSEC/.test(each))) {
      const [name, type] = full(question).split(' ') as [string, string]
      expect(bench.askTwice(name, type, NO_RD)).toEqual(plain.askTwice(name, type, NO_RD))
    }
  })

  test('goes over to another version by an edit', () => {
    const first = signedBy(signing)
    const bench = new Bench([first])
    const known = new Map(first.records.map((record) => [`${record.name} ${record.type} ${record.data}`, record]))
    const second = signedBy(signing, `${TEXT}\n  ml A 192.0.2.33\n`).records.map((record, i) => ({ ...record, id: 50_000 + i }))
    const coming = new Set(second.map((record) => `${record.name} ${record.type} ${record.data}`))
    const remove = [...known].filter(([text]) => !coming.has(text)).map(([, record]) => record)
    const add = second.filter((record) => !known.has(`${record.name} ${record.type} ${record.data}`))
    bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 7, remove, add })
    for (const question of ['ml A', 'mm A', 'mk A', 'ai MX', 'q.z.w A']) expect([question, verdict(bench, 'example', signing, full(question))]).toEqual([question, 'secure'])
  })

  test('that loses its keys is served without proofs', () => {
    const zone = signedBy(signing)
    const bench = new Bench([zone])
    const DO = { ...NO_RD, edns: { dnssecOk: true } }
    expect(bench.askTwice('ml.example', 'A', DO).authority.length).toBeGreaterThan(1)
    bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: zone.records.filter((record) => ['DNSKEY', 'NSEC3PARAM'].includes(record.type)), add: [] })
    expect(bench.askTwice('ml.example', 'A', DO).authority.map((line) => line.split(' ')[2])).toEqual(['SOA'])
  })
})

describe('RFC 5155 §7.2.8 names of hashes', () => {
  test('that own nothing else are not there', () => {
    const signing = signingOf({ denial: 'nsec3' })
    const zone = signedBy(signing)
    const bench = new Bench([zone])
    const hash = zone.records.find((record) => record.type === 'NSEC3')?.name ?? ''
    for (const type of ['A', 'NSEC3', 'RRSIG', 'ANY']) expect(bench.askTwice(hash, type, NO_RD).rcode).toBe('NXDOMAIN')
  })
})

describe('RFC 5155 §7.2.4 opt-out', () => {
  /** The unsigned delegation's record and its signatures are left out of the chain, as a signer that opts out does. */
  test('an unsigned delegation without a record of its own is covered by one that opts out', () => {
    const signing = signingOf({ denial: 'nsec3', keys: [signingKey(13, {}, keyPair(13))] })
    const bench = new Bench([signedBy(signing)])
    const before = bench.ask('mc.b.example', 'MX', { ...NO_RD, edns: { dnssecOk: true } }).authority.filter((line) => line.split(' ')[2] === 'NSEC3')
    expect(before).toHaveLength(1)
    const [own = ''] = (before[0] ?? '').split(' ')
    const rows = [...(bench.server.zones.get('example') as LiveZone).records()].filter((record) => record.name.toLowerCase() === own.toLowerCase())
    bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: rows, add: [] })
    const owners = bench.ask('mc.b.example', 'MX', { ...NO_RD, edns: { dnssecOk: true } }).authority.filter((line) => line.split(' ')[2] === 'NSEC3').map((line) => line.split(' ')[0])
    const apex = bench.ask('example', 'TXT', { ...NO_RD, edns: { dnssecOk: true } }).authority.filter((line) => line.split(' ')[2] === 'NSEC3').map((line) => line.split(' ')[0])
    // The closest name above, which is the apex, and the one before the missing hash.
    expect(owners).toContain(apex[0])
    expect(owners).not.toContain(own)
    expect(new Set([...owners, apex[0]]).size).toBe(owners.length)
  })
})
