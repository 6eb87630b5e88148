import { ALLOCATOR_NAMES, type PoolView, type WithWarnings } from '../../services/index.ts'
import { change, count, creation, freeText, id, list, oneOf, page, text, view } from './common.ts'
import { LEVEL_DEFAULTS, levelFields, warnings } from './levels.ts'

const fields = {
  subnetId: id('subnet that the pool is in'),
  first: text('ipv4', 'First address of the pool.', '10.53.0.100'),
  last: text('ipv4', 'Last address of the pool; belongs to it.', '10.53.0.199'),
  allow: list(freeText(63, 'A class.', 'known'), 'Classes that may use it; none: all clients may.'),
  deny: list(freeText(63, 'A class.', 'random-mac'), 'Classes that may not.'),
  allocator: oneOf(
    ALLOCATOR_NAMES,
    'Which free address a new client gets. free-queue: one that nobody had, then the one that is free for longest. ' +
      'iterative: the next one in order. hashed: the one that follows from the client, if it is free. random: any. ' +
      'A client that comes back gets the address it had, as long as that is free.',
  ),
  ...levelFields,
}
const all = {
  id: id('pool'),
  ...fields,
  size: count('Addresses in it.', 100),
  bound: count('How many of those are bound now.', 12),
}

export const Pool = view<PoolView>()('Pool', 'A range of addresses, and who may have them.', all)
export const PoolAnswer = view<WithWarnings<PoolView>>()('PoolAnswer', 'The pool as it is now.', { ...all, warnings })
export const PoolPage = page('Pool', Pool)
export const PoolCreation = creation('PoolCreation', 'A new pool.', fields, { allow: [], deny: [], allocator: 'free-queue', ...LEVEL_DEFAULTS })
export const PoolChange = change('PoolChange', 'New values for some fields of a pool.', fields)
