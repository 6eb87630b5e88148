import { describe, expect, test } from 'vitest'
import { PLAIN_RECORD } from '../../../../../services/model/index.ts'
import { Bench, queryBytes, zoneOf } from '../../../../support/dns.ts'

const hosts = (count: number): string => Array.from(
  { length: count }, (_, i) => `h${i} A 10.0.${i >> 8}.${i & 255}`,
).join('\n')
const fromTable = (bench: Bench): number => bench.server.counters.get('answered-from-table')

describe('which queries end in the answer table', () => {
  const lab = zoneOf('lab.example', `@ NS ns\n${hosts(3)}`)
  const plain = queryBytes('h1.lab.example', 'A')
  test.each([
    ['the same again', plain, true],
    ['another id', queryBytes('h1.lab.example', 'A', { id: 0xabcd }), true],
    ['another letter case', queryBytes('H1.lAb.ExAmPlE', 'A'), true],
    ['AD set', queryBytes('h1.lab.example', 'A', { flags: 0x0120 }), false],
    ['another type', queryBytes('h1.lab.example', 'AAAA'), false],
    ['another class', queryBytes('h1.lab.example', 'A', { class: 3 }), false],
    ['another name', queryBytes('h2.lab.example', 'A'), false],
    ['no RD', queryBytes('h1.lab.example', 'A', { flags: 0 }), false],
    ['CD', queryBytes('h1.lab.example', 'A', { flags: 0x0110 }), false],
    ['EDNS', queryBytes('h1.lab.example', 'A', { edns: {} }), false],
    ['another opcode', queryBytes('h1.lab.example', 'A', { flags: 0x2100 }), false],
    ['octets after it', queryBytes('h1.lab.example', 'A', { tail: [0] }), false],
  ])('%s: %s', (_what, bytes, hit) => {
    const bench = new Bench([lab])
    bench.askBytes(plain)
    bench.askBytes(bytes)
    expect(fromTable(bench)).toBe(hit ? 1 : 0)
  })

  test('an EDNS query with a cookie takes the same answer as one without', () => {
    const bench = new Bench([lab])
    const cookie = { options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] }
    bench.ask('h1.lab.example', 'A', { edns: {} })
    expect(bench.ask('h1.lab.example', 'A', { edns: cookie })).toMatchObject(
      { answer: ['h1.lab.example 300 A 10.0.0.1'], edns: { udpOctets: 1232 } },
    )
    expect(fromTable(bench)).toBe(1)
    bench.ask('h1.lab.example', 'A', { edns: { dnssecOk: true } })
    expect(fromTable(bench)).toBe(1)
  })
})

describe('bounds', () => {
  test('entries never exceed the slots, and every answer stays right', () => {
    const bench = new Bench(
      [zoneOf('lab.example', `@ NS ns\n${hosts(300)}`)], { answerSlabs: [{ slotOctets: 192, slots: 64 }] },
    )
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 300; i++) {
        expect(bench.ask(`h${i}.lab.example`, 'A').answer).toEqual(
          [`h${i}.lab.example 300 A 10.0.${i >> 8}.${i & 255}`],
        )
      }
    }
    expect(bench.server.sizes.finished).toBe(64)
  })

  test('names that are asked often outlive a flood of names asked once', () => {
    const bench = new Bench(
      [zoneOf('lab.example', `@ NS ns\n${hosts(20)}`)], { answerSlabs: [{ slotOctets: 192, slots: 64 }] },
    )
    let hits = 0
    for (let i = 0; i < 4000; i++) {
      bench.ask(`flood${i}.lab.example`, 'A')
      const before = fromTable(bench)
      bench.ask(`h${i % 20}.lab.example`, 'A')
      if (i >= 1000) hits += fromTable(bench) - before
    }
    expect(hits / 3000).toBeGreaterThan(0.9)
  })

  test('an answer that is longer than any slot is not kept', () => {
    const bench = new Bench(
      [zoneOf('lab.example', `big TXT "${'x'.repeat(200)}"`)], { answerSlabs: [{ slotOctets: 192, slots: 64 }] },
    )
    for (let i = 0; i < 3; i++) expect(bench.ask('big.lab.example', 'TXT').answer).toHaveLength(1)
    expect(fromTable(bench)).toBe(0)
    expect(bench.server.sizes.finished).toBe(0)
  })

  test('an answer that grows moves to a larger slot', () => {
    const bench = new Bench(
      [zoneOf('lab.example', 'x TXT "a"')],
      { answerSlabs: [{ slotOctets: 100, slots: 4 }, { slotOctets: 600, slots: 4 }] },
    )
    bench.askTwice('x.lab.example', 'TXT')
    const add = Array.from(
      { length: 8 },
      (_, i) => (
        {
          id: 50 + i, zoneId: 1, name: 'x.lab.example', type: 'TXT', ttl: 300, data: `"${i}${'y'.repeat(30)}"`,
          owner: { kind: 'hand' as const }, ...PLAIN_RECORD,
        }
      ),
    )
    bench.server.applyEdit({ zoneId: 1, serialBefore: 7, serialAfter: 8, remove: [], add })
    const before = fromTable(bench)
    expect(bench.askTwice('x.lab.example', 'TXT').answer).toHaveLength(9)
    expect(fromTable(bench)).toBe(before + 1)
  })
})

describe('counters', () => {
  test('one for each thing that happens', () => {
    const bench = new Bench([zoneOf('lab.example', '@ NS ns\na A 10.0.0.1\nsub NS ns.sub\nns.sub A 10.0.0.2')])
    bench.ask('a.lab.example', 'A')
    bench.ask('a.lab.example', 'A')
    bench.ask('a.lab.example', 'TXT')
    bench.ask('b.lab.example', 'A')
    bench.ask('x.sub.lab.example', 'A')
    bench.ask('www.example.com', 'A')
    bench.ask('a.lab.example', 'A', { edns: { version: 1 } })
    bench.ask('a.lab.example', 'A', { flags: 0x1000 })
    expect(bench.server.counters.toJSON()).toEqual({
      queries: 8, 'answered-from-table': 1, 'answered-from-zone': 4, nodata: 1, nxdomain: 1, referral: 1, refused: 1,
      badvers: 1, notimp: 1,
    })
  })
})
