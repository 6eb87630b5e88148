/**
 * DER (X.690 §8 and §10), as much of it as a certificate takes: every value is a tag, a length in its shortest form,
 * and its content.
 */

const TAG = {
  boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17,
  generalizedTime: 0x18, sequence: 0x30, set: 0x31,
} as const
/** RFC 5280 §4.1.2.5: years up to 2049 are told in two digits, later ones in four. */
const FIRST_LONG_YEAR = 2050

function value(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const size: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest & 255)
  return Buffer.concat([Buffer.from(length < 128 ? [tag, length] : [tag, 0x80 | size.length, ...size]), ...parts])
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => value(TAG.sequence, ...parts)
export const set = (...parts: readonly Uint8Array[]): Uint8Array => value(TAG.set, ...parts)
export const octetString = (content: Uint8Array): Uint8Array => value(TAG.octetString, content)
export const utf8 = (text: string): Uint8Array => value(TAG.utf8, Buffer.from(text))
export const TRUE = value(TAG.boolean, Buffer.from([0xff]))

/** A context-specific tag: constructed around whole values, or primitive in place of another's tag. */
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => value(0xa0 | number, ...parts)
export const implicit = (number: number, content: Uint8Array): Uint8Array => value(0x80 | number, content)

/** An integer that is not negative, from its octets, the highest first. */
export function integer(octets: Uint8Array): Uint8Array {
  let from = 0
  while (from < octets.length - 1 && octets[from] === 0) from++
  const content = octets.subarray(from)
  return value(TAG.integer, ...((content[0] as number) >= 0x80 ? [Buffer.from([0]), content] : [content]))
}

/** `unused`: bits at the end of the last octet that do not count. */
export const bitString = (content: Uint8Array, unused = 0): Uint8Array => value(TAG.bitString, Buffer.from([unused]), content)

/** "2.5.29.17". */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets = [40 * first + second, ...rest].flatMap((arc) => {
    const digits = [arc & 127]
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 127))
    return digits
  })
  return value(TAG.oid, Buffer.from(octets))
}

/** A time in ms since 1970, to the second (RFC 5280 §4.1.2.5). */
export function time(ms: number): Uint8Array {
  const at = new Date(ms)
  const digits = `${at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`
  return at.getUTCFullYear() < FIRST_LONG_YEAR
    ? value(TAG.utcTime, Buffer.from(digits.slice(2)))
    : value(TAG.generalizedTime, Buffer.from(digits))
}

/** RFC 7468: base64 in lines of 64 between two marks. */
export function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
