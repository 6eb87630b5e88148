/** Keys as they begin. */
import type { RecordState, ZoneKey } from '../../model/index.ts'
import { HIDDEN, isSep, isSigner } from './key-records.ts'

export type KeyIdentity = Pick<ZoneKey, 'id' | 'zoneId' | 'role' | 'algorithm' | 'keyTag' | 'dnskeyRdata' | 'madeAt'>

/** A key that nobody has seen yet. */
export const newKey = (identity: KeyIdentity): ZoneKey => ({ ...identity, publishedAt: null, goal: 'serve', dnskey: HIDDEN, signatures: HIDDEN, ds: HIDDEN })

/** A key that another signer has had in use for long: all caches know of it, and the parent too. */
export function keyInUse(identity: KeyIdentity): ZoneKey {
  const known: RecordState = { kind: 'omnipresent', since: identity.madeAt }
  const key = newKey(identity)
  return { ...key, publishedAt: identity.madeAt, dnskey: known, signatures: isSigner(key) ? known : HIDDEN, ds: isSep(key) ? known : HIDDEN }
}
