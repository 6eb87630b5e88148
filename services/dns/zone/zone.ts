/**
 * A zone as it is served: a tree of nodes (zone-nodes.ts) with rows (zone-records.ts), both in columns; RRsets are made
 * of them when somebody asks. RFC 1034 §4.2, RFC 2181 §5 and §6.
 * The SOA record is made from the zone's own fields; everything else comes from record rows.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { equalBytes, put32 } from '../../../stack/platform/index.ts'
import type { DnsRecord, SerialPolicy, Zone } from '../../model/index.ts'
import type { ZoneSecurity } from '../dnssec/security.ts'
import { ABSOLUTE, isAtOrBelow, isWildcard, knownName, name, nameKey, readName } from '../wire/name.ts'
import type { KnownName, Name, NameKey } from '../wire/name.ts'
import { foldedRdata, parseRdataText } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE, typeCode } from '../wire/type-names.ts'
import { isServed, Shelf } from './shelf.ts'
import { APEX, ZoneNodes } from './zone-nodes.ts'
import { ZoneRecords } from './zone-records.ts'
import { SlotWalk } from './zone-walk.ts'
import type { ZoneRow, ZoneWalk } from './zone-walk.ts'

export type ZoneNode = {
  /** Empty for an empty non-terminal. */
  readonly rrsets: readonly Rrset[]
}

const EMPTY_NODE: ZoneNode = { rrsets: [] }

/** Nodes kept ready for the next look-up; a node made anew costs about a microsecond. */
const READY_NODES = 1024
/** Rows of an edit that is more than the names of one exchange. */
const MANY_ROWS = 256

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
  /** DNAME records: names below their owners are looked for elsewhere. */
  dnames = 0
  /** The largest TTL of any record that was ever in it, since the start. Seconds. */
  largestTtl = 0
  /** Place in the answer table's versions; set once by the server before the zone is served. */
  slot = -1
  /** A copy of another server's zone: nothing but a transfer changes it. */
  isSecondary = false
  /** False: a copy that is not there yet, or too old to be given out (RFC 1034 §4.3.5). */
  isServed = true
  /** These two have the serial of when somebody last asked: it moves with every lease. */
  #zone: Zone
  #soa: Rrset
  #serial: number
  /** RRsets at the apex that are made, not stored: those of the keys that the zone is signed with. */
  #derived: readonly Rrset[] = []
  /** NSEC3 records that it holds: it came signed. */
  #hashes = 0
  /** Signs what the zone answers; undefined for a zone without DNSSEC. */
  security: ZoneSecurity | undefined
  readonly #nodes: ZoneNodes
  readonly #records: ZoneRecords
  /** Those that are not over. */
  readonly #walks = new Set<SlotWalk<ZoneRow>>()
  /** By key; what an edit touches is taken out. */
  readonly #ready = new Map<NameKey, ZoneNode>()

  readonly #shelf = new Shelf()

  /** Rows of a store are well formed; one that is not is skipped and reported by `skipped`. */
  readonly skipped: DnsRecord[] = []

  constructor(zone: Zone, records: Iterable<DnsRecord>) {
    this.#zone = zone
    this.apex = name(zone.name)
    this.key = nameKey(this.apex)
    this.#soa = soaOf(this.apex, zone)
    this.#serial = zone.serial
    this.#nodes = new ZoneNodes(this.apex, this.key)
    this.#records = new ZoneRecords(zone.id)
    for (const record of records) this.#hold(record, readName(record.name))
  }

  get zone(): Zone {
    this.#catchUp()
    return this.#zone
  }

  /** What of the zone never changes. */
  get identity(): Pick<Zone, 'id' | 'name' | 'view'> {
    return this.#zone
  }

  get serialPolicy(): SerialPolicy | undefined {
    return this.#zone.serialPolicy
  }

  get serial(): number {
    return this.#serial
  }

  get soa(): Rrset {
    this.#catchUp()
    return this.#soa
  }

  get size(): number {
    return this.#records.size
  }

  node(key: NameKey): ZoneNode | undefined {
    const ready = this.#ready.get(key)
    if (ready !== undefined) return ready
    const slot = this.#nodes.find(key)
    if (slot < 0 || (this.#hashes > 0 && this.#ownsHashesOnly(slot))) return undefined
    const node: ZoneNode = { rrsets: this.#rrsets(slot) }
    if (this.#ready.size >= READY_NODES) this.#ready.clear()
    this.#ready.set(key, node)
    return node
  }

  /** The tree, for who needs more of it than one node. */
  get tree(): ZoneNodes {
    return this.#nodes
  }

  /** A node of the tree, with all that it owns. */
  nodeAt(slot: number): ZoneNode {
    return this.node(this.#nodes.key(slot)) ?? EMPTY_NODE
  }

  /** The types that a node owns, without making its RRsets. */
  typesAt(slot: number): readonly number[] {
    const types = new Set(slot === APEX ? [TYPE.SOA, ...this.#derived.map((rrset) => rrset.type)] : [])
    for (let at = this.#nodes.firstRecord(slot); at >= 0; at = this.#records.next(at)) types.add(this.#records.type(at))
    return [...types]
  }

  /** All RRsets that a node owns, also where only hashes of names do. */
  ownedAt(slot: number): readonly Rrset[] {
    return this.#rrsets(slot)
  }

  /** Whether a name owns anything; if not it is an empty non-terminal. */
  ownsRecords(slot: number): boolean {
    return slot === APEX || this.#nodes.firstRecord(slot) >= 0
  }

  /** NS records below the apex: the zone ends there. */
  isCut(slot: number): boolean {
    return this.cuts > 0 && this.#isCut(slot)
  }

  /** Whether what lies below a node is none of the zone's: the node is a delegation, or redirects (RFC 6672 §2.4). */
  endsAt(slot: number): boolean {
    return this.isCut(slot) || (this.dnames > 0 && this.typesAt(slot).includes(TYPE.DNAME))
  }

  /** The topmost node above this one where the zone ends; −1 when there is none, and the zone speaks for the node. */
  endAbove(slot: number): number {
    if (this.cuts === 0 && this.dnames === 0) return -1
    let found = -1
    for (let at = this.#nodes.parent(slot); at >= APEX; at = this.#nodes.parent(at)) if (this.endsAt(at)) found = at
    return found
  }

  record(id: number): DnsRecord | undefined {
    const slot = this.#records.find(id)
    return slot < 0 ? this.#shelf.get(id) : this.#read(slot)
  }

  /** Rows that are kept and not served. */
  shelved(): Iterable<DnsRecord> {
    return this.#shelf.all()
  }

  /** Rows that have an end, off or not. */
  *ending(): Iterable<DnsRecord> {
    for (const slot of this.#records.ending()) yield this.#read(slot)
    for (const record of this.#shelf.all()) if (record.expiresAt !== undefined) yield record
  }

  /** The rows of one owner, in the order in which they came; what is to be there (ALIAS, URL) last. */
  recordsAt(key: NameKey): readonly DnsRecord[] {
    const node = this.#nodes.find(key)
    const served = node < 0 ? [] : this.#slotsAt(node).map((slot) => this.#read(slot))
    return [...served, ...this.#shelf.at(key)]
  }

  /** Whether there are names below this one. */
  isAnyBelow(key: NameKey): boolean {
    const node = this.#nodes.find(key)
    return node >= 0 && this.#nodes.hasChildren(node)
  }

  /** The rows of one owner by its name as text, in any letter case. */
  recordsNamed(text: string): readonly DnsRecord[] {
    const known = knownName(text)
    return known === undefined ? [] : this.recordsAt(known.key)
  }

  /** Tells of the rows of leases: of those that are there now, and of each that comes or goes. */
  followLeases(hear: (address: Ipv4, by: 1 | -1) => void): void {
    for (const address of this.#records.leaseAddresses()) hear(address, 1)
    this.#records.onLeaseRow = hear
  }

  /** Tells that they are all gone, and nothing after that. */
  forgetLeases(): void {
    const hear = this.#records.onLeaseRow
    for (const address of this.#records.leaseAddresses()) hear(address, -1)
    this.#records.onLeaseRow = () => undefined
  }

  /** The rows that the lease of an address owns. */
  recordsOfLease(address: Ipv4): readonly DnsRecord[] {
    return this.#records.ofLease(address).map((slot) => this.#read(slot))
  }

  /** All rows that are served; the SOA is none. */
  *records(): IterableIterator<DnsRecord> {
    for (const slot of this.#records.all()) yield this.#read(slot)
  }

  /**
   * All rows as they are now, with what signing adds, to be read while edits go on; close() it when it is not read to
   * its end. The SOA is none of them.
   */
  walk(): ZoneWalk {
    const signed = this.security?.walk()
    if (signed !== undefined) return signed
    const read = (slot: number) => {
      if (!this.#records.holds(slot)) return undefined
      const owner = this.#records.ownName(slot) ?? this.#nodes.name(this.#records.node(slot))
      return { owner, type: this.#records.type(slot), ttl: this.#records.ttl(slot), rdata: this.#records.rdata(slot) }
    }
    const walk = new SlotWalk<ZoneRow>(this.#records.end, read, (done) => this.#walks.delete(done))
    this.#walks.add(walk)
    return walk
  }

  /** Where the row of this owner stands that has the same type and data, letter case of names aside; −1: nowhere. */
  placeOf({ owner, type, rdata }: ZoneRow): number {
    const node = this.#nodes.find(nameKey(owner))
    if (node < 0) return -1
    const folded = foldedRdata(type, rdata)
    for (let slot = this.#nodes.firstRecord(node); slot >= 0; slot = this.#records.next(slot)) {
      if (this.#records.type(slot) === type && equalBytes(foldedRdata(type, this.#records.rdata(slot)), folded)) return slot
    }
    return -1
  }

  /** Whether the row at a place has this TTL, and owner and data in this letter case. */
  isWritten(place: number, { owner, ttl, rdata }: ZoneRow): boolean {
    const written = this.#records.ownName(place) ?? this.#nodes.name(this.#records.node(place))
    return this.#records.ttl(place) === ttl && equalBytes(written, owner) && equalBytes(this.#records.rdata(place), rdata)
  }

  /** Every place that holds a row. Good until rows are replaced. */
  places(): Iterable<number> {
    return this.#records.all()
  }

  /** Whether a name as text is the zone's own. */
  isApex(text: string): boolean {
    return knownName(text)?.key === this.key
  }

  idAtPlace(place: number): number {
    return this.#records.id(place)
  }

  rowAtPlace(place: number): ZoneRow {
    const owner = this.#records.ownName(place) ?? this.#nodes.name(this.#records.node(place))
    return { owner, type: this.#records.type(place), ttl: this.#records.ttl(place), rdata: this.#records.rdata(place) }
  }

  recordAtPlace(place: number): DnsRecord {
    return this.#read(place)
  }

  /** Replaces rows and the serial. Returns the keys of the owners that changed. */
  apply(remove: readonly DnsRecord[], add: readonly DnsRecord[], serial: number): ReadonlySet<NameKey> {
    if (remove.every(isServed) && add.every(isServed)) this.security?.beforeEdit(remove, add)
    else this.security?.beforeEdit(remove.filter(isServed), add.filter(isServed))
    const touched = new Set<NameKey>()
    const emptied: number[] = []
    for (const record of remove) {
      const slot = this.#records.find(record.id)
      if (slot < 0) {
        this.#shelf.remove(record.id)
        continue
      }
      const node = this.#records.node(slot)
      touched.add(this.#nodes.key(node))
      this.#drop(slot, node)
      emptied.push(node)
    }
    // Of many names none is asked for twice.
    const read = add.length > MANY_ROWS ? readName : knownName
    for (const record of add) {
      const key = this.#hold(record, read(record.name))
      if (key !== undefined) touched.add(key)
    }
    this.#serial = serial
    for (const node of new Set(emptied)) this.#nodes.prune(node, (key, slot) => this.#gone(key, slot))
    this.#ready.delete(this.key)
    for (const key of touched) this.#ready.delete(key)
    this.security?.afterEdit()
    return touched
  }

  /** Takes over new SOA fields; name and rows stay. */
  change(zone: Zone): void {
    this.security?.soaChanging()
    this.#zone = zone
    this.#serial = zone.serial
    this.#soa = soaOf(this.apex, zone)
    this.#ready.delete(this.key)
    this.security?.soaChanged()
  }

  /** Replaces the RRsets that stand at the apex beside what is stored. */
  derive(rrsets: readonly Rrset[]): void {
    this.#derived = rrsets
    this.#ready.delete(this.key)
  }

  #catchUp(): void {
    if (this.#zone.serial === this.#serial) return
    this.#zone = { ...this.#zone, serial: this.#serial }
    this.#soa = soaWithSerial(this.#soa, this.#serial)
  }

  #read(slot: number): DnsRecord {
    return this.#records.read(slot, () => this.#nodes.name(this.#records.node(slot)))
  }

  /** `owner`: its name, read. */
  #hold(record: DnsRecord, owner: KnownName | undefined): NameKey | undefined {
    const type = typeCode(record.type)
    const rdata = type === undefined ? undefined : parseRdataText(type, record.data, ABSOLUTE)
    if (owner === undefined || type === undefined || rdata === undefined || !rdata.ok || !isAtOrBelow(owner.key, this.key)) {
      this.skipped.push(record)
      return undefined
    }
    const { key } = owner
    if (!isServed(record)) {
      this.#shelf.put(record, key)
      return undefined
    }
    const node = this.#nodes.grow(owner.name, key, this.#made)
    this.largestTtl = Math.max(this.largestTtl, record.ttl)
    const cutBefore = this.#isCut(node)
    const ownName = this.#nodes.isWritten(node, owner.name) ? undefined : owner.name
    const slot = this.#records.add(record, node, type, rdata.value, ownName)
    for (const walk of this.#walks) walk.added(slot)
    if (type === TYPE.DNAME) this.dnames++
    if (type === TYPE.NSEC3) this.#hashes++
    const last = this.#nodes.lastRecord(node)
    if (last < 0) this.#nodes.setFirstRecord(node, slot)
    else this.#records.setNext(last, slot)
    this.#nodes.setLastRecord(node, slot)
    this.cuts += Number(this.#isCut(node)) - Number(cutBefore)
    return key
  }

  /** A node was made. */
  readonly #made = (key: NameKey, slot: number): void => {
    if (isWildcard(key)) this.wildcards++
    if (this.#ready.size > 0) this.#ready.delete(key)
    this.security?.nodeMade(slot)
  }

  #drop(slot: number, node: number): void {
    for (const walk of this.#walks) walk.removing(slot)
    if (this.#records.type(slot) === TYPE.DNAME) this.dnames--
    if (this.#records.type(slot) === TYPE.NSEC3) this.#hashes--
    const cutBefore = this.#isCut(node)
    const next = this.#records.next(slot)
    let before = -1
    for (let at = this.#nodes.firstRecord(node); at !== slot; at = this.#records.next(at)) before = at
    if (before < 0) this.#nodes.setFirstRecord(node, next)
    else this.#records.setNext(before, next)
    if (next < 0) this.#nodes.setLastRecord(node, before)
    this.#records.remove(slot)
    this.cuts += Number(this.#isCut(node)) - Number(cutBefore)
  }

  /** RFC 5155 §7.2.8: a name that owns NSEC3 records and their signatures alone is not there for queries. */
  #ownsHashesOnly(node: number): boolean {
    const types = this.typesAt(node)
    return types.includes(TYPE.NSEC3) && types.every((type) => type === TYPE.NSEC3 || type === TYPE.RRSIG)
  }

  #gone(key: NameKey, node: number): void {
    this.security?.nodeGone(node)
    if (isWildcard(key)) this.wildcards--
    this.#ready.delete(key)
  }

  /** NS records below the apex. */
  #isCut(node: number): boolean {
    if (node === APEX) return false
    for (let slot = this.#nodes.firstRecord(node); slot >= 0; slot = this.#records.next(slot)) {
      if (this.#records.type(slot) === TYPE.NS) return true
    }
    return false
  }

  #slotsAt(node: number): readonly number[] {
    const slots: number[] = []
    for (let slot = this.#nodes.firstRecord(node); slot >= 0; slot = this.#records.next(slot)) slots.push(slot)
    return slots
  }

  /** Groups one owner's rows. TTLs that differ within a set are served as the least (RFC 2181 §5.2). */
  #rrsets(node: number): readonly Rrset[] {
    const byType = Map.groupBy(this.#slotsAt(node), (slot) => this.#records.type(slot))
    const rrsets = [...byType].map(([type, slots]) => ({
      name: this.#records.ownName(slots[0] as number) ?? this.#nodes.name(node),
      type,
      ttl: slots.reduce((least, slot) => Math.min(least, this.#records.ttl(slot)), Number.POSITIVE_INFINITY),
      rdata: distinct(type, slots.map((slot) => this.#records.rdata(slot))),
    }))
    return node === APEX ? [this.soa, ...joined(rrsets, this.#derived)] : rrsets
  }
}

/** Both, each type once. */
function joined(stored: readonly Rrset[], derived: readonly Rrset[]): readonly Rrset[] {
  if (derived.length === 0) return stored
  const own = stored.map((rrset) => {
    const made = findRrset({ rrsets: derived }, rrset.type)
    return made === undefined ? rrset : { ...rrset, rdata: distinct(rrset.type, [...rrset.rdata, ...made.rdata]) }
  })
  return [...own, ...derived.filter((made) => findRrset({ rrsets: stored }, made.type) === undefined)]
}

/** Each record once (RFC 2181 §5), whatever letter case the names in it have (RFC 4343 §3). */
function distinct(type: number, rdata: readonly Uint8Array[]): readonly Uint8Array[] {
  if (rdata.length === 1) return rdata
  const seen = new Set<string>()
  return rdata.filter((written) => {
    const octets = foldedRdata(type, written)
    const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
    return seen.size < seen.add(text).size
  })
}

/** RFC 1035 §3.3.13. Negative answers lower its TTL to `minimum` (RFC 2308 §3). */
function soaOf(apex: Name, zone: Zone): Rrset {
  const primary = name(zone.primaryServer)
  const hostmaster = name(zone.hostmaster)
  const rdata = new Uint8Array(primary.length + hostmaster.length + 20)
  rdata.set(primary)
  rdata.set(hostmaster, primary.length)
  const times = [zone.serial, zone.refresh, zone.retry, zone.expire, zone.minimum]
  times.forEach((value, i) => put32(rdata, primary.length + hostmaster.length + 4 * i, value))
  return { name: apex, type: TYPE.SOA, ttl: zone.soaTtl ?? zone.defaultTtl, rdata: [rdata] }
}

/** The same SOA with another serial, which stands 20 octets before the end. */
export function soaWithSerial(soa: Rrset, serial: number): Rrset {
  const rdata = (soa.rdata[0] as Uint8Array).slice()
  put32(rdata, rdata.length - 20, serial)
  return { ...soa, rdata: [rdata] }
}
