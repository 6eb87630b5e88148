/**
 * The DNSKEY RRset of a zone, judged by what vouches for it: DS records of the parent or a trust anchor. RFC 4035 §5.2:
 * one of its keys has to fit, and that key has to have signed the set; then all keys of the set are the zone's.
 */
import type { SignedRrset } from '../resolver/finding.ts'
import type { NameKey } from '../wire/name.ts'
import { fault, FAULT_CODE, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import { isDigestOf, readZoneKeys } from './keys.ts'
import type { Ds, ZoneKey } from './keys.ts'
import type { Context, Verifier } from './verifier.ts'

/** DS records compared with keys: each pair of one tag costs a digest. */
const MAX_DIGESTS = 16

/** What a key must match, of algorithms and digests that are known here. */
export type Vouching = { readonly ds: readonly Ds[]; readonly keys: readonly ZoneKey[] }

export type KeysVerdict =
  | { readonly kind: 'keys'; readonly keys: readonly ZoneKey[]; readonly by: ZoneKey; readonly ttl: number }
  | { readonly kind: 'fault'; readonly fault: Fault }

/** The keys of a set that are vouched for, those that may sign it. */
export function entryKeys(keys: readonly ZoneKey[], zone: NameKey, vouching: Vouching): readonly ZoneKey[] {
  let digests = 0
  return keys.filter((key) => {
    if (!key.isUsable || key.isRevoked) return false
    if (vouching.keys.some((trusted) => Buffer.compare(trusted.rdata, key.rdata) === 0)) return true
    return vouching.ds.some((ds) => ds.keyTag === key.keyTag && ds.algorithm === key.algorithm && digests++ < MAX_DIGESTS && isDigestOf(ds, zone, key))
  })
}

export function judgeKeys(
  verifier: Verifier, set: SignedRrset, zone: NameKey, vouching: Vouching, context: Context, done: (verdict: KeysVerdict) => void,
): void {
  const keys = readZoneKeys(set.rrset.rdata)
  const entries = entryKeys(keys, zone, vouching)
  const [first] = entries
  if (first === undefined) {
    done({ kind: 'fault', fault: missingKey(keys, zone, vouching) })
    return
  }
  verifier.verify(set, { zone, keys: entries }, context, (verdict) => {
    if (verdict.kind === 'fault') done(verdict)
    else done({ kind: 'keys', keys: keys.filter((key) => key.isUsable && !key.isRevoked), by: first, ttl: verdict.set.rrset.ttl })
  })
}

function missingKey(keys: readonly ZoneKey[], zone: NameKey, vouching: Vouching): Fault {
  const tags = [...vouching.ds, ...vouching.keys].map((one) => one.keyTag)
  const named = keys.find((key) => tags.includes(key.keyTag))
  const wanted = [...new Set(tags)].slice(0, 4).join(', ')
  if (named?.isZoneKey === false) return fault(FAULT_CODE.noZoneKeyBit, `key ${named.keyTag} of ${zoneText(zone)}, which its parent vouches for, is no zone key`)
  return fault(FAULT_CODE.keyMissing, `${zoneText(zone)} has no key that fits its DS records or trust anchors (wanted: key ${wanted})`)
}
