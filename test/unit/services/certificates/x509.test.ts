/** Certificates of our own making, as the TLS library reads and judges them. */
import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { factsOfPem } from '../../../../services/certificates/key-pair.ts'
import { type KeyPair, makeAuthority, makeServer, type Scope } from '../../../../services/certificates/x509.ts'
import { parseIpv4, parsePrefix } from '../../../../stack/index.ts'
import { SystemClock, SystemRandom } from '../../../../stack/platform/index.ts'
import { tlsVerdict } from '../../../support/tls-pair.ts'

const DAY_MS = 86_400_000
// The TLS library reads the machine's clock.
const now = new SystemClock().wallMs()
const validity = { fromMs: now - DAY_MS, untilMs: now + DAY_MS }
const scope: Scope = { domains: ['lab.internal'], prefixes: [parsePrefix('10.0.0.0/8') ?? fail()] }
const random = new SystemRandom()
const authority = makeAuthority(scope, validity, random)

function fail(): never {
  throw new Error('no prefix')
}
const server = (names: readonly string[], addresses: readonly string[] = [], by: KeyPair = authority): KeyPair =>
  makeServer(by, names, addresses.map((a) => parseIpv4(a) ?? fail()), validity, random)
const first = ({ certificate }: KeyPair): X509Certificate => new X509Certificate(certificate)

describe('RFC 5280 certificates', () => {
  test('§4.1 the fields are read as they were meant', () => {
    const pair = server(['taproot.lab.internal', 'dns.lab.internal'], ['10.53.0.2', '10.54.0.2'])
    expect(factsOfPem(pair.certificate)).toMatchObject({
      subject: 'CN=Taproot', names: ['taproot.lab.internal', 'dns.lab.internal'],
      addresses: [parseIpv4('10.53.0.2'), parseIpv4('10.54.0.2')],
      fromMs: 1000 * Math.floor(validity.fromMs / 1000), untilMs: 1000 * Math.floor(validity.untilMs / 1000),
    })
  })

  test('§4.2.1.9 the authority is one, the server is none', () => {
    expect([first(authority).ca, first(server(['a.lab.internal'])).ca]).toEqual([true, false])
  })

  test('§4.2.1.1, §4.2.1.2 the server’s certificate names the key of the authority', () => {
    const made = first(server(['a.lab.internal']))
    expect([made.checkIssued(first(authority)), made.verify(first(authority).publicKey)]).toEqual([true, true])
  })

  test('§4.1.2.2 serial numbers are positive, long, and differ', () => {
    const serials = [1, 2].map(() => first(server(['a.lab.internal'])).serialNumber)
    expect(serials[0]).not.toBe(serials[1])
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  test('§4.2.1.12 the server’s is for TLS servers', () => {
    expect(first(server(['a.lab.internal'])).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  })

  test('the authorities of two appliances have different names', () => {
    const other = makeAuthority(scope, validity, random)
    expect(first(other).subject).toMatch(/^CN=Taproot authority [0-9a-f]{8}$/)
    expect(first(other).subject).not.toBe(first(authority).subject)
  })
})

describe('a TLS client that trusts the authority', () => {
  const ca = authority.certificate
  test.each([
    ['its name', server(['taproot.lab.internal']), { servername: 'taproot.lab.internal' }, 'trusted'],
    ['its address', server([], ['10.53.0.2']), { host: '10.53.0.2' }, 'trusted'],
    ['another name', server(['taproot.lab.internal']), { servername: 'bank.lab.internal' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['another address', server([], ['10.53.0.2']), { host: '10.53.0.3' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['§4.2.1.10 a name outside of its scope', server(['bank.example']), { servername: 'bank.example' }, 'permitted subtree violation'],
    ['§4.2.1.10 an address outside of its scope', server([], ['192.0.2.1']), { host: '192.0.2.1' }, 'permitted subtree violation'],
    ['another authority’s', server(['taproot.lab.internal'], [], makeAuthority(scope, validity, random)), { servername: 'taproot.lab.internal' }, 'SELF_SIGNED_CERT_IN_CHAIN'],
  ])('%s', async (_name, pair, asked, verdict) => {
    expect(await tlsVerdict(pair, { ca, ...asked })).toBe(verdict)
  })
})
