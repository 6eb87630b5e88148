/**
 * ISC dhcrelay between two networks and the appliance: clients – hall, yard – relay – br0 – the appliance. The hall is a
 * shared network of two subnets whose relay address is in neither of them; the yard is one subnet with a pool for a
 * port of the relay (option 82) and one for the others.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFailed, test } from 'vitest'
import type { ClassView, DecisionView, LeaseView, SegmentView } from '../../services/index.ts'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { dig } from './dig.ts'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'
import { APPLIANCE, eventually, openWorld, showOnFailure, staticHost, type World } from './world.ts'

/** The relay's address on br0, by which the appliance reaches the clients. */
const UPSTREAM = '10.53.0.5'
/** giaddr of the hall, and that of the yard. */
const HALL_RELAY = '10.61.255.1'
const YARD_RELAY = '10.61.0.1'

let world: World
let relay: Host
let program: Program
let portClass: ClassView

const host = (link: 'hall' | 'yard', name: string): Promise<Host> => world.lab.hostOn(relay, link, name)
const macOf = async (on: Host): Promise<string> => (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
const lease = (address: string): Promise<LeaseView> => world.appliance.get(`/leases/${address}`)
const decisionsOf = async (on: Host): Promise<readonly DecisionView[]> => world.appliance.list(`/decisions?mac=${await macOf(on)}`)
const stepsOf = (decisions: readonly DecisionView[]): readonly string[] => decisions.flatMap(({ steps }) => steps.map(({ text }) => text))

/** A router between the three networks, with a relay agent that adds option 82: the circuit is the link's name. */
async function openRelay(): Promise<void> {
  relay = await staticHost(world, 'relay', UPSTREAM)
  await relay.bridge('hall')
  await relay.bridge('yard')
  await relay.address('hall', `${HALL_RELAY}/32`)
  await relay.address('hall', '10.60.0.1/24')
  await relay.address('hall', '10.60.1.1/24')
  await relay.address('yard', `${YARD_RELAY}/24`)
  await relay.succeed(['sysctl', '-qw', 'net.ipv4.ip_forward=1'])
  program = relay.start('dhcrelay', [
    'dhcrelay', '-4', '-d', '--no-pid', '-a', '-id', 'hall', '-id', 'yard', '-iu', 'eth0', APPLIANCE,
  ])
  await program.line(/Sending on {3}Socket/)
}

async function configure(): Promise<void> {
  const { appliance } = world
  await appliance.post('/routes', { prefix: '10.60.0.0/15', gateway: UPSTREAM })
  const hall = await appliance.post<SegmentView>('/segments', { name: 'hall', relays: [HALL_RELAY], domain: 'lab.internal' })
  const subnet = (prefix: string, segmentId: number | null): Promise<{ readonly id: number }> =>
    appliance.post('/subnets', {
      prefix, segmentId, domain: 'lab.internal', options: { routers: [prefix.replace('.0/24', '.1')], 'domain-name-servers': [APPLIANCE] },
    })
  const small = await subnet('10.60.0.0/24', hall.id)
  const large = await subnet('10.60.1.0/24', hall.id)
  const yard = await subnet('10.61.0.0/24', null)
  await appliance.post('/pools', { subnetId: small.id, first: '10.60.0.100', last: '10.60.0.100' })
  await appliance.post('/pools', { subnetId: large.id, first: '10.60.1.100', last: '10.60.1.109' })
  portClass = await appliance.post('/classes', { name: 'yard-port', test: 'relay.circuit-id == "yard"', options: { 'ntp-servers': ['10.61.0.9'] } })
  await appliance.post('/pools', { subnetId: yard.id, first: '10.61.0.100', last: '10.61.0.149', deny: ['yard-port'] })
  await appliance.post('/pools', { subnetId: yard.id, first: '10.61.0.150', last: '10.61.0.199', allow: ['yard-port'] })
}

describeLab('clients behind ISC dhcrelay', () => {
  beforeAll(async () => {
    world = await openWorld()
    await openRelay()
    await configure()
  })
  afterAll(() => world.lab.close())
  beforeEach(() => {
    showOnFailure(world)
    const from = program.mark()
    onTestFailed(() => console.error(program.lines.slice(from).join('\n')))
  })

  describe.each(['udhcpc', 'dhclient', 'dhcpcd'] as const)('%s in the yard', kind => {
    let on: Host
    let client: DhcpClient
    let address: string

    test('gets an address of the pool for its port, and what the class of the port says', async () => {
      on = await host('yard', `${kind}-yard`)
      const [started, binding] = await DhcpClient.bind(on, kind, { hostName: `${kind}-yard` })
      client = started
      address = binding.address
      expect(address).toMatch(/^10\.61\.0\.1[5-9]\d$/)
      expect(binding).toMatchObject({ routers: YARD_RELAY, dns: APPLIANCE, domain: 'lab.internal', server: APPLIANCE })
      expect(await lease(address)).toMatchObject({ state: 'bound', mac: await macOf(on), subnet: '10.61.0.0/24' })
    })

    test('reaches the appliance through the router, and has a name', async () => {
      await eventually('ping', async () => ((await on.run(['ping', '-c1', '-W1', APPLIANCE])).code === 0 ? true : undefined))
      expect((await dig(on, APPLIANCE, `${kind}-yard.lab.internal`, 'A')).data).toEqual([address])
    })

    test('explain says by which relay it came, and which class it is in', async () => {
      const { stdout, code } = await world.appliance.command('explain', address)
      expect(code).toBe(0)
      expect(stdout).toContain(`because it holds the relay ${YARD_RELAY}`)
      expect(stdout).toContain('yard-port')
    })

    test('gives it back by unicast', async () => {
      await client.release()
      await eventually('release', async () => ((await lease(address)).state === 'released' ? true : undefined))
    })
  })

  test.each([
    ['udhcpc', 'renews by unicast through the router', (address: string) => `the client wrote to us directly from ${address}`],
    // It rebinds when asked for a renewal.
    ['dhcpcd', 'rebinds by broadcast through the relay', () => `it holds the relay ${YARD_RELAY}`],
  ] as const)('%s %s, and keeps its address', async (kind, _how, step) => {
    const on = await host('yard', `${kind}-renewing`)
    const [client, first] = await DhcpClient.bind(on, kind)
    const before = await lease(first.address)
    const heard = new Set((await decisionsOf(on)).map(({ id }) => id))
    expect(await client.renew()).toMatchObject({ address: first.address, server: APPLIANCE })
    expect(Date.parse((await lease(first.address)).renewedAt)).toBeGreaterThan(Date.parse(before.renewedAt))
    const later = await eventually('reasons', async () => {
      const fresh = (await decisionsOf(on)).filter(({ id }) => !heard.has(id))
      // dhcrelay passes on what it overhears too, so one request may come in both ways.
      const found = fresh.filter(({ steps }) => steps.some(({ text }) => text.includes(step(first.address))))
      return found.length > 0 ? found : undefined
    })
    expect(later.map(({ received, sent }) => `${received} ${sent}`)).toContain('REQUEST ACK')
    await client.vanish()
  })

  test('a class that fits no more: the next client gets an address of the other pool', async () => {
    const change = (circuit: string): Promise<{ readonly status: number }> =>
      world.appliance.rest('PATCH', `/classes/${portClass.id}`, { test: `relay.circuit-id == "${circuit}"` })
    expect(await change('cellar')).toMatchObject({ status: 200 })
    const [client, binding] = await DhcpClient.bind(await host('yard', 'elsewhere'), 'udhcpc')
    expect(binding.address).toMatch(/^10\.61\.0\.1[0-4]\d$/)
    expect(await change('yard')).toMatchObject({ status: 200 })
    await client.vanish()
  })

  test('a host by the port of the relay: whoever is plugged in there has its address', async () => {
    const { id } = await world.appliance.post<{ readonly id: number }>('/hosts', { name: 'gate', addresses: ['10.61.0.20'], identifiers: [{ kind: 'circuit-id', value: 'yard' }] })
    const on = await host('yard', 'gatekeeper')
    const [client, binding] = await DhcpClient.bind(on, 'udhcpc', { hostName: 'anything' })
    expect(binding.address).toBe('10.61.0.20')
    expect(await lease('10.61.0.20')).toMatchObject({ name: 'gate.lab.internal' })
    await client.release()
    expect(await world.appliance.rest('DELETE', `/hosts/${id}`)).toMatchObject({ status: 204 })
  })

  test('the hall, a shared network: who comes when the first subnet is full gets an address of the second', async () => {
    const first = await host('hall', 'first')
    const [client, one] = await DhcpClient.bind(first, 'udhcpc')
    expect(one).toMatchObject({ address: '10.60.0.100', routers: '10.60.0.1' })
    const second = await host('hall', 'second')
    const [other, two] = await DhcpClient.bind(second, 'udhcpc')
    expect(two).toMatchObject({ address: expect.stringMatching(/^10\.60\.1\.10\d$/) as string, routers: '10.60.1.1' })
    expect(stepsOf(await decisionsOf(second))).toContainEqual(expect.stringContaining(`the relay ${HALL_RELAY}`))
    // Each renews in its own subnet, although the relay's address is in neither.
    for (const [speaking, binding] of [[client, one], [other, two]] as const) {
      expect(await speaking.renew()).toMatchObject({ address: binding.address })
    }
    await client.vanish()
    await other.vanish()
  })

  test('a client that was moved from the yard to the hall is refused its old address, and gets one of the hall', async () => {
    const on = await host('yard', 'moved')
    const [client, before] = await DhcpClient.bind(on, 'dhcpcd')
    expect(before.address).toMatch(/^10\.61\.0\./)
    await client.vanish()
    const mac = await macOf(on)
    await on.succeed(['ip', 'link', 'delete', 'eth0'])
    await world.lab.cable(on, 'eth0', relay, 'hall', mac)
    const [again, after] = await DhcpClient.bind(on, 'dhcpcd')
    expect(after.address).toMatch(/^10\.60\.1\.10\d$/)
    // Decisions are stored a moment later than leases.
    await eventually('the NAK', async () => ((await decisionsOf(on)).some(({ sent }) => sent === 'NAK') ? true : undefined))
    await again.vanish()
  })

  test('a relay that nobody has configured gets no answer, and the reason is kept', async () => {
    await relay.bridge('attic')
    await relay.address('attic', '10.99.0.1/24')
    const stray = relay.start('dhcrelay for the attic', ['dhcrelay', '-4', '-d', '--no-pid', '-a', '-id', 'attic', '-iu', 'eth0', APPLIANCE])
    await stray.line(/Sending on {3}Socket/)
    const on = await world.lab.hostOn(relay, 'attic', 'attic-client')
    const client = DhcpClient.start(on, 'udhcpc')
    const found = await eventually('a decision', async () => (await decisionsOf(on))[0])
    expect(found).toMatchObject({ sent: 'none' })
    expect(stepsOf([found])).toContain('no answer: no subnet holds the relay 10.99.0.1')
    await client.vanish()
    await stray.stop()
  })
})
