import { describe, expect, test } from 'vitest'
import { SECRET_MS, ServerCookies } from '../../../services/dns/server/cookies.ts'
import { SipHash } from '../../../services/dns/server/siphash.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { parseIpv4 } from '../../../stack/index.ts'
import type { Ipv4 } from '../../../stack/index.ts'
import { Bench, zoneOf } from '../../support/dns.ts'
import { ednsOption, octetsOf, optionOf, optionsOf } from '../../support/dns-options.ts'

const ZONE = zoneOf('lab.example', `
  @    NS ns
  www  A  10.0.0.4
`)
const COOKIE = 10
const CLIENT_COOKIE = '2464c4abcf10c957'
const SECRET = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
const address = (text: string): Ipv4 => parseIpv4(text) as Ipv4

class Issuer {
  readonly clock: VirtualClock
  readonly cookies: ServerCookies

  constructor(seconds: number, secret = SECRET) {
    this.clock = new VirtualClock(seconds * 1000)
    this.cookies = new ServerCookies(this.clock, new SeededSecureRandom(1), Uint8Array.from(octetsOf(secret)))
  }

  make(clientCookie: string, client: string): string {
    const into = new Uint8Array(24)
    this.cookies.write(Uint8Array.from(octetsOf(clientCookie)), 0, address(client), into, 0)
    return Buffer.from(into).toString('hex')
  }

  isGood(cookie: string, client: string): boolean {
    const b = Uint8Array.from(octetsOf(cookie))
    return this.cookies.isGood(b, 0, b.length, address(client))
  }
}

describe('SipHash-2-4', () => {
  // The reference implementation's vectors: key 00…0f, message 00, 01, 02 … of so many octets.
  test.each([
    [0, '310e0edd47db6f72'], [1, 'fd67dc93c539f874'], [7, '37d1018bf50002ab'],
    [8, '6224939a79f5f593'], [15, 'e545be4961ca29a1'],
  ])('%i octets', (length, hash) => {
    const into = new Uint8Array(8)
    new SipHash(Uint8Array.from({ length: 16 }, (_, i) => i)).write(Uint8Array.from({ length }, (_, i) => i), 0, length, into, 0)
    expect(Buffer.from(into).toString('hex')).toBe(hash)
  })
})

describe('RFC 9018 appendix A server cookies', () => {
  test.each([
    ['A.1 a new one', 1_559_731_985, CLIENT_COOKIE, '198.51.100.100', '010000005cf79f111f8130c3eee29480'],
    ['A.2 the same client later', 1_559_734_385, CLIENT_COOKIE, '198.51.100.100', '010000005cf7a871d4a564a1442aca77'],
    ['A.3 another client', 1_559_734_700, 'fc93fc62807ddb86', '203.0.113.203', '010000005cf7a9acf73a7810aca2381e'],
  ])('%s', (_what, at, clientCookie, client, cookie) => {
    const issuer = new Issuer(at)
    expect(issuer.make(clientCookie, client)).toBe(clientCookie + cookie)
    expect(issuer.isGood(clientCookie + cookie, client)).toBe(true)
  })

  const good = `${CLIENT_COOKIE}010000005cf79f111f8130c3eee29480`
  test.each([
    ['§4.3: an hour old', 3600, good, '198.51.100.100', true],
    ['§4.3: older', 3601, good, '198.51.100.100', false],
    ['§4.3: five minutes ahead of us', -300, good, '198.51.100.100', true],
    ['§4.3: more', -301, good, '198.51.100.100', false],
    ['sent to another address', 0, good, '198.51.100.101', false],
    ['another client cookie', 0, good.replace('2464', '2465'), '198.51.100.100', false],
    ['another hash', 0, good.replace('9480', '9481'), '198.51.100.100', false],
    ['§4.1: another version', 0, good.replace('0100000', '0200000'), '198.51.100.100', false],
    ['§4.2: reserved octets that are not 0', 0, good.replace('01000000', '01000001'), '198.51.100.100', false],
    ['a client cookie alone', 0, CLIENT_COOKIE, '198.51.100.100', false],
  ])('%s', (_what, seconds, cookie, client, expected) => {
    expect(new Issuer(1_559_731_985 + seconds).isGood(cookie, client)).toBe(expected)
  })

  test('§5: the secret changes; a cookie made with the one before is good as long as its time is', () => {
    const issuer = new Issuer(1_559_731_985)
    issuer.clock.advance(SECRET_MS - 60_000)
    const before = issuer.make(CLIENT_COOKIE, '198.51.100.100')
    issuer.clock.advance(60_000)
    expect(issuer.isGood(before, '198.51.100.100')).toBe(true)
    const known = new Issuer(1_559_731_985 + SECRET_MS / 1000)
    expect(issuer.make(CLIENT_COOKIE, '198.51.100.100')).not.toBe(known.make(CLIENT_COOKIE, '198.51.100.100'))
  })
})

describe('RFC 7873 §5.2 queries with COOKIE', () => {
  const ask = (bench: Bench, cookie: string): ReturnType<Bench['ask']> =>
    bench.ask('www.lab.example', 'A', { edns: { options: ednsOption(COOKIE, octetsOf(cookie)) } })

  test.each([
    ['§5.2.1: none in the query, none in the answer', '', 'NOERROR', undefined],
    ['§5.2.3: a client cookie gets ours', CLIENT_COOKIE, 'NOERROR', CLIENT_COOKIE],
    ['§5.2.4: a server cookie that is not ours', `${CLIENT_COOKIE}0102030405060708`, 'NOERROR', CLIENT_COOKIE],
    ['§5.2.4: one of 32 octets', CLIENT_COOKIE + '00'.repeat(32), 'NOERROR', CLIENT_COOKIE],
    ['§5.2.2: 7 octets', '01020304050607', 'FORMERR', undefined],
    ['§5.2.2: 9 octets', `${CLIENT_COOKIE}01`, 'FORMERR', undefined],
    ['§5.2.2: 15 octets', `${CLIENT_COOKIE}01020304050607`, 'FORMERR', undefined],
    ['§5.2.2: 41 octets', CLIENT_COOKIE + '00'.repeat(33), 'FORMERR', undefined],
  ])('%s', (_what, cookie, rcode, begins) => {
    const bench = new Bench([ZONE])
    const edns = cookie === '' ? {} : { options: ednsOption(COOKIE, octetsOf(cookie)) }
    const told = bench.askTwice('www.lab.example', 'A', { edns })
    expect(told).toMatchObject({ rcode, answer: rcode === 'NOERROR' ? ['www.lab.example 300 A 10.0.0.4'] : [] })
    const got = optionOf(told, COOKIE)
    expect(got?.slice(0, 16)).toBe(begins)
    expect(got?.length).toBe(begins === undefined ? undefined : 48)
  })

  test('§5.3: what we gave is echoed with a hash that stays while the second is the same, by table and zone alike', () => {
    const bench = new Bench([ZONE])
    const first = optionOf(ask(bench, CLIENT_COOKIE), COOKIE) as string
    expect(optionOf(ask(bench, first), COOKIE)).toBe(first)
    bench.clock.advance(1000)
    expect(optionOf(ask(bench, first), COOKIE)).not.toBe(first)
    expect(bench.server.counters.get('answered-from-table')).toBe(2)
  })

  test('each client of a shared answer gets its own cookie', () => {
    const bench = new Bench([ZONE])
    const cookies = [CLIENT_COOKIE, 'fc93fc62807ddb86', CLIENT_COOKIE].map((cookie) => optionOf(ask(bench, cookie), COOKIE))
    expect(cookies[0]).toBe(cookies[2])
    expect(cookies[1]).toMatch(/^fc93fc62807ddb86/)
    expect(bench.ask('www.lab.example', 'A', { edns: {} }).edns?.options).toHaveLength(0)
  })

  test('the first of two counts', () => {
    const two = [...ednsOption(COOKIE, octetsOf(CLIENT_COOKIE)), ...ednsOption(COOKIE, octetsOf('fc93fc62807ddb86'))]
    const told = new Bench([ZONE]).askTwice('www.lab.example', 'A', { edns: { options: two } })
    expect(optionsOf(told).map(([code, data]) => [code, data.slice(0, 16)])).toEqual([[COOKIE, CLIENT_COOKIE]])
  })

  test('an answer that comes later has the cookie of the client that asked', () => {
    const bench = new Bench([ZONE], { upstreams: [{ address: 1, port: 53 }] })
    const later = ['2464c4abcf10c957', 'fc93fc62807ddb86'].map((cookie, i) =>
      bench.askLater(`n${i}.example.com`, 'A', { edns: { options: ednsOption(COOKIE, octetsOf(cookie)) } }))
    for (const sent of [...bench.sent].reverse()) sent.fail('unreachable')
    bench.clock.advance(20_000)
    expect(later.map(([told]) => optionOf(told, COOKIE)?.slice(0, 16))).toEqual(['2464c4abcf10c957', 'fc93fc62807ddb86'])
  })

  test('over TCP too', () => {
    const [told] = new Bench([ZONE]).askByStream('www.lab.example', 'A', {
      edns: { options: ednsOption(COOKIE, octetsOf(CLIENT_COOKIE)) },
    })
    expect(optionOf(told, COOKIE)).toHaveLength(48)
  })

  test('an answer that would fit without its cookie alone is truncated, within the client’s size', () => {
    const zone = zoneOf('lab.example', `
      big TXT "${'a'.repeat(250)}" "${'b'.repeat(200)}"
    `)
    const bench = new Bench([zone])
    const plain = bench.ask('big.lab.example', 'TXT', { edns: { size: 512 } })
    expect(plain).toMatchObject({ flags: 'aa rd' })
    const cookie = { edns: { size: 512, options: ednsOption(COOKIE, octetsOf(CLIENT_COOKIE)) } }
    const told = bench.ask('big.lab.example', 'TXT', cookie)
    expect(told).toMatchObject({ flags: 'aa tc rd', answer: [] })
    expect(optionOf(told, COOKIE)).toHaveLength(48)
  })
})
