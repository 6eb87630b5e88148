/**
 * Giving a client an address for good: judged by the lease machine, on disk, and only then the ACK (RFC 2131 §3.1 step
 * 4). What every REQUEST comes to, a DISCOVER with rapid commit (RFC 4039) and a request of BOOTP (RFC 951).
 */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4 } from '../../stack/index.ts'
import type { LeaseChange } from '../model/index.ts'
import type { Scope } from './configuration.ts'
import { MAX_SAVES } from './engine.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { levelsFor } from './effective-options.ts'
import { leaseOptions, nakOptions } from './fill-options.ts'
import { asksForKey } from './force-renew.ts'
import { INFINITE_SECONDS } from './lease-machine.ts'
import type { LeaseEffect, NakReason, Refusal, RequestStage } from './lease-machine.ts'
import type { Binding } from './lease-table.ts'
import { brokenLimit, countedUnder } from './lease-limits.ts'
import { leaseSeconds } from './lease-time.ts'
import { hostAddressUsable, refusalOf, takeoverMac } from './select-address.ts'
import { withdraw } from './withdraw.ts'

/** Binds the client to the address and answers it, or refuses, or waits; ends the exchange. */
export function grant(engine: Engine, x: Exchange, scope: Scope, address: Ipv4, stage: RequestStage): void {
  const others = othersOf(engine, x, scope, address)
  const busy = others.find(binding => binding.state.kind === 'saving') ?? engine.table.beingTakenFrom(x.client.key, scope)
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
      countedUnder: countedUnder(x, scope),
      seconds: secondsFor(x, scope, address),
    },
    byHardware: takeoverMac(engine, x, address),
    refusal: refusal(engine, x, scope, address),
    authoritative: scope.segment.policy.authoritative,
    recordElsewhere: hasRecord(x, scope, others, address),
  })
  perform(engine, x, scope, address, effects, others, remembered)
}

/** A client of BOOTP keeps its address for ever (RFC 1534 §2). */
function secondsFor(x: Exchange, scope: Scope, address: Ipv4): number {
  const { times } = levelsFor(x, scope, address)
  return x.type === 'BOOTP' ? INFINITE_SECONDS : leaseSeconds(x.requestedSeconds, times)
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
  if (refused !== undefined) return refused
  if (brokenLimit(engine, x, scope) !== undefined) return 'over-limit'
  if (!keptElsewhere(x, scope, address)) return undefined
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
  const seconds = secondsFor(x, scope, address)
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
  x.fullName = change.after.publishedName
  engine.observed.forget(address)
  const options = leaseOptions(x, 'ACK', seconds)
  if (asksForKey(x.message.options)) {
    const way = { interfaceName: x.arrival.interfaceName, server: x.serverIdentifier, xid: x.message.xid }
    options.push(engine.keys.given(address, x.client.key, way))
  }
  const target = engine.reply(x, 'ACK', address, options)
  x.trace.push(
    x.type === 'BOOTP'
      ? dhcpStep('dhcp.bootp.answered', { address: text, target })
      : dhcpStep('dhcp.ack.sent', { address: text, target }),
  )
  engine.finish(x, 'ACK')
}

/** Sentences for option 56 and the trace. */
const NAK_REASONS: { readonly [Reason in NakReason]: string } = {
  'wrong-network': 'the address is not on this network',
  'not-in-pool': 'the address is in no pool',
  'class-not-allowed': 'the address is in a pool for others',
  denied: 'this client gets no address',
  'over-limit': 'there are as many leases of its kind as there may be',
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
