/** What people give about interfaces and routes, in the model's terms. A refusal carries the pointer of the field. */
import {
  formatMac, type InterfaceAddress, type Ipv4, type Mac, parseInterfaceAddress, parsePrefix, type Prefix,
  type ProxyArp,
} from '../../stack/index.ts'
import { err, ok, type Result } from '../../stack/platform/index.ts'
import { addressField, given, none } from '../administration/inputs.ts'
import type { ImpairmentView, InterfaceInput, InterfacePropertiesView, RouteInput } from '../facade.ts'
import {
  type Impairment, type InterfaceProperties, type Medium, type NetworkInterface, type Refusal, refusal, type StaticRoute,
} from '../model/index.ts'
import type { New } from '../network-side.ts'

type Fields<T> = { -readonly [K in keyof T]?: T[K] }

type Refused = { readonly ok: false; readonly error: Refusal }
const invalid = (field: string, problem: string, remedy: string): Refused =>
  err(refusal('invalid', field, problem, remedy))

function interfaceAddress(field: string, text: string): Result<InterfaceAddress, Refusal> {
  const address = text.includes('/') ? parseInterfaceAddress(text) : undefined
  if (address !== undefined) return ok(address)
  return invalid(field, `"${text}" is no address with the length of its prefix`, 'as 10.54.0.2/24')
}

function prefixField(field: string, text: string): Result<Prefix, Refusal> {
  const prefix = parsePrefix(text)
  if (prefix !== undefined) return ok(prefix)
  const remedy = 'a network address with its length and no host bits, as 10.60.0.0/24'
  return invalid(field, `"${text}" is no address block`, remedy)
}

/** All of a list, or the first that is wrong; fields are `${field}/0` and so on. */
function all<T>(
  field: string, texts: readonly string[], read: (field: string, text: string) => Result<T, Refusal>,
): Result<readonly T[], Refusal> {
  const values: T[] = []
  for (const [i, text] of texts.entries()) {
    const value = read(`${field}/${i}`, text)
    if (!value.ok) return value
    values.push(value.value)
  }
  return ok(values)
}

const impairmentOf = (i: ImpairmentView | null): Impairment | undefined =>
  i === null ? undefined : { ...i, bitsPerSecond: none(i.bitsPerSecond) }

/** `before`: what fields that go together are completed from. */
export function interfaceProperties(
  input: Partial<InterfacePropertiesView>, before: InterfaceProperties,
): Result<Partial<InterfaceProperties>, Refusal> {
  const fields: Fields<InterfaceProperties> = given({
    enabled: input.enabled,
    addressing: input.addressing,
    directedBroadcasts: input.directedBroadcasts,
    routerDiscovery: input.routerDiscovery,
  })
  if (input.addresses !== undefined) {
    const addresses = all('/addresses', input.addresses, interfaceAddress)
    if (!addresses.ok) return addresses
    fields.addresses = addresses.value
  }
  const proxyArp = proxyArpOf(input, before)
  if (!proxyArp.ok) return proxyArp
  if (proxyArp.value !== undefined) fields.proxyArp = proxyArp.value
  if (input.bogons !== undefined || input.reversePath !== undefined)
    fields.sourcePolicy = {
      bogons: input.bogons ?? before.sourcePolicy.bogons,
      reversePath: input.reversePath ?? before.sourcePolicy.reversePath,
    }
  if (input.impairment !== undefined) fields.impairment = impairmentOf(input.impairment)
  return ok(fields)
}

/** undefined: nothing was said about it. */
function proxyArpOf(
  { proxyArp, proxyArpRanges }: Partial<InterfacePropertiesView>, before: InterfaceProperties,
): Result<ProxyArp | undefined, Refusal> {
  if (proxyArp === undefined && proxyArpRanges === undefined) return ok(undefined)
  if (proxyArp === 'off' || proxyArp === 'routed') {
    if (proxyArpRanges === undefined || proxyArpRanges.length === 0) return ok(proxyArp)
    const remedy = 'leave them out, or set proxyArp to "ranges"'
    return invalid('/proxyArpRanges', `with proxyArp "${proxyArp}" there are no ranges`, remedy)
  }
  if (proxyArpRanges !== undefined) return all('/proxyArpRanges', proxyArpRanges, prefixField)
  return ok(typeof before.proxyArp === 'string' ? [] : before.proxyArp)
}

const INITIAL_PROPERTIES: InterfaceProperties = {
  enabled: true,
  addressing: 'static',
  addresses: [],
  proxyArp: 'off',
  sourcePolicy: { bogons: 'accepted', reversePath: 'off' },
  directedBroadcasts: false,
  routerDiscovery: 'off',
  impairment: undefined,
}

export function networkInterface(input: InterfaceInput): Result<NetworkInterface, Refusal> {
  const properties = interfaceProperties(input, INITIAL_PROPERTIES)
  if (!properties.ok) return properties
  const medium = mediumOf(input)
  if (!medium.ok) return medium
  const all: InterfaceProperties = { ...INITIAL_PROPERTIES, ...properties.value }
  const mac = input.mac ?? derivedMac(input.name, all.addresses[0])
  return ok({ ...all, name: input.name, medium: medium.value, mtu: input.mtu, mac, peerMac: none(input.peerMac) })
}

function mediumOf(input: InterfaceInput): Result<Medium, Refusal> {
  const { kind, hostEnd, socket, socketOwner } = input
  if (kind === 'qemu') {
    if (hostEnd !== null) return invalid('/hostEnd', 'a QEMU link has no end on the host', 'leave it out')
    if (socket === null) return invalid('/socket', 'it is missing', 'the path of the unix socket, as /run/taproot/lab1.sock')
    return ok({ kind, socket, owner: none(socketOwner) })
  }
  if (socket !== null) return invalid('/socket', 'a TAP device has no socket', 'leave it out, or set kind to "qemu"')
  if (socketOwner !== null) {
    const remedy = 'leave it out; hostEnd/owner is who may attach to the device'
    return invalid('/socketOwner', 'a TAP device has no socket', remedy)
  }
  const { address, bridge, owner, persist = false } = hostEnd ?? {}
  const parsed = none(address) === undefined ? undefined : interfaceAddress('/hostEnd/address', address ?? '')
  if (parsed?.ok === false) return parsed
  return ok({ kind, hostEnd: { address: parsed?.value, bridge: none(bridge), owner: none(owner), persist } })
}

/** Locally administered and the same at every start, from the address if there is one, else from the name (FNV-1a). */
export function derivedMac(name: string, own: InterfaceAddress | undefined): Mac {
  let bits = own?.address ?? 0x811c9dc5
  if (own === undefined) for (const octet of Buffer.from(name)) bits = Math.imul(bits ^ octet, 0x01000193)
  return formatMac(new Uint8Array([0x02, own === undefined ? 0x4e : 0x54, bits >>> 24, bits >>> 16, bits >>> 8, bits]))
}

export function routeFields(input: Partial<RouteInput>): Result<Partial<New<StaticRoute>>, Refusal> {
  const fields: Fields<New<StaticRoute>> = given({ metric: input.metric })
  if (input.prefix !== undefined) {
    const prefix = prefixField('/prefix', input.prefix)
    if (!prefix.ok) return prefix
    fields.prefix = prefix.value
  }
  if (input.gateway !== undefined) {
    const gateway: Result<Ipv4 | undefined, Refusal> =
      input.gateway === null ? ok(undefined) : addressField('/gateway', input.gateway)
    if (!gateway.ok) return gateway
    fields.gateway = gateway.value
  }
  if (input.interface !== undefined) fields.interfaceName = none(input.interface)
  if (input.comment !== undefined) fields.comment = none(input.comment)
  return ok(fields)
}
