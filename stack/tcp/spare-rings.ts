/**
 * HOT PATH. Buffers of rings that ran empty, kept for the next ring that needs one, so that neither an idle connection
 * holds a buffer nor a busy one asks the allocator for each segment. What is in them is left over and means nothing.
 * Watched by test/bench/micro/tcp-bulk.ts.
 */

/** The least size of a buffer, and the exponent of it; sizes are powers of two. */
export const LEAST_RING_BYTES = 4096
const LEAST_EXPONENT = 12
const MOST_EXPONENT = 22
/** Kept of all sizes together: two connections in full swing, both ways, at the usual limits. */
const KEPT_BYTES_MOST = 16 << 20

export class SpareRings {
  readonly #kept: Uint8Array<ArrayBuffer>[][] = Array.from({ length: MOST_EXPONENT - LEAST_EXPONENT + 1 }, () => [])
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  /** One of `size` octets, a power of two from LEAST_RING_BYTES up. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const kept = this.#kept[31 - Math.clz32(size) - LEAST_EXPONENT]?.pop()
    if (kept === undefined) return new Uint8Array(size)
    this.#bytes -= size
    return kept
  }

  give(ring: Uint8Array<ArrayBuffer>): void {
    if (this.#bytes + ring.length > KEPT_BYTES_MOST) return
    const kept = this.#kept[31 - Math.clz32(ring.length) - LEAST_EXPONENT]
    if (kept === undefined) return
    kept.push(ring)
    this.#bytes += ring.length
  }
}

/** Of all connections of a thread. */
export const spareRings = new SpareRings()
