/** Ping, traceroute, captures and sockets without a network: what a test says is what comes. */
import type {
  Answer,
  CaptureInput,
  DiagnosticServices,
  Page,
  Paging,
  PingEventView,
  PingInput,
  SocketFilter,
  SocketView,
  Streaming,
  TracerouteEventView,
  TracerouteInput,
} from '../../services/index.ts'
import { type Refusal, refusal } from '../../services/index.ts'
import { Pipe } from '../../services/pipe.ts'
import { err, ok } from '../../stack/platform/index.ts'

/** One stream that a client began: the test puts into it, and sees whether it was left. */
export class FakeStream<Input, T> {
  readonly input: Input
  readonly pipe: Pipe<T>
  left = false
  readonly whenLeft: Promise<void>

  constructor(input: Input, limit: number) {
    let leave = (): void => {}
    this.whenLeft = new Promise((resolve) => {
      leave = resolve
    })
    this.input = input
    this.pipe = new Pipe<T>({
      limit,
      onLeave: () => {
        this.left = true
        leave()
      },
    })
  }
}

export const SOCKETS: readonly SocketView[] = [
  {
    protocol: 'udp',
    state: 'UNCONNECTED',
    local: null,
    localPort: 53,
    remote: null,
    remotePort: null,
    interface: null,
    receiveQueue: 0,
    sendQueue: 0,
    tcp: null,
  },
  {
    protocol: 'tcp',
    state: 'LISTEN',
    local: '10.53.0.2',
    localPort: 80,
    remote: null,
    remotePort: null,
    interface: null,
    receiveQueue: 0,
    sendQueue: 511,
    tcp: null,
  },
  {
    protocol: 'tcp',
    state: 'ESTABLISHED',
    local: '10.53.0.2',
    localPort: 80,
    remote: '10.53.0.1',
    remotePort: 40_001,
    interface: null,
    receiveQueue: 0,
    sendQueue: 17,
    tcp: {
      rttMs: 0.4321,
      rttVarianceMs: 0.1,
      leastRttMs: 0.25,
      timeoutMs: 1000,
      congestion: 'cubic',
      congestionWindow: 14_600,
      slowStartThreshold: 29_200,
      mss: 1460,
      inFlight: 17,
      sendWindow: 64_240,
      receiveWindow: 65_535,
      retransmitted: 3,
      timeouts: 0,
      acknowledged: 1234,
      received: 567,
      timer: 'retransmit',
      timerMs: 812.5,
    },
  },
]

const RTT = { minMs: 0.312, meanMs: 0.4, maxMs: 0.488, deviationMs: 0.088 }
const reply = (sequence: number, rttMs: number): PingEventView => ({
  kind: 'reply',
  sequence,
  from: '10.53.0.100',
  octets: 64,
  ttl: 64,
  rttMs,
  duplicate: false,
  late: false,
  damaged: false,
})
const PING: readonly PingEventView[] = [
  { kind: 'start', target: 'alpha', address: '10.53.0.100', octets: 56 },
  reply(1, 0.312),
  reply(2, 0.488),
  { kind: 'done', sent: 2, received: 2, duplicates: 0, errors: 0, elapsedMs: 1001.2, rtt: RTT },
]
const probe = (
  hop: number,
  attempt: number,
  answer: 'hop' | 'target',
  from: string,
  name: string | null,
): TracerouteEventView => ({ kind: 'probe', hop, attempt, answer, from, name, rttMs: hop + attempt / 8, mark: null })
const TRACEROUTE: readonly TracerouteEventView[] = [
  { kind: 'start', target: '10.54.0.9', address: '10.54.0.9', maxHops: 30, octets: 60 },
  ...[1, 2, 3].map((attempt) => probe(1, attempt, 'hop', '10.53.0.1', 'router.lab.internal')),
  ...[1, 2, 3].map((attempt) => probe(2, attempt, 'target', '10.54.0.9', null)),
  { kind: 'done', reached: true },
]

export class FakeDiagnostics implements DiagnosticServices {
  /** What comes at once and is all; when undefined, streams stay open for the test. */
  pingEvents: readonly PingEventView[] | undefined = PING
  tracerouteEvents: readonly TracerouteEventView[] | undefined = TRACEROUTE
  pieces: readonly Uint8Array[] | undefined = [Uint8Array.of(10, 13, 13, 10)]
  /** When set, everything is refused with it. */
  refuse: Refusal | undefined
  /** After what was given, streams break off with it. */
  breakWith: Refusal | undefined
  readonly pings: FakeStream<PingInput, PingEventView>[] = []
  readonly traceroutes: FakeStream<TracerouteInput, TracerouteEventView>[] = []
  readonly captures: FakeStream<CaptureInput, Uint8Array>[] = []
  #told: () => void = () => {}

  async ping(input: PingInput): Streaming<PingEventView> {
    return this.#begin(this.pings, input, this.pingEvents)
  }

  async traceroute(input: TracerouteInput): Streaming<TracerouteEventView> {
    return this.#begin(this.traceroutes, input, this.tracerouteEvents)
  }

  async capture(input: CaptureInput): Streaming<Uint8Array> {
    return this.#begin(this.captures, input, this.pieces)
  }

  async listSockets(filter: SocketFilter, paging: Paging): Answer<Page<SocketView>> {
    if (filter.state === 'ASLEEP')
      return err(refusal('invalid', '/state', '"ASLEEP" is not a state', 'LISTEN, for one'))
    const items = SOCKETS.filter((socket) =>
      Object.entries(filter).every(
        ([key, value]) => value === undefined || (socket as Record<string, unknown>)[key] === value,
      ),
    )
    return ok({ items: items.slice(0, paging.limit), next: null })
  }

  /** Until a client has begun something. */
  begun(): Promise<void> {
    return new Promise((resolve) => {
      this.#told = resolve
    })
  }

  #begin<Input, T>(list: FakeStream<Input, T>[], input: Input, items: readonly T[] | undefined): Awaited<Streaming<T>> {
    if (this.refuse !== undefined) return err(this.refuse)
    const stream = new FakeStream<Input, T>(input, 1000)
    list.push(stream)
    for (const item of items ?? []) stream.pipe.put(item)
    if (this.breakWith !== undefined) stream.pipe.break(this.breakWith)
    else if (items !== undefined) stream.pipe.end()
    this.#told()
    return ok(stream.pipe)
  }
}
