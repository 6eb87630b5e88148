import { type Api, granted } from '../api.ts'
import type { Services } from '../../services/index.ts'
import { Document, exportQuery, ForeignExport, Import, importQuery } from '../schemas/dhcp-document.ts'

/** A hundred thousand hosts. */
const LARGEST_DOCUMENT_BYTES = 32 * 1024 * 1024

export function dhcpDocumentRoutes(app: Api, services: Services): void {
  app.get(
    '/dhcp/configuration',
    {
      schema: {
        operationId: 'exportDhcp',
        tags: ['sites'],
        summary: 'The whole DHCP model as one document',
        description: 'What is as it is by default is left out. The document can be put back as it is.',
        response: { 200: Document },
      },
    },
    async () => granted(await services.dhcp.exportConfiguration()),
  )

  app.get(
    '/dhcp/export',
    {
      schema: {
        operationId: 'exportDhcpFor',
        tags: ['sites'],
        summary: 'The whole DHCP model as the configuration of Kea or dnsmasq',
        description: 'With a note for whatever that format cannot say.',
        querystring: exportQuery,
        response: { 200: ForeignExport },
      },
    },
    async request => granted(await services.dhcp.exportFor(request.query.format)),
  )

  app.put(
    '/dhcp/configuration',
    {
      bodyLimit: LARGEST_DOCUMENT_BYTES,
      schema: {
        operationId: 'importDhcp',
        tags: ['sites'],
        summary: 'Replace the whole DHCP model',
        description:
          'In one transaction: what the document does not have is removed. Entries that are there already, by name, ' +
          'prefix, first address or identifiers, keep their ids. Leases stay. Refused as a whole when anything is wrong.',
        querystring: importQuery,
        body: Document,
        response: { 200: Import },
      },
    },
    async request =>
      granted(await services.dhcp.importConfiguration(request.body, request.query.dryRun === 'true')),
  )
}
