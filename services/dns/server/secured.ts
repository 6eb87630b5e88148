/**
 * What DNSSEC adds to an answer for a client that asks for it (DO): the signatures beside each RRset, and the proof of
 * what is not there. RFC 4035 §3.1, RFC 5155 §7.2, RFC 9824. Without DO nothing of this runs.
 */
import { equalBytes } from '../../../stack/platform/index.ts'
import { proofOf } from '../dnssec/proofs.ts'
import type { Claim } from '../dnssec/proofs.ts'
import type { Signed, ZoneSecurity } from '../dnssec/security.ts'
import { parentKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { findRrset } from '../zone/zone.ts'
import type { LiveZone } from '../zone/zone.ts'
import { place } from './respond.ts'
import type { Placed, Response } from './respond.ts'

/** An RRset of the answer section with its signatures; `owner` is the name asked for where a wildcard stands in. */
export function placeSigned(
  response: Response, section: Placed[], security: ZoneSecurity, rrset: Rrset, owner: Name = rrset.name, ttl = rrset.ttl,
): void {
  // RFC 9824 §3.3: whoever denies a name alone must also say that the wildcard's is there.
  const signed = owner !== rrset.name && security.denial === 'compact' ? security.signAs(rrset, owner) : security.sign(rrset)
  addSigned(response, section, signed, owner, ttl)
}

function addSigned(response: Response, section: Placed[], signed: Signed, owner: Name, ttl: number): void {
  section.push(place(signed.rrset, owner, ttl))
  if (signed.signatures === undefined) return
  section.push(place(signed.signatures, owner, ttl))
  response.expiresAt = Math.min(response.expiresAt, signed.until)
}

/** The proof for the authority section. A record that proves two things stands there once. */
export function addProof(response: Response, zone: LiveZone, security: ZoneSecurity, key: NameKey, claim: Claim): void {
  for (const signed of proofOf(zone, security, key, claim)) {
    const { rrset } = signed
    const known = response.authority.some((placed) => placed.rrset.type === rrset.type && equalBytes(placed.owner, rrset.name))
    if (!known) addSigned(response, response.authority, signed, rrset.name, rrset.ttl)
  }
}

/** RRSIG and NSEC of a name, which stand in no record of a zone that is signed here; through a wildcard as other types. */
export function ownedBySecurity(zone: LiveZone, key: NameKey, type: number): { readonly rrset: Rrset; readonly wildcard: boolean } | undefined {
  if (zone.security === undefined || (type !== TYPE.RRSIG && type !== TYPE.NSEC)) return undefined
  const wildcard = zone.node(key) === undefined
  let source = key
  if (wildcard) {
    let encloser = parentKey(key)
    while (zone.node(encloser) === undefined) encloser = parentKey(encloser)
    source = `\x01*${encloser}`
  }
  const rrset = findRrset({ rrsets: zone.security.ownedBy(source) }, type)
  return rrset && { rrset, wildcard }
}
