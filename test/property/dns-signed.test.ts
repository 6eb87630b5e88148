/** Whatever a signed zone holds and however it was edited: a validator believes every answer, and it says the same as without DNSSEC. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DenialKind, SigningAlgorithm } from '../../services/dns/index.ts'
import type { DnsRecord } from '../../services/index.ts'
import { Bench, NO_RD, zoneRow } from '../support/dns.ts'
import { signingKey, signingOf, verdict } from '../support/dnssec.ts'

const label = fc.constantFrom('a', 'b', 'c', '*', 'Zz', '\\000', 'x-y')
const owner = fc.array(label, { maxLength: 4 }).map((labels) => [...labels, 'example'].join('.'))
const DATA = {
  A: '10.0.0.1', TXT: '"text"', MX: '5 Mail.Example', NS: 'ns.elsewhere.test.', DS: '1 13 2 0102', CNAME: 'a.example', DNAME: 'target.elsewhere.', SRV: '0 0 1 B.example',
} as const
type Type = keyof typeof DATA
const type = fc.oneof({ weight: 4, arbitrary: fc.constantFrom<Type>('A', 'TXT', 'MX', 'SRV') }, fc.constantFrom<Type>('NS', 'DS', 'CNAME', 'DNAME'))
type Step = readonly { readonly owner: string; readonly type: Type; readonly remove: boolean }[]
const step: fc.Arbitrary<Step> = fc.array(fc.record({ owner, type, remove: fc.boolean() }), { minLength: 1, maxLength: 6 })
const questions = fc.array(fc.tuple(owner, fc.constantFrom('A', 'TXT', 'NS', 'DS', 'CNAME', 'SOA', 'NSEC', 'ANY')), { minLength: 4, maxLength: 10 })

/** A zone under edits that keep the rules: a CNAME stands alone, DS beside NS only, no NS or CNAME at the apex. */
class Edited {
  readonly bench: Bench
  readonly rows = new Map<string, DnsRecord>()
  #id = 10
  #serial = 7

  constructor() {
    const ns: DnsRecord = { id: 1, zoneId: 1, name: 'example', type: 'NS', ttl: 300, data: 'ns.elsewhere.test.', owner: { kind: 'hand' }, comment: undefined, enabled: true, expiresAt: undefined }
    this.bench = new Bench([{ zone: zoneRow('example'), records: [ns] }])
  }

  apply(changes: Step): void {
    const remove: DnsRecord[] = []
    const add: DnsRecord[] = []
    for (const change of changes) {
      const key = `${change.owner.toLowerCase()} ${change.type}`
      const known = this.rows.get(key)
      const types = [...this.rows.values()].filter((row) => row.name.toLowerCase() === change.owner.toLowerCase()).map((row) => row.type)
      if (change.remove && known !== undefined && !add.includes(known)) {
        if (change.type === 'NS' && types.includes('DS')) continue
        this.rows.delete(key)
        remove.push(known)
      } else if (!change.remove && known === undefined && this.#mayStand(change.owner, change.type, types)) {
        const record: DnsRecord = {
          id: this.#id++, zoneId: 1, name: change.owner, type: change.type, ttl: 300, data: DATA[change.type], owner: { kind: 'hand' }, comment: undefined,
            enabled: true, expiresAt: undefined,
        }
        this.rows.set(key, record)
        add.push(record)
      }
    }
    this.bench.server.applyEdit({ zoneId: 1, serialBefore: this.#serial, serialAfter: ++this.#serial, remove, add })
  }

  #mayStand(name: string, kind: Type, beside: readonly string[]): boolean {
    if (name === 'example' && kind !== 'A' && kind !== 'TXT') return false
    if (kind === 'CNAME') return beside.length === 0
    if (kind === 'NS' || kind === 'DNAME') return !name.startsWith('*') && !['CNAME', 'NS', 'DNAME'].some((other) => beside.includes(other))
    return !beside.includes('CNAME') && (kind !== 'DS' || beside.includes('NS'))
  }
}

const ALGORITHMS: readonly SigningAlgorithm[] = [13, 15]

describe.each(['nsec', 'nsec3', 'compact'] as const)('answers of a signed zone, denial by %s', (denial: DenialKind) => {
  test('are believed, before and after edits', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), questions, fc.constantFrom(...ALGORITHMS), (steps, asked, algorithm) => {
        const edited = new Edited()
        const signing = signingOf({ denial, keys: [signingKey(algorithm)] })
        edited.bench.server.setSigning(1, signing)
        for (const changes of steps) {
          edited.apply(changes)
          for (const [name, kind] of asked) {
            // A compact proof has an NSEC record for every name, so it cannot say that there is none.
            if (denial === 'compact' && kind === 'NSEC') continue
            const said = verdict(edited.bench, 'example', signing, `${name} ${kind}`)
            const plain = edited.bench.ask(name, kind, NO_RD)
            const signed = edited.bench.ask(name, kind, { ...NO_RD, edns: { dnssecOk: true } })
            expect([name, kind, said]).toEqual([name, kind, expect.stringMatching(/^(secure|insecure delegation)$/)])
            expect(signed.answer.filter((line) => line.split(' ')[2] !== 'RRSIG')).toEqual(plain.answer)
            if (denial !== 'compact') expect(signed.rcode).toBe(plain.rcode)
          }
        }
      }),
      { numRuns: 25 },
    )
  })
})
