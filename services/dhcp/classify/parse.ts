/**
 * Class expressions. Keywords and field names are case-sensitive; there are no regular expressions, because their time
 * is not bounded.
 *
 *     expression = conjunction { "or" conjunction }
 *     conjunction = term { "and" term }
 *     term       = "not" term | "(" expression ")" | flag | field [ comparison ]
 *     flag       = "random-mac" | "known" | "unknown" | "bootp" | "rapid-commit" | "relayed" | "all"
 *     field      = name | "option" "[" code-or-name "]" | "relay" "[" code "]"          (names: fields.ts)
 *     comparison = ( "==" | "!=" ) value | ( "<" | "<=" | ">" | ">=" ) number
 *                | ( "starts-with" | "ends-with" | "contains" | "matches-glob" ) value
 *                | "in" ( range | "(" item { "," item } ")" )
 *
 * A field alone is true when the request has it. A comparison is true when any value of the field fits; "!=" is
 * "not … ==", so it is true for a field that is missing.
 */
import { fromHex, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { parseIpv4, parseMac, parsePrefix } from '../../../stack/index.ts'
import { STANDARD_OPTIONS } from '../wire/option-spaces.ts'
import type { OptionRegistry } from '../wire/option-spaces.ts'
import { FIELDS, ascii, optionField, relayField } from './fields.ts'
import type { Field } from './fields.ts'
import { fault, tokensOf } from './lexer.ts'
import type { ExpressionFault, Token } from './lexer.ts'

export const FLAGS = ['all', 'known', 'unknown', 'random-mac', 'bootp', 'rapid-commit', 'relayed'] as const
export type Flag = (typeof FLAGS)[number]

/** The first `bits` of octets: an address, or all that begin alike. */
export type OctetRange = { readonly octets: Uint8Array; readonly bits: number }
export type AddressRange = { readonly network: number; readonly mask: number }
export type TextOperator = '==' | 'starts-with' | 'ends-with' | 'contains' | 'matches-glob'
export type NumberOperator = '==' | '<' | '<=' | '>' | '>='

type Of<K extends Field['kind']> = Extract<Field, { readonly kind: K }>
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'flag'; readonly flag: Flag }
  | { readonly kind: 'present'; readonly field: Field }
  | { readonly kind: 'octets'; readonly field: Of<'octets'> | Of<'mac'>; readonly operator: TextOperator; readonly value: Uint8Array }
  | { readonly kind: 'range'; readonly field: Of<'mac'>; readonly range: OctetRange }
  | { readonly kind: 'address'; readonly field: Of<'address'>; readonly range: AddressRange }
  | { readonly kind: 'number'; readonly field: Of<'number'>; readonly operator: NumberOperator; readonly value: number }
  | { readonly kind: 'word'; readonly field: Of<'word'>; readonly value: string }

/** Parentheses and "not" inside each other. */
const DEEPEST = 24

/** Throws nothing: the first fault ends the reading. */
export function parseExpression(
  text: string,
  registry: OptionRegistry = STANDARD_OPTIONS,
): Result<Expression, ExpressionFault> {
  const tokens = tokensOf(text)
  return tokens.ok ? new Parser(tokens.value, registry).whole() : tokens
}

type Parsed = Result<Expression, ExpressionFault>
type Literal = (token: Token) => Parsed

class Parser {
  readonly #tokens: readonly Token[]
  readonly #registry: OptionRegistry
  #at = 0

  constructor(tokens: readonly Token[], registry: OptionRegistry) {
    this.#tokens = tokens
    this.#registry = registry
  }

  whole(): Parsed {
    const expression = this.#alternatives(0)
    if (!expression.ok) return expression
    const rest = this.#peek()
    return rest.kind === 'end' ? expression : fault(rest.column, `"${rest.text}" was not expected`, 'and, or, or the end')
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#at++
    return token
  }

  #takes(text: string): boolean {
    const token = this.#peek()
    if (token.kind === 'text' || token.text !== text) return false
    this.#at++
    return true
  }

  #alternatives(depth: number): Parsed {
    return this.#joined('or', () => this.#joined('and', () => this.#term(depth)))
  }

  #joined(word: 'and' | 'or', operand: () => Parsed): Parsed {
    let left = operand()
    while (left.ok && this.#takes(word)) {
      const right = operand()
      if (!right.ok) return right
      left = ok({ kind: word, left: left.value, right: right.value })
    }
    return left
  }

  #term(depth: number): Parsed {
    const { column } = this.#peek()
    if (depth > DEEPEST) return fault(column, 'it is nested too deeply', `at most ${DEEPEST} levels`)
    if (this.#takes('not')) {
      const of = this.#term(depth + 1)
      return of.ok ? ok({ kind: 'not', of: of.value }) : of
    }
    if (this.#takes('(')) {
      const inner = this.#alternatives(depth + 1)
      if (!inner.ok || this.#takes(')')) return inner
      return fault(this.#peek().column, 'a parenthesis is not closed', '")"')
    }
    return this.#test()
  }

  #test(): Parsed {
    const token = this.#next()
    const flag = FLAGS.find(each => token.kind === 'word' && each === token.text)
    if (flag !== undefined) return ok({ kind: 'flag', flag })
    const field = this.#field(token)
    if (!field.ok) return field
    return this.#comparison(token.text, field.value)
  }

  #field(token: Token): Result<Field, ExpressionFault> {
    const known = token.kind === 'word' && Object.hasOwn(FIELDS, token.text) ? FIELDS[token.text] : undefined
    if (known !== undefined) return ok(known)
    if (token.kind === 'word' && (token.text === 'option' || token.text === 'relay') && this.#takes('[')) {
      const name = this.#next()
      const code = this.#code(token.text, name)
      if (!code.ok) return code
      if (!this.#takes(']')) return fault(this.#peek().column, 'a bracket is not closed', '"]"')
      return ok(token.text === 'option' ? optionField(code.value) : relayField(code.value))
    }
    const what = token.kind === 'end' ? 'something is missing' : `"${token.text}" is neither a field nor a flag`
    return fault(token.column, what, `one of ${[...FLAGS, ...Object.keys(FIELDS), 'option[…]', 'relay[…]'].join(', ')}`)
  }

  #code(of: 'option' | 'relay', { kind, text, column }: Token): Result<number, ExpressionFault> {
    const row = kind === 'word' ? this.#registry.named(text, of === 'option' ? 'dhcp4' : 'relay-agent') : undefined
    const code = row?.code ?? (/^\d{1,3}$/.test(text) ? Number(text) : 0)
    return kind === 'word' && code >= 1 && code <= 254
      ? ok(code)
      : fault(column, `"${text}" is no option`, 'a code from 1 to 254, or a name of the option table')
  }

  #comparison(name: string, field: Field): Parsed {
    const { kind, text, column } = this.#peek()
    if (kind !== 'text' && (text === '==' || text === '!=')) {
      this.#at++
      const equal = this.#equal(name, field)(this.#next())
      return !equal.ok || text === '==' ? equal : ok({ kind: 'not', of: equal.value })
    }
    if (kind !== 'text' && text === 'in') {
      this.#at++
      return this.#in(name, field)
    }
    const operator = kind === 'text' ? undefined : OPERATORS.find(each => each === text)
    if (operator === undefined) return ok({ kind: 'present', field })
    this.#at++
    const literal = this.#next()
    if (isOrder(operator)) {
      if (field.kind !== 'number') return fault(column, `${name} is no number`, `== or in`)
      return numberOf(literal, value => ({ kind: 'number', field, operator, value }))
    }
    if (field.kind !== 'octets' && field.kind !== 'mac') {
      return fault(column, `"${operator}" is for texts and octets, ${name} is neither`, '== or in')
    }
    return octetsOf(literal, field.kind === 'mac', value => ({ kind: 'octets', field, operator, value }))
  }

  /** How a literal after == is read, and an item of a list. */
  #equal(name: string, field: Field): Literal {
    switch (field.kind) {
      case 'number':
        return token => numberOf(token, value => ({ kind: 'number', field, operator: '==', value }))
      case 'octets':
        return token => octetsOf(token, false, value => ({ kind: 'octets', field, operator: '==', value }))
      case 'word':
        return token =>
          token.kind === 'word' || token.kind === 'text'
            ? ok({ kind: 'word', field, value: token.text })
            : fault(token.column, `${name} is compared with a word`, 'as DISCOVER or lan0')
      case 'mac':
        return token => macRange(token, range => ({ kind: 'range', field, range }))
      case 'address':
        return token => addressRange(token, range => ({ kind: 'address', field, range }))
    }
  }

  #in(name: string, field: Field): Parsed {
    const item = this.#equal(name, field)
    if (!this.#takes('(')) {
      const token = this.#next()
      return field.kind === 'mac' || field.kind === 'address'
        ? item(token)
        : fault(token.column, `what ${name} is in is a list`, 'values in parentheses, as ("a", "b")')
    }
    let list = item(this.#next())
    while (list.ok && this.#takes(',')) {
      const right = item(this.#next())
      if (!right.ok) return right
      list = ok({ kind: 'or', left: list.value, right: right.value })
    }
    if (!list.ok || this.#takes(')')) return list
    return fault(this.#peek().column, 'the list does not end', '"," or ")"')
  }
}

const ORDERS = ['<', '<=', '>', '>='] as const
const TEXT_OPERATORS = ['starts-with', 'ends-with', 'contains', 'matches-glob'] as const
const OPERATORS = [...ORDERS, ...TEXT_OPERATORS] as const
const isOrder = (operator: (typeof OPERATORS)[number]): operator is (typeof ORDERS)[number] =>
  (ORDERS as readonly string[]).includes(operator)

function numberOf(token: Token, make: (value: number) => Expression): Parsed {
  const { kind, text, column } = token
  if (kind === 'word' && /^(\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text)) return ok(make(Number(text)))
  return fault(column, `"${text}" is no number`, 'a whole number, as 7 or 0x07')
}

/** A text in quotes, or 0x and hexadecimal; a MAC or the beginning of one where `mac`. */
function octetsOf(token: Token, mac: boolean, make: (value: Uint8Array) => Expression): Parsed {
  const { kind, text, column } = token
  const hex = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1] ?? (mac && /^[0-9a-f]{2}(:[0-9a-f]{2})*$/i.test(text) ? text.replaceAll(':', '') : undefined)
  const octets = kind === 'text' ? asciiOf(text) : kind === 'word' && hex !== undefined ? fromHex(hex.toLowerCase()) : undefined
  if (octets !== undefined) return ok(make(octets))
  const what = kind === 'end' ? 'a value is missing' : `"${text}" is no value`
  return fault(column, what, 'a text in "quotes" of ASCII characters, or 0x and hexadecimal')
}

const asciiOf = (text: string): Uint8Array | undefined => (/^[\x20-\x7e]*$/.test(text) ? ascii(text) : undefined)

function macRange({ kind, text, column }: Token, make: (range: OctetRange) => Expression): Parsed {
  const [address = '', length, more] = text.split('/')
  const octets = kind === 'word' ? parseMac(address) : undefined
  const bits = length === undefined ? 48 : /^\d{1,2}$/.test(length) ? Number(length) : 99
  return octets !== undefined && bits <= 48 && more === undefined
    ? ok(make({ octets, bits }))
    : fault(column, `"${text}" is no hardware address`, '02:00:00:00:00:01, or those that begin alike: 02:00:00:00:00:00/24')
}

function addressRange({ kind, text, column }: Token, make: (range: AddressRange) => Expression): Parsed {
  const single = kind === 'word' ? parseIpv4(text) : undefined
  if (single !== undefined) return ok(make({ network: single, mask: -1 }))
  const prefix = kind === 'word' && text.includes('/') ? parsePrefix(text) : undefined
  return prefix === undefined
    ? fault(column, `"${text}" is no IPv4 address`, '10.1.0.1, or a network: 10.1.0.0/16')
    : ok(make({ network: prefix.network, mask: prefix.length === 0 ? 0 : -1 << (32 - prefix.length) }))
}
