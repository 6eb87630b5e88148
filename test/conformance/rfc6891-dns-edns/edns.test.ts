import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
  big  TXT "${'a'.repeat(250)}" "${'b'.repeat(250)}" "${'c'.repeat(100)}"
  huge TXT "${'a'.repeat(250)}" "${'b'.repeat(250)}" "${'c'.repeat(250)}" "${'d'.repeat(250)}" "${'e'.repeat(250)}"
`)
const bench = (): Bench => new Bench([ZONE])
const OPT = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]

describe('RFC 6891 §6.1 OPT', () => {
  test.each([
    ['§7: none asked, none sent', undefined, undefined],
    ['§6.1.2: ours says 1232', { size: 4096 }, { udpOctets: 1232, version: 0, dnssecOk: false }],
    ['§6.1.4: DO is copied', { dnssecOk: true }, { udpOctets: 1232, version: 0, dnssecOk: true }],
    [
      '§6.1.2: unknown options are ignored', { options: [0xff, 0, 0, 2, 1, 2, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] },
      { version: 0 },
    ],
    ['§6.1.2: Z bits are ignored', { dnssecOk: false }, { dnssecOk: false }],
  ])('%s', (_what, edns, expected) => {
    const told = bench().askTwice('www.lab.example', 'A', edns === undefined ? {} : { edns })
    expect(told).toMatchObject({ rcode: 'NOERROR', answer: ['www.lab.example 300 A 10.0.0.4'] })
    if (expected === undefined) expect(told.edns).toBeUndefined()
    else expect(told.edns).toMatchObject(expected)
  })

  test.each([
    ['§6.1.3: version 1', { version: 1 }],
    ['§6.1.3: version 255', { version: 255, dnssecOk: true }],
  ])('%s gets BADVERS and our version', (_what, edns) => {
    const told = bench().ask('www.lab.example', 'A', { edns })
    expect(told).toMatchObject({ rcode: 'BADVERS', answer: [], edns: { version: 0 } })
  })

  test.each([
    ['§6.1.1: two OPT', queryBytes('www.lab.example', 'A', { tail: [...OPT, ...OPT] }).with(11, 2)],
    ['§6.1.2: OPT not owned by the root', queryBytes('www.lab.example', 'A', { tail: [1, 0x61, ...OPT] }).with(11, 1)],
    ['§6.1.1: OPT in the answer section', queryBytes('www.lab.example', 'A', { tail: OPT }).with(7, 1)],
    ['an option past the end', queryBytes('www.lab.example', 'A', { edns: { options: [0, 3, 0, 9, 1] } })],
    ['half an option', queryBytes('www.lab.example', 'A', { edns: { options: [0, 3, 0] } })],
    ['OPT data past the end', queryBytes('www.lab.example', 'A', { tail: OPT.with(10, 1) }).with(11, 1)],
  ])('%s is FORMERR', (_what, bytes) => {
    expect(bench().askBytes(bytes)).toMatchObject({ rcode: 'FORMERR', answer: [] })
  })

  test('errors carry OPT only when the query had one', () => {
    expect(bench().ask('www.example.net', 'A', { edns: {} })).toMatchObject({ rcode: 'REFUSED', edns: { version: 0 } })
    expect(bench().ask('www.example.net', 'A').edns).toBeUndefined()
  })
})

describe('RFC 6891 §6.2.3–6.2.5 [D4] payload sizes', () => {
  test.each([
    // name, the client's size, whole?
    ['big', undefined, false],
    ['big', 0, false],
    ['big', 512, false],
    ['big', 640, false],
    ['big', 700, true],
    ['big', 65_535, true],
    ['huge', 1232, false],
    ['huge', 65_535, false],
  ])('%s for a client that takes %s: whole %s', (label, size, whole) => {
    const b = bench()
    const shape = size === undefined ? {} : { edns: { size } }
    for (let times = 0; times < 2; times++) {
      const told = b.ask(`${label}.lab.example`, 'TXT', shape)
      expect(told.flags).toBe(whole ? 'aa rd' : 'aa tc rd')
      expect(told.octets).toBeLessThanOrEqual(Math.min(Math.max(size ?? 512, 512), 1232))
    }
  })

  test('a whole answer that was kept is not given to a client with less room', () => {
    const b = bench()
    expect(b.ask('big.lab.example', 'TXT', { edns: { size: 1232 } }).flags).toBe('aa rd')
    expect(b.ask('big.lab.example', 'TXT', { edns: { size: 512 } }).flags).toBe('aa tc rd')
    expect(b.ask('big.lab.example', 'TXT').flags).toBe('aa tc rd')
    expect(b.ask('big.lab.example', 'TXT', { edns: { size: 1232 } }).flags).toBe('aa rd')
  })
})
