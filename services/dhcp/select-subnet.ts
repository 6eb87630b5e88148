/**
 * Where a client is, and so from which segment it gets its address and options (RFC 2131 §4.3.1, RFC 3046). In order:
 * link selection by the relay (RFC 3527), subnet selection by the request (RFC 3011), the relay's own address, that of
 * a client which wrote to us directly, the interface.
 */
import { BROADCAST, formatIpv4 } from '../../stack/index.ts'
import { i32 } from '../../stack/platform/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Configuration, Scope, SubnetScope } from './configuration.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import type { TraceStep } from '../model/index.ts'
import type { DhcpSettings } from './ports.ts'
import { LINK_SELECTION, relaySubOptions } from './wire/relay-information.ts'

export type SubnetChoice = {
  readonly scope: Scope | undefined
  /** The subnet of the segment that is tried first. */
  readonly preferred: SubnetScope | undefined
  readonly trace: TraceStep
}

const SUBNET_SELECTION = 118

export function selectSubnet(x: Exchange, configuration: Configuration, settings: DhcpSettings): SubnetChoice {
  const { giaddr, ciaddr } = x.message
  if (giaddr !== 0) return behindRelay(x, configuration, giaddr)
  const selected = subnetSelection(x)
  if (selected !== undefined) return bySelection(configuration, selected)
  // RFC 2131 §4.3.2, RENEWING: such a message is unicast, perhaps through routers, and its ciaddr is to be trusted.
  if (ciaddr !== 0 && x.arrival.target !== BROADCAST) {
    const scope = configuration.scopeHolding(ciaddr)
    if (scope !== undefined) {
      const facts = { subnet: scope.name, address: formatIpv4(ciaddr) }
      return choice(scope, ciaddr, dhcpStep('dhcp.subnet.by-client-address', facts))
    }
  }
  const { interfaceName } = x.arrival
  const own = settings.serverAddress(interfaceName)
  const scope = own === undefined ? undefined : scopeOn(interfaceName, own, configuration)
  return scope === undefined
    ? choice(scope, 0, dhcpStep('dhcp.subnet.none', { interface: interfaceName }))
    : choice(scope, own ?? 0, dhcpStep('dhcp.subnet.by-interface', { subnet: scope.name, interface: interfaceName }))
}

function behindRelay(x: Exchange, configuration: Configuration, giaddr: Ipv4): SubnetChoice {
  const relay = formatIpv4(giaddr)
  const link = linkSelection(x)
  if (link !== undefined) {
    const scope = configuration.scopeHolding(link)
    if (scope === undefined) return unknownSelection(link)
    const facts = { subnet: scope.name, relay, link: formatIpv4(link) }
    return choice(scope, link, dhcpStep('dhcp.subnet.by-link-selection', facts))
  }
  const selected = subnetSelection(x)
  if (selected !== undefined) return bySelection(configuration, selected)
  const scope = configuration.scopeOfRelay(giaddr)
  return scope === undefined
    ? choice(scope, 0, dhcpStep('dhcp.subnet.unknown-relay', { relay }))
    : choice(scope, giaddr, dhcpStep('dhcp.subnet.by-relay', { subnet: scope.name, relay }))
}

/** RFC 3527 §3: four octets, an address on the client's link. */
function linkSelection(x: Exchange): Ipv4 | undefined {
  const octets = relaySubOptions(x.message.options).get(LINK_SELECTION)
  return octets?.length === 4 ? i32(octets, 0) : undefined
}

/** RFC 3011 §2: four octets, the network address; anything else is not this option. */
function subnetSelection(x: Exchange): Ipv4 | undefined {
  const octets = x.message.options.get(SUBNET_SELECTION)
  return octets?.length === 4 ? i32(octets, 0) : undefined
}

function bySelection(configuration: Configuration, selected: Ipv4): SubnetChoice {
  const scope = configuration.scopeHolding(selected)
  if (scope === undefined) return unknownSelection(selected)
  const facts = { subnet: scope.name, selected: formatIpv4(selected) }
  return choice(scope, selected, dhcpStep('dhcp.subnet.by-selection', facts))
}

/** RFC 3011 §2: a server that cannot serve the subnet which is asked for does not answer. */
const unknownSelection = (selected: Ipv4): SubnetChoice =>
  choice(undefined, 0, dhcpStep('dhcp.subnet.unknown-selection', { selected: formatIpv4(selected) }))

const choice = (scope: Scope | undefined, near: Ipv4, trace: TraceStep): SubnetChoice => ({
  scope,
  preferred: scope?.subnetHolding(near),
  trace,
})

/** Segments behind relays may name the same interface as the local one; the local one holds our own address there. */
const scopeOn = (interfaceName: string, own: Ipv4, configuration: Configuration): Scope | undefined =>
  configuration.scopes.find(scope => scope.segment.interfaceName === interfaceName && scope.contains(own))
