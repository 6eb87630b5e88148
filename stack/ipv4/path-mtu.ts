/**
 * What is known of the paths' MTUs (RFC 1191): per target, learnt from "fragmentation needed", forgotten after ten
 * minutes, so that a path that became wider is used again. Who quotes a datagram that we did not send is not believed
 * (RFC 5927 §7): the caller asks the transport about that before it tells us.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { LruMap } from '../platform/index.ts'
import type { Clock, Instant } from '../platform/index.ts'
import { MIN_MTU } from './fragment.ts'

/** RFC 1191 §6.3: no attempt at a larger size sooner than 10 minutes after it was found too large. */
export const PATH_MTU_MS = 10 * 60_000
/** Targets remembered; the one used longest ago is forgotten first, and then found again. */
export const PATH_MTU_LIMIT = 1024
/**
 * Nothing smaller is kept: of a lesser one we only know that routers must fragment on the way. So a forger who guesses
 * a connection cannot make us send ten times the packets. 552 is what Linux has; RFC 879 asks every host for 576.
 */
export const SMALLEST_PATH_MTU = 552

/** RFC 1191 §7.1, table 7-1: MTUs of links, for routers that do not say theirs. */
const PLATEAUS: readonly number[] = [65_535, 32_000, 17_914, 8_166, 4_352, 2_002, 1_492, 1_006, 508, 296, 68]

/**
 * The MTU that "fragmentation needed" means for a path on which datagrams of `known` octets seemed to fit; undefined
 * when it cannot be true. `said` is the message's next-hop MTU; `quotedTotal` and `quotedHeader` are lengths in the
 * quoted header.
 */
export function reportedMtu(
  known: number, said: number, quotedTotal: number, quotedHeader: number,
): number | undefined {
  if (said !== 0) return said >= MIN_MTU && said < quotedTotal && said < known ? said : undefined
  // RFC 1191 §5: routers of 4.2BSD add the header's length to the total length that they quote.
  const total = quotedTotal > known ? quotedTotal - quotedHeader : quotedTotal
  const plateau = PLATEAUS.find((mtu) => mtu < total)
  return plateau !== undefined && plateau < known ? plateau : undefined
}

type Entry = { readonly mtu: number; readonly narrow: boolean; readonly until: Instant }

export type PathMtuView = { readonly target: Ipv4; readonly mtu: number; readonly until: Instant }

export class PathMtus {
  readonly #clock: Clock
  readonly #entries = new LruMap<Ipv4, Entry>(PATH_MTU_LIMIT)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** HOT: the lesser of `linkMtu` and what is known of the path. */
  limit(target: Ipv4, linkMtu: number): number {
    if (this.#entries.size === 0) return linkMtu
    const entry = this.#entry(target)
    return entry === undefined || entry.mtu > linkMtu ? linkMtu : entry.mtu
  }

  /** The path is narrower than SMALLEST_PATH_MTU: datagrams to it go without DF, and routers fragment them. */
  isNarrow(target: Ipv4): boolean {
    return this.#entries.size > 0 && this.#entry(target)?.narrow === true
  }

  /** A router reports that a datagram did not fit. False when that cannot be true, or is known. */
  learn(target: Ipv4, linkMtu: number, said: number, quotedTotal: number, quotedHeader: number): boolean {
    const mtu = reportedMtu(this.limit(target, linkMtu), said, quotedTotal, quotedHeader)
    if (mtu === undefined) return false
    this.#entries.set(target, {
      mtu: Math.max(mtu, Math.min(SMALLEST_PATH_MTU, linkMtu)),
      narrow: mtu < SMALLEST_PATH_MTU,
      until: this.#clock.now() + PATH_MTU_MS,
    })
    return true
  }

  list(): readonly PathMtuView[] {
    const now = this.#clock.now()
    const live = [...this.#entries.entries()].filter(([, entry]) => entry.until > now)
    return live.map(([target, { mtu, until }]) => ({ target, mtu, until }))
  }

  #entry(target: Ipv4): Entry | undefined {
    const entry = this.#entries.get(target)
    if (entry === undefined || entry.until > this.#clock.now()) return entry
    this.#entries.delete(target)
    return undefined
  }
}
