/** Whose turn it is, and when a question is given up. */
import { expect, test } from 'vitest'
import { beginTurns, MAX_ATTEMPTS, stepTurns, type TurnsEffect, type TurnsEvent } from '../../../../../services/dns/forwarding/turns.ts'

const slow = (server: number): TurnsEvent => ({ kind: 'slow', server })
const failed = (server: number, because = 'REFUSED'): TurnsEvent => ({ kind: 'failed', server, because })
const said = (effect: TurnsEffect): string => (effect.kind === 'send' ? `send ${effect.server}/${effect.round}` : `give up: ${effect.because}`)

test.each([
  // servers, at once, events, effects of each step
  ['one that answers', 1, false, [{ kind: 'answered' }], ['send 0/0', '']],
  ['the next when one is slow', 2, false, [slow(0)], ['send 0/0', 'send 1/0']],
  ['round after round', 2, false, [slow(0), slow(1), slow(0)], ['send 0/0', 'send 1/0', 'send 0/1', 'send 1/1']],
  ['the next at once when one fails', 2, false, [failed(0)], ['send 0/0', 'send 1/0']],
  ['none left', 2, false, [failed(0), failed(1, 'SERVFAIL')], ['send 0/0', 'send 1/0', 'give up: SERVFAIL']],
  ['one alone is asked once more when it is slow', 1, false, [slow(0)], ['send 0/0', 'send 0/1']],
  ['what failed is left out', 3, false, [failed(0), slow(1), slow(2)], ['send 0/0', 'send 1/0', 'send 2/0', 'send 1/1']],
  ['one that fails late changes nothing for the others', 2, false, [slow(0), failed(0), failed(1, 'silent')], ['send 0/0', 'send 1/0', '', 'give up: REFUSED']],
  ['silence at the end', 1, false, [slow(0), failed(0, 'silent'), failed(0, 'silent')], ['send 0/0', 'send 0/1', '', 'give up: silent']],
  ['all at once', 3, true, [failed(1), failed(0), failed(2, 'silent')], ['send 0/0 send 1/0 send 2/0', '', '', 'give up: REFUSED']],
] as const)('%s', (_what, size, atOnce, events, expected) => {
  let [state, effects] = beginTurns(size, atOnce)
  const steps = [effects.map(said).join(' ')]
  for (const event of events) {
    ;[state, effects] = stepTurns(state, event)
    steps.push(effects.map(said).join(' '))
  }
  expect(steps).toEqual(expected)
})

test('however slow they are, no question becomes a flood, and it ends', () => {
  let [state, effects] = beginTurns(3, false)
  let sent = effects.length
  const underWay: number[] = [0]
  for (let i = 0; i < 50; i++) {
    ;[state, effects] = stepTurns(state, slow(i % 3))
    for (const effect of effects) if (effect.kind === 'send') underWay.push(effect.server)
    sent += effects.length
  }
  expect(sent).toBe(MAX_ATTEMPTS)
  for (const server of underWay) [state, effects] = stepTurns(state, failed(server, 'silent'))
  expect([state.kind, effects.map(said)]).toEqual(['finished', ['give up: silent']])
  expect(stepTurns(state, slow(0))).toEqual([state, []])
})
