import { type Api, granted, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { NeighbourPage } from '../schemas/network.ts'

export function networkRoutes(app: Api, services: Services): void {
  app.get(
    '/neighbours',
    {
      schema: {
        operationId: 'listNeighbours',
        tags: ['network'],
        summary: 'The ARP cache',
        description: 'The neighbours that the stack knows or asks for.',
        response: { 200: NeighbourPage },
      },
    },
    async () => singlePage(granted(await services.links.listNeighbours())),
  )
}
