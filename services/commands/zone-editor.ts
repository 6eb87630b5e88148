/**
 * The way of a person's change of zones: planned against what is served and under way, numbered, stored in one
 * transaction, and then visible. Used by every command that edits records.
 */
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import type { Change, DnsServer } from '../dns/index.ts'
import type { Answer } from '../facade.ts'
import { type Zone, type ZoneEdit, zoneText } from '../model/index.ts'
import type { Write } from '../storage/store.ts'
import type { ZoneBook } from '../zone-book.ts'
import type { CommandTurns } from './turns.ts'
import { missing } from './turns.ts'

export type ZoneEditorOptions = {
  readonly clock: Clock
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly turns: CommandTurns
}

export type SoaChange = Partial<Omit<Zone, 'id' | 'name'>>

export type ZoneChange = {
  readonly zone: string
  readonly change: Change
  /** New SOA fields; a serial in them is taken if it is newer than the zone's. */
  readonly soa?: SoaChange | undefined
  readonly author?: string | undefined
}

export class ZoneEditor {
  readonly #o: ZoneEditorOptions

  constructor(options: ZoneEditorOptions) {
    this.#o = options
  }

  /**
   * All of it or nothing. To be called within a turn. The edits come in the order of the changes; one of a zone in which
   * nothing would change has the serial that is there. With `dryRun` nothing is done, and the edits say what would be.
   */
  async commit(changes: readonly ZoneChange[], dryRun = false): Answer<readonly ZoneEdit[]> {
    const planned: { readonly edit: ZoneEdit; readonly zone: Zone; readonly soa: SoaChange | undefined }[] = []
    for (const { zone: name, change, soa, author } of changes) {
      const zone = this.#o.dns.zones.get(name)?.zone
      if (zone === undefined) return missing(`zone ${name}`)
      const edit = this.#o.dns.planEdit(name, change, this.#o.zones.pending(zone.id))
      if (!edit.ok) return edit
      planned.push({ edit: { ...edit.value, author }, zone, soa })
    }
    const writes: Write[] = []
    const edits: ZoneEdit[] = []
    const settling: ((durable: boolean) => void)[] = []
    const at = this.#o.clock.wallMs()
    for (const { edit, zone, soa } of planned) {
      const serial = this.#o.zones.lastSerial(zone.id)
      if (edit.add.length + edit.remove.length === 0 && !differs(zone, soa)) {
        edits.push({ ...edit, serialBefore: serial, serialAfter: serial })
        continue
      }
      if (dryRun) {
        edits.push({ ...edit, serialBefore: serial, serialAfter: this.#o.zones.nextSerial(zone.id) })
        continue
      }
      const numbered = this.#o.zones.number(edit, soa?.serial)
      const { serialAfter } = numbered
      edits.push(numbered)
      if (soa !== undefined) writes.push({ kind: 'zone-put', zone: { ...zone, ...soa, serial: serialAfter } })
      writes.push({ kind: 'zone-edit', at, edit: numbered })
      writes.push({ kind: 'event', at, event: 'zone.changed', facts: { zone: zoneText(zone), serial: serialAfter, how: 'edited' } })
      settling.push((durable) => {
        const live = this.#o.dns.zones.byId(zone.id)?.zone
        this.#o.zones.settled(numbered, durable)
        // Afterwards: the journal, which knows no change of the SOA, forgets this edit too.
        if (durable && soa !== undefined && live !== undefined) this.#o.dns.changeZone({ ...live, ...soa, serial: serialAfter })
      })
    }
    if (writes.length === 0) return ok(edits)
    const stored = await this.#o.turns.store(writes)
    for (const settle of settling) settle(stored.ok)
    return stored.ok ? ok(edits) : err(stored.error)
  }
}

const differs = (zone: Zone, soa: SoaChange | undefined): boolean =>
  soa !== undefined && Object.entries(soa).some(([field, value]) => field !== 'serial' && zone[field as keyof Zone] !== value)
