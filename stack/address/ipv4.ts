/**
 * IPv4 addresses as numbers. In memory an address is a signed int32 (10.53.0.2 is 0x0a350002; 192.168.0.1 is negative):
 * it needs no allocation and compares with ===. For order use `compare`, for people use `formatIpv4`.
 * RFC 791, RFC 1122 §3.2.1.3, RFC 4632.
 */
export type Ipv4 = number

export const UNSPECIFIED: Ipv4 = 0
export const BROADCAST: Ipv4 = -1

/** Undefined unless the text is four decimal octets without leading zeros. */
export function parseIpv4(text: string): Ipv4 | undefined {
  let value = 0
  let octets = 0
  let octet = -1
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x2e) {
      if (octet < 0 || ++octets > 3) return undefined
      value = (value << 8) | octet
      octet = -1
      continue
    }
    if (c < 0x30 || c > 0x39 || octet === 0) return undefined
    octet = (octet < 0 ? 0 : 10 * octet) + c - 0x30
    if (octet > 255) return undefined
  }
  return octets === 3 && octet >= 0 ? (value << 8) | octet : undefined
}

/** For constants and tests: throws on a bad text. */
export function ipv4(text: string): Ipv4 {
  const value = parseIpv4(text)
  if (value === undefined) throw new Error(`not an IPv4 address: ${text}`)
  return value
}

export const formatIpv4 = (a: Ipv4): string => `${a >>> 24}.${(a >>> 16) & 255}.${(a >>> 8) & 255}.${a & 255}`

/** Numeric order, unlike `<` on signed values. */
export const compareIpv4 = (a: Ipv4, b: Ipv4): number => (a >>> 0) - (b >>> 0)

/** 24 → 255.255.255.0. Lengths 0 to 32. */
export const maskOf = (length: number): Ipv4 => (length === 0 ? 0 : -1 << (32 - length))

/** The length of a contiguous mask; undefined when the mask has holes. */
export function lengthOf(mask: Ipv4): number | undefined {
  const inverted = ~mask
  return (inverted & (inverted + 1)) === 0 ? Math.clz32(inverted) : undefined
}

/** An address block. `network` has no host bits set. */
export type Prefix = { readonly network: Ipv4; readonly length: number }

export const contains = (p: Prefix, a: Ipv4): boolean => ((a ^ p.network) & maskOf(p.length)) === 0
export const overlaps = (a: Prefix, b: Prefix): boolean =>
  contains(a, b.network) || contains(b, a.network)
export const firstOf = (p: Prefix): Ipv4 => p.network
export const lastOf = (p: Prefix): Ipv4 => p.network | ~maskOf(p.length)
export const formatPrefix = (p: Prefix): string => `${formatIpv4(p.network)}/${p.length}`

/** "10.53.0.2/24" → the address and the block it lies in; undefined when it is not that form. */
export function parseInterfaceAddress(text: string): { readonly address: Ipv4; readonly prefix: Prefix } | undefined {
  const slash = text.indexOf('/')
  const address = parseIpv4(slash < 0 ? text : text.slice(0, slash))
  const lengthText = slash < 0 ? '32' : text.slice(slash + 1)
  if (address === undefined || !/^(\d|[12]\d|3[0-2])$/.test(lengthText)) return undefined
  const length = Number(lengthText)
  return { address, prefix: { network: address & maskOf(length), length } }
}

/** As parseInterfaceAddress, but host bits must be zero. */
export function parsePrefix(text: string): Prefix | undefined {
  const parsed = parseInterfaceAddress(text)
  return parsed !== undefined && parsed.address === parsed.prefix.network ? parsed.prefix : undefined
}

export const isLoopback = (a: Ipv4): boolean => a >>> 24 === 127
export const isMulticast = (a: Ipv4): boolean => a >>> 28 === 14
/** Class E, without the limited broadcast address. */
export const isReserved = (a: Ipv4): boolean => a >>> 28 === 15 && a !== BROADCAST
/** "This network", RFC 6890. */
export const isThisNetwork = (a: Ipv4): boolean => a >>> 24 === 0

/** May stand as the source of a datagram from a single host (RFC 1122 §3.2.1.3, without the subnet's own rules). */
export const isUnicast = (a: Ipv4): boolean => a >>> 28 < 14 && a >>> 24 !== 0
