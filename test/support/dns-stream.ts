/** DNS over TCP between two stacks on a virtual wire: the endpoint under test on one, clients on the other. */
import { DnsTcpEndpoint } from '../../services/dns-tcp-endpoint.ts'
import type { DnsOptions, DnsServer } from '../../services/dns/index.ts'
import type { Ipv4, TcpEndpoint } from '../../stack/index.ts'
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_ENDED } from '../../stack/index.ts'
import { u16, VirtualClock } from '../../stack/platform/index.ts'
import { Bench, told, zoneOf } from './dns.ts'
import type { Sent, Told } from './dns.ts'
import { addressOn, must } from './stack-lan.ts'
import { LEFT, RIGHT, tcpWorld } from './tcp-hosts.ts'
import type { World } from './tcp-hosts.ts'

const strings = (count: number): string => Array.from({ length: count }, () => `"${'x'.repeat(250)}"`).join(' ')
export const STREAM_ZONE = zoneOf('lab.example', `
  @    NS  ns
  www  A   10.0.0.4
  big  TXT ${strings(12)}
  huge TXT ${strings(240)}
`)
export const UPSTREAM = { address: 1, port: 53 }

/** Messages with their lengths before them. */
export const framesOf = (...messages: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(messages.flatMap((m) => [m.length >> 8, m.length & 255, ...m]))

/** A client that sends what it is given and keeps what comes. */
export class StreamClient {
  readonly endpoint: TcpEndpoint
  seen = 0
  /** Octets that came and make no whole message yet. */
  #rest = new Uint8Array(0)
  readonly answers: Told[] = []
  readonly #clock: VirtualClock
  readonly #outgoing: Uint8Array[] = []
  reads = true

  constructor(world: World, localAddress = LEFT) {
    this.#clock = world.clock
    this.endpoint = must(world.left.tcp.connect({ address: RIGHT, port: 53, localAddress }))
    this.endpoint.setNoDelay(true)
    this.endpoint.onEvents = (events) => {
      this.seen |= events
      this.#go()
    }
  }

  get ended(): boolean {
    return (this.seen & EVENT_ENDED) !== 0
  }

  get closed(): boolean {
    return (this.seen & EVENT_CLOSED) !== 0
  }

  /** When the connection ended, to the next tenth of a second; undefined when it did not within the time. */
  endsAfter(mostMs: number): number | undefined {
    const from = this.#clock.now()
    for (let ms = 0; ms < mostMs; ms += 100) {
      if (this.ended || this.closed) return this.#clock.now() - from
      this.#clock.advance(100)
    }
    return undefined
  }

  send(octets: Uint8Array): void {
    this.#outgoing.push(octets)
    this.#go()
  }

  #go(): void {
    if ((this.seen & EVENT_CONNECTED) === 0) return
    for (let next = this.#outgoing[0]; next !== undefined; next = this.#outgoing[0]) {
      const taken = this.endpoint.write(next, 0, next.length)
      if (taken < next.length) {
        this.#outgoing[0] = next.subarray(taken)
        break
      }
      this.#outgoing.shift()
    }
    if (this.reads) this.read()
  }

  read(): void {
    const octets = new Uint8Array(this.endpoint.readable)
    this.endpoint.read(octets, 0, octets.length)
    let b = new Uint8Array(this.#rest.length + octets.length)
    b.set(this.#rest)
    b.set(octets, this.#rest.length)
    while (b.length >= 2 && b.length >= 2 + u16(b, 0)) {
      const end = 2 + u16(b, 0)
      this.answers.push(told(b, 2, end - 2))
      b = b.slice(end)
    }
    this.#rest = b
  }
}

export class StreamBench {
  readonly world: World = tcpWorld()
  readonly clock = this.world.clock
  readonly #bench: Bench
  readonly server: DnsServer
  readonly endpoint: DnsTcpEndpoint

  constructor(options: Partial<DnsOptions> = {}, upstreamStreams = false) {
    this.#bench = new Bench([STREAM_ZONE], options, 1, upstreamStreams, this.clock)
    this.server = this.#bench.server
    this.endpoint = new DnsTcpEndpoint(this.world.right, this.server, this.clock)
  }

  get sent(): readonly Sent[] {
    return this.#bench.sent
  }

  client(from = LEFT): StreamClient {
    const client = new StreamClient(this.world, from)
    this.clock.advance(50)
    return client
  }

  /** Gives the clients' host more addresses: 10.53.0.101 and on. */
  moreSources(count: number): readonly Ipv4[] {
    const [iface] = this.world.left.interfaces
    if (iface === undefined) throw new Error('the clients have no interface')
    const more = Array.from({ length: count }, (_, i) => addressOn(`10.53.0.${101 + i}/24`))
    this.world.left.changeAddresses(iface, [...iface.addresses, ...more])
    return more.map(({ address }) => address)
  }
}
