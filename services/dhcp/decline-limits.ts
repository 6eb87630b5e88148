/**
 * How much one client, and all of them together, can take out of service by DECLINE. A broken or hostile client that
 * declines whatever it gets would empty a pool for as long as a quarantine lasts.
 */
import { LruMap, TokenBucket } from '../../stack/platform/index.ts'
import type { Instant } from '../../stack/platform/index.ts'
import type { Mac } from '../../stack/index.ts'

/** Addresses that one hardware address may have set aside at once, and again each ten minutes. */
export const DECLINES_PER_CLIENT = 4
const CLIENT_PER_SECOND = 1 / 600
/** All clients together: made-up hardware addresses do not help. */
export const DECLINES_TOGETHER = 64
const TOGETHER_PER_SECOND = 1 / 10
/** Clients remembered; the limit for all together bounds what the forgotten ones can do. */
const MAX_CLIENTS = 4096

export class DeclineLimits {
  readonly #clients = new LruMap<Mac, TokenBucket>(MAX_CLIENTS)
  readonly #together: TokenBucket
  readonly #beneath: DeclineLimits | undefined

  /** `beneath` is where to go on from, and is left as it is. */
  constructor(now: Instant, beneath?: DeclineLimits) {
    this.#together = beneath === undefined ? new TokenBucket(TOGETHER_PER_SECOND, DECLINES_TOGETHER, now) : beneath.#together.copy()
    this.#beneath = beneath
  }

  /** True when this client's DECLINE sets an address aside; false when it only ends its lease. */
  take(client: Mac, now: Instant): boolean {
    const beneath = this.#beneath === undefined ? undefined : this.#beneath.#clients
    const before = this.#clients.get(client) ?? beneath?.peek(client)?.copy()
    const own = before ?? new TokenBucket(CLIENT_PER_SECOND, DECLINES_PER_CLIENT, now)
    this.#clients.set(client, own)
    return own.take(now) && this.#together.take(now)
  }
}
