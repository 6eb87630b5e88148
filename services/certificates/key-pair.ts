/** Reading and judging a certificate with its key, whoever made them: PEM in (RFC 7468), facts or a named fault out. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Ipv4, parseIpv4 } from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { refusal, type Refusal } from '../model/index.ts'
import type { KeyPair } from './x509.ts'

export type CertificateFacts = {
  readonly subject: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly addresses: readonly Ipv4[]
  readonly fromMs: number
  readonly untilMs: number
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  /** SHA-256 of the public key, base64: what clients pin (RFC 7858 §4.2). */
  readonly pin: string
}

/** Longer chains are nobody's. */
const MOST_CERTIFICATES = 10
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g

/** The pair in one PEM text, in any order; undefined when there is no key or no certificate in it. */
export function splitPem(text: string): KeyPair | undefined {
  const blocks = [...text.matchAll(BLOCK)]
  const key = blocks.find(([, label]) => label?.endsWith('PRIVATE KEY'))?.[0]
  const certificates = blocks.filter(([, label]) => label === 'CERTIFICATE').map(([block]) => `${block}\n`)
  return key === undefined || certificates.length === 0 ? undefined : { key: `${key}\n`, certificate: certificates.join('') }
}

/** A server's pair: the certificate of the key comes first, each is vouched for by the next, and it is good at `nowMs`. */
export function readPair({ certificate, key }: KeyPair, nowMs: number): Result<CertificateFacts, Refusal> {
  const chain = readChain(certificate)
  if (!chain.ok) return chain
  const [leaf] = chain.value as [X509Certificate, ...X509Certificate[]]
  const secret = readKey(key)
  if (!secret.ok) return secret
  if (!leaf.checkPrivateKey(secret.value))
    return err(refusal('invalid', '/key', 'the key is not that of the first certificate', 'give the key that the certificate was asked for with'))
  const facts = factsOf(leaf)
  if (facts.untilMs <= nowMs)
    return err(refusal('invalid', '/certificate', `the certificate ended ${leaf.validToDate.toISOString()}`, 'give one that is still good'))
  if (facts.fromMs > nowMs)
    return err(refusal('invalid', '/certificate', `the certificate begins ${leaf.validFromDate.toISOString()}`, 'give one that is good already, or set the clock'))
  if (facts.names.length + facts.addresses.length === 0)
    return err(refusal('invalid', '/certificate', 'the certificate names no host (subjectAltName)', 'clients would refuse it (RFC 9525 §6.3): ask for one with the names that they use'))
  return ok(facts)
}

function readChain(text: string): Result<readonly X509Certificate[], Refusal> {
  const bad = (problem: string, remedy: string) => err(refusal('invalid', '/certificate', problem, remedy))
  const blocks = [...text.matchAll(BLOCK)].filter(([, label]) => label === 'CERTIFICATE').map(([block]) => block)
  if (blocks.length === 0) return bad('there is no certificate in it', 'give PEM: lines that begin with -----BEGIN CERTIFICATE-----')
  if (blocks.length > MOST_CERTIFICATES) return bad(`it has ${blocks.length} certificates`, 'give the server’s own and those between it and the authority')
  const chain: X509Certificate[] = []
  for (const block of blocks) {
    try {
      chain.push(new X509Certificate(block))
    } catch {
      return bad(`certificate ${chain.length + 1} cannot be read`, 'give PEM as the authority sent it')
    }
  }
  const gap = chain.findIndex((each, i) => i > 0 && chain[i - 1]?.checkIssued(each) !== true)
  if (gap > 0) return bad(`certificate ${gap + 1} does not vouch for the one before it`, 'put the server’s own first, then each authority after the one that it vouches for')
  return ok(chain)
}

function readKey(text: string): Result<KeyObject, Refusal> {
  try {
    return ok(createPrivateKey(text))
  } catch {
    return err(refusal('invalid', '/key', 'the private key cannot be read', 'give PEM without a passphrase: lines that begin with -----BEGIN PRIVATE KEY-----'))
  }
}

/** What the first certificate of a PEM text says. Throws when there is none. */
export const factsOfPem = (certificate: string): CertificateFacts => factsOf(new X509Certificate(certificate))

function factsOf(certificate: X509Certificate): CertificateFacts {
  const alternatives = (certificate.subjectAltName ?? '').split(', ')
  const after = (prefix: string): readonly string[] => alternatives.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length))
  return {
    subject: certificate.subject?.replaceAll('\n', ', ') ?? '',
    issuer: certificate.issuer?.replaceAll('\n', ', ') ?? '',
    names: after('DNS:'),
    addresses: after('IP Address:').flatMap((text) => parseIpv4(text) ?? []),
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    pin: createHash('sha256').update(certificate.publicKey.export({ type: 'spki', format: 'der' })).digest('base64'),
  }
}
