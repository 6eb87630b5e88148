/**
 * A ping client (RFC 792, echo): requests at an interval, and for each what became of it, with the round-trip time, the
 * reply's TTL, repetitions and disorder.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import { DEFAULT_TTL } from '../ipv4/output.ts'
import type { Interface } from '../interface.ts'
import type { Ipv4Output } from '../ipv4/output.ts'
import type { Protocols } from '../ipv4/protocols.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { SendFault } from '../ipv4/send-fault.ts'
import { LruMap } from '../platform/index.ts'
import type { Clock, Instant, SecureRandom, Timer } from '../platform/index.ts'
import * as icmp from '../wire/icmp.ts'
import { PROTOCOL_ICMP } from '../wire/ipv4.ts'
import { echoReply, quoteAt, quoted, quotedEcho } from './quote.ts'
import type { Quote } from './quote.ts'

export type PingOptions = {
  readonly target: Ipv4
  /** Requests to send; without end when not given. */
  readonly count?: number
  readonly intervalMs?: number
  /** After this without an answer a request counts as lost. */
  readonly timeoutMs?: number
  /** Octets of data. */
  readonly octets?: number
  readonly ttl?: number
  readonly dontFragment?: boolean
  /** An address of ours; chosen by the route when not given. */
  readonly source?: Ipv4
  /** The only interface to send by; the route's when not given. */
  readonly via?: Interface
}

export type PingSummary = {
  readonly sent: number
  /** Requests that were answered, each counted once. */
  readonly received: number
  readonly duplicates: number
  readonly errors: number
  /** Round-trip times; undefined when nothing came. */
  readonly minMs: number | undefined
  readonly meanMs: number | undefined
  readonly maxMs: number | undefined
  /** The standard deviation of the round-trip times. */
  readonly deviationMs: number | undefined
  /** From the first request to the end. */
  readonly elapsedMs: number
}

export type PingEvent =
  | {
      readonly kind: 'reply'
      readonly sequence: number
      readonly octets: number
      readonly ttl: number
      readonly rttMs: number
      /** It came before. */
      readonly duplicate: boolean
      /** A later request was answered before. */
      readonly late: boolean
      /** The data is not what was sent. */
      readonly damaged: boolean
    }
  /** A router, the target or our own ARP says why not: ICMP type and code. */
  | {
      readonly kind: 'error'
      readonly sequence: number
      /** 0: we ourselves, because nobody answers ARP. */
      readonly from: Ipv4
      readonly type: number
      readonly code: number
      /** Of the next hop, with 'fragmentation needed'; 0 when not said. */
      readonly mtu: number
    }
  | { readonly kind: 'timeout'; readonly sequence: number }
  | { readonly kind: 'unsent'; readonly sequence: number; readonly fault: SendFault }
  /** The last event. */
  | { readonly kind: 'done'; readonly summary: PingSummary }

export type ProbeParts = {
  readonly clock: Clock
  readonly random: SecureRandom
  readonly output: Ipv4Output
  readonly protocols: Protocols
}

/** Requests of which an answer is still recognised; more are under way only on a line of hours. */
const REMEMBERED = 1024

type Request = { readonly sentAt: Instant; timer: Timer | undefined; answered: boolean }

export class Ping {
  readonly #parts: ProbeParts
  readonly #options: Required<Omit<PingOptions, 'via'>>
  readonly #via: Interface | undefined
  readonly #onEvent: (event: PingEvent) => void
  readonly #startedAt: Instant
  readonly #identifier: number
  readonly #requests = new LruMap<number, Request>(REMEMBERED, (_, request) => request.timer?.cancel())
  readonly #unwatch: () => void
  #next: Timer | undefined
  #sent = 0
  #settled = 0
  #received = 0
  #duplicates = 0
  #errors = 0
  #totalMs = 0
  #totalSquares = 0
  #minMs = Number.POSITIVE_INFINITY
  #maxMs = 0
  #highest = 0
  #done = false

  /** Sends the first request at once. Ends by itself after `count`, or by stop(). */
  constructor(parts: ProbeParts, options: PingOptions, onEvent: (event: PingEvent) => void) {
    this.#parts = parts
    this.#options = {
      count: Number.POSITIVE_INFINITY, intervalMs: 1_000, timeoutMs: 2_000, octets: 56, ttl: DEFAULT_TTL,
      dontFragment: false, source: 0, ...options,
    }
    this.#via = options.via
    this.#startedAt = parts.clock.now()
    this.#onEvent = onEvent
    this.#identifier = parts.random.below(0x1_0000)
    this.#unwatch = parts.protocols.watch({
      received: (d) => this.#see(d),
      failed: (b, at, end) => this.#refused(quoteAt(b, at, end, icmp.DESTINATION_UNREACHABLE, icmp.HOST_UNREACHABLE)),
    })
    this.#request()
  }

  /** Sends nothing more and says what there was. */
  stop(): void {
    if (this.#done) return
    this.#done = true
    this.#next?.cancel()
    for (const { timer } of this.#requests.values()) timer?.cancel()
    this.#unwatch()
    const answered = this.#received > 0
    const meanMs = this.#totalMs / this.#received
    // What rounding makes of equal times may lie below zero.
    const variance = Math.max(0, this.#totalSquares / this.#received - meanMs * meanMs)
    this.#onEvent({
      kind: 'done',
      summary: {
        sent: this.#sent,
        received: this.#received,
        duplicates: this.#duplicates,
        errors: this.#errors,
        minMs: answered ? this.#minMs : undefined,
        meanMs: answered ? meanMs : undefined,
        maxMs: answered ? this.#maxMs : undefined,
        deviationMs: answered ? Math.sqrt(variance) : undefined,
        elapsedMs: this.#parts.clock.now() - this.#startedAt,
      },
    })
  }

  #request(): void {
    const { clock } = this.#parts
    const { count, intervalMs, timeoutMs } = this.#options
    const sequence = ++this.#sent & 0xffff
    const request: Request = { sentAt: clock.now(), timer: undefined, answered: false }
    this.#requests.set(sequence, request)
    request.timer = clock.at(clock.now() + timeoutMs, () => this.#settle(request, { kind: 'timeout', sequence }))
    if (this.#sent < count) this.#next = clock.at(clock.now() + intervalMs, () => this.#request())
    const fault = this.#send(sequence)
    if (fault !== 0) this.#settle(request, { kind: 'unsent', sequence, fault: fault as SendFault })
  }

  #send(sequence: number): number {
    const { target, source, octets, ttl, dontFragment } = this.#options
    const { output } = this.#parts
    output.prepare(dontFragment)
    const fault = output.begin(target, source, PROTOCOL_ICMP, icmp.ICMP_HEADER_BYTES + octets, ttl, this.#via, false)
    if (fault !== 0) return fault
    const at = output.payloadAt
    for (let i = 0; i < octets; i++) output.buffer[at + icmp.ICMP_HEADER_BYTES + i] = i
    icmp.write(output.buffer, at, icmp.ECHO_REQUEST, 0, (this.#identifier << 16) | sequence, octets)
    return output.commit()
  }

  #see(d: ReceivedDatagram): void {
    const sequence = echoReply(d, this.#options.target, this.#identifier)
    if (sequence !== undefined) return this.#replied(d, sequence)
    const quote = quoted(d)
    if (quote !== undefined) this.#refused(quote, d.source)
  }

  #replied(d: ReceivedDatagram, sequence: number): void {
    const request = this.#requests.peek(sequence)
    if (request === undefined) return
    const duplicate = request.answered
    const rttMs = this.#parts.clock.now() - request.sentAt
    const late = sequence < this.#highest
    this.#highest = Math.max(this.#highest, sequence)
    if (duplicate) {
      this.#duplicates++
    } else {
      this.#received++
      this.#totalMs += rttMs
      this.#totalSquares += rttMs * rttMs
      this.#minMs = Math.min(this.#minMs, rttMs)
      this.#maxMs = Math.max(this.#maxMs, rttMs)
    }
    request.answered = true
    const octets = d.payloadLength - icmp.ICMP_HEADER_BYTES
    let damaged = octets !== this.#options.octets
    for (let i = 0; i < octets && !damaged; i++) {
      damaged = d.buffer[d.payloadAt + icmp.ICMP_HEADER_BYTES + i] !== (i & 255)
    }
    this.#settle(request, { kind: 'reply', sequence, octets, ttl: d.ttl, rttMs, duplicate, late, damaged })
  }

  /** `from`: who says so; we ourselves when not given. */
  #refused(quote: Quote | undefined, from = 0): void {
    const { target } = this.#options
    const sequence = quote === undefined ? undefined : quotedEcho(quote, target, this.#identifier)
    const request = sequence === undefined ? undefined : this.#requests.peek(sequence)
    if (quote === undefined || sequence === undefined || request === undefined || request.timer === undefined) return
    this.#errors++
    this.#settle(request, { kind: 'error', sequence, from, type: quote.type, code: quote.code, mtu: quote.mtu })
  }

  #settle(request: Request, event: PingEvent): void {
    if (this.#done) return
    if (request.timer !== undefined) {
      request.timer.cancel()
      request.timer = undefined
      this.#settled++
    }
    this.#onEvent(event)
    if (this.#settled >= this.#options.count) this.stop()
  }
}
