/** Which address is for this client (RFC 2131 §4.3.1), and whether the configuration lets it have a given one. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { AddressView } from './allocate/allocator.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { isHeldBy } from './host-takeover.ts'
import { ownerOf, owns } from './lease-machine.ts'
import type { BindingState, Refusal } from './lease-machine.ts'

/** Whether the configuration lets the client have the address. Says nothing of who holds it now. */
export function refusalOf(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): Refusal | undefined {
  if (x.denied !== undefined) return 'denied'
  if (!scope.isHostAddress(address)) return 'wrong-network'
  if (address === x.serverAddress || address === engine.ownAddressOn(scope.segment.interfaceName)) return 'own-address'
  const reserved = engine.configuration.hosts.at(address)
  if (reserved !== undefined) return reserved.host.id === x.host?.host.id ? undefined : 'reserved'
  const pool = scope.poolAt(address)
  if (pool === undefined) return 'not-in-pool'
  return pool.permits === undefined || pool.permits(x) ? undefined : 'class-not-allowed'
}

/**
 * The hardware address whose lease this client may take over: its own under another client identifier, or that of
 * another identifier of its host which is gone (host-takeover.ts).
 */
export function takeoverMac(engine: Engine, x: Exchange, address: Ipv4): string | undefined {
  const { host } = x
  if (host === undefined || engine.configuration.hosts.at(address)?.host.id !== host.host.id) return undefined
  const state = engine.table.stateOf(address)
  if (state.kind !== 'bound' || !isHeldBy(host, state)) return x.client.mac
  const isVacant = engine.takeovers.isVacantFor(address, state.row, x.client.key, engine.ports.clock.now())
  return isVacant ? state.row.mac : x.client.mac
}

/** Why the client cannot have the address although the configuration lets it; undefined when it can. */
function obstacle(engine: Engine, x: Exchange, address: Ipv4, state: BindingState): string | undefined {
  if (state.kind === 'free') {
    const stranger = strangerAt(engine, x, address)
    return stranger === undefined ? undefined : `${stranger} was seen to use it without a lease`
  }
  if (owns(state, x.client.key, takeoverMac(engine, x, address))) return undefined
  // A change that sets an address aside has no owner.
  if (state.kind === 'declined' || (state.kind === 'saving' && state.client === undefined)) {
    return 'it is set aside because of a conflict'
  }
  return state.kind === 'offered' || state.kind === 'probing'
    ? 'it is on offer to another client'
    : 'another client holds it'
}

/** Who was heard on the wire with an address that is free, other than the client itself. */
function strangerAt(engine: Engine, x: Exchange, address: Ipv4): string | undefined {
  // As good as always; then no clock is read.
  if (engine.observed.size === 0) return undefined
  const holder = engine.observed.holder(address, engine.ports.clock.now())
  return holder === x.client.mac ? undefined : holder
}

const REFUSALS: { readonly [R in Refusal]: string } = {
  'wrong-network': 'it is no host address of this subnet',
  'not-in-pool': 'it is in no pool',
  'class-not-allowed': 'it is in a pool that this client may not use',
  denied: 'this client gets no address',
  'over-limit': 'there are as many leases of its kind as there may be',
  reserved: 'it is reserved for another client',
  'reserved-elsewhere': 'another address is reserved for this client',
  'own-address': 'it is our own',
}

/** True when an address of the client's host could be given to it now. */
export const hostAddressUsable = (engine: Engine, x: Exchange, scope: Scope): boolean =>
  scope.addressesOf(x.host).some(
    address =>
      refusalOf(engine, x, scope, address) === undefined &&
      obstacle(engine, x, address, engine.table.stateOf(address)) === undefined,
  )

/**
 * RFC 2131 §4.3.1 in its order, with the host's own addresses before everything and a standing offer before history. Pushes the
 * reason on the trace, also for what came first and could not be given. Undefined: nothing is free.
 */
export function chooseAddress(engine: Engine, x: Exchange, scope: Scope): Ipv4 | undefined {
  for (const reserved of hostAddresses(engine, x, scope)) {
    if (usable(engine, x, scope, reserved, 'reserved')) return chosen(x, reserved, 'reserved for this client')
  }
  const own = ownAddress(engine, x, scope)
  if (own !== undefined) return chosen(x, own.address, own.because)
  if (x.requested !== undefined && x.requested !== 0 && usable(engine, x, scope, x.requested, 'asked for')) {
    return chosen(x, x.requested, 'asked for by the client and free')
  }
  const view: AddressView = {
    untouched: address => !engine.table.knows(address) && strangerAt(engine, x, address) === undefined,
    available: address =>
      engine.table.kindOf(address) === 'free' &&
      refusalOf(engine, x, scope, address) === undefined &&
      strangerAt(engine, x, address) === undefined,
  }
  const fresh = engine.addresses.next(scope, x, view)
  return fresh === undefined ? undefined : chosen(x, fresh, 'the next free one')
}

/** The host's addresses here, one that the client holds first. */
function hostAddresses(engine: Engine, x: Exchange, scope: Scope): readonly Ipv4[] {
  const addresses = scope.addressesOf(x.host)
  if (addresses.length < 2) return addresses
  const held = addresses.filter(address => ownerOf(engine.table.stateOf(address)) === x.client.key)
  return [...held, ...addresses.filter(address => !held.includes(address))]
}

/** Bound now, else on offer now, else held last. */
function ownAddress(
  engine: Engine,
  x: Exchange,
  scope: Scope,
): { readonly address: Ipv4; readonly because: string } | undefined {
  let best: { readonly address: Ipv4; readonly because: string } | undefined
  let bestRank = 0
  for (const { address, state } of engine.table.ofClient(x.client.key, scope)) {
    const rank = state.kind === 'bound' || state.kind === 'saving' ? 3 : state.kind === 'free' ? 1 : 2
    if (rank <= bestRank || !usable(engine, x, scope, address, rank === 3 ? 'held now' : 'held before')) continue
    bestRank = rank
    best = {
      address,
      because:
        rank === 3 ? 'held by this client now' : rank === 2 ? 'on offer to this client' : 'held by this client before',
    }
  }
  return best
}

function usable(engine: Engine, x: Exchange, scope: Scope, address: Ipv4, wish: string): boolean {
  const refusal = refusalOf(engine, x, scope, address)
  const because = refusal === undefined ? obstacle(engine, x, address, engine.table.stateOf(address)) : REFUSALS[refusal]
  if (because === undefined) return true
  x.trace.push(dhcpStep('dhcp.address.passed-over', { address: formatIpv4(address), wish, because }))
  return false
}

function chosen(x: Exchange, address: Ipv4, because: string): Ipv4 {
  x.trace.push(dhcpStep('dhcp.address.chosen', { address: formatIpv4(address), because }))
  return address
}
