import { describe, expect, test } from 'vitest'
import { MAX_UNDER_WAY, QUERY_BLOCK_OCTETS } from '../../../../../services/dns/resolver/exchange.ts'
import { Budget } from '../../../../../services/dns/resolver/source.ts'
import { recordText } from '../../../../support/dns.ts'
import { ExchangeBench, serverAt } from '../../../../support/exchange-bench.ts'

const A = 'www.example.com 60 A 192.0.2.7'
const AA = 0x0400
const TC = 0x0200
const opt = Uint8Array.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0])

/** The response with an OPT at its end. */
function withOpt(bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from([...bytes, ...opt])
  out[11] = (out[11] as number) + 1
  return out
}

describe('one query to one server', () => {
  test('goes out with EDNS and DO, and its answer comes back whole', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    expect(bench.sent).toMatchObject([{ transport: 'udp', name: 'www.example.com', type: 'A', edns: true, dnssecOk: true }])
    expect(bench.last.bytes[2]).toBe(0)
    bench.clock.advance(20)
    bench.last.reply({ flags: AA, answer: A })
    expect(told).toMatchObject([{ kind: 'response', transport: 'udp', tookMs: 20, message: { rcode: 0, answer: [{ ttl: 60 }] } }])
    expect(bench.last.cancelled).toBe(true)
    expect(bench.book.srttMs(serverAt('192.0.2.1'))).toBe(20)
    expect(bench.exchange.underWay).toBe(0)
  })

  test('RD and CD as told', () => {
    const bench = new ExchangeBench()
    bench.ask('www.example.com', 'A', { recursionDesired: true, checkingDisabled: true })
    expect([...bench.last.bytes.subarray(2, 4)]).toEqual([1, 0x10])
  })

  test('silence is told once, and the answer may still come until the deadline', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.clock.advance(399)
    expect(told).toEqual([])
    bench.clock.advance(1)
    expect(told).toEqual(['slow'])
    bench.clock.advance(4000)
    bench.last.reply({ answer: A })
    expect(told).toMatchObject(['slow', { kind: 'response', tookMs: 4400 }])
    expect(bench.counts.get('upstream-silent')).toBe(1)
  })

  test('the deadline ends it', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A', { deadline: 600 })
    bench.clock.advance(600)
    expect(told).toEqual(['slow', { kind: 'failed', because: 'silent', tookMs: 600 }])
    expect(bench.last.cancelled).toBe(true)
    bench.last.reply({ answer: A })
    expect(told).toHaveLength(2)
  })

  test('three silences put a server down, which is told once', () => {
    const bench = new ExchangeBench()
    for (let i = 0; i < 4; i++) {
      bench.ask('www.example.com', 'A', { deadline: bench.clock.now() + 400 })
      bench.clock.advance(400)
    }
    expect(bench.down).toEqual([[serverAt('192.0.2.1').address, 3]])
  })

  test('what was cancelled tells nothing more', () => {
    const bench = new ExchangeBench()
    const told: unknown[] = []
    const query = {
      server: serverAt('192.0.2.1'), key: '\0', type: 2, recursionDesired: false, checkingDisabled: false, mixCase: false,
      budget: new Budget(), waitMs: 10, deadline: 100,
    }
    bench.exchange.ask(query, (outcome) => told.push(outcome), () => told.push('slow')).cancel()
    bench.clock.advance(200)
    bench.last.reply()
    bench.last.fail('refused')
    expect([told, bench.last.cancelled, bench.exchange.underWay]).toEqual([[], true, 0])
  })

  test.each(['unreachable', 'refused', 'no-socket'] as const)('a port that says %s', (why) => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.last.fail(why)
    expect(told).toEqual([{ kind: 'failed', because: why, tookMs: 0 }])
    expect(bench.book.state(serverAt('192.0.2.1')).failing).toBe(true)
  })

  test('a port that answers, or fails, within the call', () => {
    const bench = new ExchangeBench()
    bench.onSent = (sent) => sent.reply({ answer: A })
    expect(bench.ask('www.example.com', 'A')).toMatchObject([{ kind: 'response' }])
    bench.onSent = (sent) => sent.fail('no-socket')
    expect(bench.ask('www.example.com', 'A')).toMatchObject([{ kind: 'failed', because: 'no-socket' }])
    expect(bench.exchange.underWay).toBe(0)
  })

  test('every message is taken from the budget, and without any nothing is sent', () => {
    const bench = new ExchangeBench()
    const budget = new Budget()
    budget.queries = 1
    const told = bench.ask('www.example.com', 'A', { budget })
    bench.last.reply({ flags: TC })
    expect(told).toMatchObject([{ kind: 'failed', because: 'over-budget' }])
    expect(bench.ask('www.example.com', 'A', { budget })).toMatchObject([{ kind: 'failed', because: 'over-budget' }])
    expect(bench.sent).toHaveLength(1)
  })

  test('queries under way are bounded', () => {
    const bench = new ExchangeBench()
    for (let i = 0; i < MAX_UNDER_WAY; i++) bench.ask(`n${i}.example`, 'A')
    expect(bench.ask('one-more.example', 'A')).toEqual([{ kind: 'failed', because: 'full', tookMs: 0 }])
    expect(bench.sent).toHaveLength(MAX_UNDER_WAY)
  })
})

describe('equal queries at the same time', () => {
  test('are one datagram, and its answer is told to all', () => {
    const bench = new ExchangeBench()
    const told = Array.from({ length: 5 }, () => bench.ask('www.example.com', 'A'))
    expect([bench.sent.length, bench.exchange.underWay, bench.counts.get('upstream-joined')]).toEqual([1, 1, 4])
    bench.last.reply({ answer: A })
    for (const each of told) expect(each).toMatchObject([{ kind: 'response' }])
    bench.ask('www.example.com', 'A')
    expect(bench.sent).toHaveLength(2)
  })

  test('of another type, server, flag or way they are not equal', () => {
    const bench = new ExchangeBench()
    for (const shape of [
      {}, { server: serverAt('192.0.2.2') }, { server: serverAt('192.0.2.1', 'udp', 54) }, { recursionDesired: true }, { checkingDisabled: true },
      { server: serverAt('192.0.2.1', 'tls', 853) }, { server: serverAt('192.0.2.1', 'tls', 853) },
    ]) bench.ask('www.example.com', 'A', shape)
    bench.ask('www.example.com', 'AAAA')
    bench.ask('ww.example.com', 'A')
    expect(bench.sent).toHaveLength(9)
  })

  test('silence is told to all, and whoever asks then sends anew', () => {
    const bench = new ExchangeBench()
    const told = [bench.ask('www.example.com', 'A'), bench.ask('www.example.com', 'A')]
    bench.clock.advance(400)
    expect(told).toEqual([['slow'], ['slow']])
    const again = bench.ask('www.example.com', 'A')
    expect(bench.sent).toHaveLength(2)
    bench.sent[0]?.reply({ answer: A })
    expect([told.map((each) => each.length), again.length]).toEqual([[2, 2], 0])
    const joined = bench.ask('www.example.com', 'A')
    expect(bench.sent).toHaveLength(2)
    bench.last.reply({ answer: A })
    expect([again, joined]).toMatchObject([[{ kind: 'response' }], [{ kind: 'response' }]])
  })

  test('who cancels leaves the others, and the last ends it', () => {
    const bench = new ExchangeBench()
    const told: string[] = []
    const query = {
      server: serverAt('192.0.2.1'), key: '\0', type: 2, recursionDesired: false, checkingDisabled: false, mixCase: false, waitMs: 10, deadline: 100,
    }
    const handles = ['a', 'b', 'c'].map((who) => bench.exchange.ask({ ...query, budget: new Budget() }, () => told.push(who)))
    handles[0]?.cancel()
    handles[0]?.cancel()
    bench.last.reply()
    expect([told, bench.exchange.underWay]).toEqual([['b', 'c'], 0])
    const more = ['d', 'e'].map((who) => bench.exchange.ask({ ...query, budget: new Budget() }, () => told.push(who)))
    for (const handle of more) handle.cancel()
    expect([bench.last.cancelled, bench.exchange.underWay, told.length]).toEqual([true, 0, 2])
  })

  test('who is cancelled by what another is told hears nothing', () => {
    const bench = new ExchangeBench()
    const told: string[] = []
    const query = {
      server: serverAt('192.0.2.1'), key: '\0', type: 2, recursionDesired: false, checkingDisabled: false, mixCase: false, waitMs: 10, deadline: 100,
    }
    for (const when of ['slow', 'done'] as const) {
      const hear = (what: string) => () => {
        told.push(what)
        if (what === when) second.cancel()
      }
      bench.exchange.ask({ ...query, budget: new Budget(), deadline: bench.clock.now() + 100 }, hear('done'), hear('slow'))
      const second = bench.exchange.ask({ ...query, budget: new Budget() }, () => told.push('second done'), () => told.push('second slow'))
      bench.clock.advance(10)
      bench.last.reply()
    }
    expect(told).toEqual(['slow', 'done', 'slow', 'second slow', 'done'])
    expect(bench.exchange.underWay).toBe(0)
  })

  test('the next message is paid by who can: one poor question takes none of the others with it', () => {
    const bench = new ExchangeBench()
    const poor = new Budget()
    poor.queries = 1
    const told = [bench.ask('www.example.com', 'A', { budget: poor }), bench.ask('www.example.com', 'A')]
    bench.last.reply({ flags: TC })
    expect(told).toMatchObject([[{ kind: 'failed', because: 'over-budget' }], []])
    bench.last.reply({ answer: A })
    expect(told[1]).toMatchObject([{ kind: 'response', transport: 'tcp' }])
  })
})

describe('servers that cannot read EDNS', () => {
  test.each([['FORMERR', 1], ['NOTIMP', 4], ['SERVFAIL', 2]] as const)('%s: once more without, and so from then on', (_name, rcode) => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.last.reply({ rcode })
    expect(bench.last).toMatchObject({ edns: false, transport: 'udp' })
    bench.last.reply({ answer: A })
    expect(told).toMatchObject([{ kind: 'response', message: { rcode: 0 } }])
    bench.ask('www.example.com', 'A')
    expect(bench.last.edns).toBe(false)
    bench.clock.advance(900_000)
    bench.ask('www.example.com', 'A')
    expect(bench.last.edns).toBe(true)
  })

  test('FORMERR without a question', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    const header = Uint8Array.from([bench.last.id >> 8, bench.last.id & 255, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    bench.last.receive(header)
    expect(bench.last.edns).toBe(false)
    bench.last.receive(Uint8Array.from([bench.last.id >> 8, bench.last.id & 255, ...header.subarray(2)]))
    expect(told).toMatchObject([{ kind: 'failed', because: 'format-error' }])
  })

  test('BADVERS, though it knows EDNS', () => {
    const bench = new ExchangeBench()
    bench.ask('www.example.com', 'A')
    const sent = bench.last
    bench.onSent = (again) => again.reply({ answer: A })
    sent.receive(Uint8Array.from([
      ...sent.bytes.subarray(0, 2), 0x80, 0, ...sent.bytes.subarray(4, -11), 0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0,
    ]))
    expect(bench.last.edns).toBe(false)
  })

  test('an error that comes without EDNS too says nothing about EDNS', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.last.reply({ rcode: 2 })
    bench.last.reply({ rcode: 2 })
    expect(told).toMatchObject([{ kind: 'response', message: { rcode: 2 } }])
    bench.ask('www.example.com', 'A')
    expect(bench.last.edns).toBe(true)
  })

  test('an error with OPT is an error, and no reason to ask without', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.onSent = () => expect.unreachable()
    const { last } = bench
    last.receive(withOpt(Uint8Array.from([...last.bytes.subarray(0, 2), 0x80, 2, ...last.bytes.subarray(4, 10), 0, 0, ...last.bytes.subarray(12, -11)])))
    expect(told).toMatchObject([{ kind: 'response', message: { rcode: 2 } }])
  })

  test('who is silent to EDNS is asked without after two silences; an answer settles it', () => {
    const bench = new ExchangeBench()
    const ednsSent: boolean[] = []
    bench.onSent = (sent) => {
      ednsSent.push(sent.edns)
      if (!sent.edns) sent.reply({ answer: A })
    }
    for (let i = 0; i < 4; i++) {
      bench.ask('www.example.com', 'A', { deadline: bench.clock.now() + 400 })
      bench.clock.advance(400)
    }
    expect(ednsSent).toEqual([true, true, false, false])
    expect(bench.book.state(serverAt('192.0.2.1')).edns).toBe('no')
  })

  test('who was known to read EDNS and is silent now is down, and asked with EDNS', () => {
    const bench = new ExchangeBench()
    bench.ask('www.example.com', 'A')
    const reply = bench.last.bytes.slice()
    reply[2] = 0x84
    bench.last.receive(reply)
    expect(bench.book.state(serverAt('192.0.2.1')).edns).toBe('yes')
    for (let i = 0; i < 4; i++) {
      bench.ask('www.example.com', 'A', { deadline: bench.clock.now() + 400 })
      expect(bench.last.edns).toBe(true)
      bench.clock.advance(400)
    }
  })
})

describe('streams', () => {
  test('what comes truncated is asked for by TCP with an id of its own, though records are cut in the middle', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    const udp = bench.last
    const cut = Uint8Array.from([...udp.bytes.subarray(0, 2), 0x82, 0, ...udp.bytes.subarray(4, -11), 9])
    udp.receive(cut)
    expect(bench.sent).toMatchObject([{ transport: 'udp', cancelled: true }, { transport: 'tcp', name: 'www.example.com' }])
    expect(bench.last.id).not.toBe(udp.id)
    bench.last.reply({ answer: A })
    expect(told).toMatchObject([{ kind: 'response', transport: 'tcp', message: { answer: [{ ttl: 60 }] } }])
  })

  test.each([
    ['its connection is refused', (bench: ExchangeBench) => bench.last.fail('refused')],
    ['it says nothing', (bench: ExchangeBench) => bench.clock.advance(5000)],
    ['it truncates there too', (bench: ExchangeBench) => bench.last.reply({ flags: TC })],
  ])('truncated, and by TCP %s', (_what, happen) => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A')
    bench.last.reply({ flags: TC })
    happen(bench)
    expect(told.at(-1)).toMatchObject({ kind: 'failed', because: 'truncated' })
    expect(bench.book.allDown([serverAt('192.0.2.1')])).toBe(false)
    expect(bench.counts.get('upstream-silent')).toBeUndefined()
  })

  test('by TCP and TLS from the first message', () => {
    const bench = new ExchangeBench()
    bench.ask('www.example.com', 'A', { server: serverAt('192.0.2.1', 'tcp') })
    expect([bench.last.transport, bench.last.bytes.length]).toEqual(['tcp', 12 + 17 + 4 + 11])
    bench.ask('www.example.com', 'A', { server: serverAt('192.0.2.1', 'tls', 853) })
    expect([bench.last.transport, bench.last.bytes.length]).toEqual(['tls', QUERY_BLOCK_OCTETS])
  })

  test('by HTTPS the id is 0', () => {
    const bench = new ExchangeBench()
    const told = bench.ask('www.example.com', 'A', { server: serverAt('192.0.2.1', 'https', 443) })
    expect([bench.last.id, bench.last.bytes.length]).toEqual([0, QUERY_BLOCK_OCTETS])
    bench.last.reply({ answer: A })
    expect(told).toMatchObject([{ kind: 'response', transport: 'https' }])
  })
})

describe('letter case at random', () => {
  const name = 'abcdefghijklmnopqrstuvwxyz.example.com'
  const lower = (bytes: Uint8Array): Uint8Array => bytes.map((c, i) => (i >= 12 && c >= 0x41 && c <= 0x5a ? c + 32 : c))

  test('an echo letter by letter is an answer', () => {
    const bench = new ExchangeBench()
    const told = bench.ask(name, 'A', { mixCase: true })
    expect(bench.last.name).not.toBe(name)
    expect(bench.last.name.toLowerCase()).toBe(name)
    bench.last.reply({ answer: `${name} 60 A 192.0.2.7` })
    expect(told).toMatchObject([{ kind: 'response', transport: 'udp' }])
  })

  test('and nobody sees our letters in what it says', () => {
    const bench = new ExchangeBench()
    const told = bench.ask(name, 'A', { mixCase: true })
    const mixed = bench.last.name
    bench.last.reply({ answer: `${mixed} 60 CNAME b.${mixed}\nb.${mixed} 60 A 192.0.2.7`, authority: `${mixed} 60 NS ns.${mixed}` })
    const [outcome] = told
    if (outcome === undefined || outcome === 'slow' || outcome.kind !== 'response') throw new Error('it was answered')
    const { answer, authority } = outcome.message
    expect([...answer, ...authority].map(recordText)).toEqual([
      `${name} 60 CNAME b.${name}`, `b.${name} 60 A 192.0.2.7`, `${name} 60 NS ns.${name}`,
    ])
  })

  test('what does not echo it is asked by TCP; a server that folds letters there too is asked in lower case from then on', () => {
    const bench = new ExchangeBench()
    bench.onSent = (sent) => {
      const reply = lower(sent.bytes)
      reply[2] = 0x84
      sent.receive(reply)
    }
    expect(bench.ask(name, 'A', { mixCase: true })).toMatchObject([{ kind: 'response', transport: 'tcp' }])
    expect(bench.ask(name, 'A', { mixCase: true })).toMatchObject([{ kind: 'response', transport: 'udp' }])
    expect(bench.last.name).toBe(name)
  })

  test('a forgery in lower case costs a connection, and changes nothing', () => {
    const bench = new ExchangeBench()
    const told = bench.ask(name, 'A', { mixCase: true })
    const forged = lower(bench.last.bytes)
    forged[2] = 0x84
    bench.last.receive(forged)
    expect([bench.last.transport, told]).toEqual(['tcp', []])
    bench.last.reply({ answer: `${name} 60 A 192.0.2.7` })
    expect(told).toMatchObject([{ kind: 'response', transport: 'tcp' }])
    bench.ask(name, 'A', { mixCase: true })
    expect(bench.last.name).not.toBe(name)
  })
})
