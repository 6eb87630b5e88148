/**
 * How much of a name a zone's servers are told: no more than they need to refer us on. RFC 9156. One label more than the
 * zone has, for the first few queries; then in larger steps, so that a name of a hundred labels takes no hundred
 * queries.
 */
import { labelCount, parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'

/** RFC 9156 §2.3: queries of which a part of the name is held back. */
export const MAX_MINIMISE_COUNT = 10
/** §2.3: those that take one more label each. */
export const MINIMISE_ONE_LAB = 4
/** §2.1: a type that looks like everybody's. */
export const MINIMISED_TYPE = TYPE.A

/**
 * The name to ask for next: below `from`, which is known not to be all of it, on the way to `key`. `count` queries were
 * minimised before. `isKnown`: it was asked for already, and there is no cut. The result is `key` itself when nothing is
 * to be held back.
 */
export function nextName(key: NameKey, from: NameKey, count: number, isKnown: (key: NameKey) => boolean): NameKey {
  let more = labelCount(key) - labelCount(from)
  let at = from
  while (more > 0) {
    const labels = count < MINIMISE_ONE_LAB ? 1 : count < MAX_MINIMISE_COUNT ? Math.ceil(more / (MAX_MINIMISE_COUNT - count)) : more
    more -= labels
    at = lastLabels(key, more)
    // §2.3: names with an underscore (RFC 8552) are hardly ever cuts.
    if (more === 0 || !(isKnown(at) || at.charCodeAt(1) === 0x5f)) return at
  }
  return at
}

/** The name without its first `drop` labels. */
function lastLabels(key: NameKey, drop: number): NameKey {
  let at = key
  for (let n = drop; n > 0; n--) at = parentKey(at)
  return at
}
