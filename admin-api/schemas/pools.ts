import type { PoolView, WithWarnings } from '../../services/index.ts'
import { change, count, creation, id, page, text, view } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const fields = {
  subnetId: id('subnet that the pool is in'),
  first: text('ipv4', 'First address of the pool.', '10.53.0.100'),
  last: text('ipv4', 'Last address of the pool; belongs to it.', '10.53.0.199'),
  ...levelFields,
}
const all = {
  id: id('pool'),
  ...fields,
  size: count('Addresses in it.', 100),
  bound: count('How many of those are bound now.', 12),
}

export const Pool = view<PoolView>()('Pool', 'A range of addresses that may be given to any client.', all)
export const PoolAnswer = view<WithWarnings<PoolView>>()('PoolAnswer', 'The pool as it is now.', { ...all, warnings })
export const PoolPage = page('Pool', Pool)
export const PoolCreation = creation('PoolCreation', 'A new pool.', fields, LEVEL_DEFAULTS)
export const PoolChange = change('PoolChange', 'New values for some fields of a pool.', fields)
