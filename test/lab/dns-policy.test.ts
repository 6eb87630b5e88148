/** Policies with real lists: from a web server, typed in, and as policy zones from Knot and BIND; through everything that may go wrong. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DnsPolicyView, ListView, Page, PolicyCheckView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { bindPeer, knotPeer } from './transfer-peers.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

const UPSTREAM = '10.53.0.70'
const WEB = '10.53.0.71'
const LIST_URL = `http://${WEB}:8080/ads.txt`
const START = ['--bridge', BRIDGE, '--upstreams', UPSTREAM, '--upstream-path', 'stack']

let world: World
let grown: Host
let child: Host
let web: { readonly program: Program; readonly directory: string }
const taproot = async (...words: readonly string[]): Promise<string> => {
  const { stdout, stderr, code } = await world.appliance.command(...words)
  if (code !== 0) throw new Error(`taproot ${words.join(' ')}: ${stderr}`)
  return stdout
}
/** "NXDOMAIN", or the data of the answer. */
async function ask(host: Host, name: string, type = 'A'): Promise<string> {
  const { status, data } = await dig(host, APPLIANCE, name, type)
  return status === 'NOERROR' && data.length > 0 ? data.join(' ') : String(status)
}
const listed = (name: string): Promise<ListView> => world.appliance.get<ListView>(`/dns/lists/${name}`)

async function names(host: Host): Promise<void> {
  const records = ['www', 'tracker', 'ads', 'good.ads', 'zoned'].map((name, i) => `--host-record=${name}.example.com,198.51.100.${i + 1},45`)
  const program = host.start('upstream', [
    'dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', `--listen-address=${UPSTREAM}`, '--bind-interfaces', ...records,
    '--cname=cloaked.example.com,tracker.example.com', '--host-record=inside.example.com,10.53.0.99,45', '--local=/example.com/', '--log-facility=-',
    '--user=root', '--pid-file=',
  ])
  await program.line(/started, version/)
}

async function serveList(host: Host): Promise<typeof web> {
  const directory = join(host.directory, 'web')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'ads.txt'), '# ads\n0.0.0.0 ads.example.com\n||tracker.example.com^\n/regular expression/\n')
  const program = host.start('web', ['python3', '-u', '-m', 'http.server', '8080', '--bind', WEB, '--directory', directory])
  await program.line(/Serving HTTP/)
  return { program, directory }
}

describeLab('policies', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const far = await lab.hostOn(lan, BRIDGE, 'upstream')
    await far.address('eth0', `${UPSTREAM}/24`)
    await names(far)
    const site = await lab.hostOn(lan, BRIDGE, 'web')
    await site.address('eth0', `${WEB}/24`)
    web = await serveList(site)
    const appliance = await Appliance.start(lan, { arguments: START })
    world = { lab, lan, appliance }
    grown = await staticHost(world, 'grown', '10.53.0.50')
    child = await staticHost(world, 'child', '10.53.0.60')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  test('a list from a web server blocks for the clients of its policy, and for nobody else', async () => {
    expect([await ask(child, 'ads.example.com'), await ask(grown, 'ads.example.com')]).toEqual(['198.51.100.3', '198.51.100.3'])
    await taproot('policy', 'set', 'kids', '--address', '10.53.0.60')
    await taproot('list', 'add', 'ads', '--url', LIST_URL, '--policy', 'kids')
    await eventually('the list counts', async () => ((await listed('ads')).state === 'loaded' ? true : undefined))
    expect([await ask(child, 'ads.example.com'), await ask(grown, 'ads.example.com')]).toEqual(['NXDOMAIN', '198.51.100.3'])
    expect(await listed('ads')).toMatchObject({ entries: 2, notUnderstood: 1, notes: [{ line: 4 }], hits: 1, policies: ['kids'] })
    expect((await dig(child, APPLIANCE, 'ads.example.com')).text).toMatch(/EDE: 15 \(Blocked\).*ads/)
  })

  test('what hides behind an alias is blocked too', async () => {
    expect([await ask(child, 'cloaked.example.com'), await ask(grown, 'cloaked.example.com')]).toEqual(['NXDOMAIN', 'tracker.example.com. 198.51.100.2'])
  })

  test('an exception goes before a block, and single rules before lists', async () => {
    await taproot('block', 'www.example.com', '--policy', 'kids')
    await taproot('allow', 'tracker.example.com')
    expect([await ask(child, 'www.example.com'), await ask(grown, 'www.example.com'), await ask(child, 'tracker.example.com')]).toEqual(['NXDOMAIN', '198.51.100.1', '198.51.100.2'])
    expect(await taproot('policy', 'check', 'tracker.example.com', '--client', '10.53.0.60')).toMatch(/^allow by @@\|\|tracker\.example\.com\^ of the list rules/)
    await taproot('rule', 'remove', 'tracker.example.com')
    expect(await ask(child, 'tracker.example.com')).toBe('NXDOMAIN')
  })

  test('a new version of the list counts when it is refreshed; one that fails leaves the old', async () => {
    writeFileSync(join(web.directory, 'ads.txt'), 'ads.example.com\ntracker.example.com\ngone.example.com\n')
    expect(await taproot('list', 'refresh', 'ads')).toBe('the list ads is loaded with 3 entries\n')
    writeFileSync(join(web.directory, 'ads.txt'), '<!doctype html><title>Log in</title>')
    expect(await taproot('list', 'refresh', 'ads')).toBe('the list ads is loaded, failing: it is a web page and no list\n')
    expect([await ask(child, 'ads.example.com'), (await listed('ads')).entries]).toEqual(['NXDOMAIN', 3])
    expect((await world.appliance.command('health')).stdout).toMatch(/lists\s+degraded\s+not up to date: ads \(it is a web page and no list\)/)
  })

  test('a pause lifts everything, also what was answered before, until it is ended', async () => {
    expect(await ask(child, 'ads.example.com')).toBe('NXDOMAIN')
    await taproot('pause', '10', '--policy', 'kids')
    expect([await ask(child, 'ads.example.com'), await ask(child, 'www.example.com')]).toEqual(['198.51.100.3', '198.51.100.1'])
    await taproot('resume')
    expect([await ask(child, 'ads.example.com'), await ask(child, 'www.example.com')]).toEqual(['NXDOMAIN', 'NXDOMAIN'])
  })

  test.each([knotPeer, bindPeer])('a policy zone that is copied from $name decides, and so does its next version', async peer => {
    const address = peer === knotPeer ? '10.53.0.80' : '10.53.0.81'
    const zone = `rpz.${peer.name}`
    const host = await world.lab.hostOn(world.lan, BRIDGE, peer.name)
    await host.address('eth0', `${address}/24`)
    const key = (await taproot('tsig-key', 'add', `${peer.name}.key`)).trim()
    const remote = await peer.start({ host, address, appliance: APPLIANCE, key, own: zone, copied: `copy.${peer.name}` })
    await taproot('zone', 'secondary', zone, '--from', `${address},${peer.name}.key`)
    await taproot('list', 'add', peer.name, '--zone', zone, '--policy', 'default')
    expect(await ask(grown, 'zoned.example.com')).toBe('198.51.100.5')
    remote.change(2, ['zoned.example.com IN CNAME .', `*.${peer.name}.example IN A 10.9.9.9`])
    await eventually('the zone decides', async () => ((await ask(grown, 'zoned.example.com')) === 'NXDOMAIN' ? true : undefined), 20_000)
    expect(await ask(grown, `any.${peer.name}.example`)).toBe('10.9.9.9')
    remote.change(3, ['zoned.example.com IN CNAME rpz-passthru.'])
    await eventually('its next version does', async () => ((await ask(grown, 'zoned.example.com')) === '198.51.100.5' ? true : undefined), 20_000)
    const { items } = await world.appliance.get<Page<DnsPolicyView>>('/dns/policies')
    const policies = items.map(({ active: _, paused: __, pausedUntil: ___, ...input }) => ({ ...input, lists: input.lists.filter(list => list !== peer.name) }))
    expect((await world.appliance.rest('PUT', '/dns/policies', { policies })).status).toBe(200)
    await taproot('list', 'remove', peer.name)
  })

  test('all of it counts after kill -9 with the web server gone, also a pause that has not ended', async () => {
    await taproot('block', 'zoned.example.com')
    await taproot('host-group', 'set', 'theirs', '10.53.0.61')
    web.program.kill('SIGTERM')
    await web.program.ended
    await world.appliance.killHard()
    world.appliance = await Appliance.start(world.lan, { arguments: START, data: world.appliance.data })
    await eventually('the stored list counts', async () => ((await ask(child, 'ads.example.com')) === 'NXDOMAIN' ? true : undefined), 20_000)
    expect([await ask(grown, 'ads.example.com'), await ask(grown, 'zoned.example.com'), await ask(child, 'www.example.com')]).toEqual(['198.51.100.3', 'NXDOMAIN', 'NXDOMAIN'])
    expect(await taproot('list', 'refresh', 'ads')).toMatch(/^the list ads is loaded, failing: no connection/)
    expect(await ask(child, 'ads.example.com')).toBe('NXDOMAIN')
    expect(await taproot('host-group', 'list')).toMatch(/theirs\t10\.53\.0\.61/)
    await taproot('pause')
    await world.appliance.killHard()
    world.appliance = await Appliance.start(world.lan, { arguments: START, data: world.appliance.data })
    expect([await ask(child, 'www.example.com'), await ask(grown, 'zoned.example.com')]).toEqual(['198.51.100.1', '198.51.100.5'])
    await taproot('resume')
    expect(await ask(child, 'www.example.com')).toBe('NXDOMAIN')
    const check = await world.appliance.get<PolicyCheckView>('/dns/policy/check?name=www.example.com&client=10.53.0.60')
    expect(check).toMatchObject({ policy: 'kids', decision: { action: 'nxdomain', list: 'rules of kids' } })
  })
})
