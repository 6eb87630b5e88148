import { describe, expect, test } from 'vitest'
import type { InterfaceInput, RouteInput } from '../../../../services/index.ts'
import { done, refused, startAppliance, type Running } from '../../../support/running-appliance.ts'

const LAB: InterfaceInput = {
  name: 'lab1', kind: 'tap', mac: null, mtu: 1500, peerMac: null, socket: null, socketOwner: null, hostEnd: null, enabled: true, addressing: 'static',
  addresses: ['10.54.0.2/24'], proxyArp: 'off', proxyArpRanges: [], bogons: 'accepted', reversePath: 'off', directedBroadcasts: false,
  routerDiscovery: 'off', impairment: null,
}
const route = (change: Partial<RouteInput> = {}): RouteInput => ({ prefix: '10.60.0.0/24', gateway: '10.54.0.9', interface: null, metric: 0, comment: null, ...change })

async function withLab(flags: { readonly [name: string]: string } = {}): Promise<Running> {
  const running = startAppliance({ flags })
  await done(running.services.interfaces.addInterface(LAB))
  return running
}
const kinds = async ({ services }: Running): Promise<readonly string[]> =>
  (await done(services.routes.listRoutes())).map(({ prefix, gateway, interface: link, kind, flags }) => `${prefix} ${gateway ?? '-'} ${link ?? '-'} ${kind} ${flags}`)

describe('the listing', () => {
  test('has direct routes, the setting, static ones and what a redirect gave, in the order in which they are tried', async () => {
    const running = await withLab()
    await done(running.services.routes.addRoute(route()))
    const { appliance } = running
    const first = appliance.stack.interfaces[0]
    if (first !== undefined) appliance.stack.routes.addDynamic(0x0808_0808, 0x0a35_0007, first, false)
    expect(await kinds(running)).toEqual([
      '8.8.8.8/32 10.53.0.7 taproot0 redirect UGHD', '10.53.0.0/24 - taproot0 direct U', '10.54.0.0/24 - lab1 direct U',
      '10.60.0.0/24 10.54.0.9 lab1 static UG', '0.0.0.0/0 10.53.0.1 taproot0 settings UG',
    ])
  })

  test('only static routes have an id', async () => {
    const { services } = await withLab()
    const added = await done(services.routes.addRoute(route({ comment: 'annex' })))
    expect(added).toMatchObject({ id: 1, comment: 'annex' })
    expect((await done(services.routes.listRoutes())).filter(({ id }) => id !== null)).toEqual([added])
    expect(await done(services.routes.getRoute(1))).toEqual(added)
    expect(await refused(services.routes.getRoute(2))).toMatch(/^not-found/)
  })
})

describe('a static route', () => {
  test('waits while its link is down, and comes back with it', async () => {
    const running = await withLab({ gateway: 'none' })
    const { services } = running
    await done(services.routes.addRoute(route()))
    await done(services.interfaces.changeInterface('lab1', { enabled: false }))
    expect(await kinds(running)).toEqual(['10.53.0.0/24 - taproot0 direct U', '10.60.0.0/24 10.54.0.9 - static '])
    await done(services.interfaces.changeInterface('lab1', { enabled: true }))
    expect(await kinds(running)).toContain('10.60.0.0/24 10.54.0.9 lab1 static UG')
  })

  test('waits while no address reaches its gateway', async () => {
    const running = await withLab()
    const { services } = running
    await done(services.routes.addRoute(route()))
    await done(services.interfaces.changeInterface('lab1', { addresses: ['10.58.0.2/24'] }))
    expect((await kinds(running)).at(-1)).toBe('10.60.0.0/24 10.54.0.9 - static ')
    await done(services.interfaces.changeInterface('lab1', { addresses: ['10.58.0.2/24', '10.54.0.3/24'] }))
    expect(await kinds(running)).toContain('10.60.0.0/24 10.54.0.9 lab1 static UG')
  })

  test('waits for the address that DHCP will give', async () => {
    const running = await withLab()
    const { appliance, services } = running
    await done(services.interfaces.changeInterface('lab1', { addresses: [], addressing: 'dhcp' }))
    await done(services.routes.addRoute(route({ gateway: '10.99.0.1', interface: 'lab1' })))
    expect((await kinds(running)).at(-1)).toBe('10.60.0.0/24 10.99.0.1 lab1 static ')
    const iface = appliance.stack.interface('lab1')
    if (iface !== undefined) appliance.stack.changeAddresses(iface, [{ address: 0x0a63_0005, prefix: { network: 0x0a63_0000, length: 24 } }])
    expect(await kinds(running)).toContain('10.60.0.0/24 10.99.0.1 lab1 static UG')
  })

  test('is stored, changed, removed, and there at the next start', async () => {
    const running = await withLab()
    const { services, store } = running
    await done(services.routes.addRoute(route()))
    expect(await done(services.routes.changeRoute(1, { gateway: '10.54.0.8', metric: 7, comment: 'better' }))).toMatchObject({ gateway: '10.54.0.8', metric: 7, interface: 'lab1', flags: 'UG' })
    expect(await kinds(running)).not.toContain('10.60.0.0/24 10.54.0.9 lab1 static UG')
    const stored = store.load()
    expect(stored.routes).toMatchObject([{ id: 1, metric: 7, comment: 'better' }])
    const next = startAppliance({ before: [...stored.interfaces.map((each) => ({ kind: 'interface-put' as const, interface: each })), ...stored.routes.map((each) => ({ kind: 'route-put' as const, route: each }))] })
    expect(await kinds(next)).toContain('10.60.0.0/24 10.54.0.8 lab1 static UG')
    await done(services.routes.removeRoute(1))
    expect([store.load().routes, (await kinds(running)).some((text) => text.includes('static'))]).toEqual([[], false])
    expect(await refused(services.routes.removeRoute(1))).toMatch(/^not-found/)
  })

  test('when it cannot be stored, the table is as before', async () => {
    const running = await withLab()
    const before = await kinds(running)
    running.fault = { kind: 'full', detail: 'SQLITE_FULL' }
    expect(await refused(running.services.routes.addRoute(route()))).toMatch(/^unavailable/)
    expect(await refused(running.services.routes.changeRouting({ forwarding: true }))).toMatch(/^unavailable/)
    expect([await kinds(running), running.appliance.stack.forwarding]).toEqual([before, false])
  })

  test('beside the default route of the settings is taken when its metric is no higher, and the setting stays', async () => {
    const running = await withLab()
    await done(running.services.routes.addRoute(route({ prefix: '0.0.0.0/0', metric: 5 })))
    expect((await kinds(running)).slice(-2)).toEqual(['0.0.0.0/0 10.53.0.1 taproot0 settings UG', '0.0.0.0/0 10.54.0.9 lab1 static UG'])
    await done(running.services.routes.removeRoute(1))
    expect((await kinds(running)).at(-1)).toBe('0.0.0.0/0 10.53.0.1 taproot0 settings UG')
  })

  test.each<readonly [string, Partial<RouteInput>, string]>([
    ['neither gateway nor interface', { gateway: null }, 'invalid /gateway: neither a gateway nor an interface is given'],
    ['a gateway on no link', { gateway: '10.99.0.1' }, 'invalid /gateway: 10.99.0.1 is on no link'],
    ['a gateway on another link', { interface: 'taproot0' }, 'invalid /gateway: 10.54.0.9 is on no link of taproot0'],
    ['ourselves as gateway', { gateway: '10.54.0.2' }, 'invalid /gateway: 10.54.0.2 is our own address'],
    ['an interface that is not there', { interface: 'lab9' }, 'invalid /interface: there is no interface "lab9"'],
    ['host bits', { prefix: '10.60.0.1/24' }, 'invalid /prefix: "10.60.0.1/24" is no address block'],
    ['a block of groups', { prefix: '224.0.0.0/4' }, 'invalid /prefix: 224.0.0.0/4 is no block of hosts'],
    ["an interface's own block", { prefix: '10.54.0.0/24', gateway: null, interface: 'lab1' }, "conflict /prefix: 10.54.0.0/24 is lab1's own block, which is routed already"],
    ['a metric too high', { metric: 65_536 }, 'invalid /metric: 65536 is no metric'],
    ['no address', { gateway: '10.54.0' }, 'invalid /gateway: "10.54.0" is not an IPv4 address'],
  ])('%s is refused with the field', async (_what, change, said) => {
    const { services } = await withLab()
    expect(await refused(services.routes.addRoute(route(change)))).toBe(said)
  })

  test('the same way twice is refused', async () => {
    const { services } = await withLab()
    await done(services.routes.addRoute(route()))
    expect(await refused(services.routes.addRoute(route({ metric: 9 })))).toBe('conflict /prefix: route 1 goes to 10.60.0.0/24 by the same way already')
    expect(await done(services.routes.addRoute(route({ gateway: '10.54.0.10', metric: 9 })))).toMatchObject({ id: 2 })
  })
})

describe('forwarding', () => {
  test('is off at first, counts at once, and is stored', async () => {
    const { appliance, log, services, store } = await withLab()
    expect(await done(services.routes.getRouting())).toEqual({ forwarding: false })
    expect(await done(services.routes.changeRouting({ forwarding: true }))).toEqual({ forwarding: true })
    expect([appliance.stack.forwarding, store.load().settings.get('forwarding')]).toEqual([true, 'yes'])
    expect(log).toContainEqual(['routing.changed', { forwarding: 'on' }])
  })

  test('is what the setting says at the first start; later what the API said, until the setting changes', () => {
    expect(startAppliance({ flags: { forwarding: 'yes' } }).appliance.stack.forwarding).toBe(true)
    expect(startAppliance({ flags: { forwarding: 'yes' }, before: [{ kind: 'setting', name: 'forwarding', value: 'no' }] }).appliance.stack.forwarding).toBe(false)
  })
})
