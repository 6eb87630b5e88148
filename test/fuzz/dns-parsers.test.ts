/**
 * The parsers of DNS one by one, by seed: names with pointers every way, records of every type damaged on the wire and
 * in text. Nothing throws, nothing reads past the end, work is bounded, and whatever is taken can be written and read
 * again as the same octets.
 */
import { describe, expect, test } from 'vitest'
import { RDATA } from '../../services/dns/index.ts'
import { parseOpt } from '../../services/dns/wire/edns.ts'
import { parseMessage, parseQuery } from '../../services/dns/wire/message.ts'
import {
  ABSOLUTE, formatName, MAX_NAME_OCTETS, nameLength, NameReader, parseName,
} from '../../services/dns/wire/name.ts'
import { formatRdata, isRdata, parseRdataText, readRdata } from '../../services/dns/wire/rdata.ts'
import { fromHex, put16, SeededRandom } from '../../stack/platform/index.ts'
import { RDATA_VECTORS } from '../unit/services/dns/wire/rdata-vectors.ts'
import { mutated, noise } from '../support/mutations.ts'

const seeds = Array.from({ length: 8 }, (_, i) => i + 1)
const octetsOf = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) as Uint8Array
const VECTORS = RDATA_VECTORS.map(([type, text, hex]) => ({ code: RDATA[type].code, text, octets: octetsOf(hex) }))

describe('names', () => {
  test.each(seeds)('seed %i: any octets, half of them pointers', (seed) => {
    const random = new SeededRandom(seed)
    const names = new NameReader()
    let read = 0
    for (let n = 0; n < 4000; n++) {
      const b = noise(random, 1 + random.below(120))
      for (let i = 0; i + 2 <= b.length; i += 1 + random.below(6)) {
        if (random.chance(0.5)) put16(b, i, 0xc000 | random.below(b.length + 4))
      }
      for (let i = random.below(8); i < b.length; i += 1 + random.below(20)) b[i] = random.below(5)
      const [base, at] = [random.below(3), random.below(b.length)]
      if (!names.read(b, base, at, b.length)) continue
      read++
      const name = names.take()
      expect(name.length).toBeLessThanOrEqual(MAX_NAME_OCTETS)
      expect(nameLength(name, 0, name.length)).toBe(name.length)
      expect(names.next).toBeLessThanOrEqual(b.length)
      expect(names.next).toBeGreaterThan(at)
      // As text it is the same name.
      expect(parseName(formatName(name), ABSOLUTE)).toEqual({ ok: true, value: name })
    }
    expect(read).toBeGreaterThan(100)
  })

  test.each([
    ['to itself', 'c000'],
    ['forward', 'c002 00'],
    ['to the octet behind itself', 'c001'],
    ['to one that leads back', '01 61 c004 01 62 c000'],
    ['past the end', 'c0ff'],
    ['cut in two', 'c0'],
    ['of the retired kind 01', '41 00'],
    ['of the unassigned kind 10', '80 00'],
  ])('a pointer %s', (_what, hex) => {
    const b = octetsOf(hex)
    for (let at = 0; at < b.length; at++) {
      const names = new NameReader()
      if (names.read(b, 0, at, b.length)) expect(names.length).toBeLessThanOrEqual(b.length)
      else expect(nameLength(b, at, b.length) < 0 || b[at] === undefined).toBe(true)
    }
    expect(new NameReader().read(b, 0, 0, b.length)).toBe(false)
  })

  test('a message of names that each go through thousands of pointers costs no more than it should', () => {
    // 8,000 pointers, each to the one before, in the data of a record of an unknown type; then 4,000 owners at the end
    // of that chain: followed to the end they would be 32,000,000 steps.
    const b = new Uint8Array(65_535)
    const chain = 8000
    put16(b, 4, 1)
    put16(b, 6, 4001)
    // The question is the root; the record with the chain is too.
    put16(b, 13, 1)
    put16(b, 15, 1)
    put16(b, 18, 65_280)
    put16(b, 20, 1)
    put16(b, 26, 2 * chain)
    for (let i = 1; i < chain; i++) put16(b, 28 + 2 * i, 0xc000 | (28 + 2 * (i - 1)))
    let at = 28 + 2 * chain
    for (let i = 0; i < 4000 && at + 12 <= b.length; i++, at += 12) {
      put16(b, at, 0xc000 | (28 + 2 * (chain - 1)))
      put16(b, at + 2, 65_280)
      put16(b, at + 4, 1)
    }
    let steps = 0
    const counting = new Proxy(b, {
      get: (target, key) => {
        steps++
        const value = Reflect.get(target, key) as unknown
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    expect(parseMessage(counting, 0, at)).toMatchObject({ ok: false })
    expect(steps).toBeLessThan(200_000)
  })
})

describe('records on the wire', () => {
  test.each(seeds)('seed %i: every type damaged; what is taken comes back from its text', (seed) => {
    const random = new SeededRandom(seed)
    const names = new NameReader()
    const taken = new Map<number, number>()
    for (let n = 0; n < 12_000; n++) {
      const { code, octets } = VECTORS[random.below(VECTORS.length)] as (typeof VECTORS)[number]
      const b = random.chance(0.1) ? noise(random, random.below(60)) : mutated(octets, random)
      const rdata = readRdata(code, b, 0, 0, b.length, names)
      if (rdata === undefined) continue
      taken.set(code, (taken.get(code) ?? 0) + 1)
      expect(isRdata(code, rdata)).toBe(true)
      for (const form of ['stored', 'final-dots'] as const) {
        const text = formatRdata(code, rdata, form)
        expect([text, parseRdataText(code, text, ABSOLUTE)]).toEqual([text, { ok: true, value: rdata }])
      }
    }
    expect(taken.size).toBe(new Set(VECTORS.map(({ code }) => code)).size)
  })
})

describe('records as text', () => {
  const bits = [
    ...'"();\\ .@-,=/:!+é\0', '\\000', '\\999', '99999999999', '\\#', '0x', '\u{1F600}',
  ]

  test.each(seeds)('seed %i: every type damaged', (seed) => {
    const random = new SeededRandom(seed)
    const refused = { yes: 0, no: 0 }
    for (let n = 0; n < 6000; n++) {
      const { code, text } = VECTORS[random.below(VECTORS.length)] as (typeof VECTORS)[number]
      let changed = text
      for (let k = 1 + random.below(3); k > 0; k--) {
        const at = random.below(changed.length + 1)
        const again = changed.slice(at, at + random.below(9)).repeat(random.below(3))
        const bit = random.chance(0.3) ? again : bits[random.below(bits.length)] as string
        changed = changed.slice(0, at) + bit + changed.slice(at + random.below(4))
      }
      const parsed = parseRdataText(code, changed, ABSOLUTE)
      refused[parsed.ok ? 'no' : 'yes']++
      if (!parsed.ok) {
        expect(parsed.error.what).toMatch(/./)
        continue
      }
      expect([changed, isRdata(code, parsed.value)]).toEqual([changed, true])
      const printed = formatRdata(code, parsed.value)
      expect([printed, parseRdataText(code, printed, ABSOLUTE)]).toEqual([printed, { ok: true, value: parsed.value }])
    }
    expect(refused.no).toBeGreaterThan(300)
    expect(refused.yes).toBeGreaterThan(300)
  })

})

describe('EDNS', () => {
  test.each(seeds)('seed %i: any octets as options', (seed) => {
    const random = new SeededRandom(seed)
    for (let n = 0; n < 5000; n++) {
      const data = noise(random, random.below(60))
      // Mostly options whose lengths could be right.
      for (let i = 0; i + 4 <= data.length; i += 4 + random.below(10)) {
        put16(data, i, random.below(20))
        put16(data, i + 2, random.below(12))
      }
      const b = new Uint8Array(10 + data.length)
      put16(b, 0, 41)
      put16(b, 8, data.length)
      b.set(data, 10)
      const edns = parseOpt(b, 0, b.length)
      if (edns !== undefined) expect(edns.udpOctets).toBeGreaterThanOrEqual(0)
    }
  })
})

describe('counts', () => {
  test.each([
    [4, 0], [4, 2], [4, 65_535], [6, 65_535], [8, 65_535], [10, 65_535], [10, 2],
  ])('%i octets in, %i is no reason to read past the end', (at, count) => {
    const b = octetsOf('0001 0100 0001 0000 0000 0001 03777777 00 0001 0001 00 0029 04d0 00000000 0000')
    put16(b, at, count)
    expect(parseQuery(b, 0, b.length)).toMatchObject({ kind: 'error', rcode: 1 })
    expect(parseMessage(b, 0, b.length)).toMatchObject({ ok: false })
  })
})
