/** The certificate that is shown: made at first, renewed in time, given, taken back; what lies on disk, and for whom. */
import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ApplianceCertificates, certificateCheck } from '../../../../services/administration/certificate-services.ts'
import { type CertificateEvent, Certificates, type CertificatesOptions } from '../../../../services/certificates/certificates.ts'
import { type KeyPair, makeAuthority, makeServer } from '../../../../services/certificates/x509.ts'
import { formatIpv4, type Ipv4, parseIpv4, parsePrefix, type Prefix } from '../../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../../stack/platform/index.ts'
import { temporaryDirectory } from '../../../support/data-directory.ts'
import { done, refused } from '../../../support/running-appliance.ts'

const DAY_MS = 86_400_000
const ip = (text: string): Ipv4 => parseIpv4(text) as Ipv4
const net = (text: string): Prefix => parsePrefix(text) as Prefix
const random = new SeededSecureRandom(1)

class Office {
  readonly directory = temporaryDirectory()
  readonly clock = new VirtualClock()
  readonly said: CertificateEvent[] = []
  readonly shown: KeyPair[] = []

  open(options: Partial<CertificatesOptions> = {}): Certificates {
    const certificates = new Certificates({
      directory: this.directory, clock: this.clock, random, domain: 'lab.internal', address: ip('10.53.0.2'),
      prefix: net('10.53.0.0/24'), files: undefined, say: (event) => void this.said.push(event), ...options,
    })
    certificates.onChange = (pair) => void this.shown.push(pair)
    return certificates
  }

  /** What was said since the last time: the end of the id, and why. */
  news(): readonly string[] {
    return this.said.splice(0).map(({ event, facts }) => `${event.replace('certificate.', '')}${'because' in facts ? `: ${facts.because}` : ''}`)
  }

  later(days: number): void {
    this.clock.advance(days * DAY_MS)
  }

  foreign(days?: number, names?: readonly string[]): KeyPair {
    return foreign(days, names, this.clock.wallMs())
  }
}

/** A pair by somebody else. */
function foreign(days = 90, names: readonly string[] = ['dns.example'], now = new VirtualClock().wallMs()): KeyPair {
  const validity = { fromMs: now - DAY_MS, untilMs: now + days * DAY_MS }
  return makeServer(makeAuthority({ domains: ['example'], prefixes: [] }, validity, random), names, [], validity, random)
}

const hosts = ({ shown: { facts } }: Certificates): string => [...facts.names, ...facts.addresses.map(formatIpv4)].join(' ')

describe('without a given one', () => {
  test('the first start makes an authority and a certificate by it, for the name and the address', () => {
    const office = new Office()
    const certificates = office.open()
    expect([certificates.shown.origin, hosts(certificates)]).toEqual(['made', 'taproot.lab.internal 10.53.0.2'])
    expect(office.news()).toEqual(['authority-made: there was none', 'made: there was none'])
    expect(certificates.shown.pair.certificate.endsWith(certificates.authority.certificate)).toBe(true)
  })

  test('everything on disk is its owner’s alone', () => {
    const office = new Office()
    office.open()
    const tls = join(office.directory, 'tls')
    const modes = [tls, ...readdirSync(tls).sort().map((name) => join(tls, name))].map((path) => (statSync(path).mode & 0o777).toString(8))
    expect(modes).toEqual(['700', '600', '600'])
  })

  test('the next start shows the same', () => {
    const office = new Office()
    const before = office.open().shown
    office.news()
    expect([office.open().shown.facts.fingerprint, office.news()]).toEqual([before.facts.fingerprint, []])
  })

  test('it is renewed when a third of its time is left, and the authority stays', () => {
    const office = new Office()
    const certificates = office.open()
    const { fingerprint } = certificates.authority.facts
    office.news()
    office.later(59)
    certificates.check()
    expect([office.news(), office.shown.length]).toEqual([[], 0])
    office.later(2)
    certificates.check()
    expect([office.news(), office.shown.length]).toEqual([['made: the one before ends soon'], 1])
    expect(certificates.authority.facts.fingerprint).toBe(fingerprint)
  })

  test('an appliance that slept longer than its certificate wakes with a new one', () => {
    const office = new Office()
    office.open()
    office.later(200)
    office.news()
    const certificates = office.open()
    expect(certificates.shown.facts.untilMs).toBeGreaterThan(office.clock.wallMs() + 89 * DAY_MS)
    expect(office.news()).toEqual([expect.stringMatching(/^made: the certificate ended /)])
  })

  test('the authority is made anew before it ends', () => {
    const office = new Office()
    office.open()
    office.later(3650 - 80)
    office.news()
    office.open()
    expect(office.news()).toEqual(['authority-made: the one before ends soon', 'made: by the new authority'])
  })

  test('an authority of the future stays: the clock is wrong', () => {
    const office = new Office()
    office.open()
    office.news()
    const past = new VirtualClock(Date.UTC(1970, 0, 2))
    office.open({ clock: past })
    expect(office.news()).toEqual([expect.stringMatching(/^made: the certificate begins /)])
  })

  test('further addresses come into it, as far as the authority may vouch for them', () => {
    const office = new Office()
    const certificates = office.open()
    certificates.check([ip('10.53.0.2'), ip('10.54.0.2'), ip('192.0.2.1')])
    expect(hosts(certificates)).toBe('taproot.lab.internal 10.53.0.2 10.54.0.2')
    office.news()
    certificates.check([ip('10.53.0.2')])
    expect([hosts(certificates), office.news()]).toEqual(['taproot.lab.internal 10.53.0.2 10.54.0.2', []])
  })

  test('another domain needs another authority, which may vouch for that alone', () => {
    const office = new Office()
    office.open()
    office.news()
    const certificates = office.open({ domain: 'home.arpa' })
    expect(office.news()).toEqual(['authority-made: the appliance’s domain or network has changed', 'made: by the new authority'])
    expect(certificates.authority.scope.domains).toEqual(['home.arpa'])
  })

  test('a network of public addresses is in the authority’s scope', () => {
    const certificates = new Office().open({ address: ip('192.0.2.2'), prefix: net('192.0.2.0/24') })
    expect([hosts(certificates), certificates.authority.scope.prefixes.length]).toEqual(['taproot.lab.internal 192.0.2.2', 5])
  })

  test('without a domain it is for the address', () => {
    expect(hosts(new Office().open({ domain: undefined }))).toBe('10.53.0.2')
  })

  test('a torn file is made anew', () => {
    const office = new Office()
    office.open()
    office.news()
    writeFileSync(join(office.directory, 'tls/server.pem'), '-----BEGIN')
    office.open()
    expect(office.news()).toEqual(['made: there is no certificate with its key in it'])
  })
})

describe('over the API', () => {
  test('a given one is shown, over restarts too, until it is taken back', async () => {
    const office = new Office()
    const certificates = office.open()
    const services = new ApplianceCertificates({ certificates })
    const given = office.foreign()
    expect(await done(services.giveCertificate(given))).toMatchObject({ origin: 'given', names: ['dns.example'] })
    expect(office.shown.at(-1)).toEqual(given)
    expect(await done(new ApplianceCertificates({ certificates: office.open() }).certificate())).toMatchObject({ origin: 'given' })
    expect(await refused(services.renewCertificate())).toMatch(/^conflict : a given certificate is shown/)
    expect(await done(services.takeCertificateBack())).toMatchObject({ origin: 'made' })
    expect(office.open().shown.origin).toBe('made')
  })

  test('no view has a key', async () => {
    const services = new ApplianceCertificates({ certificates: new Office().open() })
    const views = JSON.stringify([await services.certificate(), await services.authority(), await services.renewCertificate()])
    expect(views).not.toContain('PRIVATE KEY')
  })

  test('renewing makes another with another key', async () => {
    const services = new ApplianceCertificates({ certificates: new Office().open() })
    const before = await done(services.certificate())
    const after = await done(services.renewCertificate())
    expect([after.pin === before.pin, after.fingerprint === before.fingerprint]).toEqual([false, false])
  })

  const rsa = (bits: number): string => generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const good = foreign()
  const other = foreign()
  test.each<[string, KeyPair, string]>([
    ['no PEM', { certificate: 'hello', key: good.key }, '/certificate: there is no certificate in it'],
    ['a certificate that is none', { certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', key: good.key }, '/certificate: certificate 1 cannot be read'],
    ['no key', { certificate: good.certificate, key: 'hello' }, '/key: the private key cannot be read'],
    ['another key', { certificate: good.certificate, key: other.key }, '/key: the key is not that of the first certificate'],
    ['a key of another kind', { certificate: good.certificate, key: rsa(512) }, '/key: the key is not that of the first certificate'],
    ['a chain with a gap', { certificate: good.certificate + other.certificate, key: good.key }, '/certificate: certificate 3 does not vouch for the one before it'],
    ['one that ended', foreign(-0.5), '/certificate: the certificate ended '],
    ['one for nobody', foreign(90, []), '/certificate: the certificate names no host'],
    ['eleven', { certificate: good.certificate.repeat(6), key: good.key }, '/certificate: it has 12 certificates'],
  ])('%s is refused, and nothing changes', async (_name, pair, problem) => {
    const certificates = new Office().open()
    const before = certificates.shown
    expect(await refused(new ApplianceCertificates({ certificates }).giveCertificate(pair))).toContain(`invalid ${problem}`)
    expect(certificates.shown).toBe(before)
  })
})

describe('with files that the settings name', () => {
  function withFiles(office: Office, pair: KeyPair): CertificatesOptions['files'] {
    const files = { certificate: join(office.directory, 'full.pem'), key: join(office.directory, 'key.pem') }
    writeFileSync(files.certificate, pair.certificate)
    writeFileSync(files.key, pair.key)
    return files
  }

  test('they are shown, and shown anew when they were replaced', () => {
    const office = new Office()
    const certificates = office.open({ files: withFiles(office, office.foreign()) })
    expect([certificates.shown.origin, hosts(certificates)]).toEqual(['files', 'dns.example'])
    withFiles(office, office.foreign(90, ['new.example']))
    office.news()
    certificates.check()
    expect([hosts(certificates), office.shown.length, office.news()]).toEqual(['new.example', 1, ['given']])
    certificates.check()
    expect(office.news()).toEqual([])
  })

  test('the API changes nothing then', async () => {
    const office = new Office()
    const services = new ApplianceCertificates({ certificates: office.open({ files: withFiles(office, office.foreign()) }) })
    expect(await refused(services.giveCertificate(office.foreign()))).toMatch(/^conflict : the settings name the files/)
    expect(await refused(services.takeCertificateBack())).toMatch(/^conflict : the settings name the files/)
  })

  test.each<[string, (office: Office) => CertificatesOptions['files']]>([
    ['that are not there', (office) => ({ certificate: join(office.directory, 'no.pem'), key: join(office.directory, 'no.key') })],
    ['that ended', (office) => withFiles(office, office.foreign(-0.5))],
    ['whose key is another’s', (office) => withFiles(office, { ...office.foreign(), key: office.foreign().key })],
  ])('files %s: our own is shown, and it is said once', (_name, files) => {
    const office = new Office()
    const certificates = office.open({ files: files(office) })
    expect([certificates.shown.origin, office.news()[1]]).toEqual(['made', 'unusable'])
    certificates.check()
    expect(office.news()).toEqual([])
  })
})

test('health warns two weeks before a given one ends', async () => {
  const office = new Office()
  const certificates = office.open()
  await done(new ApplianceCertificates({ certificates }).giveCertificate(office.foreign(20)))
  const status = (): string => certificateCheck(certificates, office.clock.wallMs()).status
  expect(status()).toBe('ok')
  office.later(7)
  expect(status()).toBe('degraded')
})

test('the authority’s file says what it may vouch for', () => {
  const office = new Office()
  office.open()
  expect(readFileSync(join(office.directory, 'tls/authority.pem'), 'utf8').split('\n')[0]).toBe('Vouches for: lab.internal, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16')
})
