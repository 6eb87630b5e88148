/**
 * Guests of QEMU at the appliance's unix socket, without root: two virtual machines boot from the network on its learning
 * switch, and get their addresses by DHCP. They are iPXE in the ROM of an e1000 card, under software emulation.
 */
import { chmodSync, chownSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { LeaseView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { NOBODY, openCheckout, type OpenCheckout } from './checkout.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { showOnFailure } from './world.ts'

const MACS = ['02:bb:00:00:00:01', '02:bb:00:00:00:02']
/** Seven seconds here; emulation on a machine under load takes its time. */
const BOOT_MS = 90_000

describeLab('guests of QEMU', () => {
  let lab: Lab
  let host: Host
  let checkout: OpenCheckout
  let appliance: Appliance

  beforeAll(async () => {
    lab = await Lab.open()
    host = await lab.host('workstation')
    checkout = openCheckout()
    chmodSync(lab.directory, 0o755)
    chownSync(host.directory, NOBODY, NOBODY)
    appliance = await Appliance.start(host, {
      as: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', 'env', `--chdir=${checkout.directory}`],
      arguments: ['--link-socket', join(host.directory, 'guests')],
    })
  })
  afterAll(async () => {
    await lab.close()
    checkout.remove()
  })
  beforeEach(() => showOnFailure({ lab, lan: host, appliance }))

  const boot = (mac: string): Program =>
    host.start(`guest ${mac}`, [
      'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all',
      'qemu-system-x86_64', '-nodefaults', '-display', 'none', '-m', '64', '-accel', 'tcg', '-boot', 'n',
      '-netdev', `stream,id=wire,server=off,addr.type=unix,addr.path=${join(host.directory, 'guests')}`,
      '-device', `e1000,netdev=wire,mac=${mac}`,
    ])

  test('two of them get leases, each its own, from an appliance without any privilege', async () => {
    expect(existsSync(join(host.directory, 'guests'))).toBe(true)
    const guests = MACS.map(boot)
    for (const mac of MACS) {
      await Promise.race([
        appliance.program.line(new RegExp(`"dhcp.lease.bound".*${mac}`), 0, BOOT_MS),
        ...guests.map(async (guest) => {
          const { code } = await guest.ended
          throw new Error(`a guest ended with ${code}\n${guest.text()}`)
        }),
      ])
    }
    const leases = await appliance.list<LeaseView>('/leases')
    const own = leases.filter(({ mac }) => mac !== null && MACS.includes(mac))
    expect(own.map(({ mac }) => mac).toSorted()).toEqual(MACS)
    expect(new Set(own.map(({ address }) => address)).size).toBe(2)
    // Switched off without a word: nothing of ours minds.
    for (const guest of guests) guest.kill('SIGKILL')
    await Promise.allSettled(guests.map((guest) => guest.ended))
    expect((await appliance.rest('GET', '/health')).status).toBe(200)
  })
})
