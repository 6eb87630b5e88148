/**
 * How many TLS connections a client may begin in a while: a handshake costs us a millisecond of a processor and the client
 * next to nothing. The source of a connection cannot be forged, so nobody uses up what is another's.
 */
import { type Clock, LruMap, TokenBucket } from '../../stack/platform/index.ts'

/** A resolver that keeps its connection begins one in some seconds, a page of a browser a handful at once. */
export const HANDSHAKES_PER_SECOND = 30
export const HANDSHAKE_BURST = 100
/** Clients that are remembered; who is forgotten begins anew, which takes as many addresses. */
const MAX_CLIENTS = 4096

export class HandshakeLimits {
  readonly #clock: Clock
  readonly #buckets = new LruMap<string, TokenBucket>(MAX_CLIENTS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether this client, IPv4 text, may begin another one now. */
  allows(client: string): boolean {
    const now = this.#clock.now()
    let bucket = this.#buckets.get(client)
    if (bucket === undefined) {
      bucket = new TokenBucket(HANDSHAKES_PER_SECOND, HANDSHAKE_BURST, now)
      this.#buckets.set(client, bucket)
    }
    return bucket.take(now)
  }
}
