import { Type } from 'typebox'
import type { DecisionView } from '../../services/index.ts'
import {
  count,
  freeText,
  id,
  list,
  moment,
  nullable,
  object,
  page,
  pagingFields,
  parameters,
  text,
  time,
  view,
  word,
} from './common.ts'

const mac = text('mac', "The client's hardware address.")
const received = text('dhcp-message', 'What came.')
const sent = text('dhcp-message', 'What went out, or "none".', 'OFFER')

export const DecisionStep = object('DecisionStep', 'One step on the way to the decision.', {
  id: word('The event.', 'dhcp.subnet.by-interface'),
  text: word('The same for people.', 'subnet 10.53.0.0/24 because the request came in on lan0'),
  facts: Type.Record(Type.String(), Type.Unknown(), { description: 'What it rested on.' }),
})

export const Decision = view<DecisionView>()('Decision', 'What the appliance did with one message, and why.', {
  id: count('Ascending.', 4711),
  at: time('When.'),
  kind: word('The part that decided.', 'dhcp'),
  interface: word('Where the message came in.', 'lan0'),
  mac: word("The client's hardware address.", '02:00:0a:35:00:14'),
  clientId: nullable(word('Option 61 in hexadecimal.', '0102000a350014')),
  address: nullable(text('ipv4', 'The address that it is about.')),
  hostName: nullable(word('What the client called itself.', 'printer-2')),
  received,
  sent,
  steps: list(DecisionStep, 'In the order in which they were taken.'),
})
export const DecisionPage = page('Decision', Decision)

export const decisionQuery = parameters({
  mac: Type.Optional(mac),
  address: Type.Optional(text('ipv4', 'Decisions about this address.')),
  hostName: Type.Optional(freeText(255, 'Decisions about clients with this host name.', 'printer-2')),
  received: Type.Optional(received),
  sent: Type.Optional(sent),
  until: Type.Optional(moment('No later than then: a time, or a date to its end (UTC).')),
  ...pagingFields,
})
export const decisionParams = parameters({ id: id('decision') })
