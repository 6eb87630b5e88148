import { describe, expect, test } from 'vitest'
import { begin, MAX_ATTEMPTS, step } from '../../../../../services/dns/resolver/ask.ts'
import type { AskEffect, AskEvent, AskStep } from '../../../../../services/dns/resolver/ask.ts'

const wait = (server: number, round: number): number => (100 + server) * (round + 1)
const text = (effects: readonly AskEffect[]): string =>
  effects.map(
    (e) => ('server' in e ? `${e.kind}:${e.server}` : e.kind === 'timer' ? `timer@${e.at}` : `${e.kind}:${e.because}`),
  ).join(' ')

const SILENCE: AskEvent = { kind: 'silence' }
const failure = (server: number): AskEvent => ({ kind: 'failure', server, because: 'refused' })

describe('a question on its way', () => {
  /** Rows: at which time, what happens, what is done. */
  const check = (
    order: readonly number[], totalMs: number, rows: readonly (readonly [number, AskEvent, string])[],
  ): void => {
    let [state]: AskStep = begin(order, 0, totalMs, wait)
    for (const [now, event, effects] of rows) {
      const [next, done] = step(state, event, now, wait)
      expect(text(done)).toBe(effects)
      state = next
    }
  }

  test('begins with the best server', () => {
    expect(text(begin([3, 1], 50, 1000, wait)[1])).toBe('send:3 timer@153')
  })

  test('goes round the servers, waiting longer each time, until the deadline', () => {
    check([0, 1], 450, [
      [100, SILENCE, 'silent:0 send:1 timer@201'],
      [201, SILENCE, 'silent:1 send:0 timer@401'],
      [401, SILENCE, 'silent:0 send:1 timer@450'],
      [450, SILENCE, 'silent:1 give-up:no-answer'],
      [460, SILENCE, ''],
    ])
  })

  test('sends no more than the attempts allow', () => {
    let [state, effects] = begin([0], 0, 1e9, wait)
    let sent = 0
    for (let n = 1; n <= 20; n++) {
      sent += effects.filter((e) => e.kind === 'send').length
      ;[state, effects] = step(state, SILENCE, n, wait)
    }
    expect(sent).toBe(MAX_ATTEMPTS)
  })

  test('leaves out servers that cannot help', () => {
    check([0, 1, 2], 1000, [
      [10, failure(0), 'send:1 timer@111'],
      [111, SILENCE, 'silent:1 send:2 timer@213'],
      // Not the one waited for: its timer goes on.
      [120, failure(1), ''],
      [213, SILENCE, 'silent:2 send:2 timer@417'],
      [220, failure(2), 'give-up:refused'],
    ])
  })

  test('ends when the last that could help has failed, whoever is waited for', () => {
    check([0, 1], 1000, [
      [100, SILENCE, 'silent:0 send:1 timer@201'],
      [150, failure(1), 'send:0 timer@350'],
      [160, failure(0), 'give-up:refused'],
    ])
  })

  test('an answer ends it', () => {
    check([0, 1], 1000, [
      [10, { kind: 'answer' }, ''],
      [100, SILENCE, ''],
      [110, failure(0), ''],
    ])
  })

  test('a server without EDNS is asked once more, within the attempts', () => {
    check([0], 1000, [
      [10, { kind: 'no-edns', server: 0 }, 'send:0'],
      [20, { kind: 'no-edns', server: 0 }, 'send:0'],
      [30, { kind: 'no-edns', server: 0 }, 'send:0'],
      [40, { kind: 'no-edns', server: 0 }, 'send:0'],
      [50, { kind: 'no-edns', server: 0 }, 'send:0'],
      [60, { kind: 'no-edns', server: 0 }, 'give-up:no-answer'],
    ])
  })
})
