/**
 * Zones of ours that lie below one another. To clients that do not validate it is all one; a validator goes from the parent to
 * the child by the delegation, and where a signed parent has none it proves that there is no such zone.
 */
import type { LiveZone, ZoneSet } from '../dns/index.ts'
import { findRrset } from '../dns/zone/zone.ts'
import { parentKey, ROOT_KEY } from '../dns/wire/name.ts'
import { TYPE } from '../dns/wire/type-names.ts'
import type { Warning } from '../model/index.ts'

/** What is missing between a signed zone and the zones here that are its parent or children. */
export function missingDelegations(zones: ZoneSet, zone: LiveZone): readonly Warning[] {
  const others = zones.list().filter((each) => each !== zone && each.identity.view === zone.identity.view)
  const children = others.filter((each) => parentOf(zones, each) === zone)
  const parent = parentOf(zones, zone)
  const pairs = [...children.map((child) => ({ parent: zone, child })), ...(parent?.security === undefined ? [] : [{ parent, child: zone }])]
  return pairs.filter((pair) => !isDelegated(pair.parent, pair.child)).map((pair) => {
    const [above, below] = [pair.parent.identity.name, pair.child.identity.name]
    return {
      field: '',
      problem: `${above} has no NS record for ${below}, which is a zone of its own here: who validates finds no such zone, and takes its answers for forged`,
      remedy: `delegate it: taproot record add ${above} ${below}. NS ${pair.child.zone.primaryServer}.`,
    }
  })
}

const parentOf = (zones: ZoneSet, { key }: LiveZone): LiveZone | undefined => (key === ROOT_KEY ? undefined : zones.closest(parentKey(key)))

const isDelegated = (parent: LiveZone, child: LiveZone): boolean => {
  const node = parent.node(child.key)
  return node !== undefined && findRrset(node, TYPE.NS) !== undefined
}
