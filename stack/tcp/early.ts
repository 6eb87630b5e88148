/**
 * HOT PATH. Which octets came before their turn: ranges of sequence space that neither overlap nor touch, in order. The
 * octets stand in the receive ring already. Watched by test/bench/micro/tcp-bulk.ts.
 */
import { ge, gt, later, le, lt } from './seq.ts'

/** Holes in a window at once. A segment that would make one more is dropped, and comes again. */
export const EARLY_RANGES_LIMIT = 128

const NONE = new Int32Array(0)

export class EarlyRanges {
  count = 0
  /** Which range grew last: it is reported first (RFC 2018 §4). */
  newest = 0
  lefts = NONE
  rights = NONE

  /** False when there is no room for one more range. */
  add(left: number, right: number): boolean {
    if (this.lefts.length === 0) {
      this.lefts = new Int32Array(EARLY_RANGES_LIMIT)
      this.rights = new Int32Array(EARLY_RANGES_LIMIT)
    }
    let first = 0
    while (first < this.count && lt(this.rights[first] as number, left)) first++
    let last = first
    let from = left
    let to = right
    for (; last < this.count && le(this.lefts[last] as number, right); last++) {
      if (lt(this.lefts[last] as number, from)) from = this.lefts[last] as number
      to = later(to, this.rights[last] as number)
    }
    if (last === first && this.count === EARLY_RANGES_LIMIT) return false
    const shift = 1 - (last - first)
    if (shift !== 0) {
      this.lefts.copyWithin(first + 1, last, this.count)
      this.rights.copyWithin(first + 1, last, this.count)
      this.count += shift
    }
    this.lefts[first] = from
    this.rights[first] = to
    this.newest = first
    return true
  }

  /** The gapless part reaches `seq` now: takes what touches it, and says how far it reaches then. */
  join(seq: number): number {
    let reached = seq
    let taken = 0
    while (taken < this.count && le(this.lefts[taken] as number, reached)) {
      reached = later(reached, this.rights[taken] as number)
      taken++
    }
    if (taken > 0) {
      this.lefts.copyWithin(0, taken, this.count)
      this.rights.copyWithin(0, taken, this.count)
      this.count -= taken
      this.newest = Math.max(0, this.newest - taken)
    }
    return reached
  }

  /** All of it is there already. */
  covers(left: number, right: number): boolean {
    for (let i = 0; i < this.count; i++) {
      if (le(this.lefts[i] as number, left) && ge(this.rights[i] as number, right)) return true
      if (gt(this.lefts[i] as number, left)) return false
    }
    return false
  }

  clear(): void {
    this.count = 0
    this.lefts = NONE
    this.rights = NONE
  }
}
