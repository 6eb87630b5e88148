/** What one NSEC or NSEC3 record says: RFC 4034 §4, RFC 5155 §3, RFC 6840 §4. */
import { u16 } from '../../../stack/platform/index.ts'
import { nsec3Hash, nsec3Owner, SHA1_OCTETS } from '../dnssec/nsec3-hash.ts'
import type { Finding, SignedRrset } from '../resolver/finding.ts'
import { isAtOrBelow, nameKey, nameLength, nameOfKey, parentKey, ROOT_KEY } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import { compareKeys } from './denial-order.ts'

/** Rounds of SHA-1 after the first that a look-up may spend on a name: RFC 9276 has none; other zones are asked. */
const MAX_ITERATIONS = 16
const OPT_OUT = 1
const SHA1 = 1
const SIGNER_AT = 18

/** `next`: owner of the next record of the chain, of hashed ones too; `types`: the windows of the type bitmap. */
export type Denial = { readonly next: NameKey; readonly types: Uint8Array; readonly optOut: boolean }

/** The zone that signed an RRset; undefined: nobody did. */
export function signerOf({ signatures }: SignedRrset): NameKey | undefined {
  const rdata = signatures?.rdata[0]
  const length = rdata === undefined ? -1 : nameLength(rdata, SIGNER_AT, rdata.length)
  return rdata === undefined || length < 0 ? undefined : nameKey(rdata, SIGNER_AT, length)
}

/** NSEC3 parameters: algorithm u8, iterations u16, salt (u8 length, octets). Undefined: not those that we take. */
export function parametersOf(rdata: Uint8Array): Uint8Array | undefined {
  if (rdata.length < 5 || rdata[0] !== SHA1 || u16(rdata, 2) > MAX_ITERATIONS) return undefined
  const end = 5 + (rdata[4] as number)
  if (rdata[end] !== SHA1_OCTETS || rdata.length < end + 1 + SHA1_OCTETS) return undefined
  return Uint8Array.from([SHA1, rdata[2] as number, rdata[3] as number, ...rdata.subarray(4, end)])
}

/** Owner of the NSEC3 record that a name would have. */
export const hashedOwner = (apex: NameKey, parameters: Uint8Array, key: NameKey): NameKey =>
  nameKey(nsec3Owner(nsec3Hash(key, parameters.subarray(4), u16(parameters, 1)), nameOfKey(apex)))

const rdataOf = (proof: Finding): Uint8Array => proof.answer[0]?.rrset.rdata[0] ?? new Uint8Array(0)

/** Undefined when malformed, or when it leads out of the zone. */
export function readDenial(proof: Finding): Denial | undefined {
  const rdata = rdataOf(proof)
  if (proof.type === TYPE.NSEC) {
    const length = nameLength(rdata, 0, rdata.length)
    if (length < 0) return undefined
    const next = nameKey(rdata, 0, length)
    return isAtOrBelow(next, proof.zone) ? { next, types: rdata.subarray(length), optOut: false } : undefined
  }
  if (parametersOf(rdata) === undefined) return undefined
  const at = 6 + (rdata[4] as number)
  const next = nameKey(nsec3Owner(rdata.subarray(at, at + SHA1_OCTETS), nameOfKey(proof.zone)))
  return { next, types: rdata.subarray(at + SHA1_OCTETS), optOut: ((rdata[1] as number) & OPT_OUT) !== 0 }
}

/** Whether a type is in a bitmap of windows (RFC 4034 §4.1.2). */
export function hasType(types: Uint8Array, type: number): boolean {
  const octet = (type & 0xff) >>> 3
  for (let at = 0; at + 2 <= types.length; at += 2 + (types[at + 1] as number)) {
    if (types[at] !== type >>> 8) continue
    return octet < (types[at + 1] as number) && ((types[at + 2 + octet] ?? 0) & (0x80 >>> (type & 7))) !== 0
  }
  return false
}

const isDelegation = (types: Uint8Array): boolean => hasType(types, TYPE.NS) && !hasType(types, TYPE.SOA)
/** Names below belong to another zone, or to a DNAME: RFC 6840 §4.1. */
export const endsZone = ({ types }: Denial): boolean => isDelegation(types) || hasType(types, TYPE.DNAME)

/** The record stands at the name itself: whether that has no such type, and no alias. */
export function lacks({ types }: Denial, key: NameKey, type: number): boolean {
  if (hasType(types, type) || hasType(types, TYPE.CNAME)) return false
  // DS is the parent's, all else the child's.
  if (type === TYPE.DS) return key === ROOT_KEY || !hasType(types, TYPE.SOA)
  return !isDelegation(types)
}

/** The record of an owner before the name: whether the name lies in its gap. */
export function coversName(proof: Finding, denial: Denial, key: NameKey): boolean {
  if (compareKeys(proof.owner, key) >= 0 || (isAtOrBelow(key, proof.owner) && endsZone(denial))) return false
  return denial.next === proof.zone || compareKeys(key, denial.next) < 0
}

/** The same of hashed names; the last record of the chain covers both ends. Opt-out proves nothing (RFC 5155 §6). */
export function coversHash(proof: Finding, denial: Denial, owner: NameKey): boolean {
  const after = compareKeys(proof.owner, owner) < 0
  const before = compareKeys(owner, denial.next) < 0
  const goesRound = compareKeys(denial.next, proof.owner) <= 0
  return !denial.optOut && owner !== proof.owner && (goesRound ? after || before : after && before)
}

/** The longest name above `key` that a gap's ends show to exist. */
export function closestEncloser(key: NameKey, owner: NameKey, next: NameKey): NameKey {
  let encloser = parentKey(key)
  while (!isAtOrBelow(owner, encloser) && !isAtOrBelow(next, encloser)) encloser = parentKey(encloser)
  return encloser
}
