import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { NewTsigKey, TsigKeyCreation, tsigKeyParams, TsigKeyPage } from '../schemas/tsig-keys.ts'

export function tsigKeyRoutes(app: Api, services: Services): void {
  app.get(
    '/tsig-keys',
    {
      schema: {
        operationId: 'listTsigKeys',
        tags: ['zones'],
        summary: 'All TSIG keys',
        description: 'By name, without their secrets.',
        response: { 200: TsigKeyPage },
      },
    },
    async () => singlePage(granted(await services.tsigKeys.listTsigKeys())),
  )

  app.post(
    '/tsig-keys',
    {
      schema: {
        operationId: 'addTsigKey',
        tags: ['zones'],
        summary: 'Make a TSIG key',
        description: 'The answer is the only one that has the secret. Messages signed with it are taken from the next one on.',
        body: TsigKeyCreation,
        response: { 201: NewTsigKey },
      },
    },
    async (request, reply) => {
      const { name, algorithm = 'hmac-sha256', secret = null } = request.body
      const key = granted(await services.tsigKeys.addTsigKey({ name, algorithm, secret }))
      return reply.code(201).header('location', locationOf('tsig-keys', key.name)).send(key)
    },
  )

  app.delete(
    '/tsig-keys/:name',
    {
      schema: {
        operationId: 'removeTsigKey',
        tags: ['zones'],
        summary: 'Remove a TSIG key',
        description: 'Messages signed with it are refused from the next one on.',
        params: tsigKeyParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.tsigKeys.removeTsigKey(request.params.name))),
  )
}
