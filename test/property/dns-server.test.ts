/**
 * The server against two models: a plain reading of RFC 1034 §4.3.2 and RFC 4592 over a list of records, and itself
 * without the answer table. Zones are edited between queries, so that kept answers must end when they should.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../services/dns/index.ts'
import type { DnsRecord } from '../../services/index.ts'
import { Bench, queryBytes, replyTo, zoneOf } from '../support/dns.ts'

const BASE = 'lab.example'
const LABELS = ['a', 'b', '*', 'w']
/** Names of up to three labels below the apex, few enough that edits and queries meet. */
const relative = fc.array(fc.constantFrom(...LABELS), { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'))
const rows = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(relative, fc.constant('A'), fc.constantFrom('10.0.0.1', '10.0.0.2')) },
  { weight: 3, arbitrary: fc.tuple(relative, fc.constant('TXT'), fc.constantFrom('"x"', '"y"')) },
  { weight: 2, arbitrary: fc.tuple(relative, fc.constant('CNAME'), relative.map((r) => `${r}.${BASE}.`)) },
  { weight: 1, arbitrary: fc.tuple(relative, fc.constant('MX'), relative.map((r) => `5 ${r}.${BASE}.`)) },
  { weight: 1, arbitrary: fc.tuple(relative, fc.constant('NS'), relative.map((r) => `${r}.${BASE}.`)) },
)
const asked = fc.tuple(relative, fc.constantFrom('A', 'TXT', 'CNAME', 'MX', 'NS'))

type Step = {
  readonly add: readonly [string, string, string],
} | { readonly remove: number } | { readonly ask: readonly [string, string] }
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: rows.map((add) => ({ add: add as readonly [string, string, string] })) },
    { weight: 1, arbitrary: fc.nat().map((remove) => ({ remove })) },
    { weight: 6, arbitrary: asked.map((ask) => ({ ask })) },
  ),
  { maxLength: 60 },
)

const toRecord = ([name, type, data]: readonly [string, string, string]): NewRecord => ({
  name: `${name}.${BASE}.`, type, data, ttl: null, owner: { kind: 'hand' }, comment: undefined,
})

/** Plans and applies; a refused change is none. */
function edit(bench: Bench, step: Step): void {
  const zone = bench.server.zones.get(BASE)
  if (zone === undefined || 'ask' in step) return
  const ids = [...zone.records()].filter((r) => r.name !== BASE).map((r) => r.id)
  const removeIds = 'remove' in step && ids.length > 0 ? [ids[step.remove % ids.length] as number] : []
  const planned = bench.server.planEdit(BASE, { add: 'add' in step ? [toRecord(step.add)] : [], removeIds })
  if (planned.ok) bench.server.applyEdit(planned.value)
}

/** What RFC 1034 says, word by word: 'rcode | owner type data, …' or a referral's cut. */
function model(records: readonly DnsRecord[], question: string, type: string): string {
  const answer: string[] = []
  let name = question
  const seen = new Set([name])
  const owned = (n: string): readonly DnsRecord[] => records.filter((r) => r.name === n)
  const exists = (n: string): boolean => n === BASE || records.some((r) => r.name === n || r.name.endsWith(`.${n}`))
  for (;;) {
    const above = name.split('.').map((_, i, all) => all.slice(i).join('.')).filter((n) => n.endsWith(`.${BASE}`))
    const cut = above.findLast((n) => owned(n).some((r) => r.type === 'NS'))
    if (cut !== undefined) return `referral ${cut} | ${answer.join(', ')}`
    let node = owned(name)
    if (!exists(name)) {
      const encloser = above.concat(BASE).find((n) => n !== name && exists(n)) as string
      if (!exists(`*.${encloser}`)) return `NXDOMAIN | ${answer.join(', ')}`
      node = owned(`*.${encloser}`)
    }
    const found = node.filter((r) => r.type === type)
    const alias = node.find((r) => r.type === 'CNAME')
    if (found.length > 0 || alias === undefined) {
      answer.push(...found.map((r) => `${name} ${r.type} ${r.data}`))
      return `NOERROR | ${answer.join(', ')}`
    }
    answer.push(`${name} CNAME ${alias.data}`)
    if (seen.has(alias.data) || seen.size > 16) return `NOERROR | ${answer.join(', ')}`
    seen.add(alias.data)
    name = alias.data
  }
}

const told = (bench: Bench, name: string, type: string): string => {
  const t = bench.ask(name, type, { edns: {} })
  const cut = t.authority.find((line) => line.split(' ')[2] === 'NS')?.split(' ')[0]
  const answer = t.answer.map((line) => line.replace(/ \d+ /, ' ')).join(', ')
  return `${cut === undefined ? t.rcode : `referral ${cut}`} | ${answer}`
}

const empty = (): ReturnType<typeof zoneOf> => zoneOf(BASE, '@ NS ns.elsewhere.example.')

describe('RFC 1034 §4.3.2 and RFC 4592 by a model', () => {
  test('every question after every history of edits', () => {
    fc.assert(fc.property(steps, (history) => {
      const bench = new Bench([empty()])
      for (const step of history) {
        if (!('ask' in step)) {
          edit(bench, step)
          continue
        }
        const [label, type] = step.ask
        const name = `${label}.${BASE}`
        const records = [
          ...(bench.server.zones.get(BASE) as NonNullable<ReturnType<typeof bench.server.zones.get>>).records(),
        ]
        // Twice: from the zone, then from the answer table.
        for (let times = 0; times < 2; times++) expect(told(bench, name, type)).toBe(model(records, name, type))
      }
      expect(bench.server.counters.get('internal-error')).toBe(0)
    }), { numRuns: 150 })
  })
})

describe('the answer table changes no octet', () => {
  const shapes = fc.record({
    flags: fc.constantFrom(0, 0x0100, 0x0110), upper: fc.boolean(),
    edns: fc.constantFrom(undefined, {}, { dnssecOk: true }, { size: 512 }),
  })

  test('with small slabs, edits, other clients’ letter case, upstream answers and time', () => {
    const act = fc.oneof(
      {
        weight: 2,
        arbitrary: rows.map(
          (add) => ({ kind: 'edit' as const, step: { add: add as readonly [string, string, string] } }),
        ),
      },
      { weight: 1, arbitrary: fc.nat().map((remove) => ({ kind: 'edit' as const, step: { remove } })) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((ms) => ({ kind: 'wait' as const, ms })) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }).map((minimum) => ({ kind: 'zone' as const, minimum })) },
      {
        weight: 9,
        arbitrary: fc.tuple(asked, fc.boolean(), shapes).map(
          ([ask, outside, shape]) => ({ kind: 'ask' as const, ask, outside, shape }),
        ),
      },
    )
    fc.assert(fc.property(fc.array(act, { maxLength: 60 }), (history) => {
      const options = { upstreams: [{ address: 1, port: 53 }] }
      const kept = new Bench(
        [empty()], { ...options, answerSlabs: [{ slotOctets: 128, slots: 4 }, { slotOctets: 1500, slots: 6 }] },
      )
      const plain = new Bench([empty()], { ...options, answerSlabs: [] })
      for (const bench of [kept, plain]) {
        bench.onSent = (sent) => sent.reply(replyTo(sent, sent.type === 'A'
          ? { answer: `${sent.name} 30 CNAME end.example.net\nend.example.net 9 A 192.0.2.1` }
          : { rcode: 3, authority: `${sent.name} 300 SOA a.example b.example 1 2 3 4 7` }))
      }
      for (const action of history) {
        if (action.kind === 'edit') for (const bench of [kept, plain]) edit(bench, action.step)
        else if (action.kind === 'wait') for (const bench of [kept, plain]) bench.clock.advance(action.ms)
        else if (action.kind === 'zone') {
          for (const bench of [kept, plain]) {
            const zone = bench.server.zones.get(BASE)?.zone
            if (zone !== undefined) bench.server.changeZone(
              { ...zone, minimum: action.minimum, serial: zone.serial + 1 },
            )
          }
        } else {
          const name = `${action.ask[0]}.${action.outside ? 'example.net' : BASE}`
          const query = queryBytes(
            action.shape.upper ? name.toUpperCase() : name, action.ask[1],
            { flags: action.shape.flags, ...(action.shape.edns === undefined ? {} : { edns: action.shape.edns }) },
          )
          const octets = [kept, plain].map((bench) => {
            const into = new Uint8Array(2000)
            const length = bench.server.receive(query, 0, query.length, into, 0, 1500, 0, () => {
              throw new Error('later')
            })
            return Buffer.from(into.subarray(0, length)).toString('hex')
          })
          expect(octets[0]).toBe(octets[1])
        }
      }
    }), { numRuns: 200 })
  })

  test('a busy table does answer', () => {
    const bench = new Bench([zoneOf(BASE, 'a A 10.0.0.1')])
    for (let i = 0; i < 100; i++) bench.ask(`a.${BASE}`, 'A')
    expect(bench.server.counters.get('answered-from-table')).toBe(99)
  })
})
