import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import {
  Route, RouteChange, RouteCreation, RoutePage, routeParams, ROUTE_DEFAULTS, Routing, RoutingChange,
} from '../schemas/routes.ts'

export function routeRoutes(app: Api, services: Services): void {
  theRoutes(app, services)
  oneRoute(app, services)
  routing(app, services)
}

function theRoutes(app: Api, services: Services): void {
  app.get(
    '/routes',
    {
      schema: {
        operationId: 'listRoutes',
        tags: ['network'],
        summary: 'The routing table',
        description: 'In the order in which routes are tried, then the static ones that wait for their link.',
        response: { 200: RoutePage },
      },
    },
    async () => singlePage(granted(await services.routes.listRoutes())),
  )

  app.post(
    '/routes',
    {
      schema: {
        operationId: 'addRoute',
        tags: ['network'],
        summary: 'Add a static route',
        description: 'By a gateway, by an interface, or by a gateway on a certain interface.',
        body: RouteCreation,
        response: { 201: Route },
      },
    },
    async (request, reply) => {
      const added = granted(await services.routes.addRoute({ ...ROUTE_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('routes', added.id ?? 0)).send(added)
    },
  )
}

function oneRoute(app: Api, services: Services): void {
  app.get(
    '/routes/:id',
    {
      schema: {
        operationId: 'getRoute',
        tags: ['network'],
        summary: 'One static route',
        description: 'As it is now.',
        params: routeParams,
        response: { 200: Route },
      },
    },
    async request => granted(await services.routes.getRoute(request.params.id)),
  )

  app.patch(
    '/routes/:id',
    {
      schema: {
        operationId: 'changeRoute',
        tags: ['network'],
        summary: 'Change a static route',
        description: 'Fields that are left out stay as they are.',
        params: routeParams,
        body: RouteChange,
        response: { 200: Route },
      },
    },
    async request => granted(await services.routes.changeRoute(request.params.id, request.body)),
  )

  app.delete(
    '/routes/:id',
    {
      schema: {
        operationId: 'removeRoute',
        tags: ['network'],
        summary: 'Remove a static route',
        description: 'Counts from the next datagram on.',
        params: routeParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.routes.removeRoute(request.params.id))),
  )
}

function routing(app: Api, services: Services): void {
  app.get(
    '/routing',
    {
      schema: {
        operationId: 'getRouting',
        tags: ['network'],
        summary: 'Whether the appliance is a router',
        description: 'A host forwards nothing (RFC 1122); a router does (RFC 1812).',
        response: { 200: Routing },
      },
    },
    async () => granted(await services.routes.getRouting()),
  )

  app.patch(
    '/routing',
    {
      schema: {
        operationId: 'changeRouting',
        tags: ['network'],
        summary: 'Make the appliance a router, or a host again',
        description: 'Counts from the next datagram on.',
        body: RoutingChange,
        response: { 200: Routing },
      },
    },
    async request => granted(await services.routes.changeRouting(request.body)),
  )
}
