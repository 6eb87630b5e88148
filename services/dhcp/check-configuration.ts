/**
 * What is wrong with a configuration, with the field to look at. A pure function: the API, the command line and the
 * start-up ask the same one before anything changes. Fields are JSON pointers into the configuration, with the fields of
 * a level beside the entry's own, as the API has them: "/pools/2/first", "/hosts/0/options/routers".
 */
import { err, ok } from '../../stack/platform/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import { compareIpv4, contains, formatIpv4, formatPrefix, isUnicast, maskOf, overlaps } from '../../stack/index.ts'
import { BUILT_IN_CLASSES } from '../model/index.ts'
import type { ClientClass, DhcpConfiguration, Pool, Refusal, Segment, Subnet, Warning } from '../model/index.ts'
import { parseExpression } from './classify/parse.ts'
import { checkHosts } from './check-hosts.ts'
import { checkClassNames, checkHostAddress, conflict, firstOf, invalid } from './check-fields.ts'
import { checkLevel } from './check-level.ts'
import { labelsOf } from './wire/names.ts'
import { OptionRegistry, declarationFault } from './wire/option-spaces.ts'
import type { OptionDeclaration } from './wire/option-spaces.ts'
import { warningsOf } from './warnings.ts'

/** The first thing that is wrong, or what is legal but looks like a slip. */
export function checkConfiguration(c: DhcpConfiguration): Result<readonly Warning[], Refusal> {
  const declarations = c.optionDefinitions as readonly OptionDeclaration[]
  const undeclarable = checkDeclarations(declarations)
  if (undeclarable !== undefined) return err(undeclarable)
  const registry = new OptionRegistry(declarations)
  const segments = new Map(c.segments.map(segment => [segment.id, segment]))
  const subnets = new Map(c.subnets.map(subnet => [subnet.id, subnet]))
  const own = new Set(c.classes.map(each => each.name))
  const classes = new Set<string>([...own, ...BUILT_IN_CLASSES])
  const wrong =
    checkSites(c, registry) ??
    firstOf(c.segments, (segment, i) => checkSegment(segment, `/segments/${i}`, c, registry)) ??
    firstOf(c.subnets, (subnet, i) => checkSubnet(subnet, `/subnets/${i}`, c.subnets.slice(0, i), segments, registry)) ??
    strayRelays(c) ??
    firstOf(c.classes, (each, i) => checkClass(each, `/classes/${i}`, c.classes.slice(0, i), registry)) ??
    firstOf(c.pools, (pool, i) => checkPool(pool, `/pools/${i}`, subnets.get(pool.subnetId), classes, registry)) ??
    overlappingPools(c.pools) ??
    checkHosts(c.hosts, subnets, own, registry)
  return wrong === undefined ? ok(warningsOf(c)) : err(wrong)
}

const checkDeclarations = (declarations: readonly OptionDeclaration[]): Refusal | undefined =>
  firstOf(declarations, (declaration, i) => {
    const fault = declarationFault(declaration, declarations.slice(0, i))
    return fault && invalid(`/optionDefinitions/${i}/${fault.field}`, fault.problem, fault.remedy)
  })

/** Names of sites, segments and classes: what can stand in a trace, a path and an expression. */
const NAME = /^[a-z0-9][a-z0-9._:/-]{0,62}$/i

function checkName(name: string, at: string, others: readonly { readonly name: string }[]): Refusal | undefined {
  if (!NAME.test(name)) {
    return invalid(`${at}/name`, `"${name}" is no name`, '1 to 63 letters, digits and . _ : / -, beginning with a letter or digit')
  }
  return others.some(other => other.name === name)
    ? conflict(`${at}/name`, `"${name}" is there already`, 'a name of its own')
    : undefined
}

const checkSites = (c: DhcpConfiguration, registry: OptionRegistry): Refusal | undefined =>
  firstOf(
    c.sites,
    (site, i) => checkName(site.name, `/sites/${i}`, c.sites.slice(0, i)) ?? checkLevel(site.level, `/sites/${i}`, registry),
  )

function checkSegment(segment: Segment, at: string, c: DhcpConfiguration, registry: OptionRegistry): Refusal | undefined {
  const earlier = c.segments.slice(0, c.segments.indexOf(segment))
  if (!c.sites.some(site => site.id === segment.siteId)) {
    return invalid(`${at}/siteId`, `there is no site ${segment.siteId}`, 'the id of a site')
  }
  if (segment.interfaceName === '') {
    return invalid(`${at}/interface`, 'no interface is named', 'the interface on which its clients are, or null behind relays')
  }
  for (const [i, relay] of segment.relays.entries()) {
    if (!isUnicast(relay)) return invalid(`${at}/relays/${i}`, `${formatIpv4(relay)} is no host`, "a relay's address")
    const other = earlier.find(each => each.relays.includes(relay))
    if (other !== undefined) {
      return conflict(`${at}/relays/${i}`, `${formatIpv4(relay)} stands for the segment ${other.name}`, 'a relay of its own')
    }
  }
  return (
    checkName(segment.name, at, earlier) ??
    checkDomain(segment.domain, at) ??
    checkPolicy(segment, at) ??
    checkLevel(segment.level, at, registry)
  )
}

const POLICY_BOUNDS = { offerDelayMs: [0, 10_000], newClientsPerSecond: [1, 1_000_000], leasesPerRelayPort: [1, 1_000_000] } as const

function checkPolicy({ policy }: Segment, at: string): Refusal | undefined {
  for (const [field, [least, most]] of Object.entries(POLICY_BOUNDS)) {
    const value = policy[field as keyof typeof POLICY_BOUNDS]
    if (value !== undefined && (!Number.isInteger(value) || value < least || value > most)) {
      return invalid(`${at}/policy/${field}`, `${value} is out of bounds`, `a whole number from ${least} to ${most}`)
    }
  }
  return undefined
}

function checkSubnet(
  subnet: Subnet,
  at: string,
  earlier: readonly Subnet[],
  segments: ReadonlyMap<number, Segment>,
  registry: OptionRegistry,
): Refusal | undefined {
  const { prefix } = subnet
  const text = formatPrefix(prefix)
  if (prefix.length < 8 || prefix.length > 32 || !isUnicast(prefix.network)) {
    return invalid(`${at}/prefix`, `${text} is no network of hosts`, 'a unicast network from /8 to /32, as 10.53.0.0/24')
  }
  if ((prefix.network & ~maskOf(prefix.length)) !== 0) {
    const network = formatPrefix({ network: prefix.network & maskOf(prefix.length), length: prefix.length })
    return invalid(`${at}/prefix`, `${text} has host bits set`, `the network itself: ${network}`)
  }
  const other = earlier.find(s => overlaps(s.prefix, prefix))
  if (other !== undefined) {
    return conflict(`${at}/prefix`, `${text} overlaps the subnet ${formatPrefix(other.prefix)}`, 'a network of its own')
  }
  if (!segments.has(subnet.segmentId)) {
    return invalid(`${at}/segmentId`, `there is no segment ${subnet.segmentId}`, 'the id of a segment')
  }
  return checkDomain(subnet.domain, at) ?? checkLevel(subnet.level, at, registry)
}

function checkDomain(domain: string | undefined, at: string): Refusal | undefined {
  if (domain === undefined) return undefined
  if (!domain.endsWith('.') && domain === domain.toLowerCase() && labelsOf(domain) !== undefined) return undefined
  const remedy = 'a name in lower case without the last dot, as lab.internal'
  return invalid(`${at}/domain`, `"${domain}" is no domain name`, remedy)
}

/** A relay inside a subnet of another segment would stand for two. */
function strayRelays(c: DhcpConfiguration): Refusal | undefined {
  return firstOf(c.segments, (segment, i) =>
    firstOf(segment.relays, (relay, j) => {
      const subnet = c.subnets.find(each => contains(each.prefix, relay) && each.segmentId !== segment.id)
      if (subnet === undefined) return undefined
      const problem = `${formatIpv4(relay)} is in ${formatPrefix(subnet.prefix)}, a subnet of another segment`
      return conflict(`/segments/${i}/relays/${j}`, problem, 'a relay outside the subnets of other segments')
    }),
  )
}

function checkClass(each: ClientClass, at: string, earlier: readonly ClientClass[], registry: OptionRegistry): Refusal | undefined {
  if ((BUILT_IN_CLASSES as readonly string[]).includes(each.name)) {
    return conflict(`${at}/name`, `"${each.name}" is built in`, `a name other than ${BUILT_IN_CLASSES.join(', ')}`)
  }
  if (!Number.isInteger(each.priority) || each.priority < 0 || each.priority > 1_000_000) {
    return invalid(`${at}/priority`, `${each.priority} is no priority`, 'a whole number from 0 (first) to 1000000')
  }
  if (each.leaseLimit !== undefined && (!Number.isInteger(each.leaseLimit) || each.leaseLimit < 0)) {
    return invalid(`${at}/leaseLimit`, `${each.leaseLimit} is no number of leases`, 'a whole number, or null for no limit')
  }
  return checkName(each.name, at, earlier) ?? checkTest(each, at, registry) ?? checkLevel(each.level, at, registry)
}

function checkTest({ test }: ClientClass, at: string, registry: OptionRegistry): Refusal | undefined {
  const parsed = test === undefined ? undefined : parseExpression(test, registry)
  if (parsed === undefined || parsed.ok) return undefined
  const { column, problem, remedy } = parsed.error
  return invalid(`${at}/test`, `column ${column}: ${problem}`, remedy)
}

function checkPool(
  pool: Pool,
  at: string,
  subnet: Subnet | undefined,
  classes: ReadonlySet<string>,
  registry: OptionRegistry,
): Refusal | undefined {
  if (subnet === undefined) return invalid(`${at}/subnetId`, `there is no subnet ${pool.subnetId}`, 'the id of a subnet')
  const end = checkHostAddress(pool.first, `${at}/first`, subnet) ?? checkHostAddress(pool.last, `${at}/last`, subnet)
  if (end !== undefined) return end
  if (compareIpv4(pool.first, pool.last) > 0) {
    const problem = `${formatIpv4(pool.last)} is before ${formatIpv4(pool.first)}`
    return invalid(`${at}/last`, problem, 'an address not before the first')
  }
  return (
    checkClassNames(pool.allow, `${at}/allow`, classes) ??
    checkClassNames(pool.deny, `${at}/deny`, classes) ??
    checkLevel(pool.level, at, registry)
  )
}

function overlappingPools(pools: readonly Pool[]): Refusal | undefined {
  const sorted = [...pools].sort((a, b) => compareIpv4(a.first, b.first))
  for (const [i, pool] of sorted.entries()) {
    const before = sorted[i - 1]
    if (before === undefined || compareIpv4(before.last, pool.first) < 0) continue
    const range = `${formatIpv4(before.first)} to ${formatIpv4(before.last)}`
    const field = `/pools/${pools.indexOf(pool)}/first`
    return conflict(field, `it overlaps the pool ${range}`, 'addresses that are in no other pool')
  }
  return undefined
}
