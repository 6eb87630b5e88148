/**
 * What the server knows from the administrator, in the form in which a packet asks for it: subnets by interface and by
 * address, pools to search, reservations by client, options as octets. Built whole, swapped between two packets.
 */
import { compareIpv4, contains, formatIpv4, formatPrefix, lastOf, maskOf } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { OptionSet, OptionValue, Pool, Reservation, Subnet } from '../model/index.ts'
import type { ClientIdentity } from './lease-machine.ts'
import { optionNamed } from './wire/option-spaces.ts'
import { codeOf } from './wire/options-table.ts'
import { encodeOption } from './wire/option-values.ts'

export type DhcpConfiguration = {
  readonly subnets: readonly Subnet[]
  readonly pools: readonly Pool[]
  readonly reservations: readonly Reservation[]
}

/** Octets by code; null where a value of a lower level is taken away. */
export type CompiledOptions = ReadonlyMap<number, Uint8Array | null>

export type CompiledReservation = { readonly reservation: Reservation; readonly options: CompiledOptions }

/** One subnet with all that belongs to it. */
export class Scope {
  readonly subnet: Subnet
  /** The prefix as text, for traces. */
  readonly name: string
  /** Sorted, not overlapping. */
  readonly pools: readonly Pool[]
  readonly options: CompiledOptions
  readonly #byMac = new Map<string, CompiledReservation>()
  readonly #byClientId = new Map<string, CompiledReservation>()
  readonly #byAddress = new Map<Ipv4, CompiledReservation>()

  constructor(subnet: Subnet, pools: readonly Pool[], reservations: readonly Reservation[]) {
    this.subnet = subnet
    this.name = formatPrefix(subnet.prefix)
    this.pools = [...pools].sort((a, b) => compareIpv4(a.first, b.first))
    this.options = new Map([...defaults(subnet), ...compileOptions(subnet.options)])
    for (const reservation of reservations) {
      const compiled = { reservation, options: compileOptions(reservation.options) }
      this.#byAddress.set(reservation.address, compiled)
      if (reservation.mac !== undefined) this.#byMac.set(reservation.mac, compiled)
      if (reservation.clientId !== undefined) this.#byClientId.set(reservation.clientId, compiled)
    }
  }

  contains(address: Ipv4): boolean {
    return contains(this.subnet.prefix, address)
  }

  /** The network and the broadcast address belong to nobody; in a /31 and a /32 there are none (RFC 3021). */
  isHostAddress(address: Ipv4): boolean {
    const { prefix } = this.subnet
    if (!contains(prefix, address)) return false
    return prefix.length > 30 || (address !== prefix.network && address !== lastOf(prefix))
  }

  inPool(address: Ipv4): boolean {
    let low = 0
    let high = this.pools.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const pool = this.pools[middle] as Pool
      if (compareIpv4(address, pool.first) < 0) high = middle - 1
      else if (compareIpv4(address, pool.last) > 0) low = middle + 1
      else return true
    }
    return false
  }

  /** A client identifier that matches wins over a hardware address that does. */
  reservationFor(client: ClientIdentity): CompiledReservation | undefined {
    const byId = client.clientId === undefined ? undefined : this.#byClientId.get(client.clientId)
    return byId ?? this.#byMac.get(client.mac)
  }

  reservationAt(address: Ipv4): CompiledReservation | undefined {
    return this.#byAddress.get(address)
  }
}

/** The whole configuration, indexed. */
export class Configuration {
  readonly source: DhcpConfiguration
  readonly #byId = new Map<number, Scope>()
  readonly #scopes: readonly Scope[]

  constructor(source: DhcpConfiguration) {
    this.source = source
    const pools = Map.groupBy(source.pools, pool => pool.subnetId)
    const reservations = Map.groupBy(source.reservations, reservation => reservation.subnetId)
    for (const subnet of source.subnets) {
      this.#byId.set(subnet.id, new Scope(subnet, pools.get(subnet.id) ?? [], reservations.get(subnet.id) ?? []))
    }
    this.#scopes = [...this.#byId.values()]
  }

  get scopes(): readonly Scope[] {
    return this.#scopes
  }

  scope(subnetId: number): Scope | undefined {
    return this.#byId.get(subnetId)
  }

  /** Subnets do not overlap, so at most one holds an address. Tens of subnets: a scan is a few comparisons each. */
  scopeHolding(address: Ipv4): Scope | undefined {
    for (const scope of this.#scopes) if (scope.contains(address)) return scope
    return undefined
  }
}

/** Options that follow from the subnet itself; the administrator's own values replace them. */
function defaults(subnet: Subnet): [number, Uint8Array][] {
  const options: [number, Uint8Array][] = [
    [codeOf('subnet-mask'), octets('subnet-mask', formatIpv4(maskOf(subnet.prefix.length)))],
  ]
  if (subnet.prefix.length <= 30) {
    options.push([codeOf('broadcast-address'), octets('broadcast-address', formatIpv4(lastOf(subnet.prefix)))])
  }
  if (subnet.domain !== undefined) options.push([codeOf('domain-name'), octets('domain-name', subnet.domain)])
  return options
}

/** What checkConfiguration refuses is left out here, so that a bad row in the store costs one option and no more. */
function compileOptions(options: OptionSet): CompiledOptions {
  const compiled = new Map<number, Uint8Array | null>()
  for (const [name, value] of Object.entries(options)) {
    const row = optionNamed(name)
    if (row === undefined) continue
    const bytes = value === null ? null : encodeOption(row, value)
    if (bytes === null) compiled.set(row.code, null)
    else if (bytes.ok) compiled.set(row.code, bytes.value)
  }
  return compiled
}

function octets(name: string, value: OptionValue): Uint8Array {
  const row = optionNamed(name)
  const bytes = row === undefined ? undefined : encodeOption(row, value)
  return bytes?.ok === true ? bytes.value : new Uint8Array(0)
}
