/**
 * The latest edits of each zone, in order, for secondaries that have an earlier version (RFC 1995). Kept in memory and
 * bounded; who is further behind, or comes after a restart, is answered out of the stored history (history.ts).
 */
import type { DnsRecord, ZoneEdit } from '../../model/index.ts'
import { ABSOLUTE, parseName } from '../wire/name.ts'
import { parseRdataText } from '../wire/rdata.ts'
import { typeCode } from '../wire/type-names.ts'
import { isNewerSerial } from '../zone/serial.ts'
import { soaWithSerial, type LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'

/** Rows of edits kept for a zone, about 3 MB: a day of a busy LAN's leases. */
export const JOURNAL_ROWS = 20_000

type Chain = { readonly edits: ZoneEdit[]; rows: number }

const rowsOf = (edit: ZoneEdit): number => edit.remove.length + edit.add.length

export class Journal {
  /** By zone; each edit begins with the serial with which the one before ended. */
  readonly #chains = new Map<number, Chain>()

  /** An edit has taken effect. */
  note(edit: ZoneEdit): void {
    const chain = this.#chains.get(edit.zoneId)
    // An edit without rows keeps the place of a change of the SOA, of which the journal knows nothing.
    if (rowsOf(edit) === 0) return this.forget(edit.zoneId)
    if (chain === undefined || chain.edits.at(-1)?.serialAfter !== edit.serialBefore) {
      this.#chains.set(edit.zoneId, { edits: [edit], rows: rowsOf(edit) })
      return
    }
    chain.edits.push(edit)
    chain.rows += rowsOf(edit)
    if (chain.rows > JOURNAL_ROWS) shorten(chain)
  }

  forget(zoneId: number): void {
    this.#chains.delete(zoneId)
  }

  /**
   * The records of an incremental answer (RFC 1995 §4) from version `serial` to the present: the SOA, for each version
   * the old SOA, what went, the new SOA, what came; and the SOA again. undefined: the zone as a whole is to be sent,
   * because the way from there is not known, or is longer, or its signatures are made here.
   */
  rowsSince(zone: LiveZone, serial: number): readonly ZoneRow[] | undefined {
    const { soa } = zone
    const present = { owner: soa.name, type: soa.type, ttl: soa.ttl, rdata: soa.rdata[0] as Uint8Array }
    const current = zone.zone.serial
    if (!isNewerSerial(current, serial)) return [present]
    if (zone.security?.isMade === true) return undefined
    const edits = this.#chains.get(zone.zone.id)?.edits ?? []
    const from = edits.findIndex((edit) => edit.serialBefore === serial)
    if (from < 0 || edits.at(-1)?.serialAfter !== current) return undefined
    const versions = edits.slice(from)
    if (versions.reduce((sum, edit) => sum + rowsOf(edit), 0) > zone.size) return undefined
    const soaAt = (version: number): ZoneRow => ({ ...present, rdata: soaWithSerial(soa, version).rdata[0] as Uint8Array })
    const changes = versions.flatMap((edit) =>
      [soaAt(edit.serialBefore), ...edit.remove.flatMap(rowOf), soaAt(edit.serialAfter), ...edit.add.flatMap(rowOf)])
    return [present, ...changes, present]
  }
}

/** Drops the oldest half, so that this is rare. */
function shorten(chain: Chain): void {
  let dropped = 0
  while (chain.rows > JOURNAL_ROWS / 2 && dropped < chain.edits.length) chain.rows -= rowsOf(chain.edits[dropped++] as ZoneEdit)
  chain.edits.splice(0, dropped)
}

/** Records that are served are well formed; another has no row there either. */
export function rowOf(record: Pick<DnsRecord, 'name' | 'type' | 'ttl' | 'data'>): readonly ZoneRow[] {
  const owner = parseName(record.name)
  const type = typeCode(record.type)
  const rdata = type === undefined ? undefined : parseRdataText(type, record.data, ABSOLUTE)
  return owner.ok && type !== undefined && rdata?.ok === true ? [{ owner: owner.value, type, ttl: record.ttl, rdata: rdata.value }] : []
}
