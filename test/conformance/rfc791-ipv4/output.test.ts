import { describe, expect, test } from 'vitest'
import { ipv4, Stack, virtualWire } from '../../../stack/index.ts'
import { SeededSecureRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { ROUTE_LIMIT } from '../../../stack/ipv4/routes.ts'
import { ETHERNET_HEADER_BYTES } from '../../../stack/wire/ethernet.ts'
import {
  addressOn, bench, collector, HOST_MAC, must, octets, PEER, PEER_MAC, RawPeer,
} from '../../support/stack-lan.ts'

const AT = ETHERNET_HEADER_BYTES

describe('RFC 791 §3.2 [I6, I11] routing of what we send', () => {
  const openStack = () => {
    const clock = new VirtualClock()
    const stack = new Stack({ clock, random: new SeededSecureRandom(1) })
    const [near0, far0] = virtualWire(clock, { names: ['lan0', 'far0'], macs: [HOST_MAC, PEER_MAC] })
    const [near1, far1] = virtualWire(clock, {
      names: ['lan1', 'far1'],
      macs: ['02:00:00:00:01:01', '02:00:00:00:01:02'],
    })
    stack.addInterface(near0, { addresses: [addressOn('10.53.0.2/24'), addressOn('10.54.0.2/24')] })
    stack.addInterface(near1, { addresses: [addressOn('192.168.1.2/24')] })
    const peers = [new RawPeer(far0), new RawPeer(far1)] as const
    clock.advance(5_000)
    for (const peer of peers) peer.take()
    const endpoint = must(stack.bindUdp({ port: 53, broadcast: true, ...collector() }))
    const heard = (): string => {
      clock.advance(1)
      const lines = peers.map((peer, i) => peer.lines().map((line) => `lan${i} ${line.split(' ').slice(3).join(' ')}`))
      return lines.flat().join()
    }
    const asked = (target: string): string => {
      endpoint.send(octets(1), 0, 1, ipv4(target), 9)
      return heard()
    }
    return { stack, endpoint, asked, heard }
  }

  test('to the own subnets directly, from the address in the same one (RFC 1122 §3.3.4.3)', () => {
    const { asked } = openStack()
    expect(asked('10.53.0.9')).toBe('lan0 ARP who has 10.53.0.9? tell 10.53.0.2')
    expect(asked('10.54.0.9')).toBe('lan0 ARP who has 10.54.0.9? tell 10.54.0.2')
    expect(asked('192.168.1.9')).toBe('lan1 ARP who has 192.168.1.9? tell 192.168.1.2')
  })

  test('by the gateway of the longest prefix, then of the lowest metric', () => {
    const { stack, asked } = openStack()
    const add = (network: string, length: number, gateway: string, metric: number): boolean =>
      stack.routes.add({ prefix: { network: ipv4(network), length }, gateway: ipv4(gateway), metric }).ok
    expect(add('0.0.0.0', 0, '192.168.1.1', 5)).toBe(true)
    expect(add('0.0.0.0', 0, '10.53.0.1', 1)).toBe(true)
    expect(add('198.51.0.0', 16, '10.54.0.1', 0)).toBe(true)
    expect(add('198.51.100.0', 24, '192.168.1.77', 0)).toBe(true)
    expect(asked('8.8.8.8')).toBe('lan0 ARP who has 10.53.0.1? tell 10.53.0.2')
    expect(asked('198.51.1.1')).toBe('lan0 ARP who has 10.54.0.1? tell 10.54.0.2')
    expect(asked('198.51.100.1')).toBe('lan1 ARP who has 192.168.1.77? tell 192.168.1.2')
    expect(stack.routes.list().map((route) => `${route.interfaceName} ${route.flags} ${route.prefix.length}`)).toEqual([
      'lan0 U 24', 'lan0 U 24', 'lan1 U 24', 'lan1 UG 24', 'lan0 UG 16', 'lan0 UG 0', 'lan1 UG 0',
    ])
  })

  test('the limited broadcast by the endpoint’s interface, else that of the default route, else the first', () => {
    const { stack, asked, heard } = openStack()
    expect(asked('255.255.255.255')).toBe('lan0 10.53.0.2:53 > 255.255.255.255:9 UDP 1')
    must(stack.routes.add({ prefix: { network: 0, length: 0 }, gateway: ipv4('192.168.1.1') }))
    expect(asked('255.255.255.255')).toBe('lan1 192.168.1.2:53 > 255.255.255.255:9 UDP 1')
    const bound = must(stack.bindUdp({ port: 67, interfaceName: 'lan0', broadcast: true, ...collector() }))
    bound.send(octets(1), 0, 1, ipv4('255.255.255.255'), 9)
    expect(heard()).toBe('lan0 10.53.0.2:67 > 255.255.255.255:9 UDP 1')
  })

  test('an endpoint of one interface takes only routes by it', () => {
    const { stack, asked, heard } = openStack()
    const everywhere = { network: 0, length: 0 }
    must(stack.routes.add({ prefix: everywhere, gateway: ipv4('10.53.0.1'), metric: 0 }))
    must(stack.routes.add({ prefix: everywhere, gateway: ipv4('192.168.1.1'), metric: 9 }))
    expect(asked('8.8.8.8')).toBe('lan0 ARP who has 10.53.0.1? tell 10.53.0.2')
    const bound = must(stack.bindUdp({ port: 67, interfaceName: 'lan1', ...collector() }))
    bound.send(octets(1), 0, 1, ipv4('8.8.8.8'), 9)
    expect(heard()).toBe('lan1 ARP who has 192.168.1.1? tell 192.168.1.2')
  })

  test('the table is bounded', () => {
    const { stack } = openStack()
    const network = (i: number) => ({ network: ipv4('172.16.0.0') + i, length: 32 })
    const add = (i: number) => stack.routes.add({ prefix: network(i), gateway: ipv4('10.53.0.1') })
    for (let i = stack.routes.list().length; i < ROUTE_LIMIT; i++) must(add(i))
    expect(add(ROUTE_LIMIT)).toEqual({ ok: false, error: { kind: 'table-full', limit: ROUTE_LIMIT } })
  })

  test('without a route the sender is told at once', () => {
    const { endpoint, stack } = openStack()
    expect(endpoint.send(octets(1), 0, 1, ipv4('8.8.8.8'), 9)).toBe(1)
    expect(stack.counters['ipv4']?.get('no-route')).toBe(1)
  })
})

describe('RFC 791 §3.2 [I3, I5, L11] fragmentation', () => {
  const sendTo = (length: number, mtu: number) => {
    const lan = bench({ mtu })
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(length), 0, length, ipv4(PEER), 9)).toBe(0)
    lan.clock.advance(1)
    return lan.peer.take()
  }

  test.each([
    [1472, 1500, ['1480@0']],
    [1473, 1500, ['1480@0+', '1@1480']],
    [1480, 1500, ['1480@0+', '8@1480']],
    [20_000, 9000, ['8976@0+', '8976@8976+', '2056@17952']],
    [100, 68, ['48@0+', '48@48+', '12@96']],
    [100, 75, ['48@0+', '48@48+', '12@96']],
  ])('%i octets of data by MTU %i', (length, mtu, pieces) => {
    const seen = sendTo(length, mtu).map((frame) => {
      const total = ((frame[AT + 2] as number) << 8) | (frame[AT + 3] as number)
      const field = ((frame[AT + 6] as number) << 8) | (frame[AT + 7] as number)
      expect(total).toBeLessThanOrEqual(mtu)
      return `${total - 20}@${(field & 0x1fff) * 8}${(field & 0x2000) === 0 ? '' : '+'}`
    })
    expect(seen).toEqual(pieces)
  })

  test('all fragments of a datagram have its identification, and the next datagram another (RFC 6864)', () => {
    const lan = bench()
    const endpoint = must(lan.stack.bindUdp({ port: 1000, ...collector() }))
    for (let i = 0; i < 2; i++) endpoint.send(octets(4000), 0, 4000, ipv4(PEER), 9)
    lan.clock.advance(1)
    const ids = lan.peer.take().map((frame) => ((frame[AT + 4] as number) << 8) | (frame[AT + 5] as number))
    expect(new Set(ids.slice(0, 3)).size).toBe(1)
    expect(new Set(ids.slice(3)).size).toBe(1)
    expect(ids[3]).toBe(((ids[0] as number) + 1) & 0xffff)
  })

  test('a payload that no datagram holds is refused', () => {
    const endpoint = must(bench().stack.bindUdp({ port: 1000, ...collector() }))
    expect(endpoint.send(octets(65_508), 0, 65_508, ipv4(PEER), 9)).toBe(3)
  })
})
