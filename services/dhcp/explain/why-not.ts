/**
 * Why not: host entries that nearly stood for a client and what was missing, addresses of its own that it cannot have,
 * and classes whose expression was false, with the value that it saw.
 */
import { unreachable, toHex } from '../../../stack/platform/index.ts'
import { formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import type { HostIdentifier, IdentifierKind } from '../../model/index.ts'
import { compileExpression } from '../classify/compile.ts'
import { FIELDS } from '../classify/fields.ts'
import type { Field } from '../classify/fields.ts'
import { identifiersOf } from '../classify/identify.ts'
import { parseExpression } from '../classify/parse.ts'
import type { Expression } from '../classify/parse.ts'
import type { Engine } from '../engine.ts'
import type { Exchange } from '../exchange.ts'
import type { CompiledHost, Identifiers } from '../hosts.ts'
import { ownerOf } from '../lease-machine.ts'

export type WhyNot = {
  /** "host 3 (printer)", "class pxe". */
  readonly subject: string
  readonly because: string
}

/** What a person reads; those that are nearest come first. */
const MOST_HOSTS = 10

/** For an exchange that has been judged; `engine` is as it was before. */
export function whyNot(engine: Engine, x: Exchange): readonly WhyNot[] {
  const client = identifiersOf(x)
  const hosts: WhyNot[] = x.host === undefined ? [] : ownAddresses(engine, x, x.host).map(because => about(x.host, because))
  for (const host of engine.configuration.hosts.all) {
    if (hosts.length >= MOST_HOSTS) break
    const because = host === x.host ? undefined : nearMiss(engine, x, client, host)
    if (because !== undefined) hosts.push(about(host, because))
  }
  return [...hosts, ...classes(engine, x)]
}

const about = (host: CompiledHost | undefined, because: string): WhyNot => ({ subject: host?.label ?? '', because })

const KIND_NAMES: { readonly [K in IdentifierKind]: string } = {
  'client-id': 'client identifier',
  uuid: 'UUID',
  'circuit-id': 'circuit identifier',
  'remote-id': 'remote identifier',
  mac: 'hardware address',
  'host-name': 'host name',
}

const sentOf = (client: Identifiers, kind: IdentifierKind): string | undefined =>
  ({
    'client-id': client.clientId,
    uuid: client.uuid,
    'circuit-id': client.circuitId,
    'remote-id': client.remoteId,
    mac: client.mac,
    'host-name': client.hostName,
  })[kind]

/** Why the host does not stand for the client; undefined when it is not even near. */
function nearMiss(engine: Engine, x: Exchange, client: Identifiers, host: CompiledHost): string | undefined {
  const { identifiers, name, addresses } = host.host
  const same = identifiers.filter(({ kind, value }) => sentOf(client, kind) === value)
  const wanted = [x.requested, x.message.ciaddr, x.address].find(each => addresses.some(({ address }) => address === each && address !== 0))
  const shadows = shadowed(engine, x, host)
  if (same.length > 0) return [...incomplete(x, client, host, same), ...shadows].join('; ')
  const alike = identifiers.some(identifier => isAlike(identifier, client)) || (name !== undefined && name === x.hostName)
  if (!alike && wanted === undefined && shadows.length === 0) return undefined
  const differing = identifiers.map(identifier => differs(identifier, client))
  const asked = wanted === undefined ? [] : [`${formatIpv4(wanted)} is kept for it`]
  return [...differing, ...asked, ...shadows].join('; ')
}

/** Some identifier fits, and still it is not this host. */
function incomplete(x: Exchange, client: Identifiers, host: CompiledHost, same: readonly HostIdentifier[]): readonly string[] {
  const fits = same.map(({ kind }) => KIND_NAMES[kind]).join(' and ')
  const { identifiers, addresses } = host.host
  const needs = same.some(({ kind }) => kind !== 'circuit-id' && kind !== 'remote-id')
    ? undefined
    : identifiers.find(({ kind, value }) => (kind === 'circuit-id' || kind === 'remote-id') && sentOf(client, kind) !== value)
  if (needs !== undefined) return [`its ${fits} fits, but both of the relay's identifiers must: ${differs(needs, client)}`]
  if (addresses.length > 0 && !addresses.some(({ subnetId }) => x.scope?.holds(subnetId) === true)) {
    const list = addresses.map(({ address }) => formatIpv4(address)).join(', ')
    return [`its ${fits} fits, but its address ${list} is outside the segment ${x.scope?.segment.name ?? ''}`]
  }
  return [`its ${fits} fits, but ${x.host?.label ?? 'another host'} comes first by a stronger or earlier identifier`]
}

function differs({ kind, value }: HostIdentifier, client: Identifiers): string {
  const sent = sentOf(client, kind)
  return `${KIND_NAMES[kind]} ${value} differs: the client ${sent === undefined ? 'sent none' : `has ${sent}`}`
}

/** A slip of the pen, or the hardware address inside a client identifier. */
function isAlike({ kind, value }: HostIdentifier, client: Identifiers): boolean {
  const hardware = client.mac.replaceAll(':', '')
  if (kind === 'mac') {
    if (client.clientId?.endsWith(value.replaceAll(':', '')) === true) return true
    return value.split(':').filter((octet, i) => client.mac.split(':')[i] !== octet).length === 1
  }
  return kind === 'client-id' && value.endsWith(hardware)
}

/** Addresses of a host that this client holds as somebody else: its lease stands before the entry. */
function shadowed(engine: Engine, x: Exchange, host: CompiledHost): readonly string[] {
  return host.host.addresses.flatMap(({ address }) => {
    const state = engine.table.stateOf(address)
    const mine = state.kind === 'bound' && (ownerOf(state) === x.client.key || state.row.mac === x.client.mac)
    return mine ? [`${formatIpv4(address)} is shadowed by this client's lease ${until(state.row.expiresAt)}`] : []
  })
}

/** Addresses of the client's own host that it did not get. */
function ownAddresses(engine: Engine, x: Exchange, host: CompiledHost): readonly string[] {
  const own = x.scope?.addressesOf(host) ?? []
  if (x.address !== undefined && own.includes(x.address)) return []
  if (own.length === 0 && host.host.addresses.length > 0) {
    const list = host.host.addresses.map(({ address }) => formatIpv4(address)).join(', ')
    return [`its address ${list} is outside the segment ${x.scope?.segment.name ?? ''}`]
  }
  return own.flatMap(address => holder(engine, x, address))
}

function holder(engine: Engine, x: Exchange, address: Ipv4): readonly string[] {
  const state = engine.table.stateOf(address)
  const text = formatIpv4(address)
  if (ownerOf(state) === x.client.key) return []
  switch (state.kind) {
    case 'bound':
      return [`its address ${text} is shadowed by the lease of ${state.row.mac} ${until(state.row.expiresAt)}`]
    case 'declined':
      return [`its address ${text} is set aside because of a conflict ${until(state.row.expiresAt)}`]
    case 'offered':
    case 'probing':
      return [`its address ${text} is on offer to another client`]
    case 'saving':
      return [`its address ${text} is being stored for another client`]
    case 'free':
      return []
    default:
      return unreachable(state)
  }
}

const until = (ms: number | undefined): string => (ms === undefined ? 'without end' : `until ${new Date(ms).toISOString()}`)

/** Classes by expression that the client is not in. */
function classes(engine: Engine, x: Exchange): readonly WhyNot[] {
  return engine.configuration.classes.flatMap(each => {
    const { name, test } = each.clientClass
    if (test === undefined || x.classes.includes(each)) return []
    const parsed = parseExpression(test, engine.configuration.registry)
    return parsed.ok ? [{ subject: `class ${name}`, because: whyFalse(parsed.value, x) }] : []
  })
}

/** The part of an expression that made it false. */
function whyFalse(e: Expression, x: Exchange): string {
  switch (e.kind) {
    case 'and':
      return whyFalse(compileExpression(e.left)(x) ? e.right : e.left, x)
    case 'or':
      return `${whyFalse(e.left, x)}; and ${whyFalse(e.right, x)}`
    case 'not':
      return 'what follows "not" is true'
    case 'flag':
      return `"${e.flag}" is false`
    default:
      return `${fieldName(e.field)} ${seen(e.field, x)}`
  }
}

const fieldName = (field: Field): string =>
  Object.entries(FIELDS).find(([, each]) => each === field)?.[0] ?? (field.kind === 'octets' ? (field.says ?? '') : '')

function seen(field: Field, x: Exchange): string {
  const values = valuesOf(field, x)
  return values.length === 0 ? 'is not there' : `is ${values.join(', ')}`
}

const PRINTABLE = /^[\x20-\x7e]+$/

function valuesOf(field: Field, x: Exchange): readonly string[] {
  if (field.kind === 'address') return field.read(x).map(formatIpv4)
  if (field.kind === 'number' || field.kind === 'word') return field.read(x).map(String)
  return field.read(x).map(octets => {
    if (field.kind === 'mac') return x.client.mac
    const text = String.fromCharCode(...octets)
    return PRINTABLE.test(text) ? `"${text}"` : `0x${toHex(octets)}`
  })
}
