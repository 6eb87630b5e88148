import { describe, expect, test } from 'vitest'
import { formatMac, ipv4, SEND_FAULT } from '../../../stack/index.ts'
import { SNAP_STATION_LIMIT, SnapStations } from '../../../stack/ethernet/snap-stations.ts'
import { ETHERNET_HEADER_BYTES, MIN_PAYLOAD_BYTES } from '../../../stack/wire/ethernet.ts'
import { describeDatagram } from '../../../stack/wire/describe.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import * as snap from '../../../stack/wire/llc-snap.ts'
import {
  arpFrame, bench, collector, echoRequest, HOST, icmpFrame, must, octets, PEER, PEER_MAC, udpFrame,
} from '../../support/stack-lan.ts'

const AT = snap.SNAP_HEADER_BYTES

/** The same frame as RFC 1042 has it. */
function inSnap(frame: Uint8Array): Uint8Array {
  const type = ((frame[12] as number) << 8) | (frame[13] as number)
  const length = type === 0x0806 ? 28 : ip.totalLength(frame, ETHERNET_HEADER_BYTES)
  const out = new Uint8Array(ETHERNET_HEADER_BYTES + Math.max(MIN_PAYLOAD_BYTES, snap.LLC_SNAP_BYTES + length))
  out.set(frame.subarray(0, 12))
  snap.write(out, 0, type, length)
  out.set(frame.subarray(ETHERNET_HEADER_BYTES, ETHERNET_HEADER_BYTES + length), AT)
  return out
}

/** A host that heard the peer's ARP in an 802.3 frame. */
function host() {
  const lan = bench({ knowsPeer: false })
  lan.peer.send(inSnap(arpFrame()))
  lan.clock.advance(1)
  return { ...lan, replies: lan.peer.take() }
}

describe('RFC 1042 [L2] frames in', () => {
  test('ARP is answered, in the same framing', () => {
    const [reply] = host().replies
    if (reply === undefined) expect.unreachable('no reply')
    expect(snap.check(reply, 0, reply.length)).toBeUndefined()
    expect([snap.snapType(reply, 0), snap.snapEnd(reply, 0), reply.length]).toEqual([0x0806, AT + 28, 60])
    expect(formatMac(reply, 0)).toBe(PEER_MAC)
  })

  test('datagrams are heard, and padding is not', () => {
    const lan = host()
    const { got, onDatagram } = collector()
    must(lan.stack.bindUdp({ port: 53, onDatagram }))
    lan.answer(inSnap(udpFrame(octets(3))), inSnap(udpFrame(octets(1400))))
    expect(got.map(({ payload }) => payload)).toEqual([octets(3), octets(1400)])
  })

  test.each([
    ['another protocol of 802.2', 14, 0x42, 'ieee-802.3'],
    ['another organisation', 18, 1, 'ieee-802.3'],
    ['a length past the end', 12, 5, 'length-past-end'],
    ['a length below the headers', 13, 7, 'ieee-802.3'],
    ['an unknown type', 20, 0x99, 'unknown-type'],
  ])('%s is dropped and counted', (_name, at, value, counter) => {
    const lan = host()
    const frame = inSnap(udpFrame(octets(3)))
    frame[at] = value
    expect(lan.answer(frame)).toEqual([])
    expect(lan.stack.counters['ethernet']?.get(counter)).toBe(1)
  })
})

describe('RFC 1042 [L2] frames out, to a neighbour that was heard so', () => {
  const sent = (lan: ReturnType<typeof host>): string[] => {
    lan.clock.advance(1)
    return lan.peer.take().map((frame) => {
      expect(snap.check(frame, 0, frame.length)).toBeUndefined()
      return `${describeDatagram(frame, AT, snap.snapEnd(frame, 0))}, frame ${frame.length}`
    })
  }

  test('short ones are padded after the SNAP header', () => {
    const lan = host()
    lan.peer.send(inSnap(icmpFrame(echoRequest(4))))
    expect(sent(lan)).toEqual([`${HOST} > ${PEER} echo reply 4, frame 60`])
  })

  test('no datagram has more than 1492 octets', () => {
    const lan = host()
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    endpoint.send(octets(1464), 0, 1464, ipv4(PEER), 9)
    expect(sent(lan)).toEqual([`${HOST}:53 > ${PEER}:9 UDP 1464, frame 1514`])
    endpoint.send(octets(1465), 0, 1465, ipv4(PEER), 9)
    expect(sent(lan).map((line) => line.slice(line.indexOf(':')))).toEqual([
      ': 1472@0+, frame 1514', ': 1@1472, frame 60',
    ])
    expect([lan.stack.ipv4.mtuTo(ipv4(PEER)), lan.stack.ipv4.mtuTo(ipv4('10.53.0.77'))]).toEqual([1492, 1500])
    endpoint.dontFragment = true
    expect(endpoint.send(octets(1465), 0, 1465, ipv4(PEER), 9)).toBe(SEND_FAULT.tooLong)
  })

  test('a datagram that waited for such an answer', () => {
    const lan = bench({ knowsPeer: false })
    const endpoint = must(lan.stack.bindUdp({ port: 53, ...collector() }))
    endpoint.send(octets(1472), 0, 1472, ipv4(PEER), 9)
    lan.clock.advance(1)
    lan.peer.take()
    lan.peer.send(inSnap(arpFrame({ operation: 2, toMac: '02:00:00:00:00:01' })))
    expect(sent({ ...lan, replies: [] }).length).toBe(2)
  })

  test('in Ethernet II again when it is heard so', () => {
    const lan = host()
    lan.answer(arpFrame())
    expect(lan.answer(icmpFrame(echoRequest(4)))[0]).toContain('echo reply 4')
  })

  test('a bounded number of stations is kept', () => {
    const stations = new SnapStations()
    for (let low = 0; low <= SNAP_STATION_LIMIT; low++) stations.heard(0x0200, low, true)
    expect([stations.has(0x0200, 0), stations.has(0x0200, 1)]).toEqual([false, true])
    expect([stations.limit(0x0200, 1, 1500, 1500), stations.limit(0x0200, 0, 1500, 1500)]).toEqual([1492, 1500])
  })
})
