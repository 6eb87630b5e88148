/**
 * The administrator's look into the resolver's cache, and its flushing. Both go through the entries in turns with
 * everything else, so that no packet waits for a large cache.
 */
import { type Clock, err, ok, type Result } from '../../stack/platform/index.ts'
import type { CacheFilter, CacheRow, DnsServer } from '../dns/index.ts'
import { describeCached, readCacheFilter } from '../dns/index.ts'
import type { Answer, CachedView, CacheQuery, CacheStatsView, Page, Paging } from '../facade.ts'
import { type Refusal, refusal } from '../model/index.ts'
import type { CacheSide } from '../network-side.ts'

/** Some tenths of a millisecond. */
const ENTRIES_A_TURN = 2000
const TURN_PAUSE_MS = 1

export type CacheCommandsOptions = { readonly clock: Clock; readonly dns: DnsServer }

export class CacheCommands implements CacheSide {
  readonly #o: CacheCommandsOptions

  constructor(options: CacheCommandsOptions) {
    this.#o = options
  }

  async cached(query: CacheQuery, { limit, after }: Paging): Answer<Page<CachedView>> {
    const filter = this.#filter(query)
    if (!filter.ok) return filter
    const from = Number(after ?? 0)
    if (!Number.isSafeInteger(from) || from < 0) return err(refusal('invalid', '/after', `"${after}" is no place in the cache`, 'pass on the "next" of the last page'))
    const { cache } = this.#o.dns
    const rows: CacheRow[] = []
    let next: number | undefined = from
    while (next !== undefined && rows.length < limit) {
      if (next !== from) await this.#turn()
      const some = cache.list(filter.value, next, limit - rows.length, ENTRIES_A_TURN)
      rows.push(...some.rows)
      next = some.next
    }
    const now = this.#o.clock.now()
    return ok({ items: rows.map((row) => describeCached(row, now)), next: next === undefined ? null : String(next) })
  }

  async flushCache(query: CacheQuery): Answer<{ readonly flushed: number }> {
    const filter = this.#filter(query)
    if (!filter.ok) return filter
    const { cache } = this.#o.dns
    let flushed = 0
    for (let next: number | undefined = 0; next !== undefined;) {
      if (next > 0) await this.#turn()
      const some = cache.flushSome(filter.value, next, ENTRIES_A_TURN)
      flushed += some.forgotten
      next = some.next
    }
    this.#o.dns.forgetAnswers()
    const { name, below, type, security } = filter.value
    if (type === undefined && security === undefined) this.#o.dns.forgetDelegations(below ?? name)
    return ok({ flushed })
  }

  async cacheStats(): Answer<CacheStatsView> {
    const { cache, counters, sizes } = this.#o.dns
    return ok({
      entries: cache.size, octets: cache.octets, limitOctets: cache.limitOctets, finishedResponses: sizes.finished, provenZones: cache.provenZones,
      hits: counters.get('cache-hits'), misses: counters.get('cache-misses'), synthesized: counters.get('cache-synthesized'), stale: counters.get('cache-stale'),
      kept: counters.get('cache-kept'), outranked: counters.get('cache-outranked'), evicted: counters.get('cache-evicted'),
    })
  }

  #filter(query: CacheQuery): Result<CacheFilter, Refusal> {
    const read = readCacheFilter(query)
    if (read.ok) return read
    const { field, problem, remedy } = read.error
    return err(refusal('invalid', `/${field}`, problem, remedy))
  }

  #turn(): Promise<void> {
    const { clock } = this.#o
    return new Promise((resolve) => void clock.at(clock.now() + TURN_PAUSE_MS, resolve))
  }
}
