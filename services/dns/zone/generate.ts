/**
 * $GENERATE of BIND's master files: one line that stands for many, with a running number where it has "$".
 *   $GENERATE 1-3 host-$ A 10.53.0.${100,0,d}
 * A number is written as ${offset,width,base}: offset is added, width is filled up with zeros, base is d, o, x, X, or n
 * and N for hexadecimal digits the lowest first with dots between them, as names below ip6.arpa have them. "\$" is a
 * dollar sign, and so is "$$".
 */

/** First, last and step of "1-100" or "0-254/2"; undefined when it is neither. */
export function parseRange(text: string): { readonly first: number; readonly last: number; readonly step: number } | undefined {
  const [, first, last, step = '1'] = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text) ?? []
  if (first === undefined || last === undefined) return undefined
  const range = { first: Number(first), last: Number(last), step: Number(step) }
  return range.first <= range.last && range.last <= LARGEST && range.step > 0 ? range : undefined
}
const LARGEST = 0x7fff_ffff

/** A label is no wider. */
const WIDEST = 63
const BASES: { readonly [base: string]: number } = { d: 10, o: 8, x: 16, X: 16, n: 16, N: 16 }

/** The text for one number; undefined when what follows a "$" is not as it should be. Escapes stay as they are. */
export function expand(text: string, value: number): string | undefined {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string
    if (c === '\\') out += c + (text[++i] ?? '')
    else if (c !== '$') out += c
    else if (text[i + 1] === '$') {
      out += c
      i++
    } else if (text[i + 1] === '{') {
      const end = text.indexOf('}', i)
      const number = end < 0 ? undefined : modified(text.slice(i + 2, end), value)
      if (number === undefined) return undefined
      out += number
      i = end
    } else out += String(value)
  }
  return out
}

function modified(modifier: string, value: number): string | undefined {
  const [, offset, width = '0', base = 'd'] = /^(-?\d{1,10})(?:,(\d{1,2})(?:,([doxXnN]))?)?$/.exec(modifier) ?? []
  if (offset === undefined || Number(width) > WIDEST) return undefined
  const number = value + Number(offset)
  if (number < 0 || number > LARGEST) return undefined
  const digits = number.toString(BASES[base])
  if (base === 'n' || base === 'N') {
    // The width counts the dots too.
    const lowestFirst = [...digits.padStart(Math.ceil((Number(width) + 1) / 2), '0')].reverse().join('.')
    return base === 'N' ? lowestFirst.toUpperCase() : lowestFirst
  }
  return (base === 'X' ? digits.toUpperCase() : digits).padStart(Number(width), '0')
}
