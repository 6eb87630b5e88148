/**
 * Initial sequence numbers (RFC 6528), timestamp offsets (RFC 7323 §7.1) and the hash of SYN cookies: one secret
 * each.
 */
import { hash } from 'node:crypto'
import type { Ipv4 } from '../address/ipv4.ts'
import { i32, put16, put32 } from '../platform/index.ts'
import type { Instant, SecureRandom } from '../platform/index.ts'

const SECRET_BYTES = 32
/** RFC 9293 §3.4.1: the clock of sequence numbers ticks every 4 µs. */
const TICKS_PER_MS = 250

export class TupleHash {
  readonly #input = new Uint8Array(SECRET_BYTES + 21)

  constructor(random: SecureRandom) {
    random.fill(this.#input.subarray(0, SECRET_BYTES))
  }

  /** 32 bits that nobody can guess who does not know the secret. `use` keeps the different uses apart. */
  of(
    use: number, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, more: number, count: number,
  ): number {
    const b = this.#input
    put32(b, SECRET_BYTES, local)
    put32(b, SECRET_BYTES + 4, remote)
    put16(b, SECRET_BYTES + 8, localPort)
    put16(b, SECRET_BYTES + 10, remotePort)
    put32(b, SECRET_BYTES + 12, more)
    put32(b, SECRET_BYTES + 16, count)
    b[SECRET_BYTES + 20] = use
    return i32(hash('sha256', b, 'buffer'), 0)
  }
}

const USE_SEQUENCE = 1
const USE_TIMESTAMP = 2
export const USE_COOKIE = 3

export const initialSequence = (
  h: TupleHash, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, now: Instant,
): number => (h.of(USE_SEQUENCE, local, localPort, remote, remotePort, 0, 0) + Math.floor(now * TICKS_PER_MS)) | 0

/** The same for all connections of two hosts, so that a later one's timestamps are the greater (RFC 6191). */
export const timestampOffsetFor = (h: TupleHash, local: Ipv4, remote: Ipv4): number =>
  h.of(USE_TIMESTAMP, local, 0, remote, 0, 0, 0)
