import { describe, expect, test } from 'vitest'
import { virtualWire } from '../../../stack/index.ts'
import { CAPTURE_LIMIT, CaptureLink } from '../../../stack/link/capture.ts'
import type { CaptureOptions } from '../../../stack/link/capture.ts'
import { parseCaptureFilter } from '../../../stack/link/capture-filter.ts'
import { VirtualClock } from '../../../stack/platform/index.ts'
import { describeFrame } from '../../../stack/wire/describe.ts'
import { closeChecksum } from '../../../stack/wire/offload.ts'
import * as reader from '../../../stack/wire/pcapng-reader.ts'
import {
  arpFrame, echoRequest, fragmentFrames, HOST, HOST_MAC, icmpFrame, must, octets, PEER, PEER_MAC, RawPeer, udpFrame,
  udpSegment,
} from '../../support/stack-lan.ts'

import { superSegment } from '../../support/super-segments.ts'

const joined = (blocks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(blocks.flatMap((block) => [...block]))

/** A captured link with raw ends on both sides of the wire. */
function tapped() {
  const clock = new VirtualClock(Date.UTC(2026, 10, 22))
  const [near, far] = virtualWire(clock, { names: ['taproot0', 'far'], macs: [HOST_MAC, PEER_MAC] })
  const link = new CaptureLink(near, clock)
  const here = new RawPeer(link)
  const there = new RawPeer(far)
  const capture = (options: Partial<CaptureOptions> = {}) => {
    const blocks: Uint8Array[] = []
    const started = link.start({ sink: (block) => blocks.push(block) > 0, ...options })
    if (started === undefined) throw new Error('no room for a capture')
    return { ...started, file: () => must(reader.parse(joined(blocks))) }
  }
  return { clock, near, link, here, there, capture }
}

describe('[L8] pcapng §4 a tap on a link', () => {
  test('both directions, with time, direction and the interface’s name', () => {
    const lan = tapped()
    const capture = lan.capture()
    lan.here.send(udpFrame(octets(5)))
    lan.clock.advance(1500.25)
    lan.there.send(arpFrame(), udpFrame(octets(1400)))
    lan.clock.advance(1)
    const { interfaces, frames } = capture.file()
    const start = Date.UTC(2026, 10, 22) * 1000
    expect(interfaces).toEqual(['taproot0'])
    expect(frames.map(({ direction, timeUs }) => [direction, timeUs - start])).toEqual([
      ['out', 0], ['in', 1_500_250], ['in', 1_500_250],
    ])
    expect(frames.map(({ octets: frame }) => frame)).toEqual([udpFrame(octets(5)), arpFrame(), udpFrame(octets(1400))])
    expect(capture.counts()).toEqual({ captured: 3, missed: 0 })
  })

  test('the frames themselves take their way as before', () => {
    const lan = tapped()
    lan.capture()
    lan.here.send(udpFrame(octets(5)))
    lan.there.send(arpFrame())
    lan.clock.advance(1)
    expect(lan.there.take()).toEqual([udpFrame(octets(5))])
    expect(lan.here.take()).toEqual([arpFrame()])
  })

  test('frames are cut at the snap length, and their true length is kept', () => {
    const lan = tapped()
    const capture = lan.capture({ snapLength: 61 })
    lan.here.send(udpFrame(octets(1000)))
    expect(capture.file().frames.map((f) => [f.octets.length, f.originalLength])).toEqual([[61, 1042]])
  })

  test('a checksum that is left to the device is written as the device makes it', () => {
    const lan = tapped()
    const [whole, cut, tooShort] = [lan.capture(), lan.capture({ snapLength: 60 }), lan.capture({ snapLength: 50 })]
    const { frame, offload } = superSegment(3000, 1460)
    lan.link.onFrame = () => {}
    lan.near.onFrame(frame, 0, frame.length, offload)
    const finished = frame.slice()
    closeChecksum(finished, 0, frame.length, offload)
    expect(finished).not.toEqual(frame)
    expect(whole.file().frames.map((f) => f.octets)).toEqual([finished])
    expect(cut.file().frames.map((f) => f.octets)).toEqual([finished.slice(0, 60)])
    expect(tooShort.file().frames.map((f) => f.octets)).toEqual([finished.slice(0, 50)])
  })

  test('what the sink had no room for is told of in the file, before what comes after it and at the end', () => {
    const lan = tapped()
    const blocks: Uint8Array[] = []
    let room = true
    const capture = lan.link.start({ sink: (block) => room && blocks.push(block) > 0 })
    lan.here.send(udpFrame(octets(5)))
    room = false
    lan.here.send(udpFrame(octets(6)), udpFrame(octets(7)))
    room = true
    lan.here.send(udpFrame(octets(8)))
    capture?.stop()
    const read = must(new reader.PcapngReader().push(joined(blocks)))
    expect(read.map((block) => (block.kind === 'statistics' ? [block.received, block.dropped] : block.kind))).toEqual([
      'interface', 'frame', [3, 2], 'frame', [4, 2],
    ])
  })

  test('a link that is released has its handler again, and captures hear that it is gone', () => {
    const lan = tapped()
    let gone = 0
    lan.capture({ onGone: () => gone++ })
    const link = lan.link.release()
    lan.there.send(arpFrame())
    lan.clock.advance(1)
    expect([gone, lan.here.take().length, link.name]).toEqual([1, 1, 'taproot0'])
  })

  test('nothing more after stop(), and other captures go on', () => {
    const lan = tapped()
    const [first, second] = [lan.capture(), lan.capture()]
    lan.here.send(udpFrame(octets(5)))
    first.stop()
    lan.here.send(udpFrame(octets(6)))
    expect([first.file().frames.length, second.file().frames.length]).toEqual([1, 2])
  })

  test('a sink without room costs only the frames of its own file', () => {
    const lan = tapped()
    let room = 3
    const capture = lan.capture({ sink: () => room-- > 0 })
    lan.here.send(udpFrame(octets(5)), udpFrame(octets(6)))
    lan.clock.advance(1)
    expect(capture.counts()).toEqual({ captured: 1, missed: 1 })
    expect(lan.there.take().length).toBe(2)
  })

  test('there is a bound on captures', () => {
    const lan = tapped()
    const captures = Array.from({ length: CAPTURE_LIMIT }, () => lan.capture())
    expect(lan.link.start({ sink: () => true })).toBeUndefined()
    captures[0]?.stop()
    expect(lan.link.start({ sink: () => true })).toBeDefined()
  })
})

describe('[L8] capture filter', () => {
  const tcp = udpFrame(octets(8), { protocol: 6 })
  const [firstPiece, secondPiece] = fragmentFrames(udpSegment(octets(100)), [0, 64]) as [Uint8Array, Uint8Array]
  const frames: Readonly<Record<string, Uint8Array>> = {
    arp: arpFrame(), ping: icmpFrame(echoRequest(8)), dns: udpFrame(octets(8)),
    dhcp: udpFrame(octets(8), { toPort: 67 }),
    tcp, piece: firstPiece, rest: secondPiece,
    far: udpFrame(octets(8), { from: '192.168.1.1', fromMac: '02:00:00:00:00:77', toPort: 99 }),
    runt: new Uint8Array(14),
  }
  test.each([
    ['', 'arp ping dns dhcp tcp piece rest far runt'],
    ['arp', 'arp'],
    ['icmp', 'ping'],
    ['igmp', ''],
    ['udp', 'dns dhcp piece rest far'],
    ['tcp', 'tcp'],
    ['ip', 'ping dns dhcp tcp piece rest far'],
    ['broadcast', 'arp'],
    ['port 53', 'dns tcp piece'],
    ['udp and port 53', 'dns piece'],
    ['host 192.168.1.1', 'far'],
    ['net 192.168.0.0/16', 'far'],
    [`host ${PEER} and not udp`, 'arp ping tcp'],
    [`host ${HOST}`, 'arp ping dns dhcp tcp piece rest far'],
    ['ether host 02-00-00-00-00-77', 'far'],
    ['icmp or arp and host 1.2.3.4', 'ping'],
    ['(icmp or arp) and host 10.53.0.9', 'arp ping'],
    ['not (udp or tcp or ip)', 'arp runt'],
    ['not not arp', 'arp'],
  ])('"%s" keeps: %s', (text, kept) => {
    const keep = must(parseCaptureFilter(text))
    const names = Object.entries(frames).filter(([, frame]) => keep(frame, 0, frame.length)).map(([name]) => name)
    expect(names.join(' ')).toBe(kept)
  })

  test.each([
    ['arp and', 2, 'a test was expected'],
    ['arp udp', 2, `'and', 'or' or the end was expected`],
    ['(arp', 2, `')' was expected`],
    ['host 1.2.3', 1, `'host' wants an IPv4 address`],
    ['port 65536', 1, `'port' wants a number from 0 to 65535`],
    ['net 10.0.0.1/8', 1, `'net' wants a block such as 10.53.0.0/24`],
    ['ether 1', 1, `'ether host' and an address was expected`],
    ['arp or ether host x', 4, `'ether host' wants an Ethernet address`],
  ])('"%s" is refused at word %i', (text, word, says) => {
    expect(parseCaptureFilter(text)).toEqual({ ok: false, error: { kind: 'bad-filter', word, says } })
  })

  test('an unknown word is refused with the words there are; a text without end too', () => {
    expect(parseCaptureFilter('ipx')).toMatchObject({ ok: false, error: { says: expect.stringContaining('arp, ip') } })
    const tooLong = { ok: false, error: { says: 'the filter is too long' } }
    expect(parseCaptureFilter('not '.repeat(300))).toMatchObject(tooLong)
  })

  test('a capture keeps what its filter keeps', () => {
    const lan = tapped()
    const capture = lan.capture({ keep: must(parseCaptureFilter('arp')) })
    lan.here.send(udpFrame(octets(5)), arpFrame())
    expect(capture.file().frames.map((f) => describeFrame(f.octets))).toEqual([describeFrame(arpFrame())])
  })
})
