/**
 * From Kea, dnsmasq and ISC dhcpd to the appliance on a running network: the other server gives leases, is stopped, its
 * lease file is imported, and its clients keep their addresses.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LeaseView } from '../../services/index.ts'
import { Appliance } from './appliance.ts'
import { describeLab } from './available.ts'
import { DhcpClient, type Binding, type ClientKind } from './dhcp-client.ts'
import { startServer, type ServedNetwork } from './dhcp-servers.ts'
import { lookUp } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import { APPLIANCE, BRIDGE } from './world.ts'

/** Of the appliance's own pool, at its far end, so that no chance gives a client the same address again. */
const THEIRS: ServedNetwork = { net: '10.53.0', first: 170, last: 189, leaseSeconds: 3600 }
const KINDS = ['udhcpc', 'dhclient', 'dhcpcd'] as const satisfies readonly ClientKind[]

describeLab('leases of a live server are taken over', () => {
  describe.each([
    ['kea', 'kea.csv'],
    ['dnsmasq', 'dnsmasq.leases'],
    ['isc', 'dhcpd.leases'],
  ] as const)('%s', (server, file) => {
    let lab: Lab
    let lan: Host
    let appliance: Appliance
    let other: Host
    const clients: { readonly kind: ClientKind; readonly on: Host; readonly client: DhcpClient; readonly binding: Binding }[] = []
    const lease = (address: string): Promise<LeaseView> => appliance.get(`/leases/${address}`)

    beforeAll(async () => {
      lab = await Lab.open()
      lan = await lab.host('lan')
      await lan.bridge(BRIDGE)
      other = await lab.hostOn(lan, BRIDGE, 'other')
      await other.address('eth0', '10.53.0.1/24')
      const program = await startServer(server, other, THEIRS)
      for (const kind of KINDS) {
        const on = await lab.hostOn(lan, BRIDGE, kind)
        const [client, binding] = await DhcpClient.bind(on, kind, { hostName: `${kind}-host` })
        clients.push({ kind, on, client, binding })
      }
      await program.stop()
      appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE, '--host-address', 'none'] })
    })
    afterAll(() => lab.close())

    test('its file is read without a note, first dry and then in earnest', async () => {
      const path = join(other.directory, file)
      const dry = await appliance.command('leases', 'import', path, '--from', server, '--dry-run')
      expect([dry.code, dry.stderr]).toEqual([0, ''])
      expect((await appliance.list('/leases')).length).toBe(0)
      const taken = await appliance.command('leases', 'import', path, '--from', server)
      expect([taken.code, taken.stdout, taken.stderr], readFileSync(path, 'utf8')).toEqual([0, expect.stringMatching(/^took 3 leases over\n/), ''])
    })

    test.each(KINDS)('%s: its lease is here, with name and hardware address', async kind => {
      const { on, binding } = clients.find(each => each.kind === kind) as (typeof clients)[number]
      const mac = (await on.succeed(['cat', '/sys/class/net/eth0/address'])).trim()
      expect(await lease(binding.address)).toMatchObject({ state: 'bound', mac, hostName: `${kind}-host`, name: `${kind}-host.lab.internal` })
      expect(await lookUp(on, APPLIANCE, `${kind}-host.lab.internal`)).toEqual([binding.address])
    })

    test('udhcpc, whose server is gone, rebinds here and keeps its address', async () => {
      const { client, binding } = clients[0] as (typeof clients)[number]
      // By unicast to who is gone, and then, as it is asked again, by broadcast.
      const again = await client.renew()
      expect(again).toMatchObject({ address: binding.address, server: APPLIANCE })
    })

    test.each(['dhclient', 'dhcpcd'] as const)('%s, switched off and on, asks for its address (INIT-REBOOT) and keeps it', async kind => {
      const { on, client, binding } = clients.find(each => each.kind === kind) as (typeof clients)[number]
      await client.vanish()
      const [, again] = await DhcpClient.bind(on, kind, { hostName: `${kind}-host` })
      expect(again).toMatchObject({ address: binding.address, server: APPLIANCE, event: 'REBOOT' })
    })

    test('nobody else is given one of them', async () => {
      const [, binding] = await DhcpClient.bind(await lab.hostOn(lan, BRIDGE, 'new'), 'udhcpc')
      expect(clients.map(each => each.binding.address)).not.toContain(binding.address)
    })
  })
})
