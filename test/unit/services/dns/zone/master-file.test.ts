import { describe, expect, test } from 'vitest'
import { formatZone, parseZoneFile, readZoneFile } from '../../../../../services/dns/index.ts'
import { zoneOf, zoneRow } from '../../../../support/dns.ts'

const lines = (text: string, origin = 'lab.example'): string[] => {
  const parsed = parseZoneFile(text, origin)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return parsed.value.records.map((r) => `${r.name} ${r.ttl} ${r.type} ${r.data}`)
}

describe('RFC 1035 §5 master files', () => {
  test('the example of §5.3, whole', () => {
    const text = [
      '@   IN  SOA     VENERA      Action\\.domains (',
      '                                 20     ; SERIAL',
      '                                 7200   ; REFRESH',
      '                                 600    ; RETRY',
      '                                 3600000; EXPIRE',
      '                                 60)    ; MINIMUM',
      '',
      '        NS      A.ISI.EDU.',
      '        NS      VENERA',
      '        NS      VAXA',
      '        MX      10      VENERA',
      '        MX      20      VAXA',
      '',
      'A       A       26.3.0.103',
      '',
      'VENERA  A       10.1.0.52',
      '        A       128.9.0.32',
      '',
      'VAXA    A       10.2.0.27',
      '        A       128.9.0.33',
    ].join('\n')
    const parsed = parseZoneFile(text, 'isi.edu')
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        soa: {
          primaryServer: 'VENERA.isi.edu', hostmaster: 'Action\\.domains.isi.edu', serial: 20, refresh: 7200,
          retry: 600, expire: 3_600_000, minimum: 60,
        },
      },
    })
    expect(lines(text, 'isi.edu')).toEqual([
      'isi.edu 3600 NS A.ISI.EDU', 'isi.edu 3600 NS VENERA.isi.edu', 'isi.edu 3600 NS VAXA.isi.edu',
      'isi.edu 3600 MX 10 VENERA.isi.edu', 'isi.edu 3600 MX 20 VAXA.isi.edu',
      'A.isi.edu 3600 A 26.3.0.103', 'VENERA.isi.edu 3600 A 10.1.0.52', 'VENERA.isi.edu 3600 A 128.9.0.32',
      'VAXA.isi.edu 3600 A 10.2.0.27', 'VAXA.isi.edu 3600 A 128.9.0.33',
    ])
  })

  test.each([
    [
      'TTL and class in either order', 'a 60 IN A 10.0.0.1\nb IN 1h A 10.0.0.1\nc A 10.0.0.1',
      ['a.lab.example 60 A 10.0.0.1', 'b.lab.example 3600 A 10.0.0.1', 'c.lab.example 3600 A 10.0.0.1'],
    ],
    [
      '$TTL (RFC 2308 §4) holds until the next',
      '$TTL 60\na A 10.0.0.1\n$TTL 2m\nb A 10.0.0.1\nc 5 A 10.0.0.1\nd A 10.0.0.1',
      [
        'a.lab.example 60 A 10.0.0.1', 'b.lab.example 120 A 10.0.0.1', 'c.lab.example 5 A 10.0.0.1',
        'd.lab.example 120 A 10.0.0.1',
      ],
    ],
    [
      'the last TTL named holds without $TTL', 'a 60 A 10.0.0.1\nb A 10.0.0.1',
      ['a.lab.example 60 A 10.0.0.1', 'b.lab.example 60 A 10.0.0.1'],
    ],
    [
      '$ORIGIN, relative to the one before', '$ORIGIN sub\na A 10.0.0.1\n$ORIGIN x.lab.example.\n@ A 10.0.0.2',
      ['a.sub.lab.example 3600 A 10.0.0.1', 'x.lab.example 3600 A 10.0.0.2'],
    ],
    [
      'names in data are relative too', 'a MX 10 b.c\nd MX 10 b.c.',
      ['a.lab.example 3600 MX 10 b.c.lab.example', 'd.lab.example 3600 MX 10 b.c'],
    ],
    [
      'a type that looks like an owner', 'a A 10.0.0.1\nmx MX 1 a\n  TXT mx',
      ['a.lab.example 3600 A 10.0.0.1', 'mx.lab.example 3600 MX 1 a.lab.example', 'mx.lab.example 3600 TXT "mx"'],
    ],
    [
      'class and mnemonics in any case', 'a in a 10.0.0.1\nb class1 txt x',
      ['a.lab.example 3600 A 10.0.0.1', 'b.lab.example 3600 TXT "x"'],
    ],
    [
      'strings of several parts, escapes', 't TXT "a b" c\\ d "\\"\\;\\065"',
      ['t.lab.example 3600 TXT "a b" "c d" "\\";A"'],
    ],
    ['the same record twice counts once', 'a A 10.0.0.1\nA A 10.0.0.1', ['a.lab.example 3600 A 10.0.0.1']],
    [
      'TTLs of one RRset become one (RFC 2181 §5.2)', 'a 60 A 10.0.0.1\na 50 A 10.0.0.2',
      ['a.lab.example 50 A 10.0.0.1', 'a.lab.example 50 A 10.0.0.2'],
    ],
    ['nothing but comments', '; nothing\n\n', []],
  ])('%s', (_what, text, expected) => {
    expect(lines(text)).toEqual(expected)
  })

  test.each([
    ['a A 10.0.0.1\nb A 10.0.0.300', 2, 5, /address.*10\.0\.0\.300/],
    ['a A', 1, 3, /address/],
    ['a 60 IN', 1, 6, /no type/],
    ['  A 10.0.0.1', 1, 3, /no owner/],
    ['a CH A 10.0.0.1', 1, 3, /class CH/],
    ['a NOSUCH x', 1, 3, /NOSUCH/],
    ['a ANY x', 1, 3, /ANY/],
    ['www.example.net. A 10.0.0.1', 1, 1, /does not lie in lab\.example/],
    ['$ORIGIN other.\na A 10.0.0.1', 2, 1, /does not lie/],
    ['$INCLUDE /etc/passwd', 1, 1, /not read/],
    ['$GENERATE 9-1 a$ A 10.0.0.$', 1, 11, /range/],
    ['$GENERATE 1-9', 1, 11, /range/],
    ['$GENERATE', 1, 1, /range/],
    ['$GENERATE 1-9 a${0,99} A 10.0.0.$', 1, 15, /\$\{/],
    ['$GENERATE 1-9 a${ A 10.0.0.$', 1, 15, /\$\{/],
    ['$GENERATE 1-9 a${-2} A 10.0.0.$', 1, 15, /\$\{/],
    ['$GENERATE 250-300 a$ A 10.0.0.$', 1, 24, /10\.0\.0\.256/],
    ['$GENERATE 1-9 a..$ A 10.0.0.$', 1, 15, /label is empty/],
    ['$TTL x', 1, 6, /time/],
    ['$TTL', 1, 1, /time/],
    ['$ORIGIN a..b', 1, 9, /\$ORIGIN/],
    ['a..b A 10.0.0.1', 1, 1, /label is empty/],
    ['a ( A\n 10.0.0.1', 1, 3, /never closed/],
    ['a TXT "x\n"', 1, 7, /does not end/],
    ['a CNAME b\na A 10.0.0.1', 2, 1, /CNAME/],
    ['a A 10.0.0.1\na CNAME b', 2, 1, /CNAME/],
    ['a CNAME b\nA CNAME c', 2, 1, /CNAME/],
    ['a DNAME b\nA DNAME c', 2, 1, /second DNAME/],
    ['a SOA a b 1 2 3 4 5', 1, 1, /apex/],
    ['@ SOA a b 1 2 3 4 5\n@ SOA a b 1 2 3 4 5', 2, 1, /second SOA/],
    ['a MX 10 b extra', 1, 11, /more than/],
  ])('%j is wrong at line %i, column %i', (text, line, column, problem) => {
    expect(parseZoneFile(text, 'lab.example')).toEqual({
      ok: false, error: { line, column, problem: expect.stringMatching(problem), remedy: expect.stringMatching(/./) },
    })
  })

  test('all that is wrong is said at once, and what follows a fault is read', () => {
    const text = 'a A x\nb A 10.0.0.1\n) c\nd TXT "open\ne NOSUCH 1\nf.other. A 10.0.0.1\n$NOPE\ng ( A'
    const read = readZoneFile(text, 'lab.example')
    expect(read.ok ? [] : read.error.map(({ line, column }) => [line, column])).toEqual([[1, 5], [3, 1], [4, 7], [5, 3], [6, 1], [7, 1], [8, 3]])
  })

  test('not more faults are said than a person can mend at a time', () => {
    const read = readZoneFile('a A x\n'.repeat(1000), 'lab.example')
    expect(read.ok ? 0 : read.error.length).toBe(100)
  })

  test('the number of records is bounded', () => {
    const text = Array.from({ length: 11 }, (_, i) => `a${i} A 10.0.0.1`).join('\n')
    expect(parseZoneFile(text, 'lab.example', { maxRecords: 10 })).toMatchObject({ ok: false, error: { line: 11 } })
  })
})

describe('$GENERATE', () => {
  test.each([
    ['$GENERATE 1-3 host-$ A 10.53.0.${100,0,d}', ['host-1 A 10.53.0.101', 'host-2 A 10.53.0.102', 'host-3 A 10.53.0.103']],
    ['$GENERATE 0-4/2 ${0,3} 60 IN TXT "n $"', ['000 TXT "n 0"', '002 TXT "n 2"', '004 TXT "n 4"']],
    ['$GENERATE 10-10 ${0,4,x} TXT ${0,4,X} ${0,0,o} \\$ $$', ['000a TXT "000A" "12" "$" "$"']],
    ['$GENERATE 31-31 ${0,0,n} PTR h${0,7,N}.x.', ['f.1 PTR hF.1.0.0.x']],
    ['$GENERATE 5-5 a${-5} CNAME b$', ['a0 CNAME b5.lab.example']],
  ])('%s', (text, expected) => {
    const short = lines(text).map((line) => line.replace('.lab.example', '').replace(/ \d+ /, ' '))
    expect(short).toEqual(expected)
  })

  test('stands under the origin of its place, and names no owner for the lines after it', () => {
    expect(lines('$ORIGIN sub.lab.example.\n$GENERATE 1-2 a$ 60 A 10.0.0.$\nb 60 A 10.0.0.9')).toEqual([
      'a1.sub.lab.example 60 A 10.0.0.1', 'a2.sub.lab.example 60 A 10.0.0.2', 'b.sub.lab.example 60 A 10.0.0.9',
    ])
  })

  test('two thousand million records are as many as are allowed, and no more are made', () => {
    expect(parseZoneFile('$GENERATE 0-2147483647 a$ A 10.0.0.1', 'lab.example', { maxRecords: 50 })).toMatchObject({ ok: false, error: { problem: 'too many records' } })
  })
})

describe('RFC 1035 §5.1 $INCLUDE, where it is allowed', () => {
  const FILES: { readonly [file: string]: string } = {
    hosts: 'a A 10.0.0.1\n  A 10.0.0.2\n$ORIGIN deep.lab.example.\nb A 10.0.0.3',
    circle: '$INCLUDE circle',
    wrong: '\na A 10.0.0.1\nb A x',
  }
  const options = { defaultTtl: 60, include: (file: string) => FILES[file] }
  const read = (text: string) => readZoneFile(text, 'lab.example', options)

  test('origin and owner are afterwards what they were', () => {
    const file = read('www A 10.0.0.9\n$INCLUDE hosts sub\n  A 10.0.0.8\nend A 10.0.0.7')
    expect(file.ok ? file.value.records.map(({ name, data }) => `${name} ${data}`) : file.error).toEqual([
      'www.lab.example 10.0.0.9', 'a.sub.lab.example 10.0.0.1', 'a.sub.lab.example 10.0.0.2', 'b.deep.lab.example 10.0.0.3',
      'www.lab.example 10.0.0.8', 'end.lab.example 10.0.0.7',
    ])
  })

  test.each([
    ['a file that is not there', '\n$INCLUDE nothing', { line: 2, column: 10, problem: 'nothing cannot be read' }],
    ['no file', '$INCLUDE', { line: 1, column: 1 }],
    ['a fault in the other file', '$INCLUDE wrong', { file: 'wrong', line: 3, column: 5 }],
    ['files in a circle', '$INCLUDE circle', { file: 'circle', line: 1, column: 10, problem: expect.stringMatching(/deep/) as string }],
  ])('%s', (_what, text, expected) => {
    const file = read(text)
    expect(file.ok ? [] : file.error).toMatchObject([expected])
  })
})

describe('formatZone', () => {
  test('reads back as it was', () => {
    const { records } = zoneOf('lab.example', `
      @     NS    ns
      Www   60 A  10.0.0.1
      tld   CNAME localhost.
      mx    MX    10 Mail.Example.COM.
      root  NS    .
      t     TXT   "a;b\\"" "\\000"
      u     TYPE65400 \\# 3 010203
      *     HTTPS 1 . alpn=h2
      odd\\.name\\032x A 10.0.0.2
    `)
    const zone = { ...zoneRow('lab.example'), soaTtl: 77 }
    const text = formatZone(zone, records)
    const parsed = parseZoneFile(text, 'lab.example')
    const { id: _id, name: _name, defaultTtl: _ttl, ...soa } = zone
    expect(parsed).toMatchObject({ ok: true, value: { soa: { ...soa, soaTtl: 77 }, defaultTtl: 300 } })
    expect(parsed.ok ? parsed.value.records : []).toEqual(
      records.map(({ name, type, ttl, data }) => ({ name, type, ttl, data })),
    )
  })
})
