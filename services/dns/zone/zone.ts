/**
 * A zone as it is served: a tree of nodes kept as a map by name key. A node exists for every owner and for every name
 * between an owner and the apex (empty non-terminals, RFC 4592 §2.2.2). RFC 1034 §4.2, RFC 2181 §5 and §6.
 * The SOA record is made from the zone's own fields; everything else comes from record rows.
 */
import { put32 } from '../../../stack/platform/index.ts'
import type { DnsRecord, Zone } from '../../model/index.ts'
import { ABSOLUTE, isWildcard, name, nameKey, parentKey, parseName } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { parseRdataText } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE, typeCode } from '../wire/type-names.ts'

/** A row with its octets at hand. */
type Held = { readonly record: DnsRecord; readonly owner: Name; readonly type: number; readonly rdata: Uint8Array }

export type ZoneNode = {
  /** Empty for an empty non-terminal. */
  readonly rrsets: readonly Rrset[]
}

class Node implements ZoneNode {
  rrsets: Rrset[] = []
  held: Held[] = []
  /** Nodes one label below: a node without records lives as long as it has some. */
  children = 0
}

export const findRrset = (node: ZoneNode, type: number): Rrset | undefined => {
  for (const rrset of node.rrsets) if (rrset.type === type) return rrset
  return undefined
}

export class LiveZone {
  readonly key: NameKey
  readonly apex: Name
  /** Nodes whose first label is "*": without any, a name that is not there needs no search for one. */
  wildcards = 0
  /** Names below the apex that own NS records. */
  cuts = 0
  /** Place in the answer table's versions; set once by the server before the zone is served. */
  slot = -1
  #zone: Zone
  #soa: Rrset
  readonly #nodes = new Map<NameKey, Node>()
  readonly #keyById = new Map<number, NameKey>()

  /** Rows of a store are well formed; one that is not is skipped and reported by `skipped`. */
  readonly skipped: DnsRecord[] = []

  constructor(zone: Zone, records: Iterable<DnsRecord>) {
    this.#zone = zone
    this.apex = name(zone.name)
    this.key = nameKey(this.apex)
    this.#soa = soaOf(this.apex, zone)
    this.#nodes.set(this.key, new Node())
    const touched = new Set<NameKey>()
    for (const record of records) {
      const key = this.#hold(record)
      if (key !== undefined) touched.add(key)
    }
    for (const key of touched) this.#refresh(key)
    this.#refresh(this.key)
  }

  get zone(): Zone {
    return this.#zone
  }

  get soa(): Rrset {
    return this.#soa
  }

  get size(): number {
    return this.#keyById.size
  }

  node(key: NameKey): ZoneNode | undefined {
    return this.#nodes.get(key)
  }

  record(id: number): DnsRecord | undefined {
    const key = this.#keyById.get(id)
    return key === undefined ? undefined : this.#nodes.get(key)?.held.find((held) => held.record.id === id)?.record
  }

  /** The rows of one owner. */
  recordsAt(key: NameKey): readonly DnsRecord[] {
    return this.#nodes.get(key)?.held.map((held) => held.record) ?? []
  }

  /** The rows of one owner by its name as text, in any letter case. */
  recordsNamed(text: string): readonly DnsRecord[] {
    const parsed = parseName(text)
    return parsed.ok ? this.recordsAt(nameKey(parsed.value)) : []
  }

  /** All rows; the SOA is none. */
  *records(): IterableIterator<DnsRecord> {
    for (const node of this.#nodes.values()) for (const held of node.held) yield held.record
  }

  /** Replaces rows and the serial. Returns the keys of the owners that changed. */
  apply(remove: readonly DnsRecord[], add: readonly DnsRecord[], serial: number): ReadonlySet<NameKey> {
    const touched = new Set<NameKey>()
    for (const record of remove) {
      const key = this.#keyById.get(record.id)
      if (key === undefined) continue
      const node = this.#nodes.get(key) as Node
      node.held = node.held.filter((held) => held.record.id !== record.id)
      this.#keyById.delete(record.id)
      touched.add(key)
    }
    for (const record of add) {
      const key = this.#hold(record)
      if (key !== undefined) touched.add(key)
    }
    this.#zone = { ...this.#zone, serial }
    this.#soa = withSerial(this.#soa, serial)
    for (const key of touched) this.#refresh(key)
    this.#refresh(this.key)
    for (const key of touched) this.#prune(key)
    return touched
  }

  /** Takes over new SOA fields; name and rows stay. */
  change(zone: Zone): void {
    this.#zone = zone
    this.#soa = soaOf(this.apex, zone)
    this.#refresh(this.key)
  }

  #hold(record: DnsRecord): NameKey | undefined {
    const owner = parseName(record.name)
    const type = typeCode(record.type)
    const rdata = type === undefined ? undefined : parseRdataText(type, record.data, ABSOLUTE)
    if (!owner.ok || type === undefined || rdata === undefined || !rdata.ok) {
      this.skipped.push(record)
      return undefined
    }
    const key = nameKey(owner.value)
    const node = this.#grow(key)
    if (node === undefined) {
      this.skipped.push(record)
      return undefined
    }
    node.held.push({ record, owner: owner.value, type, rdata: rdata.value })
    this.#keyById.set(record.id, key)
    return key
  }

  /** The node of a key and all nodes up to the apex; undefined when the key is not in this zone. */
  #grow(key: NameKey): Node | undefined {
    const existing = this.#nodes.get(key)
    if (existing !== undefined) return existing
    if (key.length <= this.key.length) return undefined
    const parent = this.#grow(parentKey(key))
    if (parent === undefined) return undefined
    parent.children++
    const node = new Node()
    this.#nodes.set(key, node)
    if (isWildcard(key)) this.wildcards++
    return node
  }

  /** Removes a node that holds nothing, and its ancestors that then hold nothing. */
  #prune(key: NameKey): void {
    let at = key
    for (;;) {
      const node = this.#nodes.get(at)
      if (node === undefined || at === this.key || node.held.length > 0 || node.children > 0) return
      this.#nodes.delete(at)
      if (isWildcard(at)) this.wildcards--
      at = parentKey(at)
      ;(this.#nodes.get(at) as Node).children--
    }
  }

  #refresh(key: NameKey): void {
    const node = this.#nodes.get(key)
    if (node === undefined) return
    const wasCut = key !== this.key && findRrset(node, TYPE.NS) !== undefined
    node.rrsets = rrsetsOf(node.held)
    if (key === this.key) node.rrsets.unshift(this.#soa)
    const isCut = key !== this.key && findRrset(node, TYPE.NS) !== undefined
    this.cuts += Number(isCut) - Number(wasCut)
  }
}

/** Groups one owner's rows. TTLs that differ within a set are served as the least (RFC 2181 §5.2). */
function rrsetsOf(held: readonly Held[]): Rrset[] {
  const byType = new Map<number, Held[]>()
  for (const row of held) {
    const rows = byType.get(row.type)
    if (rows === undefined) byType.set(row.type, [row])
    else rows.push(row)
  }
  return [...byType].map(([type, rows]) => ({
    name: (rows[0] as Held).owner,
    type,
    ttl: Math.min(...rows.map((row) => row.record.ttl)),
    rdata: distinct(rows.map((row) => row.rdata)),
  }))
}

function distinct(rdata: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdata.length === 1) return rdata
  const seen = new Set<string>()
  return rdata.filter((octets) => {
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
    return seen.size < seen.add(text).size
  })
}

/** RFC 1035 §3.3.13. Its TTL is the zone's default; negative answers lower it to `minimum` (RFC 2308 §3). */
function soaOf(apex: Name, zone: Zone): Rrset {
  const primary = name(zone.primaryServer)
  const hostmaster = name(zone.hostmaster)
  const rdata = new Uint8Array(primary.length + hostmaster.length + 20)
  rdata.set(primary)
  rdata.set(hostmaster, primary.length)
  const times = [zone.serial, zone.refresh, zone.retry, zone.expire, zone.minimum]
  times.forEach((value, i) => put32(rdata, primary.length + hostmaster.length + 4 * i, value))
  return { name: apex, type: TYPE.SOA, ttl: zone.defaultTtl, rdata: [rdata] }
}

/** The same SOA with another serial, which stands 20 octets before the end. */
function withSerial(soa: Rrset, serial: number): Rrset {
  const rdata = (soa.rdata[0] as Uint8Array).slice()
  put32(rdata, rdata.length - 20, serial)
  return { ...soa, rdata: [rdata] }
}

/** All zones, found by the longest name that encloses a query's (RFC 1034 §4.3.2 step 2). */
export class ZoneSet {
  readonly #zones = new Map<NameKey, LiveZone>()
  readonly #byId = new Map<number, LiveZone>()
  /** How many zones lie below a name. */
  readonly #above = new Map<NameKey, number>()

  get size(): number {
    return this.#zones.size
  }

  list(): readonly LiveZone[] {
    return [...this.#zones.values()]
  }

  /** By name as text, in any letter case. */
  get(zoneName: string): LiveZone | undefined {
    const parsed = parseName(zoneName)
    return parsed.ok ? this.#zones.get(nameKey(parsed.value)) : undefined
  }

  byId(zoneId: number): LiveZone | undefined {
    return this.#byId.get(zoneId)
  }

  /** The zone with the longest name that encloses a name given as text. */
  enclosing(text: string): LiveZone | undefined {
    const parsed = parseName(text)
    return parsed.ok ? this.closest(nameKey(parsed.value)) : undefined
  }

  /** The same for a key. */
  closest(key: NameKey): LiveZone | undefined {
    let at = key
    for (;;) {
      const zone = this.#zones.get(at)
      if (zone !== undefined) return zone
      if (at.length === 1) return undefined
      at = parentKey(at)
    }
  }

  /** True when a zone of ours lies below: then the name exists, at least as an empty non-terminal (RFC 8020). */
  hasZoneBelow(key: NameKey): boolean {
    return this.#above.has(key)
  }

  add(zone: LiveZone): void {
    this.remove(zone.key)
    this.#zones.set(zone.key, zone)
    this.#byId.set(zone.zone.id, zone)
    this.#countAbove(zone.key, 1)
  }

  remove(key: NameKey): LiveZone | undefined {
    const zone = this.#zones.get(key)
    if (zone === undefined) return undefined
    this.#zones.delete(key)
    this.#byId.delete(zone.zone.id)
    this.#countAbove(key, -1)
    return zone
  }

  #countAbove(key: NameKey, by: number): void {
    for (let at = key; at.length > 1; ) {
      at = parentKey(at)
      const count = (this.#above.get(at) ?? 0) + by
      if (count === 0) this.#above.delete(at)
      else this.#above.set(at, count)
    }
  }
}
