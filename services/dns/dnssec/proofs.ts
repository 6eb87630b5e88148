/**
 * Proofs that something is not there, made of the denial records of a zone: RFC 4035 §3.1.3 (NSEC), RFC 5155 §7.2
 * (NSEC3), RFC 9824 §3 (one NSEC that says what the name has). A record may occur twice in a proof.
 */
import { nameOfKey, parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import { TYPE } from '../wire/type-names.ts'
import type { LiveZone } from '../zone/zone.ts'
import { nsec3Hash } from './nsec3-hash.ts'
import type { Signed, ZoneSecurity } from './security.ts'

/** RFC 9824 §2: says in the bitmap that the name does not exist. A meta type, of which there are no records. */
export const NXNAME = 128
/** Further rounds of hashing that we do for a zone that came signed; RFC 9276 §3.1 asks for none. */
export const MAX_ITERATIONS = 500

/**
 * What is to be proven of a name: that it has no such type, that it is not there and no wildcard stands for it, that
 * the wildcard that does has no such type, that nothing nearer than the wildcard exists (the answer has its data), that
 * a delegation has no DS.
 */
export type Claim = 'nodata' | 'nxdomain' | 'wildcard-nodata' | 'wildcard-answer' | 'no-ds'

/** `key`: the name, for 'no-ds' the delegation. */
export function proofOf(zone: LiveZone, security: ZoneSecurity, key: NameKey, claim: Claim): readonly Signed[] {
  switch (security.denial) {
    case 'nsec': return nsecProof(zone, security, key, claim)
    case 'nsec3': return nsec3Proof(zone, security, key, claim)
    case 'compact': return compactProof(zone, security, key, claim)
  }
}

/** The longest name above `key` that exists (RFC 4592 §3.3.1). */
function closestEncloser(zone: LiveZone, key: NameKey): NameKey {
  let encloser = parentKey(key)
  while (zone.node(encloser) === undefined) encloser = parentKey(encloser)
  return encloser
}

const wildcardAt = (encloser: NameKey): NameKey => `\x01*${encloser}`

function nsecProof(zone: LiveZone, security: ZoneSecurity, key: NameKey, claim: Claim): readonly Signed[] {
  const names = claim === 'nxdomain' || claim === 'wildcard-nodata' ? [key, wildcardAt(closestEncloser(zone, key))] : [key]
  return names.flatMap((one) => security.nsec(one) ?? [])
}

function nsec3Proof(zone: LiveZone, security: ZoneSecurity, key: NameKey, claim: Claim): readonly Signed[] {
  const { iterations, salt } = security.hashParameters
  if (iterations > MAX_ITERATIONS) return []
  const at = (name: NameKey) => security.nsec3(nsec3Hash(name, salt, iterations))
  if (claim === 'nodata' || claim === 'no-ds') {
    const own = at(key)
    if (own?.matches !== false) return own === undefined ? [] : [own]
    // Opted out: the name has no record of its own, so the closest one above that has is proven (RFC 5155 §7.2.4).
    return closestProvable(zone, key, at).filter((one) => one !== undefined)
  }
  const [encloser, ...more] = closestProvable(zone, key, at)
  if (claim === 'wildcard-answer') return more
  const wildcard = encloser && at(wildcardAt(encloser.key))
  return [encloser, ...more, wildcard].filter((one) => one !== undefined)
}

type At = (name: NameKey) => (Signed & { readonly matches: boolean }) | undefined

/** The record of the closest name above that has one, and that which covers the name one label longer (RFC 5155 §7.2.1). */
function closestProvable(zone: LiveZone, key: NameKey, at: At): readonly [(Signed & { readonly key: NameKey })?, ...Signed[]] {
  for (let next = key; next.length > zone.key.length; next = parentKey(next)) {
    const encloser = at(parentKey(next))
    if (encloser?.matches !== true) continue
    const cover = at(next)
    const found = { ...encloser, key: parentKey(next) }
    return cover === undefined ? [found] : [found, cover]
  }
  return []
}

function compactProof(zone: LiveZone, security: ZoneSecurity, key: NameKey, claim: Claim): readonly Signed[] {
  // The wildcard's data is signed as if the name had it.
  if (claim === 'wildcard-answer') return []
  const owner = nameOfKey(key)
  if (claim === 'nxdomain') return [security.nsecFor(owner, [NXNAME])]
  const source = claim === 'wildcard-nodata' ? wildcardAt(closestEncloser(zone, key)) : key
  const types = zone.node(source)?.rrsets.map((rrset) => rrset.type) ?? []
  const delegated = claim === 'no-ds' || (types.includes(TYPE.NS) && key !== zone.key)
  return [security.nsecFor(owner, delegated ? types.filter((type) => type === TYPE.NS || type === TYPE.DS) : types)]
}
