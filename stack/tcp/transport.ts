/**
 * HOT PATH. TCP as the stack sees it: from a datagram to its connection, listener or reset (RFC 9293 §3.10.7.1 and .2),
 * from a connection's segments to datagrams, and the timers between. Watched by test/bench/micro/tcp-bulk.ts.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { isUnicast } from '../address/ipv4.ts'
import type { EthernetOutput } from '../ethernet/output.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { ProtocolHandler, SocketError } from '../ipv4/protocols.ts'
import { SEND_FAULT } from '../ipv4/send-fault.ts'
import { err, i32, ok, TokenBucket } from '../platform/index.ts'
import type { Clock, Instant, Result, SecureRandom } from '../platform/index.ts'
import * as ip from '../wire/ipv4.ts'
import { segmentBytes } from '../wire/offload.ts'
import * as tcp from '../wire/tcp.ts'
import * as options from '../wire/tcp-options.ts'
import {
  EVENT_CLOSED, EVENT_CONNECTED, EVENT_READABLE, EVENT_WRITABLE, RECEIVE_BUFFER_MOST_BYTES, RECEIVE_SCALE, SEND_BUFFER_MOST_BYTES, TcpConnection,
} from './connection.ts'
import type { ConnectionError, SegmentWriter, TcpTuning } from './connection.ts'
import { TcpEndpoint } from './endpoint.ts'
import type { TcpView } from './endpoint.ts'
import { beginFromCookie, beginPassive, LEAST_MSS } from './input.ts'
import { initialSequence, timestampOffsetFor, TupleHash } from './isn.ts'
import { Listener } from './listen.ts'
import type { ListenOptions } from './listen.ts'
import type { Path, Paths } from './path.ts'
import { resendForPath } from './recovery.ts'
import { OutSegment, Segment } from './segment.ts'
import { SegmentOutput } from './segment-output.ts'
import { le, lt, plus } from './seq.ts'
import { CLOSED, SYN_RECEIVED, SYN_SENT, TIME_WAIT } from './state.ts'
import { cookieFor, keepOptions, keptSack, keptScale, openCookie } from './syn-cookie.ts'
import { TupleTable } from './table.ts'
import type { TcpTally } from './tally.ts'
import { TIME_WAIT_MS, TimeWaits } from './time-wait.ts'
import type { TimeWait } from './time-wait.ts'

/** With buffers of a few kB each a bound on memory; ports for one peer end about here too. */
export const CONNECTIONS_LIMIT = 65_536
/** RFC 5961 §7: challenge ACKs of all connections together. Linux's default is of this order. */
const CHALLENGES_PER_SECOND = 1000
/** How long after an overflow an ACK may bring a cookie. */
const COOKIES_MS = 128_000
const FIRST_EPHEMERAL_PORT = 49_152 // RFC 6335 §6
const EPHEMERAL_PORTS = 16_384
const PORT_TRIES = 64

/** What a program is told when a segment cannot leave; for the rest EHOSTUNREACH. */
const SEND_ERROR: ReadonlyMap<number, ConnectionError> = new Map([
  [SEND_FAULT.notOurs, 'EADDRNOTAVAIL'],
  [SEND_FAULT.noRoute, 'ENETUNREACH'],
])

export type ConnectOptions = {
  readonly address: Ipv4
  readonly port: number
  /** One of ours; chosen by the route when not given. */
  readonly localAddress?: Ipv4
  /** By chance when not given (RFC 6056 §3.3.1). */
  readonly localPort?: number
}

export type ConnectError =
  | { readonly kind: 'no-route'; readonly address: Ipv4 }
  | { readonly kind: 'address-not-available'; readonly address: Ipv4 }
  | { readonly kind: 'address-in-use'; readonly port: number }
  | { readonly kind: 'no-free-port' }
  | { readonly kind: 'bad-port'; readonly port: number }
  | { readonly kind: 'too-many' }

export type ListenError =
  | { readonly kind: 'address-in-use'; readonly port: number }
  | { readonly kind: 'address-not-available'; readonly address: Ipv4 }
  | { readonly kind: 'no-free-port' }
  | { readonly kind: 'bad-port'; readonly port: number }

export type TcpParts = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly tally: TcpTally
  readonly output: Ipv4Output
  readonly ethernet: EthernetOutput
  readonly paths: Paths
  readonly tuning?: Partial<TcpTuning>
  readonly timeWaitMs?: number
}

export class Tcp implements ProtocolHandler, SegmentWriter {
  /** For connections made from now on. */
  tuning: TcpTuning
  readonly #clock: Clock
  readonly #random: SecureRandom
  readonly #tally: TcpTally
  readonly #received: number
  readonly #output: Ipv4Output
  readonly #segments: SegmentOutput
  readonly #ethernet: EthernetOutput
  readonly #paths: Paths
  readonly #hash: TupleHash
  readonly #challenges: TokenBucket
  readonly #table: TupleTable<TcpEndpoint>
  readonly #timeWaits: TimeWaits
  readonly #listeners = new Map<number, readonly Listener[]>()
  /** Served at the end of the batch; at most one entry for each of its frames. */
  readonly #waiting: TcpEndpoint[] = []
  readonly #segment = new Segment()
  readonly #answer = new OutSegment()
  readonly #serve = (endpoint: TcpEndpoint): void => this.#service(endpoint, this.#clock.now())

  constructor(parts: TcpParts) {
    const { clock, random, tally } = parts
    this.tuning = {
      congestion: 'cubic',
      ecn: 'accept',
      receiveBufferMost: RECEIVE_BUFFER_MOST_BYTES,
      sendBufferMost: SEND_BUFFER_MOST_BYTES,
      ...parts.tuning,
    }
    this.#clock = clock
    this.#random = random
    this.#tally = tally
    this.#received = tally.slot('received')
    this.#output = parts.output
    this.#segments = new SegmentOutput(parts.output, tally)
    this.#ethernet = parts.ethernet
    this.#paths = parts.paths
    this.#ethernet.atBatchEnd = () => this.#serveWaiting()
    this.#hash = new TupleHash(random)
    this.#challenges = new TokenBucket(CHALLENGES_PER_SECOND, CHALLENGES_PER_SECOND, clock.now())
    this.#table = new TupleTable(random.u32())
    this.#timeWaits = new TimeWaits(clock, random.u32(), parts.timeWaitMs ?? TIME_WAIT_MS, () =>
      tally.count('time-wait-evicted'))
  }

  /** Active open. Give it its `onEvents` at once; EVENT_CONNECTED or EVENT_CLOSED follows. */
  connect(o: ConnectOptions): Result<TcpEndpoint, ConnectError> {
    if (!isPort(o.port) || o.port === 0) return err({ kind: 'bad-port', port: o.port })
    const path = this.#paths.to(o.address)
    if (path === undefined) return err({ kind: 'no-route', address: o.address })
    const local = o.localAddress ?? path.source
    if (!this.#paths.isLocal(local)) return err({ kind: 'address-not-available', address: local })
    if (this.#table.size >= CONNECTIONS_LIMIT) return err({ kind: 'too-many' })
    const localPort = o.localPort ?? this.#ephemeralPort(local, o.address, o.port)
    if (localPort === undefined) return err({ kind: 'no-free-port' })
    if (!isPort(localPort) || localPort === 0) return err({ kind: 'bad-port', port: localPort })
    if (this.#taken(local, localPort, o.address, o.port)) return err({ kind: 'address-in-use', port: localPort })
    const endpoint = this.#create(local, localPort, o.address, o.port, path, undefined, undefined)
    endpoint.connection.open(this.#clock.now())
    this.#tally.count('opened')
    this.#service(endpoint, this.#clock.now())
    return ok(endpoint)
  }

  listen(o: ListenOptions): Result<Listener, ListenError> {
    if (!isPort(o.port)) return err({ kind: 'bad-port', port: o.port })
    const address = o.address ?? 0
    if (address !== 0 && !this.#paths.isLocal(address)) return err({ kind: 'address-not-available', address })
    const port = o.port === 0 ? this.#freePort() : o.port
    if (port === undefined) return err({ kind: 'no-free-port' })
    const there = this.#listeners.get(port) ?? []
    if (there.some((other) => other.address === address)) return err({ kind: 'address-in-use', port })
    const listener = new Listener(o, port, (closed) => this.#unlisten(closed))
    this.#listeners.set(port, [...there, listener])
    return ok(listener)
  }

  /** Every connection there is, TIME-WAIT apart. */
  connections(): readonly TcpView[] {
    return this.#table.list().map((endpoint) => endpoint.view())
  }

  listeners(): readonly Listener[] {
    return [...this.#listeners.values()].flat()
  }

  /** What is in TIME-WAIT. */
  timeWaits(): readonly TimeWait[] {
    return this.#timeWaits.table.list()
  }

  get timeWaitCount(): number {
    return this.#timeWaits.table.size
  }

  receive(d: ReceivedDatagram): void {
    const tally = this.#tally
    tally.bump(this.#received)
    const b = d.buffer
    const at = d.payloadAt
    const end = at + d.payloadLength
    // RFC 9293 §3.9.2.3.
    if (d.broadcast || d.linkBroadcast || !isUnicast(d.source)) return tally.count('not-unicast')
    const fault = tcp.check(b, at, end, d.source, d.target, d.checked)
    if (fault !== undefined) return tally.count(fault)
    const s = this.#segment
    s.read(b, at, end, segmentBytes(d.offload))
    s.congested = ip.ecn(b, d.at) === ip.ECN_CE
    const localPort = tcp.targetPort(b, at)
    const remotePort = tcp.sourcePort(b, at)
    const endpoint = this.#table.find(d.target, localPort, d.source, remotePort)
    if (endpoint === undefined) return this.#toNone(s, d.target, localPort, d.source, remotePort)
    const now = this.#clock.now()
    if (endpoint.connection.process(s, now)) this.#refuse(s, d.target, localPort, d.source, remotePort)
    if (this.#ethernet.receiving && endpoint.connection.mayWait()) this.#wait(endpoint)
    else this.#service(endpoint, now)
  }

  /** RFC 5927 §4: only about a segment that is in flight; final only while the connection is being made. */
  failed(error: SocketError, b: Uint8Array, at: number, end: number): void {
    this.#tally.count('errors-received')
    const endpoint = this.#quoted(b, at, end)
    if (endpoint === undefined) return this.#tally.count('error-outside')
    const c = endpoint.connection
    if (error === 'EMSGSIZE') this.#fitPath(c)
    else if (c.state === SYN_SENT || c.state === SYN_RECEIVED) c.end(error)
    else c.softError = error
    this.#service(endpoint, this.#clock.now())
  }

  owns(b: Uint8Array, at: number, end: number): boolean {
    return this.#quoted(b, at, end) !== undefined
  }

  /** Sends one segment of a connection. What waiting would not mend counts as sent, and the timers see to it. */
  write(c: TcpConnection, out: OutSegment): number {
    let fault = this.#segments.sendOf(c, out)
    if (fault === SEND_FAULT.tooLong) {
      this.#fitPath(c)
      if (out.pieceBytes > 0) out.pieceBytes = c.mss - out.optionBytes
      fault = this.#segments.sendOf(c, out)
    }
    if (fault === 0 || fault === SEND_FAULT.queueFull) return fault
    const error = SEND_ERROR.get(fault) ?? 'EHOSTUNREACH'
    if (c.state === SYN_SENT) c.end(error)
    else c.softError = error
    return 0
  }

  /** Ends everything without a word to the peers. */
  close(): void {
    this.#listeners.clear()
    for (const endpoint of this.#table.list()) {
      endpoint.connection.end('ECONNABORTED')
      this.#remove(endpoint)
      this.#report(endpoint)
    }
    this.#timeWaits.close()
  }

  /** What a batch brings in good order is answered at its end, at once: fewer and larger segments, fewer ACKs. */
  #wait(endpoint: TcpEndpoint): void {
    if (endpoint.waits) return
    endpoint.waits = true
    this.#waiting.push(endpoint)
  }

  #serveWaiting(): void {
    if (this.#waiting.length === 0) return
    const now = this.#clock.now()
    for (let endpoint = this.#waiting.pop(); endpoint !== undefined; endpoint = this.#waiting.pop()) {
      endpoint.waits = false
      this.#service(endpoint, now)
    }
  }

  /** Sends all there is to send, sets the timer, and says what happened. */
  #service(endpoint: TcpEndpoint, now: Instant): void {
    const c = endpoint.connection
    // A program that reads or writes at once spares a segment: the ACK goes with its text, or with the room it made.
    if (endpoint.listener === undefined && c.events !== 0 && (c.events & ~(EVENT_READABLE | EVENT_WRITABLE)) === 0) {
      this.#report(endpoint)
    }
    if (c.pathSuspect) {
      c.pathSuspect = false
      this.#paths.suspect(c.remote)
    }
    this.#ethernet.beginBatch()
    while (c.emit(this, now)) {
      // Each call sends one segment; windows and the pace bound them.
    }
    this.#ethernet.endBatch()
    if (endpoint.inTable) {
      if (c.state === CLOSED || c.state === TIME_WAIT) {
        if (c.state === TIME_WAIT) {
          this.#timeWaits.add(c)
          c.events |= EVENT_CLOSED
        }
        this.#remove(endpoint)
      } else {
        endpoint.arm()
      }
    }
    this.#report(endpoint)
  }

  #report(endpoint: TcpEndpoint): void {
    const c = endpoint.connection
    if (c.events === 0) return
    const { listener } = endpoint
    if (listener !== undefined) {
      if ((c.events & (EVENT_CONNECTED | EVENT_CLOSED)) === 0) return
      endpoint.listener = undefined
      listener.halfOpen--
      if ((c.events & EVENT_CONNECTED) === 0) return
      this.#tally.count('accepted')
      listener.onConnection(endpoint)
    }
    const events = c.events
    c.events = 0
    endpoint.onEvents(events)
  }

  #remove(endpoint: TcpEndpoint): void {
    if (!endpoint.inTable) return
    endpoint.inTable = false
    endpoint.disarm()
    endpoint.release()
    this.#table.remove(endpoint)
    this.#tally.count('closed')
  }

  #create(
    local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, path: Path, listener: Listener | undefined,
    iss: number | undefined,
  ): TcpEndpoint {
    const now = this.#clock.now()
    const connection = new TcpConnection({
      local, localPort, remote, remotePort, now,
      mss: path.mss,
      segmentsMost: path.segmentsMost,
      iss: iss ?? initialSequence(this.#hash, local, localPort, remote, remotePort, now),
      timestampOffset: timestampOffsetFor(this.#hash, local, remote),
      tuning: this.tuning,
      tally: this.#tally,
      challenges: this.#challenges,
    })
    const endpoint = new TcpEndpoint(connection, listener, this.#clock, this.#serve)
    this.#table.add(endpoint)
    return endpoint
  }

  /** No connection: TIME-WAIT, a listener, or a reset. */
  #toNone(s: Segment, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number): void {
    let atLeast: number | undefined
    const waiting = this.#timeWaits.table.find(local, localPort, remote, remotePort)
    if (waiting !== undefined) {
      const verdict = this.#timeWaits.judge(waiting, s)
      if (verdict === 'acknowledge') this.#repeatAck(waiting)
      if (verdict !== 'reuse') return
      this.#tally.count('time-wait-reused')
      this.#timeWaits.remove(waiting)
      atLeast = plus(waiting.sndNxt, 0xffff)
    }
    const listener = this.#listener(local, localPort)
    if (listener === undefined) {
      this.#tally.count('no-connection')
      return this.#refuse(s, local, localPort, remote, remotePort)
    }
    if ((s.flags & tcp.RST) !== 0) return
    if ((s.flags & tcp.ACK) !== 0) return this.#returnedCookie(listener, s, local, localPort, remote, remotePort)
    if ((s.flags & tcp.SYN) === 0) return this.#tally.count('no-ack')
    this.#passiveOpen(listener, s, local, localPort, remote, remotePort, atLeast)
  }

  /** RFC 9293 §3.10.7.2, third. */
  #passiveOpen(
    listener: Listener, s: Segment, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number,
    atLeast: number | undefined,
  ): void {
    const path = this.#paths.to(remote)
    if (path === undefined) return this.#tally.count('unsent')
    if (this.#table.size >= CONNECTIONS_LIMIT || !listener.mayTake(remote)) return this.#tally.count('too-many')
    if (listener.halfOpen >= listener.backlog) {
      this.#tally.count('backlog-full')
      return this.#sendCookie(listener, s, local, localPort, remote, remotePort, path.mss)
    }
    const now = this.#clock.now()
    let iss = initialSequence(this.#hash, local, localPort, remote, remotePort, now)
    // RFC 9293 §3.10.7.4: beyond what the connection before it used.
    if (atLeast !== undefined && le(iss, atLeast)) iss = plus(atLeast, 1)
    listener.halfOpen++
    const endpoint = this.#accept(listener, local, localPort, remote, remotePort, path, iss)
    beginPassive(endpoint.connection, s, now)
    this.#service(endpoint, now)
  }

  #accept(
    listener: Listener, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, path: Path, iss: number,
  ): TcpEndpoint {
    const endpoint = this.#create(local, localPort, remote, remotePort, path, listener, iss)
    listener.take(remote)
    endpoint.release = () => listener.giveBack(remote)
    return endpoint
  }

  #sendCookie(
    listener: Listener, s: Segment, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number, mss: number,
  ): void {
    const now = this.#clock.now()
    listener.cookiesUntil = now + COOKIES_MS
    const o = s.options
    const peerMss = Math.min(mss, o.mss === 0 ? 536 : o.mss)
    const out = this.#answer
    out.seq = cookieFor(this.#hash, { local, localPort, remote, remotePort }, s.seq, peerMss, now)
    out.ack = plus(s.seq, 1)
    out.flags = tcp.SYN | tcp.ACK
    out.window = 0xffff
    out.length = 0
    const stamp = (Math.floor(now) + timestampOffsetFor(this.#hash, local, remote)) | 0
    // Without timestamps there is no place to keep the other options, so they are not agreed on.
    const scale = o.hasTimestamps && o.windowScale >= 0 ? RECEIVE_SCALE : -1
    out.optionBytes = options.putSynOptions(
      out.options, 0, mss, scale, o.hasTimestamps && o.sackPermitted, o.hasTimestamps,
      keepOptions(stamp, o.windowScale, o.sackPermitted), o.timestamp,
    )
    this.#tally.count('syn-cookies-sent')
    this.#segments.send(local, localPort, remote, remotePort, out, undefined)
  }

  #returnedCookie(
    listener: Listener, s: Segment, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number,
  ): void {
    const now = this.#clock.now()
    const irs = (s.seq - 1) | 0
    const iss = (s.ack - 1) | 0
    const path = this.#paths.to(remote)
    const tuple = { local, localPort, remote, remotePort }
    const mss =
      now < listener.cookiesUntil && path !== undefined && (s.flags & tcp.SYN) === 0
        ? openCookie(this.#hash, tuple, irs, iss, now)
        : undefined
    if (mss === undefined || path === undefined) {
      if (now < listener.cookiesUntil) this.#tally.count('syn-cookies-bad')
      return this.#refuse(s, local, localPort, remote, remotePort)
    }
    if (this.#table.size >= CONNECTIONS_LIMIT || !listener.mayTake(remote)) return this.#tally.count('too-many')
    this.#tally.count('syn-cookies-good')
    const syn = new Segment()
    syn.seq = irs
    syn.window = s.window
    syn.options.mss = mss
    syn.options.hasTimestamps = s.options.hasTimestamps
    syn.options.timestamp = s.options.timestamp
    syn.options.windowScale = s.options.hasTimestamps ? keptScale(s.options.timestampEcho) : -1
    syn.options.sackPermitted = s.options.hasTimestamps && keptSack(s.options.timestampEcho)
    listener.halfOpen++
    const endpoint = this.#accept(listener, local, localPort, remote, remotePort, path, iss)
    beginFromCookie(endpoint.connection, syn, now)
    endpoint.connection.process(s, now)
    this.#service(endpoint, now)
  }

  /** The reset of RFC 9293 §3.10.7.1; never about a reset. */
  #refuse(s: Segment, local: Ipv4, localPort: number, remote: Ipv4, remotePort: number): void {
    if ((s.flags & tcp.RST) !== 0) return
    const out = this.#answer
    const hasAck = (s.flags & tcp.ACK) !== 0
    const length = s.length + ((s.flags & tcp.SYN) !== 0 ? 1 : 0) + ((s.flags & tcp.FIN) !== 0 ? 1 : 0)
    out.seq = hasAck ? s.ack : 0
    out.ack = hasAck ? 0 : plus(s.seq, length)
    out.flags = hasAck ? tcp.RST : tcp.RST | tcp.ACK
    out.window = 0
    out.optionBytes = 0
    out.length = 0
    this.#tally.count('resets-sent')
    this.#segments.send(local, localPort, remote, remotePort, out, undefined)
  }

  #repeatAck(w: TimeWait): void {
    const out = this.#answer
    out.seq = w.sndNxt
    out.ack = w.rcvNxt
    out.flags = tcp.ACK
    out.window = w.rcvWindow
    out.length = 0
    const stamp = (Math.floor(this.#clock.now()) + w.timestampOffset) | 0
    out.optionBytes = w.timestampsOn ? options.putTimestamps(out.options, 0, stamp, w.tsRecent) : 0
    this.#segments.send(w.local, w.localPort, w.remote, w.remotePort, out, undefined)
  }

  /** The connection that sent a quoted segment, if it is in flight. */
  #quoted(b: Uint8Array, at: number, end: number): TcpEndpoint | undefined {
    const header = at + ip.headerLength(b, at)
    if (end - header < 8) return undefined
    const endpoint = this.#table.find(
      ip.source(b, at), tcp.sourcePort(b, header), ip.target(b, at), tcp.targetPort(b, header),
    )
    if (endpoint === undefined) return undefined
    const { sndUna, sndNxt } = endpoint.connection
    const seq = i32(b, header + 4)
    return lt(seq, sndUna) || !lt(seq, sndNxt) ? undefined : endpoint
  }

  /** The path takes less than was thought (RFC 1191 §6.5): smaller segments from now on, and those in flight again. */
  #fitPath(c: TcpConnection): void {
    const fits = this.#output.mtuTo(c.remote) - ip.IPV4_HEADER_BYTES - tcp.TCP_HEADER_BYTES
    if (fits < LEAST_MSS || fits >= c.mss) return
    c.mss = fits
    resendForPath(c)
  }

  #listener(local: Ipv4, port: number): Listener | undefined {
    const there = this.#listeners.get(port)
    if (there === undefined) return undefined
    return there.find((l) => l.address === local) ?? there.find((l) => l.address === 0)
  }

  #unlisten(listener: Listener): void {
    const left = (this.#listeners.get(listener.port) ?? []).filter((other) => other !== listener)
    if (left.length > 0) this.#listeners.set(listener.port, left)
    else this.#listeners.delete(listener.port)
  }

  #taken(local: Ipv4, localPort: number, remote: Ipv4, remotePort: number): boolean {
    return this.#table.find(local, localPort, remote, remotePort) !== undefined ||
      this.#timeWaits.table.find(local, localPort, remote, remotePort) !== undefined
  }

  /** By chance (RFC 6056 §3.3.1); a port may serve many peers at a time. */
  #ephemeralPort(local: Ipv4, remote: Ipv4, remotePort: number): number | undefined {
    const start = this.#random.below(EPHEMERAL_PORTS)
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const offset = i < PORT_TRIES ? this.#random.below(EPHEMERAL_PORTS) : (start + i) % EPHEMERAL_PORTS
      const port = FIRST_EPHEMERAL_PORT + offset
      if (!this.#listeners.has(port) && !this.#taken(local, port, remote, remotePort)) return port
    }
    return undefined
  }

  #freePort(): number | undefined {
    for (let i = 0; i < EPHEMERAL_PORTS; i++) {
      const port = FIRST_EPHEMERAL_PORT + this.#random.below(EPHEMERAL_PORTS)
      if (!this.#listeners.has(port)) return port
    }
    return undefined
  }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 0xffff
