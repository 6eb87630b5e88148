/**
 * The text formats of input fields: one row says what is right, how to say so, and how the text is kept. Every MAC,
 * client identifier, address and name that comes in by HTTP is brought to its canonical form here and nowhere else.
 */
import Format from 'typebox/format'
import { LIST_NAME, VIEW_NAME } from '../services/index.ts'
import { formatIpv4, formatMac, formatPrefix, parseInterfaceAddress, parseIpv4, parseMac, parsePrefix } from '../stack/index.ts'

export type FormatRow = {
  /** "… is not {noun}" */
  readonly noun: string
  readonly remedy: string
  readonly example: string
  /** The form that is stored and compared; undefined when the text is not in this format. */
  readonly canonical: (text: string) => string | undefined
}

/** Option 61 is at least 2 and at most 255 octets (RFC 2132 §9.14). */
const CLIENT_ID_DIGITS = /^(?:[0-9a-f]{2}){2,255}$/
const MAC_TRIPLES = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i
const MAC_DIGITS = /^[0-9a-f]{12}$/i
/** Also '_' (RFC 8552) and '/' (RFC 2317); what a zone may really hold is for the DNS part to say. */
const DOMAIN_LABEL = /^[a-z0-9_](?:[a-z0-9_/-]{0,61}[a-z0-9_])?$/
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Six hexadecimal pairs joined by ':' or '-', three groups of four joined by '.', or twelve digits. */
export function canonicalMac(text: string): string | undefined {
  const digits = MAC_TRIPLES.test(text) ? text.replaceAll('.', '') : text
  const bytes = parseMac(MAC_DIGITS.test(digits) ? (digits.match(/../g) ?? []).join(':') : text)
  return bytes === undefined ? undefined : formatMac(bytes)
}

function canonicalClientId(text: string): string | undefined {
  const digits = /^[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2})*$/i.test(text)
    ? text.replaceAll(/[:-]/g, '')
    : text
  const lower = digits.toLowerCase()
  return CLIENT_ID_DIGITS.test(lower) ? lower : undefined
}

function canonicalDomain(text: string): string | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase()
  // 253 characters is what fits 255 octets on the wire (RFC 1035 §2.3.4).
  return name.length <= 253 && name.split('.').every(label => DOMAIN_LABEL.test(label)) ? name : undefined
}

/** A MAC only in a form with separators: twelve bare digits may as well be a host name. */
function canonicalSubject(text: string): string | undefined {
  const subject = text.trim()
  if (subject === '' || subject.length > 255) return undefined
  return (MAC_DIGITS.test(subject) ? undefined : canonicalMac(subject)) ?? subject
}

export const FORMATS = {
  ipv4: {
    noun: 'an IPv4 address',
    remedy: 'Four octets from 0 to 255, as 10.53.0.20.',
    example: '10.53.0.20',
    canonical: text => {
      const address = parseIpv4(text)
      return address === undefined ? undefined : formatIpv4(address)
    },
  },
  prefix: {
    noun: 'an IPv4 prefix',
    remedy: 'A network address and its length, all host bits zero, as 10.53.0.0/24.',
    example: '10.53.0.0/24',
    canonical: text => {
      const prefix = text.includes('/') ? parsePrefix(text) : undefined
      return prefix === undefined ? undefined : formatPrefix(prefix)
    },
  },
  'interface-address': {
    noun: 'an IPv4 address with the length of its prefix',
    remedy: 'A host address and the length, as 10.54.0.2/24.',
    example: '10.54.0.2/24',
    canonical: text => {
      const parsed = text.includes('/') ? parseInterfaceAddress(text) : undefined
      return parsed === undefined ? undefined : `${formatIpv4(parsed.address)}/${parsed.prefix.length}`
    },
  },
  mac: {
    noun: 'a MAC address',
    remedy: 'Six pairs of hexadecimal digits, as 02:00:0a:35:00:14; 02-00-0a-35-00-14 and 0200.0a35.0014 will do.',
    example: '02:00:0a:35:00:14',
    canonical: canonicalMac,
  },
  'client-id': {
    noun: 'a DHCP client identifier',
    remedy: 'Option 61 in full as 2 to 255 pairs of hexadecimal digits, type octet first, as 0102000a350014.',
    example: '0102000a350014',
    canonical: canonicalClientId,
  },
  'domain-name': {
    noun: 'a domain name',
    remedy: 'Labels of letters, digits, "-" and "_" joined by ".", as lab.internal; other scripts as xn--….',
    example: 'lab.internal',
    canonical: canonicalDomain,
  },
  'zone-name': {
    noun: 'a zone',
    remedy: 'A domain name, with "@" and the view behind it for the zone of a view, as lab.internal or lab.internal@inside.',
    example: 'lab.internal',
    canonical: text => {
      const [name = '', view, ...more] = text.split('@')
      const domain = canonicalDomain(name)
      if (domain === undefined || more.length > 0) return undefined
      return view === undefined ? domain : VIEW_NAME.test(view.toLowerCase()) ? `${domain}@${view.toLowerCase()}` : undefined
    },
  },
  'view-name': {
    noun: 'a name of a view',
    remedy: 'At most 32 letters, digits and "-", not "-" first or last, as inside.',
    example: 'inside',
    canonical: text => (VIEW_NAME.test(text.toLowerCase()) ? text.toLowerCase() : undefined),
  },
  'list-name': {
    noun: 'a name of a list, a policy or a group',
    remedy: 'At most 64 letters, digits, ".", "_" and "-", a letter or a digit first and last, as ads.',
    example: 'ads',
    canonical: text => (LIST_NAME.test(text.toLowerCase()) ? text.toLowerCase() : undefined),
  },
  'host-label': {
    noun: 'a host name',
    remedy: 'One label of at most 63 letters, digits and "-", not "-" first or last, as printer-2.',
    example: 'printer-2',
    canonical: text => (HOST_LABEL.test(text.toLowerCase()) ? text.toLowerCase() : undefined),
  },
  'record-type': {
    noun: 'a record type',
    remedy: 'The mnemonic, as A or MX, or TYPE and the number (RFC 3597), as TYPE731.',
    example: 'A',
    canonical: text => (/^[a-z][a-z0-9-]{0,31}$/i.test(text) ? text.toUpperCase() : undefined),
  },
  'dhcp-message': {
    noun: 'a kind of DHCP message',
    remedy: 'DISCOVER, OFFER, REQUEST, ACK, NAK, DECLINE, RELEASE, INFORM, malformed or none.',
    example: 'DISCOVER',
    canonical: text => {
      if (!/^[a-z-]{1,32}$/i.test(text)) return undefined
      const lower = text.toLowerCase()
      return lower === 'none' || lower === 'malformed' ? lower : text.toUpperCase()
    },
  },
  subject: {
    noun: 'a subject',
    remedy: 'A MAC address, an IPv4 address, or a name of at most 255 characters.',
    example: '10.53.0.20',
    canonical: canonicalSubject,
  },
} as const satisfies Record<string, FormatRow>

export type FormatName = keyof typeof FORMATS

/** The row of a schema's `format`; undefined for formats that are not ours (date-time). */
export const formatRow = (name: string): FormatRow | undefined =>
  Object.hasOwn(FORMATS, name) ? FORMATS[name as FormatName] : undefined

/** Makes the validator know the table. Idempotent. */
export function registerFormats(): void {
  for (const [name, row] of Object.entries(FORMATS)) Format.Set(name, text => row.canonical(text) !== undefined)
}
