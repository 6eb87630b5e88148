/** The TLS servers' certificate in memory, for tests of the admin API and the command line. */
import type { Answer, AuthorityView, CertificateInput, CertificateServices, CertificateView } from '../../services/index.ts'
import { refusal } from '../../services/index.ts'
import { err, ok } from '../../stack/platform/index.ts'

const MADE: CertificateView = {
  origin: 'made',
  names: ['taproot.lab.internal'],
  addresses: ['10.53.0.2'],
  issuer: 'CN=Taproot authority 1f2e3d4c',
  validFrom: '2026-11-21T03:11:00.000Z',
  validUntil: '2027-02-20T03:11:00.000Z',
  fingerprint: 'ab'.repeat(32),
  pin: 'Rkj1cLoOLrBYfXjX0nhkQyMTBLRhZsPUqIlOxNH6Pjs=',
}

export class FakeCertificates implements CertificateServices {
  shown: CertificateView = MADE

  async certificate(): Answer<CertificateView> {
    return ok(this.shown)
  }

  async giveCertificate({ key }: CertificateInput): Answer<CertificateView> {
    if (!key.includes('PRIVATE KEY')) return err(refusal('invalid', '/key', 'the private key cannot be read', 'give PEM'))
    this.shown = { ...MADE, origin: 'given', issuer: 'CN=Somebody' }
    return ok(this.shown)
  }

  async takeCertificateBack(): Answer<CertificateView> {
    this.shown = MADE
    return ok(this.shown)
  }

  async renewCertificate(): Answer<CertificateView> {
    if (this.shown.origin !== 'made') return err(refusal('conflict', '', 'a given certificate is shown', 'give a new one'))
    return ok(this.shown)
  }

  async authority(): Answer<AuthorityView> {
    return ok({
      name: 'Taproot authority 1f2e3d4c', certificate: '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
      fingerprint: 'cd'.repeat(32), validUntil: '2036-11-22T03:11:00.000Z', scope: ['lab.internal', '10.0.0.0/8'],
    })
  }
}
