/**
 * All zones, found by the longest name that encloses a query's (RFC 1034 §4.3.2 step 2). A zone is of everybody or of one
 * view; a name may be a zone in several views, and one of everybody besides. From a view its own zones and those of
 * everybody are seen: of two that hold a name the longer counts, of two of one name the view's own.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { type DnsRecord, splitZoneText, zoneText } from '../../model/index.ts'
import { knownName, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { ClasslessZones, nameInBlock } from './classless.ts'
import { LeaseZones } from './lease-zones.ts'
import { reverseName } from './reverse.ts'
import type { LiveZone } from './zone.ts'

/** Parents of names kept in mind; siblings are asked for together. */
const READY_NAMES = 1024
const NO_ZONE = Symbol('no zone')

/** What somebody sees of the zones. */
export interface SeenZones {
  /** The zone with the longest name that encloses a name given as a key. */
  closest(key: NameKey): LiveZone | undefined
  /** True when a zone of ours lies below: then the name exists, at least as an empty non-terminal (RFC 8020). */
  hasZoneBelow(key: NameKey): boolean
}

/** The zones of one view, or those of everybody. */
class ZoneLayer implements SeenZones {
  readonly #zones = new Map<NameKey, LiveZone>()
  /** Those of them that queries are answered from: all but policy zones. */
  readonly #answering = new Map<NameKey, LiveZone>()
  #hidden: ReadonlySet<NameKey> = new Set()
  /** What encloses names that were asked for lately, at or above them. */
  readonly #enclosing = new Map<NameKey, LiveZone | typeof NO_ZONE>()
  /** How many zones lie below a name. */
  readonly #above = new Map<NameKey, number>()

  get(key: NameKey): LiveZone | undefined {
    return this.#zones.get(key)
  }

  get size(): number {
    return this.#zones.size
  }

  closest(key: NameKey): LiveZone | undefined {
    const own = this.#answering.get(key)
    if (own !== undefined || key.length === 1) return own
    const parent = parentKey(key)
    const before = this.#enclosing.get(parent)
    if (before !== undefined) return before === NO_ZONE ? undefined : before
    let at = parent
    let zone = this.#answering.get(at)
    while (zone === undefined && at.length > 1) zone = this.#answering.get((at = parentKey(at)))
    if (this.#enclosing.size >= READY_NAMES) this.#enclosing.clear()
    this.#enclosing.set(parent, zone ?? NO_ZONE)
    return zone
  }

  hasZoneBelow(key: NameKey): boolean {
    return this.#above.has(key)
  }

  add(zone: LiveZone): void {
    this.#zones.set(zone.key, zone)
    if (!this.#hidden.has(zone.key)) this.#show(zone)
  }

  remove(zone: LiveZone): void {
    this.#zones.delete(zone.key)
    if (!this.#hidden.has(zone.key)) this.#hide(zone)
  }

  hides(key: NameKey): boolean {
    return this.#hidden.has(key)
  }

  /** These zones, if they are here, are not answered from; all others are. */
  hideOnly(keys: ReadonlySet<NameKey>): void {
    for (const [key, zone] of this.#zones) {
      if (keys.has(key) && !this.#hidden.has(key)) this.#hide(zone)
      if (!keys.has(key) && this.#hidden.has(key)) this.#show(zone)
    }
    this.#hidden = keys
  }

  #show(zone: LiveZone): void {
    this.#answering.set(zone.key, zone)
    this.#enclosing.clear()
    this.#countAbove(zone.key, 1)
  }

  #hide(zone: LiveZone): void {
    this.#answering.delete(zone.key)
    this.#enclosing.clear()
    this.#countAbove(zone.key, -1)
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

/** A view's own zones before those of everybody. */
class ZonesOfView implements SeenZones {
  readonly own = new ZoneLayer()
  readonly #everybodys: ZoneLayer

  constructor(everybodys: ZoneLayer) {
    this.#everybodys = everybodys
  }

  closest(key: NameKey): LiveZone | undefined {
    const own = this.own.closest(key)
    const other = this.#everybodys.closest(key)
    return own !== undefined && (other === undefined || own.key.length >= other.key.length) ? own : other
  }

  hasZoneBelow(key: NameKey): boolean {
    return this.own.hasZoneBelow(key) || this.#everybodys.hasZoneBelow(key)
  }
}

/** As SeenZones: what somebody in no view sees. */
export class ZoneSet implements SeenZones {
  readonly #byId = new Map<number, LiveZone>()
  readonly #everybodys = new ZoneLayer()
  readonly #views = new Map<string, ZonesOfView>()
  readonly #leases = new LeaseZones<LiveZone>()
  readonly #classless = new ClasslessZones<LiveZone>()

  get size(): number {
    return this.#byId.size
  }

  all(): Iterable<LiveZone> {
    return this.#byId.values()
  }

  list(): readonly LiveZone[] {
    return [...this.#byId.values()]
  }

  /** By name as text, in any letter case: "lab.internal", or "lab.internal@inside" of a view. */
  get(text: string): LiveZone | undefined {
    const { name, view } = splitZoneText(text)
    const known = knownName(name)
    if (known === undefined) return undefined
    const layer = view === undefined ? this.#everybodys : this.#views.get(view)?.own
    return layer?.get(known.key)
  }

  byId(zoneId: number): LiveZone | undefined {
    return this.#byId.get(zoneId)
  }

  /** Those of exactly this name, of everybody and of each view. */
  named(key: NameKey): readonly LiveZone[] {
    const layers = [this.#everybodys, ...[...this.#views.values()].map(({ own }) => own)]
    return layers.flatMap((layer) => layer.get(key) ?? [])
  }

  /** The zone of everybody with the longest name that encloses a name given as text; a copy of the root holds nothing of ours. */
  enclosing(text: string): LiveZone | undefined {
    const known = knownName(text)
    const zone = known === undefined ? undefined : this.closest(known.key)
    return zone?.key === ROOT_KEY && zone.isSecondary ? undefined : zone
  }

  closest(key: NameKey): LiveZone | undefined {
    return this.#everybodys.closest(key)
  }

  hasZoneBelow(key: NameKey): boolean {
    return this.#everybodys.hasZoneBelow(key)
  }

  /** The name of an address's PTR record: in the zone of its block (RFC 2317) where that is here. */
  reverseNameOf(address: Ipv4): string {
    const zone = this.#classless.of(address)
    return zone === undefined ? reverseName(address) : nameInBlock(zone.identity.name, address)
  }

  /** What is served of the lease of an address, however many zones there are. */
  recordsOfLease(address: Ipv4): readonly DnsRecord[] {
    const records: DnsRecord[] = []
    for (const zone of this.#leases.of(address)) records.push(...zone.recordsOfLease(address))
    return records
  }

  /** Zones of everybody that are lists of a policy: they are kept and copied as all others, and not answered from. */
  setPolicyZones(keys: ReadonlySet<NameKey>): void {
    this.#everybodys.hideOnly(keys)
  }

  isPolicyZone({ key, identity }: LiveZone): boolean {
    return identity.view === undefined && this.#everybodys.hides(key)
  }

  /** What is seen from a view; undefined: from none. */
  seenFrom(view: string | undefined): SeenZones {
    return (view === undefined ? undefined : this.#views.get(view)) ?? this
  }

  /** Takes the place of a zone of the same name and view, which is returned. */
  add(zone: LiveZone): LiveZone | undefined {
    const old = this.get(zoneText(zone.zone))
    if (old !== undefined) this.remove(old)
    const { view } = zone.zone
    if (view !== undefined && !this.#views.has(view)) this.#views.set(view, new ZonesOfView(this.#everybodys))
    this.#layerOf(zone)?.add(zone)
    this.#byId.set(zone.zone.id, zone)
    if (view === undefined) this.#classless.add(zone.identity.name, zone)
    zone.followLeases((address, by) => this.#leases.count(zone, address, by))
    return old
  }

  remove(zone: LiveZone): void {
    const { id, view } = zone.zone
    const layer = this.#layerOf(zone)
    if (this.#byId.get(id) !== zone || layer === undefined) return
    layer.remove(zone)
    this.#byId.delete(id)
    this.#classless.remove(zone.identity.name, zone)
    zone.forgetLeases()
    if (view !== undefined && layer.size === 0) this.#views.delete(view)
  }

  #layerOf(zone: LiveZone): ZoneLayer | undefined {
    const { view } = zone.zone
    return view === undefined ? this.#everybodys : this.#views.get(view)?.own
  }
}
