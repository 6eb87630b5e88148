/** Messages that are wrong, and what each gets, to the bit: by UDP and by TCP alike. */
import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, zoneOf } from '../../support/dns.ts'
import { overTcp, overUdp, summary } from '../../support/dns-carriers.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
`)
const WWW = queryBytes('www.lab.example', 'A', { flags: 0 })
const QUESTION = [...WWW.slice(12)]
const OPT = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]
const hex = (text: string): number[] => [...Buffer.from(text.replaceAll(' ', ''), 'hex')]

/** A message out of its flags, its counts, and everything behind the header. */
function message(flags: number, counts: readonly [number, number, number, number], body: readonly number[]): Uint8Array {
  const words = [0x1234, flags, ...counts]
  return Uint8Array.from([...words.flatMap((word) => [word >> 8, word & 255]), ...body])
}
const question = (name: string, type = 1, cls = 1): Uint8Array => message(0, [1, 0, 0, 0], [...hex(name), type >> 8, type & 255, cls >> 8, cls & 255])
const record = (owner: string, type = 1, rdata = '0a000001'): number[] => {
  const data = hex(rdata)
  return [...hex(owner), type >> 8, type & 255, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255, ...data]
}
const LONG = `${'3f' + '61'.repeat(63)}`
const WWW_NAME = '03777777 036c6162 076578616d706c65 00'

const FORMERR_ALONE = 'rcode 1 qr opcode 0 counts 0 0 0 0'
const FORMERR_ASKED = 'rcode 1 qr opcode 0 counts 1 0 0 0'
const REFUSED = 'rcode 5 qr opcode 0 counts 1 0 0 0'

describe('RFC 1035 §4.1 messages that are wrong', () => {
  test.each<[string, Uint8Array, string]>([
    // What is no query at all.
    ['no octets', new Uint8Array(0), 'silence'],
    ['half a header', WWW.slice(0, 11), 'silence'],
    ['a response: answering it could begin a loop', message(0x8000, [1, 0, 0, 0], QUESTION), 'silence'],
    ['a response with an error', message(0x8001, [1, 0, 0, 0], QUESTION), 'silence'],
    // RFC 9619: one question.
    ['no question', message(0, [0, 0, 0, 0], []), FORMERR_ALONE],
    ['no question, with OPT', message(0, [0, 0, 0, 1], OPT), 'rcode 1 qr opcode 0 counts 0 0 0 1'],
    ['two questions', message(0, [2, 0, 0, 0], [...QUESTION, ...QUESTION]), FORMERR_ALONE],
    ['65,535 questions', message(0, [0xffff, 0, 0, 0], QUESTION), FORMERR_ALONE],
    ['a question that is not there', message(0, [1, 0, 0, 0], []), FORMERR_ALONE],
    // Counts.
    ['65,535 answers that are not there', message(0, [1, 0xffff, 0, 0], QUESTION), FORMERR_ASKED],
    ['65,535 of everything', message(0, [0xffff, 0xffff, 0xffff, 0xffff], QUESTION), FORMERR_ALONE],
    ['a record that the counts do not tell of', message(0, [1, 0, 0, 0], [...QUESTION, ...record('00')]), FORMERR_ASKED],
    ['an octet after everything', message(0, [1, 0, 0, 0], [...QUESTION, 0]), FORMERR_ASKED],
    // Names.
    ['§3.1 a name without an end', question('03777777'), FORMERR_ALONE],
    ['§3.1 a label past the end', message(0, [1, 0, 0, 0], [63, 1, 2, 3]), FORMERR_ALONE],
    ['§2.3.4 a name of 256 octets', question(`${LONG.repeat(4)}00`), FORMERR_ALONE],
    ['§4.1.4 a pointer to itself', question('c00c'), FORMERR_ALONE],
    ['§4.1.4 a pointer forward', question('c0ff'), FORMERR_ALONE],
    ['§4.1.4 a pointer into the header', question('c000'), FORMERR_ALONE],
    ['§4.1.4 a label and a pointer back to it', question('0161 c00c'), FORMERR_ALONE],
    ['RFC 6891 §5 a bit-string label', question('41 61 00'), FORMERR_ALONE],
    ['a label of the other reserved kind', question('81 61 00'), FORMERR_ALONE],
    ['half a pointer', message(0, [1, 0, 0, 0], [0xc0]), FORMERR_ALONE],
    // Types and classes.
    ['§3.2.2 type 0', question(WWW_NAME, 0), FORMERR_ASKED],
    ['OPT as a question', question(WWW_NAME, 41), FORMERR_ASKED],
    ['TSIG as a question', question(WWW_NAME, 250), FORMERR_ASKED],
    ['TKEY as a question', question(WWW_NAME, 249), FORMERR_ASKED],
    ['a meta type that is not assigned', question(WWW_NAME, 200), FORMERR_ASKED],
    ['MAILA', question(WWW_NAME, 254), 'rcode 4 qr opcode 0 counts 1 0 0 0'],
    ['AXFR by who may not', question('036c6162 076578616d706c65 00', 252), REFUSED],
    ['class 0', question(WWW_NAME, 1, 0), REFUSED],
    ['class CHAOS', question(WWW_NAME, 1, 3), REFUSED],
    ['class HESIOD', question(WWW_NAME, 1, 4), REFUSED],
    ['class NONE', question(WWW_NAME, 1, 254), REFUSED],
    ['class ANY', question(WWW_NAME, 1, 255), REFUSED],
    ['a zone of somebody else', question('03777777 076578616d706c65 036e6574 00'), REFUSED],
    // Records behind the question.
    ['a record whose name goes round in circles', message(0, [1, 0, 0, 1], [...QUESTION, ...record('c01d')]), 'rcode 0 qr aa opcode 0 counts 1 1 0 0'],
    ['a record without a type', message(0, [1, 0, 0, 1], [...QUESTION, 0, 0]), FORMERR_ASKED],
    ['rdata past the end', message(0, [1, 0, 0, 1], [...QUESTION, ...record('00').with(10, 200)]), FORMERR_ASKED],
    ['RFC 6891 §6.1.1 two OPT', message(0, [1, 0, 0, 2], [...QUESTION, ...OPT, ...OPT]), FORMERR_ASKED],
    ['OPT among the answers', message(0, [1, 1, 0, 0], [...QUESTION, ...OPT]), FORMERR_ASKED],
    ['OPT of a name', message(0, [1, 0, 0, 1], [...QUESTION, 1, 0x61, ...OPT]), FORMERR_ASKED],
    ['half an option', message(0, [1, 0, 0, 1], [...QUESTION, ...OPT.with(10, 3), 0, 3, 0]), FORMERR_ASKED],
    ['an option past its OPT', message(0, [1, 0, 0, 1], [...QUESTION, ...OPT.with(10, 4), 0, 3, 0, 9]), FORMERR_ASKED],
    ['RFC 7873 §5.2.2 a cookie of nine octets', message(0, [1, 0, 0, 1], [...QUESTION, ...OPT.with(10, 13), 0, 10, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 'rcode 1 qr opcode 0 counts 1 0 0 1'],
    ['RFC 8945 §5.1 TSIG that is not last', message(0, [1, 0, 0, 2], [...QUESTION, ...record('00', 250, '00'), ...OPT]), FORMERR_ALONE],
    ['RFC 8945 §5.1 TSIG of no sense', message(0, [1, 0, 0, 1], [...QUESTION, ...record('00', 250, '00')]), FORMERR_ALONE],
  ])('%s', (_what, bytes, expected) => {
    const bench = new Bench([ZONE])
    expect(summary(overUdp(bench, bytes))).toBe(expected)
    expect(summary(overTcp(bench, bytes))).toBe(expected)
    expect(bench.server.counters.get('internal-error')).toBe(0)
  })

  test('what an answer repeats of a query is its id, and its question letter for letter', () => {
    const bytes = question('03575757 034c4142 074558414d504c45 00', 200)
    const raw = overUdp(new Bench([ZONE]), bytes)
    expect(raw === 'silence' ? [] : [...raw.slice(0, 2), ...raw.slice(12)]).toEqual([0x12, 0x34, ...bytes.slice(12)])
  })

  test('every octet of a query changed to every value: an answer that can be read, or silence, and nothing breaks', () => {
    const whole = queryBytes('www.lab.example', 'A', { edns: { options: [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8] } })
    const bench = new Bench([ZONE])
    for (let at = 0; at < whole.length; at++) {
      for (let value = 0; value < 256; value++) {
        const raw = overTcp(bench, whole.with(at, value))
        if (raw !== 'silence') expect(raw.length).toBeGreaterThanOrEqual(12)
      }
    }
    expect(bench.server.counters.get('internal-error')).toBe(0)
  })
})
