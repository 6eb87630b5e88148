import { describe, expect, test } from 'vitest'
import { Bench, NO_RD, zoneOf } from '../../support/dns.ts'

/** The zone of RFC 4592 §2.2.1, and below it cases that its text speaks of. */
const ZONE = zoneOf('example', `
  @                   NS    ns.example.com.
  @                   NS    ns.example.net.
  *                   TXT   "this is a wildcard"
  *                   MX    10 host1
  sub.*               TXT   "this is not a wildcard"
  host1               A     192.0.2.1
  _ssh._tcp.host1     SRV   0 0 22 host1
  _ssh._tcp.host2     SRV   0 0 22 host2
  subdel              NS    ns.example.com.
  subdel              NS    ns.example.net.
  *.alias             CNAME host1
  *.far               CNAME x.alias
  *.ent.deep          A     192.0.2.7
`)
const SOA = 'example 60 SOA ns.example hostmaster.example 7 3600 600 604800 60'

describe('RFC 4592 [D5] wildcards', () => {
  test.each([
    ['§2.2.1', 'host3.example MX', 'NOERROR', ['host3.example 300 MX 10 host1.example'], []],
    ['§2.2.1', 'host3.example A', 'NOERROR', [], [SOA]],
    ['§2.2.1', 'foo.bar.example TXT', 'NOERROR', ['foo.bar.example 300 TXT "this is a wildcard"'], []],
    ['§2.2.1: the name exists', 'host1.example MX', 'NOERROR', [], [SOA]],
    ['§2.2.1: "*" asked for exists', 'sub.*.example MX', 'NOERROR', [], [SOA]],
    ['§2.2.1: host1 is the closest encloser', '_telnet._tcp.host1.example SRV', 'NXDOMAIN', [], [SOA]],
    ['§2.2.1: an empty non-terminal exists', '_tcp.host1.example TXT', 'NOERROR', [], [SOA]],
    ['§2.2.2: host2 exists, empty', 'host2.example TXT', 'NOERROR', [], [SOA]],
    ['§2.2.1: *.example is the closest encloser', 'ghost.*.example MX', 'NXDOMAIN', [], [SOA]],
    [
      '§4.3.3: the wildcard asked for by name', '*.example TXT', 'NOERROR', ['*.example 300 TXT "this is a wildcard"'],
      [],
    ],
    [
      '§4.4: a wildcard CNAME', 'x.alias.example A', 'NOERROR',
      ['x.alias.example 300 CNAME host1.example', 'host1.example 300 A 192.0.2.1'], [],
    ],
    ['§4.4: the CNAME itself', 'x.alias.example CNAME', 'NOERROR', ['x.alias.example 300 CNAME host1.example'], []],
    [
      '§4.4: one leads to another', 'y.far.example A', 'NOERROR',
      [
        'y.far.example 300 CNAME x.alias.example', 'x.alias.example 300 CNAME host1.example',
        'host1.example 300 A 192.0.2.1',
      ],
      [],
    ],
    ['§2.2.2: an empty non-terminal blocks the wildcard above', 'ent.deep.example TXT', 'NOERROR', [], [SOA]],
    ['§2.2.2: and so does one further up', 'other.deep.example TXT', 'NXDOMAIN', [], [SOA]],
    [
      '§3.3.1: below it the nearer wildcard counts', 'a.b.ent.deep.example A', 'NOERROR',
      ['a.b.ent.deep.example 300 A 192.0.2.7'], [],
    ],
  ] as const)('%s: %s', (_section, question, rcode, answer, authority) => {
    const [name, type] = question.split(' ') as [string, string]
    expect(new Bench([ZONE]).askTwice(name, type, NO_RD)).toMatchObject({ rcode, flags: 'aa', answer, authority })
  })

  test('§2.2.1: a delegation is not covered by the wildcard', () => {
    expect(new Bench([ZONE]).askTwice('host.subdel.example', 'A', NO_RD)).toMatchObject({
      flags: '', answer: [],
      authority: ['subdel.example 300 NS ns.example.com', 'subdel.example 300 NS ns.example.net'],
    })
  })

  test('§3.3.3: the owner is the name as it was asked', () => {
    expect(
      new Bench([ZONE]).askTwice('HoSt9.Example', 'MX', NO_RD).answer,
    ).toEqual(['HoSt9.Example 300 MX 10 host1.example'])
  })
})
