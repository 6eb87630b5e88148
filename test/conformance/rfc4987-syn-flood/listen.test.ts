import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { TcpEndpoint } from '../../../stack/index.ts'
import { SeededRandom } from '../../../stack/platform/index.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import { TcpOptions } from '../../../stack/wire/tcp-options.ts'
import { putSynOptions, putTimestamps } from '../../../stack/wire/tcp-options.ts'
import { bench, must, PEER } from '../../support/stack-lan.ts'
import { tcpFrame, tcpOf } from '../../support/tcp-frames.ts'

function listening(backlog: number, connectionsPerSource = 1000) {
  const lan = bench()
  const accepted: TcpEndpoint[] = []
  const listener = must(
    lan.stack.tcp.listen({ port: 80, backlog, connectionsPerSource, onConnection: (endpoint) => accepted.push(endpoint) }),
  )
  const send = (fields: Parameters<typeof tcpFrame>[0]): tcp.TcpHeader | undefined => {
    lan.peer.send(tcpFrame(fields))
    lan.clock.advance(1)
    return lan.peer.take().map(tcpOf).find((header) => header !== undefined)
  }
  const count = (name: string): number => lan.stack.counters['tcp']?.toJSON()[name] ?? 0
  return { lan, accepted, listener, send, count }
}

describe('RFC 4987 §3.6 [T12] SYN cookies', () => {
  test('past the backlog the answer keeps nothing, and the ACK opens the connection', () => {
    const { lan, accepted, listener, send, count } = listening(2)
    for (let i = 0; i < 10; i++) expect(send({ sourcePort: 5000 + i })?.flags).toBe(tcp.SYN | tcp.ACK)
    expect(lan.stack.tcp.connections().length).toBe(2)
    expect([listener.halfOpen, count('syn-cookies-sent')]).toEqual([2, 8])
    const answer = send({ sourcePort: 6000, sequence: 100 }) as tcp.TcpHeader
    send({ sourcePort: 6000, sequence: 101, acknowledgment: (answer.sequence + 1) >>> 0, flags: tcp.ACK })
    expect([accepted.length, count('syn-cookies-good')]).toEqual([1, 1])
    expect(lan.stack.tcp.connections().filter(({ state }) => state === 'ESTABLISHED').length).toBe(1)
    // It works like any other.
    const payload = new Uint8Array(5).fill(65)
    send({
      sourcePort: 6000, sequence: 101, acknowledgment: (answer.sequence + 1) >>> 0, flags: tcp.ACK, payload,
    })
    expect(accepted[0]?.readable).toBe(5)
  })

  test('the options survive in the timestamp', () => {
    const { accepted, send } = listening(0)
    const options = new Uint8Array(40)
    const end = putSynOptions(options, 0, 1200, 9, true, true, 77, 0)
    const answer = send({ sequence: 100, options: options.subarray(0, end) }) as tcp.TcpHeader
    const read = new TcpOptions()
    read.read(answer.options, 0, answer.options.length)
    expect(read).toMatchObject({ sackPermitted: true, windowScale: 7, hasTimestamps: true, timestampEcho: 77 })
    const echo = new Uint8Array(12)
    putTimestamps(echo, 0, 78, read.timestamp)
    send({
      sequence: 101, acknowledgment: (answer.sequence + 1) >>> 0, flags: tcp.ACK, options: echo, window: 10,
    })
    expect(accepted[0]?.view()).toMatchObject({ mss: 1024, sendWindow: 10 << 9 })
  })

  test.each([
    ['a guessed one', 12345, 0],
    ['one that is two minutes old', undefined, 130_000],
  ])('%s is refused', (_name, guess, waitMs) => {
    const { lan, accepted, send } = listening(0)
    const answer = send({ sequence: 100 }) as tcp.TcpHeader
    lan.clock.advance(waitMs)
    send({ sourcePort: 9, sequence: 1 })
    const acknowledgment = guess ?? (answer.sequence + 1) >>> 0
    expect(send({ sequence: 101, acknowledgment, flags: tcp.ACK })).toMatchObject({
      flags: tcp.RST, sequence: acknowledgment,
    })
    expect(accepted).toEqual([])
  })

  test('100,000 SYNs from everywhere: bounded memory, and a client gets through', () => {
    const { lan, accepted, send, count } = listening(64)
    const random = new SeededRandom(5)
    for (let i = 0; i < 100_000; i += 100) {
      const frames = Array.from({ length: 100 }, () =>
        tcpFrame({ from: `10.53.0.${10 + random.below(200)}`, sourcePort: random.below(65_536), sequence: random.u32() }))
      lan.peer.send(...frames)
      lan.clock.advance(1)
      lan.peer.take()
    }
    expect(lan.stack.tcp.connections().length).toBeLessThanOrEqual(64)
    const answer = send({ from: PEER, sequence: 100 }) as tcp.TcpHeader
    send({ sequence: 101, acknowledgment: (answer.sequence + 1) >>> 0, flags: tcp.ACK })
    expect(accepted.length).toBe(1)
    expect(count('syn-cookies-sent')).toBeGreaterThan(90_000)
    expect(lan.faults).toEqual([])
  })
})

describe('RFC 4987 §3 [T12] half-open connections', () => {
  test('end after five answers', () => {
    const { lan, listener, send } = listening(5)
    send({})
    expect(listener.halfOpen).toBe(1)
    lan.clock.advance(70_000)
    expect([listener.halfOpen, lan.stack.tcp.connections().length]).toEqual([0, 0])
  })

  test('one peer has a share of the connections', () => {
    const { send, count } = listening(100, 3)
    for (let i = 0; i < 5; i++) send({ sourcePort: 5000 + i })
    expect(count('too-many')).toBe(2)
    expect(send({ sourcePort: 5000, sequence: 1, flags: tcp.RST })).toBeUndefined()
    expect(send({ sourcePort: 5009 })?.flags).toBe(tcp.SYN | tcp.ACK)
  })
})

describe('RFC 6528 §3 [T11] initial sequence numbers', () => {
  test('differ by peer without a pattern, and grow for one peer by the clock', () => {
    const { lan, send } = listening(1000)
    const first = Array.from({ length: 20 }, (_, i) => (send({ sourcePort: 5000 + i }) as tcp.TcpHeader).sequence)
    const steps = first.slice(1).map((iss, i) => (iss - (first[i] as number)) >>> 0)
    expect(new Set(steps).size).toBe(19)
    for (let i = 0; i < 20; i++) send({ sourcePort: 5000 + i, sequence: 1, flags: tcp.RST })
    const before = lan.clock.now()
    lan.clock.advance(1000)
    const again = (send({ sourcePort: 5000, sequence: 900 }) as tcp.TcpHeader).sequence
    const passed = lan.clock.now() - before
    expect(((again - (first[0] as number)) >>> 0) / 250).toBeGreaterThanOrEqual(1000)
    expect(((again - (first[0] as number)) >>> 0) / 250).toBeLessThan(passed + 40)
  })
})

describe('RFC 6056 §3.3 [T11] ephemeral ports', () => {
  test('are chosen by chance from the dynamic range', () => {
    const { lan } = listening(1)
    const address = ipv4(PEER)
    const ports = Array.from({ length: 50 }, () => must(lan.stack.tcp.connect({ address, port: 80 })).localPort)
    expect(new Set(ports).size).toBe(50)
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(49_152)
    expect(ports.toSorted((a, b) => a - b)).not.toEqual(ports)
  })
})

describe('RFC 9293 §3.9.2.3 [T2] what TCP does not answer', () => {
  test.each([
    ['a wrong checksum', (frame: Uint8Array) => frame.with(36, 0xff), 'checksum'],
    ['a header shorter than 20 octets', (frame: Uint8Array) => frame.with(46, 0x40), 'header-length'],
  ])('%s', (_name, change, counter) => {
    const { lan, count } = listening(1)
    expect(lan.answer(change(tcpFrame({})))).toEqual([])
    expect(count(counter)).toBe(1)
  })
})
