import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EarlyRanges } from '../../stack/tcp/early.ts'
import { ByteRing } from '../../stack/tcp/ring.ts'
import { TupleTable } from '../../stack/tcp/table.ts'
import type { TableEntry } from '../../stack/tcp/table.ts'

describe('early ranges', () => {
  /** Near where int32 turns over, so that a comparison by < would show. */
  const base = fc.constantFrom(0, 0x7fff_ff80, -100)

  test('are a set of octets: sorted, apart, and joined when they touch', () => {
    const range = fc.record({ left: fc.integer({ min: 1, max: 200 }), length: fc.integer({ min: 1, max: 30 }) })
    fc.assert(
      fc.property(base, fc.array(range, { maxLength: 30 }), fc.integer({ min: 0, max: 40 }), (start, ranges, first) => {
        const early = new EarlyRanges()
        const model = new Set<number>()
        for (const { left, length } of ranges) {
          expect(early.covers((start + left) | 0, (start + left + length) | 0)).toBe(
            Array.from({ length }, (_, i) => left + i).every((octet) => model.has(octet)),
          )
          expect(early.add((start + left) | 0, (start + left + length) | 0)).toBe(true)
          for (let i = 0; i < length; i++) model.add(left + i)
          expect(((early.lefts[early.newest] as number) - start) | 0).toBeLessThanOrEqual(left)
        }
        const held = new Set<number>()
        for (let i = 0; i < early.count; i++) {
          const from = ((early.lefts[i] as number) - start) | 0
          const to = ((early.rights[i] as number) - start) | 0
          expect(held.has(from - 1)).toBe(false)
          for (let octet = from; octet < to; octet++) held.add(octet)
        }
        expect([...held].toSorted((a, b) => a - b)).toEqual([...model].toSorted((a, b) => a - b))
        let reach = first
        while (model.has(reach)) reach++
        // What lies before the point that was reached goes too.
        expect((early.join((start + first) | 0) - start) | 0).toBeGreaterThanOrEqual(reach)
      }),
    )
  })
})

describe('the ring of octets', () => {
  test('gives back what was put in, at any offset, through growth and turning', () => {
    const step = fc.record({ put: fc.integer({ min: 0, max: 6000 }), take: fc.integer({ min: 0, max: 6000 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.boolean(), (steps, early) => {
        const ring = new ByteRing()
        let written = 0
        let read = 0
        for (const { put, take } of steps) {
          const octets = Uint8Array.from({ length: put }, (_, i) => ((written + i) * 7) & 255)
          if (early && put > 1) {
            const half = put >>> 1
            ring.writeAt(ring.used + half, octets, half, put - half)
            ring.writeAt(ring.used, octets, 0, half)
            ring.advance(put)
          } else {
            ring.append(octets, 0, put)
          }
          written += put
          const count = Math.min(take, ring.used)
          const got = new Uint8Array(count)
          ring.copyTo(0, got, 0, count)
          expect(got.every((octet, i) => octet === (((read + i) * 7) & 255))).toBe(true)
          ring.drop(count, false)
          read += count
          expect(ring.used).toBe(written - read)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('the table of connections', () => {
  type Entry = TableEntry<Entry> & { next: Entry | undefined }

  test('finds what was added and not removed, and nothing else', () => {
    const tuple = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 9 }), fc.integer({ min: -9, max: 9 }))
    fc.assert(
      fc.property(fc.array(tuple, { maxLength: 300 }), fc.integer(), (tuples, key) => {
        const table = new TupleTable<Entry>(key)
        const model = new Map<string, Entry>()
        for (const [local, localPort, remote] of tuples) {
          const name = `${local} ${localPort} ${remote}`
          const there = model.get(name)
          expect(table.find(local, localPort, remote, 80)).toBe(there)
          if (there === undefined) {
            const entry: Entry = { local, localPort, remote, remotePort: 80, next: undefined }
            table.add(entry)
            model.set(name, entry)
          } else {
            table.remove(there)
            model.delete(name)
          }
          expect(table.size).toBe(model.size)
        }
        expect(new Set(table.list())).toEqual(new Set(model.values()))
      }),
      { numRuns: 50 },
    )
  })
})
