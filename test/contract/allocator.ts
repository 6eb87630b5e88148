/** What every allocator must do, whatever order it proposes addresses in. */
import { expect, test } from 'vitest'
import { formatIpv4, ipv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import type { AddressView, Allocator } from '../../services/dhcp/allocate/allocator.ts'
import type { AllocatorMaker } from '../../services/dhcp/allocate/allocators.ts'
import { PASSED_AT_ONCE } from '../../services/dhcp/allocate/free-queue.ts'
import { LOOKS } from '../../services/dhcp/allocate/preferring.ts'
import { pool } from '../support/dhcp-bench.ts'

/** A lease table that knows who holds what, and counts what it is asked. */
export class Tenancy implements AddressView {
  readonly held = new Set<Ipv4>()
  readonly known = new Set<Ipv4>()
  readonly closed = new Set<Ipv4>()
  asked = 0

  untouched(address: Ipv4): boolean {
    this.asked++
    return !this.known.has(address)
  }

  available(address: Ipv4): boolean {
    this.asked++
    return !this.held.has(address) && !this.closed.has(address)
  }

  take(address: Ipv4): void {
    this.held.add(address)
    this.known.add(address)
  }

  /** The next address for a client, taken at once. */
  give(allocator: Allocator, client = this.known.size): Ipv4 | undefined {
    const address = allocator.next(this, client)
    if (address === undefined) return undefined
    expect(this.held.has(address), `${formatIpv4(address)} is held by somebody`).toBe(false)
    this.take(address)
    return address
  }

  end(allocator: Allocator, address: Ipv4): void {
    this.held.delete(address)
    allocator.freed(address)
  }
}

/** Two lengths of one pool across the middle of the address space. */
const SMALL = pool('127.255.255.200', '128.0.0.99')
const SMALL_SIZE = 156
const MILLION = pool('10.0.0.0', '10.15.255.255')

const all = (range: typeof SMALL): Ipv4[] => {
  const addresses: Ipv4[] = []
  for (let address = range.first; ; address = (address + 1) | 0) {
    addresses.push(address)
    if (address === range.last) return addresses
  }
}

export function allocatorContract(make: AllocatorMaker): void {
  const allocator = (range = SMALL, returned: readonly Ipv4[] = []): Allocator => make(range, returned, new SeededRandom(5))

  test('gives every address of the pool once, none other, and then says that there is none', () => {
    const tenancy = new Tenancy()
    const a = allocator()
    const given = Array.from({ length: SMALL_SIZE }, () => tenancy.give(a))
    expect(new Set(given)).toEqual(new Set(all(SMALL)))
    expect(tenancy.give(a)).toBeUndefined()
  })

  test('finds the only address that came back', () => {
    const tenancy = new Tenancy()
    const a = allocator()
    while (tenancy.give(a) !== undefined);
    for (const text of ['128.0.0.99', '127.255.255.200', '127.255.255.255']) {
      tenancy.end(a, ipv4(text))
      expect(formatIpv4(tenancy.give(a) ?? 0)).toBe(text)
      expect(tenancy.give(a)).toBeUndefined()
    }
  })

  test('passes over what is kept for others, and finds it when it is given free', () => {
    const tenancy = new Tenancy()
    const a = allocator()
    const kept = all(SMALL).filter((_, i) => i % 3 === 0)
    for (const address of kept) tenancy.closed.add(address)
    const given = Array.from({ length: SMALL_SIZE - kept.length }, () => tenancy.give(a))
    expect(given).not.toContain(undefined)
    expect(tenancy.give(a)).toBeUndefined()
    tenancy.closed.clear()
    for (const address of kept) a.freed(address)
    expect(new Set(kept.map(() => tenancy.give(a)))).toEqual(new Set(kept))
  })

  test('an address of another pool that comes back is not its own', () => {
    const tenancy = new Tenancy()
    const a = allocator()
    while (tenancy.give(a) !== undefined);
    a.freed(ipv4('192.0.2.1'))
    expect(tenancy.give(a)).toBeUndefined()
  })

  test('agrees with the table over a random history', () => {
    const tenancy = new Tenancy()
    const a = allocator()
    const random = new SeededRandom(3)
    for (let n = 0; n < 5_000; n++) {
      const held = [...tenancy.held]
      if (random.chance(0.45) && held.length > 0) tenancy.end(a, held[random.below(held.length)] as Ipv4)
      else expect(tenancy.give(a) === undefined).toBe(held.length === SMALL_SIZE)
    }
  })

  test('costs as little in a pool of a million that is full but for three as in an empty one', () => {
    const tenancy = new Tenancy()
    const free = ['10.0.0.0', '10.7.1.2', '10.15.255.255'].map(ipv4)
    const a = allocator(MILLION, free)
    tenancy.give(a, 7)
    expect(tenancy.asked).toBeLessThanOrEqual(2 * (LOOKS + 1))
    tenancy.held.clear()
    const full = {
      untouched: (address: Ipv4) => ++tenancy.asked > 0 && free.includes(address) && !tenancy.known.has(address),
      available: (address: Ipv4) => ++tenancy.asked > 0 && free.includes(address) && !tenancy.held.has(address),
    }
    for (let given = 0; given < free.length; given++) {
      tenancy.asked = 0
      const address = a.next(full, given)
      expect(free).toContain(address)
      tenancy.take(address as Ipv4)
      expect(tenancy.asked).toBeLessThanOrEqual(2 * (LOOKS + PASSED_AT_ONCE + free.length))
    }
  })
}
