/** Views with dig: the same name inside and outside, by address and by key, over UDP and TCP, and zones handed out by view. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { Appliance } from './appliance.ts'
import { APPLIANCE, BRIDGE, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let inside: Host
let outside: Host
let key: string
const taproot = (...words: readonly string[]): Promise<{ readonly stdout: string }> => world.appliance.command(...words)
const www = async (host: Host, ...how: readonly string[]): Promise<readonly string[]> => (await dig(host, APPLIANCE, ...how, 'www.shop.internal')).data

describeLab('views with dig', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE] })
    world = { lab, lan, appliance }
    inside = await staticHost(world, 'inside', '10.53.0.50')
    outside = await staticHost(world, 'outside', '10.53.0.60')
    key = (await taproot('tsig-key', 'add', 'inside.key')).stdout.trim()
    await taproot('view', 'add', 'inside', '--address', '10.53.0.48/29', '--key', 'inside.key')
    for (const [zone, address] of [['shop.internal', '192.0.2.80'], ['shop.internal@inside', '10.53.0.80']] as const) {
      await taproot('zone', 'add', zone)
      await taproot('record', 'add', zone, 'www', 'A', address)
    }
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('by address and by key, over UDP and TCP', async () => {
    for (const how of ['+notcp', '+tcp']) {
      expect([await www(inside, how), await www(outside, how), await www(outside, how, '-y', key)]).toEqual([['10.53.0.80'], ['192.0.2.80'], ['10.53.0.80']])
    }
  })

  test('a record that is added in a view is seen there with the next query', async () => {
    await taproot('record', 'add', 'shop.internal@inside', 'new', 'A', '10.53.0.81')
    expect((await dig(inside, APPLIANCE, 'new.shop.internal')).data).toEqual(['10.53.0.81'])
    expect((await dig(outside, APPLIANCE, 'new.shop.internal')).status).toBe('NXDOMAIN')
  })

  test('each is handed out the zone of its view', async () => {
    for (const zone of ['shop.internal', 'shop.internal@inside']) await taproot('zone', 'transfers', zone, '--address', '10.53.0.0/24', '--key', 'inside.key')
    const axfr = async (host: Host, ...how: readonly string[]): Promise<string> =>
      (await host.run(['dig', `@${APPLIANCE}`, '+tries=1', ...how, 'shop.internal', 'AXFR'])).stdout
    expect(await axfr(inside)).toMatch(/10\.53\.0\.80/)
    expect(await axfr(outside)).toMatch(/192\.0\.2\.80/)
    expect(await axfr(outside, '-y', key)).toMatch(/10\.53\.0\.80/)
  })

  test('a dynamic update changes the zone of its view', async () => {
    await taproot('zone', 'allow-updates', 'shop.internal@inside', '--key', 'inside.key')
    const update = `server ${APPLIANCE}\nzone shop.internal\nupdate add dyn.shop.internal 60 A 10.53.0.82\nsend\n`
    await outside.succeed(['sh', '-c', `printf '%s' "$1" | nsupdate -y "$2"`, 'sh', update, key])
    expect((await dig(inside, APPLIANCE, 'dyn.shop.internal')).data).toEqual(['10.53.0.82'])
    expect((await dig(outside, APPLIANCE, 'dyn.shop.internal')).status).toBe('NXDOMAIN')
  })

  test('all of it is there after kill -9; explain says which view', async () => {
    await world.appliance.killHard()
    world.appliance = await Appliance.start(world.lan, { arguments: ['--bridge', BRIDGE], data: world.appliance.data })
    expect([await www(inside), await www(outside)]).toEqual([['10.53.0.80'], ['192.0.2.80']])
    expect((await taproot('explain', 'www.shop.internal', '--client', '10.53.0.50')).stdout).toMatch(/sees the view inside[\s\S]*10\.53\.0\.80/)
    expect((await taproot('zone', 'list')).stdout).toMatch(/shop\.internal@inside/)
  })
})
