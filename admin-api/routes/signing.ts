import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { DsConfirmation, KeyImport, RollInput, Signing, SIGNING_DEFAULTS, SigningPolicyInput } from '../schemas/signing.ts'
import { zoneParams } from '../schemas/zones.ts'

export function signingRoutes(app: Api, services: Services): void {
  thePolicy(app, services)
  theKeys(app, services)
}

function thePolicy(app: Api, services: Services): void {
  app.get(
    '/zones/:name/signing',
    {
      schema: {
        operationId: 'getSigning',
        tags: ['zones'],
        summary: 'How a zone is signed',
        description: 'The policy, the keys and what caches know of each, DS records for the parent, and what comes next, when and why.',
        params: zoneParams,
        response: { 200: Signing },
      },
    },
    async request => granted(await services.signing.getSigning(request.params.name)),
  )

  app.put(
    '/zones/:name/signing',
    {
      schema: {
        operationId: 'setSigning',
        tags: ['zones'],
        summary: 'Sign a zone, or sign it otherwise',
        description: 'Takes the place of what was said before. Keys come and go as fast as caches allow, so that the zone validates at every moment.',
        params: zoneParams,
        body: SigningPolicyInput,
        response: { 200: Signing },
      },
    },
    async request => granted(await services.signing.setSigning(request.params.name, { ...SIGNING_DEFAULTS, ...request.body })),
  )
}

function theKeys(app: Api, services: Services): void {
  app.post(
    '/zones/:name/signing/roll',
    {
      schema: {
        operationId: 'rollKeys',
        tags: ['zones'],
        summary: 'Replace a key',
        description: 'Begins now; the answer says what comes when.',
        params: zoneParams,
        body: RollInput,
        response: { 200: Signing },
      },
    },
    async request => granted(await services.signing.rollKeys(request.params.name, request.body.role ?? null)),
  )

  app.post(
    '/zones/:name/signing/ds',
    {
      schema: {
        operationId: 'confirmDs',
        tags: ['zones'],
        summary: 'Say that the parent has the DS records',
        description: 'Those that it should have and no other. Keys that wait for that go on when caches have forgotten what was before.',
        params: zoneParams,
        body: DsConfirmation,
        response: { 200: Signing },
      },
    },
    async request => granted(await services.signing.confirmDs(request.params.name, request.body.by ?? 'hand')),
  )

  app.post(
    '/zones/:name/signing/keys',
    {
      schema: {
        operationId: 'importKeys',
        tags: ['zones'],
        summary: 'Import keys',
        description: 'A zone that is not signed is signed with them from then on. Private keys are stored encrypted, and are not given out again.',
        params: zoneParams,
        body: KeyImport,
        response: { 200: Signing },
      },
    },
    async request => granted(await services.signing.importKeys(request.params.name, { inUse: false, ...request.body })),
  )
}
