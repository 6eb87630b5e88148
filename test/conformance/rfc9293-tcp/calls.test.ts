/** What programs ask for: the calls of RFC 9293 §3.10.1 to §3.10.6 in the states where they mean something. */
import { describe, expect, test } from 'vitest'
import { Trace } from '../../support/tcp-trace.ts'

const SERVED = 'listen\n< S 0 mss 1000 win 20000\n> S. 0 ack 1\n< . 1 ack 1 win 20000'

describe('RFC 9293 §3.10.2 [T1] SEND', () => {
  test.each([
    ['SYN-SENT: what is written waits for the handshake', `
      connect
      > S 0
      write 100
      < S. 0 ack 1 mss 1000
      > . 1+100 ack 1`],
    ['CLOSE-WAIT: goes on', `${SERVED}
      < F. 1 ack 1
      > . 1 ack 2
      write 100
      > . 1+100 ack 2`],
    ['FIN-WAIT-1: no more is taken after the end', `${SERVED}
      end
      > F. 1 ack 1
      write 100
      end
      +10`],
  ])('%s', (_name, script) => new Trace().run(script))
})

describe('RFC 9293 §3.10.3 [T3] RECEIVE', () => {
  test.each([
    ['CLOSE-WAIT: what came before the FIN is still read', `${SERVED}
      < F. 1+100 ack 1
      > . 1 ack 102
      = CLOSE-WAIT
      read
      got 100`],
    ['after the connection is over too', `${SERVED}
      end
      > F. 1 ack 1
      < F. 1+100 ack 2
      > . 2 ack 102
      = TIME-WAIT
      +61000
      = CLOSED
      read
      got 100`],
    ['but not after a reset', `${SERVED}
      < . 1+100 ack 1
      < R 101
      read
      got 0`],
  ])('%s', (_name, script) => new Trace().run(script))
})

describe('RFC 9293 §3.10.4 [T1] CLOSE', () => {
  test.each([
    ['SYN-SENT: nothing more is said', `
      connect
      > S 0
      close
      = CLOSED
      +3000`],
    ['a second one changes nothing', `${SERVED}
      close
      > F. 1 ack 1
      close
      = FIN-WAIT-1`],
    ['CLOSE-WAIT: a FIN, and LAST-ACK', `${SERVED}
      < F. 1 ack 1
      > . 1 ack 2
      close
      > F. 1 ack 2
      = LAST-ACK`],
    ['a FIN that is lost is sent again', `${SERVED}
      end
      > F. 1 ack 1
      +1000
      > F. 1 ack 1
      +2000
      > F. 1 ack 1`],
    ['a FIN waits for a window like text', `${SERVED}
      < . 1 ack 1 win 100
      write 100
      > . 1+100 ack 1
      end
      < . 1 ack 101 win 100
      > F. 101 ack 1`],
  ])('%s', (_name, script) => new Trace().run(script))
})

describe('RFC 9293 §3.10.5 [T10] ABORT', () => {
  test.each([
    ['SYN-SENT: nothing is sent', 'connect\n> S 0\nabort\n= CLOSED'],
    ['ESTABLISHED: a reset', `${SERVED}\nabort\n> R. 1 ack 1\n= CLOSED`],
    ['what is queued goes with it', `${SERVED}\n< . 1 ack 1 win 0\nwrite 100\nabort\n> R. 1 ack 1\n= CLOSED\n+5000`],
    ['FIN-WAIT-1: a reset', `${SERVED}\nend\n> F. 1 ack 1\nabort\n> R. 2 ack 1\n= CLOSED`],
    ['FIN-WAIT-2: a reset', `${SERVED}\nend\n> F. 1 ack 1\n< . 1 ack 2\nabort\n> R. 2 ack 1\n= CLOSED`],
    ['CLOSE-WAIT: a reset', `${SERVED}\n< F. 1 ack 1\n> . 1 ack 2\nabort\n> R. 1 ack 2\n= CLOSED`],
    ['CLOSING: no word', `${SERVED}\nend\n> F. 1 ack 1\n< F. 1 ack 1\n> . 2 ack 2\nabort\n= CLOSED`],
    ['LAST-ACK: no word', `${SERVED}\n< F. 1 ack 1\n> . 1 ack 2\nend\n> F. 1 ack 2\nabort\n= CLOSED`],
  ])('%s', (_name, script) => new Trace().run(script))
})

describe('RFC 9293 §3.10.6 [T15] STATUS', () => {
  test('ports, state, queues, windows, round trip and what was sent again', () => {
    const trace = new Trace()
    trace.run(`${SERVED}
      nodelay
      write 1000
      > . 1+1000 ack 1
      +40
      < . 1 ack 1001 win 20000
      write 300
      > . 1001+300 ack 1
      +1041
      > . 1001+300 ack 1
      < . 1+77 ack 1001 win 20000`)
    const [view] = trace.lan.stack.tcp.connections()
    expect(view).toMatchObject({
      localPort: 80, remotePort: 4000, state: 'ESTABLISHED', receiveQueue: 77, sendQueue: 300, inFlight: 300, mss: 1000,
      sendWindow: 20_000, congestion: 'cubic', retransmitted: 1, timeouts: 1,
    })
    expect(view?.rttMs).toBeGreaterThan(0)
    expect(view?.rttMs).toBeLessThan(41)
    expect(view?.timeoutMs).toBe(2000)
  })
})
