/**
 * Time as a dependency. Cores never read a clock of their own, so that everything can run on virtual time.
 * The real clock and the virtual one stand side by side.
 */

/** Monotonic milliseconds since an arbitrary start; fractions allowed. */
export type Instant = number

export interface Timer {
  /** Harmless when the timer has run or was cancelled already. */
  cancel(): void
}

/** The only source of time in stack/, services/ and admin-api/. */
export interface Clock {
  /** Monotonic: timers and round-trip times use this. */
  now(): Instant
  /** Calendar time in ms since 1970-01-01T00:00Z, for rows and for people. It may jump. */
  wallMs(): number
  /** Runs `run` once, not before `when`. Equal instants run in the order in which they were set. */
  at(when: Instant, run: () => void): Timer
}

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): Instant {
    return performance.now()
  }

  wallMs(): number {
    return Date.now()
  }

  at(when: Instant, run: () => void): Timer {
    // setTimeout counts in an int32 of ms; a longer wait is taken in steps.
    const LONGEST_MS = 0x7fff_ffff
    let handle: NodeJS.Timeout
    const arm = (): void => {
      const wait = when - performance.now()
      handle = wait > LONGEST_MS ? setTimeout(arm, LONGEST_MS) : setTimeout(run, Math.max(0, Math.ceil(wait)))
      handle.unref()
    }
    arm()
    return { cancel: () => clearTimeout(handle) }
  }
}

type Due = { readonly when: Instant; readonly order: number; run: (() => void) | undefined }

/** Time that moves only when told to. `step()` jumps to the next due timer. */
export class VirtualClock implements Clock {
  #now: Instant = 0
  #order = 0
  #wallOffset: number
  /** Binary heap by (when, order). */
  readonly #heap: Due[] = []

  constructor(wallStartMs = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = wallStartMs
  }

  now(): Instant {
    return this.#now
  }

  wallMs(): number {
    return this.#wallOffset + Math.floor(this.#now)
  }

  /** Moves the calendar without moving monotonic time, as a wrong clock that is set right does. */
  jumpWall(byMs: number): void {
    this.#wallOffset += byMs
  }

  at(when: Instant, run: () => void): Timer {
    const due: Due = { when: Math.max(when, this.#now), order: this.#order++, run }
    this.#push(due)
    return {
      cancel: () => {
        due.run = undefined
      },
    }
  }

  /** When the next live timer is due; undefined when none is set. */
  next(): Instant | undefined {
    while (this.#heap.length > 0 && this.#heap[0]?.run === undefined) this.#pop()
    return this.#heap[0]?.when
  }

  /** Jumps to the next due timer and runs it. False when none is set. */
  step(): boolean {
    if (this.next() === undefined) return false
    const due = this.#pop() as Due
    this.#now = Math.max(this.#now, due.when)
    const run = due.run as () => void
    due.run = undefined
    run()
    return true
  }

  /** Runs everything due until `until`, which is the time afterwards. */
  runUntil(until: Instant): void {
    for (let next = this.next(); next !== undefined && next <= until; next = this.next()) this.step()
    this.#now = Math.max(this.#now, until)
  }

  /** Runs everything due within the next `ms`. */
  advance(ms: number): void {
    this.runUntil(this.#now + ms)
  }

  #before(a: Due, b: Due): boolean {
    return a.when < b.when || (a.when === b.when && a.order < b.order)
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(due, heap[parent] as Due)) break
      heap[at] = heap[parent] as Due
      at = parent
    }
    heap[at] = due
  }

  #pop(): Due | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#before(heap[child + 1] as Due, heap[child] as Due)) child++
      if (!this.#before(heap[child] as Due, last)) break
      heap[at] = heap[child] as Due
      at = child
    }
    heap[at] = last
    return top
  }
}
