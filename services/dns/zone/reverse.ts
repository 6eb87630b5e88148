/** Names for the way from an address to a name. RFC 1035 §3.5; RFC 2317 §4 for blocks smaller than /24. */
import { formatIpv4, maskOf, parseIpv4 } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { ABSOLUTE } from '../wire/name.ts'
import { formatRdata, parseRdataText } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'

/** 10.53.0.20 → "20.0.53.10.in-addr.arpa". */
export const reverseName = (a: Ipv4): string =>
  `${a & 255}.${(a >>> 8) & 255}.${(a >>> 16) & 255}.${a >>> 24}.in-addr.arpa`

/**
 * The zone that holds the reverse names of a prefix: whole octets of it, rounded up to the next shorter one, so that
 * one zone covers it: 10.53.0.0/24 → "0.53.10.in-addr.arpa", 10.53.0.0/22 → "53.10.in-addr.arpa". A block smaller than
 * /24 uses its /24; the parent that delegates less than that does it by RFC 2317 CNAMEs.
 */
export function reverseZoneName(prefix: Prefix): string {
  const octets = Math.min(3, Math.floor(prefix.length / 8))
  const network = prefix.network & maskOf(8 * octets)
  const labels: number[] = []
  for (let i = 0; i < octets; i++) labels.unshift((network >>> (24 - 8 * i)) & 255)
  return [...labels, 'in-addr.arpa'].join('.')
}

/** The address of which a name is the reverse name; undefined when it is none. */
export function addressOfReverseName(text: string): Ipv4 | undefined {
  // Also in the zone of a block (RFC 2317): "5.0/26.2.0.192.in-addr.arpa".
  const match = /^(\d{1,3})\.(?:\d{1,3}[/-]\d{1,3}\.)?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa\.?$/i.exec(text)
  if (match === null) return undefined
  let address = 0
  for (let i = 4; i >= 1; i--) {
    const digits = match[i] as string
    if (Number(digits) > 255 || (digits.length > 1 && digits.startsWith('0'))) return undefined
    address = (address << 8) | Number(digits)
  }
  return address
}

/** The reverse name of the data of an A or AAAA record, which is well formed. RFC 3596 §2.5 for the latter. */
export function reverseOf(type: 'A' | 'AAAA', data: string): string {
  if (type === 'A') return reverseName(parseIpv4(data) ?? 0)
  const rdata = parseRdataText(TYPE.AAAA, data, ABSOLUTE)
  const hex = rdata.ok ? Buffer.from(rdata.value).toString('hex') : ''
  return `${[...hex].reverse().join('.')}.ip6.arpa`
}

/** The address, as A or AAAA data, of which a name is the reverse name; undefined when it is none. */
export function addressOfReverse(text: string): string | undefined {
  const ipv4 = addressOfReverseName(text)
  if (ipv4 !== undefined) return formatIpv4(ipv4)
  const nibbles = /^((?:[0-9a-f]\.){32})ip6\.arpa\.?$/i.exec(text)?.[1]
  if (nibbles === undefined) return undefined
  return formatRdata(TYPE.AAAA, Uint8Array.from(Buffer.from([...nibbles.replaceAll('.', '')].reverse().join(''), 'hex')))
}
