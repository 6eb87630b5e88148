/** Denials by NSEC records that are made by hand: which spans may be believed, and of which side of a delegation. */
import { describe, expect, test } from 'vitest'
import { signingKey, signingOf } from '../../support/dnssec.ts'
import { findingFor, rrset, signedBy, SignedWorld } from '../../support/validation.ts'

const KEY = signingKey(15)

function judge(question: string, kind: 'nodata' | 'nxdomain', records: readonly string[]): string {
  const world = new SignedWorld({ example: { text: '', signing: signingOf({ keys: [KEY] }) } })
  world.trust({ example: { ds: [], dnskey: [KEY.dnskey] } })
  const authority = records.map((line) => signedBy(KEY, 'example', rrset(line.replace(' NSEC ', ' 300 NSEC '))))
  return world.validate(question, { finding: findingFor(question, kind, [], authority) }).security
}

const APEX = 'example NSEC a.example NS SOA RRSIG NSEC DNSKEY'
describe('RFC 6840 §4 which NSEC records are believed', () => {
  test.each([
    ['RFC 4035 §5.4 no such name', 'b.example A', 'nxdomain', [APEX, 'a.example NSEC c.example A RRSIG NSEC'], 'secure'],
    ['RFC 4035 §5.4 a wildcard is not denied', 'b.example A', 'nxdomain', ['a.example NSEC c.example A RRSIG NSEC'], 'bogus'],
    ['RFC 4035 §5.4 a wildcard is there', 'b.example A', 'nxdomain', ['*.example NSEC c.example A RRSIG NSEC'], 'bogus'],
    ['RFC 4035 §5.4 another name', 'd.example A', 'nxdomain', [APEX, 'a.example NSEC c.example A RRSIG NSEC'], 'bogus'],
    ['RFC 4034 §4.1.1 the last record leads to the apex', 'z.example A', 'nxdomain', [APEX, 'c.example NSEC example A RRSIG NSEC'], 'secure'],
    ['RFC 4034 §4.1.1 a zone of one name', 'z.example A', 'nxdomain', ['example NSEC example NS SOA RRSIG NSEC DNSKEY'], 'secure'],
    ['RFC 4034 §4.1.1 a record that leads out of the zone', 'b.example A', 'nxdomain', [APEX, 'a.example NSEC c.elsewhere A RRSIG NSEC'], 'bogus'],
    ['§4.1 below a delegation', 'x.a.example A', 'nxdomain', [APEX, 'a.example NSEC c.example NS RRSIG NSEC'], 'bogus'],
    ['RFC 6672 §5.3.4.1 below a DNAME', 'x.a.example A', 'nxdomain', [APEX, 'a.example NSEC c.example DNAME RRSIG NSEC'], 'bogus'],
    ['§4.1 beside a delegation', 'b.example A', 'nxdomain', [APEX, 'a.example NSEC c.example NS RRSIG NSEC'], 'secure'],
    ['§4.1 the parent denies what is the child\'s', 'a.example A', 'nodata', ['a.example NSEC c.example NS RRSIG NSEC'], 'bogus'],
    ['§4.1 the parent denies DS', 'a.example DS', 'nodata', ['a.example NSEC c.example NS RRSIG NSEC'], 'secure'],
    ['§4.4 the child denies DS', 'a.example DS', 'nodata', ['a.example NSEC c.example NS SOA RRSIG NSEC'], 'bogus'],
    ['§4.3 an alias is there', 'a.example A', 'nodata', ['a.example NSEC c.example CNAME RRSIG NSEC'], 'bogus'],
    ['RFC 4035 §5.4 the type is there', 'a.example A', 'nodata', ['a.example NSEC c.example A RRSIG NSEC'], 'bogus'],
    ['RFC 4035 §5.4 no such type', 'a.example AAAA', 'nodata', ['a.example NSEC c.example A RRSIG NSEC'], 'secure'],
    ['RFC 4034 §4.1.2 a type in a higher window', 'a.example CAA', 'nodata', ['a.example NSEC c.example A RRSIG NSEC CAA'], 'bogus'],
    ['RFC 4592 §2.2.2 an empty non-terminal', 'b.example A', 'nodata', ['a.example NSEC x.b.example A RRSIG NSEC'], 'secure'],
    ['RFC 4592 §2.2.2 an empty non-terminal is not nothing', 'b.example A', 'nxdomain', [APEX, 'a.example NSEC x.b.example A RRSIG NSEC'], 'bogus'],
    ['RFC 4592 §2.2.2 an empty wildcard', 'b.example A', 'nodata', ['example NSEC x.*.example NS SOA RRSIG NSEC', 'x.*.example NSEC c.example A RRSIG NSEC'], 'secure'],
    ['RFC 4035 §3.1.3.4 a wildcard without the type', 'b.example AAAA', 'nodata', ['*.example NSEC c.example A RRSIG NSEC'], 'secure'],
    ['RFC 9824 §3.1 a denial of one name', 'b.example A', 'nodata', ['b.example NSEC \\000.b.example RRSIG NSEC NXNAME'], 'secure'],
    ['RFC 9824 §5 the same with NXDOMAIN', 'b.example A', 'nxdomain', ['b.example NSEC \\000.b.example RRSIG NSEC NXNAME'], 'secure'],
    ['RFC 9824 §3.2 a name that is there', 'b.example A', 'nxdomain', ['b.example NSEC \\000.b.example TXT RRSIG NSEC'], 'bogus'],
    ['RFC 9824 §3.2 the type is not', 'b.example A', 'nodata', ['b.example NSEC \\000.b.example TXT RRSIG NSEC'], 'secure'],
  ] as const)('%s: %s', (_section, question, kind, records, security) => {
    expect(judge(question, kind, records.map((line) => line.replace('NXNAME', 'TYPE128')))).toBe(security)
  })
})
