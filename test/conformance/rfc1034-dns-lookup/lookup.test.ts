import { describe, expect, test } from 'vitest'
import { Bench, NO_RD, zoneOf } from '../../support/dns.ts'

/** Two zones, the second where the first has a delegation to it; an alias of every sort. */
const LAB = zoneOf('lab.example', `
  @          NS    ns
  @          MX    10 mail
  ns         A     10.0.0.2
  mail       A     10.0.0.3
  mail       AAAA  2001:db8::3
  www        A     10.0.0.4
  www        A     10.0.0.5
  www        TXT   "w"
  alias      CNAME www
  alias2     CNAME alias
  outside    CNAME www.example.net.
  dangling   CNAME nothing
  nodata     CNAME mail
  loop1      CNAME loop2
  loop2      CNAME loop1
  self       CNAME self
  a.b.c      A     10.0.0.6
  _sip._tcp  SRV   0 5 5060 www
  sub        NS    ns.sub
  sub        NS    ns.elsewhere.example.
  sub        DS    1 8 2 00
  ns.sub     A     10.0.1.2
  under.sub  TXT   "hidden"
  tosub      CNAME host.sub
  own        NS    ns.own
  ns.own     A     10.0.2.2
  toown      CNAME host.own
`)
const OWN = zoneOf('own.lab.example', `
  @     NS  ns
  ns    A   10.0.2.2
  host  A   10.0.2.3
  back  CNAME www.lab.example.
`, 2)
const SOA = 'lab.example 60 SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60'
const OWN_SOA = 'own.lab.example 60 SOA ns.own.lab.example hostmaster.own.lab.example 7 3600 600 604800 60'

describe('RFC 1034 §4.3.2 [D5] algorithm', () => {
  test.each([
    // step question rcode flags answer authority
    [
      '2 and 3a: the apex', 'lab.example SOA', 'NOERROR', 'aa',
      ['lab.example 300 SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 60'], [],
    ],
    [
      '3a: all of an RRset', 'www.lab.example A', 'NOERROR', 'aa',
      ['www.lab.example 300 A 10.0.0.4', 'www.lab.example 300 A 10.0.0.5'], [],
    ],
    ['3a: another type', 'www.lab.example TXT', 'NOERROR', 'aa', ['www.lab.example 300 TXT "w"'], []],
    ['3a: no such type', 'www.lab.example MX', 'NOERROR', 'aa', [], [SOA]],
    ['3a: an empty non-terminal', 'b.c.lab.example A', 'NOERROR', 'aa', [], [SOA]],
    ['3a: below empty non-terminals', 'a.b.c.lab.example A', 'NOERROR', 'aa', ['a.b.c.lab.example 300 A 10.0.0.6'], []],
    ['3c: no such name', 'nope.lab.example A', 'NXDOMAIN', 'aa', [], [SOA]],
    ['3c: below a name that has data', 'x.www.lab.example A', 'NXDOMAIN', 'aa', [], [SOA]],
    [
      '3a: CNAME asked for', 'alias.lab.example CNAME', 'NOERROR', 'aa',
      ['alias.lab.example 300 CNAME www.lab.example'], [],
    ],
    [
      '3a: an alias is followed', 'alias.lab.example TXT', 'NOERROR', 'aa',
      ['alias.lab.example 300 CNAME www.lab.example', 'www.lab.example 300 TXT "w"'], [],
    ],
    [
      '3a: two aliases', 'alias2.lab.example TXT', 'NOERROR', 'aa',
      [
        'alias2.lab.example 300 CNAME alias.lab.example', 'alias.lab.example 300 CNAME www.lab.example',
        'www.lab.example 300 TXT "w"',
      ],
      [],
    ],
    [
      '3a: an alias to nothing', 'dangling.lab.example A', 'NXDOMAIN', 'aa',
      ['dangling.lab.example 300 CNAME nothing.lab.example'], [SOA],
    ],
    [
      '3a: an alias to no such type', 'nodata.lab.example TXT', 'NOERROR', 'aa',
      ['nodata.lab.example 300 CNAME mail.lab.example'], [SOA],
    ],
    [
      '3a: an alias out of our zones', 'outside.lab.example A', 'NOERROR', 'aa',
      ['outside.lab.example 300 CNAME www.example.net'], [],
    ],
    [
      '3a: a circle of aliases ends', 'loop1.lab.example A', 'NOERROR', 'aa',
      ['loop1.lab.example 300 CNAME loop2.lab.example', 'loop2.lab.example 300 CNAME loop1.lab.example'], [],
    ],
    [
      '3a: an alias of itself', 'self.lab.example A', 'NOERROR', 'aa', ['self.lab.example 300 CNAME self.lab.example'],
      [],
    ],
    [
      '2: an alias into another zone of ours', 'toown.lab.example A', 'NOERROR', 'aa',
      ['toown.lab.example 300 CNAME host.own.lab.example', 'host.own.lab.example 300 A 10.0.2.3'], [],
    ],
    [
      '2: and back', 'back.own.lab.example TXT', 'NOERROR', 'aa',
      ['back.own.lab.example 300 CNAME www.lab.example', 'www.lab.example 300 TXT "w"'], [],
    ],
    ['2: the zone below counts', 'nope.own.lab.example A', 'NXDOMAIN', 'aa', [], [OWN_SOA]],
    [
      '2: its apex is its own', 'own.lab.example SOA', 'NOERROR', 'aa',
      ['own.lab.example 300 SOA ns.own.lab.example hostmaster.own.lab.example 7 3600 600 604800 60'], [],
    ],
    ['2: not our name', 'www.example.net A', 'REFUSED', '', [], []],
    ['2: the parent of our zone', 'example A', 'REFUSED', '', [], []],
    ['2: the root', '. NS', 'REFUSED', '', [], []],
  ] as const)('step %s: %s', (_step, question, rcode, flags, answer, authority) => {
    const [name, type] = question.split(' ') as [string, string]
    expect(new Bench([LAB, OWN]).askTwice(name, type, NO_RD)).toMatchObject(
      { rcode, flags, answer, authority, additional: [] },
    )
  })

  test.each([
    ['at the cut', 'sub.lab.example A'],
    ['at the cut, for its NS', 'sub.lab.example NS'],
    ['below', 'host.sub.lab.example A'],
    ['for glue itself', 'ns.sub.lab.example A'],
    ['for data hidden by the cut', 'under.sub.lab.example TXT'],
  ])('step 3b: a referral %s', (_what, question) => {
    const [name, type] = question.split(' ') as [string, string]
    expect(new Bench([LAB]).askTwice(name, type, NO_RD)).toMatchObject({
      rcode: 'NOERROR', flags: '', answer: [],
      authority: ['sub.lab.example 300 NS ns.sub.lab.example', 'sub.lab.example 300 NS ns.elsewhere.example'],
      additional: ['ns.sub.lab.example 300 A 10.0.1.2'],
    })
  })

  test('step 3b: without recursion to be had, RD gets the referral too', () => {
    expect(
      new Bench([LAB]).askTwice('host.sub.lab.example', 'A'),
    ).toMatchObject({ rcode: 'NOERROR', flags: 'rd', answer: [] })
  })

  test('step 3b: an alias into a delegation keeps AA for the alias', () => {
    expect(new Bench([LAB]).askTwice('tosub.lab.example', 'A', NO_RD)).toMatchObject({
      flags: 'aa', answer: ['tosub.lab.example 300 CNAME host.sub.lab.example'],
      authority: ['sub.lab.example 300 NS ns.sub.lab.example', 'sub.lab.example 300 NS ns.elsewhere.example'],
    })
  })

  test('step 6: addresses of names in the answer', () => {
    const bench = new Bench([LAB, OWN])
    expect(bench.askTwice('lab.example', 'MX', NO_RD)).toMatchObject({
      answer: ['lab.example 300 MX 10 mail.lab.example'],
      additional: ['mail.lab.example 300 A 10.0.0.3', 'mail.lab.example 300 AAAA 2001:db8::3'],
    })
    expect(bench.askTwice('lab.example', 'NS', NO_RD).additional).toEqual(['ns.lab.example 300 A 10.0.0.2'])
    expect(bench.askTwice('_sip._tcp.lab.example', 'SRV', NO_RD).additional).toEqual(
      ['www.lab.example 300 A 10.0.0.4', 'www.lab.example 300 A 10.0.0.5'],
    )
  })

  test('RFC 4035 §3.1.4.1: DS is answered by the parent side', () => {
    const bench = new Bench([LAB, OWN])
    expect(bench.askTwice('sub.lab.example', 'DS', NO_RD)).toMatchObject(
      { flags: 'aa', answer: ['sub.lab.example 300 DS 1 8 2 00'] },
    )
    expect(bench.askTwice('own.lab.example', 'DS', NO_RD)).toMatchObject({ flags: 'aa', answer: [], authority: [SOA] })
  })

  test('a name between a zone and one below it exists (RFC 8020)', () => {
    const bench = new Bench([zoneOf('lab.example', '@ NS ns'), zoneOf('x.y.lab.example', '@ NS ns', 2)])
    expect(bench.askTwice('y.lab.example', 'A', NO_RD)).toMatchObject({ rcode: 'NOERROR', flags: 'aa', answer: [] })
    expect(bench.askTwice('z.lab.example', 'A', NO_RD)).toMatchObject({ rcode: 'NXDOMAIN' })
  })

  test('seventeen aliases in a row end after sixteen', () => {
    const text = Array.from({ length: 20 }, (_, i) => `a${i} CNAME a${i + 1}`).join('\n')
    expect(
      new Bench([zoneOf('lab.example', `@ NS ns\n${text}\na20 A 10.0.0.1`)]).ask('a0.lab.example', 'A').answer,
    ).toHaveLength(17)
  })
})
