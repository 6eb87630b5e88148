/**
 * HOT PATH. Identifications (RFC 791 §3.1, RFC 6864, RFC 7739 §5.3): a counter per keyed hash of source, target and
 * protocol, plus an offset from the same hash. So one receiver sees each value once in 65,536 datagrams, and nobody
 * learns from his own what others get. Watched by test/bench/micro/udp-echo.ts.
 */
import type { SecureRandom } from '../platform/index.ts'

/** Counters; two destinations that share one only use it up faster. */
const COUNTERS = 4096

export class Identifications {
  readonly #counters = new Uint16Array(COUNTERS)
  readonly #key0: number
  readonly #key1: number
  readonly #key2: number

  constructor(random: SecureRandom) {
    this.#key0 = random.u32() | 0
    this.#key1 = random.u32() | 1
    this.#key2 = random.u32() | 1
    for (let i = 0; i < COUNTERS; i++) this.#counters[i] = random.u32()
  }

  /** The next one for this source, target and protocol. */
  next(source: number, target: number, protocol: number): number {
    let h = Math.imul(target ^ this.#key0, this.#key1)
    h = Math.imul(h ^ (h >>> 15) ^ source, this.#key2)
    h = Math.imul(h ^ (h >>> 13) ^ protocol, this.#key1)
    h ^= h >>> 16
    const slot = h & (COUNTERS - 1)
    const count = (this.#counters[slot] as number) + 1
    this.#counters[slot] = count
    return (count + (h >>> 12)) & 0xffff
  }
}
