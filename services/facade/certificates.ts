/** The certificate that the TLS servers show: DNS over TLS, DNS over HTTPS, and the API by https. */
import type { Answer } from './common.ts'

export type CertificateView = {
  /** Made by the appliance's own authority, given over the API, or read from files that the settings name. */
  readonly origin: 'made' | 'given' | 'files'
  readonly names: readonly string[]
  readonly addresses: readonly string[]
  readonly issuer: string
  readonly validFrom: string
  readonly validUntil: string
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  /** SHA-256 of the public key, base64, as clients pin it (RFC 7858 §4.2). */
  readonly pin: string
}

/** PEM. The key never comes back. */
export type CertificateInput = { readonly certificate: string; readonly key: string }

export type AuthorityView = {
  readonly name: string
  /** PEM. */
  readonly certificate: string
  readonly fingerprint: string
  readonly validUntil: string
  /** Names and networks that it may vouch for. */
  readonly scope: readonly string[]
}

export interface CertificateServices {
  certificate(): Answer<CertificateView>
  giveCertificate(input: CertificateInput): Answer<CertificateView>
  takeCertificateBack(): Answer<CertificateView>
  renewCertificate(): Answer<CertificateView>
  authority(): Answer<AuthorityView>
}
