/**
 * The OpenAPI 3.1 document, made from the routes' schemas, and its viewer. Objects that a schema names (x-component)
 * move to components/schemas, and every operation gets the problems that it can end in.
 */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify'
import { Type } from 'typebox'
import { type Api, API_PREFIX } from './api.ts'
import { PROBLEMS, PROBLEM_MEDIA_TYPE, type ProblemCode } from './errors.ts'
import { YAML_MEDIA_TYPE } from './routes/dhcp-document.ts'
import { COMPONENT } from './schemas/common.ts'
import { Problem } from './schemas/problem.ts'

const TAGS = [
  { name: 'appliance', description: 'Its health and its counters.' },
  { name: 'leases', description: 'Addresses that clients hold or held.' },
  { name: 'sites', description: 'Defaults for everything below.' },
  { name: 'segments', description: 'Links, ours or behind relays, and how they are served.' },
  { name: 'subnets', description: 'Blocks of addresses of a segment.' },
  { name: 'pools', description: 'Ranges that any client may get an address from.' },
  { name: 'classes', description: 'Clients that have something in common.' },
  { name: 'option-definitions', description: 'DHCP options that the table lacks.' },
  { name: 'hosts', description: 'Machines that are known, and addresses kept for them.' },
  { name: 'zones', description: 'Parts of the name space that the appliance is authoritative for.' },
  { name: 'records', description: 'What is in a zone.' },
  { name: 'resolver', description: 'Where answers come from that no zone has.' },
  { name: 'policies', description: 'What is blocked, for whom and when.' },
  { name: 'queries', description: 'The log of queries that were answered.' },
  { name: 'certificates', description: 'What the TLS servers show, and who vouches for it.' },
  { name: 'network', description: 'The own network stack.' },
  { name: 'diagnostics', description: 'Looking into the network.' },
  { name: 'decisions', description: 'What was decided, and why.' },
]

const DESCRIPTION =
  'Every change is durable when it is answered, and takes effect between two packets without a restart. ' +
  'Errors are problem+json (RFC 9457) with a JSON pointer to the wrong field. Times are RFC 3339 in UTC.'

/** What the viewer needs: its own files, its inline icons, and the styles that its scripts set. */
const VIEWER_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** The problems that a route can end in, by what it takes. */
function problemsOf(method: string, schema: FastifySchema, access: string | undefined): readonly ProblemCode[] {
  const codes: ProblemCode[] = ['internal']
  const takes = schema.params !== undefined || schema.querystring !== undefined
  if (takes) codes.push('invalid-parameter')
  if (access !== 'open') codes.push('unauthorized')
  if (schema.params !== undefined) codes.push('not-found')
  if (schema.body !== undefined) codes.push('malformed-json', 'too-large', 'unsupported-media-type', 'invalid')
  if (schema.consumes?.includes(YAML_MEDIA_TYPE) === true) codes.push('malformed-yaml')
  if (method !== 'GET') codes.push('conflict')
  if (access === undefined) codes.push('unavailable')
  return codes
}

function problemResponses(codes: readonly ProblemCode[]): { readonly [status: string]: unknown } {
  const byStatus = new Map<number, string[]>()
  for (const code of codes) {
    const { status, means } = PROBLEMS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), means])
  }
  const entries = [...byStatus].map(([status, meanings]) => [
    String(status),
    { description: meanings.join(' Or: '), content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } },
  ])
  return Object.fromEntries(entries) as { readonly [status: string]: unknown }
}

type Properties = { readonly [name: string]: { readonly examples?: unknown } }

/** Filters without their examples: the viewer would fill them in, and every list would be tried with all of them. */
function withoutExamples(querystring: unknown): unknown {
  const { properties, required, ...rest } = querystring as {
    readonly properties: Properties
    readonly required?: readonly string[]
  }
  const shown = Object.entries(properties).map(([name, { examples, ...schema }]) => [
    name,
    required?.includes(name) === true ? { ...schema, examples } : schema,
  ])
  return { ...rest, ...(required === undefined ? {} : { required }), properties: Object.fromEntries(shown) as unknown }
}

function withProblems(schema: FastifySchema, route: RouteOptions): FastifySchema {
  const method = String(route.method)
  const access = route.config?.access
  const problems = problemResponses(problemsOf(method, schema, access))
  return {
    ...schema,
    ...(schema.querystring === undefined ? {} : { querystring: withoutExamples(schema.querystring) }),
    response: { ...problems, ...(schema.response as object) },
    security: access === 'open' ? [] : access === 'optional' ? [{}, { token: [] }] : [{ token: [] }],
  }
}

/** Moves every named object to `components` and leaves a reference in its place. */
function hoist(node: unknown, components: Map<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map(item => hoist(item, components))
  if (typeof node !== 'object' || node === null) return node
  const { [COMPONENT]: name, ...rest } = node as { readonly [key: string]: unknown }
  const walked = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, hoist(value, components)]))
  if (typeof name !== 'string') return walked
  components.set(name, walked)
  return { $ref: `#/components/schemas/${name}` }
}

function withComponents<D extends object>(document: D): D {
  const components = new Map<string, unknown>()
  const walked = hoist(document, components) as D & { readonly components: object }
  const schemas = Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...walked, components: { ...walked.components, schemas } }
}

/** Must be registered before the routes that it is to describe. */
export function describeApi(app: FastifyInstance, version: string): void {
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Taproot', version, description: DESCRIPTION, license: { name: 'MIT', identifier: 'MIT' } },
      tags: TAGS,
      servers: [{ url: '/', description: 'This appliance.' }],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'The first token is in the file "token" of the data directory.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({ schema: withProblems(schema ?? {}, route), url }),
    transformObject: source => withComponents('openapiObject' in source ? source.openapiObject : source.swaggerObject),
  })
  app.register(async docs => {
    docs.addHook('onSend', async (_request, reply) => {
      reply.header('content-security-policy', VIEWER_CSP)
    })
    docs.register(swaggerUi, {
      routePrefix: '/docs',
      theme: { title: 'Taproot API' },
      // BaseLayout: without the bar in which another document could be named.
      uiConfig: { layout: 'BaseLayout', docExpansion: 'none', persistAuthorization: false, tryItOutEnabled: true },
    })
  })
}

/** GET /openapi.json, under the API's prefix. Open: it holds nothing that is not in the source. */
export function openApiRoute(app: Api): void {
  app.get(
    '/openapi.json',
    {
      config: { access: 'open' },
      schema: {
        operationId: 'getOpenApi',
        tags: ['appliance'],
        summary: 'This document',
        description: `Also shown at /docs. All paths begin with ${API_PREFIX}.`,
        response: { 200: Type.Unsafe<object>({ type: 'object', description: 'An OpenAPI 3.1 document.' }) },
      },
    },
    async () => app.swagger(),
  )
}
