/**
 * Zones as they will be when everything under way is on disk: numbers edits, remembers those that are not applied yet,
 * and answers what lease names ask about zones.
 */
import type { Ipv4 } from '../stack/index.ts'
import type { DnsServer, LiveZone, SeenZones } from './dns/index.ts'
import { isNewerSerial, serialBy } from './dns/index.ts'
import { keyOf, knownName } from './dns/wire/name.ts'
import type { NameZones, UnnumberedEdit, ZoneIdentity } from './lease-names/lease-names.ts'
import type { DnsRecord, ZoneEdit } from './model/index.ts'

export class ZoneBook implements NameZones {
  /** Hears of every edit that has taken effect. */
  onApplied: (edit: ZoneEdit) => void = () => undefined
  readonly #dns: DnsServer
  readonly #wallMs: () => number
  /** Edits on their way to the disk, oldest first, by zone. */
  readonly #pending = new Map<number, ZoneEdit[]>()
  /** Those of them that people made: few, while edits of leases come by the thousand. */
  readonly #pendingOfPeople = new Set<ZoneEdit>()

  /** `wallMs`: wall time, for serials that follow it. */
  constructor(dns: DnsServer, wallMs: () => number) {
    this.#dns = dns
    this.#wallMs = wallMs
  }

  zoneNamed(name: string, client: Ipv4): ZoneIdentity | undefined {
    const key = knownName(name)?.key
    const zone = key === undefined ? undefined : this.#seenBy(client).closest(key)
    return zone?.key === key ? ofOurOwn(zone) : undefined
  }

  zoneEnclosing(name: string, client: Ipv4): ZoneIdentity | undefined {
    const key = knownName(name)?.key
    return key === undefined ? undefined : ofOurOwn(this.#seenBy(client).closest(key))
  }

  #seenBy(client: Ipv4): SeenZones {
    return this.#dns.zones.seenFrom(this.#dns.views.viewOf(client, undefined))
  }

  /** What is served at a name, and what people have put there that is on its way to the disk. */
  recordsAt(zoneId: number, name: string): readonly DnsRecord[] {
    const served = this.#dns.zones.byId(zoneId)?.recordsNamed(name) ?? []
    if (this.#pendingOfPeople.size === 0) return served
    const key = knownName(name)?.key
    const planned = [...this.#pendingOfPeople].flatMap((edit) => edit.add.filter((record) => record.enabled))
    return [...served, ...planned.filter((record) => record.zoneId === zoneId && keyOf(record.name) === key)]
  }

  reverseNameOf(address: Ipv4): string {
    return this.#dns.zones.reverseNameOf(address)
  }

  /** What is served of a lease, in the order of the records' making. */
  recordsOfLease(address: Ipv4): readonly DnsRecord[] {
    return [...this.#dns.zones.recordsOfLease(address)].sort((a, b) => a.id - b.id)
  }

  /** Edits of a zone that are planned and not applied yet. */
  pending(zoneId: number): readonly ZoneEdit[] {
    return this.#pending.get(zoneId) ?? []
  }

  /** The serial of the zone when everything under way is on disk. */
  lastSerial(zoneId: number): number {
    return this.pending(zoneId).at(-1)?.serialAfter ?? this.#dns.zones.byId(zoneId)?.serial ?? 0
  }

  /** The serial that the zone's next edit gets, by the zone's policy. */
  nextSerial(zoneId: number): number {
    return serialBy(this.#dns.zones.byId(zoneId)?.serialPolicy, this.lastSerial(zoneId), this.#wallMs())
  }

  /**
   * Gives an edit its place behind all others of its zone. To be followed by settled(). `wanted`: the serial that it
   * gets if that is newer than the present one.
   */
  number(edit: UnnumberedEdit, wanted?: number): ZoneEdit {
    const serialBefore = this.lastSerial(edit.zoneId)
    const isWanted = wanted !== undefined && isNewerSerial(wanted, serialBefore)
    const numbered: ZoneEdit = { ...edit, serialBefore, serialAfter: isWanted ? wanted : this.nextSerial(edit.zoneId) }
    const list = this.#pending.get(edit.zoneId)
    if (list === undefined) this.#pending.set(edit.zoneId, [numbered])
    else list.push(numbered)
    if (edit.add.some((record) => record.owner.kind !== 'lease')) this.#pendingOfPeople.add(numbered)
    return numbered
  }

  /** The edit is on disk, and becomes visible to the next query, or it is not and never was. */
  settled(edit: ZoneEdit, durable: boolean): void {
    const list = this.#pending.get(edit.zoneId)
    const at = list?.indexOf(edit) ?? -1
    if (at >= 0) list?.splice(at, 1)
    this.#pendingOfPeople.delete(edit)
    if (!durable) return
    this.#dns.applyEdit(edit)
    this.onApplied(edit)
  }
}

/** Nothing is put into a copy. */
const ofOurOwn = (live: LiveZone | undefined): ZoneIdentity | undefined => (live?.isSecondary === true ? undefined : live?.identity)
