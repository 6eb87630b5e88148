/**
 * What is due next: a binary heap of slots on one timer of the clock. Every slot knows its place in the heap, so moving
 * and removing one costs O(log n) and nothing stale is left behind, whatever the number of renewals. Typed arrays, so
 * that a million deadlines are 16 MB.
 */
import { roomFor } from '../../stack/platform/index.ts'
import type { Clock, Instant, Timer } from '../../stack/platform/index.ts'

const FIRST_SLOTS = 64
const OUT = -1

export class DeadlineQueue {
  readonly #clock: Clock
  readonly #due: (slots: readonly number[]) => void
  readonly #batch: number
  /** By slot: when it is due, or was; not a number before it is put in. */
  #deadlines = new Float64Array(FIRST_SLOTS).fill(Number.NaN)
  /** By slot: place in the heap. */
  #places = new Int32Array(FIRST_SLOTS).fill(OUT)
  #heap = new Int32Array(FIRST_SLOTS)
  #size = 0
  #timer: Timer | undefined
  #timerAt: Instant = Number.POSITIVE_INFINITY
  #closed = false

  /** `due` gets what is due, at most `batch` at once, earliest first and taken out of the queue. */
  constructor(clock: Clock, batch: number, due: (slots: readonly number[]) => void) {
    this.#clock = clock
    this.#batch = batch
    this.#due = due
  }

  get size(): number {
    return this.#size
  }

  /** When the slot is due, or was when it left the queue; undefined when it never was in it. */
  last(slot: number): Instant | undefined {
    const deadline = this.#deadlines[slot]
    return deadline === undefined || Number.isNaN(deadline) ? undefined : deadline
  }

  /** Puts the slot in, or moves it; undefined takes it out. */
  set(slot: number, deadline: Instant | undefined): void {
    if (deadline === undefined) {
      this.#remove(slot)
      return
    }
    if (slot >= this.#places.length) this.#growTo(slot + 1)
    const place = this.#places[slot] as number
    const earlier = place === OUT || deadline < (this.#deadlines[slot] as number)
    this.#deadlines[slot] = deadline
    if (place === OUT) this.#append(slot)
    else if (earlier) this.#up(slot, place)
    else this.#down(slot, place)
    this.#arm()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #append(slot: number): void {
    this.#heap = roomFor(this.#heap, this.#size + 1, (length) => new Int32Array(length))
    this.#up(slot, this.#size++)
  }

  #growTo(length: number): void {
    const before = this.#places.length
    this.#deadlines = roomFor(this.#deadlines, length, (n) => new Float64Array(n)).fill(Number.NaN, before)
    this.#places = roomFor(this.#places, length, (n) => new Int32Array(n)).fill(OUT, before)
  }

  #remove(slot: number): void {
    const at = this.#places[slot] ?? OUT
    if (at === OUT) return
    this.#places[slot] = OUT
    const last = this.#heap[--this.#size] as number
    if (last === slot) return
    this.#up(last, at)
    this.#down(last, this.#places[last] as number)
  }

  /**
   * A later first deadline leaves the timer as it is: it runs for nothing once, which is cheaper than setting it anew.
   */
  #arm(): void {
    if (this.#closed || this.#size === 0) return
    const first = this.#deadlines[this.#heap[0] as number] as number
    if (first >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = first
    this.#timer = this.#clock.at(first, () => this.#run())
  }

  #run(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    const due: number[] = []
    while (due.length < this.#batch && this.#size > 0) {
      const first = this.#heap[0] as number
      if ((this.#deadlines[first] as number) > now) break
      this.#remove(first)
      due.push(first)
    }
    if (due.length > 0) this.#due(due)
    this.#arm()
  }

  #up(slot: number, from: number): void {
    const heap = this.#heap
    const deadline = this.#deadlines[slot] as number
    let at = from
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt] as number
      if ((this.#deadlines[parent] as number) <= deadline) break
      heap[at] = parent
      this.#places[parent] = at
      at = parentAt
    }
    heap[at] = slot
    this.#places[slot] = at
  }

  #down(slot: number, from: number): void {
    const heap = this.#heap
    const deadlines = this.#deadlines
    const deadline = deadlines[slot] as number
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#size) break
      if (
        child + 1 < this.#size &&
        (deadlines[heap[child + 1] as number] as number) < (deadlines[heap[child] as number] as number)
      )
        child++
      const lower = heap[child] as number
      if ((deadlines[lower] as number) >= deadline) break
      heap[at] = lower
      this.#places[lower] = at
      at = child
    }
    heap[at] = slot
    this.#places[slot] = at
  }
}
