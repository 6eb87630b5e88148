import { Type } from 'typebox'
import { OTHER_SERVERS, type DhcpDocument, type ForeignExportView, type ImportView } from '../../services/index.ts'
import { list, object, oneOf, parameters, view, word } from './common.ts'
import { levelFields, warnings } from './levels.ts'
import { ClassCreation } from './classes.ts'
import { HostCreation } from './hosts.ts'
import { OptionDefinitionCreation } from './option-definitions.ts'
import { PoolCreation } from './pools.ts'
import { SegmentCreation } from './segments.ts'
import { SiteCreation } from './sites.ts'
import { SubnetCreation } from './subnets.ts'

const site = word('Name of its site; the first site when it is left out.', 'home')
const segment = word('Name of its segment.', 'lan')
const subnet = word('Prefix of its subnet; the one that holds it when it is left out.', '10.53.0.0/24')

/** The fields of a creation, with names in the place of ids. */
const fieldsOf = (creation: { readonly properties: object }, without: readonly string[] = []) =>
  Object.fromEntries(Object.entries(creation.properties).filter(([field]) => !without.includes(field)))

const entry = (name: string, description: string, fields: object) =>
  object(name, description, fields as typeof levelFields)

export const Document = Type.Unsafe<DhcpDocument>(
  object('DhcpDocument', 'The whole DHCP model.', {
    sites: Type.Optional(list(SiteCreation, 'Sites.')),
    segments: Type.Optional(
      list(
        entry('DocumentSegment', 'A segment in a document.', {
          ...fieldsOf(SegmentCreation, ['siteId']),
          site: Type.Optional(site),
        }),
        'Segments.',
      ),
    ),
    subnets: Type.Optional(
      list(
        entry('DocumentSubnet', 'A subnet in a document.', {
          ...fieldsOf(SubnetCreation, ['segmentId', 'interface']),
          segment,
        }),
        'Subnets.',
      ),
    ),
    pools: Type.Optional(
      list(
        entry('DocumentPool', 'A pool in a document.', {
          ...fieldsOf(PoolCreation, ['subnetId']),
          subnet: Type.Optional(subnet),
        }),
        'Pools.',
      ),
    ),
    classes: Type.Optional(list(ClassCreation, 'Classes.')),
    hosts: Type.Optional(list(HostCreation, 'Hosts.')),
    optionDefinitions: Type.Optional(list(OptionDefinitionCreation, 'Option definitions.')),
  }),
)

const changed = Type.Object(
  {
    what: word('Its kind.', 'subnet'),
    name: word('What it is called.', '10.53.0.0/24'),
    how: oneOf(['added', 'changed', 'removed'], 'What becomes of it.'),
  },
  { additionalProperties: false },
)

export const Import = view<ImportView>()('Import', 'What an import changed, or would change.', {
  dryRun: Type.Boolean({ description: 'True: nothing was changed.' }),
  changes: list(changed, 'In the order in which they are made.'),
  warnings,
})

export const importQuery = parameters({
  dryRun: Type.Optional(oneOf(['true', 'false'], 'true: only say what would change.')),
})

const note = Type.Object(
  {
    of: word('Of which entry.', 'class phones'),
    problem: word('What the file does not say.', 'it is not written'),
    remedy: word('What to do in that file.', 'make a tag by dhcp-match or dhcp-vendorclass'),
  },
  { additionalProperties: false },
)

export const ForeignExport = view<ForeignExportView>()('ForeignExport', 'The model as the configuration of another server.', {
  text: Type.String({ description: 'The file.' }),
  notes: list(note, 'What the file cannot say.'),
})

export const exportQuery = parameters({ format: oneOf(OTHER_SERVERS, 'Whose configuration it is to be.') })
