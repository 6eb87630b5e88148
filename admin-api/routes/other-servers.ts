import { Type } from 'typebox'
import { type Api, granted, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { OtherServerPage } from '../schemas/other-servers.ts'

export function otherServerRoutes(app: Api, services: Services): void {
  app.get(
    '/dhcp/servers-seen',
    {
      schema: {
        operationId: 'listOtherServers',
        tags: ['network'],
        summary: 'Other DHCP servers',
        description:
          'Servers that answered a search of ours or a client, or that a client named, the latest first. They are ' +
          'kept in memory; the events about them are kept for good.',
        response: { 200: OtherServerPage },
      },
    },
    async () => singlePage(granted(await services.otherServers.listOtherServers())),
  )

  app.post(
    '/dhcp/servers-seen/search',
    {
      schema: {
        operationId: 'searchOtherServers',
        tags: ['network'],
        summary: 'Look for other DHCP servers',
        description:
          'Broadcasts a DISCOVER on every link that is served, and takes none of the offers. Who answers is in the ' +
          'list within five seconds.',
        response: { 204: Type.Null({ description: 'It is begun.' }) },
      },
    },
    async (_request, reply) => reply.code(204).send(granted(await services.otherServers.searchOtherServers())),
  )
}
