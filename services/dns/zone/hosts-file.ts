/**
 * The simple case of a zone as a hosts file (hosts(5)): a line for each address, with the names that have it. Of a zone
 * for names its A and AAAA records, of a reverse zone its PTR records. TTLs do not show; a comment at the end of a line
 * is that of its records. Records of leases stand in it as comments: they are not to be edited.
 */
import { parseIpv4 } from '../../../stack/index.ts'
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import type { DnsRecord, Zone } from '../../model/index.ts'
import { ABSOLUTE, formatName, isAtOrBelow, name, nameKey, parseName } from '../wire/name.ts'
import { formatRdata, parseRdataText } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'
import type { ZoneFileError } from './file-reader.ts'
import { classlessBlock, nameInBlock } from './classless.ts'
import type { FileRecord } from './master-file.ts'
import { addressOfReverse, reverseOf } from './reverse.ts'

/** A record of the file; its TTL is that of its RRset, or the zone's default. */
export type HostsRecord = FileRecord & { readonly comment: string | undefined }

const isReverse = (zoneName: string): boolean => /(^|\.)(in-addr|ip6)\.arpa$/.test(zoneName)

/** Whether a record is one of those that a hosts file of its zone shows. */
export const isHostsRecord = (record: DnsRecord, zoneName: string): boolean =>
  isReverse(zoneName)
    ? record.type === 'PTR' && addressOfReverse(record.name) !== undefined
    : record.type === 'A' || record.type === 'AAAA'

type Line = { readonly address: string; readonly names: string[]; readonly comment: string | undefined; readonly lease: boolean }

export function formatHosts(zone: Zone, records: Iterable<DnsRecord>): string {
  const lines = new Map<string, Line>()
  for (const record of records) {
    if (!record.enabled || !isHostsRecord(record, zone.name)) continue
    const [address, host] = record.type === 'PTR' ? [addressOfReverse(record.name) as string, record.data] : [record.data, record.name]
    const lease = record.owner.kind === 'lease'
    const key = JSON.stringify([address, record.comment, lease])
    const line = lines.get(key) ?? { address, names: [], comment: record.comment, lease }
    // What begins a comment is no part of a name here.
    line.names.push(host.replaceAll('#', '\\035'))
    lines.set(key, line)
  }
  const body = [...lines.values()].map(({ address, names, comment, lease }) => {
    const remark = lease ? '  # lease' : comment === undefined ? '' : `  # ${onOneLine(comment)}`
    return `${lease ? '# ' : ''}${address.padEnd(15)} ${names.join(' ')}${remark}`
  })
  return `${[`# ${zone.name}, serial ${zone.serial}`, ...body].join('\n')}\n`
}

const onOneLine = (comment: string): string => comment.replaceAll(/\s+/g, ' ').trim()

/** Records of a hosts file for the zone; `present` says which TTLs its RRsets have. Everything that is wrong is said. */
export function parseHosts(
  text: string, zone: Zone, present: Iterable<DnsRecord>,
): Result<readonly HostsRecord[], readonly [ZoneFileError, ...ZoneFileError[]]> {
  const ttls = new Map<string, number>()
  // A comment that is as it was written here stays as it is.
  const comments = new Map<string, string | undefined>()
  for (const record of present) {
    if (!record.enabled) continue
    ttls.set(setOf(record), record.ttl)
    comments.set(`${setOf(record)} ${record.data}`, record.comment)
  }
  const faults: ZoneFileError[] = []
  const records = new Map<string, HostsRecord>()
  for (const [i, whole] of text.split('\n').entries()) {
    const [said = '', ...remark] = whole.split('#')
    const words = [...said.matchAll(/\S+/g)]
    const [first, ...hosts] = words
    if (first === undefined) continue
    const fault = (column: number, problem: string, remedy: string): void => void faults.push({ line: i + 1, column, problem, remedy })
    const address = addressOf(first[0])
    if (address === undefined) {
      fault(first.index + 1, `${first[0]} is not an address`, '10.53.0.20 www')
      continue
    }
    if (hosts.length === 0) fault(first.index + 1, `${first[0]} has no name`, `${first[0]} www, or no such line`)
    const comment = remark.join('#').trim() || undefined
    for (const host of hosts) {
      const read = recordOf(zone, address, host[0])
      if (typeof read === 'string') fault(host.index + 1, read, isReverse(zone.name) ? 'a whole name, as www.lab.internal' : `"www", or a name that ends in .${zone.name}`)
      else {
        const key = `${setOf(read)} ${read.data}`
        const before = comments.get(key)
        const same = before !== undefined && (onOneLine(before) || undefined) === comment
        records.set(key, { ...read, ttl: ttls.get(setOf(read)) ?? zone.defaultTtl, comment: same ? before : comment })
      }
    }
  }
  const [fault, ...others] = faults
  return fault === undefined ? ok([...records.values()]) : err([fault, ...others])
}

const setOf = ({ name: owner, type }: Pick<FileRecord, 'name' | 'type'>): string => `${owner.toLowerCase()} ${type}`

type Address = { readonly type: 'A' | 'AAAA'; readonly data: string }

function addressOf(text: string): Address | undefined {
  for (const type of ['A', 'AAAA'] as const) {
    const rdata = parseRdataText(TYPE[type], text, ABSOLUTE)
    if (rdata.ok) return { type, data: formatRdata(TYPE[type], rdata.value) }
  }
  return undefined
}

/** What is wrong, or the record. */
function recordOf(zone: Zone, address: Address, host: string): string | Omit<FileRecord, 'ttl'> {
  const apex = name(zone.name)
  const inZone = (text: string): boolean => {
    const parsed = parseName(text)
    return parsed.ok && isAtOrBelow(nameKey(parsed.value), nameKey(apex))
  }
  if (isReverse(zone.name)) {
    const block = classlessBlock(zone.name)
    const ipv4 = parseIpv4(address.data)
    const within = block !== undefined && ipv4 !== undefined && ipv4 - block.first >= 0 && block.last - ipv4 >= 0
    const owner = within ? nameInBlock(zone.name, ipv4) : reverseOf(address.type, address.data)
    const target = parseName(host)
    if (!target.ok) return `${host} is no domain name: ${target.error}`
    return inZone(owner) ? { name: owner, type: 'PTR', data: formatName(target.value) } : `the reverse name of ${address.data} does not lie in ${zone.name}`
  }
  const relative = !host.includes('.') || host === '@'
  const parsed = parseName(host, relative ? { relative: 'always', origin: apex } : ABSOLUTE)
  if (!parsed.ok) return `${host} is no domain name: ${parsed.error}`
  if (!relative && !inZone(host)) return `${host} does not lie in ${zone.name}`
  return { name: formatName(parsed.value), type: address.type, data: address.data }
}
