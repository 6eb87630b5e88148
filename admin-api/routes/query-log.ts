import { Type } from 'typebox'
import type { QueryView, Services } from '../../services/index.ts'
import { type Api, granted, splitQuery } from '../api.ts'
import { NDJSON_MEDIA_TYPE, OpenBodies } from '../open-bodies.ts'
import { exportQuery, QueryLog, QueryLogChange, QueryPage, queriesQuery, Top, topQuery } from '../schemas/query-log.ts'

/** RFC 4180 §3. */
const CSV_MEDIA_TYPE = 'text/csv'

export function queryLogRoutes(app: Api, services: Services): void {
  const bodies = new OpenBodies()
  // A long export must not keep the appliance from stopping.
  app.addHook('preClose', async () => bodies.closeAll())
  settings(app, services)
  search(app, services)
  exports(app, services, bodies)
}

function settings(app: Api, services: Services): void {
  app.get(
    '/dns/query-log',
    {
      schema: {
        operationId: 'getQueryLog',
        tags: ['queries'],
        summary: 'What is written down of queries',
        description: 'The mode, how long queries are kept, and how much there is.',
        response: { 200: QueryLog },
      },
    },
    async () => granted(await services.queryLog.queryLog()),
  )

  app.patch(
    '/dns/query-log',
    {
      schema: {
        operationId: 'changeQueryLog',
        tags: ['queries'],
        summary: 'Say what is written down of queries',
        description: 'Counts from the next query on. What was written before stays as it is, until it is too old or forgotten.',
        body: QueryLogChange,
        response: { 200: QueryLog },
      },
    },
    async request => granted(await services.queryLog.changeQueryLog(request.body)),
  )
}

function search(app: Api, services: Services): void {
  app.get(
    '/dns/queries',
    {
      schema: {
        operationId: 'listQueries',
        tags: ['queries'],
        summary: 'Queries that were answered',
        description: 'The latest first. All filters that are given must hold.',
        querystring: queriesQuery,
        response: { 200: QueryPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.queryLog.listQueries(filter, paging))
    },
  )

  app.delete(
    '/dns/queries',
    {
      schema: {
        operationId: 'clearQueries',
        tags: ['queries'],
        summary: 'Forget all queries',
        description: 'They are gone from the disk too.',
        response: { 204: Type.Null({ description: 'They are forgotten.' }) },
      },
    },
    async (_request, reply) => reply.code(204).send(granted(await services.queryLog.clearQueries())),
  )

  app.get(
    '/dns/queries/top',
    {
      schema: {
        operationId: 'topQueries',
        tags: ['queries'],
        summary: 'The most frequent names or clients',
        description: 'Of a day, or of the period that is given.',
        querystring: topQuery,
        response: { 200: Top },
      },
    },
    async request => granted(await services.queryLog.topQueries({ limit: 10, ...request.query })),
  )
}

function exports(app: Api, services: Services, bodies: OpenBodies): void {
  app.get(
    '/dns/queries/export',
    {
      schema: {
        operationId: 'exportQueries',
        tags: ['queries'],
        summary: 'All queries that match, as a file',
        description: 'The latest first, as they are read: however many there are, they take little memory.',
        querystring: exportQuery,
        response: {
          200: {
            description: 'A line each.',
            content: { [NDJSON_MEDIA_TYPE]: { schema: Type.String() }, [CSV_MEDIA_TYPE]: { schema: Type.String() } },
          },
        },
      },
    },
    async (request, reply) => {
      const { format = 'ndjson', ...filter } = request.query
      const pieces = granted(await services.queryLog.exportQueries(filter))
      const csv = format === 'csv'
      return reply
        .type(csv ? `${CSV_MEDIA_TYPE}; charset=utf-8; header=present` : NDJSON_MEDIA_TYPE)
        .header('content-disposition', `attachment; filename="queries.${format}"`)
        .send(bodies.octets(csv ? csvOf(pieces) : linesOf(pieces)) as never)
    },
  )
}

async function* linesOf(pieces: AsyncIterable<readonly QueryView[]>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield Buffer.from(piece.map(each => `${JSON.stringify(each)}\n`).join(''))
}

const CSV_COLUMNS = [
  'id', 'at', 'client', 'clientName', 'carrier', 'name', 'type', 'rcode', 'outcome', 'source', 'age', 'server', 'list', 'rule',
  'allowed', 'tookMs', 'octets', 'flags', 'dnssecOk',
] as const satisfies readonly (keyof QueryView)[]

async function* csvOf(pieces: AsyncIterable<readonly QueryView[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${CSV_COLUMNS.join(',')}\r\n`)
  for await (const piece of pieces) yield Buffer.from(piece.map(each => `${CSV_COLUMNS.map(column => csvField(each[column])).join(',')}\r\n`).join(''))
}

/** RFC 4180 §2. What a spreadsheet would take for a formula begins with an apostrophe: names come from anybody. */
function csvField(value: QueryView[keyof QueryView]): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value ?? '')
  const safe = /^[=+@-]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
