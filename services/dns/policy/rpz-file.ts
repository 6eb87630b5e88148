/** Response policy zones as master files (RFC 1035 §5). */
import { name, parseName } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { EntryReader } from '../wire/presentation.ts'
import { ZoneFileReader } from '../zone/file-reader.ts'
import { MAX_RULES } from './list-builder.ts'
import type { CompiledList, HashKey } from './model.ts'
import { RpzCompiler } from './rpz-compiler.ts'

/** For a file whose names are all relative and that says no $ORIGIN: what the zone is called does not matter. */
const UNNAMED = name('rpz.invalid')
/** Some 5 ms of work. */
const PIECE_ENTRIES = 2000

export function* compileRpzText(text: string, hashKey: HashKey): Generator<undefined, CompiledList> {
  const apex = apexOf(text)
  const compiler = new RpzCompiler(apex, hashKey)
  const reader = new ZoneFileReader(apex, { maxRecords: 2 * MAX_RULES }, (record, at) => {
    compiler.add(record, at.line)
    return undefined
  })
  const entries = new EntryReader(text)
  let [more, read] = [true, 0]
  while (more) {
    more = reader.readEntry(entries)
    for (const fault of reader.faults.splice(0)) compiler.refuse(fault.line, () => lineOf(text, fault.line), fault.problem)
    if (++read % PIECE_ENTRIES === 0) yield
  }
  return compiler.finish(text.split('\n').length)
}

/** The owner of the SOA, by the $ORIGIN before it. */
function apexOf(text: string): Name {
  let origin = UNNAMED
  const line = /^\$ORIGIN[ \t]+(\S+)|^([^\s;$]\S*)[ \t]+(?:\d\w*[ \t]+|IN[ \t]+)*SOA[ \t]/gim
  for (const [, named, owner] of text.matchAll(line)) {
    const parsed = parseName(named ?? owner ?? '', { relative: 'always', origin })
    if (!parsed.ok) continue
    if (owner !== undefined) return parsed.value
    origin = parsed.value
  }
  return origin
}

function lineOf(text: string, line: number): string {
  let at = 0
  for (let n = 1; n < line && at >= 0; n++) at = text.indexOf('\n', at) + 1 || -1
  return at < 0 ? '' : text.slice(at, text.indexOf('\n', at) < 0 ? undefined : text.indexOf('\n', at)).trim()
}
