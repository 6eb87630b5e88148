/**
 * The records that say what a key is: DNSKEY (RFC 4034 §2), DS (§5), CDS and CDNSKEY (RFC 7344 §3).
 *
 *   DNSKEY rdata: flags u16 | protocol 3 u8 | algorithm u8 | public key
 *   DS rdata:     key tag u16 | algorithm u8 | digest type u8 | digest of (owner name | DNSKEY rdata)
 */
import { createHash } from 'node:crypto'
import { put16, u16 } from '../../../stack/platform/index.ts'
import type { KeyAlgorithm, KeyRole } from '../../model/index.ts'
import type { Name } from '../wire/name.ts'

const ZONE_KEY = 0x0100
const SECURE_ENTRY_POINT = 0x0001
const PROTOCOL = 3
const KEY_AT = 4

/** RFC 8624 §3.3: SHA-256 must be understood, SHA-384 may be; SHA-1 is not to be made any more. */
export const DS_DIGESTS = { 2: 'sha256', 4: 'sha384' } as const
export type DsDigest = keyof typeof DS_DIGESTS
/** By their numbers. */
export const DS_DIGEST_TYPES: readonly DsDigest[] = [2, 4]

/** The flags that a key of this role has: 257 or 256. */
export const flagsOf = (role: KeyRole): number => (role === 'zsk' ? ZONE_KEY : ZONE_KEY | SECURE_ENTRY_POINT)

export function dnskeyRdata(role: KeyRole, algorithm: KeyAlgorithm, publicKey: Uint8Array): Uint8Array {
  const rdata = new Uint8Array(KEY_AT + publicKey.length)
  put16(rdata, 0, flagsOf(role))
  rdata[2] = PROTOCOL
  rdata[3] = algorithm
  rdata.set(publicKey, KEY_AT)
  return rdata
}

/** Whether two DNSKEYs have the same algorithm and public key, whatever their flags. */
export const isSamePublicKey = (a: Uint8Array, b: Uint8Array): boolean => a[3] === b[3] && Buffer.compare(a.subarray(KEY_AT), b.subarray(KEY_AT)) === 0

/** RFC 4034 appendix B: a sum by which a validator finds the key of a signature. */
export function keyTagOf(rdata: Uint8Array): number {
  let sum = 0
  rdata.forEach((octet, i) => (sum += i % 2 === 0 ? octet << 8 : octet))
  return (sum + (sum >>> 16)) & 0xffff
}

/** `owner` in lower case (RFC 4034 §5.1.4). */
export function dsRdata(owner: Name, dnskey: Uint8Array, digest: DsDigest): Uint8Array {
  const hash = createHash(DS_DIGESTS[digest]).update(owner).update(dnskey).digest()
  const rdata = new Uint8Array(4 + hash.length)
  put16(rdata, 0, keyTagOf(dnskey))
  rdata[2] = dnskey[3] as number
  rdata[3] = digest
  rdata.set(hash, 4)
  return rdata
}

/** The parent is to remove all DS records (RFC 8078 §4). */
export const CDS_DELETE: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0)
export const CDNSKEY_DELETE: Uint8Array = Uint8Array.of(0, 0, PROTOCOL, 0, 0)

/** The role that a DNSKEY's flags speak of; undefined: it is no key of a zone, or a revoked one (RFC 5011 §2.1). */
export function roleOf(dnskey: Uint8Array): 'ksk' | 'zsk' | undefined {
  if (dnskey.length <= KEY_AT || dnskey[2] !== PROTOCOL) return undefined
  const flags = u16(dnskey, 0)
  return flags === flagsOf('ksk') ? 'ksk' : flags === flagsOf('zsk') ? 'zsk' : undefined
}
