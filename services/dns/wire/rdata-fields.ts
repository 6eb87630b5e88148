/**
 * The third form of rdata beside octets and presentation text: fields by name, as an API or a form on a screen has them.
 * It is read from the same rows of rdata-table.ts. A field is a number, a text or a list of texts:
 *
 *   MX     { preference: 10, exchange: "mail.lab.internal" }
 *   TXT    { text: ["v=spf1 -all"] }
 *   CAA    { flags: 0, tag: "issue", value: "ca.example" }
 *
 * Texts are those of master files without quotes around them: `\DDD` and `\X` are escapes (RFC 1035 §5.1), a quote
 * needs none.
 */
import { err, ok } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { FIELDS } from './field-table.ts'
import type { FieldKind } from './field-table.ts'
import { ABSOLUTE } from './name.ts'
import { EntryReader, TokenSource } from './presentation.ts'
import type { Token } from './presentation.ts'
import { RDATA } from './rdata-table.ts'
import type { RrRow } from './rdata-table.ts'
import { formatRdata, parseRdataText } from './rdata.ts'
import type { RdataProblem } from './rdata.ts'
import { typeCode } from './type-names.ts'

export type FieldValue = number | string | readonly string[]
export type RecordFields = { readonly [field: string]: FieldValue }
export type FieldForm = {
  readonly name: string
  /** Of rdata-table.ts. */
  readonly kind: string
  readonly form: 'number' | 'text' | 'list'
  /** Of a number; null of anything else. */
  readonly minimum: number | null
  readonly maximum: number | null
  /** What is to be given, for people. */
  readonly says: string
}
export type TypeForm = {
  readonly type: string
  readonly code: number
  readonly rfc: string
  readonly fields: readonly FieldForm[]
}

/** `quoted`: the text stands between quotes in a master file. */
type KindForm = { readonly form: FieldForm['form']; readonly most?: number; readonly quoted?: true; readonly says: string }
const whole = (most: number, says = 'a whole number'): KindForm => ({ form: 'number', most, says })
const text = (says: string): KindForm => ({ form: 'text', says })
const list = (says: string): KindForm => ({ form: 'list', says })
const NAME = text('a domain name; one label is relative to the zone')

const KIND_FORMS: { readonly [K in FieldKind]: KindForm } = {
  u8: whole(0xff), u16: whole(0xffff), u32: whole(0xffff_ffff), seconds: whole(0xffff_ffff, 'seconds'),
  algorithm: whole(0xff, 'a DNSSEC algorithm: 8 RSA-SHA256, 13 ECDSA P-256, 15 Ed25519 …'),
  'certificate-type': whole(0xffff, 'a kind of certificate: 1 X.509, 3 OpenPGP …'),
  'notify-scheme': whole(0xff, 'how to be told: 1 NOTIFY'),
  ipv4: text('an IPv4 address'), ipv6: text('an IPv6 address'),
  eui48: text('six hexadecimal pairs joined by "-"'), eui64: text('eight hexadecimal pairs joined by "-"'),
  name: NAME, 'name-folded': NAME, 'name-compressible': NAME,
  names: list('domain names'),
  string: { form: 'text', quoted: true, says: 'up to 255 octets of text' },
  strings: { form: 'list', quoted: true, says: 'one text or more of up to 255 octets each' },
  'optional-strings': { form: 'list', quoted: true, says: 'texts of up to 255 octets each, or none' },
  rest: { form: 'text', quoted: true, says: 'text' },
  tag: text('letters and digits'),
  base64: text('base 64'), hex: text('hexadecimal digits in pairs'),
  'base64-or-none': text('base 64, or "-" for none'), 'hex-or-none': text('hexadecimal digits in pairs, or "-" for none'),
  'counted-hex': text('hexadecimal digits in pairs, or "-" for none'),
  'counted-base32': text('base 32 in the extended hex alphabet'),
  type: text('a record type'), time: text('a time in UTC as YYYYMMDDHHmmSS'),
  bitmap: list('record types'), 'nxt-bitmap': list('record types of numbers up to 127'),
  loc: text('a place as "52 22 23.000 N 4 53 32.000 E -2.00m 1m 10000m 10m"'),
  'service-parameters': list('parameters such as "alpn=h2,h3", "port=8443" or "ipv4hint=192.0.2.1"'),
  'prefix-list': list('prefixes such as "1:192.0.2.0/24" or "!2:2001:db8::/32"'),
  'ipsec-gateway': text('kind of gateway, algorithm, gateway and key, as "1 2 192.0.2.38 AQNRU3mG"'),
  'amt-relay': text('1 if discovery is optional, kind of relay and relay, as "0 1 203.0.113.15"'),
  'host-identity': text('algorithm, identity and key, as "2 20010010 AwEAAbdx"'),
  'locator-64': text('four groups of hexadecimal digits, as "2001:0db8:1140:1000"'),
  'nsap-address': text('hexadecimal digits after "0x"'),
  'well-known-services': text('a protocol and ports, as "6 25 80"'),
  a6: text('length of a prefix, address and name, as "64 ::1 net.example"'),
  'atm-address': text('"+" and digits, or hexadecimal digits'),
}

/** Every record type that a person can make, by name: what its fields are called and what they take. */
export const TYPE_FORMS: readonly TypeForm[] = Object.entries(RDATA as { readonly [type: string]: RrRow })
  // The SOA record is made from the zone.
  .filter(([type]) => type !== 'SOA')
  .map(([type, { code, rfc, fields }]) => ({ type, code, rfc, fields: Object.entries(fields).map(fieldForm) }))
  .sort((a, b) => (a.type < b.type ? -1 : 1))

function fieldForm([name, kind]: readonly [string, FieldKind]): FieldForm {
  const { form, most, says } = KIND_FORMS[kind]
  return { name, kind, form, minimum: most === undefined ? null : 0, maximum: most ?? null, says }
}

function rowOf(type: string): RrRow | undefined {
  const code = typeCode(type)
  return Object.values(RDATA as { readonly [type: string]: RrRow }).find((row) => row.code === code)
}

/**
 * The fields of a record's data in stored form. Undefined when the type has no form of its own, or the data is one of
 * those that only RFC 3597's can say.
 */
export function fieldsOf(type: string, data: string): RecordFields | undefined {
  const row = rowOf(type)
  if (row === undefined) return undefined
  const rdata = parseRdataText(row.code, data, ABSOLUTE)
  if (!rdata.ok || formatRdata(row.code, rdata.value).startsWith('\\#')) return undefined
  const fields: { [field: string]: FieldValue } = {}
  let at = 0
  for (const [name, kind] of Object.entries(row.fields)) {
    const codec = FIELDS[kind]
    fields[name] = valueOf(kind, codec.write(rdata.value, at, rdata.value.length))
    at += codec.length(rdata.value, at, rdata.value.length)
  }
  return fields
}

function valueOf(kind: FieldKind, written: string): FieldValue {
  const { form, quoted } = KIND_FORMS[kind]
  if (form === 'number') return Number(written)
  if (form === 'text' && quoted !== true) return written
  const texts: string[] = []
  for (const token of tokensOf(written) ?? []) {
    if (quoted === true) texts.push(token.text.replaceAll('\\"', '"'))
    // `alpn="h2"` is two tokens.
    else if (token.quoted) texts.push(`${texts.pop() ?? ''}"${token.text}"`)
    else texts.push(token.text)
  }
  return form === 'list' ? texts : texts.join(' ')
}

function tokensOf(written: string): readonly Token[] | undefined {
  const reader = new EntryReader(written)
  const entry = reader.next()
  return reader.fault === undefined && reader.next() === undefined && reader.fault === undefined ? entry?.tokens ?? [] : undefined
}

/** Presentation text of these fields; every one that the type has must be there, and no other. */
export function dataOf(type: string, fields: RecordFields): Result<string, RdataProblem> {
  const row = rowOf(type)
  if (row === undefined) return err({ field: '', what: `${type} has no fields that are known here: give its data` })
  const stranger = Object.keys(fields).find((name) => !Object.hasOwn(row.fields, name))
  if (stranger !== undefined) {
    return err({ field: stranger, what: `${type} has no such field; it has ${Object.keys(row.fields).join(', ')}` })
  }
  const parts: string[] = []
  for (const [name, kind] of Object.entries(row.fields)) {
    const value = fields[name]
    const part = value === undefined ? undefined : textOf(kind, value)
    if (part === undefined) return err({ field: name, what: `this is to be ${asked(kind)}` })
    const tokens = tokensOf(part)
    const source = new TokenSource(tokens ?? [])
    const what = tokens === undefined ? `this is not ${asked(kind)}` : FIELDS[kind].read(source, [], ABSOLUTE)
    if (what !== undefined) return err({ field: name, what })
    if (source.left > 0) return err({ field: name, what: `"${source.next()?.text}" is more than this field takes` })
    parts.push(part)
  }
  return ok(parts.filter((part) => part !== '').join(' '))
}

const asked = (kind: FieldKind): string => {
  const { form, says } = KIND_FORMS[kind]
  return form === 'list' ? `a list of ${says}` : says
}

/** Undefined when the value is of the wrong form. */
function textOf(kind: FieldKind, value: FieldValue): string | undefined {
  const { form, quoted } = KIND_FORMS[kind]
  if (form === 'number') return typeof value === 'number' ? String(value) : undefined
  if (form === 'list' ? !Array.isArray(value) : typeof value !== 'string') return undefined
  const texts = typeof value === 'string' ? [value] : (value as readonly string[])
  return (quoted === true ? texts.map(inQuotes) : texts).join(' ')
}

const inQuotes = (raw: string): string => `"${raw.replaceAll(/\\.|"/gs, (part) => (part === '"' ? '\\"' : part))}"`
