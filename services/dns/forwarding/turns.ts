/**
 * One question on its way to the servers of a rule, as a state machine: whom to ask next, and when to give up. Every
 * message has an end of its own (Exchange): an answer, a failure, or the silence at the deadline.
 *
 *   asking ──answered──▶ finished      slow: the next server in turn is asked besides
 *     │ ▲                              failed: that one is left out, the next in turn is asked
 *     └─┴── nobody left, nothing under way ──▶ finished
 */
import { unreachable } from '../../../stack/platform/index.ts'

/** Queries for one question: they are not to become a flood on a network in trouble. */
export const MAX_ATTEMPTS = 8

export type TurnsState =
  | {
      readonly kind: 'asking'
      /** Of servers, from 0. */
      readonly size: number
      /** Whose turn it is next; servers are asked round after round. */
      readonly turn: number
      readonly sent: number
      /** Queries without an end yet. */
      readonly underWay: number
      /** Server asked last. */
      readonly last: number
      /** Those that said or showed that they cannot help. */
      readonly useless: ReadonlySet<number>
      /** Its last failure that is more than silence, else silence. */
      readonly because: string
    }
  | { readonly kind: 'finished' }

export type TurnsEvent =
  /** This server's usual time is over; it may still answer. */
  | { readonly kind: 'slow'; readonly server: number }
  | { readonly kind: 'failed'; readonly server: number; readonly because: string }
  | { readonly kind: 'answered' }
export type TurnsEffect =
  /** The round counts from 0. */
  | { readonly kind: 'send'; readonly server: number; readonly round: number }
  | { readonly kind: 'give-up'; readonly because: string }
export type TurnsStep = readonly [TurnsState, readonly TurnsEffect[]]

const FINISHED: TurnsState = { kind: 'finished' }
export const SILENT = 'silent'

/** `size` servers, at least one; asked one after the other, or `atOnce` the first round all together. */
export function beginTurns(size: number, atOnce: boolean): TurnsStep {
  let state: Asking = { kind: 'asking', size, turn: 0, sent: 0, underWay: 0, last: 0, useless: new Set(), because: SILENT }
  const effects: TurnsEffect[] = []
  for (let i = 0; i < (atOnce ? Math.min(size, MAX_ATTEMPTS) : 1); i++) {
    const [next, sent] = sendNext(state)
    state = next
    effects.push(...sent)
  }
  return [state, effects]
}

export function stepTurns(state: TurnsState, event: TurnsEvent): TurnsStep {
  if (state.kind === 'finished') return [state, []]
  switch (event.kind) {
    case 'answered':
      return [FINISHED, []]
    case 'slow':
      return sendNext(state)
    case 'failed': {
      const isSilent = event.because === SILENT
      const useless = isSilent ? state.useless : new Set(state.useless).add(event.server)
      const ended: Asking = { ...state, useless, underWay: state.underWay - 1, because: isSilent ? state.because : event.because }
      // Of another than the last the time has been over: the next in turn has been asked already.
      const [next, sent] = !isSilent && event.server === state.last ? sendNext(ended) : ([ended, []] as const)
      return next.underWay === 0 ? [FINISHED, [{ kind: 'give-up', because: next.because }]] : [next, sent]
    }
    default:
      return unreachable(event)
  }
}

type Asking = TurnsState & { readonly kind: 'asking' }

/** To the next server that is not useless, as long as there are attempts. */
function sendNext(state: Asking): readonly [Asking, readonly TurnsEffect[]] {
  if (state.sent >= MAX_ATTEMPTS || state.useless.size >= state.size) return [state, []]
  let { turn } = state
  while (state.useless.has(turn % state.size)) turn++
  const server = turn % state.size
  const next: Asking = { ...state, turn: turn + 1, sent: state.sent + 1, underWay: state.underWay + 1, last: server }
  return [next, [{ kind: 'send', server, round: Math.floor(turn / state.size) }]]
}
