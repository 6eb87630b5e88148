/** The resolver's cache: what is known from other servers. */
import type { Answer, Page, Paging } from './common.ts'

/** All that are given must hold; nothing given: everything. */
export type CacheQuery = {
  /** This name alone. */
  readonly name?: string
  /** This name and all below it. */
  readonly below?: string
  /** The type that was asked for: "A"; an alias has CNAME. */
  readonly type?: string
  readonly security?: CachedView['security']
}

export type CachedView = {
  readonly name: string
  /** Null: "no such name" counts for all types. */
  readonly type: string | null
  readonly says: 'records' | 'no-such-type' | 'no-such-name'
  /** "A 192.0.2.1". */
  readonly records: readonly string[]
  readonly ageSeconds: number
  /** Below 0: it has ended so long ago, and serves only while nobody can be asked. */
  readonly secondsLeft: number
  /** unchecked: nobody has validated it; it serves the resolver itself alone. */
  readonly security: 'unchecked' | 'secure' | 'insecure' | 'indeterminate' | 'bogus'
  /** Rank of RFC 2181; below "answer" it is never given to a client. */
  readonly trust: 'additional' | 'referral' | 'authority' | 'answer' | 'authoritative'
  /** Who said so. */
  readonly source: string
  /** The zone that it came from, as far as known. */
  readonly zone: string
  /** Clients with forwarders of their own have a part of their own; 0 is everybody's. */
  readonly partition: number
}

export type CacheStatsView = {
  /** Stale ones included. */
  readonly entries: number
  readonly octets: number
  readonly limitOctets: number
  /** Finished responses made of it and of zones. */
  readonly finishedResponses: number
  /** Zones of which there are proofs to answer from (RFC 8198). */
  readonly provenZones: number
  /** Since the start: answered from it, not in it, made from proofs, given though they had ended. */
  readonly hits: number
  readonly misses: number
  readonly synthesized: number
  readonly stale: number
  /** Entries put in; refused because what was there ranks higher; put out to make room. */
  readonly kept: number
  readonly outranked: number
  readonly evicted: number
}

export interface CacheServices {
  /** In no order that means something. */
  listCache(query: CacheQuery, paging: Paging): Answer<Page<CachedView>>
  /** Also ends finished responses and remembered failures. */
  flushCache(query: CacheQuery): Answer<{ readonly flushed: number }>
  cacheStats(): Answer<CacheStatsView>
}
