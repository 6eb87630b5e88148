/**
 * Other DHCP servers that were seen, with the evidence. One entry per interface and server identifier; the one seen
 * longest ago makes room. Which of them are news is decided here, so that a storm of forged packets is no storm of
 * events.
 */
import { type Instant, LruMap, TokenBucket } from '../../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../../stack/index.ts'

/** More servers than any link has, unless somebody forges them. */
export const MAX_SIGHTINGS = 64
/** A server that is seen again is news again after this. */
const NEWS_AGAIN_MS = 3_600_000
/** Events a second in the long run, and at once. */
const NEWS_PER_SECOND = 1 / 60
const NEWS_AT_ONCE = 8

/** How a server showed itself. */
export type SightingKind =
  /** It answered a DISCOVER of ours. */
  | 'answered-our-search'
  /** It answered a client by broadcast. */
  | 'answered-a-client'
  /** A client said that it took this server's offer. */
  | 'chosen-by-a-client'

/** One sign of another server. */
export type Sign = {
  readonly interfaceName: string
  /** Option 54. */
  readonly server: Ipv4
  readonly kind: SightingKind
  /** The message in which it showed: 'OFFER', 'ACK', 'NAK', 'REQUEST', 'DECLINE', 'RELEASE'. */
  readonly message: string
  /** The address in question, and the client, where the message names them. */
  readonly offered: Ipv4 | undefined
  readonly client: Mac | undefined
  readonly routers: readonly Ipv4[]
  readonly nameServers: readonly Ipv4[]
  readonly leaseSeconds: number | undefined
}

export type Sighting = {
  readonly sign: Sign
  /** Hardware address of who answers ARP for the server; undefined while unknown. */
  readonly mac: Mac | undefined
  /** Wall time in ms. */
  readonly firstSeen: number
  readonly lastSeen: number
  readonly times: number
}

type Entry = { -readonly [Field in keyof Sighting]: Sighting[Field] } & { seenAt: Instant; newsAt: Instant }

export class Sightings {
  readonly #entries = new LruMap<string, Entry>(MAX_SIGHTINGS)
  readonly #news: TokenBucket

  constructor(now: Instant) {
    this.#news = new TokenBucket(NEWS_PER_SECOND, NEWS_AT_ONCE, now)
  }

  /** Takes note of a sign. True when it is news. */
  add(sign: Sign, now: Instant, wallMs: number): boolean {
    const key = keyOf(sign)
    const known = this.#entries.get(key)
    if (known !== undefined) {
      known.sign = sign
      known.lastSeen = wallMs
      known.seenAt = now
      known.times++
      if (now - known.newsAt < NEWS_AGAIN_MS) return false
    }
    const news = this.#news.take(now)
    if (known !== undefined) {
      if (news) known.newsAt = now
      return news
    }
    const newsAt = news ? now : Number.NEGATIVE_INFINITY
    this.#entries.set(key, { sign, mac: undefined, firstSeen: wallMs, lastSeen: wallMs, seenAt: now, newsAt, times: 1 })
    return news
  }

  found(sign: Sign, mac: Mac): void {
    const known = this.#entries.peek(keyOf(sign))
    if (known !== undefined) known.mac = mac
  }

  get(sign: Sign): Sighting | undefined {
    return this.#entries.peek(keyOf(sign))
  }

  /** Those seen since `since`, the latest first. */
  list(since: Instant = Number.NEGATIVE_INFINITY): readonly Sighting[] {
    return [...this.#entries.values()].filter(({ seenAt }) => seenAt >= since).reverse()
  }
}

const keyOf = ({ interfaceName, server }: Sign): string => `${interfaceName} ${server}`
