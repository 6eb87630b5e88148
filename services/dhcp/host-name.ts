/**
 * What a client calls itself, as one DNS label. The FQDN option (81, RFC 4702) wins over the host name option (12):
 * a server that understands 81 ignores 12 beside it (RFC 4702 §4). Of a longer name the first label is taken.
 */
import { decodeOption } from './wire/option-values.ts'
import { OPTIONS } from './wire/options-table.ts'
import type { RawOptions } from './wire/options.ts'

export type HostName =
  | { readonly kind: 'none' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'ignored'; readonly name: string; readonly because: string }

const NONE: HostName = { kind: 'none' }
/** RFC 1123 §2.1: letters, digits and inner hyphens; a digit may come first. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** As much of a bad name as goes into a trace. */
const SHOWN = 64

export function hostNameOf(options: RawOptions): HostName {
  const fqdn = options.get(OPTIONS['client-fqdn'].code)
  if (fqdn !== undefined) {
    const decoded = decodeOption(OPTIONS['client-fqdn'], fqdn)
    const name = decoded.ok ? (decoded.value as { readonly name: string }).name : undefined
    // A client may send an empty name to ask the server for one.
    if (name !== undefined && name !== '') return judge(name)
    if (name === undefined) return { kind: 'ignored', name: '', because: 'option 81 is malformed' }
  }
  const octets = options.get(OPTIONS['host-name'].code)
  return octets === undefined ? NONE : judge(textOf(octets))
}

/** One valid label in lower case, or why there is none. */
function judge(text: string): HostName {
  const dot = text.indexOf('.')
  const label = (dot < 0 ? text : text.slice(0, dot)).toLowerCase()
  if (text === '') return NONE
  if (LABEL.test(label)) return { kind: 'name', name: label }
  const because =
    label.length > 63
      ? 'it is longer than 63 characters'
      : /^-|-$/.test(label)
        ? 'it begins or ends with a hyphen'
        : 'a host name consists of letters, digits and hyphens'
  return { kind: 'ignored', name: text.slice(0, SHOWN), because }
}

/** RFC 2132 §2: trailing NULs go. Octets that are not printable ASCII show as '?'. */
function textOf(octets: Uint8Array): string {
  let end = octets.length
  while (end > 0 && octets[end - 1] === 0) end--
  let text = ''
  for (let i = 0; i < end; i++) {
    const octet = octets[i] as number
    text += octet >= 0x20 && octet <= 0x7e ? String.fromCharCode(octet) : '?'
  }
  return text
}
