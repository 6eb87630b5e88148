/**
 * Statements of ISC dhcpd's files (dhcpd.conf(5), dhcpd.leases(5)), each with its line: words up to a semicolon, or up
 * to a block in braces. Brackets, commas and = are words of their own; strings keep their quotes.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'

export type Statement = {
  /** Counted from 1. */
  readonly line: number
  readonly words: readonly string[]
  readonly block: readonly Statement[] | undefined
}
export type StatementFault = { readonly line: number; readonly problem: string }

/** Blocks inside each other. */
const DEEPEST = 32

const TOKEN = /(\s+|#[^\n]*)|("(?:[^"\\]|\\[^])*"|[{};,()=]|[^\s#"{};,()=]+)/y

export function readStatements(text: string): Result<readonly Statement[], StatementFault> {
  const open: { readonly line: number; readonly words: readonly string[]; readonly inside: Statement[] }[] = []
  let inside: Statement[] = []
  let words: string[] = []
  let line = 1
  let began = 1
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const found = TOKEN.exec(text)
    if (found === null) return err({ line, problem: 'a string has no end' })
    const [whole, , token] = found
    if (token === '}') {
      const block = open.pop()
      if (block === undefined || words.length > 0) return err({ line, problem: 'a brace was not expected' })
      block.inside.push({ line: block.line, words: block.words, block: inside })
      inside = block.inside
    } else if (token === '{') {
      if (open.length === DEEPEST) return err({ line, problem: 'blocks are too deep' })
      open.push({ line: began, words, inside })
      inside = []
      words = []
    } else if (token === ';') {
      if (words.length > 0) inside.push({ line: began, words, block: undefined })
      words = []
    } else if (token !== undefined) {
      if (words.length === 0) began = line
      words.push(token)
    }
    for (const c of whole) if (c === '\n') line++
  }
  return open.length > 0 || words.length > 0 ? err({ line, problem: 'a statement has no end' }) : ok(inside)
}

/** A string without its quotes, or the word. */
export const unquoted = (word: string): string => (word.startsWith('"') ? word.slice(1, -1).replaceAll(/\\(["\\])/g, '$1') : word)
