/** What may happen to a request beyond the ordinary way: BOOTP, relays, other questions, conflicts. Part of events.ts. */
import type { EventTable } from '../events/event.ts'

export const PROTOCOL_EVENTS = {
  'dhcp.segment.exhausted': {
    level: 'error',
    says: 'no address of {segment} is left for {client}',
    means:
      'A client got no address, because none is free in the pools that it may use. It is told once, until nobody has ' +
      'gone without for ten minutes; how many have is counted at the segment.',
    remedy: 'Widen a pool, shorten the lease time, or look for a device that makes up hardware addresses.',
  },
  'dhcp.bootp.refused': {
    level: 'info',
    says: 'no answer: a BOOTP client without an address of its own',
    means: 'A BOOTP request has no lease time, so its client would keep an address of the pool for ever.',
    remedy: 'Give the host an address, or allow BOOTP in the policy of the segment.',
  },
  'dhcp.bootp.answered': {
    level: 'info',
    says: 'BOOTREPLY {address} to {target}',
    means: 'A BOOTP client has its address for ever (RFC 1534 §2).',
  },
  'dhcp.rapid-commit': {
    level: 'debug',
    says: '{address} is given at once, without OFFER and REQUEST',
    means: 'The client asked for rapid commit and the policy of the segment allows it (RFC 4039).',
  },
  'dhcp.names.left-to-client': {
    level: 'info',
    says: 'no name is published: the client looks after its own',
    means: 'The client said so in its FQDN option, and the policy of the segment lets it (RFC 4702 §4).',
  },
  'dhcp.relay.elsewhere': {
    level: 'warn',
    says: 'no answer: the relay {relay} belongs to {expected}, not to {interface}',
    means: 'A message came by an interface on which its relay cannot be: somebody else may have written its address in.',
    remedy: 'Find who sends it on that link; if the relay moved, set the interface of its segment.',
  },
  'dhcp.relay.recalled': {
    level: 'debug',
    says: 'it writes to us past its relay: what the relay said when it got {address} counts',
    means: 'A renewal is unicast and carries no relay information; that of the lease stands in for it.',
  },
  'dhcp.decline.limited': {
    level: 'warn',
    says: '{address} declined, but not set aside: too many DECLINEs',
    means: 'A client that declines one address after the other would empty the pool. Its lease ended; the address stays in use.',
    remedy: 'Look for proxy ARP on the link of this client, or for a broken or hostile client.',
  },
  'dhcp.decline.holder': {
    level: 'warn',
    says: '{address} is used by {holder}',
    means: 'A client declined the address; ARP was asked who has it.',
    remedy: 'Find the device with this hardware address: it uses an address that it did not get here.',
  },
  'dhcp.decline.holder-unknown': {
    level: 'debug',
    says: 'nobody answers for {address}',
    means: 'A client declined the address, but ARP finds nobody there. It stays set aside.',
  },
  'dhcp.address.seen-in-use': {
    level: 'warn',
    says: '{address} is used by {holder} without a lease',
    means: 'An ARP packet shows a device on an address of a pool. The address is not offered to others while it is seen there.',
    remedy: 'Let the device use DHCP, or take its address out of the pool.',
  },
  'dhcp.probe.pinged': {
    level: 'debug',
    says: 'asked by ICMP echo whether anybody uses {address}',
    means: 'The client is behind a relay, where ARP does not reach, and the policy of its segment asks for it.',
  },
  'dhcp.probe.pinged-in-use': {
    level: 'warn',
    says: '{address} answers ICMP echo, set aside',
    means: 'Some device behind the relay uses an address of the pool without a lease.',
    remedy: 'Find it on the network of the relay.',
  },
  'dhcp.lease-query.answered': {
    level: 'info',
    says: '{question} to the relay {relay}: {answer}',
    means: 'A relay agent asked who holds an address (RFC 4388).',
  },
  'dhcp.lease-query.refused': {
    level: 'warn',
    says: 'no answer to {requestor}: {because}',
    means: 'Leases are told only to relay agents that a segment names.',
    remedy: 'Name the relay in its segment if it may ask.',
  },
  'dhcp.force-renew.sent': {
    level: 'info',
    says: 'the client of {address} is made to renew',
    means: 'The administrator asked for it; the client renews at once if it believes the key (RFC 3203, RFC 6704).',
  },
  'dhcp.offer.delayed': {
    level: 'debug',
    says: 'the offer is held back for {ms} ms',
    means: 'The policy of the segment lets another server come first. A client that has waited so long is answered at once.',
  },
  'dhcp.offer.overtaken': {
    level: 'info',
    says: 'no offer of {address} any more: the client took another, or the address is gone',
    means: 'While the offer was held back another server came first, as it was meant to.',
  },
  'dhcp.proxy.off': {
    level: 'info',
    says: 'no answer on port 4011: the segment is not in proxy mode',
    means: 'Firmware asked for boot information where another part of the network is configured to give it.',
    remedy: 'Set the mode of the policy to proxy where another server gives the addresses.',
  },
  'dhcp.proxy.no-boot-client': {
    level: 'debug',
    says: 'no answer: the client does not boot from the network, and its address is another server\'s matter',
    means: 'In proxy mode only clients are answered whose vendor class begins with PXEClient or HTTPClient.',
  },
  'dhcp.proxy.not-ours': {
    level: 'debug',
    says: 'no answer: this {message} is for the server that gives the addresses',
    means: 'In proxy mode only the questions about booting are answered.',
  },
  'dhcp.proxy.nothing-to-boot': {
    level: 'warn',
    says: 'no answer: no boot file for architecture {architecture}',
    means: 'A boot client asked, and neither its host nor a class, the subnet, the segment or the site names a boot file.',
    remedy: 'Name one at the segment, or in a class for this architecture.',
  },
  'dhcp.proxy.answered': {
    level: 'info',
    says: 'boot file {file} from {server} to {target}',
    means: 'A boot client was told what to boot; its address comes from another server.',
  },
} as const satisfies EventTable
