/** Whether a link is served on which another DHCP server may be, as a table. */
import { describe, expect, test } from 'vitest'
import { began, CONFIRM_MS, deadline, isHeld, QUIET_SEARCHES, SEARCH_MS, step, type WatchEvent, type WatchState } from '../../../../services/dhcp/coexist/watch.ts'

const NOW = 100_000
const searching = (change: Partial<Extract<WatchState, { kind: 'searching' }>> = {}): WatchState => ({
  kind: 'searching', asked: 2, until: NOW, held: true, yields: true, left: 1, wasSilent: false, found: false, ...change,
})
const silent = (left: number): WatchState => ({ kind: 'silent', due: NOW, left })
const SERVING: WatchState = { kind: 'serving', confirmAt: undefined }
const ONCE_MORE: WatchState = { kind: 'serving', confirmAt: NOW }
const ours = { held: false, yields: false } as const
const confirming = { held: false, yields: true } as const
const DUE: WatchEvent = { kind: 'due' }
const SEEN: WatchEvent = { kind: 'seen', answer: false }
const ANSWER: WatchEvent = { kind: 'seen', answer: true }
const SEARCH: WatchEvent = { kind: 'search' }
const policy = (yields: boolean): WatchEvent => ({ kind: 'policy', yields })

describe('one link', () => {
  test.each([
    // what                                           from                                     event  to            held   effects
    ['the first question', searching({ asked: 0 }), DUE, 'searching', true, ['ask']],
    ['the second question', searching({ asked: 1 }), DUE, 'searching', true, ['ask']],
    ['nobody: it is served', searching(), DUE, 'serving', false, []],
    ['somebody on a shared link: silence', searching({ found: true }), DUE, 'silent', true, ['fell-silent']],
    ['somebody on a link of our own: served', searching({ ...ours, found: true }), DUE, 'serving', false, []],
    ['half a minute later a shared link is searched once more', ONCE_MORE, DUE, 'searching', false, []],
    ['… nobody: it stays served', searching(confirming), DUE, 'serving', false, []],
    ['… somebody: silence', searching({ ...confirming, found: true }), DUE, 'silent', true, ['fell-silent']],
    ['beside others meanwhile', searching({ ...confirming, found: true }), policy(false), 'searching', false, []],
    ['silent: searched again', silent(3), DUE, 'searching', true, []],
    ['still there: no news', searching({ wasSilent: true, left: 2, found: true }), DUE, 'silent', true, []],
    ['quiet once', searching({ wasSilent: true, left: 3 }), DUE, 'silent', true, []],
    ['quiet long enough', searching({ wasSilent: true, left: 1 }), DUE, 'serving', false, ['began-to-serve']],
    ['seen while it is served: it goes on', SERVING, SEEN, 'serving', false, []],
    ['an administrator searches', SERVING, SEARCH, 'searching', false, []],
    ['while silent', silent(2), SEARCH, 'searching', true, []],
    ['during a search', searching(), SEARCH, 'searching', true, []],
    ['beside others from now on', silent(3), policy(false), 'serving', false, ['began-to-serve']],
    ['in the first search too', searching(), policy(false), 'serving', false, ['began-to-serve']],
    ['yielding from now on', SERVING, policy(true), 'searching', true, []],
    ['no second look when it is not to yield', ONCE_MORE, policy(false), 'serving', false, []],
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

  test('a search asks after a moment and a second later, and takes four and a half', () => {
    const [first, effects] = began(true, NOW)
    expect([effects, isHeld(first), deadline(first)]).toEqual([[], true, NOW + 250])
    const [second] = step(first, DUE, NOW + 250)
    expect(deadline(second)).toBe(NOW + 1_250)
    const [third] = step(second, DUE, NOW + 1_250)
    expect(deadline(third)).toBe(NOW + SEARCH_MS)
    expect(isHeld(began(false, NOW)[0])).toBe(false)
  })

  test('a shared link is searched once more, and then never again by itself', () => {
    const [served] = step(searching(), DUE, NOW)
    expect(deadline(served)).toBe(NOW + CONFIRM_MS)
    const [confirmed] = step(searching(confirming), DUE, NOW)
    expect(deadline(confirmed)).toBeUndefined()
    expect(deadline(step(searching(ours), DUE, NOW)[0])).toBeUndefined()
  })

  test.each([
    ['in the first search any sign counts', searching(), SEEN, true],
    ['in the second only an answer to it', searching(confirming), SEEN, false],
    ['which does', searching(confirming), ANSWER, true],
  ] as const)('%s', (_, from, event, found) => {
    expect(step(from, event, NOW)[0]).toMatchObject({ found })
  })
})
