/**
 * Slots kept sorted by something that lies elsewhere: a list in chunks, so that one comes or goes in microseconds among
 * a million. Whoever asks brings the comparison: `compare(slot)` is below 0 when what is sought stands before that slot,
 * above 0 when behind it. The order is a ring: after the last comes the first.
 */

/** Slots in a chunk at most; a full one is halved. A million slots make some 5,000 chunks. */
const CHUNK_SLOTS = 512

type Chunk = { readonly slots: Int32Array; count: number }
export type Compare = (slot: number) => number

const firstOf = (chunk: Chunk): number => chunk.slots[0] as number

export class SlotOrder {
  readonly #chunks: Chunk[] = []
  #size = 0
  // Where seek() or a step has ended.
  #chunk = 0
  #at = 0

  get size(): number {
    return this.#size
  }

  /** The last slot that is not behind what is sought, in the ring: before the first stands the last. −1: empty. */
  seek(compare: Compare): number {
    if (this.#size === 0) return -1
    let low = 0
    let high = this.#chunks.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (compare(firstOf(this.#chunks[middle] as Chunk)) >= 0) low = middle
      else high = middle
    }
    this.#chunk = low
    const { slots, count } = this.#chunks[low] as Chunk
    let from = -1
    let to = count
    while (to - from > 1) {
      const middle = (from + to) >>> 1
      if (compare(slots[middle] as number) >= 0) from = middle
      else to = middle
    }
    this.#at = from
    // Only in the first chunk can it stand before all.
    return from >= 0 ? (slots[from] as number) : this.previous()
  }

  /** The slot before where seek() or the last step ended, in the ring. Not when empty. */
  previous(): number {
    if (--this.#at < 0) {
      this.#chunk = (this.#chunk === 0 ? this.#chunks.length : this.#chunk) - 1
      this.#at = (this.#chunks[this.#chunk] as Chunk).count - 1
    }
    return (this.#chunks[this.#chunk] as Chunk).slots[this.#at] as number
  }

  /** The one after it. */
  following(): number {
    if (++this.#at >= (this.#chunks[this.#chunk] as Chunk).count) {
      this.#chunk = this.#chunk === this.#chunks.length - 1 ? 0 : this.#chunk + 1
      this.#at = 0
    }
    return (this.#chunks[this.#chunk] as Chunk).slots[this.#at] as number
  }

  /** `compare` as for seek(), for the slot's own place. */
  insert(slot: number, compare: Compare): void {
    this.#size++
    if (this.#chunks.length === 0) {
      this.#chunks.push({ slots: new Int32Array(CHUNK_SLOTS), count: 0 })
      this.#chunk = this.#at = 0
    } else {
      this.seek(compare)
      // Before all others the ring has led to the last.
      const first = compare(firstOf(this.#chunks[0] as Chunk)) < 0
      this.#chunk = first ? 0 : this.#chunk
      this.#at = first ? 0 : this.#at + 1
    }
    const chunk = this.#roomIn(this.#chunk)
    chunk.slots.copyWithin(this.#at + 1, this.#at, chunk.count)
    chunk.slots[this.#at] = slot
    chunk.count++
  }

  /** False when the slot is not there. */
  remove(slot: number, compare: Compare): boolean {
    if (this.seek(compare) !== slot) return false
    this.#size--
    const chunk = this.#chunks[this.#chunk] as Chunk
    chunk.slots.copyWithin(this.#at, this.#at + 1, chunk.count)
    chunk.count--
    if (chunk.count === 0) this.#chunks.splice(this.#chunk, 1)
    return true
  }

  /** The chunk of an insertion, which moves into the new half when a full one is halved. */
  #roomIn(index: number): Chunk {
    const chunk = this.#chunks[index] as Chunk
    if (chunk.count < CHUNK_SLOTS) return chunk
    const half = CHUNK_SLOTS / 2
    const upper: Chunk = { slots: new Int32Array(CHUNK_SLOTS), count: CHUNK_SLOTS - half }
    upper.slots.set(chunk.slots.subarray(half))
    chunk.count = half
    this.#chunks.splice(index + 1, 0, upper)
    if (this.#at <= half) return chunk
    this.#chunk = index + 1
    this.#at -= half
    return upper
  }
}
