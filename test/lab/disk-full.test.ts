/** The data directory's file system runs full while the appliance works: nobody is told what is not on disk. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HealthView, LeaseView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { Lab } from './netns.ts'
import { BRIDGE, eventually, showOnFailure, type World } from './world.ts'

/** Room for the databases at their start and little more. */
const DISK_OCTETS = 4 * 1024 * 1024

let world: World | undefined
let disk: string

/** Takes what is left of the file system, to the last octet. */
function fill(): void {
  for (const chunk of [65_536, 4_096, 512, 1]) {
    try {
      for (;;) writeFileSync(join(disk, 'ballast'), Buffer.alloc(chunk), { flag: 'a' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}

const health = async (appliance: Appliance): Promise<HealthView> => (await appliance.rest<HealthView>('GET', '/health')).body
const macOf = async (host: { succeed(argv: readonly string[]): Promise<string> }): Promise<string> =>
  (await host.succeed(['cat', '/sys/class/net/eth0/address'])).trim()

describeLab('a disk that runs full', () => {
  beforeAll(async () => {
    // Before the host, which sees what was mounted when it was made.
    disk = mkdtempSync(join(tmpdir(), 'taproot-disk-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_OCTETS}`, 'taproot-lab', disk])
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, { data: join(disk, 'data'), arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes'] })
    world = { lab, lan, appliance }
  })
  afterAll(async () => {
    await world?.lab.close()
    execFileSync('umount', [disk])
    rmdirSync(disk)
  })
  beforeEach(() => world !== undefined && showOnFailure(world))

  test('no lease is acknowledged, health turns red, REST refuses changes; with space again all goes on and nothing is lost', async () => {
    const { lab, lan, appliance } = world as World
    const [, first] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'first'), 'udhcpc', { hostName: 'first' })
    fill()
    const host = await lab.hostOn(lan, BRIDGE, 'second')
    const second = DhcpClient.start(host, 'udhcpc', { hostName: 'second' })
    const red = await eventually('red health', async () => {
      const now = await health(appliance)
      return now.status === 'failing' ? now : undefined
    }, 20_000)
    expect(red.checks.find((check) => check.name === 'storage')).toMatchObject({ status: 'failing', detail: expect.stringContaining('full') })
    expect((await appliance.list<LeaseView>(`/leases?mac=${encodeURIComponent(await macOf(host))}`)).filter((l) => l.state === 'bound')).toEqual([])
    const refused = await appliance.rest('POST', '/zones/lab.internal/records', { name: 'www', type: 'A', data: '10.53.0.30' })
    expect(refused.status).toBe(503)
    expect(await appliance.list('/zones/lab.internal/records?name=www')).toEqual([])

    rmSync(join(disk, 'ballast'))
    const binding = await second.bound()
    expect(binding.address).not.toBe(first.address)
    const bound = await appliance.list<LeaseView>('/leases?state=bound')
    expect(bound.map((l) => l.address).sort()).toEqual([first.address, binding.address].sort())
    const green = await health(appliance)
    expect(green.status).not.toBe('failing')
    expect(green.checks.find((check) => check.name === 'storage')).toMatchObject({ status: 'ok' })
  })
})
