/**
 * In which zones leases have rows, by blocks of 256 addresses: few zones hold the names of one block, however many there
 * are, and 10,000 blocks take a few megabytes.
 */
import type { Ipv4 } from '../../../stack/index.ts'

const blockOf = (address: Ipv4): number => address & ~0xff

export class LeaseZones<Zone> {
  /** How many rows each zone has for the addresses of a block. */
  readonly #blocks = new Map<number, Map<Zone, number>>()

  /** A zone has got or lost a row of the lease of an address. */
  count(zone: Zone, address: Ipv4, by: 1 | -1): void {
    const block = blockOf(address)
    const zones = this.#blocks.get(block) ?? new Map<Zone, number>()
    const rows = (zones.get(zone) ?? 0) + by
    if (rows > 0) zones.set(zone, rows)
    else zones.delete(zone)
    if (zones.size > 0) this.#blocks.set(block, zones)
    else this.#blocks.delete(block)
  }

  /** Zones that may hold rows of the lease of an address. */
  of(address: Ipv4): Iterable<Zone> {
    return this.#blocks.get(blockOf(address))?.keys() ?? []
  }

  get blocks(): number {
    return this.#blocks.size
  }
}
