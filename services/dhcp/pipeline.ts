/**
 * The way of every request through the server, in order. A step passes the exchange on or ends it; a later feature
 * is one more line here.
 */
import { formatIpv4 } from '../../stack/index.ts'
import { fromHex, i32 } from '../../stack/platform/index.ts'
import { leaseClientKey } from '../model/index.ts'
import { bootp } from './bootp.ts'
import { deniedBecause, identify } from './classify/identify.ts'
import { discover } from './discover.ts'
import type { Scope } from './configuration.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { ClientMessageType, Exchange } from './exchange.ts'
import { decline, release } from './farewell.ts'
import { hostNameOf } from './host-name.ts'
import { inform } from './inform.ts'
import { brokenLimit } from './lease-limits.ts'
import { proxy } from './proxy.ts'
import { request } from './request.ts'
import { selectSubnet } from './select-subnet.ts'
import { BOOT_SERVER_PORT } from './wire/message.ts'
import { codeOf } from './wire/options-table.ts'
import { SERVER_IDENTIFIER_OVERRIDE, relaySubOptions } from './wire/relay-information.ts'

const RELAY_INFORMATION = codeOf('relay-agent-information')

/** next: the following step goes on. ended: answered, dropped, or waiting for a probe or the disk. */
export type Outcome = 'next' | 'ended'
export type PipelineStep = (engine: Engine, x: Exchange) => Outcome

const PIPELINE: readonly PipelineStep[] = [
  chooseSubnet, heedOtherServers, recallRelay, readHostName, identifyClient, admit, heedMode, heedLimits, judge,
]

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
  const { scope, preferred, trace } = selectSubnet(x, engine.configuration, engine.settings)
  const server = engine.settings.serverAddress(x.arrival.interfaceName)
  x.trace.push(trace)
  if (!comesByItsWay(engine, x)) return 'ended'
  if (scope === undefined || server === undefined) {
    if (x.relayed) engine.counters.count('unknown-relay')
    engine.finish(x, 'none')
    return 'ended'
  }
  x.scope = scope
  x.preferred = preferred
  x.serverAddress = server
  const override = x.relayed ? relaySubOptions(x.message.options).get(SERVER_IDENTIFIER_OVERRIDE) : undefined
  x.serverIdentifier = override?.length === 4 ? i32(override, 0) : server
  return 'next'
}

/**
 * A relay of a segment of ours whose interface is known sends by that interface. What names it elsewhere was not sent by
 * it, or would be answered to somebody who did not ask.
 */
function comesByItsWay(engine: Engine, x: Exchange): boolean {
  const { giaddr } = x.message
  const expected = giaddr === 0 ? undefined : engine.configuration.scopeOfRelay(giaddr)?.segment.interfaceName
  if (expected === undefined || expected === x.arrival.interfaceName) return true
  engine.counters.count('relay-elsewhere')
  const facts = { relay: formatIpv4(giaddr), expected, interface: x.arrival.interfaceName }
  x.trace.push(dhcpStep('dhcp.relay.elsewhere', facts))
  engine.finish(x, 'none')
  return false
}

/**
 * A client that renews writes to us directly (RFC 2131 §4.3.2), past the relay that would say where it is. The relay's
 * word by which it got its address is kept with the lease and counts as long as the client holds it: classes, hosts
 * and limits are those of before. It is not echoed, because the client would get it.
 */
function recallRelay(engine: Engine, x: Exchange): Outcome {
  const { ciaddr, options } = x.message
  if (x.relayed || ciaddr === 0 || options.has(RELAY_INFORMATION)) return 'next'
  const state = engine.table.find(ciaddr)?.state
  const row = state?.kind === 'saving' ? state.back.row : state?.row
  if (row?.relayInformation === undefined || leaseClientKey(row) !== x.client.key) return 'next'
  if (row.state !== 'bound' && row.state !== 'expired') return 'next'
  x.recalledRelay = fromHex(row.relayInformation)
  x.trace.push(dhcpStep('dhcp.relay.recalled', { address: formatIpv4(ciaddr) }))
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

function identifyClient(engine: Engine, x: Exchange): Outcome {
  if (x.scope !== undefined) identify(engine.configuration, x, x.scope)
  return 'next'
}

/** What a client that has nothing yet sends. */
const ASKS_AFRESH: ReadonlySet<ClientMessageType> = new Set(['DISCOVER', 'INFORM', 'BOOTP'])

/** Who gets no address hears nothing, but for the NAK to one that renews an address which it still has. */
function admit(engine: Engine, x: Exchange): Outcome {
  const { scope } = x
  if (scope === undefined) return 'ended'
  const { segment } = scope
  if (segment.policy.mode === 'off') {
    x.trace.push(dhcpStep('dhcp.segment.not-served', { segment: segment.name, mode: segment.policy.mode }))
    engine.finish(x, 'none')
    return 'ended'
  }
  x.denied = deniedBecause(x, scope)
  if (x.denied === undefined || !ASKS_AFRESH.has(x.type)) return 'next'
  engine.counters.count('clients-denied')
  x.trace.push(dhcpStep('dhcp.client.denied', { because: x.denied }))
  engine.finish(x, 'none')
  return 'ended'
}

/** Boot information beside another server, and port 4011, which is for nothing else. */
function heedMode(engine: Engine, x: Exchange): Outcome {
  const { scope } = x
  const isProxy = scope?.segment.policy.mode === 'proxy'
  if (!isProxy && x.arrival.port !== BOOT_SERVER_PORT) return 'next'
  if (isProxy && x.denied === undefined) proxy(engine, x, scope)
  else {
    x.trace.push(isProxy ? dhcpStep('dhcp.client.denied', { because: x.denied ?? '' }) : dhcpStep('dhcp.proxy.off', {}))
    engine.finish(x, 'none')
  }
  return 'ended'
}

/** What keeps one port, or one kind of client, from eating a pool. */
function heedLimits(engine: Engine, x: Exchange): Outcome {
  const { scope } = x
  if (scope === undefined || (x.type !== 'DISCOVER' && x.type !== 'BOOTP')) return 'next'
  if (!engine.newClients.admits(engine, x, scope)) {
    engine.counters.count('new-clients-limited')
    const perSecond = scope.segment.policy.newClientsPerSecond ?? 0
    x.trace.push(dhcpStep('dhcp.new-clients.limited', { segment: scope.segment.name, perSecond }))
    engine.finish(x, 'none')
    return 'ended'
  }
  const limit = brokenLimit(engine, x, scope)
  if (limit === undefined) return 'next'
  engine.counters.count('lease-limits-reached')
  x.trace.push(dhcpStep('dhcp.lease.over-limit', { limit }))
  engine.finish(x, 'none')
  return 'ended'
}

const HANDLERS: { readonly [Type in ClientMessageType]: (engine: Engine, x: Exchange, scope: Scope) => void } = {
  DISCOVER: discover,
  REQUEST: request,
  DECLINE: decline,
  RELEASE: release,
  INFORM: inform,
  BOOTP: bootp,
}

function judge(engine: Engine, x: Exchange): Outcome {
  if (x.scope !== undefined) HANDLERS[x.type](engine, x, x.scope)
  return 'ended'
}
