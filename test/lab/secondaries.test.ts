/** Zones copied both ways between the appliance and BIND, Knot and NSD: AXFR, IXFR, NOTIFY, all of it signed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { bindPeer, knotPeer, nsdPeer, ownZone, type RunningPeer } from './transfer-peers.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

const OURS = 'ours.internal'
const PEERS = [[bindPeer, '10.53.0.31'], [knotPeer, '10.53.0.32'], [nsdPeer, '10.53.0.33']] as const
/** NSD waits up to so long before it reads a zone anew or asks again. */
const PATIENCE_MS = 20_000

let world: World
let client: Host
const running = new Map<string, RunningPeer>()

/** The address that a server has for a name, as soon as it has this one. */
const answered = (server: string, name: string, address: string): Promise<unknown> =>
  eventually(`${name} at ${server}`, async () => ((await dig(client, server, '+norecurse', name, 'A')).data.includes(address) ? true : undefined), PATIENCE_MS)

/** What both give out by AXFR, signatures aside, in one order. */
async function contents(server: string, zone: string, key: string): Promise<readonly string[]> {
  const { stdout } = await client.run(['dig', `@${server}`, '+tries=1', '+time=10', '-y', key, zone, 'AXFR', '+noall', '+answer'])
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith(';') && !line.includes('TSIG')).map((line) => line.replaceAll(/\s+/g, ' ')).sort()
}

describeLab('secondaries and primaries', () => {
  let key: string

  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const file = join(lan.directory, 'ours.zone')
    const hosts = Array.from({ length: 2000 }, (_, i) => `h${i} IN A 10.${i >> 8}.${i & 255}.1`)
    writeFileSync(file, ownZone(OURS, APPLIANCE, 100, ['MiXed IN MX 10 Mail.Example.', '*.wild IN TXT "any thing"', 'srv IN SRV 1 2 3 Host', 'odd IN TYPE65400 \\# 2 ABCD', ...hosts]))
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', `${OURS}=${file}`] })
    world = { lab, lan, appliance }
    client = await staticHost(world, 'client', '10.53.0.50')
    key = (await appliance.command('tsig-key', 'add', 'transfer.lab.internal')).stdout.trim()
    await appliance.command('zone', 'transfers', OURS, '--key', 'transfer.lab.internal')
    await appliance.command('zone', 'notify', OURS, ...PEERS.flatMap(([, address]) => ['--to', `${address},transfer.lab.internal`]))
    for (const [peer, address] of PEERS) {
      const host = await staticHost(world, peer.name, address)
      running.set(peer.name, await peer.start({ host, address, appliance: APPLIANCE, key, own: `${peer.name}.internal`, copied: OURS }))
    }
  }, 120_000)
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test.each(PEERS)('$name has the zone of ours, as we have it, and each change at once', async (peer, address) => {
    await answered(address, `h7.${OURS}`, '10.0.7.1')
    await world.appliance.command('record', 'add', OURS, `new-${peer.name}`, 'A', '10.9.9.9')
    await answered(address, `new-${peer.name}.${OURS}`, '10.9.9.9')
    expect((await dig(client, address, '+norecurse', `x.wild.${OURS}`, 'TXT')).data).toEqual(['"any thing"'])
    const told = await eventually('an answer to NOTIFY', async () => {
      const { body } = await world.appliance.rest<{ told: { address: string; outcome: string }[] }>('GET', `/zones/${OURS}/notify`)
      return body.told.find((each) => each.address === address && each.outcome !== 'waiting')
    })
    expect(told.outcome).toBe('answered')
  }, 60_000)

  test.each(PEERS)('we have the zone of $name, as it has it, and each change at once', async (peer, address) => {
    const zone = `${peer.name}.internal`
    await world.appliance.command('zone', 'secondary', zone, '--from', `${address},transfer.lab.internal`)
    await answered(APPLIANCE, `www.${zone}`, '10.9.0.1')
    await world.appliance.command('zone', 'transfers', zone, '--key', 'transfer.lab.internal')
    expect(await contents(APPLIANCE, zone, key)).toEqual(await contents(address, zone, key))
    const from = world.appliance.program.mark()
    running.get(peer.name)?.change(2, ['www IN A 10.9.0.2', 'Letters IN CNAME WWW', 'text IN TXT "a\\"b" "c;d"', 'odd IN TYPE65400 \\# 3 010203'])
    await answered(APPLIANCE, `www.${zone}`, '10.9.0.2')
    expect(await contents(APPLIANCE, zone, key)).toEqual(await contents(address, zone, key))
    const said = await world.appliance.program.line(new RegExp(`secondary\\.transferred.*${zone}`), from)
    // NSD keeps no changes of files that it reads.
    expect(said).toContain(`"form":"${peer.name === 'nsd' ? 'whole' : 'changes'}"`)
    expect((await dig(client, APPLIANCE, '+norecurse', zone, 'SOA')).flags).toContain('aa')
  }, 60_000)

  test('the whole zone by force; and after a restart it is served at once', async () => {
    const from = world.appliance.program.mark()
    await world.appliance.command('zone', 'refresh', 'knot.internal', '--full')
    await world.appliance.program.line(/secondary\.transferred.*"form":"whole"/, from)
    const { data, host } = world.appliance
    const outcome = await world.appliance.command('zone', 'secondary', 'knot.internal')
    expect(outcome.stdout).toMatch(/knot\.internal is copied from 10\.53\.0\.32#53 \(transfer\.lab\.internal\): serial 2/)
    for (const peer of running.values()) await peer.program.stop()
    await world.appliance.stop()
    world.appliance = await Appliance.start(host, { data, arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes'] })
    expect((await dig(client, APPLIANCE, '+norecurse', 'www.knot.internal', 'A')).data).toEqual(['10.9.0.2'])
  }, 60_000)

  test('promoted, it is changed here', async () => {
    expect((await world.appliance.rest('POST', '/zones/knot.internal/records', { name: 'x', type: 'A', data: '10.1.1.1' })).status).toBe(409)
    await world.appliance.command('zone', 'promote', 'knot.internal')
    await world.appliance.command('record', 'add', 'knot.internal', 'x', 'A', '10.1.1.1')
    expect((await dig(client, APPLIANCE, '+norecurse', 'x.knot.internal', 'A')).data).toEqual(['10.1.1.1'])
  })
})
