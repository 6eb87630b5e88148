/** DHCPDISCOVER (RFC 2131 §4.3.1): choose an address, probe it if need be, offer it. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import type { Scope } from './configuration.ts'
import { MAX_OFFERS } from './engine.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { leaseOptions, levelsFor } from './fill-options.ts'
import type { LeaseEffect } from './lease-machine.ts'
import { leaseSeconds } from './lease-time.ts'
import { noProbeBecause } from './probe.ts'
import { chooseAddress, takeoverMac } from './select-address.ts'

/**
 * Conflicts after which one DISCOVER is given up: the client asks again, and a proxy ARP does not eat the pool at
 * once.
 */
const MAX_CANDIDATES = 8
/** For an address that has an entry in the table already, which knows its subnet. */
const NO_SUBNET = 0

export function discover(engine: Engine, x: Exchange, scope: Scope): void {
  if (x.candidates === MAX_CANDIDATES) {
    x.trace.push(dhcpStep('dhcp.probe.too-many-conflicts', { count: x.candidates }))
    engine.finish(x, 'none')
    return
  }
  x.candidates++
  const address = chooseAddress(engine, x, scope)
  if (address === undefined) {
    engine.counters.count('pool-exhausted')
    x.trace.push(dhcpStep('dhcp.pool.exhausted', { subnet: scope.name }))
    engine.finish(x, 'none')
    return
  }
  x.address = address
  withdrawOthers(engine, x, scope, address)
  const found = engine.table.find(address)
  if ((found?.state.kind ?? 'free') === 'free' && engine.table.offers + engine.table.probes >= MAX_OFFERS) {
    engine.addresses.freed({ address, subnetId: scope.subnetIdOf(address) })
    engine.limit(x, MAX_OFFERS, 'addresses on offer')
    return
  }
  const skipped = noProbeBecause(engine, x, found)
  const effects = engine.apply(address, scope.subnetIdOf(address), {
    kind: 'offer',
    client: x.client.key,
    byHardware: takeoverMac(engine, x, address),
    probe: skipped === undefined,
    offerMs: engine.offerMs,
  })
  perform(engine, x, scope, address, effects, skipped)
}

function perform(
  engine: Engine,
  x: Exchange,
  scope: Scope,
  address: Ipv4,
  effects: readonly LeaseEffect[],
  skipped: string | undefined,
): void {
  for (const effect of effects) {
    switch (effect.kind) {
      case 'reply':
        if (skipped !== undefined && engine.table.kindOf(address) === 'offered') {
          x.trace.push(dhcpStep('dhcp.probe.skipped', { address: formatIpv4(address), because: skipped }))
        }
        sendOffer(engine, x, scope, address)
        break
      case 'probe':
        startProbe(engine, x, address)
        break
      case 'silence':
        waitForProbe(engine, x, address)
        break
      case 'defer': {
        const binding = engine.table.find(address)
        if (binding !== undefined) engine.defer(binding, x)
        break
      }
      case 'next-candidate':
        discover(engine, x, scope)
        break
      case 'save':
        // Nobody waits for the row of a conflict; a failure to store it is counted there.
        engine.save([effect.change], () => undefined)
        break
      case 'refuse':
        break
    }
  }
}

/** The client's other offers of this segment are void: it gets one address. */
function withdrawOthers(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): void {
  for (const other of engine.table.ofClient(x.client.key, scope)) {
    if (other.address !== address) withdraw(engine, x, other.address)
  }
}

/** Takes back an offer to this client, and ends the DISCOVER that waits for its probe. */
export function withdraw(engine: Engine, x: Exchange, address: Ipv4): void {
  const kind = engine.table.kindOf(address)
  if (kind !== 'offered' && kind !== 'probing') return
  engine.apply(address, NO_SUBNET, { kind: 'withdraw', client: x.client.key })
  x.trace.push(dhcpStep('dhcp.offer.withdrawn', { address: formatIpv4(address) }))
  const waiter = engine.probing.get(address)
  engine.probing.delete(address)
  if (waiter !== undefined) supersede(engine, waiter.exchange, address)
}

function startProbe(engine: Engine, x: Exchange, address: Ipv4): void {
  x.trace.push(dhcpStep('dhcp.probe.sent', { address: formatIpv4(address) }))
  const waiter = { exchange: x }
  const stale = engine.probing.get(address)
  engine.probing.set(address, waiter)
  if (stale !== undefined) supersede(engine, stale.exchange, address)
  engine.ports.probe(x.arrival.interfaceName, address, holder => {
    // An offer that was withdrawn has no waiter, or by now that of another probe.
    if (engine.closed || engine.probing.get(address) !== waiter) return
    engine.probing.delete(address)
    probed(engine, waiter.exchange, address, holder)
  })
}

/** A DISCOVER for an address that is being probed for the same client: the answer goes to the newer one. */
function waitForProbe(engine: Engine, x: Exchange, address: Ipv4): void {
  const waiter = engine.probing.get(address)
  if (waiter === undefined) return
  const earlier = waiter.exchange
  waiter.exchange = x
  supersede(engine, earlier, address)
}

function supersede(engine: Engine, earlier: Exchange, address: Ipv4): void {
  earlier.trace.push(dhcpStep('dhcp.discover.again', { address: formatIpv4(address) }))
  engine.finish(earlier, 'none')
}

function probed(engine: Engine, x: Exchange, address: Ipv4, holder: Mac | undefined): void {
  const scope = engine.configuration.scopeHolding(address)
  if (scope === undefined || scope.segment.id !== x.scope?.segment.id) {
    engine.apply(address, NO_SUBNET, { kind: 'withdraw', client: x.client.key })
    x.trace.push(dhcpStep('dhcp.configuration.changed', {}))
    engine.finish(x, 'none')
    return
  }
  x.scope = scope
  const text = formatIpv4(address)
  if (holder === undefined || holder === x.client.mac) {
    x.trace.push(
      holder === undefined
        ? dhcpStep('dhcp.probe.clear', { address: text })
        : dhcpStep('dhcp.probe.own', { address: text }),
    )
    const clear = { kind: 'probe-clear', offerMs: engine.offerMs } as const
    conclude(engine, x, scope, address, engine.apply(address, scope.subnetIdOf(address), clear))
    return
  }
  engine.counters.count('probe-conflicts')
  x.trace.push(dhcpStep('dhcp.probe.conflict', { address: text, holder }))
  const taken = {
    kind: 'probe-taken',
    address,
    subnetId: scope.subnetIdOf(address),
    holder,
    quarantineMs: engine.quarantineMs,
  } as const
  conclude(engine, x, scope, address, engine.apply(address, scope.subnetIdOf(address), taken))
}

/** The client may have taken the address by a REQUEST, or declined it, before its probe ended. */
function conclude(engine: Engine, x: Exchange, scope: Scope, address: Ipv4, effects: readonly LeaseEffect[]): void {
  if (effects.length === 0) supersede(engine, x, address)
  else perform(engine, x, scope, address, effects, undefined)
}

function sendOffer(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): void {
  const levels = levelsFor(x, scope, address)
  const seconds = leaseSeconds(x.requestedSeconds, levels.times)
  const target = engine.reply(x, 'OFFER', address, leaseOptions(x, 'OFFER', seconds))
  x.trace.push(dhcpStep('dhcp.offer.sent', { address: formatIpv4(address), seconds, target }))
  engine.finish(x, 'OFFER')
}
