/** Whether a link is served on which another DHCP server may be, as a table. */
import { describe, expect, test } from 'vitest'
import { began, deadline, isHeld, QUIET_SEARCHES, SEARCH_MS, step, type WatchEvent, type WatchState } from '../../../../services/dhcp/coexist/watch.ts'

const NOW = 100_000
const searching = (change: Partial<Extract<WatchState, { kind: 'searching' }>> = {}): WatchState => ({
  kind: 'searching', asked: 2, until: NOW, held: true, left: 1, wasSilent: false, found: false, ...change,
})
const silent = (left: number): WatchState => ({ kind: 'silent', due: NOW, left })
const SERVING: WatchState = { kind: 'serving' }
const DUE: WatchEvent = { kind: 'due' }
const SEEN: WatchEvent = { kind: 'seen' }
const SEARCH: WatchEvent = { kind: 'search' }
const policy = (yields: boolean): WatchEvent => ({ kind: 'policy', yields })

describe('one link', () => {
  test.each([
    // what                                           from                                     event  to            held   effects
    ['the second question', searching({ asked: 1 }), DUE, 'searching', true, ['ask']],
    ['nobody: it is served', searching(), DUE, 'serving', false, []],
    ['somebody on a shared link: silence', searching({ found: true }), DUE, 'silent', true, ['fell-silent']],
    ['somebody on a link of our own: served', searching({ held: false, found: true }), DUE, 'serving', false, []],
    ['silent: searched again', silent(3), DUE, 'searching', true, ['ask']],
    ['still there: no news', searching({ wasSilent: true, left: 2, found: true }), DUE, 'silent', true, []],
    ['quiet once', searching({ wasSilent: true, left: 3 }), DUE, 'silent', true, []],
    ['quiet long enough', searching({ wasSilent: true, left: 1 }), DUE, 'serving', false, ['began-to-serve']],
    ['seen while it is served: it goes on', SERVING, SEEN, 'serving', false, []],
    ['an administrator searches', SERVING, SEARCH, 'searching', false, ['ask']],
    ['while silent', silent(2), SEARCH, 'searching', true, ['ask']],
    ['during a search', searching(), SEARCH, 'searching', true, []],
    ['beside others from now on', silent(3), policy(false), 'serving', false, ['began-to-serve']],
    ['in the first search too', searching(), policy(false), 'serving', false, ['began-to-serve']],
    ['yielding from now on', SERVING, policy(true), 'searching', true, ['ask']],
    ['nothing new', silent(2), policy(true), 'silent', true, []],
  ] as const)('%s', (_, from, event, to, held, effects) => {
    const [state, done] = step(from, event, NOW)
    expect([state.kind, isHeld(state), done]).toEqual([to, held, effects])
  })

  test('silence ends after three searches in a row that found nobody; a sign begins the count anew', () => {
    expect(step(silent(1), SEEN, NOW)[0]).toMatchObject({ kind: 'silent', left: QUIET_SEARCHES })
    let state: WatchState = silent(QUIET_SEARCHES)
    let searches = 0
    for (let i = 0; i < 20 && state.kind !== 'serving'; i++) {
      if (state.kind === 'silent') searches++
      state = step(state, DUE, deadline(state) as number)[0]
    }
    expect([state.kind, searches]).toEqual(['serving', QUIET_SEARCHES])
  })

  test('a first search asks at once and again, and ends after four seconds', () => {
    const [first, effects] = began(true, NOW)
    expect([effects, isHeld(first), deadline(first)]).toEqual([['ask'], true, NOW + 1_500])
    const [second] = step(first, DUE, NOW + 1_500)
    expect(deadline(second)).toBe(NOW + SEARCH_MS)
    expect(isHeld(began(false, NOW)[0])).toBe(false)
  })
})
