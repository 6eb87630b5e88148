/** Every synchronized state and every check of RFC 9293 §3.10.7.4, in its order, with RFC 5961 where it changes one. */
import { describe, test } from 'vitest'
import { Trace } from '../../support/tcp-trace.ts'

type Place = {
  /** How to get there. */
  readonly script: string
  /** The sequence number that the peer sends next, and ours. */
  readonly peer: number
  readonly ours: number
}

const SYN_RECEIVED = 'listen\n< S 0 mss 1000\n> S. 0 ack 1'
const ESTABLISHED = `${SYN_RECEIVED}\n< . 1 ack 1`
const FIN_WAIT_1 = `${ESTABLISHED}\nend\n> F. 1 ack 1`
const FIN_WAIT_2 = `${FIN_WAIT_1}\n< . 1 ack 2`
const CLOSING = `${FIN_WAIT_1}\n< F. 1 ack 1\n> . 2 ack 2`
const CLOSE_WAIT = `${ESTABLISHED}\n< F. 1 ack 1\n> . 1 ack 2`
const LAST_ACK = `${CLOSE_WAIT}\nend\n> F. 1 ack 2`

const PLACES: Readonly<Record<string, Place>> = {
  'SYN-RECEIVED': { script: SYN_RECEIVED, peer: 1, ours: 1 },
  'ESTABLISHED': { script: ESTABLISHED, peer: 1, ours: 1 },
  'FIN-WAIT-1': { script: FIN_WAIT_1, peer: 1, ours: 2 },
  'FIN-WAIT-2': { script: FIN_WAIT_2, peer: 1, ours: 2 },
  'CLOSE-WAIT': { script: CLOSE_WAIT, peer: 2, ours: 1 },
  'CLOSING': { script: CLOSING, peer: 2, ours: 2 },
  'LAST-ACK': { script: LAST_ACK, peer: 2, ours: 2 },
}
const SYNCHRONIZED = Object.keys(PLACES)
const AFTER_HANDSHAKE = SYNCHRONIZED.filter((state) => state !== 'SYN-RECEIVED')

/** In each of the states: what comes, what is answered, and the state after; the same as before when not given. */
function inEach(states: readonly string[], then: (place: Place) => string, after?: string): void {
  test.each(states)('%s', (state) => {
    const place = PLACES[state] as Place
    new Trace().run(`${place.script}\n= ${state}\n${then(place)}\n= ${after ?? state}`)
  })
}

describe('RFC 9293 §3.10.7.4 [T1] first: a segment outside the window is answered with an ACK', () => {
  inEach(SYNCHRONIZED, ({ peer, ours }) => `< . ${peer - 101}+100 ack ${ours}\n> . ${ours} ack ${peer}`)
})

describe('RFC 9293 §3.10.7.4 [T10] first: but not a reset', () => {
  inEach(SYNCHRONIZED, ({ peer }) => `< R ${peer + 100_000}\n< R ${peer - 5}`)
})

describe('RFC 9293 §3.10.7.4 [T10] second: a reset at the edge ends the connection', () => {
  inEach(SYNCHRONIZED, ({ peer }) => `< R ${peer}`, 'CLOSED')
})

describe('RFC 5961 §3.2 [T10] second: a reset elsewhere in the window is challenged', () => {
  inEach(SYNCHRONIZED, ({ peer, ours }) => `< R ${peer + 10}\n> . ${ours} ack ${peer}`)
})

describe('RFC 5961 §4.2 [T10] fourth: a SYN is challenged', () => {
  inEach(SYNCHRONIZED, ({ peer, ours }) => `< S ${peer + 10}\n> . ${ours} ack ${peer}`)
})

describe('RFC 9293 §3.10.7.4 [T1] fifth: a segment without ACK is dropped', () => {
  inEach(SYNCHRONIZED, ({ peer }) => `< P ${peer}+10\n+1`)
})

describe('RFC 9293 §3.10.7.4 [T10] fifth: an ACK of what was not sent', () => {
  test('SYN-RECEIVED: a reset', () => new Trace().run(`${SYN_RECEIVED}\n< . 1 ack 100\n> R 100\n= SYN-RECEIVED`))
  inEach(AFTER_HANDSHAKE, ({ peer, ours }) => `< . ${peer} ack ${ours + 100}\n> . ${ours} ack ${peer}`)
})

describe('RFC 9293 §3.10.7.4 [T1] fifth: the ACK of our FIN', () => {
  test.each([
    ['FIN-WAIT-1', 'FIN-WAIT-2'],
    ['CLOSING', 'TIME-WAIT'],
    ['LAST-ACK', 'CLOSED'],
  ])('%s to %s', (from, to) => {
    const { script, peer, ours } = PLACES[from] as Place
    new Trace().run(`${script}\n< . ${peer} ack ${ours}\n= ${to}`)
  })
})

describe('RFC 9293 §3.10.7.4 [T3] seventh: text', () => {
  test.each(['SYN-RECEIVED', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'])('%s: is taken', (state) => {
    const { script, peer, ours } = PLACES[state] as Place
    new Trace().run(`${script}\n< . ${peer}+10 ack ${ours}\nread\ngot 10\n+200\n> . ${ours} ack ${peer + 10}`)
  })
  test.each(['CLOSE-WAIT', 'CLOSING', 'LAST-ACK'])('%s: after the peer’s FIN there is none', (state) => {
    const { script, peer, ours } = PLACES[state] as Place
    new Trace().run(`${script}\n< . ${peer}+10 ack 1\n> . ${ours} ack ${peer}\nread\ngot 0\n= ${state}`)
  })
})

describe('RFC 9293 §3.10.7.4 [T1] eighth: FIN', () => {
  test.each([
    ['SYN-RECEIVED', 1, 'CLOSE-WAIT'],
    ['ESTABLISHED', 1, 'CLOSE-WAIT'],
    ['FIN-WAIT-1', 1, 'CLOSING'],
    ['FIN-WAIT-2', 2, 'TIME-WAIT'],
  ])('%s to %s', (state, ack, after) => {
    const { script, peer, ours } = PLACES[state] as Place
    new Trace().run(`${script}\n< F. ${peer} ack ${ack}\n> . ${ours} ack ${peer + 1}\n= ${after}`)
  })
  test.each(['CLOSE-WAIT', 'CLOSING', 'LAST-ACK'])('%s: the same one again is acknowledged again', (state) => {
    const { script, peer, ours } = PLACES[state] as Place
    new Trace().run(`${script}\n< F. ${peer - 1} ack 1\n> . ${ours} ack ${peer}\n= ${state}`)
  })
})

describe('RFC 9293 §3.10.7.3 [T1] SYN-SENT', () => {
  test.each([
    ['first: an ACK of another number is reset, whatever else the segment says', '< S. 0 ack 77\n> R 77\n= SYN-SENT'],
    ['first: nor is a reset with such an ACK believed', '< R. 0 ack 77\n= SYN-SENT'],
    ['second: a reset with the right ACK refuses the connection', '< R. 0 ack 1\nerror ECONNREFUSED\n= CLOSED'],
    ['second: a reset without ACK is dropped', '< R 0\n= SYN-SENT'],
    ['fourth: SYN and ACK open it', '< S. 0 ack 1 mss 1000\n> . 1 ack 1\n= ESTABLISHED'],
    ['fourth: text that comes with them is taken', '< S. 0+10 ack 1 mss 1000\n> . 1 ack 1\n= ESTABLISHED\n' +
      '< . 1+10 ack 1\nread\ngot 10\n+200\n> . 1 ack 11'],
    ['fifth: neither SYN nor RST: dropped', '< . 0 ack 1\n< P 0+10\n= SYN-SENT'],
  ])('%s', (_name, script) => new Trace().run(`connect\n> S 0\n${script}`))
})

describe('RFC 9293 §3.10.7.1 and §3.10.7.2 [T10] CLOSED and LISTEN', () => {
  test.each([
    ['CLOSED: a reset is not answered', '< R 5'],
    ['CLOSED: text and SYN count in the answer', '< S 5+10\n> R. 0 ack 16'],
    ['CLOSED: FIN counts too', '< F 5+10\n> R. 0 ack 16'],
    ['CLOSED: what has an ACK is answered with its number', '< F. 5+10 ack 9\n> R 9'],
    ['LISTEN: first, a reset is passed over', 'listen\n< R 5'],
    ['LISTEN: second, an ACK is reset', 'listen\n< . 5 ack 9\n> R 9'],
    ['LISTEN: a SYN with an ACK too', 'listen\n< S. 5 ack 9\n> R 9'],
    ['LISTEN: fourth, neither SYN nor ACK nor RST: dropped', 'listen\n< P 5+10\n< F 5'],
  ])('%s', (_name, script) => new Trace().run(script))
})
