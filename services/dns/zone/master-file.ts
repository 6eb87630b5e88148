/**
 * Master files (RFC 1035 §5, RFC 2308 §4 for $TTL). Reading is strict: a name without a final dot is relative to the
 * origin. $INCLUDE is refused, because a file that came over the network must not name files here; $GENERATE is none of
 * the RFC's and refused too.
 */
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { DnsRecord, Zone } from '../../model/index.ts'
import { ABSOLUTE, formatName, isAtOrBelow, name, nameKey, parseName } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { EntryReader, parseTtl, TokenSource } from '../wire/presentation.ts'
import type { Entry, TextFault, Token } from '../wire/presentation.ts'
import { foldedRdata, formatRdata, parseRdata, parseRdataText } from '../wire/rdata.ts'
import { isMetaType, TYPE, typeCode, typeName } from '../wire/type-names.ts'

/** Where a file is wrong, and what would be right. Lines and columns count from 1. */
export type ZoneFileError = TextFault

type SoaField = 'primaryServer' | 'hostmaster' | 'serial' | 'refresh' | 'retry' | 'expire' | 'minimum'
/** `soaTtl` is the TTL of the record itself. */
export type SoaFields = Pick<Zone, SoaField> & { readonly soaTtl: number }
export type FileRecord = Pick<DnsRecord, 'name' | 'type' | 'ttl' | 'data'>
export type ParsedZoneFile = {
  /** Undefined when the file has no SOA record. */
  readonly soa: SoaFields | undefined
  /** $TTL if the file has it, else the SOA's TTL. Seconds. */
  readonly defaultTtl: number | undefined
  /** Without the SOA. */
  readonly records: readonly FileRecord[]
}
export type ZoneFileOptions = {
  /** TTL of records before any was named. Seconds. */
  readonly defaultTtl?: number
  /** Refuses longer files: memory is bounded. */
  readonly maxRecords?: number
}

/** Ten times the largest zone that one appliance is meant for. */
export const MAX_FILE_RECORDS = 1_000_000
const FALLBACK_TTL = 3600

class Fault {
  readonly error: ZoneFileError

  constructor(at: { readonly line: number; readonly column: number }, problem: string, remedy: string) {
    this.error = { line: at.line, column: at.column, problem, remedy }
  }
}

type Parsed = { readonly name: Name; readonly ttl: number; readonly type: number; readonly rdata: Uint8Array }

class Reader {
  readonly #apex: Name
  readonly #options: ZoneFileOptions
  origin: Name
  #owner: Name | undefined
  #lastTtl: number | undefined
  dollarTtl: number | undefined

  constructor(apex: Name, options: ZoneFileOptions) {
    this.#apex = apex
    this.#options = options
    this.origin = apex
  }

  /** A record, nothing for a directive, or what is wrong. */
  entry(entry: Entry): Parsed | undefined | Fault {
    const first = entry.tokens[0] as Token
    if (!entry.blank && first.text.startsWith('$') && !first.quoted) return this.#directive(entry)
    let at = 0
    if (!entry.blank) {
      const owner = parseName(first.text, { relative: 'always', origin: this.origin })
      if (!owner.ok) return new Fault(first, `${first.text} is no domain name: ${owner.error}`, 'correct the name')
      this.#owner = owner.value
      at = 1
    }
    if (this.#owner === undefined) {
      return new Fault(
        first, 'the first record names no owner', 'begin the line with a name or @',
      )
    }
    if (!isAtOrBelow(nameKey(this.#owner), nameKey(this.#apex))) {
      const zone = formatName(this.#apex)
      return new Fault(
        first, `${formatName(this.#owner)} does not lie in ${zone}`,
        `a name that ends in .${zone}.; check $ORIGIN and final dots`,
      )
    }
    return this.#record(this.#owner, entry, at)
  }

  #directive(entry: Entry): undefined | Fault {
    const [keyword, value] = entry.tokens as [Token, Token | undefined]
    switch (keyword.text.toUpperCase()) {
      case '$ORIGIN': {
        const origin = parseName(value?.text ?? '', { relative: 'always', origin: this.origin })
        if (!origin.ok) return new Fault(value ?? keyword, `$ORIGIN: ${origin.error}`, '$ORIGIN example.com.')
        this.origin = origin.value
        return undefined
      }
      case '$TTL': {
        const ttl = parseTtl(value?.text ?? '')
        if (ttl === undefined) return new Fault(value ?? keyword, '$TTL is followed by a time in seconds', '$TTL 3600')
        this.dollarTtl = ttl
        return undefined
      }
      case '$INCLUDE':
        return new Fault(keyword, 'other files are not read', 'put the records of that file here')
      default:
        return new Fault(keyword, `${keyword.text} is not known`, '$ORIGIN and $TTL are; write generated records out')
    }
  }

  /** [TTL] [class] type data, with TTL and class in either order. */
  #record(owner: Name, entry: Entry, from: number): Parsed | Fault {
    let at = from
    let ttl: number | undefined
    let sawClass = false
    for (;;) {
      const token = entry.tokens[at]
      if (token === undefined) {
        return new Fault(
          entry.tokens.at(-1) as Token, 'the record has no type', 'name TTL IN TYPE data',
        )
      }
      const upper = token.text.toUpperCase()
      const isClass = !sawClass && /^(IN|CH|HS|CS|CLASS\d{1,5})$/.test(upper)
      const asTtl = ttl === undefined && /^\d/.test(upper) ? parseTtl(token.text) : undefined
      if (isClass && upper !== 'IN' && upper !== 'CLASS1') {
        return new Fault(
          token, `class ${token.text} is not served`, 'IN',
        )
      }
      if (isClass) sawClass = true
      else if (asTtl !== undefined) ttl = asTtl
      else return this.#typed(owner, entry, at, ttl)
      at++
    }
  }

  #typed(owner: Name, entry: Entry, at: number, given: number | undefined): Parsed | Fault {
    const token = entry.tokens[at] as Token
    const type = token.quoted ? undefined : typeCode(token.text)
    if (type === undefined || isMetaType(type)) {
      return new Fault(
        token, `${token.text} is not a record type that a zone can hold`, 'a mnemonic such as A or MX, or TYPE65400',
      )
    }
    const source = new TokenSource(entry.tokens, at + 1)
    const rdata = parseRdata(type, source, { relative: 'always', origin: this.origin })
    if (!rdata.ok) {
      const { field, what } = rdata.error
      return new Fault(
        source.last() ?? token, `${typeName(type)} ${field}: ${what}`,
        `the data of ${typeName(type)} as its RFC writes it`,
      )
    }
    // RFC 2308 §4: $TTL, else the last one named (RFC 1035 §5.1); a SOA that comes first sets it by its minimum (BIND).
    const ttl = given ?? this.dollarTtl ?? this.#lastTtl ?? this.#options.defaultTtl ?? FALLBACK_TTL
    this.#lastTtl = ttl
    return { name: owner, ttl, type, rdata: rdata.value }
  }
}

/**
 * Reads the text of a master file for the zone `origin` ("example.com"). Records come out with full names and data as
 * it is stored; a CNAME beside other data, a second SOA and other faults are reported with their place.
 */
export function parseZoneFile(
  text: string, origin: string, options: ZoneFileOptions = {},
): Result<ParsedZoneFile, ZoneFileError> {
  const apex = name(origin)
  const entries = new EntryReader(text)
  const reader = new Reader(apex, options)
  const checks = new SetChecks()
  const records: FileRecord[] = []
  let soa: SoaFields | undefined
  for (let entry = entries.next(); entry !== undefined; entry = entries.next()) {
    const parsed = reader.entry(entry)
    if (parsed === undefined) continue
    if (parsed instanceof Fault) return err(parsed.error)
    const first = entry.tokens[0] as Token
    if (parsed.type === TYPE.SOA) {
      const isApex = nameKey(parsed.name) === nameKey(apex)
      if (soa !== undefined || !isApex) {
        const problem = soa === undefined ? 'the SOA is not at the apex' : 'a second SOA record'
        return err(new Fault(first, problem, 'one SOA, owned by the zone').error)
      }
      soa = soaFields(parsed)
      continue
    }
    const fault = checks.add(parsed, first)
    if (fault === 'duplicate') continue
    if (fault !== undefined) return err(fault.error)
    if (records.length >= (options.maxRecords ?? MAX_FILE_RECORDS)) {
      return err(new Fault(first, 'too many records', 'split the zone').error)
    }
    const data = formatRdata(parsed.type, parsed.rdata)
    records.push({ name: formatName(parsed.name), type: typeName(parsed.type), ttl: parsed.ttl, data })
  }
  if (entries.fault !== undefined) return err(entries.fault)
  return ok({ soa, defaultTtl: reader.dollarTtl ?? soa?.soaTtl, records: checks.withOneTtl(records) })
}

/** RFC 1034 §3.6.2 and RFC 2181 §5 over a whole file: aliases stand alone, duplicates count once, one TTL per RRset. */
class SetChecks {
  readonly #types = new Map<string, Set<number>>()
  readonly #seen = new Set<string>()
  readonly #ttls = new Map<string, number>()

  add(record: Parsed, at: Token): Fault | 'duplicate' | undefined {
    const key = nameKey(record.name)
    const id = `${key}${String.fromCharCode(record.type)}`
    const whole = id + Buffer.from(foldedRdata(record.type, record.rdata)).toString('latin1')
    if (this.#seen.size === this.#seen.add(whole).size) return 'duplicate'
    const types = this.#types.get(key) ?? new Set<number>()
    types.add(record.type)
    this.#types.set(key, types)
    const alone = [...types].filter((type) => type !== TYPE.RRSIG && type !== TYPE.NSEC)
    const secondAlias = record.type === TYPE.CNAME && this.#ttls.has(id)
    this.#ttls.set(id, Math.min(record.ttl, this.#ttls.get(id) ?? record.ttl))
    if (secondAlias || (types.has(TYPE.CNAME) && alone.length > 1)) {
      return new Fault(
        at, `${formatName(record.name)} has a CNAME and other records; a CNAME stands alone`, 'remove one of them',
      )
    }
    return undefined
  }

  /** RFC 2181 §5.2: a set whose TTLs differ is an error to be mended; the least is the safe one. */
  withOneTtl(records: readonly FileRecord[]): FileRecord[] {
    return records.map((record) => {
      const id = `${nameKey(name(record.name))}${String.fromCharCode(typeCode(record.type) as number)}`
      const ttl = this.#ttls.get(id) as number
      return ttl === record.ttl ? record : { ...record, ttl }
    })
  }
}

function soaFields({ rdata, ttl }: Parsed): SoaFields {
  const [primaryServer, hostmaster, ...times] = formatRdata(TYPE.SOA, rdata).split(' ') as [string, string, ...string[]]
  const [serial, refresh, retry, expire, minimum] = times.map(Number) as [number, number, number, number, number]
  const whole = (text: string): string => (text === '.' ? text : text.replace(/\.$/, ''))
  const names = { primaryServer: whole(primaryServer), hostmaster: whole(hostmaster) }
  return { ...names, serial, refresh, retry, expire, minimum, soaTtl: ttl }
}

/** The zone as a master file that parseZoneFile reads back: names whole with final dots, one record a line. */
export function formatZone(zone: Zone, records: Iterable<DnsRecord>): string {
  const dot = (text: string): string => (text === '.' ? text : `${text}.`)
  const soa = [zone.serial, zone.refresh, zone.retry, zone.expire, zone.minimum].join(' ')
  const lines = [
    `$ORIGIN ${dot(zone.name)}`,
    `$TTL ${zone.defaultTtl}`,
    `${dot(zone.name)}\t${zone.soaTtl ?? zone.defaultTtl}\tIN\tSOA\t${dot(zone.primaryServer)} ${dot(zone.hostmaster)} ${soa}`,
  ]
  for (const record of records) {
    lines.push(`${dot(record.name)}\t${record.ttl}\tIN\t${record.type}\t${fileData(record)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Data with final dots on its names: a master file has no other way to say that a name is whole. */
function fileData(record: DnsRecord): string {
  const type = typeCode(record.type)
  const rdata = type === undefined ? undefined : parseRdataText(type, record.data, ABSOLUTE)
  return rdata?.ok !== true || type === undefined ? record.data : formatRdata(type, rdata.value, 'final-dots')
}
