/**
 * The one way to change a zone: an edit is planned against what is served, stored by the caller, then applied.
 * Checks: RFC 1034 §3.6.2 and RFC 2181 §10.1 (CNAME stands alone), RFC 2181 §5 (no duplicates, one TTL per RRset),
 * RFC 1035 §3.2.3 (types that can be data).
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { refusal } from '../../model/index.ts'
import type { DnsRecord, RecordOwner, Refusal, Zone, ZoneEdit } from '../../model/index.ts'
import { formatName, hasFinalDot, isAtOrBelow, keyOf, name, nameKey, parseName } from '../wire/name.ts'
import type { Name, NameKey, NameRule } from '../wire/name.ts'
import { formatRdata, parseRdataText } from '../wire/rdata.ts'
import { isMetaType, TYPE, typeCode, typeName } from '../wire/type-names.ts'
import { checkRedirections } from './dname-rules.ts'
import { isMade } from './made-records.ts'
import { serialAfter } from './serial.ts'
import { isInstruction } from './shelf.ts'
import type { LiveZone } from './zone.ts'

/** RFC 2181 §8: 31 bits. */
export const MAX_TTL = 0x7fff_ffff

/** A record as a person or the lease machinery gives it. */
export type NewRecord = {
  /** "www", "@", or whole: with a final dot, or ending in the zone's name. */
  readonly name: string
  readonly type: string
  /** null: that of the RRset it joins, else the zone's default. Seconds. */
  readonly ttl: number | null
  /**
   * Presentation format. A name in it of one label is relative to the zone, one of several labels or with a final dot
   * is whole.
   */
  readonly data: string
  readonly owner: RecordOwner
  /** Left away: it is on. */
  readonly enabled?: boolean
  /** Wall time in ms; left away: it stays. */
  readonly expiresAt?: number | undefined
  readonly comment: string | undefined
  /** Name and data are full and in canonical form, as canonicalRecord gives them, and the name lies in the zone. */
  readonly isCanonical?: boolean
  /** Where a refusal says that it is, before the field's own name; '' when left away. */
  readonly pointer?: string
}

/** A record's parts in the form in which they are stored and compared. */
export type CanonicalRecord = {
  /** Full, without final dot, in the letter case given. */
  readonly name: string
  readonly type: string
  readonly ttl: number | null
  readonly data: string
}

/**
 * Checks and normalises one record for a zone: full name, upper-case mnemonic, data as it would be printed. A pointer
 * in the refusal names the field ("/name", "/type", "/ttl", "/data").
 */
export function canonicalRecord(
  input: Pick<NewRecord, 'name' | 'type' | 'ttl' | 'data'>, zoneName: string,
): Result<CanonicalRecord, Refusal> {
  const apex = name(zoneName)
  const owner = ownerName(input.name, apex)
  if (!owner.ok) return owner
  const code = typeCode(input.type)
  if (code === undefined) {
    return invalid(
      '/type', `${input.type} is not a record type`, 'a mnemonic such as A, AAAA, CNAME, MX, TXT, or TYPE65400',
    )
  }
  if (isMetaType(code)) {
    return invalid(
      '/type', `${typeName(code)} is no data`, 'a type that a zone can hold, such as A',
    )
  }
  if (code === TYPE.SOA) return invalid('/type', 'the SOA record is made from the zone', "change the zone's own fields")
  const { ttl } = input
  if (ttl !== null && !(Number.isInteger(ttl) && ttl >= 0 && ttl <= MAX_TTL)) {
    return invalid('/ttl', `${ttl} is not a TTL`, `whole seconds from 0 to ${MAX_TTL}`)
  }
  const rule: NameRule = { relative: 'single-label', origin: apex }
  const rdata = parseRdataText(code, input.data, rule)
  if (!rdata.ok) {
    const { field, what } = rdata.error
    return invalid('/data', field === 'data' ? what : `${field}: ${what}`, exampleOf(code))
  }
  return ok({ name: formatName(owner.value), type: typeName(code), ttl, data: formatRdata(code, rdata.value) })
}

function ownerName(text: string, apex: Name): Result<Name, Refusal> {
  const whole = parseName(text)
  const inZone = (n: Name): boolean => isAtOrBelow(nameKey(n), nameKey(apex))
  const absolute = hasFinalDot(text) || (text !== '@' && whole.ok && inZone(whole.value))
  const parsed = absolute ? whole : parseName(text, { relative: 'always', origin: apex })
  const zoneText = formatName(apex)
  if (!parsed.ok) {
    return invalid(
      '/name', `${JSON.stringify(text)}: ${parsed.error}`, `"www", "@" or "www.${zoneText}."`,
    )
  }
  if (inZone(parsed.value)) return ok(parsed.value)
  return invalid('/name', `${text} does not lie in ${zoneText}`, `a name that ends in .${zoneText}.`)
}

const EXAMPLES: { readonly [code: number]: string } = {
  [TYPE.A]: '10.53.0.20', [TYPE.AAAA]: '2001:db8::20', [TYPE.CNAME]: 'www.example.com.', [TYPE.NS]: 'ns1.example.com.',
  [TYPE.PTR]: 'host.example.com.', [TYPE.MX]: '10 mail.example.com.', [TYPE.TXT]: '"any text"',
  [TYPE.SRV]: '0 5 5060 sip.example.com.', [TYPE.CAA]: '0 issue "ca.example.net"',
}
const exampleOf = (code: number): string =>
  EXAMPLES[code] === undefined ? `the presentation format of ${typeName(code)}` : `the form of ${EXAMPLES[code]}`

const invalid = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', field, problem, remedy))
const conflict = (field: string, problem: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('conflict', field, problem, remedy))

/** The zone as it will be when the edits already on their way to the store are applied. */
export class Planned {
  readonly zone: Zone
  readonly #live: LiveZone
  readonly #removed = new Set<number>()
  readonly #added = new Map<NameKey, DnsRecord[]>()
  /** Added and off: they stand beside nothing. */
  readonly #off = new Map<number, DnsRecord>()
  /** Removed by edits on their way to the store, which may fail. */
  readonly #leaving: DnsRecord[] = []

  constructor(live: LiveZone, after: readonly ZoneEdit[]) {
    this.#live = live
    this.zone = { ...live.zone, serial: after.at(-1)?.serialAfter ?? live.zone.serial }
    for (const edit of after) {
      for (const record of edit.remove) {
        this.remove(record)
        if (record.enabled) this.#leaving.push(record)
      }
      for (const record of edit.add) this.add(record)
    }
  }

  record(id: number): DnsRecord | undefined {
    if (this.#removed.has(id)) return undefined
    const live = this.#live.record(id)
    if (live !== undefined) return live
    const off = this.#off.get(id)
    if (off !== undefined) return off
    for (const records of this.#added.values()) for (const record of records) if (record.id === id) return record
    return undefined
  }

  at(key: NameKey): readonly DnsRecord[] {
    const live = this.#live.recordsAt(key).filter((record) => !this.#removed.has(record.id))
    return [...live, ...(this.#added.get(key) ?? [])]
  }

  /** What is there if all goes well, and what stays there if an edit before this one cannot be stored. */
  everAt(key: NameKey): readonly DnsRecord[] {
    return [...this.at(key), ...this.#leaving.filter((record) => keyOf(record.name) === key)]
  }

  /** Whether any name is redirected. */
  get hasRedirections(): boolean {
    return this.#live.dnames > 0 || [...this.#added.values()].some((records) => records.some(({ type }) => type === 'DNAME'))
  }

  /** Whether anything stands below a name. */
  isAnyBelow(key: NameKey): boolean {
    const isBelow = (record: DnsRecord): boolean => {
      const at = keyOf(record.name)
      return at !== key && isAtOrBelow(at, key)
    }
    for (const records of this.#added.values()) if (records.some(isBelow)) return true
    if (!this.#live.isAnyBelow(key)) return false
    if (this.#removed.size === 0) return true
    for (const record of this.#live.records()) if (!this.#removed.has(record.id) && isBelow(record)) return true
    return false
  }

  remove(record: DnsRecord): void {
    this.#off.delete(record.id)
    const key = keyOf(record.name)
    const added = this.#added.get(key)?.filter((other) => other.id !== record.id)
    if (added !== undefined) this.#added.set(key, added)
    this.#removed.add(record.id)
  }

  add(record: DnsRecord): void {
    if (!record.enabled) {
      this.#off.set(record.id, record)
      return
    }
    const key = keyOf(record.name)
    this.#removed.delete(record.id)
    const added = this.#added.get(key)
    if (added === undefined) this.#added.set(key, [record])
    else added.push(record)
  }
}

export type Change = { readonly add: readonly NewRecord[]; readonly removeIds: readonly number[] }

/** Types that may stand beside a CNAME: DNSSEC's own (RFC 4034 §2.5 of RFC 2535's update, RFC 4035 §2.5). */
const BESIDE_CNAME = new Set(['CNAME', 'RRSIG', 'NSEC'])

/**
 * Checks a change and makes the edit that is to be stored. Changes nothing. `after`: edits planned earlier and not yet
 * applied, oldest first; the new one stands on them. `nextId` gives ids to new records.
 */
export function planEdit(
  live: LiveZone, change: Change, nextId: () => number, after: readonly ZoneEdit[] = [],
): Result<ZoneEdit, Refusal> {
  const planned = new Planned(live, after)
  const { zone } = planned
  const remove: DnsRecord[] = []
  for (const id of new Set(change.removeIds)) {
    const record = planned.record(id)
    if (record === undefined) {
      return err(
        refusal('not-found', '', `zone ${zone.name} has no record ${id}`, "list the zone's records for their ids"),
      )
    }
    remove.push(record)
  }
  for (const record of remove) planned.remove(record)
  const add: DnsRecord[] = []
  for (const input of change.add) {
    const canonical = input.isCanonical === true ? ok(input) : canonicalRecord(input, zone.name)
    const record = canonical.ok ? joinRrset(planned, canonical.value, input, nextId) : canonical
    if (!record.ok) return err({ ...record.error, field: `${input.pointer ?? ''}${record.error.field}` })
    planned.add(record.value)
    add.push(record.value)
  }
  const refused = checkApex(planned, remove) ?? checkRedirections(planned, add)
  if (refused !== undefined) return err(refused)
  return ok({ zoneId: zone.id, serialBefore: zone.serial, serialAfter: serialAfter(zone.serial), remove, add })
}

function joinRrset(
  planned: Planned, record: CanonicalRecord, input: NewRecord, nextId: () => number,
): Result<DnsRecord, Refusal> {
  const { zone } = planned
  const { owner, enabled = true, expiresAt, comment } = input
  const { name: fullName, type, data } = record
  const made = { id: nextId(), zoneId: zone.id, name: fullName, type, data, owner, enabled, expiresAt, comment }
  // What is off is judged when it is put on.
  if (!enabled) return ok({ ...made, ttl: record.ttl ?? zone.defaultTtl })
  const key = keyOf(record.name)
  const beside = planned.everAt(key)
  const rrset = planned.at(key).filter((other) => other.type === record.type)
  const stranger = beside.find((other) => !BESIDE_CNAME.has(other.type))
  if (record.type === 'CNAME') {
    if (record.name.toLowerCase() === zone.name) {
      return conflict(
        '/type', 'the apex of a zone holds SOA and NS, beside which a CNAME cannot stand', 'an A record there',
      )
    }
    if (stranger !== undefined) {
      return conflict(
        '/type', `${record.name} has ${stranger.type} records; a CNAME stands alone`,
        'remove them first, or choose another name',
      )
    }
    if (rrset.length > 0) {
      return conflict(
        '/data', `${record.name} is an alias of ${rrset[0]?.data} already`, 'one CNAME per name: change that one',
      )
    }
  } else if (!BESIDE_CNAME.has(record.type) && beside.some((other) => other.type === 'CNAME')) {
    return conflict(
      '/type', `${record.name} is an alias (CNAME), beside which nothing else can stand`,
      'put the record at the target of the alias',
    )
  }
  const instructed = byInstruction(record, input.owner, beside)
  if (instructed !== undefined) return err(instructed)
  const same = rrset.find((other) => sameData(other, record))
  if (same !== undefined) {
    return conflict(
      '/data', `${record.name} ${record.type} ${record.data} exists already`, `change record ${same.id} instead`,
    )
  }
  const ttl = record.ttl ?? rrset[0]?.ttl ?? zone.defaultTtl
  const other = rrset.find((one) => one.ttl !== ttl)
  if (other !== undefined) {
    return conflict(
      '/ttl', `the TTL of ${record.name} ${record.type} is ${other.ttl}; records of one name and type share it`,
      `${other.ttl} or null, or change all of them together`,
    )
  }
  return ok({ ...made, ttl })
}

/**
 * The addresses at a name with ALIAS or URL are made by the appliance; nobody else puts one there, and there is one such
 * record at a name.
 */
function byInstruction(record: CanonicalRecord, owner: RecordOwner, beside: readonly DnsRecord[]): Refusal | undefined {
  const isAddress = record.type === 'A' || record.type === 'AAAA'
  const instruction = beside.find(isInstruction)
  if (isAddress && instruction !== undefined && owner.kind !== 'system') {
    return refusal('conflict', '/type', `the addresses of ${record.name} are made of its ${instruction.type} record`, 'remove that record first')
  }
  if (!isInstruction(record)) return undefined
  if (instruction !== undefined) {
    return refusal('conflict', '/type', `${record.name} has a record ${instruction.type} ${instruction.data} already`, 'one ALIAS or URL per name: change that one')
  }
  const address = beside.find((other) => (other.type === 'A' || other.type === 'AAAA') && !isMade(other))
  if (address !== undefined) {
    return refusal('conflict', '/type', `${record.name} has an address, ${address.data}; those of ${record.type} would stand beside it`, 'remove it first')
  }
  if (record.type === 'ALIAS' && record.data.toLowerCase() === record.name.toLowerCase()) {
    return refusal('invalid', '/data', `${record.name} would be an alias of itself`, 'the name of another host')
  }
  const url = record.type === 'URL' ? /^(\d+) (\d+) "(.*)"$/.exec(record.data) : null
  if (url === null) return undefined
  if (!REDIRECTS.has(Number(url[1]))) return refusal('invalid', '/data', `${url[1]} is no status of a redirect`, '301, 302, 303, 307 or 308')
  if (Number(url[2]) > 1) return refusal('invalid', '/data', `${url[2]} says neither to keep the path nor to drop it`, '1 or 0')
  return /^https?:\/\/[^\s\\]+$/i.test(url[3] ?? '') ? undefined : refusal('invalid', '/data', `"${url[3]}" is not the address of a web page`, '"https://www.example.com/"')
}
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** The same octets, however they were written. Letter case of names in data does not tell records apart (RFC 4343). */
const sameData = (a: { readonly data: string }, b: { readonly data: string; readonly type: string }): boolean =>
  a.data === b.data || (NAME_DATA.has(b.type) && a.data.toLowerCase() === b.data.toLowerCase())
const NAME_DATA = new Set(['NS', 'CNAME', 'PTR', 'MX', 'SRV', 'DNAME', 'A', 'AAAA'])

function checkApex(planned: Planned, removed: readonly DnsRecord[]): Refusal | undefined {
  const { zone } = planned
  const tookNs = removed.some((record) => record.type === 'NS' && record.name.toLowerCase() === zone.name)
  if (!tookNs || planned.at(nameKey(name(zone.name))).some((record) => record.type === 'NS')) return undefined
  return refusal(
    'conflict', '', `${zone.name} would have no name server left`, 'add another NS record at the apex first',
  )
}
