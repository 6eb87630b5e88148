/**
 * Addresses that somebody was heard to use on the wire (ARP) without a lease of ours. They are not offered to others
 * while the sign is fresh: the ARP probe before an offer may go unanswered by a host that is asleep or slow.
 */
import { LruMap } from '../../stack/platform/index.ts'
import type { Instant } from '../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'

/** A host that is there asks for its router's hardware address at least this often (RFC 1122 §2.3.2.1, in effect). */
export const FRESH_MS = 600_000
/** A flood of made-up ARP packets pushes out the oldest; a /20 full of strangers fits. */
export const MAX_OBSERVED = 4096

type Sighting = { readonly mac: Mac; readonly at: Instant }

export class ObservedAddresses {
  readonly #seen = new LruMap<Ipv4, Sighting>(MAX_OBSERVED)
  readonly #beneath: ObservedAddresses | undefined

  /** `beneath` is where to go on from, and is left as it is. */
  constructor(beneath?: ObservedAddresses) {
    this.#beneath = beneath
  }

  /** Notes that `mac` uses the address. True when that is news: nobody, or somebody else, was known there. */
  note(address: Ipv4, mac: Mac, now: Instant): boolean {
    const before = this.holder(address, now)
    this.#seen.set(address, { mac, at: now })
    return before !== mac
  }

  /** Who was heard to use the address lately; undefined for nobody. */
  holder(address: Ipv4, now: Instant): Mac | undefined {
    const found = this.#seen.peek(address)
    return found !== undefined && now - found.at < FRESH_MS ? found.mac : this.#beneath?.holder(address, now)
  }

  /** The address has a lawful holder now. */
  forget(address: Ipv4): void {
    this.#seen.delete(address)
  }

  get size(): number {
    return this.#seen.size + (this.#beneath?.size ?? 0)
  }
}
