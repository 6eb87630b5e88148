import { describe, expect, test } from 'vitest'
import type { Delegation } from '../../../../../services/dns/recursion/delegation.ts'
import { begin, MAX_ATTEMPTS, MAX_ATTEMPTS_AT_ONE, MAX_SEEKING, MAX_SOUGHT, step } from '../../../../../services/dns/recursion/step.ts'
import type { CourseEffect, CourseEvent, CourseState, CourseStep, Surroundings } from '../../../../../services/dns/recursion/step.ts'
import { TRUST } from '../../../../../services/dns/resolver/finding.ts'
import type { Finding } from '../../../../../services/dns/resolver/finding.ts'
import { formatKey, keyOf } from '../../../../../services/dns/wire/name.ts'

/** Servers are numbers here, in the order in which they are liked. */
const around = (shape: Partial<Surroundings> = {}): Surroundings => ({
  minimise: true, order: (servers) => [...servers].sort((a, b) => a - b), isLame: () => false, areDown: () => false, mayAsk: () => true, isNoCut: () => false, ...shape,
})
const zone = (name: string, servers: readonly (readonly [string, ...number[]])[], own: typeof servers = []): Delegation => {
  const list = (all: typeof servers) => all.map(([server, ...addresses]) => ({ name: keyOf(server), addresses }))
  return { zone: keyOf(name), servers: list(servers), own: list(own), expiresAt: 1e9 }
}
const QUESTION = { key: keyOf('www.example.com'), type: 1 }
const ROOT = zone('.', [['a.root', 1], ['b.root', 2]])
const finding = (owner = 'www.example.com'): Finding => ({
  owner: keyOf(owner), type: 1, kind: 'rrset', answer: [], authority: [], trust: TRUST.authoritative, security: 'unchecked', fault: undefined,
  storedAt: 0, expiresAt: 0, source: '', zone: keyOf('example.com'),
})

const text = (effect: CourseEffect): string => {
  switch (effect.kind) {
    case 'ask': return `ask ${effect.server} ${formatKey(effect.asked.key)} round ${effect.round}`
    case 'find': return `find ${formatKey(effect.name)}`
    case 'enter': return `enter ${formatKey(effect.zone)}`
    case 'give-up': return `give up ${effect.because}`
    default: return effect.kind
  }
}
const texts = ([state, effects]: CourseStep): string => [state.kind, ...effects.map(text)].join(' | ')

/** Runs events one after the other; the last step as text. */
function after(first: CourseStep, events: readonly CourseEvent[], surroundings = around()): string {
  let last = first
  for (const event of events) last = step(last[0], event, surroundings)
  return texts(last)
}
const slow = (server: number): CourseEvent => ({ kind: 'slow', server })
const useless = (server: number, because: 'refused' | 'silent' | 'server-failure' | 'over-budget' | 'unreachable' = 'refused'): CourseEvent => ({ kind: 'useless', server, because })
const whole = (delegation: Delegation, surroundings = around({ minimise: false })): CourseStep => begin(QUESTION, delegation, surroundings)

describe('a question on its way', () => {
  test('begins with the best server, and a part of the name', () => {
    expect(texts(begin(QUESTION, ROOT, around()))).toBe('asking | enter . | ask 1 com round 0')
    expect(texts(whole(ROOT))).toBe('asking | enter . | ask 1 www.example.com round 0')
    expect(texts(begin({ key: keyOf('com'), type: 2 }, ROOT, around()))).toBe('asking | enter . | ask 1 com round 0')
  })

  test.each<readonly [string, readonly CourseEvent[], string]>([
    ['silence: the next server', [slow(1)], 'asking | ask 2 www.example.com round 0'],
    ['silence of all: the first once more, with more patience', [slow(1), slow(2)], 'asking | ask 1 www.example.com round 1'],
    ['silence, round after round', Array.from({ length: 2 * MAX_ATTEMPTS_AT_ONE }, (_, i) => slow(1 + (i % 2))), 'finished | forget | give up silent'],
    ['of no use: the next', [useless(1)], 'asking | ask 2 www.example.com round 0'],
    ['all of no use', [useless(1), useless(2)], 'finished | forget | give up refused'],
    ['of no use while another is waited for', [slow(1), useless(1)], 'asking'],
    ['and it is not asked again', [slow(1), useless(1), slow(2)], 'asking | ask 2 www.example.com round 1'],
    ['silence of one that is not waited for', [slow(1), slow(1)], 'asking'],
    ['an answer', [{ kind: 'answer', findings: [finding()] }], 'finished | forget | answer'],
    ['an answer of who was slow', [slow(1), { kind: 'answer', findings: [finding()] }], 'finished | forget | answer'],
    ['time is over', [{ kind: 'deadline' }], 'finished | forget | give up deadline'],
    ['time is over after silence', [slow(1), { kind: 'deadline' }], 'finished | forget | give up silent'],
    ['too many at the zone', [{ kind: 'crowded' }], 'finished | forget | give up crowded'],
    ['nothing left to spend', [useless(1, 'over-budget')], 'finished | forget | give up over-budget'],
    ['a referral', [{ kind: 'referral', delegation: zone('com', [['a.gtld', 7]]) }], 'asking | forget | enter com | ask 7 www.example.com round 0'],
    ['after the end nothing happens', [{ kind: 'deadline' }, slow(1), { kind: 'answer', findings: [finding()] }], 'finished'],
  ])('%s', (_what, events, told) => expect(after(whole(ROOT), events)).toBe(told))

  test.each<readonly [string, readonly CourseEvent[], string]>([
    ['there, and no cut: more of it', [{ kind: 'nothing' }], 'asking | forget | ask 1 example.com round 0'],
    ['there, and there: all of it', [{ kind: 'nothing' }, { kind: 'nothing' }], 'asking | forget | ask 1 www.example.com round 0'],
    ['not there, proven', [{ kind: 'denied', finding: finding(), proven: true }], 'finished | forget | answer'],
    ['not there, says somebody: all of it', [{ kind: 'denied', finding: finding(), proven: false }], 'asking | forget | ask 1 www.example.com round 0'],
    ['an error: all of it, of the same', [useless(1, 'server-failure')], 'asking | forget | ask 1 www.example.com round 0'],
    ['nobody there: another server', [useless(1, 'unreachable')], 'asking | ask 2 com round 0'],
    ['a referral: one label more than that', [{ kind: 'referral', delegation: zone('com', [['a.gtld', 7]]) }], 'asking | forget | enter com | ask 7 example.com round 0'],
    ['after an error whole names to the end', [useless(1, 'server-failure'), { kind: 'referral', delegation: zone('com', [['a.gtld', 7]]) }], 'asking | forget | enter com | ask 7 www.example.com round 0'],
  ])('of a part of the name: %s', (_what, events, told) => expect(after(begin(QUESTION, ROOT, around()), events)).toBe(told))

  test('many servers: no more than so many messages', () => {
    const many = zone('com', Array.from({ length: 14 }, (_, i) => [`n${i}`, i + 1] as const))
    let [state, effects] = whole(many)
    let asked = 0
    for (; state.kind === 'asking'; [state, effects] = step(state, slow(state.server), around())) asked += effects.filter(({ kind }) => kind === 'ask').length
    expect([asked, text(effects.at(-1) as CourseEffect)]).toEqual([MAX_ATTEMPTS, 'give up silent'])
  })

  test('where all are down, two are asked once', () => {
    const down = around({ minimise: false, areDown: () => true })
    const three = whole(zone('com', [['a', 1], ['b', 2], ['c', 3]]), down)
    expect(after(three, [slow(1)], down)).toBe('asking | ask 2 www.example.com round 0')
    expect(after(three, [slow(1), slow(2)], down)).toBe('finished | forget | give up silent')
  })

  test('lame ones come last, and before them those that the zone itself names', () => {
    const both = zone('com', [['a', 1], ['b', 2]], [['c', 3]])
    expect(texts(whole(both))).toBe('asking | enter com | ask 3 www.example.com round 0')
    expect(texts(whole(both, around({ minimise: false, isLame: (server) => server === 3 })))).toBe('asking | enter com | ask 1 www.example.com round 0')
  })

  test('a step that was taken before is not taken again', () => {
    const known = around({ isNoCut: (key) => formatKey(key) === 'example.com' })
    expect(texts(begin(QUESTION, zone('com', [['a', 1]]), known))).toBe('asking | enter com | ask 1 www.example.com round 0')
  })
})

describe('servers whose addresses are not known', () => {
  const found = (name: string, ...addresses: readonly number[]): CourseEvent => ({ kind: 'found', name: keyOf(name), addresses })
  const names = Array.from({ length: 9 }, (_, i) => [`n${i}`] as const)

  test.each<readonly [string, Delegation, readonly CourseEvent[], string]>([
    ['some are looked for', zone('com', names), [], 'seeking | enter com | find n0 | find n1'],
    ['the first that is found is asked', zone('com', names), [found('n1', 5)], 'asking | ask 5 www.example.com round 0'],
    ['others that are found are kept', zone('com', names), [found('n1', 5), found('n0', 6), slow(5)], 'asking | ask 6 www.example.com round 0'],
    ['not found: the next name', zone('com', names), [found('n0')], 'seeking | find n2'],
    ['found twice counts once', zone('com', names), [found('n0'), found('n0', 5)], 'seeking'],
    ['none is there', zone('com', [['n0']]), [found('n0')], 'finished | forget | give up no-address'],
    ['glue first', zone('com', [['n0'], ['n1', 4]]), [], 'asking | enter com | ask 4 www.example.com round 0'],
    ['names when glue is silent, and the glue again meanwhile', zone('com', [['n0'], ['n1', 4]]), [slow(4)], 'asking | find n0 | ask 4 www.example.com round 1'],
    ['names when glue is of no use', zone('com', [['n0'], ['n1', 4]]), [useless(4)], 'seeking | find n0'],
    ['time is over', zone('com', names), [{ kind: 'deadline' }], 'finished | forget | give up deadline'],
  ])('%s', (_what, delegation, events, told) => expect(after(whole(delegation), events)).toBe(told))

  test('a few at once, and a few in all', () => {
    let [state, effects]: readonly [CourseState, readonly CourseEffect[]] = whole(zone('com', names))
    let sought = 0
    while (state.kind === 'seeking') {
      sought += effects.filter(({ kind }) => kind === 'find').length
      expect(state.course.seeking.length).toBeLessThanOrEqual(MAX_SEEKING)
      const [name] = state.course.seeking
      if (name === undefined) break
      ;[state, effects] = step(state, { kind: 'found', name, addresses: [] }, around())
    }
    expect([sought, state.kind]).toEqual([MAX_SOUGHT, 'finished'])
  })

  test('an address that may not be asked is none', () => {
    const strict = around({ minimise: false, mayAsk: (server) => server !== 5 })
    expect(after(whole(zone('com', [['n0']]), strict), [found('n0', 5)], strict)).toBe('finished | forget | give up no-address')
    expect(texts(whole(zone('com', [['n0', 5]]), strict))).toBe('finished | enter com | forget | give up no-address')
  })
})
