/** Whatever leaves, by whatever protocol, fits the link. */
import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import * as tcp from '../../../stack/wire/tcp.ts'
import {
  bench, collector, echoRequest, fragmentFrames, icmpFrame, must, octets, PEER, udpFrame, udpSegment,
} from '../../support/stack-lan.ts'
import type { Bench } from '../../support/stack-lan.ts'
import { tcpFrame, tcpOf } from '../../support/tcp-frames.ts'

const MTUS = [68, 100, 296, 576, 1006, 1492, 1500]

/** Lengths of the datagrams that left since, each of which must fit. */
function sentBy(lan: Bench, mtu: number): number[] {
  lan.clock.advance(50)
  const lengths = lan.peer.take().filter((frame) => frame[12] === 8 && frame[13] === 0).map((frame) => {
    const length = ip.totalLength(frame, 14)
    expect(frame.length).toBe(14 + Math.max(46, length))
    return length
  })
  expect(lengths.length).toBeGreaterThan(0)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(mtu)
  return lengths
}

describe('RFC 791 §3.2 [L11] no datagram is larger than the MTU of its link', () => {
  test.each(MTUS)('MTU %i: UDP of every length around it', (mtu) => {
    const lan = bench({ mtu })
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    for (let length = 0; length < 2 * mtu; length += 7) {
      expect(endpoint.send(octets(length), 0, length, ipv4(PEER), 9)).toBe(0)
      const lengths = sentBy(lan, mtu)
      expect(lengths.reduce((sum, one) => sum + one - 20, 0)).toBe(length + 8)
    }
  })

  test.each(MTUS)('MTU %i: echo replies to requests in fragments, and errors about long datagrams', (mtu) => {
    const lan = bench({ mtu })
    const request = echoRequest(3_000)
    const cuts = Array.from({ length: Math.ceil(request.length / 48) }, (_, i) => i * 48)
    lan.peer.send(...fragmentFrames(request, cuts, { protocol: ip.PROTOCOL_ICMP }))
    const replies = sentBy(lan, mtu)
    expect(replies.reduce((sum, one) => sum + one - 20, 0)).toBe(request.length)
    if (mtu < 576) return
    lan.peer.send(udpFrame(octets(mtu - 28), { toPort: 9 }))
    expect(sentBy(lan, mtu)).toEqual([576])
  })

  test.each(MTUS.filter((mtu) => mtu >= 296))('MTU %i: TCP, whatever MSS the peer names', (mtu) => {
    for (const mss of [100, 536, 1460, 9_000, 65_000]) {
      const lan = bench({ mtu })
      must(
        lan.stack.tcp.listen({ port: 80, onConnection: (endpoint) => endpoint.write(octets(5_000), 0, 5_000) }),
      )
      lan.peer.send(tcpFrame({ sequence: 9, options: Uint8Array.of(2, 4, mss >>> 8, mss & 255) }))
      lan.clock.advance(1)
      const syn = lan.peer.take().map(tcpOf).find((header) => header !== undefined)
      const acknowledgment = ((syn?.sequence ?? 0) + 1) >>> 0
      lan.peer.send(tcpFrame({ sequence: 10, acknowledgment, flags: tcp.ACK, window: 20_000 }))
      const lengths = sentBy(lan, mtu)
      expect(Math.max(...lengths)).toBe(40 + Math.min(mss, mtu - 40))
    }
  })

  test('an error is as long as what it quotes, and no longer', () => {
    const lan = bench()
    lan.peer.send(icmpFrame(udpSegment(octets(20)), { protocol: 200 }))
    expect(sentBy(lan, 1500)).toEqual([20 + 8 + 20 + 28])
  })
})
