/**
 * Fields whose form depends on an octet of their own: address prefixes (RFC 3123), gateways (RFC 4025, RFC 8777), host
 * identities (RFC 8005), locators (RFC 6742) and what is left of the early types (RFC 1035, RFC 1183, RFC 1706).
 */
import { formatIpv4 } from '../../../stack/index.ts'
import { fromHex, i32, toHex, u16 } from '../../../stack/platform/index.ts'
import { type FieldCodec, hexText, nameField, type Octets, parseIpv4Octets, shown, stringLength, strings } from './fields.ts'
import { formatIpv6, parseIpv6 } from './ipv6.ts'
import type { NameRule } from './name.ts'
import { formatBase64, parseBase64 } from './presentation.ts'
import type { TokenSource } from './presentation.ts'

/** A whole number from 0 to `most`; undefined for anything else. */
function takeNumber(from: TokenSource, most: number): number | undefined {
  const text = from.next()?.text ?? ''
  return /^\d{1,5}$/.test(text) && Number(text) <= most ? Number(text) : undefined
}

const ADDRESS_FAMILIES = {
  1: { octets: 4, parse: parseIpv4Octets, format: (b: Uint8Array): string => formatIpv4(i32(b, 0)) },
  2: { octets: 16, parse: parseIpv6, format: (b: Uint8Array): string => formatIpv6(b, 0) },
} as const

const familyOf = (code: number): (typeof ADDRESS_FAMILIES)[1 | 2] | undefined =>
  code === 1 || code === 2 ? ADDRESS_FAMILIES[code] : undefined

/** RFC 3123 §4: family, prefix length, negation and length in one octet, address without its trailing zeros. */
export const prefixList: FieldCodec = {
  read: (from, into) => {
    for (let token = from.next(); token !== undefined; token = from.next()) {
      const match = /^(!?)([12]):([^/]+)\/(\d{1,3})$/.exec(token.text)
      const family = familyOf(Number(match?.[2]))
      const address = family?.parse(match?.[3] ?? '')
      const length = Number(match?.[4])
      if (family === undefined || address === undefined || length > family.octets * 8) {
        return `${shown(token.text)} is not an address prefix such as 1:192.0.2.0/24 or !2:2001:db8::/32`
      }
      const used = address.findLastIndex((octet) => octet !== 0) + 1
      into.push(0, Number(match?.[2]), length, (match?.[1] === '!' ? 0x80 : 0) | used, ...address.subarray(0, used))
    }
    return undefined
  },
  write: (b, at, end) => {
    const items: string[] = []
    for (let i = at; i < end; ) {
      const family = familyOf(u16(b, i))
      const used = (b[i + 3] as number) & 0x7f
      const address = new Uint8Array(family?.octets ?? used)
      address.set(b.subarray(i + 4, i + 4 + used))
      const text = family === undefined ? toHex(address) : family.format(address)
      items.push(`${(b[i + 3] as number) >= 0x80 ? '!' : ''}${u16(b, i)}:${text}/${b[i + 2]}`)
      i += 4 + used
    }
    return items.join(' ')
  },
  length: (b, at, end) => {
    for (let i = at; i < end; ) {
      if (end - i < 4) return -1
      const family = familyOf(u16(b, i))
      const used = (b[i + 3] as number) & 0x7f
      if (family === undefined || used > family.octets || (b[i + 2] as number) > family.octets * 8) return -1
      // RFC 3123 §4: trailing zero octets must not be there, so that every prefix has one form.
      if (i + 4 + used > end || (used > 0 && b[i + 3 + used] === 0)) return -1
      i += 4 + used
    }
    return end - at
  },
}

/** Octets to the end in hexadecimal that may be none (RFC 8005 has no such; DLV's and TA's digests have octets). */
export const hexOrNone: FieldCodec = {
  read: (from, into) => {
    let text = ''
    for (let token = from.next(); token !== undefined; token = from.next()) text += token.text
    const octets = text === '-' ? new Uint8Array(0) : fromHex(text)
    if (octets === undefined || (octets.length === 0 && text !== '-')) {
      return `${shown(text)} is not hexadecimal digits in pairs, or "-" for none`
    }
    for (const octet of octets) into.push(octet)
    return undefined
  },
  write: (b, at, end) => (end === at ? '-' : hexText(b, at, end)),
  length: (_b, at, end) => end - at,
}

/** A gateway by its kind: 0 none ("."), 1 IPv4, 2 IPv6, 3 a name that is not compressed. */
type GatewayKind = 0 | 1 | 2 | 3

function readGateway(kind: number, from: TokenSource, into: Octets, names: NameRule): string | undefined {
  if (kind === 3) return nameField.read(from, into, names)
  const text = from.next()?.text ?? ''
  if (kind === 0) return text === '.' ? undefined : `${shown(text)} must be "." for a gateway of type 0`
  const octets = familyOf(kind)?.parse(text)
  if (octets === undefined) return `${shown(text)} is not an address of the kind that gateway type ${kind} says`
  into.push(...octets)
  return undefined
}

function writeGateway(kind: number, b: Uint8Array, at: number, end: number, finalDots?: boolean): string {
  if (kind === 0) return '.'
  const family = familyOf(kind)
  return family === undefined ? nameField.write(b, at, end, finalDots) : family.format(b.subarray(at, at + family.octets))
}

function gatewayLength(kind: number, b: Uint8Array, at: number, end: number): number {
  if (kind === 0) return 0
  const octets = familyOf(kind)?.octets
  if (octets !== undefined) return end - at >= octets ? octets : -1
  return kind === 3 ? nameField.length(b, at, end) : -1
}

const isGatewayKind = (kind: number | undefined): kind is GatewayKind => kind !== undefined && kind <= 3

/** RFC 4025 §2.1 after the precedence: gateway type, algorithm, gateway, and a public key that may be absent. */
export const ipsecGateway: FieldCodec = {
  read: (from, into, names) => {
    const kind = takeNumber(from, 255)
    const algorithm = takeNumber(from, 255)
    if (!isGatewayKind(kind)) return 'the gateway type is a number from 0 to 3'
    if (algorithm === undefined) return 'the algorithm is a number from 0 to 255'
    into.push(kind, algorithm)
    const problem = readGateway(kind, from, into, names)
    if (problem !== undefined) return problem
    let text = ''
    for (let token = from.next(); token !== undefined; token = from.next()) text += token.text
    const key = parseBase64(text)
    if (key === undefined) return `${shown(text)} is not base 64`
    if ((key.length === 0) !== (algorithm === 0)) return 'a public key stands there just when the algorithm is not 0'
    for (const octet of key) into.push(octet)
    return undefined
  },
  write: (b, at, end, finalDots) => {
    const kind = b[at] as number
    const gateway = writeGateway(kind, b, at + 2, end, finalDots)
    const key = at + 2 + gatewayLength(kind, b, at + 2, end)
    return `${kind} ${b[at + 1]} ${gateway}${key < end ? ` ${formatBase64(b, key, end)}` : ''}`
  },
  length: (b, at, end) => {
    if (end - at < 2 || !isGatewayKind(b[at])) return -1
    const length = gatewayLength(b[at] as number, b, at + 2, end)
    if (length < 0 || (at + 2 + length === end) !== (b[at + 1] === 0)) return -1
    return end - at
  },
}

/** RFC 8777 §4.2 after the precedence: discovery-optional bit and relay type in one octet, relay. */
export const amtRelay: FieldCodec = {
  read: (from, into, names) => {
    const optional = takeNumber(from, 1)
    const kind = takeNumber(from, 127)
    if (optional === undefined) return 'the discovery-optional flag is 0 or 1'
    if (!isGatewayKind(kind)) return 'the relay type is a number from 0 to 3'
    into.push((optional << 7) | kind)
    return readGateway(kind, from, into, names)
  },
  write: (b, at, end, finalDots) => {
    const first = b[at] as number
    return `${first >>> 7} ${first & 0x7f} ${writeGateway(first & 0x7f, b, at + 1, end, finalDots)}`
  },
  length: (b, at, end) => {
    const kind = end > at ? (b[at] as number) & 0x7f : undefined
    if (!isGatewayKind(kind)) return -1
    const length = gatewayLength(kind, b, at + 1, end)
    return length < 0 ? -1 : 1 + length
  },
}

/** RFC 8005 §5: length of the HIT, algorithm, length of the key, HIT, key. Text: algorithm, HIT in hex, key in base 64. */
export const hostIdentity: FieldCodec = {
  read: (from, into) => {
    const algorithm = takeNumber(from, 255)
    const hitText = from.next()?.text ?? ''
    const keyText = from.next()?.text ?? ''
    const hit = fromHex(hitText)
    const key = parseBase64(keyText)
    if (algorithm === undefined) return 'the algorithm is a number from 0 to 255'
    if (hit === undefined || hit.length === 0 || hit.length > 255) return `${shown(hitText)} is not hexadecimal pairs`
    if (key === undefined || key.length === 0) return `${shown(keyText)} is not base 64`
    into.push(hit.length, algorithm, key.length >>> 8, key.length & 0xff, ...hit)
    for (const octet of key) into.push(octet)
    return undefined
  },
  write: (b, at) => {
    const hitEnd = at + 4 + (b[at] as number)
    return `${b[at + 1]} ${hexText(b, at + 4, hitEnd)} ${formatBase64(b, hitEnd, hitEnd + u16(b, at + 2))}`
  },
  length: (b, at, end) => {
    if (end - at < 4) return -1
    const hit = b[at] as number
    const length = 4 + hit + u16(b, at + 2)
    return hit === 0 || u16(b, at + 2) === 0 || at + length > end ? -1 : length
  },
}

/** Names to the end of the rdata, or none. */
export const names: FieldCodec = {
  read: (from, into, rule) => {
    while (from.left > 0) {
      const problem = nameField.read(from, into, rule)
      if (problem !== undefined) return problem
    }
    return undefined
  },
  write: (b, at, end, finalDots) => {
    const texts: string[] = []
    for (let i = at; i < end; i += nameField.length(b, i, end)) texts.push(nameField.write(b, i, end, finalDots))
    return texts.join(' ')
  },
  length: (b, at, end) => {
    for (let i = at; i < end; ) {
      const length = nameField.length(b, i, end)
      if (length < 0) return -1
      i += length
    }
    return end - at
  },
}

/** RFC 6742 §2.1.2, §2.3.2: 64 bits as four groups of up to four hexadecimal digits. */
export const locator64: FieldCodec = {
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    if (!/^([0-9a-f]{1,4}:){3}[0-9a-f]{1,4}$/i.test(text)) return `${shown(text)} is not four groups such as 14:4fff:ff20:ee64`
    for (const group of text.split(':')) into.push(parseInt(group, 16) >>> 8, parseInt(group, 16) & 0xff)
    return undefined
  },
  // Knot reads groups of four digits only, others these as well.
  write: (b, at) => [0, 2, 4, 6].map((i) => u16(b, at + i).toString(16).padStart(4, '0')).join(':'),
  length: (_b, at, end) => (end - at >= 8 ? 8 : -1),
}

/** RFC 1706 §7: hexadecimal after "0x", dots anywhere between the digits. */
export const nsapAddress: FieldCodec = {
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const octets = /^0x/i.test(text) ? fromHex(text.slice(2).replaceAll('.', '')) : undefined
    if (octets === undefined || octets.length === 0) return `${shown(text)} is not an address such as 0x47.0005.80`
    into.push(...octets)
    return undefined
  },
  write: (b, at, end) => `0x${hexText(b, at, end)}`,
  length: (_b, at, end) => (end > at ? end - at : -1),
}

const PROTOCOL_NAMES: { readonly [name: string]: number } = { icmp: 1, tcp: 6, udp: 17 }

/** RFC 1035 §3.4.2 after the address: protocol, and a bit per port. Text: protocol number or name, ports. */
export const wellKnownServices: FieldCodec = {
  read: (from, into) => {
    const text = from.next()?.text ?? ''
    const protocol = PROTOCOL_NAMES[text.toLowerCase()] ?? (/^\d{1,3}$/.test(text) ? Number(text) : 256)
    if (protocol > 255) return `${shown(text)} is not a protocol: tcp, udp or a number from 0 to 255`
    const bits: number[] = []
    for (let token = from.next(); token !== undefined; token = from.next()) {
      const port = /^\d{1,5}$/.test(token.text) ? Number(token.text) : 65_536
      if (port > 65_535) return `${shown(token.text)} is not a port from 0 to 65535`
      while (bits.length <= port >>> 3) bits.push(0)
      bits[port >>> 3] = (bits[port >>> 3] as number) | (0x80 >>> (port & 7))
    }
    into.push(protocol, ...bits)
    return undefined
  },
  write: (b, at, end) => {
    const ports: number[] = []
    for (let bit = 0; bit < 8 * (end - at - 1); bit++) {
      if (((b[at + 1 + (bit >>> 3)] as number) & (0x80 >>> (bit & 7))) !== 0) ports.push(bit)
    }
    return [b[at], ...ports].join(' ')
  },
  // 8,192 octets hold a bit for every port.
  length: (_b, at, end) => (end > at && end - at <= 8193 ? end - at : -1),
}

/** Strings to the end of the rdata, or none (ISDN's subaddress). */
export const optionalStrings: FieldCodec = {
  read: (from, into, rule) => (from.left > 0 ? strings.read(from, into, rule) : undefined),
  write: strings.write,
  length: (b, at, end) => (at === end ? 0 : stringLength(b, at, end) < 0 ? -1 : strings.length(b, at, end)),
}
