/** The REST API and the command line against the running appliance: who may, what it says, and what it refuses. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DecisionView, HealthView, LeaseHistoryView, LeaseView, RecordView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { lookUp } from './dig.ts'
import type { Host } from './netns.ts'
import { APPLIANCE, BRIDGE, GATEWAY, eventually, openWorld, showOnFailure, type World } from './world.ts'

let world: World
let client: Host
let address: string
let mac: string

describeLab('REST API and command line', () => {
  beforeAll(async () => {
    world = await openWorld()
    client = await world.lab.hostOn(world.lan, BRIDGE, 'client', '02:aa:00:00:00:01')
    mac = '02:aa:00:00:00:01'
    address = (await DhcpClient.bind(client, 'udhcpc', { hostName: 'laptop' }))[1].address
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('access', () => {
    test.each([
      ['no token', null],
      ['a wrong token', 'tr_0000000000000000000000000000000000000000000'],
      ['an empty token', ''],
    ])('%s is 401 with a problem document', async (_what, token) => {
      const { status, body } = await world.appliance.rest('GET', '/leases', undefined, token)
      expect(status).toBe(401)
      expect(body).toMatchObject({ status: 401 })
    })

    test('the token is in a file that only its owner can read', () => {
      expect(statSync(join(world.appliance.data, 'token')).mode & 0o777).toBe(0o600)
    })

    test.each([APPLIANCE, GATEWAY])('the API is not reachable from the LAN at %s', async at => {
      expect((await client.run(['curl', '-sS', '--max-time', '2', `http://${at}:8053/api/v1/health`])).code).not.toBe(0)
    })

    test('a page of another name cannot use a browser to reach it (DNS rebinding)', async () => {
      const code = await world.lan.succeed([
        'curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: evil.example',
        'http://127.0.0.1:8053/api/v1/health',
      ])
      expect(Number(code)).toBeGreaterThanOrEqual(400)
    })
  })

  test('health is ok, with every part named', async () => {
    const health = await world.appliance.get<HealthView>('/health')
    expect(health.status).toBe('ok')
    const parts = health.checks.map(check => check.name)
    expect(parts).toEqual(expect.arrayContaining(['network', 'storage', 'dhcp', 'dns']))
  })

  test('health without a token says its state and nothing else', async () => {
    const { status, body } = await world.appliance.rest('GET', '/health', undefined, null)
    expect([status, body]).toEqual([200, { status: 'ok' }])
  })

  test('the OpenAPI document and its viewer are there', async () => {
    type Document = { readonly openapi: string; readonly paths: object }
    const { status, body } = await world.appliance.rest<Document>('GET', '/openapi.json')
    expect(status).toBe(200)
    expect(body.openapi).toMatch(/^3\.1\./)
    expect(Object.keys(body.paths).length).toBeGreaterThan(10)
    expect((await world.appliance.rest('GET', 'http://127.0.0.1:8053/docs/')).status).toBe(200)
  })

  test('leases are filtered, and an address that is none is refused with the field', async () => {
    const own = await world.appliance.list<LeaseView>(`/leases?mac=${mac}`)
    expect(own).toEqual([expect.objectContaining({ address, hostName: 'laptop' })])
    expect(await world.appliance.list<LeaseView>('/leases?hostName=nobody')).toEqual([])
    const { status, body } = await world.appliance.rest(
      'POST', '/hosts', { addresses: ['10.53.0.300'], identifiers: [{ kind: 'mac', value: mac }] },
    )
    expect([400, 422]).toContain(status)
    expect(JSON.stringify(body)).toContain('/addresses/0')
  })

  test('every decision about a client is there with its reasons', async () => {
    const decisions = await eventually('decisions', async () => {
      const all = await world.appliance.list<DecisionView>(`/decisions?mac=${encodeURIComponent(mac)}`)
      return all.length >= 2 ? all : undefined
    })
    const exchange = decisions.map(({ received, sent }) => `${received} ${sent}`)
    expect(exchange).toEqual(expect.arrayContaining(['DISCOVER OFFER', 'REQUEST ACK']))
    for (const { steps } of decisions) {
      expect(steps.length).toBeGreaterThan(0)
      for (const step of steps) expect(step.text).not.toMatch(/\{\w+\}/)
    }
  })

  test('ending a lease by REST takes its name away; the history keeps it', async () => {
    const other = await world.lab.hostOn(world.lan, BRIDGE, 'other')
    const [, binding] = await DhcpClient.bind(other, 'udhcpc', { hostName: 'thrown-out' })
    expect(await lookUp(world.lan, APPLIANCE, 'thrown-out.lab.internal')).toEqual([binding.address])
    expect((await world.appliance.rest('DELETE', `/leases/${binding.address}`)).status).toBe(200)
    expect(await lookUp(world.lan, APPLIANCE, 'thrown-out.lab.internal')).toEqual([])
    const history = await world.appliance.list<LeaseHistoryView>(`/leases/history?address=${binding.address}`)
    expect(history[0]?.ended).toMatch(/administrator/)
  })

  describe('command line', () => {
    test.each([
      ['a MAC', () => mac],
      ['an address', () => address],
      ['a name', () => 'laptop.lab.internal'],
    ])('explain of %s shows the lease and the reasons', async (_what, subject) => {
      const { stdout, code } = await world.appliance.command('explain', subject())
      expect(code).toBe(0)
      expect(stdout).toContain(address)
      expect(stdout).toContain(mac)
      expect(stdout).toContain('10.53.0.0/24')
    })

    test('explain of what nobody knows says so', async () => {
      const { stdout, stderr } = await world.appliance.command('explain', '10.53.0.198')
      expect(`${stdout}${stderr}`).toContain('10.53.0.198')
    })

    test('leases as a table and as JSON', async () => {
      const table = await world.appliance.command('leases')
      expect(table.stdout).toMatch(new RegExp(`${address.replaceAll('.', '\\.')}.*laptop`))
      const { stdout } = await world.appliance.command('leases', '--json')
      expect(stdout).toContain(`"${address}"`)
      expect(() => JSON.parse(stdout) as unknown).not.toThrow()
    })

    test('a record that is added is answered, listed and removed', async () => {
      const added = await world.appliance.command('record', 'add', 'lab.internal', 'nas', 'A', '10.53.0.30')
      expect(added).toMatchObject({ code: 0 })
      expect(await lookUp(client, APPLIANCE, 'nas.lab.internal')).toEqual(['10.53.0.30'])
      const { stdout } = await world.appliance.command('record', 'list', 'lab.internal', '--json')
      expect(stdout).toContain('10.53.0.30')
      const [record] = await world.appliance.list<RecordView>('/zones/lab.internal/records?name=nas.lab.internal')
      expect((await world.appliance.command('record', 'remove', 'lab.internal', String(record?.id))).code).toBe(0)
      expect(await lookUp(client, APPLIANCE, 'nas.lab.internal')).toEqual([])
    })

    test('a refusal names the value and ends with 1', async () => {
      const { code, stderr } = await world.appliance.command('record', 'add', 'lab.internal', 'bad', 'A', '10.53.0.300')
      expect(code).toBe(1)
      expect(stderr).toContain('10.53.0.300')
    })

    test('a command that does not exist ends with 2, an API that is not there with 3', async () => {
      expect((await world.appliance.command('leasse')).code).toBe(2)
      const away = await world.lan.run(
        ['sh', 'bin/taproot', 'leases', '--api', 'http://127.0.0.1:9'],
        { env: { TAPROOT_TOKEN_FILE: join(world.appliance.data, 'token') } },
      )
      expect(away.code).toBe(3)
    })
  })
})
