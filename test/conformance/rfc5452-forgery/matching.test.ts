import { describe, expect, test } from 'vitest'
import { MAX_STRAYS } from '../../../services/dns/resolver/exchange.ts'
import { replyTo } from '../../support/dns.ts'
import { ExchangeBench } from '../../support/exchange-bench.ts'
import type { Carried } from '../../support/exchange-bench.ts'
import { RecursionBench, smallInternet } from '../../support/recursion-bench.ts'

const A = 'www.example.com 60 A 192.0.2.7'
const changed = (bytes: Uint8Array, at: number, octet: number): Uint8Array => bytes.map((was, i) => (i === at ? octet : was))
/** Offsets of the question www.example.com A IN: name at 12, type after its 17 octets, class after that. */
const TYPE_AT = 12 + 17
const CLASS_AT = TYPE_AT + 2

describe('RFC 5452 §9.1 a response is one to a query that is outstanding', () => {
  test.each<readonly [string, (sent: Carried) => Uint8Array]>([
    ['another id', (sent) => replyTo(sent, { answer: A, id: sent.id ^ 1 })],
    ['another name', (sent) => changed(replyTo(sent, { answer: A }), 14, 0x78)],
    ['a shorter name', (sent) => replyTo(sent, { answer: A, question: Uint8Array.from([1, 0x78, 0, 0, 1, 0, 1]) })],
    ['another type', (sent) => changed(replyTo(sent, { answer: A }), TYPE_AT + 1, 28)],
    ['another class', (sent) => changed(replyTo(sent, { answer: A }), CLASS_AT + 1, 3)],
    ['a query', (sent) => sent.bytes],
    ['another opcode', (sent) => replyTo(sent, { answer: A, flags: 0x2000 })],
    ['eleven octets', (sent) => replyTo(sent).subarray(0, 11)],
  ])('%s is passed over, and the true answer still counts', (_what, lie) => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    const sent = bench.last
    sent.receive(lie(sent))
    expect([told, bench.counts.get('upstream-stray')]).toEqual([[], 1])
    sent.reply({ answer: A })
    expect(told).toMatchObject([{ kind: 'response', transport: 'udp' }])
  })
})

describe('RFC 5452 §9.2 what a forger must guess', () => {
  test('every message has an id of its own', () => {
    const bench = new ExchangeBench()
    for (let i = 0; i < 300; i++) bench.ask(`n${i}.example.com`, 'A')
    expect(new Set(bench.sent.map((sent) => sent.id)).size).toBeGreaterThan(290)
    const [low, high] = [Math.min(...bench.sent.map((sent) => sent.id)), Math.max(...bench.sent.map((sent) => sent.id))]
    expect([low < 2000, high > 63_000]).toEqual([true, true])
  })

  test('a repetition without EDNS has another id, and answers to the first come too late', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    const first = bench.last
    first.reply({ rcode: 1 })
    expect(bench.last.id).not.toBe(first.id)
    expect(first.cancelled).toBe(true)
    first.reply({ answer: A })
    expect(told).toEqual([])
  })
})

describe('RFC 5452 §5 the birthday attack', () => {
  test('a name is asked of a server once at a time, however many ask for names below it', () => {
    const bench = new RecursionBench(smallInternet())
    bench.tell('com', 'NS')
    bench.net.asked()
    for (let i = 0; i < 100; i++) bench.begin(`n${i}.example.com`, 'A')
    expect(bench.net.asked()).toEqual(['192.5.6.30 example.com A'])
    bench.net.clock.advance(1000)
    expect(new Set(bench.net.asked()).size).toBe(100)
  })
})

describe('RFC 5452 §9.3 a forger at work is noticed', () => {
  test('after some wrong guesses the question goes by TCP', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    const sent = bench.last
    for (let i = 1; i <= MAX_STRAYS; i++) sent.receive(replyTo(sent, { answer: A, id: (sent.id + i) & 0xffff }))
    expect(bench.sent.map((each) => each.transport)).toEqual(['udp', 'tcp'])
    expect([sent.cancelled, bench.counts.get('upstream-suspicious')]).toEqual([true, 1])
    sent.reply({ answer: A })
    expect(told).toEqual([])
    bench.last.reply({ answer: A })
    expect(told).toMatchObject([{ kind: 'response', transport: 'tcp' }])
  })
})
