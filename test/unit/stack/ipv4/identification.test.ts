import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { Identifications } from '../../../../stack/ipv4/identification.ts'
import { SeededSecureRandom } from '../../../../stack/platform/index.ts'

const A = ipv4('10.53.0.2')
const B = ipv4('10.53.0.9')
const C = ipv4('192.168.7.7')
const make = (seed: number): Identifications => new Identifications(new SeededSecureRandom(seed))

describe('RFC 6864 §4.3, RFC 7739 §5.3 [I5] identifications', () => {
  test('one destination sees every value once before any comes again', () => {
    const ids = make(1)
    const seen = new Set<number>()
    for (let i = 0; i < 65_536; i++) seen.add(ids.next(A, B, 17))
    expect(seen.size).toBe(65_536)
    expect(Math.min(...seen)).toBe(0)
  })

  test('what one destination gets tells nothing about another', () => {
    const differences = new Set<number>()
    for (let seed = 0; seed < 200; seed++) {
      const ids = make(seed)
      differences.add((ids.next(A, B, 17) - ids.next(A, C, 17)) & 0xffff)
    }
    expect(differences.size).toBeGreaterThan(190)
  })

  test('nor does traffic to one move on the values of another', () => {
    const busy = make(1)
    const quiet = make(1)
    for (let i = 0; i < 1000; i++) busy.next(A, B, 17)
    expect(busy.next(A, C, 17)).toBe(quiet.next(A, C, 17))
  })

  test('the key is chance: another start, other values', () => {
    const firsts = new Set(Array.from({ length: 200 }, (_, seed) => make(seed).next(A, B, 17)))
    expect(firsts.size).toBeGreaterThan(190)
  })
})
