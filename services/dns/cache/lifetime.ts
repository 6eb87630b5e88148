/**
 * How long a finding is kept. RFC 2181 §8 and RFC 8767 §4 (bounds of TTLs), RFC 2308 §5 (denials), RFC 4035 §5.3.3 (what
 * is signed lives no longer than its signatures), RFC 9520 §3.2 (what did not validate).
 */
import { u32 } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { MAX_NEGATIVE_SECONDS, negativeTtl } from './negative.ts'

/** RFC 8767 §4 takes a week for the most; a day is what Unbound and Knot Resolver take, and ends mistakes sooner. */
export const MAX_TTL_SECONDS = 86_400
/** RFC 9520 §3.2 allows up to five minutes; whoever repairs a zone should not have to wait so long. */
export const MAX_BOGUS_SECONDS = 60
/** RFC 8767 §5 suggests one to three days. */
export const DEFAULT_STALE_SECONDS = 86_400
/** What a client may keep of what is stale, RFC 8767 §4. */
export const STALE_TTL_SECONDS = 30

export type TtlBounds = {
  /** Of records; denials and what is bogus are not made to live longer. */
  readonly minSeconds: number
  readonly maxSeconds: number
}
export const DEFAULT_TTL_BOUNDS: TtlBounds = { minSeconds: 0, maxSeconds: MAX_TTL_SECONDS }

export const soaOf = (finding: Finding): SignedRrset | undefined =>
  finding.authority.find(({ rrset }) => rrset.type === TYPE.SOA)

/**
 * Milliseconds from `storedAt`; 0: it is not to be kept. `storedWallMs` is the calendar time of `storedAt`, for the ends
 * of signatures.
 */
export function lifetimeMs(finding: Finding, bounds: TtlBounds, storedWallMs: number): number {
  let seconds = Math.min((finding.expiresAt - finding.storedAt) / 1000, bounds.maxSeconds)
  const denial = finding.kind === 'nodata' || finding.kind === 'nxdomain'
  if (denial) {
    seconds = Math.min(seconds, MAX_NEGATIVE_SECONDS)
    const soa = soaOf(finding)
    if (soa !== undefined) seconds = Math.min(seconds, negativeTtl(soa.rrset))
  } else if (finding.security !== 'bogus') seconds = Math.max(seconds, bounds.minSeconds)
  if (finding.security === 'bogus') seconds = Math.min(seconds, MAX_BOGUS_SECONDS)
  if (finding.security === 'secure') {
    seconds = Math.min(seconds, signedSeconds(finding.answer, storedWallMs), signedSeconds(finding.authority, storedWallMs))
  }
  return Math.max(0, Math.floor(seconds * 1000))
}

/** Until the first of the signatures ends, and never longer than the TTL that was signed (RFC 4035 §5.3.3). */
function signedSeconds(rrsets: readonly SignedRrset[], wallMs: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const { signatures } of rrsets) {
    for (const rdata of signatures?.rdata ?? []) {
      if (rdata.length < 18) continue
      // Serial number arithmetic: RFC 4034 §3.1.5.
      const left = (u32(rdata, 8) - Math.floor(wallMs / 1000)) | 0
      least = Math.min(least, left, u32(rdata, 4))
    }
  }
  return least
}

/** No TTL is longer than the whole may be kept, and none but a denial's shorter than the least. */
export function withBounds(finding: Finding, bounds: TtlBounds): Finding {
  const most = Math.floor((finding.expiresAt - finding.storedAt) / 1000)
  const least = finding.kind === 'rrset' ? bounds.minSeconds : 0
  const isBounded = ({ ttl }: Rrset): boolean => ttl >= least && ttl <= most
  const bounded = (rrset: Rrset): Rrset => (isBounded(rrset) ? rrset : { ...rrset, ttl: Math.min(Math.max(rrset.ttl, least), most) })
  const both = (signed: SignedRrset): SignedRrset =>
    ({ rrset: bounded(signed.rrset), signatures: signed.signatures && bounded(signed.signatures) })
  return { ...finding, answer: finding.answer.map(both), authority: finding.authority.map(both) }
}

/** The same, with TTLs that begin now and are over soon. */
export function asStale(finding: Finding, now: Instant): Finding {
  const short = ({ rrset, signatures }: SignedRrset): SignedRrset => ({
    rrset: { ...rrset, ttl: STALE_TTL_SECONDS }, signatures: signatures && { ...signatures, ttl: STALE_TTL_SECONDS },
  })
  return {
    ...finding, answer: finding.answer.map(short), authority: finding.authority.map(short),
    storedAt: now, expiresAt: now + STALE_TTL_SECONDS * 1000,
  }
}

/** The instant from which a hit should have the finding asked for again, so that it never ends while it is in demand. */
export const prefetchAt = (finding: Finding): Instant =>
  finding.expiresAt - (finding.expiresAt - finding.storedAt) / PREFETCH_PART

/** The last tenth of its life, as Unbound does. */
const PREFETCH_PART = 10
