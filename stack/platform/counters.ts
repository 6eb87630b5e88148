/**
 * Named counters: one slot of a typed array each, so that counting on the hot path is an addition.
 * A layer declares its names once; every drop reason of the wire formats has one.
 */
import { assert } from './assert.ts'

/** How every counter is called: words in lower case joined by hyphens, as 'dropped-truncated'. */
export const COUNTER_NAME = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/

export class Counters<Name extends string> {
  readonly names: readonly Name[]
  readonly #values: Float64Array
  readonly #slots: Map<string, number>

  constructor(names: readonly Name[]) {
    for (const name of names) assert(COUNTER_NAME.test(name), `a counter is called like the others: ${name}`)
    this.names = names
    this.#values = new Float64Array(names.length)
    this.#slots = new Map(names.map((name, slot) => [name, slot]))
  }

  /** The slot of a name, to be looked up once, outside the hot path. */
  slot(name: Name): number {
    return this.#slots.get(name) as number
  }

  /** HOT: counts by slot. */
  bump(slot: number): void {
    this.#values[slot] = (this.#values[slot] as number) + 1
  }

  /** Counts by name: a map look-up, no allocation. */
  count(name: Name, by = 1): void {
    const slot = this.#slots.get(name) as number
    this.#values[slot] = (this.#values[slot] as number) + by
  }

  get(name: Name): number {
    return this.#values[this.#slots.get(name) as number] as number
  }

  /** All of them, in the order of their declaration. */
  all(): Record<string, number> {
    return Object.fromEntries(this.names.map((name, slot) => [name, this.#values[slot] as number]))
  }

  /** All that are not zero. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.all()).filter(([, value]) => value !== 0))
  }
}
