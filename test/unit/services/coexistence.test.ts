/** Two DHCP servers on one link: found, reported with evidence, and yielded to where the link is not ours. */
import { afterEach, describe, expect, test } from 'vitest'
import { FaultyLink, ipv4, Switch } from '../../../stack/index.ts'
import { SeededRandom, VirtualClock } from '../../../stack/platform/index.ts'
import { DEFAULT_POLICY, EMPTY_LEVEL, type Level, type SegmentPolicy } from '../../../services/model/index.ts'
import { applianceOn, type ApplianceOnLink } from '../../support/appliance-on.ts'
import { NOON } from '../../support/leases.ts'
import { done } from '../../support/running-appliance.ts'
import { DhcpHost } from '../../support/dhcp-host.ts'

const MINUTE = 60_000

class Lan {
  readonly clock = new VirtualClock(NOON)
  readonly bridge = new Switch(this.clock, { ports: 4, delayMs: 0.1 })
  readonly cables = this.bridge.ports.map(port => new FaultyLink(port, this.clock, new SeededRandom(1)))
  readonly servers: ApplianceOnLink[] = []

  /** A server at its port: 10.53.0.2 with .100–.199, the next 10.53.0.3 with .200–.249. */
  server(options: { readonly shared?: boolean; readonly beside?: boolean; readonly served?: boolean } = {}): ApplianceOnLink {
    const n = this.servers.length
    const flags: { readonly [name: string]: string } = n === 0 ? {} : { address: '10.53.0.3/24', pool: '10.53.0.200-10.53.0.249' }
    const made = applianceOn({
      clock: this.clock, link: this.cables[n] as FaultyLink, seed: n + 1, flags,
      settings: { serveBesideOthers: options.beside ?? false }, shared: options.shared ?? false,
      ...(options.served === true ? { alreadyServed: [`port${n}`] } : {}),
    })
    this.servers.push(made)
    return made
  }

  pull(port: number): void {
    this.cables[port]?.setWeather({ loss: 1 }, { loss: 1 })
  }

  plug(port: number): void {
    this.cables[port]?.setWeather({}, {})
  }

  host(port: number, mac = `02:00:00:00:01:0${port}`): DhcpHost {
    return new DhcpHost(this.clock, this.cables[port] as FaultyLink, mac)
  }

  events(of: ApplianceOnLink): readonly string[] {
    return of.log.map(([event]) => event).filter(event => event.startsWith('other-server.'))
  }
}

/** Changes the policy and boot fields of a server's only segment. */
async function setPolicy(of: ApplianceOnLink, change: Partial<SegmentPolicy>, boot: Level['boot'] = {}): Promise<void> {
  const { dhcp } = of.appliance.network
  const [old] = (await done(dhcp.configuration())).segments
  const changing = dhcp.change('segments', old?.id ?? 0, { policy: { ...DEFAULT_POLICY, ...change }, level: { ...EMPTY_LEVEL, boot } })
  // The command waits for its turn and for the disk, which answers on the clock.
  for (let i = 0; i < 5; i++) {
    await new Promise(resolve => setImmediate(resolve))
    lan.clock.advance(1)
  }
  await done(changing)
}

let lan: Lan
const begin = (): Lan => (lan = new Lan())
afterEach(() => {
  for (const server of lan.servers) server.close()
})
const seenBy = (server: ApplianceOnLink) => done(server.appliance.network.otherServers.otherServers())

describe('a search at the start', () => {
  test('lists who answers, with the evidence, and takes no offer', async () => {
    begin()
    const first = lan.server()
    lan.clock.advance(10_000)
    const second = lan.server()
    lan.clock.advance(10_000)
    expect(await seenBy(second)).toEqual([
      {
        interface: 'port1', server: '10.53.0.2', mac: '02:00:00:00:00:01', how: 'answered-our-search', message: 'OFFER', offered: '10.53.0.100',
        client: '02:00:00:00:00:02', routers: ['10.53.0.1'], nameServers: ['10.53.0.2'], leaseSeconds: 600,
        firstSeen: expect.any(String) as string, lastSeen: expect.any(String) as string, times: 2,
      },
    ])
    expect(first.store.leases({}, 10, undefined)).toEqual([])
    expect(lan.events(second)).toEqual(['other-server.seen'])
    expect(second.log.find(([event]) => event === 'other-server.seen')?.[1]).toMatchObject({ server: '10.53.0.2', mac: '02:00:00:00:00:01', interface: 'port1' })
    expect((await done(second.appliance.network.status.health())).otherServers).toEqual({ seen: ['10.53.0.2 on port1'], silentOn: [] })
  })

  test('alone: nobody is seen, and health says so', async () => {
    begin()
    const only = lan.server({ shared: true })
    lan.clock.advance(10_000)
    expect(await seenBy(only)).toEqual([])
    expect((await done(only.appliance.network.status.health())).otherServers).toEqual({ seen: [], silentOn: [] })
  })

  test('an administrator may search again', async () => {
    begin()
    const first = lan.server()
    lan.clock.advance(10_000)
    lan.server()
    lan.clock.advance(10_000)
    expect(await seenBy(first)).toEqual([])
    await done(first.appliance.network.otherServers.searchOtherServers())
    lan.clock.advance(5_000)
    expect(await seenBy(first)).toMatchObject([{ server: '10.53.0.3', how: 'answered-our-search' }])
  })
})

describe('listening for ever after', () => {
  test('a client that names another server, and that server\'s broadcast answers, are evidence', async () => {
    begin()
    const first = lan.server()
    lan.clock.advance(10_000)
    const second = lan.server({ beside: true })
    lan.clock.advance(10_000)
    const host = lan.host(2)
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server).sort()).toEqual(['10.53.0.2', '10.53.0.3'])
    host.request('10.53.0.3')
    lan.clock.advance(2_000)
    expect(await seenBy(first)).toMatchObject([{ server: '10.53.0.3', client: '02:00:00:00:01:02', times: 3 }])
    expect(lan.events(first)).toEqual(['other-server.seen'])
    // The other one knows of its neighbour and was told to serve beside it: it is listed, and no news.
    expect(await seenBy(second)).toMatchObject([{ server: '10.53.0.2' }])
    expect(lan.events(second)).toEqual([])
    expect((await done(second.appliance.network.status.health())).otherServers.seen).toEqual([])
  })

  test('seen again and again is one event an hour', () => {
    begin()
    const first = lan.server()
    lan.clock.advance(10_000)
    lan.server({ beside: true })
    for (let i = 0; i < 120; i++) {
      lan.host(2).discover()
      lan.clock.advance(MINUTE)
    }
    expect(lan.events(first).length).toBe(2)
  })

  test('a flood of forged servers is a bounded list and a handful of events', async () => {
    begin()
    const first = lan.server()
    lan.clock.advance(10_000)
    const host = lan.host(2)
    for (let i = 0; i < 500; i++) {
      host.forgeOffer(ipv4('10.99.0.1') + i)
      lan.clock.advance(10)
    }
    lan.clock.advance(2_000)
    expect((await seenBy(first)).length).toBe(64)
    expect(lan.events(first).length).toBeLessThanOrEqual(9)
  })
})

describe('a shared link', () => {
  test('is not served while another server answers there, and says so', async () => {
    begin()
    lan.server()
    lan.clock.advance(10_000)
    const guest = lan.server({ shared: true })
    const host = lan.host(2)
    lan.clock.advance(1_000)
    host.discover()
    lan.clock.advance(10_000)
    host.discover()
    lan.clock.advance(2_000)
    expect(new Set(host.offers.map(offer => offer.server))).toEqual(new Set(['10.53.0.2']))
    expect(lan.events(guest)).toEqual(['other-server.seen', 'other-server.silent'])
    expect(guest.appliance.dhcp.counters.get('stayed-silent')).toBe(2)
    expect(guest.decisions.map(d => d.steps.at(-1))).toEqual([
      ['dhcp.silent', { interface: 'port1', servers: '10.53.0.2' }],
      ['dhcp.silent', { interface: 'port1', servers: '10.53.0.2' }],
    ])
    expect((await done(guest.appliance.network.status.health())).otherServers).toEqual({ seen: ['10.53.0.2 on port1'], silentOn: ['port1'] })
  })

  test('is served some minutes after the other one has gone', () => {
    begin()
    const other = lan.server()
    lan.clock.advance(10_000)
    const guest = lan.server({ shared: true })
    lan.clock.advance(10 * MINUTE)
    expect(lan.events(guest)).toEqual(['other-server.seen', 'other-server.silent'])
    other.close()
    lan.servers.shift()
    lan.clock.advance(2 * MINUTE)
    expect(lan.events(guest)).not.toContain('other-server.gone')
    lan.clock.advance(3 * MINUTE)
    expect(lan.events(guest).at(-1)).toBe('other-server.gone')
    const host = lan.host(2)
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server)).toEqual(['10.53.0.3'])
  })

  test('is searched once more half a minute later, when a bridge with spanning tree lets frames pass', () => {
    begin()
    lan.pull(0)
    lan.server()
    const guest = lan.server({ shared: true })
    lan.clock.advance(20_000)
    expect(lan.events(guest)).toEqual([])
    lan.plug(0)
    lan.clock.advance(30_000)
    expect(lan.events(guest)).toEqual(['other-server.seen', 'other-server.silent'])
  })

  test('is served after some seconds when nobody else is there', () => {
    begin()
    const only = lan.server({ shared: true })
    const host = lan.host(2)
    lan.clock.advance(3_000)
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers).toEqual([])
    expect(only.decisions.at(-1)?.steps.at(-1)).toEqual(['dhcp.silent', { interface: 'port0', servers: 'a search for other servers that has just begun' }])
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server)).toEqual(['10.53.0.2'])
  })

  test.each([['never served before', false], ['served by an earlier worker', true]])('%s: a link of our own that comes into a bridge is searched first, and yielded', async (_what, served) => {
    begin()
    lan.pull(1)
    lan.server()
    const guest = lan.server({ served })
    lan.clock.advance(10_000)
    expect(guest.appliance.dhcp.counters.get('stayed-silent')).toBe(0)
    lan.plug(1)
    await done(guest.appliance.network.otherServers.linkShared('port1', true))
    const host = lan.host(2)
    host.discover()
    lan.clock.advance(10_000)
    host.discover()
    lan.clock.advance(2_000)
    expect(new Set(host.offers.map(offer => offer.server))).toEqual(new Set(['10.53.0.2']))
    expect(lan.events(guest)).toEqual(['other-server.link-shared', 'other-server.seen', 'other-server.silent'])
    await done(guest.appliance.network.otherServers.linkShared('port1', false))
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.at(-1)?.server).toBe('10.53.0.3')
  })

  test('is served beside the other one when that is wished for', () => {
    begin()
    lan.server()
    lan.clock.advance(10_000)
    lan.server({ shared: true, beside: true })
    const host = lan.host(2)
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server).sort()).toEqual(['10.53.0.2', '10.53.0.3'])
  })

  test('is served beside the other one from the moment the policy of its segment says so', async () => {
    begin()
    lan.server()
    lan.clock.advance(10_000)
    const guest = lan.server({ shared: true })
    lan.clock.advance(10_000)
    await setPolicy(guest, { besideOthers: true })
    expect(lan.events(guest).at(-1)).toBe('other-server.gone')
    const host = lan.host(2)
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server).sort()).toEqual(['10.53.0.2', '10.53.0.3'])
    expect((await done(guest.appliance.network.status.health())).otherServers).toEqual({ seen: [], silentOn: [] })
  })

  test('in proxy mode gets boot information beside the other one\'s address', async () => {
    begin()
    lan.server()
    lan.clock.advance(10_000)
    const guest = lan.server({ shared: true })
    lan.clock.advance(10_000)
    await setPolicy(guest, { mode: 'proxy' }, { bootFile: 'ipxe.efi' })
    const host = lan.host(2)
    host.discover([[60, Uint8Array.from('PXEClient', c => c.charCodeAt(0))]])
    lan.clock.advance(2_000)
    expect(host.offers.map(({ server, address, file, next }) => [server, address, file, next]).sort()).toEqual([
      // The search was offered the first address.
      ['10.53.0.2', '10.53.0.101', '', '0.0.0.0'],
      ['10.53.0.3', '0.0.0.0', 'ipxe.efi', '10.53.0.3'],
    ])
    lan.host(3).discover()
    lan.clock.advance(2_000)
    expect(guest.decisions.at(-1)?.steps.at(-1)?.[0]).toBe('dhcp.proxy.no-boot-client')
  })

  test('that an earlier network worker served is served at once by the next', () => {
    begin()
    lan.server({ shared: true, served: true })
    const host = lan.host(2)
    lan.clock.advance(100)
    host.discover()
    lan.clock.advance(1_000)
    expect(host.offers.map(offer => offer.server)).toEqual(['10.53.0.2'])
  })

  test('that is served stays so when another server appears: one forged packet must not end the service', () => {
    begin()
    const only = lan.server({ shared: true })
    lan.clock.advance(10_000)
    const host = lan.host(2)
    host.forgeOffer(ipv4('10.53.0.77'))
    lan.clock.advance(5_000)
    expect(lan.events(only)).toEqual(['other-server.seen'])
    host.discover()
    lan.clock.advance(2_000)
    expect(host.offers.map(offer => offer.server)).toEqual(['10.53.0.2'])
  })
})
