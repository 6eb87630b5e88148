/**
 * BOOTP (RFC 951, RFC 1534, RFC 1542): one request, one reply, and the address for ever. A host's own address, or one of
 * the pool where the policy of the segment allows it. From the choice of the address on it is a DISCOVER that binds at
 * once.
 */
import type { Scope } from './configuration.ts'
import { discover } from './discover.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'

export function bootp(engine: Engine, x: Exchange, scope: Scope): void {
  if (scope.addressesOf(x.host).length === 0 && !scope.segment.policy.bootp) {
    x.trace.push(dhcpStep('dhcp.bootp.refused', {}))
    engine.finish(x, 'none')
    return
  }
  discover(engine, x, scope)
}
