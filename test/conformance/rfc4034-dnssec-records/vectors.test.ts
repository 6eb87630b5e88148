/** The examples that the RFCs print, octet by octet. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { compareOctets, orderKey, rrsigHead, signedOctets } from '../../../services/dns/dnssec/canonical.ts'
import { nsec3Hash, nsec3Owner } from '../../../services/dns/dnssec/nsec3-hash.ts'
import { successor } from '../../../services/dns/dnssec/successor.ts'
import { typeBitmap } from '../../../services/dns/dnssec/type-bitmap.ts'
import { ABSOLUTE, formatName, keyOf, name } from '../../../services/dns/wire/name.ts'
import { canonicalRdata, formatRdata, parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { TYPE, typeCode } from '../../../services/dns/wire/type-names.ts'
import { keyTagOf } from '../../support/dnssec.ts'

function rdataOf(type: string, text: string): Uint8Array {
  const parsed = parseRdataText(typeCode(type) as number, text, ABSOLUTE)
  if (!parsed.ok) throw new Error(parsed.error.what)
  return parsed.value
}

describe('RFC 4034 §6 canonical forms', () => {
  test('§6.1 the order of names', () => {
    const sorted = ['example', 'a.example', 'yljkjljk.a.example', 'Z.a.example', 'zABC.a.EXAMPLE', 'z.example', '\\001.z.example', '*.z.example', '\\200.z.example']
    for (let shift = 0; shift < sorted.length; shift++) {
      const mixed = [...sorted.slice(shift), ...sorted.slice(0, shift)].reverse()
      expect(mixed.sort((a, b) => (orderKey(keyOf(a)) < orderKey(keyOf(b)) ? -1 : 1))).toEqual(sorted)
    }
  })

  test.each([
    ['NS', 'NS.Example.', 'ns.example'],
    ['MX', '10 Mail.Example.', '10 mail.example'],
    ['SOA', 'Ns.Example. Host.Example. 1 2 3 4 5', 'ns.example host.example 1 2 3 4 5'],
    ['SRV', '0 0 1 Target.Example.', '0 0 1 target.example'],
    ['NAPTR', '1 1 "S" "SIP" "" Target.Example.', '1 1 "S" "SIP" "" target.example'],
    ['DNAME', 'Target.Example.', 'target.example'],
    ['TXT', '"Text"', '"Text"'],
  ])('§6.2 names in %s are in lower case', (type, text, expected) => {
    const code = typeCode(type) as number
    expect(formatRdata(code, canonicalRdata(code, rdataOf(type, text)))).toBe(expected)
  })

  test.each([['NSEC', 'Next.Example. A'], ['SVCB', '1 Target.Example.'], ['HIP', '2 00 AQID Server.Example.'], ['LP', '1 Pointer.Example.']])('RFC 6840 §5.1 names in %s are not', (type, text) => {
    const rdata = rdataOf(type, text)
    expect(canonicalRdata(typeCode(type) as number, rdata)).toEqual(rdata)
  })

  test('§6.3 records of a set are ordered as octets', () => {
    const sorted = ['00', '0000', '0001', '01', '7f', '80', 'ff'].map((hex) => Buffer.from(hex, 'hex'))
    expect([...sorted].reverse().sort(compareOctets)).toEqual(sorted)
  })

  test('§4.3 the example of a type bitmap', () => {
    const expected = `0006400100000003041b${'00'.repeat(26)}20`
    expect(Buffer.from(typeBitmap([1, 15, 46, 47, 1234])).toString('hex')).toBe(expected)
    expect([...typeBitmap([])]).toEqual([])
  })

  test('§6.1 the name right after another', () => {
    const apex = name('example')
    const full = (first: string): Uint8Array => name([first, ...Array.from({ length: 3 }, () => 'x'.repeat(59)), 'example'].join('.'))
    expect(formatName(successor(name('a.example'), apex))).toBe('\\000.a.example')
    const longest = full('y'.repeat(63))
    expect(longest.length).toBe(253)
    const rows = [full('z'.repeat(63)), name(['q'.repeat(63), 'x'.repeat(63), 'x'.repeat(63), 'x'.repeat(53), 'example'].join('.')), name(['\\255'.repeat(63), 'x'.repeat(63), 'x'.repeat(63), 'x'.repeat(53), 'example'].join('.'))]
    for (const row of rows) {
      const after = successor(row, apex)
      expect(after.length).toBeLessThanOrEqual(255)
      expect(orderKey(keyOf(formatName(after))) > orderKey(keyOf(formatName(row)))).toBe(true)
    }
  })
})

describe('RFC 5155 appendix A hashed names', () => {
  const salt = Buffer.from('aabbccdd', 'hex')
  test.each([
    ['example', '0p9mhaveqvm6t7vbl5lop2u3t2rp3tom'], ['a.example', '35mthgpgcu1qg68fab165klnsnk3dpvl'], ['ai.example', 'gjeqe526plbf1g8mklp59enfd789njgi'],
    ['ns1.example', '2t7b4g4vsa5smi47k61mv5bv1a22bojr'], ['ns2.example', 'q04jkcevqvmu85r014c7dkba38o0ji5r'], ['w.example', 'k8udemvp1j2f7eg6jebps17vp3n8i58h'],
    ['*.w.example', 'r53bq7cc2uvmubfu5ocmm6pers9tk9en'], ['x.w.example', 'b4um86eghhds6nea196smvmlo4ors995'], ['y.w.example', 'ji6neoaepv8b5o6k4ev33abha8ht9fgc'],
    ['x.y.w.example', '2vptu5timamqttgl4luu9kg21e0aor3s'], ['XX.Example', 't644ebqk9bibcna874givr6joj62mlhv'],
  ])('%s', (text, hash) => {
    expect(formatName(nsec3Owner(nsec3Hash(keyOf(text), salt, 12), name('example')))).toBe(`${hash}.example`)
  })
})

describe('RFC 6605 §6.1 ECDSA P-256', () => {
  const dnskey = rdataOf('DNSKEY', '257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==')
  const rrsig = rdataOf('RRSIG', 'A 13 3 3600 20100909100439 20100812100439 55648 example.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==')

  test('the printed signature is one over the octets that we sign', () => {
    expect(keyTagOf(dnskey)).toBe(55_648)
    const rrset = { name: name('www.example.net'), type: TYPE.A, ttl: 3600, rdata: [rdataOf('A', '192.0.2.1')] }
    const head = rrsigHead(rrset, { apex: name('example.net'), algorithm: 13, keyTag: 55_648 }, { inception: 1_281_607_479, expiration: 1_284_026_679 })
    expect(Buffer.from(head).toString('hex')).toBe(Buffer.from(rrsig.subarray(0, rrsig.length - 64)).toString('hex'))
    const [x, y] = [dnskey.subarray(4, 36), dnskey.subarray(36)].map((part) => Buffer.from(part).toString('base64url'))
    const key = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: x as string, y: y as string } })
    expect(verify('sha256', signedOctets(head, rrset), { key, dsaEncoding: 'ieee-p1363' }, rrsig.subarray(rrsig.length - 64))).toBe(true)
  })
})

describe('RFC 8080 §6 Ed25519', () => {
  test('the printed key makes the printed signature of what we sign', () => {
    const dnskey = rdataOf('DNSKEY', '257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=')
    const rrsig = rdataOf('RRSIG', 'MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==')
    const secret = Buffer.from('ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=', 'base64')
    const key = createPrivateKey({ format: 'der', type: 'pkcs8', key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), secret]) })
    expect(keyTagOf(dnskey)).toBe(3613)
    expect(createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }).x).toBe(Buffer.from(dnskey.subarray(4)).toString('base64url'))
    const rrset = { name: name('Example.com'), type: TYPE.MX, ttl: 3600, rdata: [rdataOf('MX', '10 Mail.example.com.')] }
    const head = rrsigHead(rrset, { apex: name('example.com'), algorithm: 15, keyTag: 3613 }, { inception: 1_438_207_200, expiration: 1_440_021_600 })
    expect(Buffer.concat([head, sign(null, signedOctets(head, rrset), key)]).toString('hex')).toBe(Buffer.from(rrsig).toString('hex'))
  })
})
