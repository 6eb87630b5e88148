/** What is legal in a configuration but looks like a slip. Pointers as in check-configuration.ts. */
import { contains, formatIpv4, formatPrefix, parseIpv4 } from '../../stack/index.ts'
import type { DhcpConfiguration, Level, LeaseTimes, Subnet, Warning } from '../model/index.ts'

export function warningsOf(c: DhcpConfiguration): readonly Warning[] {
  const bySegment = Map.groupBy(c.subnets, subnet => subnet.segmentId)
  const subnets = new Map(c.subnets.map(subnet => [subnet.id, subnet]))
  const warnings: Warning[] = []
  const look = (level: Level, at: string, reachable: readonly Subnet[]): void => {
    strayRouters(level, at, reachable, warnings)
    idleTimes(level.leaseTimes, at, warnings)
  }
  const around = (subnet: Subnet | undefined): readonly Subnet[] => bySegment.get(subnet?.segmentId ?? 0) ?? []
  c.sites.forEach((site, i) => idleTimes(site.level.leaseTimes, `/sites/${i}`, warnings))
  c.segments.forEach((segment, i) => look(segment.level, `/segments/${i}`, bySegment.get(segment.id) ?? []))
  c.subnets.forEach((subnet, i) => look(subnet.level, `/subnets/${i}`, around(subnet)))
  c.pools.forEach((pool, i) => look(pool.level, `/pools/${i}`, around(subnets.get(pool.subnetId))))
  c.hosts.forEach((host, i) => {
    const near = host.addresses.flatMap(({ subnetId }) => around(subnets.get(subnetId)))
    look(host.level, `/hosts/${i}`, near)
  })
  repeatedNames(c, warnings)
  return warnings
}

/** A client reaches a router only on its own link. Where no subnet is known there is nothing to compare with. */
function strayRouters(level: Level, at: string, reachable: readonly Subnet[], warnings: Warning[]): void {
  const routers = level.options['routers']
  if (reachable.length === 0 || !Array.isArray(routers)) return
  for (const router of routers as readonly unknown[]) {
    const address = typeof router === 'string' ? parseIpv4(router) : undefined
    if (address === undefined || reachable.some(subnet => contains(subnet.prefix, address))) continue
    warnings.push({
      field: `${at}/options/routers`,
      problem: `the router ${formatIpv4(address)} is outside ${reachable.map(subnet => formatPrefix(subnet.prefix)).join(', ')}`,
      remedy: 'clients reach it only if it is on their link; give an address of the subnet',
    })
  }
}

/** T1 and T2 that no lease is long enough for. */
function idleTimes(times: LeaseTimes, at: string, warnings: Warning[]): void {
  const { maxSeconds } = times
  for (const field of ['renewSeconds', 'rebindSeconds'] as const) {
    const seconds = times[field]
    if (seconds === undefined || maxSeconds === undefined || seconds < maxSeconds) continue
    warnings.push({
      field: `${at}/${field}`,
      problem: `${seconds} is not less than the longest lease of ${maxSeconds}, so it never counts`,
      remedy: `less than ${maxSeconds}`,
    })
  }
}

/** Only one lease can have a name. */
function repeatedNames(c: DhcpConfiguration, warnings: Warning[]): void {
  const seen = new Map<string, number>()
  c.hosts.forEach(({ id, name }, i) => {
    if (name === undefined) return
    const other = seen.get(name)
    if (other === undefined) seen.set(name, id)
    else {
      warnings.push({
        field: `/hosts/${i}/name`,
        problem: `host ${other} is called ${name} too, so in one zone only one of them is published`,
        remedy: 'a name of its own, unless they are in different zones',
      })
    }
  })
}
