/** Updates against the pseudocode of RFC 2136 §3.2.5 and §3.4.2.7, written down again over plain lists. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rule, UpdateBench } from '../support/dns-update.ts'

type Row = { readonly name: string; readonly type: string; readonly ttl: number; readonly data: string }

const FIRST: readonly Row[] = [
  { name: 'lab.example', type: 'NS', ttl: 300, data: 'ns.lab.example' },
  { name: 'a.lab.example', type: 'A', ttl: 300, data: '10.0.0.1' },
  { name: 'c.lab.example', type: 'CNAME', ttl: 300, data: 'a.lab.example' },
]
const names = fc.constantFrom('lab.example', 'a.lab.example', 'b.lab.example', 'c.lab.example')
const data = fc.constantFrom<readonly [string, string]>(
  ['A', '10.0.0.1'], ['A', '10.0.0.2'], ['TXT', '"x"'], ['CNAME', 'a.lab.example'], ['CNAME', 'b.lab.example'], ['NS', 'ns.lab.example'], ['NS', 'ns2.lab.example'],
)
const types = fc.constantFrom('A', 'TXT', 'CNAME', 'NS')
const prerequisite = fc.oneof(
  fc.record({ kind: fc.constantFrom('yxdomain', 'nxdomain'), name: names }).map(({ kind, name }) => `prereq ${kind} ${name}`),
  fc.record({ kind: fc.constantFrom('yxrrset', 'nxrrset'), name: names, type: types }).map(({ kind, name, type }) => `prereq ${kind} ${name} ${type}`),
  fc.record({ name: names, data }).map(({ name, data: [type, text] }) => `prereq yxrrset ${name} ${type} ${text}`),
)
const change = fc.oneof(
  fc.record({ name: names, ttl: fc.constantFrom(60, 300), data }).map(({ name, ttl, data: [type, text] }) => `add ${name} ${ttl} ${type} ${text}`),
  fc.record({ name: names, data }).map(({ name, data: [type, text] }) => `delete ${name} ${type} ${text}`),
  fc.record({ name: names, type: types }).map(({ name, type }) => `delete ${name} ${type}`),
  names.map((name) => `delete ${name}`),
)
const update = fc.record({ prerequisites: fc.array(prerequisite, { maxLength: 2 }), changes: fc.array(change, { maxLength: 6 }) })

function holds(zone: readonly Row[], lines: readonly string[]): boolean {
  const sets = new Map<string, string[]>()
  for (const line of lines) {
    const [, kind, name, type, text] = line.split(' ') as [string, string, string, string?, string?]
    const there = zone.filter((row) => row.name === name && (type === undefined || row.type === type))
    if (text !== undefined) sets.set(`${name} ${type}`, [...(sets.get(`${name} ${type}`) ?? []), text])
    else if ((there.length > 0) !== kind.startsWith('y')) return false
  }
  return [...sets].every(([set, wanted]) => {
    const there = zone.filter((row) => `${row.name} ${row.type}` === set).map((row) => row.data)
    return there.length === new Set(wanted).size && wanted.every((text) => there.includes(text))
  })
}

function after(zone: readonly Row[], line: string): readonly Row[] {
  const [verb, name = '', ...rest] = line.split(' ')
  const atApex = name === 'lab.example'
  const at = zone.filter((row) => row.name === name)
  if (verb === 'delete') {
    const [type, text] = rest
    if (atApex && type === 'NS' && (text === undefined || at.filter((row) => row.type === 'NS').length === 1)) return zone
    const goes = (row: Row): boolean =>
      row.name === name && (type === undefined ? !(atApex && row.type === 'NS') : row.type === type && (text === undefined || row.data === text))
    return zone.filter((row) => !goes(row))
  }
  const [ttlText, type = '', text = ''] = rest
  const ttl = Number(ttlText)
  const isAlias = type === 'CNAME'
  if (isAlias ? atApex || at.some((row) => row.type !== 'CNAME') : at.some((row) => row.type === 'CNAME')) return zone
  const others = zone.filter((row) => row.name !== name || row.type !== type || (!isAlias && row.data !== text))
  const withTtl = others.map((row) => (row.name === name && row.type === type ? { ...row, ttl } : row))
  return [...withTtl, { name, type, ttl, data: text }]
}

const textOf = (zone: readonly Row[]): readonly string[] => zone.map(({ name, type, ttl, data: text }) => `${name} ${ttl} ${type} ${text}`).sort()

test('any sequence of updates leaves the zone as the pseudocode does, and the serial steps when it changed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(update, { maxLength: 8 }), async (updates) => {
      const bench = new UpdateBench(FIRST.map(({ name, type, ttl, data: text }) => `${name}. ${ttl} ${type} ${text}.`.replace('.1.', '.1')).join('\n'), [rule(), rule({ types: ['NS'] })])
      let model = FIRST
      let serial = 7
      for (const { prerequisites, changes } of updates) {
        const good = holds(model, prerequisites)
        const next = good ? changes.reduce(after, model) : model
        if (textOf(next).join() !== textOf(model).join()) serial++
        model = next
        expect((await bench.update(...prerequisites, ...changes)) === 'NOERROR').toBe(good)
        const there = [...(bench.server.zones.get('lab.example')?.records() ?? [])]
        expect([textOf(there), bench.serial]).toEqual([textOf(model), serial])
      }
    }),
  )
})
