/**
 * HOT PATH. A ring of octets that grows by doubling up to what its owner lets in. The send buffer appends and drops;
 * the receive buffer writes at any offset (segments that came early) and then advances. The octets are given back when
 * it runs empty, so that an idle connection holds no buffer. Watched by test/bench/micro/tcp-bulk.ts.
 */
import { copy } from '../platform/index.ts'
import { LEAST_RING_BYTES, spareRings } from './spare-rings.ts'

const EMPTY = new Uint8Array(0)
/** So many times not half full, and a smaller one will do. */
const QUIET_MOST = 8

export class ByteRing {
  /** Octets from the start that are there without a gap. */
  used = 0
  #bytes = EMPTY
  #start = 0
  /** The most octets that it held since it was empty. */
  #peak = 0
  /** The size to take next: what it had, so that in full swing it need not grow each time; a quiet one shrinks. */
  #size = 0
  /** How often in a row it was not half full. */
  #quiet = 0

  /** Writes at `offset` from the start; the octets before it may be missing still. Does not change `used`. */
  writeAt(offset: number, from: Uint8Array, at: number, length: number): void {
    const end = offset + length
    if (end > this.#peak) this.#peak = end
    if (end > this.#bytes.length) this.#grow(end)
    const size = this.#bytes.length
    const to = (this.#start + offset) & (size - 1)
    const first = Math.min(length, size - to)
    copy(from, at, this.#bytes, to, first)
    if (first < length) copy(from, at + first, this.#bytes, 0, length - first)
  }

  append(from: Uint8Array, at: number, length: number): void {
    this.writeAt(this.used, from, at, length)
    this.used += length
  }

  /** What writeAt() put behind the gapless part now belongs to it. */
  advance(length: number): void {
    this.used += length
  }

  /** Copies out without taking; the range must have been written. */
  copyTo(offset: number, into: Uint8Array, at: number, length: number): void {
    const size = this.#bytes.length
    const from = (this.#start + offset) & (size - 1)
    const first = Math.min(length, size - from)
    copy(this.#bytes, from, into, at, first)
    if (first < length) copy(this.#bytes, 0, into, at + first, length - first)
  }

  /** Forgets octets from the start. `rest`: something lies behind the gapless part, so the ring must stay. */
  drop(length: number, rest: boolean): void {
    this.used -= length
    this.#start = (this.#start + length) & (this.#bytes.length - 1)
    if (this.used === 0 && !rest) this.clear()
  }

  clear(): void {
    spareRings.give(this.#bytes)
    this.#size = this.#bytes.length
    this.#quiet = 2 * this.#peak > this.#size ? 0 : this.#quiet + 1
    if (this.#quiet === QUIET_MOST) {
      this.#quiet = 0
      this.#size >>>= 1
    }
    this.#peak = 0
    this.#bytes = EMPTY
    this.#start = 0
    this.used = 0
  }

  #grow(needed: number): void {
    const old = this.#bytes
    let size = Math.max(LEAST_RING_BYTES, old.length, this.#size)
    while (size < needed) size *= 2
    const bytes = spareRings.take(size)
    // Early segments too: the whole old ring moves.
    const first = old.length - this.#start
    copy(old, this.#start, bytes, 0, first)
    copy(old, 0, bytes, first, this.#start)
    spareRings.give(old)
    this.#bytes = bytes
    this.#start = 0
  }
}
