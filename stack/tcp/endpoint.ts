/**
 * A connection as programs hold it: the sans-IO core with its place in the table and its timer. What it did goes to
 * `onEvents` as EVENT_ bits, after the segments were sent; to be called back from within a call is to be expected.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { Clock, Timer } from '../platform/index.ts'
import { NEVER } from './connection.ts'
import type { ConnectionError, TcpConnection } from './connection.ts'
import { windowToOffer } from './receive.ts'
import { STATE_NAMES } from './state.ts'
import type { Listener } from './listen.ts'

export type TcpView = {
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  readonly state: (typeof STATE_NAMES)[number]
  /** Received and not read, written and not acknowledged; octets. */
  readonly receiveQueue: number
  readonly sendQueue: number
  /** All in ms and octets, as `ss -i` shows them; 0 before the first sample. */
  readonly rttMs: number
  readonly rttVarianceMs: number
  readonly timeoutMs: number
  readonly congestion: string
  readonly window: number
  readonly inFlight: number
  readonly sendWindow: number
  readonly mss: number
  /** Octets where slow start ends; undefined before the first loss. */
  readonly threshold: number | undefined
  /** Least round-trip time of late; undefined before the first sample. */
  readonly leastRttMs: number | undefined
  /** Room for what the peer sends. */
  readonly receiveWindow: number
  /** Segments sent again since it began, and times in a row that the time-out has passed. */
  readonly retransmitted: number
  readonly timeouts: number
  /** Octets that the peer has acknowledged, and that came from it in order. */
  readonly acknowledged: number
  readonly received: number
  /** The next that will run out. */
  readonly timer: { readonly kind: TcpTimer; readonly inMs: number } | undefined
}

/** As `ss -o` calls them, as far as it knows them. */
export type TcpTimer = 'retransmit' | 'tail-probe' | 'reordering' | 'delayed-ack' | 'persist' | 'keep-alive' | 'limit'

export class TcpEndpoint {
  readonly local: Ipv4
  readonly localPort: number
  readonly remote: Ipv4
  readonly remotePort: number
  next: TcpEndpoint | undefined = undefined
  readonly connection: TcpConnection
  onEvents: (events: number) => void = () => {}
  /** While the handshake lasts: whose backlog it stands in. */
  listener: Listener | undefined
  inTable = true
  /** It will be served at the end of the batch. */
  waits = false
  /** Tells the listener that its peer has one connection less. */
  release: () => void = () => {}
  readonly #clock: Clock
  readonly #service: (endpoint: TcpEndpoint) => void
  #timer: Timer | undefined
  #timerAt = NEVER

  constructor(
    connection: TcpConnection, listener: Listener | undefined, clock: Clock, service: (endpoint: TcpEndpoint) => void,
  ) {
    this.local = connection.local
    this.localPort = connection.localPort
    this.remote = connection.remote
    this.remotePort = connection.remotePort
    this.connection = connection
    this.listener = listener
    this.#clock = clock
    this.#service = service
  }

  /** Copies what the send buffer has room for, and says how much; below `length`, EVENT_WRITABLE follows. */
  write(from: Uint8Array, at: number, length: number): number {
    const taken = this.connection.send(from, at, length)
    if (taken > 0) this.#service(this)
    return taken
  }

  get readable(): number {
    return this.connection.readable
  }

  /** Copies up to `length` received octets, and says how many. */
  read(into: Uint8Array, at: number, length: number): number {
    const taken = this.connection.receive(into, at, length, this.#clock.now())
    if (taken > 0 && this.inTable) this.#service(this)
    return taken
  }

  /** Half-close: no more will be written. */
  end(): void {
    this.connection.shutdown()
    this.#service(this)
  }

  /** No more will be written or read; what was written is still delivered. */
  close(): void {
    this.connection.close(this.#clock.now())
    this.#service(this)
  }

  /** Ends it with a reset. */
  abort(): void {
    this.connection.abort()
    this.#service(this)
  }

  get error(): ConnectionError {
    return this.connection.error
  }

  setNoDelay(on: boolean): void {
    this.connection.noDelay = on
    this.#service(this)
  }

  /** `idleMs` 0: as it was; two hours to begin with. */
  setKeepAlive(on: boolean, idleMs: number): void {
    this.connection.setKeepAlive(on, idleMs, this.#clock.now())
    this.#service(this)
  }

  view(): TcpView {
    const c = this.connection
    return {
      local: c.local,
      localPort: c.localPort,
      remote: c.remote,
      remotePort: c.remotePort,
      state: STATE_NAMES[c.state],
      receiveQueue: c.receiveRing.used,
      sendQueue: c.sendRing.used,
      rttMs: c.rtt.smoothed,
      rttVarianceMs: c.rtt.variance,
      timeoutMs: c.rtt.timeout(),
      congestion: c.congestion.name,
      window: Math.floor(c.congestion.window()),
      inFlight: c.inFlight,
      sendWindow: c.sndWnd,
      mss: c.mss,
      threshold: c.congestion.threshold(),
      leastRttMs: Number.isFinite(c.rtt.least) ? c.rtt.least : undefined,
      receiveWindow: Math.max(0, (windowToOffer(c) - c.rcvNxt) | 0),
      retransmitted: c.resentSegments,
      timeouts: c.rtt.backoffs,
      acknowledged: c.written - c.sendRing.used,
      received: c.read + c.receiveRing.used,
      timer: this.#nextTimer(),
    }
  }

  #nextTimer(): TcpView['timer'] {
    const c = this.connection
    const timers: readonly (readonly [TcpTimer, number])[] = [
      ['retransmit', c.rtoAt], ['tail-probe', c.tailAt], ['reordering', c.reorderAt], ['delayed-ack', c.delayedAckAt],
      ['persist', c.persistAt], ['keep-alive', c.keepAliveAt], ['limit', c.limitAt],
    ]
    const [kind, at] = timers.reduce((first, other) => (other[1] < first[1] ? other : first))
    return at === NEVER ? undefined : { kind, inMs: Math.max(0, at - this.#clock.now()) }
  }

  /** Sets the timer to the connection's deadline. One that fires too early is cheaper than setting each anew. */
  arm(): void {
    const deadline = this.connection.deadline()
    if (deadline >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = deadline
    this.#timer = this.#clock.at(deadline, () => {
      this.#timerAt = NEVER
      this.#timer = undefined
      this.connection.elapse(this.#clock.now())
      this.#service(this)
    })
  }

  disarm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAt = NEVER
  }
}
