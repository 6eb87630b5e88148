import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { OPTIONS, OptionRegistry, decodeOption, encodeOption } from '../../../services/dhcp/index.ts'
import type { OptionName } from '../../../services/dhcp/index.ts'
import type { OptionValue } from '../../../services/model/index.ts'

const registry = new OptionRegistry([{ code: 1, name: 'acs-url', type: 'text', space: 3561 }])
function bothWays(name: OptionName, value: OptionValue, hex: string): void {
  const encoded = encodeOption(OPTIONS[name], value, registry)
  expect(encoded.ok ? toHex(encoded.value) : encoded.error).toBe(hex)
  expect(decodeOption(OPTIONS[name], fromHex(hex) as Uint8Array, registry)).toEqual({ ok: true, value })
}

describe('RFC 3925 §3 vendor-identifying vendor class (option 124)', () => {
  test.each([
    ['one enterprise', [{ enterprise: 3561, classes: ['6162'] }], '00000de9' + '03' + '026162'],
    ['several', [{ enterprise: 1, classes: ['61'] }, { enterprise: 4_294_967_295, classes: ['62', '63'] }], '00000001' + '02' + '0161' + 'ffffffff' + '04' + '01620163'],
    ['one whose data is of another form', [{ enterprise: 9, classes: 'ff61' }], '00000009' + '02' + 'ff61'],
  ] as const)('%s', (_name, value, hex) => bothWays('vendor-identifying-class', value, hex))
})

describe('RFC 3925 §4 vendor-identifying vendor-specific information (option 125)', () => {
  test.each([
    ['an option that is declared for the enterprise', [{ enterprise: 3561, options: { 'acs-url': 'http://a' } }], '00000de9' + '0a' + '0108687474703a2f2f61'],
    ['one that is not', [{ enterprise: 9, options: { 'option-1': '00' } }], '00000009' + '03' + '010100'],
    ['one that no enterprise reads as options', [{ enterprise: 9, options: '0102' }], '00000009' + '02' + '0102'],
    ['several enterprises', [{ enterprise: 9, options: {} }, { enterprise: 3561, options: { 'acs-url': 'a' } }], '00000009' + '00' + '00000de9' + '03' + '010161'],
  ] as const)('%s', (_name, value, hex) => bothWays('vendor-identifying-options', value, hex))

  test.each(['00000de9', '00000de9 05 0101', '0000'])('what runs past the end is refused: %s', hex => {
    expect(decodeOption(OPTIONS['vendor-identifying-options'], fromHex(hex.replaceAll(' ', '')) as Uint8Array).ok).toBe(false)
  })
})
