/** Expressions as functions of a request. Time is bounded by the lengths of the expression and of the request. */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Exchange } from '../exchange.ts'
import { isLocallyAdministered } from './fields.ts'
import type { Expression, Flag, NumberOperator, OctetRange, TextOperator } from './parse.ts'

export type Predicate = (x: Exchange) => boolean

const MESSAGE_TYPE = 53
const RAPID_COMMIT = 80

export const FLAG_TESTS: { readonly [F in Flag]: Predicate } = {
  all: () => true,
  known: x => x.host !== undefined,
  unknown: x => x.host === undefined,
  'random-mac': isLocallyAdministered,
  bootp: x => !x.message.options.has(MESSAGE_TYPE),
  'rapid-commit': x => x.message.options.has(RAPID_COMMIT),
  relayed: x => x.relayed,
}

export function compileExpression(e: Expression): Predicate {
  switch (e.kind) {
    case 'and': {
      const [left, right] = [compileExpression(e.left), compileExpression(e.right)]
      return x => left(x) && right(x)
    }
    case 'or': {
      const [left, right] = [compileExpression(e.left), compileExpression(e.right)]
      return x => left(x) || right(x)
    }
    case 'not': {
      const of = compileExpression(e.of)
      return x => !of(x)
    }
    case 'flag':
      return FLAG_TESTS[e.flag]
    case 'present':
      return x => e.field.read(x).length > 0
    case 'octets': {
      const fits = TEXT_TESTS[e.operator]
      return x => e.field.read(x).some(octets => fits(octets, e.value))
    }
    case 'range':
      return x => e.field.read(x).some(octets => beginsAlike(octets, e.range))
    case 'address':
      return x => e.field.read(x).some(address => (address & e.range.mask) === e.range.network)
    case 'number': {
      const fits = NUMBER_TESTS[e.operator]
      return x => e.field.read(x).some(value => fits(value, e.value))
    }
    case 'word': {
      const wanted = e.value.toLowerCase()
      return x => e.field.read(x).some(word => word.toLowerCase() === wanted)
    }
    default:
      return unreachable(e)
  }
}

const NUMBER_TESTS: { readonly [O in NumberOperator]: (a: number, b: number) => boolean } = {
  '==': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

type OctetTest = (octets: Uint8Array, wanted: Uint8Array) => boolean

const TEXT_TESTS: { readonly [O in TextOperator]: OctetTest } = {
  '==': (a, b) => a.length === b.length && isAt(a, b, 0),
  'starts-with': (a, b) => isAt(a, b, 0),
  'ends-with': (a, b) => isAt(a, b, a.length - b.length),
  contains: (a, b) => {
    for (let at = 0; at + b.length <= a.length; at++) if (isAt(a, b, at)) return true
    return false
  },
  'matches-glob': matchesGlob,
}

function isAt(a: Uint8Array, part: Uint8Array, at: number): boolean {
  if (at < 0 || at + part.length > a.length) return false
  for (let i = 0; i < part.length; i++) if (a[at + i] !== part[i]) return false
  return true
}

const ANY_RUN = 0x2a // *
const ANY_ONE = 0x3f // ?

/** * stands for any run of octets, ? for one. Only the last * is tried anew: at most length × pattern steps. */
function matchesGlob(a: Uint8Array, pattern: Uint8Array): boolean {
  let at = 0
  let p = 0
  let star = -1
  let resume = 0
  while (at < a.length) {
    if (p < pattern.length && pattern[p] === ANY_RUN) {
      star = p++
      resume = at
    } else if (p < pattern.length && (pattern[p] === ANY_ONE || pattern[p] === a[at])) {
      p++
      at++
    } else if (star >= 0) {
      p = star + 1
      at = ++resume
    } else return false
  }
  while (pattern[p] === ANY_RUN) p++
  return p === pattern.length
}

function beginsAlike(octets: Uint8Array, { octets: wanted, bits }: OctetRange): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const left = bits - bit
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff
    if (((octets[bit >> 3] as number) & mask) !== ((wanted[bit >> 3] as number) & mask)) return false
  }
  return true
}
