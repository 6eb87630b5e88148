/**
 * What is wrong with a configuration of subnets, pools and reservations, with the field to look at. A pure function:
 * the API, the command line and the start-up ask the same one before anything changes. Fields are JSON pointers into
 * { subnets, pools, reservations }: "/pools/2/first".
 */
import { err, fromHex, ok } from '../../stack/platform/index.ts'
import type { Result } from '../../stack/platform/index.ts'
import {
  compareIpv4,
  contains,
  formatIpv4,
  formatPrefix,
  isUnicast,
  lastOf,
  maskOf,
  overlaps,
  parseMac,
} from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { refusal } from '../model/index.ts'
import type { OptionSet, Pool, Refusal, Reservation, Subnet } from '../model/index.ts'
import type { DhcpConfiguration } from './configuration.ts'
import { labelsOf } from './wire/names.ts'
import { encodeOption } from './wire/option-values.ts'
import { optionNamed } from './wire/option-spaces.ts'

const LONGEST_SECONDS = 0xffff_ffff
/** RFC 2131 §3.3 knows no least time; a lease must outlast a renewal under load. */
const SHORTEST_SECONDS = 10

/** The first thing that is wrong, or the configuration itself. */
export function checkConfiguration(c: DhcpConfiguration): Result<DhcpConfiguration, Refusal> {
  const subnets = new Map(c.subnets.map(subnet => [subnet.id, subnet]))
  const wrong =
    firstOf(c.subnets, (subnet, i) => checkSubnet(subnet, `/subnets/${i}`, c.subnets.slice(0, i))) ??
    firstOf(c.pools, (pool, i) => checkPool(pool, `/pools/${i}`, subnets.get(pool.subnetId))) ??
    overlappingPools(c.pools) ??
    firstOf(c.reservations, (r, i) => checkReservation(r, `/reservations/${i}`, subnets.get(r.subnetId))) ??
    repeatedReservations(c.reservations)
  return wrong === undefined ? ok(c) : err(wrong)
}

const invalid = (field: string, problem: string, remedy: string): Refusal => refusal('invalid', field, problem, remedy)
const conflict = (field: string, problem: string, remedy: string): Refusal =>
  refusal('conflict', field, problem, remedy)

function firstOf<T>(items: readonly T[], check: (item: T, i: number) => Refusal | undefined): Refusal | undefined {
  for (const [i, item] of items.entries()) {
    const wrong = check(item, i)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function checkSubnet(subnet: Subnet, at: string, earlier: readonly Subnet[]): Refusal | undefined {
  const { prefix, domain } = subnet
  const text = formatPrefix(prefix)
  if (prefix.length < 8 || prefix.length > 32 || !isUnicast(prefix.network)) {
    return invalid(
      `${at}/prefix`,
      `${text} is no network of hosts`,
      'a unicast network from /8 to /32, as 10.53.0.0/24',
    )
  }
  if ((prefix.network & ~maskOf(prefix.length)) !== 0) {
    const network = formatPrefix({ network: prefix.network & maskOf(prefix.length), length: prefix.length })
    return invalid(`${at}/prefix`, `${text} has host bits set`, `the network itself: ${network}`)
  }
  const other = earlier.find(s => overlaps(s.prefix, prefix))
  if (other !== undefined) {
    return conflict(`${at}/prefix`, `${text} overlaps the subnet ${formatPrefix(other.prefix)}`, 'a network of its own')
  }
  if (subnet.interfaceName === '')
    return invalid(`${at}/interface`, 'no interface is named', 'the interface on which its clients are')
  if (
    domain !== undefined &&
    (domain.endsWith('.') || domain !== domain.toLowerCase() || labelsOf(domain) === undefined)
  ) {
    return invalid(
      `${at}/domain`,
      `"${domain}" is no domain name`,
      'a name in lower case without the last dot, as lab.internal',
    )
  }
  return checkTimes(subnet, at) ?? checkOptions(subnet.options, `${at}/options`)
}

function checkTimes(subnet: Subnet, at: string): Refusal | undefined {
  const { leaseSeconds, minLeaseSeconds, maxLeaseSeconds } = subnet
  for (const [field, value] of Object.entries({ leaseSeconds, minLeaseSeconds, maxLeaseSeconds })) {
    if (!Number.isInteger(value) || value < SHORTEST_SECONDS || value > LONGEST_SECONDS) {
      return invalid(
        `${at}/${field}`,
        `${value} is no lease time`,
        `whole seconds from ${SHORTEST_SECONDS} to ${LONGEST_SECONDS} (for ever)`,
      )
    }
  }
  if (minLeaseSeconds > leaseSeconds) {
    return invalid(
      `${at}/minLeaseSeconds`,
      `${minLeaseSeconds} is more than the lease time of ${leaseSeconds}`,
      `at most ${leaseSeconds}`,
    )
  }
  if (maxLeaseSeconds < leaseSeconds) {
    return invalid(
      `${at}/maxLeaseSeconds`,
      `${maxLeaseSeconds} is less than the lease time of ${leaseSeconds}`,
      `at least ${leaseSeconds}`,
    )
  }
  return undefined
}

/** Every option by a known name, with a value of its type. Exported for what has options only. */
export function checkOptions(options: OptionSet, at: string): Refusal | undefined {
  for (const [name, value] of Object.entries(options)) {
    const field = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const row = optionNamed(name)
    if (row === undefined) {
      return invalid(
        field,
        `there is no option "${name}"`,
        'a name from the option table, or "option-224" for a code without a name',
      )
    }
    if (row.role === 'protocol') {
      return invalid(
        field,
        `"${name}" is written by the server itself`,
        'leave it out; lease times are set at the subnet',
      )
    }
    if (value === null) continue
    const encoded = encodeOption(row, value)
    if (!encoded.ok) return invalid(field, `${JSON.stringify(value)} is no value of "${name}"`, encoded.error)
  }
  return undefined
}

function checkPool(pool: Pool, at: string, subnet: Subnet | undefined): Refusal | undefined {
  if (subnet === undefined)
    return invalid(`${at}/subnetId`, `there is no subnet ${pool.subnetId}`, 'the id of a subnet')
  const first = checkHost(pool.first, `${at}/first`, subnet)
  if (first !== undefined) return first
  const last = checkHost(pool.last, `${at}/last`, subnet)
  if (last !== undefined) return last
  if (compareIpv4(pool.first, pool.last) > 0) {
    return invalid(
      `${at}/last`,
      `${formatIpv4(pool.last)} is before ${formatIpv4(pool.first)}`,
      'an address not before the first',
    )
  }
  return undefined
}

/** A host's address within the subnet. */
function checkHost(address: Ipv4, field: string, subnet: Subnet): Refusal | undefined {
  const { prefix } = subnet
  const text = formatIpv4(address)
  if (!contains(prefix, address)) {
    return invalid(
      field,
      `${text} is not in the subnet ${formatPrefix(prefix)}`,
      `an address of ${formatPrefix(prefix)}`,
    )
  }
  if (prefix.length <= 30 && (address === prefix.network || address === lastOf(prefix))) {
    const what = address === prefix.network ? 'network' : 'broadcast'
    return invalid(
      field,
      `${text} is the ${what} address of ${formatPrefix(prefix)}`,
      'an address that a host can have',
    )
  }
  return undefined
}

function overlappingPools(pools: readonly Pool[]): Refusal | undefined {
  const sorted = [...pools].sort((a, b) => compareIpv4(a.first, b.first))
  for (const [i, pool] of sorted.entries()) {
    const before = sorted[i - 1]
    if (before === undefined || compareIpv4(before.last, pool.first) < 0) continue
    const range = `${formatIpv4(before.first)} to ${formatIpv4(before.last)}`
    return conflict(
      `/pools/${pools.indexOf(pool)}/first`,
      `it overlaps the pool ${range}`,
      'addresses that are in no other pool',
    )
  }
  return undefined
}

function checkReservation(r: Reservation, at: string, subnet: Subnet | undefined): Refusal | undefined {
  if (subnet === undefined) return invalid(`${at}/subnetId`, `there is no subnet ${r.subnetId}`, 'the id of a subnet')
  const host = checkHost(r.address, `${at}/address`, subnet)
  if (host !== undefined) return host
  if (r.mac === undefined && r.clientId === undefined) {
    return invalid(`${at}/mac`, 'it names no client', 'a hardware address, a client identifier, or both')
  }
  if (r.mac !== undefined && (parseMac(r.mac) === undefined || r.mac !== r.mac.toLowerCase() || r.mac.includes('-'))) {
    return invalid(`${at}/mac`, `"${r.mac}" is no hardware address`, 'six pairs in lower case, as 02:00:0a:35:00:14')
  }
  if (
    r.clientId !== undefined &&
    (r.clientId.length < 2 || fromHex(r.clientId) === undefined || !/^[0-9a-f]+$/.test(r.clientId))
  ) {
    return invalid(
      `${at}/clientId`,
      `"${r.clientId}" is no client identifier`,
      'option 61 in lower-case hexadecimal, as 0102000a350014',
    )
  }
  if (r.name !== undefined && !/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(r.name)) {
    return invalid(
      `${at}/name`,
      `"${r.name}" is no host name`,
      'one label of lower-case letters, digits and inner hyphens',
    )
  }
  return checkOptions(r.options, `${at}/options`)
}

/** An address once; a client once in a subnet. */
function repeatedReservations(reservations: readonly Reservation[]): Refusal | undefined {
  const seen = new Map<string, number>()
  return firstOf(reservations, (r, i) => {
    const keys: readonly (readonly [field: string, text: string, key: string])[] = [
      ['address', formatIpv4(r.address), `address ${r.address}`],
      ...(r.mac === undefined ? [] : [['mac', r.mac, `mac ${r.subnetId} ${r.mac}`] as const]),
      ...(r.clientId === undefined ? [] : [['clientId', r.clientId, `id ${r.subnetId} ${r.clientId}`] as const]),
    ]
    for (const [field, text, key] of keys) {
      const earlier = seen.get(key)
      if (earlier !== undefined) {
        return conflict(
          `/reservations/${i}/${field}`,
          `${text} is reserved already, by reservation ${earlier}`,
          'one that no reservation has',
        )
      }
      seen.set(key, r.id)
    }
    return undefined
  })
}
