/**
 * The zones that are served, and the one way in which they change while queries go on: each change says to the answer
 * table which finished responses are over, and to the journal what secondaries will ask for.
 */
import { err } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { refusal, zoneText } from '../../model/index.ts'
import type { DnsRecord, Refusal, TraceStep, Zone, ZoneEdit } from '../../model/index.ts'
import type { Signing } from '../dnssec/signing.ts'
import type { ZoneSigning } from '../dnssec/signing-keys.ts'
import type { Transfers } from '../transfer/transfers.ts'
import { hasWildcardLabel, knownName } from '../wire/name.ts'
import { planEdit } from '../zone/changes.ts'
import type { Change } from '../zone/changes.ts'
import { isNewerSerial } from '../zone/serial.ts'
import { isServed } from '../zone/shelf.ts'
import { LiveZone } from '../zone/zone.ts'
import type { ZoneSet } from '../zone/zone-set.ts'
import type { AnswerTable } from './answer-table.ts'

export type ServedZonesOptions = {
  readonly zones: ZoneSet
  readonly table: AnswerTable
  readonly transfers: Transfers
  /** The zone of this id is gone. */
  readonly forgetUpdates: (zoneId: number) => void
  readonly signing: Signing
  /** Ids for new records; without it they count on from the highest one known. */
  readonly nextRecordId: (() => number) | undefined
  readonly emit: (id: 'dns.zone.edited', facts: TraceStep[1]) => void
}

/** What is said to who would edit a copy. */
export const isCopy = (zoneName: string): Refusal =>
  refusal('conflict', '', `${zoneName} is a copy of its primary's zone, which only a transfer changes`, 'change it at its primary, or make this server its primary: zone promote')

export class ServedZones {
  /** A zone has another serial, or is new. */
  onChanged: (zone: LiveZone) => void = () => {}
  /** A zone is gone. */
  onRemoved: (zone: LiveZone) => void = () => {}
  readonly #o: ServedZonesOptions
  readonly #nextRecordId: () => number
  #lastRecordId = 0

  constructor(options: ServedZonesOptions) {
    this.#o = options
    this.#nextRecordId = options.nextRecordId ?? (() => ++this.#lastRecordId)
  }

  /**
   * Checks a change against the zone as it is served and makes the edit to be stored; changes nothing. Edits of one
   * zone are applied in the order in which they were planned; one that is planned while others are on their way to the
   * store names them in `after`, oldest first, and is planned again when one of those fails.
   */
  planEdit(zoneName: string, change: Change, after: readonly ZoneEdit[] = []): Result<ZoneEdit, Refusal> {
    const zone = this.#o.zones.get(zoneName)
    if (zone === undefined) return err(refusal('not-found', '', `there is no zone ${zoneName}`, 'list the zones'))
    if (zone.isSecondary) return err(isCopy(zoneName))
    return planEdit(zone, change, this.#nextRecordId, after)
  }

  /** An id that no record has had. */
  nextRecordId(): number {
    return this.#nextRecordId()
  }

  /** After the edit is durable: the next query sees it. Nothing happens when the zone is gone meanwhile. */
  applyEdit(whole: ZoneEdit): void {
    const zone = this.#o.zones.byId(whole.zoneId)
    if (zone === undefined) return
    const edit = served(whole)
    const serial = isNewerSerial(edit.serialAfter, zone.serial) ? edit.serialAfter : zone.serial
    const touched = zone.apply(whole.remove, whole.add, serial)
    for (const record of whole.add) this.#noteId(record)
    this.#o.transfers.edited(edit)
    const resecured = touched.has(zone.key) && this.#o.signing.edited(zone)
    this.#o.table.edited(zone.slot, touched, zone.key, serial, resecured || reshapes(edit))
    const facts = { zone: zoneText(zone.identity), removed: edit.remove.length, added: edit.add.length, serial }
    this.#o.emit('dns.zone.edited', facts)
    this.onChanged(zone)
  }

  /** A copy of another server's zone has come to a new version, which is durable: all of it is served from now on. */
  applyVersion(live: LiveZone, zone: Zone, edit: ZoneEdit): void {
    const before = live.zone
    live.change(zone)
    const touched = live.apply(edit.remove, edit.add, edit.serialAfter)
    for (const record of edit.add) this.#noteId(record)
    const sameSoa = hasSameSoa(before, zone)
    // Of another SOA than its serial the journal knows nothing.
    if (sameSoa && live.isServed) this.#o.transfers.journal.note(edit)
    else this.#o.transfers.journal.forget(zone.id)
    const resecured = this.#o.signing.edited(live)
    this.#o.table.edited(live.slot, touched, live.key, edit.serialAfter, resecured || !sameSoa || reshapes(edit))
    this.onChanged(live)
  }

  /** A copy is given out, or not: too old, or not there yet. */
  setServed(live: LiveZone, isServed: boolean): void {
    if (live.isServed === isServed) return
    live.isServed = isServed
    this.#o.table.edited(live.slot, [live.key], live.key, live.zone.serial, true)
  }

  /** Replaces a zone of the same name and view. */
  addZone(zone: Zone, records: Iterable<DnsRecord>): void {
    const live = new LiveZone(zone, this.#noted(records))
    const old = this.#o.zones.get(zoneText(zone))
    if (old !== undefined) this.#o.table.removeZone(old.slot)
    if (old !== undefined && old.identity.id !== zone.id) this.#o.signing.forget(old.identity.id)
    this.#o.transfers.journal.forget(zone.id)
    live.slot = this.#o.table.addZone(zone.serial)
    this.#o.zones.add(live)
    this.#o.signing.attach(live)
    // Names may have been answered from the cache or refused until now.
    this.#o.table.clear()
    this.onChanged(live)
  }

  /** New SOA fields for the zone of this name; records stay. */
  changeZone(zone: Zone): void {
    const live = this.#o.zones.get(zoneText(zone))
    if (live === undefined) return
    live.change(zone)
    this.#o.transfers.journal.forget(zone.id)
    this.#o.table.edited(live.slot, [live.key], live.key, zone.serial, true)
    this.onChanged(live)
  }

  /** Signs a zone with these keys, or no longer; the next query sees it. Nothing happens when there is no such zone. */
  setSigning(zoneId: number, signing: ZoneSigning | undefined): void {
    const zone = this.#o.zones.byId(zoneId)
    if (zone === undefined) return
    this.#o.signing.set(zone, signing)
    this.#o.table.edited(zone.slot, [zone.key], zone.key, zone.zone.serial, true)
  }

  /** False when there is none of that name: "lab.internal", or "lab.internal@inside" of a view. */
  removeZone(zoneName: string): boolean {
    const zone = this.#o.zones.get(zoneName)
    if (zone === undefined) return false
    this.#o.zones.remove(zone)
    this.#o.transfers.forget(zone.zone.id)
    this.#o.forgetUpdates(zone.zone.id)
    this.#o.signing.forget(zone.zone.id)
    this.#o.table.removeZone(zone.slot)
    this.#o.table.clear()
    this.onRemoved(zone)
    return true
  }

  #noteId(record: DnsRecord): void {
    if (record.id > this.#lastRecordId) this.#lastRecordId = record.id
  }

  /** The same rows, noted on the way: they may come from a disk, so they are walked through once. */
  *#noted(records: Iterable<DnsRecord>): Iterable<DnsRecord> {
    for (const record of records) {
      this.#noteId(record)
      yield record
    }
  }
}

/** Whether a SOA of the one would differ from the other's by no more than its serial. */
export const hasSameSoa = (a: Zone, b: Zone): boolean =>
  a.primaryServer === b.primaryServer && a.hostmaster === b.hostmaster && a.refresh === b.refresh && a.retry === b.retry &&
  a.expire === b.expire && a.minimum === b.minimum && (a.soaTtl ?? a.defaultTtl) === (b.soaTtl ?? b.defaultTtl)

/** The edit as queries and secondaries see it: of what is not served they know nothing. */
function served(edit: ZoneEdit): ZoneEdit {
  if (edit.remove.every(isServed) && edit.add.every(isServed)) return edit
  return { ...edit, remove: edit.remove.filter(isServed), add: edit.add.filter(isServed) }
}

/** Whether an edit can change answers for other names than its own: delegations hide, DNAMEs redirect, wildcards stand in, empty ones too. */
function reshapes(edit: ZoneEdit): boolean {
  const does = (record: DnsRecord): boolean => {
    const key = record.name.includes('*') ? knownName(record.name)?.key : undefined
    return record.type === 'NS' || record.type === 'DNAME' || (key !== undefined && hasWildcardLabel(key))
  }
  return edit.remove.some(does) || edit.add.some(does)
}
