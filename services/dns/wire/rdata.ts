/**
 * Rdata between its three forms: octets without compression (as zones and caches keep it), presentation text, and
 * inside a message. Everything is driven by rdata-table.ts; a type without a row is opaque (RFC 3597).
 */
import type { Result } from '../../../stack/platform/index.ts'
import { equalBytes, err, fromHex, ok, toHex, u16 } from '../../../stack/platform/index.ts'
import { FIELDS } from './field-table.ts'
import type { FieldKind } from './field-table.ts'
import type { FieldCodec } from './fields.ts'
import { ABSOLUTE, LOWER, nameLength } from './name.ts'
import type { Name, NameReader, NameRule } from './name.ts'
import { EntryReader, TokenSource } from './presentation.ts'
import { RDATA } from './rdata-table.ts'
import type { RrRow } from './rdata-table.ts'

export const MAX_RDATA_OCTETS = 65_535

type Field = { readonly name: string; readonly codec: FieldCodec; readonly isName: boolean; readonly isFolded: boolean }
/** A row made ready: fields in order, and where names stand. */
type Form = {
  readonly fields: readonly Field[]
  readonly hasNames: boolean
  /** Not all that the wire allows can be said in its text. */
  readonly loose: boolean
  /** Octets before the first compressible name, and how many such names follow one another; 0 for none. */
  readonly lead: number
  readonly compressible: number
  readonly additional: string | undefined
}

const NAME_KINDS: ReadonlySet<FieldKind> = new Set(['name', 'name-folded', 'name-compressible'])
/** Kinds with more than one form of the same on the wire, or with values that no text has. */
const LOOSE_KINDS: ReadonlySet<FieldKind> = new Set(['a6', 'bitmap', 'loc', 'nxt-bitmap', 'service-parameters', 'well-known-services'])

const FORMS = new Map<number, Form>(Object.values(RDATA).map((row: RrRow) => [row.code, formOf(row)]))

function formOf(row: RrRow): Form {
  const kinds = Object.values(row.fields)
  const first = kinds.indexOf('name-compressible')
  return {
    fields: Object.entries(row.fields).map(([name, kind]) => ({
      name, codec: FIELDS[kind], isName: NAME_KINDS.has(kind), isFolded: kind !== 'name' && NAME_KINDS.has(kind),
    })),
    loose: kinds.some((kind) => LOOSE_KINDS.has(kind)),
    hasNames: kinds.some((kind) => NAME_KINDS.has(kind)),
    // The RFC 1035 types have at most a u16 before their names.
    lead: first > 0 ? 2 : 0,
    compressible: kinds.filter((kind) => kind === 'name-compressible').length,
    additional: row.additional,
  }
}

export const compressibleLead = (type: number): number => FORMS.get(type)?.lead ?? 0
export const compressibleNames = (type: number): number => FORMS.get(type)?.compressible ?? 0

/** True when these octets are rdata of the type; any octets are for a type without a row. */
export function isRdata(type: number, b: Uint8Array, at = 0, end = b.length): boolean {
  const form = FORMS.get(type)
  if (form === undefined) return true
  let i = at
  for (const field of form.fields) {
    const length = field.codec.length(b, i, end)
    if (length < 0) return false
    i += length
  }
  return i === end
}

/**
 * Rdata out of a message that starts at `base`: names are expanded, the form is checked. Undefined when malformed.
 * Names are expanded in every type that has a row, as RFC 3597 §4 asks for those that were compressed in the wild.
 */
export function readRdata(
  type: number, b: Uint8Array, base: number, at: number, end: number, names: NameReader,
): Uint8Array | undefined {
  const form = FORMS.get(type)
  if (form === undefined || !form.hasNames) return isRdata(type, b, at, end) ? b.slice(at, end) : undefined
  const parts: Uint8Array[] = []
  let i = at
  for (const field of form.fields) {
    if (field.isName) {
      if (!names.read(b, base, i, end)) return undefined
      parts.push(names.take())
      i = names.next
    } else {
      const length = field.codec.length(b, i, end)
      if (length < 0) return undefined
      parts.push(b.subarray(i, i + length))
      i += length
    }
  }
  return i === end ? new Uint8Array(Buffer.concat(parts)) : undefined
}

/** The same rdata with its names in lower case: equal records have equal octets (RFC 2136 §1.1.1, RFC 4343). */
export const foldedRdata = (type: number, rdata: Uint8Array): Uint8Array => folded(type, rdata, (field) => field.isName)

/** Canonical form of rdata: the names of the types that RFC 4034 §6.2 lists, less RFC 6840 §5.1, are in lower case. */
export const canonicalRdata = (type: number, rdata: Uint8Array): Uint8Array => folded(type, rdata, (field) => field.isFolded)

function folded(type: number, rdata: Uint8Array, folds: (field: Field) => boolean): Uint8Array {
  const form = FORMS.get(type)
  if (form === undefined || !form.hasNames) return rdata
  const octets = rdata.slice()
  let i = 0
  for (const field of form.fields) {
    const length = field.codec.length(rdata, i, rdata.length)
    if (folds(field)) for (let n = i; n < i + length; n++) octets[n] = LOWER[octets[n] as number] as number
    i += length
  }
  return octets
}

/** What was wrong with a record's data: the field and a sentence part. */
export type RdataProblem = { readonly field: string; readonly what: string }

/** Reads data as it stands in a master file after the type; `\# n hex` is understood for every type (RFC 3597 §5). */
export function parseRdata(type: number, from: TokenSource, names: NameRule): Result<Uint8Array, RdataProblem> {
  if (from.peek()?.text === '\\#' && from.peek()?.quoted === false) return parseGeneric(type, from)
  const form = FORMS.get(type)
  if (form === undefined) {
    return err({ field: 'data', what: 'this type is unknown here, so its data is written \\# LENGTH HEX (RFC 3597)' })
  }
  const octets: number[] = []
  for (const field of form.fields) {
    const what = field.codec.read(from, octets, names)
    if (what !== undefined) return err({ field: field.name, what })
  }
  if (from.left > 0) return err({ field: 'data', what: `"${from.next()?.text}" is more than this type has` })
  if (octets.length > MAX_RDATA_OCTETS) return err({ field: 'data', what: 'it is longer than 65535 octets' })
  return ok(Uint8Array.from(octets))
}

function parseGeneric(type: number, from: TokenSource): Result<Uint8Array, RdataProblem> {
  from.next()
  const length = from.next()?.text ?? ''
  let hex = ''
  for (let token = from.next(); token !== undefined; token = from.next()) hex += token.text
  const octets = fromHex(hex)
  if (octets === undefined || !/^\d{1,5}$/.test(length) || octets.length !== Number(length)) {
    return err({ field: 'data', what: '\\# is followed by the number of octets and just as many hexadecimal pairs' })
  }
  if (!isRdata(type, octets)) return err({ field: 'data', what: 'these octets are not data of this type' })
  return ok(octets)
}

/** The same from one text, as a REST client or a stored row has it. */
export function parseRdataText(type: number, text: string, names: NameRule): Result<Uint8Array, RdataProblem> {
  const reader = new EntryReader(text)
  const entry = reader.next()
  if (reader.fault !== undefined) return err({ field: 'data', what: reader.fault.problem })
  const more = reader.next() !== undefined || reader.fault !== undefined
  if (more) return err({ field: 'data', what: 'it has several lines' })
  return parseRdata(type, new TokenSource(entry?.tokens ?? []), names)
}

/**
 * Presentation text of well-formed rdata; names are whole, and with 'final-dots' say so as master files need it.
 * A type without a row is written by RFC 3597 §5, and so is what the type's own text could not give back as it is (a
 * type bitmap with zeros at its end, a place off the globe): zones from other servers keep their octets.
 */
export function formatRdata(type: number, rdata: Uint8Array, names: 'stored' | 'final-dots' = 'stored'): string {
  const form = FORMS.get(type)
  if (form === undefined) return generic(rdata)
  const parts: string[] = []
  let i = 0
  for (const field of form.fields) {
    const text = field.codec.write(rdata, i, rdata.length, names === 'final-dots')
    if (text !== '') parts.push(text)
    i += field.codec.length(rdata, i, rdata.length)
  }
  const text = parts.join(' ')
  return form.loose && !readsBack(type, text, rdata) ? generic(rdata) : text
}

const generic = (rdata: Uint8Array): string =>
  `\\# ${rdata.length}${rdata.length > 0 ? ` ${toHex(rdata).toUpperCase()}` : ''}`

function readsBack(type: number, text: string, rdata: Uint8Array): boolean {
  const read = parseRdataText(type, text, ABSOLUTE)
  return read.ok && equalBytes(read.value, rdata)
}

/** The name whose addresses a client of this record wants next; undefined when the type has none. */
export function additionalName(type: number, rdata: Uint8Array): Name | undefined {
  const form = FORMS.get(type)
  if (form?.additional === undefined) return undefined
  let i = 0
  for (const field of form.fields) {
    const length = field.codec.length(rdata, i, rdata.length)
    if (field.name === form.additional) return rdata.subarray(i, i + length)
    i += length
  }
  return undefined
}

/** The name at the start of CNAME, NS, PTR or DNAME rdata, and the first of SOA's. */
export const leadingName = (rdata: Uint8Array): Name => rdata.subarray(0, nameLength(rdata, 0, rdata.length))

/** SOA's last field: with the record's TTL it bounds negative caching (RFC 2308 §5). Seconds. */
export function soaMinimum(rdata: Uint8Array): number {
  const at = rdata.length - 4
  return ((u16(rdata, at) << 16) | u16(rdata, at + 2)) >>> 0
}
