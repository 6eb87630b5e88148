import { type Api, granted, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { PastUpdatePage, UpdatePolicy, UpdatePolicyInput, withRuleDefaults } from '../schemas/updates.ts'
import { zoneParams } from '../schemas/zones.ts'

export function updateRoutes(app: Api, services: Services): void {
  app.get(
    '/zones/:name/update-policy',
    {
      schema: {
        operationId: 'getUpdatePolicy',
        tags: ['zones'],
        summary: 'Who may change a zone by dynamic update',
        description: 'RFC 2136: rules of keys, names and types.',
        params: zoneParams,
        response: { 200: UpdatePolicy },
      },
    },
    async request => granted(await services.updates.getUpdatePolicy(request.params.name)),
  )

  app.put(
    '/zones/:name/update-policy',
    {
      schema: {
        operationId: 'setUpdatePolicy',
        tags: ['zones'],
        summary: 'Say who may change a zone by dynamic update',
        description: 'Takes the place of what was said before, from the next update on.',
        params: zoneParams,
        body: UpdatePolicyInput,
        response: { 200: UpdatePolicy },
      },
    },
    async request => granted(await services.updates.setUpdatePolicy(request.params.name, { rules: request.body.rules.map(withRuleDefaults) })),
  )

  app.get(
    '/zones/:name/updates',
    {
      schema: {
        operationId: 'listUpdates',
        tags: ['zones'],
        summary: 'The latest dynamic updates of a zone',
        description: 'Also those that were refused, and why; newest first, as one page. They are forgotten when the appliance ends.',
        params: zoneParams,
        response: { 200: PastUpdatePage },
      },
    },
    async request => singlePage(granted(await services.updates.recentUpdates(request.params.name))),
  )
}
