import type { PoolView } from '../../services/index.ts'
import { change, count, creation, id, page, parameters, text, view } from './common.ts'

const fields = {
  subnetId: id('subnet that the pool is in'),
  first: text('ipv4', 'First address of the pool.', '10.53.0.100'),
  last: text('ipv4', 'Last address of the pool; belongs to it.', '10.53.0.199'),
}

export const Pool = view<PoolView>()('Pool', 'A range of addresses that may be given to any client.', {
  id: id('pool'),
  ...fields,
  size: count('Addresses in it.', 100),
  bound: count('How many of those are bound now.', 12),
})
export const PoolPage = page('Pool', Pool)
export const PoolCreation = creation('PoolCreation', 'A new pool.', fields, {})
export const PoolChange = change('PoolChange', 'New values for some fields of a pool.', fields)
export const poolParams = parameters({ id: id('pool') })
