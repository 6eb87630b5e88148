import { type Api, granted } from '../api.ts'
import { ProblemError } from '../errors.ts'
import type { Services } from '../../services/index.ts'
import { Document, exportQuery, ForeignExport, Import, importQuery } from '../schemas/dhcp-document.ts'

const JSON_MEDIA_TYPE = 'application/json'
/** RFC 9512. */
export const YAML_MEDIA_TYPE = 'application/yaml'

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

  app.register(async both => {
    both.addContentTypeParser(YAML_MEDIA_TYPE, { parseAs: 'string' }, async (_request: unknown, body: string) => readYaml(body))
    replacement(both, services)
  })
}

/** Aliases are followed a hundred times at most, which the parser sees to. */
async function readYaml(text: string): Promise<unknown> {
  const { parse, YAMLParseError } = await import('yaml')
  try {
    return parse(text)
  } catch (error) {
    const what = error instanceof YAMLParseError ? error.message.split('\n')[0] : 'brackets are too deep, or aliases are too many'
    throw new ProblemError('malformed-yaml', `the body is no YAML: ${what}`)
  }
}

function replacement(app: Api, services: Services): void {
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
          'prefix, first address or identifiers, keep their ids. Leases stay. Refused as a whole when anything is wrong. YAML is taken as well.',
        querystring: importQuery,
        consumes: [JSON_MEDIA_TYPE, YAML_MEDIA_TYPE],
        body: Document,
        response: { 200: Import },
      },
    },
    async request =>
      granted(await services.dhcp.importConfiguration(request.body, request.query.dryRun === 'true')),
  )
}
