import { Type } from 'typebox'
import { type Api, granted, locationOf, splitQuery } from '../api.ts'
import type { Services } from '../../services/index.ts'
import {
  RecordChange,
  RecordCreation,
  RecordHistoryPage,
  RecordPage,
  RecordTypePage,
  recordParams,
  recordQuery,
  removalQuery,
  RECORD_DEFAULTS,
  ZoneRecord,
} from '../schemas/records.ts'
import { zoneParams } from '../schemas/zones.ts'

export function recordRoutes(app: Api, services: Services): void {
  theTypes(app, services)
  theRecords(app, services)
  oneRecord(app, services)
}

function theTypes(app: Api, services: Services): void {
  app.get(
    '/dns/types',
    {
      schema: {
        operationId: 'listRecordTypes',
        tags: ['records'],
        summary: 'Record types and their fields',
        description: 'Every type that has a form of its own; any other is given as TYPE731 with data \\# LENGTH HEX (RFC 3597).',
        response: { 200: RecordTypePage },
      },
    },
    async () => ({ items: granted(await services.dns.recordTypes()), next: null }),
  )
}

function theRecords(app: Api, services: Services): void {
  app.get(
    '/zones/:name/records',
    {
      schema: {
        operationId: 'listRecords',
        tags: ['records'],
        summary: 'Records of a zone',
        description: 'By name; every filter narrows the list.',
        params: zoneParams,
        querystring: recordQuery,
        response: { 200: RecordPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.dns.listRecords(request.params.name, filter, paging))
    },
  )

  app.post(
    '/zones/:name/records',
    {
      schema: {
        operationId: 'addRecord',
        tags: ['records'],
        summary: 'Add a record',
        description: 'It is in the answer to the next query. The serial of the zone moves.',
        params: zoneParams,
        body: RecordCreation,
        response: { 201: ZoneRecord },
      },
    },
    async (request, reply) => {
      const record = granted(await services.dns.addRecord(request.params.name, { ...RECORD_DEFAULTS, ...request.body }, request.author))
      const location = locationOf('zones', request.params.name, 'records', record.id)
      return reply.code(201).header('location', location).send(record)
    },
  )

  app.get(
    '/zones/:name/history',
    {
      schema: {
        operationId: 'listRecordHistory',
        tags: ['records'],
        summary: 'What changed in a zone',
        description: 'One entry per record that was added or removed, the latest first.',
        params: zoneParams,
        querystring: recordQuery,
        response: { 200: RecordHistoryPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.dns.recordHistory(request.params.name, filter, paging))
    },
  )
}

function oneRecord(app: Api, services: Services): void {
  app.get(
    '/zones/:name/records/:id',
    {
      schema: {
        operationId: 'getRecord',
        tags: ['records'],
        summary: 'One record',
        description: 'The record as it is now.',
        params: recordParams,
        response: { 200: ZoneRecord },
      },
    },
    async request => granted(await services.dns.getRecord(request.params.name, request.params.id)),
  )

  app.patch(
    '/zones/:name/records/:id',
    {
      schema: {
        operationId: 'changeRecord',
        tags: ['records'],
        summary: 'Change a record',
        description: 'Fields that are left out stay as they are. Records of leases change with the lease only.',
        params: recordParams,
        body: RecordChange,
        response: { 200: ZoneRecord },
      },
    },
    async request => granted(await services.dns.changeRecord(request.params.name, request.params.id, request.body, request.author)),
  )

  app.delete(
    '/zones/:name/records/:id',
    {
      schema: {
        operationId: 'removeRecord',
        tags: ['records'],
        summary: 'Remove a record',
        description: 'It is gone from the answer to the next query. The serial of the zone moves.',
        params: recordParams,
        querystring: removalQuery,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) =>
      reply.code(204).send(granted(await services.dns.removeRecord(request.params.name, request.params.id, request.author, request.query.ptr === 'true'))),
  )
}
