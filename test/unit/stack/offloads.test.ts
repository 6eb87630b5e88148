/** What the stack makes of frames whose checksums are open or known to be right, and how a router passes them on. */
import { describe, expect, test } from 'vitest'
import { ipv4, mac, patch, virtualWire } from '../../../stack/index.ts'
import { u16, VirtualClock } from '../../../stack/platform/index.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import { CHECKED, frameCount, NO_OFFLOAD, offloadOf, writeFrame } from '../../../stack/wire/offload.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import * as udp from '../../../stack/wire/udp.ts'
import {
  bench, collector, fragmentFrames, must, octets, RawPeer, udpFrame, udpSegment,
} from '../../support/stack-lan.ts'
import { FAR, HOST_MACS, NEAR, passing, router, ROUTER_MACS } from '../../support/stack-router.ts'
import type { RouterBench, RouterOptions } from '../../support/stack-router.ts'
import { superSegment } from '../../support/super-segments.ts'
import type { SuperFields, SuperSegment } from '../../support/super-segments.ts'

const UDP_CHECKSUM = ETHERNET_HEADER_BYTES + ip.IPV4_HEADER_BYTES + 6
const OPEN_UDP = offloadOf(34, 6, 0)

function spoilt(frame: Uint8Array): Uint8Array {
  const copy = frame.slice()
  copy[UDP_CHECKSUM] = (copy[UDP_CHECKSUM] as number) ^ 0x55
  return copy
}

describe('a received datagram', () => {
  test.each([
    ['with a wrong checksum is dropped', NO_OFFLOAD, 0],
    ['whose checksum the link has verified is taken', CHECKED, 1],
    ['whose checksum is open is taken', OPEN_UDP, 1],
  ])('%s', (_what, offload, delivered) => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    const frame = spoilt(udpFrame(octets(20)))
    lan.iface.link.onFrame(frame, 0, frame.length, offload)
    lan.iface.link.onBatchEnd()
    expect([got.length, lan.stack.counters['udp']?.get('checksum')]).toEqual([delivered, 1 - delivered])
  })

  test('of several fragments is verified, whatever was said of each', () => {
    const lan = bench()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    const segment = udpSegment(octets(100))
    segment[7] = (segment[7] as number) ^ 1
    for (const frame of fragmentFrames(segment, [0, 64])) lan.iface.link.onFrame(frame, 0, frame.length, CHECKED)
    expect([got.length, lan.stack.counters['udp']?.get('checksum')]).toEqual([0, 1])
  })
})

describe('what is sent to a link that computes checksums', () => {
  test('arrives with them', () => {
    const lan = bench({ offloads: true })
    must(lan.stack.tcp.connect({ address: ipv4('10.53.0.9'), port: 80 }))
    lan.clock.advance(1)
    const [syn] = lan.peer.take()
    if (syn === undefined) expect.unreachable('no SYN')
    const end = 14 + ip.totalLength(syn, 14)
    expect(tcp.check(syn, 34, end, ip.source(syn, 14), ip.target(syn, 14))).toBeUndefined()
  })
})

/** What the far host gets when the near link brings this. */
function passedOn(lan: RouterBench, { frame, offload }: SuperSegment): Uint8Array[] {
  const { link } = lan.lans[0]
  link.onFrame(frame, 0, frame.length, offload)
  link.onBatchEnd()
  lan.clock.advance(50)
  return lan.hosts[1].take()
}

const throughRouter = (text: number, piece: number, fields: SuperFields = {}): SuperSegment =>
  superSegment(text, piece, {
    from: NEAR, to: FAR, fromMac: HOST_MACS[0], toMac: ROUTER_MACS[0], dontFragment: true, ...fields,
  })

/** Texts of segments that are right in every checksum, by sequence number. */
function textsOf(frames: readonly Uint8Array[]): readonly Uint8Array[] {
  return frames.map((frame) => {
    const header = must(ip.parse(frame, 14, frame.length))
    expect(header.ttl).toBe(63)
    const at = 14 + ip.headerLength(frame, 14)
    const end = at + header.payloadLength
    const segment = must(tcp.parse(frame, at, end, header.source, header.target))
    return frame.slice(end - segment.payloadLength, end)
  })
}

const joined = (texts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(texts.flatMap((text) => [...text]))

describe('a router', () => {
  test.each<[string, RouterOptions, number, number]>([
    ['cuts a super-segment for a link that does not', {}, 1460, 28],
    ['leaves that to a link that does', { farOffloads: true }, 1460, 28],
    ['passes on smaller pieces as they are', {}, 500, 80],
  ])('%s', (_what, options, piece, frames) => {
    const lan = router(options)
    const got = passedOn(lan, throughRouter(40_000, piece))
    expect(got.length).toBe(frames)
    expect(joined(textsOf(got))).toEqual(octets(40_000))
    // A super-segment that stays one counts as one.
    expect(lan.count('ipv4', 'forwarded')).toBe(options.farOffloads === true ? 1 : frames)
  })

  test('fragments pieces that the next link does not take, when it may', () => {
    const lan = router({ mtus: [1500, 1000] })
    const got = passedOn(lan, throughRouter(2920, 1460, { dontFragment: false }))
    expect(got.map((frame) => [ip.totalLength(frame, 14), ip.moreFragments(frame, 14)])).toEqual([
      [996, true], [524, false], [996, true], [524, false],
    ])
  })

  test('says what the next link takes when they must stay whole (RFC 1191 §4)', () => {
    const lan = router({ mtus: [1500, 1000] })
    expect(passedOn(lan, throughRouter(40_000, 1460))).toEqual([])
    const [answer, ...more] = lan.hosts[0].take()
    expect(more).toEqual([])
    expect(u16(answer as Uint8Array, 14 + 20 + 6)).toBe(1000)
    expect(passedOn(lan, throughRouter(40_000, 960)).length).toBe(42)
  })

  test('waits for ARP with all pieces', () => {
    const lan = router()
    const unknown = '10.2.0.7'
    const got = passedOn(lan, throughRouter(4000, 1460, { to: unknown }))
    expect(got.length).toBe(1)
    lan.lans[1].neighbours.addStatic(ipv4(unknown), mac(HOST_MACS[1]))
    lan.clock.advance(50)
    expect(joined(textsOf(lan.hosts[1].take()))).toEqual(octets(4000))
  })

  test.each([['to a link that does not compute it', false], ['to one that does', true]])(
    'completes an open checksum %s', (_what, farOffloads) => {
      const lan = router({ farOffloads })
      const frame = passing(octets(20))
      const whole = frame.slice(UDP_CHECKSUM, UDP_CHECKSUM + 2)
      const [first] = passedOn(lan, throughRouter(700, 0))
      expect(textsOf([first as Uint8Array])).toEqual([octets(700)])
      // As the kernel leaves it: the sum of the pseudo-header.
      frame.set([0, 0], UDP_CHECKSUM)
      const at = UDP_CHECKSUM - 6
      const pseudo = new Uint8Array(12)
      pseudo.set(frame.slice(26, 34))
      pseudo.set([0, 17, 0, udp.udpLength(frame, at)], 8)
      let sum = 0
      for (let i = 0; i < 12; i += 2) sum += ((pseudo[i] as number) << 8) | (pseudo[i + 1] as number)
      sum = (sum & 0xffff) + (sum >>> 16)
      frame.set([sum >>> 8, sum & 255], UDP_CHECKSUM)
      const [second] = passedOn(lan, { frame, offload: OPEN_UDP })
      expect(second?.slice(UDP_CHECKSUM, UDP_CHECKSUM + 2)).toEqual(whole)
    })

  test('drops what cannot be cut', () => {
    const lan = router()
    const frame = passing(octets(2000))
    expect(passedOn(lan, { frame, offload: offloadOf(34, 6, 1000) })).toEqual([])
    expect(lan.count('ipv4', 'not-forwardable')).toBe(1)
  })
})

describe('a patch', () => {
  const join = (offloads: boolean) => {
    const clock = new VirtualClock()
    const [inner] = virtualWire(clock)
    const [out, end] = virtualWire(clock, { offloads })
    const patched = patch(inner, out)
    const far = new RawPeer(end)
    return { patched, send: ({ frame, offload }: SuperSegment): Uint8Array[] => {
      inner.onFrame(frame, 0, frame.length, offload)
      inner.onBatchEnd()
      clock.advance(10)
      return far.take()
    } }
  }

  test.each([[false], [true]])('finishes frames, or leaves that to the other link: %s', (offloads) => {
    const sent = superSegment(30_000, 1460)
    const wanted = Array.from({ length: frameCount(sent.frame, 0, sent.offload) }, (_, i) => {
      const one = new Uint8Array(2000)
      return one.slice(0, writeFrame(i, sent.frame, 0, sent.frame.length, sent.offload, one, 0))
    })
    expect(join(offloads).send(sent)).toEqual(wanted)
  })

  test('drops and counts pieces that do not fit, and what cannot be cut', () => {
    const { patched, send } = join(false)
    expect(send(superSegment(30_000, 1461))).toEqual([])
    expect(send({ frame: udpFrame(octets(1000)), offload: offloadOf(34, 6, 500) })).toEqual([])
    expect(patched.counters().aToB).toEqual({ 'too-long': 1, 'not-segmentable': 1 })
  })
})
