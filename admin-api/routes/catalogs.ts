import { Type } from 'typebox'
import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Catalog, CatalogInput, CatalogMemberInput, catalogMemberParams } from '../schemas/catalogs.ts'
import { primaryViews } from '../schemas/secondaries.ts'
import { zoneParams } from '../schemas/zones.ts'

export function catalogRoutes(app: Api, services: Services): void {
  app.get(
    '/zones/:name/catalog',
    {
      schema: {
        operationId: 'getCatalog',
        tags: ['zones'],
        summary: 'A catalog zone',
        description: 'What it lists, and what of that is not here, and why.',
        params: zoneParams,
        response: { 200: Catalog },
      },
    },
    async request => granted(await services.catalogs.getCatalog(request.params.name)),
  )

  app.put(
    '/zones/:name/catalog',
    {
      schema: {
        operationId: 'setCatalog',
        tags: ['zones'],
        summary: 'Make a zone a catalog',
        description: 'A producer lists zones of this server for others (the zone is made if there is none); a consumer is a copy whose members are copied too (RFC 9432).',
        params: zoneParams,
        body: CatalogInput,
        response: { 200: Catalog },
      },
    },
    async request => {
      const { role, primaries = null, groups = [] } = request.body
      return granted(await services.catalogs.setCatalog(request.params.name, {
        role,
        primaries: primaries === null ? null : primaryViews(primaries),
        groups: groups.map(group => ({ name: group.name, primaries: primaryViews(group.primaries) })),
      }))
    },
  )

  app.delete(
    '/zones/:name/catalog',
    {
      schema: {
        operationId: 'removeCatalog',
        tags: ['zones'],
        summary: 'A zone is no catalog any more',
        description: 'The zone stays, and so do the zones that it brought.',
        params: zoneParams,
        response: { 204: Type.Null({ description: 'It is no catalog.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.catalogs.removeCatalog(request.params.name))),
  )

  app.put(
    '/zones/:name/catalog/members/:member',
    {
      schema: {
        operationId: 'setCatalogMember',
        tags: ['zones'],
        summary: 'List a zone in a catalog',
        description: 'Of a producer. A zone that goes to nobody yet goes to whom the catalog goes to from now on.',
        params: catalogMemberParams,
        body: CatalogMemberInput,
        response: { 200: Catalog },
      },
    },
    async request => {
      const { group = null, coo = null } = request.body
      return granted(await services.catalogs.setMember(request.params.name, request.params.member, { group, coo }))
    },
  )

  app.delete(
    '/zones/:name/catalog/members/:member',
    {
      schema: {
        operationId: 'removeCatalogMember',
        tags: ['zones'],
        summary: 'Take a zone out of a catalog',
        description: 'Of a producer. The zone stays here; consumers remove it.',
        params: catalogMemberParams,
        response: { 204: Type.Null({ description: 'It is not listed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.catalogs.removeMember(request.params.name, request.params.member))),
  )
}
