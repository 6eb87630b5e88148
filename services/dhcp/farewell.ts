/** DHCPDECLINE and DHCPRELEASE (RFC 2131 §4.3.3, §4.3.4): both end a hold, neither is answered. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import type { LeaseEvent } from './lease-machine.ts'

/** The client found somebody else on the address in option 50: it is set aside. Only its holder may say so. */
export function decline(engine: Engine, x: Exchange, scope: Scope): void {
  farewell(engine, x, scope, x.requested ?? x.message.ciaddr, address => ({
    kind: 'decline',
    address,
    subnetId: scope.subnetIdOf(address),
    client: x.client,
    quarantineMs: engine.quarantineMs,
  }))
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
  for (const effect of engine.apply(address, binding.subnetId, eventFor(address))) {
    if (effect.kind === 'silence') notOwner(engine, x, text)
    else if (effect.kind === 'defer') engine.defer(binding, x)
    else if (effect.kind === 'save') {
      engine.save([effect.change], durable => {
        const step =
          x.type === 'DECLINE'
            ? dhcpStep('dhcp.lease.declined', { address: text, seconds: Math.round(engine.quarantineMs / 1000) })
            : dhcpStep('dhcp.lease.released', { address: text })
        x.trace.push(durable ? step : dhcpStep('dhcp.storage.failed', { address: text }))
        engine.finish(x, 'none')
      })
    }
  }
}

function notOwner(engine: Engine, x: Exchange, address: string): void {
  x.trace.push(dhcpStep('dhcp.lease.not-owner', { message: x.type, address }))
  engine.finish(x, 'none')
}
