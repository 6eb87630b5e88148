/** What real clients make of options, rapid commit, FORCERENEW and boot fields. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { LeaseView, SegmentView, SubnetView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, GATEWAY, eventually, openWorld, showOnFailure, type World } from './world.ts'

const OPTIONS = {
  'domain-search': ['lab.internal', 'eng.lab.internal', 'example.net'],
  'classless-static-routes': [
    { destination: '0.0.0.0/0', router: GATEWAY },
    { destination: '192.0.2.0/25', router: '10.53.0.254' },
  ],
  'sip-servers': ['10.53.0.5', '10.53.0.6'],
  'ntp-servers': ['10.53.0.42'],
  'tz-database-timezone': 'Europe/Berlin',
  'proxy-autodiscovery-url': 'http://wpad.lab.internal/wpad.dat',
}
/** With the rest of the reply more than 548 octets hold: what is over stands in sname, because file names a boot file. */
const LONG = { 'merit-dump-file': 'm'.repeat(200), 'nis-domain': 'n'.repeat(50) }

let world: World
const host = (name: string): Promise<Host> => world.lab.hostOn(world.lan, BRIDGE, name)

async function change(path: string, fields: object): Promise<void> {
  const { status, body } = await world.appliance.rest('PATCH', path, fields)
  if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${JSON.stringify(body)}`)
}

describeLab('DHCP on the wire, with real clients', () => {
  beforeAll(async () => {
    world = await openWorld()
    const [segment] = await world.appliance.list<SegmentView>('/segments')
    await change(`/segments/${segment?.id}`, { nextServer: '10.53.0.9', bootFile: 'pxe.0', policy: { rapidCommit: true } })
    // At the subnet, whose own options the first start has set.
    const [subnet] = await world.appliance.list<SubnetView>('/subnets')
    await change(`/subnets/${subnet?.id}`, { options: { ...subnet?.options, ...OPTIONS, ...LONG } })
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('udhcpc reads search list, routes, SIP servers, time zone, proxy and boot fields', async () => {
    const shows = ['search', 'staticroutes', 'sipsrv', 'tzdbstr', 'wpad', 'ntpsrv', 'siaddr', 'boot_file']
    const wants = ['search', 'staticroutes', 'sipsrv', 'tzdbstr', 'wpad', 'ntpsrv']
    const client = DhcpClient.start(await host('udhcpc-options'), 'udhcpc', { wants, shows })
    await client.bound()
    const shown = (name: string): Promise<string> => client.line(new RegExp(`^dhcp-client shows ${name}=.`))
    expect(await shown('search')).toContain('lab.internal eng.lab.internal example.net')
    expect(await shown('staticroutes')).toContain(`0.0.0.0/0 ${GATEWAY} 192.0.2.0/25 10.53.0.254`)
    expect(await shown('sipsrv')).toMatch(/10\.53\.0\.5 10\.53\.0\.6$/)
    expect(await shown('tzdbstr')).toContain('Europe/Berlin')
    expect(await shown('wpad')).toContain('http://wpad.lab.internal/wpad.dat')
    expect(await shown('ntpsrv')).toContain('10.53.0.42')
    expect(await shown('siaddr')).toContain('10.53.0.9')
    expect(await shown('boot_file')).toContain('pxe.0')
    await client.vanish()
  })

  test('dhclient reads a reply whose options overflow into another field', async () => {
    const names = ['merit-dump', 'nis-domain', 'domain-search']
    const shows = ['new_merit_dump', 'new_nis_domain', 'new_domain_search']
    const client = DhcpClient.start(await host('dhclient-options'), 'dhclient', { wants: names, shows })
    await client.bound()
    const shown = (name: string): Promise<string> => client.line(new RegExp(`^dhcp-client shows ${name}=.`))
    expect(await shown('new_merit_dump')).toMatch(/=m{200}$/)
    expect(await shown('new_nis_domain')).toMatch(/=n{50}$/)
    expect(await shown('new_domain_search')).toContain('lab.internal. eng.lab.internal. example.net.')
    await client.vanish()
  })

  test('dhcpcd that asks for rapid commit is bound by one message of each', async () => {
    const on = await host('rapid')
    const [client, binding] = await DhcpClient.bind(on, 'dhcpcd', { wants: ['rapid_commit'] })
    expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
    const mac = (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
    const decisions = await eventually('decisions', async () => {
      const kept = await world.appliance.list<{ received: string; sent: string }>(`/decisions?mac=${mac}`)
      return kept.length > 0 ? kept : undefined
    })
    expect(decisions.map(({ received, sent }) => `${received} ${sent}`)).toEqual(['DISCOVER ACK'])
    await client.vanish()
  })

  test('dhcpcd believes a FORCERENEW with its key, and renews at once', async () => {
    const [client, binding] = await DhcpClient.bind(await host('told'), 'dhcpcd', { wants: ['forcerenew_nonce_capable'] })
    const before = await world.appliance.get<LeaseView>(`/leases/${binding.address}`)
    const from = client.mark()
    const { status } = await world.appliance.rest('POST', `/leases/${binding.address}/force-renew`)
    expect(status).toBe(200)
    expect(await client.bound(from)).toMatchObject({ event: 'RENEW', address: binding.address, server: APPLIANCE })
    const after = await world.appliance.get<LeaseView>(`/leases/${binding.address}`)
    expect(Date.parse(after.renewedAt)).toBeGreaterThan(Date.parse(before.renewedAt))
    await client.vanish()
  })

  test('udhcpc has no key, so the API says why it cannot be made to renew', async () => {
    const [client, binding] = await DhcpClient.bind(await host('untold'), 'udhcpc')
    const { status, body } = await world.appliance.rest<{ detail: string }>('POST', `/leases/${binding.address}/force-renew`)
    expect([status, JSON.stringify(body)]).toEqual([409, expect.stringContaining('no key')])
    await client.vanish()
  })
})
