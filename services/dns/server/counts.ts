/** What DNS counts: one name for each thing that can come of a message. */
import type { Counters } from '../../../stack/platform/index.ts'
import { CACHE_COUNTS } from '../cache/counts.ts'
import { RECURSION_COUNTS } from '../recursion/counts.ts'
import { EXCHANGE_COUNTS } from '../resolver/exchange.ts'
import { VALIDATION_COUNTS } from '../validator/counts.ts'
import { RESOLVER_COUNTS } from '../resolver/resolver.ts'
import { RCODE } from '../wire/message.ts'
import { TYPE } from '../wire/type-names.ts'
import type { Resolution } from './pipeline.ts'
import { NO_ZONE } from './respond.ts'

export const DNS_COUNTS = [
  'queries', 'answered-from-table', 'answered-from-zone', 'answered-from-cache', 'answered-by-upstream',
  'nxdomain', 'nodata', 'referral', 'refused', 'servfail', 'formerr', 'notimp', 'badvers', 'truncated',
  'dropped-short', 'dropped-response', 'dropped-by-policy', 'internal-error',
  'upstream-sent', 'upstream-answered', 'upstream-stray', 'upstream-malformed', 'upstream-failed',
  'upstream-silent', 'upstream-truncated', 'upstream-tcp-sent', 'upstream-tcp-failed',
  ...RESOLVER_COUNTS,
  'rate-limited-dropped', 'rate-limited-slipped', 'rate-limited-badcookie',
  'tsig-signed', 'tsig-badkey', 'tsig-badsig', 'tsig-badtime', 'tsig-badtrunc', 'tsig-malformed',
  'signature-made', 'signature-made-ahead', 'signature-renewed',
  'transfer-begun', 'transfer-refused', 'transfer-full', 'transfer-broken',
  'notify-sent', 'notify-answered', 'notify-rejected', 'notify-unanswered', 'notify-stray', 'notify-full',
  'notify-received', 'notify-refused',
  'update-received', 'update-applied', 'update-unchanged', 'update-malformed', 'update-not-here', 'update-refused',
  'update-prerequisite', 'update-full', 'update-failed',
  'secondary-current', 'secondary-transferred', 'secondary-failed', 'secondary-expired',
  'tcp-connections', 'tcp-queries', 'tcp-closed-idle', 'tcp-closed-malformed', 'tcp-closed-full', 'tcp-closed-overrun',
  'tcp-closed-memory', 'tls-connections', 'tls-handshakes', 'tls-handshake-failed', 'tls-refused-rate', 'tls-refused-full', 'https-requests', 'https-refused', 'https-closed-full',
  'tls-queries', 'https-queries', 'padded',
  ...CACHE_COUNTS, ...EXCHANGE_COUNTS, ...RECURSION_COUNTS, ...VALIDATION_COUNTS,
] as const
export type DnsCount = (typeof DNS_COUNTS)[number]

/** What a response was, and where it came from. */
export function countResponse(counters: Counters<DnsCount>, r: Resolution): void {
  const { response } = r
  if (response.rcode !== RCODE.NOERROR && response.rcode !== RCODE.NXDOMAIN) {
    countRcode(counters, response.rcode)
    return
  }
  if (response.zoneSlot !== NO_ZONE) counters.count('answered-from-zone')
  else if (!r.complete) counters.count('answered-from-cache')
  if (response.rcode === RCODE.NXDOMAIN) counters.count('nxdomain')
  else if (response.answer.length === 0) {
    const cut = response.authority.some((placed) => placed.rrset.type === TYPE.NS)
    counters.count(cut ? 'referral' : 'nodata')
  }
}

/** The rcodes of failure. */
export function countRcode(counters: Counters<DnsCount>, rcode: number): void {
  if (rcode === RCODE.REFUSED) counters.count('refused')
  else if (rcode === RCODE.SERVFAIL) counters.count('servfail')
  else if (rcode === RCODE.FORMERR) counters.count('formerr')
  else if (rcode === RCODE.NOTIMP) counters.count('notimp')
  else if (rcode === RCODE.BADVERS) counters.count('badvers')
}
