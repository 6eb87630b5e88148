/**
 * Master files (RFC 1035 §5), read into the records of a zone and written from them. How lines are read is in
 * file-reader.ts.
 */
import type { Result } from '../../../stack/platform/index.ts'
import { err, ok, toHex } from '../../../stack/platform/index.ts'
import type { DnsRecord, Zone } from '../../model/index.ts'
import { ABSOLUTE, formatName, name, nameKey } from '../wire/name.ts'
import { foldedRdata, formatRdata, parseRdataText } from '../wire/rdata.ts'
import { RDATA } from '../wire/rdata-table.ts'
import { TYPE, typeCode, typeName } from '../wire/type-names.ts'
import { faultAt, ZoneFileReader } from './file-reader.ts'
import type { ParsedRecord, Place, ZoneFileError, ZoneFileOptions } from './file-reader.ts'

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

/**
 * Reads the text of a master file for the zone `origin` ("example.com"). Records come out with full names and data as
 * it is stored; a CNAME beside other data, a second SOA and other faults are reported with their place, all together.
 */
export function readZoneFile(
  text: string, origin: string, options: ZoneFileOptions = {},
): Result<ParsedZoneFile, readonly [ZoneFileError, ...ZoneFileError[]]> {
  const apex = name(origin)
  const checks = new SetChecks()
  const records: FileRecord[] = []
  let soa: SoaFields | undefined
  const reader = new ZoneFileReader(apex, options, (record, at) => {
    if (record.type === TYPE.SOA) {
      const isApex = nameKey(record.name) === nameKey(apex)
      if (soa !== undefined || !isApex) {
        const problem = soa === undefined ? 'the SOA is not at the apex' : 'a second SOA record'
        return faultAt(at, problem, 'one SOA, owned by the zone')
      }
      soa = soaFields(record)
      return undefined
    }
    const fault = checks.add(record, at)
    if (fault === 'duplicate') return undefined
    if (fault !== undefined) return fault
    const data = formatRdata(record.type, record.rdata)
    records.push({ name: formatName(record.name), type: typeName(record.type), ttl: record.ttl, data })
    return undefined
  })
  reader.read(text)
  const [fault, ...others] = reader.faults
  if (fault !== undefined) return err([fault, ...others])
  return ok({ soa, defaultTtl: reader.dollarTtl ?? soa?.soaTtl, records: checks.withOneTtl(records) })
}

/** The same, with the first fault alone. */
export function parseZoneFile(
  text: string, origin: string, options: ZoneFileOptions = {},
): Result<ParsedZoneFile, ZoneFileError> {
  const read = readZoneFile(text, origin, options)
  return read.ok ? read : err(read.error[0])
}

/** RFC 1034 §3.6.2 and RFC 2181 §5 over a whole file: aliases stand alone, duplicates count once, one TTL per RRset. */
class SetChecks {
  readonly #types = new Map<string, Set<number>>()
  readonly #seen = new Set<string>()
  readonly #ttls = new Map<string, number>()

  add(record: ParsedRecord, at: Place): ZoneFileError | 'duplicate' | undefined {
    const key = nameKey(record.name)
    const id = `${key}${String.fromCharCode(record.type)}`
    const whole = id + Buffer.from(foldedRdata(record.type, record.rdata)).toString('latin1')
    if (this.#seen.size === this.#seen.add(whole).size) return 'duplicate'
    const types = this.#types.get(key) ?? new Set<number>()
    types.add(record.type)
    this.#types.set(key, types)
    const alone = [...types].filter((type) => type !== TYPE.RRSIG && type !== TYPE.NSEC)
    const second = this.#ttls.has(id)
    this.#ttls.set(id, Math.min(record.ttl, this.#ttls.get(id) ?? record.ttl))
    // RFC 6672 §2.4.
    if (second && record.type === TYPE.DNAME) {
      return faultAt(at, `${formatName(record.name)} has a second DNAME; a name can have one`, 'remove one of them')
    }
    if ((second && record.type === TYPE.CNAME) || (types.has(TYPE.CNAME) && alone.length > 1)) {
      return faultAt(
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

function soaFields({ rdata, ttl }: ParsedRecord): SoaFields {
  const [primaryServer, hostmaster, ...times] = formatRdata(TYPE.SOA, rdata).split(' ') as [string, string, ...string[]]
  const [serial, refresh, retry, expire, minimum] = times.map(Number) as [number, number, number, number, number]
  const whole = (text: string): string => (text === '.' ? text : text.replace(/\.$/, ''))
  const names = { primaryServer: whole(primaryServer), hostmaster: whole(hostmaster) }
  return { ...names, serial, refresh, retry, expire, minimum, soaTtl: ttl }
}

/** A whole name as a master file has it. */
export const dottedName = (text: string): string => (text === '.' ? text : `${text}.`)

/** The zone as a master file that parseZoneFile reads back: names whole with final dots, one record a line. */
export const formatZone = (zone: Zone, records: Iterable<FileRecord>): string =>
  linesOf(zone.name, { ...zone, soaTtl: zone.soaTtl ?? zone.defaultTtl }, zone.defaultTtl, records)

/** What was read, as one file. */
export const formatZoneFile = (zoneName: string, { soa, defaultTtl, records }: ParsedZoneFile): string =>
  linesOf(zoneName, soa, defaultTtl, records)

function linesOf(zoneName: string, soa: SoaFields | undefined, defaultTtl: number | undefined, records: Iterable<FileRecord>): string {
  const lines = [`$ORIGIN ${dottedName(zoneName)}`]
  if (defaultTtl !== undefined) lines.push(`$TTL ${defaultTtl}`)
  if (soa !== undefined) {
    const { serial, refresh, retry, expire, minimum } = soa
    const servers = `${dottedName(soa.primaryServer)} ${dottedName(soa.hostmaster)}`
    lines.push(`${dottedName(zoneName)}\t${soa.soaTtl}\tIN\tSOA\t${servers} ${[serial, refresh, retry, expire, minimum].join(' ')}`)
  }
  for (const record of records) {
    lines.push(`${dottedName(record.name)}\t${record.ttl}\tIN\t${fileForm(record)}`)
  }
  return `${lines.join('\n')}\n`
}

/**
 * Types that BIND, Knot, NSD and PowerDNS all read by name, in versions of 2023. The rest is written in the form that
 * every server reads (RFC 3597 §5).
 */
const WELL_KNOWN = new Set([
  'A', 'NS', 'CNAME', 'SOA', 'PTR', 'HINFO', 'MINFO', 'MX', 'TXT', 'RP', 'AFSDB', 'RT', 'KEY', 'AAAA', 'LOC', 'SRV', 'NAPTR', 'KX',
  'CERT', 'DNAME', 'APL', 'DS', 'SSHFP', 'IPSECKEY', 'RRSIG', 'NSEC', 'DNSKEY', 'DHCID', 'NSEC3', 'NSEC3PARAM', 'TLSA', 'SMIMEA',
  'CDS', 'CDNSKEY', 'OPENPGPKEY', 'CSYNC', 'ZONEMD', 'SVCB', 'HTTPS', 'SPF', 'NID', 'L32', 'L64', 'LP', 'EUI48', 'EUI64', 'URI', 'CAA',
])

function fileForm(record: Pick<DnsRecord, 'type' | 'data'>): string {
  const code = typeCode(record.type) ?? 0
  if (WELL_KNOWN.has(record.type) || !(record.type in RDATA)) return `${record.type}\t${dottedData(record)}`
  const rdata = parseRdataText(code, record.data, ABSOLUTE)
  const octets = rdata.ok ? rdata.value : new Uint8Array(0)
  return `TYPE${code}\t\\# ${octets.length} ${toHex(octets)}`
}

/** Data with final dots on its names: a master file has no other way to say that a name is whole. */
export function dottedData(record: Pick<DnsRecord, 'type' | 'data'>): string {
  const type = typeCode(record.type)
  const rdata = type === undefined ? undefined : parseRdataText(type, record.data, ABSOLUTE)
  return rdata?.ok !== true || type === undefined ? record.data : formatRdata(type, rdata.value, 'final-dots')
}
