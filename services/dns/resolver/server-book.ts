/**
 * What is known of the servers that are asked, whoever asks them: smoothed round-trip times (RFC 6298's estimator),
 * silences in a row, what they make of EDNS (RFC 6891 §6.2.2) and of random letter case, and for which zones they are
 * lame. Bounded; the server asked longest ago is forgotten first, which costs no more than asking it as a stranger.
 */
import type { Ipv4 } from '../../../stack/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import { LruMap } from '../../../stack/platform/index.ts'
import type { Clock, Instant, Random } from '../../../stack/platform/index.ts'
import type { NameKey } from '../wire/name.ts'

export type Transport = 'udp' | 'tcp' | 'tls' | 'https'

/**
 * Where a query goes. By `udp`, an answer that comes truncated is asked for again by TCP. What TLS needs besides (names
 * in certificates, paths) stands in types that extend this one: the exchange hands them to the port as they are.
 */
export type Server = { readonly address: Ipv4; readonly port: number; readonly transport: Transport }

const USUAL_PORT = { udp: 53, tcp: 53, tls: 853, https: 443 } as const
const TRANSPORTS: readonly Transport[] = ['udp', 'tcp', 'tls', 'https']
const BY = { udp: '', tcp: ' by TCP', tls: ' by TLS', https: ' by HTTPS' } as const

/** "192.0.2.1", "192.0.2.1:5353", "192.0.2.1 by TLS". */
export const formatServer = (s: Server): string =>
  `${formatIpv4(s.address)}${s.port === USUAL_PORT[s.transport] ? '' : `:${s.port}`}${BY[s.transport]}`

/** One number for each server and way: 32 + 16 + 2 bits. */
export const serverKey = (s: Server): number =>
  ((s.address >>> 0) * 0x1_0000 + s.port) * 4 + TRANSPORTS.indexOf(s.transport)

/** About 2 MiB; a busy resolver talks to some ten thousand servers a day, to a few hundred of them often. */
export const MAX_SERVERS = 8192
const MAX_LAME = 4096
/** First wait for a server of which nothing is known: above nearly every round-trip time on Earth. */
export const FIRST_WAIT_MS = 400
const MIN_WAIT_MS = 100
export const MAX_WAIT_MS = 2000
/** Time-outs in a row after which a server counts as down. */
export const DOWN_AFTER = 3
/** How long it is then passed over before it is tried like the others again; doubles with each further silence. */
export const DOWN_MS = 10_000
const MAX_DOWN_MS = 300_000
/** Share of questions that go to another server than the best first. */
const EXPLORE = 0.05
/** What a server of which nothing is known is ranked by: one that answers faster is kept, a slower one makes us look. */
const UNKNOWN_MS = 100
/** Servers no further apart than this are asked in turn by chance: more for a forger to guess (RFC 5452 §8.2). */
const BAND_MS = 10
/** A server that answers with an error is passed over this long when there is a better one. */
const FAULT_MS = 2000
/**
 * How long a server that does not speak for a zone is passed over for it. Short: a delegation may be repaired, and a
 * server may be lame for one name only.
 */
const LAME_MS = 60_000
/** How long a server that could not read EDNS is asked without (RFC 6891 §6.2.2). */
const PLAIN_MS = 900_000
/** Silences in a row to queries with EDNS, from a server never known to answer such, after which one goes without. */
const DOUBT_EDNS_AFTER = 2
/** How long a server that does not send letters back as they came is asked in lower case. */
const LOWER_CASE_MS = 3_600_000

/** `srttMs` is 0 while nothing is known. */
export type ServerState = {
  readonly server: string
  readonly failing: boolean
  readonly srttMs: number
  readonly timeoutMs: number
  readonly edns: 'unknown' | 'yes' | 'no'
  readonly underWay: number
}

class Known {
  readonly server: Server
  srtt = 0
  rttvar = 0
  /** Silences since its last answer. */
  silences = 0
  /** Passed over until then. */
  avoidUntil: Instant = Number.NEGATIVE_INFINITY
  /** It has answered with an OPT of its own. */
  knowsEdns = false
  plainUntil: Instant = Number.NEGATIVE_INFINITY
  lowerUntil: Instant = Number.NEGATIVE_INFINITY
  underWay = 0

  constructor(server: Server) {
    this.server = server
  }
}

/** Milliseconds that a server is ranked by: doubled for every silence since its last answer. */
const standing = (k: Known | undefined): number =>
  k === undefined
    ? UNKNOWN_MS
    : (k.srtt === 0 ? (k.silences > 0 ? FIRST_WAIT_MS : UNKNOWN_MS) : k.srtt) * 2 ** Math.min(k.silences, DOWN_AFTER)

export class ServerBook {
  readonly #clock: Clock
  readonly #random: Random
  readonly #known: LruMap<number, Known>
  readonly #lame = new LruMap<string, Instant>(MAX_LAME)

  constructor(clock: Clock, random: Random, limit = MAX_SERVERS) {
    this.#clock = clock
    this.#random = random
    this.#known = new LruMap(limit)
  }

  get size(): number {
    return this.#known.size
  }

  /**
   * Best first; those to be avoided come last. Servers about as fast as the fastest are in an order of chance, and now
   * and then another than the best is put first, so that its figures stay true.
   */
  order<S extends Server>(servers: readonly S[]): readonly S[] {
    const now = this.#clock.now()
    const ranked = servers.map((server) => {
      const known = this.#known.peek(serverKey(server))
      const avoided = known !== undefined && now < known.avoidUntil
      return { server, avoided, rank: standing(known), chance: this.#random.u32() }
    })
    const best = Math.min(...ranked.filter((r) => !r.avoided).map((r) => r.rank))
    const band = (r: { readonly rank: number }): number => (r.rank <= best + BAND_MS ? best : r.rank)
    ranked.sort((a, b) => Number(a.avoided) - Number(b.avoided) || band(a) - band(b) || a.chance - b.chance)
    const healthy = ranked.filter((r) => !r.avoided).length
    if (healthy > 1 && this.#random.chance(EXPLORE)) {
      ranked.unshift(...ranked.splice(1 + this.#random.below(healthy - 1), 1))
    }
    return ranked.map((r) => r.server)
  }

  /** True when each of them has been silent lately: then nobody is made to wait long. */
  allDown(servers: readonly Server[]): boolean {
    const now = this.#clock.now()
    return servers.every((server) => {
      const known = this.#known.peek(serverKey(server))
      return known !== undefined && known.silences >= DOWN_AFTER && now < known.avoidUntil
    })
  }

  /** How long to wait for this server before another is asked; doubles with each round over all servers. */
  waitMs(server: Server, round = 0): number {
    const known = this.#known.peek(serverKey(server))
    return Math.min(MAX_WAIT_MS, timeoutOf(known) * 2 ** round)
  }

  /** 0 while nothing is known. */
  srttMs(server: Server): number {
    return this.#known.peek(serverKey(server))?.srtt ?? 0
  }

  usesEdns(server: Server): boolean {
    const known = this.#known.peek(serverKey(server))
    if (known === undefined) return true
    if (this.#clock.now() < known.plainUntil) return false
    // Some drop what they cannot read. Every other attempt goes plain until it shows which gets through.
    return known.knowsEdns || known.silences < DOUBT_EDNS_AFTER || known.silences % 2 === 1
  }

  usesMixedCase(server: Server): boolean {
    return this.#clock.now() >= (this.#known.peek(serverKey(server))?.lowerUntil ?? Number.NEGATIVE_INFINITY)
  }

  /** Queries that this server has not answered yet. */
  underWay(server: Server): number {
    return this.#known.peek(serverKey(server))?.underWay ?? 0
  }

  /** A query went out, or its end is known: the two calls come in pairs. */
  began(server: Server): void {
    this.#at(server).underWay++
  }

  ended(server: Server): void {
    const known = this.#known.peek(serverKey(server))
    // It may have been forgotten and met anew in between.
    if (known !== undefined && known.underWay > 0) known.underWay--
  }

  /** `opt`: the answer had an OPT; `asked`: so had the query. */
  answered(server: Server, rttMs: number, edns: { readonly asked: boolean; readonly opt: boolean }): void {
    const known = this.#at(server)
    if (edns.asked && edns.opt) known.knowsEdns = true
    // Nothing but a query without EDNS was ever answered, while others were not.
    else if (!edns.asked && !known.knowsEdns && known.silences >= DOUBT_EDNS_AFTER) this.withoutEdns(server)
    known.silences = 0
    known.avoidUntil = Number.NEGATIVE_INFINITY
    // Zero stands for "nothing known".
    const rtt = Math.max(rttMs, 0.01)
    if (known.srtt === 0) {
      known.srtt = rtt
      known.rttvar = rtt / 2
    } else {
      known.rttvar += (Math.abs(known.srtt - rtt) - known.rttvar) / 4
      known.srtt += (rtt - known.srtt) / 8
    }
  }

  /** Returns the number of silences in a row when this one puts the server down. */
  silent(server: Server): number | undefined {
    const known = this.#at(server)
    known.silences++
    if (known.silences < DOWN_AFTER) return undefined
    const now = this.#clock.now()
    const wasDown = now < known.avoidUntil
    known.avoidUntil = now + Math.min(MAX_DOWN_MS, DOWN_MS * 2 ** Math.min(16, known.silences - DOWN_AFTER))
    return wasDown ? undefined : known.silences
  }

  /** It answered, but with an error or nonsense, or its host said that nobody is there. */
  faulty(server: Server): void {
    const known = this.#at(server)
    known.avoidUntil = Math.max(known.avoidUntil, this.#clock.now() + FAULT_MS)
  }

  /** It does not speak for the zone, though a delegation says so. */
  lameFor(server: Server, zone: NameKey): void {
    this.#lame.set(lameKey(server, zone), this.#clock.now() + LAME_MS)
  }

  isLameFor(server: Server, zone: NameKey): boolean {
    const until = this.#lame.peek(lameKey(server, zone))
    return until !== undefined && this.#clock.now() < until
  }

  withoutEdns(server: Server): void {
    const known = this.#at(server)
    known.plainUntil = this.#clock.now() + PLAIN_MS
    known.knowsEdns = false
  }

  withoutMixedCase(server: Server): void {
    this.#at(server).lowerUntil = this.#clock.now() + LOWER_CASE_MS
  }

  /** How a server does: failing while it is passed over for having been silent or faulty. */
  state(server: Server): ServerState {
    const known = this.#known.peek(serverKey(server)) ?? new Known(server)
    const now = this.#clock.now()
    return {
      server: formatServer(server), failing: now < known.avoidUntil, srttMs: known.srtt, timeoutMs: timeoutOf(known),
      edns: now < known.plainUntil ? 'no' : known.knowsEdns ? 'yes' : 'unknown', underWay: known.underWay,
    }
  }

  /** All that are known, the one used last at the end. */
  states(): readonly ServerState[] {
    return [...this.#known.values()].map((known) => this.state(known.server))
  }

  /** After a change of networks nothing of it need be true. */
  forget(): void {
    this.#known.clear()
    this.#lame.clear()
  }

  #at(server: Server): Known {
    const key = serverKey(server)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const met = new Known(server)
    this.#known.set(key, met)
    return met
  }
}

const timeoutOf = (known: Known | undefined): number =>
  known === undefined || known.srtt === 0
    ? FIRST_WAIT_MS
    : Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, known.srtt + 4 * known.rttvar))

const lameKey = (server: Server, zone: NameKey): string => `${serverKey(server)} ${zone}`
