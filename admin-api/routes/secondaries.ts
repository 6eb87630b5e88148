import { Type } from 'typebox'
import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { primaryViews, Secondary, SecondaryInput, SecondaryRefresh } from '../schemas/secondaries.ts'
import { zoneParams } from '../schemas/zones.ts'

export function secondaryRoutes(app: Api, services: Services): void {
  app.get(
    '/zones/:name/secondary',
    {
      schema: {
        operationId: 'getSecondary',
        tags: ['zones'],
        summary: 'How a copy does',
        description: "Of a zone that is copied from other servers: from which, which version is here, and until when it is good. 404 for a zone of one's own.",
        params: zoneParams,
        response: { 200: Secondary },
      },
    },
    async request => granted(await services.secondaries.getSecondary(request.params.name)),
  )

  app.put(
    '/zones/:name/secondary',
    {
      schema: {
        operationId: 'setSecondary',
        tags: ['zones'],
        summary: 'Copy a zone from other servers',
        description: 'Makes a secondary zone (RFC 1034 §4.3.5), or gives one other primaries. It is looked at once, and served as soon as it has been transferred.',
        params: zoneParams,
        body: SecondaryInput,
        response: { 200: Secondary },
      },
    },
    async request => {
      const primaries = primaryViews(request.body.primaries)
      return granted(await services.secondaries.setSecondary(request.params.name, { primaries }))
    },
  )

  app.delete(
    '/zones/:name/secondary',
    {
      schema: {
        operationId: 'promote',
        tags: ['zones'],
        summary: 'Become the primary of a copy',
        description: 'The zone stays with its records as they are, and is changed here from now on.',
        params: zoneParams,
        response: { 204: Type.Null({ description: 'This server is its primary.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.secondaries.promote(request.params.name))),
  )

  app.post(
    '/zones/:name/refresh',
    {
      schema: {
        operationId: 'refreshSecondary',
        tags: ['zones'],
        summary: 'Look for a new version now',
        description: 'Asks the primaries of a copy for their serial, and transfers what is new. The answer does not wait for that.',
        params: zoneParams,
        body: SecondaryRefresh,
        response: { 200: Secondary },
      },
    },
    async request => granted(await services.secondaries.refresh(request.params.name, request.body.full ?? false)),
  )
}
