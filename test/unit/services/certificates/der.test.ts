/** DER: tags, shortest lengths, integers, identifiers and times, octet by octet. */
import { describe, expect, test } from 'vitest'
import { bitString, explicit, implicit, integer, octetString, oid, pem, sequence, set, time, TRUE, utf8 } from '../../../../services/certificates/der.ts'

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex')
const octets = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)

describe('X.690 values', () => {
  test.each([
    ['§8.2 a boolean that is true', TRUE, '0101ff'],
    ['§8.3 an integer', integer(octets(2)), '020102'],
    ['§8.3.2 an integer in as few octets as it has', integer(octets(0, 0, 5)), '020105'],
    ['§8.3.3 an integer whose highest bit is set is not negative', integer(octets(0x80, 1)), '0203008001'],
    ['§8.3 nought', integer(octets(0, 0)), '020100'],
    ['§8.6 a bit string with one bit that does not count', bitString(octets(6), 1), '03020106'],
    ['§8.7 an octet string', octetString(octets(1, 2)), '04020102'],
    ['§8.9 a sequence', sequence(TRUE, integer(octets(0))), '30060101ff020100'],
    ['§8.11 a set', set(TRUE), '31030101ff'],
    ['§8.14 a tag around a value', explicit(3, TRUE), 'a3030101ff'],
    ['§8.14 a tag in place of a value’s own', implicit(2, Buffer.from('ab')), '82026162'],
    ['§8.21 a text', utf8('é'), '0c02c3a9'],
    ['§8.19 an identifier, its first two arcs in one octet', oid('2.5.29.17'), '0603551d11'],
    ['§8.19 an identifier with arcs of several octets', oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
  ])('%s', (_name, value, expected) => expect(hex(value)).toBe(expected))

  test.each([
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('§10.1 a length of %i takes as few octets as it can', (length, head) => {
    expect(hex(octetString(new Uint8Array(length)).subarray(0, head.length / 2))).toBe(head)
  })
})

test.each([
  ['2026-11-22T03:11:09Z', 'UTCTime', 0x17, '261122031109Z'],
  ['2049-12-31T23:59:59Z', 'UTCTime', 0x17, '491231235959Z'],
  ['2050-01-01T00:00:00Z', 'GeneralizedTime', 0x18, '20500101000000Z'],
])('RFC 5280 §4.1.2.5 %s is a %s', (text, _kind, tag, content) => {
  const value = Buffer.from(time(Date.parse(text)))
  expect([value[0], value.subarray(2).toString()]).toEqual([tag, content])
})

test('RFC 7468 §2 base64 in lines of 64', () => {
  const lines = pem('CERTIFICATE', new Uint8Array(100)).split('\n')
  expect([lines[0], lines[1]?.length, lines.at(-2), lines.at(-1)]).toEqual(['-----BEGIN CERTIFICATE-----', 64, '-----END CERTIFICATE-----', ''])
})
