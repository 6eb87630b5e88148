import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { OPTIONS, decodeOption, encodeOption } from '../../../services/dhcp/index.ts'

const octets = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) as Uint8Array

describe('RFC 3004 §4 user class, and the bare text that many send instead', () => {
  test.each([
    ['one class', '04 69505845', ['iPXE']],
    ['several', '03 6c6162 02 7634', ['lab', 'v4']],
    ['bare text, as iPXE sends it', '69505845', 'iPXE'],
    ['bare text, as Windows sends it', '4d53465420352e30', 'MSFT 5.0'],
    ['a length that runs past the end is text too', '36 616263', '6abc'],
  ] as const)('%s', (_name, hex, value) => {
    expect(decodeOption(OPTIONS['user-class'], octets(hex))).toEqual({ ok: true, value })
    const encoded = encodeOption(OPTIONS['user-class'], value)
    expect(encoded.ok && toHex(encoded.value)).toBe(hex.replaceAll(' ', ''))
  })

  test('an empty one is none', () => {
    expect(decodeOption(OPTIONS['user-class'], new Uint8Array(0)).ok).toBe(false)
  })
})
