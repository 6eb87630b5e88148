/**
 * One step of looking a name up in one zone: RFC 1034 §4.3.2 step 3 as RFC 4592 §3.3.1 states it for wildcards.
 * The apex is walked down label by label: a delegation on the way ends the search, a missing node makes the one above
 * it the closest encloser, whose "*" child then stands for the name. A DNAME on the way redirects what lies below it
 * (RFC 6672 §3.2).
 */
import { parentKey } from '../wire/name.ts'
import type { NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { META, TYPE } from '../wire/type-names.ts'
import { findRrset } from './zone.ts'
import type { LiveZone, ZoneNode } from './zone.ts'

export type Lookup =
  | { readonly kind: 'answer'; readonly rrset: Rrset; readonly wildcard: boolean }
  | { readonly kind: 'cname'; readonly rrset: Rrset; readonly wildcard: boolean }
  /** The name lies at or below a delegation. `cut` are its NS records. */
  | { readonly kind: 'referral'; readonly cut: Rrset; readonly node: ZoneNode }
  /** The name lies below the owner of a DNAME. */
  | { readonly kind: 'dname'; readonly rrset: Rrset }
  | { readonly kind: 'nodata'; readonly wildcard: boolean }
  | { readonly kind: 'nxdomain' }

const NODATA: Lookup = { kind: 'nodata', wildcard: false }
const NODATA_WILDCARD: Lookup = { kind: 'nodata', wildcard: true }
const NXDOMAIN: Lookup = { kind: 'nxdomain' }

/** `key` is at or below the zone's apex. */
export function lookup(zone: LiveZone, key: NameKey, type: number): Lookup {
  const exact = zone.node(key)
  if (zone.cuts > 0 || zone.dnames > 0) {
    const end = findEnd(zone, key, type)
    if (end !== undefined) return end
  }
  if (exact !== undefined) return atNode(exact, type, false)
  if (zone.wildcards === 0) return NXDOMAIN
  let encloser = parentKey(key)
  while (zone.node(encloser) === undefined) encloser = parentKey(encloser)
  const source = zone.node(`\x01*${encloser}`)
  return source === undefined ? NXDOMAIN : atNode(source, type, true)
}

function atNode(node: ZoneNode, type: number, wildcard: boolean): Lookup {
  // RFC 8482 §4.1: ANY gets one RRset, the smallest burden that is still an answer.
  if (type === META.ANY && node.rrsets.length > 0) {
    return { kind: 'answer', rrset: node.rrsets.find((one) => one.type !== TYPE.RRSIG) ?? (node.rrsets[0] as Rrset), wildcard }
  }
  const rrset = findRrset(node, type)
  if (rrset !== undefined) return { kind: 'answer', rrset, wildcard }
  const cname = findRrset(node, TYPE.CNAME)
  if (cname !== undefined) return { kind: 'cname', rrset: cname, wildcard }
  return wildcard ? NODATA_WILDCARD : NODATA
}

/**
 * The topmost delegation at or above `key`, or DNAME above it: what stands below either is not looked at. DS at the cut
 * itself is the parent's to answer (RFC 4035 §3.1.4.1).
 */
function findEnd(zone: LiveZone, key: NameKey, type: number): Lookup | undefined {
  let found: Lookup | undefined
  for (let at = key; ; at = parentKey(at)) {
    const node = zone.node(at)
    const isApex = at.length === zone.key.length
    if (node !== undefined) {
      const dname = at === key ? undefined : findRrset(node, TYPE.DNAME)
      if (dname !== undefined) found = { kind: 'dname', rrset: dname }
      const cut = isApex ? undefined : findRrset(node, TYPE.NS)
      if (cut !== undefined && !(type === TYPE.DS && at === key)) found = { kind: 'referral', cut, node }
    }
    if (isApex) return found
  }
}
