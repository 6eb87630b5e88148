/**
 * Whatever a signed zone holds, whatever was asked of it before, and whatever of that had to make room or was flushed: an
 * answer that the cache makes of proofs (RFC 8198) is the one that the zone's server gives, and a validator believes it.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MADE_HERE } from '../../services/dns/cache/denials.ts'
import { RrsetCache } from '../../services/dns/cache/rrset-cache.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { formatKey, keyOf, nameKey } from '../../services/dns/wire/name.ts'
import { TYPE, typeCode } from '../../services/dns/wire/type-names.ts'
import { SeededSecureRandom, toHex } from '../../stack/platform/index.ts'
import { signingKey, signingOf } from '../support/dnssec.ts'
import { SignedWorld } from '../support/validation.ts'

const label = fc.constantFrom('a', 'b', 'c', '*', 'zz', 'x-y')
const owner = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, 'example'].join('.'))
const DATA = { A: '10.0.0.1', TXT: '"text"', MX: '5 mail.example.', CNAME: 'a.example.', DNAME: 'target.elsewhere.', NS: 'ns.elsewhere.' } as const
type Type = keyof typeof DATA
const row = fc.tuple(owner, fc.oneof({ weight: 5, arbitrary: fc.constantFrom<Type>('A', 'TXT', 'MX') }, fc.constantFrom<Type>('CNAME', 'DNAME', 'NS')))
const question = fc.tuple(owner, fc.constantFrom('A', 'TXT', 'DS', 'CNAME', 'MX', 'NS'))

/** Rows as far as they may stand beside one another. */
function zoneText(rows: readonly (readonly [string, Type])[]): string {
  const types = new Map<string, Set<Type>>()
  for (const [name, type] of rows) {
    const own = types.get(name) ?? new Set()
    const alone = type === 'CNAME' || type === 'NS' || type === 'DNAME'
    const taken = [...own].some((other) => other === 'CNAME' || other === 'NS' || other === 'DNAME')
    if (taken || (alone && own.size > 0) || ((type === 'NS' || type === 'DNAME') && name.startsWith('*'))) continue
    types.set(name, own.add(type))
  }
  return [...types].flatMap(([name, own]) => [...own].map((type) => `${name}. ${type} ${DATA[type]}`)).join('\n')
}

/** Kind and data of the name's own records; "elsewhere": the server sends one on to another zone. */
function said({ kind, owner: asked, type, answer, authority }: Finding): string {
  if (kind === 'nodata' && type !== TYPE.DS && authority.every((set) => set.rrset.type !== TYPE.SOA)) return 'elsewhere'
  const data = answer.flatMap(({ rrset }) => (nameKey(rrset.name) === asked ? rrset.rdata.map((rdata) => `${rrset.type} ${toHex(rdata)}`) : []))
  return [kind, ...data.sort()].join('\n')
}

describe.each(['nsec', 'nsec3', 'compact'] as const)('random zones, denial by %s', (denial) => {
  test('what the cache makes of proofs is true, and proven', () => {
    let made = 0
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 8 }), fc.array(question, { minLength: 1, maxLength: 12 }), fc.array(question, { minLength: 10, maxLength: 30 }),
        fc.constantFrom(512 * 1024, 512 * 1024, 16 * 1024, 8 * 1024), fc.array(owner, { maxLength: 2 }),
        (rows, before, questions, octets, flushed) => {
          const text = zoneText(rows)
          const signing = signingOf({ denial, keys: [signingKey(15)] })
          const world = new SignedWorld({ example: { text, signing } })
          world.trust({ example: { ds: [], dnskey: signing.keys.map((key) => key.dnskey) } })
          const cache = new RrsetCache({ clock: world.clock, random: new SeededSecureRandom(1) }, { octets })
          for (const [name, type] of before) {
            const { finding } = world.validate(`${name} ${type}`)
            if (finding.security === 'secure') cache.put(0, finding)
          }
          for (const name of flushed) cache.flush({ name: keyOf(name) })
          for (const [name, type] of questions) {
            const code = typeCode(type) as number
            const answer = cache.answer(0, keyOf(name), code)
            if (answer?.source !== MADE_HERE) continue
            made++
            const truth = world.ask(keyOf(name), code) as Finding
            expect([text, formatKey(answer.owner), type, said(answer)]).toEqual([text, name, type, said(truth)])
            const verdict = world.validate(`${name} ${type}`, { finding: { ...answer, security: 'unchecked' } })
            expect([text, name, type, verdict.security, verdict.text]).toEqual([text, name, type, 'secure', undefined])
          }
        },
      ),
      { numRuns: 30 },
    )
    expect(made).toBeGreaterThan(20)
  })
})
