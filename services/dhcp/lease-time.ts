/** How long a lease is, and when its client renews it (RFC 2131 §4.3.1, §4.4.5). */
import type { EffectiveTimes } from './levels.ts'

/**
 * The client's wish within the bounds, else the lease time that counts; in seconds. A client without a wish that is
 * bound already could be told what is left of its lease; like ISC dhcpd, Kea and dnsmasq we give it the full length,
 * because its REQUEST is a renewal.
 */
export function leaseSeconds(requested: number | undefined, times: EffectiveTimes): number {
  const wish = requested ?? times.leaseSeconds
  return Math.min(Math.max(wish, times.minSeconds), times.maxSeconds)
}

/** T1 and T2 in seconds: as set where T1 < T2 < lease holds, else a half and seven eighths of the lease. */
export function renewalTimes(seconds: number, times: EffectiveTimes): { readonly t1: number; readonly t2: number } {
  const set2 = times.rebindSeconds
  const t2 = set2 !== undefined && set2 < seconds ? set2 : Math.floor((seconds * 7) / 8)
  const set1 = times.renewSeconds
  const t1 = set1 !== undefined && set1 < t2 ? set1 : Math.min(Math.floor(seconds / 2), Math.max(0, t2 - 1))
  return { t1, t2 }
}
