/**
 * Whether we serve a link on which another DHCP server may be: one link's state and one function.
 *
 *   searching ──nobody, or the link is ours──▶ serving ──half a minute later, once, on a shared link──▶ searching
 *    ▲    │                                       ▲
 *    │    └─somebody answers on a shared link─▶ silent
 *    └─────────────── a minute later ─────────────┘  (three searches in a row that find nobody end the silence)
 *
 * A search is two DISCOVERs that are never followed by a REQUEST. During the first search, and while we are silent, a
 * shared link is not served. Half a minute later it is searched once more, because a bridge or a switch with spanning
 * tree lets nothing pass for so long. From then on a link that is served stays so, whoever else appears: otherwise one
 * forged packet would take the service away. Such a server is reported.
 */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'

/** The first DISCOVER of a search: at a start the link's other end comes up a moment after ours. */
const FIRST_ASK_MS = 250
/** The second. */
const SECOND_ASK_MS = 1_250
/** How long a search takes: dnsmasq pings an address for 3 s before it offers it. */
export const SEARCH_MS = 4_500
/** After how long a shared link is searched once more: twice the 15 s of IEEE 802.1D §8.10.2, and the search itself. */
export const CONFIRM_MS = 35_000
/** Between two searches while silent. */
const SEARCH_AGAIN_MS = 60_000
/** Searches without an answer after which a silent link is served: a server that restarts is back by then. */
export const QUIET_SEARCHES = 3

export type WatchState =
  /**
   * `held`: not served meanwhile. `yields`: silent when somebody is found. `left`: searches that must find nobody
   * before it is served, this one included. `wasSilent`: it was silent before this search.
   */
  | {
      readonly kind: 'searching'
      readonly asked: 0 | 1 | 2
      readonly until: Instant
      readonly held: boolean
      readonly yields: boolean
      readonly left: number
      readonly wasSilent: boolean
      readonly found: boolean
    }
  | { readonly kind: 'silent'; readonly due: Instant; readonly left: number }
  /** `confirmAt`: when it is searched once more. */
  | { readonly kind: 'serving'; readonly confirmAt: Instant | undefined }

export type WatchEvent =
  | { readonly kind: 'due' }
  /** Another server gave a sign of itself; `answer`: to a search of ours. */
  | { readonly kind: 'seen'; readonly answer: boolean }
  /** An administrator wants a search now. */
  | { readonly kind: 'search' }
  /** The policy was changed: from now on the link is yielded to another server, or served beside it. */
  | { readonly kind: 'policy'; readonly yields: boolean }

export type WatchEffect = 'ask' | 'fell-silent' | 'began-to-serve'
export type WatchStep = readonly [WatchState, readonly WatchEffect[]]

const NOTHING: readonly WatchEffect[] = []
const SERVING: WatchState = { kind: 'serving', confirmAt: undefined }

/** The first state of a link. `yields`: it is shared with others, and not served beside another server. */
export const began = (yields: boolean, now: Instant): WatchStep => search({ ...ONE, held: yields, yields }, now)

type Search = Pick<Extract<WatchState, { kind: 'searching' }>, 'held' | 'yields' | 'left' | 'wasSilent'>

/** A search that serves meanwhile, whatever it finds. */
const ONE: Search = { held: false, yields: false, left: 1, wasSilent: false }

const search = (how: Search, now: Instant): WatchStep => [
  { kind: 'searching', asked: 0, until: now + SEARCH_MS, ...how, found: false },
  NOTHING,
]
const searchAgain = (left: number, now: Instant): WatchStep =>
  search({ held: true, yields: true, left, wasSilent: true }, now)

/** When this state wants a 'due' event; undefined for never. */
export function deadline(s: WatchState): Instant | undefined {
  if (s.kind === 'serving') return s.confirmAt
  if (s.kind === 'silent') return s.due
  const began = s.until - SEARCH_MS
  return s.asked === 0 ? began + FIRST_ASK_MS : s.asked === 1 ? began + SECOND_ASK_MS : s.until
}

/** Requests are not answered in this state. */
export const isHeld = (s: WatchState): boolean => s.kind === 'silent' || (s.kind === 'searching' && s.held)

export function step(s: WatchState, e: WatchEvent, now: Instant): WatchStep {
  switch (e.kind) {
    case 'due': return due(s, now)
    case 'seen':
      // While it is served, only who answers us counts: anybody can name a server that there is not.
      if (s.kind === 'searching') return [s.held || e.answer ? { ...s, found: true } : s, NOTHING]
      return [s.kind === 'silent' ? { ...s, left: QUIET_SEARCHES } : s, NOTHING]
    case 'search':
      if (s.kind === 'searching') return [s, NOTHING]
      return s.kind === 'silent' ? searchAgain(s.left, now) : search(ONE, now)
    case 'policy':
      if (e.yields) return isHeld(s) ? [s, NOTHING] : search({ ...ONE, held: true, yields: true }, now)
      if (isHeld(s)) return [SERVING, ['began-to-serve']]
      return [s.kind === 'searching' ? { ...s, yields: false } : SERVING, NOTHING]
    default: return unreachable(e)
  }
}

function due(s: WatchState, now: Instant): WatchStep {
  if (s.kind === 'serving') return search({ ...ONE, yields: true }, now)
  if (s.kind === 'silent') return searchAgain(s.left, now)
  if (s.asked < 2) return [{ ...s, asked: s.asked === 0 ? 1 : 2 }, ['ask']]
  if (!s.yields) return [SERVING, NOTHING]
  const due = now + SEARCH_AGAIN_MS
  if (s.found) return [{ kind: 'silent', due, left: QUIET_SEARCHES }, s.wasSilent ? NOTHING : ['fell-silent']]
  if (s.left > 1) return [{ kind: 'silent', due, left: s.left - 1 }, NOTHING]
  if (s.wasSilent) return [SERVING, ['began-to-serve']]
  return [s.held ? { kind: 'serving', confirmAt: now + CONFIRM_MS } : SERVING, NOTHING]
}
