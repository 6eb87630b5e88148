/**
 * Zones that ours delegate to other servers: recursion begins there, and not at the root, which does not know them when
 * they are private. RFC 1034 §5.3.3 step 2: the nearest servers that are known.
 */
import { i32 } from '../../../stack/platform/index.ts'
import type { Delegation } from '../recursion/delegation.ts'
import { MAX_NAME_SERVERS } from '../recursion/delegation.ts'
import { nameKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { lookup } from '../zone/lookup.ts'
import { findRrset } from '../zone/zone.ts'
import type { SeenZones } from '../zone/zone-set.ts'

/** The delegation of ours at or above a name; undefined: no zone of ours delegates it. Of DS records we speak ourselves. */
export function ownDelegation(zones: SeenZones, key: NameKey, type: number): Delegation | undefined {
  const asked = type === TYPE.DS && key !== ROOT_KEY ? parentKey(key) : key
  const zone = zones.closest(asked)
  if (zone === undefined || zone.cuts === 0 || !zone.isServed) return undefined
  const found = lookup(zone, asked, TYPE.NS)
  if (found.kind !== 'referral') return undefined
  const servers = found.cut.rdata.slice(0, MAX_NAME_SERVERS).map((rdata) => {
    const name = nameKey(rdata)
    const node = zones.closest(name)?.node(name)
    const addresses = node === undefined ? [] : (findRrset(node, TYPE.A)?.rdata ?? []).map((address) => i32(address, 0))
    return { name, addresses }
  })
  // Edits of the zone count at once, so nothing of it is remembered.
  return { zone: nameKey(found.cut.name), servers, own: [], expiresAt: Number.POSITIVE_INFINITY }
}
