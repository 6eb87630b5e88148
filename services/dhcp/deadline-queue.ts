/**
 * What is due next: a binary heap on one timer of the clock. Every item knows its place in the heap, so moving and
 * removing one costs O(log n) and nothing stale is left behind, whatever the number of renewals.
 */
import type { Clock, Instant, Timer } from '../../stack/platform/index.ts'

/** An item keeps these two fields for the queue and writes neither. */
export type Timed = {
  /** When it is due; Infinity while it is not in the queue. */
  deadline: Instant
  /** Index in the heap; −1 while it is not in the queue. */
  heapAt: number
}

export class DeadlineQueue<Item extends Timed> {
  readonly #clock: Clock
  readonly #due: (items: readonly Item[]) => void
  readonly #batch: number
  readonly #heap: Item[] = []
  #timer: Timer | undefined
  #timerAt: Instant = Number.POSITIVE_INFINITY
  #closed = false

  /** `due` gets what is due, at most `batch` at once, earliest first and taken out of the queue. */
  constructor(clock: Clock, batch: number, due: (items: readonly Item[]) => void) {
    this.#clock = clock
    this.#batch = batch
    this.#due = due
  }

  get size(): number {
    return this.#heap.length
  }

  /** Puts the item in, or moves it; undefined takes it out. */
  set(item: Item, deadline: Instant | undefined): void {
    if (deadline === undefined) this.#remove(item)
    else if (item.heapAt < 0) {
      item.deadline = deadline
      this.#up(item, this.#heap.push(item) - 1)
    } else {
      const earlier = deadline < item.deadline
      item.deadline = deadline
      if (earlier) this.#up(item, item.heapAt)
      else this.#down(item, item.heapAt)
    }
    this.#arm()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #remove(item: Item): void {
    const at = item.heapAt
    if (at < 0) return
    item.heapAt = -1
    item.deadline = Number.POSITIVE_INFINITY
    const last = this.#heap.pop() as Item
    if (last === item) return
    this.#up(last, at)
    this.#down(last, last.heapAt)
  }

  /**
   * A later first deadline leaves the timer as it is: it runs for nothing once, which is cheaper than setting it anew.
   */
  #arm(): void {
    const first = this.#heap[0]
    if (this.#closed || first === undefined || first.deadline >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = first.deadline
    this.#timer = this.#clock.at(first.deadline, () => this.#run())
  }

  #run(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#clock.now()
    const due: Item[] = []
    while (due.length < this.#batch) {
      const first = this.#heap[0]
      if (first === undefined || first.deadline > now) break
      this.#remove(first)
      due.push(first)
    }
    if (due.length > 0) this.#due(due)
    this.#arm()
  }

  #up(item: Item, at: number): void {
    const heap = this.#heap
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt] as Item
      if (parent.deadline <= item.deadline) break
      heap[at] = parent
      parent.heapAt = at
      at = parentAt
    }
    heap[at] = item
    item.heapAt = at
  }

  #down(item: Item, at: number): void {
    const heap = this.#heap
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as Item).deadline < (heap[child] as Item).deadline) child++
      const lower = heap[child] as Item
      if (lower.deadline >= item.deadline) break
      heap[at] = lower
      lower.heapAt = at
      at = child
    }
    heap[at] = item
    item.heapAt = at
  }
}
