/** DHCPREQUEST in all four stages of table 4 (RFC 2131 §4.3.2): bind and ACK, or NAK, or silence. */
import { BROADCAST, formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { LeaseChange } from '../model/index.ts'
import type { Scope } from './configuration.ts'
import { withdraw } from './discover.ts'
import { MAX_SAVES } from './engine.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { leaseOptions, levelsFor, nakOptions } from './fill-options.ts'
import type { LeaseEffect, NakReason, Refusal, RequestStage } from './lease-machine.ts'
import type { Binding } from './lease-table.ts'
import { leaseSeconds } from './lease-time.ts'
import { hostAddressUsable, refusalOf, takeoverMac } from './select-address.ts'

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
  const others = othersOf(engine, x, scope, address)
  const busy = others.find(binding => binding.state.kind === 'saving')
  if (busy !== undefined) {
    engine.defer(busy, x)
    return
  }
  if (engine.table.saves >= MAX_SAVES) {
    engine.limit(x, MAX_SAVES, 'leases being stored')
    return
  }
  const remembered = engine.table.kindOf(address) !== 'free'
  const subnetId = scope.subnetIdOf(address)
  const effects = engine.apply(address, subnetId, {
    kind: 'request',
    stage,
    grant: {
      address,
      subnetId,
      client: x.client,
      hostName: x.host?.host.name ?? x.hostName,
      hostId: scope.addressesOf(x.host).includes(address) ? x.host?.host.id : undefined,
      relayInformation: x.relayInformation,
      seconds: leaseSeconds(x.requestedSeconds, levelsFor(x, scope, address).times),
    },
    byHardware: takeoverMac(engine, x, address),
    refusal: refusal(engine, x, scope, address),
    recordElsewhere: hasRecord(x, scope, others, address),
  })
  perform(engine, x, scope, address, effects, others, remembered)
}

/** RFC 2131 table 4, read from what the client filled in. */
function stageOf(x: Exchange): { readonly stage: RequestStage; readonly address: Ipv4 | undefined } {
  const ciaddr = x.message.ciaddr === 0 ? undefined : x.message.ciaddr
  const requested = x.requested === 0 ? undefined : x.requested
  if (x.serverId !== undefined) return { stage: 'selecting', address: requested ?? ciaddr }
  if (ciaddr === undefined) return { stage: 'init-reboot', address: requested }
  return { stage: x.relayed || x.arrival.target === BROADCAST ? 'rebinding' : 'renewing', address: ciaddr }
}

function otherServer(engine: Engine, x: Exchange, scope: Scope, server: Ipv4): void {
  for (const binding of engine.table.ofClient(x.client.key, scope)) {
    withdraw(engine, x, binding.address)
  }
  x.trace.push(dhcpStep('dhcp.request.other-server', { server: formatIpv4(server) }))
  engine.finish(x, 'none')
}

const othersOf = (engine: Engine, x: Exchange, scope: Scope, address: Ipv4): readonly Binding[] =>
  [...engine.table.ofClient(x.client.key, scope)].filter(binding => binding.address !== address)

/** An offer is no record: the client never agreed to it. */
const hasRecord = (x: Exchange, scope: Scope, others: readonly Binding[], address: Ipv4): boolean =>
  others.some(({ state }) => state.kind === 'bound' || state.kind === 'free') ||
  keptElsewhere(x, scope, address)

/** The client's host has addresses here, and this is none of them. */
function keptElsewhere(x: Exchange, scope: Scope, address: Ipv4): boolean {
  const own = scope.addressesOf(x.host)
  return own.length > 0 && !own.includes(address)
}

/** A client with an address of its own that it could have is sent to get it; one that could not keeps what it has. */
function refusal(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): Refusal | undefined {
  const refused = refusalOf(engine, x, scope, address)
  if (refused !== undefined || !keptElsewhere(x, scope, address)) return refused
  return hostAddressUsable(engine, x, scope) ? 'reserved-elsewhere' : undefined
}

function perform(
  engine: Engine,
  x: Exchange,
  scope: Scope,
  address: Ipv4,
  effects: readonly LeaseEffect[],
  others: readonly Binding[],
  remembered: boolean,
): void {
  const text = formatIpv4(address)
  for (const effect of effects) {
    switch (effect.kind) {
      case 'save':
        if (!remembered) x.trace.push(dhcpStep('dhcp.binding.remade', { address: text }))
        // What follows, the ACK, is performed by bind() when the lease is on disk.
        bind(engine, x, scope, effect.change, others)
        return
      case 'refuse':
        refuse(engine, x, address, effect.because)
        break
      case 'silence':
        x.trace.push(
          effect.because === 'being-stored'
            ? dhcpStep('dhcp.request.being-stored', { address: text })
            : dhcpStep('dhcp.request.unknown-client', { address: text }),
        )
        engine.finish(x, 'none')
        break
      case 'defer': {
        const binding = engine.table.find(address)
        if (binding !== undefined) engine.defer(binding, x)
        break
      }
      case 'probe':
      case 'reply':
      case 'next-candidate':
        break
    }
  }
}

/** One transaction: the new lease, and the end of what the client held elsewhere in the segment. Then the ACK. */
function bind(engine: Engine, x: Exchange, scope: Scope, change: LeaseChange, others: readonly Binding[]): void {
  const named = engine.named(change, x)
  const changes = [named]
  const moved: Ipv4[] = []
  for (const other of others) {
    withdraw(engine, x, other.address)
    for (const effect of engine.apply(other.address, other.subnetId, { kind: 'move', client: x.client.key })) {
      if (effect.kind !== 'save') continue
      changes.push(effect.change)
      moved.push(other.address)
    }
  }
  engine.save(changes, durable => {
    if (!durable) {
      x.trace.push(dhcpStep('dhcp.storage.failed', { address: formatIpv4(named.after.address) }))
      engine.finish(x, 'none')
      return
    }
    for (const address of moved) x.trace.push(dhcpStep('dhcp.lease.moved', { address: formatIpv4(address) }))
    acknowledge(engine, x, scope, named)
  })
}

function acknowledge(engine: Engine, x: Exchange, scope: Scope, change: LeaseChange): void {
  const { address } = change.after
  const text = formatIpv4(address)
  const seconds = leaseSeconds(x.requestedSeconds, levelsFor(x, scope, address).times)
  switch (change.because) {
    case 'dhcp.lease.renewed':
      x.trace.push(dhcpStep('dhcp.lease.renewed', { address: text, seconds }))
      break
    case 'dhcp.lease.taken-over':
      x.trace.push(dhcpStep('dhcp.lease.taken-over', { address: text, seconds }))
      break
    default:
      x.trace.push(dhcpStep('dhcp.lease.bound', { address: text, seconds }))
  }
  const target = engine.reply(x, 'ACK', address, leaseOptions(x, 'ACK', seconds))
  x.trace.push(dhcpStep('dhcp.ack.sent', { address: text, target }))
  engine.finish(x, 'ACK')
}

/** Sentences for option 56 and the trace. */
const NAK_REASONS: { readonly [Reason in NakReason]: string } = {
  'wrong-network': 'the address is not on this network',
  'not-in-pool': 'the address is in no pool',
  reserved: 'the address is reserved for another client',
  'reserved-elsewhere': 'another address is reserved for this client',
  'own-address': 'the address is the server itself',
  'in-use': 'the address is in use by another client',
  quarantined: 'the address is set aside because of a conflict',
  'other-binding': 'this client has another address',
}

function refuse(engine: Engine, x: Exchange, address: Ipv4, reason: NakReason): void {
  const because = NAK_REASONS[reason]
  engine.reply(x, 'NAK', 0, nakOptions(x, because))
  x.trace.push(dhcpStep('dhcp.nak.sent', { address: formatIpv4(address), because }))
  engine.finish(x, 'NAK')
}
