/** Each algorithm that is believed, signed by node:crypto; keys of sizes that are not; and the keys of the root. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { SigningKey } from '../../../services/dns/index.ts'
import { algorithmRow } from '../../../services/dns/validator/algorithms.ts'
import { ROOT_ANCHOR } from '../../../services/dns/validator/anchors.ts'
import { isDigestOf, readDs, readZoneKey } from '../../../services/dns/validator/keys.ts'
import type { Ds, ZoneKey } from '../../../services/dns/validator/keys.ts'
import { ABSOLUTE, keyOf } from '../../../services/dns/wire/name.ts'
import { parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import { keyTagOf, signingKey, signingOf } from '../../support/dnssec.ts'
import { findingFor, rrset, signedBy, SignedWorld } from '../../support/validation.ts'

const PAIRS: { readonly [algorithm: number]: () => { readonly publicKey: KeyObject; readonly privateKey: KeyObject } } = {
  8: () => generateKeyPairSync('rsa', { modulusLength: 1024 }), 10: () => generateKeyPairSync('rsa', { modulusLength: 1024 }),
  13: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), 14: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  15: () => generateKeyPairSync('ed25519'), 16: () => generateKeyPairSync('ed448'),
}

function made(algorithm: number, pair = PAIRS[algorithm]?.()): SigningKey {
  if (pair === undefined) throw new Error(`no algorithm ${algorithm}`)
  const jwk = pair.publicKey.export({ format: 'jwk' })
  const part = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url')
  const key = jwk.kty === 'RSA' ? Buffer.concat([Uint8Array.of(part(jwk.e).length), part(jwk.e), part(jwk.n)]) : Buffer.concat([part(jwk.x), part(jwk.y)])
  const dnskey = Uint8Array.from([1, 1, 3, algorithm, ...key])
  const hash = { 8: 'sha256', 10: 'sha512', 13: 'sha256', 14: 'sha384' }[algorithm] ?? null
  return { ...signingKey(15), dnskey, keyTag: keyTagOf(dnskey), algorithm: algorithm as SigningKey['algorithm'], sign: (octets) => sign(hash, octets, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }) }
}

function verdictOf(key: SigningKey): string {
  const world = new SignedWorld({ example: { text: '', signing: signingOf() } })
  const keys = { ...rrset('example 300 TXT "x"'), type: TYPE.DNSKEY, rdata: [key.dnskey] }
  world.tamper.set('example DNSKEY', () => findingFor('example DNSKEY', 'rrset', [signedBy(key, 'example', keys)]))
  world.trust({ example: { ds: [], dnskey: [key.dnskey] } })
  return world.validate('www.example A', { finding: findingFor('www.example A', 'rrset', [signedBy(key, 'example', rrset('www.example 300 A 192.0.2.1'))]) }).security
}

describe('RFC 4035 §5.3 by algorithm', () => {
  test.each([
    ['RFC 5702 §3.1 RSA/SHA-256', 8], ['RFC 5702 §3.2 RSA/SHA-512', 10], ['RFC 6605 §4 ECDSA P-256', 13], ['RFC 6605 §4 ECDSA P-384', 14],
    ['RFC 8080 §4 Ed25519', 15], ['RFC 8080 §4 Ed448', 16],
  ] as const)('%s', (_section, algorithm) => {
    expect([verdictOf(made(algorithm)), algorithmRow(algorithm)?.mnemonic]).toEqual(['secure', expect.stringMatching(/^(RSA|ECDSA|ED)/)])
  })

  test('RFC 3110 §2 an exponent of another size, and one that is too long', () => {
    const pair = generateKeyPairSync('rsa', { modulusLength: 1024, publicExponent: 3 })
    expect(verdictOf(made(8, pair))).toBe('secure')
    const key = made(8)
    const [length, ...rest] = key.dnskey.subarray(4)
    const long = Uint8Array.from([...key.dnskey.subarray(0, 4), 0, 0, length ?? 0, ...rest])
    expect(verdictOf({ ...key, dnskey: long, keyTag: keyTagOf(long) })).toBe('secure')
    expect(readZoneKey(Uint8Array.from([1, 1, 3, 8, 128, ...new Uint8Array(256).fill(3)]))?.isUsable).toBe(false)
  })

  test.each([
    ['RFC 5702 §2.1 RSA above 4096 bits', 8, [3, 1, 0, 1, ...new Uint8Array(513).fill(1)]],
    ['RFC 5702 §2.1 RSA below 512 bits', 8, [3, 1, 0, 1, ...new Uint8Array(63).fill(1)]],
    ['RFC 5702 §2.2 below 1024 bits', 10, [3, 1, 0, 1, ...new Uint8Array(127).fill(1)]],
    ['RSA cut short', 8, [200, 1, 2]],
    ['RFC 6605 §4 P-256 with a point too long', 13, new Uint8Array(65)],
    ['RFC 8080 §3 Ed25519 cut short', 15, new Uint8Array(31)],
    ['RFC 9905 §2 RSA/SHA-1', 5, [3, 1, 0, 1, ...new Uint8Array(128).fill(1)]],
  ] as const)('no key: %s', (_what, algorithm, octets) => {
    expect(readZoneKey(Uint8Array.from([1, 0, 3, algorithm, ...octets]))?.isUsable).toBe(false)
  })

  test('RFC 4034 §2.1.2 no key with another protocol', () => {
    expect(readZoneKey(Uint8Array.from([1, 0, 4, 15, ...new Uint8Array(32)]))?.isUsable).toBe(false)
  })
})

describe('RFC 7958 §2 the keys of the root', () => {
  test.each([
    [20_326, 'AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU='],
    [38_696, 'AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc='],
  ] as const)('key %i is vouched for by what is built in', (tag, text) => {
    const rdata = parseRdataText(TYPE.DNSKEY, `257 3 8 ${text}`, ABSOLUTE)
    const key = rdata.ok ? (readZoneKey(rdata.value) as ZoneKey) : undefined
    const ds = ROOT_ANCHOR.ds.map((each) => readDs(each) as Ds)
    expect([key?.keyTag, ds.filter((each) => isDigestOf(each, keyOf('.'), key as ZoneKey)).map((each) => each.keyTag)]).toEqual([tag, [tag]])
    expect(createHash('sha256').update(Uint8Array.of(0)).update(key?.rdata ?? '').digest('hex')).toBe(Buffer.from(ds.find((each) => each.keyTag === tag)?.digest ?? '').toString('hex'))
  })
})
