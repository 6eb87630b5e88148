import type { AuthorityView, CertificateView } from '../../services/index.ts'
import { freeText, list, object, oneOf, time, view, word } from './common.ts'

const FINGERPRINT = '5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8'
const PIN = 'Rkj1cLoOLrBYfXjX0nhkQyMTBLRhZsPUqIlOxNH6Pjs='
/** Ten certificates with large RSA keys. */
const LONGEST_PEM = 40_000
const CERTIFICATE_EXAMPLE = '-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n'
const KEY_EXAMPLE = '-----BEGIN PRIVATE KEY-----\nMIGH…\n-----END PRIVATE KEY-----\n'

export const Certificate = view<CertificateView>()('Certificate', 'The certificate that the TLS servers show.', {
  origin: oneOf(['made', 'given', 'files'], 'made: by the appliance’s own authority; given: over the API; files: those that the settings name.'),
  names: list(word('A name.', 'taproot.lab.internal'), 'Names that it is good for.'),
  addresses: list(word('An address.', '10.53.0.2'), 'Addresses that it is good for.'),
  issuer: word('Who vouches for it.', 'CN=Taproot authority 1f2e3d4c'),
  validFrom: time('From when on it is good.'),
  validUntil: time('Until when.'),
  fingerprint: word('SHA-256 of the certificate.', FINGERPRINT),
  pin: word('SHA-256 of its public key, base64, for clients that pin it (RFC 7858 §4.2).', PIN),
})
export const CertificateInput = object('CertificateInput', 'A certificate with its key. The key is never shown again.', {
  certificate: freeText(LONGEST_PEM, 'PEM: the server’s own first, then those that vouch for it.', CERTIFICATE_EXAMPLE),
  key: freeText(LONGEST_PEM, 'PEM, without a passphrase.', KEY_EXAMPLE),
})
export const Authority = view<AuthorityView>()('Authority', 'The appliance’s own authority: who trusts it can check the certificates by it.', {
  name: word('Its name.', 'Taproot authority 1f2e3d4c'),
  certificate: word('PEM.', CERTIFICATE_EXAMPLE),
  fingerprint: word('SHA-256 of it, to compare.', FINGERPRINT),
  validUntil: time('Until when it is good.'),
  scope: list(word('A domain or a network.', 'lab.internal'), 'It may vouch for names and addresses in these and for no others.'),
})
