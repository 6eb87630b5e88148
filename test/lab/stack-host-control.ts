/** A stack of ours in a process of its own on a host of the lab, and what tests may tell it (stack-host.ts). */
import type { CongestionName, SourcePolicy, Weather } from '../../stack/index.ts'
import type { Host } from './netns.ts'
import type { Program } from './program.ts'

export type StackHostConfig = {
  readonly links: readonly {
    readonly name: string
    /** With prefix length. */
    readonly address: string
    readonly mtu?: number
    /** Asked of the kernel; yes when not given. */
    readonly offloads?: boolean
    readonly outgoing?: Weather
    readonly incoming?: Weather
    readonly proxyArp?: 'off' | 'routed'
    readonly directedBroadcasts?: boolean
    readonly sourcePolicy?: SourcePolicy
  }[]
  readonly routes?: readonly { readonly prefix: string; readonly gateway: string }[]
  readonly forwarding?: boolean
  readonly congestion?: CongestionName
  /** Of the weather. */
  readonly seed?: number
}

export type StackHostTask =
  | { readonly do: 'weather'; readonly link: string; readonly outgoing: Weather; readonly incoming: Weather }
  | { readonly do: 'counters' | 'end-capture' | 'memory' | 'connections' | 'certificate' }
  /** Ourselves as a router (RFC 1256). */
  | { readonly do: 'advertise'; readonly link: string }
  | { readonly do: 'capture'; readonly link: string; readonly file: string }
  | { readonly do: 'connect'; readonly host: string; readonly port: number; readonly keepAliveMs?: number }
  /** On the session that was opened last. */
  | { readonly do: 'say'; readonly line: string }
export type StackHostCommand = StackHostTask & { readonly id: number }

export type LayerCounters = { readonly [layer: string]: { readonly [name: string]: number } | undefined }

export class StackHost {
  readonly program: Program
  #asked = 0

  private constructor(program: Program) {
    this.program = program
  }

  static async start(host: Host, config: StackHostConfig): Promise<StackHost> {
    const program = host.start('stack-host', [process.execPath, 'test/lab/stack-host.ts', JSON.stringify(config)])
    await program.line(/^ready$/)
    return new StackHost(program)
  }

  /** One of 10.99.0.2/24 on tap0, whose other end is the host's 10.99.0.1. */
  static async besideKernel(host: Host, config: Omit<StackHostConfig, 'links'> & Partial<StackHostConfig['links'][0]> = {}): Promise<StackHost> {
    const { congestion, seed, forwarding, routes, ...link } = config
    const ours = await StackHost.start(host, {
      ...(congestion === undefined ? {} : { congestion }), ...(seed === undefined ? {} : { seed }),
      ...(forwarding === undefined ? {} : { forwarding }), ...(routes === undefined ? {} : { routes }),
      links: [{ name: 'tap0', address: `${OURS}/24`, ...link }],
    })
    await host.address('tap0', `${KERNEL}/24`)
    await host.succeed(['ip', 'link', 'set', 'tap0', 'up'])
    return ours
  }

  async ask<T = unknown>(task: StackHostTask): Promise<T> {
    const id = ++this.#asked
    this.program.write(`${JSON.stringify({ ...task, id })}\n`)
    const line = await this.program.line(new RegExp(`^(answer|refused) ${id} `))
    if (line.startsWith('refused')) throw new Error(line)
    return JSON.parse(line.replace(/^answer \d+ /, '')) as T
  }

  counters(): Promise<LayerCounters> {
    return this.ask<LayerCounters>({ do: 'counters' })
  }
}

export const KERNEL = '10.99.0.1'
export const OURS = '10.99.0.2'
export const OUR_MAC = '02:00:00:00:77:01'
