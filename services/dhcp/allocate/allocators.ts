/** The allocators by the name that a pool gives. */
import type { Random } from '../../../stack/platform/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { AllocatorName, Pool } from '../../model/index.ts'
import type { Allocator } from './allocator.ts'
import { FreeQueue } from './free-queue.ts'
import { AtRandom, ByClient, InTurn, Preferring } from './preferring.ts'

/** `returned`: what is known to be free again, longest free first. */
export type AllocatorMaker = (pool: Pool, returned: Iterable<Ipv4>, random: Random) => Allocator

export const ALLOCATORS: { readonly [Name in AllocatorName]: AllocatorMaker } = {
  'free-queue': (pool, returned) => new FreeQueue(pool, returned),
  iterative: (pool, returned) => new Preferring(new InTurn(), pool, returned),
  hashed: (pool, returned) => new Preferring(new ByClient(), pool, returned),
  random: (pool, returned, random) => new Preferring(new AtRandom(random), pool, returned),
}
