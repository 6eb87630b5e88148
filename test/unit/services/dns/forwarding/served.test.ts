/** The whole server before servers that it forwards to: what clients are told, when, and what is asked of whom. */
import { describe, expect, test } from 'vitest'
import { fallbackRule } from '../../../../../services/dns/index.ts'
import { formatIpv4, ipv4 } from '../../../../../stack/index.ts'
import { Bench, NO_RD, replyTo, zoneOf } from '../../../../support/dns.ts'
import { clientRule, forwardServer } from '../../../../support/forwarding.ts'
import type { Sent } from '../../../../support/dns.ts'

const ONE = [{ address: ipv4('10.0.0.1'), port: 53 }]
const TWO = [...ONE, { address: ipv4('10.0.0.2'), port: 5353 }]
const LAB = zoneOf('lab.example', `
  @     NS    ns
  out   CNAME www.example.com.
  two   CNAME out
  sub   NS    ns.elsewhere.example.
  host  A     10.0.0.9
`)
const A = 'www.example.com 60 A 192.0.2.1'
const answers = (sent: Sent): void => sent.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))
const last = (bench: Bench): Sent => bench.sent.at(-1) as Sent

test('with servers for one domain alone, recursion is offered there and nowhere else; names for local use stay here', () => {
  const bench = new Bench([])
  bench.onSent = (sent) => sent.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))
  bench.server.setForwardRules([clientRule({ id: 1, domain: 'corp.example' }), clientRule({ id: 2, domain: 'lan.home.arpa' }), clientRule({ id: 3, domain: '10.60.0.0/16' })])
  expect(bench.ask('www.corp.example', 'A')).toMatchObject({ rcode: 'NOERROR', flags: 'rd ra' })
  expect(bench.ask('www.example.net', 'A')).toMatchObject({ rcode: 'REFUSED', flags: 'rd' })
  expect([bench.ask('tv.lan.home.arpa', 'A').rcode, bench.ask('tv.home.arpa', 'A').rcode]).toEqual(['NOERROR', 'NXDOMAIN'])
  expect([bench.ask('1.0.60.10.in-addr.arpa', 'A').rcode, bench.ask('1.0.61.10.in-addr.arpa', 'A').rcode]).toEqual(['NOERROR', 'NXDOMAIN'])
  expect(bench.sent.map(({ name }) => name)).toEqual(['www.corp.example', 'tv.lan.home.arpa', '1.0.60.10.in-addr.arpa'])
})

test('clients with servers of their own are told nothing that others were, nor the other way round, also out of the table', () => {
  const bench = new Bench([])
  bench.onSent = (sent) => sent.reply(replyTo(sent, { answer: `${sent.name} 60 A ${formatIpv4(sent.upstream.address)}` }))
  bench.server.setFallback(fallbackRule(ONE, 'host', 'settings'))
  bench.server.setForwardRules([clientRule({ id: 1, domain: '.', servers: [forwardServer('192.0.2.66')] }, ['10.53.7.0/24'])])
  const asks = (from: string): readonly string[] => bench.ask('www.example.com', 'A', { from: ipv4(from) }).answer
  for (let times = 0; times < 3; times++) {
    expect([asks('10.53.0.9'), asks('10.53.7.9')]).toEqual([['www.example.com 60 A 10.0.0.1'], ['www.example.com 60 A 192.0.2.66']])
  }
  expect(bench.sent).toHaveLength(2)
  // Rules that are gone are gone at once.
  bench.server.setForwardRules([])
  expect(asks('10.53.7.9')).toEqual(['www.example.com 60 A 10.0.0.1'])
})

describe('a question goes upstream', () => {
  test('asked once, answered, kept, and its TTL falls', () => {
    const bench = new Bench([], { upstreams: ONE })
    const told = bench.askLater('Www.Example.com', 'A', { id: 77 })
    expect(told).toEqual([])
    expect(bench.sent).toMatchObject([{ upstream: ONE[0], name: 'www.example.com', type: 'A' }])
    bench.clock.advance(30)
    last(bench).reply(replyTo(last(bench), { answer: A }))
    expect(told).toMatchObject(
      [
        {
          id: 77, rcode: 'NOERROR', flags: 'rd ra', question: 'Www.Example.com A',
          answer: ['Www.Example.com 60 A 192.0.2.1'],
        },
      ],
    )
    expect(last(bench).cancelled).toBe(true)
    const ttls: string[] = []
    for (const wait of [0, 999, 1, 52_000, 999]) {
      bench.clock.advance(wait)
      ttls.push(bench.ask('www.example.com', 'A').answer[0] as string)
    }
    expect(ttls).toEqual([60, 60, 59, 7, 7].map((ttl) => `www.example.com ${ttl} A 192.0.2.1`))
    expect(bench.sent).toHaveLength(1)
  })

  test('what is in demand is asked for anew in the last tenth of its life, once, and nobody waits', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.askLater('www.example.com', 'A')
    last(bench).reply(replyTo(last(bench), { answer: A }))
    bench.clock.advance(53_999)
    bench.ask('www.example.com', 'A')
    expect(bench.sent).toHaveLength(1)
    bench.clock.advance(1)
    for (const ttl of [6, 6]) expect(bench.ask('www.example.com', 'A').answer).toEqual([`www.example.com ${ttl} A 192.0.2.1`])
    expect(bench.sent).toHaveLength(2)
    last(bench).reply(replyTo(last(bench), { answer: A }))
    bench.clock.advance(7000)
    expect(bench.ask('www.example.com', 'A').answer).toEqual(['www.example.com 53 A 192.0.2.1'])
    expect(bench.sent).toHaveLength(2)
  })

  test('ids differ and the query is plain: RD, EDNS 1232, DO for the validator', () => {
    const bench = new Bench([], { upstreams: ONE })
    for (let i = 0; i < 50; i++) bench.askLater(`n${i}.example.com`, 'A')
    expect(new Set(bench.sent.map((sent) => sent.id)).size).toBeGreaterThan(45)
    expect([...(bench.sent[0] as Sent).bytes.subarray(2)]).toEqual([
      1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 0x6e, 0x30, 7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0, 0, 1, 0,
      1,
      0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0,
    ])
  })

  test('clients that ask the same are joined, each with its own id and case', () => {
    const bench = new Bench([], { upstreams: ONE })
    const told = [bench.askLater('www.example.com', 'A', { id: 1 }), bench.askLater('WWW.example.com', 'A', { id: 2 })]
    expect(bench.sent).toHaveLength(1)
    answers(last(bench))
    expect(told).toMatchObject([[{ id: 1, question: 'www.example.com A' }], [{ id: 2, question: 'WWW.example.com A' }]])
    expect(bench.server.counters.get('forward-joined')).toBe(1)
  })

  test('an upstream that answers within the call', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = answers
    expect(bench.ask('www.example.com', 'A').answer).toEqual([A])
  })

  test('a late answer for a client with little room is cut', () => {
    const bench = new Bench([], { upstreams: ONE })
    const told = bench.askLater('www.example.com', 'TXT')
    const long = `www.example.com 60 TXT "${'x'.repeat(250)}" "${'y'.repeat(250)}"`
    last(bench).reply(replyTo(last(bench), { answer: long }))
    expect(told).toMatchObject([{ flags: 'tc rd ra', answer: [] }])
    expect(bench.ask('www.example.com', 'TXT', { edns: {} })).toMatchObject({ flags: 'rd ra', answer: { length: 1 } })
  })

  test('without RD a name outside is refused, cached or not', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = answers
    bench.ask('www.example.com', 'A')
    expect(bench.ask('www.example.com', 'A', NO_RD)).toMatchObject({ rcode: 'REFUSED', flags: 'ra', answer: [] })
    expect(bench.ask('other.example.com', 'A', NO_RD).rcode).toBe('REFUSED')
    expect(bench.sent).toHaveLength(1)
  })
})

describe('only what answers the question is believed (RFC 5452)', () => {
  const wrong = {
    'another id': (sent: Sent) => replyTo(sent, { answer: A, id: sent.id ^ 1 }),
    'another name': (sent: Sent) => replyTo(sent, { answer: A, question: Uint8Array.from([1, 0x78, 0, 0, 1, 0, 1]) }),
    'another type': (sent: Sent) => replyTo(sent, { answer: A }).with(12 + 17 + 1, 28),
    'another class': (sent: Sent) => replyTo(sent, { answer: A }).with(12 + 17 + 3, 3),
    'not a response': (sent: Sent) => sent.bytes,
    'another opcode': (sent: Sent) => replyTo(sent, { answer: A, flags: 0x2000 }),
    'eleven octets': (sent: Sent) => replyTo(sent).subarray(0, 11),
  }
  test.each(Object.entries(wrong))('%s is passed over, and the true answer still counts', (_what, lie) => {
    const bench = new Bench([], { upstreams: ONE })
    const told = bench.askLater('www.example.com', 'A')
    const sent = last(bench)
    sent.reply(lie(sent))
    expect(told).toEqual([])
    expect(bench.server.counters.get('upstream-stray')).toBe(1)
    answers(sent)
    expect(told).toMatchObject([{ rcode: 'NOERROR', answer: [A] }])
  })

  test('a second answer changes nothing', () => {
    const bench = new Bench([], { upstreams: ONE })
    const told = bench.askLater('www.example.com', 'A')
    answers(last(bench))
    last(bench).reply(replyTo(last(bench), { answer: 'www.example.com 60 A 203.0.113.66' }))
    expect(told).toHaveLength(1)
    expect(bench.ask('www.example.com', 'A').answer).toEqual([A])
  })

  test('records that were not asked for are left out', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = (sent) => sent.reply(replyTo(sent, {
      answer: `www.example.com 60 CNAME a.example.net
        bank.example 60 A 203.0.113.66
        a.example.net 60 A 192.0.2.1
        www.example.com 60 TXT "x"`,
      authority: 'example.com 60 NS ns.bad.example', additional: 'ns.bad.example 60 A 203.0.113.66',
    }))
    expect(bench.ask('www.example.com', 'A')).toMatchObject({
      answer: ['www.example.com 60 CNAME a.example.net', 'a.example.net 60 A 192.0.2.1'], authority: [], additional: [],
    })
    bench.onSent = () => {}
    expect(bench.askLater('bank.example', 'A')).toEqual([])
  })

  test('with mixed case the letters must come back as sent; else it is asked again by stream, where nobody can forge', () => {
    const bench = new Bench([], { upstreams: ONE, mixCase: true }, 1, true)
    const told = bench.askLater('www.example.com', 'A')
    const sent = last(bench)
    expect(sent.name).not.toBe('www.example.com')
    expect(sent.name.toLowerCase()).toBe('www.example.com')
    const lower = Uint8Array.from(
      [3, ...Buffer.from('www'), 7, ...Buffer.from('example'), 3, ...Buffer.from('com'), 0, 0, 1, 0, 1],
    )
    sent.reply(replyTo(sent, { answer: 'www.example.com 60 A 203.0.113.66', question: lower }))
    expect(told).toEqual([])
    const [stream] = bench.streamed
    stream?.reply(replyTo(stream, { answer: A }))
    expect(told).toMatchObject([{ question: 'www.example.com A', answer: [A] }])
  })

  test('a circle of aliases ends', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = (sent) => sent.reply(
      replyTo(sent, { answer: 'a.example 60 CNAME b.example\nb.example 60 CNAME a.example' }),
    )
    expect(bench.ask('a.example', 'A')).toMatchObject({ rcode: 'SERVFAIL', answer: [] })
  })
})

describe('SERVFAIL in time', () => {
  /** When and what the client hears, and when which server was asked. */
  const run = (
    upstreams: typeof TWO, script: (sent: Sent, bench: Bench) => void,
  ): { told: [number, string][]; asked: [number, number][] } => {
    const bench = new Bench([], { upstreams })
    bench.onSent = (sent) => script(sent, bench)
    const told = bench.askLater('www.example.com', 'A')
    const out: [number, string][] = []
    for (let ms = 0; ms <= 6000; ms += 10) {
      if (told.length > out.length) out.push([ms, (told[0] as (typeof told)[0]).rcode])
      bench.clock.runUntil(ms + 10)
    }
    return { told: out, asked: bench.sent.map((sent) => [sent.at, sent.upstream.port === 53 ? 1 : 2]) }
  }
  const silent = (): void => {}
  const delayed = (ms: number) => (sent: Sent, bench: Bench): void => void bench.clock.at(
    bench.clock.now() + ms, () => answers(sent),
  )
  const rcode = (code: number) => (sent: Sent): void => sent.reply(replyTo(sent, { rcode: code }))
  const by = (one: (s: Sent, b: Bench) => void, two: (s: Sent, b: Bench) => void) => (s: Sent, b: Bench): void =>
    (s.upstream.port === 53 ? one : two)(s, b)

  test.each([
    ['one dead server', ONE, silent, [[4000, 'SERVFAIL']], [[0, 1], [400, 1], [1200, 1], [2800, 1]]],
    ['two dead servers', TWO, silent, [[4000, 'SERVFAIL']], [[0, 1], [400, 2], [800, 1], [1600, 2], [2400, 1]]],
    ['the first is dead', TWO, by(silent, delayed(20)), [[420, 'NOERROR']], [[0, 1], [400, 2]]],
    ['slower than the first wait', ONE, delayed(1100), [[1100, 'NOERROR']], [[0, 1], [400, 1]]],
    ['slower than all waits', ONE, delayed(3900), [[3900, 'NOERROR']], [[0, 1], [400, 1], [1200, 1], [2800, 1]]],
    ['too slow', ONE, delayed(4100), [[4000, 'SERVFAIL']], [[0, 1], [400, 1], [1200, 1], [2800, 1]]],
    ['the first refuses', TWO, by(rcode(5), delayed(20)), [[20, 'NOERROR']], [[0, 1], [0, 2]]],
    // Once more without EDNS, which some servers answer so.
    ['the first says SERVFAIL', TWO, by(rcode(2), delayed(20)), [[20, 'NOERROR']], [[0, 1], [0, 1], [0, 2]]],
    ['both refuse', TWO, rcode(5), [[0, 'SERVFAIL']], [[0, 1], [0, 2]]],
    [
      'one refuses, one is dead', TWO, by(rcode(5), silent), [[4000, 'SERVFAIL']],
      [[0, 1], [0, 2], [400, 2], [1200, 2], [2800, 2]],
    ],
    [
      'unreachable, then dead', TWO, by((sent) => sent.fail('unreachable'), silent), [[4000, 'SERVFAIL']],
      [[0, 1], [0, 2], [400, 2], [1200, 2], [2800, 2]],
    ],
    ['nobody listens', ONE, (sent: Sent) => sent.fail('refused'), [[0, 'SERVFAIL']], [[0, 1]]],
    ['no socket to be had', TWO, (sent: Sent) => sent.fail('no-socket'), [[0, 'SERVFAIL']], [[0, 1], [0, 2]]],
    [
      'an answer that cannot be read', TWO,
      by((sent) => sent.reply(replyTo(sent, { answer: A }).subarray(0, 45)), delayed(20)), [[20, 'NOERROR']],
      [[0, 1], [0, 2]],
    ],
  ] as const)('%s', (_what, upstreams, script, told, asked) => {
    expect(run([...upstreams], script)).toEqual({ told, asked })
  })

  test('the next client hears of the failure at once, for five seconds (RFC 9520)', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.askLater('www.example.com', 'A')
    bench.clock.advance(4000)
    const before = bench.sent.length
    expect(bench.ask('www.example.com', 'A').rcode).toBe('SERVFAIL')
    bench.clock.advance(4999)
    expect(bench.ask('www.example.com', 'A').rcode).toBe('SERVFAIL')
    expect(bench.sent).toHaveLength(before)
    bench.clock.advance(1)
    bench.onSent = answers
    expect(bench.ask('www.example.com', 'A').rcode).toBe('NOERROR')
  })

  test('when all servers are known to be down, other questions fail within 1.2 s', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.askLater('a.example.com', 'A')
    bench.clock.advance(4000)
    expect(bench.events).toEqual([['dns.upstream.down', { upstream: '10.0.0.1', failures: 3 }]])
    const told = bench.askLater('b.example.com', 'A')
    bench.clock.advance(1199)
    expect(told).toEqual([])
    bench.clock.advance(1)
    expect(told).toMatchObject([{ rcode: 'SERVFAIL' }])
  })

  test('one that answers again is used again at once', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.askLater('a.example.com', 'A')
    bench.clock.advance(4000)
    bench.onSent = answers
    expect(bench.ask('b.example.com', 'A').rcode).toBe('NOERROR')
    bench.onSent = () => {}
    const told = bench.askLater('c.example.com', 'A')
    bench.clock.advance(1300)
    expect(told).toEqual([])
  })

  test('nothing is left running', () => {
    const bench = new Bench([], { upstreams: TWO })
    bench.askLater('www.example.com', 'A')
    bench.clock.advance(4000)
    expect(bench.clock.next()).toBeUndefined()
    expect(bench.sent.every((sent) => sent.cancelled)).toBe(true)
    expect(bench.server.sizes.pending).toBe(0)
  })

  test('an answer after an alias of ours fails as a whole', () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    bench.onSent = (sent) => sent.fail('refused')
    expect(bench.ask('out.lab.example', 'A')).toMatchObject({ rcode: 'SERVFAIL', answer: [] })
  })
})

describe('what upstream cannot do', () => {
  test('a truncated answer is none, and not kept', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = (sent) => sent.reply(replyTo(sent, { answer: A, flags: 0x0200 }))
    expect(bench.ask('www.example.com', 'A')).toMatchObject({ rcode: 'SERVFAIL', flags: 'rd ra', answer: [] })
  })

  describe('where upstreams can be asked by stream, a truncated answer', () => {
    const WHOLE = Array.from({ length: 300 }, (_, i) => `www.example.com 60 A 192.0.${i >> 8}.${i & 255}`).join('\n')
    const truncating = (): Bench => {
      const bench = new Bench([], { upstreams: TWO }, 1, true)
      bench.onSent = (sent) => sent.reply(replyTo(sent, { flags: 0x0200 }))
      return bench
    }
    const counted = (bench: Bench): unknown => bench.server.counters.toJSON()

    test('is asked for again from the same server, and kept whole', () => {
      const bench = truncating()
      const [byDatagram, byStream] = [bench.askLater('www.example.com', 'A'), bench.askByStream('www.example.com', 'A')]
      expect(bench.streamed).toMatchObject([{ upstream: bench.sent[0]?.upstream, name: 'www.example.com', type: 'A' }])
      expect(bench.sent[0]?.cancelled).toBe(true)
      bench.streamed[0]?.reply(replyTo(bench.streamed[0], { answer: WHOLE }))
      expect(byStream).toMatchObject([{ rcode: 'NOERROR', flags: 'rd ra' }])
      expect(byStream[0]?.answer).toHaveLength(300)
      expect(byDatagram).toMatchObject([{ rcode: 'NOERROR', flags: 'tc rd ra', answer: [] }])
      expect(bench.streamed[0]?.cancelled).toBe(true)
      expect(bench.askByStream('www.example.com', 'A')[0]?.answer).toHaveLength(300)
      expect(bench.streamed).toHaveLength(1)
      expect(counted(bench)).toMatchObject({ 'upstream-truncated': 1, 'upstream-tcp-sent': 1, 'forward-joined': 1 })
    })

    test.each([
      ['the connection fails', (sent: Sent) => sent.fail('refused')],
      ['the server fails', (sent: Sent) => sent.reply(replyTo(sent, { rcode: 2 }))],
      ['it is truncated again', (sent: Sent) => sent.reply(replyTo(sent, { flags: 0x0200 }))],
      ['it answers something else', (sent: Sent) => sent.reply(replyTo(sent, { id: sent.id ^ 1, answer: A }))],
      ['it sends no message', (sent: Sent) => sent.reply(new Uint8Array(13))],
      ['it is silent', () => {}],
    ])('is none when %s: SERVFAIL, in time', (_what, reply) => {
      const bench = truncating()
      bench.onStreamed = reply
      const [byDatagram, byStream] = [bench.askLater('www.example.com', 'A'), bench.askByStream('www.example.com', 'A')]
      bench.clock.advance(4000)
      expect(byDatagram).toMatchObject([{ rcode: 'SERVFAIL', flags: 'rd ra', answer: [] }])
      expect(byStream).toMatchObject([{ rcode: 'SERVFAIL', flags: 'rd ra', answer: [] }])
      expect(bench.streamed.every((sent) => sent.cancelled)).toBe(true)
      expect(bench.server.sizes.pending).toBe(0)
      expect(counted(bench)).toMatchObject({ 'upstream-tcp-sent': bench.streamed.length })
    })

    test('what comes after the end changes nothing', () => {
      const bench = truncating()
      const told = bench.askLater('www.example.com', 'A')
      bench.clock.advance(4000)
      const late = bench.streamed[0] as Sent
      const before = counted(bench)
      late.reply(replyTo(late, { answer: A }))
      late.fail('unreachable')
      expect(told).toHaveLength(1)
      expect(counted(bench)).toEqual(before)
    })
  })

  test('a server that cannot read EDNS is asked without, and remembered (RFC 6891 §6.2.2)', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = (sent) => (
      sent.bytes[11] === 1 ? sent.reply(replyTo(sent, { rcode: 1 }).subarray(0, 12).with(5, 0)) : answers(sent)
    )
    expect(bench.ask('www.example.com', 'A').rcode).toBe('NOERROR')
    expect(bench.sent.map((sent) => sent.bytes[11])).toEqual([1, 0])
    bench.ask('other.example.com', 'A')
    expect(bench.sent.map((sent) => sent.bytes[11])).toEqual([1, 0, 0])
  })
})

describe('the faster server is asked first', () => {
  test('after both have been measured', () => {
    const bench = new Bench([], { upstreams: TWO })
    bench.onSent = (sent) => void bench.clock.at(
      bench.clock.now() + (sent.upstream.port === 53 ? 80 : 5), () => answers(sent),
    )
    for (let i = 0; i < 200; i++) {
      bench.askLater(`n${i}.example.com`, 'A')
      bench.clock.advance(100)
    }
    const toSlow = bench.sent.filter((sent) => sent.upstream.port === 53).length
    // The slow one is measured anew now and then.
    expect(toSlow).toBeGreaterThan(0)
    expect(toSlow).toBeLessThan(60)
  })
})

describe('bounds', () => {
  test('questions under way', () => {
    const bench = new Bench([], { upstreams: ONE, maxPending: 2 })
    bench.askLater('a.example', 'A')
    bench.askLater('b.example', 'A')
    expect(bench.ask('c.example', 'A').rcode).toBe('SERVFAIL')
    expect(bench.askLater('a.example', 'A')).toEqual([])
    expect(bench.server.counters.get('forward-full')).toBe(1)
    for (const sent of bench.sent) answers(sent)
    expect(bench.askLater('c.example', 'A')).toEqual([])
  })

  test('clients waiting', () => {
    const bench = new Bench([], { upstreams: ONE, maxWaiting: 3 })
    for (let i = 0; i < 3; i++) expect(bench.askLater('a.example', 'A')).toEqual([])
    expect(bench.ask('a.example', 'A').rcode).toBe('SERVFAIL')
    answers(last(bench))
    expect(bench.askLater('b.example', 'A')).toEqual([])
  })

  test('the cache stays within its octets', () => {
    const bench = new Bench([], { upstreams: ONE, cache: { octets: 100_000 }, answerSlabs: [] })
    bench.onSent = answers
    for (let i = 0; i < 2000; i++) {
      bench.ask('keep.example.com', 'A')
      bench.ask(`n${i}.example.com`, 'A')
    }
    expect(bench.server.sizes['cached-octets']).toBeLessThanOrEqual(100_000)
    expect(bench.server.sizes.cached).toBeLessThan(1500)
  })
})

describe('zones of ours and upstream together', () => {
  test('an alias that leaves our zones is followed', () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    bench.onSent = answers
    const answer = ['two.lab.example 300 CNAME out.lab.example', 'out.lab.example 300 CNAME www.example.com', A]
    expect(bench.ask('two.lab.example', 'A')).toMatchObject({ rcode: 'NOERROR', flags: 'aa rd ra', answer })
    bench.clock.advance(10_000)
    const later = [
      'two.lab.example 300 CNAME out.lab.example', 'out.lab.example 300 CNAME www.example.com',
      'www.example.com 50 A 192.0.2.1',
    ]
    expect(bench.askTwice('two.lab.example', 'A').answer).toEqual(later)
    expect(bench.ask('two.lab.example', 'A', NO_RD).answer).toHaveLength(2)
  })

  test('the same when the answer comes later', () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    const told = bench.askLater('out.lab.example', 'A')
    answers(last(bench))
    expect(told).toMatchObject([{ flags: 'aa rd ra', answer: ['out.lab.example 300 CNAME www.example.com', A] }])
  })

  test('an alias from outside into our zones is answered by us', () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    bench.onSent = (sent) => sent.reply(
      replyTo(sent, { rcode: 3, answer: 'ext.example.com 60 CNAME host.lab.example' }),
    )
    expect(bench.ask('ext.example.com', 'A')).toMatchObject({
      rcode: 'NOERROR', answer: ['ext.example.com 60 CNAME host.lab.example', 'host.lab.example 300 A 10.0.0.9'],
    })
  })

  test('below a delegation a client with RD gets the upstream’s answer, one without the referral', () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    bench.onSent = answers
    expect(bench.ask('x.sub.lab.example', 'A')).toMatchObject(
      { flags: 'rd ra', answer: ['x.sub.lab.example 60 A 192.0.2.1'] },
    )
    expect(bench.ask('x.sub.lab.example', 'A', NO_RD)).toMatchObject(
      { flags: 'ra', answer: [], authority: { length: 1 } },
    )
  })
})

describe('flushing and changing', () => {
  test('flushCache forgets a name and all below it', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = answers
    for (const name of ['a.example.com', 'b.a.example.com', 'c.example.com']) bench.askTwice(name, 'A')
    expect(bench.server.flushCache('A.example.com')).toBe(2)
    for (const name of ['a.example.com', 'b.a.example.com', 'c.example.com']) bench.ask(name, 'A')
    expect(bench.sent).toHaveLength(5)
    expect(bench.server.flushCache()).toBe(3)
  })

  test('new upstream servers are asked at once, and what the old ones said is forgotten', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = answers
    bench.askTwice('www.example.com', 'A')
    bench.server.setFallback(fallbackRule([TWO[1] as (typeof TWO)[0]], 'host', 'settings'))
    bench.ask('www.example.com', 'A')
    expect(last(bench).upstream.port).toBe(5353)
    bench.server.setFallback(undefined)
    expect(bench.ask('www.example.com', 'A')).toMatchObject({ rcode: 'REFUSED', flags: 'rd' })
  })

  test('a zone that is added takes its names over from the cache', () => {
    const bench = new Bench([], { upstreams: ONE })
    bench.onSent = answers
    bench.askTwice('www.new.example', 'A')
    const { zone, records } = zoneOf('new.example', '@ NS ns\nwww A 10.9.9.9', 9)
    bench.server.addZone(zone, records)
    expect(bench.ask('www.new.example', 'A').answer).toEqual(['www.new.example 300 A 10.9.9.9'])
    bench.server.removeZone('new.example')
    expect(bench.ask('www.new.example', 'A').answer).toEqual(['www.new.example 60 A 192.0.2.1'])
  })
})

describe('explain', () => {
  const ids = async (bench: Bench, name: string, type: string): Promise<string> =>
    (await bench.server.explain(name, type)).steps.map(([id]) => id).join(' ')

  test('tells what was asked, and then the cache', async () => {
    const bench = new Bench([LAB], { upstreams: ONE })
    bench.onSent = answers
    expect(await bench.server.explain('out.lab.example', 'A')).toMatchObject({
      rcode: 'NOERROR',
      answers: ['out.lab.example 300 IN CNAME www.example.com', 'www.example.com 60 IN A 192.0.2.1'],
    })
    expect(await ids(bench, 'out.lab.example', 'A')).toBe(
      'dns.zone.enclosing dns.answer.cname dns.zone.none dns.cache.hit',
    )
    expect(await ids(bench, 'www.example.net', 'A')).toBe('dns.zone.none dns.forward.asked dns.forward.server-answered dns.forward.answered')
    expect(await ids(bench, 'x.sub.lab.example', 'A')).toBe(
      'dns.zone.enclosing dns.answer.referral dns.forward.asked dns.forward.server-answered dns.forward.answered',
    )
    expect(await ids(bench, 'nope.lab.example', 'A')).toBe('dns.zone.enclosing dns.answer.nxdomain')
    expect(await ids(bench, 'x.localhost', 'A')).toBe('dns.special-use dns.answer.wildcard')
  })

  test('waits for upstream, and tells of a failure', async () => {
    const bench = new Bench([], { upstreams: ONE })
    const pending = bench.server.explain('www.example.com', 'A')
    bench.clock.advance(4000)
    const { rcode, answers: none, steps } = await pending
    expect([rcode, none, steps[0]?.[0], steps[1]?.[0]]).toEqual(['SERVFAIL', [], 'dns.zone.none', 'dns.forward.asked'])
    expect(steps.slice(2, -1).map(([id, facts]) => [id, facts.upstream, facts.because])).toEqual(steps.slice(2, -1).map(() => ['dns.forward.server-failed', '10.0.0.1', 'silent']))
    expect(steps.at(-1)).toMatchObject(['dns.forward.failed', { because: 'no-answer' }])
    expect(await ids(bench, 'www.example.com', 'A')).toBe('dns.zone.none dns.cache.failure')
  })

  test('what is no question', async () => {
    const bench = new Bench([])
    expect(await bench.server.explain('a..b', 'A')).toMatchObject({ rcode: 'FORMERR', answers: [], steps: [] })
    expect(await bench.server.explain('a', 'NOSUCH')).toMatchObject({ rcode: 'FORMERR', answers: [], steps: [] })
    expect(await ids(bench, 'www.example.com', 'A')).toBe('dns.zone.none dns.refused.no-upstream')
  })
})
