/**
 * Allocators that wish for certain addresses and look only a few times for one that is free: in a pool that is nearly
 * full the free queue says what is left, so that no proposal walks through a million leases.
 */
import type { Random } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { Pool } from '../../model/index.ts'
import type { AddressView, Allocator } from './allocator.ts'
import { FreeQueue } from './free-queue.ts'

/** Looks before the free queue is asked: where nine tenths of a pool are taken, four of five clients get their wish. */
export const LOOKS = 16

/** Where to look. */
export interface Wish {
  /** The place of the n-th look for a client, counted from 0, in a pool of `size`: 0 … size − 1. */
  place(look: number, size: number, client: number): number
  /** Whether it may be an address that somebody had before. If not, such ones rest until all others are taken. */
  readonly takesReturned: boolean
  /** One that will say the same, or what is as good where that is by chance, and leaves this one as it is. */
  copy(): Wish
}

/** One address after the other, and from the beginning again: one that came back is given again when its turn comes. */
export class InTurn implements Wish {
  readonly takesReturned = true
  #next = 0

  copy(): Wish {
    const copy = new InTurn()
    copy.#next = this.#next
    return copy
  }

  place(_look: number, size: number): number {
    const place = this.#next % size
    this.#next = place + 1
    return place
  }
}

/** Every client has its own places in the pool, the same ones even when all that was known of it is lost. */
export class ByClient implements Wish {
  readonly takesReturned = true

  copy(): Wish {
    return this
  }

  place(look: number, size: number, client: number): number {
    const start = mix(client)
    // The step is a hash of its own, so that clients who wish for the same place part ways after the first look.
    return (start + look * (1 + (mix(start) % size))) % size
  }
}

/** Nobody can tell the next address from the last ones. */
export class AtRandom implements Wish {
  readonly takesReturned = false
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  copy(): Wish {
    return this
  }

  place(_look: number, size: number): number {
    return this.#random.below(size)
  }
}

export class Preferring implements Allocator {
  readonly #wish: Wish
  readonly #pool: Pool
  readonly #size: number
  readonly #rest: FreeQueue

  /** `returned`: what is known to be free again, longest free first. */
  constructor(wish: Wish, pool: Pool, returned: Iterable<Ipv4>) {
    this.#wish = wish
    this.#pool = pool
    this.#size = (pool.last >>> 0) - (pool.first >>> 0) + 1
    this.#rest = new FreeQueue(pool, returned)
  }

  next(view: AddressView, client: number): Ipv4 | undefined {
    return this.#wished(this.#wish, view, client) ?? this.#rest.next(view)
  }

  peek(view: AddressView, client: number): Ipv4 | undefined {
    return this.#wished(this.#wish.copy(), view, client) ?? this.#rest.peek(view)
  }

  #wished(wish: Wish, view: AddressView, client: number): Ipv4 | undefined {
    for (let look = 0; look < LOOKS; look++) {
      const address = (this.#pool.first + wish.place(look, this.#size, client)) | 0
      if ((wish.takesReturned || view.untouched(address)) && view.available(address)) return address
    }
    return undefined
  }

  freed(address: Ipv4): void {
    this.#rest.freed(address)
  }
}

/** Spreads an int32 over 0 … 2^32 − 1: neighbouring hardware addresses have nothing in common after it. */
function mix(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  z = Math.imul(z ^ (z >>> 15), 0x846c_a68b)
  return (z ^ (z >>> 16)) >>> 0
}
