import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Health, type HealthAnswer, Statistics, statisticsQuery } from '../schemas/health.ts'

export function healthRoutes(app: Api, services: Services): void {
  app.get(
    '/health',
    {
      config: { access: 'optional' },
      schema: {
        operationId: 'getHealth',
        tags: ['appliance'],
        summary: 'The state of the appliance',
        description: 'Needs no token, but shows only "status" without one. 503 when the appliance is failing.',
        response: { 200: Health, 503: Health },
      },
    },
    async (request, reply) => {
      const health = await services.status.health()
      const answer: HealthAnswer = request.authenticated ? health : { status: health.status }
      return reply.code(health.status === 'failing' ? 503 : 200).send(answer)
    },
  )

  app.get(
    '/statistics',
    {
      schema: {
        operationId: 'getStatistics',
        tags: ['appliance'],
        summary: 'Counters of every part',
        description: 'What was received, answered and dropped, by reason, since the network thread was started.',
        querystring: statisticsQuery,
        response: { 200: Statistics },
      },
    },
    async request => granted(await services.status.statistics(request.query.all === 'yes')),
  )
}
