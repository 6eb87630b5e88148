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
  | 'no-message-type'
  | 'unknown-message-type'
  | 'server-message'
  | 'bad-option-length'

export const DROP_REASONS: { readonly [Reason in DropReason]: string } = {
  truncated: 'shorter than the fixed part of a DHCP message',
  'over-long': 'longer than any DHCP message',
  'bad-op': 'the op field is neither 1 nor 2',
  'bad-cookie': 'no DHCP magic cookie: plain BOOTP or no DHCP at all',
  'option-overrun': 'an option runs past the end of its field',
  'bad-port': 'it came from a port that is neither 68 (client) nor 67 (relay)',
  'not-a-request': 'it is a reply, not a request',
  'bad-hardware': 'only Ethernet clients (htype 1, hlen 6) get leases here',
  'bad-hardware-address': 'the hardware address is zero or a group address',
  'no-message-type': 'it has no message type (option 53)',
  'unknown-message-type': 'its message type (option 53) is unknown',
  'server-message': 'it is a message that only servers send',
  'bad-option-length': 'an option of the conversation (50, 51, 53, 54 or 57) has a wrong length',
}

export type DhcpCounter =
  | 'rx' | 'rx-discover' | 'rx-request' | 'rx-decline' | 'rx-release' | 'rx-inform'
  | 'tx-offer' | 'tx-ack' | 'tx-nak'
  | 'unanswered' | 'pool-exhausted' | 'probe-conflicts' | 'leases-expired' | 'storage-failures' | 'limit-reached'
  | 'stayed-silent'
  | `dropped-${DropReason}`

export const dropCounterOf = (reason: DropReason): DhcpCounter => `dropped-${reason}`

export const DHCP_COUNTERS: readonly DhcpCounter[] = [
  'rx', 'rx-discover', 'rx-request', 'rx-decline', 'rx-release', 'rx-inform',
  'tx-offer', 'tx-ack', 'tx-nak',
  'unanswered', 'pool-exhausted', 'probe-conflicts', 'leases-expired', 'storage-failures', 'limit-reached',
  'stayed-silent',
  ...Object.keys(DROP_REASONS).map(reason => dropCounterOf(reason as DropReason)),
]
