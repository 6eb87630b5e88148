/** The resolver's cache; all of it is asked of the network side. */
import type { Answer, CachedView, CacheQuery, CacheServices, CacheStatsView, Page, Paging } from '../facade.ts'
import type { NetworkSide } from '../network-side.ts'

export class ApplianceCache implements CacheServices {
  readonly #network: NetworkSide

  constructor({ network }: { readonly network: NetworkSide }) {
    this.#network = network
  }

  listCache(query: CacheQuery, paging: Paging): Answer<Page<CachedView>> {
    return this.#network.cache.cached(query, paging)
  }

  flushCache(query: CacheQuery): Answer<{ readonly flushed: number }> {
    return this.#network.cache.flushCache(query)
  }

  cacheStats(): Answer<CacheStatsView> {
    return this.#network.cache.cacheStats()
  }
}
