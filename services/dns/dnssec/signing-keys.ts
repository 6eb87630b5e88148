/**
 * What a zone is signed with: keys that sign, and how. Whoever keeps the keys gives it (DnsServer.setSigning); serving
 * never sees a private key. Signatures come in the form that DNSSEC puts on the wire: RFC 3110 §3 (RSA), RFC 6605 §4
 * (ECDSA: r | s), RFC 8080 §4 (Ed25519).
 */

/** RSA/SHA-256 (RFC 5702), ECDSA P-256 with SHA-256 (RFC 6605), Ed25519 (RFC 8080). */
export type SigningAlgorithm = 8 | 13 | 15

export type SigningKey = {
  /** Tells keys apart: two may have the same tag. */
  readonly id: number
  /** Rdata of its DNSKEY record. */
  readonly dnskey: Uint8Array
  /** RFC 4034 appendix B. */
  readonly keyTag: number
  readonly algorithm: SigningAlgorithm
  /** Its DNSKEY record stands in the zone. */
  readonly published: boolean
  /** It signs the DNSKEY, CDS and CDNSKEY RRsets. */
  readonly signsKeys: boolean
  /** It signs everything else. */
  readonly signsZone: boolean
  /** At once; tens of microseconds, with RSA a millisecond. */
  sign(octets: Uint8Array): Uint8Array
  /** On another thread; `octets` belong to the key until `done`. */
  signLater(octets: Uint8Array, done: (signature: Uint8Array) => void): void
}

/** How it is proven that something is not there: RFC 4034 §4, RFC 5155, RFC 9824. */
export type DenialKind = 'nsec' | 'nsec3' | 'compact'

export type ZoneSigning = {
  readonly keys: readonly SigningKey[]
  readonly denial: DenialKind
  /** As RFC 9276 §3.1 wants them: no further iterations, no opt-out. */
  readonly nsec3: { readonly iterations: 0; readonly salt: Uint8Array; readonly optOut: false }
  /** From the making of a signature to its expiration. */
  readonly validitySeconds: number
  /** A signature that has no longer to live is made anew. */
  readonly refreshSeconds: number
  /** By up to so much a signature expires earlier, so that not all are due at once. */
  readonly jitterSeconds: number
  /** By so much a signature begins earlier, for clients whose clocks are late. */
  readonly inceptionOffsetSeconds: number
  /** Rdata of the CDS and CDNSKEY RRsets at the apex (RFC 7344); empty: there is none. */
  readonly cds: readonly Uint8Array[]
  readonly cdnskey: readonly Uint8Array[]
  /** TTL of the DNSKEY, CDS and CDNSKEY RRsets. Seconds. */
  readonly dnskeyTtl: number
}
