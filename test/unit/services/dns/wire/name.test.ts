import { describe, expect, test } from 'vitest'
import {
  formatKey, formatName, isAtOrBelow, keyOf, labelCount, name, nameKey, nameLength, NameReader, parentKey, parseName,
  skipName,
} from '../../../../../services/dns/wire/name.ts'
import { toHex } from '../../../../../stack/platform/index.ts'

const label63 = 'x'.repeat(63)
const longest = [label63, label63, label63, 'x'.repeat(61)].join('.')

describe('names as text', () => {
  test.each([
    ['www.Example.com', '03777777 074578616d706c65 03636f6d 00', 'www.Example.com'],
    ['www.example.com.', '03777777 076578616d706c65 03636f6d 00', 'www.example.com'],
    ['.', '00', '.'],
    ['a\\.b.c', '03612e62 0163 00', 'a\\.b.c'],
    ['\\097\\032\\\\', '0361205c 00', 'a\\032\\\\'],
    ['\\@.\\$.\\"x\\"', '0140 0124 03227822 00', '\\@.\\$.\\"x\\"'],
    ['\\000.\\255', '0100 01ff 00', '\\000.\\255'],
    ['_sip._tcp', '045f736970 045f746370 00', '_sip._tcp'],
    ['*.w', '012a 0177 00', '*.w'],
  ])('%s', (text, hex, printed) => {
    expect(toHex(name(text))).toBe(hex.replaceAll(' ', ''))
    expect(formatName(name(text))).toBe(printed)
  })

  test('63 octets in a label and 255 in all are the most (RFC 1035 §2.3.4)', () => {
    expect(name(longest).length).toBe(255)
    expect(formatName(name(longest))).toBe(longest)
    expect(parseName(`${longest}x`)).toMatchObject({ ok: false, error: expect.stringMatching(/255/) })
    expect(parseName(`x${label63}.com`)).toMatchObject({ ok: false, error: expect.stringMatching(/63/) })
  })

  test.each([
    ['', /empty/], [
      'a..b', /label is empty/,
    ], ['.a', /label is empty/], ['a\\', /escape/], ['a\\25', /escape/], ['a\\256', /escape/],
    ['caf\u00e9', /xn--/], ['a b', /printable/], ['a\tb', /printable/],
  ])('%j is refused', (text, why) => {
    expect(parseName(text)).toMatchObject({ ok: false, error: expect.stringMatching(why) })
  })

  test.each([
    ['www', 'always', 'www.lab.internal'],
    ['a.b', 'always', 'a.b.lab.internal'],
    ['a.b.', 'always', 'a.b'],
    ['@', 'always', 'lab.internal'],
    ['www', 'single-label', 'www.lab.internal'],
    ['a.b', 'single-label', 'a.b'],
    ['com.', 'single-label', 'com'],
    ['@', 'single-label', 'lab.internal'],
    ['a\\.b', 'single-label', 'a\\.b.lab.internal'],
  ] as const)('%s relative %s is %s', (text, relative, whole) => {
    const parsed = parseName(text, { relative, origin: name('lab.internal') })
    expect(parsed.ok ? formatName(parsed.value) : parsed.error).toBe(whole)
  })
})

describe('name keys', () => {
  test('fold ASCII letters and nothing else (RFC 4343 §3)', () => {
    expect(keyOf('WWW.Example.COM')).toBe(keyOf('www.example.com'))
    expect(keyOf('\\193x')).not.toBe(keyOf('\\225x'))
    expect(formatKey(keyOf('WwW.lab'))).toBe('www.lab')
  })

  test('parents and ancestors', () => {
    expect(parentKey(keyOf('a.b.c'))).toBe(keyOf('b.c'))
    expect(isAtOrBelow(keyOf('a.b.c'), keyOf('b.c'))).toBe(true)
    expect(isAtOrBelow(keyOf('b.c'), keyOf('b.c'))).toBe(true)
    expect(isAtOrBelow(keyOf('b.c'), keyOf('a.b.c'))).toBe(false)
    expect(isAtOrBelow(keyOf('ab.c'), keyOf('b.c'))).toBe(false)
    expect(isAtOrBelow(keyOf('a.b'), keyOf('.'))).toBe(true)
    expect(labelCount(keyOf('a.b.c'))).toBe(3)
    expect(labelCount(keyOf('.'))).toBe(0)
  })

  test('a label that contains what looks like an ancestor is none', () => {
    // One label "x<3>lab" ends in the octets of "lab.", which are not at a label's start.
    expect(isAtOrBelow(keyOf('x\\003lab'), keyOf('lab'))).toBe(false)
  })
})

describe('names in messages', () => {
  /** A message whose octets from 12 on are given in hex. */
  const message = (hex: string): Uint8Array =>
    Uint8Array.from([...new Uint8Array(12), ...Buffer.from(hex.replaceAll(' ', ''), 'hex')])
  const read = (hex: string, at: number): string => {
    const b = message(hex)
    const reader = new NameReader()
    return reader.read(b, 0, at, b.length) ? `${formatName(reader.take())} →${reader.next}` : 'malformed'
  }

  test.each([
    ['RFC 1035 §4.1.4: a suffix', '01 66 03 697369 04 61727061 00 03 666f6f c0 0c', 12 + 12, 'foo.f.isi.arpa →30'],
    ['a whole name', '01 66 00 c0 0c', 15, 'f →17'],
    ['a pointer to a pointer', '01 66 00 c0 0c c0 0f', 17, 'f →19'],
    ['the root', '00', 12, '. →13'],
    ['a pointer to itself', 'c0 0c', 12, 'malformed'],
    ['two that point to each other', 'c0 0e c0 0c', 14, 'malformed'],
    ['a pointer forward', 'c0 0e 00', 12, 'malformed'],
    ['a pointer into its own name', '01 61 c0 0c', 12, 'malformed'],
    ['label type 01', '41 61 00', 12, 'malformed'],
    ['label type 10', '81 61 00', 12, 'malformed'],
    ['a label past the end', '05 61 61', 12, 'malformed'],
    ['no end', '01 61', 12, 'malformed'],
    ['half a pointer', 'c0', 12, 'malformed'],
    ['a pointer before the header has no start there', '01 61 c0 00', 12, 'a →16'],
  ])('%s', (_what, hex, at, expected) => {
    expect(read(hex, at)).toBe(expected)
  })

  test('more than 255 octets by pointers is malformed', () => {
    const part = `3f${'61'.repeat(63)}`
    // Five labels of 63 octets, the last four reached by a pointer.
    const b = message(`${part.repeat(3)}00 ${part.repeat(2)}c00c`)
    const reader = new NameReader()
    expect(reader.read(b, 0, 12 + 193, b.length)).toBe(false)
    expect(reader.read(b, 0, 12, b.length)).toBe(true)
  })

  test('a chain of as many pointers as a name has labels at most is followed, a longer one is not', () => {
    const b = new Uint8Array(16_384)
    for (let at = 14; at + 2 <= b.length; at += 2) {
      b[at] = 0xc0 | ((at - 2) >> 8)
      b[at + 1] = (at - 2) & 255
    }
    const reader = new NameReader()
    expect(reader.read(b, 0, 12 + 2 * 127, b.length)).toBe(true)
    expect(reader.take()).toEqual(name('.'))
    expect(reader.read(b, 0, 12 + 2 * 128, b.length)).toBe(false)
    expect(reader.read(b, 0, b.length - 2, b.length)).toBe(false)
  })

  test('nameLength and skipName', () => {
    const b = message('03 777777 00 c0 0c 02 61')
    expect(nameLength(b, 12, b.length)).toBe(5)
    expect(nameLength(b, 17, b.length)).toBe(-1)
    expect(skipName(b, 12, b.length)).toBe(17)
    expect(skipName(b, 17, b.length)).toBe(19)
    expect(skipName(b, 19, b.length)).toBe(-1)
    expect(nameKey(b, 12, 5)).toBe(keyOf('www'))
  })
})
