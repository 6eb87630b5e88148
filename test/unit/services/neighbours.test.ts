/** Static neighbours: in the cache at once, on disk, and back after a start or with their interface. */
import { describe, expect, test } from 'vitest'
import type { InterfaceInput } from '../../../services/index.ts'
import { formatIpv4, ipv4, mac } from '../../../stack/index.ts'
import { done, refused, startAppliance, type Running } from '../../support/running-appliance.ts'

const MAC = '02:00:00:00:00:3c'
const ADDED = { interface: null, address: '10.53.0.60', mac: MAC }
const SECOND: InterfaceInput = {
  name: 'tap9',
  kind: 'tap',
  mac: null,
  mtu: 1500,
  peerMac: null,
  hostEnd: null,
  socket: null,
  socketOwner: null,
  enabled: true,
  addressing: 'static',
  addresses: ['10.54.0.2/24'],
  proxyArp: 'off',
  proxyArpRanges: [],
  bogons: 'accepted',
  reversePath: 'off',
  directedBroadcasts: false,
  routerDiscovery: 'off',
  impairment: null,
}
const listed = async ({ services }: Running): Promise<readonly string[]> =>
  (await done(services.links.listNeighbours())).map(
    ({ interface: name, address, mac: at, state }) => `${name} ${address} ${at ?? '-'} ${state}`,
  )
const stored = ({ store }: Running): readonly string[] =>
  store.load().neighbours.map(({ interfaceName, address, mac: at }) => `${interfaceName} ${formatIpv4(address)} ${at}`)

describe('static neighbours', () => {
  test('on the link where the address is, in the cache and on disk', async () => {
    const running = startAppliance()
    expect(await done(running.services.links.addNeighbour(ADDED))).toEqual({
      interface: 'taproot0',
      address: '10.53.0.60',
      mac: MAC,
      state: 'static',
      expiresIn: null,
    })
    expect(await listed(running)).toEqual([`taproot0 10.53.0.60 ${MAC} static`])
    expect(stored(running)).toEqual([`taproot0 10.53.0.60 ${MAC}`])
    expect(running.log.map(([event]) => event)).toEqual(['neighbour.changed'])
  })

  test('in the place of what was said or learnt before', async () => {
    const running = startAppliance()
    running.appliance.stack.interfaces[0]?.neighbours.heard(ipv4('10.53.0.60'), mac('02:00:00:00:00:99'), 0, true)
    await done(running.services.links.addNeighbour({ ...ADDED, mac: '02:00:00:00:00:01' }))
    await done(running.services.links.addNeighbour(ADDED))
    expect(await listed(running)).toEqual([`taproot0 10.53.0.60 ${MAC} static`])
    expect(stored(running)).toHaveLength(1)
  })

  test('back after a start', async () => {
    const running = startAppliance({
      before: [
        { kind: 'neighbour-put', neighbour: { interfaceName: 'taproot0', address: ipv4('10.53.0.60'), mac: MAC } },
      ],
    })
    expect(await listed(running)).toEqual([`taproot0 10.53.0.60 ${MAC} static`])
  })

  test('away and back with their interface, and gone when it is removed', async () => {
    const running = startAppliance()
    const { interfaces, links } = running.services
    await done(interfaces.addInterface(SECOND))
    await done(links.addNeighbour({ interface: null, address: '10.54.0.60', mac: MAC }))
    const there = [`tap9 10.54.0.60 ${MAC} static`]
    expect(await listed(running)).toEqual(there)
    await done(interfaces.changeInterface('tap9', { enabled: false }))
    expect([await listed(running), stored(running)]).toEqual([[], [`tap9 10.54.0.60 ${MAC}`]])
    await done(interfaces.changeInterface('tap9', { enabled: true }))
    expect(await listed(running)).toEqual(there)
    await done(interfaces.removeInterface('tap9'))
    expect(stored(running)).toEqual([])
    await done(interfaces.addInterface(SECOND))
    expect(await listed(running)).toEqual([])
  })

  test('kept for an interface that there is not', async () => {
    const running = startAppliance({
      before: [{ kind: 'neighbour-put', neighbour: { interfaceName: 'tap9', address: ipv4('10.99.0.1'), mac: MAC } }],
    })
    expect(await listed(running)).toEqual([])
    expect(await refused(running.services.links.addNeighbour({ ...ADDED, interface: 'tap9' }))).toMatch(
      /^invalid \/interface: there is no interface tap9$/,
    )
    await done(running.services.links.removeNeighbour('10.99.0.1', null))
    expect(stored(running)).toEqual([])
  })

  test('forgotten: static ones on disk too, others only in the cache', async () => {
    const running = startAppliance()
    await done(running.services.links.addNeighbour(ADDED))
    running.appliance.stack.interfaces[0]?.neighbours.heard(ipv4('10.53.0.61'), mac('02:00:00:00:00:99'), 0, true)
    await done(running.services.links.removeNeighbour('10.53.0.61', null))
    await done(running.services.links.removeNeighbour('10.53.0.60', 'taproot0'))
    expect([await listed(running), stored(running)]).toEqual([[], []])
    expect(await refused(running.services.links.removeNeighbour('10.53.0.60', null))).toBe(
      'not-found : there is no neighbour 10.53.0.60',
    )
  })

  test('all forgotten but the static ones', async () => {
    const running = startAppliance()
    await done(running.services.links.addNeighbour(ADDED))
    for (const last of [1, 2, 3])
      running.appliance.stack.interfaces[0]?.neighbours.heard(
        ipv4(`10.53.0.6${last}`),
        mac('02:00:00:00:00:99'),
        0,
        true,
      )
    expect(await done(running.services.links.flushNeighbours('taproot0'))).toBe(3)
    expect(await listed(running)).toEqual([`taproot0 10.53.0.60 ${MAC} static`])
    expect(await refused(running.services.links.flushNeighbours('eth9'))).toMatch(/^invalid \/interface/)
  })

  test.each<[string, Partial<typeof ADDED>, RegExp]>([
    ['an address that is none', { address: '10.53' }, /^invalid \/address: "10\.53" is not an IPv4 address$/],
    ['an address on no link', { address: '10.54.0.1' }, /^invalid \/address: 10\.54\.0\.1 is on no link/],
    ['the network', { address: '10.53.0.0' }, /^invalid \/address: 10\.53\.0\.0 is not the address of a host$/],
    ['the broadcast address', { address: '10.53.0.255' }, /^invalid \/address/],
    ['ourselves', { address: '10.53.0.2' }, /^invalid \/address: 10\.53\.0\.2 is the appliance itself$/],
    [
      'a group address of Ethernet',
      { mac: '01:00:5e:00:00:01' },
      /^invalid \/mac: 01:00:5e:00:00:01 is not the hardware address of one station$/,
    ],
    ['the broadcast address of Ethernet', { mac: 'ff:ff:ff:ff:ff:ff' }, /^invalid \/mac/],
    ['no address of Ethernet', { mac: '00:00:00:00:00:00' }, /^invalid \/mac/],
  ])('%s is refused, and nothing has changed', async (_what, change, says) => {
    const running = startAppliance()
    expect(await refused(running.services.links.addNeighbour({ ...ADDED, ...change }))).toMatch(says)
    expect([await listed(running), stored(running), running.log]).toEqual([[], [], []])
  })

  test('what cannot be stored is not in the cache either', async () => {
    const running = startAppliance()
    running.fault = { kind: 'full', detail: 'SQLITE_FULL: no space' }
    expect(await refused(running.services.links.addNeighbour(ADDED))).toMatch(/^unavailable/)
    expect(await listed(running)).toEqual([])
  })
})
