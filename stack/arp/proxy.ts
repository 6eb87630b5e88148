/**
 * Proxy ARP (RFC 1027 §2): a router answers for hosts that it reaches by another link, so that hosts without a route,
 * or with too short a mask, find them. Per link, for all that the routing table reaches or for given blocks.
 */
import { contains } from '../address/ipv4.ts'
import type { Ipv4, Prefix } from '../address/ipv4.ts'
import type { Interface } from '../interface.ts'
import type { RouteTable } from '../ipv4/routes.ts'

export type ProxyArp = 'off' | 'routed' | readonly Prefix[]

/** Whether a request for `target` that came by `iface` is to be answered with our hardware address. */
export function answersFor(proxy: ProxyArp, iface: Interface, target: Ipv4, routes: RouteTable): boolean {
  if (proxy === 'off') return false
  if (proxy !== 'routed' && !proxy.some((block) => contains(block, target))) return false
  const route = routes.lookup(target)
  // RFC 1027 §2.2: a host on the asker's own link answers for itself.
  return route !== undefined && route.iface !== iface && !route.iface.addressing.isSubnetBroadcast(target)
}
