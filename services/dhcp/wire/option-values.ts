/**
 * Option values between octets and JSON, one codec per type of options-table.ts.
 * Used when a configuration is read or a message is shown; a packet in progress uses the octets.
 */
import { err, fromHex, i32, ok, put16, put32, toHex, u16, u32 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatIpv4, formatPrefix, maskOf, parseIpv4, parsePrefix } from '../../../stack/index.ts'
import type { OptionSet, OptionValue } from '../../model/index.ts'
import { decodeNames, encodeName, encodeNames, labelsOf, readName } from './names.ts'
import { optionCoded } from './options-table.ts'
import type { OptionRow, OptionType } from './options-table.ts'
import type { RawOptions } from './options.ts'

/** The octets of a value; the error says what would be right. */
export function encodeOption(row: OptionRow, value: OptionValue): Result<Uint8Array, string> {
  const codec = CODECS[row.type]
  const bytes = codec.encode(value, row)
  return bytes === undefined || !longEnough(row, bytes) ? err(codec.form(row)) : ok(bytes)
}

/** The JSON form of received octets; the error says what would be right. */
export function decodeOption(row: OptionRow, bytes: Uint8Array): Result<OptionValue, string> {
  const codec = CODECS[row.type]
  const value = longEnough(row, bytes) ? codec.decode(bytes, row) : undefined
  return value === undefined ? err(codec.form(row)) : ok(value)
}

/** All options by name; a value that does not fit its type is shown as {"malformed": "hex"}. */
export function decodeOptions(raw: RawOptions): OptionSet {
  const set: { [name: string]: OptionValue } = {}
  for (const [code, bytes] of raw) {
    const { name, row } = optionCoded(code)
    const value = decodeOption(row, bytes)
    set[name] = value.ok ? value.value : { malformed: toHex(bytes) }
  }
  return set
}

type Codec = {
  /** What a right value looks like. */
  form(row: OptionRow): string
  encode(value: OptionValue, row: OptionRow): Uint8Array | undefined
  decode(b: Uint8Array, row: OptionRow): OptionValue | undefined
}

function longEnough(row: OptionRow, bytes: Uint8Array): boolean {
  const fewest = row.fewest ?? 1
  return fewest === 0 || bytes.length >= (row.type === 'bytes' ? fewest : 1)
}

/** A codec for values of `size` octets each. */
function fixed(
  size: number,
  form: (row: OptionRow) => string,
  put: (b: Uint8Array, at: number, value: OptionValue, row: OptionRow) => boolean,
  get: (b: Uint8Array, at: number, row: OptionRow) => OptionValue | undefined,
): { readonly one: Codec; readonly list: Codec } {
  const one: Codec = {
    form,
    encode: (value, row) => {
      const b = new Uint8Array(size)
      return put(b, 0, value, row) ? b : undefined
    },
    decode: (b, row) => (b.length === size ? get(b, 0, row) : undefined),
  }
  const list: Codec = {
    form: row => `a list, each item ${form(row)}`,
    encode: (value, row) => {
      if (!Array.isArray(value)) return undefined
      const b = new Uint8Array(size * value.length)
      return value.every((item: OptionValue, i) => put(b, i * size, item, row)) ? b : undefined
    },
    decode: (b, row) => {
      if (b.length % size !== 0) return undefined
      const items: OptionValue[] = []
      for (let at = 0; at < b.length; at += size) {
        const item = get(b, at, row)
        if (item === undefined) return undefined
        items.push(item)
      }
      return items
    },
  }
  return { one, list }
}

function number(size: number, lowest: number, highest: number): { readonly one: Codec; readonly list: Codec } {
  const within = (value: OptionValue | undefined, row: OptionRow): value is number =>
    Number.isInteger(value) && (value as number) >= (row.min ?? lowest) && (value as number) <= (row.max ?? highest)
  return fixed(
    size,
    row => `a whole number from ${row.min ?? lowest} to ${row.max ?? highest}`,
    (b, at, value, row) => {
      if (!within(value, row)) return false
      if (size === 1) b[at] = value
      else if (size === 2) put16(b, at, value)
      else put32(b, at, value)
      return true
    },
    (b, at, row) => {
      const value = size === 1 ? b[at] : size === 2 ? u16(b, at) : lowest < 0 ? i32(b, at) : u32(b, at)
      return within(value, row) ? value : undefined
    },
  )
}

const address = fixed(
  4,
  () => 'an IPv4 address in text, as "10.53.0.1"',
  (b, at, value) => {
    const parsed = typeof value === 'string' ? parseIpv4(value) : undefined
    if (parsed === undefined) return false
    put32(b, at, parsed)
    return true
  },
  (b, at) => formatIpv4(i32(b, at)),
)

const addressPair = fixed(
  8,
  () => 'two IPv4 addresses, as ["10.0.0.0", "10.53.0.1"]',
  (b, at, value) => {
    const halves =
      Array.isArray(value) && value.length === 2 ? address.list.encode(value as OptionValue, ANY) : undefined
    if (halves === undefined) return false
    b.set(halves, at)
    return true
  },
  (b, at) => [formatIpv4(i32(b, at)), formatIpv4(i32(b, at + 4))],
)
/** For codecs that read nothing of their row. */
const ANY: OptionRow = { code: 0, type: 'ipv4', rfc: '' }

const bool: Codec = {
  form: () => 'true or false',
  encode: value => (typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : undefined),
  decode: b => (b.length === 1 && (b[0] as number) <= 1 ? b[0] === 1 : undefined),
}

const text: Codec = {
  form: () => 'text of printable ASCII characters',
  encode: value =>
    typeof value === 'string' && /^[\x20-\x7e]+$/.test(value)
      ? Uint8Array.from(value, c => c.charCodeAt(0))
      : undefined,
  // RFC 2132 §2: trailing NULs are to be deleted. Octets that are no ASCII show as Latin-1.
  decode: b =>
    Array.from(b, octet => String.fromCharCode(octet))
      .join('')
      .replace(/\0+$/, ''),
}

const bytes: Codec = {
  form: row => `at least ${row.fewest ?? 1} octets in hexadecimal, as "0104a0ff"`,
  encode: value => (typeof value === 'string' ? fromHex(value) : undefined),
  decode: b => toHex(b),
}

const names: Codec = {
  form: () => 'a list of domain names, as ["lab.internal"]',
  encode: value => {
    if (!Array.isArray(value) || value.length === 0) return undefined
    const parsed = value.map((item: OptionValue) => (typeof item === 'string' ? labelsOf(item) : undefined))
    return parsed.every(labels => labels !== undefined) ? encodeNames(parsed) : undefined
  },
  decode: b => decodeNames(b),
}

/** RFC 3442: prefix length, as many octets of the destination as it needs, router. */
const routes: Codec = {
  form: () => 'a list of routes, as [{"destination": "10.0.0.0/8", "router": "10.53.0.1"}]',
  encode: value => {
    if (!Array.isArray(value) || value.length === 0) return undefined
    const out: number[] = []
    for (const item of value as readonly OptionValue[]) {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined
      const { destination, router } = item as { readonly [key: string]: OptionValue }
      const prefix = typeof destination === 'string' ? parsePrefix(destination) : undefined
      const via = typeof router === 'string' ? parseIpv4(router) : undefined
      if (prefix === undefined || via === undefined || Object.keys(item).length !== 2) return undefined
      out.push(prefix.length)
      for (let i = 0; i < prefix.length; i += 8) out.push((prefix.network >>> (24 - i)) & 255)
      out.push(via >>> 24, (via >>> 16) & 255, (via >>> 8) & 255, via & 255)
    }
    return Uint8Array.from(out)
  },
  decode: b => {
    const list: OptionValue[] = []
    for (let at = 0; at < b.length;) {
      const length = b[at] as number
      const octets = (length + 7) >> 3
      if (length > 32 || at + 1 + octets + 4 > b.length) return undefined
      let network = 0
      for (let i = 0; i < octets; i++) network |= (b[at + 1 + i] as number) << (24 - 8 * i)
      // RFC 3442: host bits that the sender left in are to be cleared.
      network &= maskOf(length)
      list.push({ destination: formatPrefix({ network, length }), router: formatIpv4(i32(b, at + 1 + octets)) })
      at += 1 + octets + 4
    }
    return list
  },
}

/**
 * RFC 4702 §2.1: flags, two octets that no longer mean anything, the name; flag E says that it is in DNS wire format.
 */
const FQDN_ENCODED = 4
const fqdn: Codec = {
  form: () => 'flags and a name, as {"flags": 4, "name": "host.lab.internal."}; without the last dot it is partial',
  encode: value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    const { flags, name } = value as { readonly [key: string]: OptionValue }
    if (!Number.isInteger(flags) || (flags as number) < 0 || (flags as number) > 255 || typeof name !== 'string')
      return undefined
    const wire = ((flags as number) & FQDN_ENCODED) !== 0
    const labels = name === '' ? [] : labelsOf(name)
    if (labels === undefined) return undefined
    const encoded = wire ? encodeName(labels, !name.endsWith('.')) : Uint8Array.from(name, c => c.charCodeAt(0))
    return Uint8Array.of(flags as number, 0, 0, ...encoded)
  },
  decode: b => {
    if (b.length < 3) return undefined
    const flags = b[0] as number
    if ((flags & FQDN_ENCODED) === 0) return { flags, name: text.decode(b.subarray(3), ANY) as string }
    if (b.length === 3) return { flags, name: '' }
    const name = readName(b.subarray(3), 0)
    if (name === undefined || name.end !== b.length - 3) return undefined
    return { flags, name: b[b.length - 1] === 0 ? `${name.text}.` : name.text }
  },
}

const octet = number(1, 0, 0xff)
const word = number(2, 0, 0xffff)
const long = number(4, 0, 0xffff_ffff)

const CODECS: { readonly [Type in OptionType]: Codec } = {
  ipv4: address.one,
  'ipv4[]': address.list,
  'ipv4-pair[]': addressPair.list,
  bool,
  u8: octet.one,
  u16: word.one,
  u32: long.one,
  i32: number(4, -0x8000_0000, 0x7fff_ffff).one,
  'u8[]': octet.list,
  'u16[]': word.list,
  seconds: long.one,
  text,
  bytes,
  'name[]': names,
  'route[]': routes,
  fqdn,
}
