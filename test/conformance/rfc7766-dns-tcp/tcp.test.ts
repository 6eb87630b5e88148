import { describe, expect, test } from 'vitest'
import {
  Conversations, type DnsStream, HELD_MOST_OCTETS, IDLE_LEAST_MS, IDLE_MS, MAX_CONNECTIONS, MAX_PER_SOURCE, MAX_UNDER_WAY, MESSAGE_MS, OUTPUT_PAUSE_OCTETS, TURN_MESSAGES,
} from '../../../services/dns-conversations.ts'
import { EVENT_READABLE } from '../../../stack/index.ts'
import { queryBytes, replyTo } from '../../support/dns.ts'
import type { Sent } from '../../support/dns.ts'
import { ednsOption, optionOf } from '../../support/dns-options.ts'
import { framesOf, StreamBench, StreamClient, UPSTREAM } from '../../support/dns-stream.ts'
import { LEFT } from '../../support/tcp-hosts.ts'

const query = (name: string, type = 'A', id = 1): Uint8Array => queryBytes(`${name}.lab.example`, type, { id })
const outside = (n: number): Uint8Array => queryBytes(`n${n}.example.com`, 'A', { id: n })
const answer = (sent: Sent | undefined): void => sent?.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))

describe('RFC 7766 §4 and §5 [D4] queries over TCP', () => {
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

/** A connection on which everything was sent at once, and that takes every answer. */
class GreedyStream implements DnsStream {
  readonly remote = LEFT
  onEvents: (events: number) => void = () => {}
  written = 0
  readonly #octets: Uint8Array
  #read = 0

  constructor(octets: Uint8Array) {
    this.#octets = octets
  }

  get readable(): number {
    return this.#octets.length - this.#read
  }

  read(into: Uint8Array, at: number, length: number): number {
    const part = this.#octets.subarray(this.#read, this.#read + length)
    into.set(part, at)
    this.#read += part.length
    return part.length
  }

  write(_from: Uint8Array, _at: number, length: number): number {
    this.written++
    return length
  }

  close(): void {}

  abort(): void {}
}

describe('RFC 7766 §6.2.3 and §10 under load', () => {
  /** Connections from as many addresses as it takes; each asked once, so that it counts as used. */
  function crowd(bench: StreamBench, count: number): readonly StreamClient[] {
    const sources = bench.moreSources(Math.ceil(count / MAX_PER_SOURCE))
    for (const source of sources) bench.client(source).endpoint.abort()
    const clients = Array.from({ length: count }, (_, i) => new StreamClient(bench.world, sources[Math.floor(i / MAX_PER_SOURCE)]))
    bench.clock.advance(100)
    return clients
  }
  const told = (bench: StreamBench, client: StreamClient): number => {
    client.send(framesOf(queryBytes('www.lab.example', 'A', { edns: { options: ednsOption(11) } })))
    bench.clock.advance(100)
    return 100 * Number.parseInt(optionOf(client.answers.at(-1), 11) as string, 16)
  }

  test.each([
    ['half full', MAX_CONNECTIONS / 2, IDLE_MS],
    ['three quarters', (3 * MAX_CONNECTIONS) / 4, (IDLE_MS + IDLE_LEAST_MS) / 2],
    ['full', MAX_CONNECTIONS, IDLE_LEAST_MS],
  ])('%s: who asks is told a time that fits (RFC 7828 §3.4), and it is so', (_what, count, expected) => {
    const bench = new StreamBench()
    const clients = crowd(bench, count)
    const [client] = clients as [StreamClient]
    expect(told(bench, client)).toBe(expected)
    expect(client.endsAfter(2 * IDLE_MS)).toBeLessThan(expected + 300)
  })

  test('connections that came before it filled end as soon as they would now', () => {
    const bench = new StreamBench()
    const [early] = crowd(bench, 1) as [StreamClient]
    bench.clock.advance(2 * IDLE_LEAST_MS)
    expect(early.ended).toBe(false)
    crowd(bench, MAX_CONNECTIONS - 1)
    expect(early.ended).toBe(true)
  })

  test('whoever asks a thousand at once leaves others their turn', () => {
    const bench = new StreamBench()
    const asked = Buffer.concat(Array.from({ length: 1000 }, (_, i) => framesOf(query('www', 'A', i))))
    const greedy = new GreedyStream(asked)
    const conversations = new Conversations(bench.server, bench.clock, 'tcp', MAX_CONNECTIONS)
    conversations.add(greedy)
    greedy.onEvents(EVENT_READABLE)
    const turns = [greedy.written]
    while (greedy.readable > 0 && turns.length < 100) {
      bench.clock.step()
      if (greedy.written > (turns.at(-1) as number)) turns.push(greedy.written)
    }
    expect(turns).toEqual(Array.from({ length: 16 }, (_, i) => Math.min(1000, (i + 1) * TURN_MESSAGES)))
    conversations.close()
  })

  test('halves of long messages from everywhere: memory has a bound, and who behaves is served', () => {
    const bench = new StreamBench()
    const clients = crowd(bench, MAX_CONNECTIONS - 1)
    const half = new Uint8Array(2 + 40_000)
    half[0] = half[1] = 0xff
    for (const client of clients) client.send(half)
    bench.clock.advance(3000)
    const left = clients.filter((client) => !client.closed).length
    expect(left * 40_000).toBeLessThan(HELD_MOST_OCTETS)
    expect(bench.server.counters.get('tcp-closed-memory')).toBeGreaterThan(200)
    const good = bench.client()
    good.send(framesOf(query('www')))
    bench.clock.advance(100)
    expect(good.answers).toHaveLength(1)
    bench.clock.advance(2 * MESSAGE_MS)
    expect(clients.every((client) => client.ended || client.closed)).toBe(true)
  })

  test('clients that ask much and read nothing: the same', () => {
    const bench = new StreamBench()
    const clients = crowd(bench, 200)
    for (const client of clients) {
      client.reads = false
      client.send(framesOf(...Array.from({ length: 8 }, (_, i) => query('huge', 'TXT', i))))
    }
    bench.clock.advance(2000)
    const left = clients.filter((client) => !client.closed).length
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThan(200)
    expect(bench.server.counters.get('tcp-closed-memory')).toBe(200 - left)
    bench.clock.advance(2 * IDLE_MS)
    expect(bench.endpoint.size).toBe(0)
  })
})
