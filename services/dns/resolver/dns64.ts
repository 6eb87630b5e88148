/**
 * DNS64 (RFC 6147): IPv6 addresses for names that have IPv4 addresses only, for clients behind a NAT64. An address is made
 * by RFC 6052 §2.2; octet 8 is always zero.
 *
 *   /32   prefix 0–3            | IPv4 4–7
 *   /40   prefix 0–4            | IPv4 5–7, 9
 *   /48   prefix 0–5            | IPv4 6–7, 9–10
 *   /56   prefix 0–6            | IPv4 7, 9–11
 *   /64   prefix 0–7            | IPv4 9–12
 *   /96   prefix 0–11           | IPv4 12–15
 *
 * The resolver asks for AAAA; when that gives none it asks for A and calls synthesised(). All of it is pure.
 */
import { specialBlock } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { err, equalBytes, i32, ok, put32 } from '../../../stack/platform/index.ts'
import type { Result } from '../../../stack/platform/index.ts'
import { formatIpv6, parseIpv6 } from '../wire/ipv6.ts'
import { keyOf, name, nameOfKey } from '../wire/name.ts'
import type { Name, NameKey } from '../wire/name.ts'
import type { Rrset } from '../wire/rrset.ts'
import { TYPE } from '../wire/type-names.ts'
import { reverseName } from '../zone/reverse.ts'

/** RFC 6052 §2.2. */
export const DNS64_LENGTHS = [32, 40, 48, 56, 64, 96] as const

/** Pref64::/n, RFC 6052 §2.2. */
export type Dns64Prefix = {
  /** 16 octets, zero after `length` bits. */
  readonly network: Uint8Array
  readonly length: (typeof DNS64_LENGTHS)[number]
}

/** 64:ff9b::/96, for addresses of the Internet only (RFC 6052 §3.1). */
export const WELL_KNOWN_PREFIX: Dns64Prefix = { network: Uint8Array.of(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), length: 96 }

/** RFC 6147 §5.1.7: where the answer without AAAA said no SOA. Seconds. */
const UNSAID_TTL = 600

/** "64:ff9b::/96"; the error is a sentence part. */
export function parseDns64Prefix(text: string): Result<Dns64Prefix, string> {
  const [address, lengthText, ...more] = text.split('/')
  const network = parseIpv6(address ?? '')
  const length = DNS64_LENGTHS.find((one) => String(one) === lengthText)
  if (network === undefined || more.length > 0) return err('it is no IPv6 prefix')
  if (length === undefined) return err(`its length is none of ${DNS64_LENGTHS.join(', ')}`)
  if (network.subarray(length / 8).some((octet) => octet !== 0)) return err('it has bits after its length')
  if (network[8] !== 0) return err('bits 64 to 71 are not zero')
  return ok({ network, length })
}

export const formatDns64Prefix = ({ network, length }: Dns64Prefix): string => `${formatIpv6(network)}/${length}`

/** Where the four octets of the IPv4 address stand. */
function places(length: Dns64Prefix['length']): readonly number[] {
  const first = length / 8
  return [0, 1, 2, 3].map((i) => (length < 96 && first + i >= 8 ? first + i + 1 : first + i))
}

/** The IPv6 address of an IPv4 address: 16 octets. */
export function embedded(prefix: Dns64Prefix, address: Uint8Array): Uint8Array {
  const made = prefix.network.slice()
  places(prefix.length).forEach((at, i) => {
    made[at] = address[i] as number
  })
  return made
}

/** The IPv4 address that is in an IPv6 address; undefined when it is not of the prefix. */
export function extracted(prefix: Dns64Prefix, address: Uint8Array): Ipv4 | undefined {
  const octets = Uint8Array.from(places(prefix.length), (at) => address[at] as number)
  return equalBytes(embedded(prefix, octets), address) ? i32(octets, 0) : undefined
}

/** RFC 6147 §5.1.4: addresses that count as if they were not there, ::ffff:0:0/96. */
export const isExcluded = (address: Uint8Array): boolean => {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false
  return address[10] === 0xff && address[11] === 0xff
}

/** The AAAA records of an answer that count; undefined: none, and A is to be asked for (RFC 6147 §5.1.4). */
export function withoutExcluded(rrset: Rrset): Rrset | undefined {
  const rdata = rrset.rdata.filter((address) => !isExcluded(address))
  return rdata.length === 0 ? undefined : rdata.length === rrset.rdata.length ? rrset : { ...rrset, rdata }
}

/**
 * RFC 6147 §5.5: a client that validates by itself (DO and CD) gets the answer as it is. Everybody else gets what was
 * made, without AD.
 */
export const mayBeSynthesised = (query: { readonly dnssecOk: boolean; readonly checkingDisabled: boolean }): boolean =>
  !(query.dnssecOk && query.checkingDisabled)

/**
 * AAAA records made of A records. `negativeTtl`: the least of TTL and MINIMUM of the SOA that came with the answer without
 * AAAA (RFC 6147 §5.1.7); undefined: there was none. Undefined when no address may be translated.
 */
export function synthesised(prefix: Dns64Prefix, addresses: Rrset, negativeTtl: number | undefined): Rrset | undefined {
  const isWellKnown = prefix.length === 96 && equalBytes(prefix.network, WELL_KNOWN_PREFIX.network)
  const translated = addresses.rdata.filter((address) => !isWellKnown || specialBlock(i32(address, 0))?.global !== false)
  const rdata = translated.map((address) => embedded(prefix, address))
  if (rdata.length === 0) return undefined
  return { name: addresses.name, type: TYPE.AAAA, ttl: Math.min(addresses.ttl, negativeTtl ?? UNSAID_TTL), rdata }
}

/** RFC 6147 §5.3.1: where a reverse name below the prefix leads, "1.2.0.192.in-addr.arpa"; undefined: it is not below. */
export function reverseTarget(prefix: Dns64Prefix, key: NameKey): Name | undefined {
  const address = addressOfKey(key)
  const ipv4 = address === undefined ? undefined : extracted(prefix, address)
  return ipv4 === undefined ? undefined : name(reverseName(ipv4))
}

const IP6_ARPA = keyOf('ip6.arpa')

/** RFC 3596 §2.5: 32 labels of a hexadecimal digit each. */
function addressOfKey(key: NameKey): Uint8Array | undefined {
  if (key.length !== 64 + IP6_ARPA.length || !key.endsWith(IP6_ARPA)) return undefined
  const address = new Uint8Array(16)
  for (let i = 0; i < 32; i++) {
    const digit = key[2 * i + 1] as string
    if (key.charCodeAt(2 * i) !== 1 || !/[0-9a-f]/.test(digit)) return undefined
    address[15 - (i >> 1)] = (address[15 - (i >> 1)] as number) | (Number.parseInt(digit, 16) << (i & 1 ? 4 : 0))
  }
  return address
}

/** RFC 7050 §2.2, RFC 8880 §7.1: by its AAAA records hosts learn the prefix, so they are never asked for elsewhere. */
export const IPV4ONLY_KEY: NameKey = keyOf('ipv4only.arpa')
const IPV4ONLY_ADDRESSES: readonly Ipv4[] = [0xc000_00aa | 0, 0xc000_00ab | 0]
/** As in the zone of the Internet. Seconds. */
const IPV4ONLY_TTL = 86_400

/** What ipv4only.arpa has of a type: addresses, or nothing (NODATA). */
export function ipv4Only(type: number, prefix: Dns64Prefix): Rrset | undefined {
  const addresses = IPV4ONLY_ADDRESSES.map((address) => {
    const octets = new Uint8Array(4)
    put32(octets, 0, address)
    return octets
  })
  const rrset = { name: nameOfKey(IPV4ONLY_KEY), type, ttl: IPV4ONLY_TTL }
  if (type === TYPE.A) return { ...rrset, rdata: addresses }
  return type === TYPE.AAAA ? { ...rrset, rdata: addresses.map((address) => embedded(prefix, address)) } : undefined
}
