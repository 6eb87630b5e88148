/**
 * The DHCP client as one function (RFC 2131 §4.4). States and the picture are in state.ts, times in timing.ts. The
 * effects are performed in order by client.ts.
 */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import { BROADCAST, formatIpv4 } from '../../../stack/index.ts'
import type { Ipv4, Mac } from '../../../stack/index.ts'
import type { FactsOf } from '../../events/event.ts'
import { clientStep } from './events.ts'
import type { ClientEventId, DHCP_CLIENT_EVENTS } from './events.ts'
import type { ClientEffect, ClientEvent, ClientMessage, ClientState, ClientStep, Held, Moment } from './state.ts'
import { INFINITE, routerOf } from './terms.ts'
import type { Terms } from './terms.ts'
import {
  ADDRESS_PROBES, answerWait, declineWait, DEFEND_INTERVAL_MS, probeWait, renewalAgain, restartWait, ROUTER_WAIT_MS,
  startWait,
} from './timing.ts'

/** RFC 2131 §3.1 step 5: REQUESTs for an offer, about a minute of them, before the search begins anew. */
const MAX_REQUESTS = 4
/** REQUESTs for a remembered lease; a server that knows it answers the first. */
const MAX_REBOOT_REQUESTS = 2
/** DISCOVERs without an answer after which a link-local address is taken: 12 s, and then its own probes. */
export const LINK_LOCAL_AFTER = 2
/** The secs field has 16 bits. */
const MAX_SECS = 0xffff

export const STOPPED: ClientState = { kind: 'stopped' }
const NOTHING: readonly ClientEffect[] = []

/** When this state wants a 'due' event; undefined for never. */
export function deadline(s: ClientState): Instant | undefined {
  switch (s.kind) {
    case 'stopped': case 'checking': case 'seeking-router': return undefined
    case 'init': case 'init-reboot': return s.due
    case 'bound': return instantOf(s.held, s.held.terms.renewSeconds)
    default: return s.attempt.due
  }
}

/** The instant `seconds` into a lease; undefined for one that does not end. */
export const instantOf = ({ since }: Held, seconds: number): Instant | undefined =>
  seconds === INFINITE ? undefined : since + seconds * 1000

/** The lease whose address is in use in this state. */
export const inUse = (s: ClientState): Held | undefined =>
  s.kind === 'bound' || s.kind === 'renewing' || s.kind === 'rebinding' ? s.held : undefined

export function step(s: ClientState, e: ClientEvent, m: Moment): ClientStep {
  switch (e.kind) {
    case 'start': return s.kind === 'stopped' ? started(e.held, e.wish, m) : [s, NOTHING]
    case 'stop': return stopped(s, e.release, m)
    case 'due': return due(s, m)
    case 'offer': return offered(s, e.xid, e.terms, m)
    case 'ack': return acknowledged(s, e.xid, e.terms, m)
    case 'nak': return refused(s, e.xid, e.server, e.text, m)
    case 'probed': return probed(s, e.address, e.holder, m)
    case 'contested': return contested(s, e.address, e.holder, m)
    case 'renew': return renew(s, m)
    default: return unreachable(e)
  }
}

// ---- beginning and end ------------------------------------------------------------------------------------------

function started(held: Held | undefined, wish: Ipv4 | undefined, m: Moment): ClientStep {
  const due = m.now + startWait(m.random)
  return [held === undefined ? { kind: 'init', due, wish } : { kind: 'init-reboot', due, held }, NOTHING]
}

function stopped(s: ClientState, release: boolean, m: Moment): ClientStep {
  if (s.kind === 'stopped') return [s, NOTHING]
  const held = inUse(s)
  const effects: ClientEffect[] = []
  if (held !== undefined && release) {
    const { address, server } = held.terms
    effects.push(
      send({
        type: 'RELEASE', xid: m.random.u32(), secs: 0, ciaddr: address, requested: undefined, server, to: server,
      }),
      report('dhcp-client.released', { address: formatIpv4(address), server: formatIpv4(server) }),
      { kind: 'remember', held: undefined },
    )
  }
  if (held !== undefined) effects.push({ kind: 'unconfigure' })
  return [STOPPED, [...effects, { kind: 'link-local', on: false }]]
}

/** The search begins anew after a wait. */
function again(wish: Ipv4 | undefined, waitMs: number, m: Moment): ClientState {
  return { kind: 'init', due: m.now + waitMs, wish }
}

// ---- time -------------------------------------------------------------------------------------------------------

function due(s: ClientState, m: Moment): ClientStep {
  switch (s.kind) {
    case 'init': return discover(s.wish, undefined, m)
    case 'selecting': return discover(s.wish, s, m)
    case 'requesting': return requestAgain(s, m)
    case 'init-reboot': return reboot(s.held, m)
    case 'rebooting': return rebootAgain(s, m)
    case 'bound': return renewing(s.held, s.contestedAt, m)
    case 'renewing': return renewalDue(s, m)
    case 'rebinding': return renewalDue(s, m)
    default: return [s, NOTHING]
  }
}

type Selecting = Extract<ClientState, { kind: 'selecting' }>
type Requesting = Extract<ClientState, { kind: 'requesting' }>
type Rebooting = Extract<ClientState, { kind: 'rebooting' }>
type Renewal = Extract<ClientState, { kind: 'renewing' | 'rebinding' }>

const secondsSince = (since: Instant, now: Instant): number => Math.min(MAX_SECS, Math.floor((now - since) / 1000))

function discover(wish: Ipv4 | undefined, before: Selecting | undefined, m: Moment): ClientStep {
  const tries = (before?.attempt.tries ?? 0) + 1
  const since = before?.attempt.since ?? m.now
  const xid = before?.attempt.xid ?? m.random.u32()
  const secs = secondsSince(since, m.now)
  const attempt = { xid, since, tries, due: m.now + answerWait(tries, m.random) }
  const effects: ClientEffect[] = [
    send({ type: 'DISCOVER', xid, secs, ciaddr: 0, requested: wish, server: undefined, to: BROADCAST }),
  ]
  // RFC 3927 §1.9: an address for the link meanwhile; the search goes on.
  if (tries > LINK_LOCAL_AFTER) effects.push({ kind: 'link-local', on: true })
  if (tries === LINK_LOCAL_AFTER + 1) {
    effects.push(report('dhcp-client.no-server', { tries: LINK_LOCAL_AFTER, seconds: secs }))
  }
  return [{ kind: 'selecting', attempt, wish, secs }, effects]
}

function requestAgain(s: Requesting, m: Moment): ClientStep {
  if (s.attempt.tries < MAX_REQUESTS) return request(s.offer, s.attempt.xid, s.secs, s, m)
  const server = formatIpv4(s.offer.server)
  return [
    again(undefined, restartWait(m.random), m),
    [report('dhcp-client.request.unanswered', { address: formatIpv4(s.offer.address), server })],
  ]
}

/** RFC 2131 §4.3.2, SELECTING: server identifier and requested address, ciaddr 0, the OFFER's xid, DISCOVER's secs. */
function request(offer: Terms, xid: number, secs: number, before: Requesting | undefined, m: Moment): ClientStep {
  const tries = (before?.attempt.tries ?? 0) + 1
  const since = before?.attempt.since ?? m.now
  const attempt = { xid, since, tries, due: m.now + answerWait(tries, m.random) }
  const message: ClientMessage = {
    type: 'REQUEST', xid, secs, ciaddr: 0, requested: offer.address, server: offer.server, to: BROADCAST,
  }
  return [{ kind: 'requesting', attempt, offer, secs }, [send(message)]]
}

/** RFC 2131 §4.3.2, INIT-REBOOT: the requested address alone. */
function reboot(held: Held, m: Moment, before?: Rebooting): ClientStep {
  const tries = (before?.attempt.tries ?? 0) + 1
  const since = before?.attempt.since ?? m.now
  const xid = before?.attempt.xid ?? m.random.u32()
  const attempt = { xid, since, tries, due: m.now + answerWait(tries, m.random) }
  const requested = held.terms.address
  const secs = secondsSince(since, m.now)
  const message: ClientMessage = { type: 'REQUEST', xid, secs, ciaddr: 0, requested, server: undefined, to: BROADCAST }
  return [{ kind: 'rebooting', attempt, held }, [send(message)]]
}

function rebootAgain(s: Rebooting, m: Moment): ClientStep {
  if (s.attempt.tries < MAX_REBOOT_REQUESTS) return reboot(s.held, m, s)
  const { address } = s.held.terms
  const router = routerOf(s.held.terms)
  const end = instantOf(s.held, s.held.terms.leaseSeconds)
  if (router === undefined || (end !== undefined && end <= m.now)) return discover(address, undefined, m)
  return [
    { kind: 'seeking-router', router, held: s.held },
    [{ kind: 'probe', address: router, waitMs: ROUTER_WAIT_MS }],
  ]
}

function renewing(held: Held, contestedAt: Instant | undefined, m: Moment): ClientStep {
  const rebindAt = instantOf(held, held.terms.rebindSeconds)
  const due = rebindAt === undefined ? m.now + answerWait(1, m.random) : renewalAgain(m.now, rebindAt)
  const attempt = { xid: m.random.u32(), since: m.now, tries: 1, due }
  return [{ kind: 'renewing', held, attempt, contestedAt }, [renewal(held, attempt.xid, 0, held.terms.server)]]
}

/** RFC 2131 §4.4.5: unicast until T2, broadcast until the end. */
function renewalDue(s: Renewal, m: Moment): ClientStep {
  const { held } = s
  const end = instantOf(held, held.terms.leaseSeconds)
  const rebindAt = instantOf(held, held.terms.rebindSeconds)
  // A lease without end was to be confirmed by an administrator's wish; it stays what it is.
  if (end === undefined || rebindAt === undefined) return [{ kind: 'bound', held, contestedAt: s.contestedAt }, NOTHING]
  if (end <= m.now) {
    const address = formatIpv4(held.terms.address)
    const [state, effects] = discover(held.terms.address, undefined, m)
    const gone: ClientEffect[] = [{ kind: 'unconfigure' }, { kind: 'remember', held: undefined }]
    return [state, [...gone, report('dhcp-client.expired', { address }), ...effects]]
  }
  const rebinding = rebindAt <= m.now
  const first = rebinding && s.kind === 'renewing'
  const since = first ? m.now : s.attempt.since
  const xid = first ? m.random.u32() : s.attempt.xid
  const attempt = {
    xid, since, tries: first ? 1 : s.attempt.tries + 1, due: renewalAgain(m.now, rebinding ? end : rebindAt),
  }
  const effects: ClientEffect[] = [
    renewal(held, xid, secondsSince(since, m.now), rebinding ? BROADCAST : held.terms.server),
  ]
  if (first) {
    const facts = { address: formatIpv4(held.terms.address), server: formatIpv4(held.terms.server) }
    effects.push(report('dhcp-client.rebinding', facts))
  }
  return [{ kind: rebinding ? 'rebinding' : 'renewing', held, attempt, contestedAt: s.contestedAt }, effects]
}

/** RFC 2131 §4.3.2, RENEWING and REBINDING: ciaddr alone. */
function renewal({ terms }: Held, xid: number, secs: number, to: Ipv4): ClientEffect {
  return send({ type: 'REQUEST', xid, secs, ciaddr: terms.address, requested: undefined, server: undefined, to })
}

// ---- what servers say -------------------------------------------------------------------------------------------

/** The first offer is taken: an uplink has one server, or servers that agree. */
function offered(s: ClientState, xid: number, terms: Terms, m: Moment): ClientStep {
  if (s.kind !== 'selecting' || s.attempt.xid !== xid) return [s, NOTHING]
  const [state, effects] = request(terms, xid, s.secs, undefined, m)
  const facts = { address: formatIpv4(terms.address), server: formatIpv4(terms.server), seconds: terms.leaseSeconds }
  return [state, [report('dhcp-client.offered', facts), ...effects]]
}

function acknowledged(s: ClientState, xid: number, terms: Terms, m: Moment): ClientStep {
  switch (s.kind) {
    case 'requesting':
      if (s.attempt.xid !== xid || terms.server !== s.offer.server) return [s, NOTHING]
      return check({ terms, since: s.attempt.since }, xid, m)
    case 'rebooting':
      if (s.attempt.xid !== xid) return [s, NOTHING]
      return check({ terms, since: s.attempt.since }, xid, m)
    case 'renewing':
    case 'rebinding':
      if (s.attempt.xid !== xid) return [s, NOTHING]
      return renewed(s, { terms, since: s.attempt.since }, m)
    default:
      return [s, NOTHING]
  }
}

function renewed(s: Renewal, held: Held, m: Moment): ClientStep {
  const { address } = s.held.terms
  if (held.terms.address !== address) {
    // RFC 2131 does not foresee it; the new address is as unknown as a first one.
    const [state, effects] = check(held, s.attempt.xid, m)
    return [state, [{ kind: 'unconfigure' }, ...effects]]
  }
  const { leaseSeconds: seconds, server } = held.terms
  const facts = { address: formatIpv4(address), server: formatIpv4(server), seconds }
  return [
    { kind: 'bound', held, contestedAt: s.contestedAt },
    [{ kind: 'configure', held, fresh: false }, { kind: 'remember', held }, report('dhcp-client.renewed', facts)],
  ]
}

function refused(s: ClientState, xid: number, server: Ipv4 | undefined, text: string, m: Moment): ClientStep {
  const held = inUse(s)
  switch (s.kind) {
    case 'requesting':
      if (s.attempt.xid !== xid || (server !== undefined && server !== s.offer.server)) return [s, NOTHING]
      break
    case 'rebooting': case 'renewing': case 'rebinding':
      if (s.attempt.xid !== xid) return [s, NOTHING]
      break
    default:
      return [s, NOTHING]
  }
  const address = formatIpv4(s.kind === 'requesting' ? s.offer.address : s.held.terms.address)
  const from = server === undefined ? null : formatIpv4(server)
  const effects: ClientEffect[] = [report('dhcp-client.refused', { address, server: from, text: text || null })]
  if (held !== undefined) effects.push({ kind: 'unconfigure' })
  effects.push({ kind: 'remember', held: undefined })
  return [again(undefined, restartWait(m.random), m), effects]
}

// ---- is the address free ----------------------------------------------------------------------------------------

function check(held: Held, xid: number, m: Moment): ClientStep {
  const { address } = held.terms
  return [
    { kind: 'checking', held, probes: 1, xid },
    [{ kind: 'probe', address, waitMs: probeWait(1, m.random) }],
  ]
}

function probed(s: ClientState, address: Ipv4, holder: Mac | undefined, m: Moment): ClientStep {
  if (s.kind === 'seeking-router' && s.router === address) {
    const facts = { address: formatIpv4(s.held.terms.address), router: formatIpv4(address) }
    if (holder === undefined) {
      const [state, effects] = discover(s.held.terms.address, undefined, m)
      return [state, [report('dhcp-client.elsewhere', facts), ...effects]]
    }
    const [state, effects] = check(s.held, m.random.u32(), m)
    return [state, [report('dhcp-client.kept', facts), ...effects]]
  }
  if (s.kind !== 'checking' || s.held.terms.address !== address) return [s, NOTHING]
  if (holder !== undefined) return decline(s.held, s.xid, holder, m)
  if (s.probes < ADDRESS_PROBES) {
    const probes = s.probes + 1
    return [{ ...s, probes }, [{ kind: 'probe', address, waitMs: probeWait(probes, m.random) }]]
  }
  const { held } = s
  const facts = {
    address: formatIpv4(address), server: formatIpv4(held.terms.server), seconds: held.terms.leaseSeconds,
  }
  return [
    { kind: 'bound', held, contestedAt: undefined },
    [
      { kind: 'link-local', on: false }, { kind: 'configure', held, fresh: true }, { kind: 'remember', held },
      report('dhcp-client.bound', facts),
    ],
  ]
}

function decline({ terms }: Held, xid: number, holder: Mac, m: Moment): ClientStep {
  const { address, server } = terms
  return [
    again(undefined, declineWait(m.random), m),
    [
      send({ type: 'DECLINE', xid, secs: 0, ciaddr: 0, requested: address, server, to: BROADCAST }),
      { kind: 'remember', held: undefined },
      report('dhcp-client.declined', { address: formatIpv4(address), holder }),
    ],
  ]
}

/** RFC 5227 §2.4 (b): the stack has defended it once; against one who insists within ten seconds it is given up. */
function contested(s: ClientState, address: Ipv4, holder: Mac, m: Moment): ClientStep {
  if (s.kind !== 'bound' && s.kind !== 'renewing' && s.kind !== 'rebinding') return [s, NOTHING]
  const { held } = s
  if (held.terms.address !== address) return [s, NOTHING]
  const { contestedAt } = s
  if (contestedAt === undefined || m.now - contestedAt >= DEFEND_INTERVAL_MS) {
    return [{ ...s, contestedAt: m.now }, NOTHING]
  }
  const [state, effects] = decline(held, m.random.u32(), holder, m)
  return [state, [{ kind: 'unconfigure' }, ...effects]]
}

// ---- an administrator's wish ------------------------------------------------------------------------------------

function renew(s: ClientState, m: Moment): ClientStep {
  switch (s.kind) {
    case 'stopped': return started(undefined, undefined, m)
    case 'init': return discover(s.wish, undefined, m)
    case 'selecting': return discover(s.wish, { ...s, attempt: { ...s.attempt, tries: 0 } }, m)
    case 'bound': return renewing(s.held, s.contestedAt, m)
    case 'renewing': case 'rebinding': return renewalDue(s, m)
    default: return [s, NOTHING]
  }
}

const send = (message: ClientMessage): ClientEffect => ({ kind: 'send', message })
const report = <Id extends ClientEventId>(
  id: Id,
  facts: FactsOf<(typeof DHCP_CLIENT_EVENTS)[Id]>,
): ClientEffect => ({ kind: 'report', step: clientStep(id, facts) })
