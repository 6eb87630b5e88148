/**
 * When a secondary looks at its primaries (RFC 1034 §4.3.5, RFC 1035 §3.3.13), as a state machine: which primary is
 * asked for the serial, when the zone is transferred, when it is tried again.
 *
 *              due, notify, force                  newer serial
 *   waiting ──────────────────────▶ asking ───────────────────────▶ transferring
 *      ▲                              │ ▲ failed: the next primary      │ │
 *      └──── the same serial ─────────┘ └───────────────────────────────┘ │
 *      └──────── a version is in place, or none is left to ask ◀──────────┘
 *
 * When the copy is too old to be served is no state of this machine: `refreshed` says when it was good last.
 */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'
import { isNewerSerial } from '../zone/serial.ts'

/** Between two looks at least: a SOA that says 0 must not make a flood. */
export const LEAST_INTERVAL_S = 2
/** Four weeks: a SOA that says 2^31 must not make a zone that is never looked at. */
export const MOST_INTERVAL_S = 2_419_200
/** While there is no copy there is no SOA that says how soon to try again: from the one to the other, doubling. */
export const FIRST_RETRY_S = 5
export const MOST_FIRST_RETRY_S = 600
/** Between the end of one look and another that a NOTIFY asks for: NOTIFY can be forged. */
export const NOTIFY_QUIET_MS = 500
/** Up to this part of an interval is taken off by chance, so that secondaries do not come all at once. */
const JITTER = 0.1

/** What the copy at hand says; undefined while there is none. */
export type CopyTimes = {
  readonly serial: number
  /** Seconds, as in the SOA. */
  readonly refresh: number
  readonly retry: number
}

type Attempt = {
  /** Which primary. */
  readonly primary: number
  /** Primaries that were asked, this one too. */
  readonly tried: number
  /** Somebody has said meanwhile that there is news: look once more, or take the whole zone. */
  readonly again: 'no' | 'look' | 'whole'
  /** The whole zone, whatever the serial. */
  readonly full: boolean
}
export type RefreshState =
  | {
      readonly kind: 'waiting'
      readonly since: Instant
      readonly at: Instant
      readonly failures: number
      /** What is to be done then: to take the whole zone. */
      readonly full: boolean
    }
  | ({ readonly kind: 'asking'; readonly failures: number } & Attempt)
  | ({ readonly kind: 'transferring'; readonly failures: number } & Attempt)

export type RefreshEvent =
  /** The time set last has come. */
  | { readonly kind: 'due' }
  /** NOTIFY from this primary, which says that it has this serial (RFC 1996 §4). */
  | { readonly kind: 'notify'; readonly primary: number; readonly serial: number | undefined }
  | { readonly kind: 'force'; readonly full: boolean }
  /** The primary has this version. */
  | { readonly kind: 'serial'; readonly serial: number }
  /** It did not say. `mayByTcp`: who is silent by UDP, or refuses, as Knot does for its catalogs, may still speak by TCP. */
  | { readonly kind: 'no-serial'; readonly mayByTcp: boolean }
  /** A new version is durable and served. */
  | { readonly kind: 'transferred' }
  /** The transfer said that there is none. */
  | { readonly kind: 'current' }
  /** `whole`: what changed could not be had or does not fit; the zone as a whole may. */
  | { readonly kind: 'failed'; readonly whole: boolean }

export type RefreshEffect =
  | { readonly kind: 'ask'; readonly primary: number }
  | { readonly kind: 'transfer'; readonly primary: number; readonly full: boolean }
  /** The copy is good as of now. */
  | { readonly kind: 'refreshed' }
  /** No primary gave anything, `failures` times in a row. */
  | { readonly kind: 'gave-up'; readonly failures: number }
  /** A `due` is wanted at this time; the one before is not. */
  | { readonly kind: 'timer'; readonly at: Instant }
export type RefreshStep = readonly [RefreshState, readonly RefreshEffect[]]

export type RefreshContext = {
  readonly now: Instant
  readonly copy: CopyTimes | undefined
  readonly primaries: number
  /** 0 … 1. */
  readonly chance: number
}

/** Before the first look, which is at `at`. */
export const waitUntil = (at: Instant): RefreshStep => [{ kind: 'waiting', since: at, at, failures: 0, full: false }, [{ kind: 'timer', at }]]

export function step(state: RefreshState, event: RefreshEvent, context: RefreshContext): RefreshStep {
  switch (event.kind) {
    case 'due':
      if (state.kind !== 'waiting') return [state, []]
      return state.full ? transfer(state.failures, first(0, true)) : ask(state.failures, 0)
    case 'notify':
      // The serial is a hint that may be believed when it says nothing new: the interval goes on.
      if (context.copy !== undefined && event.serial === context.copy.serial) return [state, []]
      if (state.kind !== 'waiting') return [{ ...state, again: state.again === 'no' ? 'look' : state.again }, []]
      return context.now >= state.since + NOTIFY_QUIET_MS ? ask(state.failures, event.primary) : soon(state)
    case 'force':
      if (state.kind !== 'waiting') return [{ ...state, again: event.full || state.again === 'whole' ? 'whole' : 'look' }, []]
      return event.full ? transfer(state.failures, first(0, true)) : ask(state.failures, 0)
    case 'serial':
      return state.kind === 'asking' ? heard(state, event.serial, context) : [state, []]
    case 'no-serial':
      if (state.kind !== 'asking') return [state, []]
      return event.mayByTcp ? transfer(state.failures, state) : next(state, context)
    case 'transferred':
    case 'current':
      return state.kind === 'transferring' ? done(state, context) : [state, []]
    case 'failed':
      if (state.kind !== 'transferring') return [state, []]
      return event.whole && !state.full ? transfer(state.failures, { ...state, full: true }) : next(state, context)
    default:
      return unreachable(event)
  }
}

const first = (primary: number, full: boolean): Attempt => ({ primary, tried: 1, again: 'no', full })

function ask(failures: number, primary: number): RefreshStep {
  return [{ kind: 'asking', failures, ...first(primary, false) }, [{ kind: 'ask', primary }]]
}

/** As soon as it is quiet enough. */
function soon(state: RefreshState & { readonly kind: 'waiting' }): RefreshStep {
  const at = Math.min(state.at, state.since + NOTIFY_QUIET_MS)
  return [{ ...state, at }, [{ kind: 'timer', at }]]
}

function transfer(failures: number, { primary, tried, again, full }: Attempt): RefreshStep {
  return [{ kind: 'transferring', failures, primary, tried, again, full }, [{ kind: 'transfer', primary, full }]]
}

function heard(state: RefreshState & { readonly kind: 'asking' }, serial: number, context: RefreshContext): RefreshStep {
  const { copy } = context
  if (state.full || copy === undefined || isNewerSerial(serial, copy.serial)) return transfer(state.failures, state)
  // One that is behind us is no authority on what is new: another may know.
  return serial === copy.serial ? done(state, context) : next(state, context)
}

/** The next primary that was not asked yet; with none left, all is tried again later. */
function next(state: RefreshState & { readonly kind: 'asking' | 'transferring' }, context: RefreshContext): RefreshStep {
  if (state.tried < context.primaries) {
    const primary = (state.primary + 1) % context.primaries
    const attempt = { ...state, primary, tried: state.tried + 1 }
    return state.full ? transfer(state.failures, attempt) : [{ ...attempt, kind: 'asking' }, [{ kind: 'ask', primary }]]
  }
  const failures = state.failures + 1
  const seconds = context.copy === undefined
    ? Math.min(MOST_FIRST_RETRY_S, FIRST_RETRY_S * 2 ** Math.min(failures - 1, 10))
    : bounded(context.copy.retry)
  return wait(state, seconds, failures, context, { kind: 'gave-up', failures })
}

function done(state: RefreshState & { readonly kind: 'asking' | 'transferring' }, context: RefreshContext): RefreshStep {
  return wait(state, bounded(context.copy?.refresh ?? FIRST_RETRY_S), 0, context, { kind: 'refreshed' })
}

function wait(
  { again }: Attempt, seconds: number, failures: number, { now, chance }: RefreshContext, effect: RefreshEffect,
): RefreshStep {
  const at = now + (again === 'no' ? 1000 * seconds * (1 - JITTER * chance) : NOTIFY_QUIET_MS)
  return [{ kind: 'waiting', since: now, at, failures, full: again === 'whole' }, [effect, { kind: 'timer', at }]]
}

const bounded = (seconds: number): number => Math.min(MOST_INTERVAL_S, Math.max(LEAST_INTERVAL_S, seconds))
