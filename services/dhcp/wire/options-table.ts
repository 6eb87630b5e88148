/**
 * The DHCPv4 options as one table. The codec (option-values.ts), the configuration's check, the API's schema and the
 * tests all read these rows; a further option is one line here and one test vector.
 * RFC 2132 unless the row says otherwise; section numbers are the ones to read first.
 *
 * JSON forms by type:
 *   ipv4 "10.53.0.1" · ipv4[] ["10.53.0.1", …] · ipv4-pair[] [["10.0.0.0", "10.53.0.1"], …] · bool true
 *   u8 u16 u32 i32 numbers · u8[] u16[] lists of numbers · seconds a number, 4294967295 for ever
 *   text ASCII · bytes lower-case hexadecimal · name[] ["lab.internal", …]
 *   route[] [{ "destination": "10.0.0.0/8", "router": "10.53.0.1" }, …] · fqdn { "flags": 1, "name": "host.lab" }
 */

export type OptionType =
  | 'ipv4' | 'ipv4[]' | 'ipv4-pair[]' | 'bool' | 'u8' | 'u16' | 'u32' | 'i32' | 'u8[]' | 'u16[]' | 'seconds'
  | 'text' | 'bytes' | 'name[]' | 'route[]' | 'fqdn'

export type OptionRow = {
  readonly code: number
  readonly type: OptionType
  readonly rfc: string
  /** Smallest and largest number, for numeric types and each item of a numeric list. */
  readonly min?: number
  readonly max?: number
  /** Fewest octets of the value (bytes) or items of the list, where it is not 1. */
  readonly fewest?: number
  /** 'protocol': the server or the client writes it as part of the conversation; an administrator cannot set it. */
  readonly role?: 'protocol'
}

const PROTOCOL = { role: 'protocol' } as const

export const OPTIONS = {
  'subnet-mask': { code: 1, type: 'ipv4', rfc: '§3.3' },
  'time-offset': { code: 2, type: 'i32', rfc: '§3.4' },
  routers: { code: 3, type: 'ipv4[]', rfc: '§3.5' },
  'time-servers': { code: 4, type: 'ipv4[]', rfc: '§3.6' },
  'name-servers': { code: 5, type: 'ipv4[]', rfc: '§3.7' },
  'domain-name-servers': { code: 6, type: 'ipv4[]', rfc: '§3.8' },
  'log-servers': { code: 7, type: 'ipv4[]', rfc: '§3.9' },
  'cookie-servers': { code: 8, type: 'ipv4[]', rfc: '§3.10' },
  'lpr-servers': { code: 9, type: 'ipv4[]', rfc: '§3.11' },
  'impress-servers': { code: 10, type: 'ipv4[]', rfc: '§3.12' },
  'resource-location-servers': { code: 11, type: 'ipv4[]', rfc: '§3.13' },
  'host-name': { code: 12, type: 'text', rfc: '§3.14' },
  'boot-file-size': { code: 13, type: 'u16', rfc: '§3.15' },
  'merit-dump-file': { code: 14, type: 'text', rfc: '§3.16' },
  'domain-name': { code: 15, type: 'text', rfc: '§3.17' },
  'swap-server': { code: 16, type: 'ipv4', rfc: '§3.18' },
  'root-path': { code: 17, type: 'text', rfc: '§3.19' },
  'extensions-path': { code: 18, type: 'text', rfc: '§3.20' },
  'ip-forwarding': { code: 19, type: 'bool', rfc: '§4.1' },
  'non-local-source-routing': { code: 20, type: 'bool', rfc: '§4.2' },
  'policy-filters': { code: 21, type: 'ipv4-pair[]', rfc: '§4.3' },
  'max-datagram-reassembly': { code: 22, type: 'u16', rfc: '§4.4', min: 576 },
  'default-ip-ttl': { code: 23, type: 'u8', rfc: '§4.5', min: 1 },
  'path-mtu-aging-timeout': { code: 24, type: 'seconds', rfc: '§4.6' },
  'path-mtu-plateau-table': { code: 25, type: 'u16[]', rfc: '§4.7', min: 68 },
  'interface-mtu': { code: 26, type: 'u16', rfc: '§5.1', min: 68 },
  'all-subnets-local': { code: 27, type: 'bool', rfc: '§5.2' },
  'broadcast-address': { code: 28, type: 'ipv4', rfc: '§5.3' },
  'perform-mask-discovery': { code: 29, type: 'bool', rfc: '§5.4' },
  'mask-supplier': { code: 30, type: 'bool', rfc: '§5.5' },
  'perform-router-discovery': { code: 31, type: 'bool', rfc: '§5.6' },
  'router-solicitation-address': { code: 32, type: 'ipv4', rfc: '§5.7' },
  'static-routes': { code: 33, type: 'ipv4-pair[]', rfc: '§5.8' },
  'trailer-encapsulation': { code: 34, type: 'bool', rfc: '§6.1' },
  'arp-cache-timeout': { code: 35, type: 'seconds', rfc: '§6.2' },
  'ethernet-encapsulation': { code: 36, type: 'bool', rfc: '§6.3' },
  'default-tcp-ttl': { code: 37, type: 'u8', rfc: '§7.1', min: 1 },
  'tcp-keepalive-interval': { code: 38, type: 'seconds', rfc: '§7.2' },
  'tcp-keepalive-garbage': { code: 39, type: 'bool', rfc: '§7.3' },
  'nis-domain': { code: 40, type: 'text', rfc: '§8.1' },
  'nis-servers': { code: 41, type: 'ipv4[]', rfc: '§8.2' },
  'ntp-servers': { code: 42, type: 'ipv4[]', rfc: '§8.3' },
  'vendor-specific': { code: 43, type: 'bytes', rfc: '§8.4' },
  'netbios-name-servers': { code: 44, type: 'ipv4[]', rfc: '§8.5' },
  'netbios-datagram-servers': { code: 45, type: 'ipv4[]', rfc: '§8.6' },
  'netbios-node-type': { code: 46, type: 'u8', rfc: '§8.7', min: 1, max: 8 },
  'netbios-scope': { code: 47, type: 'text', rfc: '§8.8' },
  'x-font-servers': { code: 48, type: 'ipv4[]', rfc: '§8.9' },
  'x-display-managers': { code: 49, type: 'ipv4[]', rfc: '§8.10' },
  'requested-address': { code: 50, type: 'ipv4', rfc: '§9.1', ...PROTOCOL },
  'lease-time': { code: 51, type: 'seconds', rfc: '§9.2', ...PROTOCOL },
  'option-overload': { code: 52, type: 'u8', rfc: '§9.3', min: 1, max: 3, ...PROTOCOL },
  'message-type': { code: 53, type: 'u8', rfc: '§9.6', min: 1, ...PROTOCOL },
  'server-identifier': { code: 54, type: 'ipv4', rfc: '§9.7', ...PROTOCOL },
  'parameter-request-list': { code: 55, type: 'u8[]', rfc: '§9.8', ...PROTOCOL },
  message: { code: 56, type: 'text', rfc: '§9.9', ...PROTOCOL },
  'max-message-size': { code: 57, type: 'u16', rfc: '§9.10', min: 576, ...PROTOCOL },
  'renewal-time': { code: 58, type: 'seconds', rfc: '§9.11', ...PROTOCOL },
  'rebinding-time': { code: 59, type: 'seconds', rfc: '§9.12', ...PROTOCOL },
  'vendor-class': { code: 60, type: 'text', rfc: '§9.13' },
  'client-identifier': { code: 61, type: 'bytes', rfc: '§9.14', fewest: 2, ...PROTOCOL },
  'nis-plus-domain': { code: 64, type: 'text', rfc: '§8.11' },
  'nis-plus-servers': { code: 65, type: 'ipv4[]', rfc: '§8.12' },
  'tftp-server-name': { code: 66, type: 'text', rfc: '§9.4' },
  'boot-file-name': { code: 67, type: 'text', rfc: '§9.5' },
  'mobile-ip-home-agents': { code: 68, type: 'ipv4[]', rfc: '§8.13', fewest: 0 },
  'smtp-servers': { code: 69, type: 'ipv4[]', rfc: '§8.14' },
  'pop3-servers': { code: 70, type: 'ipv4[]', rfc: '§8.15' },
  'nntp-servers': { code: 71, type: 'ipv4[]', rfc: '§8.16' },
  'www-servers': { code: 72, type: 'ipv4[]', rfc: '§8.17' },
  'finger-servers': { code: 73, type: 'ipv4[]', rfc: '§8.18' },
  'irc-servers': { code: 74, type: 'ipv4[]', rfc: '§8.19' },
  'streettalk-servers': { code: 75, type: 'ipv4[]', rfc: '§8.20' },
  'streettalk-directory-servers': { code: 76, type: 'ipv4[]', rfc: '§8.21' },
  'client-fqdn': { code: 81, type: 'fqdn', rfc: 'RFC 4702 §2', ...PROTOCOL },
  'relay-agent-information': { code: 82, type: 'bytes', rfc: 'RFC 3046 §2', fewest: 2, ...PROTOCOL },
  'ipv6-only-preferred': { code: 108, type: 'seconds', rfc: 'RFC 8925 §3.1' },
  'captive-portal': { code: 114, type: 'text', rfc: 'RFC 8910 §2.1' },
  'domain-search': { code: 119, type: 'name[]', rfc: 'RFC 3397 §2' },
  'classless-static-routes': { code: 121, type: 'route[]', rfc: 'RFC 3442' },
} as const satisfies { readonly [name: string]: OptionRow }

export type OptionName = keyof typeof OPTIONS

/** The code of a named option, for code that writes one by hand. */
export const codeOf = (name: OptionName): number => OPTIONS[name].code

const NAMES = new Map<number, OptionName>(
  Object.entries(OPTIONS).map(([name, row]) => [row.code, name as OptionName]),
)
/** A code without a row is a value, not an error: it is known as "option-224" and its value is hexadecimal. */
const UNNAMED = /^option-([1-9]\d{0,2})$/

/** What an option of this name is; undefined for a name that is neither in the table nor "option-1" to "option-254". */
export function optionNamed(name: string): OptionRow | undefined {
  if (Object.hasOwn(OPTIONS, name)) return OPTIONS[name as OptionName]
  const code = Number(UNNAMED.exec(name)?.[1])
  if (!(code >= 1 && code <= 254)) return undefined
  // A code that has a row is set by its name, so that one option has one name only.
  return NAMES.has(code) ? undefined : { code, type: 'bytes', rfc: 'RFC 2132 §2', fewest: 0 }
}

/** Codes 0 and 255 are pad and end and have no row. */
export function optionCoded(code: number): { readonly name: string; readonly row: OptionRow } {
  const name = NAMES.get(code)
  return name === undefined
    ? { name: `option-${code}`, row: { code, type: 'bytes', rfc: 'RFC 2132 §2', fewest: 0 } }
    : { name, row: OPTIONS[name] }
}
