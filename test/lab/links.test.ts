/**
 * The appliance as a router of a lab: a second link over REST, DHCP and names on both, forwarding with all that a
 * traceroute, a wrong TTL or a forged source brings about, impairment, and everything back after a kill -9.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { InterfaceView, PoolView, RouteView, StatisticsView, SubnetView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient, type Binding } from './dhcp-client.ts'
import { lookUp } from './dig.ts'
import { ethernet, ipv4, sendFrames, udp } from './frames.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, eventually, openWorld, showOnFailure, type World } from './world.ts'

const SECOND_BRIDGE = 'br1'
const SECOND = '10.54.0.2'
const START = ['--bridge', BRIDGE, '--gateway', 'none']

let world: World
let alice: Host
let bob: Host
let aliceHas: Binding
let bobHas: Binding

const dropped = async (counter: string): Promise<number> => (await world.appliance.get<StatisticsView>('/statistics'))['ipv4']?.[counter] ?? 0
const change = async (name: string, body: object): Promise<InterfaceView> => {
  const { status, body: view } = await world.appliance.rest<InterfaceView>('PATCH', `/interfaces/${name}`, body)
  expect([status, view]).toEqual([200, expect.objectContaining({ name })])
  return view
}
const pings = async (from: Host, to: string, ...options: readonly string[]): Promise<string> =>
  (await from.run(['ping', '-n', '-c1', '-W2', ...options, to])).stdout
const macOf = async (host: Host): Promise<string> => /link\/ether (\S+)/.exec(await host.succeed(['ip', 'link', 'show', 'dev', 'eth0']))?.[1] ?? ''
const applianceMac = async (name: string): Promise<string> => (await world.appliance.get<InterfaceView>(`/interfaces/${name}`)).mac

describeLab('a router for a lab', () => {
  beforeAll(async () => {
    world = await openWorld({ arguments: START })
    const { appliance, lab, lan } = world
    await lan.bridge(SECOND_BRIDGE)
    await appliance.rest('PATCH', '/subnets/1', { options: { routers: [APPLIANCE], 'domain-name-servers': [APPLIANCE] } })
    await appliance.post('/interfaces', { name: 'lab1', kind: 'tap', addresses: [`${SECOND}/24`], hostEnd: { bridge: SECOND_BRIDGE } })
    const subnet = await appliance.post<SubnetView>('/subnets', {
      prefix: '10.54.0.0/24', interface: 'lab1', domain: 'lab.internal', options: { routers: [SECOND], 'domain-name-servers': [SECOND] },
    })
    await appliance.post<PoolView>('/pools', { subnetId: subnet.id, first: '10.54.0.100', last: '10.54.0.199' })
    expect((await appliance.command('forwarding', 'on')).stdout).toBe('forwarding is on\n')
    alice = await lab.hostOn(lan, BRIDGE, 'alice')
    bob = await lab.hostOn(lan, SECOND_BRIDGE, 'bob')
    ;[[, aliceHas], [, bobHas]] = await Promise.all([
      DhcpClient.bind(alice, 'udhcpc', { hostName: 'alice' }), DhcpClient.bind(bob, 'udhcpc', { hostName: 'bob' }),
    ])
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('both links give leases and names, and their hosts reach each other by the appliance', async () => {
    expect(aliceHas).toMatchObject({ address: expect.stringMatching(/^10\.53\.0\.1\d\d$/), routers: APPLIANCE })
    expect(bobHas).toMatchObject({ address: expect.stringMatching(/^10\.54\.0\.1\d\d$/), routers: SECOND })
    expect(await lookUp(alice, APPLIANCE, 'bob.lab.internal')).toEqual([bobHas.address])
    expect(await lookUp(bob, SECOND, 'alice.lab.internal')).toEqual([aliceHas.address])
    expect(await pings(alice, bobHas.address)).toContain('ttl=63')
    expect(await pings(bob, aliceHas.address, '-s', '5000')).toContain('1 received')
  })

  test('a page of bob is fetched by alice, and the API by bob on the address of the other link', async () => {
    const script = "require('node:http').createServer((q, a) => a.end('hello from bob\\n')).listen(8080, () => console.log('listening'))"
    await bob.start('http', [process.execPath, '-e', script]).line(/listening/)
    expect(await alice.succeed(['curl', '-sS', '--max-time', '5', `http://${bobHas.address}:8080/`])).toBe('hello from bob\n')
    expect(await bob.succeed(['curl', '-sS', '--max-time', '5', `http://${APPLIANCE}/api/v1/health`])).toContain('"status"')
  })

  test.each([['-U'], ['-I']])('traceroute %s shows the appliance between them', async mode => {
    const text = await alice.succeed(['traceroute', '-n', '-q1', '-w2', mode, bobHas.address])
    expect(text).toMatch(new RegExp(`^ 1  ${APPLIANCE.replaceAll('.', '\\.')} .*\\n 2  ${bobHas.address.replaceAll('.', '\\.')} `, 'm'))
  })

  test('what cannot go on is answered: a TTL that ends, a network without a route, a host that is not there', async () => {
    expect(await pings(alice, bobHas.address, '-t', '1')).toContain(`From ${APPLIANCE} icmp_seq=1 Time to live exceeded`)
    expect(await pings(alice, '10.99.0.1')).toContain(`From ${APPLIANCE} icmp_seq=1 Destination Net Unreachable`)
    expect(await pings(alice, '10.54.0.77', '-W5')).toContain(`From ${APPLIANCE} icmp_seq=1 Destination Host Unreachable`)
  })

  test('a static route: by the command line, in the listing, and gone again', async () => {
    const { appliance } = world
    await bob.succeed(['ip', 'address', 'add', '10.60.0.1/32', 'dev', 'lo'])
    expect((await appliance.command('route', 'add', '10.60.0.0/24', 'via', bobHas.address, '--comment', 'behind bob')).code).toBe(0)
    expect(await pings(alice, '10.60.0.1')).toContain('1 received')
    const routes = await appliance.list<RouteView>('/routes')
    expect(routes.find(route => route.kind === 'static')).toMatchObject({ prefix: '10.60.0.0/24', flags: 'UG', interface: 'lab1', comment: 'behind bob' })
    expect((await appliance.command('route', 'list', '--brief')).stdout).toContain(`10.60.0.0/24 via ${bobHas.address} dev lab1 proto static`)
    const refused = await appliance.command('route', 'add', '10.61.0.0/24', 'via', '10.99.0.1')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('gateway: 10.99.0.1 is on no link')])
    expect((await appliance.command('route', 'remove', '10.60.0.0/24')).code).toBe(0)
    expect(await pings(alice, '10.60.0.1')).toContain('Destination Net Unreachable')
  })

  test('a better router on the same link is named by a redirect', async () => {
    const { appliance, lab, lan } = world
    const carol = await lab.hostOn(lan, BRIDGE, 'carol')
    await carol.address('eth0', '10.53.0.60/24')
    await carol.succeed(['ip', 'address', 'add', '10.70.0.1/32', 'dev', 'lo'])
    const route = await appliance.post<RouteView>('/routes', { prefix: '10.70.0.0/24', gateway: '10.53.0.60' })
    expect(await pings(alice, '10.70.0.1', '-v')).toMatch(/From 10\.53\.0\.2:? icmp_seq=1 Redirect Host\s*\(New nexthop: 10\.53\.0\.60\)/)
    expect((await appliance.rest('DELETE', `/routes/${route.id}`)).status).toBe(204)
  })

  test('proxy ARP: a host that thinks all of 10/8 is on its wire finds alice only when it is on', async () => {
    const { lab, lan } = world
    const dave = await lab.hostOn(lan, SECOND_BRIDGE, 'dave')
    await dave.address('eth0', '10.54.0.70/8')
    expect(await pings(dave, aliceHas.address, '-W1')).toContain('0 received')
    await change('lab1', { proxyArp: 'routed' })
    await dave.succeed(['ip', 'neighbour', 'flush', 'all'])
    expect(await pings(dave, aliceHas.address)).toContain('1 received')
    expect(await dave.succeed(['ip', 'neighbour', 'show', aliceHas.address])).toContain(await applianceMac('lab1'))
    await change('lab1', { proxyArp: 'ranges', proxyArpRanges: ['10.99.0.0/24'] })
    await dave.succeed(['ip', 'neighbour', 'flush', 'all'])
    expect(await pings(dave, aliceHas.address, '-W1')).toContain('0 received')
    await change('lab1', { proxyArp: 'off' })
  })

  test('a directed broadcast is dropped, until somebody allows it', async () => {
    await bob.succeed(['sysctl', '-q', '-w', 'net.ipv4.icmp_echo_ignore_broadcasts=0'])
    expect(await pings(alice, '10.54.0.255', '-W1')).toContain('0 received')
    await change('lab1', { directedBroadcasts: true })
    expect(await pings(alice, '10.54.0.255')).toContain(`from ${bobHas.address}`)
    await change('lab1', { directedBroadcasts: false })
  })

  test('sources that cannot be are dropped and counted by reason', async () => {
    const forged = async (host: Host, link: string, source: string): Promise<readonly number[]> =>
      ethernet(await applianceMac(link), await macOf(host), 0x0800, ipv4(source, aliceHas.address, { protocol: 17, payload: udp(9, 9, [1, 2, 3]) }))
    const martians = await dropped('martian-source')
    await sendFrames(bob, [await forged(bob, 'lab1', '127.0.0.1')])
    await eventually('a martian is counted', async () => ((await dropped('martian-source')) > martians ? true : undefined))
    const before = await dropped('no-reverse-path')
    await change('lab1', { reversePath: 'strict' })
    await sendFrames(bob, [await forged(bob, 'lab1', '10.53.0.77')])
    await eventually('a forged source is counted', async () => ((await dropped('no-reverse-path')) > before ? true : undefined))
    expect(await pings(bob, aliceHas.address)).toContain('1 received')
    await change('lab1', { reversePath: 'off' })
  })

  test('impairment is felt at once, and ends at once', async () => {
    const time = async (): Promise<number> => Number(/time=([\d.]+)/.exec(await pings(alice, bobHas.address))?.[1] ?? Number.NaN)
    expect(await time()).toBeLessThan(40)
    expect((await world.appliance.command('interface', 'change', 'lab1', '--delay', '40ms')).stdout).toBe('changed lab1: delay 40ms\n')
    expect(await time()).toBeGreaterThan(79)
    await change('lab1', { impairment: { loss: 1, direction: 'sent' } })
    expect(await pings(alice, bobHas.address, '-W1')).toContain('0 received')
    expect((await world.appliance.get<InterfaceView>('/interfaces/lab1')).counters['lost']).toBeGreaterThan(0)
    await change('lab1', { impairment: null })
    expect(await time()).toBeLessThan(40)
    await change('taproot0', { impairment: { delayMs: 30, direction: 'received' } })
    expect(await time()).toBeGreaterThan(29)
    await change('taproot0', { impairment: null })
    expect(await time()).toBeLessThan(30)
  })

  test('an address more on each link is ours at once, and the first link keeps its own', async () => {
    await change('taproot0', { addresses: ['10.53.0.2/24', '10.77.0.2/24'] })
    await change('lab1', { addresses: [`${SECOND}/24`, '10.78.0.1/31', '10.79.0.1/32'] })
    for (const own of ['10.77.0.2', '10.78.0.1', '10.79.0.1']) expect(await pings(alice, own)).toContain('1 received')
    const refused = await world.appliance.rest('PATCH', '/interfaces/taproot0', { addresses: ['10.77.0.2/24'] })
    expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/addresses' })] })])
    const overlap = await world.appliance.rest('PATCH', '/interfaces/lab1', { addresses: [`${SECOND}/24`, '10.77.0.9/16'] })
    expect(overlap.body).toMatchObject({ status: 409, errors: [{ pointer: '/addresses/1', detail: '10.77.0.9/16 overlaps 10.77.0.2/24 of taproot0' }] })
    await change('lab1', { addresses: [`${SECOND}/24`] })
    expect(await pings(alice, '10.79.0.1')).toContain('Destination Net Unreachable')
  })

  test('all of it is there after kill -9', async () => {
    const route = await world.appliance.post<RouteView>('/routes', { prefix: '10.60.0.0/24', gateway: bobHas.address })
    await world.appliance.killHard()
    world.appliance = await Appliance.start(world.lan, { arguments: START })
    expect(await eventually('bob is reached again', async () => ((await pings(alice, bobHas.address)).includes('1 received') ? true : undefined))).toBe(true)
    expect(await pings(alice, '10.60.0.1')).toContain('1 received')
    expect(await pings(alice, '10.77.0.2')).toContain('1 received')
    expect(await world.appliance.list<InterfaceView>('/interfaces')).toMatchObject([
      { name: 'taproot0', first: true, state: 'up', addresses: ['10.53.0.2/24', '10.77.0.2/24'] }, { name: 'lab1', first: false, state: 'up' },
    ])
    expect((await world.appliance.rest('DELETE', `/routes/${route.id}`)).status).toBe(204)
  })

  test('a device that somebody takes away is down with the reason; the rest goes on, and it comes back when asked', async () => {
    const { appliance, lan } = world
    await lan.succeed(['ip', 'link', 'delete', 'lab1'])
    const gone = await eventually('the link is down', async () => {
      const view = await appliance.get<InterfaceView>('/interfaces/lab1')
      return view.state === 'down' ? view : undefined
    })
    expect(gone.reason).toMatch(/^its TAP device is gone \(E\w+\)$/)
    expect(await pings(alice, APPLIANCE)).toContain('1 received')
    expect((await appliance.command('interface', 'up', 'lab1')).stdout).toBe('lab1 is up\n')
    await eventually('bob is reached again', async () => ((await pings(alice, bobHas.address)).includes('1 received') ? true : undefined))
  })

  test('a link that cannot be opened keeps nothing else from starting, and comes up when asked', async () => {
    const { lan } = world
    await world.appliance.stop()
    await lan.succeed(['ip', 'link', 'add', 'lab1', 'type', 'veth', 'peer', 'name', 'other'])
    world.appliance = await Appliance.start(lan, { arguments: START })
    expect(await pings(alice, APPLIANCE)).toContain('1 received')
    expect(await world.appliance.get<InterfaceView>('/interfaces/lab1')).toMatchObject({ state: 'down', reason: expect.stringContaining('no TAP device') })
    expect((await world.appliance.command('health')).stdout).toMatch(/^degraded[\s\S]*interfaces\tdegraded\tdown: lab1: /)
    expect((await world.appliance.command('interface', 'up', 'lab1')).stderr).toContain('no TAP device')
    await lan.succeed(['ip', 'link', 'delete', 'lab1'])
    expect((await world.appliance.command('interface', 'up', 'lab1')).stdout).toBe('lab1 is up\n')
    await eventually('bob is reached again', async () => ((await pings(alice, bobHas.address)).includes('1 received') ? true : undefined))
    expect((await world.appliance.command('health')).stdout).toMatch(/^ok/)
  })

  test('what DHCP serves on stays; without its subnet the link is removed, and its device with it', async () => {
    const { appliance, lan } = world
    const refused = await appliance.command('interface', 'remove', 'lab1')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/DHCP serves subnet 2 on it\n.*remove subnet 2 first/)])
    const [pool] = (await appliance.list<PoolView>('/pools')).filter(each => each.subnetId === 2)
    expect((await appliance.rest('DELETE', `/pools/${pool?.id}`)).status).toBe(204)
    expect((await appliance.rest('DELETE', '/subnets/2')).status).toBe(204)
    expect((await appliance.command('interface', 'remove', 'lab1')).code).toBe(0)
    expect((await lan.run(['ip', 'link', 'show', 'dev', 'lab1'])).code).not.toBe(0)
    expect(await pings(alice, bobHas.address)).toContain('Destination Net Unreachable')
    // A refusal leaves no device behind.
    const taken = await appliance.rest('POST', '/interfaces', { name: 'lab2', kind: 'tap', addresses: ['10.54.0.2/24'], hostEnd: { address: '10.54.0.1/24', bridge: 'eth.0/x' } })
    expect([taken.status, (await lan.run(['ip', 'link', 'show', 'dev', 'lab2'])).code]).toEqual([409, 1])
  })
})
