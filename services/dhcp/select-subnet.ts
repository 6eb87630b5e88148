/** Where a client is, and so from which subnet it gets its address and options (RFC 2131 §4.3.1, RFC 3046). */
import { BROADCAST, contains, formatIpv4 } from '../../stack/index.ts'
import type { Configuration, Scope } from './configuration.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import type { TraceStep } from '../model/index.ts'
import type { DhcpSettings } from './ports.ts'

export type SubnetChoice = { readonly scope: Scope | undefined; readonly trace: TraceStep }

/** In order: the relay's subnet, that of a client which wrote to us directly, that of the interface. */
export function selectSubnet(x: Exchange, configuration: Configuration, settings: DhcpSettings): SubnetChoice {
  const { giaddr, ciaddr } = x.message
  const interfaceName = x.arrival.interfaceName
  if (giaddr !== 0) {
    const scope = configuration.scopeHolding(giaddr)
    const relay = formatIpv4(giaddr)
    return scope === undefined
      ? { scope, trace: dhcpStep('dhcp.subnet.unknown-relay', { relay }) }
      : { scope, trace: dhcpStep('dhcp.subnet.by-relay', { subnet: scope.name, relay }) }
  }
  // RFC 2131 §4.3.2, RENEWING: such a message is unicast, perhaps through routers, and its ciaddr is to be trusted.
  if (ciaddr !== 0 && x.arrival.target !== BROADCAST) {
    const scope = configuration.scopeHolding(ciaddr)
    if (scope !== undefined) {
      const facts = { subnet: scope.name, address: formatIpv4(ciaddr) }
      return { scope, trace: dhcpStep('dhcp.subnet.by-client-address', facts) }
    }
  }
  const scope = scopeOn(interfaceName, configuration, settings)
  return scope === undefined
    ? { scope, trace: dhcpStep('dhcp.subnet.none', { interface: interfaceName }) }
    : { scope, trace: dhcpStep('dhcp.subnet.by-interface', { subnet: scope.name, interface: interfaceName }) }
}

/** Subnets behind relays name the same interface as the local one; the local one holds our own address there. */
function scopeOn(interfaceName: string, configuration: Configuration, settings: DhcpSettings): Scope | undefined {
  const own = settings.serverAddress(interfaceName)
  if (own === undefined) return undefined
  return configuration.scopes.find(
    scope => scope.subnet.interfaceName === interfaceName && contains(scope.subnet.prefix, own),
  )
}
