/**
 * A class expression of Kea (its Administrator Reference Manual, "Using Expressions in Classification") as one of ours.
 * Only what means exactly the same here is translated; of the rest the reason is told. Kea's values are octet strings,
 * and a missing option is the empty one.
 *
 *     expression = conjunction { "or" conjunction }       conjunction = term { "and" term }
 *     term       = "not" term | "(" expression ")" | "member(" 'class' ")" | field ".exists" | value "==" value
 *     value      = field ".hex" | field ".text" | pkt4.mac | pkt4.giaddr | … | literal
 *                | "substring(" value "," start "," length | "all" ")" | "hexstring(" value "," 'separator' ")"
 */
import { err, fromHex, ok, toHex } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { parseIpv4 } from '../../../stack/index.ts'
import { MESSAGE_TYPES } from '../wire/message.ts'
import { codeOf } from '../wire/options-table.ts'
import { keaOption } from './kea-options.ts'
import type { OptionRegistry } from '../wire/option-spaces.ts'

/** Our expressions of the classes before, by Kea's names; undefined for one that has none. */
export type ClassTests = ReadonlyMap<string, string | undefined>

/** What is asked of the request, in our words. */
type Field = { readonly kind: 'octets' | 'mac' | 'address' | 'message-type' | 'interface'; readonly name: string }
/** Octets of a field from `from` on (below zero: from its end), `length` at most. `hex`: written out, with this between them. */
type Asked = { readonly kind: 'field'; readonly of: Field; readonly hex: string | undefined; readonly from: number; readonly length: number | undefined }
type Literal = { readonly kind: 'text' | 'octets' | 'address' | 'number'; readonly text: string }
type Value = Asked | Literal

type Translation = Result<string, string>

const TOKEN = /\s*(?:('[^']*')|(0x[0-9a-fA-F]+|\d+\.\d+\.\d+\.\d+|-?\d+|[A-Za-z][\w-]*|==|[[\]().,+]))/y
const MOST_TOKENS = 600
/** Parentheses and "not" inside each other. */
const DEEPEST = 24
/** Octets before a part that is looked at. */
const MOST_PASSED_OVER = 64

const SUB_OPTIONS: { readonly [code: number]: string } = { 1: 'relay.circuit-id', 2: 'relay.remote-id', 6: 'relay.subscriber-id' }
const OPTIONS: { readonly [code: number]: string } = { 60: 'vendor-class', 61: 'client-id' }
const RELAY_AGENT_INFORMATION = 82

const FLAGS: { readonly [name: string]: string } = { ALL: 'all', KNOWN: 'known', UNKNOWN: 'unknown', BOOTP: 'bootp' }
const VENDOR_CLASS = 'VENDOR_CLASS_'

const HEADER: { readonly [name: string]: Field } = {
  'pkt4.mac': { kind: 'mac', name: 'mac' },
  'pkt4.giaddr': { kind: 'address', name: 'giaddr' },
  'pkt4.ciaddr': { kind: 'address', name: 'ciaddr' },
  'pkt4.msgtype': { kind: 'message-type', name: 'message-type' },
  'pkt.iface': { kind: 'interface', name: 'interface' },
}

/** The reason, where it is an error, completes "the test was not taken over: …". */
export function readKeaExpression(text: string, classes: ClassTests, registry: OptionRegistry): Translation {
  const tokens = tokensOf(text)
  if (tokens === undefined) return err('it cannot be read')
  const reader = new Reader(tokens, classes, registry)
  const translated = reader.whole()
  return reader.reason === undefined ? ok(translated) : err(reader.reason)
}

/** What is read where nothing could be; the reason is kept, and the whole is not used. */
const NOTHING = ''
const NO_VALUE: Value = { kind: 'text', text: NOTHING }

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = []
  const end = text.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text)
    if (found === null || tokens.length === MOST_TOKENS) return undefined
    tokens.push((found[1] ?? found[2]) as string)
  }
  return tokens
}

class Reader {
  readonly #tokens: readonly string[]
  readonly #classes: ClassTests
  readonly #registry: OptionRegistry
  #at = 0
  /** Why it cannot be said here: the first reason counts. */
  reason: string | undefined

  constructor(tokens: readonly string[], classes: ClassTests, registry: OptionRegistry) {
    this.#tokens = tokens
    this.#classes = classes
    this.#registry = registry
  }

  whole(): string {
    const text = this.#either(0)
    if (this.#at < this.#tokens.length) this.#refuse(`"${this.#tokens[this.#at]}" was not expected`)
    return text
  }

  #refuse(reason: string): typeof NOTHING {
    this.reason ??= reason
    return NOTHING
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? this.#refuse('it ends too early')
  }

  #takes(...words: readonly string[]): boolean {
    if (!words.every((word, i) => this.#tokens[this.#at + i] === word)) return false
    this.#at += words.length
    return true
  }

  #expect(word: string): void {
    if (!this.#takes(word)) this.#refuse(`"${word}" was expected before "${this.#tokens[this.#at] ?? 'the end'}"`)
  }

  #either(depth: number): string {
    const parts = [this.#both(depth)]
    while (this.#takes('or')) parts.push(this.#both(depth))
    return parts.join(' or ')
  }

  #both(depth: number): string {
    const parts = [this.#term(depth)]
    while (this.#takes('and')) parts.push(this.#term(depth))
    return parts.join(' and ')
  }

  #term(depth: number): string {
    if (depth > DEEPEST) return this.#refuse('it is nested too deeply')
    if (this.#takes('not')) {
      const of = this.#term(depth + 1)
      return of.startsWith('not ') ? of.slice('not '.length) : `not ${of}`
    }
    if (this.#takes('(')) {
      const inner = this.#either(depth + 1)
      this.#expect(')')
      return grouped(inner)
    }
    if (this.#takes('member', '(')) {
      const name = this.#next()
      this.#expect(')')
      return this.#member(name.replaceAll("'", ''))
    }
    const present = this.#present()
    if (present !== undefined) return present
    const left = this.#value(0)
    this.#expect('==')
    return this.#equal(left, this.#value(0))
  }

  #member(name: string): string {
    const flag = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined
    if (flag !== undefined) return flag
    if (name.startsWith(VENDOR_CLASS)) return `vendor-class == ${literal(toHex(Buffer.from(name.slice(VENDOR_CLASS.length), 'latin1')))}`
    const test = this.#classes.get(name)
    return test === undefined ? this.#refuse(`the class ${name} has no expression here`) : grouped(test)
  }

  /** "….exists"; undefined, and nothing read, where it is something else. */
  #present(): string | undefined {
    const from = this.#at
    const field = this.#option()
    if (field !== undefined && this.#takes('.', 'exists')) return field.name
    this.#at = from
    return undefined
  }

  #option(): Field | undefined {
    if (this.#takes('relay4', '[')) return subOption(this.#code('relay-agent'))
    if (!this.#takes('option', '[')) return undefined
    const code = this.#code('dhcp4')
    if (this.#takes('.', 'option', '[')) {
      if (code !== RELAY_AGENT_INFORMATION) this.#refuse(`options inside option ${code} cannot be asked for`)
      return subOption(this.#code('relay-agent'))
    }
    return { kind: 'octets', name: OPTIONS[code] ?? `option[${code}]` }
  }

  #code(space: string): number {
    const word = this.#next()
    const code = /^\d+$/.test(word) ? Number(word) : ((space === 'dhcp4' ? keaOption(this.#registry, word) : this.#registry.named(word, space))?.code ?? 0)
    if (code < 1 || code > 254) this.#refuse(`option ${word} is not known here`)
    this.#expect(']')
    return code
  }

  #noValue(reason: string): Value {
    this.#refuse(reason)
    return NO_VALUE
  }

  #value(depth: number): Value {
    if (depth > DEEPEST) return this.#noValue('it is nested too deeply')
    if (this.#takes('substring', '(')) return this.#substring(depth)
    if (this.#takes('hexstring', '(')) return this.#hexstring(depth)
    const option = this.#option()
    if (option !== undefined) {
      const isSame = this.#takes('.', 'hex') || (this.#takes('.', 'text') && this.#isText(option))
      return isSame ? whole(option) : this.#noValue(`only .hex of ${option.name} and .text of a text mean the same here`)
    }
    const word = this.#next()
    if (this.#takes('.')) {
      const name = `${word}.${this.#next()}`
      const of = Object.hasOwn(HEADER, name) ? HEADER[name] : undefined
      return of === undefined ? this.#noValue(`${name} cannot be asked for here`) : whole(of)
    }
    if (word.startsWith("'")) return { kind: 'text', text: word.slice(1, -1) }
    if (word.startsWith('0x')) return { kind: 'octets', text: word.slice(2).toLowerCase().padStart((word.length - 1) & ~1, '0') }
    if (parseIpv4(word) !== undefined) return { kind: 'address', text: word }
    return /^\d+$/.test(word) ? { kind: 'number', text: word } : this.#noValue(`${word} has no counterpart`)
  }

  #isText({ name }: Field): boolean {
    const code = name === 'vendor-class' ? codeOf('vendor-class') : Number(/^option\[(\d+)\]$/.exec(name)?.[1] ?? 0)
    return code > 0 && this.#registry.coded(code).row.type === 'text'
  }

  #hexstring(depth: number): Value {
    const of = this.#value(depth + 1)
    this.#expect(',')
    const hex = this.#next().replaceAll("'", '')
    this.#expect(')')
    return of.kind === 'field' && isWhole(of) ? { ...of, hex } : this.#noValue('hexstring of a part')
  }

  #substring(depth: number): Value {
    const of = this.#value(depth + 1)
    this.#expect(',')
    const from = Number(this.#next())
    this.#expect(',')
    const word = this.#next()
    this.#expect(')')
    const length = word === 'all' ? undefined : Number(word)
    if (!Number.isInteger(from) || (length !== undefined && !(length > 0))) return this.#noValue('substring of a computed part')
    const isField = of.kind === 'field' && of.from === 0 && of.length === undefined && of.of.kind !== 'message-type' && of.of.kind !== 'interface'
    return isField ? { ...of, from, length } : this.#noValue('substring of something else than a field')
  }

  /** A comparison in our words. */
  #equal(a: Value, b: Value): string {
    const [field, value] = a.kind === 'field' ? [a, b] : [b, a]
    if (field.kind !== 'field' || value.kind === 'field') return this.#refuse('it does not compare a field with a value')
    const { kind, name } = field.of
    if (kind === 'message-type') {
      const word = value.kind === 'number' ? MESSAGE_TYPES[Number(value.text) - 1] : undefined
      return word === undefined ? this.#refuse(`"${value.text}" is no message type`) : `message-type == ${word}`
    }
    if (kind === 'interface') return value.kind === 'text' ? `interface == "${value.text}"` : this.#refuse('an interface has a name')
    const octets = field.hex === undefined ? octetsOf(value) : spelt(value, field.hex)
    if (octets === undefined) return this.#refuse(`${name} is not compared with octets`)
    if (octets === '') return this.#refuse('an empty value is that of a missing option, too')
    return part(field, octets) ?? this.#refuse(`the part of ${name} that it compares cannot be named here`)
  }
}

/** Parentheses around what is more than one term; a text may look like that, which does no harm. */
const grouped = (text: string): string => (/ (?:and|or) /.test(text) ? `(${text})` : text)
const isWhole = (of: Asked): boolean => of.hex === undefined && of.from === 0 && of.length === undefined
const whole = (of: Field): Asked => ({ kind: 'field', of, hex: undefined, from: 0, length: undefined })
const subOption = (code: number): Field => ({ kind: 'octets', name: SUB_OPTIONS[code] ?? `relay[${code}]` })

/** A value as hexadecimal; undefined for a number. */
function octetsOf({ kind, text }: Literal): string | undefined {
  switch (kind) {
    case 'octets':
      return text
    case 'address':
      return toHex(Uint8Array.from(text.split('.'), Number))
    case 'text':
      return toHex(Buffer.from(text, 'latin1'))
    default:
      return undefined
  }
}

/** What a text of octets in small letters, with `separator` between them, spells. */
function spelt({ kind, text }: Literal, separator: string): string | undefined {
  const pairs = kind !== 'text' ? [] : separator === '' ? (text.match(/../g) ?? []) : text.split(separator)
  return pairs.every(pair => /^[0-9a-f]{2}$/.test(pair)) && pairs.join(separator) === text ? pairs.join('') : undefined
}

/** The test whether a part of a field is these octets; undefined where there is none. */
function part({ of: { kind, name }, from, length, hex }: Asked, octets: string): string | undefined {
  const count = octets.length / 2
  // Of a field that is written out the length is that of the text.
  const most = length === undefined || hex === undefined ? length : (length + hex.length) / (2 + hex.length)
  if ((most !== undefined && most < count) || (hex !== undefined && from !== 0)) return undefined
  // What is asked for is longer than what it is to be: then the field ends there.
  const toEnd = most === undefined || most > count
  if (kind === 'address') return from === 0 && count <= 4 && !(toEnd && count < 4) ? addressTest(name, octets) : undefined
  if (kind === 'mac') {
    const text = octets.replaceAll(/..(?=.)/g, '$&:')
    if (from === 0 && count === 6) return `mac == ${text}`
    if (from === 0) return toEnd ? undefined : `mac starts-with ${text}`
    return from === -count ? `mac ends-with 0x${octets}` : undefined
  }
  if (from === 0) return `${name} ${toEnd ? '==' : 'starts-with'} ${literal(octets)}`
  if (from < 0) return from === -count ? `${name} ends-with ${literal(octets)}` : undefined
  const hasWildcard = (octets.match(/../g) ?? []).some(octet => octet === '2a' || octet === '3f')
  return hasWildcard || from > MOST_PASSED_OVER ? undefined : `${name} matches-glob ${literal(`${'3f'.repeat(from)}${octets}${toEnd ? '' : '2a'}`)}`
}

/** 0.0.0.0 is how a field says that it has no address. */
function addressTest(name: string, octets: string): string {
  const [a = 0, ...rest] = [...(fromHex(octets) ?? [])]
  const text = [a, ...rest, 0, 0, 0].slice(0, 4).join('.')
  if (rest.length < 3) return `${name} in ${text}/${(rest.length + 1) * 8}`
  if (text !== '0.0.0.0') return `${name} == ${text}`
  return name === 'giaddr' ? 'not relayed' : `not ${name}`
}

/** As a text in quotes where that is one, else hexadecimal. */
function literal(octets: string): string {
  const text = Buffer.from(octets, 'hex').toString('latin1')
  return /^[\x20-\x7e]*$/.test(text) && !/["\\]/.test(text) ? `"${text}"` : `0x${octets}`
}
