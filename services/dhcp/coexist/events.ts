/** What the appliance says about other DHCP servers. */
import type { EventTable, FactsOf } from '../../events/event.ts'
import type { TraceStep } from '../../model/index.ts'

export const OTHER_SERVER_EVENTS = {
  'other-server.seen': {
    level: 'warn',
    says: 'another DHCP server on {interface}: {server} ({mac}) {how}: {message} of {offered} for {client}',
    means:
      'Somebody else gives out addresses on a link that is served here. Two servers that do not know of each other ' +
      'give clients different gateways and name servers, and may give one address twice.',
    remedy:
      'Find the device by its hardware address and switch its DHCP server off; or, if it is to be there, allow it ' +
      '(--serve-beside-others yes).',
  },
  'other-server.silent': {
    level: 'error',
    says: 'no client on {interface} is answered: {servers} serves that link already',
    means:
      'The link is shared with a network that is not ours, and a DHCP server answers there. Answering beside it ' +
      'would disturb that network, so all requests on the link are left alone. It is looked at again every minute.',
    remedy:
      'Take the link out of that network, switch the other server off, or tell us to serve ' +
      '(--serve-beside-others yes).',
  },
  'other-server.link-shared': {
    level: 'info',
    says: '{interface} was put into a bridge that may be somebody else\'s: it is searched for another DHCP server',
    means: 'Until the search has ended, clients on the link are not answered. If a server answers, they are left to it.',
  },
  'other-server.gone': {
    level: 'info',
    says: 'clients on {interface} are answered from now on',
    means: 'No other DHCP server has answered there for some minutes, or an administrator said that we are to serve.',
  },
} as const satisfies EventTable

export type OtherServerEventId = keyof typeof OTHER_SERVER_EVENTS

/** One event; a misspelt id or a missing fact is an error of the compiler. */
export const otherServerEvent = <Id extends OtherServerEventId>(
  id: Id,
  facts: FactsOf<(typeof OTHER_SERVER_EVENTS)[Id]>,
): TraceStep => [id, facts]
