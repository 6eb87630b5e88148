import type { OtherServerView } from '../../services/index.ts'
import { count, list, nullable, oneOf, page, text, time, view, word } from './common.ts'

export const OtherServer = view<OtherServerView>()('OtherServer', 'A DHCP server that is not ours, and the evidence.', {
  interface: word('The interface on which it was seen.', 'lan0'),
  server: text('ipv4', 'Its server identifier (option 54).', '10.53.0.250'),
  mac: nullable(text('mac', 'Who answers ARP for it; null while unknown.', '02:00:0a:35:00:fa')),
  how: oneOf(
    ['answered-our-search', 'answered-a-client', 'chosen-by-a-client'],
    'How it showed. chosen-by-a-client: a client named it in a message of its own.',
  ),
  message: word('The latest message in which it showed.', 'OFFER'),
  offered: nullable(text('ipv4', 'The address in that message.', '10.53.0.66')),
  client: nullable(text('mac', 'The client of that message.')),
  routers: list(text('ipv4', 'A router.', '10.53.0.250'), 'The routers that it gives.'),
  nameServers: list(text('ipv4', 'A name server.', '10.53.0.250'), 'The name servers that it gives.'),
  leaseSeconds: nullable(count('For how long it gives addresses.', 3600)),
  firstSeen: time('When it was first seen.'),
  lastSeen: time('When it was last seen.'),
  times: count('How often.', 3),
})
export const OtherServerPage = page('OtherServer', OtherServer)
