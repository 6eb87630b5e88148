/** What the DNS server is made of and with: ports to the outside, settings, and the shapes of what it gives. */
import type { Designation } from '../zone/special-use.ts'
import type { Clock, SecureRandom } from '../../../stack/platform/index.ts'
import type { ForwardServer, TraceStep } from '../../model/index.ts'
import type { RrsetCacheOptions } from '../cache/rrset-cache.ts'
import type { ForwardTarget } from '../forwarding/forward-target.ts'
import type { TransportStanding } from '../forwarding/forwarding.ts'
import type { PortFault, QueryHandle, SendTo } from '../resolver/exchange.ts'
import type { Upstream } from '../resolver/upstreams.ts'
import type { ReadHistory } from '../transfer/history.ts'
import type { RecursionOptions } from '../recursion/recursion.ts'
import type { TrustAnchor } from '../validator/anchors.ts'
import type { NameKey } from '../wire/name.ts'
import type { VerifySignature } from '../validator/verifier.ts'
import type { DnsEventId } from '../events.ts'
import type { Slab } from './answer-table.ts'
import type { RateLimit } from './rate-limit.ts'

export type DnsPorts = {
  readonly clock: Clock
  readonly random: SecureRandom
  /**
   * Sends a query to an upstream server, from a source port of its own that was chosen at random (RFC 5452 §9.2), and
   * takes answers from that server's address and port only. `bytes` may be read until this returns. `received` gets
   * each datagram (valid until it returns); `failed` is called at most once. cancel() releases the port.
   */
  query(
    upstream: Upstream, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: PortFault) => void,
  ): QueryHandle
  /**
   * The same over TCP (RFC 7766), for an answer that was truncated: `received` gets whole messages, `failed` also when
   * the server ends the connection without one. Without it, what comes truncated stays so.
   */
  queryStream?(
    upstream: Upstream, bytes: Uint8Array, length: number,
    received: (buffer: Uint8Array, at: number, length: number) => void,
    failed: (why: PortFault) => void,
  ): QueryHandle
  /**
   * To servers that are forwarded to: on the path of their rule, by TLS and HTTPS as well, over connections that are kept.
   * Without it they are asked by query and queryStream, and those that only TLS leads to not at all.
   */
  readonly forward?: { readonly send: SendTo<ForwardTarget>; readonly standing: (server: ForwardTarget) => TransportStanding }
  /** Does the arithmetic of DNSSEC, elsewhere and later. Without it nothing is validated. */
  readonly verify?: VerifySignature
}

export type DnsOptions = {
  readonly upstreams: readonly (Upstream | ForwardServer)[]
  /** Memory of the cache, bounds of TTLs, how long stale data serves. */
  readonly cache?: Omit<RrsetCacheOptions, 'count'> | undefined
  /** Finished responses kept; see answer-table.ts. */
  readonly answerSlabs?: readonly Slab[]
  readonly maxPending?: number
  readonly maxWaiting?: number
  /** Until SERVFAIL when no upstream answers. */
  readonly upstreamTotalMs?: number
  /** Random letter case in upstream queries as a further guard against forgery. Some servers do not echo it. */
  readonly mixCase?: boolean
  /** Names that no upstream server is for are found from the root on; without it, nobody is asked for them. */
  readonly recursion?: Omit<RecursionOptions, 'mixCase'> | undefined
  /** By zone; IANA's of the root without it. */
  readonly trustAnchors?: ReadonlyMap<NameKey, TrustAnchor> | undefined
  /** `auto`: what comes from servers that give no signatures is taken as it is. */
  readonly validation?: 'auto' | 'yes' | 'no'
  /** What a client that asks for the server's name gets (RFC 5001); nothing without it. */
  readonly nsid?: string | undefined
  /** What clients are told of how to reach us by TLS (RFC 9462); nothing without it. */
  readonly designated?: Designation | undefined
  /** Where answered queries are noted (query-log/ring.ts); nowhere without it. */
  readonly queryLog?: SharedArrayBuffer | undefined
  /** Limits answers over UDP; without it there is no limit. */
  readonly rateLimit?: RateLimit | undefined
  /** Ids for new records; without it they count on from the highest one known. */
  readonly nextRecordId?: () => number
  /** The stored history of zones, for secondaries that are further behind than the journal in memory. */
  readonly history?: ReadHistory | undefined
  /** For the log; the id is one of DNS_EVENTS. */
  readonly emit?: (id: DnsEventId, facts: TraceStep[1]) => void
}

/** Sends a response that comes later, to the client that asked. `bytes` is valid until it returns. */
export type Later = (bytes: Uint8Array, at: number, length: number) => void
/**
 * Called once, before receive() returns −1, and only then. The shell makes here, out of the datagram that it is
 * handling, the object that remembers the client; so an answer at once costs no allocation.
 */
export type LaterSlot = () => Later
