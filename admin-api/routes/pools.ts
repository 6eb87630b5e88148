import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Pool, PoolChange, PoolCreation, PoolPage, poolParams } from '../schemas/pools.ts'

export function poolRoutes(app: Api, services: Services): void {
  thePools(app, services)
  onePool(app, services)
}

function thePools(app: Api, services: Services): void {
  app.get(
    '/pools',
    {
      schema: {
        operationId: 'listPools',
        tags: ['pools'],
        summary: 'All pools',
        description: 'The whole list as one page.',
        response: { 200: PoolPage },
      },
    },
    async () => singlePage(granted(await services.dhcp.listPools())),
  )

  app.post(
    '/pools',
    {
      schema: {
        operationId: 'addPool',
        tags: ['pools'],
        summary: 'Add a pool',
        description:
          'A range inside the prefix of its subnet, overlapping no other pool. Reserved addresses in it stay reserved.',
        body: PoolCreation,
        response: { 201: Pool },
      },
    },
    async (request, reply) => {
      const pool = granted(await services.dhcp.addPool(request.body))
      return reply.code(201).header('location', locationOf('pools', pool.id)).send(pool)
    },
  )
}

function onePool(app: Api, services: Services): void {
  app.get(
    '/pools/:id',
    {
      schema: {
        operationId: 'getPool',
        tags: ['pools'],
        summary: 'One pool',
        description: 'The pool as it is now.',
        params: poolParams,
        response: { 200: Pool },
      },
    },
    async request => granted(await services.dhcp.getPool(request.params.id)),
  )

  app.patch(
    '/pools/:id',
    {
      schema: {
        operationId: 'changePool',
        tags: ['pools'],
        summary: 'Change a pool',
        description:
          'Fields that are left out stay as they are. Leases outside the new range are not renewed any more.',
        params: poolParams,
        body: PoolChange,
        response: { 200: Pool },
      },
    },
    async request => granted(await services.dhcp.changePool(request.params.id, request.body)),
  )

  app.delete(
    '/pools/:id',
    {
      schema: {
        operationId: 'removePool',
        tags: ['pools'],
        summary: 'Remove a pool',
        description: 'Its addresses are given to nobody any more.',
        params: poolParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.dhcp.removePool(request.params.id))),
  )
}
