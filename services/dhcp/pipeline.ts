/**
 * The way of every request through the server, in order. A step passes the exchange on or ends it; a later feature
 * (client classes, shared networks, rate limits) is one more line here.
 */
import { formatIpv4 } from '../../stack/index.ts'
import { discover } from './discover.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { ClientMessageType, Exchange } from './exchange.ts'
import { decline, release } from './farewell.ts'
import { hostNameOf } from './host-name.ts'
import { inform } from './inform.ts'
import { request } from './request.ts'
import { selectSubnet } from './select-subnet.ts'

/** next: the following step goes on. ended: answered, dropped, or waiting for a probe or the disk. */
export type Outcome = 'next' | 'ended'
export type PipelineStep = (engine: Engine, x: Exchange) => Outcome

const PIPELINE: readonly PipelineStep[] = [chooseSubnet, heedOtherServers, readHostName, findReservation, judge]

export function run(engine: Engine, x: Exchange): void {
  for (const step of PIPELINE) if (step(engine, x) === 'ended') return
}

/** What a relay passes on comes from another link, which is ours to serve. */
function heedOtherServers(engine: Engine, x: Exchange): Outcome {
  if (x.serverId !== undefined && !x.relayed && !engine.isOwnAddress(x.serverId, x)) {
    const { interfaceName } = x.arrival
    const address = x.requested ?? (x.message.ciaddr === 0 ? undefined : x.message.ciaddr)
    engine.ports.namesOtherServer?.({ interfaceName, server: x.serverId, message: x.type, client: x.client.mac, address })
  }
  const servers = x.relayed ? undefined : engine.settings.silentBecause?.(x.arrival.interfaceName)
  if (servers === undefined) return 'next'
  engine.counters.count('stayed-silent')
  x.trace.push(dhcpStep('dhcp.silent', { interface: x.arrival.interfaceName, servers }))
  engine.finish(x, 'none')
  return 'ended'
}

function chooseSubnet(engine: Engine, x: Exchange): Outcome {
  const { scope, trace } = selectSubnet(x, engine.configuration, engine.settings)
  const server = engine.settings.serverAddress(x.arrival.interfaceName)
  x.trace.push(trace)
  if (scope === undefined || server === undefined) {
    engine.finish(x, 'none')
    return 'ended'
  }
  x.scope = scope
  x.serverAddress = server
  return 'next'
}

function readHostName(_engine: Engine, x: Exchange): Outcome {
  const name = hostNameOf(x.message.options)
  if (name.kind === 'name') x.hostName = name.name
  else if (name.kind === 'ignored') {
    x.trace.push(dhcpStep('dhcp.hostname.ignored', { name: name.name, because: name.because }))
  }
  return 'next'
}

function findReservation(_engine: Engine, x: Exchange): Outcome {
  x.reservation = x.scope?.reservationFor(x.client)
  const reservation = x.reservation?.reservation
  if (reservation !== undefined) {
    const by =
      reservation.clientId !== undefined && reservation.clientId === x.client.clientId
        ? 'client identifier'
        : 'hardware address'
    x.trace.push(dhcpStep('dhcp.reservation.matched', { address: formatIpv4(reservation.address), by }))
  }
  return 'next'
}

const HANDLERS: { readonly [Type in ClientMessageType]: (engine: Engine, x: Exchange, scope: Scope) => void } = {
  DISCOVER: discover,
  REQUEST: request,
  DECLINE: decline,
  RELEASE: release,
  INFORM: inform,
}

function judge(engine: Engine, x: Exchange): Outcome {
  if (x.scope !== undefined) HANDLERS[x.type](engine, x, x.scope)
  return 'ended'
}
