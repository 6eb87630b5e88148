/** The TLS servers' certificate, as people see it and change it. It belongs to the main thread and to no other. */
import { formatIpv4, formatPrefix } from '../../stack/index.ts'
import { ok, type Result } from '../../stack/platform/index.ts'
import type { Certificates, Shown } from '../certificates/certificates.ts'
import type { Answer, AuthorityView, CertificateInput, CertificateServices, CertificateView, HealthView } from '../facade.ts'
import type { Refusal } from '../model/index.ts'
import { timeText } from '../views.ts'

/** Of a certificate that somebody else must replace. */
const WARN_MS = 14 * 86_400_000

export type ApplianceCertificatesOptions = {
  readonly certificates: Certificates
}

export class ApplianceCertificates implements CertificateServices {
  readonly #certificates: Certificates

  constructor(options: ApplianceCertificatesOptions) {
    this.#certificates = options.certificates
  }

  async certificate(): Answer<CertificateView> {
    return ok(viewOf(this.#certificates.shown))
  }

  async giveCertificate(input: CertificateInput): Answer<CertificateView> {
    return viewed(this.#certificates.give(input))
  }

  async takeCertificateBack(): Answer<CertificateView> {
    return viewed(this.#certificates.takeBack())
  }

  async renewCertificate(): Answer<CertificateView> {
    return viewed(this.#certificates.renew())
  }

  async authority(): Answer<AuthorityView> {
    const { certificate, facts, scope } = this.#certificates.authority
    return ok({
      name: facts.subject.replace('CN=', ''), certificate, fingerprint: facts.fingerprint, validUntil: timeText(facts.untilMs),
      scope: [...scope.domains, ...scope.prefixes.map(formatPrefix)],
    })
  }
}

/** What health says of it. `nowMs`: since 1970. */
export function certificateCheck({ shown }: Certificates, nowMs: number): HealthView['checks'][number] {
  const { origin, facts } = shown
  const ends = timeText(facts.untilMs)
  const soon = origin !== 'made' && facts.untilMs - nowMs < WARN_MS
  return { name: 'certificate', status: soon ? 'degraded' : 'ok', detail: soon ? `the ${origin === 'given' ? 'given certificate' : 'certificate of the settings'} ends ${ends}` : `good until ${ends}` }
}

const viewed = (shown: Result<Shown, Refusal>): Result<CertificateView, Refusal> => (shown.ok ? ok(viewOf(shown.value)) : shown)

const viewOf = ({ origin, facts }: Shown): CertificateView => ({
  origin,
  names: facts.names,
  addresses: facts.addresses.map(formatIpv4),
  issuer: facts.issuer,
  validFrom: timeText(facts.fromMs),
  validUntil: timeText(facts.untilMs),
  fingerprint: facts.fingerprint,
  pin: facts.pin,
})
