import { describe, expect, test } from 'vitest'
import { Bench, replyTo, zoneOf } from '../../support/dns.ts'

const UPSTREAM = { upstreams: [{ address: 0x0a00_0001, port: 53 }] }
const SOA = (
  ttl: number, minimum: number,
): string => `example.com ${ttl} SOA ns.example.com h.example.com 1 2 3 4 ${minimum}`

describe('RFC 2308 §3 [D5] negative answers of our zones', () => {
  test.each([
    [300, 60, 60],
    [30, 60, 30],
    [60, 60, 60],
    [300, 0, 0],
  ])('SOA TTL %i and minimum %i give a TTL of %i', (defaultTtl, minimum, ttl) => {
    const { zone, records } = zoneOf('lab.example', '@ NS ns\nwww A 10.0.0.1')
    const bench = new Bench([{ zone: { ...zone, defaultTtl, minimum }, records }])
    const soa = `lab.example ${ttl} SOA ns.lab.example hostmaster.lab.example 7 3600 600 604800 ${minimum}`
    expect(bench.askTwice('nope.lab.example', 'A')).toMatchObject({ rcode: 'NXDOMAIN', authority: [soa] })
    expect(bench.askTwice('www.lab.example', 'AAAA')).toMatchObject({ rcode: 'NOERROR', authority: [soa] })
  })
})

describe('RFC 1035 §3.2.1 TTL of the SOA record', () => {
  test('a SOA keeps the TTL that its master file gives it, whatever $TTL says', () => {
    const bench = new Bench([zoneOf('lab.example', '$TTL 600\n@ 3600 SOA ns h 7 1 2 3 900\n@ NS ns\nns A 10.0.0.2')])
    const soa = (ttl: number): string => `lab.example ${ttl} SOA ns.lab.example h.lab.example 7 1 2 3 900`
    expect(bench.ask('lab.example', 'SOA').answer).toEqual([soa(3600)])
    expect(bench.ask('nope.lab.example', 'A').authority).toEqual([soa(900)])
    expect(bench.ask('ns.lab.example', 'A').answer).toEqual(['ns.lab.example 600 A 10.0.0.2'])
  })
})

describe('RFC 2308 §5 [D6] negative answers from upstream', () => {
  test.each([
    // rcode, SOA TTL, minimum, seconds that it lives
    [3, 300, 60, 60],
    [3, 30, 60, 30],
    [0, 300, 60, 60],
    // §5: one to three hours at most.
    [3, 86_400, 86_400, 10_800],
  ])('rcode %i with SOA TTL %i and minimum %i lives %i s', (rcode, ttl, minimum, lives) => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(replyTo(sent, { rcode, authority: SOA(ttl, minimum) }))
    const first = bench.ask('x.example.com', 'A')
    expect(first.rcode).toBe(rcode === 3 ? 'NXDOMAIN' : 'NOERROR')
    // Whatever is asked from now on (it is asked anew shortly before its end) stays without an answer.
    bench.onSent = () => {}
    bench.clock.advance(1000 * lives - 1)
    for (let times = 0; times < 2; times++) expect(bench.ask('x.example.com', 'A').rcode).toBe(first.rcode)
    bench.clock.advance(1)
    expect(bench.askLater('x.example.com', 'A')).toEqual([])
  })

  test('§5: without SOA it is not kept', () => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(replyTo(sent, { rcode: 3 }))
    expect(bench.ask('x.example.com', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.ask('x.example.com', 'A').rcode).toBe('NXDOMAIN')
    expect(bench.sent).toHaveLength(2)
  })

  test('§6: the SOA comes along, and its TTL falls', () => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(replyTo(sent, { rcode: 3, authority: SOA(300, 60) }))
    bench.ask('x.example.com', 'A')
    const ttls: string[] = []
    for (let times = 0; times < 3; times++) {
      bench.clock.advance(10_000)
      ttls.push(bench.ask('x.example.com', 'A').authority[0]?.split(' ')[1] as string)
    }
    expect(ttls).toEqual(['50', '40', '30'])
  })

  test('a SOA that does not enclose the name is no proof', () => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(
      replyTo(sent, { rcode: 3, authority: SOA(300, 60).replaceAll('example.com', 'example.net') }),
    )
    expect(bench.ask('x.example.com', 'A')).toMatchObject({ rcode: 'NXDOMAIN', authority: [] })
    bench.ask('x.example.com', 'A')
    expect(bench.sent).toHaveLength(2)
  })

  test('NODATA of one type says nothing of another', () => {
    const bench = new Bench([], UPSTREAM)
    bench.onSent = (sent) => sent.reply(
      replyTo(sent, sent.type === 'A' ? { authority: SOA(300, 60) } : { answer: 'x.example.com 60 TXT "t"' }),
    )
    expect(bench.ask('x.example.com', 'A').answer).toEqual([])
    expect(bench.ask('x.example.com', 'TXT').answer).toEqual(['x.example.com 60 TXT "t"'])
  })
})
