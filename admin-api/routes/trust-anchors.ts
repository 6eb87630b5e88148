import { Type } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { Services } from '../../services/index.ts'
import {
  NEGATIVE_DEFAULTS, NegativeTrustAnchor, NegativeTrustAnchorCreation, NegativeTrustAnchorPage, negativeTrustAnchorParams,
  TRUST_ANCHOR_DEFAULTS, TrustAnchor, TrustAnchorChange, TrustAnchorCreation, TrustAnchorPage, trustAnchorParams,
} from '../schemas/trust-anchors.ts'

export function trustAnchorRoutes(app: Api, services: Services): void {
  theAnchors(app, services)
  oneAnchor(app, services)
  negativeAnchors(app, services)
}

function theAnchors(app: Api, services: Services): void {
  app.get(
    '/dns/trust-anchors',
    {
      schema: {
        operationId: 'listTrustAnchors',
        tags: ['resolver'],
        summary: 'All trust anchors',
        description: 'As one page, with the keys that have followed them.',
        response: { 200: TrustAnchorPage },
      },
    },
    async () => singlePage(granted(await services.trustAnchors.listTrustAnchors())),
  )

  app.post(
    '/dns/trust-anchors',
    {
      schema: {
        operationId: 'addTrustAnchor',
        tags: ['resolver'],
        summary: 'Add a trust anchor',
        description: 'Of a zone that is trusted from the start it takes the place of what is. Counts from the next query on.',
        body: TrustAnchorCreation,
        response: { 201: TrustAnchor },
      },
    },
    async (request, reply) => {
      const added = granted(await services.trustAnchors.addTrustAnchor({ ...TRUST_ANCHOR_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('dns', 'trust-anchors', added.id ?? 0)).send(added)
    },
  )
}

function oneAnchor(app: Api, services: Services): void {
  app.get(
    '/dns/trust-anchors/:id',
    {
      schema: {
        operationId: 'getTrustAnchor',
        tags: ['resolver'],
        summary: 'One trust anchor',
        description: 'As it is now.',
        params: trustAnchorParams,
        response: { 200: TrustAnchor },
      },
    },
    async request => granted(await services.trustAnchors.getTrustAnchor(request.params.id)),
  )

  app.patch(
    '/dns/trust-anchors/:id',
    {
      schema: {
        operationId: 'changeTrustAnchor',
        tags: ['resolver'],
        summary: 'Change a trust anchor',
        description: 'Fields that are left out stay as they are. Keys that have followed it before count no longer.',
        params: trustAnchorParams,
        body: TrustAnchorChange,
        response: { 200: TrustAnchor },
      },
    },
    async request => granted(await services.trustAnchors.changeTrustAnchor(request.params.id, request.body)),
  )

  app.delete(
    '/dns/trust-anchors/:id',
    {
      schema: {
        operationId: 'removeTrustAnchor',
        tags: ['resolver'],
        summary: 'Remove a trust anchor',
        description: 'What was trusted from the start is trusted again.',
        params: trustAnchorParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.trustAnchors.removeTrustAnchor(request.params.id))),
  )
}

function negativeAnchors(app: Api, services: Services): void {
  app.get(
    '/dns/negative-trust-anchors',
    {
      schema: {
        operationId: 'listNegativeTrustAnchors',
        tags: ['resolver'],
        summary: 'Zones that are not validated for a time',
        description: 'As one page, by zone.',
        response: { 200: NegativeTrustAnchorPage },
      },
    },
    async () => singlePage(granted(await services.trustAnchors.listNegativeTrustAnchors())),
  )

  app.post(
    '/dns/negative-trust-anchors',
    {
      schema: {
        operationId: 'addNegativeTrustAnchor',
        tags: ['resolver'],
        summary: 'Do not validate a zone for a time',
        description: 'One that is there already gets a new end.',
        body: NegativeTrustAnchorCreation,
        response: { 201: NegativeTrustAnchor },
      },
    },
    async (request, reply) => {
      const added = granted(await services.trustAnchors.addNegativeTrustAnchor({ ...NEGATIVE_DEFAULTS, ...request.body }))
      return reply.code(201).header('location', locationOf('dns', 'negative-trust-anchors', added.zone)).send(added)
    },
  )

  app.delete(
    '/dns/negative-trust-anchors/:zone',
    {
      schema: {
        operationId: 'removeNegativeTrustAnchor',
        tags: ['resolver'],
        summary: 'Validate a zone again',
        description: 'From the next query on.',
        params: negativeTrustAnchorParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.trustAnchors.removeNegativeTrustAnchor(request.params.zone))),
  )
}
