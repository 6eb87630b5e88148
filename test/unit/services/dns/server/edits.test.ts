/** An edit must end exactly the kept answers that it makes wrong: every row asks, edits, and asks again. */
import { describe, expect, test } from 'vitest'
import { PLAIN_RECORD, type DnsRecord } from '../../../../../services/index.ts'
import { Bench, zoneOf } from '../../../../support/dns.ts'

const TEXT = `
  @       NS    ns
  @       MX    5 mail
  ns      A     10.0.0.2
  mail    A     10.0.0.3
  a       A     10.0.0.4
  alias   CNAME a
  deep.x  A     10.0.0.5
  *.w     A     10.0.0.6
`
const added = (name: string, type: string, data: string): DnsRecord => ({
  id: 5000, zoneId: 1, name, type, ttl: 300, data, owner: { kind: 'lease', address: '10.0.0.9' }, ...PLAIN_RECORD,
})

/** The answer before and after the edit, and whether the one after came from the answer table. */
function around(
  question: string, edit: { readonly add?: DnsRecord; readonly remove?: string },
): readonly [string, string, boolean] {
  const lab = zoneOf('lab.example', TEXT)
  const bench = new Bench([lab])
  const [name, type] = question.split(' ') as [string, string]
  const ask = (): string => {
    const told = bench.askTwice(name, type)
    return [told.rcode, ...told.answer.map((line) => line.split(' ').slice(2).join(' ')), ...told.additional].join(' ')
  }
  const before = ask()
  const remove = lab.records.filter((r) => `${r.name} ${r.type}` === edit.remove)
  bench.server.applyEdit(
    { zoneId: 1, serialBefore: 7, serialAfter: 8, remove, add: edit.add === undefined ? [] : [edit.add] },
  )
  const count = bench.server.counters.get('answered-from-table')
  bench.ask(name, type)
  const fromTable = bench.server.counters.get('answered-from-table') > count
  return [before, ask(), fromTable]
}

describe('answers that an edit makes wrong', () => {
  test.each([
    [
      'the name itself', 'a.lab.example A', { add: added('a.lab.example', 'A', '10.0.0.9') }, 'NOERROR A 10.0.0.4',
      'NOERROR A 10.0.0.4 A 10.0.0.9',
    ],
    [
      'in another letter case', 'a.lab.example A', { add: added('A.Lab.Example', 'A', '10.0.0.9') },
      'NOERROR A 10.0.0.4', 'NOERROR A 10.0.0.4 A 10.0.0.9',
    ],
    [
      'a name that was not there', 'n.lab.example A', { add: added('n.lab.example', 'A', '10.0.0.9') }, 'NXDOMAIN',
      'NOERROR A 10.0.0.9',
    ],
    ['a name that goes', 'a.lab.example A', { remove: 'a.lab.example A' }, 'NOERROR A 10.0.0.4', 'NXDOMAIN'],
    [
      'a wildcard comes to exist as an empty non-terminal', 'n.lab.example A',
      { add: added('a.*.lab.example', 'A', '10.0.0.9') }, 'NXDOMAIN', 'NOERROR',
    ],
    [
      'a name becomes an empty non-terminal', 'n.lab.example A', { add: added('x.y.n.lab.example', 'A', '10.0.0.9') },
      'NXDOMAIN', 'NOERROR',
    ],
    ['an empty non-terminal goes', 'x.lab.example A', { remove: 'deep.x.lab.example A' }, 'NOERROR', 'NXDOMAIN'],
    [
      'an alias’s target', 'alias.lab.example A', { add: added('a.lab.example', 'A', '10.0.0.9') },
      'NOERROR CNAME a.lab.example A 10.0.0.4', 'NOERROR CNAME a.lab.example A 10.0.0.4 A 10.0.0.9',
    ],
    [
      'an additional address', 'lab.example MX', { remove: 'mail.lab.example A' },
      'NOERROR MX 5 mail.lab.example mail.lab.example 300 A 10.0.0.3', 'NOERROR MX 5 mail.lab.example',
    ],
    [
      'an additional address that comes', 'lab.example MX', { add: added('mail.lab.example', 'AAAA', '2001:db8::1') },
      'NOERROR MX 5 mail.lab.example mail.lab.example 300 A 10.0.0.3',
      'NOERROR MX 5 mail.lab.example mail.lab.example 300 A 10.0.0.3 mail.lab.example 300 AAAA 2001:db8::1',
    ],
    [
      'a wildcard comes', 'n.lab.example A', { add: added('*.lab.example', 'A', '10.0.0.9') }, 'NXDOMAIN',
      'NOERROR A 10.0.0.9',
    ],
    ['a wildcard goes', 'q.w.lab.example A', { remove: '*.w.lab.example A' }, 'NOERROR A 10.0.0.6', 'NXDOMAIN'],
    [
      'a name cuts the wildcard off', 'q.r.w.lab.example A', { add: added('r.w.lab.example', 'TXT', '"x"') },
      'NOERROR A 10.0.0.6', 'NXDOMAIN',
    ],
    [
      'a delegation comes above', 'deep.x.lab.example A', { add: added('x.lab.example', 'NS', 'ns.elsewhere') },
      'NOERROR A 10.0.0.5', 'NOERROR',
    ],
    [
      'the SOA', 'lab.example SOA', { add: added('n.lab.example', 'A', '10.0.0.9') },
      'NOERROR SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60',
      'NOERROR SOA ns.lab.example hostmaster.lab.example 8 3600 600 604800 60',
    ],
  ] as const)('%s', (_what, question, edit, before, after) => {
    expect(around(question, edit).slice(0, 2)).toEqual([before, after])
  })

  test('a wildcard below a deleted encloser comes into force', () => {
    const lab = zoneOf('lab.example', '@ NS ns\n* TXT "wild"\nh.m A 10.0.0.1')
    const bench = new Bench([lab])
    expect(bench.askTwice('q.m.lab.example', 'TXT').rcode).toBe('NXDOMAIN')
    bench.server.applyEdit(
      { zoneId: 1, serialBefore: 7, serialAfter: 8, remove: lab.records.filter((r) => r.type === 'A'), add: [] },
    )
    expect(bench.askTwice('q.m.lab.example', 'TXT').answer).toEqual(['q.m.lab.example 300 TXT "wild"'])
  })

  test('SOA fields that change', () => {
    const lab = zoneOf('lab.example', TEXT)
    const bench = new Bench([lab])
    const soa = (): string => bench.askTwice('nope.lab.example', 'A').authority[0] as string
    soa()
    bench.server.changeZone({ ...lab.zone, minimum: 5, serial: 9 })
    expect(soa()).toBe('lab.example 5 SOA ns.lab.example hostmaster.lab.example 9 3600 600 604800 5')
  })
})

describe('answers that an edit leaves right stay kept', () => {
  const edit = { add: added('n.lab.example', 'A', '10.0.0.9') }
  test.each([
    ['another name', 'a.lab.example A'],
    ['another name’s other type', 'a.lab.example TXT'],
    ['a name below', 'deep.x.lab.example A'],
  ])('%s', (_what, question) => {
    const [before, after, fromTable] = around(question, edit)
    expect(after).toBe(before)
    expect(fromTable).toBe(true)
  })

  test('a kept negative answer tells the zone’s new serial', () => {
    const lab = zoneOf('lab.example', '@ NS ns\na A 10.0.0.1')
    const bench = new Bench([lab])
    bench.askTwice('nope.lab.example', 'A')
    bench.askTwice('a.lab.example', 'TXT')
    const count = bench.server.counters.get('answered-from-table')
    bench.server.applyEdit(
      { zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add: [added('n.lab.example', 'A', '10.0.0.9')] },
    )
    for (const [name, type] of [['nope.lab.example', 'A'], ['a.lab.example', 'TXT']] as const) {
      expect(bench.ask(name, type).authority).toEqual(
        ['lab.example 60 SOA ns.lab.example hostmaster.lab.example 8 3600 600 604800 60'],
      )
    }
    expect(bench.server.counters.get('answered-from-table')).toBe(count + 2)
  })
})
