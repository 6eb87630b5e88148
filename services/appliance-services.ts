/**
 * The facade's implementation on the main thread: commands go to the network side, which owns the live state; listings
 * of what is stored come from a reader of its own, so that they never hold up a packet.
 */
import { parseIpv4, parsePrefix, type Ipv4 } from '../stack/index.ts'
import { type Clock, err, ok, type Result } from '../stack/platform/index.ts'
import { explain } from './explain.ts'
import type {
  Answer,
  DecisionFilter,
  DecisionView,
  ExplanationView,
  HealthView,
  InterfaceView,
  LeaseFilter,
  LeaseHistoryView,
  LeaseView,
  NeighbourView,
  Page,
  Paging,
  PoolInput,
  PoolView,
  RecordFilter,
  RecordHistoryView,
  RecordInput,
  RecordView,
  ReservationInput,
  ReservationView,
  Services,
  StatisticsView,
  SubnetInput,
  SubnetView,
  TokenStore,
  ZoneInput,
  ZoneView,
} from './facade.ts'
import { type Pool, type Refusal, refusal, type Reservation, type Subnet, type Zone } from './model/index.ts'
import type { NetworkSide, New } from './network-side.ts'
import type { DecisionStore } from './storage/decisions.ts'
import type { LeaseQuery, StoreReader } from './storage/store.ts'
import { decisionView, holdingView, leaseView, poolInputView, poolSize, recordChangeView, recordView, reservationView, subnetInputView, timeText, zoneView } from './views.ts'

export type ApplianceServicesOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
  readonly decisions: DecisionStore
  readonly clock: Clock
  readonly version: string
  /** What the threads report of themselves: worker restarts, dropped decisions. */
  readonly supervision: () => HealthView['checks']
}

const notFound = (what: string, remedy: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('not-found', '', `there is no ${what}`, remedy))

const badCursor = (after: string): { readonly ok: false; readonly error: Refusal } =>
  err(refusal('invalid', '/after', `"${after}" is no page mark`, 'give the value of "next" from the page before'))

/** Reads one field of an input; a refusal carries its pointer. */
function addressField(pointer: string, text: string): Result<Ipv4, Refusal> {
  const address = parseIpv4(text)
  return address === undefined
    ? err(refusal('invalid', pointer, `"${text}" is not an IPv4 address`, 'give four octets from 0 to 255, as 10.53.0.20'))
    : ok(address)
}

/** One page from one row more than asked: the mark is the last one's. */
function pageOf<Row, View>(rows: readonly Row[], limit: number, mark: (row: Row) => number, view: (row: Row) => View): Page<View> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(view), next: rows.length > limit && last !== undefined ? String(mark(last)) : null }
}

const cursorOf = (paging: Paging): number | undefined | 'bad' => {
  if (paging.after === undefined) return undefined
  return /^-?\d{1,15}$/.test(paging.after) ? Number(paging.after) : 'bad'
}

/** Undefined fields of a partial input stay away, so that a spread does not erase what is there. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> }

/** null is how an input says "none"; undefined is how the model does. */
const none = <T>(value: T | null | undefined): T | undefined => value ?? undefined

export class ApplianceServices implements Services, TokenStore {
  readonly #o: ApplianceServicesOptions
  readonly #startedAt: number

  constructor(options: ApplianceServicesOptions) {
    this.#o = options
    this.#startedAt = options.clock.wallMs()
  }

  tokenHashes(): readonly Uint8Array[] {
    return this.#o.reader.tokenHashes()
  }

  async health(): Promise<HealthView> {
    const network = await this.#o.network.health()
    const checks: HealthView['checks'][number][] = [...this.#o.supervision()]
    if (network.ok) {
      const { storageFault, transactionsUnderWay, upstreams, zones } = network.value
      const pools = await this.listPools()
      const full = (pools.ok ? pools.value : []).filter((pool) => pool.bound >= pool.size).map((pool) => `${pool.first}–${pool.last}`)
      checks.push({ name: 'network', status: 'ok', detail: 'the network worker answers' })
      checks.push(
        storageFault === undefined
          ? { name: 'storage', status: 'ok', detail: `${transactionsUnderWay} transactions under way` }
          : { name: 'storage', status: 'failing', detail: `no lease can be made durable, so none is given: ${storageFault}` },
      )
      checks.push({
        name: 'dhcp',
        status: full.length > 0 ? 'degraded' : 'ok',
        detail: full.length > 0 ? `no address is free in ${full.join(', ')}` : 'every pool has free addresses',
      })
      checks.push({
        name: 'dns',
        status: zones.skippedRecords > 0 ? 'degraded' : 'ok',
        detail: `${zones.served} zones served${zones.skippedRecords > 0 ? `; ${zones.skippedRecords} stored records are not well formed and left out` : ''}`,
      })
      checks.push({
        name: 'upstreams',
        status: upstreams.failing > 0 ? 'degraded' : 'ok',
        detail: `${upstreams.configured} configured, ${upstreams.failing} failing`,
      })
    } else checks.push({ name: 'network', status: 'failing', detail: network.error.problem })
    const status = (['failing', 'degraded'] as const).find((s) => checks.some((check) => check.status === s)) ?? 'ok'
    return { status, version: this.#o.version, startedAt: timeText(this.#startedAt), checks }
  }

  statistics(): Answer<StatisticsView> {
    return this.#o.network.statistics()
  }

  // ---- leases -----------------------------------------------------------------------------------------------------

  async listLeases(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseView>> {
    const found = await this.#leaseQuery(filter)
    if (!found.ok) return found
    const after = cursorOf(paging)
    if (after === 'bad') return badCursor(paging.after ?? '')
    const { query, subnetOf } = found.value
    const rows = this.#o.reader.leases(query, paging.limit + 1, after)
    return ok(pageOf(rows, paging.limit, (l) => l.address >>> 0, (l) => leaseView(l, subnetOf)))
  }

  async getLease(text: string): Answer<LeaseView> {
    const found = await this.#leaseQuery({ address: text })
    if (!found.ok) return found
    const lease = this.#o.reader.leases(found.value.query, 1, undefined)[0]
    if (lease === undefined) return notFound(`lease of ${text}`, 'list the leases')
    return ok(leaseView(lease, found.value.subnetOf))
  }

  async releaseLease(text: string): Answer<LeaseView> {
    const address = addressField('/address', text)
    if (!address.ok) return address
    const lease = await this.#o.network.releaseLease(address.value)
    if (!lease.ok) return lease
    return ok(leaseView(lease.value, await this.#subnetLookup()))
  }

  async leaseHistory(filter: LeaseFilter, paging: Paging): Answer<Page<LeaseHistoryView>> {
    const found = await this.#leaseQuery(filter)
    if (!found.ok) return found
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.leaseHistory(found.value.query, paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (h) => h.id, holdingView))
  }

  async #subnetLookup(): Promise<(id: number) => Subnet | undefined> {
    const subnets = await this.#o.network.subnets()
    const byId = new Map(subnets.ok ? subnets.value.map((subnet) => [subnet.id, subnet]) : [])
    return (id) => byId.get(id)
  }

  async #leaseQuery(filter: LeaseFilter): Answer<{ readonly query: LeaseQuery; readonly subnetOf: (id: number) => Subnet | undefined }> {
    const subnets = await this.#o.network.subnets()
    if (!subnets.ok) return subnets
    const subnetOf = (id: number): Subnet | undefined => subnets.value.find((subnet) => subnet.id === id)
    let address: Ipv4 | undefined
    if (filter.address !== undefined) {
      const parsed = addressField('/address', filter.address)
      if (!parsed.ok) return parsed
      address = parsed.value
    }
    let subnetId: number | undefined
    if (filter.subnet !== undefined) {
      subnetId = subnets.value.find((subnet) => subnetInputView(subnet).prefix === filter.subnet)?.id
      if (subnetId === undefined) return err(refusal('invalid', '/subnet', `there is no subnet ${filter.subnet}`, 'give the prefix of a subnet, as 10.53.0.0/24'))
    }
    return ok({ query: { mac: filter.mac, hostName: filter.hostName, state: filter.state, address, subnetId }, subnetOf })
  }

  // ---- subnets, pools, reservations -------------------------------------------------------------------------------

  async listSubnets(): Answer<readonly SubnetView[]> {
    const subnets = await this.#o.network.subnets()
    const pools = await this.#o.network.pools()
    if (!subnets.ok) return subnets
    if (!pools.ok) return pools
    return ok(subnets.value.map((subnet) => this.#subnetView(subnet, pools.value)))
  }

  async getSubnet(id: number): Answer<SubnetView> {
    return pick(await this.listSubnets(), (subnet) => subnet.id === id, `subnet ${id}`)
  }

  async addSubnet(input: SubnetInput): Answer<SubnetView> {
    const fields = subnetFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.addSubnet(fields.value as New<Subnet>)
    return added.ok ? this.getSubnet(added.value.id) : added
  }

  async changeSubnet(id: number, change: Partial<SubnetInput>): Answer<SubnetView> {
    const fields = subnetFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.changeSubnet(id, fields.value)
    return changed.ok ? this.getSubnet(id) : changed
  }

  removeSubnet(id: number): Answer<null> {
    return this.#o.network.removeSubnet(id)
  }

  async listPools(): Answer<readonly PoolView[]> {
    const pools = await this.#o.network.pools()
    return pools.ok ? ok(pools.value.map((pool) => this.#poolView(pool))) : pools
  }

  async getPool(id: number): Answer<PoolView> {
    return pick(await this.listPools(), (pool) => pool.id === id, `pool ${id}`)
  }

  async addPool(input: PoolInput): Answer<PoolView> {
    const fields = poolFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.addPool(fields.value as New<Pool>)
    return added.ok ? ok(this.#poolView(added.value)) : added
  }

  async changePool(id: number, change: Partial<PoolInput>): Answer<PoolView> {
    const fields = poolFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.changePool(id, fields.value)
    return changed.ok ? ok(this.#poolView(changed.value)) : changed
  }

  removePool(id: number): Answer<null> {
    return this.#o.network.removePool(id)
  }

  async listReservations(): Answer<readonly ReservationView[]> {
    const reservations = await this.#o.network.reservations()
    return reservations.ok ? ok(reservations.value.map(reservationView)) : reservations
  }

  async getReservation(id: number): Answer<ReservationView> {
    return pick(await this.listReservations(), (reservation) => reservation.id === id, `reservation ${id}`)
  }

  async addReservation(input: ReservationInput): Answer<ReservationView> {
    const fields = reservationFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.addReservation(fields.value as New<Reservation>)
    return added.ok ? ok(reservationView(added.value)) : added
  }

  async changeReservation(id: number, change: Partial<ReservationInput>): Answer<ReservationView> {
    const fields = reservationFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.changeReservation(id, fields.value)
    return changed.ok ? ok(reservationView(changed.value)) : changed
  }

  removeReservation(id: number): Answer<null> {
    return this.#o.network.removeReservation(id)
  }

  #poolView(pool: Pool): PoolView {
    return { ...poolInputView(pool), size: poolSize(pool), bound: this.#o.reader.countBound(pool.first, pool.last) }
  }

  #subnetView(subnet: Subnet, pools: readonly Pool[]): SubnetView {
    const own = pools.filter((pool) => pool.subnetId === subnet.id).map((pool) => this.#poolView(pool))
    const sum = (of: (pool: PoolView) => number): number => own.reduce((total, pool) => total + of(pool), 0)
    return { ...subnetInputView(subnet), poolSize: sum((pool) => pool.size), bound: sum((pool) => pool.bound) }
  }

  // ---- zones and records ------------------------------------------------------------------------------------------

  async listZones(): Answer<readonly ZoneView[]> {
    const zones = await this.#o.network.zones()
    return zones.ok ? ok(zones.value.map((zone) => this.#zoneView(zone))) : zones
  }

  async getZone(name: string): Answer<ZoneView> {
    const zone = await this.#zone(name)
    return zone.ok ? ok(this.#zoneView(zone.value)) : zone
  }

  async addZone(input: ZoneInput): Answer<ZoneView> {
    const name = input.name.toLowerCase().replace(/\.$/, '')
    const added = await this.#o.network.addZone({
      ...input,
      name,
      primaryServer: input.primaryServer ?? `taproot.${name}`,
      hostmaster: input.hostmaster ?? `hostmaster.${name}`,
    })
    return added.ok ? ok(this.#zoneView(added.value)) : added
  }

  async changeZone(name: string, change: Partial<Omit<ZoneInput, 'name'>>): Answer<ZoneView> {
    const { primaryServer, hostmaster, ...times } = change
    const changed = await this.#o.network.changeZone(
      canonical(name),
      given({ ...times, primaryServer: none(primaryServer), hostmaster: none(hostmaster) }),
    )
    return changed.ok ? ok(this.#zoneView(changed.value)) : changed
  }

  removeZone(name: string): Answer<null> {
    return this.#o.network.removeZone(canonical(name))
  }

  async listRecords(zoneName: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordView>> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const after = cursorOf(paging)
    if (after === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.records(zone.value.id, absoluteFilter(filter, zone.value.name), paging.limit + 1, after)
    return ok(pageOf(rows, paging.limit, (r) => r.id, (r) => recordView(r, zone.value.name)))
  }

  async getRecord(zoneName: string, id: number): Answer<RecordView> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const record = this.#o.reader.records(zone.value.id, {}, 1, id - 1)[0]
    return record?.id === id ? ok(recordView(record, zone.value.name)) : notFound(`record ${id} in ${zone.value.name}`, "list the zone's records")
  }

  async addRecord(zone: string, input: RecordInput): Answer<RecordView> {
    const added = await this.#o.network.addRecord(canonical(zone), input)
    return added.ok ? ok(recordView(added.value, canonical(zone))) : added
  }

  async changeRecord(zone: string, id: number, change: Partial<RecordInput>): Answer<RecordView> {
    const changed = await this.#o.network.changeRecord(canonical(zone), id, given(change))
    return changed.ok ? ok(recordView(changed.value, canonical(zone))) : changed
  }

  removeRecord(zone: string, id: number): Answer<null> {
    return this.#o.network.removeRecord(canonical(zone), id)
  }

  async recordHistory(zoneName: string, filter: RecordFilter, paging: Paging): Answer<Page<RecordHistoryView>> {
    const zone = await this.#zone(zoneName)
    if (!zone.ok) return zone
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.reader.recordHistory(zone.value.id, absoluteFilter(filter, zone.value.name), paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (r) => r.id, recordChangeView))
  }

  exportZone(name: string): Answer<string> {
    return this.#o.network.exportZone(canonical(name))
  }

  async #zone(name: string): Answer<Zone> {
    return pick(await this.#o.network.zones(), (zone) => zone.name === canonical(name), `zone ${name}`)
  }

  #zoneView(zone: Zone): ZoneView {
    return zoneView(zone, this.#o.reader.countRecords(zone.id))
  }

  // ---- network and reasons ----------------------------------------------------------------------------------------

  listInterfaces(): Answer<readonly InterfaceView[]> {
    return this.#o.network.interfaces()
  }

  listNeighbours(): Answer<readonly NeighbourView[]> {
    return this.#o.network.neighbours()
  }

  async listDecisions(filter: DecisionFilter, paging: Paging): Answer<Page<DecisionView>> {
    const before = cursorOf(paging)
    if (before === 'bad') return badCursor(paging.after ?? '')
    const rows = this.#o.decisions.list(filter, paging.limit + 1, before)
    return ok(pageOf(rows, paging.limit, (d) => d.id, decisionView))
  }

  async getDecision(id: number): Answer<DecisionView> {
    const decision = this.#o.decisions.get(id)
    return decision === undefined ? notFound(`decision ${id}`, 'it may have made room for newer ones; list the decisions') : ok(decisionView(decision))
  }

  explain(subject: string): Answer<ExplanationView> {
    return explain(this, this.#o.network, subject)
  }
}

const canonical = (name: string): string => name.toLowerCase().replace(/(.)\.$/, '$1')

/** A filter's name may be relative to the zone. */
function absoluteFilter(filter: RecordFilter, zone: string): RecordFilter {
  if (filter.name === undefined) return filter
  if (filter.name === '@') return { ...filter, name: zone }
  const name = canonical(filter.name)
  return { ...filter, name: filter.name.endsWith('.') || name === zone || name.endsWith(`.${zone}`) ? name : `${name}.${zone}` }
}

function pick<T>(list: Result<readonly T[], Refusal>, matches: (item: T) => boolean, what: string): Result<T, Refusal> {
  if (!list.ok) return list
  const found = list.value.find(matches)
  return found === undefined ? notFound(what, 'list what there is') : ok(found)
}

function subnetFields(input: Partial<SubnetInput>): Result<Partial<New<Subnet>>, Refusal> {
  const prefix = input.prefix === undefined ? undefined : parsePrefix(input.prefix)
  if (input.prefix !== undefined && prefix === undefined)
    return err(refusal('invalid', '/prefix', `"${input.prefix}" is not an address block`, 'give a network address with its length and no host bits, as 10.53.0.0/24'))
  const fields: { -readonly [K in keyof New<Subnet>]?: New<Subnet>[K] } = given({
    prefix,
    interfaceName: input.interface,
    leaseSeconds: input.leaseSeconds,
    minLeaseSeconds: input.minLeaseSeconds,
    maxLeaseSeconds: input.maxLeaseSeconds,
    options: input.options,
  })
  if (input.domain !== undefined) fields.domain = input.domain === null ? undefined : canonical(input.domain)
  return ok(fields)
}

function poolFields(input: Partial<PoolInput>): Result<Partial<New<Pool>>, Refusal> {
  const fields: { -readonly [K in keyof New<Pool>]?: New<Pool>[K] } = given({ subnetId: input.subnetId })
  for (const end of ['first', 'last'] as const) {
    const text = input[end]
    if (text === undefined) continue
    const address = addressField(`/${end}`, text)
    if (!address.ok) return address
    fields[end] = address.value
  }
  return ok(fields)
}

function reservationFields(input: Partial<ReservationInput>): Result<Partial<New<Reservation>>, Refusal> {
  const fields: { -readonly [K in keyof New<Reservation>]?: New<Reservation>[K] } = given({ subnetId: input.subnetId, options: input.options })
  if (input.address !== undefined) {
    const address = addressField('/address', input.address)
    if (!address.ok) return address
    fields.address = address.value
  }
  if (input.mac !== undefined) fields.mac = none(input.mac)
  if (input.clientId !== undefined) fields.clientId = none(input.clientId)
  if (input.name !== undefined) fields.name = none(input.name)
  if (input.comment !== undefined) fields.comment = none(input.comment)
  return ok(fields)
}
