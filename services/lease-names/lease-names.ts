/**
 * The glue between DHCP and DNS, which do not know each other: decides under which name a lease is published, and turns
 * a change of a lease into edits of the forward and the reverse zone. The caller stores the edits in the lease's own
 * transaction and applies them when it is on disk. Records of other owners are read, never touched. RFC 1034, RFC 1035 §3.5.
 */
import { formatIpv4, type Ipv4 } from '../../stack/index.ts'
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

/** Edits for one commit. `undo` takes back what was noted for them; call it when the commit failed. */
export type NamePlan = { readonly edits: readonly UnnumberedEdit[]; undo(): void }

type Holder = { readonly client: string; readonly address: Ipv4 }

/** "10.53.0.100" → "100.0.53.10.in-addr.arpa", RFC 1035 §3.5. */
export const reverseNameOf = (a: Ipv4): string => `${a & 255}.${(a >>> 8) & 255}.${(a >>> 16) & 255}.${a >>> 24}.in-addr.arpa`

export class LeaseNames {
  readonly #zones: NameZones
  readonly #nextRecordId: () => number
  /** Names given, also by commits under way. */
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
    if (holder !== undefined && holder.client !== leaseClientKey(lease))
      return { name: undefined, trace: ['names.taken-by-lease', { name, holder: formatIpv4(holder.address) }] }
    return { name, trace: ['names.published', { name, address: formatIpv4(lease.address) }] }
  }

  /** Edits that bring the zones to where the changes bring the leases. */
  plan(changes: readonly LeaseChange[]): NamePlan {
    const edits = new Map<number, { remove: DnsRecord[]; add: DnsRecord[] }>()
    const undo: (() => void)[] = []
    for (const change of changes) this.#planOne(change, edits, undo)
    return {
      edits: [...edits].map(([zoneId, edit]) => ({ zoneId, ...edit })),
      undo: () => {
        for (const step of undo.reverse()) step()
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

  #planOne({ before, after }: LeaseChange, edits: Map<number, { remove: DnsRecord[]; add: DnsRecord[] }>, undo: (() => void)[]): void {
    const nameOf = (lease: Lease | undefined): string | undefined => (lease?.state === 'bound' ? lease.publishedName : undefined)
    const [from, to] = [nameOf(before), nameOf(after)]
    if (from === to) return
    const edit = (zoneId: number): { remove: DnsRecord[]; add: DnsRecord[] } => {
      const found = edits.get(zoneId) ?? { remove: [], add: [] }
      edits.set(zoneId, found)
      return found
    }
    const withdraw = (address: Ipv4): void => {
      for (const record of this.#records.get(address) ?? []) edit(record.zoneId).remove.push(record)
      this.#set(this.#records, address, undefined, undo)
    }
    withdraw(after.address)
    if (from !== undefined && this.#holders.get(from)?.address === after.address) this.#set(this.#holders, from, undefined, undo)
    if (to === undefined) return
    const holder = this.#holders.get(to)
    // The same client on another address: the name moves with it.
    if (holder !== undefined && holder.address !== after.address) withdraw(holder.address)
    const records = this.#recordsFor(after.address, to)
    for (const record of records) edit(record.zoneId).add.push(record)
    this.#set(this.#records, after.address, records, undo)
    this.#set(this.#holders, to, { client: leaseClientKey(after), address: after.address }, undo)
  }

  #recordsFor(address: Ipv4, name: string): readonly DnsRecord[] {
    const records: DnsRecord[] = []
    const put = (zone: Zone | undefined, owner: string, type: string, data: string): void => {
      if (zone === undefined) return
      records.push({
        id: this.#nextRecordId(),
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
    const reverse = reverseNameOf(address)
    const reverseZone = this.#zones.zoneEnclosing(reverse)
    if (reverseZone !== undefined && this.#foreignRecord(reverseZone.id, reverse) === undefined)
      put(reverseZone, reverse, 'PTR', name)
    return records
  }

  #foreignRecord(zoneId: number, name: string): DnsRecord | undefined {
    return this.#zones.recordsAt(zoneId, name).find((record) => record.owner.kind !== 'lease')
  }

  #set<K, V>(map: Map<K, V>, key: K, value: V | undefined, undo: (() => void)[]): void {
    const old = map.get(key)
    undo.push(() => {
      if (old === undefined) map.delete(key)
      else map.set(key, old)
    })
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
}
