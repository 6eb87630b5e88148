import { describe, expect, test } from 'vitest'
import {
  EntryReader, formatBase32Hex, parseBase32Hex, parseBase64, parseTtl, quoteOctets, unescapeOctets,
} from '../../../../../services/dns/wire/presentation.ts'

const entries = (text: string): unknown[] => {
  const reader = new EntryReader(text)
  const out: unknown[] = []
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    out.push(`${entry.blank ? '_ ' : ''}${entry.tokens.map((t) => (t.quoted ? `'${t.text}'` : t.text)).join('|')}`)
  }
  return reader.fault === undefined ? out : [...out, reader.fault]
}

describe('entries of master files (RFC 1035 §5.1)', () => {
  test.each([
    ['a b  c\n d', ['a|b|c', '_ d']],
    ['a ; comment "\n;only\n\n   \nb', ['a', 'b']],
    ['a ( b ; x )\n c\n) d\ne', ['a|b|c|d', 'e']],
    ['a "b c;d" "" e', ["a|'b c;d'|''|e"]],
    ['a "q\\"x\\\\" y', ["a|'q\\\"x\\\\'|y"]],
    ['a\\ b\\;c d', ['a\\ b\\;c|d']],
    ['a(b)c', ['a|b|c']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['k="v"', ["k=|'v'"]],
    ['', []],
  ])('%j', (text, expected) => {
    expect(entries(text)).toEqual(expected)
  })

  test.each([
    ['a\nb )', 2, 3, /without its/],
    ['a ( b\nc', 1, 3, /never closed/],
    ['a "b\nc"', 1, 3, /does not end/],
    ['a "b\\', 1, 3, /does not end/],
  ])('%j is wrong at line %i, column %i', (text, line, column, problem) => {
    expect(entries(text).at(-1)).toEqual(
      { line, column, problem: expect.stringMatching(problem), remedy: expect.stringMatching(/./) },
    )
  })
})

describe('values', () => {
  test.each([
    ['0', 0], ['3600', 3600], ['1h30m', 5400], ['1W2D', 777_600], ['2147483647', 0x7fff_ffff],
    [
      '2147483648', undefined,
    ], ['', undefined], ['1x', undefined], ['-1', undefined], ['h', undefined], ['1h5', undefined],
  ])('TTL %j is %s', (text, seconds) => {
    expect(parseTtl(text)).toBe(seconds)
  })

  test('octets in strings', () => {
    expect(unescapeOctets('a\\044\\"\\065é😀')).toEqual(Uint8Array.from([0x61, 44, 0x22, 65, ...Buffer.from('é😀')]))
    expect(unescapeOctets('\\99')).toBeUndefined()
    expect(quoteOctets(Uint8Array.of(0x22, 0x5c, 0, 0x7f, 0x20, 0x41), 0, 6)).toBe('"\\"\\\\\\000\\127 A"')
  })

  test('base 64 and base 32 (RFC 4648 §10)', () => {
    expect(parseBase64('Zm9vYg==')).toEqual(Uint8Array.from(Buffer.from('foob')))
    for (const bad of ['Zm9', 'Zm9v=', '=m9v', 'Zm_v']) expect(parseBase64(bad)).toBeUndefined()
    const vectors = [
      ['f', 'CO'], ['fo', 'CPNG'], ['foo', 'CPNMU'], ['foob', 'CPNMUOG'], ['fooba', 'CPNMUOJ1'],
      ['foobar', 'CPNMUOJ1E8'],
    ] as const
    for (const [plain, coded] of vectors) {
      const b = Uint8Array.from(Buffer.from(plain))
      expect(formatBase32Hex(b, 0, b.length)).toBe(coded)
      expect(parseBase32Hex(coded.toLowerCase())).toEqual(b)
    }
    for (const bad of ['C', 'CP', 'W0', 'CPN']) expect(parseBase32Hex(bad)).toBeUndefined()
  })
})
