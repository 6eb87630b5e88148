/** When the client sends again (RFC 2131 §4.1, §4.4.1, §4.4.5). All in milliseconds. */
import type { Instant, Random } from '../../../stack/platform/index.ts'

/** RFC 2131 §4.1: 4, 8, 16, 32, 64 s, each ± 1 s by chance; then 64 s for ever. */
const FIRST_WAIT_MS = 4_000
const LONGEST_WAIT_MS = 64_000
const SPREAD_MS = 1_000

/** How long to wait for an answer after the `tries`-th message of an exchange, which counts from 1. */
export function answerWait(tries: number, random: Random): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 8))
  return wait - SPREAD_MS + random.below(2 * SPREAD_MS + 1)
}

/** RFC 2131 §4.4.5: half of what is left until T2 or the end, but not more often than once a minute. */
const SHORTEST_RENEWAL_WAIT_MS = 60_000

/** When a renewal is sent again; `until` (T2 or the end of the lease) when there is no time for another. */
export const renewalAgain = (now: Instant, until: Instant): Instant =>
  Math.min(until, now + Math.max(SHORTEST_RENEWAL_WAIT_MS, (until - now) / 2))

/**
 * RFC 2131 §4.4.1 would have 1 to 10 s here, so that many machines that were switched on together do not ask together.
 * An uplink is one machine with a person waiting; like udhcpc and dhclient it asks at once, or nearly.
 */
const START_SPREAD_MS = 1_000
export const startWait = (random: Random): number => random.below(START_SPREAD_MS)

/** After a NAK or an end: RFC 2131 §4.4.1's 1 to 10 s, so that a server that refuses for ever is not flooded. */
export const restartWait = (random: Random): number => 1_000 + random.below(9_000)

/** RFC 2131 §3.1 step 5: after a DECLINE at least ten seconds. */
export const declineWait = (random: Random): number => 10_000 + random.below(5_000)

/** RFC 5227 §1.1 */
export const ADDRESS_PROBES = 3
const PROBE_MIN_MS = 1_000
const PROBE_MAX_MS = 2_000
const ANNOUNCE_WAIT_MS = 2_000
export const DEFEND_INTERVAL_MS = 10_000

/** How long to listen after the `sent`-th probe, which counts from 1. */
export const probeWait = (sent: number, random: Random): number =>
  sent < ADDRESS_PROBES ? PROBE_MIN_MS + random.below(PROBE_MAX_MS - PROBE_MIN_MS) : ANNOUNCE_WAIT_MS

/** How long the router of a remembered lease may take to answer ARP. */
export const ROUTER_WAIT_MS = 1_000
