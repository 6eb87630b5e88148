/**
 * The entries of the DHCP model. All kinds have the same five operations, so a kind is a row here and nothing else.
 */
import { Type, type TSchema } from 'typebox'
import { type Api, granted, locationOf, singlePage } from '../api.ts'
import type { DhcpInputs, DhcpKind, Services } from '../../services/index.ts'
import { id, parameters } from '../schemas/common.ts'
import { Class, ClassAnswer, ClassChange, ClassCreation, ClassPage } from '../schemas/classes.ts'
import { clientQuery, EffectiveSettings } from '../schemas/effective.ts'
import { UNSAID, WhatIfAnswer, WhatIfQuestion } from '../schemas/what-if.ts'
import { Host, HostAnswer, HostChange, HostCreation, HostPage } from '../schemas/hosts.ts'
import {
  OptionDefinition, OptionDefinitionAnswer, OptionDefinitionChange, OptionDefinitionCreation, OptionDefinitionPage,
} from '../schemas/option-definitions.ts'
import { Pool, PoolAnswer, PoolChange, PoolCreation, PoolPage } from '../schemas/pools.ts'
import { Segment, SegmentAnswer, SegmentChange, SegmentCreation, SegmentPage } from '../schemas/segments.ts'
import { Site, SiteAnswer, SiteChange, SiteCreation, SitePage } from '../schemas/sites.ts'
import { Subnet, SubnetAnswer, SubnetChange, SubnetCreation, SubnetPage } from '../schemas/subnets.ts'

type EntryRow = {
  readonly kind: DhcpKind
  /** Of the path: "subnets". */
  readonly path: string
  /** "subnet", and as an operation's name has it: "Subnet", "Subnets". */
  readonly noun: string
  readonly name: string
  readonly names: string
  readonly one: TSchema
  readonly answer: TSchema
  readonly page: TSchema
  readonly creation: TSchema
  readonly change: TSchema
  /** What adding, changing and removing one means. */
  readonly adding: string
  readonly changing: string
  readonly removing: string
}

const ENTRIES: readonly EntryRow[] = [
  {
    kind: 'sites',
    path: 'sites',
    noun: 'site',
    name: 'Site',
    names: 'Sites',
    one: Site,
    answer: SiteAnswer,
    page: SitePage,
    creation: SiteCreation,
    change: SiteChange,
    adding: 'A new set of defaults; segments are moved to it by their "siteId".',
    changing: 'Counts for every segment of the site that does not say otherwise.',
    removing: 'Its segments must go first. The first site stays.',
  },
  {
    kind: 'segments',
    path: 'segments',
    noun: 'segment',
    name: 'Segment',
    names: 'Segments',
    one: Segment,
    answer: SegmentAnswer,
    page: SegmentPage,
    creation: SegmentCreation,
    change: SegmentChange,
    adding: 'It is served as soon as it has a subnet. Several subnets of one segment are a shared network.',
    changing: 'Of "policy" only what is given is changed.',
    removing: 'Its subnets must go first.',
  },
  {
    kind: 'subnets',
    path: 'subnets',
    noun: 'subnet',
    name: 'Subnet',
    names: 'Subnets',
    one: Subnet,
    answer: SubnetAnswer,
    page: SubnetPage,
    creation: SubnetCreation,
    change: SubnetChange,
    adding: 'It serves clients from the next packet on; it needs a pool or hosts to have anything to give.',
    changing: 'Clients hear of it when they renew.',
    removing: 'Its pools, and hosts with addresses in it, must go first. Leases in it are not renewed any more.',
  },
  {
    kind: 'pools',
    path: 'pools',
    noun: 'pool',
    name: 'Pool',
    names: 'Pools',
    one: Pool,
    answer: PoolAnswer,
    page: PoolPage,
    creation: PoolCreation,
    change: PoolChange,
    adding: 'A range inside the prefix of its subnet, overlapping no other pool. Addresses of hosts stay theirs.',
    changing: 'Leases outside the new range are not renewed any more.',
    removing: 'Its addresses are given to nobody any more.',
  },
  {
    kind: 'hosts',
    path: 'hosts',
    noun: 'host',
    name: 'Host',
    names: 'Hosts',
    one: Host,
    answer: HostAnswer,
    page: HostPage,
    creation: HostCreation,
    change: HostChange,
    adding: 'At least one identifier is needed. It holds from the next packet on.',
    changing: 'A client that holds another address moves to the one kept for it when it renews.',
    removing: 'The client keeps its address until its lease ends.',
  },
  {
    kind: 'classes',
    path: 'classes',
    noun: 'class',
    name: 'Class',
    names: 'Classes',
    one: Class,
    answer: ClassAnswer,
    page: ClassPage,
    creation: ClassCreation,
    change: ClassChange,
    adding: 'Pools let classes in or keep them out, and what a class says goes to its members.',
    changing: 'Clients are judged anew with each request.',
    removing: 'No pool and no host may name it any more.',
  },
  {
    kind: 'optionDefinitions',
    path: 'option-definitions',
    noun: 'option definition',
    name: 'OptionDefinition',
    names: 'OptionDefinitions',
    one: OptionDefinition,
    answer: OptionDefinitionAnswer,
    page: OptionDefinitionPage,
    creation: OptionDefinitionCreation,
    change: OptionDefinitionChange,
    adding: 'From then on option sets may use its name.',
    changing: 'Option sets that use it are checked again, and the change is refused if one would not fit.',
    removing: 'No option set may use its name any more.',
  },
]

const entryParams = parameters({ id: id('entry') })

export function dhcpEntryRoutes(app: Api, services: Services): void {
  for (const row of ENTRIES) {
    theEntries(app, services, row)
    oneEntry(app, services, row)
  }
  effectiveOptions(app, services)
  whatIf(app, services)
}

const article = (noun: string): string => (/^[aeiou]/.test(noun) ? 'an' : 'a')

/** The defaults that the schema of a creation names. */
function defaultsOf({ creation }: EntryRow): object {
  const { properties } = creation as unknown as { readonly properties: { readonly [field: string]: { readonly default?: unknown } } }
  const given = Object.entries(properties).filter(([, schema]) => schema.default !== undefined)
  return Object.fromEntries(given.map(([field, schema]) => [field, schema.default]))
}

function effectiveOptions(app: Api, services: Services): void {
  app.get(
    '/dhcp/effective-options',
    {
      schema: {
        operationId: 'getEffectiveOptions',
        tags: ['hosts'],
        summary: 'What a client would be told, and why',
        description:
          'Every option, lease time and boot field that counts for the client described, with the level that says it: ' +
          'host, then class, pool, subnet, segment, site, built-in.',
        querystring: clientQuery,
        response: { 200: EffectiveSettings },
      },
    },
    async request => granted(await services.dhcp.effectiveSettings({ ...UNKNOWN_CLIENT, ...request.query })),
  )
}

function whatIf(app: Api, services: Services): void {
  app.post(
    '/dhcp/what-if',
    {
      schema: {
        operationId: 'askWhatIf',
        tags: ['decisions'],
        summary: 'What would happen to a request',
        description:
          'Takes a request that nobody sent, described or as octets, through the same steps as a real one, and answers ' +
          'the decision, the reply with the origin of each option, and why not otherwise. Nothing changes, nothing is ' +
          'sent, and nobody is asked on the wire: "assumed" has what was taken for granted.',
        body: WhatIfQuestion,
        response: { 200: WhatIfAnswer },
      },
    },
    async request => granted(await services.dhcp.whatIf({ ...UNSAID, ...request.body })),
  )
}

const UNKNOWN_CLIENT = {
  clientId: null,
  uuid: null,
  hostName: null,
  vendorClass: null,
  userClass: null,
  architecture: null,
  circuitId: null,
  remoteId: null,
  subnet: null,
}

function theEntries(app: Api, services: Services, row: EntryRow): void {
  const { kind, path, noun, name, names } = row
  const defaults = defaultsOf(row)
  app.get(
    `/${path}`,
    {
      schema: {
        operationId: `list${names}`,
        tags: [path],
        summary: `All ${path.replace('-', ' ')}`,
        description: 'The whole list as one page.',
        response: { 200: row.page },
      },
    },
    async () => singlePage(granted(await services.dhcp.list(kind))),
  )

  app.post(
    `/${path}`,
    {
      schema: {
        operationId: `add${name}`,
        tags: [path],
        summary: `Add ${article(noun)} ${noun}`,
        description: row.adding,
        body: row.creation,
        response: { 201: row.answer },
      },
    },
    async (request, reply) => {
      const input = { ...defaults, ...(request.body as object) } as unknown as DhcpInputs[typeof kind]
      const added = granted(await services.dhcp.add(kind, input))
      return reply.code(201).header('location', locationOf(path, added.id)).send(added)
    },
  )
}

function oneEntry(app: Api, services: Services, row: EntryRow): void {
  const { kind, path, noun, name } = row
  app.get(
    `/${path}/:id`,
    {
      schema: {
        operationId: `get${name}`,
        tags: [path],
        summary: `One ${noun}`,
        description: `The ${noun} as it is now.`,
        params: entryParams,
        response: { 200: row.one },
      },
    },
    async request => granted(await services.dhcp.get(kind, request.params.id)),
  )

  app.patch(
    `/${path}/:id`,
    {
      schema: {
        operationId: `change${name}`,
        tags: [path],
        summary: `Change ${article(noun)} ${noun}`,
        description: `Fields that are left out stay as they are; "options" is replaced whole. ${row.changing}`,
        params: entryParams,
        body: row.change,
        response: { 200: row.answer },
      },
    },
    async request => granted(await services.dhcp.change(kind, request.params.id, request.body as object)),
  )

  app.delete(
    `/${path}/:id`,
    {
      schema: {
        operationId: `remove${name}`,
        tags: [path],
        summary: `Remove ${article(noun)} ${noun}`,
        description: row.removing,
        params: entryParams,
        response: { 204: Type.Null({ description: 'It is removed.' }) },
      },
    },
    async (request, reply) => reply.code(204).send(granted(await services.dhcp.remove(kind, request.params.id))),
  )
}
