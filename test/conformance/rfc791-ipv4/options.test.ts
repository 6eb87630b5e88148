import { describe, expect, test } from 'vitest'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import { ipv4 } from '../../../stack/index.ts'
import { copiedOptions, record } from '../../../stack/ipv4/options.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import {
  bench, collector, echoRequest, HOST, icmpFrame, must, octets, PEER, udpFrame,
} from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
const address = (text: string): number[] => text.split('.').map(Number)
/** The bench's wall clock starts at midnight UT, and its frames take the host 5 s later. */
const FIVE_SECONDS = [0, 0, 0x13, 0x88]

/** The options of the echo reply to a request with these. */
function pinged(options: Uint8Array): readonly number[] {
  const lan = bench()
  lan.peer.send(icmpFrame(echoRequest(8), { options }))
  lan.clock.advance(1)
  const [reply] = lan.peer.take()
  if (reply === undefined) expect.unreachable('no reply')
  return [...reply.subarray(AT + ip.IPV4_HEADER_BYTES, AT + ip.headerLength(reply, AT))]
}

describe('RFC 1122 §3.2.2.6 [I2] record route and timestamp come back in an echo reply', () => {
  test('the route so far, and we', () => {
    const route = bytes(7, 11, 8, ...address('10.9.9.9'), 0, 0, 0, 0, 0)
    expect(pinged(route)).toEqual([7, 11, 12, ...address('10.9.9.9'), ...address(HOST), 0])
  })

  test('nine addresses at most, and then no more (RFC 791 §3.1)', () => {
    const full = bytes(7, 39, 40, ...Array.from({ length: 36 }, (_, i) => i), 0)
    expect(pinged(full)).toEqual([...full])
  })

  test.each([
    ['times', [68, 12, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0], [68, 12, 9, 0, ...FIVE_SECONDS, 0, 0, 0, 0]],
    [
      'times with addresses',
      [68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0],
      [68, 12, 13, 1, ...address(HOST), ...FIVE_SECONDS],
    ],
    [
      'times for given addresses, ours among them',
      [68, 12, 5, 3, ...address(HOST), 0, 0, 0, 0],
      [68, 12, 13, 3, ...address(HOST), ...FIVE_SECONDS],
    ],
    [
      'times for other addresses',
      [68, 12, 5, 3, ...address(PEER), 0, 0, 0, 0],
      [68, 12, 5, 3, ...address(PEER), 0, 0, 0, 0],
    ],
    ['no room: counted', [68, 8, 9, 0x20, 1, 2, 3, 4], [68, 8, 9, 0x30, 1, 2, 3, 4]],
  ])('%s', (_name, asked, answered) => {
    expect(pinged(Uint8Array.from(asked))).toEqual(answered)
  })

  test('both together; other options do not come back', () => {
    const both = bytes(1, 7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 68, 8, 5, 0, 0, 0, 0, 0)
    expect(pinged(both)).toEqual([7, 7, 8, ...address(HOST), 68, 8, 9, 0, ...FIVE_SECONDS, 0])
    expect(pinged(bytes(148, 4, 0, 0))).toEqual([])
  })
})

describe('RFC 791 §3.1 [I2] malformed record options are answered with parameter problem', () => {
  test.each([
    ['record route of length 2', [7, 2, 0, 0], 21],
    ['record route that points at itself', [7, 7, 3, 0, 0, 0, 0, 0], 22],
    ['record route with room for half an address', [7, 5, 4, 0, 0, 0, 0, 0], 22],
    ['record route twice', [7, 3, 4, 7, 3, 4, 0, 0], 23],
    ['timestamp of length 3', [68, 3, 5, 0], 21],
    ['timestamp that points at itself', [68, 8, 4, 0, 0, 0, 0, 0], 22],
    ['timestamp with room for an address and no time', [68, 8, 5, 1, 0, 0, 0, 0], 22],
    ['timestamp twice', [68, 4, 5, 0, 68, 4, 5, 0], 24],
  ])('%s', (_name, options, pointer) => {
    const lan = bench()
    lan.peer.send(udpFrame(octets(8), { options: Uint8Array.from(options) }))
    lan.clock.advance(10)
    const [error] = lan.peer.take()
    expect(error?.slice(AT + ip.IPV4_HEADER_BYTES, AT + ip.IPV4_HEADER_BYTES + 2)).toEqual(bytes(12, 0))
    expect(error?.[AT + ip.IPV4_HEADER_BYTES + 4]).toBe(pointer)
  })

  test('an overflow count that overflows is an error', () => {
    const recorder = { address: ipv4(HOST), isOwn: () => false, wallMs: 0 }
    expect(record(bytes(1, 68, 8, 9, 0xf0, 1, 2, 3, 4), 0, 9, recorder)).toBe(4)
    expect(record(bytes(1, 68, 8, 9, 0xe0, 1, 2, 3, 4), 0, 9, recorder)).toBe(-1)
  })
})

describe('RFC 791 §3.2 [I2] options in fragments', () => {
  test.each([
    ['none to copy', [7, 3, 4, 0], []],
    ['router alert between others', [1, 7, 3, 4, 148, 4, 0, 0, 68, 4, 5, 0], [148, 4, 0, 0]],
    ['nothing after the end', [148, 4, 0, 0, 0, 148, 4, 0], [148, 4, 0, 0]],
    ['padded to whole words', [0x86, 3, 0, 1], [0x86, 3, 0, 0]],
  ])('%s', (_name, options, copied) => {
    expect([...copiedOptions(Uint8Array.from(options))]).toEqual(copied)
  })

  test('every fragment has those with the copy bit; the first has all', () => {
    const lan = bench({ mtu: 576 })
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    lan.stack.ipv4.prepare(false, bytes(148, 4, 0, 0, 7, 7, 4, 0, 0, 0, 0, 0))
    expect(endpoint.send(octets(1500), 0, 1500, ipv4(PEER), 9)).toBe(0)
    lan.clock.advance(1)
    const frames = lan.peer.take()
    expect(frames.map((frame) => must(ip.parse(frame, AT, frame.length))).map((h) => [
      [...h.options].join(), h.fragmentOffset, h.payloadLength, h.moreFragments,
    ])).toEqual([
      ['148,4,0,0,7,7,4,0,0,0,0,0', 0, 544, true],
      ['148,4,0,0', 544, 552, true],
      ['148,4,0,0', 1096, 412, false],
    ])
  })

  test('what was prepared is for one datagram', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    lan.stack.ipv4.prepare(true, bytes(148, 4, 0, 0))
    endpoint.send(octets(1), 0, 1, ipv4(PEER), 9)
    endpoint.send(octets(1), 0, 1, ipv4(PEER), 9)
    lan.stack.ipv4.prepare(true, bytes(148, 4, 0, 0))
    endpoint.send(octets(1), 0, 1, ipv4('1.2.3.4'), 9)
    endpoint.send(octets(1), 0, 1, ipv4(PEER), 9)
    lan.clock.advance(1)
    const headers = lan.peer.take().map((frame) => must(ip.parse(frame, AT, frame.length)))
    expect(headers.map((h) => [h.options.length, h.dontFragment])).toEqual([[4, true], [0, false], [0, false]])
  })
})
