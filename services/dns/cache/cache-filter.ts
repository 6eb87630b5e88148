/** Which part of the cache somebody means: to look at, or to have forgotten. */
import type { Finding, Security } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'

/** All that are given must hold; nothing given: everything. */
export type CacheFilter = {
  readonly partition?: number | undefined
  /** This name only. */
  readonly name?: NameKey | undefined
  /** This name and all below it. */
  readonly below?: NameKey | undefined
  /** The type that was asked for; an alias has type CNAME, "no such name" has 0. */
  readonly type?: number | undefined
  readonly security?: Security | undefined
}

/** One entry; the finding's type of an alias is CNAME, of "no such name" 0. */
export type CacheRow = { readonly partition: number; readonly finding: Finding }
