/** What the cache counts. */
export const CACHE_COUNTS = [
  'cache-hits', 'cache-misses', 'cache-stale', 'cache-synthesized', 'cache-kept', 'cache-outranked', 'cache-too-long', 'cache-evicted',
] as const
export type CacheCount = (typeof CACHE_COUNTS)[number]
