/** The DHCP clients that people use, each in the foreground on one host, seen through dhcp-client.sh. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'

const SCRIPT = join(import.meta.dirname, 'dhcp-client.sh')
/** Unanswered clients say DISCOVER again after 3 s and more; half of a short lease passes before a renewal. */
const BIND_TIMEOUT_MS = 45_000

export type Binding = {
  readonly event: string
  readonly address: string
  /** Dotted ("255.255.255.0") or a length ("24"), as the client hands it to its script. */
  readonly mask: string
  readonly routers: string
  readonly dns: string
  readonly domain: string
  readonly leaseSeconds: number
  readonly server: string
  readonly broadcast: string
}
export type ClientOptions = {
  readonly hostName?: string
  /** Option 61 in hexadecimal, type octet first. */
  readonly clientId?: string
  /** Ask for the broadcast flag, where the client can. */
  readonly broadcast?: boolean
  /** Options to ask for besides, as the client names them. */
  readonly wants?: readonly string[]
  /** Variables to be seen in a line "dhcp-client shows NAME=VALUE", as the client names them. */
  readonly shows?: readonly string[]
}
export type ClientKind = 'udhcpc' | 'dhclient' | 'dhcpcd'

const EVENT = /^dhcp-client event=(bound|renew|BOUND|RENEW|REBIND|REBOOT) /

function parse(line: string): Binding {
  const field = (name: string): string => new RegExp(`${name}=(.*?)(?: \\w+=|$)`).exec(line)?.[1] ?? ''
  return {
    event: field('event'),
    address: field('address'),
    mask: field('mask'),
    routers: field('routers'),
    dns: field('dns'),
    domain: field('domain'),
    leaseSeconds: Number(field('lease')),
    server: field('server'),
    broadcast: field('broadcast'),
  }
}

const commands: { readonly [K in ClientKind]: (host: Host, options: ClientOptions) => readonly string[] } = {
  udhcpc: (_host, { hostName, clientId, broadcast, wants = [] }) => [
    'udhcpc', '-f', '-i', 'eth0', '-s', SCRIPT, '-R', '-t', '5', '-T', '3',
    ...(hostName === undefined ? [] : ['-x', `hostname:${hostName}`]),
    ...(clientId === undefined ? [] : ['-C', '-x', `0x3d:${clientId}`]),
    ...(broadcast === true ? ['-B'] : []),
    ...wants.flatMap(name => ['-O', name]),
  ],
  dhclient: (host, { hostName, clientId, wants = [], shows }) => {
    const asked = ['subnet-mask', 'broadcast-address', 'routers', 'domain-name', 'domain-name-servers', 'host-name', ...wants]
    const configuration = [
      `request ${asked.join(', ')};`,
      'initial-interval 1;',
      ...(hostName === undefined ? [] : [`send host-name "${hostName}";`]),
      ...(clientId === undefined ? [] : [`send dhcp-client-identifier ${clientId.replaceAll(/(..)(?=.)/g, '$1:')};`]),
    ]
    writeFileSync(join(host.directory, 'dhclient.conf'), `${configuration.join('\n')}\n`)
    return [
      'dhclient', '-4', '-d', '-cf', join(host.directory, 'dhclient.conf'), '-sf', SCRIPT,
      '-lf', join(host.directory, 'dhclient.leases'), '-pf', join(host.directory, 'dhclient.pid'),
      // Its script sees nothing of its environment but this.
      ...(shows === undefined ? [] : ['-e', `TAPROOT_LAB_SHOWS=${shows.join(' ')}`]),
      'eth0',
    ]
  },
  dhcpcd: (_host, { hostName, broadcast, wants = [] }) => [
    'dhcpcd', '-4', '-B', '-f', '/dev/null', '-c', SCRIPT, '--noarp', '-p',
    '-o', ['subnet_mask,broadcast_address,routers,domain_name,domain_name_servers,host_name', ...wants].join(','),
    ...(hostName === undefined ? [] : ['-h', hostName]),
    ...(broadcast === true ? ['-J'] : []),
    'eth0',
  ],
}

export class DhcpClient {
  readonly host: Host
  readonly kind: ClientKind
  readonly #program: Program

  private constructor(host: Host, kind: ClientKind, program: Program) {
    this.host = host
    this.kind = kind
    this.#program = program
  }

  static start(host: Host, kind: ClientKind, options: ClientOptions = {}): DhcpClient {
    const shows: { readonly [name: string]: string } =
      options.shows === undefined ? {} : { TAPROOT_LAB_SHOWS: options.shows.join(' ') }
    const env = kind === 'dhcpcd' ? { ...shows, TAPROOT_LAB_CONFIGURES: 'no' } : shows
    return new DhcpClient(host, kind, host.start(`${kind} on ${host.name}`, commands[kind](host, options), env))
  }

  /** Starts a client and waits until it is bound. */
  static async bind(
    host: Host, kind: ClientKind, options: ClientOptions = {},
  ): Promise<readonly [DhcpClient, Binding]> {
    const client = DhcpClient.start(host, kind, options)
    return [client, await client.bound()]
  }

  mark(): number {
    return this.#program.mark()
  }

  /** The next binding (also a renewed one) that the client reports after `from`. */
  async bound(from = 0): Promise<Binding> {
    return parse(await this.#program.line(EVENT, from, BIND_TIMEOUT_MS))
  }

  /** Waits for any line of the client's. */
  line(pattern: RegExp, from = 0): Promise<string> {
    return this.#program.line(pattern, from, BIND_TIMEOUT_MS)
  }

  /** Renews now, as the client lets its user ask for it, and waits for the answer. */
  async renew(): Promise<Binding> {
    const from = this.mark()
    // dhclient has no such wish; its lease time decides.
    if (this.kind === 'udhcpc') this.#program.kill('SIGUSR1')
    else if (this.kind === 'dhcpcd') await this.host.succeed(['dhcpcd', '-4', '-f', '/dev/null', '-n', 'eth0'])
    return this.bound(from)
  }

  /** Gives the address back and ends. */
  async release(): Promise<void> {
    if (this.kind === 'udhcpc') {
      const from = this.mark()
      this.#program.kill('SIGUSR2')
      await this.line(/event=deconfig/, from)
      await this.#program.stop()
    } else if (this.kind === 'dhcpcd') {
      await this.host.succeed(['dhcpcd', '-4', '-f', '/dev/null', '-k', 'eth0'])
      await this.#program.ended
    } else {
      const directory = this.host.directory
      await this.host.succeed([
        'dhclient', '-4', '-r', '-cf', join(directory, 'dhclient.conf'), '-sf', SCRIPT,
        '-lf', join(directory, 'dhclient.leases'), '-pf', join(directory, 'dhclient.pid'), 'eth0',
      ])
      await this.#program.ended
    }
  }

  /** Ends without a word to the server, as a host that is switched off. */
  async vanish(): Promise<void> {
    // With all that belongs to it: dhcpcd has helper processes.
    this.host.killAll()
    await this.#program.ended
    await this.host.run(['ip', 'address', 'flush', 'dev', 'eth0'])
  }
}
