/** An uplink as the administrator sees it: added, watched, renewed, given back, made an ordinary interface again. */
import { describe, expect, test } from 'vitest'
import type { InterfaceInput } from '../../../../services/index.ts'
import { done, refused, startAppliance } from '../../../support/running-appliance.ts'

const UPLINK: InterfaceInput = {
  name: 'uplink0', kind: 'tap', mac: null, mtu: 1500, peerMac: null, socket: null, socketOwner: null,
  hostEnd: { address: null, bridge: 'br-office', owner: null, persist: false },
  enabled: true, addressing: 'dhcp', addresses: [], proxyArp: 'off', proxyArpRanges: [], bogons: 'accepted',
  reversePath: 'off', directedBroadcasts: false, routerDiscovery: 'off', impairment: null,
}
const check = async ({ services }: ReturnType<typeof startAppliance>) => (await services.status.health()).checks.find(({ name }) => name === 'uplinks')

describe('an uplink to nowhere', () => {
  test('searches, takes a link-local address, and shows in health', async () => {
    const running = startAppliance()
    expect(await check(running)).toEqual({ name: 'uplinks', status: 'ok', detail: 'no interface gets its address by DHCP' })
    await done(running.services.interfaces.addInterface(UPLINK))
    expect(await done(running.services.uplinks.getDhcpClient('uplink0'))).toMatchObject({ state: 'init', address: null, linkLocal: null, history: [] })
    running.clock.advance(30_000)
    const client = await done(running.services.uplinks.getDhcpClient('uplink0'))
    expect(client).toMatchObject({ state: 'selecting', linkLocal: expect.stringMatching(/^169\.254\./) as string, counters: { 'tx-discover': 4 } })
    expect(client.history.map(({ id }) => id)).toEqual(['dhcp-client.no-server', 'dhcp-client.link-local'])
    expect(await check(running)).toEqual({ name: 'uplinks', status: 'degraded', detail: `no DHCP server gives an address to uplink0 (selecting, ${client.linkLocal} meanwhile)` })
    expect(running.log.map(([event]) => event)).toEqual(expect.arrayContaining(['dhcp-client.no-server', 'dhcp-client.link-local']))
  })

  test('rests after a release, and searches again when it is to renew', async () => {
    const { services, clock } = startAppliance()
    await done(services.interfaces.addInterface(UPLINK))
    clock.advance(30_000)
    expect(await done(services.uplinks.releaseDhcpClient('uplink0'))).toMatchObject({ state: 'stopped', linkLocal: null, nextAt: null })
    expect(await done(services.uplinks.renewDhcpClient('uplink0'))).toMatchObject({ state: 'init' })
  })

  test('is an ordinary interface when its addressing is static again', async () => {
    const running = startAppliance()
    await done(running.services.interfaces.addInterface(UPLINK))
    running.clock.advance(30_000)
    await done(running.services.interfaces.changeInterface('uplink0', { addressing: 'static' }))
    expect(await refused(running.services.uplinks.getDhcpClient('uplink0'))).toBe('not-found : uplink0 has no DHCP client')
    expect(running.appliance.stack.interface('uplink0')?.addresses).toEqual([])
  })

  test('one that goes leaves no timer behind', async () => {
    const { services, appliance } = startAppliance()
    await done(services.interfaces.addInterface(UPLINK))
    await done(services.interfaces.removeInterface('uplink0'))
    expect(appliance.uplinks.standing).toEqual({ configured: 0, without: [] })
  })
})

test.each(['taproot0', 'nowhere'])('%s has no DHCP client', async name => {
  const { services } = startAppliance()
  for (const answer of [services.uplinks.getDhcpClient(name), services.uplinks.renewDhcpClient(name), services.uplinks.releaseDhcpClient(name)]) {
    expect(await refused(answer)).toBe(`not-found : ${name} has no DHCP client`)
  }
})
