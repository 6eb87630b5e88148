/** A worker thread dies: it is replaced, what was acknowledged is there, and packets are answered again. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest'
import type { HealthView, LeaseView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { lookUp } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { cProgram } from './programs.ts'
import { APPLIANCE, BRIDGE, eventually, staticHost, type World } from './world.ts'

const DRIVER = join(import.meta.dirname, 'supervision-driver.ts')
const ADDRESSES = ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--address', '10.53.0.2/16', '--pool', '10.53.16.0-10.53.63.255', '--probe', 'no']

let world: World

type Killed = { readonly answered: number; readonly refused: readonly string[]; readonly after: string }

/** Ends a worker, and waits until its replacement answers. */
async function kill(worker: 'network' | 'storage' | 'tls'): Promise<Killed> {
  const { program } = world.appliance
  const from = program.mark()
  program.write(`kill ${worker}\n`)
  const killed = JSON.parse(await program.line(/"worker\.killed"/, from)) as Killed
  await program.line(new RegExp(`"worker.restarted","worker":"${worker}"`), from)
  await eventually('the replacement answers', async () => ((await world.appliance.rest('GET', '/zones')).status === 200 ? true : undefined))
  return killed
}

/** What the load generator has logged whole: address by MAC. */
const acknowledged = (path: string): ReadonlyMap<string, string> =>
  new Map(readFileSync(path, 'utf8').split('\n').slice(0, -1).map(line => {
    const [address = '', mac = ''] = line.split(' ')
    return [mac, address] as const
  }))

describeLab('worker threads', () => {
  beforeEach(async () => {
    const lab = await Lab.open()
    const lan: Host = await lab.host('lan')
    await lan.bridge(BRIDGE)
    world = { lab, lan, appliance: await Appliance.start(lan, { as: [process.execPath, DRIVER], arguments: ADDRESSES }) }
    onTestFailed(() => console.error(world.appliance.program.text()))
  })
  afterEach(() => world.lab.close())

  test('the TLS worker dies: nobody else notices, and the next connection has a new one', async () => {
    const asker = await staticHost(world, 'asker', '10.53.0.50')
    const byTls = async (): Promise<boolean> => /10\.53\.0\.2/.test((await asker.run(['kdig', `@${APPLIANCE}`, '+tls', '+short', '+time=2', '+retry=0', 'taproot.lab.internal'])).stdout)
    expect(await byTls()).toBe(true)
    const killed = await kill('tls')
    expect([killed.refused, killed.after]).toEqual([[], 'answered'])
    await eventually('DNS over TLS answers', async () => ((await byTls()) ? true : undefined))
  })

  test.each(['network', 'storage'] as const)('the %s worker dies: leases and names are there, clients and queries are served again, health says so', async worker => {
    const { appliance, lab, lan } = world
    const asker = await staticHost(world, 'asker', '10.53.0.50')
    const [client, before] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'alpha'), 'udhcpc', { hostName: 'alpha' })
    expect(await lookUp(asker, APPLIANCE, 'alpha.lab.internal')).toEqual([before.address])

    const killed = await kill(worker)
    expect(killed.refused.filter(code => code !== 'unavailable')).toEqual([])
    expect(killed.after).toBe('unavailable')

    const [lease] = await appliance.list<LeaseView>('/leases?state=bound')
    expect([lease?.address, lease?.name]).toEqual([before.address, 'alpha.lab.internal'])
    expect(await lookUp(asker, APPLIANCE, 'alpha.lab.internal')).toEqual([before.address])
    expect((await client.renew()).address).toBe(before.address)
    const [, second] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'beta'), 'udhcpc', { hostName: 'beta' })
    expect(second.address).not.toBe(before.address)
    expect(await lookUp(asker, APPLIANCE, 'beta.lab.internal')).toEqual([second.address])
    const health = await appliance.get<HealthView>('/health')
    expect(health.checks.find(check => check.name === 'workers')).toMatchObject({ status: 'degraded', detail: expect.stringContaining(`1 restarts, the last: ${worker}`) })
    await appliance.stop()
  })

  test.each(['network', 'storage'] as const)('the %s worker dies under a load of new clients: nothing that was acknowledged is lost, and the load goes on', async worker => {
    const { appliance, lab, lan } = world
    const log = join(lab.directory, 'acks')
    writeFileSync(log, '')
    const loader = await lab.hostOn(lan, BRIDGE, 'loader')
    const generator = loader.start('dhcp-load', [await cProgram('dhcp-load'), '-i', 'eth0', '-o', '1', '-c', '9000', '-k', '64', '-H', '-s', '20', '-t', '500', '-a', log])
    const more = (than: number): Promise<true> => eventually(`more than ${than} ACKs`, async () => (acknowledged(log).size > than ? true : undefined), 20_000)
    await more(300)
    await kill(worker)
    await more(acknowledged(log).size + 300)
    generator.kill('SIGKILL')
    await generator.ended
    const promised = acknowledged(log)
    const bound = new Map((await appliance.list<LeaseView>('/leases?state=bound')).map(lease => [lease.mac, lease.address]))
    expect([...promised].filter(([mac, address]) => bound.get(mac) !== address)).toEqual([])
    expect(new Set(bound.values()).size).toBe(bound.size)
    await appliance.stop()
  })
})
