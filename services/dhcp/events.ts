/**
 * Every step that the DHCP server can take on a packet, with what it means. The server writes ids and facts; the
 * sentences are made from here when a person reads them (services/events/catalogue.ts).
 */
import type { EventTable, FactsOf } from '../events/event.ts'
import type { TraceStep } from '../model/index.ts'
import { PROTOCOL_EVENTS } from './protocol-events.ts'

export const DHCP_EVENTS = {
  ...PROTOCOL_EVENTS,
  'dhcp.message.malformed': {
    level: 'warn',
    says: 'dropped: {problem}',
    means:
      'What came to the DHCP port is no request that can be answered. A client that sends such packets gets no address.',
    remedy: 'Capture the packet and look at the client; random ones are noise or a scan.',
  },
  'dhcp.silent': {
    level: 'warn',
    says: 'no answer: on {interface} we stay silent because of {servers}',
    means: 'The link is shared with a network in which another DHCP server answers, so its clients are left to that one.',
    remedy: 'See the list of other DHCP servers; to serve beside them, say --serve-beside-others yes.',
  },
  'dhcp.subnet.by-interface': {
    level: 'debug',
    says: 'subnet {subnet} because the request came in on {interface}',
    means: 'The client is on the link of this interface, so it gets an address of the subnet there.',
  },
  'dhcp.subnet.by-relay': {
    level: 'debug',
    says: 'subnet {subnet} because it holds the relay {relay}',
    means: 'A relay agent passed the request on; its address says where the client is.',
  },
  'dhcp.subnet.by-client-address': {
    level: 'debug',
    says: 'subnet {subnet} because the client wrote to us directly from {address}',
    means: 'A client that renews writes from the address it holds, perhaps from behind a router.',
  },
  'dhcp.subnet.none': {
    level: 'warn',
    says: 'no answer: no subnet for requests on {interface}',
    means: 'A client asked on a link for which no subnet is configured that holds our own address there.',
    remedy: 'Add a subnet for this interface, or ignore it if another server serves that link.',
  },
  'dhcp.subnet.unknown-relay': {
    level: 'warn',
    says: 'no answer: no subnet holds the relay {relay}',
    means: 'A relay agent passed on a request from a network that is not configured here.',
    remedy: 'Add the subnet that the relay stands in, or stop the relay from sending to this server.',
  },
  'dhcp.hostname.ignored': {
    level: 'info',
    says: 'host name {name} ignored: {because}',
    means: 'The client calls itself something that cannot be a DNS label; it gets its lease without that name.',
    remedy: 'Rename the host, or give it a name by a host entry.',
  },
  'dhcp.subnet.by-link-selection': {
    level: 'debug',
    says: 'subnet {subnet} because the relay {relay} says that the client is on the link of {link}',
    means: 'Option 82 carried a link selection (RFC 3527), which says where the client is better than giaddr does.',
  },
  'dhcp.subnet.by-selection': {
    level: 'debug',
    says: 'subnet {subnet} because the request asks for {selected} (option 118)',
    means: 'The request named a subnet (RFC 3011), as a server that asks for others does.',
  },
  'dhcp.subnet.unknown-selection': {
    level: 'warn',
    says: 'no answer: the request is for {selected}, which is in no subnet',
    means: 'Option 118 or a link selection in option 82 names a network that is not configured here.',
    remedy: 'Add a subnet that holds it, or correct the relay.',
  },
  'dhcp.host.matched': {
    level: 'debug',
    says: '{host} by its {by}',
    means: 'A host entry names this client.',
  },
  'dhcp.host.holder-asked': {
    level: 'debug',
    says: 'asked whether {address} is still in use, by another identifier of the same host',
    means: 'Several identifiers of one host share its address; whoever is there keeps it.',
  },
  'dhcp.host.holder-there': {
    level: 'info',
    says: '{address} stays with {holder}, which answers for it',
    means: 'Both identifiers of the host are up. The second gets an address of a pool.',
  },
  'dhcp.host.holder-gone': {
    level: 'info',
    says: 'nobody answers for {address} any more, so this client may have it',
    means: 'The host came back under another of its identifiers, as a laptop does that changes from cable to radio.',
  },
  'dhcp.new-clients.limited': {
    level: 'warn',
    says: 'no answer: more than {perSecond} new clients a second on {segment}',
    means: 'The policy of the segment limits how fast new clients may come, per port of a relay where one is known.',
    remedy: 'Look for a machine that makes up hardware addresses; or allow more.',
  },
  'dhcp.lease.over-limit': {
    level: 'warn',
    says: 'no answer: there are {limit} already',
    means: 'A class, or a port of a relay, may hold only so many leases. Those that hold one keep it.',
    remedy: 'Release leases that are not needed, or allow more.',
  },
  'dhcp.class.matched': {
    level: 'debug',
    says: 'in {classes}',
    means: 'The classes of this client, by priority: by their expressions, or because its host entry names them.',
  },
  'dhcp.client.denied': {
    level: 'info',
    says: 'no answer: {because}',
    means: 'The administrator gives this client no address.',
    remedy: 'If it should have one, change the host entry, the class or the policy of the segment.',
  },
  'dhcp.segment.not-served': {
    level: 'info',
    says: 'no address: the segment {segment} has the mode {mode}',
    means: 'By its policy this segment is not served with addresses.',
    remedy: 'If it should be, set the mode of the segment to serve.',
  },
  'dhcp.address.chosen': {
    level: 'debug',
    says: '{address}: {because}',
    means: 'Why this address and no other is for this client (RFC 2131 §4.3.1).',
  },
  'dhcp.address.passed-over': {
    level: 'info',
    says: 'not {address} ({wish}): {because}',
    means: 'This address would have come first for this client but cannot be given now.',
  },
  'dhcp.pool.exhausted': {
    level: 'error',
    says: 'no answer: no address of {subnet} is free for this client',
    means: 'A client asked for an address, and none is free in the pools that it may use. It has no network.',
    remedy: 'Widen the pool, look at the classes that its pools let in, shorten the lease time, or release leases of clients that are gone.',
  },
  'dhcp.probe.sent': {
    level: 'debug',
    says: 'asked by ARP whether anybody uses {address}',
    means: 'Before an address goes to a new client it is probed (RFC 2131 §2.2, RFC 5227).',
  },
  'dhcp.probe.clear': {
    level: 'debug',
    says: 'nobody answered for {address}',
    means: 'The address is free on the link.',
  },
  'dhcp.probe.own': {
    level: 'debug',
    says: '{address} is used by the asking client itself',
    means: 'The client still has the address configured from before; that is no conflict.',
  },
  'dhcp.probe.conflict': {
    level: 'warn',
    says: '{address} is used by {holder}, set aside',
    means: 'Some device uses an address of the pool without a lease. The address is not given to anybody for a while.',
    remedy: 'Find the device with this hardware address and let it use DHCP, or take its address out of the pool.',
  },
  'dhcp.probe.skipped': {
    level: 'debug',
    says: '{address} not probed: {because}',
    means: 'No ARP probe was needed or possible before this offer.',
  },
  'dhcp.probe.too-many-conflicts': {
    level: 'warn',
    says: 'no answer: {count} addresses in a row are in use by others',
    means: 'The offer was given up for this request; the client will ask again.',
    remedy: 'A device may be answering ARP for every address: look for proxy ARP or an attack on this link.',
  },
  'dhcp.discover.again': {
    level: 'debug',
    says: 'superseded: the client sent another message before {address} was probed',
    means: 'The newer message is answered instead of this one.',
  },
  'dhcp.offer.sent': {
    level: 'info',
    says: 'OFFER {address} for {seconds} s to {target}',
    means: 'The client was offered an address. It now chooses among offers.',
  },
  'dhcp.offer.withdrawn': {
    level: 'info',
    says: 'our offer of {address} is withdrawn',
    means: 'The client took another offer, or a better address was found for it.',
  },
  'dhcp.request.stage': {
    level: 'debug',
    says: 'the client wants {address} ({stage})',
    means: 'What the REQUEST is for, by RFC 2131 table 4: selecting, init-reboot, renewing or rebinding.',
  },
  'dhcp.request.other-server': {
    level: 'info',
    says: 'no answer: the client chose the server {server}',
    means: 'Another DHCP server answered on this link and the client took its offer.',
    remedy: 'If you know of no other server, find the device with this address: it may be a rogue.',
  },
  'dhcp.request.no-address': {
    level: 'warn',
    says: 'no answer: the client names no address',
    means: 'A REQUEST, DECLINE, RELEASE or INFORM without an address asks for nothing.',
  },
  'dhcp.request.unknown-client': {
    level: 'info',
    says: 'no answer: no record of this client at {address}',
    means:
      'It wants an address that we never gave it. RFC 2131 §4.3.2 wants silence then; the client starts afresh by itself.',
  },
  'dhcp.request.being-stored': {
    level: 'debug',
    says: 'no answer of its own: the lease of {address} is being stored',
    means: 'The client repeated a REQUEST whose ACK is on its way.',
  },
  'dhcp.request.waits': {
    level: 'debug',
    says: 'waits: {address} is being stored',
    means: 'Another change of this address must be on disk before this message is judged.',
  },
  'dhcp.binding.remade': {
    level: 'info',
    says: 'no offer of {address} is remembered; it is free and given',
    means:
      'Offers are kept in memory only. After a restart or a long wait the client may still have the address it was offered.',
  },
  'dhcp.lease.bound': {
    level: 'info',
    says: '{address} bound for {seconds} s',
    means: 'A new lease began.',
  },
  'dhcp.lease.renewed': {
    level: 'info',
    says: '{address} renewed for {seconds} s',
    means: 'The lease goes on.',
  },
  'dhcp.lease.taken-over': {
    level: 'info',
    says: '{address} taken over for {seconds} s by the same host under another identifier',
    means:
      'Firmware and system of one machine often use different client identifiers, and a laptop has a cable and a radio.',
  },
  'dhcp.lease.moved': {
    level: 'info',
    says: '{address} given up: the client moved to another address',
    means: 'A client holds one address in a subnet; the earlier one is free again.',
  },
  'dhcp.lease.released': {
    level: 'info',
    says: '{address} released by the client',
    means: 'The client gave its address back. The same client gets it again if it is still free then.',
  },
  'dhcp.lease.released-by-administrator': {
    level: 'info',
    says: '{address} released by the administrator',
    means: 'The lease was ended by hand. The client may use the address until it next tries to renew.',
  },
  'dhcp.lease.released-by-link-loss': {
    level: 'info',
    says: 'the lease of {address} is over: its client was unplugged',
    means: 'The port of a virtual machine is gone, and by the policy of its segment the lease with it.',
  },
  'dhcp.lease.imported': {
    level: 'info',
    says: '{address} taken over from the leases of another server',
    means: 'The administrator imported the lease. Its client keeps the address, or gets it again when the lease has ended.',
  },
  'dhcp.lease.expired': {
    level: 'info',
    says: '{address} expired',
    means: 'The client did not renew in time.',
  },
  'dhcp.lease.declined': {
    level: 'warn',
    says: '{address} declined: set aside for {seconds} s',
    means: 'The client found somebody else using the address that it had got.',
    remedy: 'Find the device that uses the address without a lease.',
  },
  'dhcp.lease.conflict': {
    level: 'warn',
    says: '{address} set aside for {seconds} s: {holder} uses it',
    means: 'A probe found a device that uses the address without a lease.',
    remedy: 'Find the device with this hardware address.',
  },
  'dhcp.lease.not-owner': {
    level: 'warn',
    says: '{message} of {address} ignored: this client does not hold it',
    means: 'Only the holder of a lease may give it back or decline it.',
  },
  'dhcp.message.other-server': {
    level: 'debug',
    says: '{message} is for the server {server}',
    means: 'The message names another server.',
  },
  'dhcp.ack.sent': {
    level: 'info',
    says: 'ACK {address} to {target}',
    means: 'The lease is on disk and the client was told.',
  },
  'dhcp.nak.sent': {
    level: 'info',
    says: 'NAK for {address}: {because}',
    means: 'The client must not use this address and starts afresh.',
  },
  'dhcp.inform.answered': {
    level: 'info',
    says: 'options sent to {address}, no lease',
    means: 'A host with an address of its own asked for the network settings only.',
  },
  'dhcp.inform.foreign': {
    level: 'info',
    says: 'no answer: {address} is not in subnet {subnet}',
    means: 'A host asked for settings from an address that does not belong on this link.',
  },
  'dhcp.options.no-room': {
    level: 'warn',
    says: 'left out for want of room: options {codes}',
    means: 'The client accepts only short messages; these options did not fit.',
    remedy: 'Shorten the long option lists that this client gets.',
  },
  'dhcp.storage.failed': {
    level: 'error',
    says: 'no ACK: storing {address} failed',
    means: 'A lease must be on disk before the client hears of it. The change was undone; the client asks again.',
    remedy: 'Look at the disk: space, permissions, health. See the storage entry in health.',
  },
  'dhcp.limit.reached': {
    level: 'error',
    says: 'dropped: more than {limit} {what}',
    means: 'A bound that keeps memory finite was reached; the client asks again.',
    remedy: 'Look for a client that floods the server, or for storage that hangs.',
  },
  'dhcp.configuration.changed': {
    level: 'info',
    says: 'no answer: the subnet was removed or changed while the request waited',
    means: 'The configuration was replaced in the middle of this conversation; the client asks again.',
  },
} as const satisfies EventTable

export type DhcpEventId = keyof typeof DHCP_EVENTS

/** One step of a trace; a misspelt id or a missing fact is an error of the compiler. */
export const dhcpStep = <Id extends DhcpEventId>(id: Id, facts: FactsOf<(typeof DHCP_EVENTS)[Id]>): TraceStep => [
  id,
  facts,
]
