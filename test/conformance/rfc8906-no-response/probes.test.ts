/**
 * The probes by which a server's EDNS is judged from outside: those of RFC 8906 §8, which are also those of ISC's tester
 * and of DNS flag day, over UDP and TCP.
 */
import { describe, expect, test } from 'vitest'
import { Bench, queryBytes, type QueryShape, type Told, zoneOf } from '../../support/dns.ts'
import { overTcp, overUdp, read, summary } from '../../support/dns-carriers.ts'
import { ednsOption, optionsOf } from '../../support/dns-options.ts'

const KEY = 'AwEAAa'.padEnd(344, 'A')
const ZONE = zoneOf('lab.example', `
  @  NS     ns
  @  DNSKEY 257 3 8 ${KEY}
  @  DNSKEY 256 3 8 ${KEY.replace('AwEAAa', 'AwEAAb')}
  @  DNSKEY 256 3 8 ${KEY.replace('AwEAAa', 'AwEAAc')}
  ns A      10.0.0.1
`)
const NSID = ednsOption(3)
const COOKIE = ednsOption(10, [1, 2, 3, 4, 5, 6, 7, 8])
const EXPIRE = ednsOption(9)
const SUBNET = ednsOption(8, [0, 1, 0, 0])
const UNKNOWN = ednsOption(100)
const FLAG = { aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x0080, z: 0x0040, ad: 0x0020, cd: 0x0010 } as const

const soa = (shape: QueryShape): Uint8Array => queryBytes('lab.example', 'SOA', { flags: 0, ...shape })
/** An EDNS flag other than DO. */
const withEdnsFlag = (bytes: Uint8Array): Uint8Array => bytes.with(bytes.length - 3, 0x40)
const opcode = (n: number): number => n << 11

type Expected = {
  readonly rcode?: string
  readonly flags?: string
  readonly records?: number
  /** undefined: no OPT. */
  readonly edns?: { readonly version: 0; readonly dnssecOk?: boolean } | undefined
  readonly options?: readonly number[]
}

const check = (told: Told, { rcode = 'NOERROR', flags = 'aa', records = 1, edns, options = [] }: Expected): void => {
  expect([told.rcode, told.flags, told.answer.length]).toEqual([rcode, flags, records])
  if (edns === undefined) expect(told.edns).toBeUndefined()
  else expect(told.edns).toMatchObject(edns)
  expect(optionsOf(told).map(([code]) => code)).toEqual(options)
}

describe('RFC 8906 §8.1 basic DNS', () => {
  test.each<[string, Uint8Array, Expected]>([
    ['§8.1.1 dns: the SOA', soa({}), {}],
    ['§8.1.2 type666: a type that nobody knows', queryBytes('lab.example', 'TYPE666', { flags: 0 }), { records: 0 }],
    ['§8.1.2 TYPE1000', queryBytes('lab.example', 'TYPE1000', { flags: 0 }), { records: 0 }],
    ['§8.1.3.1 cd', soa({ flags: FLAG.cd }), { flags: 'aa cd' }],
    ['§8.1.3.2 ad: nothing was validated', soa({ flags: FLAG.ad }), {}],
    ['§8.1.3.3 zflag: the reserved bit is not copied', soa({ flags: FLAG.z }), {}],
    ['§8.1.3.4 rd', soa({ flags: FLAG.rd }), { flags: 'aa rd' }],
    ['aa, tc and ra of a query mean nothing', soa({ flags: FLAG.aa | FLAG.tc | FLAG.ra }), {}],
  ])('%s', (_what, bytes, expected) => {
    const bench = new Bench([ZONE])
    check(read(overUdp(bench, bytes)), expected)
    check(read(overTcp(bench, bytes)), expected)
  })

  test.each([[1], [2], [3], [6], [7], [8], [9], [10], [11], [12], [13], [14], [15]])('§8.1.4 opcode %i, a header alone: NOTIMP', (n) => {
    const bench = new Bench([ZONE])
    const header = soa({ flags: opcode(n) }).slice(0, 12).with(5, 0)
    expect(summary(overUdp(bench, header))).toBe(`rcode 4 qr opcode ${n} counts 0 0 0 0`)
    expect(summary(overTcp(bench, header))).toBe(`rcode 4 qr opcode ${n} counts 0 0 0 0`)
  })

  test.each([
    ['§8.1.4 opcodeflg: an unknown opcode with all flags', soa({ flags: opcode(15) | 0x07f0 }).slice(0, 12).with(5, 0), 'rcode 4 qr opcode 15 counts 0 0 0 0'],
    ['an unknown opcode with a question: that comes back', soa({ flags: opcode(15) }), 'rcode 4 qr opcode 15 counts 1 0 0 0'],
    ['an unknown opcode with OPT: that too', soa({ flags: opcode(15), edns: {} }), 'rcode 4 qr opcode 15 counts 1 0 0 1'],
    ['RFC 8490 §5.1.1 DSO: NOTIMP from who does not speak it', soa({ flags: opcode(6) }).slice(0, 12).with(5, 0), 'rcode 4 qr opcode 6 counts 0 0 0 0'],
  ])('%s', (_what, bytes, expected) => {
    const bench = new Bench([ZONE])
    expect([summary(overUdp(bench, bytes)), summary(overTcp(bench, bytes))]).toEqual([expected, expected])
  })
})

describe('RFC 8906 §8.2 EDNS', () => {
  const ours = { version: 0, dnssecOk: false } as const
  const badvers = { rcode: 'BADVERS', flags: '', records: 0, edns: ours } as const
  test.each<[string, Uint8Array, Expected]>([
    ['§8.2.1 edns: the least', soa({ edns: { size: 4096 } }), { edns: ours }],
    ['§8.2.2 edns1: a version that is not', soa({ edns: { version: 1 } }), badvers],
    ['§8.2.3 ednsopt: an unknown option', soa({ edns: { options: UNKNOWN } }), { edns: ours }],
    ['§8.2.4 ednsflags: an unknown flag', withEdnsFlag(soa({ edns: {} })), { edns: ours }],
    ['§8.2.5 edns1 with an unknown flag', withEdnsFlag(soa({ edns: { version: 1 } })), badvers],
    ['§8.2.6 edns1opt: with an unknown option', soa({ edns: { version: 1, options: UNKNOWN } }), badvers],
    ['§8.2.7 do', soa({ edns: { dnssecOk: true } }), { edns: { version: 0, dnssecOk: true } }],
    ['§8.2.7 docd', soa({ flags: FLAG.cd, edns: { dnssecOk: true } }), { flags: 'aa cd', edns: { version: 0, dnssecOk: true } }],
    ['§8.2.8 edns1do', soa({ edns: { version: 1, dnssecOk: true } }), { ...badvers, edns: { version: 0, dnssecOk: true } }],
    ['§8.2.9 ednsnsid', soa({ edns: { options: NSID } }), { edns: ours, options: [3] }],
    ['§8.2.9 ednscookie', soa({ edns: { options: COOKIE } }), { edns: ours, options: [10] }],
    ['§8.2.9 ednssubnet (RFC 7871): not acted on', soa({ edns: { options: SUBNET } }), { edns: ours }],
    ['§8.2.9 optlist: all of them', soa({ edns: { options: [...NSID, ...COOKIE, ...SUBNET] } }), { edns: ours, options: [10, 3] }],
    ['edns1nsid', soa({ edns: { version: 1, options: NSID } }), badvers],
    ['edns1cookie', soa({ edns: { version: 1, options: COOKIE } }), badvers],
    ['edns1expire', soa({ edns: { version: 1, options: EXPIRE } }), badvers],
    ['edns1subnet', soa({ edns: { version: 1, options: SUBNET } }), badvers],
    ['a payload size of nought is one of 512', soa({ edns: { size: 0 } }), { edns: ours }],
    ['bind11: DO, NSID and an unknown flag', withEdnsFlag(soa({ edns: { dnssecOk: false, options: [] } })), { edns: ours }],
  ])('%s', (_what, bytes, expected) => {
    const bench = new Bench([ZONE], { nsid: 'ns1' })
    check(read(overUdp(bench, bytes)), expected)
    check(read(overTcp(bench, bytes)), expected)
  })

  test('§8.2.4 no flag but DO is in an answer', () => {
    const bench = new Bench([ZONE])
    for (const version of [0, 1]) {
      const raw = overUdp(bench, withEdnsFlag(soa({ edns: { version } })))
      if (raw === 'silence') throw new Error('no answer')
      // The OPT is last and has no options: its flags are the third and fourth octet from the end.
      expect([...raw.slice(-4, -2)]).toEqual([0, 0])
    }
  })

  test('§8.2.6 edns@512: what does not fit is told by TC, with OPT and DO', () => {
    const bench = new Bench([ZONE])
    const bytes = queryBytes('lab.example', 'DNSKEY', { flags: 0, edns: { size: 512, dnssecOk: true } })
    const udp = read(overUdp(bench, bytes))
    expect([udp.flags, udp.edns?.dnssecOk, udp.octets <= 512]).toEqual(['aa tc', true, true])
  })

  test('ednstcp: the same over TCP is whole', () => {
    const bench = new Bench([ZONE])
    const bytes = queryBytes('lab.example', 'DNSKEY', { flags: 0, edns: { size: 512, dnssecOk: true } })
    check(read(overTcp(bench, bytes)), { records: 3, edns: { version: 0, dnssecOk: true } })
  })
})

describe('RFC 7873 §5.4 a query without a question, for its cookie', () => {
  const without = (options: readonly number[]): Uint8Array => {
    const whole = queryBytes('lab.example', 'A', { flags: 0, edns: { options } })
    const optAt = 12 + 13 + 4
    return Uint8Array.from([...whole.slice(0, 12), ...whole.slice(optAt)]).with(5, 0)
  }
  const given = (raw: ReturnType<typeof overUdp>): number[] => (raw === 'silence' ? [] : [...raw.slice(-24)])

  test('a client cookie alone gets ours, and that is good', () => {
    const bench = new Bench([ZONE])
    for (const carry of [overUdp, overTcp]) {
      const first = carry(bench, without(COOKIE))
      expect(summary(first)).toBe('rcode 0 qr opcode 0 counts 0 0 0 1')
      expect(given(first).slice(0, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
      expect(summary(carry(bench, without(ednsOption(10, given(first)))))).toBe('rcode 0 qr opcode 0 counts 0 0 0 1')
    }
  })

  test('one that is not good is told by BADCOOKIE, with a good one', () => {
    const bench = new Bench([ZONE])
    const raw = overUdp(bench, without(ednsOption(10, [...COOKIE.slice(4), ...new Uint8Array(16)])))
    // BADCOOKIE is 23: 7 in the header, 1 in the OPT.
    expect([summary(raw), raw === 'silence' ? 0 : raw[12 + 5]]).toEqual(['rcode 7 qr opcode 0 counts 0 0 0 1', 1])
    expect(summary(overUdp(bench, without(ednsOption(10, given(raw)))))).toBe('rcode 0 qr opcode 0 counts 0 0 0 1')
  })

  test.each([
    ['no option', []],
    ['another option', NSID],
    ['a cookie of no length that there is', ednsOption(10, [1, 2, 3])],
  ])('%s: FORMERR, with OPT', (_what, options) => {
    const bench = new Bench([ZONE])
    for (const carry of [overUdp, overTcp]) expect(summary(carry(bench, without(options)))).toBe('rcode 1 qr opcode 0 counts 0 0 0 1')
  })
})
