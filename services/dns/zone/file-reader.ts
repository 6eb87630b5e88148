/**
 * Entries of a master file as records: owners, origins, TTLs and directives. RFC 1035 §5.1, RFC 2308 §4 for $TTL.
 * Reading is strict: a name without a final dot is relative to the origin. Faults are gathered, so that a person sees
 * all of a file's at once.
 */
import { formatName, isAtOrBelow, nameKey, parseName } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { EntryReader, parseTtl, TokenSource } from '../wire/presentation.ts'
import type { Entry, TextFault, Token } from '../wire/presentation.ts'
import { parseRdata } from '../wire/rdata.ts'
import { isMetaType, typeCode, typeName } from '../wire/type-names.ts'
import { expand, parseRange } from './generate.ts'

/** Where a file is wrong, and what would be right. Lines and columns count from 1; `file`: one that was included. */
export type ZoneFileError = TextFault & { readonly file?: string | undefined }

export type ZoneFileOptions = {
  /** TTL of records before any was named. Seconds. */
  readonly defaultTtl?: number
  /** Refuses longer files: memory is bounded. */
  readonly maxRecords?: number
  /**
   * The text of a file that $INCLUDE names, undefined when it cannot be read. Without it $INCLUDE is refused: a file
   * that came over the network must not name files here.
   */
  readonly include?: (file: string) => string | undefined
}

export type ParsedRecord = { readonly name: Name; readonly ttl: number; readonly type: number; readonly rdata: Uint8Array }
/** Takes a record; what it returns is wrong with it beside the others. */
export type TakeRecord = (record: ParsedRecord, at: Place) => ZoneFileError | undefined
export type Place = { readonly line: number; readonly column: number; readonly file: string | undefined }

/** Twice the largest zone that one appliance is meant for. */
export const MAX_FILE_RECORDS = 2_000_000
/** A person mends no more at a time. */
const MOST_FAULTS = 100
/** Files that include each other in a circle end here. */
const DEEPEST_INCLUDE = 8
const MOST_INCLUDES = 1000
const FALLBACK_TTL = 3600

export const faultAt = (at: Place, problem: string, remedy: string): ZoneFileError => ({
  line: at.line, column: at.column, ...(at.file === undefined ? {} : { file: at.file }), problem, remedy,
})

export class ZoneFileReader {
  readonly faults: ZoneFileError[] = []
  dollarTtl: number | undefined
  readonly #apex: Name
  readonly #options: ZoneFileOptions
  readonly #take: TakeRecord
  #origin: Name
  #owner: Name | undefined
  #lastTtl: number | undefined
  #file: string | undefined
  #depth = 0
  #includes = 0
  #records = 0

  constructor(apex: Name, options: ZoneFileOptions, take: TakeRecord) {
    this.#apex = apex
    this.#origin = apex
    this.#options = options
    this.#take = take
  }

  /** Reads a whole file. A line that is wrong is left out. */
  read(text: string): void {
    const entries = new EntryReader(text)
    while (!this.full && this.readEntry(entries));
  }

  /** The same by single entries, for files that are read in turns; false at the end. */
  readEntry(entries: EntryReader): boolean {
    const entry = entries.next()
    if (entry !== undefined) {
      this.#entry(entry)
      return true
    }
    if (entries.fault === undefined) return false
    this.#fault(entries.fault, entries.fault.problem, entries.fault.remedy)
    return entries.recover()
  }

  /** There is no use in reading on. */
  get full(): boolean {
    return this.faults.length >= MOST_FAULTS || this.#records > (this.#options.maxRecords ?? MAX_FILE_RECORDS)
  }

  #fault(at: { readonly line: number; readonly column: number }, problem: string, remedy: string): void {
    this.faults.push(faultAt({ ...at, file: this.#file }, problem, remedy))
  }

  #entry(entry: Entry): void {
    const first = entry.tokens[0] as Token
    if (!entry.blank && first.text.startsWith('$') && !first.quoted) return this.#directive(entry, first)
    let at = 0
    if (!entry.blank) {
      const owner = parseName(first.text, { relative: 'always', origin: this.#origin })
      if (!owner.ok) return this.#fault(first, `${first.text} is no domain name: ${owner.error}`, 'correct the name')
      this.#owner = owner.value
      at = 1
    }
    if (this.#owner === undefined) {
      return this.#fault(first, 'the first record names no owner', 'begin the line with a name or @')
    }
    this.#record(this.#owner, entry.tokens, at)
  }

  #directive(entry: Entry, keyword: Token): void {
    const value = entry.tokens[1]
    switch (keyword.text.toUpperCase()) {
      case '$ORIGIN': {
        const origin = parseName(value?.text ?? '', { relative: 'always', origin: this.#origin })
        if (!origin.ok) return this.#fault(value ?? keyword, `$ORIGIN: ${origin.error}`, '$ORIGIN example.com.')
        this.#origin = origin.value
        return
      }
      case '$TTL': {
        const ttl = parseTtl(value?.text ?? '')
        if (ttl === undefined) return this.#fault(value ?? keyword, '$TTL is followed by a time in seconds', '$TTL 3600')
        this.dollarTtl = ttl
        return
      }
      case '$GENERATE':
        return this.#generate(entry, keyword)
      case '$INCLUDE':
        return this.#include(entry, keyword)
      default:
        return this.#fault(keyword, `${keyword.text} is not known`, 'one of $ORIGIN, $TTL, $GENERATE and $INCLUDE')
    }
  }

  /** $GENERATE range owner [TTL] [class] type data. */
  #generate(entry: Entry, keyword: Token): void {
    const [, rangeToken, ...template] = entry.tokens
    const range = parseRange(rangeToken?.text ?? '')
    if (range === undefined || template.length < 2) {
      return this.#fault(rangeToken ?? keyword, '$GENERATE has no range, or nothing after it', '$GENERATE 1-100 host-$ A 10.53.0.$')
    }
    const before = this.faults.length
    for (let value = range.first; value <= range.last && !this.full && this.faults.length === before; value += range.step) {
      const tokens: Token[] = []
      for (const token of template) {
        const text = expand(token.text, value)
        if (text === undefined) {
          return this.#fault(token, `${token.text} has no number where its "\${" is`, '${offset,width,base} with base d, o, x, X, n or N')
        }
        tokens.push({ ...token, text })
      }
      const [first] = tokens as [Token]
      const owner = parseName(first.text, { relative: 'always', origin: this.#origin })
      if (!owner.ok) return this.#fault(first, `${first.text} is no domain name: ${owner.error}`, 'correct the name')
      this.#record(owner.value, tokens, 1)
    }
  }

  /** $INCLUDE file [origin]. Origin and owner are afterwards what they were before (RFC 1035 §5.1). */
  #include(entry: Entry, keyword: Token): void {
    const [, file, originToken] = entry.tokens
    if (this.#options.include === undefined) return this.#fault(keyword, 'other files are not read', 'put the records of that file here')
    if (file === undefined) return this.#fault(keyword, '$INCLUDE names no file', '$INCLUDE other.zone')
    const origin = originToken === undefined ? undefined : parseName(originToken.text, { relative: 'always', origin: this.#origin })
    if (origin?.ok === false) return this.#fault(originToken as Token, `the origin: ${origin.error}`, '$INCLUDE other.zone sub')
    if (this.#depth >= DEEPEST_INCLUDE || ++this.#includes > MOST_INCLUDES) {
      return this.#fault(file, 'files include each other too deeply, or too many', 'put the records here')
    }
    const text = this.#options.include(file.text)
    if (text === undefined) return this.#fault(file, `${file.text} cannot be read`, 'a file beside this one')
    const [outerOrigin, outerOwner, outerFile] = [this.#origin, this.#owner, this.#file]
    this.#origin = origin?.value ?? outerOrigin
    this.#file = file.text
    this.#depth++
    this.read(text)
    this.#depth--
    this.#origin = outerOrigin
    this.#owner = outerOwner
    this.#file = outerFile
  }

  /** [TTL] [class] type data, with TTL and class in either order. */
  #record(owner: Name, tokens: readonly Token[], from: number): void {
    const first = tokens[0] as Token
    if (!isAtOrBelow(nameKey(owner), nameKey(this.#apex))) {
      const zone = formatName(this.#apex)
      const remedy = `a name that ends in .${zone}.; check $ORIGIN and final dots`
      return this.#fault(first, `${formatName(owner)} does not lie in ${zone}`, remedy)
    }
    let ttl: number | undefined
    let sawClass = false
    for (let at = from; ; at++) {
      const token = tokens[at]
      if (token === undefined) return this.#fault(tokens.at(-1) as Token, 'the record has no type', 'name TTL IN TYPE data')
      const upper = token.text.toUpperCase()
      const isClass = !sawClass && /^(IN|CH|HS|CS|CLASS\d{1,5})$/.test(upper)
      const asTtl = ttl === undefined && /^\d/.test(upper) ? parseTtl(token.text) : undefined
      if (isClass && upper !== 'IN' && upper !== 'CLASS1') {
        return this.#fault(token, `class ${token.text} is not served`, 'IN')
      }
      if (isClass) sawClass = true
      else if (asTtl !== undefined) ttl = asTtl
      else return this.#typed(owner, tokens, at, ttl)
    }
  }

  #typed(owner: Name, tokens: readonly Token[], at: number, given: number | undefined): void {
    const token = tokens[at] as Token
    const type = token.quoted ? undefined : typeCode(token.text)
    if (type === undefined || isMetaType(type)) {
      const remedy = 'a mnemonic such as A or MX, or TYPE65400'
      return this.#fault(token, `${token.text} is not a record type that a zone can hold`, remedy)
    }
    const source = new TokenSource(tokens, at + 1)
    const rdata = parseRdata(type, source, { relative: 'always', origin: this.#origin })
    if (!rdata.ok) {
      const { field, what } = rdata.error
      const remedy = `the data of ${typeName(type)} as its RFC writes it`
      return this.#fault(source.last() ?? token, `${typeName(type)} ${field}: ${what}`, remedy)
    }
    // RFC 2308 §4: $TTL, else the last one named (RFC 1035 §5.1); a SOA that comes first sets it by its minimum (BIND).
    const ttl = given ?? this.dollarTtl ?? this.#lastTtl ?? this.#options.defaultTtl ?? FALLBACK_TTL
    this.#lastTtl = ttl
    const place = { ...(tokens[0] as Token), file: this.#file }
    if (++this.#records > (this.#options.maxRecords ?? MAX_FILE_RECORDS)) {
      return this.#fault(place, 'too many records', 'split the zone')
    }
    const fault = this.#take({ name: owner, ttl, type, rdata: rdata.value }, place)
    if (fault !== undefined) this.faults.push(fault)
  }
}
