import { Type } from 'typebox'
import type { NotifiedView, NotifyTargetView, NotifyView, TransferPolicyView, ZoneDigestView } from '../../services/index.ts'
import { count, integer, list, nullable, object, oneOf, text, time, view, word } from './common.ts'

const fields = {
  addresses: list(text('prefix', 'Of one address or many.', '10.53.0.9/32'), 'Who may have the zone from these addresses.'),
  keys: list(text('domain-name', 'A TSIG key.', 'transfer.lab.internal'), 'Who signs with one of these may have it from anywhere.'),
}

const tlsOnly = Type.Boolean({ description: 'By TLS only (RFC 9103), and not in the clear.', default: false })

export const TransferPolicy = view<TransferPolicyView>()(
  'TransferPolicy', 'Who may have the zone by AXFR and IXFR; nobody to begin with.', { ...fields, tlsOnly },
)
export const TransferPolicyInput = object(
  'TransferPolicyInput', 'Who may have the zone by AXFR and IXFR, instead of those before.', { ...fields, tlsOnly: Type.Optional(tlsOnly) },
)

const endpoint = {
  address: text('ipv4', 'Where it answers DNS.', '10.53.0.9'),
  port: integer(1, 65_535, 'UDP port; usually 53.', 53),
}
const NotifyTarget = view<NotifyTargetView>()('NotifyTarget', 'A secondary that is told of changes.', {
  ...endpoint,
  key: nullable(text('domain-name', 'The TSIG key that the message is signed with; null: none.', 'transfer.lab.internal')),
})
const Notified = view<NotifiedView>()('Notified', 'One that was told, and how that went.', {
  ...endpoint,
  serial: count('The serial that it was told.', 2_026_112_201),
  outcome: oneOf(['waiting', 'answered', 'unanswered', 'rejected'], 'What came of it. Who does not answer is told five times.'),
  rcode: nullable(word('What it answered; null unless it was a rejection.', 'NOTAUTH')),
  at: time('When.'),
})
const notifyFields = {
  targets: list(NotifyTarget, 'Secondaries to tell.'),
  nameServers: Type.Boolean({ description: 'Also the name servers of the zone whose addresses are in zones of ours.' }),
}

export const NotifyPolicy = view<NotifyView>()('NotifyPolicy', "Who is told of the zone's changes (NOTIFY, RFC 1996).", {
  ...notifyFields,
  told: list(Notified, 'Those who were told last.'),
})
export const NotifyPolicyInput = object('NotifyPolicyInput', "Who is told of the zone's changes, instead of those before.", notifyFields)

export const ZoneDigest = view<ZoneDigestView>()('ZoneDigest', 'The digest of a whole zone (ZONEMD, RFC 8976).', {
  zone: text('domain-name', 'The zone.', 'example.internal'),
  serial: count('The version that it is of.', 2_026_112_201),
  published: oneOf(['none', 'right', 'wrong'], 'What its own ZONEMD records say; none: it has none that can be checked.'),
  records: list(word('Data of a ZONEMD record.', '2026112201 1 1 c68090d9…'), 'Those that would be right, by SHA-384 and by SHA-512.'),
})
