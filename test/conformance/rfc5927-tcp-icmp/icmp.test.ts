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

describe('RFC 5927 ICMP errors', () => {
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
