/** Open checksums and super-segments, finished in software: what comes out is what a network card would have sent. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copy, u16 } from '../../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../../stack/wire/ethernet.ts'
import * as ip from '../../../../stack/wire/ipv4.ts'
import {
  closeChecksum, eachFrameFits, frameCount, isSegmentable, isWhole, offloadOf, writeFrame,
} from '../../../../stack/wire/offload.ts'
import * as tcp from '../../../../stack/wire/tcp.ts'
import * as udp from '../../../../stack/wire/udp.ts'
import { superSegment } from '../../../support/super-segments.ts'
import type { SuperFields, SuperSegment } from '../../../support/super-segments.ts'
import { fragmentFrames, HOST, ipFrame, octets, PEER, udpFrame, udpSegment } from '../../../support/stack-lan.ts'
import { ipv4 } from '../../../../stack/index.ts'

type Piece = { readonly header: ip.Ipv4Header; readonly segment: tcp.TcpHeader; readonly text: Uint8Array; readonly length: number }

/** The frames it stands for, each read with all checks. */
function piecesOf({ frame, offload }: SuperSegment): readonly Piece[] {
  const into = new Uint8Array(70_000)
  return Array.from({ length: frameCount(frame, 0, offload) }, (_, i) => {
    const length = writeFrame(i, frame, 0, frame.length, offload, into, 2)
    expect(into.slice(2, 16)).toEqual(frame.slice(0, 14))
    const header = ip.parse(into, 16, 2 + length)
    if (!header.ok) throw new Error(header.error)
    const { source, target } = header.value
    const start = 16 + ip.headerLength(into, 16)
    const segment = tcp.parse(into, start, start + header.value.payloadLength, source, target)
    if (!segment.ok) throw new Error(segment.error)
    const end = start + header.value.payloadLength
    return { header: header.value, segment: segment.value, text: into.slice(end - segment.value.payloadLength, end), length }
  })
}

const cutOf = (text: number, piece: number, fields: SuperFields = {}): readonly Piece[] => piecesOf(superSegment(text, piece, fields))

describe('a super-segment', () => {
  test('has as many pieces as its text needs, the last one shorter', () => {
    expect(cutOf(3000, 1460).map(({ text }) => text.length)).toEqual([1460, 1460, 80])
    expect(cutOf(2920, 1460).map(({ text }) => text.length)).toEqual([1460, 1460])
    expect(cutOf(64_240, 1460).length).toBe(44)
    expect(cutOf(3000, 1460).map(({ length }) => length)).toEqual([1514, 1514, 134])
  })

  test('each piece has its sequence number and an identification of its own', () => {
    const pieces = cutOf(3000, 1000, { sequence: 0xffff_fc00, identification: 0xffff })
    expect(pieces.map(({ segment }) => segment.sequence)).toEqual([0xffff_fc00, 0xffff_ffe8, 976])
    expect(pieces.map(({ header }) => header.identification)).toEqual([0xffff, 0, 1])
  })

  test('PSH and FIN stand in the last piece, CWR in the first, ACK and options in all', () => {
    const all = tcp.ACK | tcp.PSH | tcp.FIN | tcp.CWR
    const options = Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6)
    const pieces = cutOf(3000, 1000, { flags: all, tcpOptions: options })
    expect(pieces.map(({ segment }) => segment.flags)).toEqual([tcp.ACK | tcp.CWR, tcp.ACK, tcp.ACK | tcp.PSH | tcp.FIN])
    expect(pieces.every(({ segment }) => segment.options.join() === options.join())).toBe(true)
  })

  test('IPv4 options and DF stand in all', () => {
    const pieces = cutOf(3000, 1000, { options: Uint8Array.of(148, 4, 0, 0), dontFragment: true })
    expect(pieces.every(({ header }) => header.dontFragment && header.options.length === 4)).toBe(true)
  })

  test('whatever is cut is the whole again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 40, max: 9000 }), (text, piece) => {
        const pieces = cutOf(text, piece)
        expect(Uint8Array.from(pieces.flatMap((each) => [...each.text]))).toEqual(octets(text))
        expect(pieces.every((each) => each.text.length <= piece)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test.each([
    ['of text in pieces that fit', superSegment(3000, 1460), true],
    ['in pieces one octet too long', superSegment(3000, 1461), false],
    ['shorter than one piece', superSegment(100, 1461), true],
    ['that is none, and fits', superSegment(1460, 0), true],
    ['that is none, and is too long', superSegment(1461, 0), false],
  ])('fits an MTU of 1500: one %s', (_what, { frame, offload }, fits) => {
    expect(eachFrameFits(frame, 0, frame.length, offload, 1514)).toBe(fits)
  })

  test.each([
    ['of TCP', superSegment(3000, 1460).frame, true],
    ['of UDP', udpFrame(octets(40)), false],
    ['that is a fragment', fragmentFrames(udpSegment(octets(200)), [0, 64])[0] as Uint8Array, false],
    ['too short for a TCP header', ipFrame(octets(10), { protocol: ip.PROTOCOL_TCP }), false],
    ['whose TCP header is longer than it', ipFrame(new Uint8Array(20).fill(0xf0), { protocol: ip.PROTOCOL_TCP }), false],
    ['whose TCP header is too short', ipFrame(new Uint8Array(40).fill(0x10), { protocol: ip.PROTOCOL_TCP }), false],
  ])('can be cut: a datagram %s', (_what, frame, can) => {
    expect(isSegmentable(frame, ETHERNET_HEADER_BYTES)).toBe(can)
  })
})

describe('an open checksum', () => {
  test('of a segment is computed over all of it', () => {
    expect(piecesOf(superSegment(777, 0)).map(({ text }) => text.length)).toEqual([777])
  })

  test('of UDP that comes to 0 is sent as 65,535 (RFC 768)', () => {
    const frame = udpFrame(octets(2))
    const at = ETHERNET_HEADER_BYTES + ip.IPV4_HEADER_BYTES
    // What makes the sum over the open datagram all ones.
    const text = at + udp.UDP_HEADER_BYTES
    frame.fill(0, text, text + 2)
    frame.fill(0, at + 6, at + 8)
    closeChecksum(frame, 0, text + 2, offloadOf(at, 6, 0))
    const wanted = u16(frame, at + 6)
    frame.fill(0, at + 6, at + 8)
    frame[text] = wanted >>> 8
    frame[text + 1] = wanted & 255
    closeChecksum(frame, 0, text + 2, offloadOf(at, 6, 0))
    expect(u16(frame, at + 6)).toBe(0xffff)
  })

  test('is there or not', () => {
    expect([superSegment(10, 0), superSegment(3000, 1460)].map(({ offload }) => isWhole(offload))).toEqual([false, false])
    const { frame, offload } = superSegment(10, 0)
    const closed = new Uint8Array(frame.length)
    copy(frame, 0, closed, 0, frame.length)
    expect(tcp.parse(closed, 34, closed.length, ipv4(PEER), ipv4(HOST)).ok).toBe(false)
    closeChecksum(closed, 0, 14 + ip.totalLength(closed, 14), offload)
    expect(tcp.parse(closed, 34, 14 + ip.totalLength(closed, 14), ipv4(PEER), ipv4(HOST)).ok).toBe(true)
  })
})
