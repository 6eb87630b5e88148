/**
 * One address as a state machine: (state, event, now) → state and effects, in the order in which the shell performs
 * them. RFC 2131 §3.1, §4.3.1 to §4.3.4.
 *
 *              offer                  probe-clear
 *     free ───────────▶ probing ───────────────────▶ offered
 *      ▲ ▲                 │ probe-taken                │ request            · a retransmitted DISCOVER finds the
 *      │ │ timeout         ▼                            ▼                      address probing or offered and stays
 *      │ └──────────── (saving) ◀───────────────── (saving) ──saved──▶ bound  · every change of the row passes through
 *      │                   │ saved                                       │      saving, where nothing but a repeated
 *      │                   ▼            release · revoke · expire · move │      REQUEST is judged
 *      │  quarantine    declined ◀── decline ────────────────────────────┤    · save-failed goes back to what is on
 *      └───ends────────────┘                                 (saving) ◀──┘      disk; nothing after the save is done
 *
 * RFC 2131 §3.1 step 4: stored before the client hears of it, so 'save' stands before 'reply'.
 * Offers are in memory only: after a crash the client's REQUEST meets a free address and may still have it.
 */
import { unreachable } from '../../stack/platform/index.ts'
import type { Instant } from '../../stack/platform/index.ts'
import type { Ipv4, Mac } from '../../stack/index.ts'
import { clientKey, leaseClientKey } from '../model/index.ts'
import type { ClientKey, Lease, LeaseChange } from '../model/index.ts'
import type { DhcpEventId } from './events.ts'

/** States whose row is what is on disk. `until` is monotonic: a jump of the calendar ends no lease. */
export type SettledState =
  | { readonly kind: 'free'; readonly row: Lease | undefined }
  | { readonly kind: 'bound'; readonly row: Lease; readonly until: Instant | undefined }
  | { readonly kind: 'declined'; readonly row: Lease; readonly until: Instant }
export type BindingState =
  | SettledState
  | { readonly kind: 'probing'; readonly row: Lease | undefined; readonly client: ClientKey }
  | { readonly kind: 'offered'; readonly row: Lease | undefined; readonly client: ClientKey; readonly until: Instant }
  | {
      readonly kind: 'saving'
      readonly back: SettledState
      readonly next: SettledState
      readonly client: ClientKey | undefined
    }

export const FREE: BindingState = { kind: 'free', row: undefined }

/** RFC 2131 table 4: what a REQUEST is for. */
export type RequestStage = 'selecting' | 'init-reboot' | 'renewing' | 'rebinding'

/** Why a REQUEST cannot be granted, as known from the configuration. */
export type Refusal =
  | 'wrong-network' | 'not-in-pool' | 'class-not-allowed' | 'reserved' | 'reserved-elsewhere' | 'own-address' | 'denied' | 'over-limit'
/** Why a REQUEST is answered with NAK. */
export type NakReason = Refusal | 'in-use' | 'quarantined' | 'other-binding'

/** Who asks, as a row records it. */
export type ClientIdentity = {
  readonly key: ClientKey
  readonly hardwareType: number
  readonly mac: Mac
  readonly clientId: string | undefined
}

/** What a granted REQUEST gives. */
export type Grant = {
  readonly address: Ipv4
  readonly subnetId: number
  readonly client: ClientIdentity
  /** The name of this request or of the host entry; undefined keeps the name that the same client gave before. */
  readonly hostName: string | undefined
  readonly hostId: number | undefined
  /** Option 82 of the request as hexadecimal. */
  readonly relayInformation: string | undefined
  /** Limits that the lease counts against. */
  readonly countedUnder: readonly string[] | undefined
  /** INFINITE_SECONDS for ever. */
  readonly seconds: number
}

/** RFC 2131 §3.3 */
export const INFINITE_SECONDS = 0xffff_ffff

export type LeaseEvent =
  /** The server chose this address for a DISCOVER. */
  | {
      readonly kind: 'offer'
      readonly client: ClientKey
      readonly byHardware: Mac | undefined
      readonly probe: boolean
      readonly offerMs: number
    }
  | { readonly kind: 'probe-clear'; readonly offerMs: number }
  | {
      readonly kind: 'probe-taken'
      readonly address: Ipv4
      readonly subnetId: number
      readonly holder: Mac
      readonly quarantineMs: number
    }
  | {
      readonly kind: 'request'
      readonly stage: RequestStage
      readonly grant: Grant
      /** Set when the address is reserved for this hardware address: the same hardware may take it over. */
      readonly byHardware: Mac | undefined
      readonly refusal: Refusal | undefined
      /** False: a client that we have no record of hears nothing, because another server may know it. */
      readonly authoritative: boolean
      /** The client has a record at another address of this subnet. */
      readonly recordElsewhere: boolean
    }
  | {
      readonly kind: 'decline'
      readonly address: Ipv4
      readonly subnetId: number
      readonly client: ClientIdentity
      readonly quarantineMs: number
    }
  /** Who has the address that was declined is known now. */
  | { readonly kind: 'holder-found'; readonly holder: Mac }
  | { readonly kind: 'release'; readonly client: ClientKey }
  /** The client chose another server, or another address. */
  | { readonly kind: 'withdraw'; readonly client: ClientKey }
  /** The client was bound to another address of the subnet just now. */
  | { readonly kind: 'move'; readonly client: ClientKey }
  | { readonly kind: 'revoke' }
  /** The port that the client was on is gone. */
  | { readonly kind: 'link-lost' }
  /** Another server gave this lease, or had given it. */
  | { readonly kind: 'import'; readonly lease: Lease }
  /** The deadline of the state has come. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'saved' }
  | { readonly kind: 'save-failed' }

export type LeaseEffect =
  | { readonly kind: 'probe' }
  /** Store this; what follows is done only when it is on disk. */
  | { readonly kind: 'save'; readonly change: LeaseChange & { readonly because: DhcpEventId } }
  | { readonly kind: 'reply'; readonly message: 'OFFER' | 'ACK' }
  | { readonly kind: 'refuse'; readonly because: NakReason }
  | { readonly kind: 'silence'; readonly because: 'unknown-client' | 'being-stored' | 'not-owner' | 'probing' }
  /** Judge the same message again when the save under way has ended. */
  | { readonly kind: 'defer' }
  | { readonly kind: 'next-candidate' }

/** Time of both kinds: `now` for deadlines, `wallMs` for rows. */
export type Moment = { readonly now: Instant; readonly wallMs: number }
export type LeaseStep = readonly [BindingState, readonly LeaseEffect[]]

const NOTHING: readonly LeaseEffect[] = []
const DEFER: readonly LeaseEffect[] = [{ kind: 'defer' }]
const OFFER: readonly LeaseEffect[] = [{ kind: 'reply', message: 'OFFER' }]
const PROBE: readonly LeaseEffect[] = [{ kind: 'probe' }]

export function step(state: BindingState, event: LeaseEvent, at: Moment): LeaseStep {
  switch (event.kind) {
    case 'offer':
      return offer(state, event, at)
    case 'probe-clear':
      return state.kind === 'probing'
        ? [{ kind: 'offered', row: state.row, client: state.client, until: at.now + event.offerMs }, OFFER]
        : [state, NOTHING]
    case 'probe-taken':
      return probeTaken(state, event, at)
    case 'request':
      return request(state, event, at)
    case 'decline':
      return decline(state, event, at)
    case 'holder-found':
      return holderFound(state, event.holder)
    case 'release':
      if (state.kind === 'saving') return [state, DEFER]
      return state.kind === 'bound' && leaseClientKey(state.row) === event.client
        ? end(state, 'released', 'dhcp.lease.released', at)
        : [state, [{ kind: 'silence', because: 'not-owner' }]]
    case 'withdraw':
      return (state.kind === 'offered' || state.kind === 'probing') && state.client === event.client
        ? [{ kind: 'free', row: state.row }, NOTHING]
        : [state, NOTHING]
    case 'move':
      return state.kind === 'bound' && leaseClientKey(state.row) === event.client
        ? end(state, 'released', 'dhcp.lease.moved', at)
        : step(state, { kind: 'withdraw', client: event.client }, at)
    case 'revoke':
      if (state.kind === 'saving') return [state, DEFER]
      return state.kind === 'bound'
        ? end(state, 'released', 'dhcp.lease.released-by-administrator', at)
        : [state, NOTHING]
    case 'link-lost':
      if (state.kind === 'saving') return [state, DEFER]
      return state.kind === 'bound' ? end(state, 'released', 'dhcp.lease.released-by-link-loss', at) : [state, NOTHING]
    case 'import':
      return state.kind === 'free' ? take(state, event.lease, at) : [state, NOTHING]
    case 'timeout':
      return timeout(state, at)
    case 'saved':
      return state.kind === 'saving' ? [state.next, NOTHING] : [state, NOTHING]
    case 'save-failed':
      return state.kind === 'saving' ? [state.back, NOTHING] : [state, NOTHING]
    default:
      return unreachable(event)
  }
}

/** When the state wants its 'timeout'; undefined for never. */
export const deadline = (state: BindingState): Instant | undefined =>
  state.kind === 'offered' || state.kind === 'bound' || state.kind === 'declined' ? state.until : undefined

/** The client that the address belongs to: bound, on offer, or held last. */
export function ownerOf(state: BindingState): ClientKey | undefined {
  switch (state.kind) {
    case 'probing':
    case 'offered':
    case 'saving':
      return state.client
    case 'bound':
      return leaseClientKey(state.row)
    case 'free':
      // A declined row names who found the conflict, or who caused it: neither has a claim.
      return state.row === undefined || state.row.state === 'declined' ? undefined : leaseClientKey(state.row)
    case 'declined':
      return undefined
    default:
      return unreachable(state)
  }
}

/** The client whose lease another is taking over; undefined when that is not so, or is on disk. */
export function loserOf(state: BindingState): ClientKey | undefined {
  if (state.kind !== 'saving' || state.back.kind !== 'bound') return undefined
  const { row } = state.back
  const { row: next } = state.next
  // As good as always it is the same client, and no key is made.
  if (next !== undefined && next.mac === row.mac && next.clientId === row.clientId && next.hardwareType === row.hardwareType) return undefined
  const loser = leaseClientKey(row)
  return loser === state.client ? undefined : loser
}

/**
 * The state of a stored row at start. What is left of a lease is counted from the calendar once, here, and never more
 * than the lease's own length: a calendar that is behind does not make leases eternal. After this only monotonic time
 * counts, so that a jump of the calendar ends nothing.
 */
export function settled(row: Lease, at: Moment): SettledState {
  if (row.state === 'released' || row.state === 'expired') return { kind: 'free', row }
  if (row.expiresAt === undefined) {
    return row.state === 'bound' ? { kind: 'bound', row, until: undefined } : { kind: 'free', row }
  }
  const left = Math.max(0, Math.min(row.expiresAt - at.wallMs, row.expiresAt - row.renewedAt))
  if (row.state === 'bound') return { kind: 'bound', row, until: at.now + left }
  return left === 0 ? { kind: 'free', row } : { kind: 'declined', row, until: at.now + left }
}

/**
 * Whether the address is this client's to have. `byHardware` is set when the address is reserved for the client's
 * hardware address: then a lease of the same hardware under another client identifier is its own too (firmware and
 * operating system of one machine), and so is an offer, which only this host can have.
 */
export function owns(state: BindingState, client: ClientKey, byHardware: Mac | undefined): boolean {
  if (ownerOf(state) === client) return true
  if (byHardware === undefined) return false
  if (state.kind === 'offered' || state.kind === 'probing') return true
  const row = state.kind === 'saving' ? state.next.row : state.row
  return row !== undefined && row.state !== 'declined' && row.mac === byHardware
}

function offer(state: BindingState, event: LeaseEvent & { readonly kind: 'offer' }, at: Moment): LeaseStep {
  switch (state.kind) {
    case 'saving':
      return [state, DEFER]
    case 'bound':
      return owns(state, event.client, event.byHardware) ? [state, OFFER] : [state, [{ kind: 'next-candidate' }]]
    case 'declined':
      return [state, [{ kind: 'next-candidate' }]]
    case 'probing':
      if (!owns(state, event.client, event.byHardware)) return [state, [{ kind: 'next-candidate' }]]
      return [{ ...state, client: event.client }, [{ kind: 'silence', because: 'probing' }]]
    case 'offered':
      if (!owns(state, event.client, event.byHardware)) return [state, [{ kind: 'next-candidate' }]]
      return [{ ...state, client: event.client, until: at.now + event.offerMs }, OFFER]
    case 'free':
      return event.probe
        ? [{ kind: 'probing', row: state.row, client: event.client }, PROBE]
        : [{ kind: 'offered', row: state.row, client: event.client, until: at.now + event.offerMs }, OFFER]
    default:
      return unreachable(state)
  }
}

function request(state: BindingState, event: LeaseEvent & { readonly kind: 'request' }, at: Moment): LeaseStep {
  const { grant, stage, refusal, byHardware } = event
  const owned = owns(state, grant.client.key, byHardware)
  if (state.kind === 'saving') {
    const repeated = owned && state.next.kind === 'bound'
    return [state, repeated ? [{ kind: 'silence', because: 'being-stored' }] : DEFER]
  }
  const known = owned || event.recordElsewhere || stage === 'selecting'
  // Another server may own an address of this subnet that is in none of our pools.
  if (refusal !== undefined && !known && (refusal === 'not-in-pool' || !event.authoritative)) return [state, [{ kind: 'silence', because: 'unknown-client' }]]
  if (refusal !== undefined) return [state, [{ kind: 'refuse', because: refusal }]]
  if (state.kind === 'declined') return [state, [{ kind: 'refuse', because: 'quarantined' }]]
  if (!owned && state.kind !== 'free') return [state, [{ kind: 'refuse', because: 'in-use' }]]
  if (!owned && stage !== 'selecting') {
    if (event.recordElsewhere) return [state, [{ kind: 'refuse', because: 'other-binding' }]]
    // §4.3.2: no record of this client, so remain silent. One that renews by unicast chose us, so we had a record once.
    if (stage !== 'renewing') return [state, [{ kind: 'silence', because: 'unknown-client' }]]
  }
  return bind(state, grant, owned, at)
}

function bind(state: Exclude<BindingState, { kind: 'saving' }>, grant: Grant, owned: boolean, at: Moment): LeaseStep {
  const before = state.row
  const held = state.kind === 'bound' && owned
  const same = before !== undefined && before.state !== 'declined' && leaseClientKey(before) === grant.client.key
  const infinite = grant.seconds === INFINITE_SECONDS
  const after: Lease = {
    address: grant.address,
    subnetId: grant.subnetId,
    state: 'bound',
    hardwareType: grant.client.hardwareType,
    mac: grant.client.mac,
    clientId: grant.client.clientId,
    hostName: grant.hostName ?? (same ? before.hostName : undefined),
    publishedName: same ? before.publishedName : undefined,
    hostId: grant.hostId,
    startedAt: held && same ? state.row.startedAt : at.wallMs,
    renewedAt: at.wallMs,
    expiresAt: infinite ? undefined : at.wallMs + grant.seconds * 1000,
    relayInformation: grant.relayInformation,
    countedUnder: grant.countedUnder,
  }
  const because = !held ? 'dhcp.lease.bound' : same ? 'dhcp.lease.renewed' : 'dhcp.lease.taken-over'
  const next: SettledState = { kind: 'bound', row: after, until: infinite ? undefined : at.now + grant.seconds * 1000 }
  return [
    { kind: 'saving', back: backFrom(state), next, client: grant.client.key },
    [
      { kind: 'save', change: { before, after, because } },
      { kind: 'reply', message: 'ACK' },
    ],
  ]
}

/** Where a failed save leads back to: what is on disk. An offer is not kept. */
const backFrom = (state: Exclude<BindingState, { kind: 'saving' }>): SettledState =>
  state.kind === 'probing' || state.kind === 'offered' ? { kind: 'free', row: state.row } : state

/** Ends a bound lease. The row stays, so that the same client gets the same address again. */
function end(
  state: BindingState & { readonly kind: 'bound' },
  how: 'released' | 'expired',
  because: DhcpEventId,
  at: Moment,
): LeaseStep {
  const row = state.row
  // An expired row keeps the end that was promised; a released one ended now.
  const expiresAt = how === 'expired' ? row.expiresAt : at.wallMs
  const after: Lease = { ...row, state: how, publishedName: undefined, expiresAt }
  return [
    { kind: 'saving', back: state, next: { kind: 'free', row: after }, client: leaseClientKey(row) },
    [{ kind: 'save', change: { before: row, after, because } }],
  ]
}

function take(state: BindingState & { readonly kind: 'free' }, lease: Lease, at: Moment): LeaseStep {
  return [
    { kind: 'saving', back: state, next: settled(lease, at), client: leaseClientKey(lease) },
    [{ kind: 'save', change: { before: state.row, after: lease, because: 'dhcp.lease.imported' } }],
  ]
}

function timeout(state: BindingState, at: Moment): LeaseStep {
  switch (state.kind) {
    case 'offered':
      return [{ kind: 'free', row: state.row }, NOTHING]
    case 'bound':
      return end(state, 'expired', 'dhcp.lease.expired', at)
    // The row stays 'declined' with an end that is past, which says that anybody may have the address: nothing to store.
    case 'declined':
      return [{ kind: 'free', row: state.row }, NOTHING]
    case 'free':
    case 'probing':
    case 'saving':
      return [state, NOTHING]
    default:
      return unreachable(state)
  }
}

function decline(state: BindingState, event: LeaseEvent & { readonly kind: 'decline' }, at: Moment): LeaseStep {
  if (state.kind === 'saving') return [state, DEFER]
  const active = state.kind === 'bound' || state.kind === 'offered' || state.kind === 'probing'
  if (!active || ownerOf(state) !== event.client.key) return [state, [{ kind: 'silence', because: 'not-owner' }]]
  const [next, effects] = setAside(
    state,
    event.address,
    event.subnetId,
    event.client,
    event.quarantineMs,
    'dhcp.lease.declined',
    at,
  )
  // Until that is on disk the client has this lease there: a further one waits, so that no crash leaves it two.
  const own = next.kind === 'saving' && state.kind === 'bound' ? { ...next, client: event.client.key } : next
  return [own, effects]
}

/** The row of a declined address names who uses it, not who said so. */
function holderFound(state: BindingState, holder: Mac): LeaseStep {
  if (state.kind !== 'declined') return [state, NOTHING]
  const after: Lease = { ...state.row, hardwareType: 1, mac: holder, clientId: undefined }
  return [
    { kind: 'saving', back: state, next: { ...state, row: after }, client: undefined },
    [{ kind: 'save', change: { before: state.row, after, because: 'dhcp.decline.holder' } }],
  ]
}

function probeTaken(state: BindingState, event: LeaseEvent & { readonly kind: 'probe-taken' }, at: Moment): LeaseStep {
  if (state.kind !== 'probing') return [state, NOTHING]
  const holder: ClientIdentity = {
    key: clientKey(1, event.holder, undefined),
    hardwareType: 1,
    mac: event.holder,
    clientId: undefined,
  }
  const [next, effects] = setAside(
    state,
    event.address,
    event.subnetId,
    holder,
    event.quarantineMs,
    'dhcp.lease.conflict',
    at,
  )
  // The asking client need not wait for this row: its next address has nothing to do with it.
  return [next, [{ kind: 'next-candidate' }, ...effects]]
}

function setAside(
  state: Exclude<BindingState, { kind: 'saving' }>,
  address: Ipv4,
  subnetId: number,
  client: ClientIdentity,
  quarantineMs: number,
  because: DhcpEventId,
  at: Moment,
): LeaseStep {
  const after: Lease = {
    address,
    subnetId,
    state: 'declined',
    hardwareType: client.hardwareType,
    mac: client.mac,
    clientId: client.clientId,
    hostName: undefined,
    publishedName: undefined,
    hostId: undefined,
    startedAt: at.wallMs,
    renewedAt: at.wallMs,
    expiresAt: at.wallMs + quarantineMs,
    relayInformation: undefined,
    countedUnder: undefined,
  }
  const next: SettledState = { kind: 'declined', row: after, until: at.now + quarantineMs }
  return [
    { kind: 'saving', back: backFrom(state), next, client: undefined },
    [{ kind: 'save', change: { before: state.row, after, because } }],
  ]
}
