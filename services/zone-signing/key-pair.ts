/**
 * Private keys: made, read, and signing. One row an algorithm; node:crypto does the arithmetic.
 * Signatures and public keys have the forms of DNSSEC: RSA by RFC 3110 §2 and RFC 5702, ECDSA as two numbers of 32 octets
 * (RFC 6605 §4), Ed25519 as it is (RFC 8080 §3).
 */
import { createECDH, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign, type SignKeyObjectInput } from 'node:crypto'
import { promisify } from 'node:util'
import type { AlgorithmName, KeyAlgorithm } from '../model/index.ts'

const generate = promisify(generateKeyPair)

/** RFC 8624 §3.1 and NIST SP 800-57: what is made new; what is imported may be longer. */
const RSA_BITS = 2048
const RSA_BITS_LONGEST = 4096

type AlgorithmRow = {
  readonly mnemonic: AlgorithmName
  make(): Promise<KeyObject>
  /** The public half as it stands in a DNSKEY record. */
  publicKey(key: KeyObject): Uint8Array
  readonly hash: 'sha256' | null
  readonly how: Omit<SignKeyObjectInput, 'key'>
  /** Whether a key of node:crypto is one of this algorithm. */
  fits(key: KeyObject): boolean
}

const octets = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url')
const jwk = (key: KeyObject) => createPublicKey(key).export({ format: 'jwk' })

export const ALGORITHMS: { readonly [A in KeyAlgorithm]: AlgorithmRow } = {
  8: {
    mnemonic: 'RSASHA256',
    make: async () => (await generate('rsa', { modulusLength: RSA_BITS, publicExponent: 65_537 })).privateKey,
    publicKey: (key) => {
      const { n, e } = jwk(key)
      const exponent = octets(e)
      // An exponent longer than 255 octets has its length in two more; none that node:crypto takes is.
      return Buffer.concat([Uint8Array.of(exponent.length), exponent, octets(n)])
    },
    hash: 'sha256',
    how: {},
    fits: (key) => key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 1024 && (key.asymmetricKeyDetails?.modulusLength ?? 0) <= RSA_BITS_LONGEST,
  },
  13: {
    mnemonic: 'ECDSAP256SHA256',
    make: async () => (await generate('ec', { namedCurve: 'prime256v1' })).privateKey,
    publicKey: (key) => {
      const { x, y } = jwk(key)
      return Buffer.concat([octets(x), octets(y)])
    },
    hash: 'sha256',
    how: { dsaEncoding: 'ieee-p1363' },
    fits: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  },
  15: {
    mnemonic: 'ED25519',
    make: async () => (await generate('ed25519')).privateKey,
    publicKey: (key) => octets(jwk(key).x),
    hash: null,
    how: {},
    fits: (key) => key.asymmetricKeyType === 'ed25519',
  },
}

export const makeKeyPair = (algorithm: KeyAlgorithm): Promise<KeyObject> => ALGORITHMS[algorithm].make()

export const publicKeyOf = (key: KeyObject, algorithm: KeyAlgorithm): Uint8Array => ALGORITHMS[algorithm].publicKey(key)

/** PKCS #8 in DER, which is what is sealed and stored. */
export const toPkcs8 = (key: KeyObject): Uint8Array => key.export({ format: 'der', type: 'pkcs8' })
export const fromPkcs8 = (der: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })

/** Throws when the number is none that the curve has. */
export function ecdsaKeyOf(scalar: Uint8Array): KeyObject {
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(scalar)
  // 4 | x | y (SEC 1 §2.3.3)
  const point = ecdh.getPublicKey()
  const [x, y] = [point.subarray(1, 33), point.subarray(33)]
  return createPrivateKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', d: base64url(scalar), x: base64url(x), y: base64url(y) } })
}

/** Throws unless it has 32 octets. */
export const ed25519KeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([ED25519_PKCS8, seed]), format: 'der', type: 'pkcs8' })

export type RsaNumbers = { readonly [N in 'n' | 'e' | 'd' | 'p' | 'q' | 'dp' | 'dq' | 'qi']: Uint8Array }

/** Throws when the numbers make no key. */
export function rsaKeyOf(numbers: RsaNumbers): KeyObject {
  const fields = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, base64url(value)]))
  return createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...fields } })
}

/** RFC 8410 §7: what stands before the 32 octets of the seed. */
const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** Signs with a private key; see SigningKey. */
export type Signer = {
  sign(octets: Uint8Array): Uint8Array
  signLater(octets: Uint8Array, done: (signature: Uint8Array) => void): void
}

export function signerOf(key: KeyObject, algorithm: KeyAlgorithm): Signer {
  const { hash, how } = ALGORITHMS[algorithm]
  const input = { key, ...how }
  return {
    sign: (data) => sign(hash, data, input),
    signLater: (data, done) =>
      sign(hash, data, input, (error, signature) => {
        if (error !== null) throw error
        done(signature)
      }),
  }
}
