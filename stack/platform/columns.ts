/**
 * Columns: tables of a million rows as typed arrays, where objects would take a gigabyte. A row is a slot, an index into
 * all its columns. Here is how slots are found (by an integer, by a hash) and where what has no fixed length lies. All
 * of it is bounded by what is put in.
 */
import { copy } from './bytes.ts'

/** An integer's bits well mixed (Fibonacci hashing with a fold); neighbouring addresses must not fill one run. */
const mix = (value: number): number => {
  const h = Math.imul(value ^ (value >>> 16), 0x9e37_79b1)
  return (h ^ (h >>> 15)) >>> 0
}

const EMPTY = -1
const FIRST_CAPACITY = 1024
/** Fuller than this and runs grow long. */
const MOST_LOAD = 0.6

/**
 * Integer → slot (0 or more). Open addressing with linear probing; a removal shifts back what followed, so no
 * gravestones pile up.
 */
export class SlotIndex {
  #keys = new Int32Array(FIRST_CAPACITY)
  #slots = new Int32Array(FIRST_CAPACITY).fill(EMPTY)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** −1 when the key is not there. */
  get(key: number): number {
    const mask = this.#slots.length - 1
    for (let i = mix(key) & mask; ; i = (i + 1) & mask) {
      const slot = this.#slots[i] as number
      if (slot === EMPTY || this.#keys[i] === key) return slot
    }
  }

  /** Puts a slot in, or another one in its place. */
  set(key: number, slot: number): void {
    if (this.#size + 1 > this.#slots.length * MOST_LOAD) this.#grow()
    const mask = this.#slots.length - 1
    let i = mix(key) & mask
    while (this.#slots[i] !== EMPTY && this.#keys[i] !== key) i = (i + 1) & mask
    if (this.#slots[i] === EMPTY) this.#size++
    this.#keys[i] = key
    this.#slots[i] = slot
  }

  delete(key: number): void {
    const mask = this.#slots.length - 1
    let i = mix(key) & mask
    while (this.#slots[i] !== EMPTY && this.#keys[i] !== key) i = (i + 1) & mask
    if (this.#slots[i] === EMPTY) return
    this.#size--
    // What stands behind the gap moves into it, unless its own place lies after the gap.
    for (let next = (i + 1) & mask; this.#slots[next] !== EMPTY; next = (next + 1) & mask) {
      const home = mix(this.#keys[next] as number) & mask
      if (((next - home) & mask) < ((next - i) & mask)) continue
      this.#keys[i] = this.#keys[next] as number
      this.#slots[i] = this.#slots[next] as number
      i = next
    }
    this.#slots[i] = EMPTY
  }

  #grow(): void {
    const keys = this.#keys
    const slots = this.#slots
    this.#keys = new Int32Array(slots.length * 2)
    this.#slots = new Int32Array(slots.length * 2).fill(EMPTY)
    this.#size = 0
    for (let i = 0; i < slots.length; i++) if (slots[i] !== EMPTY) this.set(keys[i] as number, slots[i] as number)
  }
}

/** A typed array with room for `length` elements at least; the old one where it has that room. */
export function roomFor<T extends Int32Array | Uint8Array | Float64Array>(
  array: T, length: number, make: (length: number) => T,
): T {
  if (array.length >= length) return array
  const larger = make(Math.max(length, Math.ceil(array.length * 1.5)))
  larger.set(array as never)
  return larger
}

/** FNV-1a over the characters of a short text, as an int32. */
export function hashText(text: string): number {
  let h = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193)
  return h | 0
}

/** Slots by hash, those of one hash in a chain: whoever looks something up compares what it finds. */
export class SlotChains {
  readonly #first = new SlotIndex()
  /** By slot: the next of the same hash; −1 ends the chain. */
  #next = new Int32Array(FIRST_SLOTS)
  #hashes = new Int32Array(FIRST_SLOTS)
  /** By slot: whether it is in a chain. */
  #within = new Uint8Array(FIRST_SLOTS)

  /** −1 when there is none. */
  first(hash: number): number {
    return this.#first.get(hash)
  }

  /** −1 after the last. */
  next(slot: number): number {
    return this.#next[slot] as number
  }

  has(slot: number): boolean {
    return this.#within[slot] === 1
  }

  /** Puts the slot first into the chain of a hash, and takes it out of the one it was in. */
  put(slot: number, hash: number): void {
    if (this.has(slot)) {
      if (this.#hashes[slot] === hash) return
      this.remove(slot)
    }
    if (slot >= this.#next.length) {
      this.#next = roomFor(this.#next, slot + 1, (length) => new Int32Array(length))
      this.#hashes = roomFor(this.#hashes, slot + 1, (length) => new Int32Array(length))
      this.#within = roomFor(this.#within, slot + 1, (length) => new Uint8Array(length))
    }
    this.#within[slot] = 1
    this.#hashes[slot] = hash
    this.#next[slot] = this.#first.get(hash)
    this.#first.set(hash, slot)
  }

  remove(slot: number): void {
    if (!this.has(slot)) return
    const hash = this.#hashes[slot] as number
    const next = this.#next[slot] as number
    this.#within[slot] = 0
    let before = this.#first.get(hash)
    if (before === slot) {
      if (next < 0) this.#first.delete(hash)
      else this.#first.set(hash, next)
      return
    }
    while (this.#next[before] !== slot) before = this.#next[before] as number
    this.#next[before] = next
  }
}

const FIRST_SLOTS = 64
const FIRST_ARENA_OCTETS = 4096
/** More waste than this, and more than half of the arena, and it is worth writing anew. */
const LEAST_WASTE_OCTETS = 65_536

/**
 * Octets of rows, one behind the other in one array. A block is known by its offset; its owner keeps that and the
 * length. The largest arena is 2 GiB, which a Uint8Array of the platform bounds too.
 */
export class OctetArena {
  bytes = new Uint8Array(FIRST_ARENA_OCTETS)
  #end = 0
  #waste = 0

  /** Copies `length` octets in; their offset. */
  put(from: Uint8Array, at: number, length: number): number {
    this.bytes = roomFor(this.bytes, this.#end + length, (octets) => new Uint8Array(octets))
    const offset = this.#end
    copy(from, at, this.bytes, offset, length)
    this.#end += length
    return offset
  }

  /** Nobody needs these octets any more. */
  free(octets: number): void {
    this.#waste += octets
  }

  /** True when compact() would give back more than half. */
  get wasteful(): boolean {
    return this.#waste > LEAST_WASTE_OCTETS && this.#waste > this.#end / 2
  }

  /**
   * Writes everything anew without the waste: `walk` calls what it is given for every block that lives, and keeps the
   * offset that it answers.
   */
  compact(walk: (keep: (offset: number, octets: number) => number) => void): void {
    const from = this.bytes
    this.bytes = new Uint8Array(Math.max(FIRST_ARENA_OCTETS, this.#end - this.#waste))
    this.#end = 0
    this.#waste = 0
    walk((offset, octets) => this.put(from, offset, octets))
  }
}
