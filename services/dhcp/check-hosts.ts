/** What is wrong with hosts: their identifiers, addresses and names. */
import { fromHex } from '../../stack/platform/index.ts'
import { formatIpv4, formatMac, parseMac } from '../../stack/index.ts'
import type { Host, HostIdentifier, IdentifierKind, Refusal, Subnet } from '../model/index.ts'
import { checkClassNames, checkHostAddress, conflict, firstOf, invalid } from './check-fields.ts'
import { checkLevel } from './check-level.ts'
import { hostKeys } from './hosts.ts'
import type { OptionRegistry } from './wire/option-spaces.ts'

export const checkHosts = (
  hosts: readonly Host[],
  subnets: ReadonlyMap<number, Subnet>,
  classes: ReadonlySet<string>,
  registry: OptionRegistry,
): Refusal | undefined =>
  firstOf(hosts, (host, i) => checkHost(host, `/hosts/${i}`, subnets, classes, registry)) ?? repeatedHosts(hosts)

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

function checkHost(
  host: Host,
  at: string,
  subnets: ReadonlyMap<number, Subnet>,
  classes: ReadonlySet<string>,
  registry: OptionRegistry,
): Refusal | undefined {
  if (host.identifiers.length === 0) {
    return invalid(`${at}/identifiers`, 'nothing says which client it is', 'at least one identifier, as a hardware address')
  }
  if (host.name !== undefined && !LABEL.test(host.name)) {
    const remedy = 'one label of lower-case letters, digits and inner hyphens'
    return invalid(`${at}/name`, `"${host.name}" is no host name`, remedy)
  }
  return (
    firstOf(host.identifiers, (identifier, i) => checkIdentifier(identifier, `${at}/identifiers/${i}`)) ??
    firstOf(host.addresses, ({ subnetId, address }, i) => {
      const field = `${at}/addresses/${i}/address`
      const subnet = subnets.get(subnetId)
      return subnet === undefined
        ? invalid(field, `${formatIpv4(address)} is in no subnet`, 'an address of a subnet, or add that subnet first')
        : checkHostAddress(address, field, subnet)
    }) ??
    checkClassNames(host.classes, `${at}/classes`, classes) ??
    checkLevel(host.level, at, registry)
  )
}

type IdentifierRow = { readonly right: (value: string) => boolean; readonly noun: string; readonly remedy: string }

const isHex = (value: string, fewest: number, most: number): boolean =>
  /^[0-9a-f]+$/.test(value) && value.length >= 2 * fewest && value.length <= 2 * most && fromHex(value) !== undefined

/** RFC 3046 §2.0: a sub-option has at most 255 octets. */
const RELAY_FIELD: Omit<IdentifierRow, 'noun'> = {
  right: value => isHex(value, 1, 255),
  remedy: '1 to 255 octets: text as the relay writes it, or 0x and hexadecimal',
}

const IDENTIFIERS: { readonly [K in IdentifierKind]: IdentifierRow } = {
  'client-id': {
    // A reservation of earlier versions may have one octet only.
    right: value => isHex(value, 1, 255),
    noun: 'client identifier',
    remedy: 'option 61 in lower-case hexadecimal, as 0102000a350014',
  },
  uuid: { right: value => isHex(value, 16, 16), noun: 'UUID', remedy: '16 octets, as 564d9f2e-7b1c-4a3e-9f00-02000a350014' },
  'circuit-id': { ...RELAY_FIELD, noun: 'circuit identifier' },
  'remote-id': { ...RELAY_FIELD, noun: 'remote identifier' },
  mac: {
    right: value => {
      const octets = parseMac(value)
      return octets !== undefined && formatMac(octets) === value
    },
    noun: 'hardware address',
    remedy: 'six pairs of hexadecimal digits, as 02:00:0a:35:00:14',
  },
  'host-name': { right: value => LABEL.test(value), noun: 'host name', remedy: 'one label in lower case, as printer-2' },
}

function checkIdentifier({ kind, value }: HostIdentifier, at: string): Refusal | undefined {
  const { right, noun, remedy } = IDENTIFIERS[kind]
  return right(value) ? undefined : invalid(`${at}/value`, `"${value}" is no ${noun}`, remedy)
}

/** An address belongs to one host. A client may have an entry per network, so hosts may share one if no network is both's. */
function repeatedHosts(hosts: readonly Host[]): Refusal | undefined {
  const byAddress = new Map<number, Host>()
  const byKey = new Map<string, Host[]>()
  return firstOf(hosts, (host, i) => {
    const taken = firstOf(host.addresses, ({ address }, j) => {
      const other = byAddress.get(address)
      byAddress.set(address, host)
      if (other === undefined) return undefined
      const problem = `${formatIpv4(address)} is kept for ${other === host ? 'it' : `host ${other.id}`} already`
      return conflict(`/hosts/${i}/addresses/${j}/address`, problem, 'an address that no other host has')
    })
    if (taken !== undefined) return taken
    return firstOf(hostKeys(host.identifiers), key => {
      const others = byKey.get(key) ?? []
      byKey.set(key, [...others, host])
      const other = others.find(each => collides(each, host))
      if (other === undefined) return undefined
      const at = host.identifiers.findIndex(({ value }) => key.includes(value))
      const problem = `${host.identifiers[at]?.value ?? key} stands for host ${other.id} already`
      const remedy = 'an identifier of its own, or one host with both addresses'
      return conflict(`/hosts/${i}/identifiers/${Math.max(0, at)}/value`, problem, remedy)
    })
  })
}

function collides(a: Host, b: Host): boolean {
  if (a === b || a.addresses.length === 0 || b.addresses.length === 0) return true
  return a.addresses.some(({ subnetId }) => b.addresses.some(other => other.subnetId === subnetId))
}
