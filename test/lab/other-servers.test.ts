/** A bridge on which somebody else's DHCP server answers: found, yielded to, listed; and served beside it when told to. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DecisionView, HealthView, OtherServerView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { startServer, type ServedNetwork } from './dhcp-servers.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { BRIDGE, eventually } from './world.ts'

/** Of the appliance's own subnet, so that nothing but the policy keeps it from serving. */
const THEIRS: ServedNetwork = { net: '10.53.0', first: 200, last: 220, leaseSeconds: 3600 }

let lab: Lab
let lan: Host
let other: Host
let dnsmasq: Program
let appliance: Appliance

const macOf = async (host: Host): Promise<string> => (await host.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
const seen = (): Promise<readonly OtherServerView[]> => appliance.list<OtherServerView>('/dhcp/servers-seen')
/** Decisions are stored a moment later than what they are about. */
const reasonsFor = async (client: Host): Promise<readonly DecisionView[]> => {
  const path = `/decisions?mac=${encodeURIComponent(await macOf(client))}`
  return eventually('decisions', async () => {
    const found = await appliance.list<DecisionView>(path)
    return found.length > 0 ? found : undefined
  })
}
const check = async (): Promise<HealthView['checks'][number] | undefined> => (await appliance.get<HealthView>('/health')).checks.find(({ name }) => name === 'dhcp-servers')

describeLab('somebody else serves the bridge', () => {
  beforeAll(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    other = await lab.hostOn(lan, BRIDGE, 'other')
    await other.address('eth0', '10.53.0.1/24')
    dnsmasq = await startServer('dnsmasq', other, THEIRS)
    appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--host-address', 'none'] })
  })
  afterAll(() => lab.close())

  test('the appliance stays silent, and says so in health, in the list and in the reasons', async () => {
    const client = await lab.hostOn(lan, BRIDGE, 'first')
    const [, binding] = await DhcpClient.bind(client, 'udhcpc', { hostName: 'first' })
    expect(binding.address).toMatch(/^10\.53\.0\.2\d\d$/)
    await eventually('the list', async () => ((await seen()).length > 0 ? true : undefined))
    expect((await seen())[0]).toMatchObject({ interface: 'taproot0', server: '10.53.0.1', mac: await macOf(other) })
    await eventually('silence', async () => ((await check())?.detail.startsWith('no client is answered on taproot0') === true ? true : undefined))
    expect(await check()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('10.53.0.1') as string })
    const reasons = await reasonsFor(client)
    expect(reasons.every(({ sent }) => sent === 'none')).toBe(true)
    expect(reasons[0]?.steps.at(-1)?.id).toBe('dhcp.silent')
    const listed = await appliance.command('dhcp', 'servers')
    expect(listed.stdout).toContain(`10.53.0.1\t${await macOf(other)}\t`)
    expect(appliance.program.lines.join('\n')).toContain('other-server.silent')
  }, 60_000)

  test('told to, it serves beside it', async () => {
    await appliance.stop()
    appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--host-address', 'none', '--serve-beside-others', 'yes'], data: appliance.data })
    await dnsmasq.stop()
    const [, binding] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'second'), 'udhcpc', { hostName: 'second' })
    expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
  }, 60_000)

  test('a device of our own that is put into their bridge later is noticed: clients are left to them from then on', async () => {
    await appliance.stop()
    dnsmasq = await startServer('dnsmasq', other, THEIRS)
    appliance = await Appliance.start(lan, { arguments: ['--host-address', 'none'], data: join(lan.directory, 'alone') })
    await lan.succeed(['ip', 'link', 'set', 'taproot0', 'master', BRIDGE])
    await appliance.program.line(/other-server\.link-shared/)
    await appliance.program.line(/other-server\.silent/)
    const [, binding] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'theirs'), 'udhcpc', { hostName: 'theirs' })
    expect(binding.address).toMatch(/^10\.53\.0\.2\d\d$/)
    expect(await check()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('no client is answered on taproot0') as string })
    await lan.succeed(['ip', 'link', 'set', 'taproot0', 'nomaster'])
    await appliance.program.line(/other-server\.gone/)
    await dnsmasq.stop()
  }, 60_000)

  test('a rogue that appears later is an event with evidence, and the service goes on', async () => {
    await appliance.stop()
    appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--host-address', 'none'], data: join(lan.directory, 'data') })
    const [, binding] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'third'), 'udhcpc', { hostName: 'third' })
    expect(binding.address).toMatch(/^10\.53\.0\.1\d\d$/)
    dnsmasq = await startServer('dnsmasq', other, THEIRS)
    expect((await appliance.command('dhcp', 'search')).code).toBe(0)
    await appliance.program.line(/other-server\.seen/)
    expect((await seen())[0]).toMatchObject({ server: '10.53.0.1', mac: await macOf(other), how: 'answered-our-search', message: 'OFFER', routers: ['10.53.0.1'] })
    expect(await check()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('other DHCP servers: 10.53.0.1 on taproot0') as string })
    const next = await lab.hostOn(lan, BRIDGE, 'fourth')
    await DhcpClient.bind(next, 'udhcpc', { hostName: 'fourth' })
    // Which of the two a client takes is chance; that we are not silent is not.
    const steps = await eventually('an offer of ours', async () => {
      const ids = (await reasonsFor(next)).flatMap(each => each.steps.map(({ id }) => id))
      return ids.includes('dhcp.probe.sent') ? ids : undefined
    })
    expect(steps).not.toContain('dhcp.silent')
    await dnsmasq.stop()
  }, 60_000)
})
