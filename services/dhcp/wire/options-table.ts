/**
 * The DHCPv4 options as one table: the IANA registry, with all of Kea's standard list. The codec (option-values.ts), the
 * configuration's check, the API's schema and the tests all read these rows; a further option is one line here and one
 * test vector. RFC 2132 unless the row says otherwise; section numbers are the ones to read first. What lies inside an
 * option that has options of its own is in option-spaces.ts.
 *
 * JSON forms by type:
 *   ipv4 "10.53.0.1" · ipv4[] ["10.53.0.1", …] · ipv4-pair[] [["10.0.0.0", "10.53.0.1"], …] · ipv6 "2001:db8::1"
 *   bool true · u8 u16 u32 i8 i32 numbers · u8[] u16[] u32[] lists of numbers · seconds a number, 4294967295 for ever
 *   text ASCII · text[] several, each after its length in an octet · uri[] the same with two octets of length
 *   bytes lower-case hexadecimal · flag true: the option has no value, its presence is what it says
 *   name "lab.internal" · name[] ["lab.internal", …], compressed on sending · plain-name[] the same uncompressed
 *   route[] [{ "destination": "10.0.0.0/8", "router": "10.53.0.1" }, …] · fqdn { "flags": 1, "name": "host.lab" }
 *   record { field: value, … } · record[] several of fixed size · ipv4-list[] [["10.53.0.1", "10.53.0.2"], …]
 *   options { name: value, … } of the row's space, or hexadecimal
 *   vendor-options hexadecimal, or { space: { name: value, … } }
 *   enterprise-options [{ "enterprise": 3561, "options": { name: value, … } }, …]
 *   enterprise-classes [{ "enterprise": 3561, "classes": ["hexadecimal", …] }, …]
 *   user-class ["iPXE", …], or "iPXE" for the form without lengths that many clients send
 *   sip-servers ["sip.lab.internal", …] or ["10.53.0.5", …], not mixed
 *   resolver[] [{ "priority": 1, "name": "dns.lab", "addresses": ["10.53.0.2"], "parameters": "alpn=dot" }, …]
 */

export type OptionType =
  | 'ipv4' | 'ipv4[]' | 'ipv4-pair[]' | 'ipv4-list[]' | 'ipv6' | 'ipv6[]'
  | 'bool' | 'u8' | 'u16' | 'u32' | 'i8' | 'i32' | 'u8[]' | 'u16[]' | 'u32[]' | 'seconds'
  | 'text' | 'text[]' | 'uri[]' | 'bytes' | 'flag' | 'name' | 'name[]' | 'plain-name[]' | 'route[]' | 'fqdn'
  | 'record' | 'record[]' | 'options' | 'vendor-options' | 'enterprise-options' | 'enterprise-classes'
  | 'user-class' | 'sip-servers' | 'resolver[]'

/** What a value looks like, of an option or of a field of a record. */
export type ValueShape = {
  readonly type: OptionType
  /** Smallest and largest number, for numeric types and each item of a numeric list. */
  readonly min?: number
  readonly max?: number
  /** Fewest octets of the value (bytes), where it is not 1; 0 allows an empty value of any type. */
  readonly fewest?: number
  /** Exactly so many octets (bytes). */
  readonly octets?: number
  /** Of a record, in order; only the last may be of a length that is not fixed. */
  readonly fields?: readonly OptionField[]
  /** Of the options inside (options). */
  readonly space?: string
}

export type OptionField = ValueShape & { readonly name: string }

export type OptionRow = ValueShape & {
  readonly code: number
  readonly rfc: string
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
  'vendor-specific': { code: 43, type: 'vendor-options', rfc: '§8.4' },
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
  'netware-ip-domain': { code: 62, type: 'text', rfc: 'RFC 2242 §2' },
  'netware-ip-options': { code: 63, type: 'bytes', rfc: 'RFC 2242 §3' },
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
  'user-class': { code: 77, type: 'user-class', rfc: 'RFC 3004 §4' },
  'slp-directory-agents': {
    code: 78,
    type: 'record',
    rfc: 'RFC 2610 §3',
    fields: [{ name: 'mandatory', type: 'bool' }, { name: 'addresses', type: 'ipv4[]' }],
  },
  'slp-service-scopes': {
    code: 79,
    type: 'record',
    rfc: 'RFC 2610 §4',
    fields: [{ name: 'mandatory', type: 'bool' }, { name: 'scopes', type: 'text', fewest: 0 }],
  },
  'rapid-commit': { code: 80, type: 'flag', rfc: 'RFC 4039 §4', fewest: 0, ...PROTOCOL },
  'client-fqdn': { code: 81, type: 'fqdn', rfc: 'RFC 4702 §2', ...PROTOCOL },
  'relay-agent-information': { code: 82, type: 'options', space: 'relay-agent', rfc: 'RFC 3046 §2', ...PROTOCOL },
  isns: {
    code: 83,
    type: 'record',
    rfc: 'RFC 4174 §2',
    fields: [
      { name: 'functions', type: 'u16' },
      { name: 'discovery-domain-access', type: 'u16' },
      { name: 'administrative-flags', type: 'u16' },
      { name: 'security', type: 'u32' },
      { name: 'addresses', type: 'ipv4[]' },
    ],
  },
  'nds-servers': { code: 85, type: 'ipv4[]', rfc: 'RFC 2241 §2' },
  'nds-tree-name': { code: 86, type: 'text', rfc: 'RFC 2241 §3' },
  'nds-context': { code: 87, type: 'text', rfc: 'RFC 2241 §4' },
  'bcmcs-controller-names': { code: 88, type: 'plain-name[]', rfc: 'RFC 4280 §4.1' },
  'bcmcs-controller-addresses': { code: 89, type: 'ipv4[]', rfc: 'RFC 4280 §4.2' },
  authentication: {
    code: 90,
    type: 'record',
    rfc: 'RFC 3118 §2',
    fields: [
      { name: 'protocol', type: 'u8' },
      { name: 'algorithm', type: 'u8' },
      { name: 'replay-detection-method', type: 'u8' },
      { name: 'replay-detection', type: 'bytes', octets: 8 },
      { name: 'information', type: 'bytes', fewest: 0 },
    ],
    ...PROTOCOL,
  },
  'client-last-transaction-time': { code: 91, type: 'seconds', rfc: 'RFC 4388 §6.1', ...PROTOCOL },
  'associated-addresses': { code: 92, type: 'ipv4[]', rfc: 'RFC 4388 §6.1', ...PROTOCOL },
  'client-architectures': { code: 93, type: 'u16[]', rfc: 'RFC 4578 §2.1', ...PROTOCOL },
  'client-network-interface': {
    code: 94,
    type: 'record',
    rfc: 'RFC 4578 §2.2',
    fields: [{ name: 'type', type: 'u8' }, { name: 'major', type: 'u8' }, { name: 'minor', type: 'u8' }],
    ...PROTOCOL,
  },
  'ldap-url': { code: 95, type: 'text', rfc: 'RFC 3679 §3.1' },
  'client-machine-id': {
    code: 97,
    type: 'record',
    rfc: 'RFC 4578 §2.3',
    fields: [{ name: 'type', type: 'u8' }, { name: 'id', type: 'bytes' }],
    ...PROTOCOL,
  },
  'user-authentication-servers': { code: 98, type: 'text', rfc: 'RFC 2485' },
  'civic-location': { code: 99, type: 'bytes', rfc: 'RFC 4776 §3.1', fewest: 3 },
  'posix-timezone': { code: 100, type: 'text', rfc: 'RFC 4833 §2' },
  'tz-database-timezone': { code: 101, type: 'text', rfc: 'RFC 4833 §3' },
  'ipv6-only-preferred': { code: 108, type: 'seconds', rfc: 'RFC 8925 §3.1' },
  'netinfo-servers': { code: 112, type: 'ipv4[]', rfc: 'RFC 3679 §3.1' },
  'netinfo-tag': { code: 113, type: 'text', rfc: 'RFC 3679 §3.1' },
  'captive-portal': { code: 114, type: 'text', rfc: 'RFC 8910 §2.1' },
  'auto-configuration': { code: 116, type: 'bool', rfc: 'RFC 2563 §2' },
  'name-service-search': { code: 117, type: 'u16[]', rfc: 'RFC 2937' },
  'subnet-selection': { code: 118, type: 'ipv4', rfc: 'RFC 3011 §2', ...PROTOCOL },
  'domain-search': { code: 119, type: 'name[]', rfc: 'RFC 3397 §2' },
  'sip-servers': { code: 120, type: 'sip-servers', rfc: 'RFC 3361 §3' },
  'classless-static-routes': { code: 121, type: 'route[]', rfc: 'RFC 3442' },
  'cablelabs-configuration': { code: 122, type: 'options', space: 'cablelabs', rfc: 'RFC 3495 §4' },
  'coordinate-location': { code: 123, type: 'bytes', rfc: 'RFC 6225 §2.2', octets: 16 },
  'vendor-identifying-class': { code: 124, type: 'enterprise-classes', rfc: 'RFC 3925 §3' },
  'vendor-identifying-options': { code: 125, type: 'enterprise-options', rfc: 'RFC 3925 §4' },
  'pana-agents': { code: 136, type: 'ipv4[]', rfc: 'RFC 5192 §3' },
  'lost-server': { code: 137, type: 'name', rfc: 'RFC 5223 §4' },
  'capwap-controllers': { code: 138, type: 'ipv4[]', rfc: 'RFC 5417 §3' },
  'mobility-server-addresses': { code: 139, type: 'options', space: 'mobility-addresses', rfc: 'RFC 5678 §2' },
  'mobility-server-names': { code: 140, type: 'options', space: 'mobility-names', rfc: 'RFC 5678 §3' },
  'sip-configuration-domains': { code: 141, type: 'plain-name[]', rfc: 'RFC 6011 §4.1' },
  'andsf-servers': { code: 142, type: 'ipv4[]', rfc: 'RFC 6153 §2.1' },
  'bootstrap-servers': { code: 143, type: 'uri[]', rfc: 'RFC 8572 §8.1' },
  'geospatial-location': { code: 144, type: 'bytes', rfc: 'RFC 6225 §2.2', octets: 16 },
  'forcerenew-nonce-capable': { code: 145, type: 'u8[]', rfc: 'RFC 6704 §3.1.1', ...PROTOCOL },
  'recursive-dns-selection': {
    code: 146,
    type: 'record',
    rfc: 'RFC 6731 §4.3',
    fields: [
      { name: 'preference', type: 'u8' },
      { name: 'primary', type: 'ipv4' },
      { name: 'secondary', type: 'ipv4' },
      { name: 'domains', type: 'plain-name[]' },
    ],
  },
  'dots-server': { code: 147, type: 'name', rfc: 'RFC 8973 §5.2.1' },
  'dots-addresses': { code: 148, type: 'ipv4[]', rfc: 'RFC 8973 §5.2.2' },
  'tftp-server-addresses': { code: 150, type: 'ipv4[]', rfc: 'RFC 5859 §3' },
  'status-code': {
    code: 151,
    type: 'record',
    rfc: 'RFC 6926 §6.2.2',
    fields: [{ name: 'status', type: 'u8' }, { name: 'message', type: 'text', fewest: 0 }],
    ...PROTOCOL,
  },
  'base-time': { code: 152, type: 'u32', rfc: 'RFC 6926 §6.2.3', ...PROTOCOL },
  'start-time-of-state': { code: 153, type: 'seconds', rfc: 'RFC 6926 §6.2.4', ...PROTOCOL },
  'query-start-time': { code: 154, type: 'u32', rfc: 'RFC 6926 §6.2.5', ...PROTOCOL },
  'query-end-time': { code: 155, type: 'u32', rfc: 'RFC 6926 §6.2.6', ...PROTOCOL },
  'dhcp-state': { code: 156, type: 'u8', rfc: 'RFC 6926 §6.2.7', min: 1, ...PROTOCOL },
  'data-source': { code: 157, type: 'u8', rfc: 'RFC 6926 §6.2.8', ...PROTOCOL },
  'pcp-servers': { code: 158, type: 'ipv4-list[]', rfc: 'RFC 7291 §4' },
  'port-parameters': {
    code: 159,
    type: 'record',
    rfc: 'RFC 7618 §9',
    fields: [
      { name: 'offset', type: 'u8', max: 15 },
      { name: 'psid-length', type: 'u8', max: 16 },
      { name: 'psid', type: 'u16' },
    ],
  },
  'captive-portal-old': { code: 160, type: 'text', rfc: 'RFC 7710 §2.1' },
  'mud-url': { code: 161, type: 'text', rfc: 'RFC 8520 §10' },
  'encrypted-dns': { code: 162, type: 'resolver[]', rfc: 'RFC 9463 §5.1' },
  ipxe: { code: 175, type: 'options', space: 'ipxe', rfc: 'iPXE dhcp.h' },
  'pxelinux-magic': { code: 208, type: 'bytes', rfc: 'RFC 5071 §3', octets: 4 },
  'pxelinux-configuration-file': { code: 209, type: 'text', rfc: 'RFC 5071 §4' },
  'pxelinux-path-prefix': { code: 210, type: 'text', rfc: 'RFC 5071 §5' },
  'pxelinux-reboot-time': { code: 211, type: 'seconds', rfc: 'RFC 5071 §6' },
  'ipv6-rapid-deployment': {
    code: 212,
    type: 'record',
    rfc: 'RFC 5969 §7.1.1',
    fields: [
      { name: 'ipv4-mask-length', type: 'u8', max: 32 },
      { name: 'prefix-length', type: 'u8', max: 128 },
      { name: 'prefix', type: 'ipv6' },
      { name: 'relays', type: 'ipv4[]' },
    ],
  },
  'access-network-domain': { code: 213, type: 'name', rfc: 'RFC 5986 §3.2' },
  'subnet-allocation': { code: 220, type: 'bytes', rfc: 'RFC 6656 §3', ...PROTOCOL },
  'virtual-subnet-selection': { code: 221, type: 'bytes', rfc: 'RFC 6607 §3.1', ...PROTOCOL },
  'microsoft-classless-static-routes': { code: 249, type: 'route[]', rfc: 'MS-DHCPE §2.2.8' },
  'proxy-autodiscovery-url': { code: 252, type: 'text', rfc: 'draft-ietf-wrec-wpad-01 §4.4.1' },
} as const satisfies { readonly [name: string]: OptionRow }

export type OptionName = keyof typeof OPTIONS

/** The code of a named option, for code that writes one by hand. */
export const codeOf = (name: OptionName): number => OPTIONS[name].code
