/** Congestion that routers mark instead of dropping. In traces E is ECE, C is CWR; ecn 2 is ECT(0), 3 is CE. */
import { describe, expect, test } from 'vitest'
import type { EcnPolicy } from '../../../stack/tcp/ecn.ts'
import { bench, collector, fragmentFrames, must, octets, udpSegment } from '../../support/stack-lan.ts'
import { Trace } from '../../support/tcp-trace.ts'

const run = (script: string, ecn: EcnPolicy = 'accept'): Trace => {
  const trace = new Trace({}, { ecn })
  trace.run(script)
  return trace
}

/** Agreed on; the peer's next octet is 1 and ours is 1. */
const SERVED = `
  listen
  < SEC 0 mss 1000 win 20000
  > SE. 0 ack 1 ecn 0
  < . 1 ack 1 win 20000
  nodelay
`
const TEN = Array.from({ length: 10 }, (_, i) => `> . ${1 + i * 1000}+1000 ack 1 ecn 2`).join('\n')

describe('RFC 3168 §6.1.1 [T5] agreeing on ECN', () => {
  test.each<readonly [string, EcnPolicy, string]>([
    ['who asks for it gets it', 'accept', `
      listen
      < SEC 0 mss 1000
      > SE. 0 ack 1
      < . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 2`],
    ['unless it is off', 'off', `
      listen
      < SEC 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
    ['one bit alone does not ask', 'accept', `
      listen
      < SE 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
    ['we do not ask unless told to', 'accept', `
      connect
      > S 0
      < SE. 0 ack 1 mss 1000
      > . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
    ['told to, we do', 'request', `
      connect
      > SEC 0 ecn 0
      < SE. 0 ack 1 mss 1000
      > . 1 ack 1 ecn 0
      write 10
      > . 1+10 ack 1 ecn 2`],
    ['a peer that answers without', 'request', `
      connect
      > SEC 0
      < S. 0 ack 1 mss 1000
      > . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
    ['a peer that sends our bits back agrees to nothing', 'request', `
      connect
      > SEC 0
      < SEC. 0 ack 1 mss 1000
      > . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
    ['§6.1.1.1 a SYN that is not answered goes again without, and then no answer agrees', 'request', `
      connect
      > SEC 0
      +1000
      > S 0
      < SE. 0 ack 1 mss 1000
      > . 1 ack 1
      write 10
      > . 1+10 ack 1 ecn 0`],
  ])('%s', (_name, policy, script) => void run(script, policy))
})

describe('RFC 3168 §6.1.3 [T5] the receiver', () => {
  test.each([
    ['echoes a mark at once, and in all that follows until CWR', `${SERVED}
      < . 1+100 ack 1 ecn 3
      > E. 1 ack 101 ecn 0
      < . 101+100 ack 1 ecn 2
      +200
      > E. 1 ack 201
      write 10
      > E. 1+10 ack 201 ecn 2
      < C. 201+100 ack 11 ecn 2
      +200
      > . 11 ack 301
      write 10
      > . 11+10 ack 301`],
    ['a mark that comes with CWR is a new one', `${SERVED}
      < . 1+100 ack 1 ecn 3
      > E. 1 ack 101
      < C. 101+100 ack 1 ecn 3
      > E. 1 ack 201`],
    ['without having agreed nothing is echoed', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 1
      < . 1+100 ack 1 ecn 3
      +200
      > . 1 ack 101`],
  ])('%s', (_name, script) => void run(script))
})

describe('RFC 3168 §6.1.2 [T5] the sender', () => {
  test('gives way once in a round trip, says so in its next new text, and sends nothing again', () => {
    const trace = run(`${SERVED}
      write 20000
      ${TEN}`)
    const window = (): number => trace.lan.stack.tcp.connections()[0]?.window ?? 0
    const before = window()
    trace.run(`
      < E. 1 ack 1001 win 20000
      < E. 1 ack 2001 win 20000`)
    const after = window()
    expect(after).toBeLessThan(0.8 * before)
    expect(after).toBeGreaterThanOrEqual(0.5 * before)
    trace.run(`
      < E. 1 ack 5001 win 20000
      > C. 10001+1000 ack 1 ecn 2
      > . 11001+1000 ack 1 ecn 2`)
    expect(trace.lan.stack.counters['tcp']?.toJSON()).toMatchObject({ ecn: 1, 'ecn-reduced': 1 })
  })

  test('§6.1.5 what is sent again is not marked', () => void run(`${SERVED}
    write 10
    > . 1+10 ack 1 ecn 2
    +1000
    > . 1+10 ack 1 ecn 0`))

  test('§6.1.2 after a loss the next new text says that the window was reduced', () => void run(`${SERVED}
    write 20
    > . 1+20 ack 1 ecn 2
    +1000
    > . 1+20 ack 1 ecn 0
    < . 1 ack 21 win 20000
    write 10
    > C. 21+10 ack 1 ecn 2
    write 10
    > . 31+10 ack 1 ecn 2`))
})

describe('RFC 3168 §5.3 [I4] marks on fragments', () => {
  const hear = (codepoints: readonly number[]): number[] => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    const segment = udpSegment(octets(100))
    const [first, second] = codepoints.map((tos) => fragmentFrames(segment, [0, 48], { tos }))
    lan.peer.send(first?.[0] as Uint8Array, second?.[1] as Uint8Array)
    lan.clock.advance(10)
    return got.map((d) => d.payload.length)
  }

  test.each([
    ['one is marked, the other could be', [2, 3], [100]],
    ['neither is marked', [2, 2], [100]],
    ['one is marked, the other cannot be: dropped', [0, 3], []],
  ])('%s', (_name, codepoints, heard) => expect(hear(codepoints)).toEqual(heard))
})
