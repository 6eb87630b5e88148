import { describe, expect, test } from 'vitest'
import {
  IDLE_MS, MAX_CONNECTIONS, MAX_PER_SOURCE, MAX_UNDER_WAY, MESSAGE_MS, OUTPUT_PAUSE_OCTETS,
} from '../../../services/dns-tcp-endpoint.ts'
import { queryBytes, replyTo } from '../../support/dns.ts'
import type { Sent } from '../../support/dns.ts'
import { framesOf, StreamBench, StreamClient, UPSTREAM } from '../../support/dns-stream.ts'

const query = (name: string, type = 'A', id = 1): Uint8Array => queryBytes(`${name}.lab.example`, type, { id })
const outside = (n: number): Uint8Array => queryBytes(`n${n}.example.com`, 'A', { id: n })
const answer = (sent: Sent | undefined): void => sent?.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))

describe('RFC 7766 §4 and §5 queries over TCP', () => {
  test.each([
    ['an answer that fits a datagram too', 'www', 'A', 'NOERROR', 1],
    ['§5: one that would be truncated over UDP', 'big', 'TXT', 'NOERROR', 1],
    ['one of 60,000 octets', 'huge', 'TXT', 'NOERROR', 1],
    ['a name that is not there', 'none', 'A', 'NXDOMAIN', 0],
    ['a zone transfer, which is refused', 'www', 'AXFR', 'REFUSED', 0],
    ['an incremental one', 'www', 'IXFR', 'REFUSED', 0],
  ])('%s', (_what, name, type, rcode, records) => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(query(name, type, 7)))
    bench.clock.advance(500)
    expect(client.answers).toMatchObject([{ id: 7, rcode }])
    expect(client.answers[0]?.answer).toHaveLength(records)
    expect(client.answers[0]?.flags).not.toContain('tc')
  })

  test('the size that EDNS tells does not count', () => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(queryBytes('big.lab.example', 'TXT', { edns: { size: 512 } })))
    bench.clock.advance(100)
    expect(client.answers).toMatchObject([{ flags: expect.not.stringContaining('tc'), edns: { udpOctets: 1232 } }])
    expect(client.answers[0]?.octets).toBeGreaterThan(3000)
  })
})

describe('RFC 7766 §6.2.1 connection reuse and pipelining', () => {
  test('several questions in one segment, and one that comes after its predecessor was answered', () => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(query('www', 'A', 1), query('big', 'TXT', 2), query('none', 'A', 3)))
    bench.clock.advance(200)
    client.send(framesOf(query('www', 'A', 4)))
    bench.clock.advance(200)
    expect(client.answers.map(({ id }) => id)).toEqual([1, 2, 3, 4])
    expect(bench.server.counters.toJSON()).toMatchObject({ 'tcp-connections': 1, 'tcp-queries': 4 })
  })

  test('§6.2.1.1 what is ready first comes first', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const client = bench.client()
    client.send(framesOf(outside(1), outside(2), query('www', 'A', 3)))
    bench.clock.advance(50)
    expect(client.answers.map(({ id }) => id)).toEqual([3])
    answer(bench.sent[1])
    answer(bench.sent[0])
    bench.clock.advance(50)
    expect(client.answers.map(({ id }) => id)).toEqual([3, 2, 1])
  })

  test('no more than the bound are under way; the rest is read as they are answered', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const client = bench.client()
    const questions = Array.from({ length: MAX_UNDER_WAY + 10 }, (_, i) => outside(i))
    client.send(framesOf(...questions))
    bench.clock.advance(100)
    expect(bench.sent).toHaveLength(MAX_UNDER_WAY)
    for (let i = 0; i < questions.length; i++) {
      answer(bench.sent[i])
      bench.clock.advance(1)
    }
    bench.clock.advance(100)
    expect(client.answers).toHaveLength(questions.length)
  })

  test('a client that does not read is not read from, and gets everything once it reads', () => {
    const bench = new StreamBench()
    const client = bench.client()
    client.reads = false
    const asked = 60
    client.send(framesOf(...Array.from({ length: asked }, (_, i) => query('huge', 'TXT', i))))
    bench.clock.advance(3000)
    const taken = bench.server.counters.get('tcp-queries')
    // Two buffers of 64 KiB at the least, and what waits; 60 answers would be 3.6 MB.
    expect(taken).toBeGreaterThan(2)
    expect(taken).toBeLessThan(asked / 2)
    expect(taken * 60_000).toBeGreaterThan(OUTPUT_PAUSE_OCTETS)
    client.reads = true
    client.read()
    bench.clock.advance(5000)
    expect(client.answers.map(({ id }) => id)).toEqual(Array.from({ length: asked }, (_, i) => i))
  })
})

describe('RFC 7766 §6.2.2 and §6.2.3 how many, and how long', () => {
  test('an idle connection is ended, in order', () => {
    const bench = new StreamBench()
    const client = bench.client()
    const after = client.endsAfter(2 * IDLE_MS) ?? 0
    expect(after).toBeGreaterThan(IDLE_MS - 200)
    expect(after).toBeLessThan(IDLE_MS + 200)
    expect(client.endpoint.error).toBe('')
    client.endpoint.close()
    bench.clock.advance(100)
    expect(bench.endpoint.size).toBe(0)
    expect(bench.server.counters.get('tcp-closed-idle')).toBe(1)
  })

  test('each message begins the time anew', () => {
    const bench = new StreamBench()
    const client = bench.client()
    for (let i = 0; i < 5; i++) {
      bench.clock.advance(IDLE_MS - 500)
      client.send(framesOf(query('www')))
    }
    bench.clock.advance(100)
    expect(client.answers).toHaveLength(5)
    expect(client.endsAfter(2 * IDLE_MS)).toBeGreaterThan(IDLE_MS - 400)
  })

  test('half a message has less time, however slowly it goes on', () => {
    const bench = new StreamBench()
    const client = bench.client()
    const octets = framesOf(query('www'))
    let sent = 0
    for (; !client.ended && sent < octets.length; sent++) {
      client.send(octets.subarray(sent, sent + 1))
      bench.clock.advance(MESSAGE_MS / 10)
    }
    expect(sent).toBeGreaterThan(9)
    expect(sent).toBeLessThan(13)
    expect(client.answers).toEqual([])
  })

  test('a client that will not read is reset in the end', () => {
    const bench = new StreamBench()
    const client = bench.client()
    client.reads = false
    client.send(framesOf(...Array.from({ length: 300 }, (_, i) => query('huge', 'TXT', i))))
    bench.clock.advance(3 * IDLE_MS)
    expect(client.endpoint.error).toBe('ECONNRESET')
    expect(bench.endpoint.size).toBe(0)
  })

  test('one that never ends its own direction is reset', () => {
    const bench = new StreamBench()
    const client = bench.client()
    bench.clock.advance(IDLE_MS + MESSAGE_MS + 500)
    expect([client.ended, client.endpoint.error]).toEqual([true, 'ECONNRESET'])
    expect(bench.endpoint.size).toBe(0)
  })

  test('§6.2.2 a client gets no more than its share of connections', () => {
    const bench = new StreamBench()
    Array.from({ length: MAX_PER_SOURCE + 5 }, () => bench.client())
    expect(bench.endpoint.size).toBe(MAX_PER_SOURCE)
    expect(MAX_PER_SOURCE).toBeLessThan(MAX_CONNECTIONS)
  })

  test('§6.2.3 when all connections are taken, the one idle longest that nothing is asked on makes room', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const sources = bench.moreSources(MAX_CONNECTIONS / MAX_PER_SOURCE)
    // So that ARP knows them all, and connections come in the order in which they are made.
    for (const source of sources) bench.client(source).endpoint.abort()
    const clients = sources.flatMap((source) =>
      Array.from({ length: MAX_PER_SOURCE }, () => new StreamClient(bench.world, source)))
    bench.clock.advance(100)
    const [asking, active, idle] = clients
    asking?.send(framesOf(outside(1)))
    active?.send(framesOf(query('www')))
    bench.clock.advance(50)
    expect(bench.endpoint.size).toBe(MAX_CONNECTIONS)
    const late = bench.client()
    late.send(framesOf(query('www')))
    bench.clock.advance(50)
    expect([asking, active, idle, late].map((client) => client?.closed)).toEqual([false, false, true, false])
    expect(late.answers).toHaveLength(1)
    expect(bench.endpoint.size).toBe(MAX_CONNECTIONS)
    expect(bench.server.counters.get('tcp-closed-full')).toBe(1)
  })

  test('answers under way that pile up in front of a client that does not read end the connection', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const client = bench.client()
    client.reads = false
    const text = Array.from({ length: 200 }, () => `"${'y'.repeat(250)}"`).join(' ')
    client.send(framesOf(...Array.from({ length: 40 }, (_, i) => queryBytes(`n${i}.example.com`, 'TXT', { id: i }))))
    bench.clock.advance(100)
    expect(bench.sent).toHaveLength(40)
    for (const sent of bench.sent) sent.reply(replyTo(sent, { answer: `${sent.name} 60 TXT ${text}` }))
    bench.clock.advance(100)
    expect(client.endpoint.error).toBe('ECONNRESET')
    expect(bench.endpoint.size).toBe(0)
    expect(bench.server.counters.get('tcp-closed-overrun')).toBe(1)
  })

  test('§6.2.4 a client that ends its direction still gets its answers', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const client = bench.client()
    client.send(framesOf(query('huge', 'TXT', 1), outside(2)))
    client.endpoint.end()
    bench.clock.advance(500)
    expect([client.answers.map(({ id }) => id), client.ended]).toEqual([[1], false])
    answer(bench.sent[0])
    bench.clock.advance(100)
    expect([client.answers.map(({ id }) => id), client.ended, client.closed]).toEqual([[1, 2], true, true])
    expect(client.endpoint.error).toBe('')
    expect(bench.endpoint.size).toBe(0)
  })

  test('a client that is gone when the answer comes', () => {
    const bench = new StreamBench({ upstreams: [UPSTREAM] })
    const client = bench.client()
    client.send(framesOf(outside(1)))
    bench.clock.advance(50)
    client.endpoint.abort()
    bench.clock.advance(50)
    answer(bench.sent[0])
    expect(bench.endpoint.size).toBe(0)
    expect(bench.world.faults).toEqual([])
  })

  test('close() resets what is there, and nobody listens any more', () => {
    const bench = new StreamBench()
    const client = bench.client()
    bench.endpoint.close()
    bench.clock.advance(50)
    expect(client.endpoint.error).toBe('ECONNRESET')
    expect(bench.client().endpoint.error).toBe('ECONNREFUSED')
  })
})

describe('RFC 7766 §8 the length field', () => {
  test.each([1, 2, 3, 7, 30])('queries in pieces of %i octets', (piece) => {
    const bench = new StreamBench()
    const client = bench.client()
    const octets = framesOf(query('www', 'A', 1), query('none', 'A', 2), query('www', 'A', 3))
    for (let at = 0; at < octets.length; at += piece) {
      client.send(octets.slice(at, at + piece))
      bench.clock.advance(4)
    }
    bench.clock.advance(100)
    expect(client.answers.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test.each([
    ['no message at all', 0],
    ['less than a header', 11],
  ])('%s ends the connection, after the answers that are due', (_what, length) => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(query('www', 'A', 1), new Uint8Array(length), query('www', 'A', 2)))
    bench.clock.advance(100)
    expect(client.answers.map(({ id }) => id)).toEqual([1])
    expect(client.ended).toBe(true)
    expect(bench.server.counters.get('tcp-closed-malformed')).toBe(1)
  })

  test.each([
    ['a query that cannot be read', queryBytes('www.lab.example', 'A', { edns: { options: [0, 3, 0] } }), ['FORMERR']],
    ['a response', queryBytes('www.lab.example', 'A', { flags: 0x8000 }), []],
  ])('%s is answered as over UDP, and the connection stays', (_what, bytes, rcodes) => {
    const bench = new StreamBench()
    const client = bench.client()
    client.send(framesOf(bytes, query('www')))
    bench.clock.advance(100)
    expect(client.answers.map(({ rcode }) => rcode)).toEqual([...rcodes, 'NOERROR'])
    expect(client.ended).toBe(false)
  })
})
