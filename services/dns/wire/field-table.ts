/**
 * The kinds of fields by name, as the rows of rdata-table.ts use them.
 */
import { formatIpv4 } from '../../../stack/index.ts'
import { fromHex, i32 } from '../../../stack/platform/index.ts'
import {
  amtRelay, hexOrNone, hostIdentity, ipsecGateway, locator64, names, nsapAddress, optionalStrings, prefixList,
  wellKnownServices,
} from './compound-fields.ts'
import { a6, atmAddress, base64OrNone, nxtBitmap } from './early-fields.ts'
import {
  bitmap, counted, encodedRest, eui, type FieldCodec, fixed, hexText, loc, nameField, number, numberOrName,
  parseIpv4Octets, rest, seconds, serviceParameters, string, strings, tag, time, type,
} from './fields.ts'
import { formatIpv6, parseIpv6 } from './ipv6.ts'
import { formatBase32Hex, formatBase64, parseBase32Hex, parseBase64 } from './presentation.ts'

/** Kinds by name. 'name-compressible' is the RFC 1035 types' (RFC 3597 §4); a 'name' is never compressed on output. */
export const FIELDS = {
  u8: number(1),
  u16: number(2),
  u32: number(4),
  // IANA "DNS Security Algorithm Numbers" (RFC 4034 appendix A.1), with the names that BIND has for two of them.
  algorithm: numberOrName(1, {
    RSAMD5: 1, DH: 2, DSA: 3, RSASHA1: 5, 'DSA-NSEC3-SHA1': 6, NSEC3DSA: 6, 'RSASHA1-NSEC3-SHA1': 7, NSEC3RSASHA1: 7,
    RSASHA256: 8, RSASHA512: 10, 'ECC-GOST': 12, ECDSAP256SHA256: 13, ECDSAP384SHA384: 14, ED25519: 15, ED448: 16,
    INDIRECT: 252, PRIVATEDNS: 253, PRIVATEOID: 254,
  }),
  // RFC 4398 §2.1.
  'certificate-type': numberOrName(2, {
    PKIX: 1, SPKI: 2, PGP: 3, IPKIX: 4, ISPKI: 5, IPGP: 6, ACPKIX: 7, IACPKIX: 8, URI: 253, OID: 254,
  }),
  // RFC 9859 §2.
  'notify-scheme': numberOrName(1, { NOTIFY: 1 }),
  seconds,
  ipv4: fixed(
    4, parseIpv4Octets, (b, at) => formatIpv4(i32(b, at)), 'an IPv4 address: four octets 0–255, as 10.53.0.20',
  ),
  ipv6: fixed(16, parseIpv6, formatIpv6, 'an IPv6 address such as 2001:db8::1'),
  eui48: eui(6),
  eui64: eui(8),
  name: nameField,
  'name-folded': nameField,
  'name-compressible': nameField,
  string,
  strings,
  rest,
  tag,
  base64: encodedRest(parseBase64, formatBase64, 'base 64'),
  hex: encodedRest(fromHex, hexText, 'hexadecimal digits in pairs'),
  'counted-hex': counted(fromHex, hexText, 'hexadecimal digits in pairs, or "-" for none'),
  'counted-base32': counted(parseBase32Hex, formatBase32Hex, 'base 32 in the extended hex alphabet'),
  type,
  time,
  bitmap,
  loc,
  'service-parameters': serviceParameters,
  'prefix-list': prefixList,
  'hex-or-none': hexOrNone,
  'ipsec-gateway': ipsecGateway,
  'amt-relay': amtRelay,
  'host-identity': hostIdentity,
  names,
  'locator-64': locator64,
  'nsap-address': nsapAddress,
  'well-known-services': wellKnownServices,
  'optional-strings': optionalStrings,
  'nxt-bitmap': nxtBitmap,
  a6,
  'atm-address': atmAddress,
  'base64-or-none': base64OrNone,
} as const satisfies { readonly [kind: string]: FieldCodec }

export type FieldKind = keyof typeof FIELDS
