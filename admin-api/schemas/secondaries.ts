import { type Static, Type } from 'typebox'
import type { PrimaryTlsView, PrimaryView, SecondaryView } from '../../services/index.ts'
import { count, creation, freeText, integer, list, nullable, object, oneOf, text, time, view, word } from './common.ts'

/** More would only be asked when all others have failed. */
const MOST_PRIMARIES = 16

const tls = {
  name: nullable(text('domain-name', 'That its certificate must be for.', 'ns.example.net')),
  pin: nullable(freeText(64, 'SHA-256 of its public key in base64.', 'RCptVT0mHhNVyEkBWRWVRhqTiWVIeOLyCG4Sj8ZQJvI=')),
  authority: nullable(freeText(65_536, 'PEM of the certificates that its own must come from; null: those that the system trusts.', '-----BEGIN CERTIFICATE-----…')),
}
const PrimaryTls = view<PrimaryTlsView>()('PrimaryTls', 'How a primary proves who it is; with neither name nor pin it need not.', tls)
const fields = {
  address: text('ipv4', 'Where it answers DNS.', '10.53.0.9'),
  port: integer(1, 65_535, 'Usually 53, and 853 for TLS.', 53),
  key: nullable(text('domain-name', 'The TSIG key that both sides sign with; null: none.', 'transfer.lab.internal')),
}
export const Primary = view<PrimaryView>()('Primary', 'A server that a zone is copied from.', { ...fields, tls: nullable(PrimaryTls) })
const PrimaryInput = creation('PrimaryInput', 'A server that a zone is to be copied from, by TLS (RFC 9103) if tls is given.', {
  address: fields.address,
  port: nullable(fields.port),
  key: fields.key,
  tls: nullable(creation('PrimaryTlsInput', 'How it proves who it is; with neither name nor pin it need not.', tls, { name: null, pin: null, authority: null })),
}, { port: null, key: null, tls: null })
export const PrimaryInputs = Type.Array(PrimaryInput, { minItems: 1, maxItems: MOST_PRIMARIES, description: 'Asked in this order.' })

const DNS_PORT = 53
const DNS_OVER_TLS_PORT = 853
/** With what was left out. */
export const primaryViews = (inputs: Static<typeof PrimaryInputs>): readonly PrimaryView[] =>
  inputs.map(({ address, port, key, tls }) => ({
    address,
    port: port ?? (tls == null ? DNS_PORT : DNS_OVER_TLS_PORT),
    key: key ?? null,
    tls: tls == null ? null : { name: tls.name ?? null, pin: tls.pin ?? null, authority: tls.authority ?? null },
  }))

const primaries = list(Primary, 'Asked in this order.')

export const Secondary = view<SecondaryView>()('Secondary', "A copy of another server's zone, and how it does.", {
  zone: text('zone-name', 'The zone.', 'example.internal'),
  primaries,
  state: oneOf(['waiting', 'asking', 'transferring'], 'What it is at.'),
  serial: nullable(count('The version that is here; null: none yet.', 2_026_112_201)),
  served: Type.Boolean({ description: 'False: queries get SERVFAIL, because there is no copy yet or it is too old.' }),
  refreshedAt: nullable(time('When a primary confirmed the copy last.')),
  nextLookAt: nullable(time('When a primary is asked next.')),
  expiresAt: nullable(time('When the copy is too old, unless it is confirmed before.')),
  lastFailure: nullable(object('SecondaryFailure', 'The last failure since the copy was confirmed.', {
    primary: word('Whose.', '10.53.0.9#53'),
    at: time('When.'),
    because: word('What was wrong.', 'it answers REFUSED'),
  })),
})
export const SecondaryInput = object('SecondaryInput', 'Where the zone is copied from, instead of what was said before.', {
  primaries: PrimaryInputs,
})
export const SecondaryRefresh = object('SecondaryRefresh', 'How to look.', {
  full: Type.Boolean({ description: 'Transfer the whole zone, whatever its serial.', default: false }),
})
