import type { NewTsigKeyView, TsigKeyView } from '../../services/index.ts'
import { creation, freeText, nullable, oneOf, page, parameters, text, view, word } from './common.ts'

const fields = {
  name: text('domain-name', 'Both ends call it so.', 'transfer.lab.internal'),
  algorithm: oneOf(
    ['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'],
    'How messages are signed. SHA-1 and MD5 are not taken (RFC 8945 §6).',
  ),
}
const EXAMPLE = 'bWFkZS1vZi0zMi1vY3RldHMtb2YtY2hhbmNlLWhlcmU='

export const TsigKey = view<TsigKeyView>()('TsigKey', 'A key that proves who sent a DNS message. Its secret is not shown.', fields)
export const NewTsigKey = view<NewTsigKeyView>()('NewTsigKey', 'A key that was just made, with its secret.', {
  ...fields,
  secret: word('Base64. It is shown this once.', EXAMPLE),
})
export const TsigKeyPage = page('TsigKey', TsigKey)
export const TsigKeyCreation = creation(
  'TsigKeyCreation',
  'A new key.',
  { ...fields, secret: nullable(freeText(1024, 'Base64 of 16 to 512 octets; null: one is made.', EXAMPLE)) },
  { algorithm: 'hmac-sha256', secret: null },
)
export const tsigKeyParams = parameters({ name: fields.name })
