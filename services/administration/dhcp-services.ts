/** Subnets, pools and reservations: texts become the model and back. */
import { parsePrefix } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import type { Answer, DhcpServices, PoolInput, PoolView, ReservationInput, ReservationView, SubnetInput, SubnetView } from '../facade.ts'
import { type Pool, type Refusal, refusal, type Reservation, type Subnet } from '../model/index.ts'
import type { NetworkSide, New } from '../network-side.ts'
import type { StoreReader } from '../storage/store.ts'
import { poolInputView, poolSize, reservationView, subnetInputView } from '../views.ts'
import { addressField, canonical, given, none, pick } from './inputs.ts'

export type ApplianceDhcpOptions = {
  readonly network: NetworkSide
  readonly reader: StoreReader
}

export class ApplianceDhcp implements DhcpServices {
  readonly #o: ApplianceDhcpOptions

  constructor(options: ApplianceDhcpOptions) {
    this.#o = options
  }

  async listSubnets(): Answer<readonly SubnetView[]> {
    const subnets = await this.#o.network.dhcp.subnets()
    const pools = await this.#o.network.dhcp.pools()
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
    const added = await this.#o.network.dhcp.addSubnet(fields.value as New<Subnet>)
    return added.ok ? this.getSubnet(added.value.id) : added
  }

  async changeSubnet(id: number, change: Partial<SubnetInput>): Answer<SubnetView> {
    const fields = subnetFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.dhcp.changeSubnet(id, fields.value)
    return changed.ok ? this.getSubnet(id) : changed
  }

  removeSubnet(id: number): Answer<null> {
    return this.#o.network.dhcp.removeSubnet(id)
  }

  async listPools(): Answer<readonly PoolView[]> {
    const pools = await this.#o.network.dhcp.pools()
    return pools.ok ? ok(pools.value.map((pool) => this.#poolView(pool))) : pools
  }

  async getPool(id: number): Answer<PoolView> {
    return pick(await this.listPools(), (pool) => pool.id === id, `pool ${id}`)
  }

  async addPool(input: PoolInput): Answer<PoolView> {
    const fields = poolFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.dhcp.addPool(fields.value as New<Pool>)
    return added.ok ? ok(this.#poolView(added.value)) : added
  }

  async changePool(id: number, change: Partial<PoolInput>): Answer<PoolView> {
    const fields = poolFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.dhcp.changePool(id, fields.value)
    return changed.ok ? ok(this.#poolView(changed.value)) : changed
  }

  removePool(id: number): Answer<null> {
    return this.#o.network.dhcp.removePool(id)
  }

  async listReservations(): Answer<readonly ReservationView[]> {
    const reservations = await this.#o.network.dhcp.reservations()
    return reservations.ok ? ok(reservations.value.map(reservationView)) : reservations
  }

  async getReservation(id: number): Answer<ReservationView> {
    return pick(await this.listReservations(), (reservation) => reservation.id === id, `reservation ${id}`)
  }

  async addReservation(input: ReservationInput): Answer<ReservationView> {
    const fields = reservationFields(input)
    if (!fields.ok) return fields
    const added = await this.#o.network.dhcp.addReservation(fields.value as New<Reservation>)
    return added.ok ? ok(reservationView(added.value)) : added
  }

  async changeReservation(id: number, change: Partial<ReservationInput>): Answer<ReservationView> {
    const fields = reservationFields(change)
    if (!fields.ok) return fields
    const changed = await this.#o.network.dhcp.changeReservation(id, fields.value)
    return changed.ok ? ok(reservationView(changed.value)) : changed
  }

  removeReservation(id: number): Answer<null> {
    return this.#o.network.dhcp.removeReservation(id)
  }

  #poolView(pool: Pool): PoolView {
    return { ...poolInputView(pool), size: poolSize(pool), bound: this.#o.reader.countBound(pool.first, pool.last) }
  }

  #subnetView(subnet: Subnet, pools: readonly Pool[]): SubnetView {
    const own = pools.filter((pool) => pool.subnetId === subnet.id).map((pool) => this.#poolView(pool))
    const sum = (of: (pool: PoolView) => number): number => own.reduce((total, pool) => total + of(pool), 0)
    return { ...subnetInputView(subnet), poolSize: sum((pool) => pool.size), bound: sum((pool) => pool.bound) }
  }
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
