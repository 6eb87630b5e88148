/**
 * Names with "*" in them, as "||ads*.example^" has: any characters, dots too. The labels after the last "*" stand in the
 * table of names, so only names below these are compared, and the rest is looked for piece by piece from left to right,
 * which takes no longer than the name is long.
 */
import { formatKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'

export type NamePattern = {
  /** What stands between the stars; the first may be empty. */
  readonly pieces: readonly [string, string, ...string[]]
  /** "|": it is about the whole name. Otherwise ("||") it may begin with any label. */
  readonly whole: boolean
}

/** Each is a search through the name; real lists have one or two. */
const MOST_STARS = 8

/** The pattern of a text with stars, and the text of the labels behind the last; undefined: too many stars. */
export function readPattern(text: string, whole: boolean): { readonly pattern: NamePattern; readonly below: string } | undefined {
  const pieces = text.toLowerCase().split('*')
  const [first, second, ...others] = pieces as [string, string, ...string[]]
  if (pieces.length > MOST_STARS + 1) return undefined
  const last = pieces.at(-1) as string
  const dot = last.indexOf('.')
  return { pattern: { pieces: [first, second, ...others], whole }, below: dot < 0 || dot === last.length - 1 ? '.' : last.slice(dot + 1) }
}

/** The name that was compared last, as text: it is compared with one pattern after the other. */
let lastKey: NameKey = ROOT_KEY
let lastText = '.'

function textOf(key: NameKey): string {
  if (key !== lastKey) [lastKey, lastText] = [key, formatKey(key)]
  return lastText
}

export function fits({ pieces, whole }: NamePattern, key: NameKey): boolean {
  const name = textOf(key)
  const [first, ...others] = pieces
  const last = others.pop() as string
  // A place further on that fits leaves less for the rest: the first one is enough.
  const begin = beginOf(name, first, whole)
  if (begin < 0) return false
  let at = begin
  for (const piece of others) {
    const found = name.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return name.length - last.length >= at && name.endsWith(last)
}

/** Where the first piece ends; −1: it is not there at the beginning of a label. */
function beginOf(name: string, first: string, whole: boolean): number {
  if (whole || first === '') return name.startsWith(first) ? first.length : -1
  if (name.startsWith(first)) return first.length
  const found = name.indexOf(`.${first}`)
  return found < 0 ? -1 : found + 1 + first.length
}
