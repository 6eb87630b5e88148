import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { InterfacePropertiesView, Services } from '../../services/index.ts'
import {
  hostEndOf, impairmentOf, Interface, InterfaceChange, InterfaceCreation, InterfacePage, interfaceParams, INTERFACE_DEFAULTS,
} from '../schemas/interfaces.ts'

export function interfaceRoutes(app: Api, services: Services): void {
  theInterfaces(app, services)
  oneInterface(app, services)
}

function theInterfaces(app: Api, services: Services): void {
  app.get(
    '/interfaces',
    {
      schema: {
        operationId: 'listInterfaces',
        tags: ['network'],
        summary: 'Interfaces of the own network stack',
        description: 'The first one is the link that the program was started with.',
        response: { 200: InterfacePage },
      },
    },
    async () => singlePage(granted(await services.interfaces.listInterfaces())),
  )

  app.post(
    '/interfaces',
    {
      schema: {
        operationId: 'addInterface',
        tags: ['network'],
        summary: 'Add an interface',
        description:
          'It carries frames when this is answered, and comes back at every start. DHCP serves on it once a subnet ' +
          'names it. A refusal leaves no device behind.',
        body: InterfaceCreation,
        response: { 201: Interface },
      },
    },
    async (request, reply) => {
      const { hostEnd = null, impairment = null, ...rest } = request.body
      const input = { ...INTERFACE_DEFAULTS, ...rest, hostEnd: hostEndOf(hostEnd), impairment: impairmentOf(impairment) }
      const added = granted(await services.interfaces.addInterface(input))
      return reply.code(201).header('location', locationOf('interfaces', added.name)).send(added)
    },
  )
}

function oneInterface(app: Api, services: Services): void {
  app.get(
    '/interfaces/:name',
    {
      schema: {
        operationId: 'getInterface',
        tags: ['network'],
        summary: 'One interface',
        description: 'As it is now.',
        params: interfaceParams,
        response: { 200: Interface },
      },
    },
    async request => granted(await services.interfaces.getInterface(request.params.name)),
  )

  app.patch(
    '/interfaces/:name',
    {
      schema: {
        operationId: 'changeInterface',
        tags: ['network'],
        summary: 'Change an interface',
        description:
          'Counts from the next frame on. Fields that are left out stay as they are; lists and "impairment" are replaced ' +
          'whole. What is not among the fields is fixed: remove the interface and add it anew. On an interface that is ' +
          'down any change, even to what is there, tries to bring it up.',
        params: interfaceParams,
        body: InterfaceChange,
        response: { 200: Interface },
      },
    },
    async request => {
      const { impairment, ...rest } = request.body
      const change: Partial<InterfacePropertiesView> =
        impairment === undefined ? rest : { ...rest, impairment: impairmentOf(impairment) }
      return granted(await services.interfaces.changeInterface(request.params.name, change))
    },
  )

  app.delete(
    '/interfaces/:name',
    {
      schema: {
        operationId: 'removeInterface',
        tags: ['network'],
        summary: 'Remove an interface',
        description: 'Its subnets and the static routes that name it must be removed first.',
        params: interfaceParams,
        response: { 204: Type.Null({ description: 'It is removed, and its socket or device is gone, unless the device is persistent.' }) },
      },
    },
    async (request, reply) =>
      reply.code(204).send(granted(await services.interfaces.removeInterface(request.params.name))),
  )
}
