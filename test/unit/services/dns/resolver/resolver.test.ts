import { describe, expect, test } from 'vitest'
import { RrsetCache } from '../../../../../services/dns/cache/rrset-cache.ts'
import type { Finding } from '../../../../../services/dns/resolver/finding.ts'
import { TRUST } from '../../../../../services/dns/resolver/finding.ts'
import type { ResolverCount, ResolverOutcome, ResolverPorts } from '../../../../../services/dns/resolver/resolver.ts'
import { CLIENT_MS, OUT_OF_BUDGET, Resolver } from '../../../../../services/dns/resolver/resolver.ts'
import { Budget } from '../../../../../services/dns/resolver/source.ts'
import type { Ask, SourceOutcome } from '../../../../../services/dns/resolver/source.ts'
import { EXTENDED_ERROR, extendedError } from '../../../../../services/dns/wire/extended-errors.ts'
import { formatKey, keyOf, name, ROOT_KEY } from '../../../../../services/dns/wire/name.ts'
import { TYPE } from '../../../../../services/dns/wire/type-names.ts'
import { SeededSecureRandom, VirtualClock } from '../../../../../stack/platform/index.ts'

const FAILED: SourceOutcome = { kind: 'failed', because: 'silent', fault: EXTENDED_ERROR.networkError }
const sought = (text: string, type: number = TYPE.A) => ({ partition: 0, key: keyOf(text), type })

type Asked = { readonly ask: Ask; readonly text: string; reply(outcome: SourceOutcome): void }

class Lab {
  readonly clock = new VirtualClock()
  readonly cache = new RrsetCache({ clock: this.clock, random: new SeededSecureRandom(1) })
  readonly asked: Asked[] = []
  readonly counts: ResolverCount[] = []
  onAsked: (asked: Asked) => void = () => {}
  validate: ResolverPorts['validate'] = (finding, _ask, done) => done({ ...finding, security: 'insecure' })
  readonly resolver = new Resolver({
    clock: this.clock, cache: this.cache, count: (what) => void this.counts.push(what),
    validate: (finding, ask, done) => this.validate(finding, ask, done),
    sourceOf: ({ key }) => (formatKey(key).endsWith('nobody') ? undefined : {
      ask: (ask, reply) => {
        const asked = { ask, text: formatKey(ask.key), reply }
        this.asked.push(asked)
        this.onAsked(asked)
      },
    }),
  }, { maxPending: 4, maxWaiting: 8 })

  finding(text: string, ttl = 60, more: Partial<Finding> = {}): Finding {
    const rrset = { name: name(text), type: TYPE.A, ttl, rdata: [Uint8Array.of(192, 0, 2, 1)] }
    const now = this.clock.now()
    return {
      owner: keyOf(text), type: TYPE.A, kind: 'rrset', answer: [{ rrset, signatures: undefined }], authority: [], trust: TRUST.answer,
      security: 'unchecked', fault: undefined, storedAt: now, expiresAt: now + 1000 * ttl, source: '192.0.2.53', zone: ROOT_KEY, ...more,
    }
  }

  answered(...findings: readonly [Finding, ...Finding[]]): SourceOutcome {
    return { kind: 'answered', findings, server: '192.0.2.53', tookMs: 5 }
  }

  ask(text: string, client?: number): ResolverOutcome[] {
    const told: ResolverOutcome[] = []
    if (!this.resolver.resolve(sought(text), { client }, (outcome) => void told.push(outcome))) told.push({ kind: 'failed', because: 'full', fault: EXTENDED_ERROR.overloaded })
    return told
  }
}

describe('a question to the resolver', () => {
  test('is asked once for all who ask meanwhile, validated and kept', () => {
    const lab = new Lab()
    const first = lab.ask('www.example')
    const second = lab.ask('www.example')
    expect(lab.asked.map(({ text }) => text)).toEqual(['www.example'])
    lab.clock.advance(20)
    lab.asked[0]?.reply(lab.answered(lab.finding('www.example')))
    for (const told of [first, second]) expect(told).toMatchObject([{ kind: 'found', server: '192.0.2.53', tookMs: 20, finding: { security: 'insecure' } }])
    expect(lab.resolver.known(sought('www.example'))?.security).toBe('insecure')
    expect(lab.resolver.pending).toBe(0)
    expect(lab.counts).toEqual(['forward-joined'])
  })

  test('what came with another answer is validated without asking again', () => {
    const lab = new Lab()
    lab.ask('www.example')
    lab.asked[0]?.reply(lab.answered(lab.finding('www.example'), lab.finding('cdn.example')))
    expect(lab.resolver.known(sought('cdn.example'))).toBeUndefined()
    expect(lab.ask('cdn.example')).toMatchObject([{ kind: 'found', server: undefined, finding: { security: 'insecure' } }])
    expect(lab.asked).toHaveLength(1)
  })

  test('what validation has not come to an end with is not kept, and not tried again at once unless something was spent before', () => {
    const lab = new Lab()
    const early = extendedError(0, 'not validated')
    lab.validate = (finding, { budget }, done) => {
      budget.take('signatures')
      done({ ...finding, security: 'bogus', fault: early })
    }
    lab.onAsked = ({ text, reply }) => reply(lab.answered(lab.finding(text)))
    expect(lab.ask('www.example')).toMatchObject([{ kind: 'found', finding: { security: 'bogus' } }])
    expect([lab.resolver.known(sought('www.example')), lab.cache.rrset(0, keyOf('www.example'), TYPE.A), lab.resolver.failedLately(sought('www.example'))]).toEqual([undefined, undefined, early])
    const spent = new Budget()
    spent.take('signatures')
    lab.resolver.resolve(sought('cdn.example'), { budget: spent }, () => {})
    expect(lab.resolver.failedLately(sought('cdn.example'))).toBeUndefined()
    lab.validate = (finding, _ask, done) => done({ ...finding, security: 'bogus', fault: extendedError(6, 'it does not fit') })
    lab.ask('bad.example')
    expect(lab.cache.rrset(0, keyOf('bad.example'), TYPE.A)?.security).toBe('bogus')
  })

  test('a failure is told, and for five seconds, then ten, it is not tried again', () => {
    const lab = new Lab()
    lab.onAsked = ({ reply }) => reply(FAILED)
    expect(lab.ask('www.example')).toMatchObject([{ kind: 'failed', because: 'silent' }])
    for (const seconds of [5, 10, 20]) {
      expect(lab.resolver.failedLately(sought('www.example'))).toBe(EXTENDED_ERROR.networkError)
      lab.clock.advance(1000 * seconds - 1)
      expect(lab.resolver.failedLately(sought('www.example'))).toBeDefined()
      lab.clock.advance(1)
      expect(lab.resolver.failedLately(sought('www.example'))).toBeUndefined()
      lab.ask('www.example')
    }
    lab.resolver.forgetFailures()
    expect(lab.resolver.failedLately(sought('www.example'))).toBeUndefined()
  })

  test('that may cost no more is not remembered as failed', () => {
    const lab = new Lab()
    lab.onAsked = ({ reply }) => reply({ ...FAILED, because: OUT_OF_BUDGET })
    lab.ask('www.example')
    expect(lab.resolver.failedLately(sought('www.example'))).toBeUndefined()
  })

  test('where nobody may be asked it fails', () => {
    expect(new Lab().ask('www.nobody')).toMatchObject([{ kind: 'failed', because: 'nobody to ask' }])
  })

  test('a client is told before it gives up, and the answer is kept when it comes', () => {
    const lab = new Lab()
    const told = lab.ask('www.example')
    lab.clock.advance(CLIENT_MS - 1)
    expect(told).toEqual([])
    lab.clock.advance(1)
    expect(told).toMatchObject([{ kind: 'failed' }])
    lab.asked[0]?.reply(lab.answered(lab.finding('www.example')))
    expect(told).toHaveLength(1)
    expect(lab.resolver.known(sought('www.example'))).toBeDefined()
  })

  test('a source that never answers holds nothing for ever', () => {
    const lab = new Lab()
    lab.ask('www.example')
    lab.clock.advance(20_000)
    expect(lab.resolver.pending).toBe(0)
  })
})

describe('RFC 8767 §5: stale data', () => {
  const old = (): Lab => {
    const lab = new Lab()
    lab.onAsked = ({ reply }) => reply(lab.answered(lab.finding('www.example', 60)))
    lab.ask('www.example')
    lab.onAsked = () => {}
    lab.clock.advance(61_000)
    return lab
  }

  test('is given after 1.8 seconds, while asking goes on', () => {
    const lab = old()
    const told = lab.ask('www.example')
    lab.clock.advance(1799)
    expect(told).toEqual([])
    lab.clock.advance(1)
    expect(told).toMatchObject([{ kind: 'stale', finding: { answer: [{ rrset: { ttl: 30 } }] } }])
    lab.asked[1]?.reply(lab.answered(lab.finding('www.example')))
    expect(lab.resolver.known(sought('www.example'))).toBeDefined()
  })

  test('is given at once when asking fails', () => {
    const lab = old()
    lab.onAsked = ({ reply }) => reply(FAILED)
    expect(lab.ask('www.example')).toMatchObject([{ kind: 'stale' }])
    expect(lab.resolver.stale(sought('www.example'))).toBeDefined()
  })
})

describe('questions for questions', () => {
  test('are asked on the same account, one deeper, and joined', () => {
    const lab = new Lab()
    const found: (Finding | undefined)[] = []
    lab.onAsked = ({ ask, text, reply }) => {
      if (text !== 'www.example') return reply(lab.answered(lab.finding(text)))
      for (const each of ['ns.example', 'ns.example']) lab.resolver.find(keyOf(each), TYPE.A, { ask, validated: false }, (finding) => void found.push(finding))
    }
    lab.ask('www.example')
    expect(found.map((finding) => finding?.security)).toEqual(['unchecked', 'unchecked'])
    expect(lab.asked.map(({ text, ask }) => [text, ask.depth])).toEqual([['www.example', 0], ['ns.example', 1]])
    expect(lab.asked[1]?.ask.budget).toBe(lab.asked[0]?.ask.budget)
  })

  test('circles end at once: of one question, and of several that wait for each other', () => {
    const lab = new Lab()
    const ends: string[] = []
    const next: Readonly<Record<string, string>> = { 'a.example': 'b.example', 'b.example': 'c.example', 'c.example': 'a.example' }
    lab.onAsked = ({ ask, text, reply }) => lab.resolver.find(keyOf(next[text] as string), TYPE.A, { ask, validated: true }, (finding) => {
      ends.push(`${text} ${finding === undefined}`)
      reply(FAILED)
    })
    expect(lab.ask('a.example')).toMatchObject([{ kind: 'failed' }])
    expect(ends).toEqual(['c.example true', 'b.example true', 'a.example true'])
    expect(lab.counts).toContain('resolver-circle')

    // Two that clients asked for, before either needs the other.
    const two = new Lab()
    const a = two.ask('a.example')
    const b = two.ask('b.example')
    const [first, second] = two.asked as [Asked, Asked]
    const needs = (one: Asked, other: string): void => two.resolver.find(keyOf(other), TYPE.A, { ask: one.ask, validated: true }, () => one.reply(FAILED))
    needs(first, 'b.example')
    expect([a, b]).toEqual([[], []])
    needs(second, 'a.example')
    expect([a, b]).toMatchObject([[{ kind: 'failed' }], [{ kind: 'failed' }]])
    expect(two.resolver.pending).toBe(0)
  })

  test('end at a depth, and with the budget', () => {
    const lab = new Lab()
    lab.onAsked = ({ ask, text, reply }) => lab.resolver.find(keyOf(`n${text}`), TYPE.A, { ask, validated: true }, () => reply(FAILED))
    lab.ask('n.example')
    expect(lab.asked).toHaveLength(13)
    const wide = new Lab()
    let refused = 0
    wide.onAsked = ({ ask, text, reply }) => {
      if (text !== 'www.example') return reply(FAILED)
      for (let i = 0; i < 100; i++) wide.resolver.find(keyOf(`n${i}.example`), TYPE.A, { ask, validated: true }, (finding) => (refused += finding === undefined ? 1 : 0))
      reply(FAILED)
    }
    wide.ask('www.example')
    expect(refused).toBe(100)
    expect(wide.asked).toHaveLength(49)
  })
})

describe('bounds', () => {
  test('no more questions are under way than allowed, and no more clients wait; those who may not are told so', () => {
    const lab = new Lab()
    for (let i = 0; i < 4; i++) lab.ask(`n${i}.example`)
    expect(lab.ask('n4.example')).toMatchObject([{ kind: 'failed', because: 'full' }])
    for (let i = 0; i < 4; i++) expect(lab.ask('n0.example')).toEqual([])
    expect(lab.ask('n0.example')).toMatchObject([{ kind: 'failed', because: 'full' }])
    lab.asked[0]?.reply(FAILED)
    expect(lab.ask('n4.example')).toEqual([])
  })

  test('one client does not take the room of the others', () => {
    const lab = new Lab()
    const roomy = new Resolver({ clock: lab.clock, cache: lab.cache, count: () => {}, validate: () => {}, sourceOf: () => ({ ask: () => {} }) })
    let taken = 0
    for (let i = 0; i < 3000; i++) taken += roomy.resolve(sought('www.example'), { client: 7 }, () => {}) ? 1 : 0
    expect(taken).toBe(1024)
    expect(roomy.resolve(sought('www.example'), { client: 8 }, () => {})).toBe(true)
  })

  test('prefetch asks once, and for nobody', () => {
    const lab = new Lab()
    lab.resolver.refresh(sought('www.example'))
    lab.resolver.refresh(sought('www.example'))
    expect(lab.asked).toHaveLength(1)
    lab.asked[0]?.reply(lab.answered(lab.finding('www.example')))
    expect(lab.resolver.known(sought('www.example'))).toBeDefined()
  })
})
