/** A cache of two entries, for tests of the admin API and the command line. */
import type { Answer, CachedView, CacheQuery, CacheServices, CacheStatsView, Page } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const WWW: CachedView = {
  name: 'www.example.com', type: 'A', says: 'records', records: ['A 192.0.2.1'], ageSeconds: 12, secondsLeft: 288, security: 'secure', trust: 'authoritative',
  source: '192.0.2.53', zone: 'example.com', partition: 0,
}
const GONE: CachedView = { ...WWW, name: 'gone.example.com', type: null, says: 'no-such-name', records: [], secondsLeft: -5, security: 'insecure' }

export class FakeCache implements CacheServices {
  entries: readonly CachedView[] = [WWW, GONE]

  async listCache(query: CacheQuery): Answer<Page<CachedView>> {
    if (query.type === 'NOSUCH') return err(refusal('invalid', '/type', 'there is no record type NOSUCH', 'as A or MX'))
    return ok({ items: this.entries.filter((entry) => named(query)(entry)), next: null })
  }

  async flushCache(query: CacheQuery): Answer<{ readonly flushed: number }> {
    const left = this.entries.filter((entry) => !named(query)(entry))
    const flushed = this.entries.length - left.length
    this.entries = left
    return ok({ flushed })
  }

  async cacheStats(): Answer<CacheStatsView> {
    return ok({
      entries: this.entries.length, octets: 300, limitOctets: 67_108_864, finishedResponses: 2, provenZones: 1, hits: 7, misses: 2, synthesized: 3, stale: 0,
      kept: 2, outranked: 0, evicted: 0,
    })
  }
}

const named = ({ name, below, type, security }: CacheQuery) => (entry: CachedView): boolean =>
  (name === undefined || entry.name === name) && (below === undefined || `.${entry.name}`.endsWith(`.${below}`))
  && (type === undefined || entry.type === type) && (security === undefined || entry.security === security)
