/**
 * All rows of a zone as it was when the walk began, however long it takes: what an edit is about to take away is read
 * before, and what it brings is passed over. A walk costs an edit nothing but that; its memory is bounded by the rows
 * that were there.
 */
import type { Name } from '../wire/name.ts'

export type ZoneRow = {
  readonly owner: Name
  readonly type: number
  /** Seconds. */
  readonly ttl: number
  readonly rdata: Uint8Array
}

export class ZoneWalk {
  readonly #end: number
  /** undefined for a slot that holds no row. */
  readonly #read: (slot: number) => ZoneRow | undefined
  readonly #closed: (walk: ZoneWalk) => void
  #slot = 0
  /** Rows that are gone meanwhile. */
  readonly #saved: ZoneRow[] = []
  /** Slots ahead that hold what was not there, or whose row is saved. */
  readonly #passed = new Set<number>()

  /** `end`: slots from there on hold nothing yet. */
  constructor(end: number, read: (slot: number) => ZoneRow | undefined, closed: (walk: ZoneWalk) => void) {
    this.#end = end
    this.#read = read
    this.#closed = closed
  }

  /** undefined: there are no more, and the walk is over. */
  next(): ZoneRow | undefined {
    while (this.#slot < this.#end) {
      const slot = this.#slot++
      const row = this.#passed.delete(slot) ? undefined : this.#read(slot)
      if (row !== undefined) return row
    }
    const row = this.#saved.pop()
    if (row === undefined) this.close()
    return row
  }

  /** The row of a slot is about to go. */
  removing(slot: number): void {
    if (slot < this.#slot || slot >= this.#end || this.#passed.has(slot)) return
    const row = this.#read(slot)
    if (row !== undefined) this.#saved.push(row)
    this.#passed.add(slot)
  }

  /** A row has come into a slot. */
  added(slot: number): void {
    if (slot >= this.#slot && slot < this.#end) this.#passed.add(slot)
  }

  /** Edits need not tell any more. */
  close(): void {
    this.#closed(this)
  }
}
