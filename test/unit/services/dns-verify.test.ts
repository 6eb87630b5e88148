import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { SignatureVerifier } from '../../../services/dns-verify.ts'

const DATA = Buffer.from('what was signed')

/** Public key and signature in the forms of DNSKEY and RRSIG. */
function made(algorithm: number): { readonly key: Uint8Array; readonly signature: Uint8Array } {
  const { privateKey } = algorithm === 8 || algorithm === 10 ? generateKeyPairSync('rsa', { modulusLength: 1024 })
    : algorithm === 13 || algorithm === 14 ? generateKeyPairSync('ec', { namedCurve: algorithm === 13 ? 'P-256' : 'P-384' })
    : algorithm === 15 ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  const jwk = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' })
  const part = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url')
  const key = jwk.kty === 'RSA' ? Buffer.concat([Uint8Array.of(part(jwk.e).length), part(jwk.e), part(jwk.n)]) : Buffer.concat([part(jwk.x), part(jwk.y)])
  const hash = { 8: 'sha256', 10: 'sha512', 13: 'sha256', 14: 'sha384' }[algorithm] ?? null
  return { key, signature: sign(hash, DATA, { key: privateKey, dsaEncoding: 'ieee-p1363' }) }
}

const verifies = (by: SignatureVerifier, algorithm: number, key: Uint8Array, data: Uint8Array, signature: Uint8Array): Promise<boolean | undefined> =>
  new Promise((resolve) => by.verify(algorithm, key, data, signature, resolve))

test.each([8, 10, 13, 14, 15, 16])('algorithm %i: genuine ones are, changed ones are not', async (algorithm) => {
  const by = new SignatureVerifier()
  const { key, signature } = made(algorithm)
  const other = Uint8Array.from(signature, (octet, i) => (i === 3 ? octet ^ 1 : octet))
  expect(await Promise.all([
    verifies(by, algorithm, key, DATA, signature), verifies(by, algorithm, key, DATA, other), verifies(by, algorithm, key, Buffer.from('other'), signature),
    verifies(by, algorithm, key, DATA, signature.subarray(1)), verifies(by, algorithm, key.subarray(1), DATA, signature), verifies(by, 5, key, DATA, signature),
  ])).toEqual([true, false, false, false, false, false])
})

test('what the pool has no room for waits, and beyond that is refused', async () => {
  const by = new SignatureVerifier()
  const { key, signature } = made(15)
  const all = await Promise.all(Array.from({ length: 9000 }, () => verifies(by, 15, key, DATA, signature)))
  const refused = all.filter((genuine) => genuine === undefined).length
  expect([all.filter(Boolean).length + refused, refused > 0, all.slice(0, 8000).every(Boolean)]).toEqual([9000, true, true])
})
