/**
 * Who is measured by the TCP benchmark. Each pair of ends is in namespaces of its own and stays up for the whole run,
 * so that the rounds can be interleaved:
 *
 *   our stack on a TAP          kernel sockets in the namespace at the other end of the TAP; with offloads and without
 *   kernel, veth                both ends kernel sockets, in two namespaces with a cable; once with the offloads that
 *                               veth has (checksums never computed, segments of up to 64 KiB), once without
 *   slirp4netns (libslirp)      a guest namespace behind the userspace TCP of slirp4netns; it goes on to sockets of the
 *                               namespace it runs in, over loopback, which is more work than the others have
 */
import type { Host, Lab } from '../lab/netns.ts'
import { cProgram } from '../lab/programs.ts'
import type { Program } from '../lab/program.ts'
import type { NodeFigures } from './tcp-node.ts'

/** Where a client runs and what it talks to. */
export type Subject = {
  readonly name: string
  readonly client: Host
  readonly address: string
  readonly port: number
  /** Not there when the server is no Node program of ours. */
  readonly server?: NodeServer
}

/** A running tcp-node.ts. */
export class NodeServer {
  readonly #program: Program

  constructor(program: Program) {
    this.#program = program
  }

  async figures(command: 'figures' | 'collect' | 'count-copies' = 'figures'): Promise<NodeFigures> {
    const from = this.#program.mark()
    this.#program.write(`${command}\n`)
    return JSON.parse(await this.#program.line(/^\{/, from)) as NodeFigures
  }

  async stop(): Promise<void> {
    await this.#program.stop()
  }
}

const TAP_KERNEL = '10.99.0.1'
export const TAP_OURS = '10.99.0.2'
const SLIRP_HOST = '10.0.2.2'
const SINK = 9
const SOURCE = 19
const STREAM_SINK = 1009
const STREAM_SOURCE = 1019

/** V8 as in the appliance's network worker (bin/threads.ts). */
const NODE = [process.execPath, '--max-semi-space-size=2', '--expose-gc', 'test/bench/tcp-node.ts']

export async function startOnTap(host: Host, offloads: 'on' | 'off'): Promise<NodeServer> {
  const program = host.start('tcp-node', [...NODE, 'tap', `${TAP_OURS}/24`, offloads])
  await program.line(/^ready$/)
  await host.address('tap0', `${TAP_KERNEL}/24`)
  await host.succeed(['ip', 'link', 'set', 'tap0', 'up'])
  return new NodeServer(program)
}

async function startOnKernel(host: Host): Promise<NodeServer> {
  const c = host.start('tcp-load serve', [await cProgram('tcp-load'), 'serve'])
  const node = host.start('tcp-node', [...NODE, 'kernel'])
  await Promise.all([c.line(/^ready$/), node.line(/^ready$/)])
  return new NodeServer(node)
}

/** Short connections use many ports. */
const manyPorts = (host: Host): Promise<string> =>
  host.succeed(['sysctl', '-q', '-w', 'net.ipv4.ip_local_port_range=1024 65535'])

async function cable(lab: Lab, left: Host, right: Host, n: number, offloads: boolean): Promise<string> {
  const device = `eth${n}`
  const port = await lab.cable(left, device, right, undefined)
  const how = offloads ? 'on' : 'off'
  const features = ['tx', 'sg', 'tso', 'gso', 'gro'].flatMap(feature => [feature, how])
  await left.succeed(['ethtool', '-K', device, ...features])
  await right.succeed(['ethtool', '-K', port, ...features])
  await left.address(device, `10.98.${n}.1/24`)
  await right.address(port, `10.98.${n}.2/24`)
  return `10.98.${n}.2`
}

/** A guest namespace whose only way out is slirp4netns in `world`. */
async function slirpGuest(lab: Lab, world: Host, name: string, mtu: number): Promise<Host> {
  const guest = await lab.host(name)
  const argv = ['slirp4netns', '--configure', '--disable-dns', `--mtu=${mtu}`, String(guest.pid), 'tap0']
  // The device is configured before its descriptor goes to the process outside.
  await world.start(`slirp4netns for ${name}`, argv).line(/^received tapfd/)
  return guest
}

export type Subjects = {
  /** Sink and source; the two ports of each. */
  readonly bulk: readonly (Subject & { readonly sourcePort: number })[]
  readonly http: readonly Subject[]
  readonly udp: readonly Subject[]
}

export async function startAll(lab: Lab): Promise<Subjects> {
  const tap = await lab.host('tap')
  const left = await lab.host('left')
  const right = await lab.host('right')
  const world = await lab.host('world')
  const plainTap = await lab.host('plain-tap')
  const ours = await startOnTap(tap, 'on')
  const oursPlain = await startOnTap(plainTap, 'off')
  const nodeRight = await startOnKernel(right)
  const nodeWorld = await startOnKernel(world)
  const fast = await cable(lab, left, right, 0, true)
  const plain = await cable(lab, left, right, 1, false)
  const guest = await slirpGuest(lab, world, 'guest', 1500)
  const bigGuest = await slirpGuest(lab, world, 'big-guest', 65_520)
  for (const host of [tap, plainTap, left, guest, bigGuest]) await manyPorts(host)
  const onTap = { client: tap, address: TAP_OURS, server: ours }
  const onPlainTap = { ...onTap, client: plainTap, server: oursPlain }
  const kernel = { client: left, address: fast }
  const slirp = { client: guest, address: SLIRP_HOST }
  const raw = { port: SINK, sourcePort: SOURCE }
  const streams = { port: STREAM_SINK, sourcePort: STREAM_SOURCE }
  return {
    bulk: [
      { name: 'taproot', ...onTap, ...raw },
      { name: 'taproot, streams', ...onTap, ...streams },
      { name: 'taproot, no offloads', ...onPlainTap, ...raw },
      { name: 'kernel', ...kernel, ...raw },
      { name: 'kernel, no offloads', ...kernel, address: plain, ...raw },
      { name: 'kernel, node:net', ...kernel, ...streams, server: nodeRight },
      { name: 'slirp4netns', ...slirp, ...raw },
      { name: 'slirp4netns, MTU 65520', ...slirp, client: bigGuest, ...raw },
    ],
    http: [
      { name: 'taproot', ...onTap, port: 80 },
      { name: 'kernel', ...kernel, port: 80, server: nodeRight },
      { name: 'slirp4netns', ...slirp, port: 80, server: nodeWorld },
    ],
    udp: [
      { name: 'taproot', ...onTap, port: 7 },
      { name: 'taproot, dgram', ...onTap, port: 1007 },
      { name: 'kernel', ...kernel, port: 7 },
      { name: 'kernel, node:dgram', ...kernel, port: 1007, server: nodeRight },
      { name: 'slirp4netns', ...slirp, port: 7 },
    ],
  }
}
