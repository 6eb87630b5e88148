/** DHCP servers of others in the lab: dnsmasq, Kea, ISC dhcpd and busybox udhcpd, each on a host's eth0. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'

export type ServedNetwork = {
  /** "192.0.2": a network of 24 bits whose .1 is the server, the router and the name server. */
  readonly net: string
  readonly first: number
  readonly last: number
  readonly leaseSeconds: number
}

export type ServerKind = 'dnsmasq' | 'kea' | 'isc' | 'udhcpd'

/** Starts a server and waits until it serves. The host's eth0 has the address .1 already. */
export async function startServer(kind: ServerKind, host: Host, served: ServedNetwork): Promise<Program> {
  switch (kind) {
    case 'dnsmasq': return startDnsmasq(host, served)
    case 'kea': return startKea(host, served)
    case 'isc': return startDhcpd(host, served)
    case 'udhcpd': return startUdhcpd(host, served)
  }
}

async function startDnsmasq(host: Host, { net, first, last, leaseSeconds }: ServedNetwork): Promise<Program> {
  const program = host.start('dnsmasq', [
    'dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--user=root', '--no-resolv', '--no-hosts', '--interface=eth0', '--bind-dynamic',
    `--dhcp-range=${net}.${first},${net}.${last},255.255.255.0,${leaseSeconds}`, '--dhcp-authoritative', '--log-dhcp', '--no-ping',
    `--dhcp-leasefile=${join(host.directory, 'dnsmasq.leases')}`, `--pid-file=${join(host.directory, 'dnsmasq.pid')}`,
    '--dhcp-option=option:domain-name,wan.example', '--dhcp-option=option:mtu,1400', `--host-record=web.wan.example,${net}.80`,
  ])
  await program.line(/DHCP, IP range|DHCP, sockets bound/)
  return program
}

async function startKea(host: Host, { net, first, last, leaseSeconds }: ServedNetwork): Promise<Program> {
  const file = join(host.directory, 'kea.json')
  writeFileSync(file, JSON.stringify({
    Dhcp4: {
      'interfaces-config': { interfaces: ['eth0'], 'dhcp-socket-type': 'raw' },
      'lease-database': { type: 'memfile', persist: true, name: join(host.directory, 'kea.csv') },
      authoritative: true,
      'valid-lifetime': leaseSeconds, 'min-valid-lifetime': leaseSeconds, 'max-valid-lifetime': leaseSeconds,
      'renew-timer': Math.floor(leaseSeconds / 2), 'rebind-timer': Math.floor((leaseSeconds * 7) / 8),
      subnet4: [{
        id: 1, subnet: `${net}.0/24`, interface: 'eth0', pools: [{ pool: `${net}.${first} - ${net}.${last}` }],
        'option-data': [
          { name: 'routers', data: `${net}.1` }, { name: 'domain-name-servers', data: `${net}.1` }, { name: 'domain-name', data: 'wan.example' },
        ],
      }],
      loggers: [{ name: 'kea-dhcp4', output_options: [{ output: 'stdout', flush: true }], severity: 'INFO' }],
    },
  }))
  const program = host.start('kea', ['kea-dhcp4', '-c', file], {
    KEA_PIDFILE_DIR: host.directory, KEA_LOCKFILE_DIR: host.directory,
  })
  await program.line(/DHCP4_STARTED/)
  return program
}

async function startDhcpd(host: Host, { net, first, last, leaseSeconds }: ServedNetwork): Promise<Program> {
  const file = join(host.directory, 'dhcpd.conf')
  writeFileSync(file, [
    'authoritative;', `default-lease-time ${leaseSeconds};`, `max-lease-time ${leaseSeconds};`, 'option domain-name "wan.example";',
    `subnet ${net}.0 netmask 255.255.255.0 { range ${net}.${first} ${net}.${last}; option routers ${net}.1; option domain-name-servers ${net}.1; }`, '',
  ].join('\n'))
  writeFileSync(join(host.directory, 'dhcpd.leases'), '')
  const program = host.start('dhcpd', [
    'dhcpd', '-4', '-f', '-d', '--no-pid', '-user', 'root', '-group', 'root', '-cf', file, '-lf', join(host.directory, 'dhcpd.leases'), 'eth0',
  ])
  await program.line(/Server starting service/)
  return program
}

async function startUdhcpd(host: Host, { net, first, last, leaseSeconds }: ServedNetwork): Promise<Program> {
  const file = join(host.directory, 'udhcpd.conf')
  writeFileSync(file, [
    `start ${net}.${first}`, `end ${net}.${last}`, 'interface eth0', `lease_file ${join(host.directory, 'udhcpd.leases')}`,
    `pidfile ${join(host.directory, 'udhcpd.pid')}`, `min_lease ${Math.min(10, leaseSeconds)}`, 'option subnet 255.255.255.0',
    `option router ${net}.1`, `option dns ${net}.1`, 'option domain wan.example', `option lease ${leaseSeconds}`, '',
  ].join('\n'))
  writeFileSync(join(host.directory, 'udhcpd.leases'), '')
  const program = host.start('udhcpd', ['busybox', 'udhcpd', '-f', '-a', '0', file])
  await program.line(/started/)
  return program
}
