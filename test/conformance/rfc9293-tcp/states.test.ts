import { describe, test } from 'vitest'
import { Trace } from '../../support/tcp-trace.ts'

/** A handshake as the server, after which the peer's next octet is 1 and ours is 1. */
const SERVED = `
  listen
  < S 0 mss 1000
  > S. 0 ack 1
  < . 1 ack 1
  = ESTABLISHED
`
const CONNECTED = `
  connect
  > S 0
  = SYN-SENT
  < S. 0 ack 1 mss 1000
  > . 1 ack 1
  = ESTABLISHED
`

describe('RFC 9293 §3.3.2 [T1] every state and transition', () => {
  test.each([
    ['passive open', SERVED],
    ['active open', CONNECTED],
    ['§3.5 simultaneous open', `
      connect
      > S 0
      < S 0 mss 1000
      > S. 0 ack 1
      = SYN-RECEIVED
      < S. 0 ack 1 mss 1000
      > . 1 ack 1
      < . 1 ack 1
      = ESTABLISHED
      write 10
      > . 1+10 ack 1`],
    ['active close: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT', `${CONNECTED}
      end
      > F. 1 ack 1
      = FIN-WAIT-1
      < . 1 ack 2
      = FIN-WAIT-2
      < F. 1 ack 2
      > . 2 ack 2
      = TIME-WAIT
      +59000
      = TIME-WAIT
      +1100
      = CLOSED`],
    ['half-close: what the peer still sends is read', `${CONNECTED}
      end
      > F. 1 ack 1
      < . 1 ack 2
      < . 1+500 ack 2
      read
      got 500
      +200
      > . 2 ack 501
      = FIN-WAIT-2
      < F. 501 ack 2
      > . 2 ack 502
      = TIME-WAIT`],
    ['FIN and its acknowledgment in one segment', `${CONNECTED}
      end
      > F. 1 ack 1
      < F. 1 ack 2
      > . 2 ack 2
      = TIME-WAIT`],
    ['§3.6 simultaneous close: CLOSING', `${CONNECTED}
      end
      > F. 1 ack 1
      < F. 1 ack 1
      > . 2 ack 2
      = CLOSING
      < . 2 ack 2
      = TIME-WAIT`],
    ['passive close: CLOSE-WAIT, LAST-ACK', `${SERVED}
      < F. 1 ack 1
      > . 1 ack 2
      = CLOSE-WAIT
      write 10
      > . 1+10 ack 2
      < . 2 ack 11
      end
      > F. 11 ack 2
      = LAST-ACK
      < . 2 ack 12
      = CLOSED
      error`],
    ['a FIN behind a hole is taken when the hole is filled', `${SERVED}
      < F. 101+100 ack 1
      > . 1 ack 1
      = ESTABLISHED
      < . 1+100 ack 1
      > . 1 ack 202
      = CLOSE-WAIT
      read
      got 200`],
    ['the SYN is sent again after 1, 2, 4 … s, and given up after 75', `
      connect
      > S 0
      +1001
      > S 0
      +2001
      > S 0
      +4001
      > S 0
      +8001
      > S 0
      +16001
      > S 0
      +32001
      > S 0
      +12000
      = CLOSED
      error ETIMEDOUT`],
    ['the answer to a SYN is sent again, and on a repeated SYN at once', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1
      +1001
      > S. 0 ack 1
      < S 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 1
      = ESTABLISHED`],
    ['the last ACK is repeated in TIME-WAIT', `${CONNECTED}
      end
      > F. 1 ack 1
      < F. 1 ack 2
      > . 2 ack 2
      < F. 1 ack 2
      > . 2 ack 2`],
    ['FIN-WAIT-2 of a connection that nobody reads ends after a minute', `${CONNECTED}
      close
      > F. 1 ack 1
      < . 1 ack 2
      = FIN-WAIT-2
      +60001
      = CLOSED`],
    ['§3.10.4 close sends what was written first', `${CONNECTED}
      write 500
      > . 1+500 ack 1
      write 300
      close
      > F. 501+300 ack 1
      = FIN-WAIT-1`],
  ])('%s', (_name, script) => new Trace().run(script))
})

describe('RFC 9293 §3.5.2 [T10] resets', () => {
  test.each([
    ['a SYN to no listener', `
      < S 5
      > R. 0 ack 6`],
    ['an ACK to no connection is answered with its own number', `
      < . 5 ack 77
      > R 77`],
    ['a reset to no connection is not answered', `
      < R 5
      = CLOSED`],
    ['a wrong ACK in SYN-SENT', `
      connect
      > S 0
      < . 7 ack 9
      > R 9
      = SYN-SENT`],
    ['a refused connection', `
      connect
      > S 0
      < R. 0 ack 1
      = CLOSED
      error ECONNREFUSED`],
    ['a reset without ACK in SYN-SENT is passed over', `
      connect
      > S 0
      < R 0
      = SYN-SENT`],
    ['a wrong ACK in SYN-RECEIVED', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 500
      > R 500
      = SYN-RECEIVED`],
    ['a reset of an open connection', `${SERVED}
      < R. 1 ack 1
      = CLOSED
      error ECONNRESET`],
    ['abort sends one', `${SERVED}
      abort
      > R. 1 ack 1
      = CLOSED`],
    ['RFC 2525 §2.17: closed with octets unread', `${SERVED}
      < . 1+10 ack 1
      close
      > R. 1 ack 11
      = CLOSED`],
    ['RFC 1122 §4.2.2.13: octets for a program that is gone', `${SERVED}
      close
      > F. 1 ack 1
      < . 1 ack 2
      < . 1+10 ack 2
      > R. 2 ack 1
      = CLOSED`],
    ['a half-open peer: its SYN is challenged, its reset believed (§3.5.1)', `${SERVED}
      < S 300 mss 1000
      > . 1 ack 1
      < R 1
      = CLOSED`],
  ])('%s', (_name, script) => new Trace().run(script))
})
