/**
 * Service parameters of SVCB and HTTPS rdata (RFC 9460 §2.1, §2.2, §7 and appendix A): a list of
 * (key u16, length u16, value) in strictly ascending order of keys.
 */
import { formatIpv4, parseIpv4 } from '../../../stack/index.ts'
import { i32, u16 } from '../../../stack/platform/index.ts'
import { formatIpv6, parseIpv6 } from './ipv6.ts'
import { formatBase64, parseBase64, quoteOctets, unescapeOctets } from './presentation.ts'
import type { TokenSource } from './presentation.ts'

const MANDATORY = 0

type Parameter = {
  /** The octets of a value after unescaping; undefined when it is malformed. `undefined` came without "=". */
  readonly read: (value: Uint8Array | undefined) => Uint8Array | undefined
  readonly write: (b: Uint8Array, at: number, end: number) => string
  readonly check: (b: Uint8Array, at: number, end: number) => boolean
}

const latin1 = (b: Uint8Array): string => Buffer.from(b).toString('latin1')

/** Comma-separated items; "\," and "\\" stand for the characters themselves (appendix A.1). */
function splitList(value: Uint8Array): Uint8Array[] | undefined {
  const items: number[][] = [[]]
  for (let i = 0; i < value.length; i++) {
    let octet = value[i] as number
    if (octet === 0x2c) {
      items.push([])
      continue
    }
    if (octet === 0x5c) {
      octet = value[++i] ?? -1
      if (octet !== 0x2c && octet !== 0x5c) return undefined
    }
    ;(items.at(-1) as number[]).push(octet)
  }
  return items.some((item) => item.length === 0 || item.length > 255) ? undefined : items.map((i) => Uint8Array.from(i))
}

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const opaque: Parameter = {
  read: (value) => value ?? new Uint8Array(0),
  write: (b, at, end) => (end > at ? quoteOctets(b, at, end) : ''),
  check: () => true,
}
const empty: Parameter = {
  read: (value) => (value === undefined ? new Uint8Array(0) : undefined),
  write: () => '',
  check: (_b, at, end) => at === end,
}
const port: Parameter = {
  read: (value) => {
    const text = value === undefined ? '' : latin1(value)
    const valid = /^\d{1,5}$/.test(text) && Number(text) <= 65_535
    return valid ? Uint8Array.of(Number(text) >>> 8, Number(text)) : undefined
  },
  write: (b, at) => String(u16(b, at)),
  check: (_b, at, end) => end - at === 2,
}
const addresses = (
  octets: 4 | 16, parse: (text: string) => Uint8Array | undefined, format: (b: Uint8Array, at: number) => string,
): Parameter => ({
  read: (value) => {
    const parsed = value === undefined ? [] : latin1(value).split(',').map(parse)
    return parsed.length === 0 || parsed.includes(undefined) ? undefined : join(parsed as Uint8Array[])
  },
  write: (b, at, end) => {
    const out: string[] = []
    for (let i = at; i < end; i += octets) out.push(format(b, i))
    return out.join(',')
  },
  check: (_b, at, end) => end > at && (end - at) % octets === 0,
})
const mandatory: Parameter = {
  read: (value) => {
    const keys = value === undefined ? [] : latin1(value).split(',').map(keyNumber)
    if (keys.length === 0 || keys.includes(undefined)) return undefined
    const sorted = (keys as number[]).sort((a, b) => a - b)
    if (sorted.includes(MANDATORY) || sorted.some((key, i) => key === sorted[i - 1])) return undefined
    return join(sorted.map((key) => Uint8Array.of(key >>> 8, key)))
  },
  write: (b, at, end) => {
    const keys: string[] = []
    for (let i = at; i < end; i += 2) keys.push(keyName(u16(b, i)))
    return keys.join(',')
  },
  check: (b, at, end) => {
    // Ascending, and never itself.
    let last = MANDATORY
    for (let i = at; i + 2 <= end; i += 2) {
      if (u16(b, i) <= last) return false
      last = u16(b, i)
    }
    return end > at && (end - at) % 2 === 0
  },
}
const alpn: Parameter = {
  read: (value) => {
    const items = value === undefined ? undefined : splitList(value)
    return items === undefined ? undefined : join(items.flatMap((item) => [Uint8Array.of(item.length), item]))
  },
  write: (b, at, end) => {
    const items: string[] = []
    for (let i = at; i < end; i += 1 + (b[i] as number)) {
      items.push(latin1(b.subarray(i + 1, i + 1 + (b[i] as number))).replace(/[\\,]/g, '\\$&'))
    }
    const text = Buffer.from(items.join(','), 'latin1')
    return quoteOctets(text, 0, text.length)
  },
  check: (b, at, end) => {
    let i = at
    while (i < end) {
      if (b[i] === 0) return false
      i += 1 + (b[i] as number)
    }
    return i === end && end > at
  },
}
const base64: Parameter = {
  read: (value) => {
    const octets = value === undefined ? undefined : parseBase64(latin1(value))
    return octets === undefined || octets.length === 0 ? undefined : octets
  },
  write: formatBase64,
  check: (_b, at, end) => end > at,
}
function ipv4Octets(text: string): Uint8Array | undefined {
  const a = parseIpv4(text)
  return a === undefined ? undefined : Uint8Array.of(a >>> 24, a >>> 16, a >>> 8, a)
}

/** Registered keys in the order of their numbers; RFC 9460 §14.3.2, RFC 9461 (7), RFC 9540 (8). */
const PARAMETERS: readonly (readonly [string, Parameter])[] = [
  ['mandatory', mandatory],
  ['alpn', alpn],
  ['no-default-alpn', empty],
  ['port', port],
  ['ipv4hint', addresses(4, ipv4Octets, (b, at) => formatIpv4(i32(b, at)))],
  ['ech', base64],
  ['ipv6hint', addresses(16, parseIpv6, formatIpv6)],
  ['dohpath', opaque],
  ['ohttp', empty],
]

const keyName = (key: number): string => PARAMETERS[key]?.[0] ?? `key${key}`

function keyNumber(text: string): number | undefined {
  const known = PARAMETERS.findIndex(([name]) => name === text)
  if (known >= 0) return known
  const match = /^key(0|[1-9]\d{0,4})$/.exec(text)
  return match !== null && Number(match[1]) < 65_535 ? Number(match[1]) : undefined
}

/** Takes all tokens that are left. `key="value"` comes as two tokens, because a quote starts a token. */
export function parseServiceParameters(from: TokenSource, into: number[]): string | undefined {
  const found = new Map<number, Uint8Array>()
  for (let token = from.next(); token !== undefined; token = from.next()) {
    const equals = token.text.indexOf('=')
    const keyText = equals < 0 ? token.text : token.text.slice(0, equals)
    const key = token.quoted ? undefined : keyNumber(keyText)
    if (key === undefined) return `"${keyText}" is not a service parameter key such as alpn or key65400`
    let text = equals < 0 ? undefined : token.text.slice(equals + 1)
    if (text === '' && from.peek()?.quoted === true) text = from.next()?.text
    const octets = text === undefined ? undefined : unescapeOctets(text)
    const value = text !== undefined && octets === undefined ? undefined : (PARAMETERS[key]?.[1] ?? opaque).read(octets)
    if (value === undefined) return `the value of ${keyText} is malformed`
    if (found.has(key)) return `${keyText} is given twice`
    found.set(key, value)
  }
  const needed = found.get(MANDATORY) ?? new Uint8Array(0)
  for (let i = 0; i < needed.length; i += 2) {
    if (!found.has(u16(needed, i))) return `mandatory names ${keyName(u16(needed, i))}, which is not given`
  }
  for (const [key, value] of [...found].sort((a, b) => a[0] - b[0])) {
    into.push(key >>> 8, key & 0xff, value.length >>> 8, value.length & 0xff, ...value)
  }
  return undefined
}

export function formatServiceParameters(b: Uint8Array, at: number, end: number): string {
  const parts: string[] = []
  for (let i = at; i < end; i += 4 + u16(b, i + 2)) {
    const key = u16(b, i)
    const value = (PARAMETERS[key]?.[1] ?? opaque).write(b, i + 4, i + 4 + u16(b, i + 2))
    parts.push(value === '' ? keyName(key) : `${keyName(key)}=${value}`)
  }
  return parts.join(' ')
}

export function serviceParametersLength(b: Uint8Array, at: number, end: number): number {
  let last = -1
  let i = at
  while (i < end) {
    if (end - i < 4 || u16(b, i) <= last || i + 4 + u16(b, i + 2) > end) return -1
    last = u16(b, i)
    if (!(PARAMETERS[last]?.[1] ?? opaque).check(b, i + 4, i + 4 + u16(b, i + 2))) return -1
    i += 4 + u16(b, i + 2)
  }
  return end - at
}
