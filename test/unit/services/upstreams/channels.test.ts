/** Kept connections in virtual time: shared, idle, dead, broken, left alone for a while; and all that is bounded. */
import { describe, expect, test } from 'vitest'
import { forwardTarget } from '../../../../services/dns/forwarding/forward-target.ts'
import { framed } from '../../../../services/dns/wire/framing.ts'
import { Channels, IDLE_MS, MAX_CHANNELS } from '../../../../services/upstreams/channels.ts'
import { type Broken, Connection, MAX_PIPELINED } from '../../../../services/upstreams/connection.ts'
import { SeededRandom, VirtualClock } from '../../../../stack/platform/index.ts'
import { queryBytes, replyTo, told } from '../../../support/dns.ts'
import { forwardServer } from '../../../support/forwarding.ts'

type Opened = { readonly connection: Connection; readonly written: Uint8Array[]; closed: boolean }

class Bench {
  readonly clock = new VirtualClock()
  readonly opened: Opened[] = []
  readonly channels: Channels
  /** Whether connections are there at once. */
  opens = true
  readonly outcomes: string[] = []

  constructor() {
    this.channels = new Channels(this.clock, (_target, _transport, options) => {
      const one: Opened = { connection: new Connection(options), written: [], closed: false }
      this.opened.push(one)
      if (this.opens) this.ready(one)
      return one.connection
    })
  }

  ready(one: Opened): void {
    one.connection.ready({ write: (octets) => void one.written.push(octets.slice()), close: () => void (one.closed = true) })
  }

  ask(name: string, text = 'tls://192.0.2.1#dns.example', id = 7): { cancel(): void } {
    const query = queryBytes(name, 'A', { id })
    return this.channels.send(
      forwardTarget(forwardServer(text), { path: 'host', authority: undefined }), 'tls', query, query.length,
      (b, at, length) => {
        const { id: theirs, question } = told(b, at, length)
        this.outcomes.push(`${theirs} ${question}`)
      },
      (why) => this.outcomes.push(`${name} ${why}`),
    )
  }

  /** Answers the n-th thing that was written. */
  answer(one: Opened, n: number): void {
    const reply = replyTo({ bytes: (one.written[n] as Uint8Array).subarray(2) })
    one.connection.octets(framed(reply, 0, reply.length))
  }

  get standing(): unknown {
    return this.channels.standing(forwardTarget(forwardServer('tls://192.0.2.1#dns.example'), { path: 'host', authority: undefined }))
  }
}

const at = (bench: Bench, n: number): Opened => bench.opened[n] as Opened

describe('RFC 7766 §6.2.2 one connection that all share', () => {
  test('queries wait for it, go out together, and equal ids come back to who sent them', () => {
    const bench = new Bench()
    bench.opens = false
    bench.ask('a.example', undefined, 7)
    bench.ask('b.example', undefined, 7)
    expect([bench.opened.length, at(bench, 0).written.length]).toEqual([1, 0])
    bench.ready(at(bench, 0))
    expect(at(bench, 0).written).toHaveLength(2)
    bench.answer(at(bench, 0), 1)
    bench.answer(at(bench, 0), 0)
    expect(bench.outcomes).toEqual(['7 b.example A', '7 a.example A'])
  })

  test('§6.2.3 it ends when it has been idle for a while, not before', () => {
    const bench = new Bench()
    bench.ask('a.example')
    bench.clock.advance(2 * IDLE_MS.tls)
    expect(at(bench, 0).closed).toBe(false)
    bench.answer(at(bench, 0), 0)
    bench.clock.advance(IDLE_MS.tls - 1)
    expect([at(bench, 0).closed, bench.standing]).toEqual([false, { connections: 1, problem: undefined }])
    bench.clock.advance(1)
    expect([at(bench, 0).closed, bench.standing]).toEqual([true, { connections: 0, problem: undefined }])
    bench.ask('b.example')
    expect(bench.opened).toHaveLength(2)
  })

  test('an answer to what was given up goes to nobody, and its id to nobody else meanwhile', () => {
    const bench = new Bench()
    bench.ask('a.example').cancel()
    bench.ask('b.example')
    bench.answer(at(bench, 0), 0)
    expect(bench.outcomes).toEqual([])
    bench.answer(at(bench, 0), 1)
    expect(bench.outcomes).toEqual(['7 b.example A'])
  })

  test('what is not an answer to anything of ours is left alone', () => {
    const bench = new Bench()
    bench.ask('a.example')
    for (const octets of [new Uint8Array(2), Uint8Array.of(0, 5, 1, 2, 3, 4, 5), Uint8Array.of(0, 12, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]) at(bench, 0).connection.octets(octets)
    expect(bench.outcomes).toEqual([])
    bench.answer(at(bench, 0), 0)
    expect(bench.outcomes).toEqual(['7 a.example A'])
  })
})

describe('connections that end', () => {
  test('§6.2.4 what was not answered goes out by another, three times at most', () => {
    const bench = new Bench()
    bench.ask('a.example')
    for (let i = 0; i < 3; i++) {
      expect(bench.opened).toHaveLength(i + 1)
      at(bench, i).connection.broken('unreachable')
    }
    expect([bench.opened.length, bench.outcomes]).toEqual([3, ['a.example unreachable']])
  })

  test('a server that ends connections after one answer gets one for each query; once is no proof of it', () => {
    const bench = new Bench()
    const names = ['a', 'b', 'c', 'd', 'e'].map((label) => `${label}.example`)
    for (const name of names) bench.ask(name)
    for (let i = 0; i < 2; i++) {
      expect(bench.opened).toHaveLength(i + 1)
      bench.answer(at(bench, i), 0)
      at(bench, i).connection.broken('unreachable')
    }
    expect(bench.opened.slice(2).map(({ written }) => written.length)).toEqual([1, 1, 1])
    for (const one of bench.opened.slice(2)) bench.answer(one, 0)
    expect([...bench.outcomes].sort()).toEqual(names.map((name) => `7 ${name} A`))
    bench.ask('f.example')
    bench.ask('g.example')
    expect(bench.opened).toHaveLength(7)
  })

  test('one that could not be opened is not tried again at once, then less and less often', () => {
    const bench = new Bench()
    bench.opens = false
    const waits: number[] = []
    for (let i = 0; i < 4; i++) {
      bench.ask('a.example')
      at(bench, i).connection.broken('refused')
      const from = bench.clock.now()
      for (bench.ask('b.example'); bench.opened.length === i + 1; bench.ask('b.example')) bench.clock.advance(50)
      waits.push(bench.clock.now() - from)
      // The one just begun fails as well, and counts.
    }
    expect(bench.outcomes[0]).toBe('a.example refused')
    expect(waits[0]).toBe(250)
    expect(waits.every((wait, i) => i === 0 || wait > (waits[i - 1] as number))).toBe(true)
  })

  test('one that is not there within four seconds is given up', () => {
    const bench = new Bench()
    bench.opens = false
    bench.ask('a.example')
    bench.clock.advance(4000)
    expect([bench.outcomes, bench.standing]).toEqual([['a.example unreachable'], { connections: 0, problem: 'no connection within 4 s' }])
  })

  test('one that says nothing for three seconds is dead; the next query goes by another', () => {
    const bench = new Bench()
    const first = bench.ask('a.example')
    bench.clock.advance(3000)
    first.cancel()
    expect(at(bench, 0).closed).toBe(true)
    bench.ask('b.example')
    expect(bench.opened).toHaveLength(2)
  })

  test('a slow server is not a dead one: who gives up early ends nothing', () => {
    const bench = new Bench()
    for (let i = 0; i < 20; i++) {
      const asked = bench.ask(`n${i}.example`)
      bench.clock.advance(300)
      asked.cancel()
      bench.answer(at(bench, 0), i)
    }
    expect([bench.opened.length, at(bench, 0).closed]).toEqual([1, false])
  })
})

describe('bounds', () => {
  test('queries on one connection, and connections in all', () => {
    const bench = new Bench()
    for (let i = 0; i <= MAX_PIPELINED; i++) bench.ask(`n${i}.example`)
    expect(bench.opened).toHaveLength(2)
    for (let i = 0; i < 2 * MAX_CHANNELS; i++) bench.ask('a.example', `tls://10.0.${i >> 8}.${i & 255}`)
    expect(bench.opened).toHaveLength(MAX_CHANNELS)
    expect(bench.outcomes.length).toBeGreaterThan(MAX_CHANNELS)
    expect(new Set(bench.outcomes)).toEqual(new Set(['a.example no-socket']))
    bench.channels.close()
    expect(bench.opened.every(({ closed }) => closed)).toBe(true)
  })
})

test.each([1, 2, 3, 4])('octets of chance, seed %i: no exception, and every query has one end', (seed) => {
  const random = new SeededRandom(seed)
  const bench = new Bench()
  const handles = Array.from({ length: 300 }, (_, i) => {
    const handle = bench.ask(`n${i}.example`)
    const one = bench.opened.at(-1) as Opened
    const octets = Uint8Array.from({ length: random.below(40) }, () => random.below(random.chance(0.5) ? 4 : 256))
    if (random.chance(0.3)) one.connection.octets(octets)
    if (random.chance(0.3) && one.written.length > 0) bench.answer(one, random.below(one.written.length))
    if (random.chance(0.05)) one.connection.broken((['unreachable', 'refused', 'untrusted'] satisfies Broken[])[random.below(3)] as Broken)
    if (random.chance(0.2)) bench.clock.advance(random.below(2000))
    return handle
  })
  for (const handle of handles) handle.cancel()
  bench.clock.advance(120_000)
  expect(bench.opened.every(({ closed }) => closed)).toBe(true)
  const ends = bench.outcomes.filter((outcome) => /^n\d/.test(outcome)).map((outcome) => outcome.split(' ')[0])
  expect(new Set(ends).size).toBe(ends.length)
})
