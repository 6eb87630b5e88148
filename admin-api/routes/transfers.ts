import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { TransferPolicy, TransferPolicyInput } from '../schemas/transfers.ts'
import { zoneParams } from '../schemas/zones.ts'

export function transferRoutes(app: Api, services: Services): void {
  app.get(
    '/zones/:name/transfers',
    {
      schema: {
        operationId: 'getTransferPolicy',
        tags: ['zones'],
        summary: 'Who may have a zone',
        description: 'Addresses and TSIG keys to which the zone is transferred (AXFR and IXFR, RFC 5936 and 1995); one of the two is enough.',
        params: zoneParams,
        response: { 200: TransferPolicy },
      },
    },
    async request => granted(await services.transfers.getTransferPolicy(request.params.name)),
  )

  app.put(
    '/zones/:name/transfers',
    {
      schema: {
        operationId: 'setTransferPolicy',
        tags: ['zones'],
        summary: 'Say who may have a zone',
        description: 'Takes the place of what was said before. Transfers under way go on.',
        params: zoneParams,
        body: TransferPolicyInput,
        response: { 200: TransferPolicy },
      },
    },
    async request => granted(await services.transfers.setTransferPolicy(request.params.name, request.body)),
  )
}
