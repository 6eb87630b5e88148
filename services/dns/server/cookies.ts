/**
 * HOT PATH. Server cookies (RFC 7873, made as RFC 9018 §4 says), watched by test/bench/micro/dns-answer.ts. Nothing is
 * kept per client: a cookie proves by its hash that we sent it to that address.
 *
 *   client cookie 8 | version 1, reserved 3, timestamp 4 (seconds, wraps), hash 8
 *   hash = SipHash-2-4 of everything before it and the client's address, with a secret
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { copy, put32, u32 } from '../../../stack/platform/index.ts'
import type { Clock, Instant, SecureRandom } from '../../../stack/platform/index.ts'
import { SIPHASH_KEY_OCTETS, SipHash } from './siphash.ts'

export const CLIENT_COOKIE_OCTETS = 8
/** RFC 7873 §4: client cookie, and 8 to 32 octets of server cookie or none. */
const MIN_BOTH_OCTETS = 16
const MAX_BOTH_OCTETS = 40
/** Client cookie and ours. */
export const COOKIE_OCTETS = 24
const VERSION = 1
/** RFC 9018 §4.3: a cookie is good for an hour, and for five minutes before its time, when clocks differ. */
const OLDEST_SECONDS = 3600
const FUTURE_SECONDS = 300
/** Each secret makes cookies for a day and is known for another, so no cookie that is still good is lost (§5). */
export const SECRET_MS = 86_400_000

/** Whether an option of so many octets can be a cookie; if not, the query is FORMERR (RFC 7873 §5.2.2). */
export const isCookieLength = (octets: number): boolean =>
  octets === CLIENT_COOKIE_OCTETS || (octets >= MIN_BOTH_OCTETS && octets <= MAX_BOTH_OCTETS)

export class ServerCookies {
  readonly #clock: Clock
  readonly #random: SecureRandom
  #current: SipHash
  #previous: SipHash
  #renewAt: Instant
  /** Client cookie to timestamp, then the address; then eight octets for a hash. */
  readonly #hashed = new Uint8Array(28)

  /** `secret` instead of a drawn one. */
  constructor(clock: Clock, random: SecureRandom, secret?: Uint8Array) {
    this.#clock = clock
    this.#random = random
    this.#current = secret === undefined ? this.#drawn() : new SipHash(secret)
    this.#previous = this.#current
    this.#renewAt = clock.now() + SECRET_MS
  }

  #drawn(): SipHash {
    const secret = new Uint8Array(SIPHASH_KEY_OCTETS)
    this.#random.fill(secret)
    return new SipHash(secret)
  }

  #secret(): SipHash {
    if (this.#clock.now() >= this.#renewAt) {
      this.#previous = this.#current
      this.#current = this.#drawn()
      this.#renewAt = this.#clock.now() + SECRET_MS
    }
    return this.#current
  }

  /** HOT. Writes the 24 octets for the client whose own cookie stands in `b` at `at`. */
  write(b: Uint8Array, at: number, client: Ipv4, into: Uint8Array, intoAt: number): void {
    const secret = this.#secret()
    const hashed = this.#hashed
    copy(b, at, hashed, 0, CLIENT_COOKIE_OCTETS)
    put32(hashed, 8, VERSION << 24)
    put32(hashed, 12, Math.floor(this.#clock.wallMs() / 1000))
    put32(hashed, 16, client)
    copy(hashed, 0, into, intoAt, 16)
    secret.write(hashed, 0, 20, into, intoAt + 16)
  }

  /** Whether the `octets` of a cookie option at `at` hold a server cookie of ours for this client that is still good. */
  isGood(b: Uint8Array, at: number, octets: number, client: Ipv4): boolean {
    if (octets !== COOKIE_OCTETS || u32(b, at + 8) >>> 0 !== VERSION << 24) return false
    // RFC 9018 §4.3: serial number arithmetic (RFC 1982), because the timestamp wraps.
    const age = (Math.floor(this.#clock.wallMs() / 1000) - u32(b, at + 12)) | 0
    if (age > OLDEST_SECONDS || age < -FUTURE_SECONDS) return false
    const current = this.#secret()
    return this.#isHash(current, b, at, client) || this.#isHash(this.#previous, b, at, client)
  }

  #isHash(secret: SipHash, b: Uint8Array, at: number, client: Ipv4): boolean {
    const hashed = this.#hashed
    copy(b, at, hashed, 0, 16)
    put32(hashed, 16, client)
    secret.write(hashed, 0, 20, hashed, 20)
    let differs = 0
    for (let i = 0; i < 8; i++) differs |= (hashed[20 + i] as number) ^ (b[at + 16 + i] as number)
    return differs === 0
  }
}
