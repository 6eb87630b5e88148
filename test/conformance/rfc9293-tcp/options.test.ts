/** The options of the handshake: what is offered, what is answered, and what holds afterwards. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import { TcpOptions } from '../../../stack/wire/tcp-options.ts'
import { bench, must, octets, PEER } from '../../support/stack-lan.ts'
import { tcpFrame, tcpOf } from '../../support/tcp-frames.ts'

const MSS_1000 = [2, 4, 3, 232]
const SCALE_3 = [1, 3, 3, 3]
const SACK_PERMITTED = [1, 1, 4, 2]
const STAMP_77 = [1, 1, 8, 10, 0, 0, 0, 77, 0, 0, 0, 0]
const UNKNOWN = [253, 8, 1, 2, 3, 4, 5, 6]

function read(header: tcp.TcpHeader | undefined): TcpOptions {
  const options = new TcpOptions()
  if (header !== undefined) options.read(header.options, 0, header.options.length)
  return options
}

/** A SYN with these options comes; what answers it, and the connection once the handshake is over. */
function answerTo(options: readonly number[], window = 1000) {
  const lan = bench()
  must(lan.stack.tcp.listen({ port: 80, onConnection: (endpoint) => endpoint.write(octets(9_000), 0, 9_000) }))
  const take = () => lan.peer.take().map(tcpOf).filter((header) => header !== undefined)
  lan.peer.send(tcpFrame({ sequence: 9, options: Uint8Array.from(options), window }))
  lan.clock.advance(1)
  const answer = take()[0]
  const stamped = read(answer).hasTimestamps
  lan.peer.send(tcpFrame({
    sequence: 10, acknowledgment: ((answer?.sequence ?? 0) + 1) >>> 0, flags: tcp.ACK, window,
    options: stamped ? Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 78, 0, 0, 0, 0) : new Uint8Array(0),
  }))
  lan.clock.advance(1)
  return { answer: read(answer), view: lan.stack.tcp.connections()[0], segments: take() }
}

describe('RFC 9293 §3.2 and RFC 7323 §2.2 [T2] a SYN of ours offers', () => {
  test('the MSS of the link, a window scale, SACK and timestamps', () => {
    const lan = bench()
    must(lan.stack.tcp.connect({ address: ipv4(PEER), port: 80 }))
    lan.clock.advance(1)
    const [syn] = lan.peer.take().map(tcpOf)
    expect(read(syn)).toMatchObject({ mss: 1460, windowScale: 7, sackPermitted: true, hasTimestamps: true })
    // RFC 7323 §2.2: the window of a SYN is never scaled.
    expect(syn?.window).toBe(65_535)
  })
})

describe('RFC 7323 §2.2, §3.2 and RFC 2018 §2 [T2] an answer has what was asked for, and no more', () => {
  test.each([
    ['nothing', [], {}],
    ['the MSS only', MSS_1000, {}],
    ['a scale', SCALE_3, { windowScale: 7 }],
    ['SACK', SACK_PERMITTED, { sackPermitted: true }],
    ['timestamps, and echoes them', STAMP_77, { hasTimestamps: true, timestampEcho: 77 }],
    ['all, behind an option that nobody knows', [...UNKNOWN, ...MSS_1000, ...SCALE_3, ...SACK_PERMITTED, ...STAMP_77], {
      windowScale: 7, sackPermitted: true, hasTimestamps: true, timestampEcho: 77,
    }],
  ])('%s', (_name, options, wanted) => {
    const none = { mss: 1460, windowScale: -1, sackPermitted: false, hasTimestamps: false }
    expect(answerTo(options).answer).toMatchObject({ ...none, ...wanted })
  })
})

describe('RFC 9293 §3.7.1 [T2] the MSS that a peer names', () => {
  test.each([
    ['none: 536', [], 536],
    ['a usual one', MSS_1000, 1000],
    ['more than the link takes', [2, 4, 255, 255], 1460],
    ['too little to be of use', [2, 4, 0, 5], 48],
  ])('%s', (_name, options, mss) => {
    const { view, segments } = answerTo(options, 20_000)
    expect(view?.mss).toBe(mss)
    expect(segments[0]?.payloadLength).toBe(mss)
  })

  test('§3.7.1 timestamps take of its room', () => {
    expect(answerTo([...MSS_1000, ...STAMP_77], 20_000).segments[0]?.payloadLength).toBe(988)
  })
})

describe('RFC 7323 §2.3 [T2] the scale that a peer names', () => {
  test.each([
    ['none', [], 1000],
    ['three', SCALE_3, 8000],
    ['more than 14 counts as 14', [1, 3, 3, 15], 1000 << 14],
  ])('%s', (_name, options, window) => expect(answerTo(options).view?.sendWindow).toBe(window))
})

describe('RFC 9293 §3.2 [T2] malformed options', () => {
  test.each([
    ['a length of 0', [2, 0, 3, 232]],
    ['a length past the header', [253, 40, 0, 0]],
    ['an MSS of three octets', [2, 3, 3, 0]],
  ])('%s: the segment is dropped and counted', (_name, options) => {
    const lan = bench()
    must(lan.stack.tcp.listen({ port: 80, onConnection: () => {} }))
    expect(lan.answer(tcpFrame({ sequence: 9, options: Uint8Array.from(options) }))).toEqual([])
    expect(lan.stack.counters['tcp']?.get('options')).toBe(1)
    expect(lan.stack.tcp.connections()).toEqual([])
  })
})
