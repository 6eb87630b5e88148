import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import type { TcpEndpoint } from '../../../stack/index.ts'
import { icmpFrame, icmpMessage, bench, must, PEER } from '../../support/stack-lan.ts'
import { tcpOf, tcpFrame } from '../../support/tcp-frames.ts'
import * as ip from '../../../stack/wire/ipv4.ts'
import * as tcp from '../../../stack/wire/tcp.ts'

/** A connection under way, and the datagram of its SYN, to be quoted. */
function connecting() {
  const lan = bench()
  const endpoint: TcpEndpoint = must(lan.stack.tcp.connect({ address: ipv4(PEER), port: 80 }))
  lan.clock.advance(1)
  const frame = lan.peer.take().find((sent) => tcpOf(sent) !== undefined) as Uint8Array
  const syn = frame.slice(14, 14 + ip.totalLength(frame, 14))
  const unreachable = (code: number, quoted: Uint8Array): void => {
    lan.peer.send(icmpFrame(icmpMessage(3, code, 0, quoted.subarray(0, 28))))
    lan.clock.advance(1)
  }
  return { lan, endpoint, syn, unreachable }
}

describe('RFC 5927 [T13] ICMP errors', () => {
  test.each([
    [0, 'ENETUNREACH'],
    [1, 'EHOSTUNREACH'],
    [2, 'ENOPROTOOPT'],
    [3, 'ECONNREFUSED'],
  ])('§5.2 while connecting, code %i ends it with %s', (code, errno) => {
    const { endpoint, syn, unreachable, lan } = connecting()
    unreachable(code, syn)
    expect(endpoint.error).toBe(errno)
    expect(lan.stack.tcp.connections()).toEqual([])
  })

  test('§4.1 one that quotes a sequence number not in flight is ignored', () => {
    const { endpoint, syn, unreachable, lan } = connecting()
    unreachable(3, syn.with(24, (syn[24] as number) ^ 0x40))
    expect(endpoint.error).toBe('')
    expect(lan.stack.counters['tcp']?.toJSON()).toMatchObject({ 'error-outside': 1 })
  })

  test('§5.2 an open connection goes on', () => {
    const { endpoint, syn, unreachable, lan } = connecting()
    const iss = (syn[24] as number) * 2 ** 24 + ((syn[25] as number) << 16) + ((syn[26] as number) << 8) + (syn[27] as number)
    lan.peer.send(tcpFrame({
      sourcePort: 80, targetPort: endpoint.localPort, sequence: 9, acknowledgment: (iss + 1) >>> 0,
      flags: tcp.SYN | tcp.ACK,
    }))
    lan.clock.advance(1)
    endpoint.write(new Uint8Array(10), 0, 10)
    lan.clock.advance(1)
    const frame = lan.peer.take().findLast((sent) => (tcpOf(sent)?.payloadLength ?? 0) > 0) as Uint8Array
    unreachable(3, frame.slice(14))
    expect(lan.stack.tcp.connections()[0]?.state).toBe('ESTABLISHED')
    // It names the cause if the peer stays silent (RFC 1122 §4.2.3.9).
    lan.clock.advance(700_000)
    expect(endpoint.error).toBe('ECONNREFUSED')
  })
})

describe('RFC 1191 §6.5 [T13, I10] a path that takes less', () => {
  /** Two segments of 1460 are in flight. */
  function sending() {
    const { lan, endpoint, syn } = connecting()
    const iss = new DataView(syn.buffer).getUint32(24)
    const acknowledge = (octets: number): Uint8Array[] => {
      lan.peer.send(tcpFrame({
        sourcePort: 80, targetPort: endpoint.localPort, sequence: 10, acknowledgment: (iss + 1 + octets) >>> 0,
        flags: tcp.ACK,
      }))
      lan.clock.advance(1)
      return lan.peer.take()
    }
    lan.peer.send(tcpFrame({
      sourcePort: 80, targetPort: endpoint.localPort, sequence: 9, acknowledgment: (iss + 1) >>> 0,
      flags: tcp.SYN | tcp.ACK, options: Uint8Array.from([2, 4, 5, 180]),
    }))
    lan.clock.advance(1)
    lan.peer.take()
    endpoint.write(new Uint8Array(2920), 0, 2920)
    lan.clock.advance(1)
    const frames = lan.peer.take()
    const narrower = (quoted: Uint8Array): Uint8Array[] => {
      lan.peer.send(icmpFrame(icmpMessage(3, 4, 1000, quoted.subarray(14, 42))))
      lan.clock.advance(1)
      return lan.peer.take()
    }
    return { lan, endpoint, frames, narrower, acknowledge }
  }

  test('segments say that they are not to be fragmented', () => {
    for (const frame of sending().frames) expect(ip.dontFragment(frame, 14)).toBe(true)
  })

  test('at the router\'s word, what was in flight goes again in pieces, and the next segments fit', () => {
    const { frames, narrower, acknowledge, endpoint, lan } = sending()
    const again = narrower(frames[0] as Uint8Array)
    expect(again.map((frame) => ip.totalLength(frame, 14)).every((total) => total <= 1000)).toBe(true)
    expect(again.reduce((sum, frame) => sum + ip.totalLength(frame, 14) - 20, 0)).toBeGreaterThanOrEqual(1480)
    acknowledge(2920)
    endpoint.write(new Uint8Array(3000), 0, 3000)
    lan.clock.advance(1)
    const next = lan.peer.take()
    expect(next.map((frame) => tcpOf(frame)?.payloadLength)).toEqual([960, 960, 960, 120])
    for (const frame of next) expect(ip.dontFragment(frame, 14)).toBe(true)
  })

  test('not about a segment that was acknowledged', () => {
    const { frames, narrower, acknowledge, lan } = sending()
    acknowledge(2920)
    expect(narrower(frames[0] as Uint8Array)).toEqual([])
    expect(lan.stack.pathMtus.list()).toEqual([])
  })
})
