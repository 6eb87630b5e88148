/** Guests of QEMU at a unix socket: beside a TAP device as root, and in place of one as an ordinary user. */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFailed, test } from 'vitest'
import type { InterfaceView, LeaseView, PoolView, SubnetView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { NOBODY, openCheckout } from './checkout.ts'
import { Lab, type Host } from './netns.ts'
import { StreamGuest } from './stream-guest.ts'
import { APPLIANCE, BRIDGE, eventually, staticHost } from './world.ts'

const DRIVER = join(import.meta.dirname, 'supervision-driver.ts')
const FIRST = ['--bridge', BRIDGE, '--gateway', 'none']

let lab: Lab
let lan: Host
let guests: StreamGuest[]

const guestAt = (path: string): StreamGuest => {
  const guest = new StreamGuest(path, guests.length + 1)
  guests.push(guest)
  return guest
}

/** A link for guests with a subnet of its own, on an appliance that forwards. */
async function addGuests(appliance: Appliance, socket: string): Promise<void> {
  await appliance.post('/interfaces', { name: 'vms', kind: 'qemu', addresses: ['10.55.0.1/24'], socket })
  const subnet = await appliance.post<SubnetView>('/subnets', { prefix: '10.55.0.0/24', interface: 'vms', options: { routers: ['10.55.0.1'] } })
  await appliance.post<PoolView>('/pools', { subnetId: subnet.id, first: '10.55.0.100', last: '10.55.0.199' })
  expect((await appliance.rest('PATCH', '/routing', { forwarding: true })).status).toBe(200)
}

describeLab('guests at a unix socket', () => {
  beforeEach(async () => {
    lab = await Lab.open()
    lan = await lab.host('lan')
    guests = []
  })
  afterEach(async () => {
    for (const guest of guests) guest.close()
    await lab.close()
  })

  test('two get leases, reach each other and a host behind the TAP device, also after kill -9 left the socket behind', async () => {
    await lan.bridge(BRIDGE)
    let appliance = await Appliance.start(lan, { arguments: FIRST })
    onTestFailed(() => console.error(appliance.program.text()))
    const socket = join(lab.directory, 'vms.sock')
    await addGuests(appliance, socket)
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    const alice = await staticHost({ lab, lan, appliance }, 'alice', '10.53.0.50')
    await alice.succeed(['ip', 'route', 'replace', 'default', 'via', APPLIANCE])

    const [one, two] = [guestAt(socket), guestAt(socket)]
    const [first, second] = await Promise.all([one.lease(), two.lease()])
    expect([first, second].sort()).toEqual(['10.55.0.100', '10.55.0.101'])
    expect([await one.reaches('10.53.0.50'), await one.reaches(second), await two.reaches('10.55.0.1')]).toEqual([true, true, true])
    expect(await alice.succeed(['ping', '-c1', '-W2', first])).toContain('ttl=63')
    expect((await appliance.get<InterfaceView>('/interfaces/vms')).guests).toHaveLength(2)
    const bound = await appliance.list<LeaseView>('/leases?state=bound')
    expect(bound.map(lease => lease.mac).sort()).toEqual(['52:54:00:00:00:01', '52:54:00:00:00:02'])

    await appliance.killHard()
    expect(existsSync(socket)).toBe(true)
    appliance = await Appliance.start(lan, { arguments: FIRST })
    await eventually('the socket is open again', async () => ((await appliance.get<InterfaceView>('/interfaces/vms')).state === 'up' ? true : undefined))
    expect(await guestAt(socket).lease()).toBe('10.55.0.102')
    const busy = await appliance.rest('POST', '/interfaces', { name: 'vms2', kind: 'qemu', addresses: ['10.56.0.1/24'], socket: join(lab.directory, 'no', 'such.sock') })
    expect([busy.status, busy.body]).toEqual([409, expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/socket' })] })])
    await appliance.stop()
    expect(existsSync(socket)).toBe(false)
  })

  test('an ordinary user serves guests with no device and no privilege at all', async () => {
    const checkout = openCheckout()
    try {
      const data = join(lan.directory, 'users-data')
      mkdirSync(data)
      chownSync(data, NOBODY, NOBODY)
      chmodSync(lab.directory, 0o711)
      chmodSync(lan.directory, 0o711)
      const socket = join(data, 'vms.sock')
      const as = [
        'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all',
        '--no-new-privs', '--pdeathsig=KILL', 'env', `--chdir=${checkout.directory}`,
      ]
      const appliance = await Appliance.start(lan, { data, as, arguments: ['--link-socket', socket] })
      onTestFailed(() => console.error(appliance.program.text()))
      expect(await lan.succeed(['ip', '-oneline', 'link'])).not.toContain('taproot0')
      const guest = guestAt(socket)
      expect(await guest.lease()).toBe('10.53.0.100')
      expect(await guest.reaches(APPLIANCE)).toBe(true)
      expect(await appliance.list<InterfaceView>('/interfaces')).toMatchObject([{ kind: 'qemu', socket, first: true, guests: ['guest0'] }])
      expect((await appliance.rest('PATCH', '/segments/1', { policy: { releaseOnLinkLoss: true } })).status).toBe(200)
      const passing = guestAt(socket)
      expect(await passing.lease()).toBe('10.53.0.101')
      guests = guests.filter(each => each !== passing)
      passing.close()
      await eventually('the end of its lease', async () => ((await appliance.get<LeaseView>('/leases/10.53.0.101')).state === 'released' ? true : undefined))
      expect((await appliance.get<LeaseView>('/leases/10.53.0.100')).state).toBe('bound')
      expect(await appliance.stop()).toEqual({ code: 0, signal: null })
      expect(existsSync(socket)).toBe(false)
    } finally {
      checkout.remove()
    }
  })

  test('a socket that cannot be made is refused with the reason, and nothing is left behind', async () => {
    const { program } = Appliance.launch(lan, { arguments: ['--link-socket', join(lab.directory, 'no', 'vms.sock')] })
    expect((await program.ended).code).toBe(1)
    const said = program.lines.join('\n')
    expect(said).toMatch(/^taproot: the directory .*\/no cannot be used \(ENOENT\)\n {2}name a path in a directory that is there$/m)
    expect(said).not.toMatch(/ready|fatal|^\s+at /m)
  })

  test('a network worker that dies comes back with all its links', async () => {
    await lan.bridge(BRIDGE)
    await lan.bridge('br1')
    const appliance = await Appliance.start(lan, { as: [process.execPath, DRIVER], arguments: FIRST })
    onTestFailed(() => console.error(appliance.program.text()))
    const socket = join(lab.directory, 'vms.sock')
    await addGuests(appliance, socket)
    await appliance.post('/interfaces', { name: 'lab1', kind: 'tap', addresses: ['10.54.0.2/24'], hostEnd: { bridge: 'br1' } })
    const bob = await lab.hostOn(lan, 'br1', 'bob')
    await bob.address('eth0', '10.54.0.50/24', '10.54.0.2')
    expect(await bob.succeed(['ping', '-c1', '-W2', '10.54.0.2'])).toContain('1 received')

    const from = appliance.program.mark()
    appliance.program.write('kill network\n')
    await appliance.program.line(/"worker.restarted"/, from)
    await eventually('bob has the appliance again', async () => ((await bob.run(['ping', '-c1', '-W1', '10.54.0.2'])).code === 0 ? true : undefined), 15_000)
    await eventually('the socket is open again', async () => {
      const { status, body } = await appliance.rest<InterfaceView>('GET', '/interfaces/vms')
      return status === 200 && body.state === 'up' ? true : undefined
    })
    const guest = guestAt(socket)
    expect(await guest.lease()).toBe('10.55.0.100')
    expect(await guest.reaches('10.54.0.50')).toBe(true)
    await appliance.stop()
  })
})
