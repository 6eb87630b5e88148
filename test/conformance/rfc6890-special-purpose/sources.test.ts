import { describe, expect, test } from 'vitest'
import { contains, formatPrefix, ipv4, SPECIAL_BLOCKS, specialBlock, Stack, virtualWire } from '../../../stack/index.ts'
import type { SourcePolicy } from '../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { addressOn, ALL_MAC, collector, HOST_MAC, must, octets, RawPeer, udpFrame } from '../../support/stack-lan.ts'

describe('RFC 6890 §2.2.2 [I9] special-purpose addresses', () => {
  test.each([
    // address        name                         source  target forwardable global
    ['0.0.0.0', 'this host on this network', true, false, false, false],
    ['0.1.2.3', 'this network', true, false, false, false],
    ['10.255.0.1', 'private use', true, true, true, false],
    ['100.127.255.255', 'shared address space', true, true, true, false],
    ['127.0.0.1', 'loopback', false, false, false, false],
    ['169.254.7.7', 'link-local', true, true, false, false],
    ['172.31.0.1', 'private use', true, true, true, false],
    ['192.0.0.7', 'IPv4 service continuity', true, true, true, false],
    ['192.0.0.9', 'Port Control Protocol anycast', true, true, true, true],
    ['192.0.0.171', 'NAT64 discovery', false, false, false, false],
    ['192.0.0.200', 'protocol assignments', false, false, false, false],
    ['192.0.2.1', 'documentation', false, false, false, false],
    ['192.168.255.255', 'private use', true, true, true, false],
    ['198.19.0.1', 'benchmarks', true, true, true, false],
    ['203.0.113.1', 'documentation', false, false, false, false],
    ['255.255.255.255', 'limited broadcast', false, true, false, false],
    ['250.0.0.1', 'reserved', false, false, false, false],
  ])('%s is %s', (address, name, source, target, forwardable, global) => {
    expect(specialBlock(ipv4(address))).toMatchObject({ name, source, target, forwardable, global })
  })

  test.each(['1.1.1.1', '100.128.0.0', '172.32.0.0', '192.0.1.1', '198.20.0.0', '223.255.255.255'])(
    '%s is an address like others', (address) => {
      expect(specialBlock(ipv4(address))).toBeUndefined()
    },
  )

  test('a block stands before the larger one that holds it', () => {
    for (const [i, { prefix }] of SPECIAL_BLOCKS.entries()) {
      const shadowed = SPECIAL_BLOCKS.slice(i + 1).filter((later) => contains(prefix, later.prefix.network) &&
        later.prefix.length >= prefix.length)
      expect(shadowed.map((later) => formatPrefix(later.prefix))).toEqual([])
    }
  })
})

/** What a host with an inside and an outside says about a datagram from `source` that comes by the outside. */
function fromOutside(sourcePolicy: SourcePolicy | undefined, source: string): string {
  const clock = new VirtualClock()
  const stack = new Stack({ clock, random: new SeededSecureRandom(1) })
  const [inside] = virtualWire(clock, { names: ['inside', 'x'] })
  const [outside, far] = virtualWire(clock, { names: ['outside', 'y'], macs: [HOST_MAC, '02:00:00:00:00:02'] })
  stack.addInterface(inside, { addresses: [addressOn('192.168.1.1/24')] })
  stack.addInterface(outside, {
    addresses: [addressOn('10.53.0.2/24')], ...(sourcePolicy === undefined ? {} : { sourcePolicy }),
  })
  for (const [network, length, gateway] of [['8.0.0.0', 8, '10.53.0.9'], ['9.0.0.0', 8, '192.168.1.9']] as const) {
    must(stack.routes.add({ prefix: { network: ipv4(network), length }, gateway: ipv4(gateway) }))
  }
  const { got, onDatagram } = collector()
  must(stack.bindUdp({ port: 53, onDatagram }))
  const peer = new RawPeer(far)
  const toAll = source === '0.0.0.0' ? { to: '255.255.255.255', toMac: ALL_MAC } : {}
  peer.send(udpFrame(octets(4), { from: source, ...toAll }))
  clock.advance(1)
  if (got.length > 0) return 'heard'
  return Object.keys(stack.counters['ipv4']?.toJSON() ?? {}).find((name) => name !== 'received') ?? ''
}

describe('RFC 3704 §2 and RFC 1812 §5.3.7 [I9] sources that a link may bring', () => {
  const strict: SourcePolicy = { bogons: 'accepted', reversePath: 'strict' }
  const loose: SourcePolicy = { bogons: 'accepted', reversePath: 'loose' }
  const internet: SourcePolicy = { bogons: 'not-global', reversePath: 'off' }
  const reserved: SourcePolicy = { bogons: 'reserved', reversePath: 'off' }
  test.each([
    ['no policy', undefined, '192.0.2.1', 'heard'],
    ['no policy', undefined, '192.168.1.50', 'heard'],
    ['strict', strict, '8.1.1.1', 'heard'],
    ['strict', strict, '9.1.1.1', 'no-reverse-path'],
    ['strict', strict, '192.168.1.50', 'no-reverse-path'],
    ['strict', strict, '11.1.1.1', 'no-reverse-path'],
    ['strict', strict, '10.53.0.77', 'heard'],
    ['strict', strict, '169.254.3.4', 'heard'],
    ['strict', strict, '0.0.0.0', 'heard'],
    ['loose', loose, '9.1.1.1', 'heard'],
    ['loose', loose, '11.1.1.1', 'no-reverse-path'],
    ['for the Internet', internet, '11.1.1.1', 'heard'],
    ['for the Internet', internet, '172.16.0.1', 'bogon-source'],
    ['for the Internet', internet, '100.64.0.1', 'bogon-source'],
    ['for the Internet, whose neighbours may be private', internet, '10.53.0.9', 'heard'],
    ['against reserved blocks', reserved, '172.16.0.1', 'heard'],
    ['against reserved blocks', reserved, '198.51.100.1', 'bogon-source'],
  ] as const)('%s: %o from %s: %s', (_name, policy, source, outcome) => {
    expect(fromOutside(policy, source)).toBe(outcome)
  })
})
