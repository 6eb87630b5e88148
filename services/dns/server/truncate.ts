/**
 * How long a UDP response may be, and what happens to an RRset that does not fit. RFC 1035 §4.2.1, RFC 6891 §6.2.3 to
 * §6.2.5, RFC 2181 §9, RFC 9471 §3.
 */
import { OUR_UDP_OCTETS } from '../wire/edns.ts'
import type { Edns } from '../wire/edns.ts'
import { MIN_UDP_OCTETS } from '../wire/message.ts'

/** The most octets of a response: what the client takes, at least 512, within ours and the transport's. */
export function udpLimit(edns: Edns | undefined, transportOctets: number): number {
  const asked = edns === undefined ? MIN_UDP_OCTETS : Math.min(Math.max(edns.udpOctets, MIN_UDP_OCTETS), OUR_UDP_OCTETS)
  return Math.min(asked, transportOctets)
}

export const ANSWER = 0
export const AUTHORITY = 1
export const ADDITIONAL = 2

/**
 * Whether leaving out an RRset of this section must be said with TC. RRsets are left out whole, from the end: first
 * additional, then authority, then answer. Additional records are a courtesy, except the glue without which a referral
 * leads nowhere (RFC 9471).
 */
export const mustSayTruncated = (section: number, glue: boolean): boolean => section !== ADDITIONAL || glue
