/** All rows of a version that came, before it is served: what stays of the copy, and what is new. */
import { TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import type { NewVersion } from './incoming.ts'
import { rowOf } from './journal.ts'

/** The SOA too. The copy must not change meanwhile. */
export function* rowsAfter(live: LiveZone, { soaRow, remove, add }: NewVersion): IterableIterator<ZoneRow> {
  yield soaRow
  const gone = new Set(remove.map((record) => record.id))
  for (const place of live.places()) if (!gone.has(live.idAtPlace(place))) yield live.rowAtPlace(place)
  for (const record of add) yield* rowOf(record)
}

/** The rdata of the ZONEMD records at the apex. */
export function apexDigests(live: LiveZone, { remove, add }: NewVersion): readonly Uint8Array[] {
  const gone = new Set(remove.map((record) => record.id))
  const stay = live.recordsAt(live.key).filter((record) => record.type === 'ZONEMD' && !gone.has(record.id))
  const come = add.filter((record) => record.type === 'ZONEMD' && live.isApex(record.name))
  return [...stay, ...come].flatMap((record) => rowOf(record).filter((row) => row.type === TYPE.ZONEMD).map((row) => row.rdata))
}
