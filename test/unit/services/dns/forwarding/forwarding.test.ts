/** Servers that are forwarded to: who is asked, in which order, and what of their answers is taken. */
import { describe, expect, test } from 'vitest'
import type { AnswerSource } from '../../../../../services/dns/resolver/source.ts'
import { RCODE } from '../../../../../services/dns/wire/message.ts'
import { keyOf } from '../../../../../services/dns/wire/name.ts'
import type { ForwardServer } from '../../../../../services/model/index.ts'
import { clientRule, forwardRule, forwardServer } from '../../../../support/forwarding.ts'
import { ForwardingBench } from '../../../../support/forwarding-bench.ts'

const A = '192.0.2.1'
const B = '192.0.2.2'
const C = '192.0.2.3'
const servers = (...texts: readonly string[]): readonly ForwardServer[] => texts.map(forwardServer)
const CORP = clientRule({ id: 1, domain: 'corp.example', servers: servers(A, B) })
const DEFAULT = forwardRule({ id: 0, origin: 'settings', domain: '.', servers: servers(C) })
const WWW = 'www.corp.example 60 A 192.0.2.7'

describe('which servers', () => {
  test('those of the longest rule, with RD, and the answer comes back', () => {
    const bench = new ForwardingBench([CORP], { fallback: DEFAULT })
    const told = bench.ask('www.corp.example')
    expect(bench.out).toMatchObject([{ to: A, rd: true, cd: false }])
    bench.clock.advance(7)
    bench.last.reply({ answer: WWW })
    expect(told).toMatchObject([{ kind: 'answered', server: A, tookMs: 7, findings: [{ kind: 'rrset', owner: keyOf('www.corp.example'), zone: keyOf('corp.example'), security: 'unchecked', source: A }] }])
    bench.ask('www.example.net')
    expect(bench.to).toEqual([A, C])
    expect(bench.steps).toEqual(['dns.forward.rule', 'dns.forward.server-answered'])
  })

  test('DS records of the domain itself are with the parent', () => {
    const bench = new ForwardingBench([CORP], { fallback: DEFAULT })
    bench.ask('corp.example', 'DS')
    bench.ask('sub.corp.example', 'DS')
    expect(bench.to).toEqual([C, A])
  })

  test('nobody is asked where no rule is for the name', () => {
    const bench = new ForwardingBench([CORP])
    expect(bench.forwarding.sourceOf({ partition: 0, key: keyOf('example.net'), type: 1 })).toBeUndefined()
    expect(bench.forwarding.sourceOf({ partition: 0, key: keyOf('a.corp.example'), type: 1 })).toBe(bench.forwarding)
    expect(bench.ask('example.net')).toMatchObject([{ kind: 'failed', because: 'nobody' }])
    expect(bench.out).toEqual([])
  })

  test('recursion in their place', () => {
    const asked: string[] = []
    const recursion: AnswerSource = { ask: (ask) => void asked.push(ask.key) }
    const bench = new ForwardingBench([clientRule({ id: 1, target: 'recursion', servers: [] })], { fallback: DEFAULT, recursion })
    bench.ask('www.corp.example')
    expect([asked, bench.out]).toEqual([[keyOf('www.corp.example')], []])
  })
})

describe('fail-closed', () => {
  test('when they fail nobody else is asked', () => {
    const bench = new ForwardingBench([CORP], { fallback: DEFAULT })
    const told = bench.ask('www.corp.example')
    bench.out[0]?.reply({ rcode: RCODE.REFUSED })
    bench.out[1]?.fail('refused')
    expect(told).toMatchObject([{ kind: 'failed', because: 'refused' }])
    expect(bench.to).toEqual([A, B])
  })

  test('unless the rule lets others try', () => {
    const bench = new ForwardingBench([{ ...CORP, rule: { ...CORP.rule, failClosed: false } }], { fallback: DEFAULT })
    const told = bench.ask('www.corp.example')
    bench.out[0]?.fail('unreachable')
    bench.out[1]?.fail('unreachable')
    bench.last.reply({ answer: WWW })
    expect([bench.to, told.map(({ kind }) => kind)]).toEqual([[A, B, C], ['answered']])
    expect(bench.steps).toContain('dns.forward.opened')
  })

  test('silence of all is told within the time that clients wait', () => {
    const bench = new ForwardingBench([CORP])
    const told = bench.ask('www.corp.example')
    bench.clock.advance(4000)
    expect(told).toMatchObject([{ kind: 'failed', because: 'no-answer' }])
    expect(bench.out.length).toBeGreaterThan(3)
    expect(bench.out.every(({ cancelled }) => cancelled)).toBe(true)
  })
})

test('a server that is not who was meant is told of once, until it has answered', () => {
  const bench = new ForwardingBench([clientRule({ servers: servers('tls://192.0.2.1#dns.example') })])
  for (let i = 0; i < 3; i++) {
    bench.ask(`a${i}.corp.example`)
    bench.last.fail('untrusted')
  }
  expect(bench.untrusted).toEqual([['tls://192.0.2.1#dns.example', 'untrusted']])
  bench.ask('b.corp.example')
  bench.last.reply({ answer: 'b.corp.example 60 A 192.0.2.7' })
  bench.ask('c.corp.example')
  bench.last.fail('untrusted')
  expect(bench.untrusted).toHaveLength(2)
})

describe('in which order', () => {
  test('ordered: as they are given, the next one when one is slow; the first may still answer', () => {
    const bench = new ForwardingBench([CORP])
    const told = bench.ask('www.corp.example')
    bench.clock.advance(450)
    expect(bench.to).toEqual([A, B])
    bench.out[0]?.reply({ answer: WWW })
    expect(told).toMatchObject([{ kind: 'answered', server: A }])
    expect(bench.out[1]?.cancelled).toBe(true)
  })

  test('ordered: who is down is asked last, and first again when it is back', () => {
    const bench = new ForwardingBench([CORP])
    bench.onOut = (out) => out.to === B && out.reply({ answer: WWW })
    for (let i = 0; i < 3; i++) {
      bench.ask(`a${i}.corp.example`)
      bench.clock.advance(2000)
    }
    expect(bench.down).toEqual([A])
    bench.out.length = 0
    bench.ask('b.corp.example')
    expect(bench.to).toEqual([B])
    bench.clock.advance(20_000)
    bench.out.length = 0
    bench.ask('c.corp.example')
    expect(bench.to[0]).toBe(A)
  })

  test('parallel: all at once, the first good answer counts and the others are called off', () => {
    const bench = new ForwardingBench([clientRule({ strategy: 'parallel', servers: servers(A, B, C) })])
    const told = bench.ask('www.corp.example')
    expect(bench.to).toHaveLength(3)
    const [first, second, third] = bench.out
    first?.reply({ rcode: RCODE.REFUSED })
    second?.reply({ answer: WWW })
    expect(told).toMatchObject([{ kind: 'answered', server: second?.to }])
    expect(third?.cancelled).toBe(true)
  })

  test('fastest: who answered faster lately', () => {
    const bench = new ForwardingBench([clientRule({ strategy: 'fastest', servers: servers(A, B) })])
    const delays = new Map([[A, 90], [B, 5]])
    bench.onOut = (out) => void bench.clock.at(bench.clock.now() + (delays.get(out.to) ?? 0), () => out.reply({ answer: WWW }))
    for (let i = 0; i < 60; i++) {
      bench.ask(`a${i}.corp.example`)
      bench.clock.advance(1000)
    }
    const late = bench.to.slice(-40)
    expect(late.filter((to) => to === B).length).toBeGreaterThan(30)
    // Now and then the other is looked at.
    expect(bench.to).toContain(A)
  })
})

describe('what is taken of an answer', () => {
  test('nothing that lies outside the domain of the rule', () => {
    const bench = new ForwardingBench([CORP], { fallback: DEFAULT })
    const told = bench.ask('www.corp.example')
    bench.last.reply({ answer: 'www.corp.example 60 CNAME bank.example.\nbank.example 60 A 203.0.113.66' })
    expect(told).toMatchObject([{ kind: 'answered', findings: [{ kind: 'alias', owner: keyOf('www.corp.example') }] }])
    expect(told[0]?.kind === 'answered' && told[0].findings.length).toBe(1)
  })

  test.each(['REFUSED', 'SERVFAIL', 'NOTAUTH'] as const)('%s is no answer: the next server is asked', (rcode) => {
    const bench = new ForwardingBench([CORP])
    const told = bench.ask('www.corp.example')
    bench.last.reply({ rcode: RCODE[rcode] })
    // What says so to EDNS alone is asked once more without.
    if (bench.last.to === A) bench.last.reply({ rcode: RCODE[rcode] })
    expect(bench.last.to).toBe(B)
    bench.last.reply({ rcode: RCODE.NXDOMAIN, authority: 'corp.example 60 SOA ns admin 1 2 3 4 60' })
    expect(told).toMatchObject([{ kind: 'answered', server: B, findings: [{ kind: 'nxdomain' }] }])
  })
})

describe('what is to be validated', () => {
  const RRSIG = '. 60 SOA a.example. b.example. 1 2 3 4 5\n. 60 RRSIG SOA 8 0 60 20300101000000 20200101000000 1 . AAAA'
  const WORLD = { partition: 0, key: keyOf('www.example.net'), type: 1 }
  const ALL = forwardRule({ id: 0, origin: 'settings', domain: '.', servers: servers(A, B), strategy: 'ordered' })
  const bench = (validation: 'auto' | 'yes' | 'no'): ForwardingBench => new ForwardingBench([CORP], { fallback: ALL, options: { validation } })

  test('what servers for everything say that give signatures: asked once, remembered, and asked again after an hour', () => {
    const auto = bench('auto')
    const told: boolean[] = []
    for (let i = 0; i < 3; i++) auto.forwarding.isToValidate(WORLD, (isTo) => told.push(isTo))
    expect([auto.out.length, told]).toEqual([1, []])
    auto.last.reply({ answer: RRSIG })
    expect(told).toEqual([true, true, true])
    auto.forwarding.isToValidate(WORLD, (isTo) => told.push(isTo))
    expect([auto.out.length, told.length]).toEqual([1, 4])
    // They then are asked not to validate for us (RFC 6840 §5.9).
    auto.ask('www.example.net')
    expect(auto.last.cd).toBe(true)
    expect(auto.forwarding.states(ALL)).toMatchObject([{ text: A, signs: true, answered: 1, failed: 0, failing: false }, { text: B, answered: 0 }])
    auto.clock.advance(3_600_000)
    auto.forwarding.isToValidate(WORLD, () => {})
    expect(auto.out.length).toBeGreaterThan(2)
  })

  test('not what comes from servers that strip signatures; one that is silent may give them yet', () => {
    const strips = bench('auto')
    const told: boolean[] = []
    strips.forwarding.isToValidate(WORLD, (isTo) => told.push(isTo))
    strips.last.reply({ answer: '. 60 SOA a.example. b.example. 1 2 3 4 5' })
    expect(told).toEqual([false])
    strips.ask('www.example.net')
    expect(strips.last.cd).toBe(false)
    const silent = bench('auto')
    silent.forwarding.isToValidate(WORLD, (isTo) => told.push(isTo))
    silent.clock.advance(4000)
    expect([told, silent.forwarding.states(ALL)[0]?.signs]).toEqual([[false, false], undefined])
    const before = silent.out.length
    silent.clock.advance(30_000)
    silent.forwarding.isToValidate(WORLD, () => {})
    expect(silent.out.length).toBe(before + 1)
  })

  test.each([
    ['auto', 'www.corp.example', false], ['yes', 'www.corp.example', true], ['yes', 'www.example.net', true], ['no', 'www.example.net', false],
  ] as const)('%s: %s, without asking anybody', (validation, name, expected) => {
    const made = bench(validation)
    const told: boolean[] = []
    made.forwarding.isToValidate({ ...WORLD, key: keyOf(name) }, (isTo) => told.push(isTo))
    expect([told, made.out.length]).toEqual([[expected], 0])
    made.ask(name)
    expect(made.last.cd).toBe(validation === 'yes')
  })
})

test('a test asks each server on its own', () => {
  const bench = new ForwardingBench([CORP])
  let results: unknown
  bench.forwarding.test(CORP.rule, keyOf('corp.example'), 6, (all) => void (results = all))
  expect(bench.to).toEqual([A, B])
  bench.out[0]?.reply({ answer: 'corp.example 60 SOA ns admin 1 2 3 4 60' })
  expect(results).toBeUndefined()
  bench.out[1]?.fail('untrusted')
  expect(results).toEqual([
    { server: A, tookMs: 0, rcode: 'NOERROR', records: 1, signed: false, because: undefined }, { server: B, tookMs: 0, rcode: undefined, records: 0, signed: false, because: 'untrusted' },
  ])
})
