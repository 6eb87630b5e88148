/**
 * HOT PATH. The segments that were sent and not yet acknowledged, oldest first: the scoreboard of RFC 6675, and what
 * RACK (RFC 8985 §5.2) and the delivery-rate estimate keep about each. Columns in typed arrays, no object per segment.
 * Segments are contiguous in sequence space. Watched by test/bench/micro/tcp-bulk.ts.
 */
import { ahead, le } from './seq.ts'

/** The peer has it, by SACK. */
export const SACKED = 1
/** Taken for lost and not sent again yet. */
export const LOST = 2
/** Sent more than once. */
export const RESENT = 4
export const HAS_SYN = 8
export const HAS_FIN = 16
/** The sender had nothing more to send when it went: its rate says little about the path. */
export const APP_LIMITED = 32

/** Columns of up to 64 octets lie on V8's own heap, which is cheaper for the many connections that never need more. */
const FIRST_SLOTS = 8
const NO_NUMBERS = new Int32Array(0)
const NO_FLAGS = new Uint8Array(0)
const NO_DOUBLES = new Float64Array(0)

export class SentSegments {
  count = 0
  /** How many have left at the front: the first one's number since the start. */
  base = 0
  seqs = NO_NUMBERS
  ends = NO_NUMBERS
  flags = NO_FLAGS
  /** When it was sent last, ms. */
  sentAt = NO_DOUBLES
  /** Octets delivered in all, when that was, and the start of that flight: when the segment was sent. */
  delivered = NO_DOUBLES
  deliveredAt = NO_DOUBLES
  firstSentAt = NO_DOUBLES
  #head = 0

  /** The slot of the i-th, from 0. */
  slot(i: number): number {
    return (this.#head + i) & (this.seqs.length - 1)
  }

  /** Returns its slot; the columns about sending are for the caller to fill. */
  push(seq: number, end: number, flags: number): number {
    if (this.count === this.seqs.length) this.#grow()
    const slot = this.slot(this.count++)
    this.seqs[slot] = seq
    this.ends[slot] = end
    this.flags[slot] = flags
    return slot
  }

  shift(): void {
    this.#head = this.slot(1)
    this.count--
    this.base++
  }

  /**
   * Joins neighbours that are lost as far as `full` octets of text hold them, so that what was sent in small segments
   * goes again in few (RFC 9293 §3.8.1 lets a retransmission have other bounds). How many fewer there are now.
   */
  joinLost(full: number): number {
    if (this.count === 0) return 0
    let kept = 0
    for (let i = 1; i < this.count; i++) {
      const to = this.slot(kept)
      const from = this.slot(i)
      const flags = this.flags[from] as number
      const length = ahead(this.ends[from] as number, this.seqs[to] as number) - ((flags & HAS_FIN) === 0 ? 0 : 1)
      const both = (this.flags[to] as number) & flags
      if ((both & LOST) !== 0 && ((this.flags[to] as number) & HAS_SYN) === 0 && length <= full) {
        this.ends[to] = this.ends[from] as number
        this.flags[to] = (this.flags[to] as number) | flags
      } else if (++kept !== i) {
        this.#move(from, this.slot(kept))
      }
    }
    const fewer = this.count - kept - 1
    this.count = kept + 1
    return fewer
  }

  #move(from: number, to: number): void {
    this.seqs[to] = this.seqs[from] as number
    this.ends[to] = this.ends[from] as number
    this.flags[to] = this.flags[from] as number
    this.sentAt[to] = this.sentAt[from] as number
    this.delivered[to] = this.delivered[from] as number
    this.deliveredAt[to] = this.deliveredAt[from] as number
    this.firstSentAt[to] = this.firstSentAt[from] as number
  }

  clear(): void {
    this.base += this.count
    this.count = 0
    this.#head = 0
  }

  /** The first that ends after `seq`; `count` when there is none. */
  find(seq: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (le(this.ends[this.slot(middle)] as number, seq)) low = middle + 1
      else high = middle
    }
    return low
  }

  #grow(): void {
    const old = this.seqs.length
    const size = Math.max(FIRST_SLOTS, old * 2)
    const order = (i: number): number => (this.#head + i) & (old - 1)
    const moved = <T extends Int32Array | Uint8Array | Float64Array>(from: T, to: T): T => {
      for (let i = 0; i < this.count; i++) to[i] = from[order(i)] as number
      return to
    }
    this.seqs = moved(this.seqs, new Int32Array(size))
    this.ends = moved(this.ends, new Int32Array(size))
    this.flags = moved(this.flags, new Uint8Array(size))
    this.sentAt = moved(this.sentAt, new Float64Array(size))
    this.delivered = moved(this.delivered, new Float64Array(size))
    this.deliveredAt = moved(this.deliveredAt, new Float64Array(size))
    this.firstSentAt = moved(this.firstSentAt, new Float64Array(size))
    this.#head = 0
  }
}
