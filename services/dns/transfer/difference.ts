/**
 * What a transfer makes of the copy at hand: which rows go, and which come. Nothing is changed while it is gathered;
 * the copy itself does not change meanwhile, because nothing but a transfer changes it.
 */
import type { DnsRecord } from '../../model/index.ts'
import { PLAIN_RECORD } from '../../model/index.ts'
import { formatName, nameKey } from '../wire/name.ts'
import { foldedRdata, formatRdata } from '../wire/rdata.ts'
import { typeName } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { ZoneRow } from '../zone/zone-walk.ts'

/** Rows that one transfer may bring: as many as a master file may have. */
export const MAX_NEW_ROWS = 1_000_000

export type Difference = { readonly remove: readonly DnsRecord[]; readonly add: readonly DnsRecord[] }

const latin1 = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
/** Rows with equal keys are the same record (RFC 2181 §5): letter case of names tells none apart, TTLs neither. */
const keyOfRow = (row: ZoneRow): string => `${row.type} ${latin1(foldedRdata(row.type, row.rdata))} ${nameKey(row.owner)}`

export class GatheredDifference {
  readonly #live: LiveZone
  /** True: a row is gone unless it comes. False: it stays unless it goes. */
  readonly #whole: boolean
  /** Rows of the copy by their place: those that came again, or those that went. */
  readonly #marked = new Set<number>()
  /** As they will be stored: made as they come, a message at a time, and not all of them in the end. */
  readonly #new = new Map<string, DnsRecord>()
  readonly #nextId: () => number

  /** `whole`: all rows of the new version are to come, as in AXFR; else what went and what came, as in IXFR. `nextId` numbers new rows. */
  constructor(live: LiveZone, whole: boolean, nextId: () => number) {
    this.#live = live
    this.#whole = whole
    this.#nextId = nextId
  }

  get isWhole(): boolean {
    return this.#whole
  }

  get newRows(): number {
    return this.#new.size
  }

  /** A row of the new version. False: it is there already, which IXFR does not say of a copy like the primary's. */
  add(row: ZoneRow): boolean {
    const key = keyOfRow(row)
    if (this.#new.has(key)) return this.#whole
    const place = this.#live.placeOf(row)
    if (place >= 0) {
      const same = this.#live.isWritten(place, row)
      if (this.#whole) {
        if (this.#marked.has(place)) return true
        if (same) {
          this.#marked.add(place)
          return true
        }
      } else {
        if (!this.#marked.has(place)) return false
        if (same) {
          this.#marked.delete(place)
          return true
        }
      }
    }
    this.#new.set(key, recordOfRow(row, this.#live.zone.id, this.#nextId()))
    return true
  }

  /** A row that is in the new version no more. False: it was not there. */
  remove(row: ZoneRow): boolean {
    if (this.#new.delete(keyOfRow(row))) return true
    const place = this.#live.placeOf(row)
    if (place < 0 || this.#marked.has(place)) return false
    this.#marked.add(place)
    return true
  }

  /** Gathers no more. */
  end(): Difference {
    const remove: DnsRecord[] = []
    for (const place of this.#whole ? this.#live.places() : this.#marked) {
      if (!this.#whole || !this.#marked.has(place)) remove.push(this.#live.recordAtPlace(place))
    }
    return { remove, add: [...this.#new.values()] }
  }
}

const recordOfRow = ({ owner, type, ttl, rdata }: ZoneRow, zoneId: number, id: number): DnsRecord => ({
  ...PLAIN_RECORD, id, zoneId, name: formatName(owner), type: typeName(type), ttl, data: formatRdata(type, rdata), owner: { kind: 'transfer' },
})
