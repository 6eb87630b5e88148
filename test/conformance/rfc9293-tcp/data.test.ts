import { describe, test } from 'vitest'
import { Trace } from '../../support/tcp-trace.ts'

const SERVED = `
  listen
  < S 0 mss 1000 win 20000
  > S. 0 ack 1
  < . 1 ack 1 win 20000
  nodelay
`
/** A round trip of 40 ms, so that what is out of order waits 10 before it counts as lost. */
const SACKED = SERVED.replace('mss 1000', 'mss 1000 sackok 1').replace('ack 1\n', 'ack 1\n+40\n')
/** Ten segments of 1000 octets are in flight. */
const TEN = Array.from({ length: 10 }, (_, i) => `> . ${1 + i * 1000}+1000 ack 1`).join('\n')
const run = (script: string): void => new Trace().run(script)

/** So many pairs of full segments to a program that does not read, each pair acknowledged. */
const pairs = (count: number): string =>
  Array.from({ length: count }, (_, i) => `< . ${2000 * i + 1}+1000 ack 1
      < . ${2000 * i + 1001}+1000 ack 1
      > . 1 ack ${2000 * i + 2001} win ${63_535 - 2000 * i}`).join('\n')

describe('RFC 9293 §3.10.7.4 [T3, T6] text', () => {
  test.each([
    ['the first acknowledgment waits 200 ms', `${SERVED}
      < . 1+100 ack 1
      +190
      read
      got 100
      +10
      > . 1 ack 101`],
    ['§3.8.6.3 every second full segment is acknowledged at once', `${SERVED}
      < . 1+1000 ack 1
      < . 1001+1000 ack 1
      > . 1 ack 2001`],
    ['a repeated segment is acknowledged at once', `${SERVED}
      < . 1+100 ack 1
      +201
      > . 1 ack 101
      < . 1+100 ack 1
      > . 1 ack 101
      read
      got 100`],
    ['an early one too; it is kept', `${SERVED}
      < . 101+100 ack 1
      > . 1 ack 1
      < . 1+100 ack 1
      > . 1 ack 201
      read
      got 200`],
    ['overlapping text is taken once', `${SERVED}
      < . 51+100 ack 1
      > . 1 ack 1
      < . 101+100 ack 1
      > . 1 ack 1
      < . 1+70 ack 1
      > . 1 ack 201
      < . 151+100 ack 1
      > . 1 ack 251
      read
      got 250`],
    ['text outside the window is refused with an ACK', `${SERVED}
      < . 70000+100 ack 1
      > . 1 ack 1
      read
      got 0`],
    ['an acknowledgment of what was not sent is answered', `${SERVED}
      < . 1 ack 500
      > . 1 ack 1`],
    ['a segment without ACK is dropped', `${SERVED}
      < P 1+10
      +300
      read
      got 0`],
    ['§3.8.5 urgent text stands in the stream (RFC 6093)', `${SERVED}
      < U. 1+10 ack 1 urg 5
      read
      got 10
      +200
      > . 1 ack 11`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.8.6 [T3, T6, T7] windows', () => {
  test.each([
    ['no more is sent than the peer offers', `${SERVED}
      < . 1 ack 1 win 1500
      write 3000
      > . 1+1000 ack 1
      < . 1 ack 1001 win 1500
      > . 1001+1000 ack 1
      < . 1 ack 2001 win 1500
      > . 2001+1000 ack 1`],
    ['§3.8.6.1 a closed window is probed, ever more slowly, and no text is lost', `${SERVED}
      < . 1 ack 1 win 0
      write 10
      +1000
      > . 0 ack 1
      < . 1 ack 1 win 0
      +2000
      > . 0 ack 1
      < . 1 ack 1 win 0
      +4000
      > . 0 ack 1
      < . 1 ack 1 win 100
      > . 1+10 ack 1`],
    ['§3.8.6.2.1 a sliver of a window is not used', `${SERVED}
      < . 1 ack 1 win 100
      write 2000
      +900
      +101
      > . 1+100 ack 1`],
    ['§3.8.6.2.2 room for less than twice what the peer knows of is told by the next ACK', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1 win 65535
      < . 1 ack 1
      ${pairs(16)}
      read
      < . 32001+1000 ack 1
      < . 33001+1000 ack 1
      > . 1 ack 34001 win 63535`],
    ['§3.8.6.2.2 room for twice as much is told at once', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1 win 65535
      < . 1 ack 1
      ${pairs(17)}
      read
      > . 1 ack 34001 win 65535`],
    ['§3.7.4 Nagle: one small segment at a time', `
      listen
      < S 0 mss 1000
      > S. 0 ack 1
      < . 1 ack 1
      write 10
      > . 1+10 ack 1
      write 20
      write 30
      < . 1 ack 11
      > . 11+50 ack 1`],
    ['RFC 1122 §4.2.3.4 no delay: each at once', `${SERVED}
      write 10
      > . 1+10 ack 1
      write 20
      > . 11+20 ack 1`],
    ['§3.7.1 a peer that names no MSS gets 536', `
      listen
      < S 0
      > S. 0 ack 1 mss 1460
      < . 1 ack 1
      write 600
      > . 1+536 ack 1
      > . 537+64 ack 1`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 6298 §5 [T4] retransmission time-out', () => {
  test.each([
    ['after a second, then doubled, until it is acknowledged', `${SERVED}
      write 10
      > . 1+10 ack 1
      +1000
      > . 1+10 ack 1
      +2000
      > . 1+10 ack 1
      +4000
      > . 1+10 ack 1
      < . 1 ack 11
      +100000
      = ESTABLISHED`],
    ['after nine minutes it gives up with a reset', `${SERVED}
      write 10
      > . 1+10 ack 1
      ${[1, 2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64].map((s) => `+${s * 1000}\n> . 1+10 ack 1`).join('\n')}
      +64000
      > R. 11 ack 1
      error ETIMEDOUT`],
    ['§5.7 all that was out is sent again, from slow start', `${SERVED}
      write 3000
      > . 1+1000 ack 1
      > . 1001+1000 ack 1
      > . 2001+1000 ack 1
      +1000
      > . 1+1000 ack 1
      < . 1 ack 1001
      > . 1001+1000 ack 1
      > . 2001+1000 ack 1
      < . 1 ack 3001`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 5681 §3.2 [T5] fast retransmit without SACK', () => {
  test('the third duplicate ACK; a partial ACK sends the next (RFC 6582 §3.2)', () => run(`${SERVED}
    write 10000
    ${TEN}
    < . 1 ack 1 win 20000
    < . 1 ack 1 win 20000
    < . 1 ack 1 win 20000
    > . 1+1000 ack 1
    < . 1 ack 3001 win 20000
    > . 3001+1000 ack 1
    < . 1 ack 10001 win 20000`))
})

describe('RFC 5681 §3.1 and §4.1 [T5] the window', () => {
  const segments = (from: number, count: number): string =>
    Array.from({ length: count }, (_, i) => `> . ${from + i * 1000}+1000 ack 1`).join('\n')
  const GROWN = `${SERVED.replaceAll('win 20000', 'win 60000')}
    write 30000
    ${segments(1, 10)}
    < . 1 ack 10001 win 60000
    ${segments(10_001, 20)}
    < . 1 ack 30001 win 60000`
  test.each([
    ['ten segments to begin with, and as much more as is acknowledged', `${GROWN}
      +900
      write 40000
      ${segments(30_001, 40)}`],
    ['ten again when nothing was sent for longer than a time-out', `${GROWN}
      +3000
      write 40000
      ${segments(30_001, 10)}`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 6675 and RFC 8985 [T5] with SACK', () => {
  test.each([
    ['RFC 6675 §4 three segments reported above a hole: it is sent again', `${SACKED}
      write 10000
      ${TEN}
      +40
      < . 1 ack 1 win 20000 sack 1001-2001
      < . 1 ack 1 win 20000 sack 1001-3001
      < . 1 ack 1 win 20000 sack 1001-4001
      > . 1+1000 ack 1
      < . 1 ack 10001 win 20000`],
    ['RFC 6675 §5 two holes, both sent again, and nothing else', `${SACKED}
      write 10000
      ${TEN}
      +40
      < . 1 ack 1 win 20000 sack 1001-4001
      > . 1+1000 ack 1
      < . 1 ack 1001 win 20000 sack 5001-10001
      > . 4001+1000 ack 1
      < . 1 ack 10001 win 20000`],
    ['RFC 3042 each of the first two reports lets a new segment go', `${SACKED}
      write 12000
      ${TEN}
      +40
      < . 1 ack 1 win 20000 sack 1001-2001
      > . 10001+1000 ack 1
      < . 1 ack 1 win 20000 sack 1001-3001
      > . 11001+1000 ack 1`],
    ['RFC 2018 §4 what came early is reported, the latest first', `${SACKED}
      < . 1001+1000 ack 1
      > . 1 ack 1 sack 1001-2001
      < . 3001+1000 ack 1
      > . 1 ack 1 sack 3001-4001 sack 1001-2001
      < . 1+1000 ack 1
      > . 1 ack 2001 sack 3001-4001`],
    ['RFC 2883 §4 what came twice is reported first', `${SACKED}
      < . 1+1000 ack 1
      < . 1001+1000 ack 1
      > . 1 ack 2001
      < . 1+1000 ack 1
      > . 1 ack 2001 sack 1-1001`],
  ])('%s', (_name, script) => run(script))

  test.each([
    ['§6.2 one report above a hole: it is sent again a quarter of the least round trip later', `${SACKED}
      write 3000
      > . 1+1000 ack 1
      > . 1001+1000 ack 1
      > . 2001+1000 ack 1
      +40
      < . 1 ack 1 win 20000 sack 1001-2001
      +8
      +4
      > . 1+1000 ack 1
      < . 1 ack 3001 win 20000`],
    ['§6.2 what was sent again and is lost again is found by what arrived that was sent later', `${SACKED}
      write 12000
      ${TEN}
      +40
      < . 1 ack 1 win 20000 sack 1001-4001
      > . 1+1000 ack 1
      < . 1 ack 1 win 20000 sack 1001-8001
      > . 10001+1000 ack 1
      > . 11001+1000 ack 1
      +40
      < . 1 ack 1 win 20000 sack 1001-12001
      > . 1+1000 ack 1
      < . 1 ack 12001 win 20000
      +10000`],
    ['§6.2 on a path that is seen to reorder, three reports are no proof; time is', `${SACKED}
      write 10000
      ${TEN}
      +40
      < . 1 ack 1 win 20000 sack 1001-2001
      < . 1 ack 2001 win 20000
      < . 1 ack 2001 win 20000 sack 3001-6001
      +8
      +4
      > . 2001+1000 ack 1
      < . 1 ack 10001 win 20000`],
  ])('RFC 8985 %s', (_name, script) => run(script))

  test('RFC 8985 §7 a lost tail is probed after two round trips and the delay of an ACK', () => run(`
    listen
    < S 0 mss 1000 sackok 1
    > S. 0 ack 1
    +20
    < . 1 ack 1
    write 10
    > . 1+10 ack 1
    +239
    +3
    > . 1+10 ack 1
    < . 1 ack 11`))
})

describe('RFC 7323 [T2] timestamps and scaling', () => {
  const STAMPED = `
    listen
    < S 0 mss 1000 ts 1000 ws 3
    > S. 0 ack 1
    < . 1 ack 1 ts 1001 win 100
    nodelay
  `
  test.each([
    ['§5 PAWS: an older timestamp is not taken', `${STAMPED}
      < . 1+10 ack 1 ts 1005
      +200
      > . 1 ack 11
      < . 11+10 ack 1 ts 900
      > . 1 ack 11
      read
      got 10`],
    ['§3.2 a segment without a timestamp is dropped', `${STAMPED}
      < . 1+10 ack 1
      +300
      read
      got 0`],
    ['§2 the window is scaled: 100 stands for 800', `${STAMPED}
      write 2000
      > . 1+800 ack 1`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 5961 [T10] blind attacks', () => {
  test.each([
    ['§3.2 a reset in the window but not at its edge is challenged', `${SERVED}
      < R 500
      > . 1 ack 1
      = ESTABLISHED`],
    ['§3.2 a reset outside of it is dropped', `${SERVED}
      < R 100000
      = ESTABLISHED`],
    ['§3.2 a reset at its edge is believed', `${SERVED}
      < R 1
      error ECONNRESET`],
    ['§4.2 a SYN is challenged wherever it points', `${SERVED}
      < S 1
      > . 1 ack 1
      < S 900000
      > . 1 ack 1
      = ESTABLISHED`],
    ['§5.2 text with an ACK from far before is not taken', `${SERVED}
      < . 1+10 ack -200000
      > . 1 ack 1
      read
      got 0`],
  ])('%s', (_name, script) => run(script))
})

describe('RFC 9293 §3.8.4 [T8] keep-alive', () => {
  test('probes when idle, and goes on when they are answered', () => run(`${SERVED}
    keepalive 10000
    +10000
    > . 0 ack 1
    < . 1 ack 1
    +10000
    > . 0 ack 1
    < . 1 ack 1
    = ESTABLISHED`))

  test('two hours idle, then every 75 s, when nothing else was said (RFC 1122 §4.2.3.6)', () => run(`${SERVED}
    keepalive 0
    +7199000
    +1000
    > . 0 ack 1
    +75000
    > . 0 ack 1
    < . 1 ack 1
    +7199000
    = ESTABLISHED`))

  test('without being asked for there is none, be it days', () => run(`${SERVED}
    +864000000
    = ESTABLISHED`))

  test('ten without an answer end the connection', () => run(`${SERVED}
    keepalive 10000
    +10000
    > . 0 ack 1
    ${'+75000\n> . 0 ack 1\n'.repeat(9)}
    +75000
    > R. 1 ack 1
    error ETIMEDOUT`))
})

describe('RFC 6191 and RFC 1337 [T9] TIME-WAIT', () => {
  const WAITING = `
    listen
    < S 0 mss 1000
    > S. 0 ack 1
    < . 1 ack 1
    close
    > F. 1 ack 1
    < F. 1 ack 2
    > . 2 ack 2
    = TIME-WAIT
  `
  test.each([
    ['a SYN beyond the old connection opens a new one', `${WAITING}
      < S 100 mss 1000
      > S. 0 ack 101
      < . 101 ack 1
      = ESTABLISHED`],
    ['a SYN from within it does not', `${WAITING}
      < S 1 mss 1000
      > . 2 ack 2
      = TIME-WAIT`],
    ['RFC 1337 §2 a reset does not end it', `${WAITING}
      < R 2
      = TIME-WAIT`],
  ])('%s', (_name, script) => run(script))
})
