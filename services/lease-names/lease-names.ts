/**
 * The glue between DHCP and DNS, which do not know each other: decides under which name a lease is published, and turns
 * a change of a lease into edits of the forward and the reverse zone. The caller stores the edits in the lease's own
 * transaction and applies them when it is on disk. Records of other owners are read, never touched. RFC 1034, RFC 1035 §3.5.
 */
import { formatIpv4, type Ipv4, parseIpv4 } from '../../stack/index.ts'
import { dhcidOf } from './dhcid.ts'
import { type DnsRecord, type Lease, type LeaseChange, leaseClientKey, PLAIN_RECORD, type TraceStep, type Zone, type ZoneEdit } from '../model/index.ts'

/** TTL of a lease's records in seconds: short, because a client may leave at any moment. */
export const LEASE_RECORD_TTL_SECONDS = 60

export type ZoneIdentity = Pick<Zone, 'id' | 'name'>

/** What is asked of the zones. Of several of one name, in views, it is the one that the client of a lease sees. */
export interface NameZones {
  /** The zone of exactly this name that a client at this address sees. */
  zoneNamed(name: string, client: Ipv4): ZoneIdentity | undefined
  /** The zone in which this name lies: the longest one that encloses it. */
  zoneEnclosing(name: string, client: Ipv4): ZoneIdentity | undefined
  /** The name of an address's PTR record. */
  reverseNameOf(address: Ipv4): string
  /** All records at a name, letter case ignored. */
  recordsAt(zoneId: number, name: string): readonly DnsRecord[]
  /** The records that the lease of an address owns, in all zones. */
  recordsOfLease(address: Ipv4): readonly DnsRecord[]
}

/** A change of one zone that has no serial yet. */
export type UnnumberedEdit = Pick<ZoneEdit, 'zoneId' | 'remove' | 'add' | 'author'>

/** Edits for one commit. `settled` is to be called when that has ended: it keeps or takes back what was noted for them. */
export type NamePlan = { readonly edits: readonly UnnumberedEdit[]; settled(durable: boolean): void }

type Holder = { readonly client: string; readonly address: Ipv4 }
type UnnumberedRecord = Omit<DnsRecord, 'id'>

/** What a plan gathers: edits by zone, and how to end each note that it made. */
type Planning = {
  readonly edits: Map<number, { readonly remove: DnsRecord[]; readonly add: DnsRecord[] }>
  readonly ends: ((durable: boolean) => void)[]
}

/**
 * What commits under way will make true, by name or address. It covers what is on disk until the last of the commits
 * that speak of it has ended; then what is on disk says the same. Bounded by the commits under way.
 */
class Notes<K, V> {
  readonly #entries = new Map<K, { value: V; underWay: number }>()

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** Returns how the note ends. `before` is what holds again when it was not stored. */
  put(key: K, value: V, before: V): (durable: boolean) => void {
    const entry = this.#entries.get(key) ?? { value, underWay: 0 }
    this.#entries.set(key, entry)
    entry.value = value
    entry.underWay++
    return (durable) => {
      if (!durable) entry.value = before
      if (--entry.underWay === 0) this.#entries.delete(key)
    }
  }
}

export class LeaseNames {
  readonly #zones: NameZones
  readonly #nextRecordId: () => number
  /** Who the client of a lease is, as it is on disk. */
  readonly #clientAt: (address: Ipv4) => string | undefined
  readonly #wantsDhcid: (subnetId: number) => boolean
  readonly #holders = new Notes<string, Holder | undefined>()
  readonly #records = new Notes<Ipv4, readonly DnsRecord[]>()

  /** `wantsDhcid`: whether the names of a subnet's leases have a DHCID record beside the A record. */
  constructor(
    zones: NameZones,
    nextRecordId: () => number,
    clientAt: (address: Ipv4) => string | undefined,
    wantsDhcid: (subnetId: number) => boolean = () => false,
  ) {
    this.#wantsDhcid = wantsDhcid
    this.#zones = zones
    this.#nextRecordId = nextRecordId
    this.#clientAt = clientAt
  }

  /** The full name that a lease would be published under in the zone `domain`, or none, and why. Changes nothing. */
  nameFor(lease: Lease, domain: string | undefined): { readonly name: string | undefined; readonly trace: TraceStep | undefined } {
    if (lease.hostName === undefined || domain === undefined) return { name: undefined, trace: undefined }
    const zone = this.#zones.zoneNamed(domain, lease.address)
    if (zone === undefined) return { name: undefined, trace: ['names.no-zone', { domain }] }
    const name = `${lease.hostName}.${domain}`
    const other = this.#foreignRecord(zone.id, name)
    if (other !== undefined)
      return { name: undefined, trace: ['names.taken-by-record', { name, type: other.type, owner: other.owner.kind }] }
    const holder = this.#holderOf(name, zone)
    // Whoever takes an address over takes its name over too, if it calls itself alike.
    if (holder !== undefined && holder.client !== leaseClientKey(lease) && holder.address !== lease.address)
      return { name: undefined, trace: ['names.taken-by-lease', { name, holder: formatIpv4(holder.address) }] }
    return { name, trace: ['names.published', { name, address: formatIpv4(lease.address) }] }
  }

  /** Edits that bring the zones to where the changes bring the leases. */
  plan(changes: readonly LeaseChange[]): NamePlan {
    const planning: Planning = { edits: new Map(), ends: [] }
    for (const change of changes) this.#planOne(change, planning)
    return {
      edits: [...planning.edits].map(([zoneId, edit]) => ({ zoneId, ...edit })),
      settled: (durable) => {
        for (const end of planning.ends.reverse()) end(durable)
      },
    }
  }

  #planOne({ after }: LeaseChange, planning: Planning): void {
    const name = after.state === 'bound' ? after.publishedName : undefined
    const { address } = after
    const zone = name === undefined ? undefined : this.#zones.zoneEnclosing(name, address)
    const holder = name === undefined ? undefined : this.#holderOf(name, zone)
    // The same client on another address: the name moves with it.
    if (holder !== undefined && holder.address !== address) this.#replace(holder.address, [], planning)
    // Also when the name stays: somebody may have made or removed a record in its place meanwhile.
    this.#replace(address, name === undefined ? [] : this.#recordsFor(after, name, zone), planning)
    const client = leaseClientKey(after)
    if (name !== undefined && (holder?.client !== client || holder.address !== address))
      planning.ends.push(this.#holders.put(holdingKey(name, zone), { client, address }, holder))
  }

  /** Who has the name: whoever a commit under way gives it to, else the lease whose address stands there. */
  #holderOf(name: string, zone: ZoneIdentity | undefined): Holder | undefined {
    const noted = this.#holders.get(holdingKey(name, zone))
    if (noted !== undefined) return noted
    if (zone === undefined) return undefined
    for (const { owner, type } of this.#zones.recordsAt(zone.id, name)) {
      if (owner.kind !== 'lease' || type !== 'A') continue
      const address = parseIpv4(owner.address) as Ipv4
      const client = this.#clientAt(address)
      if (client !== undefined) return { client, address }
    }
    return undefined
  }

  /** Puts `wanted` in the place of an address's records, where they differ. */
  #replace(address: Ipv4, wanted: readonly UnnumberedRecord[], { edits, ends }: Planning): void {
    const present = this.#records.get(address) ?? this.#zones.recordsOfLease(address)
    if (present.length === wanted.length && present.every((record, i) => isLike(record, wanted[i] as UnnumberedRecord))) return
    const edit = (zoneId: number): { readonly remove: DnsRecord[]; readonly add: DnsRecord[] } => {
      const found = edits.get(zoneId) ?? { remove: [], add: [] }
      edits.set(zoneId, found)
      return found
    }
    for (const record of present) edit(record.zoneId).remove.push(record)
    const records = wanted.map((record) => ({ ...record, id: this.#nextRecordId() }))
    for (const record of records) edit(record.zoneId).add.push(record)
    ends.push(this.#records.put(address, records, present))
  }

  /** The A record, a DHCID record where it is wanted, and the PTR record where nobody else made one. */
  #recordsFor(lease: Lease, name: string, zone: ZoneIdentity | undefined): readonly UnnumberedRecord[] {
    const { address } = lease
    const records: UnnumberedRecord[] = []
    const put = (zone: ZoneIdentity | undefined, owner: string, type: string, data: string): void => {
      if (zone === undefined) return
      records.push({
        zoneId: zone.id,
        name: owner,
        type,
        ttl: LEASE_RECORD_TTL_SECONDS,
        data,
        owner: { kind: 'lease', address: formatIpv4(address) },
        ...PLAIN_RECORD,
      })
    }
    put(zone, name, 'A', formatIpv4(address))
    if (this.#wantsDhcid(lease.subnetId)) put(zone, name, 'DHCID', dhcidOf(lease, name))
    const reverse = this.#zones.reverseNameOf(address)
    const reverseZone = this.#zones.zoneEnclosing(reverse, address)
    if (reverseZone !== undefined && this.#foreignRecord(reverseZone.id, reverse) === undefined)
      put(reverseZone, reverse, 'PTR', name)
    return records
  }

  #foreignRecord(zoneId: number, name: string): DnsRecord | undefined {
    return this.#zones.recordsAt(zoneId, name).find((record) => record.owner.kind !== 'lease')
  }
}

/** The same name may be held in zones of several views. */
const holdingKey = (name: string, zone: ZoneIdentity | undefined): string => `${name} ${zone?.id ?? ''}`

const isLike = (a: DnsRecord, b: UnnumberedRecord): boolean => a.zoneId === b.zoneId && a.type === b.type && a.name === b.name && a.data === b.data
