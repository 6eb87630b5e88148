import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
  two  TXT "${'a'.repeat(200)}"
  two  TXT "${'b'.repeat(200)}"
  two  TXT "${'c'.repeat(200)}"
`)
const bench = (): Bench => new Bench([ZONE])
const WWW = queryBytes('www.lab.example', 'A')
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

describe('RFC 1035 §4.1.1 [D2] header', () => {
  test.each([
    ['id 0', queryBytes('www.lab.example', 'A', { id: 0 }), { id: 0, rcode: 'NOERROR' }],
    ['id ffff', queryBytes('www.lab.example', 'A', { id: 0xffff }), { id: 0xffff, rcode: 'NOERROR' }],
    ['RD is copied', queryBytes('www.lab.example', 'A', { flags: 0x0100 }), { flags: 'aa rd' }],
    ['no RD', queryBytes('www.lab.example', 'A', { flags: 0 }), { flags: 'aa' }],
    ['CD is copied (RFC 4035 §3.2.2)', queryBytes('www.lab.example', 'A', { flags: 0x0110 }), { flags: 'aa rd cd' }],
    [
      'AD, Z, RA, AA, TC and rcode of a query mean nothing', queryBytes('www.lab.example', 'A', { flags: 0x07ef }),
      { flags: 'aa rd', rcode: 'NOERROR' },
    ],
    [
      'opcode IQUERY', queryBytes('www.lab.example', 'A', { flags: 0x0800 }),
      { rcode: 'NOTIMP', question: 'www.lab.example A' },
    ],
    [
      'opcode STATUS', queryBytes('www.lab.example', 'A', { flags: 0x1000 }),
      { rcode: 'NOTIMP', question: 'www.lab.example A' },
    ],
    ['opcode 3', queryBytes('www.lab.example', 'A', { flags: 0x1800 }), { rcode: 'NOTIMP' }],
    [
      'opcode NOTIFY', queryBytes('lab.example', 'SOA', { flags: 0x2000 }),
      { rcode: 'NOTIMP', question: 'lab.example SOA' },
    ],
    ['opcode UPDATE; RD is of queries', queryBytes('lab.example', 'SOA', { flags: 0x2900 }), { rcode: 'NOTIMP', flags: '' }],
    ['class CHAOS', queryBytes('version.bind', 'TXT', { class: 3 }), { rcode: 'REFUSED', answer: [] }],
    ['class ANY', queryBytes('www.lab.example', 'A', { class: 255 }), { rcode: 'REFUSED', answer: [] }],
    ['AXFR over UDP', queryBytes('lab.example', 'AXFR'), { rcode: 'REFUSED', answer: [] }],
    ['IXFR over UDP', queryBytes('lab.example', 'IXFR'), { rcode: 'REFUSED', answer: [] }],
    ['MAILB', queryBytes('lab.example', 'MAILB'), { rcode: 'NOTIMP' }],
    ['OPT as a question', queryBytes('lab.example', 'OPT'), { rcode: 'FORMERR' }],
    ['type 0', queryBytes('lab.example', 'TYPE0'), { rcode: 'FORMERR' }],
    ['TSIG as a question', queryBytes('lab.example', 'TSIG'), { rcode: 'FORMERR' }],
  ])('%s', (_what, bytes, expected) => {
    const b = bench()
    expect(b.askBytes(bytes)).toMatchObject(expected)
    expect(b.askBytes(bytes)).toMatchObject(expected)
  })

  test.each([
    ['nothing at all', new Uint8Array(0), 'dropped-short'],
    ['eleven octets', WWW.subarray(0, 11), 'dropped-short'],
    ['a response', queryBytes('www.lab.example', 'A', { flags: 0x8100 }), 'dropped-response'],
    ['a response with another opcode', queryBytes('www.lab.example', 'A', { flags: 0xa000 }), 'dropped-response'],
  ] as const)('%s gets no answer', (_what, bytes, counter) => {
    const b = bench()
    expect(b.askBytes(bytes)).toBeUndefined()
    expect(b.server.counters.get(counter)).toBe(1)
  })
})

describe('RFC 1035 §4.1.2 [D2] question', () => {
  /** The header of what came back: a FORMERR need not have a question. */
  const header = (bytes: Uint8Array): readonly number[] => {
    const into = new Uint8Array(600)
    const length = bench().server.receive(bytes, 0, bytes.length, into, 0, 512, 0, () => {
      throw new Error('later')
    })
    return [length, into[2] as number, into[3] as number, into[5] as number]
  }
  // length, QR and opcode and RD, rcode, QDCOUNT
  test.each([
    ['no question', WWW.with(5, 0), [12, 0x81, 1, 0]],
    ['two questions (RFC 9619)', WWW.with(5, 2), [12, 0x81, 1, 0]],
    ['257 questions', WWW.with(4, 1), [12, 0x81, 1, 0]],
    ['a header alone', hex('1234 0100 0000 0000 0000 0000'), [12, 0x81, 1, 0]],
    ['a name without end', WWW.subarray(0, 20), [12, 0x81, 1, 0]],
    ['no class', WWW.subarray(0, WWW.length - 2), [12, 0x81, 1, 0]],
    ['a compressed name', hex('1234 0100 0001 0000 0000 0000 c00c 0001 0001'), [12, 0x81, 1, 0]],
    ['label type 01', hex('1234 0100 0001 0000 0000 0000 41 61 00 0001 0001'), [12, 0x81, 1, 0]],
    ['octets after the question', queryBytes('www.lab.example', 'A', { tail: [0] }), [WWW.length, 0x81, 1, 1]],
    ['a record that is not there', WWW.with(7, 1), [WWW.length, 0x81, 1, 1]],
    ['an unreadable question with another opcode', hex('1234 2800 0002 0000 0000 0000'), [12, 0xa8, 4, 0]],
  ] as const)('%s', (_what, bytes, expected) => {
    expect(header(bytes)).toEqual(expected)
  })

  test('records after the question are passed over', () => {
    const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4]
    const withRecord = queryBytes('www.lab.example', 'A', { tail: record })
    for (const count of [7, 9, 11]) expect(
      bench().askBytes(withRecord.with(count, 1)),
    ).toMatchObject({ rcode: 'NOERROR', flags: 'aa rd' })
  })

  test('a name of 255 octets is answered', () => {
    const long = `${`${'x'.repeat(59)}.`.repeat(4)}y.lab.example`
    expect(bench().askTwice(long, 'A')).toMatchObject({ rcode: 'NXDOMAIN', question: `${long} A` })
  })
})

describe('RFC 1035 §4.2.1 and RFC 2181 §9 [D4] truncation', () => {
  test('512 octets without EDNS: whole records, TC', () => {
    const told = bench().askTwice('two.lab.example', 'TXT')
    expect(told).toMatchObject({ rcode: 'NOERROR', flags: 'aa tc rd', answer: [], authority: [] })
    expect(told.octets).toBeLessThanOrEqual(512)
  })

  test('with room for it the same answer is whole', () => {
    expect(
      bench().askTwice('two.lab.example', 'TXT', { edns: { size: 1232 } }),
    ).toMatchObject({ flags: 'aa rd', answer: { length: 3 } })
  })

  test('an alias before what does not fit stays', () => {
    const big = Array.from({ length: 4 }, (_, i) => `big TXT "${i}${'y'.repeat(200)}"`).join('\n')
    const b = new Bench([zoneOf('lab.example', `@ NS ns\nalias CNAME big\n${big}`)])
    expect(b.askTwice('alias.lab.example', 'TXT')).toMatchObject(
      { flags: 'aa tc rd', answer: ['alias.lab.example 300 CNAME big.lab.example'] },
    )
  })

  test('additional records are left out without TC', () => {
    const hosts = Array.from(
      { length: 20 }, (_, i) => `@ MX ${i} m${i}\nm${i} A 10.0.0.${i}\nm${i} AAAA 2001:db8::${i}`,
    ).join('\n')
    const told = new Bench([zoneOf('lab.example', `@ NS ns\n${hosts}`)]).askTwice('lab.example', 'MX')
    expect(told.flags).toBe('aa rd')
    expect(told.answer).toHaveLength(20)
    expect(told.additional.length).toBeLessThan(32)
    expect(told.octets).toBeLessThanOrEqual(512)
  })

  test('RFC 9471 §3: glue that does not fit is said with TC', () => {
    const servers = Array.from(
      { length: 13 }, (_, i) => `sub NS n${i}.sub\nn${i}.sub A 10.0.0.${i}\nn${i}.sub AAAA 2001:db8::${i}`,
    ).join('\n')
    const told = new Bench([zoneOf('lab.example', `@ NS ns\n${servers}`)]).askTwice('x.sub.lab.example', 'A')
    expect(told.flags).toBe('tc rd')
    expect(told.authority).toHaveLength(13)
  })

  test('the transport’s own limit holds', () => {
    const told = bench().askBytes(queryBytes('two.lab.example', 'TXT', { edns: { size: 1232 } }), 600)
    expect(told).toMatchObject({ flags: 'aa tc rd', answer: [] })
  })
})
