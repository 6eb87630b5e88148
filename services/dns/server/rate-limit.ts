/**
 * HOT PATH. Response rate limiting: a server that answers forged questions over UDP must not flood whom they name as
 * their source. Watched by test/bench/micro/dns-answer.ts. No RFC; the idea is Vixie and Schryver's of 2012, as BIND,
 * NSD and Knot have it.
 *
 * One token bucket for each network of 256 addresses and kind of answer, in sets of four by a keyed hash. A new bucket
 * takes the place of the one in its set that has been full longest, so that one which is being emptied stays.
 */
import { lastOf } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { u16 } from '../../../stack/platform/index.ts'
import type { Clock, SecureRandom } from '../../../stack/platform/index.ts'

export type RateLimit = {
  /** Answers of one kind to one network in a second; also the most at once after silence. */
  readonly perSecond: number
  /** Clients that are never limited. */
  readonly exempt: readonly Prefix[]
}

/** What becomes of an answer: it goes out; a short one that asks the client to prove itself takes its place; nothing. */
export const SEND = 0
export const SLIP = 1
export const DROP = 2

/** Sets of buckets, a power of two: 16,384 buckets in 212 KiB, for the networks that ask within a second. */
const SETS = 4096
const WAYS = 4
/** Of the limited answers every second slips, as elsewhere by default: a client behind a forged one gets through. */
const SLIP_EVERY = 2
const BURST_MS = 1000

const KINDS = 4
/** Answers, denials of the type, denials of the name, and all else: so errors do not use up what answers have. */
function kindOf(response: Uint8Array, at: number): number {
  const rcode = (response[at + 3] as number) & 15
  if (rcode === 3) return 2
  if (rcode !== 0) return 3
  return u16(response, at + 6) > 0 ? 0 : 1
}

export class RateLimiter {
  readonly #clock: Clock
  readonly #seed: number
  readonly #costMs: number
  readonly #firstExempt: Int32Array
  readonly #lastExempt: Int32Array
  /** Network and kind, and 1, because 0 is an empty place. */
  readonly #key = new Int32Array(SETS * WAYS)
  /** When the bucket will be full again. */
  readonly #fullAt = new Float64Array(SETS * WAYS)
  readonly #limited = new Uint8Array(SETS * WAYS)

  constructor(clock: Clock, random: SecureRandom, limit: RateLimit) {
    this.#clock = clock
    this.#seed = random.u32() | 0
    this.#costMs = 1000 / limit.perSecond
    this.#firstExempt = Int32Array.from(limit.exempt, (prefix) => prefix.network)
    this.#lastExempt = Int32Array.from(limit.exempt, lastOf)
  }

  /** HOT. What becomes of the response at `at` to this client. */
  verdict(client: Ipv4, response: Uint8Array, at: number): number {
    if (this.#isExempt(client)) return SEND
    const now = this.#clock.now()
    const bucket = this.#bucket((client >>> 8) * KINDS + kindOf(response, at) + 1)
    const fullAt = Math.max(this.#fullAt[bucket] as number, now) + this.#costMs
    if (fullAt - now <= BURST_MS) {
      this.#fullAt[bucket] = fullAt
      return SEND
    }
    const limited = ((this.#limited[bucket] as number) + 1) % SLIP_EVERY
    this.#limited[bucket] = limited
    return limited === 0 ? SLIP : DROP
  }

  #isExempt(client: Ipv4): boolean {
    for (let i = 0; i < this.#firstExempt.length; i++) {
      const first = this.#firstExempt[i] as number
      if (client >>> 0 >= first >>> 0 && client >>> 0 <= (this.#lastExempt[i] as number) >>> 0) return true
    }
    return false
  }

  #bucket(key: number): number {
    let hash = Math.imul(key ^ this.#seed, 0x85eb_ca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2_ae35)
    const first = ((hash ^ (hash >>> 16)) & (SETS - 1)) * WAYS
    let idlest = first
    for (let i = first; i < first + WAYS; i++) {
      if (this.#key[i] === key) return i
      if ((this.#fullAt[i] as number) < (this.#fullAt[idlest] as number)) idlest = i
    }
    this.#key[idlest] = key
    this.#fullAt[idlest] = 0
    this.#limited[idlest] = 0
    return idlest
  }
}
