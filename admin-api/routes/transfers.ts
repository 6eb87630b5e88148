import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { NotifyPolicy, NotifyPolicyInput, TransferPolicy, TransferPolicyInput, ZoneDigest } from '../schemas/transfers.ts'
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
    async request => granted(await services.transfers.setTransferPolicy(request.params.name, { tlsOnly: false, ...request.body })),
  )

  app.get(
    '/zones/:name/digest',
    {
      schema: {
        operationId: 'getZoneDigest',
        tags: ['zones'],
        summary: 'The digest of a zone',
        description: 'Computed over all records as they are given out (ZONEMD, RFC 8976, scheme SIMPLE), and compared with the ZONEMD records of the zone.',
        params: zoneParams,
        response: { 200: ZoneDigest },
      },
    },
    async request => granted(await services.transfers.digest(request.params.name)),
  )

  app.get(
    '/zones/:name/notify',
    {
      schema: {
        operationId: 'getNotify',
        tags: ['zones'],
        summary: 'Who is told of changes',
        description: 'Secondaries that get a NOTIFY (RFC 1996) when the zone has changed, and how the last one went.',
        params: zoneParams,
        response: { 200: NotifyPolicy },
      },
    },
    async request => granted(await services.transfers.getNotify(request.params.name)),
  )

  app.put(
    '/zones/:name/notify',
    {
      schema: {
        operationId: 'setNotify',
        tags: ['zones'],
        summary: 'Say who is told of changes',
        description: 'Takes the place of what was said before; counts from the next change on.',
        params: zoneParams,
        body: NotifyPolicyInput,
        response: { 200: NotifyPolicy },
      },
    },
    async request => granted(await services.transfers.setNotify(request.params.name, request.body)),
  )

  app.post(
    '/zones/:name/notify',
    {
      schema: {
        operationId: 'notify',
        tags: ['zones'],
        summary: 'Tell all of them now',
        description: 'Sends the NOTIFY messages that a change would send.',
        params: zoneParams,
        response: { 200: NotifyPolicy },
      },
    },
    async request => granted(await services.transfers.notify(request.params.name)),
  )
}
