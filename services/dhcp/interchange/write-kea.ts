/**
 * Our model as a configuration of Kea's DHCPv4 server (its Administrator Reference Manual, chapter 8), with a note for
 * whatever has no counterpart there. readKea reads what is written here back as the same model.
 */
import { formatIpv4, formatPrefix } from '../../../stack/index.ts'
import { DEFAULT_SITE } from '../../model/index.ts'
import type { ClientClass, DhcpConfiguration, Host, HostIdentifier, Level, OptionDefinition, Pool, Segment, Subnet } from '../../model/index.ts'
import { parseExpression } from '../classify/parse.ts'
import { OptionRegistry } from '../wire/option-spaces.ts'
import type { OptionDeclaration } from '../wire/option-spaces.ts'
import { writeKeaExpression } from './write-kea-expression.ts'
import { ExportNotes, OptionWriter, pairs, subnetsOf } from './written.ts'
import type { Written } from './written.ts'

type Json = { [name: string]: unknown }

/** Our built-in classes by Kea's names. */
const CLASSES: { readonly [name: string]: string } = { all: 'ALL', known: 'KNOWN', unknown: 'UNKNOWN' }
const className = (name: string): string => CLASSES[name] ?? name

/** Kinds that Kea knows hosts by, and its form of the value. */
const IDENTIFIERS: { readonly [kind in HostIdentifier['kind']]?: readonly [name: string, form: (value: string) => string] } = {
  mac: ['hw-address', value => value],
  'client-id': ['client-id', pairs],
  'circuit-id': ['circuit-id', pairs],
}

/** Our types of options by Kea's. */
const TYPES: { readonly [type: string]: string } = {
  bytes: 'binary', bool: 'boolean', flag: 'empty', name: 'fqdn', i8: 'int8', i32: 'int32', ipv4: 'ipv4-address', ipv6: 'ipv6-address', text: 'string',
  u8: 'uint8', u16: 'uint16', u32: 'uint32', seconds: 'uint32',
}

export function writeKea(c: DhcpConfiguration): Written {
  const writer = new Writer(c)
  return { text: `${JSON.stringify({ Dhcp4: writer.whole() }, undefined, 2)}\n`, notes: writer.notes.list }
}

class Writer {
  readonly notes = new ExportNotes()
  readonly #c: DhcpConfiguration
  readonly #options: OptionWriter

  constructor(c: DhcpConfiguration) {
    this.#c = c
    this.#options = new OptionWriter(c)
  }

  whole(): Json {
    const { sites, segments, classes, hosts, optionDefinitions } = this.#c
    const site = sites.find(({ id }) => id === DEFAULT_SITE.id) ?? DEFAULT_SITE
    for (const { name, id } of sites) if (id !== site.id) this.notes.add(`site ${name}`, 'there is one global level only', 'set its values in its shared networks')
    const lone = segments.filter(segment => this.#isLone(segment))
    const shared = segments.filter(segment => !lone.includes(segment))
    const everywhere = hosts.filter(({ addresses }) => addresses.length === 0)
    return {
      'interfaces-config': { interfaces: [...new Set(segments.map(({ interfaceName }) => interfaceName).filter(name => name !== undefined))] },
      ...this.#level(site.level, `site ${site.name}`),
      'reservations-global': true,
      'reservations-in-subnet': true,
      ...(optionDefinitions.length === 0 ? {} : { 'option-def': optionDefinitions.flatMap(definition => this.#definition(definition)) }),
      'client-classes': classes.toSorted((a, b) => a.priority - b.priority).map(each => this.#class(each)),
      reservations: everywhere.flatMap(host => this.#host(host, undefined)),
      'shared-networks': shared.map(segment => ({
        name: segment.name,
        ...this.#place(segment),
        ...this.#level(segment.level, `segment ${segment.name}`),
        subnet4: subnetsOf(this.#c, segment.id).map(subnet => this.#subnet(subnet)),
      })),
      subnet4: lone.flatMap(segment => subnetsOf(this.#c, segment.id).map(subnet => ({ ...this.#subnet(subnet), ...this.#place(segment) }))),
    }
  }

  #definition({ code, name, type, array, space }: OptionDefinition): Json[] {
    const known = TYPES[type]
    if (known !== undefined) return [{ code, name, type: known, ...(array ? { array } : {}), space: typeof space === 'number' ? `vendor-${space}` : space }]
    this.notes.add(`option definition ${name}`, `there is no type ${type}; values are written as octets`, 'declare it by hand')
    return []
  }

  #class({ name, test, leaseLimit, denied, level }: ClientClass): Json {
    const of = `class ${name}`
    const parsed = test === undefined ? undefined : parseExpression(test, new OptionRegistry(this.#c.optionDefinitions as readonly OptionDeclaration[]))
    const written = parsed?.ok === true ? writeKeaExpression(parsed.value) : undefined
    if (test !== undefined && written === undefined) this.notes.add(of, `its test is not written: ${test}`, 'write it as an expression of Kea')
    const isDrop = denied && name === 'DROP'
    if (leaseLimit !== undefined || (denied && !isDrop)) this.notes.add(of, 'its limit or refusal is not written', 'use the limits hook, or the class DROP')
    return { name, ...(written === undefined ? {} : { test: written }), ...this.#level(level, of, false) }
  }

  /** A segment that is nothing but its one subnet. */
  #isLone({ id, name, level }: Segment): boolean {
    const [subnet, ...more] = subnetsOf(this.#c, id)
    return subnet !== undefined && more.length === 0 && formatPrefix(subnet.prefix) === name && isEmpty(level)
  }

  #place({ name, interfaceName, relays, domain, policy }: Segment): Json {
    const { mode, knownOnly, rapidCommit } = policy
    const of = `segment ${name}`
    if (mode !== 'serve') this.notes.add(of, `its mode ${mode} is not written`, 'leave the segment out of the file')
    if (knownOnly) this.notes.add(of, 'known clients only: not written', 'give its pools the client class KNOWN')
    if (rapidCommit) this.notes.add(of, 'rapid commit is not written', 'Kea has it for DHCPv6 only')
    if (domain !== undefined) this.notes.add(of, 'the zone of its names is not written', 'set ddns-qualifying-suffix')
    return {
      ...(interfaceName === undefined ? {} : { interface: interfaceName }),
      ...(relays.length === 0 ? {} : { relay: { 'ip-addresses': relays.map(formatIpv4) } }),
      authoritative: policy.authoritative,
    }
  }

  #subnet(subnet: Subnet): Json {
    const prefix = formatPrefix(subnet.prefix)
    if (subnet.domain !== undefined) this.notes.add(`subnet ${prefix}`, 'the zone of its names is not written', 'set ddns-qualifying-suffix')
    return {
      id: subnet.id,
      subnet: prefix,
      ...this.#level(subnet.level, `subnet ${prefix}`),
      pools: this.#c.pools.filter(({ subnetId }) => subnetId === subnet.id).map(pool => this.#pool(pool)),
      reservations: this.#c.hosts.flatMap(host => this.#host(host, subnet.id)),
    }
  }

  #pool({ first, last, allow, deny, allocator, level }: Pool): Json {
    const range = `${formatIpv4(first)} - ${formatIpv4(last)}`
    const of = `pool ${range}`
    const [only, ...more] = allow
    if (more.length > 0 || deny.length > 0) this.notes.add(of, 'a pool has one class there', 'make one class of the lists, and name it')
    if (allocator !== 'free-queue') this.notes.add(of, `the allocator ${allocator} is not written`, 'Kea sets it by subnet')
    const { options, leaseTimes, boot } = level
    if (!isEmpty({ options: {}, leaseTimes, boot })) this.notes.add(of, 'a pool has options only', 'set times and boot fields in its subnet')
    return {
      pool: range,
      ...(only === undefined || more.length > 0 ? {} : { 'client-class': className(only) }),
      ...this.#optionData(options, of),
    }
  }

  /** A reservation per address in the subnet; without a subnet, one for a host that has no address. */
  #host(host: Host, subnetId: number | undefined): Json[] {
    const of = `host ${host.name ?? host.id}`
    const held: readonly (string | undefined)[] =
      subnetId === undefined ? [undefined] : host.addresses.filter(each => each.subnetId === subnetId).map(({ address }) => formatIpv4(address))
    if (held.length === 0) return []
    const known = host.identifiers.flatMap(({ kind, value }) => {
      const row = IDENTIFIERS[kind]
      if (row === undefined) this.notes.add(of, `its ${kind} is not written`, 'use the flex-id hook')
      return row === undefined ? [] : [{ [row[0]]: row[1](value) }]
    })
    const [identifier] = known
    if (known.length > 1) this.notes.add(of, 'a reservation has one identifier; the first is written', 'write further reservations of the same address')
    if (identifier === undefined) {
      this.notes.add(of, 'it has no identifier that is known there', 'give its hardware address or client identifier')
      return []
    }
    const { options, leaseTimes, boot } = host.level
    if (!isEmpty({ options: {}, leaseTimes, boot: {} })) this.notes.add(of, 'a reservation has no lease time', 'put the host in a class that has it')
    if (host.tags.length > 0) this.notes.add(of, 'tags are not written', 'put them into its comment')
    const classes = [...host.classes.map(className), ...(host.denied ? ['DROP'] : [])]
    return held.map(address => ({
      ...identifier,
      ...(address === undefined ? {} : { 'ip-address': address }),
      ...(host.name === undefined ? {} : { hostname: host.name }),
      ...(classes.length === 0 ? {} : { 'client-classes': classes }),
      ...(host.comment === undefined ? {} : { comment: host.comment }),
      ...bootOf({ options, leaseTimes: {}, boot }),
      ...this.#optionData(options, of),
    }))
  }

  #level(level: Level, of: string, withTimers = true): Json {
    const { leaseSeconds, minSeconds, maxSeconds, renewSeconds, rebindSeconds } = level.leaseTimes
    if (!withTimers && (renewSeconds ?? rebindSeconds) !== undefined) this.notes.add(of, 'T1 and T2 are not written', 'set them in the subnets')
    const timers = withTimers ? { 'renew-timer': renewSeconds, 'rebind-timer': rebindSeconds } : {}
    return said({
      'valid-lifetime': leaseSeconds,
      'min-valid-lifetime': minSeconds,
      'max-valid-lifetime': maxSeconds,
      ...timers,
      ...bootOf(level),
      ...this.#optionData(level.options, of),
    })
  }

  #optionData(options: Level['options'], of: string): Json {
    const written = [...this.#options.written(options, this.notes.option(of))]
    if (written.length === 0) return {}
    return {
      'option-data': written.map(({ code, text, octets }) =>
        text === undefined ? { code, 'csv-format': false, data: octets } : { code, data: text }),
    }
  }
}

function bootOf({ boot: { nextServer, serverName, bootFile } }: Level): Json {
  const address = nextServer === undefined ? undefined : formatIpv4(nextServer)
  return said({ 'next-server': address, 'server-hostname': serverName, 'boot-file-name': bootFile })
}

const said = (values: Json): Json => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

function isEmpty({ options, leaseTimes, boot }: Level): boolean {
  return [options, leaseTimes, boot].every(part => Object.values(part).every(value => value === undefined))
}
