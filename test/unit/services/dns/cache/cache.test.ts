import { describe, expect, test } from 'vitest'
import { AnswerCache } from '../../../../../services/dns/cache/cache.ts'
import type { CachedAnswer, Question } from '../../../../../services/dns/cache/cache.ts'
import { keyOf, name } from '../../../../../services/dns/wire/name.ts'
import { VirtualClock } from '../../../../../stack/platform/index.ts'

const question = (text: string, type = 1, dnssecOk = false, checkingDisabled = false): Question => ({
  key: keyOf(text), type, dnssecOk, checkingDisabled,
})
const answer = (now: number, ttl: number, octets = 4): CachedAnswer => ({
  rcode: 0, authority: [], storedAt: now, expiresAt: now + 1000 * ttl,
  answer: [{ name: name('x.example'), type: 1, ttl, rdata: [new Uint8Array(octets)] }],
})

describe('AnswerCache', () => {
  test('keeps an answer until its time to live ends', () => {
    const clock = new VirtualClock()
    const cache = new AnswerCache(clock)
    cache.set(question('x.example'), answer(0, 10))
    clock.advance(9999)
    expect(cache.get(question('X.Example'))?.expiresAt).toBe(10_000)
    clock.advance(1)
    expect(cache.get(question('x.example'))).toBeUndefined()
    expect([cache.size, cache.octets]).toEqual([0, 0])
  })

  test('tells questions apart by name, type, DO and CD', () => {
    const cache = new AnswerCache(new VirtualClock())
    const questions = [
      question('x.example'), question('y.example'), question('x.example', 28), question('x.example', 257),
      question('x.example', 1, true), question('x.example', 1, false, true), question('x.example', 1, true, true),
    ]
    questions.forEach((q, i) => cache.set(q, answer(0, 10 + i)))
    expect(questions.map((q) => cache.get(q)?.expiresAt)).toEqual([10, 11, 12, 13, 14, 15, 16].map((s) => 1000 * s))
  })

  test('an answer that has ended already is not kept', () => {
    const cache = new AnswerCache(new VirtualClock())
    cache.set(question('x.example'), answer(0, 0))
    expect(cache.size).toBe(0)
  })

  test('stays within its octets; what was used longest ago goes first', () => {
    const cache = new AnswerCache(new VirtualClock(), 10_000)
    for (let i = 0; i < 100; i++) {
      cache.set(question(`n${i}.example`), answer(0, 60))
      cache.get(question('n0.example'))
      expect(cache.octets).toBeLessThanOrEqual(10_000)
    }
    expect(cache.get(question('n0.example'))).toBeDefined()
    expect(cache.get(question('n1.example'))).toBeUndefined()
    expect(cache.get(question('n99.example'))).toBeDefined()
    expect(cache.evicted).toBe(100 - cache.size)
  })

  test('an answer larger than all of it is not kept and pushes nothing out', () => {
    const cache = new AnswerCache(new VirtualClock(), 10_000)
    cache.set(question('x.example'), answer(0, 60))
    cache.set(question('big.example'), answer(0, 60, 20_000))
    expect(cache.size).toBe(1)
  })

  test('the same question again replaces the answer', () => {
    const cache = new AnswerCache(new VirtualClock())
    cache.set(question('x.example'), answer(0, 60, 100))
    cache.set(question('x.example'), answer(0, 30))
    const once = cache.octets
    expect([cache.size, cache.get(question('x.example'))?.expiresAt]).toEqual([1, 30_000])
    cache.flush()
    cache.set(question('x.example'), answer(0, 30))
    expect(cache.octets).toBe(once)
  })
})
