/**
 * A zone while one update is judged and carried out on it (RFC 2136 §3.2, §3.4.2): the RRsets of the names that the
 * update speaks of, as they were and as they will be. Nothing of the zone itself changes. Rows that are switched off are
 * not served, so they do not count and stay as they are. A message may hold thousands of records for one name, so each
 * is found by its content.
 */
import { assert } from '../../../stack/platform/index.ts'
import { PLAIN_RECORD } from '../../model/index.ts'
import type { DnsRecord, RecordOwner, Zone } from '../../model/index.ts'
import { ABSOLUTE, formatName } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { foldedRdata, formatRdata, parseRdataText } from '../wire/rdata.ts'
import { TYPE, typeCode, typeName } from '../wire/type-names.ts'
import type { Planned } from '../zone/changes.ts'
import { soaWithSerial } from '../zone/zone.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { UpdateRecord } from './update-message.ts'

/** One record of a name. */
export type DraftRow = {
  /** The rows that it is: none when the update makes it, several when it was stored twice. */
  readonly records: readonly DnsRecord[]
  readonly name: string
  readonly type: number
  readonly ttl: number
  readonly data: string
}

export type DraftChange = { readonly remove: readonly DnsRecord[]; readonly add: readonly DnsRecord[] }

/** New fields of a zone; the TTL of its SOA among them. */
export type SoaChange = Pick<Zone, 'serial' | 'primaryServer' | 'hostmaster' | 'refresh' | 'retry' | 'expire' | 'minimum' | 'soaTtl'>

type DraftName = {
  /** By type, then by folded rdata: records that are the same have the same one. No RRset is empty. */
  readonly rrsets: Map<number, Map<string, DraftRow>>
  readonly before: readonly DnsRecord[]
  /** Rows of leases that are on their way out, and stay if that cannot be stored. */
  readonly isLeaving: boolean
}

const NO_ROWS: ReadonlyMap<string, DraftRow> = new Map()

export class ZoneDraft {
  readonly #live: LiveZone
  readonly #planned: Planned
  readonly #names = new Map<NameKey, DraftName>()
  /** What the SOA becomes. */
  soa: SoaChange | undefined

  constructor(live: LiveZone, planned: Planned) {
    this.#live = live
    this.#planned = planned
  }

  get apex(): NameKey {
    return this.#live.key
  }

  types(key: NameKey): Iterable<number> {
    return this.#at(key).rrsets.keys()
  }

  rrset(key: NameKey, type: number): ReadonlyMap<string, DraftRow> {
    return this.#at(key).rrsets.get(type) ?? NO_ROWS
  }

  isLeaving(key: NameKey): boolean {
    return this.#at(key).isLeaving
  }

  /** "In use" (§2.4.4): it owns a record. Empty non-terminals do not. */
  isInUse(key: NameKey): boolean {
    return key === this.apex || this.#at(key).rrsets.size > 0
  }

  /** The SOA, which is no row, included. */
  hasRrset(key: NameKey, type: number): boolean {
    return type === TYPE.SOA ? key === this.apex : this.#at(key).rrsets.has(type)
  }

  /** Whether the RRset consists of exactly these, by identityOf(). */
  isRrset(key: NameKey, type: number, identities: ReadonlySet<string>): boolean {
    if (type === TYPE.SOA && key === this.apex) {
      // With the serial that it has when the edits under way are on disk.
      const soa = soaWithSerial(this.#live.soa, this.#planned.zone.serial)
      return identities.size === 1 && identities.has(identityOf(type, soa.rdata[0] as Uint8Array))
    }
    const rrset = this.rrset(key, type)
    return rrset.size === identities.size && [...identities].every((identity) => rrset.has(identity))
  }

  /** A record that is not there yet. */
  add({ name, key, type, rdata }: UpdateRecord, ttl: number): void {
    const { rrsets } = this.#at(key)
    const row: DraftRow = { records: [], name: formatName(name), type, ttl, data: formatRdata(type, rdata) }
    const rrset = rrsets.get(type) ?? new Map<string, DraftRow>()
    rrsets.set(type, rrset.set(identityOf(type, rdata), row))
  }

  remove(key: NameKey, type: number, identity: string): void {
    const { rrsets } = this.#at(key)
    const rrset = rrsets.get(type)
    rrset?.delete(identity)
    if (rrset?.size === 0) rrsets.delete(type)
  }

  setTtl(key: NameKey, type: number, identity: string, ttl: number): void {
    const rrset = this.#at(key).rrsets.get(type)
    const row = rrset?.get(identity)
    if (row !== undefined) rrset?.set(identity, { ...row, ttl })
  }

  /** What became different; a record that went and came again is not. New rows belong to `owner`. */
  change(owner: RecordOwner, nextId: () => number): DraftChange {
    const remove: DnsRecord[] = []
    const add: DnsRecord[] = []
    for (const { before, rrsets } of this.#names.values()) {
      const gone = Map.groupBy(before, contentOf)
      for (const [type, rrset] of rrsets) {
        for (const [identity, { name, ttl, data, records }] of rrset) {
          if (gone.delete(`${ttl} ${type} ${identity}`)) continue
          const { enabled, expiresAt, comment } = records[0] ?? PLAIN_RECORD
          add.push({ id: nextId(), zoneId: this.#planned.zone.id, name, type: typeName(type), ttl, data, owner, enabled, expiresAt, comment })
        }
      }
      for (const records of gone.values()) remove.push(...records)
    }
    return { remove, add }
  }

  #at(key: NameKey): DraftName {
    const known = this.#names.get(key)
    if (known !== undefined) return known
    const planned = this.#planned.at(key)
    const before = planned.filter((record) => record.enabled)
    const rrsets = new Map<number, Map<string, DraftRow>>()
    for (const record of before) {
      const { type, identity } = readRow(record)
      const rrset = rrsets.get(type) ?? new Map<string, DraftRow>()
      rrsets.set(type, rrset)
      const records = [...(rrset.get(identity)?.records ?? []), record]
      rrset.set(identity, { records, name: record.name, type, ttl: record.ttl, data: record.data })
    }
    const made = { rrsets, before, isLeaving: this.#planned.everAt(key).length > planned.length }
    this.#names.set(key, made)
    return made
  }
}

/** The same for records of one type that are the same (§1.1.1: letter case of names in data does not count). */
export const identityOf = (type: number, rdata: Uint8Array): string => Buffer.from(foldedRdata(type, rdata)).toString('latin1')

function readRow(record: DnsRecord): { readonly type: number; readonly identity: string } {
  const type = typeCode(record.type) as number
  const rdata = parseRdataText(type, record.data, ABSOLUTE)
  assert(rdata.ok, 'what is served has data that can be read')
  return { type, identity: identityOf(type, rdata.value) }
}

function contentOf(record: DnsRecord): string {
  const { type, identity } = readRow(record)
  return `${record.ttl} ${type} ${identity}`
}
