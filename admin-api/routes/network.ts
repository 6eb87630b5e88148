import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import {
  Flushed,
  Neighbour,
  NEIGHBOUR_DEFAULTS,
  NeighbourCreation,
  NeighbourPage,
  neighbourParams,
  neighbourQuery,
} from '../schemas/network.ts'

export function networkRoutes(app: Api, services: Services): void {
  theNeighbours(app, services)
  oneNeighbour(app, services)
}

function theNeighbours(app: Api, services: Services): void {
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

  app.post(
    '/neighbours',
    {
      schema: {
        operationId: 'addNeighbour',
        tags: ['network'],
        summary: 'Add a static neighbour',
        description:
          'In the place of any other entry of that address. It stays until it is removed; no ARP packet changes it.',
        body: NeighbourCreation,
        response: { 201: Neighbour },
      },
    },
    async (request, reply) => {
      const neighbour = granted(await services.links.addNeighbour({ ...NEIGHBOUR_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('neighbours', neighbour.address)).send(neighbour)
    },
  )

  app.delete(
    '/neighbours',
    {
      schema: {
        operationId: 'flushNeighbours',
        tags: ['network'],
        summary: 'Forget the neighbours',
        description: 'All but the static ones; those that are needed are asked for again.',
        querystring: neighbourQuery,
        response: { 200: Flushed },
      },
    },
    async request => ({ flushed: granted(await services.links.flushNeighbours(request.query.interface ?? null)) }),
  )
}

function oneNeighbour(app: Api, services: Services): void {
  app.delete(
    '/neighbours/:address',
    {
      schema: {
        operationId: 'removeNeighbour',
        tags: ['network'],
        summary: 'Forget a neighbour',
        description: 'Static or not. What waits for its hardware address is given up.',
        params: neighbourParams,
        querystring: neighbourQuery,
        response: { 204: Type.Null({ description: 'It is forgotten.' }) },
      },
    },
    async (request, reply) => {
      const removed = await services.links.removeNeighbour(request.params.address, request.query.interface ?? null)
      return reply.code(204).send(granted(removed))
    },
  )
}
