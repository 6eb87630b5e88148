/**
 * Addresses nobody ever had first, in ascending order; then those that came back, in the order in which they did. So an
 * address rests as long as possible before another client gets it, and its last client finds it again.
 * The cost of a proposal does not grow with the pool: the cursor passes every address once, the queue holds each once.
 */
import { compareIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Pool } from '../../model/index.ts'
import type { AddressView, Allocator } from './allocator.ts'

export class FreeQueue implements Allocator {
  readonly #pools: readonly Pool[]
  #pool = 0
  /** The next address of the pool that was not looked at; undefined at the start of a pool. */
  #cursor: Ipv4 | undefined = undefined
  /** Insertion order is the order of return. Bounded by the size of the pools: next() drops what is not available. */
  readonly #returned = new Set<Ipv4>()

  /** `returned`: what is known to be free again, longest free first. */
  constructor(pools: readonly Pool[], returned: Iterable<Ipv4>) {
    this.#pools = [...pools].sort((a, b) => compareIpv4(a.first, b.first))
    for (const address of returned) this.#returned.add(address)
  }

  next(view: AddressView): Ipv4 | undefined {
    return this.#untouched(view) ?? this.#back(view)
  }

  freed(address: Ipv4): void {
    this.#returned.delete(address)
    if (this.#pools.some(pool => compareIpv4(pool.first, address) <= 0 && compareIpv4(address, pool.last) <= 0)) {
      this.#returned.add(address)
    }
  }

  #untouched(view: AddressView): Ipv4 | undefined {
    for (; this.#pool < this.#pools.length; this.#pool++, this.#cursor = undefined) {
      const { first, last } = this.#pools[this.#pool] as Pool
      let address = this.#cursor ?? first
      // `last` may be 255.255.255.254 at most, so the sum does not wrap before it ends the loop.
      for (; compareIpv4(address, last) <= 0; address = (address + 1) | 0) {
        if (!view.untouched(address) || !view.available(address)) continue
        this.#cursor = (address + 1) | 0
        return address
      }
    }
    return undefined
  }

  #back(view: AddressView): Ipv4 | undefined {
    for (const address of this.#returned) {
      this.#returned.delete(address)
      if (view.available(address)) return address
    }
    return undefined
  }
}
