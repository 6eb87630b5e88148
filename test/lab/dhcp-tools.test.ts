/** What administrators ask a DHCP server with: dhcping, nmap's two DHCP scripts and perfdhcp of Kea. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LeaseView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, GATEWAY, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

/** Of the pool, so that dhcping can ask for it. */
const ASKED = '10.53.0.150'
/** What nmap's script says it is, unless told otherwise. */
const NMAP_MAC = 'de:ad:c0:de:ca:fe'

let world: World
const macOf = async (on: Host): Promise<string> => (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
const leases = (): Promise<readonly LeaseView[]> => world.appliance.list('/leases')

describeLab('tools that ask a DHCP server', () => {
  beforeAll(async () => {
    world = await openWorld()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('dhcping', () => {
    let on: Host
    const dhcping = async (...words: readonly string[]): Promise<string> =>
      on.succeed(['dhcping', '-v', '-t', '5', '-s', APPLIANCE, '-h', await macOf(on), ...words])
    beforeAll(async () => {
      on = await staticHost(world, 'dhcping', ASKED)
    })

    test.each([
      ['a DISCOVER', []],
      ['a REQUEST', ['-r']],
      ['an INFORM', ['-i']],
    ] as const)('%s is answered', async (_what, words) => {
      expect(await dhcping('-c', ASKED, ...words)).toContain(`Got answer from: ${APPLIANCE}`)
    })

    test('it gave back what it had been given: nothing is bound to it', async () => {
      const mac = await macOf(on)
      const mine = await eventually('release', async () => {
        const found = (await leases()).filter(each => each.mac === mac)
        return found.every(({ state }) => state === 'released') ? found : undefined
      })
      expect(mine.map(({ address }) => address)).toEqual([ASKED])
    })
  })

  describe('nmap', () => {
    test('broadcast-dhcp-discover shows the offer, and no lease is made', async () => {
      const on = await staticHost(world, 'nmap-broadcast', '10.53.0.9')
      const text = await on.succeed(['nmap', '-e', 'eth0', '--script', 'broadcast-dhcp-discover', '--script-args', 'broadcast-dhcp-discover.timeout=3'])
      expect(text).toMatch(/DHCP Message Type: DHCPOFFER/)
      expect(text).toMatch(/IP Offered: 10\.53\.0\.1\d\d\b/)
      for (const [name, value] of [
        ['Server Identifier', APPLIANCE],
        ['Subnet Mask', '255.255.255.0'],
        ['Router', GATEWAY],
        ['Domain Name Server', APPLIANCE],
        ['Domain Name', 'lab.internal'],
      ] as const) expect(text).toContain(`${name}: ${value}`)
      expect((await leases()).map(({ mac }) => mac)).not.toContain(NMAP_MAC)
    })

    test('dhcp-discover finds port 67 open and shows what an INFORM is told', async () => {
      const on = await staticHost(world, 'nmap-inform', '10.53.0.10')
      const text = await on.succeed(['nmap', '-Pn', '-n', '-sU', '-p', '67', '--script', 'dhcp-discover', APPLIANCE])
      expect(text).toMatch(/67\/udp open +dhcps/)
      expect(text).toContain('DHCP Message Type: DHCPACK')
      expect(text).toContain(`Router: ${GATEWAY}`)
    })
  })

  describe('perfdhcp', () => {
    /** Made-up clients of each run; the pool has room for both. */
    const CLIENTS = 40
    const figure = (text: string, name: string): readonly number[] =>
      [...text.matchAll(new RegExp(`${name}: (\\d+)`, 'g'))].map(([, digits]) => Number(digits))

    test.each([
      ['on the link', ['-l', 'eth0'], '02:aa:00:01:00:00'],
      // It writes its own address into giaddr and takes the answers at port 67, as a relay does.
      ['as a relay', ['-l', '10.53.0.12', APPLIANCE], '02:aa:00:02:00:00'],
    ] as const)('%s: every exchange ends with a lease of its own', async (_how, to, base) => {
      const on = await staticHost(world, `perfdhcp-${base.slice(9, 11)}`, to[1] === 'eth0' ? '10.53.0.11' : to[1])
      const text = await on.succeed(['perfdhcp', '-4', '-b', `mac=${base}`, '-r', '30', '-R', String(CLIENTS), '-p', '2', '-W', '1', ...to])
      expect(figure(text, 'sent packets').every(count => count > CLIENTS)).toBe(true)
      expect(figure(text, 'received packets')).toEqual(figure(text, 'sent packets'))
      for (const name of ['Malformed packets', 'rejected leases', 'non unique addresses', 'drops']) expect(new Set(figure(text, name))).toEqual(new Set([0]))
      const mine = (await leases()).filter(({ mac, state }) => mac.startsWith(base.slice(0, 11)) && state === 'bound')
      expect([mine.length, new Set(mine.map(({ address }) => address)).size]).toEqual([CLIENTS, CLIENTS])
    })
  })
})
