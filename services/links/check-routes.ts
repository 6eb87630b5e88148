/** What is wrong with a static route among the interfaces that are planned, with the field to look at. */
import { contains, formatIpv4, formatPrefix, isUnicast, type Prefix } from '../../stack/index.ts'
import { type NetworkInterface, type Refusal, refusal, type StaticRoute } from '../model/index.ts'

/** Below those that router discovery gives to what it hears. */
export const MOST_METRIC = 65_535

const invalid = (field: string, problem: string, remedy: string): Refusal => refusal('invalid', field, problem, remedy)
const same = (a: Prefix, b: Prefix): boolean => a.network === b.network && a.length === b.length

export function checkRoute(
  r: StaticRoute, others: readonly StaticRoute[], interfaces: readonly NetworkInterface[],
): Refusal | undefined {
  const { gateway, interfaceName, prefix, metric } = r
  const text = formatPrefix(prefix)
  if (!Number.isInteger(metric) || metric < 0 || metric > MOST_METRIC) {
    return invalid('/metric', `${metric} is no metric`, `0 to ${MOST_METRIC}; lower is preferred`)
  }
  const named = interfaces.filter((i) => interfaceName === undefined || i.name === interfaceName)
  if (named.length === 0) {
    const names = interfaces.map(({ name }) => name).join(', ')
    return invalid('/interface', `there is no interface "${interfaceName ?? ''}"`, `one of: ${names}`)
  }
  if (prefix.length > 0 && !isUnicast(prefix.network)) {
    return invalid('/prefix', `${text} is no block of hosts`, 'a block of unicast addresses, or 0.0.0.0/0')
  }
  const wrong = gateway === undefined ? checkOnLink(r, named) : checkGateway(gateway, interfaceName, named)
  if (wrong !== undefined) return wrong
  const twin = others.find(
    (o) => same(o.prefix, prefix) && o.gateway === gateway && (gateway !== undefined || o.interfaceName === interfaceName),
  )
  if (twin === undefined) return undefined
  const problem = `route ${twin.id} goes to ${text} by the same way already`
  return refusal('conflict', '/prefix', problem, 'change that one, or name another way')
}

/** The targets are on the link itself. */
function checkOnLink({ interfaceName, prefix }: StaticRoute, named: readonly NetworkInterface[]): Refusal | undefined {
  if (interfaceName === undefined) {
    const remedy = 'the next hop, or the interface on whose link the targets are'
    return invalid('/gateway', 'neither a gateway nor an interface is given', remedy)
  }
  if (!named.some((i) => i.addresses.some((own) => same(own.prefix, prefix)))) return undefined
  const problem = `${formatPrefix(prefix)} is ${interfaceName}'s own block, which is routed already`
  return refusal('conflict', '/prefix', problem, 'another prefix')
}

function checkGateway(
  gateway: number, interfaceName: string | undefined, named: readonly NetworkInterface[],
): Refusal | undefined {
  const text = formatIpv4(gateway)
  const own = named.flatMap((i) => i.addresses)
  if (own.some(({ address }) => address === gateway)) {
    return invalid('/gateway', `${text} is our own address`, "another router's")
  }
  // By DHCP an interface may learn any block.
  if (named.some((i) => i.addressing === 'dhcp') || own.some(({ prefix }) => contains(prefix, gateway))) return undefined
  const blocks = own.map(({ prefix }) => formatPrefix(prefix)).join(' or ')
  const where = interfaceName === undefined ? 'no link' : `no link of ${interfaceName}`
  return invalid('/gateway', `${text} is on ${where}`, `an address of ${blocks || 'a block of an interface'}`)
}
