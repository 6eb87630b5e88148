/**
 * One question on its way to the upstream servers, as a state machine: when to send to which, when to give up.
 * Servers are asked in turn, one more whenever the last has been silent for its wait; earlier ones may still answer.
 * All is over before a client's own time-out of five seconds (RFC 1035 §4.2.1 suggests 2–5 s; glibc waits 5).
 *
 *   asking ──answer──▶ finished          silence: next server, round after round
 *     │ ▲ silence, failure               a server that fails for certain is left out
 *     └─┴── deadline, none left ──▶ finished
 */
import { unreachable } from '../../../stack/platform/index.ts'
import type { Instant } from '../../../stack/platform/index.ts'

/** Below the five seconds that clients wait, with room for the way back. */
export const TOTAL_MS = 4000
/** When all servers are known to be down. */
export const TOTAL_DOWN_MS = 1200
/** Datagrams for one question: they are not to become a flood on a network in trouble. */
export const MAX_ATTEMPTS = 6

export type AskState =
  | {
      readonly kind: 'asking'
      /** Servers, best first. */
      readonly order: readonly number[]
      /** Place in `order` of the server asked last. */
      readonly turn: number
      readonly attempts: number
      /** Servers that cannot help with this question. */
      readonly useless: ReadonlySet<number>
      readonly deadline: Instant
      /** Its last failure, for the log. */
      readonly because: FailReason
    }
  | { readonly kind: 'finished' }

export type FailReason = 'no-answer' | 'unreachable' | 'refused' | 'no-socket' | 'server-failure' | 'malformed'
export type AskEvent =
  /** The timer set last has run. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'answer' }
  /** This server said or showed that it cannot answer. */
  | { readonly kind: 'failure'; readonly server: number; readonly because: FailReason }
  /** It does not understand EDNS; once more without. */
  | { readonly kind: 'no-edns'; readonly server: number }
export type AskEffect =
  | { readonly kind: 'send'; readonly server: number }
  | { readonly kind: 'timer'; readonly at: Instant }
  | { readonly kind: 'silent'; readonly server: number }
  | { readonly kind: 'give-up'; readonly because: FailReason }
export type AskStep = readonly [AskState, readonly AskEffect[]]

/** How long to wait for a server in a round; the round counts from 0. */
export type WaitMs = (server: number, round: number) => number

const FINISHED: AskState = { kind: 'finished' }

/** `order` names at least one server. */
export function begin(order: readonly number[], now: Instant, totalMs: number, wait: WaitMs): AskStep {
  const state: AskState & { kind: 'asking' } = {
    kind: 'asking', order, turn: -1, attempts: 0, useless: new Set(), deadline: now + totalMs, because: 'no-answer',
  }
  return sendNext(state, now, wait, [])
}

export function step(state: AskState, event: AskEvent, now: Instant, wait: WaitMs): AskStep {
  if (state.kind === 'finished') return [state, []]
  switch (event.kind) {
    case 'answer':
      return [FINISHED, []]
    case 'silence': {
      const effects: AskEffect[] = [{ kind: 'silent', server: serverAt(state, state.turn) }]
      return now >= state.deadline ? giveUp(state, effects) : sendNext(state, now, wait, effects)
    }
    case 'failure': {
      const useless = new Set(state.useless).add(event.server)
      const next = { ...state, useless, because: event.because }
      // The server waited for is another one: its timer goes on, unless none is left at all.
      if (event.server !== serverAt(state, state.turn)) return allUseless(next) ? giveUp(next, []) : [next, []]
      return sendNext(next, now, wait, [])
    }
    case 'no-edns': {
      if (state.attempts >= MAX_ATTEMPTS) return giveUp(state, [])
      return [{ ...state, attempts: state.attempts + 1 }, [{ kind: 'send', server: event.server }]]
    }
    default:
      return unreachable(event)
  }
}

type Asking = AskState & { readonly kind: 'asking' }

const serverAt = (state: Asking, turn: number): number => state.order[turn % state.order.length] as number
const allUseless = (state: Asking): boolean => state.order.every((server) => state.useless.has(server))

function giveUp(state: Asking, effects: readonly AskEffect[]): AskStep {
  return [FINISHED, [...effects, { kind: 'give-up', because: state.because }]]
}

/** To the next server that is not useless; when the attempts are used up, the deadline is waited for. */
function sendNext(state: Asking, now: Instant, wait: WaitMs, effects: readonly AskEffect[]): AskStep {
  if (allUseless(state)) return giveUp(state, effects)
  if (state.attempts >= MAX_ATTEMPTS) return [state, [...effects, { kind: 'timer', at: state.deadline }]]
  let turn = state.turn + 1
  while (state.useless.has(serverAt(state, turn))) turn++
  const server = serverAt(state, turn)
  const round = Math.floor(turn / state.order.length)
  const at = Math.min(state.deadline, now + wait(server, round))
  const next: AskState = { ...state, turn, attempts: state.attempts + 1 }
  return [next, [...effects, { kind: 'send', server }, { kind: 'timer', at }]]
}
