/** Super-segments: many segments in one, from a link that joins them and to one that cuts them. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { PEER } from '../../support/stack-lan.ts'
import { Trace } from '../../support/tcp-trace.ts'

const SERVED = `
  listen
  < S 0 mss 1000 win 60000
  > S. 0 ack 1
  < . 1 ack 1 win 60000
  nodelay
`
/** So many segments of 1000 octets from sequence number `from` on. */
const row = (from: number, count: number): string =>
  Array.from({ length: count }, (_, i) => `> . ${from + 1000 * i}+1000 ack 1`).join('\n      ')

describe('RFC 9293 §3.10.7.4 text of many segments at once', () => {
  test.each([
    ['§3.8.6.3 one ACK for all of it', `${SERVED}
      < . 1+40000 ack 1 cut 1000
      > . 1 ack 40001 win 25535
      read
      > . 1 ack 40001 win 65535
      got 40000`],
    ['RFC 5681 §4.2 one segment alone waits', `${SERVED}
      < . 1+500 ack 1 cut 1000
      +199
      +2
      > . 1 ack 501`],
    ['what came before is passed over', `${SERVED}
      < . 1+2000 ack 1 cut 1000
      > . 1 ack 2001
      < . 1001+5000 ack 1 cut 1000
      > . 1 ack 6001
      read
      got 6000`],
    ['what is beyond the window is cut off', `${SERVED}
      < . 1+40000 ack 1 cut 1000
      > . 1 ack 40001 win 25535
      < . 40001+40000 ack 1 cut 1000
      > . 1 ack 65536 win 0
      read
      > . 1 ack 65536 win 65535
      got 65535`],
    ['it fills a hole', `${SERVED}
      < . 3001+1000 ack 1
      > . 1 ack 1
      < . 1+3000 ack 1 cut 1000
      > . 1 ack 4001
      read
      got 4000`],
    ['it comes early, and is acknowledged at once (RFC 5681 §4.2)', `${SERVED}
      < . 3001+5000 ack 1 cut 1000
      > . 1 ack 1
      < . 1+3000 ack 1 cut 1000
      > . 1 ack 8001`],
    ['FIN at its end counts behind its text', `${SERVED}
      < F. 1+5000 ack 1 cut 1000
      > . 1 ack 5002
      = CLOSE-WAIT
      read
      got 5000`],
  ])('%s', (_name, script) => new Trace().run(script))
})

/** Runs a trace on a link that cuts; the rows show what the peer gets. How many segments TCP made. */
function onCuttingLink(script: string): number {
  const trace = new Trace({ offloads: true })
  trace.run(script)
  return trace.lan.stack.counters['tcp']?.get('sent') ?? 0
}

describe('RFC 9293 §3.8 text sent to a link that cuts', () => {
  test.each([
    ['ten segments leave as one', 2, `${SERVED}
      write 10000
      ${row(1, 10)}`],
    ['the rest that is no whole segment leaves alone', 3, `${SERVED}
      write 9500
      ${row(1, 9)}
      > . 9001+500 ack 1`],
    ['RFC 5681 §3.1 no more than the congestion window lets', 2, `${SERVED}
      write 30000
      ${row(1, 10)}`],
    ['§3.8.6.1 no more than the window of the peer lets', 2, `${SERVED.replaceAll('60000', '4500')}
      write 9000
      ${row(1, 4)}`],
    ['RFC 896 Nagle holds back the small rest', 2, `${SERVED.replace('nodelay', '')}
      write 400
      > . 1+400 ack 1
      write 300`],
    ['the reports of what came early stand on every piece', 4, `${SERVED.replace('mss 1000', 'mss 1000 sackok 1')}
      < . 2001+1000 ack 1
      > . 1 ack 1 sack 2001-3001
      < . 4001+1000 ack 1
      > . 1 ack 1 sack 4001-5001 sack 2001-3001
      write 1960
      > . 1+980 ack 1 sack 4001-5001 sack 2001-3001
      > . 981+980 ack 1 sack 4001-5001 sack 2001-3001`],
    ['FIN goes with the last of whole segments', 3, `${SERVED}
      write 3000
      ${row(1, 3)}
      end
      > F. 3001 ack 1`],
    ['a piece that is lost goes again alone', 3, `${SERVED.replace('mss 1000', 'mss 1000 sackok 1').replace('ack 1\n', 'ack 1\n+40\n')}
      write 5000
      ${row(1, 5)}
      < . 1 ack 1001 sack 2001-5001
      > . 1001+1000 ack 1`],
  ])('%s', (_name, segments, script) => {
    expect(onCuttingLink(script)).toBe(segments)
  })
})

test('RFC 1191 §3 a path that was found to take less: smaller pieces, and each of them may be lost alone', () => {
  const trace = new Trace({ offloads: true })
  trace.run(SERVED.replace('mss 1000', 'mss 1400 sackok 1').replace('ack 1\n', 'ack 1\n+40\n'))
  // As an ICMP error about another datagram to the peer would have it.
  expect(trace.lan.stack.pathMtus.learn(ipv4(PEER), 1500, 840, 1500, 20)).toBe(true)
  trace.run(`
    write 4000
    > . 1+800 ack 1
    > . 801+800 ack 1
    > . 1601+800 ack 1
    > . 2401+400 ack 1
    > . 2801+800 ack 1
    > . 3601+400 ack 1
    < . 1 ack 801 sack 1601-4001
    > . 801+800 ack 1`)
})
