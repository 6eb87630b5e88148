/** Values of one number, address or text, and lists of those of a fixed size. RFC 2132 §2. */
import { fromHex, i32, put16, put32, toHex, u16, u32 } from '../../../stack/platform/index.ts'
import { formatIpv4, parseIpv4 } from '../../../stack/index.ts'
import type { OptionValue } from '../../model/index.ts'
import { formatIpv6, parseIpv6 } from '../../dns/wire/ipv6.ts'
import type { OptionRegistry } from './option-spaces.ts'
import type { ValueShape } from './options-table.ts'

/** How one type of value stands in octets. Options inside a value are named by the registry. */
export type Codec = {
  /** Octets of every value; undefined where that differs. */
  size(shape: ValueShape): number | undefined
  /** What a right value looks like. */
  form(shape: ValueShape): string
  encode(value: OptionValue, shape: ValueShape, registry: OptionRegistry): Uint8Array | undefined
  decode(b: Uint8Array, shape: ValueShape, registry: OptionRegistry): OptionValue | undefined
}

export const variable = (): undefined => undefined

/** For codecs that read nothing of their shape. */
export const ANY: ValueShape = { type: 'bytes' }

/** The fields of a JSON object; undefined for anything else, and for one with other keys than these. */
export function objectOf(
  value: OptionValue | undefined,
  keys: readonly string[] | undefined,
): { readonly [key: string]: OptionValue } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const object = value as { readonly [key: string]: OptionValue }
  return keys === undefined || Object.keys(object).every(key => keys.includes(key)) ? object : undefined
}

export const listOf = (value: OptionValue | undefined): readonly OptionValue[] | undefined =>
  Array.isArray(value) ? (value as readonly OptionValue[]) : undefined

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** A codec for values of `octets` octets each. */
function fixed(
  octets: number,
  form: (shape: ValueShape) => string,
  put: (b: Uint8Array, value: OptionValue, shape: ValueShape) => boolean,
  get: (b: Uint8Array, shape: ValueShape) => OptionValue | undefined,
): Codec {
  return {
    size: () => octets,
    form,
    encode: (value, shape) => {
      const b = new Uint8Array(octets)
      return put(b, value, shape) ? b : undefined
    },
    decode: (b, shape) => (b.length === octets ? get(b, shape) : undefined),
  }
}

/** Items one after the other; each has a fixed size. */
export function repeated(item: Codec): Codec {
  return {
    size: variable,
    form: shape => `a list, each item ${item.form(shape)}`,
    encode: (value, shape, registry) => {
      const parts = listOf(value)?.map(part => item.encode(part, shape, registry))
      return parts?.every(part => part !== undefined) === true ? concat(parts) : undefined
    },
    decode: (b, shape, registry) => {
      const size = item.size(shape) ?? 0
      if (size === 0 || b.length % size !== 0) return undefined
      const items: OptionValue[] = []
      for (let at = 0; at < b.length; at += size) {
        const value = item.decode(b.subarray(at, at + size), shape, registry)
        if (value === undefined) return undefined
        items.push(value)
      }
      return items
    },
  }
}

function number(octets: 1 | 2 | 4, lowest: number, highest: number): Codec {
  const within = (value: OptionValue | undefined, shape: ValueShape): value is number =>
    Number.isInteger(value) && (value as number) >= (shape.min ?? lowest) && (value as number) <= (shape.max ?? highest)
  return fixed(
    octets,
    shape => `a whole number from ${shape.min ?? lowest} to ${shape.max ?? highest}`,
    (b, value, shape) => {
      if (!within(value, shape)) return false
      if (octets === 1) b[0] = value
      else if (octets === 2) put16(b, 0, value)
      else put32(b, 0, value)
      return true
    },
    (b, shape) => {
      const signed = lowest < 0
      const octet = b[0] as number
      const value =
        octets === 1 ? (signed && octet > 127 ? octet - 256 : octet) : octets === 2 ? u16(b, 0) : signed ? i32(b, 0) : u32(b, 0)
      return within(value, shape) ? value : undefined
    },
  )
}

export const u8Value: Codec = number(1, 0, 0xff)
export const u16Value: Codec = number(2, 0, 0xffff)
export const u32Value: Codec = number(4, 0, 0xffff_ffff)
export const i8Value: Codec = number(1, -0x80, 0x7f)
export const i32Value: Codec = number(4, -0x8000_0000, 0x7fff_ffff)

export const addressValue: Codec = fixed(
  4,
  () => 'an IPv4 address in text, as "10.53.0.1"',
  (b, value) => {
    const parsed = typeof value === 'string' ? parseIpv4(value) : undefined
    if (parsed === undefined) return false
    put32(b, 0, parsed)
    return true
  },
  b => formatIpv4(i32(b, 0)),
)

export const addressPair: Codec = fixed(
  8,
  () => 'two IPv4 addresses, as ["10.0.0.0", "10.53.0.1"]',
  (b, value) => {
    const pair = listOf(value)
    const halves = pair?.map(half => (typeof half === 'string' ? parseIpv4(half) : undefined))
    if (halves?.length !== 2 || halves[0] === undefined || halves[1] === undefined) return false
    put32(b, 0, halves[0])
    put32(b, 4, halves[1])
    return true
  },
  b => [formatIpv4(i32(b, 0)), formatIpv4(i32(b, 4))],
)

export const ipv6Value: Codec = fixed(
  16,
  () => 'an IPv6 address in text, as "2001:db8::1"',
  (b, value) => {
    const parsed = typeof value === 'string' ? parseIpv6(value) : undefined
    if (parsed === undefined) return false
    b.set(parsed)
    return true
  },
  b => formatIpv6(b),
)

export const boolValue: Codec = fixed(
  1,
  () => 'true or false',
  (b, value) => {
    b[0] = value === true ? 1 : 0
    return typeof value === 'boolean'
  },
  b => ((b[0] as number) <= 1 ? b[0] === 1 : undefined),
)

/** No value at all: that the option is there says it (RFC 4039 §4). */
export const flagValue: Codec = fixed(
  0,
  () => 'true: the option has no value',
  (_b, value) => value === true,
  () => true,
)

export const textValue: Codec = {
  size: variable,
  form: () => 'text of printable ASCII characters',
  encode: (value, shape) =>
    typeof value === 'string' && /^[\x20-\x7e]*$/.test(value) && (value !== '' || shape.fewest === 0)
      ? Uint8Array.from(value, c => c.charCodeAt(0))
      : undefined,
  // RFC 2132 §2: trailing NULs are to be deleted. Octets that are no ASCII show as Latin-1.
  decode: b =>
    Array.from(b, octet => String.fromCharCode(octet))
      .join('')
      .replace(/\0+$/, ''),
}

export const bytesValue: Codec = {
  size: shape => shape.octets,
  form: shape =>
    shape.octets === undefined
      ? `at least ${shape.fewest ?? 1} octets in hexadecimal, as "0104a0ff"`
      : `${shape.octets} octets in hexadecimal`,
  encode: (value, shape) => {
    const octets = typeof value === 'string' ? fromHex(value) : undefined
    return octets !== undefined && suits(octets, shape) ? octets : undefined
  },
  decode: (b, shape) => (suits(b, shape) ? toHex(b) : undefined),
}

const suits = (b: Uint8Array, shape: ValueShape): boolean =>
  shape.octets === undefined ? b.length >= (shape.fewest ?? 1) : b.length === shape.octets

/** Parts of at most 255 (or 65,535) octets, each after its length. Undefined when a part is empty or too long. */
export function withLengths(parts: readonly Uint8Array[], lengthOctets: 1 | 2): Uint8Array | undefined {
  const most = lengthOctets === 1 ? 0xff : 0xffff
  if (parts.length === 0 || parts.some(part => part.length === 0 || part.length > most)) return undefined
  const length = (n: number): Uint8Array => (lengthOctets === 1 ? Uint8Array.of(n) : Uint8Array.of(n >>> 8, n))
  return concat(parts.flatMap(part => [length(part.length), part]))
}

/** The parts of withLengths; undefined unless they fill `b` and none is empty. */
export function splitByLengths(b: Uint8Array, lengthOctets: 1 | 2): readonly Uint8Array[] | undefined {
  const parts: Uint8Array[] = []
  for (let at = 0; at < b.length;) {
    if (at + lengthOctets > b.length) return undefined
    const length = lengthOctets === 1 ? (b[at] as number) : u16(b, at)
    at += lengthOctets
    if (length === 0 || at + length > b.length) return undefined
    parts.push(b.subarray(at, at + length))
    at += length
  }
  return parts.length === 0 ? undefined : parts
}
