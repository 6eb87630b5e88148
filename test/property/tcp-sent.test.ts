/** The list of sent segments against a plain one: joining what is lost keeps order, contiguity and everything not lost. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HAS_FIN, LOST, SACKED, SentSegments } from '../../stack/tcp/sent.ts'

type Entry = { readonly seq: number; readonly end: number; readonly flags: number; readonly sentAt: number }

const listOf = (sent: SentSegments): Entry[] =>
  Array.from({ length: sent.count }, (_, i) => {
    const slot = sent.slot(i)
    const { seqs, ends, flags, sentAt } = sent
    return {
      seq: seqs[slot] as number, end: ends[slot] as number, flags: flags[slot] as number, sentAt: sentAt[slot] as number,
    }
  })

/** What joining is to give, said as plainly as can be. */
function joined(list: readonly Entry[], full: number): Entry[] {
  const out: Entry[] = []
  for (const entry of list) {
    const last = out.at(-1)
    const text = last === undefined ? 0 : ((entry.end - last.seq) | 0) - ((entry.flags & HAS_FIN) === 0 ? 0 : 1)
    if (last !== undefined && (last.flags & entry.flags & LOST) !== 0 && text <= full) {
      out[out.length - 1] = { ...last, end: entry.end, flags: last.flags | entry.flags }
    } else {
      out.push(entry)
    }
  }
  return out
}

test('lost neighbours are joined up to a full segment, and nothing else changes', () => {
  const lengths = fc.array(
    fc.record({ length: fc.integer({ min: 1, max: 1460 }), flags: fc.constantFrom(0, LOST, LOST, LOST, SACKED) }),
    { maxLength: 40 },
  )
  fc.assert(
    fc.property(fc.integer(), fc.nat(30), lengths, fc.boolean(), (start, shifted, segments, fin) => {
      const sent = new SentSegments()
      // The ring begins anywhere.
      for (let i = 0; i < shifted; i++) {
        sent.push(0, 1, 0)
        sent.shift()
      }
      let seq = start | 0
      segments.forEach(({ length, flags }, i) => {
        const end = (seq + length) | 0
        const last = fin && i === segments.length - 1
        sent.sentAt[sent.push(seq, end, last ? flags | HAS_FIN : flags)] = i
        seq = end
      })
      const before = listOf(sent)
      const fewer = sent.joinLost(1460)
      expect(listOf(sent)).toEqual(joined(before, 1460))
      expect(fewer).toBe(before.length - sent.count)
    }),
  )
})
