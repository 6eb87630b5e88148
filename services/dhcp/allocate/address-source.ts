/**
 * One allocator per subnet, kept over changes of the configuration as long as the subnet's pools stay the same, so that
 * a changed option does not cost a walk over a million leases.
 */
import { compareIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Pool } from '../../model/index.ts'
import type { Configuration, Scope } from '../configuration.ts'
import type { LeaseTable } from '../lease-table.ts'
import type { AddressView, Allocator } from './allocator.ts'
import { FreeQueue } from './free-queue.ts'

type Source = { readonly prefix: string; readonly pools: readonly Pool[]; readonly allocator: Allocator }

export class AddressSource {
  #sources = new Map<number, Source>()
  #reserved: ReadonlyMap<Ipv4, number> = new Map()

  /** Must follow every change of the configuration. */
  configure(configuration: Configuration, table: LeaseTable): void {
    const changed = configuration.scopes.filter(scope => !sameRanges(this.#sources.get(scope.subnet.id), scope))
    if (changed.length > 0 || configuration.scopes.length !== this.#sources.size) rehome(configuration, table)
    const sources = new Map<number, Source>()
    for (const scope of configuration.scopes) {
      const kept = changed.includes(scope) ? undefined : this.#sources.get(scope.subnet.id)
      sources.set(scope.subnet.id, kept ?? makeSource(scope, table))
    }
    this.#sources = sources
    this.#releaseReservations(configuration, table)
  }

  /** An address nobody holds, for a client without any claim; undefined when all are in use. */
  next(scope: Scope, view: AddressView): Ipv4 | undefined {
    return this.#sources.get(scope.subnet.id)?.allocator.next(view)
  }

  freed(binding: { readonly address: Ipv4; readonly subnetId: number }): void {
    this.#sources.get(binding.subnetId)?.allocator.freed(binding.address)
  }

  /** An address that lost its reservation was passed over by its allocator, and may be proposed again. */
  #releaseReservations(configuration: Configuration, table: LeaseTable): void {
    const reserved = new Map(configuration.source.reservations.map(r => [r.address, r.subnetId]))
    for (const [address, subnetId] of this.#reserved) {
      if (!reserved.has(address) && table.kindOf(address) === 'free') this.freed({ address, subnetId })
    }
    this.#reserved = reserved
  }
}

function makeSource(scope: Scope, table: LeaseTable): Source {
  const returned = [...table.freeIn(scope.subnet.id)].filter(({ address }) => scope.inPool(address))
  returned.sort((a, b) => a.endedAt - b.endedAt || compareIpv4(a.address, b.address))
  const allocator = new FreeQueue(
    scope.pools,
    returned.map(({ address }) => address),
  )
  return { prefix: scope.name, pools: scope.pools, allocator }
}

/** Addresses whose subnet got another id belong to that one now. */
function rehome(configuration: Configuration, table: LeaseTable): void {
  table.rehome((address, subnetId) => {
    if (configuration.scope(subnetId)?.contains(address) === true) return undefined
    return configuration.scopeHolding(address)?.subnet.id
  })
}

function sameRanges(source: Source | undefined, scope: Scope): boolean {
  if (source === undefined || source.prefix !== scope.name || source.pools.length !== scope.pools.length) return false
  return source.pools.every((pool, i) => pool.first === scope.pools[i]?.first && pool.last === scope.pools[i]?.last)
}
