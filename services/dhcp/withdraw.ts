/** Taking back an offer, and ending the DISCOVER that waits for its probe. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'

/** For an address that has an entry in the table already, which knows its subnet. */
export const NO_SUBNET = 0

/** Takes back an offer to this client. */
export function withdraw(engine: Engine, x: Exchange, address: Ipv4): void {
  const kind = engine.table.kindOf(address)
  if (kind !== 'offered' && kind !== 'probing') return
  engine.apply(address, NO_SUBNET, { kind: 'withdraw', client: x.client.key })
  x.trace.push(dhcpStep('dhcp.offer.withdrawn', { address: formatIpv4(address) }))
  const waiter = engine.probing.get(address)
  engine.probing.delete(address)
  if (waiter !== undefined) supersede(engine, waiter.exchange, address)
}

/** Ends an exchange whose client has sent a newer message. */
export function supersede(engine: Engine, earlier: Exchange, address: Ipv4): void {
  earlier.trace.push(dhcpStep('dhcp.discover.again', { address: formatIpv4(address) }))
  engine.finish(earlier, 'none')
}
