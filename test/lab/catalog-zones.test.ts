/** Catalogs: ours followed by BIND and by Knot, and Knot's followed by us. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { Appliance } from './appliance.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { ownZone } from './transfer-peers.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

const BIND = '10.53.0.31'
const KNOT = '10.53.0.32'
const CATALOG = 'catalog.internal'
const KNOTS = 'catalog.knot'
const PATIENCE_MS = 15_000

let world: World
let client: Host
let knotDirectory: string
let knotPid: number

const answered = (server: string, name: string, address: string): Promise<unknown> =>
  eventually(`${name} at ${server}`, async () => ((await dig(client, server, '+norecurse', name, 'A')).data.includes(address) ? true : undefined), PATIENCE_MS)
/** REFUSED, or NXDOMAIN where the parent is a name for local use. */
const gone = (server: string, name: string): Promise<unknown> =>
  eventually(`no ${name} at ${server}`, async () => ((await dig(client, server, '+norecurse', name, 'A')).status !== 'NOERROR' ? true : undefined), PATIENCE_MS)

async function startBind(host: Host): Promise<void> {
  const directory = mkdtempSync(join(host.directory, 'bind-'))
  writeFileSync(join(directory, 'named.conf'), `
options {
  directory "${directory}"; listen-on { ${BIND}; }; listen-on-v6 { none; }; pid-file none; lock-file none;
  session-keyfile "${directory}/session.key"; recursion no; dnssec-validation no; notify no;
  catalog-zones { zone "${CATALOG}" default-primaries { ${APPLIANCE}; } in-memory yes min-update-interval 1s; };
};
controls { };
zone "${CATALOG}" { type secondary; primaries { ${APPLIANCE}; }; file "${directory}/catalog.zone"; };
`)
  await host.start('named', ['named', '-g', '-n', '1', '-c', join(directory, 'named.conf')]).line(/all zones loaded/, 0, 60_000)
}

/** Follows our catalog, and produces one of its own of the zones given. */
function knotConfig(directory: string, listed: readonly string[]): string {
  return `
server:
    rundir: "${directory}"
    listen: ${KNOT}@53
log:
  - target: stdout
    any: info
database:
    storage: "${directory}"
remote:
  - id: appliance
    address: ${APPLIANCE}@53
acl:
  - id: appliance
    address: ${APPLIANCE}
    action: [transfer, notify]
template:
  - id: default
    storage: "${directory}"
  - id: followed
    storage: "${directory}"
    master: appliance
    acl: appliance
  - id: listed
    storage: "${directory}"
    acl: appliance
    notify: appliance
    catalog-role: member
    catalog-zone: ${KNOTS}.
    catalog-group: branch
zone:
  - domain: ${CATALOG}.
    master: appliance
    acl: appliance
    catalog-role: interpret
    catalog-template: followed
  - domain: ${KNOTS}.
    acl: appliance
    notify: appliance
    catalog-role: generate
${listed.map(zone => `  - domain: ${zone}.\n    template: listed\n    file: "${join(directory, zone)}"`).join('\n')}
`
}

async function startKnot(host: Host): Promise<void> {
  knotDirectory = mkdtempSync(join(host.directory, 'knot-'))
  for (const [i, zone] of ['k1.internal', 'k2.internal'].entries()) writeFileSync(join(knotDirectory, zone), ownZone(zone, KNOT, 1, [`www IN A 10.9.0.${i + 1}`]))
  writeFileSync(join(knotDirectory, 'knot.conf'), knotConfig(knotDirectory, ['k1.internal']))
  const program = host.start('knotd', ['knotd', '-c', join(knotDirectory, 'knot.conf')])
  await program.line(/server started/, 0, 60_000)
  knotPid = program.pid
}

describeLab('catalogs', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const files = ['a.internal', 'b.internal'].map((zone, i) => {
      writeFileSync(join(lan.directory, zone), ownZone(zone, APPLIANCE, 1, [`www IN A 10.8.0.${i + 1}`]))
      return `${zone}=${join(lan.directory, zone)}`
    })
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--serve-beside-others', 'yes', '--zone-file', files.join(',')] })
    world = { lab, lan, appliance }
    client = await staticHost(world, 'client', '10.53.0.50')
    await appliance.command('catalog', 'produce', CATALOG)
    await appliance.command('zone', 'transfers', CATALOG, '--address', '10.53.0.0/24')
    await appliance.command('zone', 'notify', CATALOG, '--to', BIND, '--to', KNOT)
    await appliance.command('catalog', 'add', CATALOG, 'a.internal')
    await startBind(await staticHost(world, 'bind', BIND))
    await startKnot(await staticHost(world, 'knot', KNOT))
  }, 120_000)
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('BIND and Knot follow ours: zones that are listed, at once; then others', async () => {
    for (const server of [BIND, KNOT]) await answered(server, 'www.a.internal', '10.8.0.1')
    await world.appliance.command('catalog', 'add', CATALOG, 'b.internal', '--group', 'branch')
    for (const server of [BIND, KNOT]) await answered(server, 'www.b.internal', '10.8.0.2')
    await world.appliance.command('record', 'add', 'b.internal', 'new', 'A', '10.8.0.9')
    for (const server of [BIND, KNOT]) await answered(server, 'new.b.internal', '10.8.0.9')
    await world.appliance.command('catalog', 'remove', CATALOG, 'a.internal')
    for (const server of [BIND, KNOT]) await gone(server, 'www.a.internal')
  }, 90_000)

  test("we follow Knot's: zones come, and go", async () => {
    await world.appliance.command('zone', 'secondary', KNOTS, '--from', KNOT)
    await world.appliance.command('catalog', 'consume', KNOTS)
    await answered(APPLIANCE, 'www.k1.internal', '10.9.0.1')
    const reload = (listed: readonly string[]): void => {
      writeFileSync(join(knotDirectory, 'knot.conf'), knotConfig(knotDirectory, listed))
      process.kill(knotPid, 'SIGHUP')
    }
    reload(['k1.internal', 'k2.internal'])
    await answered(APPLIANCE, 'www.k2.internal', '10.9.0.2')
    const { stdout } = await world.appliance.command('catalog', 'show', KNOTS)
    expect(stdout).toMatch(/k1\.internal\s+branch/)
    reload(['k2.internal'])
    await gone(APPLIANCE, 'www.k1.internal')
    await answered(APPLIANCE, 'www.k2.internal', '10.9.0.2')
  }, 90_000)
})
