import { describe, expect, test } from 'vitest'
import { Bench, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', `
  @      NS    ns
  www    A     10.0.0.4
  www    A     10.0.0.5
  www    TXT   "${'x'.repeat(250)}"
  www    AAAA  2001:db8::4
  alias  CNAME www
  *.w    TXT   "w"
  a.ent  A     10.0.0.1
`)

describe('RFC 8482 §4.1 ANY gets one RRset', () => {
  test.each([
    ['www', ['www.lab.example 300 A 10.0.0.4', 'www.lab.example 300 A 10.0.0.5'], 'NOERROR'],
    ['alias', ['alias.lab.example 300 CNAME www.lab.example'], 'NOERROR'],
    ['x.w', ['x.w.lab.example 300 TXT "w"'], 'NOERROR'],
    ['ent', [], 'NOERROR'],
    ['nope', [], 'NXDOMAIN'],
  ] as const)('%s', (label, answer, rcode) => {
    expect(new Bench([ZONE]).askTwice(`${label}.lab.example`, 'ANY')).toMatchObject({ rcode, answer })
  })

  test('at the apex it is the SOA', () => {
    expect(new Bench([ZONE]).askTwice('lab.example', 'ANY').answer).toHaveLength(1)
  })
})
