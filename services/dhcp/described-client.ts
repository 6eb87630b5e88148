/** A client as a person describes it, as the request that it would send. */
import { mac } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import { fromHex } from '../../stack/platform/index.ts'
import { clientKey } from '../model/index.ts'
import { identify } from './classify/identify.ts'
import type { Configuration, Scope } from './configuration.ts'
import { Exchange } from './exchange.ts'
import { hostNameOf } from './host-name.ts'
import { BOOT_REQUEST, ETHERNET, messageTypeCode } from './wire/message.ts'

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

/** The DISCOVER of such a client, with no more options than its description has. */
export function describedDiscover(client: DescribedClient, interfaceName: string): Exchange {
  const options = new Map<number, Uint8Array>([[53, Uint8Array.of(messageTypeCode('DISCOVER'))]])
  const { clientId, uuid, hostName, vendorClass, userClass, architecture, circuitId, remoteId } = client
  if (clientId !== undefined) options.set(61, octets(clientId))
  if (uuid !== undefined) options.set(97, octets(`00${uuid}`))
  if (hostName !== undefined) options.set(12, ascii(hostName))
  if (vendorClass !== undefined) options.set(60, ascii(vendorClass))
  if (userClass !== undefined) options.set(77, ascii(userClass))
  if (architecture !== undefined) options.set(93, Uint8Array.of(architecture >> 8, architecture & 255))
  const relay = [...subOption(1, circuitId), ...subOption(2, remoteId)]
  if (relay.length > 0) options.set(82, Uint8Array.from(relay))
  const chaddr = new Uint8Array(16)
  chaddr.set(mac(client.mac))
  const message = {
    op: BOOT_REQUEST, hardwareType: ETHERNET, hardwareLength: 6, hops: 0, xid: 0, secs: 0, flags: 0, ciaddr: 0, yiaddr: 0, siaddr: 0,
    giaddr: 0, chaddr, sname: new Uint8Array(64), file: new Uint8Array(128), options,
  }
  const key = clientKey(ETHERNET, client.mac, clientId)
  const arrival = { interfaceName, source: 0, sourcePort: 68, target: -1 }
  return new Exchange(message, 'DISCOVER', arrival, { key, hardwareType: ETHERNET, mac: client.mac, clientId })
}

function subOption(code: number, hex: string | undefined): readonly number[] {
  const value = hex === undefined ? NO_OCTETS : octets(hex)
  return value.length === 0 ? [] : [code, value.length, ...value]
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
