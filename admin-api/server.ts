/**
 * The admin API as a fastify instance that listens nowhere yet: the composition root says where, and a test injects.
 * Read in this order: routes/ (what there is), schemas/ (its shape), errors.ts (how it fails), auth/ (who may).
 */
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Services, TokenStore } from '../services/index.ts'
import type { Clock } from '../stack/platform/index.ts'
import { AllowedMethods } from './allowed-methods.ts'
import { type Api, API_PREFIX } from './api.ts'
import { guard } from './auth/guard.ts'
import { hostName, isOwnHost } from './auth/host.ts'
import { ProblemError } from './errors.ts'
import { answerBadUrl, answerFailure, answerNoHttp, answerUnknownRoute } from './failures.ts'
import { SECURITY_HEADERS } from './headers.ts'
import { describeApi, openApiRoute } from './openapi.ts'
import { pageRoutes } from './pages.ts'
import { certificateRoutes } from './routes/certificates.ts'
import { decisionRoutes } from './routes/decisions.ts'
import { diagnosticRoutes } from './routes/diagnostics.ts'
import { dhcpDocumentRoutes } from './routes/dhcp-document.ts'
import { dhcpEntryRoutes } from './routes/dhcp-entries.ts'
import { healthRoutes } from './routes/health.ts'
import { interfaceRoutes } from './routes/interfaces.ts'
import { leaseRoutes } from './routes/leases.ts'
import { networkRoutes } from './routes/network.ts'
import { otherServerRoutes } from './routes/other-servers.ts'
import { policyRoutes } from './routes/policies.ts'
import { queryLogRoutes } from './routes/query-log.ts'
import { recordRoutes } from './routes/records.ts'
import { routeRoutes } from './routes/routes.ts'
import { catalogRoutes } from './routes/catalogs.ts'
import { secondaryRoutes } from './routes/secondaries.ts'
import { signingRoutes } from './routes/signing.ts'
import { transferRoutes } from './routes/transfers.ts'
import { updateRoutes } from './routes/updates.ts'
import { cacheRoutes } from './routes/cache.ts'
import { forwarderRoutes } from './routes/forwarders.ts'
import { trustAnchorRoutes } from './routes/trust-anchors.ts'
import { viewRoutes } from './routes/views.ts'
import { tsigKeyRoutes } from './routes/tsig-keys.ts'
import { uplinkRoutes } from './routes/uplinks.ts'
import { zoneContentRoutes } from './routes/zone-contents.ts'
import { zoneRoutes } from './routes/zones.ts'
import { validatorCompiler } from './validation.ts'

export type ServerOptions = {
  readonly services: Services
  readonly tokens: TokenStore
  readonly clock: Clock
  /** pino in the composition; nothing is logged without it. */
  readonly log?: FastifyBaseLogger
  /** Of the program, for the pages and the OpenAPI document. */
  readonly version: string
  /** Names besides localhost under which the API is reached (Host header), lower case, without a port. */
  readonly allowedHosts?: readonly string[]
}

/** Larger than any record or option set that makes sense. */
const LARGEST_BODY_BYTES = 128 * 1024
/** A name of 255 octets with each one escaped as %XX. */
const LONGEST_PARAMETER = 3 * 255
/** A request that has not come in whole by then is given up, so that slow clients hold no connections. */
const REQUEST_TIMEOUT_MS = 30_000

const ROUTES = [
  healthRoutes,
  leaseRoutes,
  dhcpEntryRoutes,
  dhcpDocumentRoutes,
  zoneRoutes,
  zoneContentRoutes,
  recordRoutes,
  interfaceRoutes,
  routeRoutes,
  networkRoutes,
  diagnosticRoutes,
  uplinkRoutes,
  otherServerRoutes,
  tsigKeyRoutes,
  transferRoutes,
  secondaryRoutes,
  catalogRoutes,
  signingRoutes,
  certificateRoutes,
  updateRoutes,
  viewRoutes,
  forwarderRoutes,
  policyRoutes,
  cacheRoutes,
  trustAnchorRoutes,
  queryLogRoutes,
  decisionRoutes,
] as const

/** Ids that do not repeat after a restart: the start in ms, and a count. */
function requestIds(clock: Clock): () => string {
  const start = clock.wallMs().toString(36)
  let count = 0
  return () => `${start}-${++count}`
}

function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    // The path without its query, and no headers: neither tokens nor what was looked for belong in a log.
    const facts = {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    }
    if (request.method === 'GET' || request.method === 'HEAD') request.log.debug(facts, 'answered')
    else request.log.info(facts, 'answered')
  })
}

/**
 * Everything but a port to listen on: `await app.listen({ host: '127.0.0.1', port: 8053 })`, and `await app.close()`.
 * Throws for options that fastify refuses; never for a request.
 */
export function buildServer(options: ServerOptions): FastifyInstance {
  const allowedHosts = new Set(options.allowedHosts)
  const allowedMethods = new AllowedMethods()
  const app = fastify({
    ...(options.log === undefined ? {} : { loggerInstance: options.log }),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(options.clock),
    bodyLimit: LARGEST_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: answerBadUrl,
    clientErrorHandler: answerNoHttp,
  })
  app.removeContentTypeParser('text/plain')
  app.setValidatorCompiler(validatorCompiler())
  // What is sent is checked by the compiler (schemas/common.ts view); a compiled serialiser per route would cost more
  // time at start-up than all requests of a day.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(answerFailure)
  app.setNotFoundHandler(answerUnknownRoute(allowedMethods))
  app.addHook('onRoute', route => allowedMethods.add(route))
  app.decorateRequest('authenticated', false)
  app.decorateRequest('author', undefined)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY_HEADERS)
    if (!isOwnHost(request.headers.host, request.socket.localAddress, allowedHosts)) {
      const host = hostName(request.headers.host ?? '')
      const redirect = host === undefined ? undefined : options.services.zoneContents.redirectFor(host, request.url)
      if (redirect !== undefined) return reply.code(redirect.status).header('location', redirect.location).send()
      throw new ProblemError('wrong-host', 'the Host header names another machine')
    }
  })
  logRequests(app)
  describeApi(app, options.version)
  app.register(async pages => pageRoutes(pages.withTypeProvider<TypeBoxTypeProvider>(), options))
  app.register(async scope => apiRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), options, allowedMethods), {
    prefix: API_PREFIX,
  })
  return app
}

/** Everything below /api/v1, behind the guard; paths that do not exist too, so that nobody learns which do. */
function apiRoutes(api: Api, options: ServerOptions, allowedMethods: AllowedMethods): void {
  api.addHook('onRequest', guard(options.tokens))
  api.setNotFoundHandler(answerUnknownRoute(allowedMethods))
  openApiRoute(api)
  for (const routes of ROUTES) routes(api, options.services)
}
