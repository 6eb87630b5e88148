/** Zones that we sign are believed, as another validator believes them; and no octet of an answer can be changed so that something else is believed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SigningAlgorithm } from '../../services/dns/index.ts'
import type { Finding } from '../../services/dns/resolver/finding.ts'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { formatKey, keyOf, nameKey } from '../../services/dns/wire/name.ts'
import { canonicalRdata } from '../../services/dns/wire/rdata.ts'
import { TYPE, typeName } from '../../services/dns/wire/type-names.ts'
import { toHex } from '../../stack/platform/index.ts'
import { Bench, CLIENT, queryBytes, zoneOf } from '../support/dns.ts'
import { signingKey, signingOf, verdict } from '../support/dnssec.ts'
import { findingOf, SignedWorld } from '../support/validation.ts'

const label = fc.constantFrom('a', 'b', 'c', '*', 'Zz', 'x-y')
const owner = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, 'example'].join('.'))
const DATA = { A: '10.0.0.1', TXT: '"text"', MX: '5 Mail.Example.', CNAME: 'a.example.', DNAME: 'target.elsewhere.', NS: 'ns.elsewhere.', SRV: '0 0 1 B.example.' } as const
type Type = keyof typeof DATA
const row = fc.tuple(owner, fc.oneof({ weight: 4, arbitrary: fc.constantFrom<Type>('A', 'TXT', 'MX', 'SRV') }, fc.constantFrom<Type>('CNAME', 'DNAME', 'NS')))
const question = fc.tuple(owner, fc.constantFrom('A', 'TXT', 'DS', 'CNAME', 'MX', 'ANY', 'NS'))

/** Rows as far as they may stand beside one another: a CNAME alone, no data beside a delegation, no wildcard that delegates. */
function zoneText(rows: readonly (readonly [string, Type])[]): string {
  const types = new Map<string, Set<Type>>()
  for (const [name, type] of rows) {
    const own = types.get(name.toLowerCase()) ?? new Set()
    const alone = type === 'CNAME' || type === 'NS' || type === 'DNAME'
    const taken = [...own].some((other) => other === 'CNAME' || other === 'NS' || other === 'DNAME')
    if (taken || (alone && own.size > 0) || ((type === 'NS' || type === 'DNAME') && name.startsWith('*'))) continue
    types.set(name.toLowerCase(), own.add(type))
  }
  return [...types].flatMap(([name, own]) => [...own].map((type) => `${name}. ${type} ${DATA[type]}`)).join('\n')
}

/** All that a client would be told, in an order of its own. */
const said = (finding: Finding): string => {
  const data = finding.answer.flatMap(({ rrset }) => rrset.rdata.map((rdata) => `${formatKey(nameKey(rrset.name))} ${rrset.type} ${toHex(canonicalRdata(rrset.type, rdata))}`))
  return [finding.kind, ...data.sort()].join('\n')
}

describe.each(['nsec', 'nsec3', 'compact'] as const)('random zones, denial by %s', (denial) => {
  const numRuns = 40
  test('are believed', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), fc.array(question, { minLength: 3, maxLength: 6 }), fc.constantFrom<SigningAlgorithm>(13, 15), (rows, questions, algorithm) => {
        const text = zoneText(rows)
        const signing = signingOf({ denial, keys: [signingKey(algorithm)] })
        const world = new SignedWorld({ example: { text, signing } })
        world.trust({ example: { ds: [], dnskey: signing.keys.map((key) => key.dnskey) } })
        const bench = new Bench([zoneOf('example', `@ NS ns.nic.\n${text}`)], {}, 1, false, world.clock)
        bench.server.setSigning(1, signing)
        for (const [name, type] of questions) {
          const finding = world.ask(keyOf(name), world.validate(`${name} ${type}`).finding.type) as Finding
          const isReferral = finding.kind === 'nodata' && finding.authority.every((set) => set.rrset.type !== TYPE.SOA)
          const other = verdict(bench, 'example', signing, `${name} ${type}`)
          expect([text, name, type, other]).toEqual([text, name, type, expect.stringMatching(/^(secure|insecure delegation)$/)])
          // What lies below a delegation is not in the zone: nobody answers for it here.
          if (isReferral) continue
          const told = world.validate(`${name} ${type}`)
          expect([text, name, type, told.security, told.text]).toEqual([text, name, type, 'secure', undefined])
        }
      }),
      { numRuns },
    )
  })

  test('and whatever octet is changed, nothing else is believed', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 8 }), question, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 30, maxLength: 30 }), (rows, [name, type], flips) => {
        const signing = signingOf({ denial, keys: [signingKey(15)] })
        const world = new SignedWorld({ example: { text: zoneText(rows), signing } })
        world.trust({ example: { ds: [], dnskey: signing.keys.map((key) => key.dnskey) } })
        const bench = new Bench([zoneOf('example', `@ NS ns.nic.\n${zoneText(rows)}`)], {}, 1, false, world.clock)
        bench.server.setSigning(1, signing)
        const bytes = queryBytes(name, type, { flags: 0, edns: { dnssecOk: true, size: 65_535 } })
        const into = new Uint8Array(65_535)
        const length = bench.server.receiveStream(bytes, 0, bytes.length, into, 0, CLIENT, () => {
          throw new Error('the answer is to come later')
        })
        const genuine = parseMessage(into, 0, length)
        if (!genuine.ok) throw new Error('malformed')
        const asked = `${formatKey(genuine.value.key)} ${typeName(genuine.value.type)}`
        const truth = said(findingOf(genuine.value, keyOf('example'), 0))
        for (const [at, by] of flips) {
          const other = into.slice(0, length)
          other[at % length] = (other[at % length] as number) ^ by
          const message = parseMessage(other, 0, length)
          if (!message.ok || message.value.key !== genuine.value.key || message.value.type !== genuine.value.type) continue
          const finding = findingOf(message.value, keyOf('example'), 0)
          const told = world.validate(asked, { finding })
          if (told.security !== 'secure') continue
          // A compact denial says that there is nothing, however it is called (RFC 9824 §3).
          const same = denial === 'compact' && finding.answer.length === 0 ? [truth, 'nodata', 'nxdomain'] : [truth]
          expect(same).toContain(said(told.finding))
        }
      }),
      { numRuns },
    )
  })
})
