/** DHCPDISCOVER (RFC 2131 §4.3.1): choose an address, probe it if need be, offer it. */
import { formatIpv4 } from '../../stack/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { identifyAgain } from './classify/identify.ts'
import type { Scope } from './configuration.ts'
import { MAX_OFFERS } from './engine.ts'
import type { Engine } from './engine.ts'
import { dhcpStep } from './events.ts'
import type { Exchange } from './exchange.ts'
import { levelsFor } from './effective-options.ts'
import { leaseOptions } from './fill-options.ts'
import { NONCE_OFFER, asksForKey } from './force-renew.ts'
import { grant } from './grant.ts'
import type { LeaseEffect } from './lease-machine.ts'
import { leaseSeconds } from './lease-time.ts'
import { offerDelayMs } from './offer-delay.ts'
import { noProbeBecause } from './probe.ts'
import { chooseAddress, takeoverMac } from './select-address.ts'
import { NO_SUBNET, supersede, withdraw } from './withdraw.ts'

/**
 * Conflicts after which one DISCOVER is given up: the client asks again, and a proxy ARP does not eat the pool at
 * once.
 */
const MAX_CANDIDATES = 8

/** Somebody behind a relay, whose hardware address an echo reply does not tell. */
const NO_MAC: Mac = '00:00:00:00:00:00'

export function discover(engine: Engine, x: Exchange, scope: Scope): void {
  if (x.candidates === MAX_CANDIDATES) {
    x.trace.push(dhcpStep('dhcp.probe.too-many-conflicts', { count: x.candidates }))
    engine.finish(x, 'none')
    return
  }
  x.candidates++
  const contested = engine.takeovers.contested(engine, x, scope)
  if (contested !== undefined) {
    engine.takeovers.ask(engine, x, contested, asked => discoverAgain(engine, asked))
    return
  }
  const address = chooseAddress(engine, x, scope)
  if (address === undefined) {
    engine.counters.count('pool-exhausted')
    x.trace.push(dhcpStep('dhcp.pool.exhausted', { subnet: scope.name }))
    const { now, wallMs } = engine.moment()
    if (engine.exhaustion.refuse(scope, now, wallMs)) {
      engine.ports.tell(dhcpStep('dhcp.segment.exhausted', { segment: scope.segment.name, client: x.client.mac }))
    }
    engine.finish(x, 'none')
    return
  }
  x.address = address
  withdrawOthers(engine, x, scope, address)
  const found = engine.table.find(address)
  if ((found?.state.kind ?? 'free') === 'free' && engine.table.offers + engine.table.probes >= MAX_OFFERS) {
    engine.addresses.freed({ address, subnetId: scope.subnetIdOf(address) })
    engine.limit(x, MAX_OFFERS, 'addresses on offer')
    return
  }
  const skipped = noProbeBecause(engine, x, found)
  const effects = engine.apply(address, scope.subnetIdOf(address), {
    kind: 'offer',
    client: x.client.key,
    byHardware: takeoverMac(engine, x, address),
    probe: skipped === undefined,
    offerMs: engine.offerMs,
  })
  perform(engine, x, scope, address, effects, skipped)
}

function perform(
  engine: Engine,
  x: Exchange,
  scope: Scope,
  address: Ipv4,
  effects: readonly LeaseEffect[],
  skipped: string | undefined,
): void {
  for (const effect of effects) {
    switch (effect.kind) {
      case 'reply':
        if (skipped !== undefined && engine.table.kindOf(address) === 'offered') {
          x.trace.push(dhcpStep('dhcp.probe.skipped', { address: formatIpv4(address), because: skipped }))
        }
        sendOffer(engine, x, scope, address)
        break
      case 'probe':
        startProbe(engine, x, address)
        break
      case 'silence':
        waitForProbe(engine, x, address)
        break
      case 'defer': {
        const binding = engine.table.find(address)
        if (binding !== undefined) engine.defer(binding, x)
        break
      }
      case 'next-candidate':
        discover(engine, x, scope)
        break
      case 'save':
        // Nobody waits for the row of a conflict; a failure to store it is counted there.
        engine.save([effect.change], () => undefined)
        break
      case 'refuse':
        break
    }
  }
}

/** After a question on the wire; the configuration may be another by now. */
function discoverAgain(engine: Engine, x: Exchange): void {
  const scope = x.scope?.subnets.map(({ subnet }) => engine.configuration.scope(subnet.id)).find(each => each !== undefined)
  if (scope === undefined) {
    x.trace.push(dhcpStep('dhcp.configuration.changed', {}))
    engine.finish(x, 'none')
    return
  }
  identifyAgain(engine.configuration, x, scope)
  discover(engine, x, scope)
}

/** The client's other offers of this segment are void: it gets one address. */
function withdrawOthers(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): void {
  for (const other of engine.table.ofClient(x.client.key, scope)) {
    if (other.address !== address) withdraw(engine, x, other.address)
  }
}

function startProbe(engine: Engine, x: Exchange, address: Ipv4): void {
  const text = formatIpv4(address)
  x.trace.push(x.relayed ? dhcpStep('dhcp.probe.pinged', { address: text }) : dhcpStep('dhcp.probe.sent', { address: text }))
  const waiter = { exchange: x }
  const stale = engine.probing.get(address)
  engine.probing.set(address, waiter)
  if (stale !== undefined) supersede(engine, stale.exchange, address)
  const done = (holder: Mac | undefined): void => {
    // An offer that was withdrawn has no waiter, or by now that of another probe.
    if (engine.closed || engine.probing.get(address) !== waiter) return
    engine.probing.delete(address)
    probed(engine, waiter.exchange, address, holder)
  }
  if (x.relayed) engine.ports.ping(address, answered => done(answered ? NO_MAC : undefined))
  else engine.ports.probe(x.arrival.interfaceName, address, done)
}

/** A DISCOVER for an address that is being probed for the same client: the answer goes to the newer one. */
function waitForProbe(engine: Engine, x: Exchange, address: Ipv4): void {
  const waiter = engine.probing.get(address)
  if (waiter === undefined) return
  const earlier = waiter.exchange
  waiter.exchange = x
  supersede(engine, earlier, address)
}

function probed(engine: Engine, x: Exchange, address: Ipv4, holder: Mac | undefined): void {
  const scope = engine.configuration.scopeHolding(address)
  if (scope === undefined || scope.segment.id !== x.scope?.segment.id) {
    engine.apply(address, NO_SUBNET, { kind: 'withdraw', client: x.client.key })
    x.trace.push(dhcpStep('dhcp.configuration.changed', {}))
    engine.finish(x, 'none')
    return
  }
  identifyAgain(engine.configuration, x, scope)
  const text = formatIpv4(address)
  if (holder === undefined || holder === x.client.mac) {
    x.trace.push(
      holder === undefined
        ? dhcpStep('dhcp.probe.clear', { address: text })
        : dhcpStep('dhcp.probe.own', { address: text }),
    )
    const clear = { kind: 'probe-clear', offerMs: engine.offerMs } as const
    conclude(engine, x, scope, address, engine.apply(address, scope.subnetIdOf(address), clear))
    return
  }
  engine.counters.count('probe-conflicts')
  x.trace.push(
    holder === NO_MAC
      ? dhcpStep('dhcp.probe.pinged-in-use', { address: text })
      : dhcpStep('dhcp.probe.conflict', { address: text, holder }),
  )
  const taken = {
    kind: 'probe-taken',
    address,
    subnetId: scope.subnetIdOf(address),
    holder,
    quarantineMs: engine.quarantineMs,
  } as const
  conclude(engine, x, scope, address, engine.apply(address, scope.subnetIdOf(address), taken))
}

/** The client may have taken the address by a REQUEST, or declined it, before its probe ended. */
function conclude(engine: Engine, x: Exchange, scope: Scope, address: Ipv4, effects: readonly LeaseEffect[]): void {
  if (effects.length === 0) supersede(engine, x, address)
  else perform(engine, x, scope, address, effects, undefined)
}

/** At once, or later where another server is to come first. */
function sendOffer(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): void {
  const delay = x.type === 'DISCOVER' ? offerDelayMs(x, scope) : 0
  if (delay > 0 && engine.later(delay, () => offerLate(engine, x, address))) {
    x.trace.push(dhcpStep('dhcp.offer.delayed', { ms: delay }))
  } else offerNow(engine, x, scope, address)
}

/** The client may have taken another server's offer meanwhile, or the address may be another's. */
function offerLate(engine: Engine, x: Exchange, address: Ipv4): void {
  const scope = x.scope === undefined ? undefined : engine.configuration.scopeHolding(address)
  const state = engine.table.stateOf(address)
  if (scope === undefined || state.kind !== 'offered' || state.client !== x.client.key) {
    x.trace.push(dhcpStep('dhcp.offer.overtaken', { address: formatIpv4(address) }))
    engine.finish(x, 'none')
    return
  }
  identifyAgain(engine.configuration, x, scope)
  offerNow(engine, x, scope, address)
}

function offerNow(engine: Engine, x: Exchange, scope: Scope, address: Ipv4): void {
  if (bindsAtOnce(x, scope)) {
    if (x.type !== 'BOOTP') x.trace.push(dhcpStep('dhcp.rapid-commit', { address: formatIpv4(address) }))
    grant(engine, x, scope, address, 'selecting')
    return
  }
  const levels = levelsFor(x, scope, address)
  const seconds = leaseSeconds(x.requestedSeconds, levels.times)
  x.fullName = nameOnOffer(x, scope, address)
  const options = leaseOptions(x, 'OFFER', seconds)
  if (asksForKey(x.message.options)) options.push(NONCE_OFFER)
  const target = engine.reply(x, 'OFFER', address, options)
  x.trace.push(dhcpStep('dhcp.offer.sent', { address: formatIpv4(address), seconds, target }))
  engine.finish(x, 'OFFER')
}

/** BOOTP knows no second message; a client that asks for rapid commit takes the ACK as the first (RFC 4039 §3.1). */
const bindsAtOnce = (x: Exchange, scope: Scope): boolean =>
  x.type === 'BOOTP' || (x.asksForRapidCommit && scope.segment.policy.rapidCommit)

/** Under which name the lease would stand, if nothing comes between (RFC 4702 §4: an OFFER tells it too). */
function nameOnOffer(x: Exchange, scope: Scope, address: Ipv4): string | undefined {
  const label = x.host?.host.name ?? x.hostName
  const domain = scope.subnetHolding(address)?.domain
  return label === undefined || domain === undefined ? undefined : `${label}.${domain}`
}
