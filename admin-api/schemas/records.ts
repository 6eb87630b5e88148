import { Type, type TUnsafe } from 'typebox'
import type { RecordFields, RecordHistoryView, RecordTypeView, RecordView } from '../../services/index.ts'
import {
  change,
  count,
  creation,
  freeText,
  id,
  integer,
  list,
  nullable,
  object,
  oneOf,
  page,
  pagingFields,
  parameters,
  text,
  time,
  view,
  word,
} from './common.ts'

/** RFC 2181 §8. */
const LONGEST_TTL = 0x7fff_ffff
/** Presentation format of 65,535 octets of rdata as \DDD would be longer; the body's own limit is lower anyway. */
const LONGEST_DATA = 65_535
/** A full name of 255 octets with every octet as \DDD. */
const LONGEST_NAME = 1020

const zone = text('zone-name', 'The zone that the record is in.')
const name = freeText(
  LONGEST_NAME,
  'Relative to the zone ("www", "@" for the zone itself) or absolute with a dot at the end.',
  'www',
)
const type = text('record-type', 'The type of the record.')
const dataOf = 'rdata as in a zone file.'
const owner = word('Who made it: "hand", "system", "file", "transfer", "catalog", "lease" and the address, or "update" and the key.', 'hand')
const comment = nullable(freeText(500, 'For people.', 'web server'))

/** Texts of one field that is a list; a master file has no longer line anyway. */
const MOST_TEXTS = 1000

const FIELDS_EXAMPLE = { preference: 10, exchange: 'mail' }
const fieldsOf = (description: string): TUnsafe<RecordFields> => Type.Unsafe<RecordFields>({
  type: 'object',
  description,
  maxProperties: 16,
  additionalProperties: {
    anyOf: [
      { type: 'number' },
      { type: 'string', maxLength: LONGEST_DATA },
      { type: 'array', maxItems: MOST_TEXTS, items: { type: 'string', maxLength: LONGEST_DATA } },
    ],
  },
  examples: [FIELDS_EXAMPLE],
})

const fields = {
  name,
  type,
  ttl: nullable(integer(0, LONGEST_TTL, "Seconds; null: the zone's default.", 3600)),
  data: nullable(freeText(LONGEST_DATA, `${dataOf} null: it is given by its fields.`, '10.53.0.20')),
  fields: nullable(fieldsOf('The data by the names of its fields, as GET /dns/types lists them, in place of data.')),
  comment,
  enabled: Type.Boolean({ description: 'false: it is kept, and not served.' }),
  expiresAt: nullable(time('When it is removed by itself; null: it stays.')),
  ptr: Type.Boolean({ description: 'A and AAAA: a PTR record in our reverse zone comes with it.' }),
}

export const RECORD_DEFAULTS = {
  ttl: null, data: null, fields: null, comment: null, enabled: true, expiresAt: null, ptr: false,
}

const shown = {
  name: word('The full name.', 'www.lab.internal'),
  type,
  ttl: count('Seconds.', 3600),
  data: word(dataOf, '10.53.0.20'),
  owner,
}

export const ZoneRecord = view<RecordView>()('Record', 'One record of a zone.', {
  id: id('record'),
  zone,
  ...shown,
  fields: nullable(fieldsOf('The same by the names of the type\'s fields; null: a type or data that has none.')),
  enabled: fields.enabled,
  expiresAt: fields.expiresAt,
  comment,
})
export const RecordPage = page('Record', ZoneRecord)
export const RecordCreation = creation('RecordCreation', 'A new record.', fields, RECORD_DEFAULTS)
export const RecordChange = change('RecordChange', 'New values for some fields of a record.', fields)

export const RecordHistory = view<RecordHistoryView>()('RecordHistory', 'One record that was added or removed.', {
  at: time('When.'),
  serial: count("The zone's serial after it.", 2_026_112_201),
  action: oneOf(['add', 'remove'], 'What happened to the record.'),
  ...shown,
  by: nullable(word('Who made the change, where the owner does not say so.', 'token first start')),
})
export const RecordHistoryPage = page('RecordHistory', RecordHistory)

const fieldForm = object('RecordField', 'A field of a record type.', {
  name: word('What it is called.', 'preference'),
  kind: word('Its form on the wire and in zone files.', 'u16'),
  form: oneOf(['number', 'text', 'list'], 'What it is in JSON; a list is one of texts.'),
  minimum: nullable(count('The least number; null: it is none.', 0)),
  maximum: nullable(count('The largest number; null: it is none.', 65_535)),
  says: word('What is to be given.', 'a whole number'),
})
const RecordType = view<RecordTypeView>()('RecordType', 'A type that records can have.', {
  type: word('Its mnemonic.', 'MX'),
  code: count('Its number.', 15),
  rfc: word('Where it is defined.', 'RFC 1035 §3.3.9'),
  fields: list(fieldForm, 'In the order of the wire and of zone files.'),
})
export const RecordTypePage = page('RecordType', RecordType)

export const recordQuery = parameters({
  name: Type.Optional(name),
  type: Type.Optional(type),
  owner: Type.Optional(freeText(64, 'Records of this owner: hand, system, file, lease, update, transfer, catalog.', 'lease')),
  ...pagingFields,
})
export const removalQuery = parameters({ ptr: Type.Optional(oneOf(['true', 'false'], 'true: with the PTR record that leads back to it.')) })
export const recordParams = parameters({ name: zone, id: id('record') })
