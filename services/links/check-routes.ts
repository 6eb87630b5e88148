/** What is wrong with a static route among the interfaces that are planned, with the field to look at. */
import { formatIpv4, formatPrefix, isUnicast, contains } from '../../stack/index.ts'
import { type NetworkInterface, type Refusal, refusal, type StaticRoute } from '../model/index.ts'

/** Below those that router discovery gives to what it hears. */
export const MOST_METRIC = 65_535

export function checkRoute(r: StaticRoute, others: readonly StaticRoute[], interfaces: readonly NetworkInterface[]): Refusal | undefined {
  const { gateway, interfaceName, prefix, metric } = r
  const text = formatPrefix(prefix)
  const named = interfaces.filter((i) => interfaceName === undefined || i.name === interfaceName)
  if (!Number.isInteger(metric) || metric < 0 || metric > MOST_METRIC) return refusal('invalid', '/metric', `${metric} is no metric`, `0 to ${MOST_METRIC}; lower is preferred`)
  if (named.length === 0) return refusal('invalid', '/interface', `there is no interface "${interfaceName ?? ''}"`, `one of: ${interfaces.map(({ name }) => name).join(', ')}`)
  if (prefix.length > 0 && !isUnicast(prefix.network)) return refusal('invalid', '/prefix', `${text} is no block of hosts`, 'a block of unicast addresses, or 0.0.0.0/0')
  if (gateway === undefined) {
    if (interfaceName === undefined) return refusal('invalid', '/gateway', 'neither a gateway nor an interface is given', 'the next hop, or the interface on whose link the targets are')
    const own = named.some((i) => i.addresses.some((a) => a.prefix.network === prefix.network && a.prefix.length === prefix.length))
    if (own) return refusal('conflict', '/prefix', `${text} is ${interfaceName}'s own block, which is routed already`, 'another prefix')
  } else {
    const links = named.flatMap((i) => i.addresses)
    if (links.some(({ address }) => address === gateway)) return refusal('invalid', '/gateway', `${formatIpv4(gateway)} is our own address`, "another router's")
    if (!links.some((a) => contains(a.prefix, gateway)))
      return refusal('invalid', '/gateway', `${formatIpv4(gateway)} is on no link${interfaceName === undefined ? '' : ` of ${interfaceName}`}`, `an address of ${links.map((a) => formatPrefix(a.prefix)).join(' or ') || 'a block of an interface'}`)
  }
  const twin = others.find((o) => o.prefix.network === prefix.network && o.prefix.length === prefix.length && o.gateway === gateway && (gateway !== undefined || o.interfaceName === interfaceName))
  return twin === undefined ? undefined : refusal('conflict', '/prefix', `route ${twin.id} goes to ${text} by the same way already`, 'change that one, or name another way')
}
