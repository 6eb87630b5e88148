/** The ring of the query log against a model: a writer, a reader that is slow at times, wrap-around, and no room. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { droppedOf, hasRecords, RECORD_HEAD_OCTETS, ringMemory, RingReader, RingWriter } from '../../services/dns/query-log/ring.ts'

const OCTETS = 4096

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), name: fc.uint8Array({ minLength: 1, maxLength: 255 }), detail: fc.uint8Array({ maxLength: 255 }), client: fc.integer() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('drain' as const), most: fc.integer({ min: 0, max: 20 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('new-writer' as const, 'new-reader' as const, 'not-published' as const) }) },
  ),
  { maxLength: 400, size: 'max' },
)

const sizeOf = (name: Uint8Array, detail: Uint8Array): number => Math.ceil((RECORD_HEAD_OCTETS + name.length + detail.length) / 8) * 8

test('what is read is what was noted, whole and in order, and what found no room is counted', () => {
  fc.assert(fc.property(steps, (all) => {
    const memory = ringMemory(OCTETS)
    let writer = new RingWriter(memory)
    let reader = new RingReader(memory)
    const expected: { readonly at: number; readonly client: number; readonly name: Uint8Array; readonly detail: Uint8Array }[] = []
    let dropped = 0
    let at = 0
    const drain = (most: number): void => {
      const taken = reader.drain(most, (noted) => {
        const { name, detail, client } = noted
        expect({ at: noted.at, client, name: [...name], detail: [...detail] }).toEqual({ ...expected[0], name: [...(expected[0]?.name ?? [])], detail: [...(expected[0]?.detail ?? [])] })
        expected.shift()
      })
      expect(taken).toBeLessThanOrEqual(most)
    }
    for (const step of all) {
      if (step.kind === 'drain') drain(step.most)
      else if (step.kind === 'write') {
        const word = writer.claim(step.name.length, step.detail.length)
        if (word < 0) {
          dropped++
          // No room is no excuse while there is much: a record and what is passed over at the end fit half of it.
          expect(expected.reduce((sum, each) => sum + sizeOf(each.name, each.detail), 0)).toBeGreaterThan(OCTETS - 2 * sizeOf(step.name, step.detail))
          continue
        }
        writer.words[word + 1] = step.client
        writer.times[(word >> 1) + 1] = ++at
        writer.octets.set(step.name, word * 4 + RECORD_HEAD_OCTETS)
        writer.octets.set(step.detail, word * 4 + RECORD_HEAD_OCTETS + step.name.length)
        writer.publish()
        expected.push({ at, client: step.client, name: step.name, detail: step.detail })
      } else if (step.kind === 'new-writer') writer = new RingWriter(memory)
      else if (step.kind === 'new-reader') reader = new RingReader(memory)
      else if (writer.claim(9, 0) < 0) dropped++
      expect(hasRecords(memory)).toBe(expected.length > 0)
      expect(droppedOf(memory)).toBe(dropped)
    }
    drain(Number.MAX_SAFE_INTEGER)
    expect(expected).toEqual([])
  }))
})
