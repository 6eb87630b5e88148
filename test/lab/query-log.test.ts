/** The query log of a running appliance: what dig asked is found, also after kill -9 and while a flood comes in. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { QueryLogView, QueryView } from '../../services/index.ts'
import { Appliance, type Items } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { dig } from './dig.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, openWorld, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let asker: Host

const queries = async (filter: string): Promise<readonly QueryView[]> => (await world.appliance.get<Items<QueryView>>(`/dns/queries?${filter}`)).items

describeLab('the query log', () => {
  beforeAll(async () => {
    world = await openWorld()
    asker = await staticHost(world, 'asker', '10.53.0.50')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('what was asked over UDP and TCP is found by name, client and carrier', async () => {
    await dig(asker, APPLIANCE, 'taproot.lab.internal')
    await dig(asker, APPLIANCE, '+tcp', 'missing.lab.internal', 'AAAA')
    expect(await queries('below=lab.internal&client=10.53.0.50')).toMatchObject([
      { name: 'missing.lab.internal', type: 'AAAA', rcode: 'NXDOMAIN', carrier: 'tcp', outcome: 'answered', source: 'own' },
      { name: 'taproot.lab.internal', type: 'A', rcode: 'NOERROR', carrier: 'udp', client: '10.53.0.50' },
    ])
    expect(await queries('carrier=tcp&rcode=NXDOMAIN')).toHaveLength(1)
    expect(await queries('containing=taproot&from=2027-01-01')).toEqual([])
  })

  test('a DHCP client is found by its host name', async () => {
    const client = await world.lab.hostOn(world.lan, BRIDGE, 'laptop')
    await DhcpClient.bind(client, 'udhcpc', { hostName: 'laptop' })
    await dig(client, APPLIANCE, 'taproot.lab.internal')
    const found = await queries('client=laptop')
    expect(found).toMatchObject([{ name: 'taproot.lab.internal', clientName: 'laptop' }])
    const told = await world.appliance.command('queries', '--client', 'laptop')
    expect(told.stdout).toContain('laptop\ttaproot.lab.internal\tA\tNOERROR')
  })

  test('after kill -9 it has what was written, and goes on', async () => {
    await dig(asker, APPLIANCE, 'before.lab.internal')
    expect(await queries('name=before.lab.internal')).toHaveLength(1)
    await world.appliance.killHard()
    const { data } = world.appliance
    expect(existsSync(join(data, 'queries.db'))).toBe(true)
    world.appliance = await Appliance.start(world.lan, { data, arguments: ['--bridge', BRIDGE] })
    await dig(asker, APPLIANCE, 'after.lab.internal')
    expect((await queries('below=lab.internal&limit=1000')).map(({ name }) => name)).toEqual(expect.arrayContaining(['before.lab.internal', 'after.lab.internal']))
  })

  test('off, nothing is written; on again it is', async () => {
    expect((await world.appliance.rest('PATCH', '/dns/query-log', { mode: 'off' })).status).toBe(200)
    await dig(asker, APPLIANCE, 'unseen.lab.internal')
    await world.appliance.rest('PATCH', '/dns/query-log', { mode: 'anonymous' })
    await dig(asker, APPLIANCE, 'veiled.lab.internal')
    expect((await queries('containing=e')).filter(({ name }) => name === 'unseen.lab.internal')).toEqual([])
    expect(await queries('name=veiled.lab.internal')).toMatchObject([{ client: '10.53.0.0', clientName: null }])
    await world.appliance.rest('PATCH', '/dns/query-log', { mode: 'full' })
  })

  test('a flood is written as far as there is time for it, the rest is counted, and answers come', async () => {
    const flood = asker.succeed([process.execPath, 'test/lab/dns-storm.ts', APPLIANCE, '4', '1'], { timeoutMs: 60_000 })
    const asked = await dig(asker, APPLIANCE, 'taproot.lab.internal')
    expect(asked.status).toBe('NOERROR')
    await flood
    const log = await world.appliance.get<QueryLogView>('/dns/query-log')
    expect(log.queries).toBeGreaterThan(100)
    expect(statSync(join(world.appliance.data, 'queries.db')).size).toBeLessThan(200 * 1024 * 1024)
  })

  test('all is forgotten when somebody says so', async () => {
    expect((await world.appliance.rest('DELETE', '/dns/queries')).status).toBe(204)
    expect(await world.appliance.get<QueryLogView>('/dns/query-log')).toMatchObject({ queries: 0, oldestAt: null })
  })
})
