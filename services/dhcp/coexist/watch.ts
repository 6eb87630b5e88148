/**
 * Whether we serve a link on which another DHCP server may be: one link's state and one function.
 *
 *            ┌────────── nobody, or we serve regardless ──────────┐
 *   searching ──somebody answers, and the link is shared──▶ silent │
 *                  ▲                                          │    ▼
 *                  └──────────── a minute later ◀─────────────┘  serving
 *
 * A search is two DISCOVERs that are never followed by a REQUEST. While a link is searched for the first time, or we are
 * silent, a shared link is not served. After QUIET_SEARCHES in a row without any sign of another server it is. A link
 * that is served stays so, whoever else appears later: otherwise one forged packet would take the service away. Such a
 * server is reported.
 */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'

/** Between the two DISCOVERs of a search. */
const SECOND_ASK_MS = 1_500
/** How long answers are waited for: dnsmasq pings an address for 3 s before it offers it. */
export const SEARCH_MS = 4_000
/** Between two searches while silent. */
const SEARCH_AGAIN_MS = 60_000
/** Searches without an answer after which a silent link is served: a server that restarts is back by then. */
export const QUIET_SEARCHES = 3

export type WatchState =
  /**
   * `held`: not served meanwhile. `left`: searches that must find nobody before it is served, this one included.
   * `wasSilent`: it was silent before this search.
   */
  | {
      readonly kind: 'searching'
      readonly asked: 1 | 2
      readonly until: Instant
      readonly held: boolean
      readonly left: number
      readonly wasSilent: boolean
      readonly found: boolean
    }
  | { readonly kind: 'silent'; readonly due: Instant; readonly left: number }
  | { readonly kind: 'serving' }

export type WatchEvent =
  | { readonly kind: 'due' }
  /** Another server gave a sign of itself. */
  | { readonly kind: 'seen' }
  /** An administrator wants a search now. */
  | { readonly kind: 'search' }
  /** The policy was changed: from now on the link is yielded to another server, or served beside it. */
  | { readonly kind: 'policy'; readonly yields: boolean }

export type WatchEffect = 'ask' | 'fell-silent' | 'began-to-serve'
export type WatchStep = readonly [WatchState, readonly WatchEffect[]]

const NOTHING: readonly WatchEffect[] = []
const SERVING: WatchState = { kind: 'serving' }

/** The first state of a link. `yields`: it is shared with others, and not served beside another server. */
export const began = (yields: boolean, now: Instant): WatchStep => search(yields, 1, false, now)

const search = (held: boolean, left: number, wasSilent: boolean, now: Instant): WatchStep => [
  { kind: 'searching', asked: 1, until: now + SEARCH_MS, held, left, wasSilent, found: false },
  ['ask'],
]

/** When this state wants a 'due' event; undefined for never. */
export function deadline(s: WatchState): Instant | undefined {
  if (s.kind === 'serving') return undefined
  if (s.kind === 'silent') return s.due
  return s.asked === 1 ? s.until - SEARCH_MS + SECOND_ASK_MS : s.until
}

/** Requests are not answered in this state. */
export const isHeld = (s: WatchState): boolean => s.kind === 'silent' || (s.kind === 'searching' && s.held)

export function step(s: WatchState, e: WatchEvent, now: Instant): WatchStep {
  switch (e.kind) {
    case 'due': return due(s, now)
    case 'seen':
      if (s.kind === 'searching') return [{ ...s, found: true }, NOTHING]
      return [s.kind === 'silent' ? { ...s, left: QUIET_SEARCHES } : s, NOTHING]
    case 'search':
      if (s.kind === 'searching') return [s, NOTHING]
      return s.kind === 'silent' ? search(true, s.left, true, now) : search(false, 1, false, now)
    case 'policy':
      if (!e.yields) return isHeld(s) ? [SERVING, ['began-to-serve']] : [s, NOTHING]
      return isHeld(s) ? [s, NOTHING] : search(true, 1, false, now)
    default: return unreachable(e)
  }
}

function due(s: WatchState, now: Instant): WatchStep {
  if (s.kind === 'serving') return [s, NOTHING]
  if (s.kind === 'silent') return search(true, s.left, true, now)
  if (s.asked === 1) return [{ ...s, asked: 2 }, ['ask']]
  if (!s.held) return [SERVING, NOTHING]
  const due = now + SEARCH_AGAIN_MS
  if (s.found) return [{ kind: 'silent', due, left: QUIET_SEARCHES }, s.wasSilent ? NOTHING : ['fell-silent']]
  if (s.left > 1) return [{ kind: 'silent', due, left: s.left - 1 }, NOTHING]
  return [SERVING, s.wasSilent ? ['began-to-serve'] : NOTHING]
}
