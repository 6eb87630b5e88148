/** The appliance as a DHCP client of other people's servers, on a second link of its own. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DhcpClientView, RouteView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { startServer, type ServedNetwork, type ServerKind } from './dhcp-servers.ts'
import { lookUp } from './dig.ts'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'
import { APPLIANCE, BRIDGE, eventually, openWorld, showOnFailure, type World } from './world.ts'

const WAN = 'wan'
const HOME: ServedNetwork = { net: '192.0.2', first: 50, last: 60, leaseSeconds: 3600 }
const MOVED: ServedNetwork = { ...HOME, net: '198.51.100' }
/** A start, the ARP checks of RFC 5227 (up to 6 s), and a busy machine. */
const BIND_MS = 30_000
const START = ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--upstreams', 'auto', '--uplink-release', 'yes']

let world: World
let server: Host

const client = (): Promise<DhcpClientView> => world.appliance.get<DhcpClientView>('/interfaces/uplink0/dhcp-client')
const ids = ({ history }: DhcpClientView): readonly string[] => history.map(({ id }) => id)
const until = (what: string, holds: (c: DhcpClientView) => boolean, ms = BIND_MS): Promise<DhcpClientView> =>
  eventually(what, async () => {
    const c = await client()
    return holds(c) ? c : undefined
  }, ms)
const bound = (net = HOME.net): Promise<DhcpClientView> => until(`an address of ${net}`, c => c.state === 'bound' && c.address?.startsWith(`${net}.`) === true)
const renew = (): Promise<unknown> => world.appliance.rest('POST', '/interfaces/uplink0/dhcp-client/renew')
const release = (): Promise<unknown> => world.appliance.rest('POST', '/interfaces/uplink0/dhcp-client/release')

async function served<T>(kind: ServerKind, network: ServedNetwork, run: (program: Program) => Promise<T>): Promise<T> {
  const program = await startServer(kind, server, network)
  try {
    return await run(program)
  } finally {
    await program.stop()
  }
}

describeLab('an uplink', () => {
  beforeAll(async () => {
    world = await openWorld({ arguments: START.slice(2) })
    await world.lan.bridge(WAN)
    server = await world.lab.hostOn(world.lan, WAN, 'server')
    for (const { net } of [HOME, MOVED]) await server.address('eth0', `${net}.1/24`)
    const added = await world.appliance.command('interface', 'add', 'uplink0', '--bridge', WAN, '--dhcp', 'on')
    expect([added.code, added.stderr]).toEqual([0, ''])
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each(['dnsmasq', 'kea', 'udhcpd'] as const)('%s: bound, renewed and released', async kind => {
    await served(kind, HOME, async program => {
      await renew()
      const got = await bound()
      expect(got).toMatchObject({
        server: '192.0.2.1', leaseSeconds: 3600, nameServers: ['192.0.2.1'], domain: 'wan.example', linkLocal: null,
        routes: [{ destination: '0.0.0.0/0', router: '192.0.2.1' }],
      })
      await server.succeed(['ping', '-n', '-c1', '-W2', got.address?.replace('/24', '') as string])
      const routes = await world.appliance.list<RouteView>('/routes')
      expect(routes.filter(route => route.interface === 'uplink0').map(route => route.prefix)).toEqual(expect.arrayContaining(['0.0.0.0/0', '192.0.2.0/24']))
      // The host's end of the first link is the way out only while there is no other.
      expect(routes.find(route => route.prefix === '0.0.0.0/0')).toMatchObject({ interface: 'uplink0', gateway: '192.0.2.1', kind: 'dhcp' })
      const before = ids(got).filter(id => id === 'dhcp-client.renewed').length
      await renew()
      await until('a renewal', c => c.state === 'bound' && ids(c).filter(id => id === 'dhcp-client.renewed').length > before)
      if (kind === 'dnsmasq') expect(got.mtu).toBe(1400)
      await release()
      expect(await client()).toMatchObject({ state: 'stopped', address: null })
      if (kind !== 'udhcpd') await program.line(/DHCPRELEASE|DHCP4_RELEASE /)
    })
  }, 90_000)

  test('its name servers answer the LAN', async () => {
    await served('dnsmasq', HOME, async () => {
      await renew()
      await bound()
      expect(await lookUp(world.lan, APPLIANCE, 'web.wan.example')).toEqual(['192.0.2.80'])
      await release()
    })
  }, 60_000)

  test('a lease of ten seconds is renewed by itself', async () => {
    await served('udhcpd', { ...HOME, leaseSeconds: 10 }, async () => {
      await renew()
      const got = await bound()
      expect(got.leaseSeconds).toBe(10)
      const renewals = (c: DhcpClientView): number => ids(c).slice(ids(c).lastIndexOf('dhcp-client.bound')).filter(id => id === 'dhcp-client.renewed').length
      await until('two renewals', c => c.state === 'bound' && renewals(c) >= 2)
      expect((await client()).address).toBe(got.address)
      await release()
    })
  }, 60_000)

  test('the network becomes another: NAK, and an address of the new one', async () => {
    await served('dnsmasq', HOME, async () => {
      await renew()
      await bound()
    })
    await served('dnsmasq', MOVED, async program => {
      await renew()
      await program.line(/DHCPNAK/)
      const moved = await bound(MOVED.net)
      expect(ids(moved)).toContain('dhcp-client.refused')
      await release()
    })
  }, 90_000)

  test('no server: 169.254/16, from which the link is reached; and back when one appears', async () => {
    await renew()
    const alone = await until('a link-local address', c => c.linkLocal !== null, 60_000)
    expect(alone).toMatchObject({ state: 'selecting', address: null })
    const shown = await world.appliance.command('dhcp-client', 'show', 'uplink0')
    expect(shown.stdout).toContain(`${alone.linkLocal}/16 (link-local)`)
    await server.address('eth0', '169.254.9.9/16')
    await server.succeed(['ping', '-n', '-c1', '-W2', alone.linkLocal as string])
    await served('kea', HOME, async () => {
      await renew()
      expect(await bound()).toMatchObject({ linkLocal: null })
    })
  }, 120_000)

  test('after a power cut the remembered address is confirmed by one REQUEST; at a clean end it is given back', async () => {
    await served('dnsmasq', HOME, async program => {
      await renew()
      const before = await bound()
      await world.appliance.killHard()
      const from = program.mark()
      const again = await Appliance.start(world.lan, { arguments: START, data: world.appliance.data })
      world = { ...world, appliance: again }
      const after = await bound()
      expect([after.address, after.counters['tx-discover'] ?? 0]).toEqual([before.address, 0])
      expect(program.lines.slice(from).join('\n')).not.toContain('DHCPDISCOVER')
      await again.stop()
      await program.line(/DHCPRELEASE/, from)
    })
  }, 90_000)
})
