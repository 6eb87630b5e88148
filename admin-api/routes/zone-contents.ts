import { Type } from 'typebox'
import { type Api, granted, splitQuery } from '../api.ts'
import { ProblemError } from '../errors.ts'
import type { Services, ZoneDifferenceView } from '../../services/index.ts'
import {
  BlockDelegation, differenceQuery, dryRunQuery, fileQuery, RecordSteps, textBody, Undo, versionsQuery, ZoneDifference, ZoneEdit, ZoneVersionPage,
} from '../schemas/zone-contents.ts'
import { RECORD_DEFAULTS } from '../schemas/records.ts'
import { zoneParams } from '../schemas/zones.ts'

/** A million records. */
const LARGEST_FILE_BYTES = 128 * 1024 * 1024
const TEXTS = ['text/dns', 'text/plain']

export function zoneContentRoutes(app: Api, services: Services): void {
  changes(app, services)
  versions(app, services)
  app.register(async texts => {
    texts.addContentTypeParser(TEXTS, { parseAs: 'string' }, (_request, body, done) => done(null, body))
    files(texts, services)
    hosts(texts, services)
  })
}

function files(app: Api, services: Services): void {
  app.put(
    '/zones/:name/file',
    {
      bodyLimit: LARGEST_FILE_BYTES,
      schema: {
        operationId: 'importZone',
        tags: ['zones'],
        summary: 'Bring a zone to what a master file says',
        description:
          'RFC 1035 §5, with $GENERATE and without $INCLUDE; sent as text/dns or text/plain. One edit with the least ' +
          'difference: records that are there already keep their ids and comments, those of leases stay. A file that is ' +
          'wrong is refused as a whole, with every line and column.',
        params: zoneParams,
        querystring: fileQuery,
        consumes: TEXTS,
        body: textBody,
        response: { 200: ZoneEdit },
      },
    },
    async ({ params, query, body, author }) => {
      const input = { text: body, mode: query.mode ?? 'replace', soa: query.soa === 'true', create: query.create === 'true' } as const
      return granted(await services.zoneContents.importZone(params.name, input, query.dryRun === 'true', author))
    },
  )
}

function changes(app: Api, services: Services): void {
  app.post(
    '/zones/:name/changes',
    {
      schema: {
        operationId: 'changeRecords',
        tags: ['records'],
        summary: 'Change several records at once',
        description:
          'In one transaction with one serial. With the header If-Match and the serial of the zone, as "7", it is done ' +
          'only while the zone has that serial.',
        params: zoneParams,
        querystring: dryRunQuery,
        headers: Type.Object({ 'if-match': Type.Optional(Type.String({ description: 'The serial that the zone must have.', examples: ['"7"'] })) }),
        body: RecordSteps,
        response: { 200: ZoneEdit },
      },
    },
    async ({ params, query, body, headers, author }) => {
      const steps = body.changes.map(step => (step.add === undefined ? step : { add: { ...RECORD_DEFAULTS, ...step.add } }))
      const serial = serialOf(headers['if-match'])
      return granted(await services.zoneContents.changeRecords(params.name, steps, serial, query.dryRun === 'true', author))
    },
  )

  app.post(
    '/zones/:name/blocks',
    {
      schema: {
        operationId: 'delegateBlock',
        tags: ['zones'],
        summary: 'Delegate the reverse names of a block smaller than /24',
        description: 'RFC 2317: NS records for the zone of the block, and a CNAME for each of its addresses, in one edit.',
        params: zoneParams,
        querystring: dryRunQuery,
        body: BlockDelegation,
        response: { 200: ZoneEdit },
      },
    },
    async ({ params, query, body, author }) =>
      granted(await services.zoneContents.delegateBlock(params.name, body.prefix, body.servers, query.dryRun === 'true', author)),
  )

  app.post(
    '/zones/:name/undo',
    {
      schema: {
        operationId: 'undoZone',
        tags: ['zones'],
        summary: 'Take changes of a zone back',
        description: 'As a new edit, which can be taken back too. Records of leases are left alone. What cannot be taken back is named.',
        params: zoneParams,
        querystring: dryRunQuery,
        body: Undo,
        response: { 200: ZoneEdit },
      },
    },
    async ({ params, query, body, author }) =>
      granted(await services.zoneContents.undo(params.name, body, query.dryRun === 'true', author)),
  )
}

function versions(app: Api, services: Services): void {
  app.get(
    '/zones/:name/versions',
    {
      schema: {
        operationId: 'listVersions',
        tags: ['zones'],
        summary: 'The versions of a zone',
        description: 'One entry per edit, the latest first.',
        params: zoneParams,
        querystring: versionsQuery,
        response: { 200: ZoneVersionPage },
      },
    },
    async request => granted(await services.zoneContents.listVersions(request.params.name, splitQuery(request.query).paging)),
  )

  app.get(
    '/zones/:name/difference',
    {
      schema: {
        operationId: 'compareVersions',
        tags: ['zones'],
        summary: 'What is different in two versions of a zone',
        description: 'Either may be the later one.',
        params: zoneParams,
        querystring: differenceQuery,
        response: { 200: ZoneDifference },
      },
    },
    async ({ params, query }, reply) => {
      const difference = granted(await services.zoneContents.compareVersions(params.name, query.from, query.to))
      if (query.format !== 'text') return difference
      return reply.type('text/plain; charset=utf-8').serializer(String).send(textOf(difference) as never)
    },
  )
}

function hosts(app: Api, services: Services): void {
  app.get(
    '/zones/:name/hosts',
    {
      schema: {
        operationId: 'getHostsFile',
        tags: ['zones'],
        summary: 'The names and addresses of a zone as a hosts file',
        description: 'A and AAAA records, in a reverse zone PTR records. Those of leases are comments.',
        params: zoneParams,
        response: { 200: { description: 'The hosts file.', content: { 'text/plain': { schema: textBody } } } },
      },
    },
    async (request, reply) => {
      const file = granted(await services.zoneContents.hostsFile(request.params.name))
      return reply.type('text/plain; charset=utf-8').serializer(String).send(file)
    },
  )

  app.put(
    '/zones/:name/hosts',
    {
      bodyLimit: LARGEST_FILE_BYTES,
      schema: {
        operationId: 'putHostsFile',
        tags: ['zones'],
        summary: 'Bring the names and addresses of a zone to what a hosts file says',
        description: 'Sent as text/plain. One edit with the least difference; other records stay.',
        params: zoneParams,
        querystring: dryRunQuery,
        consumes: TEXTS,
        body: textBody,
        response: { 200: ZoneEdit },
      },
    },
    async ({ params, query, body, author }) =>
      granted(await services.zoneContents.putHostsFile(params.name, body, query.dryRun === 'true', author)),
  )
}

/** RFC 9110 §13.1.1: entity tags are quoted; a bare number is as good. */
function serialOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const serial = /^"?(\d{1,10})"?$/.exec(header.trim())?.[1]
  if (serial !== undefined) return Number(serial)
  const remedy = 'The serial of the zone in quotes.'
  throw new ProblemError('invalid-parameter', `If-Match: ${header} is no serial`, [{ pointer: '/if-match', detail: `${header} is no serial`, remedy }])
}

/** As IXFR has it (RFC 1995 §4): what goes, then what comes. */
function textOf({ zone, from, to, changes: all }: ZoneDifferenceView): string {
  const lines = all
    .filter(change => change.enabled)
    .map(({ action, name, ttl, type, data }) => `${action === 'add' ? '+' : '-'} ${name}. ${ttl} IN ${type} ${data}`)
  return `${[`; ${zone} from serial ${from} to ${to}`, ...lines].join('\n')}\n`
}
