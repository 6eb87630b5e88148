/** Who a request is from: the host entry that stands for it and the classes that it is in. */
import { toHex } from '../../../stack/platform/index.ts'
import type { Configuration, Scope } from '../configuration.ts'
import { dhcpStep } from '../events.ts'
import type { Exchange } from '../exchange.ts'
import type { Identifiers } from '../hosts.ts'
import { CIRCUIT_ID, REMOTE_ID } from '../wire/relay-information.ts'
import { classesOf } from './classes.ts'
import type { CompiledClass } from './classes.ts'

/**
 * Sets the exchange's host and classes, and says why; an exchange that waited is identified anew, because the
 * configuration may have changed. The host name has been read before.
 */
export function identify(configuration: Configuration, x: Exchange, scope: Scope): void {
  const { classes, hosts } = configuration
  const found = hosts.isEmpty ? undefined : hosts.match(identifiersOf(x), subnetId => scope.holds(subnetId))
  x.host = found?.host
  if (found !== undefined) x.trace.push(dhcpStep('dhcp.host.matched', { host: found.host.label, by: found.by }))
  x.classes = classes.length === 0 ? NO_CLASSES : classesOf(x, classes)
  if (x.classes.length === 0) return
  const names = x.classes.map(each => each.clientClass.name).join(', ')
  x.trace.push(dhcpStep('dhcp.class.matched', { classes: names }))
}

const NO_CLASSES: readonly CompiledClass[] = []

/** Once more for an exchange that waited for an answer on the wire. */
export function identifyAgain(configuration: Configuration, x: Exchange, scope: Scope): void {
  x.scope = scope
  identify(configuration, x, scope)
  x.denied = deniedBecause(x, scope)
}

const CLIENT_UUID = 97
/** RFC 4578 §2.3: type 0, then the 16 octets of a UUID. */
const UUID_OPTION_BYTES = 17

/** What a request says of who sent it. */
export function identifiersOf(x: Exchange): Identifiers {
  const { options } = x.message
  const { relay } = x
  const hex = (octets: Uint8Array | undefined): string | undefined => (octets === undefined ? undefined : toHex(octets))
  const uuid = options.get(CLIENT_UUID)
  return {
    clientId: x.client.clientId,
    uuid: uuid?.length === UUID_OPTION_BYTES ? toHex(uuid.subarray(1)) : undefined,
    circuitId: hex(relay.get(CIRCUIT_ID)),
    remoteId: hex(relay.get(REMOTE_ID)),
    mac: x.client.mac,
    hostName: x.hostName,
  }
}

/** Why the client gets no address; undefined when it may have one. */
export function deniedBecause(x: Exchange, scope: Scope): string | undefined {
  if (x.host?.host.denied === true) return `${x.host.label} is denied`
  const denied = x.classes.find(each => each.clientClass.denied)
  if (denied !== undefined) return `the class ${denied.clientClass.name} is denied`
  return scope.segment.policy.knownOnly && x.host === undefined ? 'only known hosts are served here' : undefined
}
