/** Every step that the appliance's own DHCP client reports, with what it means. */
import type { EventTable, FactsOf } from '../../events/event.ts'
import type { TraceStep } from '../../model/index.ts'

export const DHCP_CLIENT_EVENTS = {
  'dhcp-client.offered': {
    level: 'debug',
    says: '{server} offers {address} for {seconds} s',
    means: 'A DHCP server on the link of an uplink answered; its offer is asked for.',
  },
  'dhcp-client.bound': {
    level: 'info',
    says: '{address} is ours for {seconds} s, from {server}',
    means: 'The interface has an address, routes and name servers from a DHCP server.',
  },
  'dhcp-client.renewed': {
    level: 'debug',
    says: '{address} renewed for {seconds} s by {server}',
    means: 'The lease of the uplink goes on.',
  },
  'dhcp-client.rebinding': {
    level: 'warn',
    says: '{server} does not renew {address}: any server is asked',
    means: 'The server that gave the address did not answer by T2 (RFC 2131 §4.4.5). The address is still ours.',
    remedy: 'See whether that server is up. When the lease ends the interface loses its address.',
  },
  'dhcp-client.expired': {
    level: 'error',
    says: 'the lease of {address} ended; a new one is looked for',
    means: 'No server renewed the lease in time. The interface has no address until one answers.',
    remedy: 'See whether there is a DHCP server on that link.',
  },
  'dhcp-client.refused': {
    level: 'warn',
    says: '{server} refuses {address}: {text}',
    means: 'A DHCPNAK: the address does not belong on this link, or to this client. The search begins anew.',
  },
  'dhcp-client.request.unanswered': {
    level: 'warn',
    says: '{server} offered {address} and then fell silent',
    means: 'The server did not answer the request for its own offer. The search begins anew.',
  },
  'dhcp-client.declined': {
    level: 'warn',
    says: '{address} declined: {holder} uses it',
    means: 'Before or after an address from a server came into use, another host was found on it.',
    remedy: 'Find the device with this hardware address; the server gives us another address meanwhile.',
  },
  'dhcp-client.no-server': {
    level: 'warn',
    says: 'no DHCP server answered {tries} requests in {seconds} s; an address of 169.254.0.0/16 is taken meanwhile',
    means: 'With a link-local address (RFC 3927) hosts on the link can be reached, nothing beyond. The search goes on.',
    remedy: 'See whether the cable leads to a network with a DHCP server.',
  },
  'dhcp-client.link-local': {
    level: 'info',
    says: 'link-local address {address}',
    means: 'Nobody on the link uses this address; it serves until a DHCP server answers.',
  },
  'dhcp-client.kept': {
    level: 'info',
    says: 'no server confirms {address}, but its router {router} is here: kept until it ends',
    means:
      'After a restart nobody confirmed the remembered lease; the network is the same one (RFC 2131 §3.2, RFC 4436).',
  },
  'dhcp-client.elsewhere': {
    level: 'info',
    says: 'no server confirms {address} and its router {router} is not here: given up',
    means: 'After a restart the interface seems to be on another network.',
  },
  'dhcp-client.released': {
    level: 'info',
    says: '{address} given back to {server}',
    means: 'The lease of the uplink was ended by an administrator or at shut-down.',
  },
  'dhcp-client.unusable': {
    level: 'warn',
    says: 'a {message} of {server} is not usable: {because}',
    means: 'A server answered with something that an interface cannot be set up from. It is ignored.',
    remedy: 'See what that server is configured to give.',
  },
  'dhcp-client.route.refused': {
    level: 'warn',
    says: 'route {destination} by {router} not set: {because}',
    means: 'The server gave a route that cannot be used here. The other routes are set.',
  },
} as const satisfies EventTable

export type ClientEventId = keyof typeof DHCP_CLIENT_EVENTS

/** One step; a misspelt id or a missing fact is an error of the compiler. */
export const clientStep = <Id extends ClientEventId>(
  id: Id,
  facts: FactsOf<(typeof DHCP_CLIENT_EVENTS)[Id]>,
): TraceStep => [id, facts]
