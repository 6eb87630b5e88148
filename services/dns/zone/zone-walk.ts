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

/** What a walk gives, one after the other. */
export interface ZoneWalk {
  /** undefined: there are no more, and the walk is over. */
  next(): ZoneRow | undefined
  close(): void
}

/** A walk over slots, each of which holds something or nothing. */
export class SlotWalk<T> {
  readonly #end: number
  /** undefined for a slot that holds nothing. */
  readonly #read: (slot: number) => T | undefined
  readonly #closed: (walk: SlotWalk<T>) => void
  #slot = 0
  /** What is gone meanwhile. */
  readonly #saved: T[] = []
  /** Slots ahead that hold what was not there, or what is saved. */
  readonly #passed = new Set<number>()

  /** `end`: slots from there on hold nothing yet. */
  constructor(end: number, read: (slot: number) => T | undefined, closed: (walk: SlotWalk<T>) => void) {
    this.#end = end
    this.#read = read
    this.#closed = closed
  }

  /** undefined: there are no more, and the walk is over. */
  next(): T | undefined {
    while (this.#slot < this.#end) {
      const slot = this.#slot++
      const held = this.#passed.delete(slot) ? undefined : this.#read(slot)
      if (held !== undefined) return held
    }
    const saved = this.#saved.pop()
    if (saved === undefined) this.close()
    return saved
  }

  /** What a slot holds is about to go. */
  removing(slot: number): void {
    if (slot < this.#slot || slot >= this.#end || this.#passed.has(slot)) return
    const held = this.#read(slot)
    if (held !== undefined) this.#saved.push(held)
    this.#passed.add(slot)
  }

  /** Something has come into a slot. */
  added(slot: number): void {
    if (slot >= this.#slot && slot < this.#end) this.#passed.add(slot)
  }

  /** Edits need not tell any more. */
  close(): void {
    this.#closed(this)
  }
}
