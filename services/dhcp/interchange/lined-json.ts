/**
 * JSON as people write it into configuration files, each value with its line: besides RFC 8259 comments (#, //, and
 * C's) and a comma before a closing bracket.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'

export type Lined = {
  /** Counted from 1. */
  readonly line: number
  readonly value: string | number | boolean | null | readonly Lined[] | ReadonlyMap<string, Lined>
}
export type JsonFault = { readonly line: number; readonly problem: string }

/** Brackets inside each other. */
const DEEPEST = 64

const SKIPPED = /(?:\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
const ATOM = /(?:"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w"])/y

export function parseLinedJson(text: string): Result<Lined, JsonFault> {
  return new Parser(text).whole()
}

type Parsed = Result<Lined, JsonFault>

class Parser {
  readonly #text: string
  #at = 0
  #line = 1
  #counted = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Parsed {
    const value = this.#value(0)
    if (!value.ok || this.#next() === undefined) return value
    return this.#fault('something follows the end')
  }

  /** The next character that counts; undefined at the end. */
  #next(): string | undefined {
    SKIPPED.lastIndex = this.#at
    SKIPPED.exec(this.#text)
    this.#at = SKIPPED.lastIndex
    return this.#text[this.#at]
  }

  #takes(character: string): boolean {
    if (this.#next() !== character) return false
    this.#at++
    return true
  }

  /** The line of where we are; only goes forward. */
  #here(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++
    return this.#line
  }

  #fault(problem: string): { readonly ok: false; readonly error: JsonFault } {
    return err({ line: this.#here(), problem })
  }

  #value(depth: number): Parsed {
    const first = this.#next()
    const line = this.#here()
    if (depth > DEEPEST) return this.#fault('brackets are too deep')
    if (first === '{') return this.#members(line, depth)
    if (first === '[') return this.#items(line, depth)
    const atom = this.#atom()
    return atom === undefined ? this.#fault('a value was expected') : ok({ line, value: atom })
  }

  #atom(): string | number | boolean | null | undefined {
    this.#next()
    ATOM.lastIndex = this.#at
    const [found] = ATOM.exec(this.#text) ?? []
    if (found === undefined) return undefined
    this.#at += found.length
    try {
      return JSON.parse(found) as string | number | boolean | null
    } catch {
      return undefined
    }
  }

  #members(line: number, depth: number): Parsed {
    this.#at++
    const members = new Map<string, Lined>()
    while (!this.#takes('}')) {
      const name = this.#atom()
      if (typeof name !== 'string' || !this.#takes(':')) return this.#fault('"name": was expected')
      const value = this.#value(depth + 1)
      if (!value.ok) return value
      members.set(name, value.value)
      if (!this.#takes(',') && this.#next() !== '}') return this.#fault('a comma or } was expected')
    }
    return ok({ line, value: members })
  }

  #items(line: number, depth: number): Parsed {
    this.#at++
    const items: Lined[] = []
    while (!this.#takes(']')) {
      const value = this.#value(depth + 1)
      if (!value.ok) return value
      items.push(value.value)
      if (!this.#takes(',') && this.#next() !== ']') return this.#fault('a comma or ] was expected')
    }
    return ok({ line, value: items })
  }
}
