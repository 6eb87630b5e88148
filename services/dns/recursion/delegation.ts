/**
 * Which servers speak for which zone, as far as the way down from the root was walked. A delegation lives as long as its
 * parent lets it: what the zone's own servers say of themselves adds names, never time, so a zone that was taken away
 * cannot keep itself alive ("ghost domains", draft-ietf-dnsop-ns-revalidation).
 */
import { LruMap } from '../../../stack/platform/index.ts'
import type { Clock, Instant } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { isAtOrBelow, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'

export type NameServer = {
  readonly name: NameKey
  /** Glue. Empty: they have to be found. */
  readonly addresses: readonly Ipv4[]
}

export type Delegation = {
  readonly zone: NameKey
  /** As the parent names them. */
  readonly servers: readonly NameServer[]
  /** As the zone's servers name themselves: asked first, because they should know. */
  readonly own: readonly NameServer[]
  readonly expiresAt: Instant
}

/** About 10 MiB. */
export const MAX_DELEGATIONS = 16_384
/** Servers of a zone that are looked at; a message of 512 octets names 13. More are there to be asked for nothing. */
export const MAX_NAME_SERVERS = 16
export const MAX_ADDRESSES_OF_ONE = 8
/** RFC 8767 §4's thought for TTLs: as in the cache, a day. */
const MAX_SECONDS = 86_400

export class DelegationBook {
  readonly #clock: Clock
  readonly #known: LruMap<NameKey, Delegation>
  #root: Delegation

  constructor(clock: Clock, hints: readonly NameServer[], limit = MAX_DELEGATIONS) {
    this.#clock = clock
    this.#known = new LruMap(limit)
    this.#root = rootOf(hints)
  }

  get size(): number {
    return this.#known.size
  }

  setHints(hints: readonly NameServer[]): void {
    this.#root = rootOf(hints)
    this.#known.clear()
  }

  /** The root has confirmed its servers, and lately enough (RFC 9609 §3). */
  get isPrimed(): boolean {
    return this.#fresh(ROOT_KEY) !== undefined
  }

  /** The nearest at the name or above it. Of DS records the zone above speaks (RFC 4035 §2.4): ask with the parent's key. */
  closest(key: NameKey): Delegation {
    for (let at = key; at !== ROOT_KEY; at = parentKey(at)) {
      const found = this.#fresh(at)
      if (found !== undefined) return found
    }
    return this.#fresh(ROOT_KEY) ?? this.#root
  }

  /** As a referral says, or the root of itself. Its TTL counts from now. */
  put(zone: NameKey, servers: readonly NameServer[], ttlSeconds: number): Delegation {
    const before = this.#fresh(zone)
    const expiresAt = this.#clock.now() + 1000 * Math.min(ttlSeconds, MAX_SECONDS)
    const delegation: Delegation = { zone, servers, own: before?.own ?? [], expiresAt }
    this.#known.set(zone, delegation)
    return delegation
  }

  /** What a zone's servers say of themselves; nothing where no delegation is known. */
  setOwn(zone: NameKey, own: readonly NameServer[]): void {
    const before = this.#fresh(zone)
    if (before !== undefined && zone !== ROOT_KEY) this.#known.set(zone, { ...before, own: withGlueOf(own, before) })
  }

  /** Forgets the delegations at the name and below it; without a name all. Returns how many that were. */
  forget(key?: NameKey): number {
    const before = this.#known.size
    for (const [zone] of [...this.#known.entries()]) {
      if (key === undefined || isAtOrBelow(zone, key)) this.#known.delete(zone)
    }
    return before - this.#known.size
  }

  #fresh(zone: NameKey): Delegation | undefined {
    const found = this.#known.get(zone)
    if (found === undefined || this.#clock.now() < found.expiresAt) return found
    this.#known.delete(zone)
    return undefined
  }
}

const rootOf = (hints: readonly NameServer[]): Delegation =>
  ({ zone: ROOT_KEY, servers: hints, own: [], expiresAt: Number.POSITIVE_INFINITY })

/** Servers that the parent names too, and that came without addresses this time, keep the parent's glue. */
function withGlueOf(own: readonly NameServer[], { servers }: Delegation): readonly NameServer[] {
  return own.map((server) =>
    server.addresses.length > 0 ? server : (servers.find(({ name }) => name === server.name) ?? server))
}
