import { Type } from 'typebox'
import type { NegativeTrustAnchorView, TrustAnchorView, TrustedKeyView } from '../../services/index.ts'
import { change, count, creation, freeText, id, integer, list, nullable, oneOf, page, parameters, text, time, view, word } from './common.ts'

const ZONE = freeText(255, 'Names at or below it are validated from there on; "." for the root.', '.')
const changeable = {
  records: list(
    freeText(2000, 'DS or DNSKEY, as the zone or its parent has it.', 'DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D'),
    'What is trusted: keys, or digests of keys.',
  ),
  follows: Type.Boolean({ description: 'Keys that the zone publishes later are trusted after a month, and revoked ones no longer (RFC 5011).' }),
}
const fields = { zone: ZONE, ...changeable }

const TrustedKey = view<TrustedKeyView>()('TrustedKey', 'A key that has followed a trust anchor (RFC 5011).', {
  keyTag: count('Its key tag.', 20326),
  algorithm: count('Its algorithm.', 8),
  state: oneOf(['pending', 'valid', 'missing', 'revoked'], 'pending: seen, not yet trusted. missing: trusted, and not published at the moment. revoked: never again.'),
  since: time('When it came to that state.'),
  record: word('The DNSKEY record.', 'DNSKEY 257 3 8 AwEAAaz/tAm8…'),
})

export const TrustAnchor = view<TrustAnchorView>()('TrustAnchor', 'Where validation of DNSSEC begins.', {
  ...fields,
  id: nullable(id('trust anchor')),
  origin: oneOf(['set', 'from-the-start'], "Made by this API; or built in (IANA's keys of the root), or from the file that --trust-anchors names."),
  keys: list(TrustedKey, 'Keys that have followed it.'),
})
export const TrustAnchorPage = page('TrustAnchor', TrustAnchor)
export const TRUST_ANCHOR_DEFAULTS = { follows: true } as const
export const TrustAnchorCreation = creation('TrustAnchorCreation', 'A new trust anchor.', fields, TRUST_ANCHOR_DEFAULTS)
export const TrustAnchorChange = change('TrustAnchorChange', 'New values for some fields of a trust anchor.', changeable)
export const trustAnchorParams = parameters({ id: id('trust anchor') })

const negativeFields = {
  zone: text('domain-name', 'Names at or below it are not validated.'),
  reason: freeText(200, 'For people.', 'their signatures have expired; told them by mail'),
}
export const NegativeTrustAnchor = view<NegativeTrustAnchorView>()('NegativeTrustAnchor', 'A zone that is not validated for a time (RFC 7646).', {
  ...negativeFields,
  since: time('When it was set.'),
  endsAt: time('When it ends by itself.'),
})
export const NegativeTrustAnchorPage = page('NegativeTrustAnchor', NegativeTrustAnchor)
export const NEGATIVE_DEFAULTS = { seconds: 3600 } as const
export const NegativeTrustAnchorCreation = creation(
  'NegativeTrustAnchorCreation', 'A zone that is not to be validated for a time.',
  { ...negativeFields, seconds: integer(60, 604_800, 'How long; a week at most.', 3600) }, NEGATIVE_DEFAULTS,
)
export const negativeTrustAnchorParams = parameters({ zone: negativeFields.zone })
