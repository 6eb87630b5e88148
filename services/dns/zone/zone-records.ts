/**
 * The record rows of one zone in columns: a million take about 60 MB. Data is kept as octets; its text, the letter case
 * of an owner and a comment are kept beside them only where they are not what the octets and the node would give. All
 * of them are on.
 */
import { formatIpv4, parseIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { OctetArena, roomFor, SlotChains } from '../../../stack/platform/index.ts'
import type { DnsRecord, RecordOwner } from '../../model/index.ts'
import { formatName } from '../wire/name.ts'
import type { Name } from '../wire/name.ts'
import { formatRdata } from '../wire/rdata.ts'
import { TYPE, typeName } from '../wire/type-names.ts'

const FIRST_SLOTS = 16
const int32 = (length: number): Int32Array => new Int32Array(length)
const float64 = (length: number): Float64Array => new Float64Array(length)

/** Kinds of owners as a column has them. */
const KIND_NUMBERS: { readonly [K in RecordOwner['kind']]: number } = {
  lease: 0, hand: 1, system: 2, file: 3, update: 4, transfer: 5, catalog: 6,
}
const KINDS = Object.keys(KIND_NUMBERS) as readonly RecordOwner['kind'][]

export class ZoneRecords {
  /** Hears of rows of leases that come (1) and go (−1). */
  onLeaseRow: (address: Ipv4, by: 1 | -1) => void = () => undefined
  readonly #zoneId: number
  /** Ids are never used again and so may pass 2^31. */
  #ids = float64(FIRST_SLOTS)
  #ttls = float64(FIRST_SLOTS)
  #types = int32(FIRST_SLOTS)
  #nodes = int32(FIRST_SLOTS)
  #rdata = int32(FIRST_SLOTS)
  #rdataOctets = int32(FIRST_SLOTS)
  #kinds = int32(FIRST_SLOTS)
  /** Address of the lease that owns it. */
  #leases = int32(FIRST_SLOTS)
  /** The next row of the same node; −1 ends the list. */
  #next = int32(FIRST_SLOTS)
  readonly #arena = new OctetArena()
  readonly #byId = new SlotChains()
  /** Rows that leases own, by the lease's address. */
  readonly #byLease = new SlotChains()
  /** Names of the keys of rows that dynamic updates own. */
  readonly #keys = new Map<number, string>()
  readonly #ends = new Map<number, number>()
  readonly #texts = new Map<number, string>()
  readonly #names = new Map<number, Name>()
  readonly #comments = new Map<number, string>()
  #slots = 0
  readonly #free: number[] = []

  constructor(zoneId: number) {
    this.#zoneId = zoneId
  }

  get size(): number {
    return this.#slots - this.#free.length
  }

  /** Slots from here on hold nothing. */
  get end(): number {
    return this.#slots
  }

  holds(slot: number): boolean {
    return slot < this.#slots && this.#ids[slot] !== -1
  }

  /** `ownName`: the owner when its letter case is not that of the node. */
  add(record: DnsRecord, node: number, type: number, rdata: Uint8Array, ownName: Name | undefined): number {
    const slot = this.#free.pop() ?? this.#slots++
    if (slot >= this.#ids.length) this.#growTo(slot + 1)
    this.#ids[slot] = record.id
    this.#ttls[slot] = record.ttl
    this.#types[slot] = type
    this.#nodes[slot] = node
    this.#rdata[slot] = this.#arena.put(rdata, 0, rdata.length)
    this.#rdataOctets[slot] = rdata.length
    this.#kinds[slot] = KIND_NUMBERS[record.owner.kind]
    this.#leases[slot] = record.owner.kind === 'lease' ? (parseIpv4(record.owner.address) ?? 0) : 0
    this.#next[slot] = -1
    // An IPv4 address is written in one way only.
    if (type !== TYPE.A && formatRdata(type, rdata) !== record.data) this.#texts.set(slot, record.data)
    if (ownName !== undefined) this.#names.set(slot, ownName)
    if (record.comment !== undefined) this.#comments.set(slot, record.comment)
    if (record.expiresAt !== undefined) this.#ends.set(slot, record.expiresAt)
    if (record.owner.kind === 'update') this.#keys.set(slot, record.owner.key)
    this.#byId.put(slot, record.id | 0)
    if (record.owner.kind === 'lease') {
      this.#byLease.put(slot, this.#leases[slot] as number)
      this.onLeaseRow(this.#leases[slot] as number, 1)
    }
    return slot
  }

  remove(slot: number): void {
    this.#byId.remove(slot)
    if (this.#kinds[slot] === KIND_NUMBERS.lease) this.onLeaseRow(this.#leases[slot] as number, -1)
    this.#byLease.remove(slot)
    this.#arena.free(this.#rdataOctets[slot] as number)
    this.#rdataOctets[slot] = 0
    this.#ids[slot] = -1
    this.#texts.delete(slot)
    this.#names.delete(slot)
    this.#comments.delete(slot)
    this.#ends.delete(slot)
    this.#keys.delete(slot)
    this.#free.push(slot)
    if (this.#arena.wasteful) this.#compact()
  }

  /** −1 when there is no row of that id. */
  find(id: number): number {
    let slot = this.#byId.first(id | 0)
    while (slot >= 0 && this.#ids[slot] !== id) slot = this.#byId.next(slot)
    return slot
  }

  /** The addresses of leases that own rows, once for each row. */
  *leaseAddresses(): Iterable<Ipv4> {
    for (const slot of this.all()) if (this.#kinds[slot] === KIND_NUMBERS.lease) yield this.#leases[slot] as number
  }

  /** The rows that the lease of an address owns. */
  ofLease(address: Ipv4): readonly number[] {
    const slots: number[] = []
    for (let slot = this.#byLease.first(address); slot >= 0; slot = this.#byLease.next(slot)) slots.push(slot)
    return slots
  }

  id(slot: number): number {
    return this.#ids[slot] as number
  }
  type(slot: number): number {
    return this.#types[slot] as number
  }
  ttl(slot: number): number {
    return this.#ttls[slot] as number
  }
  node(slot: number): number {
    return this.#nodes[slot] as number
  }
  next(slot: number): number {
    return this.#next[slot] as number
  }
  setNext(slot: number, next: number): void {
    this.#next[slot] = next
  }

  /** A copy of the octets: what is served must not move with the arena. */
  rdata(slot: number): Uint8Array {
    const at = this.#rdata[slot] as number
    return this.#arena.bytes.slice(at, at + (this.#rdataOctets[slot] as number))
  }

  /** The owner's own letter case; undefined when it is the node's. */
  ownName(slot: number): Name | undefined {
    return this.#names.get(slot)
  }

  read(slot: number, nodeName: () => Name): DnsRecord {
    const type = this.#types[slot] as number
    return {
      id: this.#ids[slot] as number,
      zoneId: this.#zoneId,
      name: formatName(this.#names.get(slot) ?? nodeName()),
      type: typeName(type),
      ttl: this.#ttls[slot] as number,
      data: this.#texts.get(slot) ?? formatRdata(type, this.rdata(slot)),
      owner: this.#owner(slot),
      enabled: true,
      expiresAt: this.#ends.get(slot),
      comment: this.#comments.get(slot),
    }
  }

  /** Slots of rows that have an end. */
  ending(): Iterable<number> {
    return this.#ends.keys()
  }

  /** Every slot that holds a row. */
  *all(): Iterable<number> {
    for (let slot = 0; slot < this.#slots; slot++) if (this.holds(slot)) yield slot
  }

  #owner(slot: number): RecordOwner {
    const kind = KINDS[this.#kinds[slot] as number] as RecordOwner['kind']
    if (kind === 'lease') return { kind, address: formatIpv4(this.#leases[slot] as number) }
    return kind === 'update' ? { kind, key: this.#keys.get(slot) ?? '' } : { kind }
  }

  #compact(): void {
    this.#arena.compact((keep) => {
      for (const slot of this.all()) this.#rdata[slot] = keep(this.#rdata[slot] as number, this.#rdataOctets[slot] as number)
    })
  }

  #growTo(length: number): void {
    this.#ids = roomFor(this.#ids, length, float64)
    this.#ttls = roomFor(this.#ttls, length, float64)
    this.#types = roomFor(this.#types, length, int32)
    this.#nodes = roomFor(this.#nodes, length, int32)
    this.#rdata = roomFor(this.#rdata, length, int32)
    this.#rdataOctets = roomFor(this.#rdataOctets, length, int32)
    this.#kinds = roomFor(this.#kinds, length, int32)
    this.#leases = roomFor(this.#leases, length, int32)
    this.#next = roomFor(this.#next, length, int32)
  }
}
