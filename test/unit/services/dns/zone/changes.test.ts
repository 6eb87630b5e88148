import { describe, expect, test } from 'vitest'
import { canonicalRecord } from '../../../../../services/dns/index.ts'
import type { NewRecord } from '../../../../../services/dns/index.ts'
import type { DnsRecord, ZoneEdit } from '../../../../../services/index.ts'
import { Bench, zoneOf } from '../../../../support/dns.ts'

const LAB = zoneOf('lab.internal', `
  @      NS    ns
  ns     A     10.53.0.2
  www    A     10.53.0.3
  www    A     10.53.0.4
  alias  CNAME www
`)
const record = (name: string, type: string, data: string, ttl: number | null = null): NewRecord => ({
  name, type, data, ttl, owner: { kind: 'hand' }, comment: undefined,
})
const idOf = (name: string, type: string): number => (
  LAB.records.find((r) => r.name === name && r.type === type) as DnsRecord
).id
const planned = (
  bench: Bench, add: readonly NewRecord[], removeIds: readonly number[] = [], after: readonly ZoneEdit[] = [],
): ZoneEdit => {
  const result = bench.server.planEdit('lab.internal', { add, removeIds }, after)
  if (!result.ok) throw new Error(`${result.error.field}: ${result.error.problem}`)
  return result.value
}

describe('canonicalRecord', () => {
  test.each([
    ['www', 'a', '10.53.0.20', 'www.lab.internal A 10.53.0.20'],
    ['@', 'MX', '10 mail', 'lab.internal MX 10 mail.lab.internal'],
    ['www.lab.internal.', 'A', '10.53.0.20', 'www.lab.internal A 10.53.0.20'],
    ['www.lab.internal', 'A', '10.53.0.20', 'www.lab.internal A 10.53.0.20'],
    ['LAB.internal', 'TXT', 'x', 'LAB.internal TXT "x"'],
    ['a.b', 'A', '10.53.0.20', 'a.b.lab.internal A 10.53.0.20'],
    ['*', 'A', '10.53.0.20', '*.lab.internal A 10.53.0.20'],
    ['x', 'CNAME', 'www.example.com', 'x.lab.internal CNAME www.example.com'],
    ['x', 'CNAME', 'www.example.com.', 'x.lab.internal CNAME www.example.com'],
    ['x', 'CNAME', 'www.lab.internal', 'x.lab.internal CNAME www.lab.internal'],
    ['x', 'CNAME', 'www', 'x.lab.internal CNAME www.lab.internal'],
    ['x', 'CNAME', '@', 'x.lab.internal CNAME lab.internal'],
    ['x', 'CNAME', 'localhost.', 'x.lab.internal CNAME localhost.'],
    ['x', 'AAAA', '2001:DB8:0::1', 'x.lab.internal AAAA 2001:db8::1'],
    ['x', 'type65400', '\\# 2 abcd', 'x.lab.internal TYPE65400 \\# 2 ABCD'],
    ['x', 'TYPE1', '\\# 4 0a350003', 'x.lab.internal A 10.53.0.3'],
  ])('%s %s %s', (name, type, data, expected) => {
    const canonical = canonicalRecord({ name, type, data, ttl: null }, 'lab.internal')
    expect(
      canonical.ok ? `${canonical.value.name} ${canonical.value.type} ${canonical.value.data}` : canonical.error,
    ).toBe(expected)
    // What came out goes in unchanged: a record that is read, edited and written keeps its meaning.
    if (canonical.ok) expect(canonicalRecord(canonical.value, 'lab.internal')).toEqual(canonical)
  })

  test.each([
    [record('www.example.com.', 'A', '10.0.0.1'), '/name', /does not lie in lab\.internal/],
    [record('a..b', 'A', '10.0.0.1'), '/name', /label is empty/],
    [record('x'.repeat(64), 'A', '10.0.0.1'), '/name', /63/],
    [record('www', 'NOSUCH', 'x'), '/type', /NOSUCH is not a record type/],
    [record('www', 'ANY', 'x'), '/type', /no data/],
    [record('www', 'TYPE0', '\\# 0'), '/type', /no data/],
    [record('@', 'SOA', 'a b 1 2 3 4 5'), '/type', /made from the zone/],
    [record('www', 'A', '10.53.0.300'), '/data', /10\.53\.0\.300/],
    [record('www', 'A', ''), '/data', /nothing/],
    [record('www', 'MX', 'mail'), '/data', /preference/],
    [record('www', 'A', '10.0.0.1', -1), '/ttl', /-1/],
    [record('www', 'A', '10.0.0.1', 1.5), '/ttl', /1\.5/],
    [record('www', 'A', '10.0.0.1', 2 ** 31), '/ttl', /2147483648/],
  ])('%o is refused at %s', (input, field, problem) => {
    const canonical = canonicalRecord(input, 'lab.internal')
    expect(canonical).toMatchObject(
      {
        ok: false,
        error: { code: 'invalid', field, problem: expect.stringMatching(problem), remedy: expect.stringMatching(/./) },
      },
    )
  })
})

describe('planEdit', () => {
  test('changes nothing; applyEdit does, for the next query', () => {
    const bench = new Bench([LAB])
    expect(bench.askTwice('new.lab.internal', 'A').rcode).toBe('NXDOMAIN')
    const edit = planned(bench, [record('new', 'A', '10.53.0.9')])
    expect(edit).toMatchObject(
      {
        zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [],
        add: [{ name: 'new.lab.internal', ttl: 300, zoneId: 1 }],
      },
    )
    expect(bench.askTwice('new.lab.internal', 'A').rcode).toBe('NXDOMAIN')
    bench.server.applyEdit(edit)
    expect(bench.askTwice('new.lab.internal', 'A').answer).toEqual(['new.lab.internal 300 A 10.53.0.9'])
    expect(bench.ask('lab.internal', 'SOA').answer[0]).toContain(' 8 3600 ')
    bench.server.applyEdit(planned(bench, [], [edit.add[0]?.id as number]))
    expect(bench.askTwice('new.lab.internal', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.ask('lab.internal', 'SOA').answer[0]).toContain(' 9 3600 ')
  })

  test('ids go on from the highest known', () => {
    const bench = new Bench([LAB])
    const most = Math.max(...LAB.records.map((r) => r.id))
    expect(
      planned(bench, [record('a', 'A', '10.0.0.1'), record('b', 'A', '10.0.0.1')]).add.map((r) => r.id),
    ).toEqual([most + 1, most + 2])
  })

  test.each([
    ['no such zone', 'nope.internal', [], [], 'not-found', ''],
    ['no such record', 'lab.internal', [], [99_999], 'not-found', ''],
    ['the same record again', 'lab.internal', [record('www', 'A', '10.53.0.3')], [], 'conflict', '/data'],
    [
      'the same twice in one change', 'lab.internal', [record('n', 'A', '10.0.0.1'), record('N', 'A', '10.0.0.1')], [],
      'conflict', '/data',
    ],
    ['a TTL of its own in an RRset', 'lab.internal', [record('www', 'A', '10.53.0.5', 60)], [], 'conflict', '/ttl'],
    ['an alias beside data', 'lab.internal', [record('www', 'CNAME', 'ns')], [], 'conflict', '/type'],
    ['data beside an alias', 'lab.internal', [record('alias', 'TXT', 'x')], [], 'conflict', '/type'],
    ['a second alias', 'lab.internal', [record('alias', 'CNAME', 'ns')], [], 'conflict', '/data'],
    [
      'both in one change', 'lab.internal', [record('n', 'TXT', 'x'), record('n', 'CNAME', 'ns')], [], 'conflict',
      '/type',
    ],
    ['the last name server', 'lab.internal', [], [idOf('lab.internal', 'NS')], 'conflict', ''],
  ] as const)('%s is refused', (_what, zone, add, removeIds, code, field) => {
    const bench = new Bench([LAB])
    expect(bench.server.planEdit(zone, { add, removeIds })).toMatchObject(
      { ok: false, error: { code, field, problem: expect.stringMatching(/./), remedy: expect.stringMatching(/./) } },
    )
  })

  test.each([
    ['an alias that takes the place of data', [record('ns', 'CNAME', 'www')], [idOf('ns.lab.internal', 'A')]],
    ['another target for an alias', [record('alias', 'CNAME', 'ns')], [idOf('alias.lab.internal', 'CNAME')]],
    ['another TTL for a whole RRset', [record('ns', 'A', '10.53.0.2', 60)], [idOf('ns.lab.internal', 'A')]],
    ['another name server', [record('@', 'NS', 'www')], [idOf('lab.internal', 'NS')]],
    ['an RRset’s TTL is taken on by its new member', [record('www', 'A', '10.53.0.5')], []],
    ['strings that differ in case only', [record('t', 'TXT', 'x'), record('t', 'TXT', 'X')], []],
  ] as const)('%s is allowed', (_what, add, removeIds) => {
    const bench = new Bench([LAB])
    expect(bench.server.planEdit('lab.internal', { add, removeIds })).toMatchObject({ ok: true })
  })

  test('stands on edits that are on their way to the store', () => {
    const bench = new Bench([LAB])
    const first = planned(bench, [record('n', 'A', '10.0.0.1')])
    const second = planned(bench, [record('m', 'A', '10.0.0.1')], [first.add[0]?.id as number], [first])
    expect(second).toMatchObject({ serialBefore: 8, serialAfter: 9, remove: [{ name: 'n.lab.internal' }] })
    const add = [record('n', 'A', '10.0.0.1')]
    expect(
      bench.server.planEdit('lab.internal', { add, removeIds: [] }, [first]),
    ).toMatchObject({ ok: false, error: { code: 'conflict' } })
    expect(
      bench.server.planEdit('lab.internal', { add, removeIds: [] }, [first, second]),
    ).toMatchObject({ ok: true, value: { serialBefore: 9 } })
    bench.server.applyEdit(first)
    bench.server.applyEdit(second)
    expect(bench.askTwice('n.lab.internal', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.askTwice('m.lab.internal', 'A').rcode).toBe('NOERROR')
  })

  test.each([
    ['CNAME', 'ns', 'A', '10.53.0.9'],
    ['A', '10.53.0.9', 'CNAME', 'ns'],
  ])('%s %s is not put where %s %s is only about to go', (type, data, otherType, otherData) => {
    const bench = new Bench([LAB])
    const there = planned(bench, [record('n', otherType, otherData)])
    bench.server.applyEdit(there)
    const leaving = planned(bench, [], [there.add[0]?.id as number])
    const add = [record('n', type, data)]
    const refused = { ok: false, error: { code: 'conflict', field: '/type' } }
    // The store may yet refuse to take it away.
    expect(bench.server.planEdit('lab.internal', { add, removeIds: [] }, [leaving])).toMatchObject(refused)
    bench.server.applyEdit(leaving)
    expect(bench.server.planEdit('lab.internal', { add, removeIds: [] })).toMatchObject({ ok: true })
  })

  test('an edit of a zone that is gone is nothing', () => {
    const bench = new Bench([LAB])
    const edit = planned(bench, [record('n', 'A', '10.0.0.1')])
    bench.server.removeZone('LAB.internal')
    bench.server.applyEdit(edit)
    expect(bench.server.zones.size).toBe(0)
  })
})
