/** A pool of two addresses, one of which somebody uses without having asked. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DecisionView, LeaseView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import type { Host } from './netns.ts'
import { BRIDGE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

const SQUATTED = '10.53.0.100'
const FREE = '10.53.0.101'

let world: World
let squatter: Host

describeLab('an address of the pool is in use by a stranger', () => {
  beforeAll(async () => {
    world = await openWorld({ arguments: ['--pool', `${SQUATTED}-${FREE}`] })
    squatter = await staticHost(world, 'squatter', SQUATTED)
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('the client gets the other address', async () => {
    const [, binding] = await DhcpClient.bind(
      await world.lab.hostOn(world.lan, BRIDGE, 'first'), 'udhcpc', { hostName: 'first' },
    )
    expect(binding.address).toBe(FREE)
  })

  test('the next one gets none, and the appliance can say why', async () => {
    const second = await world.lab.hostOn(world.lan, BRIDGE, 'second')
    const client = DhcpClient.start(second, 'udhcpc', { hostName: 'second' })
    const mac = (await second.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
    const refused = await eventually('a refusal', async () => {
      const all = await world.appliance.list<DecisionView>(`/decisions?mac=${encodeURIComponent(mac)}`)
      return all.find(decision => decision.received === 'DISCOVER' && decision.sent === 'none')
    })
    expect(refused.steps.length).toBeGreaterThan(0)
    expect(await world.appliance.get<LeaseView>(`/leases/${SQUATTED}`)).toMatchObject({ state: 'declined' })
    const { stdout, code } = await world.appliance.command('explain', SQUATTED)
    expect(code).toBe(0)
    const stranger = (await squatter.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
    expect(stdout).toContain(stranger)
    await client.vanish()
  })
})
