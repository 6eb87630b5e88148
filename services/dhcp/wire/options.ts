/**
 * Where options lie in a message and how they are joined: code, length, value; 0 is pad, 255 is end (RFC 2132 §2).
 * Option 52 says that the file (1), sname (2) or both fields (3) hold options as well; they are read after the options
 * field, file first (RFC 2131 §4.1). Several instances of one code are one value, joined in that order (RFC 3396 §7).
 */
import { COOKIE_AT, FILE_AT, OPTIONS_AT, SNAME_AT } from './layout.ts'

/** Values by code, each joined from all its instances. */
export type RawOptions = ReadonlyMap<number, Uint8Array>

export const PAD = 0
export const END = 255
const OVERLOAD = 52

/**
 * All options of the message `b`, whose fixed part has been checked. Values are views of `b`, or new arrays where
 * instances were joined. Undefined when an option runs past its field. A missing end option is tolerated: the field's
 * end ends it.
 */
export function scanOptions(b: Uint8Array): RawOptions | undefined {
  const found = new Map<number, Uint8Array>()
  if (!scanField(b, OPTIONS_AT, b.length, found)) return undefined
  const overload = found.get(OVERLOAD)?.[0] ?? 0
  if ((overload & 1) !== 0 && !scanField(b, FILE_AT, COOKIE_AT, found)) return undefined
  if ((overload & 2) !== 0 && !scanField(b, SNAME_AT, FILE_AT, found)) return undefined
  return found
}

function scanField(b: Uint8Array, from: number, end: number, found: Map<number, Uint8Array>): boolean {
  let at = from
  while (at < end) {
    const code = b[at] as number
    at++
    if (code === PAD) continue
    if (code === END) return true
    if (at === end) return false
    const valueAt = at + 1
    at = valueAt + (b[at] as number)
    if (at > end) return false
    const value = b.subarray(valueAt, at)
    const earlier = found.get(code)
    found.set(code, earlier === undefined ? value : joined(earlier, value))
  }
  return true
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Octets that `value` takes with its code and length octets, split as appendOption splits it. */
export const optionBytes = (value: Uint8Array): number => value.length + 2 * Math.max(1, Math.ceil(value.length / 255))

/**
 * Writes one option, in instances of at most 255 octets (RFC 3396 §5). The caller has checked the room. Returns the
 * end.
 */
export function appendOption(b: Uint8Array, at: number, code: number, value: Uint8Array): number {
  const length = value.length
  let from = 0
  do {
    const part = Math.min(255, length - from)
    b[at] = code
    b[at + 1] = part
    // A loop: option values are short, and nearly all are shorter than what set() costs to call.
    for (let i = 0; i < part; i++) b[at + 2 + i] = value[from + i] as number
    at += 2 + part
    from += part
  } while (from < length)
  return at
}
