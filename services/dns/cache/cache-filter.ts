/** Which part of the cache somebody means: to look at, or to have forgotten. */
import type { Finding, Security } from '../resolver/finding.ts'
import { isAtOrBelow } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'

/** All that are given must hold; nothing given: everything. */
export type CacheFilter = {
  readonly partition?: number | undefined
  /** This name only. */
  readonly name?: NameKey | undefined
  /** This name and all below it. */
  readonly below?: NameKey | undefined
  /** The type that was asked for; an alias has type CNAME, "no such name" has none. */
  readonly type?: number | undefined
  readonly security?: Security | undefined
}

/** One entry; the finding's type of an alias is CNAME, of "no such name" 0. */
export type CacheRow = { readonly partition: number; readonly finding: Finding }

export function matches(filter: CacheFilter, { partition, finding }: CacheRow): boolean {
  return (filter.partition === undefined || filter.partition === partition)
    && (filter.name === undefined || filter.name === finding.owner)
    && (filter.below === undefined || isAtOrBelow(finding.owner, filter.below))
    && (filter.type === undefined || filter.type === finding.type)
    && (filter.security === undefined || filter.security === finding.security)
}
