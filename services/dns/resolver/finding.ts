/**
 * What is known of one name and type: the unit that servers' answers are taken apart into, that the cache keeps, that is
 * validated, and that responses are put together from. RFC 2181 §5, RFC 2308, RFC 4035 §4.3.
 */
import type { Instant } from '../../../stack/platform/index.ts'
import type { ExtendedError } from '../wire/extended-errors.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'

/**
 * RFC 4035 §4.3. `unchecked`: nobody has validated it yet. `insecure`: it is proven, or set, that nothing vouches for it.
 * `indeterminate`: no trust anchor covers it.
 */
export type Security = 'unchecked' | 'secure' | 'insecure' | 'indeterminate' | 'bogus'

/**
 * How far data may be believed, as ranked by RFC 2181 §5.4.1; what ranks higher takes the place of what ranks lower, and
 * nothing below `answer` is ever given to a client.
 */
export const TRUST = {
  /** Glue, and what else stands in an additional section. */
  additional: 1,
  /** NS records of a referral. */
  referral: 2,
  /** The authority section of an authoritative answer. */
  authority: 3,
  /** The answer section of an answer without AA: of a server that is forwarded to. */
  answer: 4,
  /** The answer section of an authoritative answer. */
  authoritative: 5,
} as const
export type Trust = (typeof TRUST)[keyof typeof TRUST]

/** An RRset with the RRSIG records that cover it, which have its owner. */
export type SignedRrset = {
  readonly rrset: Rrset
  /** Undefined: it came without any. */
  readonly signatures: Rrset | undefined
}

export type Finding = {
  readonly owner: NameKey
  readonly type: number
  /**
   * `alias`: the name has a CNAME (perhaps made from a DNAME, which then stands before it in `answer`) and not the type.
   * `rrset`: `answer` is what was asked for; of type ANY all that there is.
   */
  readonly kind: 'rrset' | 'alias' | 'nodata' | 'nxdomain'
  readonly answer: readonly SignedRrset[]
  /**
   * Of a denial the SOA and the NSEC or NSEC3 records that prove it; of what a wildcard made the proof that nothing
   * nearer exists; otherwise empty.
   */
  readonly authority: readonly SignedRrset[]
  readonly trust: Trust
  readonly security: Security
  /** Why it is bogus, or what else the client should be told of it. */
  readonly fault: ExtendedError | undefined
  /** TTLs are right as of then. */
  readonly storedAt: Instant
  readonly expiresAt: Instant
  /** Who said so, for people: "192.0.2.1", "192.0.2.1:853 by TLS". */
  readonly source: string
  /** The zone that it came from, as far as known: a delegation's name, or of a forwarder the domain that it stands for. */
  readonly zone: NameKey
}
