/**
 * Words of a class expression, each with its column. Words that look like addresses are read by the parser, which knows
 * what the field before them wants.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'

export type Token = {
  readonly kind: 'word' | 'text' | 'symbol' | 'end'
  /** A text without its quotes and escapes; '' at the end. */
  readonly text: string
  /** From 1. */
  readonly column: number
}

export type ExpressionFault = { readonly column: number; readonly problem: string; readonly remedy: string }

/** Longer than any that a person reads; a bound for what one request costs. */
export const LONGEST_EXPRESSION = 2000
const MOST_TOKENS = 600

const SYMBOLS = ['==', '!=', '<=', '>=', '<', '>', '(', ')', '[', ']', ','] as const
/** Names, numbers, 0x…, addresses and prefixes. */
const WORD = /^[A-Za-z0-9_.:/-]+/

export function tokensOf(expression: string): Result<readonly Token[], ExpressionFault> {
  if (expression.length > LONGEST_EXPRESSION) {
    return fault(LONGEST_EXPRESSION, `it is longer than ${LONGEST_EXPRESSION} characters`, 'make two classes of it')
  }
  const tokens: Token[] = []
  let at = 0
  while (at < expression.length) {
    const c = expression[at] as string
    if (/\s/.test(c)) {
      at++
      continue
    }
    if (tokens.length === MOST_TOKENS) return fault(at + 1, 'it has too many words', 'make two classes of it')
    const column = at + 1
    const symbol = SYMBOLS.find(each => expression.startsWith(each, at))
    if (c === '"') {
      const read = textAt(expression, at)
      if (!read.ok) return read
      tokens.push({ kind: 'text', text: read.value.text, column })
      at = read.value.end
    } else if (symbol !== undefined) {
      tokens.push({ kind: 'symbol', text: symbol, column })
      at += symbol.length
    } else {
      const word = WORD.exec(expression.slice(at))?.[0]
      if (word === undefined) return fault(column, `"${c}" means nothing here`, 'texts stand in "quotes"')
      tokens.push({ kind: 'word', text: word, column })
      at += word.length
    }
  }
  tokens.push({ kind: 'end', text: '', column: expression.length + 1 })
  return ok(tokens)
}

/** The text that begins with the quote at `from`. \" and \\ are the only escapes. */
function textAt(expression: string, from: number): Result<{ readonly text: string; readonly end: number }, ExpressionFault> {
  let text = ''
  for (let at = from + 1; at < expression.length; at++) {
    const c = expression[at] as string
    if (c === '"') return ok({ text, end: at + 1 })
    if (c !== '\\') {
      text += c
      continue
    }
    const escaped = expression[++at]
    if (escaped !== '"' && escaped !== '\\') return fault(at, 'only \\" and \\\\ are escapes', 'octets that are no text: 0x…')
    text += escaped
  }
  return fault(from + 1, 'the text does not end', 'a closing "')
}

export const fault = (column: number, problem: string, remedy: string): { readonly ok: false; readonly error: ExpressionFault } =>
  err({ column, problem, remedy })
