/**
 * The administrator's commands on the network side. One at a time: each is checked against the live state, made durable
 * in one transaction, and takes effect between two packets. A refusal leaves everything as it was.
 */
import { formatIpv4, formatPrefix, type Ipv4, type Stack } from '../stack/index.ts'
import { type Clock, err, ok, type Result } from '../stack/platform/index.ts'
import { checkConfiguration, type DhcpConfiguration, type DhcpServer } from './dhcp/index.ts'
import { type DnsServer, formatZone } from './dns/index.ts'
import { parseName } from './dns/wire/name.ts'
import type { Answer, InterfaceView, NeighbourView, RecordInput, StatisticsView } from './facade.ts'
import type { LeaseNames } from './lease-names/lease-names.ts'
import { type DnsRecord, type Lease, type Pool, type Refusal, refusal, type Reservation, type Subnet, type Zone, type ZoneEdit } from './model/index.ts'
import type { Change, NameExplanation, NetworkHealth, NetworkSide, New } from './network-side.ts'
import type { CommitQueue, Settled } from './storage/commit-queue.ts'
import type { Snapshot, Transaction, Write } from './storage/store.ts'
import type { ZoneBook } from './zone-book.ts'

export type NetworkCommandsOptions = {
  readonly clock: Clock
  readonly stack: Stack
  readonly dhcp: DhcpServer
  readonly dns: DnsServer
  readonly zones: ZoneBook
  readonly names: LeaseNames
  readonly ownAddress: Ipv4
  readonly configuration: DhcpConfiguration
  readonly lastIds: Snapshot['lastIds']
  readonly nextRecordId: () => number
  readonly submit: (transaction: Transaction, settled: Settled) => void
  readonly commits: CommitQueue
}

type Kind = keyof DhcpConfiguration
type ItemOf<K extends Kind> = DhcpConfiguration[K][number]

const missing = (what: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('not-found', '', `there is no ${what}`, 'list what there is'))

export class NetworkCommands implements NetworkSide {
  readonly #o: NetworkCommandsOptions
  #configuration: DhcpConfiguration
  readonly #lastIds: { subnets: number; pools: number; reservations: number; zones: number }
  /** Commands wait for the one before. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: NetworkCommandsOptions) {
    this.#o = options
    this.#configuration = options.configuration
    const last = options.lastIds
    this.#lastIds = { subnets: last.subnet, pools: last.pool, reservations: last.reservation, zones: last.zone }
  }

  // ---- DHCP -------------------------------------------------------------------------------------------------------

  releaseLease(address: Ipv4): Answer<Lease> {
    return new Promise((resolve) => {
      this.#o.dhcp.release(address, (outcome) => {
        const lease = this.#o.dhcp.lease(address)
        if (outcome === 'released' && lease !== undefined) resolve(ok(lease))
        else if (outcome === 'storage-failed') resolve(err(this.#storageRefusal()))
        else resolve(missing(`bound lease of ${formatIpv4(address)}`))
      })
    })
  }

  async subnets(): Answer<readonly Subnet[]> {
    return ok(this.#configuration.subnets)
  }

  addSubnet(subnet: New<Subnet>): Answer<Subnet> {
    return this.#add('subnets', subnet, (item) => ({ kind: 'subnet-put', subnet: item }))
  }

  changeSubnet(id: number, change: Change<Subnet>): Answer<Subnet> {
    return this.#change('subnets', id, change, (item) => ({ kind: 'subnet-put', subnet: item }))
  }

  removeSubnet(id: number): Answer<null> {
    const users = (['pools', 'reservations'] as const).filter((kind) => this.#configuration[kind].some((item) => item.subnetId === id))
    if (users.length > 0) return Promise.resolve(err(refusal('conflict', '', `subnet ${id} has ${users.join(' and ')}`, `remove its ${users.join(' and ')} first`)))
    return this.#remove('subnets', id, { kind: 'subnet-remove', id })
  }

  async pools(): Answer<readonly Pool[]> {
    return ok(this.#configuration.pools)
  }

  addPool(pool: New<Pool>): Answer<Pool> {
    return this.#add('pools', pool, (item) => ({ kind: 'pool-put', pool: item }))
  }

  changePool(id: number, change: Change<Pool>): Answer<Pool> {
    return this.#change('pools', id, change, (item) => ({ kind: 'pool-put', pool: item }))
  }

  removePool(id: number): Answer<null> {
    return this.#remove('pools', id, { kind: 'pool-remove', id })
  }

  async reservations(): Answer<readonly Reservation[]> {
    return ok(this.#configuration.reservations)
  }

  addReservation(reservation: New<Reservation>): Answer<Reservation> {
    return this.#add('reservations', reservation, (item) => ({ kind: 'reservation-put', reservation: item }))
  }

  changeReservation(id: number, change: Change<Reservation>): Answer<Reservation> {
    return this.#change('reservations', id, change, (item) => ({ kind: 'reservation-put', reservation: item }))
  }

  removeReservation(id: number): Answer<null> {
    return this.#remove('reservations', id, { kind: 'reservation-remove', id })
  }

  #add<K extends Kind>(kind: K, fields: Omit<ItemOf<K>, 'id'>, write: (item: ItemOf<K>) => Write): Answer<ItemOf<K>> {
    return this.#inTurn(async () => {
      const item = { ...fields, id: this.#lastIds[kind] + 1 } as unknown as ItemOf<K>
      const done = await this.#configure(kind, [...this.#items(kind), item], this.#items(kind).length, [write(item), this.#news(kind, 'added', item.id)])
      if (!done.ok) return done
      this.#lastIds[kind]++
      return ok(item)
    })
  }

  #change<K extends Kind>(kind: K, id: number, change: Partial<Omit<ItemOf<K>, 'id'>>, write: (item: ItemOf<K>) => Write): Answer<ItemOf<K>> {
    return this.#inTurn(async () => {
      const items = this.#items(kind)
      const at = items.findIndex((item) => item.id === id)
      const old = items[at]
      if (old === undefined) return missing(`${SINGULAR[kind]} ${id}`)
      const item = { ...old, ...change }
      const done = await this.#configure(kind, items.with(at, item), at, [write(item), this.#news(kind, 'changed', id)])
      return done.ok ? ok(item) : done
    })
  }

  #remove(kind: Kind, id: number, write: Write): Answer<null> {
    return this.#inTurn(async () => {
      const items: readonly ItemOf<Kind>[] = this.#items(kind)
      if (!items.some((item) => item.id === id)) return missing(`${SINGULAR[kind]} ${id}`)
      return this.#configure(kind, items.filter((item) => item.id !== id) as never, -1, [write, this.#news(kind, 'removed', id)])
    })
  }

  #items<K extends Kind>(kind: K): readonly ItemOf<K>[] {
    return this.#configuration[kind] as readonly ItemOf<K>[]
  }

  /** Checks the whole configuration as it would be; the item at `at` is the one that the person gave. */
  async #configure<K extends Kind>(kind: K, items: readonly ItemOf<K>[], at: number, writes: Transaction): Answer<null> {
    const next: DhcpConfiguration = { ...this.#configuration, [kind]: items }
    const checked = checkConfiguration(next)
    if (!checked.ok) return err(pointedAt(checked.error, `/${kind}/${at}`))
    if (kind === 'subnets' && at >= 0) {
      const refused = this.#checkInterface((items[at] as Subnet).interfaceName)
      if (refused !== undefined) return err(refused)
    }
    const stored = await this.#store(writes)
    if (!stored.ok) return stored
    this.#configuration = next
    this.#o.dhcp.configure(next)
    return ok(null)
  }

  #checkInterface(name: string): Refusal | undefined {
    const names = this.#o.stack.interfaces.map((i) => i.name)
    return names.includes(name) ? undefined : refusal('invalid', '/interface', `there is no interface "${name}"`, `one of: ${names.join(', ')}`)
  }

  #news(kind: Kind, what: 'added' | 'changed' | 'removed', id: number): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'configuration.changed', facts: { what: SINGULAR[kind], id, how: what } }
  }

  // ---- DNS --------------------------------------------------------------------------------------------------------

  async zones(): Answer<readonly Zone[]> {
    return ok(this.#o.dns.zones.list().map((live) => live.zone))
  }

  addZone(fields: Omit<Zone, 'id' | 'serial'>): Answer<Zone> {
    return this.#inTurn(async () => {
      const refused = checkZone(fields)
      if (refused !== undefined) return err(refused)
      if (this.#o.dns.zones.get(fields.name) !== undefined)
        return err(refusal('conflict', '/name', `there is a zone ${fields.name} already`, 'choose another name, or change that zone'))
      const zone: Zone = { ...fields, id: this.#lastIds.zones + 1, serial: 1 }
      const records = this.#systemRecords(zone)
      const edit: ZoneEdit = { zoneId: zone.id, serialBefore: 1, serialAfter: 1, remove: [], add: records }
      const at = this.#o.clock.wallMs()
      const stored = await this.#store([{ kind: 'zone-put', zone }, { kind: 'zone-edit', at, edit }, this.#zoneNews('added', zone)])
      if (!stored.ok) return stored
      this.#lastIds.zones++
      this.#o.dns.addZone(zone, records)
      return ok(zone)
    })
  }

  changeZone(name: string, change: Partial<Omit<Zone, 'id' | 'serial' | 'name'>>): Answer<Zone> {
    return this.#inTurn(async () => {
      const old = this.#o.dns.zones.get(name)?.zone
      if (old === undefined) return missing(`zone ${name}`)
      const zone: Zone = { ...old, ...change, serial: this.#o.zones.nextSerial(old.id) }
      const refused = checkZone(zone)
      if (refused !== undefined) return err(refused)
      // An empty edit holds the serial's place among the edits of leases that are under way.
      const place = this.#o.zones.number({ zoneId: zone.id, remove: [], add: [] })
      const stored = await this.#store([{ kind: 'zone-put', zone }, this.#zoneNews('changed', zone)])
      if (stored.ok) this.#o.dns.changeZone(zone)
      this.#o.zones.settled(place, stored.ok)
      return stored.ok ? ok(zone) : stored
    })
  }

  removeZone(name: string): Answer<null> {
    return this.#inTurn(async () => {
      const zone = this.#o.dns.zones.get(name)?.zone
      if (zone === undefined) return missing(`zone ${name}`)
      const user = this.#configuration.subnets.find((subnet) => subnet.domain === zone.name)
      if (user !== undefined)
        return err(refusal('conflict', '', `the names of the leases of ${formatPrefix(user.prefix)} are in ${name}`, `give subnet ${user.id} another domain, or null, first`))
      const stored = await this.#store([{ kind: 'zone-remove', id: zone.id }, this.#zoneNews('removed', zone)])
      if (!stored.ok) return stored
      this.#o.dns.removeZone(zone.name)
      this.#o.names.forgetZone(zone.id)
      return ok(null)
    })
  }

  addRecord(zone: string, input: RecordInput): Answer<DnsRecord> {
    return this.#edit(zone, () => ({ add: input, removeIds: [] }))
  }

  changeRecord(zone: string, id: number, change: Partial<RecordInput>): Answer<DnsRecord> {
    return this.#edit(zone, () => {
      const old = this.#record(zone, id)
      if (!old.ok) return old.error
      const { name, type, ttl, data, comment } = old.value
      return { add: { name: `${name}.`, type, ttl, data, comment: comment ?? null, ...change }, removeIds: [id] }
    })
  }

  async removeRecord(zone: string, id: number): Answer<null> {
    const removed = await this.#edit(zone, () => {
      const old = this.#record(zone, id)
      return old.ok ? { add: undefined, removeIds: [id] } : old.error
    })
    return removed.ok ? ok(null) : removed
  }

  /** A record that a person may change: those of leases belong to their leases. */
  #record(zoneName: string, id: number): Result<DnsRecord, Refusal> {
    const record = this.#o.dns.zones.get(zoneName)?.record(id)
    if (record === undefined) return missing(`record ${id} in ${zoneName}`)
    if (record.owner.kind === 'lease')
      return err(refusal('conflict', '', `record ${id} belongs to the lease of ${record.owner.address}`, 'release the lease, or give the client another name with a reservation'))
    return ok(record)
  }

  #edit(zoneName: string, plan: () => { readonly add: RecordInput | undefined; readonly removeIds: readonly number[] } | Refusal): Answer<DnsRecord> {
    return this.#inTurn(async () => {
      const zone = this.#o.dns.zones.get(zoneName)?.zone
      if (zone === undefined) return missing(`zone ${zoneName}`)
      const planned = plan()
      if ('code' in planned) return err(planned)
      const add = planned.add === undefined ? [] : [{ ...planned.add, comment: planned.add.comment ?? undefined, owner: { kind: 'hand' } as const }]
      const edit = this.#o.dns.planEdit(zoneName, { add, removeIds: planned.removeIds }, this.#o.zones.pending(zone.id))
      if (!edit.ok) return edit
      const numbered = this.#o.zones.number(edit.value)
      const stored = await this.#store([{ kind: 'zone-edit', at: this.#o.clock.wallMs(), edit: numbered }, this.#zoneNews('edited', { ...zone, serial: numbered.serialAfter })])
      this.#o.zones.settled(numbered, stored.ok)
      if (!stored.ok) return stored
      return ok((numbered.add[0] ?? numbered.remove[0]) as DnsRecord)
    })
  }

  async exportZone(name: string): Answer<string> {
    const live = this.#o.dns.zones.get(name)
    return live === undefined ? missing(`zone ${name}`) : ok(formatZone(live.zone, live.records()))
  }

  /** A zone needs a name server; one whose name lies in the zone needs an address, and that is ours. */
  #systemRecords(zone: Zone): readonly DnsRecord[] {
    const record = (name: string, type: string, data: string): DnsRecord => ({
      id: this.#o.nextRecordId(),
      zoneId: zone.id,
      name,
      type,
      ttl: zone.defaultTtl,
      data,
      owner: { kind: 'system' },
      comment: undefined,
    })
    const server = zone.primaryServer.toLowerCase()
    const inside = server === zone.name || server.endsWith(`.${zone.name}`)
    const ns = record(zone.name, 'NS', zone.primaryServer)
    return inside ? [ns, record(zone.primaryServer, 'A', formatIpv4(this.#o.ownAddress))] : [ns]
  }

  #zoneNews(how: 'added' | 'changed' | 'removed' | 'edited', zone: Zone): Write {
    return { kind: 'event', at: this.#o.clock.wallMs(), event: 'zone.changed', facts: { zone: zone.name, serial: zone.serial, how } }
  }

  // ---- what there is ----------------------------------------------------------------------------------------------

  async interfaces(): Answer<readonly InterfaceView[]> {
    return ok(
      this.#o.stack.interfaces.map((i) => ({
        name: i.name,
        mac: i.mac,
        mtu: i.link.mtu,
        addresses: i.addresses.map(({ address, prefix }) => `${formatIpv4(address)}/${prefix.length}`),
        counters: i.link.counters(),
      })),
    )
  }

  async neighbours(): Answer<readonly NeighbourView[]> {
    const now = this.#o.clock.now()
    return ok(
      this.#o.stack.interfaces.flatMap((i) =>
        i.neighbours.list().map(({ address, mac, state, expiresAt }) => ({
          interface: i.name,
          address: formatIpv4(address),
          mac: mac ?? null,
          state,
          expiresIn: expiresAt === undefined ? null : Math.max(0, Math.round((expiresAt - now) / 1000)),
        })),
      ),
    )
  }

  async statistics(): Answer<StatisticsView> {
    const { stack, dhcp, dns } = this.#o
    const layers = Object.entries(stack.counters).map(([layer, counters]) => [layer, counters.toJSON()])
    return ok({ ...Object.fromEntries(layers), dhcp: dhcp.counters.toJSON(), dns: dns.counters.toJSON(), dnsTables: dns.sizes })
  }

  async explainName(name: string, type: string): Answer<NameExplanation> {
    return ok(await this.#o.dns.explain(name, type))
  }

  async health(): Answer<NetworkHealth> {
    const states = this.#o.dns.upstreamStates
    const zones = this.#o.dns.zones.list()
    return ok({
      storageFault: this.#o.commits.lastFault?.detail,
      transactionsUnderWay: this.#o.commits.underWay,
      zones: { served: zones.length, skippedRecords: zones.reduce((sum, zone) => sum + zone.skipped.length, 0) },
      upstreams: { configured: states.length, failing: states.filter((s) => s.failing).length },
    })
  }

  // ---- one at a time, and durable ---------------------------------------------------------------------------------

  #inTurn<T>(command: () => Answer<T>): Answer<T> {
    const run = this.#turn.then(command)
    this.#turn = run.catch(() => undefined)
    return run
  }

  #store(transaction: Transaction): Answer<null> {
    return new Promise((resolve) => {
      this.#o.submit(transaction, (fault) => resolve(fault === undefined ? ok(null) : err(this.#storageRefusal())))
    })
  }

  #storageRefusal(): Refusal {
    const detail = this.#o.commits.lastFault?.detail ?? 'too much is waiting for the disk'
    return refusal('unavailable', '', `the change could not be stored, so it was not made (${detail})`, 'free space on the file system of the data directory, then try again')
  }
}

const SINGULAR: { readonly [K in Kind]: string } = { subnets: 'subnet', pools: 'pool', reservations: 'reservation' }

/** The check speaks of the whole configuration; a person gave one item of it. */
function pointedAt(r: Refusal, item: string): Refusal {
  if (r.field.startsWith(`${item}/`)) return { ...r, field: r.field.slice(item.length) }
  const [, kind, index] = r.field.split('/')
  return { ...r, field: '', problem: `with this change ${SINGULAR[kind as Kind] ?? kind} number ${Number(index) + 1} would be wrong: ${r.problem}` }
}

function checkZone(zone: Omit<Zone, 'id' | 'serial'>): Refusal | undefined {
  for (const [field, text] of [['name', zone.name], ['primaryServer', zone.primaryServer], ['hostmaster', zone.hostmaster]] as const)
    if (!parseName(text).ok) return refusal('invalid', `/${field}`, `"${text}" is not a domain name`, 'labels of 1 to 63 octets joined by dots, as lab.internal')
  return undefined
}
