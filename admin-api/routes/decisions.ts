import { type Api, granted, splitQuery } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Decision, DecisionPage, decisionParams, decisionQuery } from '../schemas/decisions.ts'
import { explainQuery, Explanation, QueryExplanation, queryExplainQuery } from '../schemas/explanation.ts'

export function decisionRoutes(app: Api, services: Services): void {
  app.get(
    '/decisions',
    {
      schema: {
        operationId: 'listDecisions',
        tags: ['decisions'],
        summary: 'What the appliance decided, and why',
        description: 'The latest first, also for messages that got no answer. "sent=none" lists those.',
        querystring: decisionQuery,
        response: { 200: DecisionPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.reasons.listDecisions(filter, paging))
    },
  )

  app.get(
    '/decisions/:id',
    {
      schema: {
        operationId: 'getDecision',
        tags: ['decisions'],
        summary: 'One decision',
        description: 'With every step that led to it.',
        params: decisionParams,
        response: { 200: Decision },
      },
    },
    async request => granted(await services.reasons.getDecision(request.params.id)),
  )

  app.get(
    '/dns/explain',
    {
      schema: {
        operationId: 'explainQuery',
        tags: ['decisions'],
        summary: 'How a question is answered, and why',
        description: 'The rule, the view, what the cache had, each server that was asked with time and outcome, and the chain of trust.',
        querystring: queryExplainQuery,
        response: { 200: QueryExplanation },
      },
    },
    async request => granted(await services.reasons.explainQuery({ ...request.query, fresh: request.query.fresh === 'true' })),
  )

  app.get(
    '/explain',
    {
      schema: {
        operationId: 'explain',
        tags: ['decisions'],
        summary: 'Everything about a MAC, an address or a name',
        description: 'Leases, history, records and the latest decisions, and the same as one screen of text: what a client would get now and which entries do not count for it, or with "at" what was so then.',
        querystring: explainQuery,
        response: { 200: Explanation },
      },
    },
    async request => {
      const { subject, at, client, type } = request.query
      return granted(await services.reasons.explain(subject, at, client, type))
    },
  )
}
