/** The cache of RRsets against the plainest that does the same, and in little room. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareKeys } from '../../services/dns/cache/denial-order.ts'
import { RrsetCache } from '../../services/dns/cache/rrset-cache.ts'
import { orderKey } from '../../services/dns/dnssec/canonical.ts'
import type { Finding, Security, Trust } from '../../services/dns/resolver/finding.ts'
import { keyOf } from '../../services/dns/wire/name.ts'
import { TYPE } from '../../services/dns/wire/type-names.ts'
import { SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import { aliasFor, found, nodata, nxdomain, type FindingShape } from '../support/dns-cache.ts'
import { CacheModel } from '../support/dns-cache-model.ts'

const NAMES = ['lab', 'a.lab', 'b.a.lab', 'c.b.a.lab', 'x.lab', 'y.x.lab', '.']
const name = fc.constantFrom(...NAMES)
const type = fc.constantFrom('A', 'AAAA', 'NS', 'CNAME', 'DS')
const shape = fc.record({
  seconds: fc.integer({ min: 0, max: 400 }),
  trust: fc.constantFrom<Trust[]>(1, 2, 3, 4, 5),
  security: fc.constantFrom<Security[]>('unchecked', 'secure', 'insecure', 'indeterminate', 'bogus'),
})
const DATA: Record<string, (i: number) => string> = {
  A: (i) => `192.0.2.${i}`, AAAA: (i) => `2001:db8::${i}`, NS: (i) => `ns${i}.lab`, CNAME: (i) => `to${i}.lab`, DS: (i) => `${i} 13 2 ${'00'.repeat(32)}`,
}

type Step = { readonly what: string; readonly name: string; readonly type: string; readonly shape: FindingShape; readonly partition: number; readonly number: number }
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('rrset', 'rrset', 'rrset', 'alias', 'nodata', 'nxdomain', 'advance', 'advance', 'flush'),
  name, type, shape, partition: fc.constantFrom(0, 0, 0, 1, 15), number: fc.integer({ min: 1, max: 250 }),
})

function findingOf({ what, name, type, shape, number }: Step, at: number): Finding {
  const all = { ...shape, at }
  if (what === 'nodata') return nodata(name, type, all)
  if (what === 'nxdomain') return nxdomain(name, all)
  if (what === 'alias') return aliasFor(type === 'CNAME' ? 'A' : type, `${name} ${shape.seconds} CNAME to${number}.lab`, all)
  const more = Array.from({ length: 1 + (number % 3) }, (_, i) => `${name} ${shape.seconds} ${type} ${DATA[type]?.(number + i) ?? ''}`)
  return found(more, all)
}

const filterOf = ({ name, type, partition, number }: Step) => ({
  ...(number % 2 === 0 ? { below: keyOf(name) } : { name: keyOf(name) }),
  ...(number % 3 === 0 ? { type: TYPE[type as 'A'] } : {}),
  ...(number % 5 === 0 ? { partition } : {}),
})

describe('the cache', () => {
  test('answers as the model does', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new VirtualClock()
      const cache = new RrsetCache({ clock, random: new SeededSecureRandom(7) }, { octets: 1024 * 1024, staleSeconds: 300 })
      const model = new CacheModel(clock, 300)
      for (const one of steps) {
        if (one.what === 'advance') clock.advance(one.number * 1000)
        else if (one.what === 'flush') expect(cache.flush(filterOf(one))).toBe(model.flush(filterOf(one)))
        else {
          const finding = findingOf(one, clock.now())
          expect(cache.put(one.partition, finding)).toBe(model.put(one.partition, finding))
        }
        expect(cache.size).toBe(model.size)
        for (const text of NAMES) {
          const key = keyOf(text)
          for (const asked of [TYPE.A, TYPE.CNAME, TYPE.NS]) {
            expect(cache.rrset(one.partition, key, asked)).toEqual(model.rrset(one.partition, key, asked))
            expect(cache.answer(one.partition, key, asked)).toEqual(model.answer(one.partition, key, asked))
            expect(cache.stale(one.partition, key, asked)).toEqual(model.stale(one.partition, key, asked))
          }
        }
      }
    }), { numRuns: 100 })
  })

  test('in little room forgets, and never passes its bound or mixes things up', () => {
    const many = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 40 }), fc.boolean()), { minLength: 200, maxLength: 1200 })
    fc.assert(fc.property(many, (steps) => {
      const clock = new VirtualClock()
      const octets = 16 * 1024
      const cache = new RrsetCache({ clock, random: new SeededSecureRandom(7) }, { octets })
      const last = new Map<number, Finding>()
      for (const [number, records, ask] of steps) {
        const text = `h${number}.lab`
        const kept = cache.answer(0, keyOf(text), TYPE.A)
        if (kept !== undefined) expect(kept).toEqual(last.get(number))
        if (ask) continue
        const finding = found(Array.from({ length: records }, (_, i) => `${text} 300 A 192.0.${number & 255}.${i}`))
        expect(cache.put(0, finding)).toBe(true)
        last.set(number, finding)
        expect(cache.answer(0, keyOf(text), TYPE.A)).toEqual(finding)
        expect(cache.octets).toBeLessThanOrEqual(octets)
      }
    }), { numRuns: 40 })
  })

  test('what is in demand outlives what is not', () => {
    const clock = new VirtualClock()
    const cache = new RrsetCache({ clock, random: new SeededSecureRandom(7) }, { octets: 64 * 1024 })
    cache.put(0, found('popular.lab 3600 A 192.0.2.1'))
    for (let i = 0; i < 10_000; i++) {
      cache.put(0, found(`h${i}.lab 3600 A 192.0.2.1`))
      if (i % 50 === 0) expect(cache.answer(0, keyOf('popular.lab'), TYPE.A)?.kind).toBe('rrset')
    }
    expect(cache.answer(0, keyOf('h0.lab'), TYPE.A)).toBeUndefined()
  })
})

test('RFC 4034 §6.1 names compare in canonical order', () => {
  const label = fc.string({ unit: fc.constantFrom('a', 'b', '\\000', '\\200', '*', '-'), minLength: 1, maxLength: 3 })
  const anyName = fc.array(label, { maxLength: 4 }).map((labels) => keyOf(labels.join('.') || '.'))
  fc.assert(fc.property(anyName, anyName, (a, b) => {
    const [x, y] = [orderKey(a), orderKey(b)]
    expect(Math.sign(compareKeys(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
  }))
})
