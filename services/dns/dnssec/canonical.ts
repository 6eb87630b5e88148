/**
 * The one form of names, rdata and RRsets in which they are signed and sorted. Read RFC 4034 §6 and RFC 6840 §5.1 first.
 */
import { put16, put32 } from '../../../stack/platform/index.ts'
import { isWildcard, labelCount, nameKey, nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import { canonicalRdata } from '../wire/rdata.ts'
import type { Rrset } from '../wire/rrset.ts'
import { CLASS_IN } from '../wire/type-names.ts'

/**
 * A text for a name, so that comparing texts compares names in canonical order (RFC 4034 §6.1): the labels from the
 * last to the first, each octet as the character one higher, each label behind a character 0.
 */
export type OrderKey = string

/** `above`: only the labels above this many octets at the end, which all names of a zone share; the root's one at least. */
export function orderKey(key: NameKey, above = 1): OrderKey {
  const starts: number[] = []
  for (let at = 0; at < key.length - above; at += 1 + key.charCodeAt(at)) starts.push(at)
  let order = ''
  for (let i = starts.length - 1; i >= 0; i--) {
    const from = starts[i] as number
    order += '\0'
    for (let at = from + 1; at <= from + key.charCodeAt(from); at++) order += String.fromCharCode(key.charCodeAt(at) + 1)
  }
  return order
}

/** Octets compared as unsigned numbers, a prefix before what it is a prefix of (RFC 4034 §6.3). */
export const compareOctets = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

/** Times in seconds since 1970, as 32-bit numbers (RFC 4034 §3.1.5). */
export type SignatureTimes = { readonly inception: number; readonly expiration: number }
/** `apex` in lower case. */
export type Signer = { readonly apex: Name; readonly algorithm: number; readonly keyTag: number }

/** The labels that a signature counts: without the root and a leading "*" (RFC 4034 §3.1.3). */
export const signedLabels = (owner: NameKey): number => labelCount(owner) - (isWildcard(owner) ? 1 : 0)

/** RRSIG rdata without the signature: RFC 4034 §3.1. */
export function rrsigHead(rrset: Rrset, signer: Signer, times: SignatureTimes): Uint8Array {
  const head = new Uint8Array(18 + signer.apex.length)
  put16(head, 0, rrset.type)
  head[2] = signer.algorithm
  head[3] = signedLabels(nameKey(rrset.name))
  put32(head, 4, rrset.ttl)
  put32(head, 8, times.expiration)
  put32(head, 12, times.inception)
  put16(head, 16, signer.keyTag)
  head.set(signer.apex, 18)
  return head
}

/** What a signature is made over: its own rdata up to itself, then each record in canonical form (RFC 4034 §3.1.8.1). */
export function signedOctets(head: Uint8Array, rrset: Rrset): Uint8Array {
  const owner = nameOfKey(nameKey(rrset.name))
  const rdata = rrset.rdata.map((octets) => canonicalRdata(rrset.type, octets)).sort(compareOctets)
  const length = rdata.reduce((sum, octets) => sum + owner.length + 10 + octets.length, head.length)
  const octets = new Uint8Array(length)
  octets.set(head)
  let at = head.length
  for (const data of rdata) {
    octets.set(owner, at)
    at += owner.length
    put16(octets, at, rrset.type)
    put16(octets, at + 2, CLASS_IN)
    put32(octets, at + 4, rrset.ttl)
    put16(octets, at + 8, data.length)
    octets.set(data, at + 10)
    at += 10 + data.length
  }
  return octets
}

/** The whole RRSIG rdata. */
export function rrsigRdata(head: Uint8Array, signature: Uint8Array): Uint8Array {
  const rdata = new Uint8Array(head.length + signature.length)
  rdata.set(head)
  rdata.set(signature, head.length)
  return rdata
}
