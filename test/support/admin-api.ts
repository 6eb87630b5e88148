/** The admin API over fake services, for tests. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { buildServer, hashToken, makeToken, type ServerOptions } from '../../admin-api/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { FakeServices } from './fake-services.ts'

export type TestApi = {
  readonly app: FastifyInstance
  readonly services: FakeServices
  readonly token: string
  /** With the token, and `body` as JSON. */
  call(method: NonNullable<InjectOptions['method']>, url: string, body?: unknown): Promise<LightMyRequestResponse>
}

export function testApi(options: Partial<ServerOptions> = {}): TestApi {
  const services = new FakeServices()
  const token = makeToken(new SeededSecureRandom(1))
  const tokens = { tokenHashes: () => [hashToken(token)], tokenName: () => 'first' }
  const app = buildServer({ services, tokens, clock: new VirtualClock(), version: '0.1.0', ...options })
  return {
    app,
    services,
    token,
    call: (method, url, body) =>
      app.inject({
        method,
        url,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      }),
  }
}

/** A level that says nothing. */
export const LEVEL = {
  options: {},
  leaseSeconds: null,
  minLeaseSeconds: null,
  maxLeaseSeconds: null,
  renewSeconds: null,
  rebindSeconds: null,
  nextServer: null,
  serverName: null,
  bootFile: null,
}

/** A subnet on lan0, a pool and a host, each with the id 1; a zone with the id 1 and a record with 2. */
export async function fill(services: FakeServices): Promise<void> {
  await services.dhcp.add('subnets', {
    ...LEVEL,
    prefix: '10.53.0.0/24',
    segmentId: null,
    interface: 'lan0',
    leaseSeconds: 3600,
    minLeaseSeconds: 120,
    maxLeaseSeconds: 86_400,
    domain: 'lab.internal',
    options: { routers: ['10.53.0.1'] },
  })
  await services.dhcp.add('pools', { ...LEVEL, subnetId: 1, first: '10.53.0.100', last: '10.53.0.199', allow: [], deny: [], allocator: 'free-queue' })
  await services.dhcp.add('hosts', {
    ...LEVEL,
    name: 'printer',
    identifiers: [{ kind: 'mac', value: '02:00:0a:35:00:14' }],
    addresses: ['10.53.0.20'],
    classes: [],
    denied: false,
    tags: [],
    comment: null,
  })
  await services.dns.addZone({
    name: 'lab.internal',
    primaryServer: null,
    hostmaster: null,
    refresh: 3600,
    retry: 600,
    expire: 1_209_600,
    minimum: 300,
    defaultTtl: 3600,
    soaTtl: null,
    serialPolicy: 'increment',
  })
  await services.dns.addRecord('lab.internal', { name: 'www', type: 'A', ttl: null, data: '10.53.0.20', comment: null })
}
