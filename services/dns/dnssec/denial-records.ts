/** The records that deny, as they stand in a zone that is signed here: NSEC (RFC 4034 §4) and NSEC3 (RFC 5155 §3). */
import { put16 } from '../../../stack/platform/index.ts'
import { negativeTtl } from '../cache/negative.ts'
import type { Name } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import type { HashOrder } from './hash-order.ts'
import { nsec3Owner } from './nsec3-hash.ts'
import type { HashParameters } from './security.ts'
import { typeBitmap } from './type-bitmap.ts'

/** What a delegation owns on our side of the cut (RFC 4035 §2.3); the NS records are the child's. */
const CUT_TYPES: ReadonlySet<number> = new Set([TYPE.NS, TYPE.DS])

/** Types whose records the zone speaks for at a node. */
export function deniableTypes(zone: LiveZone, node: number): readonly number[] {
  const types = zone.typesAt(node)
  return zone.isCut(node) ? types.filter((type) => CUT_TYPES.has(type)) : types
}

/** `types` are those of the owner without its signatures and this record. RFC 9077 §3: the TTL is that of a negative answer. */
export function nsecRrset(zone: LiveZone, owner: Name, next: Name, types: readonly number[]): Rrset {
  const bitmap = typeBitmap([...types, TYPE.RRSIG, TYPE.NSEC])
  const rdata = new Uint8Array(next.length + bitmap.length)
  rdata.set(next)
  rdata.set(bitmap, next.length)
  return { name: owner, type: TYPE.NSEC, ttl: negativeTtl(zone.soa), rdata: [rdata] }
}

/** Algorithm 1 (SHA-1), no flags. */
export function nsec3Rrset(zone: LiveZone, node: number, hashes: HashOrder, { salt, iterations }: HashParameters): Rrset {
  const digest = hashes.hashOf(node)
  const next = hashes.hashOf(hashes.after(node))
  const types = deniableTypes(zone, node)
  // The record itself is elsewhere, so signatures stand at the name only where something is signed.
  const hasSigned = types.length > 0 && (!zone.isCut(node) || types.includes(TYPE.DS))
  const bitmap = typeBitmap(hasSigned ? [...types, TYPE.RRSIG] : types)
  const rdata = new Uint8Array(6 + salt.length + next.length + bitmap.length)
  rdata[0] = 1
  put16(rdata, 2, iterations)
  rdata[4] = salt.length
  rdata.set(salt, 5)
  rdata[5 + salt.length] = next.length
  rdata.set(next, 6 + salt.length)
  rdata.set(bitmap, 6 + salt.length + next.length)
  return { name: nsec3Owner(digest, zone.apex), type: TYPE.NSEC3, ttl: negativeTtl(zone.soa), rdata: [rdata] }
}
