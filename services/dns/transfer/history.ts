/**
 * Incremental answers (RFC 1995) out of the stored history of a zone, for secondaries that are further behind than the
 * journal in memory: however long ago, as long as the history goes back. It is read from its end, in pieces and by
 * another thread, so that neither queries nor commits wait for it.
 */
import type { DnsRecord } from '../../model/index.ts'
import { isNewerSerial } from '../zone/serial.ts'
import { soaWithSerial, type LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'
import { rowOf } from './journal.ts'

/** A record added or removed, as the history has it. */
export type HistoryRow = Pick<DnsRecord, 'name' | 'type' | 'ttl' | 'data' | 'enabled'> & {
  readonly action: 'add' | 'remove'
  /** Of the zone after the edit. */
  readonly serial: number
  /** Of the zone before it; undefined: no increment leads from there, or nobody noted it. */
  readonly serialBefore: number | undefined
}
export type HistoryPiece = {
  /** Newest first. */
  readonly rows: readonly HistoryRow[]
  /** Where the next piece ends; undefined: the history begins here. */
  readonly next: number | undefined
}
/** Reads the piece of a zone's history that ends before `before`, or at its end. */
export type ReadHistory = (zoneId: number, before: number | undefined) => Promise<HistoryPiece>

/** Rows of one answer; a zone of which more has changed goes out whole. About 60 MB. */
export const MAX_HISTORY_ROWS = 200_000

type Version = { readonly before: number; readonly serial: number; readonly rows: HistoryRow[] }

/**
 * The rows of an answer from version `known` to the one that is served now, as Journal.rowsSince gives them. undefined:
 * the whole zone is to be sent, because the way is not known, or is longer.
 */
export async function rowsFromHistory(read: ReadHistory, zone: LiveZone, known: number): Promise<readonly ZoneRow[] | undefined> {
  const { soa, zone: { id, serial: current } } = zone
  const most = Math.min(MAX_HISTORY_ROWS, zone.size)
  const versions = await versionsBetween(read, id, current, known, most)
  if (versions === undefined) return undefined
  const soaAt = (serial: number): ZoneRow => ({ owner: soa.name, type: soa.type, ttl: soa.ttl, rdata: soaWithSerial(soa, serial).rdata[0] as Uint8Array })
  const rows: ZoneRow[] = [soaAt(current)]
  for (const version of versions.reverse()) {
    // A history has each edit's rows in their order: what went before what came.
    const served = version.rows.filter((row) => row.enabled).reverse()
    rows.push(soaAt(version.before))
    for (const row of served) if (row.action === 'remove') rows.push(...rowOf(row))
    rows.push(soaAt(version.serial))
    for (const row of served) if (row.action === 'add') rows.push(...rowOf(row))
  }
  rows.push(soaAt(current))
  return rows
}

/** Newest first; each begins where the next one in the list ends. */
async function versionsBetween(
  read: ReadHistory, zoneId: number, current: number, known: number, most: number,
): Promise<Version[] | undefined> {
  const versions: Version[] = []
  let before: number | undefined
  let count = 0
  for (;;) {
    const piece = await read(zoneId, before)
    for (const row of piece.rows) {
      const last = versions.at(-1)
      if (last?.serial === row.serial) {
        last.rows.push(row)
      } else {
        if (last?.before === known) return versions
        // What is on disk and not served yet belongs to no answer.
        if (last === undefined && isNewerSerial(row.serial, current)) continue
        // A step that left no rows, as another SOA does, cannot be told by rows.
        if (row.serialBefore === undefined || row.serial !== (last?.before ?? current) || !isNewerSerial(row.serial, known)) return undefined
        versions.push({ before: row.serialBefore, serial: row.serial, rows: [row] })
      }
      if (++count > most) return undefined
    }
    if (piece.next === undefined) return versions.at(-1)?.before === known ? versions : undefined
    before = piece.next
  }
}
