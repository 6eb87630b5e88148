/**
 * The plain kinds of fields that rdata is made of: each reads itself from text, writes itself as text and knows how long
 * it is in octets. field-table.ts names them for the rows of rdata-table.ts. RFC 1035 §3.3 and §5.1, RFC 3597, RFC 4034.
 */
import { parseIpv4 } from '../../../stack/index.ts'
import { fromHex, toHex, u16, u32 } from '../../../stack/platform/index.ts'
import { formatLoc, LOC_OCTETS, parseLoc } from './loc.ts'
import { formatName, hasFinalDot, nameLength, parseName } from './name.ts'
import type { NameRule } from './name.ts'
import { parseTtl, quoteOctets, unescapeOctets } from './presentation.ts'
import type { TokenSource } from './presentation.ts'
import { formatServiceParameters, parseServiceParameters, serviceParametersLength } from './svcb.ts'
import { typeCode, typeName } from './type-names.ts'

/** Grows while rdata is read from text. */
export type Octets = number[]

export type FieldCodec = {
  /** Takes its tokens and appends its octets; the returned sentence part says what is wrong. */
  readonly read: (from: TokenSource, into: Octets, names: NameRule) => string | undefined
  /** With `finalDots` every name ends in a dot, as master files need it. */
  readonly write: (b: Uint8Array, at: number, end: number, finalDots?: boolean) => string
  /** Octets that the field takes at `at`; −1 when malformed. */
  readonly length: (b: Uint8Array, at: number, end: number) => number
}

export const number = (bytes: 1 | 2 | 4): FieldCodec => ({
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const most = 2 ** (8 * bytes) - 1
    if (!/^\d{1,10}$/.test(text) || Number(text) > most) return `${shown(text)} is not a number from 0 to ${most}`
    for (let shift = 8 * (bytes - 1); shift >= 0; shift -= 8) into.push((Number(text) >>> shift) & 0xff)
    return undefined
  },
  write: (b, at) => String(bytes === 1 ? b[at] : bytes === 2 ? u16(b, at) : u32(b, at)),
  length: (_b, at, end) => (end - at >= bytes ? bytes : -1),
})

/** A number that text may also give by a mnemonic, in any letter case; it is printed as a number. */
export const numberOrName = (bytes: 1 | 2, names: { readonly [mnemonic: string]: number }): FieldCodec => {
  const plain = number(bytes)
  return {
    ...plain,
    read: (from, into, rule) => {
      const code = names[from.peek()?.text.toUpperCase() ?? '']
      if (code === undefined) return plain.read(from, into, rule)
      from.next()
      if (bytes === 2) into.push(code >>> 8)
      into.push(code & 0xff)
      return undefined
    },
  }
}

/** Seconds, with unit suffixes allowed in text (RFC 1035 §3.3.13 as BIND reads it). */
export const seconds: FieldCodec = {
  ...number(4),
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const value = parseTtl(text, 0xffff_ffff)
    if (value === undefined) return `${shown(text)} is not a time in seconds (or 1h30m)`
    into.push(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
    return undefined
  },
}

export const fixed = (
  octets: number, parse: (text: string) => Uint8Array | undefined,
  format: (b: Uint8Array, at: number) => string, what: string,
): FieldCodec => ({
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const parsed = parse(text)
    if (parsed === undefined) return `${shown(text)} is not ${what}`
    into.push(...parsed)
    return undefined
  },
  write: format,
  length: (_b, at, end) => (end - at >= octets ? octets : -1),
})

export function parseIpv4Octets(text: string): Uint8Array | undefined {
  const a = parseIpv4(text)
  return a === undefined ? undefined : Uint8Array.of(a >>> 24, a >>> 16, a >>> 8, a)
}

/** RFC 7043: hexadecimal pairs joined by hyphens. */
export const eui = (octets: 6 | 8): FieldCodec =>
  fixed(
    octets,
    (text) => (new RegExp(`^([0-9a-f]{2}-){${octets - 1}}[0-9a-f]{2}$`, 'i').test(text) ? fromHex(text) : undefined),
    (b, at) => Array.from(b.subarray(at, at + octets), (octet) => octet.toString(16).padStart(2, '0')).join('-'),
    `${octets} hexadecimal pairs joined by "-"`,
  )

export const nameField: FieldCodec = {
  read: (from, into, names) => {
    const token = from.next()
    if (token === undefined) return 'a domain name is missing'
    const parsed = parseName(token.text, names)
    if (!parsed.ok) return `${shown(token.text)} is no domain name: ${parsed.error}`
    for (const octet of parsed.value) into.push(octet)
    return undefined
  },
  // One label without a dot would read as relative to somebody's origin, so it gets its dot.
  write: (b, at, _end, finalDots = false) => {
    const text = formatName(b, at)
    const oneLabel = b[at] !== 0 && b[at + 1 + (b[at] as number)] === 0
    return oneLabel || (finalDots && !hasFinalDot(text)) ? `${text}.` : text
  },
  length: nameLength,
}

function readString(from: TokenSource, into: Octets): string | undefined {
  const token = from.next()
  if (token === undefined) return 'a string is missing'
  const octets = unescapeOctets(token.text)
  if (octets === undefined) return `${shown(token.text)} has a bad escape (\\DDD is 000 to 255)`
  if (octets.length > 255) return `a string has ${octets.length} octets; 255 is the most, split it: "…" "…"`
  into.push(octets.length, ...octets)
  return undefined
}

export const stringLength = (b: Uint8Array, at: number, end: number): number =>
  at < end && at + 1 + (b[at] as number) <= end ? 1 + (b[at] as number) : -1
export const string: FieldCodec = {
  read: readString,
  write: (b, at) => quoteOctets(b, at + 1, at + 1 + (b[at] as number)),
  length: stringLength,
}

/** One string or more to the end of the rdata (RFC 1035 §3.3.14). */
export const strings: FieldCodec = {
  read: (from, into) => {
    do {
      const problem = readString(from, into)
      if (problem !== undefined) return problem
    } while (from.left > 0)
    return undefined
  },
  write: (b, at, end) => {
    const parts: string[] = []
    for (let i = at; i < end; i += 1 + (b[i] as number)) parts.push(string.write(b, i, end))
    return parts.join(' ')
  },
  length: (b, at, end) => {
    let i = at
    do {
      const length = stringLength(b, i, end)
      if (length < 0) return -1
      i += length
    } while (i < end)
    return end - at
  },
}

/** Octets to the end of the rdata, written as one string without a length octet (URI, CAA). */
export const rest: FieldCodec = {
  read: (from, into) => {
    const token = from.next()
    if (token === undefined) return 'a string is missing'
    const octets = unescapeOctets(token.text)
    if (octets === undefined) return `${shown(token.text)} has a bad escape (\\DDD is 000 to 255)`
    for (const octet of octets) into.push(octet)
    return undefined
  },
  write: quoteOctets,
  length: (_b, at, end) => end - at,
}

/** CAA's tag, RFC 8659 §4.1: a length octet, letters and digits. Letter case is kept, though it means nothing. */
export const tag: FieldCodec = {
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    if (!/^[a-z0-9]{1,255}$/i.test(text)) return `${shown(text)} is not a tag of letters and digits such as issue`
    into.push(text.length, ...Buffer.from(text, 'latin1'))
    return undefined
  },
  write: (b, at) => Buffer.from(b.subarray(at + 1, at + 1 + (b[at] as number))).toString('latin1'),
  length: (b, at, end) => {
    const length = stringLength(b, at, end)
    if (length < 2) return -1
    for (let i = at + 1; i < at + length; i++) if (!/[a-z0-9]/i.test(String.fromCharCode(b[i] as number))) return -1
    return length
  },
}

/** Octets to the end of the rdata in an encoding that may be broken over several tokens. */
export const encodedRest = (
  parse: (text: string) => Uint8Array | undefined,
  format: (b: Uint8Array, at: number, end: number) => string, what: string,
): FieldCodec => ({
  read: (from, into) => {
    let text = ''
    for (let token = from.next(); token !== undefined; token = from.next()) text += token.text
    const octets = parse(text)
    if (octets === undefined || octets.length === 0) return `${shown(text)} is not ${what}`
    for (const octet of octets) into.push(octet)
    return undefined
  },
  write: format,
  length: (_b, at, end) => (end > at ? end - at : -1),
})

/** A length octet and octets in one token; "-" stands for none (RFC 5155 §3.3). */
export const counted = (
  parse: (text: string) => Uint8Array | undefined,
  format: (b: Uint8Array, at: number, end: number) => string, what: string,
): FieldCodec => ({
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const octets = text === '-' ? new Uint8Array(0) : parse(text)
    if (octets === undefined || octets.length > 255 || (octets.length === 0 && text !== '-')) {
      return `${shown(text)} is not ${what}`
    }
    into.push(octets.length, ...octets)
    return undefined
  },
  write: (b, at) => (b[at] === 0 ? '-' : format(b, at + 1, at + 1 + (b[at] as number))),
  length: stringLength,
})

export const hexText = (b: Uint8Array, at: number, end: number): string => toHex(b.subarray(at, end)).toUpperCase()

export const type: FieldCodec = {
  ...number(2),
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const code = typeCode(text)
    if (code === undefined) return `${shown(text)} is not a record type`
    into.push(code >>> 8, code & 0xff)
    return undefined
  },
  write: (b, at) => typeName(u16(b, at)),
}

/** Signature times, RFC 4034 §3.2: YYYYMMDDHHmmSS in UTC or seconds since 1970 as an unsigned 32-bit number. */
export const time: FieldCodec = {
  ...number(4),
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.slice(1).map(Number)
    const value = parts === undefined ? Number(text) : utcSeconds(parts as [...DateParts])
    if (!/^\d+$/.test(text) || value === undefined || (parts === undefined && value > 0xffff_ffff)) {
      return `${shown(text)} is not a time as YYYYMMDDHHmmSS`
    }
    into.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
    return undefined
  },
  write: (b, at) => {
    const rest = u32(b, at)
    const days = Math.floor(rest / 86_400)
    const two = (n: number): string => String(n).padStart(2, '0')
    const [year, month, day] = civilDate(days)
    const second = rest % 86_400
    const clock = two(Math.floor(second / 3600)) + two(Math.floor(second / 60) % 60) + two(second % 60)
    return `${String(year).padStart(4, '0')}${two(month)}${two(day)}${clock}`
  },
}

type DateParts = readonly [year: number, month: number, day: number, hour: number, minute: number, second: number]

/** Seconds since 1970; undefined for a date that is none. Date.UTC is arithmetic here, no clock is read. */
function utcSeconds(parts: DateParts): number | undefined {
  const [year, month, day, hour, minute, second] = parts
  const days = Date.UTC(year, month - 1, day) / 86_400_000
  const [y, m, d] = civilDate(days)
  if (y !== year || m !== month || d !== day || hour > 23 || minute > 59 || second > 59) return undefined
  return days * 86_400 + hour * 3600 + minute * 60 + second
}

/** Year, month and day of a count of days since 1970-01-01 in the Gregorian calendar, by eras of 400 years. */
function civilDate(days: number): readonly [number, number, number] {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day]
}

/** Type bitmap of NSEC, NSEC3 and CSYNC, RFC 4034 §4.1.2: windows of (number, length 1–32, bits), ascending. */
export const bitmap: FieldCodec = {
  read: (from, into) => {
    const windows = new Map<number, Uint8Array>()
    for (let token = from.next(); token !== undefined; token = from.next()) {
      const code = typeCode(token.text)
      if (code === undefined) return `${shown(token.text)} is not a record type`
      const bits = windows.get(code >>> 8) ?? new Uint8Array(32)
      const octet = (code & 0xff) >>> 3
      bits[octet] = (bits[octet] as number) | (0x80 >>> (code & 7))
      windows.set(code >>> 8, bits)
    }
    for (const [window, bits] of [...windows].sort((a, b) => a[0] - b[0])) {
      const used = bits.findLastIndex((octet) => octet !== 0) + 1
      into.push(window, used, ...bits.subarray(0, used))
    }
    return undefined
  },
  write: (b, at, end) => {
    const types: string[] = []
    for (let i = at; i < end; i += 2 + (b[i + 1] as number)) {
      for (let bit = 0; bit < 8 * (b[i + 1] as number); bit++) {
        if (((b[i + 2 + (bit >>> 3)] as number) & (0x80 >>> (bit & 7))) !== 0) {
          types.push(typeName(((b[i] as number) << 8) | bit))
        }
      }
    }
    return types.join(' ')
  },
  length: (b, at, end) => {
    let last = -1
    for (let i = at; i < end; i += 2 + (b[i + 1] as number)) {
      if (end - i < 3 || (b[i] as number) <= last) return -1
      last = b[i] as number
      const length = b[i + 1] as number
      if (length < 1 || length > 32 || i + 2 + length > end) return -1
    }
    return end - at
  },
}

export const loc: FieldCodec = {
  read: parseLoc,
  write: formatLoc,
  length: (b, at, end) => (end - at >= LOC_OCTETS && b[at] === 0 ? LOC_OCTETS : -1),
}

export const serviceParameters: FieldCodec = {
  read: parseServiceParameters,
  write: formatServiceParameters,
  length: serviceParametersLength,
}

/** For messages: the value in quotes, shortened. */
export const shown = (text: string): string =>
  text === '' ? 'nothing' : `"${text.length > 40 ? `${text.slice(0, 39)}…` : text}"`
