/**
 * The keys of a zone and what vouches for them: DNSKEY (RFC 4034 §2) and DS (§5, RFC 4509), read and matched.
 */
import { hash } from 'node:crypto'
import { u16 } from '../../../stack/platform/index.ts'
import { keyTagOf } from '../rollover/dnskey.ts'
import { nameOfKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { algorithmRow, digestRow, isAlgorithm } from './algorithms.ts'

const FLAG_ZONE = 0x0100
/** RFC 5011 §2.1. */
const FLAG_REVOKED = 0x0080
const PROTOCOL = 3
/** Flags, protocol and algorithm stand before the key. */
const KEY_AT = 4

export type ZoneKey = {
  /** DNSKEY rdata. */
  readonly rdata: Uint8Array
  readonly algorithm: number
  readonly keyTag: number
  readonly publicKey: Uint8Array
  /** RFC 4034 §2.1.1: without it the key is none for the zone's records. */
  readonly isZoneKey: boolean
  readonly isRevoked: boolean
  /** Zone key, protocol 3, of a known algorithm, of a size that we take. */
  readonly isUsable: boolean
}

/** Undefined when the octets are cut short. */
export function readZoneKey(rdata: Uint8Array): ZoneKey | undefined {
  if (rdata.length <= KEY_AT) return undefined
  const flags = u16(rdata, 0)
  const algorithm = rdata[3] as number
  const publicKey = rdata.subarray(KEY_AT)
  const isZoneKey = (flags & FLAG_ZONE) !== 0
  const fits = algorithmRow(algorithm)?.fits(publicKey) ?? false
  return {
    rdata, algorithm, keyTag: keyTagOf(rdata), publicKey, isZoneKey, isRevoked: (flags & FLAG_REVOKED) !== 0,
    isUsable: isZoneKey && rdata[2] === PROTOCOL && fits,
  }
}

export const readZoneKeys = (rdata: readonly Uint8Array[]): readonly ZoneKey[] =>
  rdata.map(readZoneKey).filter((key) => key !== undefined)

export type Ds = {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

/** Undefined when the octets are cut short or the digest is not as long as its type says. */
export function readDs(rdata: Uint8Array): Ds | undefined {
  if (rdata.length < 5) return undefined
  const digestType = rdata[3] as number
  const row = digestRow(digestType)
  if (row !== undefined && rdata.length !== 4 + row.octets) return undefined
  return { keyTag: u16(rdata, 0), algorithm: rdata[2] as number, digestType, digest: rdata.subarray(4) }
}

/** RFC 4034 §5.1.4: over the owner in lower case and the DNSKEY rdata. */
export function isDigestOf(ds: Ds, owner: NameKey, key: ZoneKey): boolean {
  const row = digestRow(ds.digestType)
  if (row === undefined || ds.keyTag !== key.keyTag || ds.algorithm !== key.algorithm) return false
  return Buffer.compare(hash(row.hash, Buffer.concat([nameOfKey(owner), key.rdata]), 'buffer'), ds.digest) === 0
}

/**
 * What of a DS RRset we can use. RFC 4509 §3: SHA-1 counts only where nothing better does. `lacks` says why there is none
 * at all: then the zone is insecure (RFC 4035 §5.2).
 */
export function usableDs(rdata: readonly Uint8Array[]): { readonly ds: readonly Ds[]; readonly lacks: 'algorithm' | 'digest' | undefined } {
  const all = rdata.map(readDs).filter((ds) => ds !== undefined)
  const known = all.filter((ds) => isAlgorithm(ds.algorithm))
  const usable = known.filter((ds) => digestRow(ds.digestType) !== undefined)
  const strong = usable.filter((ds) => ds.digestType !== 1)
  const ds = strong.length > 0 ? strong : usable
  return { ds, lacks: ds.length > 0 ? undefined : known.length === 0 ? 'algorithm' : 'digest' }
}
