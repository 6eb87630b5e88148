/**
 * From the text of a list to what look-ups use. It goes in pieces of some milliseconds, so that it may run beside other
 * work; a large list is better compiled on a thread of its own, and handed over with transferablesOf().
 */
import { unreachable } from '../../../stack/platform/index.ts'
import { readAdblockLine } from './adblock-line.ts'
import { detectFormat } from './detect-format.ts'
import { readDomainsLine } from './domains-line.ts'
import { readHostsLine } from './hosts-line.ts'
import { ListBuilder } from './list-builder.ts'
import type { ListLine } from './list-line.ts'
import type { CompiledList, HashKey, ListFormat, ListKind } from './model.ts'
import { compileRpzText } from './rpz-file.ts'

export type CompileOptions = {
  readonly format: ListFormat | 'auto'
  readonly kind: ListKind
  /** The engine's. */
  readonly hashKey: HashKey
}

/** Some 5 ms of work. */
const PIECE_OCTETS = 1 << 16
/** Of the beginning, by which the format is told. */
const SAMPLE_OCTETS = 1 << 16

/** Compiles the octets of a file, UTF-8 with or without byte order mark. Each yield is a place to do something else. */
export function* compileList(octets: Uint8Array, options: CompileOptions): Generator<undefined, CompiledList> {
  const decoder = new TextDecoder('utf-8')
  const format = options.format === 'auto' ? detectFormat(decoder.decode(octets.subarray(0, SAMPLE_OCTETS))) : options.format
  if (format === 'rpz') return yield* compileRpzText(decoder.decode(octets), options.hashKey)
  const list = new ListBuilder(format, options.kind, options.hashKey)
  let line = 0
  for (let at = 0; at < octets.length; ) {
    const end = pieceEnd(octets, at)
    const lines = decoder.decode(octets.subarray(at, end)).split('\n')
    // What follows the last line's end is no line.
    if (lines.at(-1) === '') lines.pop()
    for (const text of lines) takeLine(list, ++line, text, format, options.kind)
    at = end
    yield
  }
  return list.finish(line)
}

/** The same without a pause. */
export function compileListAtOnce(octets: Uint8Array, options: CompileOptions): CompiledList {
  const pieces = compileList(octets, options)
  for (;;) {
    const piece = pieces.next()
    if (piece.done === true) return piece.value
  }
}

/** What crosses to another thread without being copied. */
export const transferablesOf = ({ names, servers, addresses }: CompiledList): ArrayBuffer[] =>
  [names, servers, addresses].flatMap(({ tags, slots, arena }) => [tags.buffer, slots.buffer, arena.buffer])

/** After the last whole line within a piece, or after one that is longer. */
function pieceEnd(octets: Uint8Array, at: number): number {
  if (octets.length - at <= PIECE_OCTETS) return octets.length
  const last = octets.lastIndexOf(0x0a, at + PIECE_OCTETS)
  if (last >= at) return last + 1
  const next = octets.indexOf(0x0a, at + PIECE_OCTETS)
  return next < 0 ? octets.length : next + 1
}

function takeLine(list: ListBuilder, line: number, text: string, format: Exclude<ListFormat, 'rpz'>, kind: ListKind): void {
  const read = readLine(text, format, kind)
  switch (read.kind) {
    case 'nothing':
      return
    case 'not-understood':
      return list.refuse(line, text.trim(), read.reason)
    case 'rules': {
      let { reason } = read
      for (const rule of read.rules) reason = (rule.address === undefined ? list.add(line, rule) : list.addAddress(line, rule.address, rule)) ?? reason
      if (reason !== undefined) list.refuse(line, text.trim(), reason)
    }
  }
}

function readLine(text: string, format: Exclude<ListFormat, 'rpz'>, kind: ListKind): ListLine {
  switch (format) {
    case 'hosts':
      return readHostsLine(text, kind)
    case 'domains':
      return readDomainsLine(text, kind)
    case 'adblock':
      return readAdblockLine(text, kind)
    default:
      return unreachable(format)
  }
}
