import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../stack/index.ts'
import { REDIRECT_LIMIT, REDIRECT_MS } from '../../../stack/icmp/redirect.ts'
import {
  bench, collector, HOST, icmpFrame, icmpMessage, ipDatagram, must, octets, PEER, udpSegment,
} from '../../support/stack-lan.ts'

const TARGET = '203.0.113.5'
const BETTER = '10.53.0.20'

/** A host whose default gateway is the peer, with an endpoint on port 1000. */
function host() {
  const lan = bench()
  must(lan.stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4(PEER) }))
  must(lan.stack.bindUdp({ port: 1000, ...collector() }))
  const redirect = (
    { code = 1, gateway = BETTER, from = PEER, fromPort = 1000, source = HOST, target = TARGET } = {},
  ): string => {
    const fields = { from: source, to: target, fromPort, toPort: 7 }
    const quoted = ipDatagram(udpSegment(octets(4), fields), fields)
    lan.answer(icmpFrame(icmpMessage(5, code, ipv4(gateway), quoted), { from }))
    return lan.stack.routes.list().filter((r) => r.flags.includes('D')).map((r) => r.flags).join()
  }
  return { ...lan, redirect }
}

describe('RFC 1122 §3.2.2.2 [C6] a redirect is followed', () => {
  test.each([0, 1, 2, 3])('code %i: a route to that host alone', (code) => {
    const lan = host()
    expect(lan.redirect({ code })).toBe('UGHD')
    expect(lan.stack.routes.list()[0]).toMatchObject({
      prefix: { network: ipv4(TARGET), length: 32 }, gateway: ipv4(BETTER),
    })
    expect(lan.stack.counters['icmp']?.get('redirects-followed')).toBe(1)
  })

  test('a later one, from the new first hop, changes it', () => {
    const lan = host()
    lan.redirect()
    expect(lan.redirect({ gateway: '10.53.0.21', from: BETTER })).toBe('UGHDM')
    expect(lan.stack.routes.list()[0]?.gateway).toBe(ipv4('10.53.0.21'))
  })

  test('it ends by itself, and the configured route is used again', () => {
    const lan = host()
    lan.redirect()
    lan.clock.advance(REDIRECT_MS)
    expect(lan.stack.routes.list().map((r) => r.flags)).toEqual(['U', 'UG'])
  })

  test('as many targets as there is room for; the oldest gives way', () => {
    const lan = host()
    for (let i = 0; i <= REDIRECT_LIMIT; i++) lan.redirect({ target: `203.0.${i >>> 8}.${i & 255}` })
    const dynamic = lan.stack.routes.list().filter((r) => r.flags === 'UGHD')
    expect([dynamic.length, dynamic[0]?.prefix.network]).toEqual([REDIRECT_LIMIT, ipv4('203.0.0.1')])
  })
})

describe('RFC 1122 §3.2.2.2 [C6] a redirect is ignored', () => {
  test.each([
    ['not from the current first hop', { from: '10.53.0.66' }],
    ['to a gateway that is not on the link', { gateway: '192.168.1.1' }],
    ['to ourselves', { gateway: HOST }],
    ['to the broadcast address', { gateway: '10.53.0.255' }],
    ['about a datagram that is not ours', { source: '10.53.0.50' }],
    ['about a port that sent nothing (RFC 5927 §4.1)', { fromPort: 1001 }],
    ['about a target on the link', { target: '10.53.0.60' }],
  ])('%s', (_name, fields) => {
    const lan = host()
    expect(lan.redirect(fields)).toBe('')
    expect(lan.stack.counters['icmp']?.get('redirects-ignored')).toBe(1)
  })

  test('by a router (RFC 1812 §5.2.7.2)', () => {
    const lan = host()
    lan.stack.forwarding = true
    expect(lan.redirect()).toBe('')
  })

  test('with a quote that is no datagram', () => {
    const lan = host()
    lan.answer(icmpFrame(icmpMessage(5, 1, ipv4(BETTER), octets(12))))
    expect(lan.stack.counters['icmp']?.get('quote-malformed')).toBe(1)
  })
})
