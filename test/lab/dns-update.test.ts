/** Dynamic update with the programs that send it: nsupdate, Kea's dhcp-ddns, an ACME client's steps, ExternalDNS's steps. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeLab } from './available.ts'
import { DhcpClient } from './dhcp-client.ts'
import { dig } from './dig.ts'
import { Lab, type Host } from './netns.ts'
import type { Program } from './program.ts'
import { Appliance } from './appliance.ts'
import { APPLIANCE, BRIDGE, eventually, showOnFailure, staticHost, type World } from './world.ts'

let world: World
let sender: Host
/** "hmac-sha256:ddns.lab.internal:SECRET", as nsupdate -y takes it. */
let key: string
const secret = (): string => key.split(':')[2] as string

type Outcome = { readonly status: string; readonly text: string }

/** nsupdate's answer in debug mode; its own exit code says only whether it is NOERROR. */
async function nsupdate(lines: readonly string[], ...how: readonly string[]): Promise<Outcome> {
  const file = join(sender.directory, 'update')
  writeFileSync(file, [`server ${APPLIANCE}`, 'zone lab.internal', ...lines, 'send', ''].join('\n'))
  const { stdout, stderr } = await sender.run(['nsupdate', '-D', ...(how.length === 0 ? ['-y', key] : how), file])
  const text = `${stdout}${stderr}`
  const statuses = [...text.matchAll(/opcode: UPDATE, status: (\w+), id: +\d+\n;; flags: qr/g)].map((match) => match[1] as string)
  return { status: statuses.at(-1) ?? 'none', text }
}
const shown = async (name: string, type: string): Promise<readonly string[]> => (await dig(sender, APPLIANCE, name, type)).data
const serial = async (): Promise<number> => Number((await shown('lab.internal', 'SOA'))[0]?.split(' ')[2])

describeLab('dynamic update', () => {
  beforeAll(async () => {
    const lab = await Lab.open()
    const lan = await lab.host('lan')
    await lan.bridge(BRIDGE)
    const appliance = await Appliance.start(lan, { arguments: ['--bridge', BRIDGE] })
    world = { lab, lan, appliance }
    sender = await staticHost(world, 'sender', '10.53.0.50')
    key = (await appliance.command('tsig-key', 'add', 'ddns.lab.internal')).stdout.trim()
    await appliance.command('zone', 'allow-updates', 'lab.internal', '--key', 'ddns.lab.internal')
  })
  afterAll(() => world.lab.close())
  beforeEach(() => showOnFailure(world))

  describe('nsupdate', () => {
    test.each([
      ['without a key', ['-d'], 'REFUSED'],
      ['with another secret', ['-y', `hmac-sha256:ddns.lab.internal:${Buffer.alloc(32).toString('base64')}`], 'NOTAUTH'],
      ['with a key that is not known', ['-y', `hmac-sha256:other.lab.internal:${Buffer.alloc(32).toString('base64')}`], 'NOTAUTH'],
    ] as const)('%s', async (_what, how, status) => {
      const before = await serial()
      expect((await nsupdate(['update add a.lab.internal 60 A 10.9.0.1'], ...how)).status).toBe(status)
      expect(await serial()).toBe(before)
    })

    test.each([
      // In their order: each stands on what those before it did.
      ['a name that is not in use', ['prereq nxdomain n.lab.internal', 'update add n.lab.internal 60 A 10.9.0.1'], 'NOERROR', ['10.9.0.1']],
      ['the same again', ['prereq nxdomain n.lab.internal', 'update add n.lab.internal 60 A 10.9.0.2'], 'YXDOMAIN', ['10.9.0.1']],
      ['a name in use', ['prereq yxdomain N.lab.internal', 'update add n.lab.internal 60 A 10.9.0.2'], 'NOERROR', ['10.9.0.1', '10.9.0.2']],
      ['another name in use', ['prereq yxdomain m.lab.internal', 'update delete n.lab.internal'], 'NXDOMAIN', ['10.9.0.1', '10.9.0.2']],
      ['a set that exists', ['prereq yxrrset n.lab.internal A', 'update delete n.lab.internal A 10.9.0.1'], 'NOERROR', ['10.9.0.2']],
      ['a set that does not exist', ['prereq nxrrset n.lab.internal A', 'update delete n.lab.internal'], 'YXRRSET', ['10.9.0.2']],
      ['a set that is exactly so', ['prereq yxrrset n.lab.internal A 10.9.0.2', 'update add n.lab.internal 60 A 10.9.0.3'], 'NOERROR', ['10.9.0.2', '10.9.0.3']],
      ['a set that is more', ['prereq yxrrset n.lab.internal A 10.9.0.2', 'update delete n.lab.internal'], 'NXRRSET', ['10.9.0.2', '10.9.0.3']],
      ['several at once', ['prereq yxdomain n.lab.internal', 'prereq nxrrset n.lab.internal TXT', 'update delete n.lab.internal A', 'update add n.lab.internal 60 A 10.9.0.9', 'update add n.lab.internal 60 TXT "x"'], 'NOERROR', ['10.9.0.9']],
      ['all of a name', ['update delete n.lab.internal'], 'NOERROR', []],
    ] as const)('%s: one step of the serial when it is done', async (_what, lines, status, after) => {
      const before = await serial()
      const outcome = await nsupdate(lines)
      expect(outcome.status).toBe(status)
      expect(outcome.text).not.toMatch(/TSIG error|BADSIG|BADKEY/)
      expect([...(await shown('n.lab.internal', 'A'))].sort()).toEqual(after)
      expect((await serial()) - before).toBe(status === 'NOERROR' ? 1 : 0)
    })

    test('over TCP, with a message that has no room in a datagram', async () => {
      const names = Array.from({ length: 400 }, (_, i) => `update add many${i}.lab.internal 60 TXT "${'x'.repeat(60)}"`)
      expect((await nsupdate(names, '-v', '-y', key)).status).toBe('NOERROR')
      expect(await shown('many399.lab.internal', 'TXT')).toEqual([`"${'x'.repeat(60)}"`])
    })

    test('a storm of them, one after another and from several at once, holds up no query', async () => {
      const file = (n: number): string => {
        const updates = Array.from({ length: 250 }, (_, i) => `update add s${n}-${i}.lab.internal 60 A 10.9.4.${i}\nsend`)
        const path = join(sender.directory, `storm-${n}`)
        writeFileSync(path, [`server ${APPLIANCE}`, 'zone lab.internal', ...updates, ''].join('\n'))
        return path
      }
      const before = await serial()
      let over = false
      const storm = Promise.all([1, 2, 3, 4].map((n) => sender.succeed(['nsupdate', '-y', key, file(n)]))).then(() => (over = true))
      const slowest: number[] = []
      while (!over) slowest.push((await dig(sender, APPLIANCE, 'taproot.lab.internal', 'A')).milliseconds)
      await storm
      expect((await serial()) - before).toBe(1000)
      expect(await shown('s4-249.lab.internal', 'A')).toEqual(['10.9.4.249'])
      expect(Math.max(0, ...slowest)).toBeLessThan(1000)
    })

    test('what it may not touch, and why, is listed; whose a record is, explain says', async () => {
      await world.appliance.command('record', 'add', 'lab.internal', 'byhand', 'A', '10.9.1.1')
      expect((await nsupdate(['update delete byhand.lab.internal'])).status).toBe('REFUSED')
      expect((await world.appliance.command('zone', 'updates', 'lab.internal')).stdout).toMatch(/REFUSED\t.*byhand\.lab\.internal that belongs to: hand/)
      await nsupdate(['update add mine.lab.internal 60 A 10.9.1.2'])
      expect((await world.appliance.command('explain', 'mine.lab.internal')).stdout).toMatch(/owner: update ddns\.lab\.internal/)
    })

    test('what was answered survives kill -9', async () => {
      expect((await nsupdate(['update add durable.lab.internal 60 A 10.9.2.1'])).status).toBe('NOERROR')
      await world.appliance.killHard()
      world.appliance = await Appliance.start(world.lan, { arguments: ['--bridge', BRIDGE], data: world.appliance.data })
      expect(await shown('durable.lab.internal', 'A')).toEqual(['10.9.2.1'])
      expect((await nsupdate(['update delete durable.lab.internal'])).status).toBe('NOERROR')
    })
  })

  test("an ACME client's steps: the zone by SOA queries, a TXT record added and taken away", async () => {
    const acme = async (verb: string, text: string): Promise<string> => {
      const { stdout, stderr } = await sender.run([
        '/usr/bin/python3', join(import.meta.dirname, 'acme-update.py'), APPLIANCE, 'ddns.lab.internal.', secret(), verb, '_acme-challenge.www.lab.internal.', text,
      ])
      return `${stdout}${stderr}`.trim()
    }
    expect(await acme('add', 'token-1')).toBe('lab.internal. NOERROR')
    expect(await acme('add', 'token-2')).toBe('lab.internal. NOERROR')
    expect([...(await shown('_acme-challenge.www.lab.internal', 'TXT'))].sort()).toEqual(['"token-1"', '"token-2"'])
    expect(await acme('delete', 'token-1')).toBe('lab.internal. NOERROR')
    expect(await shown('_acme-challenge.www.lab.internal', 'TXT')).toEqual(['"token-2"'])
  })

  test("ExternalDNS's steps: the zone by signed AXFR, an address with its TXT record of ownership, replaced and removed", async () => {
    await world.appliance.command('zone', 'transfers', 'lab.internal', '--key', 'ddns.lab.internal')
    const listed = async (): Promise<readonly string[]> => {
      const { stdout } = await sender.run(['dig', `@${APPLIANCE}`, '-y', key, 'lab.internal', 'AXFR'])
      return stdout.split('\n').filter((line) => line.startsWith('app')).map((line) => line.split(/\s+/).slice(1).join(' ')).sort()
    }
    const owned = '"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/web/app"'
    await nsupdate(['update add app.lab.internal 0 A 10.9.3.1', `update add app.lab.internal 0 TXT ${owned}`])
    expect(await listed()).toEqual([`0 IN A 10.9.3.1`, `0 IN TXT ${owned}`])
    await nsupdate(['update delete app.lab.internal A 10.9.3.1', 'update add app.lab.internal 300 A 10.9.3.2'])
    expect(await listed()).toEqual([`0 IN TXT ${owned}`, `300 IN A 10.9.3.2`])
    await nsupdate(['update delete app.lab.internal A 10.9.3.2', `update delete app.lab.internal TXT ${owned}`])
    expect(await listed()).toEqual([])
  })

  test.each([
    ["Kea's dhcp-ddns", 'kea', startKea, '10.53.0.60', '192.0.2', 'dyn.lab.internal'],
    ['ISC dhcpd', 'isc', startDhcpd, '10.53.0.61', '198.51.100', 'isc.lab.internal'],
  ] as const)('%s: A, PTR and DHCID of a lease come and go', async (_what, name, start, ownAddress, net, domain) => {
    const { appliance, lab } = world
    const reverseZone = `${net.split('.').reverse().join('.')}.in-addr.arpa`
    for (const zone of [domain, reverseZone]) {
      await appliance.command('zone', 'add', zone)
      await appliance.command('zone', 'allow-updates', zone, '--key', 'ddns.lab.internal')
    }
    const server = await staticHost(world, name, ownAddress)
    const home = await lab.host(`home-${name}`)
    await home.bridge('br1')
    await lab.cable(server, 'lan1', home, 'br1')
    await server.address('lan1', `${net}.1/24`)
    const ddns = await start(server, net, domain, reverseZone)
    const client = await lab.hostOn(home, 'br1', `client-${name}`)
    const [dhcp, { address }] = await DhcpClient.bind(client, 'udhcpc', { hostName: 'laptop' })
    const laptop = `laptop.${domain}`
    const reverse = `${address.split('.').reverse().join('.')}.in-addr.arpa`
    await eventually('the PTR record', async () => ((await shown(reverse, 'PTR')).length > 0 ? true : undefined))
    expect(await shown(laptop, 'A')).toEqual([address])
    expect(await shown(reverse, 'PTR')).toEqual([`${laptop}.`])
    expect(await shown(laptop, 'DHCID')).toHaveLength(1)
    const { stdout } = await appliance.command('record', 'list', domain, '--json')
    expect(stdout).toMatch(/update ddns\.lab\.internal/)
    await dhcp.release()
    await eventually('the names are gone', async () => {
      const left = [...(await shown(laptop, 'A')), ...(await shown(laptop, 'DHCID')), ...(await shown(reverse, 'PTR'))]
      return left.length === 0 ? true : undefined
    })
    expect(ddns.lines.join('\n')).not.toMatch(/ERROR/)
  })
})

/** Kea's DHCPv4 server on lan1 and its dhcp-ddns; the latter is returned. */
async function startKea(host: Host, net: string, forward: string, reverse: string): Promise<Program> {
  const environment = { KEA_PIDFILE_DIR: host.directory, KEA_LOCKFILE_DIR: host.directory, KEA_LOGGER_DESTINATION: 'stdout' }
  const logger = (name: string): object => ({ name, output_options: [{ output: 'stdout', flush: true }], severity: 'INFO' })
  const server = { 'ip-address': APPLIANCE, port: 53 }
  const domain = (name: string): object => ({ name, 'key-name': 'ddns.lab.internal', 'dns-servers': [server] })
  const ddnsFile = join(host.directory, 'ddns.json')
  writeFileSync(ddnsFile, JSON.stringify({
    DhcpDdns: {
      'ip-address': '127.0.0.1', port: 53_001,
      'tsig-keys': [{ name: 'ddns.lab.internal', algorithm: 'HMAC-SHA256', secret: secret() }],
      'forward-ddns': { 'ddns-domains': [domain(`${forward}.`)] },
      'reverse-ddns': { 'ddns-domains': [domain(`${reverse}.`)] },
      loggers: [logger('kea-dhcp-ddns')],
    },
  }))
  const dhcpFile = join(host.directory, 'dhcp4.json')
  writeFileSync(dhcpFile, JSON.stringify({
    Dhcp4: {
      'interfaces-config': { interfaces: ['lan1'], 'dhcp-socket-type': 'raw' },
      'lease-database': { type: 'memfile', persist: false },
      'dhcp-ddns': { 'enable-updates': true, 'server-ip': '127.0.0.1', 'server-port': 53_001 },
      'ddns-send-updates': true, 'ddns-override-no-update': true, 'ddns-override-client-update': true, 'ddns-qualifying-suffix': `${forward}.`,
      'valid-lifetime': 3600,
      subnet4: [{ id: 1, subnet: `${net}.0/24`, interface: 'lan1', pools: [{ pool: `${net}.100 - ${net}.110` }] }],
      loggers: [logger('kea-dhcp4')],
    },
  }))
  await host.succeed(['ip', 'link', 'set', 'lo', 'up'])
  const ddns = host.start('kea-dhcp-ddns', ['kea-dhcp-ddns', '-c', ddnsFile], environment)
  await ddns.line(/DHCP_DDNS_STARTED/)
  const dhcp = host.start('kea-dhcp4', ['kea-dhcp4', '-c', dhcpFile], environment)
  await dhcp.line(/DHCP4_STARTED/)
  return ddns
}

/** ISC dhcpd on lan1, which sends updates itself. */
async function startDhcpd(host: Host, net: string, forward: string, reverse: string): Promise<Program> {
  const file = join(host.directory, 'dhcpd.conf')
  const key = 'ddns.lab.internal'
  writeFileSync(file, [
    'authoritative;', 'default-lease-time 3600;', 'ddns-updates on;', 'ddns-update-style standard;', `ddns-domainname "${forward}.";`, 'ddns-rev-domainname "in-addr.arpa.";',
    `key "${key}" { algorithm hmac-sha256; secret "${secret()}"; }`,
    ...[forward, reverse].map((zone) => `zone ${zone}. { primary ${APPLIANCE}; key "${key}"; }`),
    `subnet ${net}.0 netmask 255.255.255.0 { range ${net}.100 ${net}.110; }`, '',
  ].join('\n'))
  const leases = join(host.directory, 'dhcpd.leases')
  writeFileSync(leases, '')
  const program = host.start('dhcpd', ['dhcpd', '-4', '-f', '-d', '--no-pid', '-user', 'root', '-group', 'root', '-cf', file, '-lf', leases, 'lan1'])
  await program.line(/Server starting service/)
  return program
}
