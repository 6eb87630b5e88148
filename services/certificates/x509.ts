/**
 * Certificates (X.509 version 3, RFC 5280) that the appliance makes itself: an authority of its own, for people to trust
 * once, and the certificate that its servers show. Keys are P-256, signatures ECDSA with SHA-256, which every TLS library
 * of today knows. Node makes keys and signatures but no certificates, hence the DER.
 *
 *   Certificate ::= SEQUENCE { what is signed, algorithm, signature }
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { type Ipv4, maskOf, type Prefix } from '../../stack/index.ts'
import { put32, type SecureRandom } from '../../stack/platform/index.ts'
import { bitString, explicit, implicit, integer, octetString, oid, pem, sequence, set, time, TRUE, utf8 } from './der.ts'

/** Certificate and private key as PEM. */
export type KeyPair = { readonly certificate: string; readonly key: string }

/** What an authority may vouch for (RFC 5280 §4.2.1.10): whoever trusts it trusts it for no more. */
export type Scope = { readonly domains: readonly string[]; readonly prefixes: readonly Prefix[] }

export type Validity = { readonly fromMs: number; readonly untilMs: number }

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2', commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15', alternativeName: '2.5.29.17', basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30', authorityKeyId: '2.5.29.35', extendedKeyUsage: '2.5.29.37', serverAuth: '1.3.6.1.5.5.7.3.1',
} as const
/** Choices of GeneralName (RFC 5280 §4.2.1.6). */
const DNS_NAME = 2
const IP_ADDRESS = 7
/** Unlike any other by chance; positive and within the 20 octets of RFC 5280 §4.1.2.2. */
const SERIAL_OCTETS = 16
/** RFC 7093 §2 method 1: the first 160 bits of the SHA-256 of the public key. */
const KEY_ID_OCTETS = 20
const KEY_USAGE = { digitalSignature: [0x80, 7], signCertificates: [0x06, 1] } as const

/** An authority that vouches for itself. Its name has part of its key in it, so that those of two appliances differ. */
export function makeAuthority(scope: Scope, validity: Validity, random: SecureRandom): KeyPair {
  const key = newKey()
  const name = authorityName(key)
  const general = [
    ...scope.domains.map((domain) => sequence(implicit(DNS_NAME, Buffer.from(domain)))),
    ...scope.prefixes.map((prefix) => sequence(implicit(IP_ADDRESS, prefixOctets(prefix)))),
  ]
  return signed(key, key, name, name, validity, random, [
    extension(OID.basicConstraints, true, sequence(TRUE, integer(Buffer.from([0])))),
    extension(OID.keyUsage, true, bits(KEY_USAGE.signCertificates)),
    extension(OID.subjectKeyId, false, octetString(keyId(key))),
    extension(OID.nameConstraints, true, sequence(explicit(0, ...general))),
  ])
}

/** A server's certificate for these names and addresses. The authority's stands behind it in the PEM. */
export function makeServer(
  authority: KeyPair, names: readonly string[], addresses: readonly Ipv4[], validity: Validity, random: SecureRandom,
): KeyPair {
  const key = newKey()
  const alternatives = [
    ...names.map((name) => implicit(DNS_NAME, Buffer.from(name))),
    ...addresses.map((address) => implicit(IP_ADDRESS, addressOctets(address))),
  ]
  const made = signed(key, authority.key, authorityName(authority.key), commonName('Taproot'), validity, random, [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, bits(KEY_USAGE.digitalSignature)),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.alternativeName, false, sequence(...alternatives)),
    extension(OID.subjectKeyId, false, octetString(keyId(key))),
    extension(OID.authorityKeyId, false, sequence(implicit(0, keyId(authority.key)))),
  ])
  return { key: made.key, certificate: made.certificate + authority.certificate }
}

const newKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** SubjectPublicKeyInfo. */
const publicDer = (key: string): Uint8Array => createPublicKey(key).export({ type: 'spki', format: 'der' })

/** Of the key's point, which is the last 65 octets of a P-256 SubjectPublicKeyInfo. */
const keyId = (key: string): Uint8Array => createHash('sha256').update(publicDer(key).subarray(-65)).digest().subarray(0, KEY_ID_OCTETS)

const authorityName = (key: string): Uint8Array => commonName(`Taproot authority ${Buffer.from(keyId(key).subarray(0, 4)).toString('hex')}`)

const commonName = (text: string): Uint8Array => sequence(set(sequence(oid(OID.commonName), utf8(text))))

const bits = ([octet, unused]: readonly [number, number]): Uint8Array => bitString(Buffer.from([octet]), unused)

const extension = (id: string, critical: boolean, content: Uint8Array): Uint8Array =>
  sequence(oid(id), ...(critical ? [TRUE] : []), octetString(content))

function addressOctets(address: Ipv4): Uint8Array {
  const octets = new Uint8Array(4)
  put32(octets, 0, address)
  return octets
}
/** RFC 5280 §4.2.1.10: address and mask. */
const prefixOctets = ({ network, length }: Prefix): Uint8Array => Buffer.concat([addressOctets(network), addressOctets(maskOf(length))])

function signed(
  key: string, signer: string, issuer: Uint8Array, subject: Uint8Array, { fromMs, untilMs }: Validity, random: SecureRandom,
  extensions: readonly Uint8Array[],
): KeyPair {
  const serial = new Uint8Array(SERIAL_OCTETS)
  random.fill(serial)
  serial[0] = 0x40 | ((serial[0] as number) & 0x3f)
  const algorithm = sequence(oid(OID.ecdsaWithSha256))
  const content = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    issuer,
    sequence(time(fromMs), time(untilMs)),
    subject,
    publicDer(key),
    explicit(3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, createPrivateKey(signer))
  return { key, certificate: pem('CERTIFICATE', sequence(content, algorithm, bitString(signature))) }
}
