/**
 * Every record type with a known form, one row each: number, source, fields in wire order. Wire codec, zone-file
 * reader, REST checks, name compression and additional-section processing all read this table; a type is added by one
 * row here and one vector in test/unit/services/dns/wire/rdata-vectors.ts. Types without a row are handled by RFC 3597.
 * A 'name-folded' is in lower case where data is signed (RFC 4034 §6.2), as every 'name-compressible' is; a 'name' is not.
 * `additional` names the field whose addresses are useful to a client (RFC 1034 §4.3.2 step 6).
 */
import type { FieldKind } from './field-table.ts'

export type RrRow = {
  readonly code: number
  readonly rfc: string
  readonly fields: { readonly [field: string]: FieldKind }
  readonly additional?: string
}

export const RDATA = {
  A: { code: 1, rfc: 'RFC 1035 §3.4.1', fields: { address: 'ipv4' } },
  NS: { code: 2, rfc: 'RFC 1035 §3.3.11', fields: { server: 'name-compressible' }, additional: 'server' },
  // RFC 1035 §3.3.4 and §3.3.5: obsolete, MX took their place.
  MD: { code: 3, rfc: 'RFC 1035 §3.3.4', fields: { host: 'name-compressible' }, additional: 'host' },
  MF: { code: 4, rfc: 'RFC 1035 §3.3.5', fields: { host: 'name-compressible' }, additional: 'host' },
  CNAME: { code: 5, rfc: 'RFC 1035 §3.3.1', fields: { target: 'name-compressible' } },
  SOA: {
    code: 6, rfc: 'RFC 1035 §3.3.13',
    fields: {
      primaryServer: 'name-compressible', hostmaster: 'name-compressible', serial: 'u32', refresh: 'seconds',
      retry: 'seconds', expire: 'seconds', minimum: 'seconds',
    },
  },
  MB: { code: 7, rfc: 'RFC 1035 §3.3.3', fields: { host: 'name-compressible' }, additional: 'host' },
  MG: { code: 8, rfc: 'RFC 1035 §3.3.6', fields: { mailbox: 'name-compressible' } },
  MR: { code: 9, rfc: 'RFC 1035 §3.3.8', fields: { mailbox: 'name-compressible' } },
  WKS: { code: 11, rfc: 'RFC 1035 §3.4.2', fields: { address: 'ipv4', services: 'well-known-services' } },
  PTR: { code: 12, rfc: 'RFC 1035 §3.3.12', fields: { target: 'name-compressible' } },
  HINFO: { code: 13, rfc: 'RFC 1035 §3.3.2', fields: { cpu: 'string', os: 'string' } },
  MINFO: {
    code: 14, rfc: 'RFC 1035 §3.3.7', fields: { responsible: 'name-compressible', errors: 'name-compressible' },
  },
  MX: {
    code: 15, rfc: 'RFC 1035 §3.3.9', fields: { preference: 'u16', exchange: 'name-compressible' },
    additional: 'exchange',
  },
  TXT: { code: 16, rfc: 'RFC 1035 §3.3.14', fields: { text: 'strings' } },
  RP: { code: 17, rfc: 'RFC 1183 §2.2', fields: { mailbox: 'name-folded', text: 'name-folded' } },
  AFSDB: { code: 18, rfc: 'RFC 1183 §1', fields: { subtype: 'u16', server: 'name-folded' }, additional: 'server' },
  X25: { code: 19, rfc: 'RFC 1183 §3.1', fields: { address: 'string' } },
  ISDN: { code: 20, rfc: 'RFC 1183 §3.2', fields: { address: 'string', subaddress: 'optional-strings' } },
  RT: { code: 21, rfc: 'RFC 1183 §3.3', fields: { preference: 'u16', intermediate: 'name-folded' }, additional: 'intermediate' },
  NSAP: { code: 22, rfc: 'RFC 1706 §5', fields: { address: 'nsap-address' } },
  'NSAP-PTR': { code: 23, rfc: 'RFC 1706 §6', fields: { owner: 'name' } },
  SIG: {
    code: 24, rfc: 'RFC 2535 §4',
    fields: {
      typeCovered: 'type', algorithm: 'algorithm', labels: 'u8', originalTtl: 'u32',
      expiration: 'time', inception: 'time', keyTag: 'u16', signer: 'name-folded', signature: 'base64',
    },
  },
  KEY: {
    code: 25, rfc: 'RFC 2535 §3', fields: { flags: 'u16', protocol: 'u8', algorithm: 'algorithm', key: 'base64' },
  },
  PX: { code: 26, rfc: 'RFC 2163 §4', fields: { preference: 'u16', map822: 'name-folded', mapX400: 'name-folded' } },
  GPOS: { code: 27, rfc: 'RFC 1712 §3', fields: { longitude: 'string', latitude: 'string', altitude: 'string' } },
  AAAA: { code: 28, rfc: 'RFC 3596 §2.2', fields: { address: 'ipv6' } },
  LOC: { code: 29, rfc: 'RFC 1876', fields: { place: 'loc' } },
  NXT: { code: 30, rfc: 'RFC 2535 §5.2', fields: { next: 'name-folded', types: 'nxt-bitmap' } },
  EID: { code: 31, rfc: 'draft-ietf-nimrod-dns', fields: { endpoint: 'hex' } },
  NIMLOC: { code: 32, rfc: 'draft-ietf-nimrod-dns', fields: { locator: 'hex' } },
  SRV: {
    code: 33, rfc: 'RFC 2782', fields: { priority: 'u16', weight: 'u16', port: 'u16', target: 'name-folded' },
    additional: 'target',
  },
  ATMA: { code: 34, rfc: 'ATM Forum AF-DANS-0152', fields: { address: 'atm-address' } },
  NAPTR: {
    code: 35, rfc: 'RFC 3403 §4.1',
    fields: {
      order: 'u16', preference: 'u16', flags: 'string', services: 'string', regexp: 'string', replacement: 'name-folded',
    },
  },
  KX: { code: 36, rfc: 'RFC 2230', fields: { preference: 'u16', exchanger: 'name-folded' }, additional: 'exchanger' },
  CERT: {
    code: 37, rfc: 'RFC 4398',
    fields: { format: 'certificate-type', keyTag: 'u16', algorithm: 'algorithm', certificate: 'base64' },
  },
  A6: { code: 38, rfc: 'RFC 2874 §3.1', fields: { address: 'a6' } },
  DNAME: { code: 39, rfc: 'RFC 6672', fields: { target: 'name-folded' } },
  SINK: {
    code: 40, rfc: 'draft-eastlake-kitchen-sink',
    fields: { meaning: 'u8', coding: 'u8', subcoding: 'u8', data: 'base64' },
  },
  APL: { code: 42, rfc: 'RFC 3123', fields: { prefixes: 'prefix-list' } },
  DS: {
    code: 43, rfc: 'RFC 4034 §5', fields: { keyTag: 'u16', algorithm: 'algorithm', digestType: 'u8', digest: 'hex' },
  },
  SSHFP: { code: 44, rfc: 'RFC 4255', fields: { algorithm: 'u8', fingerprintType: 'u8', fingerprint: 'hex' } },
  IPSECKEY: { code: 45, rfc: 'RFC 4025', fields: { precedence: 'u8', gateway: 'ipsec-gateway' } },
  RRSIG: {
    code: 46, rfc: 'RFC 4034 §3',
    fields: {
      typeCovered: 'type', algorithm: 'algorithm', labels: 'u8', originalTtl: 'u32',
      expiration: 'time', inception: 'time', keyTag: 'u16', signer: 'name-folded', signature: 'base64',
    },
  },
  NSEC: { code: 47, rfc: 'RFC 4034 §4', fields: { next: 'name', types: 'bitmap' } },
  DNSKEY: {
    code: 48, rfc: 'RFC 4034 §2', fields: { flags: 'u16', protocol: 'u8', algorithm: 'algorithm', key: 'base64' },
  },
  DHCID: { code: 49, rfc: 'RFC 4701', fields: { digest: 'base64' } },
  NSEC3: {
    code: 50, rfc: 'RFC 5155 §3',
    fields: {
      algorithm: 'u8', flags: 'u8', iterations: 'u16', salt: 'counted-hex', next: 'counted-base32', types: 'bitmap',
    },
  },
  NSEC3PARAM: {
    code: 51, rfc: 'RFC 5155 §4', fields: { algorithm: 'u8', flags: 'u8', iterations: 'u16', salt: 'counted-hex' },
  },
  TLSA: { code: 52, rfc: 'RFC 6698', fields: { usage: 'u8', selector: 'u8', matching: 'u8', association: 'hex' } },
  SMIMEA: { code: 53, rfc: 'RFC 8162', fields: { usage: 'u8', selector: 'u8', matching: 'u8', association: 'hex' } },
  HIP: { code: 55, rfc: 'RFC 8005', fields: { identity: 'host-identity', servers: 'names' } },
  NINFO: { code: 56, rfc: 'draft-reid-dnsext-zs', fields: { text: 'strings' } },
  RKEY: {
    code: 57, rfc: 'draft-reid-dnsext-rkey',
    fields: { flags: 'u16', protocol: 'u8', algorithm: 'algorithm', key: 'base64' },
  },
  TALINK: { code: 58, rfc: 'draft-wijngaards-dnsop-trust-history', fields: { start: 'name', end: 'name' } },
  CDS: {
    code: 59, rfc: 'RFC 7344', fields: { keyTag: 'u16', algorithm: 'algorithm', digestType: 'u8', digest: 'hex' },
  },
  CDNSKEY: {
    code: 60, rfc: 'RFC 7344', fields: { flags: 'u16', protocol: 'u8', algorithm: 'algorithm', key: 'base64' },
  },
  OPENPGPKEY: { code: 61, rfc: 'RFC 7929', fields: { key: 'base64' } },
  CSYNC: { code: 62, rfc: 'RFC 7477', fields: { serial: 'u32', flags: 'u16', types: 'bitmap' } },
  ZONEMD: { code: 63, rfc: 'RFC 8976', fields: { serial: 'u32', scheme: 'u8', algorithm: 'u8', digest: 'hex' } },
  SVCB: {
    code: 64, rfc: 'RFC 9460', fields: { priority: 'u16', target: 'name', parameters: 'service-parameters' },
    additional: 'target',
  },
  HTTPS: {
    code: 65, rfc: 'RFC 9460', fields: { priority: 'u16', target: 'name', parameters: 'service-parameters' },
    additional: 'target',
  },
  DSYNC: {
    code: 66, rfc: 'RFC 9859 §2', fields: { type: 'type', scheme: 'notify-scheme', port: 'u16', target: 'name' },
  },
  SPF: { code: 99, rfc: 'RFC 7208 §3.1', fields: { text: 'strings' } },
  NID: { code: 104, rfc: 'RFC 6742 §2.1', fields: { preference: 'u16', nodeId: 'locator-64' } },
  L32: { code: 105, rfc: 'RFC 6742 §2.2', fields: { preference: 'u16', locator: 'ipv4' } },
  L64: { code: 106, rfc: 'RFC 6742 §2.3', fields: { preference: 'u16', locator: 'locator-64' } },
  LP: { code: 107, rfc: 'RFC 6742 §2.4', fields: { preference: 'u16', pointer: 'name' } },
  EUI48: { code: 108, rfc: 'RFC 7043 §3', fields: { address: 'eui48' } },
  EUI64: { code: 109, rfc: 'RFC 7043 §4', fields: { address: 'eui64' } },
  URI: { code: 256, rfc: 'RFC 7553', fields: { priority: 'u16', weight: 'u16', target: 'rest' } },
  CAA: { code: 257, rfc: 'RFC 8659', fields: { flags: 'u8', tag: 'tag', value: 'rest' } },
  AVC: { code: 258, rfc: 'IANA', fields: { text: 'strings' } },
  DOA: {
    code: 259, rfc: 'draft-durand-doa-over-dns',
    fields: { enterprise: 'u32', type: 'u32', location: 'u8', mediaType: 'string', data: 'base64-or-none' },
  },
  AMTRELAY: { code: 260, rfc: 'RFC 8777', fields: { precedence: 'u8', relay: 'amt-relay' } },
  RESINFO: { code: 261, rfc: 'RFC 9606 §5', fields: { text: 'strings' } },
  WALLET: { code: 262, rfc: 'IANA', fields: { text: 'strings' } },
  TA: {
    code: 32_768, rfc: 'IANA',
    fields: { keyTag: 'u16', algorithm: 'algorithm', digestType: 'u8', digest: 'hex-or-none' },
  },
  DLV: {
    code: 32_769, rfc: 'RFC 4431',
    fields: { keyTag: 'u16', algorithm: 'algorithm', digestType: 'u8', digest: 'hex-or-none' },
  },
  // Of ours, in the range for private use (RFC 6895 §3.1): never on the wire, addresses are made of them.
  ALIAS: { code: 65_401, rfc: 'docs/dns.md', fields: { target: 'name' } },
  // status: 301, 302, 303, 307 or 308. keepPath: 1: path and query of the request are appended.
  URL: { code: 65_402, rfc: 'docs/dns.md', fields: { status: 'u16', keepPath: 'u8', target: 'rest' } },
} as const satisfies { readonly [type: string]: RrRow }

/** Mnemonics of the types with a known form. */
export type RrType = keyof typeof RDATA
