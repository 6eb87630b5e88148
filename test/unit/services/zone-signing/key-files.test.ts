/** Keys as dnssec-keygen (BIND 9.18) wrote them: read, written again, and their DS records as dnssec-dsfromkey prints them. */
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dnskeyRdata, dsRdata, keyTagOf } from '../../../../services/dns/rollover/dnskey.ts'
import { formatRdata } from '../../../../services/dns/wire/rdata.ts'
import { name } from '../../../../services/dns/wire/name.ts'
import { TYPE } from '../../../../services/dns/wire/type-names.ts'
import { formatDnskey, formatPrivateKeyFile, parsePrivateKeyFile, readPublicKeyFile, type PrivateKey } from '../../../../services/zone-signing/key-files.ts'
import { fromPkcs8, makeKeyPair, publicKeyOf, signerOf, toPkcs8 } from '../../../../services/zone-signing/key-pair.ts'

const fixture = (which: string): { readonly privateKey: string; readonly publicKey: string } => {
  const read = (end: string): string => readFileSync(new URL(`../../../fixtures/dnssec/Klab.internal.${which}.${end}`, import.meta.url), 'utf8')
  return { privateKey: read('private'), publicKey: read('key') }
}
function keyOf(text: string): PrivateKey {
  const read = parsePrivateKeyFile(text)
  if (!read.ok) throw new Error(read.error.problem)
  return read.value
}
const refusalOf = (result: ReturnType<typeof parsePrivateKeyFile> | ReturnType<typeof readPublicKeyFile>): string =>
  result.ok ? 'done' : `${result.error.field}: ${result.error.problem}`

const CSK = fixture('13-43768')

describe('files of dnssec-keygen', () => {
  test.each([
    ['13-43768', 'ksk', 'BD386E8980D1C5DF6A5C690BED7AEF91A121B94EC2209FA094CBD42D7E03E8EC', 'F61848B7966A292B303808144CCE85C27BA74DFD0322DDFF2D9465711CE5A09D3F1BDAD22FFF9C9E553FCF4779F8EFEB'],
    ['15-17729', 'zsk', '41865D07E1A2BA439DEF4B7D6A2B04BB0E7380E13ECB9A3F77208FB407DE6843', 'CF03950FBC7585C1E3C188B3DCF6CB2D331B650304CB65A042D3A6111BCE9AFD002D8D76FF36D1DC568C746EA0862246'],
    ['8-64353', 'zsk', 'EAB336B6A8F0097F2C11F34AF96D27B2ED4D6477453402BA27DBDE4024BE4B4B', '017B7AE71D10E90B5CFE82EF27AC17B230CD8E7093873F7FBC86374CEDBF5D1975DE2ACAA72EEE8E25F4CDE4D78249D6'],
  ] as const)('%s: role, tag, DNSKEY and DS records are the same', (which, role, sha256, sha384) => {
    const files = fixture(which)
    const key = keyOf(files.privateKey)
    expect(readPublicKeyFile(files.publicKey, 'lab.internal', key)).toEqual({ ok: true, value: role })
    const rdata = dnskeyRdata(role, key.algorithm, publicKeyOf(key.key, key.algorithm))
    expect(`${key.algorithm}-${keyTagOf(rdata)}`).toBe(which)
    const squeezed = (text: string): string => text.replaceAll(/\s/g, '')
    expect(squeezed(files.publicKey)).toContain(squeezed(formatRdata(TYPE.DNSKEY, rdata)))
    const ds = (digest: 2 | 4): string => formatRdata(TYPE.DS, dsRdata(name('lab.internal'), rdata, digest))
    expect([ds(2), ds(4)]).toEqual([`${keyTagOf(rdata)} ${key.algorithm} 2 ${sha256}`, `${keyTagOf(rdata)} ${key.algorithm} 4 ${sha384}`])
  })

  test.each(['13-43768', '15-17729', '8-64353'])('%s: written again it has the same lines', (which) => {
    const text = fixture(which).privateKey
    const kept = text.split('\n').filter((line) => !/^(Created|Publish|Activate)/.test(line))
    expect(formatPrivateKeyFile(keyOf(text)).split('\n')).toEqual(kept)
  })

  test('a line of ours is read as well, and so is the data alone', () => {
    const key = keyOf(CSK.privateKey)
    const rdata = dnskeyRdata('csk', 13, publicKeyOf(key.key, 13))
    for (const text of [formatDnskey('lab.internal', 300, rdata), formatRdata(TYPE.DNSKEY, rdata), `lab.internal. 5 DNSKEY ${formatRdata(TYPE.DNSKEY, rdata)}`])
      expect(readPublicKeyFile(text, 'lab.internal', key)).toEqual({ ok: true, value: 'ksk' })
  })

  test.each([
    ['nothing', '', '/privateKey: it is no private key file: no line "Private-key-format: v1.…"'],
    ['an algorithm that is not signed with', CSK.privateKey.replace('13 (ECDSAP256SHA256)', '5 (RSASHA1)'), '/privateKey: its algorithm is 5 (RSASHA1)'],
    ['no algorithm', CSK.privateKey.replace(/Algorithm.*\n/, ''), '/privateKey: its algorithm is missing'],
    ['a number that is cut off', CSK.privateKey.replace('907M8', ''), '/privateKey: its numbers make no key of that algorithm'],
    ['a number that the curve has not', CSK.privateKey.replace(/PrivateKey: .*/, `PrivateKey: ${Buffer.alloc(32, 255).toString('base64')}`), '/privateKey: its numbers make no key of that algorithm'],
    ['no prime', fixture('8-64353').privateKey.replace(/Prime1: .*/, ''), '/privateKey: its numbers make no key of that algorithm'],
  ])('refused as a private key: %s', (_what, text, problem) => {
    expect(refusalOf(parsePrivateKeyFile(text))).toBe(problem)
  })

  test.each([
    ['of another zone', CSK.publicKey.replaceAll('lab.internal', 'home.arpa'), '/publicKey: the key belongs to home.arpa'],
    ['of another key', fixture('15-17729').publicKey, '/publicKey: it is the public half of another key'],
    ['revoked', CSK.publicKey.replace('257 3', '385 3'), '/publicKey: it is no DNSKEY record with the flags 256 or 257'],
    ['no record', '; nothing', '/publicKey: it is no DNSKEY record with the flags 256 or 257'],
    ['another type', 'lab.internal. IN A 10.53.0.1', '/publicKey: it is no DNSKEY record with the flags 256 or 257'],
  ])('refused as its public half: %s', (_what, text, problem) => {
    expect(refusalOf(readPublicKeyFile(text, 'lab.internal', keyOf(CSK.privateKey)))).toBe(problem)
  })
})

describe('signatures', () => {
  test.each([[8, 256, 'sha256'], [13, 64, 'sha256'], [15, 64, null]] as const)('of algorithm %i have %i octets and verify, at once and later', async (algorithm, octets, hash) => {
    const key = await makeKeyPair(algorithm)
    const data = Buffer.from('what is signed')
    const signer = signerOf(fromPkcs8(toPkcs8(key)), algorithm)
    const later = await new Promise<Uint8Array>((resolve) => signer.signLater(data, resolve))
    for (const signature of [signer.sign(data), later]) {
      expect(signature).toHaveLength(octets)
      expect(verify(hash, data, { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
    }
  })
})
