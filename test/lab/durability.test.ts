/** Power loss: kill -9 amid a load of new clients. Whoever has heard an ACK has a lease after the restart. */
import { readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { LeaseView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { lookUp } from './dig.ts'
import type { Host } from './netns.ts'
import { cProgram } from './programs.ts'
import { APPLIANCE, BRIDGE, openWorld, showOnFailure, type World } from './world.ts'

const CLIENTS = 6_000
const OPTIONS = {
  arguments: ['--address', '10.53.0.2/16', '--pool', '10.53.16.0-10.53.63.255', '--probe', 'no'],
}

let world: World
let loader: Host

/** ACKs that the load generator has logged whole: address by MAC. */
function acknowledged(path: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return new Map(lines.map(line => {
    const [address = '', mac = ''] = line.split(' ')
    return [mac, address] as const
  }))
}

/** Resolves when the log has so many lines. */
const logged = (path: string, lines: number): Promise<void> =>
  new Promise(resolve => {
    const watcher = watch(path, () => {
      if (acknowledged(path).size < lines) return
      watcher.close()
      resolve()
    })
  })

const load = async (path: string, first: number): Promise<readonly string[]> =>
  [
    await cProgram('dhcp-load'), '-i', 'eth0', '-o', String(first), '-c', String(CLIENTS), '-k', '128', '-H', '-s',
    '20', '-t', '500', '-a', path,
  ]

describeLab('kill -9 under load', () => {
  beforeAll(async () => {
    world = await openWorld(OPTIONS)
    loader = await world.lab.hostOn(world.lan, BRIDGE, 'loader')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each([
    [1, 300],
    [2, 1_500],
    [3, 3_000],
  ])('round %i, after %i ACKs: every acknowledged lease is there after the restart', async (round, acks) => {
    const log = join(world.lab.directory, `acks-${round}`)
    writeFileSync(log, '')
    const enough = logged(log, acks)
    const generator = loader.start('dhcp-load', await load(log, round * 10_000))
    await enough
    await world.appliance.killHard()
    generator.kill('SIGKILL')
    await generator.ended
    const promised = acknowledged(log)
    expect(promised.size).toBeGreaterThanOrEqual(acks)
    expect(promised.size).toBeLessThan(CLIENTS)

    world.appliance = await Appliance.start(
      world.lan, { ...OPTIONS, arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', ...OPTIONS.arguments] },
    )
    const bound = new Map(
      (await world.appliance.list<LeaseView>('/leases?state=bound')).map(lease => [lease.mac, lease]),
    )
    const missing = [...promised].filter(([mac, address]) => bound.get(mac)?.address !== address)
    expect(missing).toEqual([])

    for (const [mac, address] of [...promised].slice(-3)) {
      const lease = bound.get(mac)
      expect(lease?.name).toBe(`${lease?.hostName}.lab.internal`)
      expect(await lookUp(world.lan, APPLIANCE, lease?.name ?? '')).toEqual([address])
    }
  })

  test('no address is held by two', async () => {
    const bound = await world.appliance.list<LeaseView>('/leases?state=bound')
    expect(new Set(bound.map(lease => lease.address)).size).toBe(bound.length)
    expect(new Set(bound.map(lease => lease.mac)).size).toBe(bound.length)
  })
})
