/**
 * Why a datagram to port 67 is no request, and the server's counters. Every reason has one counter of its name and one
 * sentence for the trace.
 */
import type { MessageFault } from './wire/message.ts'

export type DropReason =
  | MessageFault
  | 'badPort'
  | 'notARequest'
  | 'badHardware'
  | 'badHardwareAddress'
  | 'noMessageType'
  | 'unknownMessageType'
  | 'serverMessage'
  | 'badOptionLength'

export const DROP_REASONS: { readonly [Reason in DropReason]: string } = {
  truncated: 'shorter than the fixed part of a DHCP message',
  overLong: 'longer than any DHCP message',
  badOp: 'the op field is neither 1 nor 2',
  badCookie: 'no DHCP magic cookie: plain BOOTP or no DHCP at all',
  optionOverrun: 'an option runs past the end of its field',
  badPort: 'it came from a port that is neither 68 (client) nor 67 (relay)',
  notARequest: 'it is a reply, not a request',
  badHardware: 'only Ethernet clients (htype 1, hlen 6) get leases here',
  badHardwareAddress: 'the hardware address is zero or a group address',
  noMessageType: 'it has no message type (option 53)',
  unknownMessageType: 'its message type (option 53) is unknown',
  serverMessage: 'it is a message that only servers send',
  badOptionLength: 'an option of the conversation (50, 51, 53, 54 or 57) has a wrong length',
}

const dropCounter = <Reason extends DropReason>(reason: Reason): `drop${Capitalize<Reason>}` =>
  `drop${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}` as `drop${Capitalize<Reason>}`

export type DhcpCounter =
  | 'rx' | 'rxDiscover' | 'rxRequest' | 'rxDecline' | 'rxRelease' | 'rxInform'
  | 'txOffer' | 'txAck' | 'txNak'
  | 'unanswered' | 'poolExhausted' | 'probeConflicts' | 'leasesExpired' | 'storageFailures' | 'limitReached'
  | `drop${Capitalize<DropReason>}`

const DROP_COUNTERS = Object.keys(DROP_REASONS).map(reason => dropCounter(reason as DropReason))

export const DHCP_COUNTERS: readonly DhcpCounter[] = [
  'rx', 'rxDiscover', 'rxRequest', 'rxDecline', 'rxRelease', 'rxInform',
  'txOffer', 'txAck', 'txNak',
  'unanswered', 'poolExhausted', 'probeConflicts', 'leasesExpired', 'storageFailures', 'limitReached',
  ...DROP_COUNTERS,
]

export const dropCounterOf = (reason: DropReason): DhcpCounter => dropCounter(reason)
