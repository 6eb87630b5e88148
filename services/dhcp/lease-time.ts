/** How long a lease is (RFC 2131 §4.3.1). */
import type { Subnet } from '../model/index.ts'

/**
 * The client's wish within the subnet's bounds, else the subnet's own length; in seconds. A client without a wish that
 * is bound already could be told what is left of its lease; like ISC dhcpd, Kea and dnsmasq we give it the full length,
 * because its REQUEST is a renewal.
 */
export function leaseSeconds(requested: number | undefined, subnet: Subnet): number {
  const wish = requested ?? subnet.leaseSeconds
  return Math.min(Math.max(wish, subnet.minLeaseSeconds), subnet.maxLeaseSeconds)
}
