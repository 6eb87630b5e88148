/** DHCPREQUEST in all four stages of table 4 (RFC 2131 §4.3.2): bind and ACK, or NAK, or silence. */
import { BROADCAST, formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { grant } from './grant.ts'
import type { RequestStage } from './lease-machine.ts'
import { RELAY_FLAGS, UNICAST_FLAG, relaySubOptions } from './wire/relay-information.ts'
import { withdraw } from './withdraw.ts'

export function request(engine: Engine, x: Exchange, scope: Scope): void {
  if (x.serverId !== undefined && !engine.isOwnAddress(x.serverId, x)) {
    otherServer(engine, x, scope, x.serverId)
    return
  }
  const { stage, address } = stageOf(x)
  if (address === undefined) {
    x.trace.push(dhcpStep('dhcp.request.no-address', {}))
    engine.finish(x, 'none')
    return
  }
  x.address = address
  x.trace.push(dhcpStep('dhcp.request.stage', { address: formatIpv4(address), stage }))
  grant(engine, x, scope, address, stage)
}

/** RFC 2131 table 4, read from what the client filled in. */
function stageOf(x: Exchange): { readonly stage: RequestStage; readonly address: Ipv4 | undefined } {
  const ciaddr = x.message.ciaddr === 0 ? undefined : x.message.ciaddr
  const requested = x.requested === 0 ? undefined : x.requested
  if (x.serverId !== undefined) return { stage: 'selecting', address: requested ?? ciaddr }
  if (ciaddr === undefined) return { stage: 'init-reboot', address: requested }
  return { stage: sentToAll(x) ? 'rebinding' : 'renewing', address: ciaddr }
}

/** A client that rebinds broadcasts. Of a relayed message the relay may tell how it came (RFC 5010 §3). */
function sentToAll(x: Exchange): boolean {
  if (!x.relayed) return x.arrival.target === BROADCAST
  return ((relaySubOptions(x.message.options).get(RELAY_FLAGS)?.[0] ?? 0) & UNICAST_FLAG) === 0
}

function otherServer(engine: Engine, x: Exchange, scope: Scope, server: Ipv4): void {
  for (const binding of engine.table.ofClient(x.client.key, scope)) {
    withdraw(engine, x, binding.address)
  }
  x.trace.push(dhcpStep('dhcp.request.other-server', { server: formatIpv4(server) }))
  engine.finish(x, 'none')
}
