/**
 * The algorithms of DNSSEC that are believed here, one row each; IANA "DNS Security Algorithm Numbers" and "Digest
 * Algorithms", with what RFC 9904 and RFC 9905 say of them. What has no row counts as unknown, so a zone that has nothing
 * else is insecure (RFC 4035 §5.2): RSA with MD5 or SHA-1 (1, 5, 7: RFC 9905 §2), DSA (3, 6), GOST (12), private ones.
 */

/** RFC 5702 §2: keys of 512 (SHA-512: 1024) to 4096 bits. */
const RSA_LONGEST_OCTETS = 512
/** All that signers use is 3 or 65537; a long exponent makes one verification as dear as a signature. */
const RSA_LONGEST_EXPONENT_OCTETS = 8

export type AlgorithmRow = {
  readonly mnemonic: string
  readonly rfc: string
  /** Whether the key octets of a DNSKEY may be a key of this algorithm at all. */
  readonly fits: (publicKey: Uint8Array) => boolean
}

export type RsaParts = { readonly exponent: Uint8Array; readonly modulus: Uint8Array }

/** RFC 3110 §2: a length (one octet, or 0 and two), the exponent, the modulus. Undefined when it is cut short. */
export function rsaParts(publicKey: Uint8Array): RsaParts | undefined {
  const short = publicKey[0] ?? 0
  const long = ((publicKey[1] ?? 0) << 8) | (publicKey[2] ?? 0)
  const [at, length] = short > 0 ? [1, short] : [3, long]
  if (length === 0 || publicKey.length <= at + length) return undefined
  return { exponent: publicKey.subarray(at, at + length), modulus: publicKey.subarray(at + length) }
}

const rsaOf = (leastOctets: number) => (publicKey: Uint8Array): boolean => {
  const parts = rsaParts(publicKey)
  if (parts === undefined || parts.exponent.length > RSA_LONGEST_EXPONENT_OCTETS) return false
  return parts.modulus.length >= leastOctets && parts.modulus.length <= RSA_LONGEST_OCTETS && parts.modulus[0] !== 0
}
const octetsOf = (length: number) => (publicKey: Uint8Array): boolean => publicKey.length === length

const ALGORITHMS: ReadonlyMap<number, AlgorithmRow> = new Map([
  [8, { mnemonic: 'RSASHA256', rfc: 'RFC 5702 §2.1', fits: rsaOf(64) }],
  [10, { mnemonic: 'RSASHA512', rfc: 'RFC 5702 §2.2', fits: rsaOf(128) }],
  [13, { mnemonic: 'ECDSAP256SHA256', rfc: 'RFC 6605 §4', fits: octetsOf(64) }],
  [14, { mnemonic: 'ECDSAP384SHA384', rfc: 'RFC 6605 §4', fits: octetsOf(96) }],
  [15, { mnemonic: 'ED25519', rfc: 'RFC 8080 §3', fits: octetsOf(32) }],
  [16, { mnemonic: 'ED448', rfc: 'RFC 8080 §3', fits: octetsOf(57) }],
])

export const algorithmRow = (algorithm: number): AlgorithmRow | undefined => ALGORITHMS.get(algorithm)
export const isAlgorithm = (algorithm: number): boolean => ALGORITHMS.has(algorithm)

type DigestRow = { readonly hash: 'sha1' | 'sha256' | 'sha384'; readonly octets: number }

/**
 * RFC 9904: SHA-1 (1) is not to be made any more and still believed; it is left aside beside better ones (RFC 4509 §3).
 */
const DIGESTS: ReadonlyMap<number, DigestRow> = new Map([
  [1, { hash: 'sha1', octets: 20 }],
  [2, { hash: 'sha256', octets: 32 }],
  [4, { hash: 'sha384', octets: 48 }],
])

export const digestRow = (digestType: number): DigestRow | undefined => DIGESTS.get(digestType)
