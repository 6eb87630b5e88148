/** Options by the names that Kea's DHCPv4 server has for them, where they are not ours. */
import type { OptionRegistry } from '../wire/option-spaces.ts'
import type { OptionRow } from '../wire/options-table.ts'

/** As kea-dhcp4 2.2 calls its standard options. */
const CODES: { readonly [name: string]: number } = {
  'boot-size': 13, 'merit-dump': 14, 'policy-filter': 21, 'max-dgram-reassembly': 22, 'router-discovery': 31,
  'ieee802-3-encapsulation': 36, 'vendor-encapsulated-options': 43, 'netbios-dd-server': 45, 'font-servers': 48,
  'x-display-manager': 49, 'dhcp-requested-address': 50, 'dhcp-lease-time': 51, 'dhcp-option-overload': 52,
  'dhcp-message-type': 53, 'dhcp-server-identifier': 54, 'dhcp-parameter-request-list': 55, 'dhcp-message': 56,
  'dhcp-max-message-size': 57, 'dhcp-renewal-time': 58, 'dhcp-rebinding-time': 59, 'vendor-class-identifier': 60,
  'dhcp-client-identifier': 61, 'nwip-domain-name': 62, 'nwip-suboptions': 63, 'nisplus-domain-name': 64,
  'nisplus-servers': 65, 'mobile-ip-home-agent': 68, 'smtp-server': 69, 'pop-server': 70, 'nntp-server': 71,
  'www-server': 72, 'finger-server': 73, 'irc-server': 74, 'streettalk-server': 75,
  'streettalk-directory-assistance-server': 76, 'slp-directory-agent': 78, 'slp-service-scope': 79, fqdn: 81,
  'dhcp-agent-options': 82, 'bcms-controller-names': 88, 'bcms-controller-address': 89, authenticate: 90,
  'associated-ip': 92, 'client-system': 93, 'client-ndi': 94, 'uuid-guid': 97, 'uap-servers': 98, 'geoconf-civic': 99,
  pcode: 100, tcode: 101, 'v6-only-preferred': 108, 'netinfo-server-address': 112, 'netinfo-server-tag': 113,
  'v4-captive-portal': 114, 'auto-config': 116, 'vivco-suboptions': 124, 'vivso-suboptions': 125, 'pana-agent': 136,
  'v4-lost': 137, 'capwap-ac-v4': 138, 'sip-ua-cs-domains': 141, 'rdnss-selection': 146, 'v4-portparams': 159,
  'option-6rd': 212, 'v4-access-domain': 213,
}

/** The option of a name of ours, of a definition of the file, or of Kea's. */
export function keaOption(registry: OptionRegistry, name: string): OptionRow | undefined {
  const code = Object.hasOwn(CODES, name) ? CODES[name] : undefined
  const known = code === undefined ? registry.named(name) : registry.coded(code).row
  return known ?? registry.named(name.toLowerCase().replaceAll('_', '-'))
}
