import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Forwarder, FORWARDER_DEFAULTS, ForwarderChange, ForwarderCreation, ForwarderPage, forwarderParams, ForwarderQuestion, ForwarderTestPage, forwarderTestParams } from '../schemas/forwarders.ts'

export function forwarderRoutes(app: Api, services: Services): void {
  theForwarders(app, services)
  oneForwarder(app, services)
}

function theForwarders(app: Api, services: Services): void {
  app.get(
    '/dns/forwarders',
    {
      schema: {
        operationId: 'listForwarders',
        tags: ['resolver'],
        summary: 'All forwarders',
        description: 'As one page; at the end the one that the settings or an uplink make.',
        response: { 200: ForwarderPage },
      },
    },
    async () => singlePage(granted(await services.forwarders.listForwarders())),
  )

  app.post(
    '/dns/forwarders',
    {
      schema: {
        operationId: 'addForwarder',
        tags: ['resolver'],
        summary: 'Add a forwarder',
        description: 'Counts from the next query on.',
        body: ForwarderCreation,
        response: { 201: Forwarder },
      },
    },
    async (request, reply) => {
      const added = granted(await services.forwarders.addForwarder({ ...FORWARDER_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('dns', 'forwarders', added.id ?? 0)).send(added)
    },
  )
}

function oneForwarder(app: Api, services: Services): void {
  app.get(
    '/dns/forwarders/:id',
    {
      schema: {
        operationId: 'getForwarder',
        tags: ['resolver'],
        summary: 'One forwarder',
        description: 'As it is now.',
        params: forwarderParams,
        response: { 200: Forwarder },
      },
    },
    async request => granted(await services.forwarders.getForwarder(request.params.id)),
  )

  app.patch(
    '/dns/forwarders/:id',
    {
      schema: {
        operationId: 'changeForwarder',
        tags: ['resolver'],
        summary: 'Change a forwarder',
        description: 'Fields that are left out stay as they are.',
        params: forwarderParams,
        body: ForwarderChange,
        response: { 200: Forwarder },
      },
    },
    async request => granted(await services.forwarders.changeForwarder(request.params.id, request.body)),
  )

  app.post(
    '/dns/forwarders/:id/test',
    {
      schema: {
        operationId: 'testForwarder',
        tags: ['resolver'],
        summary: 'Ask each server of a forwarder',
        description: 'Each is asked on its own, and the answer is there when all have answered or had their time, four seconds at most.',
        params: forwarderTestParams,
        body: ForwarderQuestion,
        response: { 200: ForwarderTestPage },
      },
    },
    async ({ params, body }) => singlePage(granted(await services.forwarders.testForwarder(params.id, { name: body.name ?? null, type: body.type ?? 'SOA' }))),
  )

  app.delete(
    '/dns/forwarders/:id',
    {
      schema: {
        operationId: 'removeForwarder',
        tags: ['resolver'],
        summary: 'Remove a forwarder',
        description: 'Counts from the next query on.',
        params: forwarderParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.forwarders.removeForwarder(request.params.id))),
  )
}
