/** DHCP entries as a person writes them become the model; a field that is not given stays away. */
import { contains, formatIpv4, formatMac, formatPrefix, type Ipv4, parseMac, parsePrefix } from '../../stack/index.ts'
import { fromHex, err, ok, type Result, toHex } from '../../stack/platform/index.ts'
import { encodeOption, OptionRegistry } from '../dhcp/index.ts'
import type { DescribedClient, OptionDeclaration, WhatIfQuestion } from '../dhcp/index.ts'
import type { ClientInput, DhcpInputs, IdentifierView, LevelFields, PolicyView, WhatIfInput } from '../facade.ts'
import {
  type BootFields,
  DEFAULT_POLICY,
  type DhcpConfiguration,
  type DhcpItem,
  type DhcpKind,
  EMPTY_LEVEL,
  type HostAddress,
  type HostIdentifier,
  type LeaseTimes,
  type Level,
  type OptionSet,
  type Refusal,
  refusal,
  type SegmentPolicy,
} from '../model/index.ts'
import { addressField, canonical, none } from './inputs.ts'

type Fields<K extends DhcpKind> = Partial<Omit<DhcpItem<K>, 'id'>>
type Read<T> = Result<T, Refusal>

/** `old` is the entry that is changed, undefined for a new one: a level and a policy are changed field by field. */
type Reader<K extends DhcpKind> = (input: Partial<DhcpInputs[K]>, old: DhcpItem<K> | undefined, c: DhcpConfiguration) => Read<Fields<K>>

export const DHCP_READERS: { readonly [K in DhcpKind]: Reader<K> } = {
  sites: (input, old) => withLevel(input, old?.level, present({ name: input.name })),
  segments: (input, old) => {
    const relays = each(input.relays, '/relays', addressField)
    if (!relays.ok) return relays
    const policy = input.policy === undefined ? undefined : policyOf(input.policy, old?.policy)
    return withLevel(input, old?.level, {
      ...present({ name: input.name, siteId: input.siteId, relays: relays.value, policy }),
      ...(input.interface === undefined ? {} : { interfaceName: none(input.interface) }),
      ...domainOf(input.domain),
    })
  },
  subnets: (input, old) => {
    const prefix = input.prefix === undefined ? undefined : parsePrefix(input.prefix)
    if (input.prefix !== undefined && prefix === undefined)
      return err(refusal('invalid', '/prefix', `"${input.prefix}" is not an address block`, 'give a network address with its length and no host bits, as 10.53.0.0/24'))
    return withLevel(input, old?.level, { ...present({ prefix }), ...domainOf(input.domain) })
  },
  pools: (input, old) => {
    const first = maybe(input.first, '/first')
    if (!first.ok) return first
    const last = maybe(input.last, '/last')
    if (!last.ok) return last
    return withLevel(input, old?.level, present({
      subnetId: input.subnetId, first: first.value, last: last.value, allow: input.allow, deny: input.deny, allocator: input.allocator,
    }))
  },
  classes: (input, old) =>
    withLevel(input, old?.level, {
      ...present({ name: input.name, priority: input.priority, denied: input.denied }),
      ...(input.test === undefined ? {} : { test: none(input.test) }),
      ...(input.leaseLimit === undefined ? {} : { leaseLimit: none(input.leaseLimit) }),
    }),
  hosts: (input, old, c) => {
    const identifiers = each(input.identifiers, '/identifiers', identifierOf)
    if (!identifiers.ok) return identifiers
    const addresses = each(input.addresses, '/addresses', (field, text) => hostAddress(field, text, c))
    if (!addresses.ok) return addresses
    return withLevel(input, old?.level, {
      ...present({ identifiers: identifiers.value, addresses: addresses.value, classes: input.classes, denied: input.denied, tags: input.tags }),
      ...(input.name === undefined ? {} : { name: none(input.name) }),
      ...(input.comment === undefined ? {} : { comment: none(input.comment) }),
    })
  },
  optionDefinitions: (input) => ok(present(input)),
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }
const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>

const domainOf = (domain: string | null | undefined): { readonly domain?: string | undefined } =>
  domain === undefined ? {} : { domain: domain === null ? undefined : canonical(domain) }

function maybe(text: string | undefined, field: string): Read<Ipv4 | undefined> {
  return text === undefined ? ok(undefined) : addressField(field, text)
}

function each<T, U>(items: readonly T[] | undefined, at: string, read: (field: string, item: T) => Read<U>): Read<readonly U[] | undefined> {
  if (items === undefined) return ok(undefined)
  const values: U[] = []
  for (const [i, item] of items.entries()) {
    const value = read(`${at}/${i}`, item)
    if (!value.ok) return value
    values.push(value.value)
  }
  return ok(values)
}

const TIMES = {
  leaseSeconds: 'leaseSeconds',
  minLeaseSeconds: 'minSeconds',
  maxLeaseSeconds: 'maxSeconds',
  renewSeconds: 'renewSeconds',
  rebindSeconds: 'rebindSeconds',
} as const satisfies { readonly [field: string]: keyof LeaseTimes }

/** The entry's own fields, and its level where one of the level's fields is given. */
function withLevel<F extends object>(input: Partial<LevelFields>, old: Level | undefined, fields: F): Read<F & { readonly level?: Level }> {
  const level = levelOf(input, old)
  if (!level.ok) return level
  return ok(level.value === old ? fields : { ...fields, level: level.value })
}

function levelOf(input: Partial<LevelFields>, old: Level = EMPTY_LEVEL): Read<Level> {
  const leaseTimes: { -readonly [K in keyof LeaseTimes]: LeaseTimes[K] } = { ...old.leaseTimes }
  for (const [field, name] of Object.entries(TIMES)) {
    const value = input[field as keyof typeof TIMES]
    if (value === null) delete leaseTimes[name]
    else if (value !== undefined) leaseTimes[name] = value
  }
  const boot: { -readonly [K in keyof BootFields]: BootFields[K] } = { ...old.boot }
  for (const field of ['serverName', 'bootFile'] as const) {
    const value = input[field]
    if (value === null) delete boot[field]
    else if (value !== undefined) boot[field] = value
  }
  if (input.nextServer === null) delete boot.nextServer
  else if (input.nextServer !== undefined) {
    const server = addressField('/nextServer', input.nextServer)
    if (!server.ok) return server
    boot.nextServer = server.value
  }
  return ok({ options: input.options ?? old.options, leaseTimes, boot })
}

function policyOf(input: Partial<PolicyView>, old: SegmentPolicy = DEFAULT_POLICY): SegmentPolicy {
  const said = Object.fromEntries(Object.entries(input).map(([field, value]) => [field, value ?? undefined]))
  return { ...old, ...said, ddns: { ...old.ddns, ...input.ddns } }
}

function hostAddress(field: string, text: string, c: DhcpConfiguration): Read<HostAddress> {
  const address = addressField(field, text)
  if (!address.ok) return address
  const subnet = c.subnets.find(({ prefix }) => contains(prefix, address.value))
  return ok({ subnetId: subnet?.id ?? 0, address: address.value })
}

/** What a relay writes is often text: "eth7". Octets that are not are "0x…". */
const PRINTABLE = /^[\x20-\x7e]+$/

function identifierOf(field: string, { kind, value }: IdentifierView): Read<HostIdentifier> {
  if (kind === 'uuid') return ok({ kind, value: value.toLowerCase().replaceAll('-', '') })
  if (kind === 'client-id') return ok({ kind, value: value.toLowerCase().replaceAll(/[:-]/g, '') })
  if (kind === 'mac') {
    const octets = parseMac(value)
    return ok({ kind, value: octets === undefined ? value : formatMac(octets) })
  }
  if (kind === 'host-name') return ok({ kind, value: value.toLowerCase() })
  if (!value.startsWith('0x') && PRINTABLE.test(value)) return ok({ kind, value: toHex(Uint8Array.from(value, (c) => c.charCodeAt(0))) })
  const hex = value.slice(2).toLowerCase()
  return fromHex(hex) === undefined
    ? err(refusal('invalid', `${field}/value`, `"${value}" is neither text nor 0x and hexadecimal`, 'as eth7 or 0x65746837'))
    : ok({ kind, value: hex })
}

export function identifierView({ kind, value }: HostIdentifier): IdentifierView {
  if (kind === 'uuid') return { kind, value: value.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') }
  if (kind !== 'circuit-id' && kind !== 'remote-id') return { kind, value }
  const octets = fromHex(value) ?? new Uint8Array(0)
  const text = String.fromCharCode(...octets)
  return { kind, value: PRINTABLE.test(text) && !text.startsWith('0x') ? text : `0x${value}` }
}

export const levelView = ({ options, leaseTimes, boot }: Level): LevelFields => ({
  options,
  leaseSeconds: leaseTimes.leaseSeconds ?? null,
  minLeaseSeconds: leaseTimes.minSeconds ?? null,
  maxLeaseSeconds: leaseTimes.maxSeconds ?? null,
  renewSeconds: leaseTimes.renewSeconds ?? null,
  rebindSeconds: leaseTimes.rebindSeconds ?? null,
  nextServer: boot.nextServer === undefined ? null : formatIpv4(boot.nextServer),
  serverName: boot.serverName ?? null,
  bootFile: boot.bootFile ?? null,
})

/** A description of a client, with the forms of its identifiers as in a host entry. */
export function readClient(input: ClientInput, c: DhcpConfiguration): Read<DescribedClient> {
  const { vendorClass, userClass, hostName, architecture } = input
  const read: { [K in IdentifierView['kind']]?: string } = {}
  const identifiers = [
    ['mac', input.mac, '/mac'],
    ['client-id', input.clientId, '/clientId'],
    ['uuid', input.uuid, '/uuid'],
    ['circuit-id', input.circuitId, '/circuitId'],
    ['remote-id', input.remoteId, '/remoteId'],
  ] as const
  for (const [kind, value, field] of identifiers) {
    if (value === null) continue
    const identifier = identifierOf(field, { kind, value })
    if (!identifier.ok) return identifier
    const hex = kind === 'mac' ? parseMac(identifier.value.value) : fromHex(identifier.value.value)
    if (hex === undefined) return err(refusal('invalid', field, `"${value}" is not understood`, `give a ${kind} as a host entry has it`))
    read[kind] = identifier.value.value
  }
  const subnet = input.subnet === null ? undefined : c.subnets.find((each) => formatPrefix(each.prefix) === input.subnet)
  if (input.subnet !== null && subnet === undefined)
    return err(refusal('invalid', '/subnet', `there is no subnet ${input.subnet}`, 'give the prefix of a subnet, as 10.53.0.0/24'))
  return ok({
    mac: read.mac ?? '',
    clientId: read['client-id'],
    uuid: read.uuid,
    circuitId: read['circuit-id'],
    remoteId: read['remote-id'],
    hostName: none(hostName),
    vendorClass: none(vendorClass),
    userClass: none(userClass),
    architecture: none(architecture),
    subnetId: subnet?.id,
  })
}

/** A request that nobody sent. */
export function readQuestion(input: WhatIfInput, c: DhcpConfiguration): Read<WhatIfQuestion> {
  const { messageType, mac } = input
  const interfaceName = none(input.interface)
  if (input.packet !== null) {
    const bytes = fromHex(input.packet.toLowerCase().replaceAll(/[\s:]/g, ''))
    return bytes === undefined
      ? err(refusal('invalid', '/packet', 'that is not hexadecimal', 'give the UDP payload, two digits an octet'))
      : ok({ bytes, interfaceName })
  }
  if (mac === null) return err(refusal('invalid', '/mac', 'there is neither a hardware address nor a packet', 'give one of them'))
  const client = readClient({ ...input, mac }, c)
  if (!client.ok) return client
  const read: { [K in (typeof ADDRESSES)[number]]?: Ipv4 } = {}
  for (const field of ADDRESSES) {
    const address = maybe(none(input[field]), `/${field}`)
    if (!address.ok) return address
    if (address.value !== undefined) read[field] = address.value
  }
  const options = readOptions(input, c)
  if (!options.ok) return options
  return ok({ request: { ...client.value, ...read, messageType, interfaceName, wants: none(input.parameterRequestList), options: options.value } })
}

/** RFC 4702 §2.1: the server is to update the name, which is in DNS wire format. */
const SERVER_UPDATES = 0b101

function readOptions({ fqdn, options }: WhatIfInput, { optionDefinitions }: DhcpConfiguration): Read<ReadonlyMap<number, Uint8Array | undefined>> {
  const registry = new OptionRegistry(optionDefinitions as readonly OptionDeclaration[])
  const name: OptionSet = fqdn === null ? {} : { 'client-fqdn': { flags: SERVER_UPDATES, name: fqdn } }
  const read = new Map<number, Uint8Array | undefined>()
  for (const [option, value] of Object.entries({ ...name, ...options })) {
    const field = option in name && !(option in (options ?? {})) ? '/fqdn' : `/options/${option}`
    const row = registry.named(option)
    if (row === undefined) return err(refusal('invalid', field, `there is no option "${option}"`, 'a name of the option table, or option-N'))
    const octets = value === null ? ok(undefined) : encodeOption(row, value, registry)
    if (!octets.ok) return err(refusal('invalid', field, `that is no value of ${option}`, octets.error))
    read.set(row.code, octets.value)
  }
  return ok(read)
}

const ADDRESSES = ['giaddr', 'ciaddr', 'requestedAddress', 'serverIdentifier'] as const
