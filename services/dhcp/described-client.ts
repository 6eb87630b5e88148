/** A client as a person describes it, as the request that it would send. */
import { mac } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { fromHex, put32 } from '../../stack/platform/index.ts'
import { clientKey } from '../model/index.ts'
import { identify } from './classify/identify.ts'
import type { Configuration, Scope } from './configuration.ts'
import { Exchange } from './exchange.ts'
import type { ClientMessageType } from './exchange.ts'
import { hostNameOf } from './host-name.ts'
import { BOOT_REQUEST, ETHERNET, emitMessage, messageTypeCode } from './wire/message.ts'
import type { DhcpMessage } from './wire/message.ts'
import type { RawOptions } from './wire/options.ts'

/** Everything but the MAC may be unknown. Octets are lower-case hexadecimal. */
export type DescribedClient = {
  readonly mac: string
  readonly clientId?: string | undefined
  readonly uuid?: string | undefined
  readonly hostName?: string | undefined
  readonly vendorClass?: string | undefined
  readonly userClass?: string | undefined
  /** RFC 4578 §2.1. */
  readonly architecture?: number | undefined
  readonly circuitId?: string | undefined
  readonly remoteId?: string | undefined
  /** The subnet that it is on; undefined: that of its host entry, else the first. */
  readonly subnetId?: number | undefined
}

const NO_OCTETS = new Uint8Array(0)
const octets = (hex: string): Uint8Array => fromHex(hex) ?? NO_OCTETS
const ascii = (text: string): Uint8Array => Uint8Array.from(text, c => c.charCodeAt(0))

/** A message as such a client would send it. Everything but its type may be unknown. */
export type DescribedRequest = DescribedClient & {
  readonly messageType: ClientMessageType
  readonly interfaceName?: string | undefined
  readonly giaddr?: Ipv4 | undefined
  readonly ciaddr?: Ipv4 | undefined
  readonly requestedAddress?: Ipv4 | undefined
  readonly serverIdentifier?: Ipv4 | undefined
  /** Option 55: codes. */
  readonly wants?: readonly number[] | undefined
  /** Whatever else it sends, by code; instead of what the fields above say. Undefined: it sends no such option. */
  readonly options?: ReadonlyMap<number, Uint8Array | undefined> | undefined
}

/** The octets of such a message, as they come from a relay or the link. */
export function describedMessage(request: DescribedRequest, giaddr: Ipv4): Uint8Array {
  const { messageType, ciaddr, requestedAddress, serverIdentifier, wants } = request
  const options = new Map<number, Uint8Array>()
  if (messageType !== 'BOOTP') options.set(53, Uint8Array.of(messageTypeCode(messageType)))
  if (requestedAddress !== undefined) options.set(50, long(requestedAddress))
  if (serverIdentifier !== undefined) options.set(54, long(serverIdentifier))
  if (wants !== undefined) options.set(55, Uint8Array.from(wants))
  for (const [code, value] of clientOptions(request)) options.set(code, value)
  for (const [code, value] of request.options ?? []) {
    if (value === undefined) options.delete(code)
    else options.set(code, value)
  }
  return emitMessage(messageOf(request, options, { ciaddr: ciaddr ?? 0, giaddr }))
}

/** The DISCOVER of such a client, with no more options than its description has. */
export function describedDiscover(client: DescribedClient, interfaceName: string): Exchange {
  const options = new Map<number, Uint8Array>([[53, Uint8Array.of(messageTypeCode('DISCOVER'))], ...clientOptions(client)])
  const key = clientKey(ETHERNET, client.mac, client.clientId)
  const arrival = { interfaceName, source: 0, sourcePort: 68, target: -1 }
  const identity = { key, hardwareType: ETHERNET, mac: client.mac, clientId: client.clientId }
  return new Exchange(messageOf(client, options, { ciaddr: 0, giaddr: 0 }), 'DISCOVER', arrival, identity)
}

/** What its description says, as options. */
function clientOptions(client: DescribedClient): ReadonlyMap<number, Uint8Array> {
  const options = new Map<number, Uint8Array>()
  const { clientId, uuid, hostName, vendorClass, userClass, architecture, circuitId, remoteId } = client
  if (clientId !== undefined) options.set(61, octets(clientId))
  if (uuid !== undefined) options.set(97, octets(`00${uuid}`))
  if (hostName !== undefined) options.set(12, ascii(hostName))
  if (vendorClass !== undefined) options.set(60, ascii(vendorClass))
  if (userClass !== undefined) options.set(77, ascii(userClass))
  if (architecture !== undefined) options.set(93, Uint8Array.of(architecture >> 8, architecture & 255))
  const relay = [...subOption(1, circuitId), ...subOption(2, remoteId)]
  if (relay.length > 0) options.set(82, Uint8Array.from(relay))
  return options
}

function messageOf(client: DescribedClient, options: RawOptions, from: { readonly ciaddr: Ipv4; readonly giaddr: Ipv4 }): DhcpMessage {
  const chaddr = new Uint8Array(16)
  chaddr.set(mac(client.mac))
  return {
    op: BOOT_REQUEST, hardwareType: ETHERNET, hardwareLength: 6, hops: 0, xid: 0, secs: 0, flags: 0, yiaddr: 0, siaddr: 0,
    ...from, chaddr, sname: new Uint8Array(64), file: new Uint8Array(128), options,
  }
}

function long(address: Ipv4): Uint8Array {
  const bytes = new Uint8Array(4)
  put32(bytes, 0, address)
  return bytes
}

function subOption(code: number, hex: string | undefined): readonly number[] {
  const value = hex === undefined ? NO_OCTETS : octets(hex)
  return value.length === 0 ? [] : [code, value.length, ...value]
}

/** The link or relay that a described request comes from; undefined when there is no subnet for it. */
export function placeOf(configuration: Configuration, request: DescribedRequest): { readonly interfaceName: string; readonly giaddr: Ipv4 } | undefined {
  const interfaces = configuration.scopes.flatMap(({ segment }) => segment.interfaceName ?? [])
  if (request.giaddr !== undefined) {
    const expected = configuration.scopeOfRelay(request.giaddr)?.segment.interfaceName
    return { interfaceName: request.interfaceName ?? expected ?? interfaces[0] ?? '', giaddr: request.giaddr }
  }
  if (request.interfaceName !== undefined) return { interfaceName: request.interfaceName, giaddr: 0 }
  const scope = scopeFor(configuration, describedDiscover(request, ''), request.subnetId)
  if (scope === undefined) return undefined
  const { interfaceName, relays } = scope.segment
  if (interfaceName !== undefined) return { interfaceName, giaddr: 0 }
  // Behind relays only: one that it names, else a router of its subnet, which has the first address by custom.
  const { prefix } = (scope.subnets[0] as Scope['subnets'][number]).subnet
  return { interfaceName: interfaces[0] ?? '', giaddr: relays[0] ?? prefix.network + 1 }
}

export type Located = { readonly exchange: Exchange; readonly scope: Scope; readonly address: Ipv4 }

/** The client where it would be served, identified, and an address of the kind that it would get; undefined for nowhere. */
export function locate(configuration: Configuration, client: DescribedClient): Located | undefined {
  const exchange = describedDiscover(client, '')
  const name = hostNameOf(exchange.message.options)
  if (name.kind === 'name') exchange.hostName = name.name
  const scope = scopeFor(configuration, exchange, client.subnetId)
  if (scope === undefined) return undefined
  exchange.trace.length = 0
  identify(configuration, exchange, scope)
  exchange.scope = scope
  exchange.preferred = scope.subnets.find(each => each.subnet.id === client.subnetId)
  return { exchange, scope, address: addressFor(exchange, scope) }
}

function scopeFor(configuration: Configuration, x: Exchange, subnetId: number | undefined): Scope | undefined {
  if (subnetId !== undefined) return configuration.scope(subnetId)
  const first = configuration.scopes.find(scope => scope.segment.interfaceName !== undefined) ?? configuration.scopes[0]
  if (first === undefined) return undefined
  identify(configuration, x, first)
  const own = x.host?.host.addresses[0]
  return (own === undefined ? undefined : configuration.scope(own.subnetId)) ?? first
}

/** The host's own, else the first of a pool that lets the client in, else the first host address of the subnet. */
function addressFor(x: Exchange, scope: Scope): Ipv4 {
  const own = scope.addressesOf(x.host)
  const preferred = own.find(address => x.preferred === undefined || x.preferred.contains(address))
  if (preferred !== undefined) return preferred
  const subnets = x.preferred === undefined ? scope.subnets : [x.preferred]
  const pool = subnets.flatMap(each => each.pools).find(each => each.permits === undefined || each.permits(x))
  if (pool !== undefined) return pool.pool.first
  const { prefix } = (subnets[0] ?? (scope.subnets[0] as Scope['subnets'][number])).subnet
  return prefix.length > 30 ? prefix.network : prefix.network + 1
}
