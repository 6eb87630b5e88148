import { Type } from 'typebox'
import type { NeighbourView } from '../../services/index.ts'
import { nullable, page, text, view, word } from './common.ts'

export const Neighbour = view<NeighbourView>()('Neighbour', 'An entry of the ARP cache.', {
  interface: word('The interface that it is seen on.', 'lan0'),
  address: text('ipv4', 'Its address.'),
  mac: nullable(text('mac', 'Its hardware address; null while it is asked for.')),
  state: word('The state of the entry.', 'reachable'),
  expiresIn: nullable(Type.Number({ description: 'Seconds until the entry ends; null: static.', examples: [873] })),
})
export const NeighbourPage = page('Neighbour', Neighbour)
