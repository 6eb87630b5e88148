import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Subnet, SubnetChange, SubnetCreation, SubnetPage, subnetParams, SUBNET_DEFAULTS } from '../schemas/subnets.ts'

export function subnetRoutes(app: Api, services: Services): void {
  theSubnets(app, services)
  oneSubnet(app, services)
}

function theSubnets(app: Api, services: Services): void {
  app.get(
    '/subnets',
    {
      schema: {
        operationId: 'listSubnets',
        tags: ['subnets'],
        summary: 'All subnets',
        description: 'The whole list as one page.',
        response: { 200: SubnetPage },
      },
    },
    async () => singlePage(granted(await services.dhcp.listSubnets())),
  )

  app.post(
    '/subnets',
    {
      schema: {
        operationId: 'addSubnet',
        tags: ['subnets'],
        summary: 'Add a subnet',
        description:
          'It serves clients from the next packet on; it needs a pool or reservations to have anything to give.',
        body: SubnetCreation,
        response: { 201: Subnet },
      },
    },
    async (request, reply) => {
      const subnet = granted(await services.dhcp.addSubnet({ ...SUBNET_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('subnets', subnet.id)).send(subnet)
    },
  )
}

function oneSubnet(app: Api, services: Services): void {
  app.get(
    '/subnets/:id',
    {
      schema: {
        operationId: 'getSubnet',
        tags: ['subnets'],
        summary: 'One subnet',
        description: 'The subnet as it is now.',
        params: subnetParams,
        response: { 200: Subnet },
      },
    },
    async request => granted(await services.dhcp.getSubnet(request.params.id)),
  )

  app.patch(
    '/subnets/:id',
    {
      schema: {
        operationId: 'changeSubnet',
        tags: ['subnets'],
        summary: 'Change a subnet',
        description:
          'Fields that are left out stay as they are; "options" is replaced whole. Clients hear of it when they renew.',
        params: subnetParams,
        body: SubnetChange,
        response: { 200: Subnet },
      },
    },
    async request => granted(await services.dhcp.changeSubnet(request.params.id, request.body)),
  )

  app.delete(
    '/subnets/:id',
    {
      schema: {
        operationId: 'removeSubnet',
        tags: ['subnets'],
        summary: 'Remove a subnet',
        description: 'Its pools must be removed first. Leases in it are not renewed any more.',
        params: subnetParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.dhcp.removeSubnet(request.params.id))),
  )
}
