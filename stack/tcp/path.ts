/** By which address of ours a host is reached, and how much fits on the way's first link. */
import type { Ipv4 } from '../address/ipv4.ts'
import { isLoopback, isUnicast } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { OwnAddresses } from '../ipv4/addresses.ts'
import type { RouteTable } from '../ipv4/routes.ts'

const LOOPBACK_ADDRESS = 0x7f00_0001
const HEADERS_BYTES = 40
/** A segment that fills a datagram of 65,535 octets gains nothing on a loopback that is memory. */
const LARGEST_MSS = 32_768
/** As far as a datagram of 65,535 octets holds them: 44 of 1460 octets. */
const SUPER_SEGMENTS_MOST = 128

export type Path = {
  readonly source: Ipv4
  readonly mss: number
  /** Segments that the link takes as one super-segment; 1: it does not cut. */
  readonly segmentsMost: number
}

export class Paths {
  readonly #own: OwnAddresses
  readonly #routes: RouteTable
  readonly #loopback: () => Interface

  constructor(own: OwnAddresses, routes: RouteTable, loopback: () => Interface) {
    this.#own = own
    this.#routes = routes
    this.#loopback = loopback
  }

  isLocal(address: Ipv4): boolean {
    return this.#own.isLocal(address)
  }

  /**
   * Nothing has come back from there for long (RFC 9293 §3.8.3, MUST-20): the next hop's hardware address is asked for
   * anew, in case it is no longer, or never was, the right one. Static entries stay.
   */
  suspect(target: Ipv4): void {
    const route = this.#own.isLocal(target) ? undefined : this.#routes.lookup(target)
    if (route === undefined) return
    const nextHop = route.gateway === 0 ? target : route.gateway
    const { neighbours } = route.iface
    const known = neighbours.list().find(({ address }) => address === nextHop)
    if (known?.state === 'complete') neighbours.delete(nextHop)
  }

  /** Undefined when no route leads there, or it is not the address of one host. */
  to(target: Ipv4): Path | undefined {
    if (this.#own.isLocal(target)) {
      const source = isLoopback(target) ? LOOPBACK_ADDRESS : target
      return { source, mss: Math.min(LARGEST_MSS, this.#loopback().mtu - HEADERS_BYTES), segmentsMost: 1 }
    }
    if (!isUnicast(target)) return undefined
    const route = this.#routes.lookup(target)
    if (route === undefined || route.iface.addressing.isSubnetBroadcast(target)) return undefined
    const source = route.iface.addressing.sourceFor(route.gateway === 0 ? target : route.gateway)
    if (source === 0) return undefined
    const mss = Math.min(LARGEST_MSS, route.iface.mtu - HEADERS_BYTES)
    return { source, mss, segmentsMost: route.iface.link.offloads ? SUPER_SEGMENTS_MOST : 1 }
  }
}
