import { Type } from 'typebox'
import type { DhcpClientView } from '../../services/index.ts'
import { count, freeText, list, nullable, oneOf, parameters, text, time, view, word } from './common.ts'

const address = (description: string, example: string) => text('ipv4', description, example)

export const DhcpClient = view<DhcpClientView>()('DhcpClient', 'The DHCP client of one interface.', {
  interface: word('The interface.', 'uplink0'),
  state: oneOf(
    [
      'stopped', 'init', 'selecting', 'requesting', 'init-reboot', 'rebooting', 'seeking-router', 'checking', 'bound',
      'renewing', 'rebinding',
    ],
    'RFC 2131 figure 5. checking: is the address free? seeking-router: nobody confirms the remembered lease, is its ' +
      'router here? stopped: its lease was given back.',
  ),
  address: nullable(
    word('The leased address with the length of its prefix; null while there is none.', '192.168.1.23/24'),
  ),
  linkLocal: nullable(address('The address of 169.254.0.0/16 that serves while no server gives one.', '169.254.17.5')),
  server: nullable(address('The server that gave the lease.', '192.168.1.1')),
  leaseSeconds: nullable(count('For how long; 4294967295: for ever.', 86_400)),
  obtainedAt: nullable(time('When the lease was asked for, from which its times count.')),
  renewsAt: nullable(time('T1: when its server is asked to renew it.')),
  rebindsAt: nullable(time('T2: from when any server is asked.')),
  expiresAt: nullable(time('When it ends unless it is renewed.')),
  nextAt: nullable(time('When the client sends again by itself.')),
  routes: list(
    Type.Object({
      destination: text('prefix', 'Where it leads.', '0.0.0.0/0'),
      router: address('By which router; 0.0.0.0: on the link itself.', '192.168.1.1'),
    }),
    'Routes that the lease brings.',
  ),
  nameServers: list(address('A name server.', '192.168.1.1'), 'Name servers that the lease brings.'),
  domain: nullable(word('The domain that the lease brings.', 'office.example')),
  searchList: list(word('A domain.', 'office.example'), 'Domains to search that the lease brings.'),
  mtu: nullable(count('The largest datagram that the lease asks for.', 1500)),
  history: list(
    Type.Object({
      at: time('When.'),
      id: word('The event.', 'dhcp-client.bound'),
      text: word('The event as a sentence.', '192.168.1.23 is ours for 86400 s, from 192.168.1.1'),
    }),
    'What it did lately, oldest first.',
  ),
  counters: Type.Record(Type.String(), Type.Number(), {
    description: 'Messages sent and received, and answers that were dropped, by reason; zero ones are left out.',
  }),
})

export const dhcpClientParams = parameters({ name: freeText(15, 'The name of the interface.', 'uplink0') })
