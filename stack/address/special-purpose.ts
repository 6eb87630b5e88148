/**
 * Blocks with a purpose of their own (RFC 6890 §2.2.2, and the IANA registry that it founded, with RFC
 * 7335, 7450, 7534, 7535, 7600, 7723 and 8155). What each allows: to stand as a source, as a target, to be
 * forwarded, and to be met in the Internet at large.
 */
import { contains, ipv4 } from './ipv4.ts'
import type { Ipv4, Prefix } from './ipv4.ts'

export type SpecialBlock = {
  readonly prefix: Prefix
  readonly name: string
  readonly rfc: string
  readonly source: boolean
  readonly target: boolean
  readonly forwardable: boolean
  readonly global: boolean
}

type Uses = Pick<SpecialBlock, 'source' | 'target' | 'forwardable' | 'global'>

const NOWHERE: Uses = { source: false, target: false, forwardable: false, global: false }
const SOURCE_ONLY: Uses = { source: true, target: false, forwardable: false, global: false }
const TARGET_ONLY: Uses = { source: false, target: true, forwardable: false, global: false }
const ON_LINK: Uses = { source: true, target: true, forwardable: false, global: false }
const INSIDE: Uses = { source: true, target: true, forwardable: true, global: false }
const EVERYWHERE: Uses = { source: true, target: true, forwardable: true, global: true }

const block = (network: string, length: number, name: string, rfc: string, uses: Uses): SpecialBlock => ({
  prefix: { network: ipv4(network), length }, name, rfc, ...uses,
})

/** A block before the larger one that holds it. */
export const SPECIAL_BLOCKS: readonly SpecialBlock[] = [
  block('0.0.0.0', 32, 'this host on this network', 'RFC 1122 §3.2.1.3', SOURCE_ONLY),
  block('0.0.0.0', 8, 'this network', 'RFC 791 §3.2', SOURCE_ONLY),
  block('10.0.0.0', 8, 'private use', 'RFC 1918', INSIDE),
  block('100.64.0.0', 10, 'shared address space', 'RFC 6598', INSIDE),
  block('127.0.0.0', 8, 'loopback', 'RFC 1122 §3.2.1.3', NOWHERE),
  block('169.254.0.0', 16, 'link-local', 'RFC 3927', ON_LINK),
  block('172.16.0.0', 12, 'private use', 'RFC 1918', INSIDE),
  block('192.0.0.0', 29, 'IPv4 service continuity', 'RFC 7335', INSIDE),
  block('192.0.0.8', 32, 'dummy address', 'RFC 7600', SOURCE_ONLY),
  block('192.0.0.9', 32, 'Port Control Protocol anycast', 'RFC 7723', EVERYWHERE),
  block('192.0.0.10', 32, 'TURN anycast', 'RFC 8155', EVERYWHERE),
  block('192.0.0.170', 31, 'NAT64 discovery', 'RFC 7050 §2.2', NOWHERE),
  block('192.0.0.0', 24, 'protocol assignments', 'RFC 6890 §2.1', NOWHERE),
  block('192.0.2.0', 24, 'documentation', 'RFC 5737', NOWHERE),
  block('192.31.196.0', 24, 'AS112', 'RFC 7535', EVERYWHERE),
  block('192.52.193.0', 24, 'AMT', 'RFC 7450', EVERYWHERE),
  block('192.168.0.0', 16, 'private use', 'RFC 1918', INSIDE),
  block('192.175.48.0', 24, 'AS112 direct delegation', 'RFC 7534', EVERYWHERE),
  block('198.18.0.0', 15, 'benchmarks', 'RFC 2544', INSIDE),
  block('198.51.100.0', 24, 'documentation', 'RFC 5737', NOWHERE),
  block('203.0.113.0', 24, 'documentation', 'RFC 5737', NOWHERE),
  block('255.255.255.255', 32, 'limited broadcast', 'RFC 919 §7', TARGET_ONLY),
  block('240.0.0.0', 4, 'reserved', 'RFC 1112 §4', NOWHERE),
]

/** The block with a purpose of its own that holds an address; undefined for the rest, which is usable everywhere. */
export function specialBlock(address: Ipv4): SpecialBlock | undefined {
  for (let i = 0; i < SPECIAL_BLOCKS.length; i++) {
    const special = SPECIAL_BLOCKS[i] as SpecialBlock
    if (contains(special.prefix, address)) return special
  }
  return undefined
}
