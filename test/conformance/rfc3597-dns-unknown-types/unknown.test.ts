import { describe, expect, test } from 'vitest'
import { Bench, replyTo, zoneOf } from '../../support/dns.ts'

const ZONE = zoneOf('lab.example', `
  @      NS        ns
  x      TYPE65280 \\# 6 abcdef 012345
  x      CLASS1 TYPE1 \\# 4 0a000001
  empty  TYPE731   \\# 0
`)

describe('RFC 3597 [D3] unknown types', () => {
  test.each([
    [
      '§3: any octets are served as they are', 'x.lab.example TYPE65280',
      ['x.lab.example 300 TYPE65280 \\# 6 ABCDEF012345'],
    ],
    ['§5: a known type in generic form is that type', 'x.lab.example A', ['x.lab.example 300 A 10.0.0.1']],
    ['§5: no octets', 'empty.lab.example TYPE731', ['empty.lab.example 300 TYPE731 \\# 0']],
    ['§3: NODATA for a type that is not there', 'x.lab.example TYPE65281', []],
  ] as const)('%s', (_section, question, answer) => {
    const [name, type] = question.split(' ') as [string, string]
    expect(new Bench([ZONE]).askTwice(name, type)).toMatchObject({ rcode: 'NOERROR', answer })
  })

  test('§3: upstream’s unknown data passes unchanged', () => {
    const bench = new Bench([], { upstreams: [{ address: 1, port: 53 }] })
    // What looks like a compression pointer is none in a type that is not known.
    bench.onSent = (sent) => sent.reply(replyTo(sent, { answer: 'y.example.com 60 TYPE65281 \\# 4 C00CC00C' }))
    expect(bench.askTwice('y.example.com', 'TYPE65281').answer).toEqual(['y.example.com 60 TYPE65281 \\# 4 C00CC00C'])
  })

  test('§4: names are compressed in the types of RFC 1035 only', () => {
    const text = ['a MX 1', 'a MX 2', 'b SRV 1 1 1', 'b SRV 2 1 1'].map((record) => `${record} target.lab.example.`)
    const bench = new Bench([zoneOf('lab.example', text.join('\n'))])
    // 12 + question 19 + per record: owner 2, fixed 10, then MX 2 + name 20 or pointer 2; SRV 6 + name 20 each.
    expect(bench.ask('a.lab.example', 'MX').octets).toBe(12 + 19 + (12 + 22) + (12 + 4))
    expect(bench.ask('b.lab.example', 'SRV').octets).toBe(12 + 19 + 2 * (12 + 26))
  })
})
