import { describe, expect, test } from 'vitest'
import { ipv4 } from '../../../../stack/index.ts'
import { RawPeer, arpFrame } from '../../../support/stack-lan.ts'
import { UplinkLan } from '../../../support/uplink-lan.ts'

const MINUTE = 60_000

function lan(options: { readonly server?: { readonly [name: string]: string } | undefined; readonly addresses?: Parameters<UplinkLan['startUplink']>[0] } = {}): UplinkLan {
  const made = new UplinkLan()
  if (options.server !== undefined) made.startServer(options.server)
  made.startUplink(options.addresses)
  return made
}

describe('an uplink with a server', () => {
  test('gets an address, the default route and the name server, and keeps them by renewing', () => {
    const l = lan({ server: {} })
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    expect(l.routes).toEqual(['10.53.0.0/24 by 0.0.0.0 metric 0 mtu 1500', '0.0.0.0/0 by 10.53.0.1 metric 100 mtu 1500'])
    expect(l.nameServers.at(-1)).toEqual(['10.53.0.2'])
    expect(l.holder(ipv4('10.53.0.100'))).toBe(l.iface.mac)
    const before = l.server?.dhcp.counters.get('tx-ack')
    l.clock.advance(30 * MINUTE)
    expect([l.state, l.addresses]).toEqual(['bound', ['10.53.0.100/24']])
    expect((l.server?.dhcp.counters.get('tx-ack') ?? 0) - (before ?? 0)).toBeGreaterThanOrEqual(5)
    expect(l.reported.filter(id => id === 'dhcp-client.renewed').length).toBeGreaterThanOrEqual(5)
    l.close()
  })

  test('tells the server its name and a client identifier of RFC 4361', () => {
    const l = lan({ server: {} })
    l.bound()
    const lease = l.server?.dhcp.lease(ipv4('10.53.0.100'))
    expect(lease?.hostName).toBe('taproot')
    expect(lease?.clientId).toBe(`ff${l.iface.mac.replaceAll(':', '').slice(4)}00030001${l.iface.mac.replaceAll(':', '')}`)
    l.close()
  })

  test('addresses that were set by hand stay beside the leased one', () => {
    const l = lan({ server: {}, addresses: { addresses: [{ address: ipv4('172.16.0.9'), prefix: { network: ipv4('172.16.0.0'), length: 16 } }] } })
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24', '172.16.0.9/16'])
    l.uplinks.client('port1')?.stop(true)
    expect(l.addresses).toEqual(['172.16.0.9/16'])
    l.close()
  })

  test('release gives everything back, and renew gets it again', () => {
    const l = lan({ server: {} })
    l.bound()
    l.uplinks.client('port1')?.stop(true)
    l.clock.advance(1_000)
    expect([l.state, l.addresses, l.routes, l.nameServers.at(-1)]).toEqual(['stopped', [], [], []])
    expect(l.server?.dhcp.lease(ipv4('10.53.0.100'))?.state).toBe('released')
    expect(l.settings.get('dhcp-client:port1')).toBe('')
    l.uplinks.client('port1')?.renew()
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    l.close()
  })

  test('the lease is given back at the end only when that is wished for', () => {
    for (const release of [true, false]) {
      const l = lan({ server: {}, addresses: { release } })
      l.bound()
      l.clock.advance(1_000)
      l.stopUplink()
      l.clock.advance(1_000)
      expect(l.server?.dhcp.lease(ipv4('10.53.0.100'))?.state).toBe(release ? 'released' : 'bound')
      l.stopServer()
    }
  })
})

describe('an address that somebody uses', () => {
  test('is declined before it is used, and another is taken', () => {
    const l = lan({ server: { probe: 'no' } })
    // The server's own probe was answered by nobody: this host appears afterwards.
    const squatter = new RawPeer(l.cables[2] as UplinkLan['cables'][number])
    l.waitFor('checking', () => l.state === 'checking')
    squatter.send(arpFrame({ operation: 2, sender: '10.53.0.100', senderMac: '02:00:00:00:00:99', target: '10.53.0.100' }))
    l.waitFor('declined', () => l.reported.includes('dhcp-client.declined'))
    expect(l.addresses).toEqual([])
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.101/24'])
    l.close()
  })

  test('in use is defended once and given up to whoever insists', () => {
    const l = lan({ server: {} })
    const squatter = new RawPeer(l.cables[2] as UplinkLan['cables'][number])
    l.bound()
    const claim = arpFrame({ operation: 2, sender: '10.53.0.100', senderMac: '02:00:00:00:00:99', target: '10.53.0.100' })
    squatter.send(claim)
    l.clock.advance(1_000)
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    squatter.send(claim)
    l.clock.advance(10)
    expect([l.addresses, l.reported.at(-1)]).toEqual([[], 'dhcp-client.declined'])
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.101/24'])
    l.close()
  })
})

describe('RFC 3927 §1.9 [I12] no server', () => {
  test('a link-local address after the second silence, and back to DHCP when a server appears', () => {
    const l = lan()
    l.waitFor('link-local', () => l.addresses.some(address => address.startsWith('169.254.')), 30_000)
    expect(l.state).toBe('selecting')
    expect(l.reported).toEqual(['dhcp-client.no-server', 'dhcp-client.link-local'])
    expect(l.events.map(([id, facts]) => [id, facts['interface']])).toEqual([['dhcp-client.no-server', 'port1'], ['dhcp-client.link-local', 'port1']])
    l.clock.advance(10 * MINUTE)
    l.startServer()
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    expect(l.uplinks.report('port1')?.linkLocal).toBeUndefined()
    l.close()
  })

  test('a server that goes away: rebinding, then the end of the lease, link-local, and back', () => {
    const l = lan({ server: {} })
    l.bound()
    l.stopServer()
    l.waitFor('rebinding', () => l.state === 'rebinding', 11 * MINUTE)
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    l.waitFor('the end', () => l.reported.includes('dhcp-client.expired'), 11 * MINUTE)
    expect([l.addresses, l.routes, l.nameServers.at(-1)]).toEqual([[], [], []])
    l.waitFor('link-local', () => l.addresses.some(address => address.startsWith('169.254.')))
    l.startServer()
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    l.close()
  })
})

describe('RFC 2131 §3.2 a restart', () => {
  test('the remembered address is confirmed without a DISCOVER', () => {
    const l = lan({ server: {} })
    l.bound()
    l.cutUplinkPower()
    l.clock.advance(MINUTE)
    l.startUplink()
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    expect(l.uplinks.report('port1')?.counters).toEqual({ rx: 1, 'tx-request': 1 })
    l.close()
  })

  test('on another network the address is refused, and one of that network taken', () => {
    const l = lan({ server: {} })
    l.bound()
    l.cutUplinkPower()
    l.stopServer()
    l.startServer({ address: '10.77.0.2/24' })
    l.startUplink()
    l.waitFor('refused', () => l.reported.includes('dhcp-client.refused'))
    l.bound()
    expect(l.addresses).toEqual(['10.77.0.100/24'])
    l.close()
  })

  test('no server, but the router is there: the lease goes on until it ends', () => {
    const l = lan({ server: { gateway: '10.53.0.7' } })
    const router = new RawPeer(l.cables[2] as UplinkLan['cables'][number])
    l.bound()
    l.cutUplinkPower()
    l.stopServer()
    l.startUplink()
    l.waitFor('the router asked for', () => router.lines().some(line => line.includes('ARP probe for 10.53.0.7')))
    router.send(arpFrame({ operation: 2, sender: '10.53.0.7', senderMac: '02:00:00:00:00:07', target: '0.0.0.0' }))
    l.bound()
    expect([l.addresses, l.reported[0]]).toEqual([['10.53.0.100/24'], 'dhcp-client.kept'])
    l.waitFor('the end', () => l.reported.includes('dhcp-client.expired'), 11 * MINUTE)
    expect(l.addresses).toEqual([])
    l.close()
  })

  test('no server and no router: somewhere else', () => {
    const l = lan({ server: {} })
    l.bound()
    l.cutUplinkPower()
    l.stopServer()
    l.startUplink()
    l.waitFor('elsewhere', () => l.reported.includes('dhcp-client.elsewhere'))
    expect([l.state, l.addresses]).toEqual(['selecting', []])
    l.close()
  })

  test('a lease that ended meanwhile is asked for again by DISCOVER', () => {
    const l = lan({ server: {} })
    l.bound()
    l.cutUplinkPower()
    l.clock.advance(11 * MINUTE)
    l.startUplink()
    l.bound()
    expect(l.addresses).toEqual(['10.53.0.100/24'])
    expect(l.uplinks.report('port1')?.counters).toMatchObject({ 'tx-discover': 1 })
    l.close()
  })
})

