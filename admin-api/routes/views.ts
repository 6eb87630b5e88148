import { type Api, granted, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { ViewPage, ViewsInput, withViewDefaults } from '../schemas/views.ts'

export function viewRoutes(app: Api, services: Services): void {
  app.get(
    '/views',
    {
      schema: {
        operationId: 'listViews',
        tags: ['zones'],
        summary: 'All views',
        description: 'In their order, as one page: a client sees the first that fits it, or none.',
        response: { 200: ViewPage },
      },
    },
    async () => singlePage(granted(await services.views.listViews())),
  )

  app.put(
    '/views',
    {
      schema: {
        operationId: 'setViews',
        tags: ['zones'],
        summary: 'Say which views there are',
        description: 'All of them in their order, instead of those before. A view that has zones cannot be left out.',
        body: ViewsInput,
        response: { 200: ViewPage },
      },
    },
    async request => singlePage(granted(await services.views.setViews(request.body.views.map(withViewDefaults)))),
  )
}
