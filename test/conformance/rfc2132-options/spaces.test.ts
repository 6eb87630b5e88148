import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import {
  OPTIONS, OptionRegistry, STANDARD_OPTIONS, declarationFault, decodeOption, decodeOptions, describeClientIdentifier,
  encodeOption, optionNamed,
} from '../../../services/dhcp/index.ts'
import type { OptionDeclaration } from '../../../services/dhcp/index.ts'
import type { OptionValue } from '../../../services/model/index.ts'
import { optionsDocument } from '../../docs/options.ts'
import { RELAY_FLAGS, relaySubOptions } from '../../../services/dhcp/wire/relay-information.ts'

const octets = (hex: string): Uint8Array => fromHex(hex.replaceAll(' ', '')) as Uint8Array
const encoded = (name: keyof typeof OPTIONS, value: OptionValue, registry = STANDARD_OPTIONS): string => {
  const result = encodeOption(OPTIONS[name], value, registry)
  return result.ok ? toHex(result.value) : result.error
}

describe('RFC 3046 §2.0 sub-options of the relay agent', () => {
  test.each([
    ['RFC 3046 §3.1', 'circuit-id', '65746837', '01'],
    ['RFC 3046 §3.2', 'remote-id', '020000000001', '02'],
    ['RFC 3256 §3', 'docsis-device-class', 1, '04'],
    ['RFC 3527 §3', 'link-selection', '10.60.0.1', '05'],
    ['RFC 3993 §2', 'subscriber-id', 'flat 4', '06'],
    ['RFC 4243 §3', 'vendor-specific', [{ enterprise: 9, options: { 'option-1': 'ff' } }], '09'],
    ['RFC 5010 §3', 'relay-flags', 128, '0a'],
    ['RFC 5107 §4', 'server-identifier-override', '10.60.0.1', '0b'],
    ['RFC 6925 §4', 'relay-id', '0003', '0c'],
    ['RFC 8357 §4', 'source-port', true, '13'],
    ['RFC 6607 §3.3', 'virtual-subnet-selection', '00', '97'],
    ['RFC 6607 §3.4', 'virtual-subnet-selection-control', true, '98'],
  ] as const)('%s %s there and back', (_rfc, name, value, code) => {
    const hex = encoded('relay-agent-information', { [name]: value })
    expect(hex.slice(0, 2)).toBe(code)
    expect(decodeOption(OPTIONS['relay-agent-information'], octets(hex))).toEqual({ ok: true, value: { [name]: value } })
  })

  test.each(['0104dead', '0101ff 0101fe', '01'])('what is malformed is carried as it is: %s', hex => {
    expect(decodeOption(OPTIONS['relay-agent-information'], octets(hex))).toEqual({ ok: true, value: hex.replaceAll(' ', '') })
    expect(relaySubOptions(new Map([[82, octets(hex)]])).size).toBe(0)
  })

  test('is read in place', () => {
    expect(relaySubOptions(new Map([[82, octets('0a0180 0104deadbeef')]])).get(RELAY_FLAGS)).toEqual(Uint8Array.of(128))
  })
})

describe('RFC 2132 §8.4 vendor-specific information', () => {
  test.each([
    ['hexadecimal', '0601ff', '0601ff'],
    ['a known space, ended as PXE firmware expects', { pxe: { 'discovery-control': 8, 'menu-prompt': { timeout: 3, prompt: 'Go' } } }, '060108' + '0a03 03476f'.replace(' ', '') + 'ff'],
  ] as const)('%s', (_name, value, hex) => {
    expect(encoded('vendor-specific', value)).toBe(hex)
  })
})

const declared: readonly OptionDeclaration[] = [
  { code: 224, name: 'rack', type: 'u16' },
  { code: 225, name: 'peers', type: 'ipv4', array: true },
  { code: 1, name: 'controller', type: 'ipv4', space: 'cisco-ap' },
  { code: 7, name: 'firmware', type: 'text', space: 3561 },
  { code: 226, name: 'slots', type: 'record', array: true, fields: [{ name: 'slot', type: 'u8' }, { name: 'address', type: 'ipv4' }] },
]

describe('docs/dhcp-options.md', () => {
  test('lists the tables: else `npm run docs:options`', () => {
    expect(readFileSync(new URL('../../../docs/dhcp-options.md', import.meta.url), 'utf8')).toBe(optionsDocument())
  })
})

describe('docs/dhcp-protocol.md', () => {
  test('every value of its example is one', () => {
    const page = readFileSync(new URL('../../../docs/dhcp-protocol.md', import.meta.url), 'utf8')
    const example = JSON.parse(/```json\n([^`]*)```/.exec(page)?.[1] ?? '{}') as { [name: string]: OptionValue }
    expect(Object.keys(example).length).toBeGreaterThan(5)
    for (const [name, value] of Object.entries(example)) {
      const row = optionNamed(name)
      expect([name, row !== undefined && encodeOption(row, value).ok]).toEqual([name, true])
    }
  })
})

describe('options that the administrator declares', () => {
  const registry = new OptionRegistry(declared)

  test.each([
    ['rack', 513, '0201'],
    ['peers', ['10.53.0.1', '10.53.0.2'], '0a3500010a350002'],
    ['slots', [{ slot: 1, address: '10.53.0.1' }, { slot: 2, address: '10.53.0.2' }], '010a350001020a350002'],
  ] as const)('%s has a type', (name, value, hex) => {
    const row = registry.named(name)
    const bytes = row === undefined ? undefined : encodeOption(row, value, registry)
    expect(bytes?.ok === true && toHex(bytes.value)).toBe(hex)
    expect(decodeOptions(new Map([[row?.code ?? 0, octets(hex)]]), registry)).toEqual({ [name]: value })
    expect(STANDARD_OPTIONS.named(name)).toBeUndefined()
  })

  test('inside option 43 and by enterprise number in option 125', () => {
    expect(encoded('vendor-specific', { 'cisco-ap': { controller: '10.53.0.9' } }, registry)).toBe('01040a350009')
    const hex = encoded('vendor-identifying-options', [{ enterprise: 3561, options: { firmware: 'v2' } }], registry)
    expect(hex).toBe('00000de90407027632')
    expect(decodeOption(OPTIONS['vendor-identifying-options'], octets(hex), registry)).toEqual({
      ok: true,
      value: [{ enterprise: 3561, options: { firmware: 'v2' } }],
    })
  })

  test('a code that has a row is set by its name only', () => {
    expect([registry.named('option-224'), registry.named('option-223')?.code]).toEqual([undefined, 223])
  })

  test.each([
    [{ code: 0, name: 'a', type: 'u8' }, 'code'],
    [{ code: 6, name: 'a', type: 'u8' }, 'code'],
    [{ code: 230, name: 'routers', type: 'u8' }, 'code'],
    [{ code: 230, name: 'Upper', type: 'u8' }, 'name'],
    [{ code: 230, name: 'option-9', type: 'u8' }, 'name'],
    [{ code: 230, name: 'a', type: 'fqdn' }, 'type'],
    [{ code: 230, name: 'a', type: 'bytes', array: true }, 'array'],
    [{ code: 230, name: 'a', type: 'record' }, 'fields'],
    [{ code: 230, name: 'a', type: 'u8', fields: [{ name: 'x', type: 'u8' }] }, 'fields'],
    [{ code: 230, name: 'a', type: 'u8', space: -1 }, 'space'],
    [{ code: 224, name: 'a', type: 'u8' }, 'code'],
    [{ code: 230, name: 'rack', type: 'u8' }, 'name'],
    [{ code: 6, name: 'a', type: 'u8', space: 'pxe' }, 'code'],
    [{ code: 6, name: 'a', type: 'u8', space: 'mine' }, undefined],
    [{ code: 230, name: 'a', type: 'ipv6', array: true }, undefined],
  ] as const)('%j is judged by its %s', (declaration, field) => {
    expect(declarationFault(declaration, declared)?.field).toBe(field)
  })
})

describe('RFC 4361 §6.1 and RFC 2132 §9.14 client identifiers, for people', () => {
  test.each([
    ['01020000000001', 'Ethernet 02:00:00:00:00:01'],
    ['ff00000001 0003 0001 020000000001', 'IAID 00000001, DUID-LL Ethernet 02:00:00:00:00:01'],
    ['ff00000001 0001 0001 309df680 020000000001', 'IAID 00000001, DUID-LLT Ethernet 02:00:00:00:00:01 of 2025-11-05'],
    ['ff00000001 0002 00000009 abcd', 'IAID 00000001, DUID-EN enterprise 9 abcd'],
    ['ff00000001 0004 00112233445566778899aabbccddeeff', 'IAID 00000001, DUID-UUID 00112233-4455-6677-8899-aabbccddeeff'],
    ['ff00000001 0009 ab', 'IAID 00000001, DUID 0009ab'],
    ['00 70726e', 'text "prn"'],
    ['70726e', 'text "prn"'],
    ['00 ff', 'octets ff'],
    ['06 0102', 'hardware type 6 0102'],
    ['', 'empty'],
  ])('%s is %s', (hex, text) => {
    expect(describeClientIdentifier(octets(hex))).toBe(text)
  })
})
