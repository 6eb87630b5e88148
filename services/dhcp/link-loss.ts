/**
 * Machines that were unplugged: where each port of a link is one machine's, as guests of QEMU are, the end of the port is
 * the end of the machine, and its address need not wait for the lease to run out. What a machine that comes back asks for
 * is free, and its own before others'.
 */
import { formatIpv4, mac as octetsOf } from '../../stack/index.ts'
import type { Mac } from '../../stack/index.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Binding } from './lease-table.ts'

/** Of one port. A machine has one hardware address, or a few; each costs a walk over all leases. */
const MOST_STATIONS = 16

/** Releases the leases of these machines on the link of an interface, where the policy of its segment says so. */
export function stationsLeft(engine: Engine, interfaceName: string, stations: readonly Mac[]): void {
  const scopes = engine.configuration.scopes.filter(({ segment }) => segment.interfaceName === interfaceName && segment.policy.releaseOnLinkLoss)
  if (engine.closed || scopes.length === 0) return
  for (const station of stations.slice(0, MOST_STATIONS)) {
    for (const binding of [...engine.table.withMac(octetsOf(station))]) {
      if (scopes.some(scope => scope.holds(binding.subnetId))) release(engine, binding)
    }
  }
}

function release(engine: Engine, binding: Binding): void {
  const { address, subnetId } = binding
  for (const effect of engine.apply(address, subnetId, { kind: 'link-lost' })) {
    if (effect.kind === 'defer') {
      const waiting = engine.table.find(address)
      // When too much waits for it already, the lease runs out by itself.
      if (waiting !== undefined) engine.deferRun(waiting, () => release(engine, waiting))
    } else if (effect.kind === 'save') {
      const { change } = effect
      const text = formatIpv4(address)
      engine.save([change], durable => {
        if (durable) engine.keys.forget(address)
        engine.decideFor(change.after, 'link-loss', [durable ? dhcpStep('dhcp.lease.released-by-link-loss', { address: text }) : dhcpStep('dhcp.storage.failed', { address: text })])
      })
    }
  }
}
