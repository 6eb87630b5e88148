import type { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Type, type TSchema } from 'typebox'
import { type Api, granted, splitQuery } from '../api.ts'
import { ProblemError, RefusedError } from '../errors.ts'
import { NDJSON_MEDIA_TYPE, OpenBodies } from '../open-bodies.ts'
import {
  CAPTURE_DEFAULTS,
  captureQuery,
  PING_DEFAULTS,
  PingCreation,
  PingEvent,
  report,
  SocketPage,
  socketQuery,
  TRACEROUTE_DEFAULTS,
  TracerouteCreation,
  TracerouteEvent,
} from '../schemas/diagnostics.ts'
import { type Services, StreamBroken } from '../../services/index.ts'

/** draft-ietf-opsawg-pcapng has not been given another. */
const PCAPNG_MEDIA_TYPE = 'application/x-pcapng'
/** Requests of a ping that is answered in one piece. */
const MOST_IN_ONE_PIECE = 1000

export function diagnosticRoutes(app: Api, services: Services): void {
  const bodies = new OpenBodies()
  // A ping without end must not keep the appliance from stopping.
  app.addHook('preClose', async () => bodies.closeAll())
  probes(app, services, bodies)
  captures(app, services, bodies)
  sockets(app, services)
}

/** A client that asks for JSON, and not for lines of it, gets it all at the end. */
const wantsOnePiece = (accept: string | undefined): boolean =>
  accept !== undefined && accept.includes('application/json') && !accept.includes(NDJSON_MEDIA_TYPE)

const answers = (name: string, event: TSchema) => ({
  200: {
    description:
      'Events as they happen, one a line; if it breaks off, the last line is {"kind":"problem","problem":…}. ' +
      'All together after the end for clients that accept application/json only.',
    content: {
      [NDJSON_MEDIA_TYPE]: { schema: event },
      'application/json': { schema: report(name, Type.Unsafe<unknown>(event)) },
    },
  },
})

async function answer<T>(
  reply: FastifyReply,
  bodies: OpenBodies,
  onePiece: boolean,
  events: AsyncIterable<T>,
): Promise<FastifyReply> {
  if (!onePiece) return reply.type(NDJSON_MEDIA_TYPE).send(bodies.lines(events))
  try {
    return reply.type('application/json').send({ events: await gathered(reply, events) })
  } catch (error) {
    throw error instanceof StreamBroken ? new RefusedError(error.refusal) : error
  }
}

/** All of them; the work ends when the client goes away before that. */
async function gathered<T>(reply: FastifyReply, events: AsyncIterable<T>): Promise<readonly T[]> {
  const iterator = events[Symbol.asyncIterator]()
  reply.raw.once('close', () => void iterator.return?.())
  const all: T[] = []
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) all.push(next.value)
  return all
}

function probes(app: Api, services: Services, bodies: OpenBodies): void {
  app.post(
    '/ping',
    {
      schema: {
        operationId: 'ping',
        tags: ['diagnostics'],
        summary: 'Ping a host',
        description: 'From the own network stack. Ends with the last event, or when the client goes away.',
        body: PingCreation,
        response: answers('PingReport', PingEvent),
      },
    },
    async (request, reply) => {
      const onePiece = wantsOnePiece(request.headers.accept)
      const input = { ...PING_DEFAULTS, ...request.body }
      if (onePiece && (input.count === null || input.count > MOST_IN_ONE_PIECE)) throw tooManyForOnePiece(input.count)
      return answer(reply, bodies, onePiece, granted(await services.diagnostics.ping(input)))
    },
  )

  app.post(
    '/traceroute',
    {
      schema: {
        operationId: 'traceroute',
        tags: ['diagnostics'],
        summary: 'Find the hops to a host',
        description: 'From the own network stack. Ends with the last event, or when the client goes away.',
        body: TracerouteCreation,
        response: answers('TracerouteReport', TracerouteEvent),
      },
    },
    async (request, reply) => {
      const events = granted(await services.diagnostics.traceroute({ ...TRACEROUTE_DEFAULTS, ...request.body }))
      return answer(reply, bodies, wantsOnePiece(request.headers.accept), events)
    },
  )
}

const tooManyForOnePiece = (count: number | null): ProblemError => {
  const detail = `${count === null ? 'a ping without end' : `a ping of ${count} requests`} is not answered in one piece`
  return new ProblemError('invalid', detail, [
    { pointer: '/count', detail, remedy: `At most ${MOST_IN_ONE_PIECE}, or accept ${NDJSON_MEDIA_TYPE}.` },
  ])
}

function captures(app: Api, services: Services, bodies: OpenBodies): void {
  app.get(
    '/capture',
    {
      schema: {
        operationId: 'capture',
        tags: ['diagnostics'],
        summary: 'Capture frames',
        description:
          'A pcapng file as it is written, until the count or the time is reached or the client goes away. ' +
          'Frames that the client is too slow for are left out; the statistics blocks of the file say how many.',
        querystring: captureQuery,
        response: {
          200: {
            description: 'A pcapng file.',
            content: {
              [PCAPNG_MEDIA_TYPE]: { schema: Type.Unsafe<Readable>({ type: 'string', description: 'Octets.' }) },
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { promiscuous, ...query } = request.query
      const pieces = await services.diagnostics.capture({
        ...CAPTURE_DEFAULTS,
        ...query,
        promiscuous: promiscuous !== 'no',
      })
      return reply.type(PCAPNG_MEDIA_TYPE).send(bodies.octets(granted(pieces)))
    },
  )
}

function sockets(app: Api, services: Services): void {
  app.get(
    '/sockets',
    {
      schema: {
        operationId: 'listSockets',
        tags: ['diagnostics'],
        summary: 'Sockets of the own network stack',
        description: 'UDP endpoints, TCP listeners and connections, with what each connection knows of its path.',
        querystring: socketQuery,
        response: { 200: SocketPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.diagnostics.listSockets(filter, paging))
    },
  )
}
