/** Octets in any pieces, by seed: messages come out as they went in; noise on a connection hurts nobody. */
import { describe, expect, test } from 'vitest'
import { framed, FrameReader } from '../../services/dns/wire/framing.ts'
import { SeededRandom } from '../../stack/platform/index.ts'
import { queryBytes } from '../support/dns.ts'
import { framesOf, StreamBench } from '../support/dns-stream.ts'

const seeds = Array.from({ length: 8 }, (_, i) => i + 1)
const noise = (random: SeededRandom, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256))

describe('framing', () => {
  test.each(seeds)('seed %i: any cut gives the same messages', (seed) => {
    const random = new SeededRandom(seed)
    const most = [3, 600, 5000, 65_536]
    const messages = Array.from({ length: 30 }, () => noise(random, random.below(most[random.below(4)] as number)))
    messages.push(new Uint8Array(65_535).fill(seed))
    const stream = Buffer.concat(messages.map((message) => framed(message, 0, message.length)))
    const frames = new FrameReader()
    const out: Buffer[] = []
    let arrived = 0
    let read = 0
    const source = {
      read: (into: Uint8Array, at: number, length: number): number => {
        expect(at + length).toBeLessThanOrEqual(into.length)
        const octets = stream.subarray(read, Math.min(arrived, read + length))
        into.set(octets, at)
        read += octets.length
        return octets.length
      },
    }
    while (arrived < stream.length) {
      arrived = Math.min(stream.length, arrived + 1 + random.below(random.chance(0.5) ? 40 : 9000))
      while (frames.next(source)) out.push(Buffer.from(frames.buffer.subarray(0, frames.length)))
      expect(frames.partial).toBe(out.reduce((sum, message) => sum + 2 + message.length, 0) < arrived)
      // Twice what has come, but for what every connection has.
      expect(frames.buffer.length).toBeLessThanOrEqual(Math.max(512, 2 * arrived))
    }
    expect(out.map((message) => message.toString('hex'))).toEqual(
      messages.map((message) => Buffer.from(message).toString('hex')),
    )
  })
})

describe('connections', () => {
  test.each(seeds)('seed %i: noise and pieces of queries', (seed) => {
    const random = new SeededRandom(seed)
    const bench = new StreamBench({ upstreams: [{ address: 1, port: 53 }], maxPending: 16 })
    const good = ['www.lab.example', 'big.lab.example', 'a.example.com'].map((name) => queryBytes(name, 'TXT'))
    for (let n = 0; n < 40; n++) {
      const client = bench.client()
      for (let parts = 1 + random.below(5); parts > 0; parts--) {
        const message = (good[random.below(3)] as Uint8Array).slice()
        if (random.chance(0.4)) message[random.below(message.length)] = random.below(256)
        const octets = random.chance(0.2) ? noise(random, random.below(200)) : framesOf(message)
        // An answer to a question that could not be read is none that a client's reader takes.
        client.reads = false
        client.send(random.chance(0.2) ? octets.subarray(0, random.below(octets.length + 1)) : octets)
        if (random.chance(0.3)) bench.clock.advance(random.below(2000))
      }
      if (random.chance(0.3)) client.endpoint.abort()
      else if (random.chance(0.5)) client.endpoint.end()
    }
    bench.clock.advance(40_000)
    expect(bench.endpoint.size).toBe(0)
    expect(bench.server.counters.get('internal-error')).toBe(0)
    expect(bench.world.faults).toEqual([])
    const client = bench.client()
    client.send(framesOf(queryBytes('www.lab.example', 'A')))
    bench.clock.advance(100)
    expect(client.answers).toMatchObject([{ rcode: 'NOERROR' }])
  })
})
