/** Keys of the three algorithms for DNSSEC tests, made by node:crypto from fixed private keys or anew. */
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { parseMessage } from '../../services/dns/wire/message.ts'
import { name } from '../../services/dns/wire/name.ts'
import { CLIENT, queryBytes } from './dns.ts'
import type { Bench } from './dns.ts'
import { labelsOf, verdictOn } from './dnssec-verify.ts'
import type { Verdict } from './dnssec-verify.ts'
import type { SigningAlgorithm, SigningKey, ZoneSigning } from '../../services/dns/index.ts'

const HASHES = { 8: 'sha256', 13: 'sha256', 15: null } as const

/** The public part as a DNSKEY record has it: RFC 3110 §2, RFC 6605 §4, RFC 8080 §3. */
function publicOctets(key: KeyObject, algorithm: SigningAlgorithm): Uint8Array {
  const jwk = createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' })
  const part = (text: string | undefined): Uint8Array => Buffer.from(text ?? '', 'base64url')
  if (algorithm === 15) return part(jwk.x)
  if (algorithm === 13) return Buffer.concat([part(jwk.x), part(jwk.y)])
  return Buffer.concat([Uint8Array.of(part(jwk.e).length), part(jwk.e), part(jwk.n)])
}

/** RFC 4034 appendix B, from its text. */
export function keyTagOf(dnskey: Uint8Array): number {
  let sum = 0
  dnskey.forEach((octet, i) => (sum += (i & 1) === 1 ? octet : octet << 8))
  return (sum + (sum >>> 16)) & 0xffff
}

const made = new Map<string, KeyObject>()

/** One key pair for each algorithm and number: making them is slow. */
export function keyPair(algorithm: SigningAlgorithm, which = 0): KeyObject {
  const known = made.get(`${algorithm} ${which}`)
  if (known !== undefined) return known
  const { privateKey } = algorithm === 8
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : algorithm === 13 ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  made.set(`${algorithm} ${which}`, privateKey)
  return privateKey
}

export function signingKey(
  algorithm: SigningAlgorithm = 13, shape: Partial<Omit<SigningKey, 'sign' | 'signLater'>> & { readonly flags?: number } = {}, pair = keyPair(algorithm),
): SigningKey {
  const flags = shape.flags ?? 257
  const dnskey = Uint8Array.from([flags >> 8, flags & 255, 3, algorithm, ...publicOctets(pair, algorithm)])
  const octetsSigned = (octets: Uint8Array): Uint8Array =>
    sign(HASHES[algorithm], octets, { key: pair, dsaEncoding: 'ieee-p1363' })
  return {
    id: 1, dnskey, keyTag: keyTagOf(dnskey), algorithm, published: true, signsKeys: true, signsZone: true,
    sign: octetsSigned, signLater: (octets, done) => done(octetsSigned(octets)), ...shape,
  }
}

export const signingOf = (shape: Partial<ZoneSigning> = {}): ZoneSigning => ({
  keys: [signingKey()], denial: 'nsec', nsec3: { iterations: 0, salt: new Uint8Array(0), optOut: false },
  validitySeconds: 14 * 86_400, refreshSeconds: 4 * 86_400, jitterSeconds: 0, inceptionOffsetSeconds: 3600,
  cds: [], cdnskey: [], dnskeyTtl: 3600, ...shape,
})

/** What a validator that knows the zone's keys, and whose clock is late by so much, makes of an answer to this question with DO. */
export function verdict(bench: Bench, zoneName: string, signing: ZoneSigning, question: string, lateSeconds = 0): Verdict {
  const [text, type] = question.split(' ') as [string, string]
  const bytes = queryBytes(text, type, { flags: 0, edns: { dnssecOk: true, size: 4096 } })
  const into = new Uint8Array(65_535)
  const length = bench.server.receiveStream(bytes, 0, bytes.length, into, 0, CLIENT, () => {
    throw new Error('the answer is to come later')
  })
  const message = parseMessage(into, 0, length)
  if (!message.ok) throw new Error(`malformed response: ${message.error}`)
  const keys = signing.keys.map((key) => key.dnskey)
  return verdictOn(message.value, { apex: labelsOf(name(zoneName)), keys, seconds: Math.floor(bench.clock.wallMs() / 1000) - lateSeconds })
}
