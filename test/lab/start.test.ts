/** Starting and stopping: devices made and taken away, a TAP of somebody else's, an ordinary user, clear refusals. */
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { NOBODY, openCheckout, type OpenCheckout } from './checkout.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, eventually, GATEWAY } from './world.ts'

let checkout: OpenCheckout
/** Runs a program as nobody, with no capability and no way to get one. */
const asNobody = (): readonly string[] => [
  'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all',
  '--no-new-privs', '--pdeathsig=KILL', 'env', `--chdir=${checkout.directory}`,
]
const REFUSAL_MS = 10_000

let lab: Lab
let lan: Host

const devices = async (): Promise<readonly string[]> =>
  (await lan.succeed(['ip', '-oneline', 'link']))
    .trim()
    .split('\n')
    .map(line => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? '')
    .filter(name => name !== 'lo')

/** Ends with a refusal: not 0, and everything it said. */
async function refused(...args: readonly string[]): Promise<string> {
  const { program } = Appliance.launch(lan, { arguments: args })
  const timer = setTimeout(() => program.kill('SIGKILL'), REFUSAL_MS)
  const { code } = await program.ended
  clearTimeout(timer)
  expect(code).toBeGreaterThan(0)
  return program.lines.join('\n')
}

describeLab('[L4] start and stop', () => {
  beforeAll(() => {
    checkout = openCheckout()
  })
  afterAll(() => checkout.remove())
  beforeEach(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
  })
  afterEach(() => lab.close())

  test('without a bridge: the host has its end of the TAP, and everything is gone after SIGTERM', async () => {
    const appliance = await Appliance.start(lan)
    expect(await devices()).toEqual(['taproot0'])
    expect(await lan.succeed(['ip', '-4', 'address', 'show', 'dev', 'taproot0'])).toContain(`inet ${GATEWAY}/24`)
    await lan.succeed(['ping', '-c1', '-W2', APPLIANCE])
    expect(await appliance.stop()).toEqual({ code: 0, signal: null })
    expect(await devices()).toEqual([])
  })

  test.each([50, 150, 300, 500, 700, 1000])('SIGTERM %i ms after its start: it leaves no device', async moment => {
    const { program } = Appliance.launch(lan)
    await new Promise(resolve => setTimeout(resolve, moment))
    const since = performance.now()
    await program.stop(REFUSAL_MS)
    expect(performance.now() - since).toBeLessThan(5_000)
    expect(await devices()).toEqual([])
  })

  test('SIGINT is a clean end too', async () => {
    const appliance = await Appliance.start(lan)
    appliance.program.kill('SIGINT')
    expect(await appliance.program.ended).toEqual({ code: 0, signal: null })
  })

  test('a bridge that is missing is made, with the host address on it', async () => {
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', 'labbr'] })
    expect(await devices()).toEqual(expect.arrayContaining(['labbr', 'taproot0']))
    expect(await lan.succeed(['ip', '-oneline', 'link', 'show', 'dev', 'taproot0'])).toContain('master labbr')
    expect(await lan.succeed(['ip', '-4', 'address', 'show', 'dev', 'labbr'])).toContain(`inet ${GATEWAY}/24`)
    await lan.succeed(['ping', '-c1', '-W2', APPLIANCE])
    await appliance.stop()
  })

  test('a bridge that was there stays, with the ports of others', async () => {
    await lan.bridge('br0')
    const host = await lab.hostOn(lan, 'br0', 'host')
    await host.address('eth0', '10.53.0.50/24')
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', 'br0'] })
    await host.succeed(['ping', '-c1', '-W2', APPLIANCE])
    await appliance.stop()
    expect(await devices()).toEqual(expect.arrayContaining(['br0', 'port1']))
    expect(await devices()).not.toContain('taproot0')
  })

  test('name, MAC, MTU and addresses are those of the command line', async () => {
    const appliance = await Appliance.start(lan, {
      arguments: [
        '--link', 'house0', '--link-mac', '02:12:34:56:78:9a', '--mtu', '1400', '--address', '172.20.9.5/24',
        '--host-address', '172.20.9.1/24',
      ],
    })
    expect(await devices()).toEqual(['house0'])
    await lan.succeed(['ping', '-c1', '-W2', '-s1300', '172.20.9.5'])
    expect(await lan.succeed(['ip', 'neighbour', 'show', '172.20.9.5'])).toContain('02:12:34:56:78:9a')
    expect(await lan.succeed(['ip', 'link', 'show', 'dev', 'house0'])).toContain('mtu 1400')
    await appliance.stop()
  })

  test('the environment is read where no argument is given', async () => {
    const data = join(lan.directory, 'elsewhere')
    const program = lan.start('taproot', ['sh', 'bin/taproot', 'start', '--log-format', 'json'], {
      TAPROOT_LINK: 'envtap0', TAPROOT_DATA: data, TAPROOT_UPSTREAMS: 'none', TAPROOT_API: '127.0.0.1:8099',
    })
    const ready = JSON.parse(await program.line(/"appliance\.ready"/)) as { readonly [name: string]: unknown }
    expect(ready['link']).toBe('envtap0')
    expect(await devices()).toEqual(['envtap0'])
    expect(await lan.succeed(['curl', '-sS', 'http://127.0.0.1:8099/api/v1/health'])).toContain('"ok"')
    await program.stop()
  })

  test('leases and records survive a restart; the second start takes the data as they are', async () => {
    const first = await Appliance.start(lan)
    await first.post('/zones/lab.internal/records', { name: 'kept', type: 'A', data: '10.53.0.33' })
    await first.stop()
    const second = await Appliance.start(lan)
    expect(await lan.succeed(['dig', `@${APPLIANCE}`, '+short', 'kept.lab.internal'])).toBe('10.53.0.33\n')
    await second.stop()
  })

  test('an ordinary user attaches to a persistent TAP that was made for him', async () => {
    // /dev/net/tun is open to root alone on some machines; this host gets a device node of its own.
    const node = join(lan.directory, 'tun')
    await lan.succeed(['mknod', '-m', '666', node, 'c', '10', '200'])
    await lan.succeed(['mount', '--bind', node, '/dev/net/tun'])
    await lan.succeed(['ip', 'tuntap', 'add', 'dev', 'usertap0', 'mode', 'tap', 'user', String(NOBODY)])
    await lan.succeed(['ip', 'address', 'add', '10.53.0.1/24', 'dev', 'usertap0'])
    await lan.succeed(['ip', 'link', 'set', 'usertap0', 'up'])
    const data = join(lan.directory, 'users-data')
    mkdirSync(data)
    chownSync(data, NOBODY, NOBODY)
    chmodSync(lab.directory, 0o711)
    chmodSync(lan.directory, 0o711)
    const appliance = await Appliance.start(
      lan, { data, as: asNobody(), arguments: ['--link', 'usertap0', '--host-address', 'none'] },
    )
    const status = await lan.succeed(['cat', `/proc/${appliance.program.pid}/status`])
    expect(status).toMatch(/^CapEff:\s0+$/m)
    expect(status).toMatch(new RegExp(`^Uid:\\s${NOBODY}\\s`, 'm'))
    await lan.succeed(['ping', '-c1', '-W2', APPLIANCE])
    expect(await appliance.stop()).toEqual({ code: 0, signal: null })
    expect(await devices()).toEqual(['usertap0'])
  })

  test('an ordinary user without a TAP is told what is missing', async () => {
    const data = join(lan.directory, 'users-data')
    mkdirSync(data)
    chownSync(data, NOBODY, NOBODY)
    chmodSync(lab.directory, 0o711)
    chmodSync(lan.directory, 0o711)
    const { program } = Appliance.launch(lan, { data, as: asNobody() })
    expect((await program.ended).code).toBeGreaterThan(0)
    expect(program.lines.join('\n')).toMatch(/\/dev\/net\/tun|CAP_NET_ADMIN/)
    expect(program.lines.join('\n')).not.toMatch(/^\s+at .*:\d+/m)
  })

  test('a second appliance on the same TAP is refused by name, and the first goes on', async () => {
    const first = await Appliance.start(lan)
    const text = await refused('--api', '127.0.0.1:8054', '--data', join(lan.directory, 'second'))
    expect(text).toContain('taproot0')
    await lan.succeed(['ping', '-c1', '-W2', APPLIANCE])
    await first.stop()
  })

  test.each([
    ['an address that is none', ['--address', '10.53.0.300/24'], '10.53.0.300/24'],
    ['a pool outside the subnet', ['--pool', '10.99.0.1-10.99.0.9'], '10.99.0'],
    ['a flag that does not exist', ['--adress', '10.53.0.2/24'], '--adress'],
    ['a zone file that is not there', ['--zone-file', 'x.internal=/nonexistent.zone'], '/nonexistent.zone'],
  ])('%s is refused with the value, and nothing is left behind', async (_what, args, mentions) => {
    const text = await refused(...args)
    expect(text).toContain(mentions)
    expect(text).not.toMatch(/^\s+at .*:\d+/m)
    expect(await eventually('no device', async () => ((await devices()).length === 0 ? true : undefined))).toBe(true)
  })
})
