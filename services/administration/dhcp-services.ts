/** DHCP entries of every kind: texts become the model and back. */
import { formatIpv4, formatPrefix } from '../../stack/index.ts'
import { ok } from '../../stack/platform/index.ts'
import type { Answer, ClientInput, DhcpDocument, DhcpInputs, DhcpServices, DhcpViews, EffectiveSettingsView, ForeignExportView, ImportView, OtherServer, PolicyView, PoolView, SubnetInput, WarningView, WhatIfInput, WhatIfView, WithWarnings } from '../facade.ts'
import { writeDnsmasq, writeKea, type ExhaustedSegment } from '../dhcp/index.ts'
import { DEFAULT_POLICY, type DhcpConfiguration, type DhcpItem, type DhcpKind, EMPTY_LEVEL, type Pool, type Segment, type Subnet } from '../model/index.ts'
import type { NetworkSide, New, Put, SubnetPlace } from '../network-side.ts'
import type { StoreReader } from '../storage/store.ts'
import { poolSize, timeText, whatIfView } from '../views.ts'
import { documentOf, readDocument } from './dhcp-document.ts'
import { DHCP_READERS, identifierView, levelView, readClient, readQuestion } from './dhcp-inputs.ts'
import { notFound } from './inputs.ts'

export type ApplianceDhcpOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
}

type Viewer<K extends DhcpKind> = (item: DhcpItem<K>, c: DhcpConfiguration, exhausted: readonly ExhaustedSegment[]) => DhcpViews[K]

/** What a new entry has where its input says nothing. */
export const BLANK_ENTRIES: { readonly [K in DhcpKind]: object } = {
  sites: { level: EMPTY_LEVEL },
  segments: { interfaceName: undefined, relays: [], domain: undefined, policy: DEFAULT_POLICY, level: EMPTY_LEVEL },
  subnets: { domain: undefined, level: EMPTY_LEVEL },
  pools: { allow: [], deny: [], allocator: 'free-queue', level: EMPTY_LEVEL },
  classes: { test: undefined, denied: false, leaseLimit: undefined, level: EMPTY_LEVEL },
  hosts: { name: undefined, addresses: [], classes: [], denied: false, tags: [], comment: undefined, level: EMPTY_LEVEL },
  optionDefinitions: {},
}

const NAMES: { readonly [K in DhcpKind]: string } = {
  sites: 'site',
  segments: 'segment',
  subnets: 'subnet',
  pools: 'pool',
  classes: 'class',
  hosts: 'host',
  optionDefinitions: 'option definition',
}

export class ApplianceDhcp implements DhcpServices {
  readonly #o: ApplianceDhcpOptions
  readonly #viewers: { readonly [K in DhcpKind]: Viewer<K> }

  constructor(options: ApplianceDhcpOptions) {
    this.#o = options
    this.#viewers = {
      sites: ({ id, name, level }) => ({ id, name, ...levelView(level) }),
      segments: segmentView,
      subnets: (subnet, c) => this.#subnetView(subnet, c),
      pools: (pool) => this.#poolView(pool),
      classes: ({ id, name, priority, test, denied, leaseLimit, level }) => ({
        id,
        name,
        priority,
        test: test ?? null,
        denied,
        leaseLimit: leaseLimit ?? null,
        ...levelView(level),
      }),
      hosts: ({ id, name, identifiers, addresses, classes, denied, tags, comment, level }) => ({
        id,
        name: name ?? null,
        identifiers: identifiers.map(identifierView),
        addresses: addresses.map((each) => formatIpv4(each.address)),
        classes,
        denied,
        tags,
        comment: comment ?? null,
        ...levelView(level),
      }),
      optionDefinitions: (definition) => definition,
    }
  }

  async list<K extends DhcpKind>(kind: K): Answer<readonly DhcpViews[K][]> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const items = c.value[kind] as readonly DhcpItem<K>[]
    const exhausted = await this.#exhausted(kind)
    return ok(items.map((item) => this.#viewers[kind](item, c.value, exhausted)))
  }

  async get<K extends DhcpKind>(kind: K, id: number): Answer<DhcpViews[K]> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const found = (c.value[kind] as readonly DhcpItem<K>[]).find((item) => item.id === id)
    return found === undefined ? notFound(`${NAMES[kind]} ${id}`, 'list what there is') : ok(this.#viewers[kind](found, c.value, await this.#exhausted(kind)))
  }

  async add<K extends DhcpKind>(kind: K, input: DhcpInputs[K]): Answer<WithWarnings<DhcpViews[K]>> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const fields = DHCP_READERS[kind](input, undefined, c.value)
    if (!fields.ok) return fields
    const item = { ...BLANK_ENTRIES[kind], ...fields.value } as New<DhcpItem<K>>
    const { dhcp } = this.#o.network
    return this.#answered(
      kind,
      kind === 'subnets'
        ? ((await dhcp.addSubnet(item as unknown as New<Subnet>, placeOf(input as SubnetInput) ?? { alone: true })) as Awaited<Answer<Put<DhcpItem<K>>>>)
        : await dhcp.add(kind, item),
    )
  }

  async change<K extends DhcpKind>(kind: K, id: number, change: Partial<DhcpInputs[K]>): Answer<WithWarnings<DhcpViews[K]>> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const old = (c.value[kind] as readonly DhcpItem<K>[]).find((item) => item.id === id)
    if (old === undefined) return notFound(`${NAMES[kind]} ${id}`, 'list what there is')
    const fields = DHCP_READERS[kind](change, old, c.value)
    if (!fields.ok) return fields
    const place = kind === 'subnets' ? placeOf(change as Partial<SubnetInput>) : undefined
    const { dhcp } = this.#o.network
    return this.#answered(
      kind,
      place === undefined
        ? await dhcp.change(kind, id, fields.value as Partial<New<DhcpItem<K>>>)
        : ((await dhcp.placeSubnet(id, fields.value as Partial<New<Subnet>>, place)) as Awaited<Answer<Put<DhcpItem<K>>>>),
    )
  }

  async exportConfiguration(): Answer<DhcpDocument> {
    const c = await this.#o.network.dhcp.configuration()
    return c.ok ? ok(documentOf(c.value)) : c
  }

  async exportFor(server: OtherServer): Answer<ForeignExportView> {
    const c = await this.#o.network.dhcp.configuration()
    return c.ok ? ok((server === 'kea' ? writeKea : writeDnsmasq)(c.value)) : c
  }

  async importConfiguration(document: DhcpDocument, dryRun: boolean): Answer<ImportView> {
    const { dhcp } = this.#o.network
    const c = await dhcp.configuration()
    const last = await dhcp.lastIds()
    if (!c.ok) return c
    if (!last.ok) return last
    const next = readDocument(document, c.value, last.value)
    if (!next.ok) return next
    const done = await dhcp.replace(next.value, dryRun)
    if (!done.ok) return done
    const changes = done.value.changes.map(({ kind, id, how }) => {
      const source = how === 'removed' ? c.value : next.value
      return { what: NAMES[kind], name: entryName(kind, id, source), how }
    })
    return ok({ dryRun, changes, warnings: done.value.warnings })
  }

  async effectiveSettings(input: ClientInput): Answer<EffectiveSettingsView> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const client = readClient(input, c.value)
    return client.ok ? this.#o.network.dhcp.effectiveSettings(client.value) : client
  }

  async whatIf(input: WhatIfInput): Answer<WhatIfView> {
    const c = await this.#o.network.dhcp.configuration()
    if (!c.ok) return c
    const question = readQuestion(input, c.value)
    if (!question.ok) return question
    const found = await this.#o.network.dhcp.whatIf(question.value)
    return found.ok ? ok(whatIfView(found.value)) : found
  }

  remove(kind: DhcpKind, id: number): Answer<null> {
    return this.#o.network.dhcp.remove(kind, id)
  }

  async #exhausted(kind: DhcpKind): Promise<readonly ExhaustedSegment[]> {
    if (kind !== 'segments') return []
    const exhausted = await this.#o.network.dhcp.exhausted()
    return exhausted.ok ? exhausted.value : []
  }

  async #answered<K extends DhcpKind>(kind: K, put: Awaited<Answer<Put<DhcpItem<K>>>>): Answer<WithWarnings<DhcpViews[K]>> {
    if (!put.ok) return put
    const view = await this.get(kind, put.value.item.id)
    const warnings: readonly WarningView[] = put.value.warnings
    return view.ok ? ok({ ...view.value, warnings }) : view
  }

  #poolView({ id, subnetId, first, last, allow, deny, allocator, level }: Pool): PoolView {
    return {
      id,
      subnetId,
      first: formatIpv4(first),
      last: formatIpv4(last),
      allow,
      deny,
      allocator,
      ...levelView(level),
      size: poolSize({ first, last }),
      bound: this.#o.reader.countBound(first, last),
    }
  }

  #subnetView({ id, segmentId, prefix, domain, level }: Subnet, c: DhcpConfiguration): DhcpViews['subnets'] {
    const segment = c.segments.find((each) => each.id === segmentId)
    const own = c.pools.filter((pool) => pool.subnetId === id).map((pool) => this.#poolView(pool))
    const sum = (of: (pool: PoolView) => number): number => own.reduce((total, pool) => total + of(pool), 0)
    return {
      id,
      prefix: formatPrefix(prefix),
      segmentId,
      segment: segment?.name ?? '',
      interface: segment?.interfaceName ?? null,
      domain: domain ?? null,
      ...levelView(level),
      poolSize: sum((pool) => pool.size),
      bound: sum((pool) => pool.bound),
    }
  }
}

/** What people call an entry. */
function entryName(kind: DhcpKind, id: number, c: DhcpConfiguration): string {
  const subnet = c.subnets.find((each) => each.id === id)
  const pool = c.pools.find((each) => each.id === id)
  if (kind === 'subnets' && subnet !== undefined) return formatPrefix(subnet.prefix)
  if (kind === 'pools' && pool !== undefined) return `${formatIpv4(pool.first)}-${formatIpv4(pool.last)}`
  const items: readonly { readonly id: number; readonly name?: string | undefined }[] = kind === 'pools' || kind === 'subnets' ? [] : c[kind]
  const identifier = kind === 'hosts' ? c.hosts.find((each) => each.id === id)?.identifiers[0]?.value : undefined
  return items.find((each) => each.id === id)?.name ?? identifier ?? String(id)
}

/** Undefined when a change says nothing about it. A segment that is named wins over an interface. */
function placeOf({ segmentId, interface: interfaceName }: Partial<SubnetInput>): SubnetPlace | undefined {
  if (typeof segmentId === 'number') return { segmentId }
  if (typeof interfaceName === 'string') return { interfaceName }
  return segmentId === undefined && interfaceName === undefined ? undefined : { alone: true }
}

function segmentView(
  segment: Segment,
  c: DhcpConfiguration,
  exhausted: readonly ExhaustedSegment[],
): DhcpViews['segments'] {
  const refusing = exhausted.find((each) => each.segmentId === segment.id)
  const { id, name, siteId, interfaceName, relays, domain, policy, level } = segment
  return {
    id,
    name,
    siteId,
    interface: interfaceName ?? null,
    relays: relays.map(formatIpv4),
    domain: domain ?? null,
    policy: policyView(policy),
    ...levelView(level),
    subnets: c.subnets.filter((subnet) => subnet.segmentId === id).map((subnet) => formatPrefix(subnet.prefix)),
    exhaustedSince: refusing === undefined ? null : timeText(refusing.since),
    refused: refusing?.refused ?? 0,
  }
}

export const policyView = (policy: Segment['policy']): PolicyView => ({
  ...policy,
  newClientsPerSecond: policy.newClientsPerSecond ?? null,
  leasesPerRelayPort: policy.leasesPerRelayPort ?? null,
})
