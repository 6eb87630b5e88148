/** Events of the certificates that the appliance's TLS servers show. */
import type { EventTable } from '../events/event.ts'

export const CERTIFICATE_EVENTS = {
  'certificate.authority-made': {
    level: 'info',
    says: 'a new authority, {name}, vouches for {scope}: {because}',
    means: 'Clients that check whom they speak to by TLS trust the appliance once they trust this authority; it can vouch for nobody else.',
    remedy: 'Give clients the authority’s certificate: taproot certificate authority, or /ca.crt of the API.',
  },
  'certificate.made': {
    level: 'info',
    says: 'a new certificate for {names} until {until}: {because}',
    means: 'The appliance made its TLS servers a certificate. Connections that are open go on.',
  },
  'certificate.given': {
    level: 'info',
    says: 'the TLS servers show a given certificate for {names} until {until}',
    means: 'It counts for connections that begin from now on.',
  },
  'certificate.unusable': {
    level: 'error',
    says: 'the given certificate cannot be used, so the one of the own authority is shown: {problem}',
    means: 'Clients that do not trust that authority refuse to speak to the appliance by TLS.',
    remedy: 'See to the files that --tls-certificate and --tls-key name, or give the certificate again.',
  },
} as const satisfies EventTable
