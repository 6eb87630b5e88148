/** Keys and DS records as the RFCs have them in their examples. */
import { describe, expect, test } from 'vitest'
import { dnskeyRdata, dsRdata, isSamePublicKey, keyTagOf, roleOf } from '../../../services/dns/rollover/dnskey.ts'
import { ABSOLUTE, name } from '../../../services/dns/wire/name.ts'
import { formatRdata, parseRdataText } from '../../../services/dns/wire/rdata.ts'
import { TYPE } from '../../../services/dns/wire/type-names.ts'
import { parsePrivateKeyFile } from '../../../services/zone-signing/key-files.ts'
import { publicKeyOf } from '../../../services/zone-signing/key-pair.ts'

function rdataOf(text: string): Uint8Array {
  const rdata = parseRdataText(TYPE.DNSKEY, text, ABSOLUTE)
  if (!rdata.ok) throw new Error(text)
  return rdata.value
}
const DSKEY = rdataOf('256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==')

describe('RFC 4034 §2.1 and §5.4 the key of dskey.example.com', () => {
  test('has the tag 60485, and is a zone key without the secure entry point', () => expect([keyTagOf(DSKEY), roleOf(DSKEY)]).toEqual([60_485, 'zsk']))
  test('is the same key with other flags', () => expect(isSamePublicKey(DSKEY, Uint8Array.from([1, 1, ...DSKEY.subarray(2)]))).toBe(true))
  test('RFC 4034 §2.1.2: with another protocol it is none', () => expect(roleOf(Uint8Array.from([1, 0, 4, ...DSKEY.subarray(3)]))).toBeUndefined())
  test('RFC 5011 §2.1: a revoked one is none to sign with', () => expect(roleOf(Uint8Array.from([1, 0x81, ...DSKEY.subarray(2)]))).toBeUndefined())
})

describe('RFC 4509 §2.3 its DS record with SHA-256', () => {
  test('is the one there', () =>
    expect(formatRdata(TYPE.DS, dsRdata(name('dskey.example.com'), DSKEY, 2))).toBe('60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A'))
})

describe.each([
  [
    'RFC 6605 §6.1 example.net with ECDSA P-256', 13, 'example.net', '13 (ECDSAP256SHA256)', 'GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=',
    '257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==',
    '55648 13 2 B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17',
  ],
  [
    'RFC 8080 §6.1 example.com with Ed25519', 15, 'example.com', '15 (ED25519)', 'ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=',
    '257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=',
    '3613 15 2 3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B',
  ],
] as const)('%s', (_where, algorithm, zone, algorithmText, privateKey, dnskey, ds) => {
  test('the private key gives the DNSKEY and the DS record there', () => {
    const read = parsePrivateKeyFile(`Private-key-format: v1.2\nAlgorithm: ${algorithmText}\nPrivateKey: ${privateKey}\n`)
    if (!read.ok) throw new Error(read.error.problem)
    const rdata = dnskeyRdata('csk', algorithm, publicKeyOf(read.value.key, algorithm))
    expect(formatRdata(TYPE.DNSKEY, rdata)).toBe(dnskey)
    expect(formatRdata(TYPE.DS, dsRdata(name(zone), rdata, 2))).toBe(ds)
  })
})
