import { type Api, granted, splitQuery } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { CachedPage, cacheFilter, CacheFlushed, cacheQuery, CacheStats } from '../schemas/cache.ts'

export function cacheRoutes(app: Api, services: Services): void {
  app.get(
    '/dns/cache',
    {
      schema: {
        operationId: 'listCache',
        tags: ['resolver'],
        summary: 'What is known from other servers',
        description: 'In no order that means something; all filters that are given must hold.',
        querystring: cacheQuery,
        response: { 200: CachedPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.cache.listCache(filter, paging))
    },
  )

  app.delete(
    '/dns/cache',
    {
      schema: {
        operationId: 'flushCache',
        tags: ['resolver'],
        summary: 'Forget what is known from other servers',
        description: 'All of it, or what the filters name. Finished responses and remembered failures end too.',
        querystring: cacheFilter,
        response: { 200: CacheFlushed },
      },
    },
    async request => granted(await services.cache.flushCache(request.query)),
  )

  app.get(
    '/dns/cache/stats',
    {
      schema: {
        operationId: 'cacheStats',
        tags: ['resolver'],
        summary: 'How the cache does',
        description: 'Counts are since the start.',
        response: { 200: CacheStats },
      },
    },
    async () => granted(await services.cache.cacheStats()),
  )
}
