import { describe, expect, test } from 'vitest'
import type { RateLimit } from '../../../../../services/dns/server/rate-limit.ts'
import { parseIpv4, parsePrefix } from '../../../../../stack/index.ts'
import type { Ipv4, Prefix } from '../../../../../stack/index.ts'
import { Bench, CLIENT, queryBytes, told, zoneOf } from '../../../../support/dns.ts'
import type { QueryShape, Told } from '../../../../support/dns.ts'
import { ednsOption, octetsOf, optionOf } from '../../../../support/dns-options.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
`)
const COOKIE = 10
const CLIENT_COOKIE = '2464c4abcf10c957'
const address = (text: string): Ipv4 => parseIpv4(text) as Ipv4
const LIMIT: RateLimit = { perSecond: 10, exempt: [] }
const benchWith = (rateLimit = LIMIT): Bench => new Bench([ZONE], { rateLimit })

function ask(bench: Bench, client: Ipv4, name = 'www.lab.example', shape: QueryShape = {}): Told | undefined {
  const bytes = queryBytes(name, 'A', shape)
  const into = new Uint8Array(4096)
  const length = bench.server.receive(bytes, 0, bytes.length, into, 0, 4096, client, () => {
    throw new Error('not at once')
  })
  return length === 0 ? undefined : told(into, 0, length)
}

/** How many of so many questions, at one instant, were answered whole, by a short answer, or not at all. */
function flood(bench: Bench, count: number, client = CLIENT, name?: string, shape?: QueryShape): readonly number[] {
  const sums = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const answer = ask(bench, client, name, shape)
    const kind = answer === undefined ? 2 : answer.flags.includes('tc') || answer.rcode === 'BADCOOKIE' ? 1 : 0
    sums[kind] = (sums[kind] as number) + 1
  }
  return sums
}

describe('response rate limiting', () => {
  test('off unless it is set', () => {
    expect(flood(new Bench([ZONE]), 1000)).toEqual([1000, 0, 0])
  })

  test('a second’s worth at once, then every second answer slips and the rest is dropped; counted', () => {
    const bench = benchWith()
    expect(flood(bench, 110)).toEqual([10, 50, 50])
    expect(bench.server.counters.toJSON()).toMatchObject({ 'rate-limited-slipped': 50, 'rate-limited-dropped': 50 })
  })

  test('the rate holds over time, and silence fills the bucket to a second’s worth and no more', () => {
    const bench = benchWith()
    flood(bench, 100)
    let whole = 0
    for (let ms = 0; ms < 5000; ms += 10) {
      bench.clock.advance(10)
      whole += flood(bench, 1)[0] as number
    }
    expect(whole).toBe(50)
    bench.clock.advance(60_000)
    expect(flood(bench, 100)[0]).toBe(10)
  })

  test('a slipped answer is the question alone with TC, no longer than the query, with EDNS if that has it', () => {
    for (const [shape, edns] of [[{}, undefined], [{ edns: {} }, { version: 0 }]] as const) {
      const bench = benchWith()
      flood(bench, 11)
      const slipped = ask(bench, CLIENT, 'www.lab.example', { ...shape, id: 0x77 })
      expect(slipped).toMatchObject({ id: 0x77, rcode: 'NOERROR', question: 'www.lab.example A', answer: [], authority: [] })
      expect(slipped?.flags).toBe('tc rd')
      expect(slipped?.octets).toBeLessThanOrEqual(queryBytes('www.lab.example', 'A', shape).length)
      if (edns === undefined) expect(slipped?.edns).toBeUndefined()
      else expect(slipped?.edns).toMatchObject(edns)
    }
  })

  test.each([
    ['the same network of 256', '198.51.100.7', 'www.lab.example', 0],
    ['another network', '198.51.101.7', 'www.lab.example', 10],
    ['another kind: the name is not there', '198.51.100.100', 'no.lab.example', 10],
    ['another kind: refused', '198.51.100.100', 'www.example.com', 10],
  ])('%s', (_what, client, name, whole) => {
    const bench = benchWith()
    flood(bench, 100)
    expect(flood(bench, 20, address(client), name)[0]).toBe(whole)
  })

  test('queries that cannot be read are limited too', () => {
    const bench = benchWith()
    const bytes = queryBytes('www.lab.example', 'A', { flags: 0x2000 })
    const into = new Uint8Array(4096)
    let answers = 0
    for (let i = 0; i < 100; i++) {
      const length = bench.server.receive(bytes, 0, bytes.length, into, 0, 4096, CLIENT, () => () => {})
      if (length > 0) answers++
    }
    expect(answers).toBe(10 + 45)
  })

  test.each([
    ['an exempt network', '10.53.0.0/16', '10.53.7.7', 100],
    ['its first address', '10.53.0.0/16', '10.53.0.0', 100],
    ['its last address', '10.53.0.0/16', '10.53.255.255', 100],
    ['one beside it', '10.53.0.0/16', '10.54.0.0', 10],
    ['everybody', '0.0.0.0/0', '200.1.2.3', 100],
  ])('%s', (_what, exempt, client, whole) => {
    const bench = benchWith({ perSecond: 10, exempt: [parsePrefix(exempt) as Prefix] })
    expect(flood(bench, 100, address(client))[0]).toBe(whole)
  })

  test('over TCP nobody is limited: a handshake proves the address', () => {
    const bench = benchWith()
    flood(bench, 100)
    for (let i = 0; i < 100; i++) expect(bench.askByStream('www.lab.example', 'A')).toMatchObject([{ rcode: 'NOERROR' }])
  })

  test('an answer that comes later is limited as well, and its question is not needed any more by then', () => {
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }], rateLimit: LIMIT })
    const answers = Array.from({ length: 40 }, (_, i) => bench.askLater(`n${i}.example.com`, 'A', { id: i }))
    for (const sent of bench.sent) sent.fail('refused')
    bench.clock.advance(20_000)
    const got = answers.flatMap((list, id) => list.map((answer) => [answer.id === id, answer.flags.includes('tc')]))
    expect(got.every(([own]) => own)).toBe(true)
    expect([got.filter(([, cut]) => cut !== true).length, got.filter(([, cut]) => cut).length]).toEqual([10, 15])
  })

  test('a hundred thousand networks take no more memory, and the one that floods stays limited', () => {
    const bench = benchWith()
    flood(bench, 100)
    let whole = 0
    for (let i = 0; i < 100_000; i++) {
      ask(bench, (0x0a00_0000 + i * 256) | 0)
      if (i % 100 === 0) whole += flood(bench, 1)[0] as number
    }
    expect(whole).toBe(0)
  })
})

describe('RFC 7873 §5.2.3 cookies under rate limiting', () => {
  const withCookie = (cookie: string): QueryShape => ({ edns: { options: ednsOption(COOKIE, octetsOf(cookie)) } })

  test('§5.2.3: who sends a client cookie gets BADCOOKIE and a server cookie; with that, answers without limit', () => {
    const bench = benchWith()
    flood(bench, 11)
    const bad = ask(bench, CLIENT, 'www.lab.example', withCookie(CLIENT_COOKIE))
    expect(bad).toMatchObject({ rcode: 'BADCOOKIE', answer: [] })
    const cookie = optionOf(bad, COOKIE) as string
    expect(cookie).toMatch(new RegExp(`^${CLIENT_COOKIE}[0-9a-f]{32}$`))
    expect(flood(bench, 100, CLIENT, 'www.lab.example', withCookie(cookie))).toEqual([100, 0, 0])
    expect(bench.server.counters.get('rate-limited-badcookie')).toBe(1)
  })

  test('§5.2.4: a cookie of another address, or an old one, proves nothing', () => {
    const bench = benchWith()
    const cookie = optionOf(ask(bench, address('203.0.113.1'), 'www.lab.example', withCookie(CLIENT_COOKIE)), COOKIE) as string
    expect(flood(bench, 100, CLIENT, 'www.lab.example', withCookie(cookie))).toEqual([10, 45, 45])
    bench.clock.advance(3_601_000)
    expect(flood(bench, 100, address('203.0.113.1'), 'www.lab.example', withCookie(cookie))).toEqual([10, 45, 45])
  })

  test('below the limit there is no BADCOOKIE', () => {
    expect(ask(benchWith(), CLIENT, 'www.lab.example', withCookie(CLIENT_COOKIE))?.rcode).toBe('NOERROR')
  })
})
