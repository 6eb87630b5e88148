/**
 * Where validation begins, and where people have said that it is to stop: trust anchors (RFC 4035 §4.4) by zone, and
 * negative trust anchors (RFC 7646) with their end.
 */
import type { NameKey } from '../wire/name.ts'

/** What is trusted of a zone: DS and DNSKEY rdata. */
export type TrustAnchor = { readonly ds: readonly Uint8Array[]; readonly dnskey: readonly Uint8Array[] }

/** Data of the zone counts as insecure until then: wall time in ms, as people set it. */
export type NegativeAnchor = { readonly endsAt: number; readonly reason: string }

export interface Anchors {
  /** Undefined: validation does not begin at this name. */
  at(zone: NameKey): TrustAnchor | undefined
  /** Undefined: there is none at this name that is still in force. */
  negativeAt(zone: NameKey): NegativeAnchor | undefined
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/**
 * The keys of the root zone as IANA publishes them (root-anchors.xml): KSK-2017 with tag 20326 and KSK-2024 with tag
 * 38696, which signs from late 2026 on. Both RSA/SHA-256, digest SHA-256.
 */
export const ROOT_ANCHOR: TrustAnchor = {
  ds: [
    hex('4f660802e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'),
    hex('97280802683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16'),
  ],
  dnskey: [],
}
