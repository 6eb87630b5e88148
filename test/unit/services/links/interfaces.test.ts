import { LEVEL } from '../../../support/admin-api.ts'
import { describe, expect, test } from 'vitest'
import type { InterfaceInput, NetworkInterface } from '../../../../services/index.ts'
import { ipv4, parseInterfaceAddress, parsePrefix, type InterfaceAddress, type Prefix } from '../../../../stack/index.ts'
import { done, refused, startAppliance } from '../../../support/running-appliance.ts'

const address = (text: string): InterfaceAddress => parseInterfaceAddress(text) as InterfaceAddress
const prefix = (text: string): Prefix => parsePrefix(text) as Prefix

const PROPERTIES = {
  enabled: true, addressing: 'static', addresses: ['10.54.0.2/24'], proxyArp: 'off', proxyArpRanges: [], bogons: 'accepted', reversePath: 'off',
  directedBroadcasts: false, routerDiscovery: 'off', impairment: null,
} as const
const LAB: InterfaceInput = {
  ...PROPERTIES, name: 'lab1', kind: 'tap', mac: null, mtu: 1500, peerMac: null, socket: null, socketOwner: null,
  hostEnd: { address: '10.54.0.1/24', bridge: null, owner: null, persist: false },
}
const GUESTS: InterfaceInput = { ...LAB, name: 'vms', kind: 'qemu', addresses: ['10.55.0.1/24'], hostEnd: null, socket: '/run/vms.sock' }
const WEATHER = {
  loss: 1, duplication: 0, reordering: 0, reorderMs: 20, corruption: 0, delayMs: 0, jitterMs: 0, bitsPerSecond: null, queueBytes: 65_536,
  direction: 'sent', seed: 3,
} as const

/** As a start finds it. */
const STORED: NetworkInterface = {
  name: 'lab1', mtu: 1500, mac: '02:54:0a:36:00:02', peerMac: undefined, enabled: true, addressing: 'static', addresses: [address('10.54.0.2/24')],
  proxyArp: [prefix('10.60.0.0/24')], sourcePolicy: { bogons: 'reserved', reversePath: 'loose' }, directedBroadcasts: true, routerDiscovery: 'off',
  impairment: undefined, medium: { kind: 'tap', hostEnd: { address: address('10.54.0.1/24'), bridge: undefined, owner: undefined, persist: false } },
}

describe('adding', () => {
  test('opens the device, stores the interface, routes to it, and shows a cable', async () => {
    const { appliance, devices, services, store, log } = startAppliance()
    expect(await done(services.interfaces.addInterface(LAB))).toMatchObject({ name: 'lab1', state: 'up', reason: null, first: false, mac: '02:54:0a:36:00:02', addresses: ['10.54.0.2/24'] })
    expect([[...devices.opened], [...devices.carrier]]).toEqual([['lab1'], ['lab1']])
    expect(store.load().interfaces.map(({ name }) => name)).toEqual(['lab1'])
    expect(appliance.stack.routes.list().map((route) => [route.interfaceName, route.flags])).toContainEqual(['lab1', 'U'])
    expect(log.map(([event]) => event)).toContain('interface.changed')
    expect(await done(services.interfaces.listInterfaces())).toMatchObject([{ name: 'taproot0', first: true }, { name: 'lab1' }])
  })

  test('a QEMU link has no device; without an address its MAC is made from its name', async () => {
    const { devices, media, services } = startAppliance()
    expect(await done(services.interfaces.addInterface({ ...GUESTS, addresses: [] }))).toMatchObject({ kind: 'qemu', socket: '/run/vms.sock', mac: expect.stringMatching(/^02:4e:/) })
    expect([[...devices.opened], [...media.live]]).toEqual([[], ['vms']])
  })

  test('a disabled one is kept and not opened, until it is enabled', async () => {
    const { devices, media, services } = startAppliance()
    expect(await done(services.interfaces.addInterface({ ...LAB, enabled: false }))).toMatchObject({ state: 'down', reason: 'it is disabled' })
    expect([[...devices.opened], [...media.live]]).toEqual([[], []])
    expect(await done(services.interfaces.changeInterface('lab1', { enabled: true }))).toMatchObject({ state: 'up', enabled: true })
    expect([[...devices.opened], [...media.live]]).toEqual([['lab1'], ['lab1']])
    expect(await done(services.interfaces.changeInterface('lab1', { enabled: false }))).toMatchObject({ state: 'down' })
    expect([[...devices.opened], [...media.live]]).toEqual([[], []])
  })

  test('when it cannot be stored, nothing of it is left', async () => {
    const running = startAppliance()
    running.fault = { kind: 'full', detail: 'SQLITE_FULL' }
    expect(await refused(running.services.interfaces.addInterface(LAB))).toMatch(/^unavailable/)
    expect([[...running.devices.opened], [...running.media.live], running.appliance.stack.interfaces.length]).toEqual([[], [], 1])
  })

  test.each([
    [LAB, 'conflict /name: no such driver'],
    [GUESTS, 'conflict /socket: no such driver'],
  ])('when its medium cannot be opened, it is refused with the reason, and nothing of it is left', async (input, said) => {
    const { devices, media, services, store } = startAppliance()
    media.fault = { problem: 'no such driver', remedy: 'modprobe' }
    expect(await refused(services.interfaces.addInterface(input))).toBe(said)
    expect([[...devices.opened], [...media.live], store.load().interfaces]).toEqual([[], [], []])
  })

  test.each<readonly [string, Partial<InterfaceInput>, string]>([
    ['a name twice', { name: 'taproot0' }, 'conflict /name: there is an interface "taproot0" already'],
    ['no name of a device', { name: 'lab/1' }, 'invalid /name: "lab/1" is no name of a device'],
    ['an MTU too small', { mtu: 500 }, 'invalid /mtu: 500 is no MTU'],
    ['a MAC of a group', { mac: '03:00:00:00:00:01' }, 'invalid /mac: "03:00:00:00:00:01" is no hardware address of a single station'],
    ['our own MAC as peer', { mac: '02:00:00:00:00:01', peerMac: '02:00:00:00:00:01' }, 'conflict /peerMac: it is our own hardware address'],
    ['DHCP without ARP', { addressing: 'dhcp', peerMac: '02:00:00:00:00:01' }, 'conflict /addressing: a link without ARP has no DHCP'],
    ['a block of another interface', { addresses: ['10.53.0.9/16'] }, 'conflict /addresses/0: 10.53.0.9/16 overlaps 10.53.0.2/24 of taproot0'],
    ['an address twice', { addresses: ['10.54.0.2/24', '10.54.0.2/25'] }, 'conflict /addresses/1: 10.54.0.2/25 is given twice'],
    ['a network address', { addresses: ['10.54.0.0/24'] }, 'invalid /addresses/0: 10.54.0.0/24: it is the address of the network 10.54.0.0/24'],
    ['a broadcast address', { addresses: ['10.54.0.255/24'] }, 'invalid /addresses/0: 10.54.0.255/24: it is the broadcast address of 10.54.0.0/24'],
    ['a group as address', { addresses: ['224.0.0.5/24'] }, 'invalid /addresses/0: 224.0.0.5/24: no host can have this address'],
    ['everything on one link', { addresses: ['10.54.0.2/0'] }, 'invalid /addresses/0: 10.54.0.2/0: everything would be on this link'],
    ['no address with length', { addresses: ['10.54.0.2'] }, 'invalid /addresses/0: "10.54.0.2" is no address with the length of its prefix'],
    ['ranges without ranges', { proxyArp: 'ranges' }, 'invalid /proxyArpRanges: no range is given'],
    ['ranges that are not wanted', { proxyArpRanges: ['10.60.0.0/24'] }, 'invalid /proxyArpRanges: with proxyArp "off" there are no ranges'],
    ['a range with host bits', { proxyArp: 'ranges', proxyArpRanges: ['10.60.0.1/24'] }, 'invalid /proxyArpRanges/0: "10.60.0.1/24" is no address block'],
    ['nothing to advertise', { addresses: [], hostEnd: null, routerDiscovery: 'advertise' }, 'conflict /routerDiscovery: there is no address to advertise'],
    ['a chance above one', { impairment: { ...WEATHER, loss: 2 } }, 'invalid /impairment/loss: 2 is no chance'],
    ["the host's end elsewhere", { hostEnd: { ...(LAB.hostEnd as NonNullable<InterfaceInput['hostEnd']>), address: '10.99.0.1/24' } }, 'conflict /hostEnd/address: 10.99.0.1/24 lies in no block of this interface'],
    ["the host's end on our address", { hostEnd: { ...(LAB.hostEnd as NonNullable<InterfaceInput['hostEnd']>), address: '10.54.0.2/24' } }, 'conflict /hostEnd/address: 10.54.0.2/24 is our own address on this link'],
    ['a TAP device with a socket', { socket: '/run/x.sock' }, 'invalid /socket: a TAP device has no socket'],
    ['a QEMU link without one', { ...GUESTS, socket: null }, 'invalid /socket: it is missing'],
    ['a QEMU link with a host end', { ...GUESTS, hostEnd: LAB.hostEnd }, 'invalid /hostEnd: a QEMU link has no end on the host'],
    ['a path from nowhere', { ...GUESTS, socket: 'x.sock' }, 'invalid /socket: "x.sock" does not begin at the root'],
    ['a path too long', { ...GUESTS, socket: `/${'x'.repeat(107)}` }, 'invalid /socket: a path of 108 octets is too long'],
  ])('%s is refused with the field', async (_what, change, said) => {
    const { devices, services, store } = startAppliance()
    expect(await refused(services.interfaces.addInterface({ ...LAB, ...change }))).toBe(said)
    expect([[...devices.opened], store.load().interfaces]).toEqual([[], []])
  })

  test('a socket serves one interface', async () => {
    const { services } = startAppliance()
    await done(services.interfaces.addInterface(GUESTS))
    expect(await refused(services.interfaces.addInterface({ ...GUESTS, name: 'vms2', addresses: ['10.56.0.1/24'] }))).toBe('conflict /socket: vms listens there already')
  })

  test.each(['10.54.0.2/31', '10.54.0.2/32'])('%s is an address too: a point-to-point block, and a lone host', async (own) => {
    const { services } = startAppliance()
    expect(await done(services.interfaces.addInterface({ ...LAB, addresses: [own], hostEnd: null }))).toMatchObject({ addresses: [own] })
  })
})

describe('changing', () => {
  test('properties count at once and are stored; what was learnt stays', async () => {
    const { appliance, services, store } = startAppliance()
    await done(services.interfaces.addInterface(LAB))
    const iface = appliance.stack.interface('lab1')
    if (iface === undefined) throw new Error('no interface')
    appliance.stack.changeAddresses(iface, [...iface.addresses, address('169.254.3.4/16')])
    const view = await done(services.interfaces.changeInterface('lab1', {
      addresses: ['10.54.0.3/24', '10.57.0.1/24'], proxyArp: 'ranges', proxyArpRanges: ['10.60.0.0/24'], reversePath: 'strict', directedBroadcasts: true, impairment: WEATHER,
    }))
    expect(view).toMatchObject({ addresses: ['10.54.0.3/24', '10.57.0.1/24'], learntAddresses: ['169.254.3.4/16'], proxyArp: 'ranges', reversePath: 'strict', bogons: 'accepted', impairment: WEATHER })
    iface.announce()
    expect((await done(services.interfaces.getInterface('lab1'))).counters['lost']).toBeGreaterThan(0)
    expect(iface.addresses.map((own) => own.address)).toEqual([ipv4('10.54.0.3'), ipv4('10.57.0.1'), ipv4('169.254.3.4')])
    expect([iface.proxyArp, iface.sourcePolicy, iface.directedBroadcasts]).toEqual([[prefix('10.60.0.0/24')], { bogons: 'accepted', reversePath: 'strict' }, true])
    expect(store.load().interfaces[0]).toMatchObject({ addresses: [address('10.54.0.3/24'), address('10.57.0.1/24')], impairment: { loss: 1, direction: 'sent' } })
    const after = await done(services.interfaces.changeInterface('lab1', { impairment: null, proxyArp: 'off' }))
    expect([after.impairment, after.proxyArpRanges, after.counters['lost']]).toEqual([null, [], undefined])
  })

  test('one whose device goes away is down, says why, and comes back when asked', async () => {
    const { devices, log, media, services } = startAppliance()
    await done(services.interfaces.addInterface(LAB))
    media.lose.get('lab1')?.('its TAP device is gone (EIO)')
    expect(await done(services.interfaces.getInterface('lab1'))).toMatchObject({ state: 'down', enabled: true, reason: 'its TAP device is gone (EIO)' })
    expect(log).toContainEqual(['interface.down', { interface: 'lab1', reason: 'its TAP device is gone (EIO)' }])
    const { status, checks } = await services.status.health()
    expect([status, checks.find(({ name }) => name === 'interfaces')]).toEqual(['degraded', { name: 'interfaces', status: 'degraded', detail: 'down: lab1: its TAP device is gone (EIO)' }])
    expect(await done(services.interfaces.changeInterface('lab1', { enabled: true }))).toMatchObject({ state: 'up', reason: null })
    expect([...devices.opened]).toEqual(['lab1'])
    expect((await services.status.health()).checks.find(({ name }) => name === 'interfaces')?.status).toBe('ok')
  })

  test("the first link keeps its setting's address and is never down", async () => {
    const { services, store } = startAppliance()
    expect(await refused(services.interfaces.changeInterface('taproot0', { enabled: false }))).toBe('conflict /enabled: the first link cannot be disabled')
    expect(await refused(services.interfaces.changeInterface('taproot0', { addressing: 'dhcp' }))).toMatch(/^conflict \/addressing/)
    expect(await refused(services.interfaces.changeInterface('taproot0', { addresses: ['10.99.0.1/24'] }))).toBe('conflict /addresses: the first address of taproot0 is the setting --address 10.53.0.2/24')
    expect(await done(services.interfaces.changeInterface('taproot0', { addresses: ['10.53.0.2/24', '10.99.0.1/24'], routerDiscovery: 'advertise' }))).toMatchObject({ addresses: ['10.53.0.2/24', '10.99.0.1/24'] })
    expect(JSON.parse(store.load().settings.get('first-link') ?? '')).toMatchObject({ addresses: [address('10.99.0.1/24')], routerDiscovery: 'advertise' })
    expect(store.load().interfaces).toEqual([])
  })

  test('one that is not there is not found', async () => {
    const { services } = startAppliance()
    expect(await refused(services.interfaces.changeInterface('lab9', { enabled: true }))).toMatch(/^not-found/)
    expect(await refused(services.interfaces.removeInterface('lab9'))).toMatch(/^not-found/)
  })
})

describe('removing', () => {
  test('takes its device, its routes and its row away', async () => {
    const { appliance, devices, media, services, store } = startAppliance()
    await done(services.interfaces.addInterface(LAB))
    await done(services.interfaces.removeInterface('lab1'))
    expect([[...devices.opened], [...media.live], store.load().interfaces]).toEqual([[], [], []])
    expect(appliance.stack.routes.list().some((route) => route.interfaceName === 'lab1')).toBe(false)
  })

  test('is refused while a subnet or a static route is on it, and for the first link', async () => {
    const { services } = startAppliance()
    await done(services.interfaces.addInterface(LAB))
    const subnet = await done(services.dhcp.add('subnets', {
      ...LEVEL, prefix: '10.54.0.0/24', segmentId: null, interface: 'lab1', domain: null,
    }))
    expect(await refused(services.interfaces.removeInterface('lab1'))).toBe(`conflict : DHCP serves subnet ${subnet.id} on it`)
    await done(services.dhcp.remove('subnets', subnet.id))
    const route = await done(services.routes.addRoute({ prefix: '10.61.0.0/24', gateway: null, interface: 'lab1', metric: 0, comment: null }))
    expect(await refused(services.interfaces.removeInterface('lab1'))).toBe(`conflict : the static route ${route.id} goes by it`)
    expect(await refused(services.interfaces.removeInterface('taproot0'))).toMatch(/^conflict : taproot0 is the link/)
  })
})

describe('a start', () => {
  test('brings stored interfaces up with their properties, and what was changed about the first link', async () => {
    const firstLink = { addresses: [address('10.99.0.1/24')], proxyArp: 'routed', sourcePolicy: { bogons: 'accepted', reversePath: 'off' }, directedBroadcasts: false, routerDiscovery: 'off' }
    const { appliance, services } = startAppliance({ before: [{ kind: 'interface-put', interface: STORED }, { kind: 'setting', name: 'first-link', value: JSON.stringify(firstLink) }] })
    expect(await done(services.interfaces.listInterfaces())).toMatchObject([
      { name: 'taproot0', addresses: ['10.53.0.2/24', '10.99.0.1/24'], proxyArp: 'routed', state: 'up' },
      { name: 'lab1', state: 'up', proxyArp: 'ranges', proxyArpRanges: ['10.60.0.0/24'], bogons: 'reserved', reversePath: 'loose', directedBroadcasts: true, impairment: null, peerMac: null },
    ])
    expect(appliance.stack.interface('lab1')?.sourcePolicy).toEqual({ bogons: 'reserved', reversePath: 'loose' })
  })

  test('goes on without one that the settings have overtaken', async () => {
    const { appliance, services } = startAppliance({ flags: { address: '10.54.0.9/24' }, before: [{ kind: 'interface-put', interface: STORED }] })
    expect(await done(services.interfaces.getInterface('lab1'))).toMatchObject({ state: 'down', reason: expect.stringMatching(/^10\.54\.0\.2\/24 overlaps 10\.54\.0\.9\/24 of taproot0; /) })
    expect(appliance.stack.interfaces.map(({ name }) => name)).toEqual(['taproot0'])
  })

  test('with an interface by DHCP begins to look for an address', async () => {
    const { appliance, services } = startAppliance({ before: [{ kind: 'interface-put', interface: { ...STORED, addressing: 'dhcp', addresses: [], medium: { kind: 'qemu', socket: '/run/vms.sock', owner: undefined } } }] })
    expect(appliance.uplinks.report('lab1')?.state).toBe('init')
    await done(services.interfaces.changeInterface('lab1', { addressing: 'static' }))
    expect(appliance.uplinks.report('lab1')).toBeUndefined()
    await done(services.interfaces.changeInterface('lab1', { addressing: 'dhcp' }))
    await done(services.interfaces.removeInterface('lab1'))
    expect(appliance.uplinks.report('lab1')).toBeUndefined()
  })
})
