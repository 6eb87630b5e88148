import { Type } from 'typebox'
import type { NeighbourInput, NeighbourView } from '../../services/index.ts'
import { count, creation, freeText, nullable, object, page, parameters, text, view, word } from './common.ts'

const address = text('ipv4', 'Its address.')
const interfaceName = freeText(15, 'The name of an interface.', 'taproot0')

export const Neighbour = view<NeighbourView>()('Neighbour', 'An entry of the ARP cache.', {
  interface: word('The interface that it is seen on.', 'lan0'),
  address,
  mac: nullable(text('mac', 'Its hardware address; null while it is asked for.')),
  state: word('The state of the entry.', 'complete'),
  expiresIn: nullable(Type.Number({ description: 'Seconds until the entry ends; null: static.', examples: [873] })),
})
export const NeighbourPage = page('Neighbour', Neighbour)

export const NEIGHBOUR_DEFAULTS = { interface: null } as const satisfies Pick<NeighbourInput, 'interface'>
export const NeighbourCreation = creation(
  'NeighbourCreation',
  'A new static neighbour.',
  { interface: nullable(interfaceName), address, mac: text('mac', 'Its hardware address.') },
  NEIGHBOUR_DEFAULTS,
)
export const neighbourParams = parameters({ address })
export const neighbourQuery = parameters({ interface: Type.Optional(interfaceName) })
export const Flushed = object('Flushed', 'What was forgotten.', { flushed: count('How many entries.', 3) })
