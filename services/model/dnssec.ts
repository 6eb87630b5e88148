/**
 * How a zone is signed (DNSSEC), and its keys, as they are kept. Plain data; times are wall time in ms, durations are in
 * seconds. The states of a key's records are those of "Flexible and Robust Key Rollover in DNSSEC" (Mekking, 2012), which
 * follow RFC 7583: what counts is what caches may still hold.
 */

/** Numbers of RFC 8624 §3.1: RSA/SHA-256 (RFC 5702), ECDSA P-256/SHA-256 (RFC 6605), Ed25519 (RFC 8080). */
export type KeyAlgorithm = 8 | 13 | 15
/** As BIND's key files and the API call them. */
export type AlgorithmName = 'RSASHA256' | 'ECDSAP256SHA256' | 'ED25519'
/** A key-signing key signs the DNSKEY RRset, a zone-signing key all else, a combined one both (RFC 6781 §3.1). */
export type KeyRole = 'csk' | 'ksk' | 'zsk'
export type SigningScheme = 'csk' | 'ksk-zsk'
/** How a zone proves that something is not there: RFC 4034 §4, RFC 5155, RFC 9824. */
export type DenialKind = 'nsec' | 'nsec3' | 'compact'

export type SigningPolicy = {
  readonly enabled: boolean
  readonly algorithm: KeyAlgorithm
  readonly scheme: SigningScheme
  readonly denial: DenialKind
  /** After which a new key takes over; null: only when somebody says so. A CSK goes by that of the KSK. */
  readonly zskLifetime: number | null
  readonly kskLifetime: number | null
  readonly signatureValidity: number
  /** A signature is made anew when less than this is left of it. */
  readonly signatureRefresh: number
  readonly dnskeyTtl: number
  /** Of the zone's records, as far as is counted on; what the zone has above it counts too. */
  readonly largestTtl: number
  /** Until all servers of the zone have a change. */
  readonly propagationDelay: number
  /** How long caches keep a DS record, and until all servers of the parent have a change of one. */
  readonly parentDsTtl: number
  readonly parentPropagationDelay: number
  /** Whether a person says what the parent has, or the appliance asks for the DS records itself. */
  readonly dsCheck: 'by-hand' | 'ask'
}

/**
 * What caches may hold of a record: no cache has it; some may have it and some may not yet (rumoured); all that have
 * anything have it; some may still have it (unretentive). `until` ends the uncertainty; null while nobody has said that
 * the parent made the change.
 */
export type RecordState =
  | { readonly kind: 'hidden' }
  | { readonly kind: 'rumoured' | 'unretentive'; readonly since: number; readonly until: number | null }
  | { readonly kind: 'omnipresent'; readonly since: number }

/** The records that come and go with a key. A key without the role for one has it hidden for ever. */
export type KeyRecord = 'dnskey' | 'signatures' | 'ds'

export type ZoneKey = {
  readonly id: number
  readonly zoneId: number
  readonly role: KeyRole
  readonly algorithm: KeyAlgorithm
  readonly keyTag: number
  /** DNSKEY rdata (RFC 4034 §2.1) in base64. */
  readonly dnskeyRdata: string
  readonly madeAt: number
  /** When the DNSKEY record was published; its lifetime begins there. */
  readonly publishedAt: number | null
  /** Whether the key is to be in use, or to go. */
  readonly goal: 'serve' | 'retire'
} & { readonly [R in KeyRecord]: RecordState }

/** The private half: PKCS #8 in AES-256-GCM under the key file (services/storage/key-file.ts). */
export type SealedKey = { readonly key: ZoneKey; readonly sealed: Uint8Array }

/** Wall time in ms until which caches may hold what an earlier policy, with longer TTLs, has let them have. */
export type CachedUntil = { readonly dnskey: number; readonly signatures: number }

export type ZoneSigningPolicy = { readonly zoneId: number; readonly policy: SigningPolicy; readonly cachedUntil: CachedUntil }
