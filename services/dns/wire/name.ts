/**
 * Domain names. Read RFC 1035 §3.1, §4.1.4 and §5.1, RFC 4343 (letter case) and RFC 2181 §11 first.
 * A name has three forms here:
 *
 *   Name     wire format without compression, letter case kept:  3 'W' 'w' 'w' 3 'l' 'a' 'b' 0
 *   NameKey  the same octets in lower case as a latin-1 string: equal keys are equal names, and a Map takes it.
 *            The parent's key is the rest of the string after the first label.
 *   text     presentation format without the final dot: "Www.lab"; the root is "."
 */
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'

/** Length octets and the root's zero included, RFC 1035 §2.3.4. */
export const MAX_NAME_OCTETS = 255
/** RFC 1035 §2.3.4. */
export const MAX_LABEL_OCTETS = 63
/** 127 one-letter labels and the root fill 255 octets. */
export const MAX_LABELS = 127
/** A writer that compresses needs a pointer for each label at most; long chains are there to keep a reader busy. */
const MAX_POINTERS = MAX_LABELS

export type Name = Uint8Array
export type NameKey = string

export const ROOT: Name = new Uint8Array(1)
export const ROOT_KEY: NameKey = '\0'

/** ASCII letters to lower case, everything else to itself (RFC 4343 §3). */
export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) => (c >= 0x41 && c <= 0x5a ? c + 32 : c))

const fold = Buffer.alloc(MAX_NAME_OCTETS)

/**
 * Key of the uncompressed name of `length` octets at `at`. Length octets (≤ 63) are no letters: folding spares them.
 */
export function nameKey(b: Uint8Array, at = 0, length = b.length): NameKey {
  for (let i = 0; i < length; i++) fold[i] = LOWER[b[at + i] as number] as number
  return fold.toString('latin1', 0, length)
}

/** The wire form of a key: a lower-case name. */
export function nameOfKey(key: NameKey): Name {
  const name = new Uint8Array(key.length)
  for (let i = 0; i < key.length; i++) name[i] = key.charCodeAt(i)
  return name
}

/** Key of the name one label up. Not for the root. */
export const parentKey = (key: NameKey): NameKey => key.slice(1 + key.charCodeAt(0))

/** True when `key` is `ancestor` or below it. */
export function isAtOrBelow(key: NameKey, ancestor: NameKey): boolean {
  let at = 0
  while (key.length - at > ancestor.length) at += 1 + key.charCodeAt(at)
  return key.length - at === ancestor.length && key.endsWith(ancestor)
}

export const isWildcard = (key: NameKey): boolean => key.charCodeAt(0) === 1 && key.charCodeAt(1) === 0x2a

/** Whether a label is "*" at any place: "a.*.example" makes "*.example" exist (RFC 4592 §2.2.2). */
export function hasWildcardLabel(key: NameKey): boolean {
  for (let at = 0; at < key.length; at += 1 + key.charCodeAt(at))
    if (key.charCodeAt(at) === 1 && key.charCodeAt(at + 1) === 0x2a) return true
  return false
}

/** Number of labels without the root. */
export function labelCount(key: NameKey): number {
  let count = 0
  for (let at = 0; key.charCodeAt(at) !== 0; at += 1 + key.charCodeAt(at)) count++
  return count
}

/** Octets of the uncompressed name at `at`; −1 when it is malformed, compressed or passes `end`. */
export function nameLength(b: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end) {
    const label = b[i] as number
    if (label > MAX_LABEL_OCTETS) return -1
    i += 1 + label
    if (i - at > MAX_NAME_OCTETS || i > end) return -1
    if (label === 0) return i - at
  }
  return -1
}

/**
 * Offset after the name at `at` in a message, compressed or not; −1 when it passes `end` or has a label type other than
 * 00 and 11 (RFC 6891 §5 retired 01). A pointer ends the name; where it points to is not looked at.
 */
export function skipName(b: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end) {
    const label = b[i] as number
    if (label === 0) return i + 1
    if (label >= 0xc0) return i + 2 <= end ? i + 2 : -1
    if (label > MAX_LABEL_OCTETS || i - at > MAX_NAME_OCTETS) return -1
    i += 1 + label
  }
  return -1
}

/**
 * Expands names out of a message into its own buffer, so that reading one allocates nothing. A pointer must lead to
 * before the piece in which it stands (RFC 1035 §4.1.4 says "prior occurrence"): every jump goes down, so there is no
 * loop.
 */
export class NameReader {
  readonly bytes = new Uint8Array(MAX_NAME_OCTETS)
  length = 0
  /** Offset after the name where it was read. */
  next = 0

  /** `base` is where the message starts. False when malformed; then the fields mean nothing. */
  read(b: Uint8Array, base: number, at: number, end: number): boolean {
    let from = at
    let pieceStart = at
    let jumps = 0
    let length = 0
    while (from < end) {
      const label = b[from] as number
      if (label >= 0xc0) {
        if (from + 2 > end) return false
        const target = base + (((label & 0x3f) << 8) | (b[from + 1] as number))
        if (target >= pieceStart || ++jumps > MAX_POINTERS) return false
        if (jumps === 1) this.next = from + 2
        pieceStart = from = target
        continue
      }
      if (label > MAX_LABEL_OCTETS || from + 1 + label > end || length + 1 + label > MAX_NAME_OCTETS) return false
      for (let i = 0; i <= label; i++) this.bytes[length + i] = b[from + i] as number
      length += 1 + label
      from += 1 + label
      if (label === 0) {
        if (jumps === 0) this.next = from
        this.length = length
        return true
      }
    }
    return false
  }

  take(): Name {
    return this.bytes.slice(0, this.length)
  }

  key(): NameKey {
    return nameKey(this.bytes, 0, this.length)
  }
}

/** Characters that have a meaning in master files, so they are escaped in labels: . \ " ( ) ; @ $ */
const SPECIAL = new Set([0x2e, 0x5c, 0x22, 0x28, 0x29, 0x3b, 0x40, 0x24])

function labelText(b: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) {
    const c = b[i] as number
    if (SPECIAL.has(c)) text += `\\${String.fromCharCode(c)}`
    else if (c <= 0x20 || c >= 0x7f) text += `\\${String(c).padStart(3, '0')}`
    else text += String.fromCharCode(c)
  }
  return text
}

/**
 * The uncompressed name at `at` as text without the final dot; "." for the root. Escapes by RFC 1035 §5.1, RFC 4343
 * §2.1.
 */
export function formatName(b: Uint8Array, at = 0): string {
  if (b[at] === 0) return '.'
  let text = ''
  for (let i = at; b[i] !== 0; i += 1 + (b[i] as number)) {
    text += `${text === '' ? '' : '.'}${labelText(b, i + 1, i + 1 + (b[i] as number))}`
  }
  return text
}

export const formatKey = (key: NameKey): string => formatName(nameOfKey(key))

/** What a name in text means when it has no final dot. */
export type NameRule =
  /** RFC 1035 §5.1: it is relative to the origin. */
  | { readonly relative: 'always'; readonly origin: Name }
  /** For a person's input: one label is relative to the origin, several are a whole name. */
  | { readonly relative: 'single-label'; readonly origin: Name }
  /** It is whole: stored data, command lines. */
  | { readonly relative: 'never' }

export const ABSOLUTE: NameRule = { relative: 'never' }

/**
 * Reads presentation format: labels joined by dots, `\X` and `\DDD` escapes, "@" for the origin, "." for the root.
 * The error is a sentence part that says what is wrong: "a label is longer than 63 octets".
 */
export function parseName(text: string, rule: NameRule = ABSOLUTE): Result<Name, string> {
  if (text === '') return err('the name is empty')
  if (text === '.') return ok(ROOT)
  if (text === '@' && rule.relative !== 'never') return ok(rule.origin)
  const out = parsed
  let at = 1
  let lengthAt = 0
  let labels = 0
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i)
    if (c === 0x2e) {
      if (at - lengthAt === 1) return err('a label is empty (two dots in a row or a dot at the start)')
      out[lengthAt] = at - lengthAt - 1
      lengthAt = at++
      labels++
    } else {
      if (c === 0x5c) {
        const escape = readEscape(text, i)
        if (escape === undefined) return err('an escape is not \\DDD (000 to 255) or \\ and a character')
        c = escape.octet
        i += escape.length - 1
      } else if (c <= 0x20 || c >= 0x7f) {
        return err('it has a character outside printable ASCII (international names are written as xn--…)')
      }
      out[at++] = c
      if (at - lengthAt - 1 > MAX_LABEL_OCTETS) return err('a label is longer than 63 octets')
    }
    if (at > MAX_NAME_OCTETS) return err('it is longer than 255 octets')
  }
  const final = at - lengthAt - 1
  if (final > 0) {
    out[lengthAt] = final
    labels++
    if (rule.relative === 'always' || (rule.relative === 'single-label' && labels === 1)) return joined(at, rule.origin)
    lengthAt = at++
  }
  if (at > MAX_NAME_OCTETS) return err('it is longer than 255 octets')
  out[lengthAt] = 0
  return ok(out.slice(0, at))
}

/** Where parseName builds a name; one octet more than allowed is noticed after it was written. */
const parsed = new Uint8Array(MAX_NAME_OCTETS + 2)

/** The labels read so far and the origin. */
function joined(length: number, origin: Name): Result<Name, string> {
  if (length + origin.length > MAX_NAME_OCTETS) return err('it is longer than 255 octets')
  const whole = new Uint8Array(length + origin.length)
  whole.set(parsed.subarray(0, length))
  whole.set(origin, length)
  return ok(whole)
}

/** For constants and tests: throws on a bad text. */
export function name(text: string): Name {
  const parsed = parseName(text)
  if (!parsed.ok) throw new Error(`not a domain name: ${text}: ${parsed.error}`)
  return parsed.value
}

/** Key of a text that is known to be a name. */
export const keyOf = (text: string): NameKey => knownName(text)?.key ?? nameKey(name(text))

/** A name that was read from text, in its two other forms. The octets are shared: they are not to be changed. */
export type KnownName = { readonly name: Name; readonly key: NameKey }

/** Names of one exchange are asked for a dozen times within a millisecond; more are forgotten together. */
const KNOWN_NAMES = 256
const known = new Map<string, KnownName>()

/** As parseName with ABSOLUTE. undefined when it is no name. */
export function readName(text: string): KnownName | undefined {
  const parsed = parseName(text)
  return parsed.ok ? { name: parsed.value, key: nameKey(parsed.value) } : undefined
}

/** As readName; remembers what it has read lately. undefined when it is no name. */
export function knownName(text: string): KnownName | undefined {
  const before = known.get(text)
  if (before !== undefined) return before
  const made = readName(text)
  if (made === undefined) return undefined
  if (known.size >= KNOWN_NAMES) known.clear()
  known.set(text, made)
  return made
}

/** The octet that `\X` or `\DDD` at `at` stands for, and how many characters it takes. */
export function readEscape(text: string, at: number): { readonly octet: number; readonly length: number } | undefined {
  const first = text.charCodeAt(at + 1)
  if (Number.isNaN(first)) return undefined
  if (first >= 0x30 && first <= 0x39) {
    const digits = text.slice(at + 1, at + 4)
    const octet = Number(digits)
    return /^\d{3}$/.test(digits) && octet <= 255 ? { octet, length: 4 } : undefined
  }
  return first >= 0x20 && first < 0x7f ? { octet: first, length: 2 } : undefined
}

/** Whether a name in presentation format says that it is whole: a dot at its end that is not escaped. */
export const hasFinalDot = (text: string): boolean => /(?:^|[^\\])(?:\\\\)*\.$/.test(text)
