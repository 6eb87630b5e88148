/**
 * Hosts by their identifiers. Any identifier of a host stands for it; where several hosts match, the stronger kind of
 * identifier wins: client identifier, UUID, relay port, hardware address, host name. One machine may have an entry per
 * network: then the one with an address in the client's segment is taken.
 */
import type { Ipv4 } from '../../stack/index.ts'
import type { Host, HostIdentifier, IdentifierKind } from '../model/index.ts'
import type { CompiledLevel } from './levels.ts'

export type CompiledHost = {
  readonly host: Host
  readonly level: CompiledLevel | undefined
  /** "host 3", "host 3 (printer)": for traces. */
  readonly label: string
}

/** What a request says of who sent it; undefined where it says nothing. Forms as in HostIdentifier. */
export type Identifiers = {
  readonly clientId: string | undefined
  readonly uuid: string | undefined
  readonly circuitId: string | undefined
  readonly remoteId: string | undefined
  readonly mac: string
  readonly hostName: string | undefined
}

export type HostMatch = {
  readonly host: CompiledHost
  /** For people: "client identifier". */
  readonly by: string
}

type Key = readonly [by: string, key: string]

/** Keys under which a host is found. A circuit and a remote identifier of one host stand for one port together. */
export function hostKeys(identifiers: readonly HostIdentifier[]): readonly string[] {
  const of = (kind: IdentifierKind): readonly string[] =>
    identifiers.filter(identifier => identifier.kind === kind).map(identifier => identifier.value)
  const circuits = of('circuit-id')
  const remotes = of('remote-id')
  const ports =
    circuits.length > 0 && remotes.length > 0
      ? circuits.flatMap(circuit => remotes.map(remote => `port ${circuit} ${remote}`))
      : [...circuits.map(circuit => `port ${circuit} *`), ...remotes.map(remote => `port * ${remote}`)]
  return [
    ...of('client-id').map(value => `client-id ${value}`),
    ...of('uuid').map(value => `uuid ${value}`),
    ...ports,
    ...of('mac').map(value => `mac ${value}`),
    ...of('host-name').map(value => `host-name ${value}`),
  ]
}

/** The keys of a request, the strongest first. */
function keysOf(client: Identifiers): readonly Key[] {
  const keys: Key[] = []
  const { clientId, uuid, circuitId, remoteId, mac, hostName } = client
  if (clientId !== undefined) keys.push(['client identifier', `client-id ${clientId}`])
  if (uuid !== undefined) keys.push(['UUID', `uuid ${uuid}`])
  if (circuitId !== undefined && remoteId !== undefined) keys.push(['relay port', `port ${circuitId} ${remoteId}`])
  if (remoteId !== undefined) keys.push(['remote identifier', `port * ${remoteId}`])
  if (circuitId !== undefined) keys.push(['circuit identifier', `port ${circuitId} *`])
  keys.push(['hardware address', `mac ${mac}`])
  if (hostName !== undefined) keys.push(['host name', `host-name ${hostName}`])
  return keys
}

export class HostIndex {
  readonly #byKey = new Map<string, CompiledHost[]>()
  readonly #byAddress = new Map<Ipv4, CompiledHost>()

  readonly all: readonly CompiledHost[]

  constructor(hosts: readonly CompiledHost[]) {
    this.all = hosts
    for (const host of hosts) {
      for (const { address } of host.host.addresses) this.#byAddress.set(address, host)
      for (const key of hostKeys(host.host.identifiers)) {
        const list = this.#byKey.get(key)
        if (list === undefined) this.#byKey.set(key, [host])
        else list.push(host)
      }
    }
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  /** Addresses that are kept for somebody. */
  get addresses(): ReadonlyMap<Ipv4, CompiledHost> {
    return this.#byAddress
  }

  at(address: Ipv4): CompiledHost | undefined {
    return this.#byAddress.get(address)
  }

  /** `inScope` says whether a subnet is one of the client's segment. */
  match(client: Identifiers, inScope: (subnetId: number) => boolean): HostMatch | undefined {
    let elsewhere: HostMatch | undefined
    for (const [by, key] of keysOf(client)) {
      for (const host of this.#byKey.get(key) ?? []) {
        const { addresses } = host.host
        if (addresses.length === 0 || addresses.some(each => inScope(each.subnetId))) return { host, by }
        elsewhere ??= { host, by }
      }
    }
    return elsewhere
  }
}
