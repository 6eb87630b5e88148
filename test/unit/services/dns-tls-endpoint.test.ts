/** What comes out of the TLS servers, on the network side: bounds, back-pressure and ends of its streams. */
import { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { DnsTlsEndpoint, MAX_DNS_OVER_TLS, MAX_HTTPS_UNDER_WAY } from '../../../services/dns-tls-endpoint.ts'
import type { HttpsAnswer } from '../../../services/tls/https-front.ts'
import { Bench, queryBytes, replyTo } from '../../support/dns.ts'
import { framesOf, STREAM_ZONE, UPSTREAM } from '../../support/dns-stream.ts'
import { turn, until } from '../../support/tls-front.ts'

const CLIENT = '10.53.0.9'
const query = (name: string, type = 'A', id = 1): Uint8Array => queryBytes(`${name}.lab.example`, type, { id })

/** A stream whose other end is in the test's hand: it gives octets, and takes as many as it wants. */
class Hand extends Duplex {
  readonly pieces: Buffer[] = []
  takes = true
  #held: (() => void) | undefined

  override _read(): void {}

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.pieces.push(piece)
    if (this.takes) done()
    else this.#held = done
  }

  accept(): void {
    this.takes = true
    this.#held?.()
    this.#held = undefined
  }

  get octets(): number {
    return this.pieces.reduce((sum, piece) => sum + piece.length, 0)
  }
}

function made(options = {}) {
  const bench = new Bench([STREAM_ZONE], options)
  return { bench, endpoint: new DnsTlsEndpoint(bench.server, bench.clock) }
}

describe('streams', () => {
  test('answers that are ready together leave in one piece', async () => {
    const { endpoint } = made()
    const stream = new Hand()
    endpoint.add(stream, CLIENT)
    stream.push(framesOf(...Array.from({ length: 10 }, (_, i) => query('www', 'A', i))))
    await until(() => stream.octets > 0)
    await turn()
    expect(stream.pieces.length).toBe(1)
  })

  test('a client that does not take holds up its own answers alone, and gets them all later', async () => {
    const { bench, endpoint } = made()
    const slow = new Hand()
    slow.takes = false
    endpoint.add(slow, CLIENT)
    slow.push(framesOf(...Array.from({ length: 40 }, (_, i) => query('huge', 'TXT', i))))
    await until(() => slow.octets > 0)
    const asked = bench.server.counters.get('tls-queries')
    expect(asked).toBeLessThan(20)
    const quick = new Hand()
    endpoint.add(quick, CLIENT)
    quick.push(framesOf(query('www')))
    await until(() => quick.octets > 0)
    slow.accept()
    await until(() => slow.octets > 40 * 60_000)
    expect(bench.server.counters.get('tls-queries')).toBe(41)
  })

  test('one more than there may be ends the one that is idle longest', () => {
    const { bench, endpoint } = made()
    const streams = Array.from({ length: MAX_DNS_OVER_TLS + 1 }, () => new Hand())
    for (const stream of streams) endpoint.add(stream, CLIENT)
    expect([streams[0]?.destroyed, streams[1]?.destroyed, endpoint.size]).toEqual([true, false, MAX_DNS_OVER_TLS])
    expect(bench.server.counters.get('tcp-closed-full')).toBe(1)
    endpoint.close()
  })

  test('a client whose address is none gets nothing', () => {
    const { endpoint } = made()
    const stream = new Hand()
    endpoint.add(stream, 'nowhere')
    expect([stream.destroyed, endpoint.size]).toEqual([true, 0])
  })

  test('close() ends what is open', async () => {
    const { endpoint } = made()
    const stream = new Hand()
    endpoint.add(stream, CLIENT)
    endpoint.close()
    await turn()
    expect([stream.destroyed, endpoint.size]).toEqual([true, 0])
  })
})

describe('questions out of HTTPS', () => {
  test('so many are under way and no more; each answer makes room', () => {
    const { bench, endpoint } = made({ upstreams: [UPSTREAM], maxPending: 2 * MAX_HTTPS_UNDER_WAY })
    const answers: HttpsAnswer[] = []
    const ask = (n: number): void => endpoint.ask({ client: CLIENT + (n & 7), message: queryBytes(`n${n}.example.com`, 'A') }, (answer) => answers.push(answer))
    for (let n = 0; n < MAX_HTTPS_UNDER_WAY; n++) ask(n)
    expect(answers).toEqual([])
    ask(-1)
    expect(answers).toEqual(['busy'])
    const [sent] = bench.sent
    sent?.reply(replyTo(sent, { answer: `${sent.name} 60 A 192.0.2.1` }))
    expect(answers.length).toBe(2)
    ask(-2)
    expect(answers.length).toBe(2)
  })

  test('what is no query is dropped', () => {
    const { endpoint } = made()
    const answers: HttpsAnswer[] = []
    endpoint.ask({ client: CLIENT, message: queryBytes('www.lab.example', 'A', { flags: 0x8000 }) }, (answer) => answers.push(answer))
    expect(answers).toEqual(['dropped'])
  })
})
