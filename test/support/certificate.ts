/**
 * A self-signed certificate (X.509, RFC 5280 §4.1) made at run time, for tests of TLS: P-256, valid for a day, for
 * the names and IPv4 addresses given. DER by hand, because Node makes keys and signatures, but no certificates.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export type Certificate = { readonly key: string; readonly cert: string }

const DAY_MS = 86_400_000

export function selfSigned(names: readonly string[], addresses: readonly string[], now: Date): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
  const name = sequence(tag(0x31, sequence(oid('550403'), tag(0x0c, Buffer.from(names[0] ?? 'test')))))
  const alternatives = sequence(
    ...names.map((text) => tag(0x82, Buffer.from(text))),
    ...addresses.map((text) => tag(0x87, Buffer.from(text.split('.').map(Number)))),
  )
  const toBeSigned = sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + DAY_MS))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    // basicConstraints CA:TRUE, so that it can be trusted by itself; subjectAltName.
    tag(0xa3, sequence(
      sequence(oid('551d13'), tag(0x01, Buffer.from([255])), tag(0x04, sequence(tag(0x01, Buffer.from([255]))))),
      sequence(oid('551d11'), tag(0x04, alternatives)),
    )),
  )
  const signature = sign('sha256', toBeSigned, privateKey)
  const der = sequence(toBeSigned, ecdsaWithSha256, tag(0x03, Buffer.concat([Buffer.from([0]), signature])))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function tag(number: number, content: Uint8Array): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([number, ...size]), content])
}
const sequence = (...parts: readonly Uint8Array[]): Buffer => tag(0x30, Buffer.concat(parts))
const oid = (hex: string): Buffer => tag(0x06, Buffer.from(hex, 'hex'))
/** UTCTime, YYMMDDHHMMSSZ. */
const time = (at: Date): Buffer => tag(0x17, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\.\d+/g, '').slice(2)}`))
