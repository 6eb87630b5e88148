/**
 * Verifies DNSSEC signatures with node:crypto on the threads of libuv's pool, never on the one that answers packets. Keys
 * in the forms of DNSKEY records: RSA by RFC 3110 §2, ECDSA by RFC 6605 §4, EdDSA by RFC 8080 §3. Shell of
 * dns/validator/verifier.ts.
 */
import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKeyInput, KeyObject } from 'node:crypto'
import { BoundedQueue, LruMap } from '../stack/platform/index.ts'
import { rsaParts } from './dns/index.ts'
import type { VerifySignature } from './dns/index.ts'

/** Keys kept ready, some 2 KiB each. Making one takes as long as a verification. */
const MAX_KEYS = 1024
/** Given to the pool at once; what else uses the pool (the disk, name look-ups of the host) is not to stand behind more. */
const MAX_UNDER_WAY = 16
/** Waiting for the pool: a second's work of one core. Beyond that nobody looks at a signature. */
const MAX_WAITING = 8192

const text = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
const half = (octets: Uint8Array, which: 0 | 1): string => text(octets.subarray((which * octets.length) / 2, ((which + 1) * octets.length) / 2))

type Jwk = JsonWebKeyInput['key']
type VerifyRow = { readonly hash: 'sha256' | 'sha384' | 'sha512' | null; readonly jwk: (publicKey: Uint8Array) => Jwk }

const rsa = (publicKey: Uint8Array): Jwk => {
  const parts = rsaParts(publicKey)
  return { kty: 'RSA', e: text(parts?.exponent ?? publicKey), n: text(parts?.modulus ?? publicKey) }
}
const ec = (crv: string) => (publicKey: Uint8Array): Jwk => ({ kty: 'EC', crv, x: half(publicKey, 0), y: half(publicKey, 1) })
const okp = (crv: string) => (publicKey: Uint8Array): Jwk => ({ kty: 'OKP', crv, x: text(publicKey) })

const ROWS: ReadonlyMap<number, VerifyRow> = new Map<number, VerifyRow>([
  [8, { hash: 'sha256', jwk: rsa }],
  [10, { hash: 'sha512', jwk: rsa }],
  [13, { hash: 'sha256', jwk: ec('P-256') }],
  [14, { hash: 'sha384', jwk: ec('P-384') }],
  [15, { hash: null, jwk: okp('Ed25519') }],
  [16, { hash: null, jwk: okp('Ed448') }],
])

/** Undefined: the octets are no key of that algorithm (a point that is not on the curve). */
function publicKey(algorithm: number, octets: Uint8Array): KeyObject | undefined {
  const row = ROWS.get(algorithm)
  if (row === undefined) return undefined
  try {
    return createPublicKey({ format: 'jwk', key: row.jwk(octets) })
  } catch {
    return undefined
  }
}

type Job = Parameters<VerifySignature>

export class SignatureVerifier {
  /** By algorithm and key octets; null: no key. */
  readonly #keys = new LruMap<string, KeyObject | null>(MAX_KEYS)
  readonly #waiting = new BoundedQueue<Job>(MAX_WAITING)
  #underWay = 0

  readonly verify: VerifySignature = (...job) => {
    if (this.#underWay < MAX_UNDER_WAY) this.#begin(job)
    else if (!this.#waiting.push(job)) job[4](undefined)
  }

  #begin([algorithm, octets, data, signature, done]: Job): void {
    const key = this.#keyOf(algorithm, octets)
    if (key === null) {
      done(false)
      return
    }
    this.#underWay++
    verify(ROWS.get(algorithm)?.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature, (error, genuine) => {
      this.#underWay--
      const next = this.#waiting.shift()
      if (next !== undefined) this.#begin(next)
      done(error === null && genuine)
    })
  }

  #keyOf(algorithm: number, octets: Uint8Array): KeyObject | null {
    const id = String.fromCharCode(algorithm) + Buffer.from(octets).toString('latin1')
    const known = this.#keys.get(id)
    if (known !== undefined) return known
    const made = publicKey(algorithm, octets) ?? null
    this.#keys.set(id, made)
    return made
  }
}
