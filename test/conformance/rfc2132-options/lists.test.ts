import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../stack/platform/index.ts'
import { OPTIONS, decodeOption, decodeOptions, emitMessage, encodeOption, parseMessage } from '../../../services/dhcp/index.ts'
import type { DhcpMessage } from '../../../services/dhcp/index.ts'

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) as Uint8Array

const blank: DhcpMessage = {
  op: 1, hardwareType: 1, hardwareLength: 6, hops: 0, xid: 1, secs: 0, flags: 0,
  ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0,
  chaddr: new Uint8Array(16), sname: new Uint8Array(64), file: new Uint8Array(128), options: new Map(),
}

/** A message whose options, file and sname fields hold these octets. */
function message(options: string, file = '', sname = ''): Uint8Array {
  const b = emitMessage(blank)
  b.fill(0, 240)
  b.set(hex(options), 240)
  b.set(hex(file), 108)
  b.set(hex(sname), 44)
  return b
}

function optionsOf(bytes: Uint8Array): Record<number, string> | string {
  const parsed = parseMessage(bytes)
  if (!parsed.ok) return parsed.error
  return Object.fromEntries([...parsed.value.options].map(([code, value]) => [code, toHex(value)]))
}

describe('RFC 2132 §9.3 and RFC 2131 §4.1 option overload', () => {
  test.each([
    ['file only', '350101 340101 ff', '0c0161 ff', '0c0162 ff', { 53: '01', 52: '01', 12: '61' }],
    ['sname only', '350101 340102 ff', '0c0161 ff', '0c0162 ff', { 53: '01', 52: '02', 12: '62' }],
    ['file before sname', '350101 340103 ff', '0c0161 ff', '0c0162 ff', { 53: '01', 52: '03', 12: '6162' }],
    ['no overload: the fields are text', '350101 ff', '0c0161 ff', '0c0162 ff', { 53: '01' }],
    ['overload inside file changes nothing', '350101 340101 ff', '340103 ff', '0c0162 ff', { 53: '01', 52: '0103' }],
  ])('%s', (_name, options, file, sname, expected) => {
    expect(optionsOf(message(options, file, sname))).toEqual(expected)
  })

  test.each([
    ['in the options field', '35ff01'.padEnd(120, '0'), '', ''],
    ['in file', '340101 ff', '0cff61', ''],
    ['in sname', '340102 ff', '', '0c4061'],
  ])('an option that runs past its field is refused %s', (_name, options, file, sname) => {
    expect(optionsOf(message(options, file, sname))).toBe('option-overrun')
  })

  test('pad is skipped, what follows end is not read, a missing end is tolerated', () => {
    expect(optionsOf(message('0000 350101 00 ff 0c0161'))).toEqual({ 53: '01' })
    expect(optionsOf(message('350101').slice(0, 243))).toEqual({ 53: '01' })
  })
})

describe('RFC 3396 §7 long options', () => {
  test('instances of a code are one value, in the order options, file, sname', () => {
    expect(optionsOf(message('370101 350101 370203 06 340103 ff', '37010f ff', '37012a ff'))).toEqual({ 55: '0103060f2a', 53: '01', 52: '03' })
  })

  test('a value of 300 octets is split on sending and joined on reading', () => {
    const value = Uint8Array.from({ length: 300 }, (_, i) => i & 255)
    const bytes = emitMessage({ ...blank, options: new Map([[43, value]]) })
    expect([bytes[240], bytes[241], bytes[497], bytes[498]]).toEqual([43, 255, 43, 45])
    expect(optionsOf(bytes)).toEqual({ 43: toHex(value) })
  })
})

describe('RFC 3397 §2 domain search', () => {
  test("the RFC's example: names broken anywhere over three instances, and a pointer to the first", () => {
    const instances = ['7709 03656e67056170706c', '7709 6503636f6d00096d61', '7709 726b6574696e67c004']
    const parsed = parseMessage(message(`${instances.join('')} ff`))
    expect(parsed.ok && decodeOptions(parsed.value.options)).toEqual({ 'domain-search': ['eng.apple.com', 'marketing.apple.com'] })
  })

  test.each([
    ['a pointer to itself', 'c000'],
    ['a pointer forward', 'c002 0161 00'],
    ['two pointers at each other', '0161 c003 c000'],
    ['a label past the end', '0561'],
    ['no end', '0161 c0'],
    ['a pointer at the very end', '0161 00 c0'],
  ])('%s is refused', (_name, octets) => {
    expect(decodeOption(OPTIONS['domain-search'], hex(octets)).ok).toBe(false)
  })
})

describe('RFC 3442 classless static routes', () => {
  test.each([
    ['0.0.0.0/0', '00'],
    ['10.0.0.0/8', '080a'],
    ['10.0.0.0/24', '180a0000'],
    ['10.17.0.0/16', '100a11'],
    ['10.27.129.0/24', '180a1b81'],
    ['10.229.0.128/25', '190a e50080'],
    ['10.198.122.47/32', '200ac67a2f'],
  ])('%s is %s and the router', (destination, descriptor) => {
    const routes = [{ destination, router: '10.53.0.1' }]
    const octets = hex(`${descriptor} 0a350001`)
    expect(encodeOption(OPTIONS['classless-static-routes'], routes)).toEqual({ ok: true, value: octets })
    expect(decodeOption(OPTIONS['classless-static-routes'], octets)).toEqual({ ok: true, value: routes })
  })

  test('host bits beyond the length are cleared on reading', () => {
    expect(decodeOption(OPTIONS['classless-static-routes'], hex('09 0aff 0a350001'))).toEqual({
      ok: true,
      value: [{ destination: '10.128.0.0/9', router: '10.53.0.1' }],
    })
  })

  test.each(['21 0a350001 0a350001 00', '18 0a00', '08 0a 0a3500'])('%s is refused', octets => {
    expect(decodeOption(OPTIONS['classless-static-routes'], hex(octets)).ok).toBe(false)
  })
})

describe('RFC 4702 §2.3 client FQDN', () => {
  test.each([
    ['canonical, complete', '04 0000 04686f7374 036c6162 00', { flags: 4, name: 'host.lab.' }],
    ['canonical, partial', '04 0000 04686f7374', { flags: 4, name: 'host' }],
    ['canonical, none', '04 0000', { flags: 4, name: '' }],
    ['ASCII', '01 0000 686f73742e6c6162', { flags: 1, name: 'host.lab' }],
  ])('%s', (_name, octets, value) => {
    expect(decodeOption(OPTIONS['client-fqdn'], hex(octets))).toEqual({ ok: true, value })
    expect(encodeOption(OPTIONS['client-fqdn'], value)).toEqual({ ok: true, value: hex(octets) })
  })
})
