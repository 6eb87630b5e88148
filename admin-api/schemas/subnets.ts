import type { SubnetView, WithWarnings } from '../../services/index.ts'
import { change, count, creation, freeText, id, nullable, page, text, view, word } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const shared = {
  prefix: text('prefix', "The subnet's address block."),
  interface: nullable(freeText(64, 'The interface of its segment; null: behind relays.', 'lan0')),
  domain: nullable(text('domain-name', 'Zone of the names of leases; null: that of the segment.')),
  ...levelFields,
}
const inputs = {
  ...shared,
  segmentId: nullable(
    id('segment; null: that of the interface, made if there is none, or without an interface one of its own'),
  ),
}
const all = {
  id: id('subnet'),
  ...shared,
  segmentId: id('segment that it belongs to'),
  segment: word('Name of that segment.', 'lan'),
  poolSize: count('Addresses in its pools.', 100),
  bound: count('How many of those are bound now.', 12),
}

const DEFAULTS = { segmentId: null, interface: null, domain: null, ...LEVEL_DEFAULTS }

export const Subnet = view<SubnetView>()('Subnet', 'A block of addresses of a segment.', all)
export const SubnetAnswer = view<WithWarnings<SubnetView>>()('SubnetAnswer', 'The subnet as it is now.', {
  ...all,
  warnings,
})
export const SubnetPage = page('Subnet', Subnet)
export const SubnetCreation = creation('SubnetCreation', 'A new subnet.', inputs, DEFAULTS)
export const SubnetChange = change('SubnetChange', 'New values for some fields of a subnet.', inputs)
