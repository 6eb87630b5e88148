import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { exportQuery } from '../schemas/zone-contents.ts'
import { Zone, ZoneChange, ZoneCreation, ZonePage, zoneParams, ZONE_DEFAULTS } from '../schemas/zones.ts'

export function zoneRoutes(app: Api, services: Services): void {
  theZones(app, services)
  oneZone(app, services)
  zoneFile(app, services)
}

function theZones(app: Api, services: Services): void {
  app.get(
    '/zones',
    {
      schema: {
        operationId: 'listZones',
        tags: ['zones'],
        summary: 'All zones',
        description: 'The whole list as one page.',
        response: { 200: ZonePage },
      },
    },
    async () => singlePage(granted(await services.dns.listZones())),
  )

  app.post(
    '/zones',
    {
      schema: {
        operationId: 'addZone',
        tags: ['zones'],
        summary: 'Add a zone',
        description: 'It is answered with authority from the next query on, with its SOA and NS.',
        body: ZoneCreation,
        response: { 201: Zone },
      },
    },
    async (request, reply) => {
      const zone = granted(await services.dns.addZone({ ...ZONE_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('zones', zone.view === null ? zone.name : `${zone.name}@${zone.view}`)).send(zone)
    },
  )
}

function oneZone(app: Api, services: Services): void {
  app.get(
    '/zones/:name',
    {
      schema: {
        operationId: 'getZone',
        tags: ['zones'],
        summary: 'One zone',
        description: 'The fields of its SOA, and how many records it has.',
        params: zoneParams,
        response: { 200: Zone },
      },
    },
    async request => granted(await services.dns.getZone(request.params.name)),
  )

  app.patch(
    '/zones/:name',
    {
      schema: {
        operationId: 'changeZone',
        tags: ['zones'],
        summary: 'Change a zone',
        description: 'Fields that are left out stay as they are. The serial moves.',
        params: zoneParams,
        body: ZoneChange,
        response: { 200: Zone },
      },
    },
    async request => granted(await services.dns.changeZone(request.params.name, request.body)),
  )

  app.delete(
    '/zones/:name',
    {
      schema: {
        operationId: 'removeZone',
        tags: ['zones'],
        summary: 'Remove a zone',
        description: 'With all its records.',
        params: zoneParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.dns.removeZone(request.params.name))),
  )
}

function zoneFile(app: Api, services: Services): void {
  app.get(
    '/zones/:name/export',
    {
      schema: {
        operationId: 'exportZone',
        tags: ['zones'],
        summary: 'A zone as a master file',
        description: 'RFC 1035 §5; other servers can load it. With `signed` it has the keys, signatures and denials that DNSSEC adds.',
        params: zoneParams,
        querystring: exportQuery,
        response: {
          200: {
            description: 'The master file.',
            content: {
              'text/dns': { schema: Type.String({ examples: ['$ORIGIN lab.internal.\nwww 3600 IN A 10.53.0.20\n'] }) },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { signed, leases } = request.query
      const file = granted(await services.dns.exportZone(request.params.name, signed === 'true', leases !== 'false'))
      // RFC 4027. Sent as it is: a string is not serialised again.
      return reply.type('text/dns; charset=utf-8').serializer(String).send(file)
    },
  )
}
