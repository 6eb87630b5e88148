/**
 * The whole DHCP model as one document that people keep in a file: entries name each other instead of carrying ids, and
 * what is as it is by default is left out. Reading one keeps the ids of entries that are there already, so that leases
 * stay where they are.
 */
import { contains, formatIpv4, formatPrefix, parseIpv4, parsePrefix } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { DhcpDocument, DhcpInputs } from '../facade.ts'
import {
  DEFAULT_SITE,
  DHCP_KINDS,
  EMPTY_CONFIGURATION,
  type DhcpConfiguration,
  type DhcpItem,
  type DhcpKind,
  type Refusal,
  refusal,
} from '../model/index.ts'
import { DHCP_READERS, identifierView, levelView } from './dhcp-inputs.ts'
import { BLANK_ENTRIES, policyView } from './dhcp-services.ts'

export type LastIds = { readonly [K in DhcpKind]: number }

type Entry = { readonly [field: string]: unknown }
/** Without what says nothing: null, empty lists and sets, false. */
const said = (fields: Entry): Entry =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isNothing(value)))

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/** The parts of a policy that are not as they are by default. */
function policyOf(policy: DhcpItem<'segments'>['policy']): Entry {
  const blank = policyView((BLANK_ENTRIES.segments as DhcpItem<'segments'>).policy) as Entry
  const differs = ([part, value]: readonly [string, unknown]): boolean => JSON.stringify(value) !== JSON.stringify(blank[part])
  return Object.fromEntries(Object.entries(policyView(policy)).filter(differs))
}

export function documentOf(c: DhcpConfiguration): DhcpDocument {
  const siteName = (id: number): string => c.sites.find((each) => each.id === id)?.name ?? ''
  const segmentName = (id: number): string => c.segments.find((each) => each.id === id)?.name ?? ''
  const prefixOf = (id: number): string => {
    const subnet = c.subnets.find((each) => each.id === id)
    return subnet === undefined ? '' : formatPrefix(subnet.prefix)
  }
  return {
    sites: c.sites.map(({ name, level }) => ({ name, ...said({ ...levelView(level) }) })),
    segments: c.segments.map(({ name, siteId, interfaceName, relays, domain, policy, level }) => ({
      name,
      ...said({
        site: siteId === DEFAULT_SITE.id ? null : siteName(siteId),
        interface: interfaceName ?? null,
        relays: relays.map(formatIpv4),
        domain: domain ?? null,
        policy: policyOf(policy),
        ...levelView(level),
      }),
    })),
    subnets: c.subnets.map(({ prefix, segmentId, domain, level }) => ({
      prefix: formatPrefix(prefix),
      segment: segmentName(segmentId),
      ...said({ domain: domain ?? null, ...levelView(level) }),
    })),
    pools: c.pools.map(({ subnetId, first, last, allow, deny, allocator, level }) => ({
      subnet: prefixOf(subnetId),
      first: formatIpv4(first),
      last: formatIpv4(last),
      ...said({ allow, deny, allocator: allocator === 'free-queue' ? null : allocator, ...levelView(level) }),
    })),
    classes: c.classes.map(({ name, priority, test, denied, leaseLimit, level }) => ({
      name,
      priority,
      ...said({ test: test ?? null, denied, leaseLimit: leaseLimit ?? null, ...levelView(level) }),
    })),
    hosts: c.hosts.map(({ name, identifiers, addresses, classes, denied, tags, comment, level }) => ({
      ...said({ name: name ?? null }),
      identifiers: identifiers.map(identifierView),
      ...said({
        addresses: addresses.map((each) => formatIpv4(each.address)),
        classes,
        denied,
        tags,
        comment: comment ?? null,
        ...levelView(level),
      }),
    })),
    optionDefinitions: c.optionDefinitions.map(({ code, name, type, array, space }) => ({
      code,
      name,
      type,
      ...said({ array, space: space === 'dhcp4' ? null : space }),
    })),
  }
}

/** The configuration that a document describes; `present` is the one whose ids are kept, new ones follow `last`. */
export function readDocument(document: DhcpDocument, present: DhcpConfiguration, last: LastIds): Result<DhcpConfiguration, Refusal> {
  const reading = new Reading(document, present, last)
  for (const kind of DHCP_KINDS) {
    const refused = reading.read(kind)
    if (refused !== undefined) return err(refused)
  }
  return ok(reading.configuration)
}

/** By what an entry is known in a document and in the configuration: its name, its block, its first address. */
const NAMES: { readonly [K in DhcpKind]: { readonly of: (item: DhcpItem<K>) => string; readonly in: (entry: Entry) => string } } = {
  sites: { of: (item) => item.name, in: (entry) => String(entry['name']) },
  segments: { of: (item) => item.name, in: (entry) => String(entry['name']) },
  subnets: { of: (item) => formatPrefix(item.prefix), in: (entry) => String(entry['prefix']) },
  pools: { of: (item) => formatIpv4(item.first), in: (entry) => String(entry['first']) },
  classes: { of: (item) => item.name, in: (entry) => String(entry['name']) },
  hosts: {
    of: (item) => JSON.stringify(item.identifiers.map(identifierView)),
    in: (entry) => JSON.stringify(entry['identifiers']),
  },
  optionDefinitions: { of: (item) => `${item.space} ${item.code}`, in: (entry) => `${String(entry['space'] ?? 'dhcp4')} ${String(entry['code'])}` },
}

class Reading {
  readonly #document: DhcpDocument
  readonly #present: DhcpConfiguration
  readonly #last: { [K in DhcpKind]: number }
  #next: DhcpConfiguration = EMPTY_CONFIGURATION

  constructor(document: DhcpDocument, present: DhcpConfiguration, last: LastIds) {
    this.#document = document
    this.#present = present
    this.#last = { ...last }
  }

  get configuration(): DhcpConfiguration {
    return this.#next
  }

  /** Kinds are read in their order, so that what they name is there. */
  read<K extends DhcpKind>(kind: K): Refusal | undefined {
    const entries = (this.#document[kind] ?? []) as readonly Entry[]
    const items: DhcpItem<K>[] = []
    const taken = new Set<number>()
    for (const [i, entry] of entries.entries()) {
      const at = `/${kind}/${i}`
      const named = this.#references(kind, entry, at)
      if (!named.ok) return named.error
      const { site: _site, segment: _segment, subnet: _subnet, ...fields } = entry
      const input = { ...fields, ...(kind === 'classes' && fields['priority'] === undefined ? { priority: DEFAULT_PRIORITY } : {}) }
      const read = DHCP_READERS[kind](input as Partial<DhcpInputs[K]>, undefined, this.#next)
      if (!read.ok) return { ...read.error, field: `${at}${read.error.field}` }
      const id = this.#idOf(kind, entry, taken)
      taken.add(id)
      items.push({ ...BLANK_ENTRIES[kind], ...read.value, ...named.value, id } as unknown as DhcpItem<K>)
    }
    if (kind === 'sites' && !taken.has(DEFAULT_SITE.id)) items.unshift(DEFAULT_SITE as DhcpItem<K>)
    this.#next = { ...this.#next, [kind]: items }
    return undefined
  }

  /** Ids of what an entry names, under the field of the model. */
  #references(kind: DhcpKind, entry: Entry, at: string): Result<object, Refusal> {
    if (kind === 'segments') {
      const name = entry['site']
      const site = name === undefined ? DEFAULT_SITE : this.#next.sites.find((each) => each.name === name)
      return site === undefined ? unknown(`${at}/site`, 'site', name) : ok({ siteId: site.id })
    }
    if (kind === 'subnets') {
      const name = entry['segment']
      const segment = this.#next.segments.find((each) => each.name === name)
      return segment === undefined ? unknown(`${at}/segment`, 'segment', name) : ok({ segmentId: segment.id })
    }
    if (kind === 'pools') {
      const first = parseIpv4(String(entry['first']))
      const prefix = parsePrefix(String(entry['subnet'] ?? ''))
      const subnet = this.#next.subnets.find(({ prefix: block }) =>
        prefix === undefined ? first !== undefined && contains(block, first) : formatPrefix(block) === formatPrefix(prefix),
      )
      return subnet === undefined ? unknown(`${at}/subnet`, 'subnet', entry['subnet'] ?? 'that holds it') : ok({ subnetId: subnet.id })
    }
    return kind === 'optionDefinitions' ? ok({ array: entry['array'] === true, space: entry['space'] ?? 'dhcp4' }) : ok({})
  }

  #idOf<K extends DhcpKind>(kind: K, entry: Entry, taken: ReadonlySet<number>): number {
    const { of, in: nameOf } = NAMES[kind]
    const found = (this.#present[kind] as readonly DhcpItem<K>[]).find((item) => of(item) === nameOf(entry) && !taken.has(item.id))
    return found?.id ?? ++this.#last[kind]
  }
}

/** As the API has it for a class that names none. */
const DEFAULT_PRIORITY = 100

const unknown = (field: string, what: string, name: unknown): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', field, `there is no ${what} ${String(name)} in the document`, `name a ${what} of the document`))
