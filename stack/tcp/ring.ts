/**
 * HOT PATH. A ring of octets that grows by doubling up to what its owner lets in. The send buffer appends and drops;
 * the receive buffer writes at any offset (segments that came early) and then advances. A small ring is given back when
 * it runs empty, so that an idle connection holds no buffer. Watched by test/bench/micro/tcp-bulk.ts.
 */
import { copy } from '../platform/index.ts'

const EMPTY = new Uint8Array(0)
const FIRST_BYTES = 4096
/** Rings up to this size are cheaper to make again than to keep for an idle connection. */
const KEEP_ABOVE_BYTES = 16_384

export class ByteRing {
  /** Octets from the start that are there without a gap. */
  used = 0
  #bytes = EMPTY
  #start = 0

  /** Writes at `offset` from the start; the octets before it may be missing still. Does not change `used`. */
  writeAt(offset: number, from: Uint8Array, at: number, length: number): void {
    if (offset + length > this.#bytes.length) this.#grow(offset + length)
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
    if (this.used === 0 && !rest && this.#bytes.length <= KEEP_ABOVE_BYTES) this.clear()
  }

  clear(): void {
    this.#bytes = EMPTY
    this.#start = 0
    this.used = 0
  }

  #grow(needed: number): void {
    let size = Math.max(FIRST_BYTES, this.#bytes.length)
    while (size < needed) size *= 2
    const bytes = new Uint8Array(size)
    const old = this.#bytes
    // Early segments too: the whole old ring moves.
    const first = old.length - this.#start
    copy(old, this.#start, bytes, 0, first)
    copy(old, 0, bytes, first, this.#start)
    this.#bytes = bytes
    this.#start = 0
  }
}
