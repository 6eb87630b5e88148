/**
 * Addresses nobody ever had first, in ascending order; then those that came back, in the order in which they did. So an
 * address rests as long as possible before another client gets it, and its last client finds it again.
 * The cost of a proposal does not grow with the pool: the cursor passes every address once, a bounded number at a time
 * as long as there is anything else to propose, and the queue holds each once.
 */
import { compareIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Pool } from '../../model/index.ts'
import type { AddressView, Allocator } from './allocator.ts'

/**
 * Addresses that the cursor passes at most while the queue has something: 0.2 ms. After a start with a million leases
 * it would pass them all for the first client otherwise.
 */
export const PASSED_AT_ONCE = 2048

export class FreeQueue implements Allocator {
  readonly #pool: Pool
  /** The next address of the pool that was not looked at; undefined when all were. */
  #cursor: Ipv4 | undefined
  /** Insertion order is the order of return. Bounded by the size of the pool: next() drops what is not available. */
  readonly #returned = new Set<Ipv4>()

  /** `returned`: what is known to be free again, longest free first. */
  constructor(pool: Pool, returned: Iterable<Ipv4>) {
    this.#pool = pool
    this.#cursor = pool.first
    for (const address of returned) this.#returned.add(address)
  }

  next(view: AddressView): Ipv4 | undefined {
    return this.#untouched(view, PASSED_AT_ONCE) ?? this.#back(view) ?? this.#untouched(view, Number.POSITIVE_INFINITY)
  }

  peek(view: AddressView): Ipv4 | undefined {
    const cursor = this.#cursor
    const soon = this.#untouched(view, PASSED_AT_ONCE)
    const found = soon ?? this.#firstBack(view) ?? this.#untouched(view, Number.POSITIVE_INFINITY)
    this.#cursor = cursor
    return found
  }

  freed(address: Ipv4): void {
    this.#returned.delete(address)
    if (compareIpv4(this.#pool.first, address) <= 0 && compareIpv4(address, this.#pool.last) <= 0) {
      this.#returned.add(address)
    }
  }

  #untouched(view: AddressView, most: number): Ipv4 | undefined {
    for (let passed = 0; this.#cursor !== undefined && passed < most; passed++) {
      const address: Ipv4 = this.#cursor
      this.#cursor = address === this.#pool.last ? undefined : (address + 1) | 0
      if (view.untouched(address) && view.available(address)) return address
    }
    return undefined
  }

  #firstBack(view: AddressView): Ipv4 | undefined {
    for (const address of this.#returned) if (view.available(address)) return address
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
