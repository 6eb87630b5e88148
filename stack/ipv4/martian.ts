/**
 * HOT PATH. Which sources a link may bring (RFC 1812 §5.3.7, RFC 3704, RFC 6890). What no link may bring is always
 * dropped (RFC 1122 §3.2.1.3); the rest is the policy of each interface: inside a LAN private addresses are the rule,
 * and towards the Internet they are forged. Watched by test/bench/micro/udp-echo.ts.
 */
import { BROADCAST, isLoopback, isMulticast, isReserved, isThisNetwork } from '../address/ipv4.ts'
import type { Ipv4 } from '../address/ipv4.ts'
import { specialBlock } from '../address/special-purpose.ts'
import type { Interface } from '../interface.ts'
import type { RouteTable } from './routes.ts'

export type SourcePolicy = {
  /**
   * Blocks that must not be seen as a source (RFC 6890): 'reserved' are those that nobody may use as one, such as
   * documentation; 'not-global' those too that are used only inside networks, for a link to the Internet.
   */
  readonly bogons: 'accepted' | 'reserved' | 'not-global'
  /**
   * RFC 3704: 'loose', there must be a route back by any interface (§2.4); 'strict', the best route back must be by the
   * interface by which the datagram came (§2.2).
   */
  readonly reversePath: 'off' | 'loose' | 'strict'
}

export const OPEN_POLICY: SourcePolicy = { bogons: 'accepted', reversePath: 'off' }

export type MartianFault = 'martian-source' | 'martian-target' | 'bogon-source' | 'no-reverse-path'

const LINK_LOCAL = 0xa9fe

/** What cannot stand where it stands on any wire (RFC 1122 §3.2.1.3); undefined when all is well. */
export function martian(iface: Interface, source: Ipv4, target: Ipv4): MartianFault | undefined {
  if (isMulticast(source) || isReserved(source) || source === BROADCAST || isLoopback(source) ||
      (isThisNetwork(source) && source !== 0) || iface.addressing.isSubnetBroadcast(source)) {
    return 'martian-source'
  }
  return isLoopback(target) || isThisNetwork(target) || isReserved(target) ? 'martian-target' : undefined
}

/** What the interface's policy has against a source. 0.0.0.0, a host without an address, and neighbours pass. */
export function refusedSource(
  policy: SourcePolicy, iface: Interface, source: Ipv4, routes: RouteTable,
): MartianFault | undefined {
  if (policy === OPEN_POLICY || source === 0) return undefined
  // A neighbour is where it should be, whatever its block; link-local ones are neighbours by nature (RFC 3927 §2.7).
  if (iface.addressing.isOnLink(source) || source >>> 16 === LINK_LOCAL) return undefined
  if (policy.bogons !== 'accepted') {
    const special = specialBlock(source)
    if (special !== undefined && (!special.source || (policy.bogons === 'not-global' && !special.global))) {
      return 'bogon-source'
    }
  }
  if (policy.reversePath === 'off') return undefined
  const back = routes.lookup(source)
  if (back === undefined) return 'no-reverse-path'
  return policy.reversePath === 'strict' && back.iface !== iface ? 'no-reverse-path' : undefined
}
