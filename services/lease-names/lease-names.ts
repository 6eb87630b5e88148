/**
 * The glue between DHCP and DNS, which do not know each other: decides under which name a lease is published, and turns
 * a change of a lease into edits of the forward and the reverse zone. The caller stores the edits in the lease's own
 * transaction and applies them when it is on disk. Records of other owners are read, never touched. RFC 1034, RFC 1035 §3.5.
 */
import { formatIpv4, type Ipv4 } from '../../stack/index.ts'
import { reverseName } from '../dns/index.ts'
import { type DnsRecord, type Lease, type LeaseChange, leaseClientKey, type Subnet, type TraceStep, type Zone, type ZoneEdit } from '../model/index.ts'

/** TTL of a lease's records in seconds: short, because a client may leave at any moment. */
export const LEASE_RECORD_TTL_SECONDS = 60

/** What is asked of the zones. */
export interface NameZones {
  /** The zone of exactly this name. */
  zoneNamed(name: string): Zone | undefined
  /** The zone in which this name lies: the longest one that encloses it. */
  zoneEnclosing(name: string): Zone | undefined
  /** All records at a name, letter case ignored. */
  recordsAt(zoneId: number, name: string): readonly DnsRecord[]
}

/** A change of one zone that has no serial yet. */
export type UnnumberedEdit = Pick<ZoneEdit, 'zoneId' | 'remove' | 'add'>

/** Edits for one commit. `settled` is to be called when that has ended: it keeps or takes back what was noted for them. */
export type NamePlan = { readonly edits: readonly UnnumberedEdit[]; settled(durable: boolean): void }

type Holder = { readonly client: string; readonly address: Ipv4 }
type UnnumberedRecord = Omit<DnsRecord, 'id'>

/** What a plan gathers: edits by zone, how to take back what was noted, and the names that are free once it is on disk. */
type Planning = {
  readonly edits: Map<number, { readonly remove: DnsRecord[]; readonly add: DnsRecord[] }>
  readonly undo: (() => void)[]
  readonly freed: { readonly name: string; readonly address: Ipv4 }[]
}

export class LeaseNames {
  readonly #zones: NameZones
  readonly #nextRecordId: () => number
  /** Names given, also by commits under way. A name that is being withdrawn is given until that is on disk. */
  readonly #holders = new Map<string, Holder>()
  /** Lease records by address, also of commits under way. */
  readonly #records = new Map<Ipv4, readonly DnsRecord[]>()

  /** `existing` are all records owned by leases, `leases` all leases, as they are on disk. */
  constructor(zones: NameZones, nextRecordId: () => number, existing: Iterable<DnsRecord>, leases: Iterable<Lease>) {
    this.#zones = zones
    this.#nextRecordId = nextRecordId
    const byAddress = new Map<string, DnsRecord[]>()
    for (const record of existing) {
      if (record.owner.kind !== 'lease') continue
      const list = byAddress.get(record.owner.address)
      if (list === undefined) byAddress.set(record.owner.address, [record])
      else list.push(record)
    }
    for (const lease of leases) {
      const records = byAddress.get(formatIpv4(lease.address))
      if (records !== undefined) this.#records.set(lease.address, records)
      if (lease.state === 'bound' && lease.publishedName !== undefined)
        this.#holders.set(lease.publishedName, { client: leaseClientKey(lease), address: lease.address })
    }
  }

  /** The full name that a lease would be published under, or none, and why. Changes nothing. */
  nameFor(lease: Lease, subnet: Subnet): { readonly name: string | undefined; readonly trace: TraceStep | undefined } {
    if (lease.hostName === undefined || subnet.domain === undefined) return { name: undefined, trace: undefined }
    const zone = this.#zones.zoneNamed(subnet.domain)
    if (zone === undefined) return { name: undefined, trace: ['names.no-zone', { domain: subnet.domain }] }
    const name = `${lease.hostName}.${subnet.domain}`
    const other = this.#foreignRecord(zone.id, name)
    if (other !== undefined)
      return { name: undefined, trace: ['names.taken-by-record', { name, type: other.type, owner: other.owner.kind }] }
    const holder = this.#holders.get(name)
    // Whoever takes an address over takes its name over too, if it calls itself alike.
    if (holder !== undefined && holder.client !== leaseClientKey(lease) && holder.address !== lease.address)
      return { name: undefined, trace: ['names.taken-by-lease', { name, holder: formatIpv4(holder.address) }] }
    return { name, trace: ['names.published', { name, address: formatIpv4(lease.address) }] }
  }

  /** Edits that bring the zones to where the changes bring the leases. */
  plan(changes: readonly LeaseChange[]): NamePlan {
    const planning: Planning = { edits: new Map(), undo: [], freed: [] }
    for (const change of changes) this.#planOne(change, planning)
    return {
      edits: [...planning.edits].map(([zoneId, edit]) => ({ zoneId, ...edit })),
      settled: (durable) => {
        if (!durable) for (const step of planning.undo.reverse()) step()
        else for (const { name, address } of planning.freed) if (this.#holders.get(name)?.address === address) this.#holders.delete(name)
      },
    }
  }

  /** The zone is gone, and its records with it. */
  forgetZone(zoneId: number): void {
    for (const [address, records] of this.#records)
      if (records.some((record) => record.zoneId === zoneId))
        this.#records.set(
          address,
          records.filter((record) => record.zoneId !== zoneId),
        )
  }

  #planOne({ before, after }: LeaseChange, planning: Planning): void {
    const nameOf = (lease: Lease | undefined): string | undefined => (lease?.state === 'bound' ? lease.publishedName : undefined)
    const [from, to] = [nameOf(before), nameOf(after)]
    const { address } = after
    if (from !== undefined && from !== to) planning.freed.push({ name: from, address })
    const holder = to === undefined ? undefined : this.#holders.get(to)
    // The same client on another address: the name moves with it.
    if (holder !== undefined && holder.address !== address) this.#replace(holder.address, [], planning)
    // Also when the name stays: somebody may have made or removed a record in its place meanwhile.
    this.#replace(address, to === undefined ? [] : this.#recordsFor(address, to), planning)
    const client = leaseClientKey(after)
    if (to !== undefined && (holder?.client !== client || holder.address !== address))
      this.#note(this.#holders, to, { client, address }, planning.undo)
  }

  /** Puts `wanted` in the place of an address's records, where they differ. */
  #replace(address: Ipv4, wanted: readonly UnnumberedRecord[], { edits, undo }: Planning): void {
    const present = this.#records.get(address) ?? []
    if (present.length === wanted.length && present.every((record, i) => isLike(record, wanted[i] as UnnumberedRecord))) return
    const edit = (zoneId: number): { readonly remove: DnsRecord[]; readonly add: DnsRecord[] } => {
      const found = edits.get(zoneId) ?? { remove: [], add: [] }
      edits.set(zoneId, found)
      return found
    }
    for (const record of present) edit(record.zoneId).remove.push(record)
    const records = wanted.map((record) => ({ ...record, id: this.#nextRecordId() }))
    for (const record of records) edit(record.zoneId).add.push(record)
    this.#note(this.#records, address, records.length === 0 ? undefined : records, undo)
  }

  /** The A record, and the PTR record where nobody else made one. */
  #recordsFor(address: Ipv4, name: string): readonly UnnumberedRecord[] {
    const records: UnnumberedRecord[] = []
    const put = (zone: Zone | undefined, owner: string, type: string, data: string): void => {
      if (zone === undefined) return
      records.push({
        zoneId: zone.id,
        name: owner,
        type,
        ttl: LEASE_RECORD_TTL_SECONDS,
        data,
        owner: { kind: 'lease', address: formatIpv4(address) },
        comment: undefined,
      })
    }
    put(this.#zones.zoneEnclosing(name), name, 'A', formatIpv4(address))
    const reverse = reverseName(address)
    const reverseZone = this.#zones.zoneEnclosing(reverse)
    if (reverseZone !== undefined && this.#foreignRecord(reverseZone.id, reverse) === undefined)
      put(reverseZone, reverse, 'PTR', name)
    return records
  }

  #foreignRecord(zoneId: number, name: string): DnsRecord | undefined {
    return this.#zones.recordsAt(zoneId, name).find((record) => record.owner.kind !== 'lease')
  }

  #note<K, V>(map: Map<K, V>, key: K, value: V | undefined, undo: (() => void)[]): void {
    const old = map.get(key)
    undo.push(() => {
      if (old === undefined) map.delete(key)
      else map.set(key, old)
    })
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
}

const isLike = (a: DnsRecord, b: UnnumberedRecord): boolean => a.zoneId === b.zoneId && a.type === b.type && a.name === b.name && a.data === b.data
