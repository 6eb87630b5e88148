/**
 * What the server knows from the administrator, in the form in which a packet asks for it: segments by interface, relay
 * and address, pools to search, hosts by identifier, levels merged, options as octets. Built whole, swapped between two
 * packets.
 */
import { compareIpv4, contains, formatIpv4, formatPrefix, lastOf, maskOf } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { DEFAULT_SITE } from '../model/index.ts'
import type { DhcpConfiguration, OptionValue, Pool, Segment, Site, Subnet } from '../model/index.ts'
import { compileClasses, permissionOf } from './classify/classes.ts'
import type { CompiledClass } from './classify/classes.ts'
import type { Predicate } from './classify/compile.ts'
import { HostIndex } from './hosts.ts'
import type { CompiledHost } from './hosts.ts'
import { Levels, compileLevel } from './levels.ts'
import type { CompiledLevel } from './levels.ts'
import { OptionRegistry, optionNamed } from './wire/option-spaces.ts'
import type { OptionDeclaration } from './wire/option-spaces.ts'
import { codeOf } from './wire/options-table.ts'
import { encodeOption } from './wire/option-values.ts'

export type PoolScope = {
  readonly pool: Pool
  readonly subnet: SubnetScope
  readonly levels: Levels
  /** Who may have its addresses; undefined lets everybody in. */
  readonly permits: Predicate | undefined
}

/** One subnet with its pools. */
export class SubnetScope {
  readonly subnet: Subnet
  /** The prefix as text, for traces. */
  readonly name: string
  /** Sorted, not overlapping. */
  readonly pools: readonly PoolScope[]
  /** For addresses outside the pools. */
  readonly levels: Levels
  /** Zone of the names of its leases; undefined publishes none. */
  readonly domain: string | undefined

  constructor(subnet: Subnet, segment: Segment, pools: readonly Pool[], below: readonly CompiledLevel[], registry: OptionRegistry) {
    this.subnet = subnet
    this.name = formatPrefix(subnet.prefix)
    this.domain = segment.policy.ddns.enabled ? (subnet.domain ?? segment.domain) : undefined
    const own = compileLevel(withDomain(subnet), `subnet ${this.name}`, registry)
    const levels = [...(own === undefined ? [] : [own]), ...below, builtIn(subnet)]
    this.levels = Levels.merged(levels)
    this.pools = [...pools]
      .sort((a, b) => compareIpv4(a.first, b.first))
      .map(pool => {
        const level = compileLevel(pool.level, `pool ${pool.id}`, registry)
        return {
          pool,
          subnet: this,
          levels: level === undefined ? this.levels : Levels.merged([level, ...levels]),
          permits: permissionOf(pool.allow, pool.deny),
        }
      })
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

  poolAt(address: Ipv4): PoolScope | undefined {
    let low = 0
    let high = this.pools.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.pools[middle] as PoolScope
      if (compareIpv4(address, found.pool.first) < 0) high = middle - 1
      else if (compareIpv4(address, found.pool.last) > 0) low = middle + 1
      else return found
    }
    return undefined
  }
}

/** One segment: where a client is. Its subnets are one pool space. */
export class Scope {
  readonly segment: Segment
  /** Its prefixes as text, for traces. */
  readonly name: string
  /** At least one; by id. */
  readonly subnets: readonly SubnetScope[]

  constructor(segment: Segment, subnets: readonly SubnetScope[]) {
    this.segment = segment
    this.subnets = subnets
    this.name = subnets.map(each => each.name).join(' + ')
  }

  holds(subnetId: number): boolean {
    for (const each of this.subnets) if (each.subnet.id === subnetId) return true
    return false
  }

  subnetHolding(address: Ipv4): SubnetScope | undefined {
    for (const each of this.subnets) if (each.contains(address)) return each
    return undefined
  }

  /** The id under which an address is kept; that of the first subnet for one that is in none. */
  subnetIdOf(address: Ipv4): number {
    return (this.subnetHolding(address) ?? (this.subnets[0] as SubnetScope)).subnet.id
  }

  contains(address: Ipv4): boolean {
    return this.subnetHolding(address) !== undefined
  }

  isHostAddress(address: Ipv4): boolean {
    return this.subnetHolding(address)?.isHostAddress(address) === true
  }

  poolAt(address: Ipv4): PoolScope | undefined {
    return this.subnetHolding(address)?.poolAt(address)
  }

  /** What counts below hosts and classes for whoever has the address. */
  levelsAt(address: Ipv4): Levels {
    const subnet = this.subnetHolding(address) ?? (this.subnets[0] as SubnetScope)
    return subnet.poolAt(address)?.levels ?? subnet.levels
  }

  /** The host's addresses here, in the administrator's order. */
  addressesOf(host: CompiledHost | undefined): readonly Ipv4[] {
    if (host === undefined) return NO_ADDRESSES
    return host.host.addresses.filter(each => this.holds(each.subnetId)).map(each => each.address)
  }
}

const NO_ADDRESSES: readonly Ipv4[] = []

/** The whole configuration, indexed. */
export class Configuration {
  readonly source: DhcpConfiguration
  readonly registry: OptionRegistry
  readonly hosts: HostIndex
  /** By priority. */
  readonly classes: readonly CompiledClass[]
  readonly scopes: readonly Scope[]
  readonly #bySubnet = new Map<number, Scope>()
  readonly #byRelay = new Map<Ipv4, Scope>()

  constructor(source: DhcpConfiguration) {
    this.source = source
    const registry = new OptionRegistry(source.optionDefinitions as readonly OptionDeclaration[])
    this.registry = registry
    const sites = new Map(source.sites.map(site => [site.id, site]))
    const subnets = Map.groupBy(source.subnets, subnet => subnet.segmentId)
    const pools = Map.groupBy(source.pools, pool => pool.subnetId)
    const scopes: Scope[] = []
    for (const segment of source.segments) {
      const below = levelsBelow(segment, sites.get(segment.siteId) ?? DEFAULT_SITE, registry)
      const own = (subnets.get(segment.id) ?? []).map(
        subnet => new SubnetScope(subnet, segment, pools.get(subnet.id) ?? [], below, registry),
      )
      if (own.length === 0) continue
      const scope = new Scope(segment, own)
      scopes.push(scope)
      for (const { subnet } of own) this.#bySubnet.set(subnet.id, scope)
      for (const relay of segment.relays) this.#byRelay.set(relay, scope)
    }
    this.scopes = scopes
    this.classes = compileClasses(source.classes, registry)
    this.hosts = new HostIndex(
      source.hosts.map(host => {
        const label = host.name === undefined ? `host ${host.id}` : `host ${host.id} (${host.name})`
        return { host, label, level: hostLevel(host, registry) }
      }),
    )
  }

  /** The segment of a subnet. */
  scope(subnetId: number): Scope | undefined {
    return this.#bySubnet.get(subnetId)
  }

  /** Subnets do not overlap, so at most one holds an address. Tens of subnets: a scan is a few comparisons each. */
  scopeHolding(address: Ipv4): Scope | undefined {
    for (const scope of this.scopes) if (scope.contains(address)) return scope
    return undefined
  }

  /** True for an address that a segment names as a relay of its: relays that are told of leases (RFC 4388). */
  namesRelay(address: Ipv4): boolean {
    return this.#byRelay.has(address)
  }

  /** The segment that a relay's address stands for. */
  scopeOfRelay(giaddr: Ipv4): Scope | undefined {
    return this.#byRelay.get(giaddr) ?? this.scopeHolding(giaddr)
  }
}

function levelsBelow(segment: Segment, site: Site, registry: OptionRegistry): readonly CompiledLevel[] {
  return [
    compileLevel(withDomain(segment), `segment ${segment.name}`, registry),
    compileLevel(site.level, `site ${site.name}`, registry),
  ].filter(level => level !== undefined)
}

/** The domain of a subnet or segment is also the clients', unless the same level says otherwise. */
const withDomain = ({ domain, level }: Subnet | Segment): Subnet['level'] =>
  domain === undefined ? level : { ...level, options: { 'domain-name': domain, ...level.options } }

function hostLevel({ id, name, level }: DhcpConfiguration['hosts'][number], registry: OptionRegistry): CompiledLevel | undefined {
  const options = name === undefined ? level.options : { 'host-name': name, ...level.options }
  return compileLevel({ ...level, options }, `host ${id}`, registry)
}

/** Options that follow from the subnet itself; the administrator's own values replace them. */
function builtIn({ prefix }: Subnet): CompiledLevel {
  const options = new Map<number, Uint8Array>([
    [codeOf('subnet-mask'), octets('subnet-mask', formatIpv4(maskOf(prefix.length)))],
  ])
  if (prefix.length <= 30) {
    options.set(codeOf('broadcast-address'), octets('broadcast-address', formatIpv4(lastOf(prefix))))
  }
  return { origin: 'built-in', options, leaseTimes: {}, boot: {} }
}

function octets(name: string, value: OptionValue): Uint8Array {
  const row = optionNamed(name)
  const bytes = row === undefined ? undefined : encodeOption(row, value)
  return bytes?.ok === true ? bytes.value : new Uint8Array(0)
}
