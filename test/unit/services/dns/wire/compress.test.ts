import { describe, expect, test } from 'vitest'
import { NameWriter } from '../../../../../services/dns/wire/compress.ts'
import { formatName, name, NameReader } from '../../../../../services/dns/wire/name.ts'

type Write = readonly ['owner' | 'rdata', string]

/** Writes names after a question and tells the octets each took and what it reads back as. */
function written(question: string, writes: readonly Write[]): readonly string[] {
  const b = new Uint8Array(4096)
  const writer = new NameWriter()
  const q = name(question)
  b.set(q, 12)
  writer.start(0, q)
  let at = 12 + q.length + 4
  return writes.map(([kind, text]) => {
    const from = at
    at = kind === 'owner' ? writer.owner(b, at, b.length, name(text)) : writer.inRdata(b, at, b.length, name(text))
    const reader = new NameReader()
    expect(reader.read(b, 0, from, at)).toBe(true)
    expect(reader.next).toBe(at)
    return `${at - from} ${formatName(reader.take())}`
  })
}

describe('RFC 1035 §4.1.4 name compression on output', () => {
  test.each([
    ['an owner that is the question takes a pointer', 'www.lab', [['owner', 'www.lab']], ['2 www.lab']],
    ['and in the case in which it was asked', 'WWW.lab', [['owner', 'www.LAB']], ['2 WWW.lab']],
    ['a part of the question too', 'www.lab', [['owner', 'lab']], ['2 lab']],
    ['rdata keeps its own letters', 'www.LAB', [['rdata', 'ns.lab']], ['8 ns.lab']],
    ['and never points into the question', 'www.lab', [['rdata', 'www.lab']], ['9 www.lab']],
    ['nor through an owner that does', 'www.lab', [['owner', 'x.lab'], ['rdata', 'y.x.lab']], ['4 x.lab', '9 y.x.lab']],
    [
      'rdata points to earlier rdata', 'q', [['rdata', 'ns1.x.lab'], ['rdata', 'ns2.x.lab']],
      ['11 ns1.x.lab', '6 ns2.x.lab'],
    ],
    [
      'only when the case is the same', 'q', [['rdata', 'ns1.x.lab'], ['rdata', 'ns2.X.lab']],
      ['11 ns1.x.lab', '8 ns2.X.lab'],
    ],
    [
      'an owner points to rdata', 'q', [['rdata', 'ns1.x.lab'], ['owner', 'ns1.x.lab']],
      ['11 ns1.x.lab', '2 ns1.x.lab'],
    ],
    ['the root is one octet', 'q', [['rdata', '.'], ['owner', '.']], ['1 .', '1 .']],
  ] as const)('%s', (_what, question, writes, expected) => {
    expect(written(question, writes)).toEqual(expected)
  })

  test('a name that does not fit is not written', () => {
    const b = new Uint8Array(64)
    const writer = new NameWriter()
    b.set(name('q'), 12)
    writer.start(0, name('q'))
    expect(writer.owner(b, 20, 24, name('a.b.c'))).toBe(-1)
    expect(b.subarray(20).every((octet) => octet === 0)).toBe(true)
  })

  test('pointers reach 14 bits only, and many names stay right', () => {
    const b = new Uint8Array(40_000)
    const writer = new NameWriter()
    b.set(name('q'), 12)
    writer.start(0, name('q'))
    let at = 20
    for (let i = 0; i < 2000; i++) {
      const from = at
      at = writer.inRdata(b, at, b.length, name(`n${i}.some.zone.example`))
      const reader = new NameReader()
      expect(reader.read(b, 0, from, at)).toBe(true)
      expect(formatName(reader.take())).toBe(`n${i}.some.zone.example`)
    }
  })
})
