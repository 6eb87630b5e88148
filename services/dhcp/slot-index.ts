/**
 * Look-up of slots in typed arrays, for a million entries in tens of megabytes: by address, and by a 32-bit hash of the
 * owner. Open addressing with linear probing; a removal shifts back what followed, so no gravestones pile up. Bounded by
 * what is put in.
 */

/** An integer's bits well mixed (Fibonacci hashing with a fold); neighbouring addresses must not fill one run. */
const mix = (value: number): number => {
  const h = Math.imul(value ^ (value >>> 16), 0x9e37_79b1)
  return (h ^ (h >>> 15)) >>> 0
}

const EMPTY = -1
const FIRST_CAPACITY = 1024
/** Fuller than this and runs grow long. */
const MOST_LOAD = 0.6

/** Integer → slot (0 or more). */
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
export function roomFor<T extends Int32Array | Uint8Array | Float64Array | Uint16Array>(
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
