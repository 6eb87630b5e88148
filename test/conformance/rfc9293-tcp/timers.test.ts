/** Timers and what is measured for them: RFC 6298, RFC 9293 §3.8.3, §3.8.6.1, TIME-WAIT; timestamps; flow control. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { TcpEndpoint } from '../../../stack/index.ts'
import { TIME_WAIT_LIMIT } from '../../../stack/tcp/time-wait.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import { bench, must, PEER } from '../../support/stack-lan.ts'
import type { Bench } from '../../support/stack-lan.ts'
import { tcpFrame, tcpOf } from '../../support/tcp-frames.ts'
import { Trace } from '../../support/tcp-trace.ts'

const SERVED = `
  listen
  < S 0 mss 1000 win 20000
  > S. 0 ack 1
  < . 1 ack 1 win 20000
  nodelay
`
const run = (script: string): void => new Trace().run(script)

describe('RFC 6298 §2 to §5 [T4] the time-out follows the round trips', () => {
  /** The handshake takes so long; then text is sent, and the time-out must be so many ms. */
  test.each([
    ['§2.4 never below a second, however short', 0, 1000],
    ['§2.2 the first: three times it', 666, 2000],
    ['nor when three times it is less', 300, 1000],
  ])('%s', (_name, handshakeMs, timeoutMs) => {
    const trace = new Trace()
    trace.run(`
      listen
      < S 0 mss 1000 win 20000 ts 5
      > S. 0 ack 1
      +${handshakeMs}
      < . 1 ack 1 win 20000 ts 6`)
    const timeout = trace.lan.stack.tcp.connections()[0]?.timeoutMs ?? 0
    expect(Math.abs(timeout - timeoutMs)).toBeLessThan(timeoutMs / 20)
  })

  test.each([
    ['§3 (Karn) an ACK after a retransmission measures nothing: the doubled time-out stays', `${SERVED}
      write 10
      > . 1+10 ack 1
      +1000
      > . 1+10 ack 1
      < . 1 ack 11 win 20000
      write 10
      > . 11+10 ack 1
      +1000
      +1000
      > . 11+10 ack 1`],
    ['§5.5 and an ACK of new text measures again: it is short again', `${SERVED}
      write 10
      > . 1+10 ack 1
      +1000
      > . 1+10 ack 1
      < . 1 ack 11 win 20000
      write 10
      > . 11+10 ack 1
      < . 1 ack 21 win 20000
      write 10
      > . 21+10 ack 1
      +1000
      > . 21+10 ack 1`],
    ['§5.3 an ACK of new text starts the timer anew', `${SERVED}
      write 10
      > . 1+10 ack 1
      write 10
      > . 11+10 ack 1
      +900
      < . 1 ack 11 win 20000
      +900
      +200
      > . 11+10 ack 1`],
    ['§5.2 when all is acknowledged it stops', `${SERVED}
      write 10
      > . 1+10 ack 1
      < . 1 ack 11 win 20000
      +100000`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.8.1 [T4] what is sent again may have other bounds', () => {
  test.each([
    ['small segments go again as one', `${SERVED}
      write 10
      > . 1+10 ack 1
      write 20
      > . 11+20 ack 1
      write 30
      > . 31+30 ack 1
      +1000
      > . 1+60 ack 1
      < . 1 ack 61 win 20000
      +100000`],
    ['as many as one segment holds', `${SERVED}
      write 600
      > . 1+600 ack 1
      write 300
      > . 601+300 ack 1
      write 300
      > . 901+300 ack 1
      +1000
      > . 1+900 ack 1
      < . 1 ack 901 win 20000
      > . 901+300 ack 1
      < . 1 ack 1201 win 20000`],
    ['FIN too', `${SERVED}
      write 10
      > . 1+10 ack 1
      end
      > F. 11 ack 1
      +1000
      > F. 1+10 ack 1
      < . 1 ack 12
      = FIN-WAIT-2`],
    ['the peer has a part of them: the rest', `${SERVED}
      write 10
      > . 1+10 ack 1
      write 20
      > . 11+20 ack 1
      +1000
      > . 1+30 ack 1
      < . 1 ack 11 win 20000
      +2000
      > . 11+20 ack 1`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.8.3 [T4] connection failures', () => {
  test.each([
    ['R2: some nine minutes of silence end it', `${SERVED}
      write 10
      > . 1+10 ack 1
      ${[1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64].map((s) => `+${s * 1000}\n> . 1+10 ack 1`).join('\n')}
      +64000
      > R. 11 ack 1
      error ETIMEDOUT`],
    ['an answer in between starts the count anew', `${SERVED}
      write 20
      > . 1+20 ack 1
      ${[1, 2, 4, 8, 16, 32, 64].map((s) => `+${s * 1000}\n> . 1+20 ack 1`).join('\n')}
      < . 1 ack 11 win 20000
      ${Array.from({ length: 12 }, () => '+64000\n> . 11+10 ack 1').join('\n')}
      = ESTABLISHED`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.8.6.1 [T7] zero-window probing', () => {
  test.each([
    ['as long as the probes are answered the connection stays, be it hours', `${SERVED}
      < . 1 ack 1 win 0
      write 10
      ${[1, 2, 4, 8, 16, 32, ...Array.from({ length: 100 }, () => 60)]
        .map((s) => `+${s * 1000}\n> . 0 ack 1\n< . 1 ack 1 win 0`).join('\n')}
      = ESTABLISHED
      < . 1 ack 1 win 500
      > . 1+10 ack 1`],
    ['unanswered probes end it in the end', `${SERVED}
      < . 1 ack 1 win 0
      write 10
      ${[1, 2, 4, 8, 16, 32, ...Array.from({ length: 7 }, () => 60)].map((s) => `+${s * 1000}\n> . 0 ack 1`).join('\n')}
      +60000
      > R. 1 ack 1
      error ETIMEDOUT`],
    ['§3.8.6 a window that shrinks below what is out: nothing new, what is out is still repeated', `${SERVED}
      write 3000
      > . 1+1000 ack 1
      > . 1001+1000 ack 1
      > . 2001+1000 ack 1
      < . 1 ack 1001 win 500
      write 1000
      +1000
      > . 1001+1000 ack 1
      < . 1 ack 3001 win 20000
      > . 3001+1000 ack 1`],
  ])('%s', (_name, script) => run(script))

  test('§3.8.6 unread text closes our window; a probe is answered, and reading opens it again', () => {
    const full = Array.from({ length: 65 }, (_, i) => 1 + i * 1000)
    run(`
      listen
      < S 0 mss 1000
      > S. 0 ack 1 win 65535
      < . 1 ack 1
      ${full.map((seq, i) => `< . ${seq}+1000 ack 1${i % 2 === 1 ? `\n> . 1 ack ${seq + 1000}` : ''}`).join('\n')}
      < . 65001+535 ack 1
      +200
      > . 1 ack 65536 win 0
      < . 65536+1 ack 1
      > . 1 ack 65536 win 0
      read
      > . 1 ack 65536 win 65535
      got 65535`)
  })
})

describe('RFC 7323 §3.2 and §4.3 [T2] timestamps', () => {
  const STAMPED = `
    listen
    < S 0 mss 1000 ts 1000
    > S. 0 ack 1 ecr 1000
    < . 1 ack 1 ts 1001 win 20000
    nodelay
  `
  test.each([
    ['every segment echoes the last one that was in order', `${STAMPED}
      write 10
      > . 1+10 ack 1 ecr 1001
      < . 1+10 ack 11 ts 1005
      write 10
      > . 11+10 ack 11 ecr 1005`],
    ['§4.3 of several that one ACK is for, the earliest', `${STAMPED}
      < . 1+10 ack 1 ts 1010
      < . 11+10 ack 1 ts 1020
      +200
      > . 1 ack 21 ecr 1010`],
    ['§4.3 not of text beyond a hole', `${STAMPED}
      < . 101+100 ack 1 ts 1010
      > . 1 ack 1 ecr 1001
      < . 1+100 ack 1 ts 1020
      > . 1 ack 201 ecr 1020`],
    ['§5.5 after 24 days of silence an old one is taken', `${STAMPED}
      +2073700000
      < . 1+10 ack 1 ts 500
      read
      got 10
      +200
      > . 1 ack 11`],
    ['§5.2 a reset is believed without one', `${STAMPED}
      < R 1
      error ECONNRESET`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 6191 §2 [T9] reuse in TIME-WAIT', () => {
  const WAITING = `
    listen
    < S 0 mss 1000 ts 1000
    > S. 0 ack 1
    < . 1 ack 1 ts 1001
    close
    > F. 1 ack 1
    < F. 1 ack 2 ts 1002
    > . 2 ack 2
    = TIME-WAIT
  `
  test.each([
    ['by a greater timestamp, even with a lower number', `${WAITING}
      < S -5000 mss 1000 ts 2000
      > S. 0 ack -4999
      = SYN-RECEIVED`],
    ['not by a smaller one, even with a greater number', `${WAITING}
      < S 5000 mss 1000 ts 900
      > . 2 ack 2
      = TIME-WAIT`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.4.2 [T9] how long and how many wait', () => {
  /** Connections that the peer opens and we close, one after the other. */
  function waiting(lan: Bench, ports: number): void {
    const onConnection = (endpoint: TcpEndpoint): void => endpoint.close()
    must(lan.stack.tcp.listen({ port: 80, connectionsPerSource: 1_000_000, onConnection }))
    const ask = (fields: Parameters<typeof tcpFrame>[0]): tcp.TcpHeader | undefined => {
      lan.peer.send(tcpFrame(fields))
      lan.clock.advance(0.3)
      return lan.peer.take().map(tcpOf).findLast((header) => header !== undefined)
    }
    for (let sourcePort = 1024; sourcePort < 1024 + ports; sourcePort++) {
      const syn = ask({ sourcePort, sequence: 100 }) as tcp.TcpHeader
      const acknowledgment = (syn.sequence + 1) >>> 0
      ask({ sourcePort, sequence: 101, acknowledgment, flags: tcp.ACK })
      ask({ sourcePort, sequence: 101, acknowledgment: (acknowledgment + 1) >>> 0, flags: tcp.FIN | tcp.ACK })
    }
  }

  test('of too many the oldest give way, and are counted', () => {
    const lan = bench()
    waiting(lan, TIME_WAIT_LIMIT + 50)
    expect(lan.stack.tcp.timeWaitCount).toBe(TIME_WAIT_LIMIT)
    expect(lan.stack.counters['tcp']?.toJSON()['time-wait-evicted']).toBe(50)
    expect(lan.faults).toEqual([])
  })

  test.each([
    [undefined, 60_000],
    [2_000, 2_000],
  ])('set to %s: %i ms', (timeWaitMs, lasts) => {
    const lan = bench(timeWaitMs === undefined ? {} : { timeWaitMs })
    waiting(lan, 1)
    lan.clock.advance(lasts - 10)
    expect(lan.stack.tcp.timeWaitCount).toBe(1)
    lan.clock.advance(10)
    expect(lan.stack.tcp.timeWaitCount).toBe(0)
  })
})

describe('RFC 5961 §7 [T10] challenge ACKs are limited', () => {
  test('to a thousand a second for all connections together', () => {
    const lan = bench()
    must(lan.stack.tcp.listen({ port: 80, onConnection: () => {} }))
    lan.peer.send(tcpFrame({ sequence: 100 }))
    lan.clock.advance(1)
    const [syn] = lan.peer.take().map(tcpOf)
    lan.peer.send(tcpFrame({ sequence: 101, acknowledgment: ((syn?.sequence ?? 0) + 1) >>> 0, flags: tcp.ACK }))
    lan.clock.advance(1)
    let answers = 0
    for (let i = 0; i < 1500; i++) {
      lan.peer.send(tcpFrame({ sequence: 200, flags: tcp.RST }))
      lan.clock.advance(0.3)
      answers += lan.peer.take().length
    }
    expect(answers).toBeGreaterThanOrEqual(1000)
    expect(answers).toBeLessThan(1500)
    expect(lan.stack.tcp.connections()[0]).toMatchObject({ state: 'ESTABLISHED', remote: ipv4(PEER) })
  })
})
