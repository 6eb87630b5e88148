/** DHCPDECLINE and DHCPRELEASE (RFC 2131 §4.3.3, §4.3.4): both end a hold, neither is answered. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { ownerOf } from './lease-machine.ts'
import type { LeaseEvent } from './lease-machine.ts'
import { NO_SUBNET } from './withdraw.ts'

/**
 * The client found somebody else on the address in option 50: it is set aside. Only its holder may say so, and only so
 * often; past that its DECLINE just ends its hold.
 */
export function decline(engine: Engine, x: Exchange, scope: Scope): void {
  farewell(engine, x, scope, x.requested ?? x.message.ciaddr, address => {
    const state = engine.table.stateOf(address)
    const held = state.kind === 'bound' || state.kind === 'offered' || state.kind === 'probing'
    if (held && ownerOf(state) === x.client.key && !engine.declines.take(x.client.mac, engine.ports.clock.now())) {
      engine.counters.count('declines-limited')
      x.trace.push(dhcpStep('dhcp.decline.limited', { address: formatIpv4(address) }))
      return { kind: state.kind === 'bound' ? 'release' : 'withdraw', client: x.client.key }
    }
    return {
      kind: 'decline',
      address,
      subnetId: scope.subnetIdOf(address),
      client: x.client,
      quarantineMs: engine.quarantineMs,
    }
  })
}

/** The client gives back the address in ciaddr. */
export function release(engine: Engine, x: Exchange, scope: Scope): void {
  farewell(engine, x, scope, x.message.ciaddr, () => ({ kind: 'release', client: x.client.key }))
}

function farewell(
  engine: Engine,
  x: Exchange,
  scope: Scope,
  address: Ipv4,
  eventFor: (address: Ipv4) => LeaseEvent,
): void {
  const text = formatIpv4(address)
  if (x.serverId !== undefined && !engine.isOwnAddress(x.serverId, x)) {
    x.trace.push(dhcpStep('dhcp.message.other-server', { message: x.type, server: formatIpv4(x.serverId) }))
    engine.finish(x, 'none')
    return
  }
  if (address === 0) {
    x.trace.push(dhcpStep('dhcp.request.no-address', {}))
    engine.finish(x, 'none')
    return
  }
  x.address = address
  const binding = engine.table.find(address)
  if (binding === undefined || !scope.contains(address)) {
    notOwner(engine, x, text)
    return
  }
  const effects = engine.apply(address, binding.subnetId, eventFor(address))
  if (effects.length === 0) engine.finish(x, 'none')
  for (const effect of effects) {
    if (effect.kind === 'silence') notOwner(engine, x, text)
    else if (effect.kind === 'defer') engine.defer(binding, x)
    else if (effect.kind === 'save') {
      const { change } = effect
      engine.save([change], durable => {
        const step =
          change.after.state === 'declined'
            ? dhcpStep('dhcp.lease.declined', { address: text, seconds: Math.round(engine.quarantineMs / 1000) })
            : dhcpStep('dhcp.lease.released', { address: text })
        x.trace.push(durable ? step : dhcpStep('dhcp.storage.failed', { address: text }))
        if (durable) engine.keys.forget(address)
        if (durable && change.after.state === 'declined' && !x.relayed) findHolder(engine, x, address)
        else engine.finish(x, 'none')
      })
    }
  }
}

/** Asks by ARP who has the address that was declined; the row and an event then name the device. */
function findHolder(engine: Engine, x: Exchange, address: Ipv4): void {
  const text = formatIpv4(address)
  engine.ports.probe(x.arrival.interfaceName, address, holder => {
    if (engine.closed) return
    if (holder === undefined || holder === x.client.mac) {
      x.trace.push(dhcpStep('dhcp.decline.holder-unknown', { address: text }))
      engine.finish(x, 'none')
      return
    }
    x.trace.push(dhcpStep('dhcp.decline.holder', { address: text, holder }))
    engine.finish(x, 'none')
    for (const effect of engine.apply(address, NO_SUBNET, { kind: 'holder-found', holder })) {
      // Nobody waits for the row; a failure to store it is counted there.
      if (effect.kind === 'save') engine.save([effect.change], () => undefined)
    }
  })
}

function notOwner(engine: Engine, x: Exchange, address: string): void {
  x.trace.push(dhcpStep('dhcp.lease.not-owner', { message: x.type, address }))
  engine.finish(x, 'none')
}
