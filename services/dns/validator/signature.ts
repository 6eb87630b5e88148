/**
 * RRSIG records (RFC 4034 §3) and the checks that need no cryptography: RFC 4035 §5.3.1.
 *
 *   type covered u16 | algorithm u8 | labels u8 | original TTL u32 | expiration u32 | inception u32 | key tag u16
 *   signer's name | signature
 */
import { u16, u32 } from '../../../stack/platform/index.ts'
import { signedLabels, signedOctets } from '../dnssec/canonical.ts'
import type { SignedRrset } from '../resolver/finding.ts'
import { isAtOrBelow, labelCount, nameKey, nameLength, nameOfKey, parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { isNewerSerial } from '../zone/serial.ts'
import { isAlgorithm } from './algorithms.ts'
import { fault, FAULT_CODE, fullTime, moreTelling, setText, timeText, zoneText } from './faults.ts'
import type { Fault } from './faults.ts'
import type { ZoneKey } from './keys.ts'

const SIGNER_AT = 18
/** For clocks that differ a little; Unbound allows up to a day, BIND nothing. */
const SKEW_SECONDS = 300
/** Signatures looked at for one RRset. A zone in a roll-over of algorithms has four. */
const MAX_SIGNATURES = 16
/** Pairs of signature and key tried for one RRset; against KeyTrap (CVE-2023-50387). */
export const MAX_TRIES = 8
/** Keys of one tag tried for one signature. Two keys of a zone with one tag are rare, and signers avoid them. */
const MAX_KEYS_OF_TAG = 4

export type Signature = {
  readonly covered: number
  readonly algorithm: number
  readonly labels: number
  readonly originalTtl: number
  /** Seconds since 1970 modulo 2^32. */
  readonly expiration: number
  readonly inception: number
  readonly keyTag: number
  readonly signer: NameKey
  /** All before the signature, the signer in lower case: it is signed too. */
  readonly head: Uint8Array
  readonly octets: Uint8Array
}

/** Undefined when malformed. */
export function readSignature(rdata: Uint8Array): Signature | undefined {
  const length = rdata.length > SIGNER_AT ? nameLength(rdata, SIGNER_AT, rdata.length) : -1
  if (length < 0 || SIGNER_AT + length >= rdata.length) return undefined
  const signer = nameKey(rdata, SIGNER_AT, length)
  const head = rdata.slice(0, SIGNER_AT + length)
  head.set(nameOfKey(signer), SIGNER_AT)
  return {
    covered: u16(rdata, 0), algorithm: rdata[2] as number, labels: rdata[3] as number, originalTtl: u32(rdata, 4),
    expiration: u32(rdata, 8), inception: u32(rdata, 12), keyTag: u16(rdata, 16), signer, head,
    octets: rdata.subarray(SIGNER_AT + length),
  }
}

export const signaturesOf = (set: SignedRrset): readonly Signature[] =>
  (set.signatures?.rdata ?? []).slice(0, MAX_SIGNATURES).map(readSignature)
    .filter((signature) => signature !== undefined && signature.covered === set.rrset.type) as readonly Signature[]

/**
 * The zone that the signatures of these sets name: of several the longest name, as far as it can be the zone of `place`.
 * Undefined: nothing is signed so that it could be believed.
 */
export function signerOf(sets: readonly SignedRrset[], place: NameKey): NameKey | undefined {
  const signers = sets.flatMap((set) => signaturesOf(set).map((signature) => signature.signer))
  return signers.filter((signer) => isAtOrBelow(place, signer)).sort((a, b) => b.length - a.length)[0]
}

export type Try = { readonly signature: Signature; readonly key: ZoneKey }

/** Signatures and keys to try, in order; or, when there are none, why. */
export function triesOf(set: SignedRrset, zone: NameKey, keys: readonly ZoneKey[], nowSeconds: number): readonly Try[] | Fault {
  const tries: Try[] = []
  let wrong: Fault | undefined
  for (const signature of signaturesOf(set)) {
    const checked = check(signature, set, zone, keys, nowSeconds)
    if ('code' in checked) wrong = moreTelling(wrong, checked)
    else for (const key of checked.slice(0, MAX_KEYS_OF_TAG)) tries.push({ signature, key })
  }
  if (tries.length > 0) return tries.slice(0, MAX_TRIES)
  return wrong ?? fault(FAULT_CODE.signatureMissing, `${setText(nameKey(set.rrset.name), set.rrset.type)} is not signed, but its zone is`)
}

/** The keys that may have made a signature, or what is wrong with it. */
function check(signature: Signature, set: SignedRrset, zone: NameKey, keys: readonly ZoneKey[], nowSeconds: number): readonly ZoneKey[] | Fault {
  const owner = nameKey(set.rrset.name)
  const { keyTag, expiration, inception } = signature
  const what = setText(owner, set.rrset.type)
  const own = `signature of ${what} by key ${keyTag} of ${zoneText(zone)}`
  if (signature.signer !== zone) return fault(FAULT_CODE.signatureMissing, `${what} is signed by ${zoneText(signature.signer)}, not by ${zoneText(zone)}`)
  if (signature.labels > signedLabels(owner)) return fault(FAULT_CODE.bogus, `the ${own} counts more labels than the name has`)
  if (!isAlgorithm(signature.algorithm)) return fault(FAULT_CODE.signatureMissing, `${what} is signed with the algorithm ${signature.algorithm} only, which is not believed here`)
  if (isNewerSerial(inception, expiration)) return fault(FAULT_CODE.expiredBeforeValid, `the ${own} ends before it begins`)
  const now = nowSeconds >>> 0
  if (isNewerSerial((now - SKEW_SECONDS) >>> 0, expiration)) return fault(FAULT_CODE.expired, `the ${own} ended ${timeText(fullTime(expiration, nowSeconds))}`)
  if (isNewerSerial(inception, (now + SKEW_SECONDS) >>> 0)) {
    return fault(FAULT_CODE.notYetValid, `the ${own} begins ${timeText(fullTime(inception, nowSeconds))} only, and the clock here says ${timeText(nowSeconds)}`)
  }
  const named = keys.filter((key) => key.keyTag === keyTag && key.algorithm === signature.algorithm)
  if (named.length === 0) return fault(FAULT_CODE.keyMissing, `${what} is signed by key ${keyTag}, and ${zoneText(zone)} has no such key`)
  const zoneKeys = named.filter((key) => key.isZoneKey)
  if (zoneKeys.length === 0) return fault(FAULT_CODE.noZoneKeyBit, `key ${keyTag} of ${zoneText(zone)}, which signed ${what}, is no zone key`)
  const usable = zoneKeys.filter((key) => key.isUsable && !key.isRevoked)
  return usable.length > 0 ? usable : fault(FAULT_CODE.keyMissing, `key ${keyTag} of ${zoneText(zone)}, which signed ${what}, is revoked or malformed`)
}

/** The closest encloser that the signature gives away, when the RRset was made from a wildcard (RFC 4035 §5.3.2). */
export function wildcardEncloser(owner: NameKey, signature: Signature): NameKey | undefined {
  if (signature.labels >= signedLabels(owner)) return undefined
  // A leading "*" of the owner is a label like others here: "*.a.example" may have been made from "*.example".
  let encloser = owner
  for (let above = labelCount(owner) - signature.labels; above > 0; above--) encloser = parentKey(encloser)
  return encloser
}

/** What was signed: RFC 4035 §5.3.2. The wildcard's name takes the place of one that was made from it. */
export function octetsOf(set: SignedRrset, signature: Signature): Uint8Array {
  const encloser = wildcardEncloser(nameKey(set.rrset.name), signature)
  const owner = encloser === undefined ? set.rrset.name : nameOfKey(`\x01*${encloser}`)
  return signedOctets(signature.head, { ...set.rrset, name: owner, ttl: signature.originalTtl })
}

/** RFC 4035 §5.3.3: no longer than was signed, nor than the signature lives. Seconds. */
export const boundedTtl = (ttl: number, signature: Signature, nowSeconds: number): number =>
  Math.max(0, Math.min(ttl, signature.originalTtl, fullTime(signature.expiration, nowSeconds) + SKEW_SECONDS - nowSeconds))
