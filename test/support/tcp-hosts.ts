/** Two stacks on a wire, and programs on them that send and receive streams through the TCP core. */
import { createHash } from 'node:crypto'
import { FaultyLink, ipv4, Stack, virtualWire } from '../../stack/index.ts'
import type { VirtualWireOptions, Weather } from '../../stack/index.ts'
import { SeededRandom, SeededSecureRandom, VirtualClock } from '../../stack/platform/index.ts'
import type { Random } from '../../stack/platform/index.ts'
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_ENDED } from '../../stack/tcp/connection.ts'
import type { CongestionName } from '../../stack/tcp/congestion/controls.ts'
import type { TcpEndpoint } from '../../stack/tcp/endpoint.ts'
import { addressOn, must } from './stack-lan.ts'

export const LEFT = ipv4('10.53.0.1')
export const RIGHT = ipv4('10.53.0.2')

export type World = {
  readonly clock: VirtualClock
  readonly left: Stack
  readonly right: Stack
  readonly faults: unknown[]
  readonly links: readonly [FaultyLink, FaultyLink]
}

export type WorldOptions = {
  readonly seed?: number
  readonly wire?: VirtualWireOptions
  readonly weather?: Weather
  /** The weather of what is received; fair when not given. */
  readonly incoming?: Weather
  readonly congestion?: CongestionName
}

export function tcpWorld(options: WorldOptions = {}): World {
  const { seed = 1, weather = {}, congestion = 'cubic' } = options
  const clock = new VirtualClock()
  const faults: unknown[] = []
  const wire = virtualWire(clock, { delayMs: 3, ...options.wire })
  const links = wire.map((link, i) => new FaultyLink(link, clock, new SeededRandom(seed * 100 + i), weather, options.incoming))
  const [near, far] = links as [FaultyLink, FaultyLink]
  const host = (link: FaultyLink, address: string, salt: number): Stack => {
    const random = new SeededSecureRandom(seed * 10 + salt)
    const stack = new Stack({ clock, random, onFault: (fault) => faults.push(fault) })
    stack.addInterface(link, { addresses: [addressOn(`${address}/24`)] })
    stack.tcp.tuning = { ...stack.tcp.tuning, congestion }
    return stack
  }
  return { clock, left: host(near, '10.53.0.1', 1), right: host(far, '10.53.0.2', 2), faults, links: [near, far] }
}

/** The same octets for the same seed, made piece by piece. */
export function stream(seed: number): (into: Uint8Array) => void {
  const random = new SeededRandom(seed)
  return (into) => {
    for (let i = 0; i < into.length; i++) into[i] = random.u32() & 255
  }
}

export function hashOf(seed: number, length: number): string {
  const octets = new Uint8Array(length)
  stream(seed)(octets)
  return createHash('sha256').update(octets).digest('hex')
}

/** Writes `length` octets of a stream and ends; reads all that comes, and keeps its hash. */
export class Talker {
  readonly endpoint: TcpEndpoint
  /** EVENT_ bits that came. */
  seen = 0
  received = 0
  readonly #octets: Uint8Array
  readonly #hash = createHash('sha256')
  readonly #buffer = new Uint8Array(40_000)
  readonly #slow: Random | undefined
  #sent = 0
  #ended = false

  constructor(endpoint: TcpEndpoint, seed: number, length: number, slow?: Random) {
    this.endpoint = endpoint
    this.#octets = new Uint8Array(length)
    stream(seed)(this.#octets)
    this.#slow = slow
    endpoint.onEvents = (events) => {
      this.seen |= events
      this.go()
    }
  }

  get error(): string {
    return this.endpoint.error
  }

  get closed(): boolean {
    return (this.seen & EVENT_CLOSED) !== 0
  }

  digest(): string {
    return this.#hash.digest('hex')
  }

  /** Reads and writes what can be. */
  go(): void {
    if ((this.seen & EVENT_CONNECTED) === 0) return
    const most = this.#slow === undefined ? this.#buffer.length : this.#slow.below(3000)
    for (;;) {
      const got = this.endpoint.read(this.#buffer, 0, most)
      this.#hash.update(this.#buffer.subarray(0, got))
      this.received += got
      if (got === 0 || this.#slow !== undefined) break
    }
    if (this.#sent < this.#octets.length) {
      this.#sent += this.endpoint.write(this.#octets, this.#sent, this.#octets.length - this.#sent)
    }
    if (this.#sent === this.#octets.length && !this.#ended) {
      this.#ended = true
      this.endpoint.end()
    }
    if ((this.seen & EVENT_ENDED) !== 0 && this.#ended && this.endpoint.readable === 0) this.endpoint.close()
  }
}

/** A connection from left to right on port 80; the server's end appears when the handshake is over. */
export function talk(
  world: World, lengths: readonly [number, number], options: { readonly slow?: Random; readonly seed?: number } = {},
): { readonly client: Talker; readonly server: () => Talker | undefined } {
  const seed = options.seed ?? 5
  let server: Talker | undefined
  const listener = must(
    world.right.tcp.listen({
      port: 80,
      onConnection: (endpoint) => {
        server = new Talker(endpoint, seed + 1, lengths[1], options.slow)
      },
    }),
  )
  const client = new Talker(must(world.left.tcp.connect({ address: RIGHT, port: listener.port })), seed, lengths[0])
  return { client, server: () => server }
}
