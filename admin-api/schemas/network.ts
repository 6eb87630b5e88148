import { Type } from 'typebox'
import type { InterfaceView, NeighbourView } from '../../services/index.ts'
import { count, list, nullable, page, text, view, word } from './common.ts'

export const Interface = view<InterfaceView>()('Interface', 'An interface of the own network stack.', {
  name: word('Its name.', 'lan0'),
  mac: text('mac', 'Its hardware address.'),
  mtu: count('Largest datagram in octets.', 1500),
  addresses: list(word('An address with the length of its prefix.', '10.53.0.2/24'), 'Its addresses.'),
  counters: Type.Record(Type.String(), Type.Number(), {
    description: 'Frames, octets and drops by reason; zero ones are left out.',
  }),
})
export const InterfacePage = page('Interface', Interface)

export const Neighbour = view<NeighbourView>()('Neighbour', 'An entry of the ARP cache.', {
  interface: word('The interface that it is seen on.', 'lan0'),
  address: text('ipv4', 'Its address.'),
  mac: nullable(text('mac', 'Its hardware address; null while it is asked for.')),
  state: word('The state of the entry.', 'reachable'),
  expiresIn: nullable(Type.Number({ description: 'Seconds until the entry ends; null: static.', examples: [873] })),
})
export const NeighbourPage = page('Neighbour', Neighbour)
