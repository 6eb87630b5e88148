import { describe, expect, test } from 'vitest'
import { Bench, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('Lab.Example'.toLowerCase(), `
  @      NS    ns
  MixEd  A     10.0.0.4
  alias  CNAME MixEd.Lab.Example.
  mx     MX    10 MAIL.Lab.Example.
  \\193  TXT   "not a letter"
`)

describe('RFC 4343 [D1] letter case', () => {
  test.each(
    ['mixed.lab.example', 'MIXED.LAB.EXAMPLE', 'mIxEd.lAb.eXaMpLe'],
  )('§3: %s is found, and answered in the case asked (§4.1)', (name) => {
    const told = new Bench([ZONE]).askTwice(name, 'A')
    expect(told).toMatchObject({ question: `${name} A`, answer: [`${name} 300 A 10.0.0.4`] })
  })

  test('§4.1: names in data keep their letters, also when another client’s case was kept before', () => {
    const bench = new Bench([ZONE])
    expect(bench.ask('mx.lab.example', 'MX').answer).toEqual(['mx.lab.example 300 MX 10 MAIL.Lab.Example'])
    expect(bench.ask('MX.LAB.EXAMPLE', 'MX').answer).toEqual(['MX.LAB.EXAMPLE 300 MX 10 MAIL.Lab.Example'])
    expect(bench.ask('mx.Lab.Example', 'MX').answer).toEqual(['mx.Lab.Example 300 MX 10 MAIL.Lab.Example'])
    expect(bench.server.counters.get('answered-from-table')).toBe(2)
  })

  test('§3: octets beyond ASCII have no case', () => {
    const bench = new Bench([ZONE])
    expect(bench.ask('\\193.lab.example', 'TXT').rcode).toBe('NOERROR')
    expect(bench.ask('\\225.lab.example', 'TXT').rcode).toBe('NXDOMAIN')
  })
})
