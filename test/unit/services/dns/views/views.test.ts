/** The same name answered differently: by source, by key, with zones of everybody beside those of a view. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ViewRule } from '../../../../../services/dns/views/views.ts'
import { Views } from '../../../../../services/dns/views/views.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import { contains, firstOf, ipv4, lastOf, maskOf, parsePrefix, type Prefix } from '../../../../../stack/index.ts'
import { Bench, zoneOf } from '../../../../support/dns.ts'
import { KEY, signed } from '../../../../support/dns-tsig.ts'
import { rule, UpdateBench, updateBytes } from '../../../../support/dns-update.ts'
import { queryBytes } from '../../../../support/dns.ts'

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix
const RULES: readonly ViewRule[] = [
  { name: 'inside', prefixes: [prefix('10.0.0.0/8'), prefix('192.168.1.0/24')], keys: [] },
  { name: 'lab', prefixes: [prefix('10.9.0.0/16'), prefix('172.16.0.1/32')], keys: [KEY.name] },
  { name: 'rest', prefixes: [prefix('0.0.0.0/0')], keys: [KEY.name, 'other.key'] },
]
const zoneIn = (view: string, zoneName: string, text: string, id: number) => {
  const { zone, records } = zoneOf(zoneName, text, id)
  return { zone: { ...zone, view }, records }
}
const INSIDE = ipv4('10.1.2.3')
const LAB = ipv4('172.16.0.1')
const OUTSIDE = ipv4('198.51.100.9')

describe('which view', () => {
  test.each([
    // source, key, view
    ['10.1.2.3', undefined, 'inside'], ['10.9.1.1', undefined, 'inside'], ['192.168.1.255', undefined, 'inside'], ['192.168.2.1', undefined, 'rest'],
    ['172.16.0.1', undefined, 'lab'], ['255.255.255.255', undefined, 'rest'], ['0.0.0.0', undefined, 'rest'],
    ['10.1.2.3', KEY.name, 'lab'], ['10.1.2.3', 'other.key', 'rest'], ['10.1.2.3', 'no.key', 'inside'],
  ] as const)('%s signed by %s: %s', (source, key, view) => {
    const views = new Views()
    views.set(RULES)
    expect(views.viewOf(ipv4(source), key === undefined ? undefined : keyOf(key))).toBe(view)
  })

  test('as going through all prefixes in their order would, whatever they are', () => {
    const anyPrefix = fc.record({ address: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), length: fc.constantFrom(0, 1, 8, 15, 16, 24, 31, 32) })
      .map(({ address, length }) => ({ network: address & maskOf(length), length }))
    fc.assert(fc.property(fc.array(fc.array(anyPrefix, { maxLength: 5 }), { maxLength: 5 }), fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), (lists, others) => {
      const views = new Views()
      views.set(lists.map((prefixes, i) => ({ name: `v${i}`, prefixes, keys: [] })))
      const edges = lists.flat().flatMap((each) => [firstOf(each), lastOf(each), (firstOf(each) - 1) | 0, (lastOf(each) + 1) | 0])
      for (const client of [...edges, ...others]) expect(views.slotOf(client)).toBe(lists.findIndex((prefixes) => prefixes.some((each) => contains(each, client))) + 1)
    }))
  })

  test('none without views, and none where no prefix fits', () => {
    const views = new Views()
    expect([views.slotOf(INSIDE), views.viewOf(INSIDE, keyOf(KEY.name))]).toEqual([0, undefined])
    views.set(RULES.slice(0, 2))
    expect([views.viewOf(OUTSIDE, undefined), views.viewOf(INSIDE, undefined)]).toEqual([undefined, 'inside'])
    views.set([])
    expect(views.viewOf(INSIDE, undefined)).toBeUndefined()
  })
})

describe('answers by view', () => {
  const bench = (): Bench => {
    const made = new Bench([
      zoneOf('lab.example', '@ NS ns\nns A 10.0.0.1\nwww A 203.0.113.1\nonly A 203.0.113.2\nalias CNAME www.shared.example.', 1),
      zoneIn('inside', 'lab.example', '@ NS ns\nns A 10.0.0.1\nwww A 10.0.0.80\nmx MX 10 www.shared.example.', 2),
      zoneIn('inside', 'secret.example', '@ NS ns.lab.example.\nx A 10.0.0.90', 3),
      zoneIn('lab', 'sub.lab.example', '@ NS ns.lab.example.\nx A 10.9.0.7', 4),
      zoneOf('shared.example', '@ NS ns.lab.example.\nwww A 203.0.113.3', 5),
      zoneIn('inside', 'shared.example', '@ NS ns.lab.example.\nwww A 10.0.0.83', 6),
    ])
    made.server.setViews(RULES)
    return made
  }
  const ask = (server: Bench, question: string, from: number): readonly [string, ...(readonly string[])] => {
    const [name, type] = question.split(' ') as [string, string]
    const { rcode, answer } = server.askTwice(name, type, { from })
    return [rcode, ...answer.map((line) => line.split(' ').slice(2).join(' '))]
  }

  test.each([
    ["a view's own zone", 'www.lab.example A', INSIDE, ['NOERROR', 'A 10.0.0.80']],
    ['that of everybody', 'www.lab.example A', OUTSIDE, ['NOERROR', 'A 203.0.113.1']],
    ['a zone is seen whole: no record of the other shines through', 'only.lab.example A', INSIDE, ['NXDOMAIN']],
    ['another view', 'only.lab.example A', LAB, ['NOERROR', 'A 203.0.113.2']],
    ["a zone that is in one view alone", 'x.secret.example A', INSIDE, ['NOERROR', 'A 10.0.0.90']],
    ['… is not there for others', 'x.secret.example A', OUTSIDE, ['REFUSED']],
    ['a longer zone of the view', 'x.sub.lab.example A', LAB, ['NOERROR', 'A 10.9.0.7']],
    ['… whose name does not exist elsewhere', 'x.sub.lab.example A', OUTSIDE, ['NXDOMAIN']],
    ['an empty name above a zone of the view exists there', 'sub.lab.example A', LAB, ['NOERROR']],
    ['aliases stay in the view', 'alias.lab.example A', OUTSIDE, ['NOERROR', 'CNAME www.shared.example', 'A 203.0.113.3']],
  ] as const)('%s', (_what, question, from, told) => expect(ask(bench(), question, from)).toEqual(told))

  test('addresses beside an answer are those of the view', () => {
    expect(bench().askTwice('mx.lab.example', 'MX', { from: INSIDE }).additional).toEqual(['www.shared.example 300 A 10.0.0.83'])
  })

  test('the answer table keeps views apart, in whatever order they ask', () => {
    const server = bench()
    const told = [INSIDE, OUTSIDE, LAB, INSIDE, OUTSIDE].map((from) => ask(server, 'www.lab.example A', from)[1])
    expect(told).toEqual(['A 10.0.0.80', 'A 203.0.113.1', 'A 203.0.113.1', 'A 10.0.0.80', 'A 203.0.113.1'])
    expect(server.server.counters.get('answered-from-table')).toBe(7)
  })

  test('an edit ends the answers of its own zone alone, and other views count from the next query on', () => {
    const server = bench()
    for (const from of [INSIDE, OUTSIDE]) ask(server, 'www.lab.example A', from)
    const edit = server.server.planEdit('lab.example@inside', { add: [{ name: 'www', type: 'A', ttl: null, data: '10.0.0.81', owner: { kind: 'hand' }, comment: undefined }], removeIds: [] })
    if (!edit.ok) throw new Error(edit.error.problem)
    server.server.applyEdit(edit.value)
    expect(ask(server, 'www.lab.example A', INSIDE)).toHaveLength(3)
    expect(ask(server, 'www.lab.example A', OUTSIDE)).toHaveLength(2)
    server.server.setViews([])
    expect(ask(server, 'www.lab.example A', INSIDE)).toEqual(['NOERROR', 'A 203.0.113.1'])
  })

  test('a signed query sees the view of its key', () => {
    const server = bench()
    server.server.tsigKeys.put(KEY)
    const { bytes } = signed(queryBytes('x.sub.lab.example', 'A'), { time: Math.floor(server.clock.wallMs() / 1000) })
    expect(server.askBytes(bytes, 4096, INSIDE)?.answer).toEqual(['x.sub.lab.example 300 A 10.9.0.7'])
  })

  test('a zone goes alone, and its name is that of everybody again', () => {
    const server = bench()
    expect(server.server.removeZone('lab.example@inside')).toBe(true)
    expect(server.server.removeZone('lab.example@inside')).toBe(false)
    expect(ask(server, 'www.lab.example A', INSIDE)).toEqual(['NOERROR', 'A 203.0.113.1'])
    expect(server.server.zones.get('LAB.example')?.zone.id).toBe(1)
    expect(server.server.zones.named(keyOf('shared.example')).map(({ zone }) => zone.view)).toEqual([undefined, 'inside'])
  })

  test('explain says which view', async () => {
    const { steps, answers, view } = await bench().server.explain('www.lab.example', 'A', { client: INSIDE })
    expect([steps[0], view]).toEqual([['dns.view.seen', { client: '10.1.2.3', view: 'inside' }], 'inside'])
    expect(answers).toEqual(['www.lab.example 300 IN A 10.0.0.80'])
    expect((await bench().server.explain('www.lab.example', 'A')).answers).toEqual(['www.lab.example 300 IN A 203.0.113.1'])
  })
})

test('an update changes the zone of the view that its key or its source sees', async () => {
  const bench = new UpdateBench('@ 300 IN NS ns\nns IN A 10.9.0.1', [rule()])
  const { zone, records } = zoneIn('inside', 'lab.example', '@ 300 IN NS ns\nns IN A 10.9.0.1', 2)
  bench.server.addZone(zone, records)
  bench.server.setViews(RULES)
  bench.server.updates.setPolicy({ zoneId: 2, rules: [rule()] })
  for (const [from, address] of [[INSIDE, '10.9.9.1'], [OUTSIDE, '10.9.9.2']] as const) {
    bench.send(updateBytes([`add new.lab.example 60 A ${address}`]), from)
    await Promise.resolve()
  }
  const at = (text: string): readonly string[] => bench.server.zones.get(text)?.recordsNamed('new.lab.example').map(({ data }) => data) ?? []
  expect([at('lab.example@inside'), at('lab.example')]).toEqual([['10.9.9.1'], ['10.9.9.2']])
  expect(bench.server.updates.recent('lab.example@inside')).toHaveLength(1)
})
