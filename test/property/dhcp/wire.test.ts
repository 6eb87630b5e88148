import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OPTIONS, STANDARD_OPTIONS, decodeOption, emitMessage, encodeOption, parseMessage } from '../../../services/dhcp/index.ts'
import type { DhcpMessage, OptionName, ValueShape } from '../../../services/dhcp/index.ts'
import type { OptionValue } from '../../../services/model/index.ts'
import { layOut, replyLimit } from '../../../services/dhcp/reply.ts'
import { scanOptions } from '../../../services/dhcp/wire/options.ts'

const address = fc.integer({ min: 0, max: 0xffff_ffff }).map(n => `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`)
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/)
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'))
const numeric = (row: ValueShape, low: number, high: number): fc.Arbitrary<number> => fc.integer({ min: row.min ?? low, max: row.max ?? high })
const list = (items: fc.Arbitrary<OptionValue>): fc.Arbitrary<OptionValue> => fc.array(items, { minLength: 1, maxLength: 8 })
const route = fc.tuple(fc.integer({ min: 0, max: 32 }), fc.integer(), address).map(([length, bits, router]): OptionValue => {
  const network = length === 0 ? 0 : bits & (-1 << (32 - length))
  return { destination: `${network >>> 24}.${(network >>> 16) & 255}.${(network >>> 8) & 255}.${network & 255}/${length}`, router }
})

const octets = (from: number, to: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: from, maxLength: to }).map(b => Buffer.from(b).toString('hex'))
const text = fc.stringMatching(/^[\x20-\x7e]{1,31}$/)
const ipv6 = fc.tuple(fc.integer({ min: 0x2000, max: 0x3fff }), fc.integer({ min: 1, max: 0xffff })).map(([a, b]) => `${a.toString(16)}::${b.toString(16)}`)
const inside = (space: string | number): fc.Arbitrary<OptionValue> =>
  fc.dictionary(fc.integer({ min: 1, max: 254 }).map(code => STANDARD_OPTIONS.coded(code, space)).filter(({ row }) => row.type === 'bytes' && row.octets === undefined).map(({ name }) => name), octets(1, 12), { maxKeys: 5 })
    .filter(set => Object.keys(set).length > 0)

function valueOf(row: ValueShape): fc.Arbitrary<OptionValue> {
  switch (row.type) {
    case 'ipv4': return address
    case 'ipv4[]': return list(address)
    case 'ipv4-pair[]': return list(fc.tuple(address, address))
    case 'ipv4-list[]': return list(list(address))
    case 'ipv6': return ipv6
    case 'ipv6[]': return list(ipv6)
    case 'bool': return fc.boolean()
    case 'flag': return fc.constant(true)
    case 'u8': return numeric(row, 0, 255)
    case 'i8': return numeric(row, -128, 127)
    case 'u16': return numeric(row, 0, 65_535)
    case 'u32':
    case 'seconds': return numeric(row, 0, 0xffff_ffff)
    case 'i32': return numeric(row, -0x8000_0000, 0x7fff_ffff)
    case 'u8[]': return list(numeric(row, 0, 255))
    case 'u16[]': return list(numeric(row, 0, 65_535))
    case 'u32[]': return list(numeric(row, 0, 0xffff_ffff))
    case 'text': return text
    case 'text[]':
    case 'uri[]': return list(text)
    case 'bytes': return row.octets === undefined ? octets(row.fewest ?? 1, 300) : octets(row.octets, row.octets)
    case 'name': return name
    case 'plain-name[]':
    case 'name[]': return list(name)
    case 'route[]': return list(route)
    case 'record': return record(row)
    case 'record[]': return list(record(row))
    case 'options': return inside(row.space ?? '')
    case 'vendor-options': return octets(1, 60)
    case 'enterprise-options': return list(fc.record({ enterprise: fc.integer({ min: 0, max: 0xffff_ffff }), options: inside(1) }))
    case 'enterprise-classes': return list(fc.record({ enterprise: fc.integer({ min: 0, max: 0xffff_ffff }), classes: list(octets(1, 20)) }))
    case 'user-class': return fc.oneof(list(text), text)
    case 'sip-servers': return fc.oneof(list(address), list(name.filter(n => !/^[\d.]+$/.test(n))))
    case 'resolver[]': return list(fc.oneof(
      fc.record({ priority: numeric(row, 0, 65_535), name }),
      fc.record({ priority: numeric(row, 0, 65_535), name, addresses: list(address) }),
      fc.record({ priority: numeric(row, 0, 65_535), name, addresses: list(address), parameters: fc.constantFrom('alpn="dot"', 'alpn="h2,h3" dohpath="/dns-query{?dns}"', 'port=8853') }),
    ))
    case 'fqdn': return fc.oneof(
      fc.record({ flags: fc.constantFrom(4, 5, 15), name: fc.oneof(name, name.map(n => `${n}.`)) }),
      fc.record({ flags: fc.constantFrom(0, 1, 8), name }),
    )
  }
}
const record = (row: ValueShape): fc.Arbitrary<OptionValue> =>
  fc.record(Object.fromEntries((row.fields ?? []).map(field => [field.name, valueOf(field)])))

const raw = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 254 }).filter(code => code !== 52), fc.uint8Array({ maxLength: 600 })), { selector: ([code]) => code, maxLength: 12 })
  .map(entries => new Map(entries))

describe('round trips', () => {
  test.each(Object.keys(OPTIONS) as OptionName[])('every value of %s', optionName => {
    const row: ValueShape = OPTIONS[optionName]
    fc.assert(
      fc.property(valueOf(row), value => {
        const encoded = encodeOption(row, value)
        expect(encoded.ok && decodeOption(row, encoded.value)).toEqual({ ok: true, value })
      }),
      { numRuns: 50 },
    )
  })

  test('every message', () => {
    const octet = fc.integer({ min: 0, max: 255 })
    const word = fc.integer({ min: 0, max: 65_535 })
    const four = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff })
    const message: fc.Arbitrary<DhcpMessage> = fc.record({
      op: fc.constantFrom(1, 2),
      hardwareType: octet, hardwareLength: octet, hops: octet,
      xid: fc.integer({ min: 0, max: 0xffff_ffff }), secs: word, flags: word,
      ciaddr: four, yiaddr: four, siaddr: four, giaddr: four,
      chaddr: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      sname: fc.uint8Array({ minLength: 64, maxLength: 64 }),
      file: fc.uint8Array({ minLength: 128, maxLength: 128 }),
      options: raw,
    })
    fc.assert(
      fc.property(message, m => {
        const bytes = emitMessage(m)
        const parsed = parseMessage(bytes)
        if (bytes.length > 4096) expect(parsed).toEqual({ ok: false, error: 'over-long' })
        else expect(parsed).toEqual({ ok: true, value: m })
      }),
    )
  })
})

/** Walks the options of one field: true when an end option is met within it. */
function terminated(b: Uint8Array, from: number, end: number): boolean {
  let at = from
  while (at < end && b[at] !== 255) at += b[at] === 0 ? 1 : 2 + (b[at + 1] as number)
  return at < end
}

describe('the layout of a reply', () => {
  test('a field filled to its last octet: within the limit, whichever option is the one too many', () => {
    for (let size = 0; size <= 255; size++) {
      for (const other of [0, 40, 120, 200]) {
        const out = new Uint8Array(1472)
        const left: number[] = []
        const options = [60, 61, 62, 63].map((code, i) => [code, new Uint8Array([size, other, 126, 62][i] as number).fill(code)] as const)
        const length = layOut(out, options, undefined, replyLimit(576), left)
        expect(length).toBeLessThanOrEqual(548)
        // RFC 2131 §4.1: a field that holds options is terminated by an end option.
        for (const [from, end] of [[240, length], [108, 236], [44, 108]] as const) if (out[from] !== 0) expect(terminated(out, from, end)).toBe(true)
        const found = new Map(scanOptions(out.slice(0, length)))
        found.delete(52)
        expect(found).toEqual(new Map(options.filter(([code]) => !left.includes(code))))
      }
    }
  })

  test('whatever the options and the limit: within the limit, and every option is there whole or named as left out', () => {
    const options = fc.uniqueArray(fc.tuple(fc.integer({ min: 60, max: 80 }), fc.uint8Array({ maxLength: 300 })), { selector: ([code]) => code, maxLength: 12 })
    fc.assert(
      fc.property(options, fc.option(fc.uint8Array({ minLength: 2, maxLength: 60 }), { nil: undefined }), fc.integer({ min: 0, max: 65_535 }), (outgoing, agent, asked) => {
        const out = new Uint8Array(1472).fill(0xaa)
        out.fill(0, 0, 240)
        const left: number[] = []
        const length = layOut(out, outgoing, agent === undefined ? undefined : [82, agent], replyLimit(asked), left)
        expect(length).toBeLessThanOrEqual(replyLimit(asked))
        const found = new Map(scanOptions(out.slice(0, length)))
        found.delete(52)
        const expected = new Map(outgoing.filter(([code]) => !left.includes(code)))
        if (agent !== undefined) expected.set(82, agent)
        expect(found).toEqual(expected)
      }),
    )
  })
})
