/** What a lease puts into the stack: routes by routers outside the subnet, and an MTU below the link's. */
import { describe, expect, test } from 'vitest'
import { formatIpv4, ipv4, parsePrefix, type Prefix } from '../../../stack/index.ts'
import { ARP_REPLY } from '../../../stack/wire/arp.ts'
import { addressOn, arpFrame, bench, collector, must, octets, OTHER_MAC, PEER } from '../../support/stack-lan.ts'

const prefix = (text: string): Prefix => parsePrefix(text) as Prefix
const ANYWHERE = prefix('0.0.0.0/0')
const ROUTER = ipv4('192.0.2.1')

describe('RFC 3442 a router outside the subnet', () => {
  test('is one while a route to the link leads to it, and no longer', () => {
    const { stack, iface } = bench({ addresses: ['10.9.8.7/32'] })
    const byRouter = { prefix: ANYWHERE, gateway: ROUTER, interfaceName: iface.name }
    expect(stack.routes.add(byRouter)).toMatchObject({ ok: false, error: { kind: 'gateway-not-on-link' } })
    must(stack.routes.add({ prefix: prefix('192.0.2.1/32'), gateway: 0, interfaceName: iface.name }))
    must(stack.routes.add(byRouter))
    stack.changeAddresses(iface, [addressOn('10.9.8.7/32'), addressOn('10.9.8.9/32')])
    expect(stack.routes.list().some(({ gateway }) => gateway === ROUTER)).toBe(true)
  })

  test('a subnet that is given up takes the routes by its routers with it', () => {
    const { stack, iface } = bench()
    must(stack.routes.add({ prefix: ANYWHERE, gateway: ipv4(PEER), interfaceName: iface.name }))
    stack.changeAddresses(iface, [addressOn('10.77.0.2/24')])
    expect(stack.routes.list().map(r => `${formatIpv4(r.prefix.network)}/${r.prefix.length}`)).toEqual(['10.77.0.0/24'])
  })
})

describe('RFC 2132 §5.1 the MTU of an interface', () => {
  test('longer datagrams leave in fragments, and whole again when it is the link\'s', () => {
    const { stack, iface, peer, clock } = bench()
    const socket = must(stack.bindUdp({ port: 5000, ...collector() }))
    const send = (): number => {
      expect(socket.send(octets(1200), 0, 1200, ipv4(PEER), 53)).toBe(0)
      clock.advance(1)
      return peer.take().length
    }
    expect(send()).toBe(1)
    stack.changeMtu(iface, 600)
    expect([iface.mtu, send()]).toEqual([600, 3])
    stack.changeMtu(iface, 9_000)
    expect([iface.mtu, send()]).toEqual([1500, 1])
  })

  test('a route that had a smaller one keeps it', () => {
    const { stack, iface } = bench()
    must(stack.routes.add({ prefix: ANYWHERE, gateway: ipv4(PEER), interfaceName: iface.name, mtu: 1000 }))
    stack.changeMtu(iface, 1200)
    expect(stack.routes.list().map(({ mtu }) => mtu)).toEqual([1200, 1000])
    stack.changeMtu(iface, 40)
    expect(stack.routes.list().map(({ mtu }) => mtu), 'IPv4 needs 68').toEqual([68, 68])
  })
})

describe('RFC 5227 §2.4 [A5] a claim to our address', () => {
  test('is told to who wants to know, with the other host\'s hardware address', () => {
    const { iface, answer } = bench()
    const claims: string[] = []
    iface.onContested = (address, holder) => claims.push(`${formatIpv4(address)} ${holder}`)
    answer(arpFrame({ operation: ARP_REPLY, sender: '10.53.0.2', senderMac: OTHER_MAC }))
    expect(claims).toEqual([`10.53.0.2 ${OTHER_MAC}`])
  })
})
