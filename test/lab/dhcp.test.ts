/** DHCP as real clients see it: udhcpc, dhclient and dhcpcd on hosts of their own, over a bridge and the TAP. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LeaseView, HostView, SubnetView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient, type Binding, type ClientKind } from './dhcp-client.ts'
import { dig, lookUp, reverse } from './dig.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, GATEWAY, POOL, eventually, openWorld, showOnFailure, type World } from './world.ts'

const KINDS = ['udhcpc', 'dhclient', 'dhcpcd'] as const satisfies readonly ClientKind[]

let world: World
const host = (name: string, mac?: string): Promise<Host> => world.lab.hostOn(world.lan, BRIDGE, name, mac)
const macOf = async (on: Host): Promise<string> => (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
const lease = (address: string): Promise<LeaseView> => world.appliance.get(`/leases/${address}`)
const released = (address: string): Promise<LeaseView> =>
  eventually(`release of ${address}`, async () => {
    const found = await lease(address)
    return found.state === 'released' ? found : undefined
  })
/** No peer is told of a release or an expiry, so the answer to wait for is the one without the name. */
const withdrawn = (name: string): Promise<true> =>
  eventually(
    `NXDOMAIN for ${name}`,
    async () => ((await dig(world.lan, APPLIANCE, name, 'A')).status === 'NXDOMAIN' ? true : undefined),
  )

/** A lease that ends while the other tests run; clients renew at its half. */
const BRIEF_SECONDS = 20
type Brief = { readonly renewing: DhcpClient; readonly mark: number; readonly kept: Binding; readonly lost: Binding }
let brief: Brief

/**
 * Two clients get short leases, and the one of them vanishes. What becomes of them is the last test's matter, so that
 * the time passes while the other tests run.
 */
async function leaseTwoBriefly(): Promise<Brief> {
  const [subnet] = await world.appliance.list<SubnetView>('/subnets')
  if (subnet === undefined) throw new Error('no subnet')
  const { leaseSeconds, minLeaseSeconds, maxLeaseSeconds } = subnet
  const change = async (fields: object): Promise<void> => {
    const { status, body } = await world.appliance.rest('PATCH', `/subnets/${subnet.id}`, fields)
    if (status !== 200) throw new Error(`PATCH: ${status} ${JSON.stringify(body)}`)
  }
  await change({ leaseSeconds: BRIEF_SECONDS, minLeaseSeconds: BRIEF_SECONDS })
  const [renewing, kept] = await DhcpClient.bind(await host('brief'), 'dhclient', { hostName: 'brief' })
  const mark = renewing.mark()
  const [forgotten, lost] = await DhcpClient.bind(await host('forgotten'), 'udhcpc', { hostName: 'forgotten' })
  await forgotten.vanish()
  await change({ leaseSeconds, minLeaseSeconds, maxLeaseSeconds })
  return { renewing, mark, kept, lost }
}

describeLab('DHCP with real clients', () => {
  beforeAll(async () => {
    world = await openWorld()
    brief = await leaseTwoBriefly()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe.each(KINDS)('%s', kind => {
    let on: Host
    let client: DhcpClient
    let address: string

    test('gets an address of the pool, a default route, a name server and a domain', async () => {
      on = await host(kind)
      const [started, binding] = await DhcpClient.bind(on, kind, { hostName: `${kind}-host` })
      client = started
      address = binding.address
      expect(binding).toMatchObject({
        routers: GATEWAY,
        dns: APPLIANCE,
        domain: 'lab.internal',
        leaseSeconds: 3600,
        server: APPLIANCE,
        broadcast: '10.53.0.255',
      })
      expect(address).toMatch(/^10\.53\.0\.1\d\d$/)
      expect(Number(address.split('.')[3])).toBeGreaterThanOrEqual(POOL.first)
      expect(Number(address.split('.')[3])).toBeLessThanOrEqual(POOL.last)
      await eventually('address on eth0', async () => {
        const text = await on.succeed(['ip', '-4', '-oneline', 'address', 'show', 'dev', 'eth0'])
        return text.includes(`inet ${address}/24`) ? text : undefined
      })
      const routes = await eventually('default route', async () => {
        const text = await on.succeed(['ip', 'route'])
        return text.includes('default') ? text : undefined
      })
      expect(routes).toContain(`default via ${GATEWAY}`)
    })

    test('reaches its gateway and the appliance', async () => {
      await on.succeed(['ping', '-c1', '-W2', GATEWAY])
      await on.succeed(['ping', '-c1', '-W2', APPLIANCE])
    })

    test('is a lease in the API', async () => {
      expect(await lease(address)).toMatchObject({
        address,
        state: 'bound',
        mac: await macOf(on),
        hostName: `${kind}-host`,
        name: `${kind}-host.lab.internal`,
        subnet: '10.53.0.0/24',
        hostId: null,
      })
    })

    test('is found by name and by address, also through its own resolver library', async () => {
      expect(await lookUp(on, APPLIANCE, `${kind}-host.lab.internal`)).toEqual([address])
      expect(await lookUp(on, APPLIANCE, reverse(address), 'PTR')).toEqual([`${kind}-host.lab.internal.`])
      expect(await on.succeed(['getent', 'ahostsv4', `${kind}-host`])).toContain(address)
    })

    test('gives the address back: the name is gone, the lease is released', async () => {
      await client.release()
      expect(await released(address)).toMatchObject({ state: 'released', name: null })
      await withdrawn(`${kind}-host.lab.internal`)
      await withdrawn(reverse(address))
    })

    test('gets the same address again, although another client came in between', async () => {
      const other = await host(`${kind}-other`)
      const [between, binding] = await DhcpClient.bind(other, 'udhcpc')
      expect(binding.address).not.toBe(address)
      const [again, second] = await DhcpClient.bind(on, kind, { hostName: `${kind}-host` })
      expect(second.address).toBe(address)
      await again.vanish()
      await between.vanish()
    })
  })

  test.each(['udhcpc', 'dhcpcd'] as const)('%s renews when asked to, and keeps its address', async kind => {
    const on = await host(`${kind}-renewing`)
    const [client, first] = await DhcpClient.bind(on, kind, { hostName: `${kind}-renewing` })
    const before = await lease(first.address)
    const second = await client.renew()
    expect(second).toMatchObject({ address: first.address, leaseSeconds: 3600 })
    const after = await lease(first.address)
    expect(Date.parse(after.renewedAt)).toBeGreaterThan(Date.parse(before.renewedAt))
    expect(Date.parse(after.expiresAt ?? '')).toBeGreaterThan(Date.parse(before.expiresAt ?? ''))
    expect(after.startedAt).toBe(before.startedAt)
  })

  test('dhcpcd that was switched off asks for its old address at its start (INIT-REBOOT) and keeps it', async () => {
    const on = await host('rebooting')
    const [client, first] = await DhcpClient.bind(on, 'dhcpcd', { hostName: 'rebooting' })
    await client.vanish()
    const [again, second] = await DhcpClient.bind(on, 'dhcpcd', { hostName: 'rebooting' })
    expect(second).toMatchObject({ event: 'REBOOT', address: first.address })
    await again.vanish()
  })

  test.each(['udhcpc', 'dhcpcd'] as const)('%s that asks for broadcast answers gets its address so', async kind => {
    const [client, binding] = await DhcpClient.bind(await host(`${kind}-broadcast`), kind, { broadcast: true })
    expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
    await client.vanish()
  })

  describe('hosts', () => {
    const keep = (address: string, kind: string, value: string, fields: object = {}): Promise<HostView> =>
      world.appliance.post('/hosts', { addresses: [address], identifiers: [{ kind, value }], ...fields })

    test('by MAC: the client gets the address and the name, with no restart', async () => {
      const { id } = await keep('10.53.0.20', 'mac', '02:aa:00:00:00:20', { name: 'printer' })
      const on = await host('by-mac', '02:aa:00:00:00:20')
      const [client, binding] = await DhcpClient.bind(on, 'udhcpc', { hostName: 'what-it-calls-itself' })
      expect(binding.address).toBe('10.53.0.20')
      expect(await lease('10.53.0.20')).toMatchObject({ hostId: id, name: 'printer.lab.internal' })
      expect(await lookUp(on, APPLIANCE, 'printer.lab.internal')).toEqual(['10.53.0.20'])
      await client.vanish()
    })

    test.each(['udhcpc', 'dhclient'] as const)('by client identifier, with %s', async kind => {
      const last = kind === 'udhcpc' ? 21 : 22
      await keep(`10.53.0.${last}`, 'client-id', `00746573742d${last}`)
      const [client, binding] = await DhcpClient.bind(
        await host(`id-${kind}`), kind, { clientId: `00746573742d${last}` },
      )
      expect(binding.address).toBe(`10.53.0.${last}`)
      await client.vanish()
    })

    test('by what the client calls itself and nothing else, with dhclient', async () => {
      const { id } = await keep('10.53.0.23', 'host-name', 'desk', { name: 'desk' })
      const [client, binding] = await DhcpClient.bind(await host('by-name'), 'dhclient', { hostName: 'desk' })
      expect(binding.address).toBe('10.53.0.23')
      expect(await lease('10.53.0.23')).toMatchObject({ hostId: id, name: 'desk.lab.internal' })
      const [stranger, elsewhere] = await DhcpClient.bind(await host('no-desk'), 'dhclient', { hostName: 'shelf' })
      expect(elsewhere.address).toMatch(/^10\.53\.0\.1\d\d$/)
      await client.vanish()
      await stranger.vanish()
    })

    test('a laptop by cable and radio: both at once get two addresses, and the one that stays gets the reserved one', async () => {
      const [CABLE, RADIO] = ['02:aa:00:00:00:30', '02:aa:00:00:00:31'] as const
      await world.appliance.post('/hosts', {
        name: 'laptop', addresses: ['10.53.0.30'], identifiers: [CABLE, RADIO].map(value => ({ kind: 'mac', value })),
      })
      const [byCable, first] = await DhcpClient.bind(await host('cable', CABLE), 'udhcpc')
      expect(first.address).toBe('10.53.0.30')
      const air = await host('radio', RADIO)
      const [byRadio, second] = await DhcpClient.bind(air, 'udhcpc')
      expect(second.address).toMatch(/^10\.53\.0\.1\d\d$/)
      expect(await lookUp(air, APPLIANCE, 'laptop.lab.internal')).toEqual(['10.53.0.30'])
      await byCable.release()
      await released('10.53.0.30')
      await byRadio.vanish()
      const [moved, third] = await DhcpClient.bind(air, 'udhcpc')
      expect(third.address).toBe('10.53.0.30')
      expect(await lease('10.53.0.30')).toMatchObject({ state: 'bound', mac: RADIO })
      // The radio goes without a word. For ten seconds after its ACK it might still be probing.
      await moved.vanish()
      const back = await eventually('the cable\'s turn', async () => {
        const [client, binding] = await DhcpClient.bind(byCable.host, 'udhcpc')
        if (binding.address === '10.53.0.30') return client
        await client.release()
        return undefined
      }, 20_000)
      expect(await lease('10.53.0.30')).toMatchObject({ state: 'bound', mac: CABLE })
      await back.vanish()
    })

    test('an address of the pool that is reserved for one client is given to no other', async () => {
      await keep('10.53.0.100', 'mac', '02:aa:00:00:00:64')
      const all = await Promise.all([1, 2, 3].map(async i => DhcpClient.bind(await host(`anyone-${i}`), 'udhcpc')))
      const addresses = all.map(([, binding]) => binding.address)
      expect(addresses).not.toContain('10.53.0.100')
      expect(new Set(addresses).size).toBe(3)
      await Promise.all(all.map(([client]) => client.vanish()))
    })
  })
  test('a shorter lease time reached the next clients; one has renewed by itself, the other has expired', async () => {
    expect([brief.kept.leaseSeconds, brief.lost.leaseSeconds]).toEqual([BRIEF_SECONDS, BRIEF_SECONDS])
    const renewed = await brief.renewing.bound(brief.mark)
    expect(renewed).toMatchObject({ event: 'RENEW', address: brief.kept.address, leaseSeconds: 3600 })
    await eventually(
      'expiry',
      async () => ((await lease(brief.lost.address)).state === 'expired' ? true : undefined),
      BRIEF_SECONDS * 1000,
    )
    await withdrawn('forgotten.lab.internal')
    expect((await dig(world.lan, APPLIANCE, 'brief.lab.internal', 'A')).data).toEqual([brief.kept.address])
    expect((await lease(brief.kept.address)).state).toBe('bound')
  })
})
