/**
 * One allocator per pool, kept over changes of the configuration as long as the pool stays the same, so that a changed
 * option does not cost a walk over a million leases.
 */
import { hashText } from '../../../stack/platform/index.ts'
import type { Random } from '../../../stack/platform/index.ts'
import { compareIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Pool } from '../../model/index.ts'
import type { Configuration, Scope, SubnetScope } from '../configuration.ts'
import type { Exchange } from '../exchange.ts'
import type { CompiledHost } from '../hosts.ts'
import type { LeaseTable } from '../lease-table.ts'
import type { AddressView, Allocator } from './allocator.ts'
import { ALLOCATORS } from './allocators.ts'

type Proposal = (allocator: Allocator) => Ipv4 | undefined
type Source = { readonly pool: Pool; readonly allocator: Allocator }

export class AddressSource {
  #sources = new Map<number, Source>()
  #configuration: Configuration | undefined = undefined
  #reserved: ReadonlyMap<Ipv4, CompiledHost> = new Map()
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** Must follow every change of the configuration. */
  configure(configuration: Configuration, table: LeaseTable): void {
    if (!sameSubnets(this.#configuration, configuration)) rehome(configuration, table)
    const changed = configuration.source.pools.filter(pool => !sameSource(this.#sources.get(pool.id)?.pool, pool))
    const returned = returnedTo(changed, configuration, table)
    const sources = new Map<number, Source>()
    for (const pool of configuration.source.pools) {
      const kept = changed.includes(pool) ? undefined : this.#sources.get(pool.id)
      const allocator = kept?.allocator ?? ALLOCATORS[pool.allocator](pool, returned.get(pool.id) ?? [], this.#random)
      sources.set(pool.id, { pool, allocator })
    }
    this.#sources = sources
    this.#configuration = configuration
    this.#releaseReservations(configuration, table)
  }

  /** An address nobody holds, for a client without any claim; undefined when all are in use. */
  next(scope: Scope, x: Exchange, view: AddressView): Ipv4 | undefined {
    return this.#first(scope, x, allocator => allocator.next(view, hashText(x.client.key)))
  }

  /** What next() would answer now. Changes nothing. */
  peek(scope: Scope, x: Exchange, view: AddressView): Ipv4 | undefined {
    return this.#first(scope, x, allocator => allocator.peek(view, hashText(x.client.key)))
  }

  freed(binding: { readonly address: Ipv4; readonly subnetId: number }): void {
    const pool = this.#configuration?.scope(binding.subnetId)?.poolAt(binding.address)?.pool
    if (pool !== undefined) this.#sources.get(pool.id)?.allocator.freed(binding.address)
  }

  /** The subnet that the client prefers before the others of its segment. */
  #first(scope: Scope, x: Exchange, propose: Proposal): Ipv4 | undefined {
    const first = x.preferred === undefined ? undefined : this.#firstIn(x.preferred, x, propose)
    if (first !== undefined) return first
    for (const subnet of scope.subnets) {
      const found = subnet === x.preferred ? undefined : this.#firstIn(subnet, x, propose)
      if (found !== undefined) return found
    }
    return undefined
  }

  #firstIn(subnet: SubnetScope, x: Exchange, propose: Proposal): Ipv4 | undefined {
    for (const { pool, permits } of subnet.pools) {
      const source = permits !== undefined && !permits(x) ? undefined : this.#sources.get(pool.id)
      const found = source === undefined ? undefined : propose(source.allocator)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** An address that is kept for nobody any more was passed over by its allocator, and may be proposed again. */
  #releaseReservations(configuration: Configuration, table: LeaseTable): void {
    const reserved = configuration.hosts.addresses
    for (const address of this.#reserved.keys()) {
      if (reserved.has(address) || table.kindOf(address) !== 'free') continue
      const subnetId = configuration.scopeHolding(address)?.subnetIdOf(address)
      if (subnetId !== undefined) this.freed({ address, subnetId })
    }
    this.#reserved = reserved
  }
}

/** What is free again in each of these pools, longest free first. */
function returnedTo(
  pools: readonly Pool[],
  configuration: Configuration,
  table: LeaseTable,
): ReadonlyMap<number, readonly Ipv4[]> {
  if (pools.length === 0) return new Map()
  const byPool = new Map<number, { readonly address: Ipv4; readonly endedAt: number }[]>(pools.map(pool => [pool.id, []]))
  for (const free of table.freeAgain()) {
    const pool = configuration.scope(free.subnetId)?.poolAt(free.address)?.pool
    if (pool !== undefined) byPool.get(pool.id)?.push(free)
  }
  return new Map(
    [...byPool].map(([id, free]) => {
      free.sort((a, b) => a.endedAt - b.endedAt || compareIpv4(a.address, b.address))
      return [id, free.map(({ address }) => address)]
    }),
  )
}

/** Addresses whose subnet got another id belong to that one now. */
function rehome(configuration: Configuration, table: LeaseTable): void {
  table.rehome((address, subnetId) => {
    if (configuration.scope(subnetId)?.subnetHolding(address)?.subnet.id === subnetId) return undefined
    return configuration.scopeHolding(address)?.subnetIdOf(address)
  })
}

function sameSubnets(earlier: Configuration | undefined, configuration: Configuration): boolean {
  const before = earlier?.source.subnets
  const { subnets } = configuration.source
  if (before?.length !== subnets.length) return false
  return subnets.every(({ id, prefix }, i) => {
    const was = before[i]
    return was?.id === id && was.prefix.network === prefix.network && was.prefix.length === prefix.length
  })
}

const sameSource = (earlier: Pool | undefined, { subnetId, first, last, allocator }: Pool): boolean =>
  earlier?.subnetId === subnetId && earlier.first === first && earlier.last === last && earlier.allocator === allocator
