/** The administrator's commands on DHCP: the whole configuration is checked as it would be before anything is stored. */
import { formatIpv4, formatPrefix, type Ipv4, type Stack } from '../../stack/index.ts'
import { type Clock, err, ok } from '../../stack/platform/index.ts'
import { checkConfiguration, type DescribedClient, type DhcpServer, type EffectiveSettings, type ExhaustedSegment, type ForeignLease, type ImportedLeases, type WhatIf, type WhatIfQuestion } from '../dhcp/index.ts'
import type { Answer } from '../facade.ts'
import {
  DEFAULT_POLICY,
  DEFAULT_SITE,
  DHCP_KINDS,
  EMPTY_LEVEL,
  type DhcpConfiguration,
  type DhcpItem,
  type DhcpKind,
  type Lease,
  type Refusal,
  refusal,
  type Segment,
  type Subnet,
  type Warning,
} from '../model/index.ts'
import type { Change, DhcpSide, New, Put, Replaced, SubnetPlace } from '../network-side.ts'
import type { DhcpPut, Snapshot, Write } from '../storage/store.ts'
import { type CommandTurns, missing } from './turns.ts'

export type DhcpCommandsOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly dhcp: DhcpServer
  readonly configuration: DhcpConfiguration
  readonly lastIds: Snapshot['lastIds']
  readonly turns: CommandTurns
}

/** An entry that is put in the place of the one with its id, or added. */
type Entry = { readonly [K in DhcpKind]: { readonly kind: K; readonly item: DhcpItem<K> } }[DhcpKind]

const NO_KEY_REMEDY =
  'wait for its next renewal: a client that can be made to renew says so then (option 145), and gets a key; keys are lost when the appliance restarts'

export class DhcpCommands implements DhcpSide {
  readonly #o: DhcpCommandsOptions
  readonly #lastIds: { [K in DhcpKind]: number }
  #configuration: DhcpConfiguration

  constructor(options: DhcpCommandsOptions) {
    this.#o = options
    this.#configuration = options.configuration
    this.#lastIds = { ...options.lastIds.dhcp }
  }

  /** As the last command left it. */
  get current(): DhcpConfiguration {
    return this.#configuration
  }

  releaseLease(address: Ipv4): Answer<Lease> {
    return new Promise((resolve) => {
      this.#o.dhcp.release(address, (outcome) => {
        const lease = this.#o.dhcp.lease(address)
        if (outcome === 'released' && lease !== undefined) resolve(ok(lease))
        else if (outcome === 'storage-failed') resolve(err(this.#o.turns.refusal()))
        else resolve(missing(`bound lease of ${formatIpv4(address)}`))
      })
    })
  }

  importLeases(rows: readonly ForeignLease[], dryRun: boolean): Answer<ImportedLeases> {
    return new Promise((resolve) => {
      this.#o.dhcp.importLeases(rows, dryRun, (imported) => resolve(imported.failed ? err(this.#o.turns.refusal()) : ok(imported)))
    })
  }

  async forceRenewLease(address: Ipv4): Answer<Lease> {
    const { dhcp } = this.#o
    const text = formatIpv4(address)
    const outcome = dhcp.forceRenew(address)
    const lease = dhcp.lease(address)
    if (outcome === 'not-bound' || lease === undefined) return missing(`bound lease of ${text}`)
    return outcome === 'sent' ? ok(lease) : err(refusal('conflict', '/address', `the client of ${text} has no key of ours, so it would not believe us`, NO_KEY_REMEDY))
  }

  async configuration(): Answer<DhcpConfiguration> {
    return ok(this.#configuration)
  }

  async lastIds(): Answer<{ readonly [K in DhcpKind]: number }> {
    return ok({ ...this.#lastIds })
  }

  replace(next: DhcpConfiguration, dryRun: boolean): Answer<Replaced> {
    return this.#o.turns.take(async () => {
      const changes = differences(this.#configuration, next)
      const clash = changes.find(({ kind, id, how }) => how === 'added' && id <= this.#lastIds[kind])
      if (clash !== undefined)
        return err(refusal('conflict', '', 'the configuration was changed by somebody else meanwhile', 'try again'))
      for (const [i, segment] of next.segments.entries()) {
        const changed = changes.some(({ kind, id }) => kind === 'segments' && id === segment.id)
        const refused = changed ? this.#checkInterface(segment.interfaceName) : undefined
        if (refused !== undefined) return err({ ...refused, field: `/segments/${i}${refused.field}` })
      }
      const checked = checkConfiguration(next)
      if (!checked.ok) return checked
      const replaced = { changes, warnings: checked.value }
      if (dryRun || changes.length === 0) return ok(replaced)
      const done = await this.#configure(next, writesOf(changes, next, (kind, how, id) => this.#news(kind, how, id)), undefined)
      return done.ok ? ok(replaced) : done
    })
  }

  async exhausted(): Answer<readonly ExhaustedSegment[]> {
    return ok(this.#o.dhcp.exhausted)
  }

  async effectiveSettings(client: DescribedClient): Answer<EffectiveSettings> {
    const found = this.#o.dhcp.effectiveSettings(client)
    return found === undefined ? missing('subnet for this client') : ok(found)
  }

  async whatIf(question: WhatIfQuestion): Answer<WhatIf> {
    const found = this.#o.dhcp.whatIf(question)
    if (found.ok) return found
    const field = question.request === undefined ? '/packet' : ''
    return err(refusal('invalid', field, `that is no request: ${found.error.problem}`, 'describe a client of a subnet, or give the UDP payload of its message'))
  }

  add<K extends DhcpKind>(kind: K, fields: New<DhcpItem<K>>): Answer<Put<DhcpItem<K>>> {
    return this.#o.turns.take(() => this.#put<K>(kind, { ...fields, id: this.#lastIds[kind] + 1 } as unknown as DhcpItem<K>, []))
  }

  change<K extends DhcpKind>(kind: K, id: number, change: Change<DhcpItem<K>>): Answer<Put<DhcpItem<K>>> {
    return this.#o.turns.take(async () => {
      const old = this.#find(kind, id)
      return old === undefined ? missing(`${SINGULAR[kind]} ${id}`) : this.#put<K>(kind, { ...old, ...change }, [])
    })
  }

  addSubnet(fields: Omit<Subnet, 'id' | 'segmentId'>, place: SubnetPlace): Answer<Put<Subnet>> {
    return this.#o.turns.take(() => this.#placed({ ...fields, id: this.#lastIds.subnets + 1, segmentId: 0 }, place))
  }

  placeSubnet(id: number, change: Change<Subnet>, place: SubnetPlace): Answer<Put<Subnet>> {
    return this.#o.turns.take(async () => {
      const old = this.#find('subnets', id)
      return old === undefined ? missing(`subnet ${id}`) : this.#placed({ ...old, ...change }, place)
    })
  }

  remove(kind: DhcpKind, id: number): Answer<null> {
    return this.#o.turns.take(async () => {
      if (this.#find(kind, id) === undefined) return missing(`${SINGULAR[kind]} ${id}`)
      const user = this.#userOf(kind, id)
      if (user !== undefined) return err(user)
      const left = (this.#configuration[kind] as readonly { readonly id: number }[]).filter((item) => item.id !== id)
      const next = { ...this.#configuration, [kind]: left }
      const write: Write = { kind: 'dhcp-remove', what: kind, id }
      const done = await this.#configure(next, [write, this.#news(kind, 'removed', id)], undefined)
      return done.ok ? ok(null) : done
    })
  }

  #placed(subnet: Subnet, place: SubnetPlace): Answer<Put<Subnet>> {
    if ('segmentId' in place) return this.#put('subnets', { ...subnet, segmentId: place.segmentId }, [])
    const found = 'interfaceName' in place ? this.#segmentOn(place.interfaceName) : undefined
    if (found !== undefined) return this.#put('subnets', { ...subnet, segmentId: found.id }, [])
    const interfaceName = 'interfaceName' in place ? place.interfaceName : undefined
    const segment: Segment = {
      id: this.#lastIds.segments + 1,
      siteId: DEFAULT_SITE.id,
      name: interfaceName ?? formatPrefix(subnet.prefix),
      interfaceName,
      relays: [],
      domain: undefined,
      policy: DEFAULT_POLICY,
      level: EMPTY_LEVEL,
    }
    return this.#put('subnets', { ...subnet, segmentId: segment.id }, [{ kind: 'segments', item: segment }])
  }

  /** The segment of an interface; where several name it, the one with our own address there. */
  #segmentOn(interfaceName: string): Segment | undefined {
    const { segments, subnets } = this.#configuration
    const named = segments.filter((segment) => segment.interfaceName === interfaceName)
    if (named.length < 2) return named[0]
    const own = this.#o.stack.interfaces.find((each) => each.name === interfaceName)?.addresses ?? []
    const holds = (segment: Segment): boolean =>
      subnets.some((subnet) => subnet.segmentId === segment.id && own.some((each) => formatPrefix(each.prefix) === formatPrefix(subnet.prefix)))
    return named.find(holds) ?? named[0]
  }

  /** Puts an entry, and first what it needs, in one transaction. */
  async #put<K extends DhcpKind>(kind: K, item: DhcpItem<K>, needed: readonly Entry[]): Answer<Put<DhcpItem<K>>> {
    let next = this.#configuration
    const writes: Write[] = []
    const put = (entry: Entry): void => {
      const how = this.#find(entry.kind, entry.item.id) === undefined ? 'added' : 'changed'
      next = withEntry(next, entry)
      writes.push({ kind: 'dhcp-put', what: entry.kind, item: entry.item } as DhcpPut, this.#news(entry.kind, how, entry.item.id))
    }
    for (const entry of needed) put(entry)
    put({ kind, item } as unknown as Entry)
    const at = next[kind].findIndex((each) => each.id === item.id)
    const segments = [...needed.map((entry) => entry.item), item].filter((each): each is Segment => 'interfaceName' in each)
    const refused = segments.map((segment) => this.#checkInterface(segment.interfaceName)).find((each) => each !== undefined)
    if (refused !== undefined) return err(refused)
    const done = await this.#configure(next, writes, `/${kind}/${at}`)
    return done.ok ? ok({ item, warnings: done.value }) : done
  }

  /** Checks the whole configuration as it would be; the entry at the pointer `at` is the one that the person gave. */
  async #configure(next: DhcpConfiguration, writes: readonly Write[], at: string | undefined): Answer<readonly Warning[]> {
    const checked = checkConfiguration(next)
    if (!checked.ok) return err(pointedAt(checked.error, at))
    const stored = await this.#o.turns.store(writes)
    if (!stored.ok) return stored
    this.#configuration = next
    for (const kind of DHCP_KINDS) for (const { id } of next[kind]) this.#lastIds[kind] = Math.max(this.#lastIds[kind], id)
    this.#o.dhcp.configure(next)
    const own = checked.value.filter((warning) => at !== undefined && warning.field.startsWith(`${at}/`))
    return ok(own.map((warning) => ({ ...warning, field: warning.field.slice(at?.length) })))
  }

  #find<K extends DhcpKind>(kind: K, id: number): DhcpItem<K> | undefined {
    return (this.#configuration[kind] as readonly DhcpItem<K>[]).find((item) => item.id === id)
  }

  /** Why an entry cannot go: others stand on it. */
  #userOf(kind: DhcpKind, id: number): Refusal | undefined {
    const { segments, subnets, pools, hosts } = this.#configuration
    const count = (items: readonly unknown[], what: string): readonly string[] =>
      items.length === 0 ? [] : [items.length === 1 ? `a ${what}` : `${items.length} ${what}s`]
    const users: { readonly [K in DhcpKind]?: () => readonly string[] } = {
      sites: () => count(segments.filter((segment) => segment.siteId === id), 'segment'),
      segments: () => count(subnets.filter((subnet) => subnet.segmentId === id), 'subnet'),
      subnets: () => [
        ...count(pools.filter((pool) => pool.subnetId === id), 'pool'),
        ...count(hosts.filter((host) => host.addresses.some((each) => each.subnetId === id)), 'host'),
      ],
    }
    const found = users[kind]?.() ?? []
    if (found.length > 0)
      return refusal('conflict', '', `${SINGULAR[kind]} ${id} has ${found.join(' and ')}`, 'remove or move what it has first')
    return kind === 'sites' && id === DEFAULT_SITE.id
      ? refusal('conflict', '', 'the first site cannot be removed', 'change it instead')
      : undefined
  }

  #checkInterface(name: string | undefined): Refusal | undefined {
    const names = this.#o.stack.interfaces.map((i) => i.name)
    if (name === undefined || names.includes(name)) return undefined
    return refusal('invalid', '/interface', `there is no interface "${name}"`, `one of: ${names.join(', ')}`)
  }

  #news(kind: DhcpKind, what: 'added' | 'changed' | 'removed', id: number): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'configuration.changed', facts: { what: SINGULAR[kind], id, how: what } }
  }
}

type Difference = Replaced['changes'][number]

/** What is put in the order of the kinds, so that what it stands on is there; then what goes, the other way round. */
function differences(before: DhcpConfiguration, after: DhcpConfiguration): readonly Difference[] {
  const put: Difference[] = []
  const gone: Difference[] = []
  for (const kind of DHCP_KINDS) {
    const old = new Map((before[kind] as readonly { readonly id: number }[]).map((item) => [item.id, textOf(item)]))
    for (const item of after[kind]) {
      const text = old.get(item.id)
      old.delete(item.id)
      if (text === undefined) put.push({ kind, id: item.id, how: 'added' })
      else if (text !== textOf(item)) put.push({ kind, id: item.id, how: 'changed' })
    }
    gone.unshift(...[...old.keys()].map((id) => ({ kind, id, how: 'removed' }) as const))
  }
  return [...put, ...gone]
}

// A document may name the same fields in another order.
function textOf(item: unknown): string {
  return JSON.stringify(item, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}

function writesOf(
  changes: readonly Difference[],
  next: DhcpConfiguration,
  news: (kind: DhcpKind, how: Difference['how'], id: number) => Write,
): readonly Write[] {
  return changes.flatMap(({ kind, id, how }): readonly Write[] => {
    const item = (next[kind] as readonly { readonly id: number }[]).find((each) => each.id === id)
    const write: Write = item === undefined ? { kind: 'dhcp-remove', what: kind, id } : ({ kind: 'dhcp-put', what: kind, item } as DhcpPut)
    return [write, news(kind, how, id)]
  })
}

const SINGULAR: { readonly [K in DhcpKind]: string } = {
  sites: 'site',
  segments: 'segment',
  subnets: 'subnet',
  pools: 'pool',
  classes: 'class',
  hosts: 'host',
  optionDefinitions: 'option definition',
}

function withEntry(configuration: DhcpConfiguration, { kind, item }: Entry): DhcpConfiguration {
  const items: readonly { readonly id: number }[] = configuration[kind]
  const at = items.findIndex((each) => each.id === item.id)
  return { ...configuration, [kind]: at < 0 ? [...items, item] : items.with(at, item) }
}

/** The check speaks of the whole configuration; a person gave one entry of it. */
function pointedAt(r: Refusal, entry: string | undefined): Refusal {
  if (entry !== undefined && r.field.startsWith(`${entry}/`)) return { ...r, field: r.field.slice(entry.length) }
  const [, kind, index] = r.field.split('/')
  return { ...r, field: '', problem: `with this change ${SINGULAR[kind as DhcpKind] ?? kind} number ${Number(index) + 1} would be wrong: ${r.problem}` }
}
