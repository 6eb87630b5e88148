/**
 * DHCPINFORM (RFC 2131 §3.4, §4.3.5): settings for a host that has its address already. No lease is looked at, no time
 * and no yiaddr are sent; the answer goes to the host's own address.
 */
import { formatIpv4 } from '../../stack/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { levelsFor } from './effective-options.ts'
import { leaseOptions } from './fill-options.ts'

export function inform(engine: Engine, x: Exchange, scope: Scope): void {
  // Some hosts leave ciaddr empty; where the datagram came from is then the same.
  const address = x.message.ciaddr !== 0 ? x.message.ciaddr : x.relayed ? 0 : x.arrival.source
  if (address === 0) {
    x.trace.push(dhcpStep('dhcp.request.no-address', {}))
    engine.finish(x, 'none')
    return
  }
  x.address = address
  const text = formatIpv4(address)
  if (!scope.isHostAddress(address)) {
    x.trace.push(dhcpStep('dhcp.inform.foreign', { address: text, subnet: scope.name }))
    engine.finish(x, 'none')
    return
  }
  levelsFor(x, scope, address)
  engine.reply(x, 'ACK', 0, leaseOptions(x, 'ACK', undefined), { kind: 'unicast', address })
  x.trace.push(dhcpStep('dhcp.inform.answered', { address: text }))
  engine.finish(x, 'ACK')
}
