import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { DhcpClient, dhcpClientParams } from '../schemas/uplinks.ts'

export function uplinkRoutes(app: Api, services: Services): void {
  app.get(
    '/interfaces/:name/dhcp-client',
    {
      schema: {
        operationId: 'getDhcpClient',
        tags: ['network'],
        summary: 'The DHCP client of an interface',
        description: 'Its state, its lease, and what it did lately.',
        params: dhcpClientParams,
        response: { 200: DhcpClient },
      },
    },
    async request => granted(await services.uplinks.getDhcpClient(request.params.name)),
  )

  app.post(
    '/interfaces/:name/dhcp-client/renew',
    {
      schema: {
        operationId: 'renewDhcpClient',
        tags: ['network'],
        summary: 'Renew the lease of an interface',
        description:
          'Asks the server to confirm the lease now; without one, looks for one now. Answers what was begun: the ' +
          "server's answer shows in the client's state a moment later.",
        params: dhcpClientParams,
        response: { 200: DhcpClient },
      },
    },
    async request => granted(await services.uplinks.renewDhcpClient(request.params.name)),
  )

  app.post(
    '/interfaces/:name/dhcp-client/release',
    {
      schema: {
        operationId: 'releaseDhcpClient',
        tags: ['network'],
        summary: 'Give the lease of an interface back',
        description:
          'Tells the server, and takes the address, its routes and its name servers away. The client rests until it ' +
          'is renewed, or until the appliance starts anew.',
        params: dhcpClientParams,
        response: { 200: DhcpClient },
      },
    },
    async request => granted(await services.uplinks.releaseDhcpClient(request.params.name)),
  )
}
