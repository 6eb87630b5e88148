/**
 * The upstream servers and how well each does: smoothed round-trip times (RFC 6298's estimator) and failures in a row.
 * The fastest healthy one is asked first; now and then another, so that its figures stay true.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import type { Instant, Random } from '../../../stack/platform/index.ts'

export type Upstream = { readonly address: Ipv4; readonly port: number }
export const formatUpstream = (u: Upstream): string => `${formatIpv4(u.address)}${u.port === 53 ? '' : `:${u.port}`}`

/** More would never be asked within the time a client waits. */
export const MAX_UPSTREAMS = 8
/**
 * First wait for a server of which nothing is known; as glibc's resolver it is below a second, and a LAN's far below.
 */
const FIRST_WAIT_MS = 800
const MIN_WAIT_MS = 250
const MAX_WAIT_MS = 1500
/** Time-outs in a row after which a server counts as down. */
const DOWN_AFTER = 3
/** How long it is then passed over before it is tried like the others again. */
export const DOWN_MS = 10_000
/** Share of questions that go to another server than the best first. */
const EXPLORE = 0.05
/** A server that answers with an error is passed over this long when there is a better one. */
const LAME_MS = 2000
/** How long a server that could not read EDNS is asked without (RFC 6891 §6.2.2). */
const PLAIN_MS = 900_000

/** `srttMs` is 0 while nothing is known. */
export type UpstreamState = { readonly upstream: string; readonly failing: boolean; readonly srttMs: number }

class Measured {
  readonly upstream: Upstream
  srtt = 0
  rttvar = 0
  failures = 0
  /** Passed over until then. */
  avoidUntil: Instant = Number.NEGATIVE_INFINITY
  plainUntil: Instant = Number.NEGATIVE_INFINITY

  constructor(upstream: Upstream) {
    this.upstream = upstream
  }
}

/**
 * What a server is ranked by, in ms: its round-trip time, doubled for every silence since its last answer. One that has
 * been silent from the start stands behind every server that answers, one of which nothing is known before them.
 */
const standing = (s: Measured): number =>
  (s.srtt === 0 && s.failures > 0 ? FIRST_WAIT_MS : s.srtt) * 2 ** Math.min(s.failures, DOWN_AFTER)

export class UpstreamSet {
  readonly #servers: readonly Measured[]

  constructor(upstreams: readonly Upstream[]) {
    this.#servers = upstreams.slice(0, MAX_UPSTREAMS).map((upstream) => new Measured(upstream))
  }

  get size(): number {
    return this.#servers.length
  }

  get(index: number): Upstream {
    return this.#at(index).upstream
  }

  /** Indices, best first; those to be avoided come last. */
  order(now: Instant, random: Random): readonly number[] {
    const avoided = (s: Measured): number => (now < s.avoidUntil ? 1 : 0)
    const order = this.#servers.map((_, i) => i)
    order.sort((a, b) => {
      const [x, y] = [this.#at(a), this.#at(b)]
      return avoided(x) - avoided(y) || standing(x) - standing(y) || a - b
    })
    const healthy = this.#servers.filter((s) => avoided(s) === 0).length
    if (healthy > 1 && random.chance(EXPLORE)) order.unshift(...order.splice(1 + random.below(healthy - 1), 1))
    return order
  }

  /** True when every server has failed lately: then nobody is made to wait long. */
  allDown(now: Instant): boolean {
    return this.#servers.every((s) => s.failures >= DOWN_AFTER && now < s.avoidUntil)
  }

  /** How long to wait for this server before another is asked; doubles with each round over all servers. */
  waitMs(index: number, round: number): number {
    const s = this.#at(index)
    const base = s.srtt === 0 ? FIRST_WAIT_MS : Math.max(MIN_WAIT_MS, s.srtt + 4 * s.rttvar)
    return Math.min(MAX_WAIT_MS, base * 2 ** round)
  }

  /** How each server does: failing while it is passed over for having been silent or lame. */
  states(now: Instant): readonly UpstreamState[] {
    return this.#servers.map(
      (s) => ({ upstream: formatUpstream(s.upstream), failing: now < s.avoidUntil, srttMs: s.srtt }),
    )
  }

  usesEdns(index: number, now: Instant): boolean {
    return now >= this.#at(index).plainUntil
  }

  answered(index: number, rttMs: number): void {
    const s = this.#at(index)
    s.failures = 0
    s.avoidUntil = Number.NEGATIVE_INFINITY
    // Zero stands for "nothing known".
    const rtt = Math.max(rttMs, 0.01)
    if (s.srtt === 0) {
      s.srtt = rtt
      s.rttvar = rtt / 2
    } else {
      s.rttvar += (Math.abs(s.srtt - rtt) - s.rttvar) / 4
      s.srtt += (rtt - s.srtt) / 8
    }
  }

  /** Returns the number of failures in a row when this one puts the server down. */
  silent(index: number, now: Instant): number | undefined {
    const s = this.#at(index)
    s.failures++
    if (s.failures < DOWN_AFTER) return undefined
    const wasDown = now < s.avoidUntil
    s.avoidUntil = now + DOWN_MS
    return wasDown ? undefined : s.failures
  }

  /** It answered, but with an error, or its host said that nobody is there. */
  lame(index: number, now: Instant): void {
    const s = this.#at(index)
    s.avoidUntil = Math.max(s.avoidUntil, now + LAME_MS)
  }

  withoutEdns(index: number, now: Instant): void {
    this.#at(index).plainUntil = now + PLAIN_MS
  }

  #at(index: number): Measured {
    return this.#servers[index] as Measured
  }
}
