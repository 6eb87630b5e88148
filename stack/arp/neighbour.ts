/**
 * One neighbour: the life of an address-to-address mapping as a state machine (RFC 826; RFC 1122 §2.3.2).
 *
 *   unknown ──wanted──▶ incomplete ──heard──▶ complete ──due, in use──▶ polling ──heard──▶ complete
 *                          │  ▲                   │                        │
 *                   3 asks │  │ wanted            │ due, not in use        │ 3 polls
 *                          ▼  │ (≥ 1 s later)     ▼                        ▼
 *                         failed ──3 min──▶     removed                  removed
 *
 * Times are ms of the injected clock.
 */
import { unreachable } from '../platform/index.ts'
import type { Instant } from '../platform/index.ts'

/** RFC 1122 §2.3.2.1: no more than one request a second for one address. */
export const ASK_INTERVAL_MS = 1_000
/** Requests, then polls, without an answer before we give up. */
export const MAX_ASKS = 3
/** A mapping that was not heard again for this long is forgotten (RFC 1122 §2.3.2.1, time-out). */
export const COMPLETE_MS = 20 * 60_000
/** An address that did not answer is listed for this long. */
export const INCOMPLETE_MS = 3 * 60_000
/** A mapping in use is polled by unicast so long before it ends (RFC 1122 §2.3.2.1, unicast poll). */
export const POLL_LEAD_MS = MAX_ASKS * ASK_INTERVAL_MS

export type NeighbourState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'incomplete'; readonly asks: number; readonly askedAt: Instant; readonly until: Instant }
  | { readonly kind: 'failed'; readonly askedAt: Instant; readonly until: Instant }
  /** `pollAt` is undefined once it was found not to be in use. */
  | {
      readonly kind: 'complete'
      readonly mac: Uint8Array
      readonly pollAt: Instant | undefined
      readonly until: Instant
    }
  | {
      readonly kind: 'polling'
      readonly mac: Uint8Array
      readonly asks: number
      readonly askedAt: Instant
      readonly until: Instant
    }
  | { readonly kind: 'static'; readonly mac: Uint8Array }

export type NeighbourEvent =
  /** A datagram is to go there and there is no mapping. */
  | { readonly kind: 'wanted' }
  /** An ARP packet shows its hardware address. */
  | { readonly kind: 'heard'; readonly mac: Uint8Array }
  /** deadline() has come. `used`: a datagram went there since it was last heard. */
  | { readonly kind: 'due'; readonly used: boolean }

export type NeighbourEffect =
  /** Send a request, to one hardware address or (undefined) to all. */
  | { readonly kind: 'ask'; readonly to: Uint8Array | undefined }
  /** What waits may go. */
  | { readonly kind: 'release' }
  /** What waits is dropped, and its senders are told. */
  | { readonly kind: 'fail' }
  | { readonly kind: 'remove' }

export type NeighbourStep = readonly [NeighbourState, readonly NeighbourEffect[]]

export const UNKNOWN: NeighbourState = { kind: 'unknown' }
const NOTHING: readonly NeighbourEffect[] = []
const ASK_ALL: readonly NeighbourEffect[] = [{ kind: 'ask', to: undefined }]
const RELEASE: readonly NeighbourEffect[] = [{ kind: 'release' }]
const FAIL: readonly NeighbourEffect[] = [{ kind: 'fail' }]
const REMOVE: readonly NeighbourEffect[] = [{ kind: 'remove' }]

export function step(state: NeighbourState, event: NeighbourEvent, now: Instant): NeighbourStep {
  switch (event.kind) {
    case 'wanted': return wanted(state, now)
    case 'heard': return heard(state, event.mac, now)
    case 'due': return due(state, event.used, now)
    default: return unreachable(event)
  }
}

/** When the state next wants a 'due'; undefined for never. */
export function deadline(state: NeighbourState): Instant | undefined {
  switch (state.kind) {
    case 'incomplete': return state.askedAt + ASK_INTERVAL_MS
    case 'polling': return Math.min(state.askedAt + ASK_INTERVAL_MS, state.until)
    case 'complete': return state.pollAt ?? state.until
    case 'failed': return state.until
    default: return undefined
  }
}

function wanted(state: NeighbourState, now: Instant): NeighbourStep {
  const asked: NeighbourState = { kind: 'incomplete', asks: 1, askedAt: now, until: now + INCOMPLETE_MS }
  switch (state.kind) {
    case 'unknown': return [asked, ASK_ALL]
    case 'failed': return now - state.askedAt < ASK_INTERVAL_MS ? [state, NOTHING] : [asked, ASK_ALL]
    default: return [state, NOTHING]
  }
}

function heard(state: NeighbourState, mac: Uint8Array, now: Instant): NeighbourStep {
  if (state.kind === 'static') return [state, NOTHING]
  const until = now + COMPLETE_MS
  return [{ kind: 'complete', mac, pollAt: until - POLL_LEAD_MS, until }, RELEASE]
}

function due(state: NeighbourState, used: boolean, now: Instant): NeighbourStep {
  switch (state.kind) {
    case 'incomplete':
      if (state.asks === MAX_ASKS) return [{ kind: 'failed', askedAt: state.askedAt, until: state.until }, FAIL]
      return [{ ...state, asks: state.asks + 1, askedAt: now }, ASK_ALL]
    case 'failed': return [UNKNOWN, REMOVE]
    case 'complete':
      if (now >= state.until) return [UNKNOWN, REMOVE]
      if (!used) return [{ ...state, pollAt: undefined }, NOTHING]
      return [
        { kind: 'polling', mac: state.mac, asks: 1, askedAt: now, until: state.until },
        [{ kind: 'ask', to: state.mac }],
      ]
    case 'polling':
      if (state.asks === MAX_ASKS || now >= state.until) return [UNKNOWN, REMOVE]
      return [{ ...state, asks: state.asks + 1, askedAt: now }, [{ kind: 'ask', to: state.mac }]]
    default: return [state, NOTHING]
  }
}
