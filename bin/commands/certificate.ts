/** The certificate of the TLS servers, and the authority that people may trust. */
import { readFileSync } from 'node:fs'
import type { AuthorityView, CertificateView } from '../../services/index.ts'
import { type Command, type Invocation, NotDone, UsageError } from './command.ts'
import { printable, printDone, printJson, shortTime } from './print.ts'

const bare = { operands: '', fewest: 0, most: 0, options: {} } as const

function print({ terminal, json }: Invocation, certificate: CertificateView): void {
  if (json) {
    printJson(terminal, certificate)
    return
  }
  const { names, addresses, issuer, validFrom, validUntil, fingerprint, pin, origin } = certificate
  const rows = [
    ['for', [...names, ...addresses].join(', ')],
    ['from', { made: 'the appliance’s own authority', given: 'somebody over the API', files: 'the files that the settings name' }[origin]],
    ['issuer', issuer],
    ['good', `${shortTime(validFrom)} to ${shortTime(validUntil)}`],
    ['sha-256', fingerprint],
    ['pin', pin],
  ] as const
  for (const [name, text] of rows) terminal.out(printable(`${name.padEnd(8)} ${text}`) + '\n')
}

export const certificateShow: Command = {
  ...bare,
  words: 'certificate show',
  summary: 'show the certificate of DNS over TLS, DNS over HTTPS and https',
  examples: ['taproot certificate show'],
  run: async (invocation) => print(invocation, await invocation.api.json<CertificateView>('GET', 'certificate')),
}

export const certificateAuthority: Command = {
  ...bare,
  words: 'certificate authority',
  summary: "print the certificate of the appliance's own authority, for clients to trust",
  examples: ['taproot certificate authority > taproot-ca.crt'],
  async run({ api, terminal, json }) {
    const authority = await api.json<AuthorityView>('GET', 'certificate/authority')
    if (json) printJson(terminal, authority)
    else terminal.out(authority.certificate)
  },
}

export const certificateGive: Command = {
  words: 'certificate give',
  summary: 'show a certificate of your own from now on',
  operands: 'CERTIFICATE-FILE KEY-FILE',
  fewest: 2,
  most: 2,
  options: {},
  examples: ['taproot certificate give fullchain.pem privkey.pem'],
  async run(invocation) {
    const [certificate, key] = invocation.operands.map(read)
    print(invocation, await invocation.api.json<CertificateView>('PUT', 'certificate', {}, { certificate, key }))
  },
}

export const certificateRemove: Command = {
  ...bare,
  words: 'certificate remove',
  summary: "forget a given certificate: one by the appliance's own authority is shown again",
  examples: ['taproot certificate remove'],
  run: async (invocation) => print(invocation, await invocation.api.json<CertificateView>('DELETE', 'certificate')),
}

export const certificateRenew: Command = {
  ...bare,
  words: 'certificate renew',
  summary: 'make a new certificate with a new key; it happens by itself in time',
  examples: ['taproot certificate renew'],
  async run(invocation) {
    const { validUntil, ...rest } = await invocation.api.json<CertificateView>('POST', 'certificate/renewal')
    printDone(invocation, `renewed; good until ${shortTime(validUntil)}`, { validUntil, ...rest })
  },
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    if (error.code === 'ENOENT') throw new UsageError(`there is no file ${file}`)
    throw new NotDone(error.message)
  }
}
