/** When a secondary asks whom: RFC 1034 §4.3.5 as a table of the machine. */
import { describe, expect, test } from 'vitest'
import {
  FIRST_RETRY_S, LEAST_INTERVAL_S, MOST_FIRST_RETRY_S, MOST_INTERVAL_S, NOTIFY_QUIET_MS, step,
  type RefreshContext, type RefreshEvent, type RefreshState,
} from '../../../../../services/dns/transfer/refresh.ts'

const COPY = { serial: 10, refresh: 3600, retry: 600 }
const CONTEXT: RefreshContext = { now: 1_000_000, copy: COPY, primaries: 2, chance: 0 }
const waiting = { kind: 'waiting', since: 0, at: 1_000_000, failures: 0, full: false } as const
const asking = { kind: 'asking', failures: 0, primary: 0, tried: 1, again: 'no', full: false } as const
const transferring = { ...asking, kind: 'transferring' } as const
const second = { primary: 1, tried: 2 } as const

/** What it does, in a word each: "ask 0", "transfer 1 whole", "wait 3600", "refreshed", "gave-up 1". */
function does(state: RefreshState, event: RefreshEvent, change: Partial<RefreshContext> = {}): string {
  const context = { ...CONTEXT, ...change }
  const [next, effects] = step(state, event, context)
  const said = effects.map((effect) => {
    switch (effect.kind) {
      case 'ask': return `ask ${effect.primary}`
      case 'transfer': return `transfer ${effect.primary}${effect.full ? ' whole' : ''}`
      case 'timer': return `wait ${(effect.at - context.now) / 1000}`
      case 'gave-up': return `gave-up ${effect.failures}`
      case 'refreshed': return 'refreshed'
    }
  })
  return [...said, `→ ${next.kind}`].join(', ')
}

describe('RFC 1034 §4.3.5 the refresh machine', () => {
  test.each<[string, RefreshState, RefreshEvent, string, Partial<RefreshContext>?]>([
    ['the refresh time is over', waiting, { kind: 'due' }, 'ask 0, → asking'],
    ['the same serial: good for another refresh time', asking, { kind: 'serial', serial: 10 }, 'refreshed, wait 3600, → waiting'],
    ['a newer serial', asking, { kind: 'serial', serial: 11 }, 'transfer 0, → transferring'],
    ['a newer serial around the corner (RFC 1982)', asking, { kind: 'serial', serial: 5 }, 'transfer 0, → transferring', { copy: { ...COPY, serial: 0xffff_fff0 } }],
    ['any serial while there is no copy', asking, { kind: 'serial', serial: 0 }, 'transfer 0, → transferring', { copy: undefined }],
    ['an older serial: the other primary may know more', asking, { kind: 'serial', serial: 9 }, 'ask 1, → asking'],
    ['an older serial of the last one', { ...asking, ...second }, { kind: 'serial', serial: 9 }, 'gave-up 1, wait 600, → waiting'],
    ['no answer over UDP: over TCP', asking, { kind: 'no-serial', mayByTcp: true }, 'transfer 0, → transferring'],
    ['an answer of no use', asking, { kind: 'no-serial', mayByTcp: false }, 'ask 1, → asking'],
    ['the last one is of no use', { ...asking, ...second }, { kind: 'no-serial', mayByTcp: false }, 'gave-up 1, wait 600, → waiting'],
    ['a version is in place', transferring, { kind: 'transferred' }, 'refreshed, wait 3600, → waiting'],
    ['the transfer says that nothing is new', transferring, { kind: 'current' }, 'refreshed, wait 3600, → waiting'],
    ['what changed does not fit', transferring, { kind: 'failed', whole: true }, 'transfer 0 whole, → transferring'],
    ['nor does the whole', { ...transferring, full: true }, { kind: 'failed', whole: true }, 'transfer 1 whole, → transferring'],
    ['the transfer fails', transferring, { kind: 'failed', whole: false }, 'ask 1, → asking'],
    ['all transfers fail', { ...transferring, ...second, failures: 3 }, { kind: 'failed', whole: false }, 'gave-up 4, wait 600, → waiting'],
    ['the only one fails', transferring, { kind: 'failed', whole: false }, 'gave-up 1, wait 600, → waiting', { primaries: 1 }],
    ['the last one was asked first', { ...asking, primary: 1 }, { kind: 'no-serial', mayByTcp: false }, 'ask 0, → asking'],
  ])('%s', (_what, state, event, expected, change) => expect(does(state, event, change)).toBe(expected))

  test.each<[string, RefreshState, RefreshEvent]>([
    ['due while asking', asking, { kind: 'due' }],
    ['a serial while waiting', waiting, { kind: 'serial', serial: 11 }],
    ['no serial while transferring', transferring, { kind: 'no-serial', mayByTcp: true }],
    ['a failure while waiting', waiting, { kind: 'failed', whole: true }],
    ['a version while asking', asking, { kind: 'transferred' }],
  ])('what comes late changes nothing: %s', (_what, state, event) => expect(step(state, event, CONTEXT)).toEqual([state, []]))

  test.each([
    ['a SOA of zeros', { ...COPY, refresh: 0 }, LEAST_INTERVAL_S],
    ['a SOA of 68 years', { ...COPY, refresh: 0x7fff_ffff }, MOST_INTERVAL_S],
  ])('%s has a bound', (_what, copy, seconds) => expect(does(asking, { kind: 'serial', serial: 10 }, { copy })).toBe(`refreshed, wait ${seconds}, → waiting`))

  test('chance takes off up to a tenth', () => {
    expect(does(asking, { kind: 'serial', serial: 10 }, { chance: 1 })).toBe('refreshed, wait 3240, → waiting')
  })

  test('without a copy it is tried again soon, then more rarely', () => {
    const waits = [0, 1, 2, 30].map((failures) => does({ ...transferring, failures }, { kind: 'failed', whole: false }, { primaries: 1, copy: undefined }))
    expect(waits.map((said) => Number(/wait (\d+)/.exec(said)?.[1]))).toEqual([FIRST_RETRY_S, 2 * FIRST_RETRY_S, 4 * FIRST_RETRY_S, MOST_FIRST_RETRY_S])
  })
})

describe('RFC 1996 §4 NOTIFY, and who wants it at once', () => {
  const notify = { kind: 'notify', primary: 1, serial: undefined } as const
  const quiet = NOTIFY_QUIET_MS / 1000

  test.each<[string, RefreshState, RefreshEvent, string]>([
    ['§4.4 the primary that told is asked', { ...waiting, at: 5_000_000 }, notify, 'ask 1, → asking'],
    ['§3.7 it tells a serial that is here', { ...waiting, at: 5_000_000 }, { ...notify, serial: 10 }, '→ waiting'],
    ['right after a look: a little later', { ...waiting, since: 1_000_000, at: 5_000_000 }, notify, `wait ${quiet}, → waiting`],
    ['by force', { ...waiting, at: 5_000_000 }, { kind: 'force', full: false }, 'ask 0, → asking'],
    ['by force, all of it', { ...waiting, at: 5_000_000 }, { kind: 'force', full: true }, 'transfer 0 whole, → transferring'],
    ['one more look is due', { ...asking, again: 'look' }, { kind: 'serial', serial: 10 }, `refreshed, wait ${quiet}, → waiting`],
    ['one more look is due after a failure', { ...asking, ...second, again: 'look' }, { kind: 'no-serial', mayByTcp: false }, `gave-up 1, wait ${quiet}, → waiting`],
    ['the whole is due', { ...waiting, full: true }, { kind: 'due' }, 'transfer 0 whole, → transferring'],
  ])('%s', (_what, state, event, expected) => expect(does(state, event)).toBe(expected))

  test.each([
    ['NOTIFY', asking, notify, 'look'],
    ['NOTIFY after force', { ...asking, again: 'whole' } as const, notify, 'whole'],
    ['force', transferring, { kind: 'force', full: false } as const, 'look'],
    ['force, all of it', transferring, { kind: 'force', full: true } as const, 'whole'],
  ])('while it is at it, %s is remembered', (_what, state, event, again) => {
    expect(step(state, event, CONTEXT)).toEqual([{ ...state, again }, []])
  })

  test('what is remembered counts', () => {
    const [state] = step({ ...transferring, again: 'whole' }, { kind: 'transferred' }, CONTEXT)
    expect(state).toMatchObject({ kind: 'waiting', full: true })
  })
})
