/**
 * Presentation format: how records look as text. Tokens of master files, quoted strings, times, base 64 and base 32.
 * RFC 1035 §5.1, RFC 4648, RFC 5155 §3.3; unit suffixes of TTLs as BIND reads them.
 */
import { readEscape } from './name.ts'

/**
 * A piece of an entry. `text` keeps its escapes; what they mean depends on the field. Lines and columns count from 1.
 */
export type Token = { readonly text: string; readonly quoted: boolean; readonly line: number; readonly column: number }
/**
 * One logical line: parentheses have joined it. `blank`: it began with white space, so the owner is the last one named.
 */
export type Entry = { readonly tokens: readonly Token[]; readonly blank: boolean; readonly line: number }
export type TextFault = {
  readonly line: number
  readonly column: number
  readonly problem: string
  readonly remedy: string
}

/** Longest entry; a TXT of 64 KiB in \DDD escapes fits. */
const MAX_ENTRY_TOKENS = 4096

/** What ends a token that is not quoted. */
const BARE_END = new Set([' ', '\t', '\r', '\n', ';', '(', ')', '"'])

/** Reads a text entry by entry, so that a large file needs no second copy in memory. */
export class EntryReader {
  readonly #text: string
  #at = 0
  #line = 1
  #lineStart = 0
  fault: TextFault | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** The next entry that has a token; undefined at the end or after a fault. */
  next(): Entry | undefined {
    while (this.fault === undefined && this.#at < this.#text.length) {
      const entry = this.#entry()
      if (entry !== undefined) return entry
    }
    return undefined
  }

  /** After a fault: goes on with the next line. False when there is none. */
  recover(): boolean {
    this.fault = undefined
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end < 0 ? this.#text.length : end
    if (this.#at === this.#text.length) return false
    this.#newLine()
    return true
  }

  #entry(): Entry | undefined {
    const text = this.#text
    const tokens: Token[] = []
    const line = this.#line
    const first = text[this.#at]
    const blank = first === ' ' || first === '\t'
    let depth = 0
    let opened = { line: 0, column: 0 }
    while (this.#at < text.length) {
      const c = text[this.#at] as string
      if (c === '\n') {
        this.#newLine()
        if (depth === 0) break
      } else if (c === ' ' || c === '\t' || c === '\r') this.#at++
      else if (c === ';') while (this.#at < text.length && text[this.#at] !== '\n') this.#at++
      else if (c === '(') {
        opened = { line: this.#line, column: this.#column() }
        depth++
        this.#at++
      } else if (c === ')') {
        if (depth === 0) return this.#fail('a ")" without its "("', 'remove it')
        depth--
        this.#at++
      } else if (tokens.length === MAX_ENTRY_TOKENS) return this.#fail('the entry is too long', 'check the parentheses')
      else {
        const token = c === '"' ? this.#quoted() : this.#bare()
        if (token === undefined) return undefined
        tokens.push(token)
      }
    }
    if (depth > 0) {
      this.fault = { ...opened, problem: 'a "(" that is never closed', remedy: 'add the ")"' }
      return undefined
    }
    return tokens.length === 0 ? undefined : { tokens, blank, line }
  }

  #column(): number {
    return this.#at - this.#lineStart + 1
  }

  #newLine(): void {
    this.#at++
    this.#line++
    this.#lineStart = this.#at
  }

  #fail(problem: string, remedy: string): undefined {
    this.fault = { line: this.#line, column: this.#column(), problem, remedy }
    return undefined
  }

  #bare(): Token {
    const start = this.#at
    const column = this.#column()
    while (this.#at < this.#text.length && !BARE_END.has(this.#text[this.#at] as string)) {
      this.#at += this.#text[this.#at] === '\\' && this.#text[this.#at + 1] !== '\n' ? 2 : 1
    }
    this.#at = Math.min(this.#at, this.#text.length)
    return { text: this.#text.slice(start, this.#at), quoted: false, line: this.#line, column }
  }

  #quoted(): Token | undefined {
    const start = this.#at + 1
    const column = this.#column()
    for (let i = start; i < this.#text.length && this.#text[i] !== '\n'; i++) {
      if (this.#text[i] === '\\') i++
      else if (this.#text[i] === '"') {
        this.#at = i + 1
        return { text: this.#text.slice(start, i), quoted: true, line: this.#line, column }
      }
    }
    return this.#fail('a quoted string that does not end on its line', 'add the closing "')
  }
}

/** Hands out the tokens of one record's data. */
export class TokenSource {
  readonly #tokens: readonly Token[]
  #at: number

  constructor(tokens: readonly Token[], at = 0) {
    this.#tokens = tokens
    this.#at = at
  }

  get left(): number {
    return this.#tokens.length - this.#at
  }

  next(): Token | undefined {
    return this.#tokens[this.#at++]
  }

  peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  /** The token handed out last: where a problem is. */
  last(): Token | undefined {
    return this.#tokens[Math.min(this.#at, this.#tokens.length) - 1]
  }
}

const utf8 = new TextEncoder()

/** The octets that a token with escapes stands for; undefined on a bad escape. Characters beyond ASCII become UTF-8. */
export function unescapeOctets(text: string): Uint8Array | undefined {
  const octets: number[] = []
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') {
      const escape = readEscape(text, i)
      if (escape === undefined) return undefined
      octets.push(escape.octet)
      i += escape.length - 1
      continue
    }
    const point = text.codePointAt(i) as number
    if (point < 0x80) octets.push(point)
    else {
      octets.push(...utf8.encode(String.fromCodePoint(point)))
      if (point > 0xffff) i++
    }
  }
  return Uint8Array.from(octets)
}

/** Octets as a quoted string: printable ASCII as it is, the rest as \DDD. */
export function quoteOctets(b: Uint8Array, at: number, end: number): string {
  let text = '"'
  for (let i = at; i < end; i++) {
    const c = b[i] as number
    if (c === 0x22 || c === 0x5c) text += `\\${String.fromCharCode(c)}`
    else if (c < 0x20 || c >= 0x7f) text += `\\${String(c).padStart(3, '0')}`
    else text += String.fromCharCode(c)
  }
  return `${text}"`
}

const UNIT_SECONDS: { readonly [unit: string]: number } = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds from "3600" or "1h30m"; undefined when it is neither or more than `most`, for a TTL 31 bits (RFC 2181 §8). */
export function parseTtl(text: string, most = 0x7fff_ffff): number | undefined {
  if (!/^(\d+|(\d+[smhdw])+)$/i.test(text)) return undefined
  let seconds = 0
  for (const part of text.matchAll(/(\d+)([smhdw]?)/gi)) {
    seconds += Number(part[1]) * (UNIT_SECONDS[(part[2] as string).toLowerCase() || 's'] as number)
  }
  return seconds <= most ? seconds : undefined
}

/** Strict base 64 of RFC 4648 §4; undefined otherwise. */
export function parseBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return new Uint8Array(Buffer.from(text, 'base64'))
}

export const formatBase64 = (b: Uint8Array, at: number, end: number): string =>
  Buffer.from(b.buffer, b.byteOffset + at, end - at).toString('base64')

const BASE32HEX = '0123456789ABCDEFGHIJKLMNOPQRSTUV'

/** Base 32 with the extended hex alphabet and no padding, as NSEC3 writes hashes (RFC 5155 §3.3). */
export function parseBase32Hex(text: string): Uint8Array | undefined {
  const octets: number[] = []
  let bits = 0
  let held = 0
  for (const c of text.toUpperCase()) {
    const value = BASE32HEX.indexOf(c)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      octets.push((held >> bits) & 0xff)
    }
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? Uint8Array.from(octets) : undefined
}

export function formatBase32Hex(b: Uint8Array, at: number, end: number): string {
  let text = ''
  let bits = 0
  let held = 0
  for (let i = at; i < end; i++) {
    held = ((held << 8) | (b[i] as number)) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32HEX[(held >> bits) & 31]
    }
  }
  return bits > 0 ? text + BASE32HEX[(held << (5 - bits)) & 31] : text
}
