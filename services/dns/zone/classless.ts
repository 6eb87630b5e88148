/**
 * Reverse zones of blocks smaller than /24 (RFC 2317). The parent has, for every address of the block, a CNAME into a
 * name below itself, "5.0/26.2.0.192.in-addr.arpa", which it delegates; the zone of that name holds the PTR records. It
 * is called by its first address and either its length ("0/26", or "0-26" as some write it) or its last address ("0-63").
 */
import { formatPrefix } from '../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../stack/index.ts'
import { reverseName, reverseZoneName } from './reverse.ts'

const CLASSLESS = /^(\d{1,3})([/-])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/

/** First and last address. */
export type Block = { readonly first: Ipv4; readonly last: Ipv4 }

/** The block of a zone's name; undefined when it is no such zone. */
export function classlessBlock(zoneName: string): Block | undefined {
  const match = CLASSLESS.exec(zoneName)
  if (match === null) return undefined
  const [from, to, c, b, a] = [match[1], match[3], match[4], match[5], match[6]].map(Number) as [number, number, number, number, number]
  if ([from, to, a, b, c].some((octet) => octet > 255)) return undefined
  const byLength = to >= 25 && to <= 31 ? 2 ** (32 - to) : 0
  const byLast = match[2] === '-' && isBlock(from, to - from + 1) ? to - from + 1 : 0
  // "0-31" are 32 addresses; "0-26" cannot be addresses, and so is a length.
  const size = byLast > 0 ? byLast : byLength
  if (!isBlock(from, size)) return undefined
  const network = (a << 24) | (b << 16) | (c << 8)
  return { first: network | from, last: network | (from + size - 1) }
}

const isBlock = (from: number, size: number): boolean => size > 1 && (size & (size - 1)) === 0 && from % size === 0 && from + size <= 256

/** The zone for the reverse names of a prefix: "0/26.2.0.192.in-addr.arpa" for 192.0.2.0/26. */
export const classlessZoneName = (prefix: Prefix): string =>
  prefix.length > 24 && prefix.length < 32 ? `${prefix.network & 255}/${prefix.length}.${reverseZoneName(prefix)}` : reverseZoneName(prefix)

/** The name in such a zone for an address of its block. */
export const nameInBlock = (zoneName: string, address: Ipv4): string => `${address & 255}.${zoneName}`

/** What the parent says for a block: it delegates the zone to the servers, and leads every address of it there. */
export function delegationOf(prefix: Prefix, servers: readonly string[]): readonly { readonly name: string; readonly type: string; readonly data: string }[] {
  const zone = classlessZoneName(prefix)
  const addresses = Array.from({ length: 2 ** (32 - prefix.length) }, (_, i) => prefix.network + i)
  return [
    ...servers.map((server) => ({ name: `${zone}.`, type: 'NS', data: server })),
    ...addresses.map((address) => ({ name: `${reverseName(address)}.`, type: 'CNAME', data: `${nameInBlock(zone, address)}.` })),
  ]
}

/** Why a prefix cannot be delegated so; undefined when it can. */
export const notClassless = (prefix: Prefix): string | undefined =>
  prefix.length > 24 && prefix.length < 32 ? undefined : `${formatPrefix(prefix)} is no block of 2 to 128 addresses`

/** Zones of such blocks, found by address. */
export class ClasslessZones<Zone> {
  readonly #byNetwork = new Map<number, { readonly block: Block; readonly zone: Zone }[]>()

  add(zoneName: string, zone: Zone): void {
    const block = classlessBlock(zoneName)
    if (block === undefined) return
    const network = block.first & ~0xff
    this.#byNetwork.set(network, [...(this.#byNetwork.get(network) ?? []), { block, zone }])
  }

  remove(zoneName: string, zone: Zone): void {
    const network = (classlessBlock(zoneName)?.first ?? 0) & ~0xff
    const left = (this.#byNetwork.get(network) ?? []).filter((each) => each.zone !== zone)
    if (left.length > 0) this.#byNetwork.set(network, left)
    else this.#byNetwork.delete(network)
  }

  of(address: Ipv4): Zone | undefined {
    if (this.#byNetwork.size === 0) return undefined
    const entries = this.#byNetwork.get(address & ~0xff) ?? []
    return entries.find(({ block }) => address - block.first >= 0 && block.last - address >= 0)?.zone
  }
}
