/** Addresses in what was found, and which of them are of a private network (RFC 6890; DNS rebinding). */
import { contains, formatIpv4, ipv4, isLoopback, isThisNetwork } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { i32, u16 } from '../../../stack/platform/index.ts'
import type { Finding } from '../resolver/finding.ts'
import { formatIpv6 } from '../wire/ipv6.ts'
import { leadingName } from '../wire/rdata.ts'
import { TYPE } from '../wire/type-names.ts'

/** Keys of service parameters that are lists of addresses, and the octets of one (RFC 9460 §14.3.2). */
const HINTS: ReadonlyMap<number, number> = new Map([[4, 4], [6, 16]])

/** Data of A and AAAA records; with `hints` also the addresses that HTTPS and SVCB records give. */
export function addressesIn({ answer }: Finding, hints: boolean): Uint8Array[] {
  const addresses: Uint8Array[] = []
  for (const { rrset } of answer) {
    if (rrset.type === TYPE.A || rrset.type === TYPE.AAAA) addresses.push(...rrset.rdata)
    else if (hints && (rrset.type === TYPE.HTTPS || rrset.type === TYPE.SVCB)) for (const rdata of rrset.rdata) addHints(rdata, addresses)
  }
  return addresses
}

function addHints(rdata: Uint8Array, into: Uint8Array[]): void {
  let at = 2 + leadingName(rdata.subarray(2)).length
  for (let end: number; at + 4 <= rdata.length; at = end) {
    const octets = HINTS.get(u16(rdata, at))
    end = Math.min(rdata.length, at + 4 + u16(rdata, at + 2))
    if (octets !== undefined) for (let i = at + 4; i + octets <= end; i += octets) into.push(rdata.subarray(i, i + octets))
  }
}

const prefix = (network: string, length: number): Prefix => ({ network: ipv4(network), length })
/** Beside "this network" and loopback. Addresses for documentation and benchmarks are what labs make their Internet of. */
const INSIDE: readonly Prefix[] = [
  prefix('10.0.0.0', 8), prefix('100.64.0.0', 10), prefix('169.254.0.0', 16), prefix('172.16.0.0', 12), prefix('192.168.0.0', 16),
]

/** Whether an address leads to this network or this host. */
const isInside = (address: Ipv4, isOwn: (address: Ipv4) => boolean): boolean =>
  isThisNetwork(address) || isLoopback(address) || INSIDE.some((block) => contains(block, address)) || isOwn(address)

/** The same of data of an A or AAAA record. IPv4 addresses within IPv6 ones count: mapped, compatible and NAT64. */
export function leadsInside(address: Uint8Array, isOwn: (address: Ipv4) => boolean): boolean {
  if (address.length === 4) return isInside(i32(address, 0), isOwn)
  const [first, second] = [address[0] as number, address[1] as number]
  // fc00::/7 (RFC 4193) and fe80::/10 (RFC 4291 §2.5.6).
  if ((first & 0xfe) === 0xfc || (first === 0xfe && (second & 0xc0) === 0x80)) return true
  const head = Buffer.from(address.subarray(0, 12)).toString('hex')
  return EMBEDS_IPV4.has(head) && isInside(i32(address, 12), isOwn)
}

/** ::/96 (with :: and ::1), ::ffff:0:0/96 and 64:ff9b::/96. */
const EMBEDS_IPV4: ReadonlySet<string> = new Set(['000000000000000000000000', '00000000000000000000ffff', '0064ff9b0000000000000000'])

export const addressText = (address: Uint8Array): string => (address.length === 4 ? formatIpv4(i32(address, 0)) : formatIpv6(address))
