import { type Api, granted, splitQuery } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { historyQuery, Lease, LeaseHistoryPage, LeaseImport, LeaseImportBody, leaseParams, LeasePage, leaseQuery } from '../schemas/leases.ts'

export function leaseRoutes(app: Api, services: Services): void {
  theLeases(app, services)
  leaseImport(app, services)
  oneLease(app, services)
}

function theLeases(app: Api, services: Services): void {
  app.get(
    '/leases',
    {
      schema: {
        operationId: 'listLeases',
        tags: ['leases'],
        summary: 'Leases, by address',
        description: 'All leases that the appliance remembers; every filter narrows the list.',
        querystring: leaseQuery,
        response: { 200: LeasePage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.leases.listLeases(filter, paging))
    },
  )

  app.get(
    '/leases/history',
    {
      schema: {
        operationId: 'listLeaseHistory',
        tags: ['leases'],
        summary: 'Who had which address, and when',
        description: 'One entry per holding of an address, the latest first. "at" asks who held it then.',
        querystring: historyQuery,
        response: { 200: LeaseHistoryPage },
      },
    },
    async request => {
      const { filter, paging } = splitQuery(request.query)
      return granted(await services.leases.leaseHistory(filter, paging))
    },
  )
}

/** Half a million leases. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024

function leaseImport(app: Api, services: Services): void {
  app.post(
    '/leases/import',
    {
      bodyLimit: LARGEST_FILE_BYTES,
      schema: {
        operationId: 'importLeases',
        tags: ['leases'],
        summary: 'Take over the leases of another server',
        description:
          'In one transaction. Addresses that are held here, or are in no subnet, are not taken and told by line. Leases ' +
          'that have ended are kept, so that their clients get the same addresses again. Names are published at the next renewal.',
        body: LeaseImportBody,
        response: { 200: LeaseImport },
      },
    },
    async ({ body }) => granted(await services.leases.importLeases(body.format, body.text, body.dryRun ?? false)),
  )
}

function oneLease(app: Api, services: Services): void {
  app.get(
    '/leases/:address',
    {
      schema: {
        operationId: 'getLease',
        tags: ['leases'],
        summary: 'The lease of an address',
        description: 'The lease as it is now, also when it has ended.',
        params: leaseParams,
        response: { 200: Lease },
      },
    },
    async request => granted(await services.leases.getLease(request.params.address)),
  )

  app.delete(
    '/leases/:address',
    {
      schema: {
        operationId: 'releaseLease',
        tags: ['leases'],
        summary: 'End a lease',
        description:
          'Ends a bound lease now, as if the client had released it: its names are withdrawn and the address is ' +
          'free. The client is not told; it loses the address when it next renews. Answers the released lease.',
        params: leaseParams,
        response: { 200: Lease },
      },
    },
    async request => granted(await services.leases.releaseLease(request.params.address)),
  )

  app.post(
    '/leases/:address/force-renew',
    {
      schema: {
        operationId: 'forceRenewLease',
        tags: ['leases'],
        summary: 'Make a client renew now',
        description:
          'Sends the client of a bound lease a FORCERENEW (RFC 3203), so that it takes new settings at once. Only ' +
          'clients that asked for a key (RFC 6704, option 145) believe it; for the others it is refused. Answers the lease.',
        params: leaseParams,
        response: { 200: Lease },
      },
    },
    async request => granted(await services.leases.forceRenewLease(request.params.address)),
  )
}
