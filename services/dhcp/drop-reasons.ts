/**
 * Why a datagram to port 67 is no request, and the server's counters. Every reason has one counter of its name and one
 * sentence for the trace.
 */
import type { MessageFault } from './wire/message.ts'

export type DropReason =
  | MessageFault
  | 'bad-port'
  | 'not-a-request'
  | 'bad-hardware'
  | 'bad-hardware-address'
  | 'bad-relay-address'
  | 'unknown-message-type'
  | 'server-message'
  | 'bad-option-length'

export const DROP_REASONS: { readonly [Reason in DropReason]: string } = {
  truncated: 'shorter than the fixed part of a DHCP message',
  'over-long': 'longer than any DHCP message',
  'bad-op': 'the op field is neither 1 nor 2',
  'bad-cookie': 'no magic cookie where the options begin: neither DHCP nor BOOTP',
  'option-overrun': 'an option runs past the end of its field',
  'bad-port': 'it came from a port that is neither 68 (client) nor 67 (relay)',
  'not-a-request': 'it is a reply, not a request',
  'bad-hardware': 'only Ethernet clients (htype 1, hlen 6) get leases here',
  'bad-hardware-address': 'the hardware address is zero or a group address',
  'bad-relay-address': 'the relay address (giaddr) is not that of a host',
  'unknown-message-type': 'its message type (option 53) is unknown',
  'server-message': 'it is a message that only servers send',
  'bad-option-length': 'an option of the conversation (50, 51, 53, 54 or 57) has a wrong length',
}

export type DhcpCounter =
  | 'rx' | 'rx-discover' | 'rx-request' | 'rx-decline' | 'rx-release' | 'rx-inform' | 'rx-bootp'
  | 'tx-offer' | 'tx-ack' | 'tx-nak' | 'tx-bootp' | 'tx-force-renew'
  | 'unanswered' | 'pool-exhausted' | 'probe-conflicts' | 'leases-expired' | 'storage-failures' | 'limit-reached'
  | 'stayed-silent' | 'clients-denied' | 'new-clients-limited' | 'lease-limits-reached'
  | 'unknown-relay' | 'relay-elsewhere' | 'declines-limited' | 'addresses-seen-in-use'
  | LeaseQueryCounter
  | `dropped-${DropReason}`

/** What the requests of relay agents come to: one question, or a connection with many (RFC 4388, RFC 6926). */
export type LeaseQueryCounter =
  | 'rx-lease-query' | 'tx-lease-query' | 'lease-query-refused' | 'lease-query-malformed' | 'lease-query-limited'
  | 'bulk-connections' | 'bulk-closed-idle' | 'bulk-closed-malformed' | 'bulk-refused-full'

const LEASE_QUERY_COUNTERS: readonly LeaseQueryCounter[] = [
  'rx-lease-query', 'tx-lease-query', 'lease-query-refused', 'lease-query-malformed', 'lease-query-limited',
  'bulk-connections', 'bulk-closed-idle', 'bulk-closed-malformed', 'bulk-refused-full',
]

export const dropCounterOf = (reason: DropReason): DhcpCounter => `dropped-${reason}`

export const DHCP_COUNTERS: readonly DhcpCounter[] = [
  'rx', 'rx-discover', 'rx-request', 'rx-decline', 'rx-release', 'rx-inform', 'rx-bootp',
  'tx-offer', 'tx-ack', 'tx-nak', 'tx-bootp', 'tx-force-renew',
  'unanswered', 'pool-exhausted', 'probe-conflicts', 'leases-expired', 'storage-failures', 'limit-reached',
  'stayed-silent', 'clients-denied', 'new-clients-limited', 'lease-limits-reached',
  'unknown-relay', 'relay-elsewhere', 'declines-limited', 'addresses-seen-in-use',
  ...LEASE_QUERY_COUNTERS,
  ...Object.keys(DROP_REASONS).map(reason => dropCounterOf(reason as DropReason)),
]
