/**
 * A traceroute client (RFC 1812 §5.3.1 makes it work): probes with a growing TTL, one at a time, and who answered each.
 * UDP probes go to ports that nobody listens on, ICMP ones are echo requests, TCP ones are SYNs; the target answers
 * them with port unreachable, an echo reply, or a SYN or RST.
 */
import type { Ipv4 } from '../address/ipv4.ts'
import type { ReceivedDatagram } from '../ipv4/datagram.ts'
import type { SendFault } from '../ipv4/send-fault.ts'
import { put16, put32, u16 } from '../platform/index.ts'
import type { Instant, Timer } from '../platform/index.ts'
import { complement, pseudoHeader, sumWords } from '../wire/checksum.ts'
import * as icmp from '../wire/icmp.ts'
import { PROTOCOL_ICMP, PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/ipv4.ts'
import * as udp from '../wire/udp.ts'
import type { ProbeParts } from './ping.ts'
import { echoReply, quoted, quotedEcho } from './quote.ts'

export type TraceMethod = 'udp' | 'icmp' | 'tcp'

export type TracerouteOptions = {
  readonly target: Ipv4
  readonly method?: TraceMethod
  readonly firstHop?: number
  readonly maxHops?: number
  readonly probesPerHop?: number
  readonly timeoutMs?: number
  /** The first port of UDP probes, which count up from it; the port of TCP probes. */
  readonly port?: number
}

export type TraceAnswer =
  /** A router on the way. */
  | 'hop'
  /** The target itself. */
  | 'target'
  /** Somebody says that it goes no further. */
  | 'unreachable'
  | 'timeout'

export type TracerouteEvent =
  | {
      readonly kind: 'probe'
      readonly hop: number
      /** From 1. */
      readonly attempt: number
      readonly answer: TraceAnswer
      /** 0 with 'timeout'. */
      readonly from: Ipv4
      readonly rttMs: number
      /** The ICMP code of 'unreachable'. */
      readonly code: number
    }
  | { readonly kind: 'unsent'; readonly fault: SendFault }
  /** The last event. */
  | { readonly kind: 'done'; readonly reached: boolean }

/** Where the tool of 1987 began; ports from here on are free nearly everywhere. */
const FIRST_UDP_PORT = 33_434
const TCP_PORT = 80
const TCP_HEADER_BYTES = 20
const UDP_PAYLOAD_BYTES = 32
const SYN = 2

export class Traceroute {
  readonly #parts: ProbeParts
  readonly #options: Required<TracerouteOptions>
  readonly #onEvent: (event: TracerouteEvent) => void
  /** The echo identifier, or the source port, of all our probes. */
  readonly #mark: number
  readonly #unwatch: () => void
  #hop: number
  #attempt = 0
  #probe = 0
  #sentAt: Instant = 0
  #timer: Timer | undefined
  /** The probe under way has no answer yet. */
  #waiting = false
  #ended = false
  /** The hop was the last: the target, or somebody who says that there is no way. */
  #last: TraceAnswer | undefined

  constructor(parts: ProbeParts, options: TracerouteOptions, onEvent: (event: TracerouteEvent) => void) {
    this.#parts = parts
    this.#options = {
      method: 'udp', firstHop: 1, maxHops: 30, probesPerHop: 3, timeoutMs: 1_000,
      port: options.method === 'tcp' ? TCP_PORT : FIRST_UDP_PORT, ...options,
    }
    this.#onEvent = onEvent
    this.#hop = this.#options.firstHop
    this.#mark = 0x8000 | parts.random.below(0x8000)
    this.#unwatch = parts.protocols.watch({ received: (d) => this.#see(d), failed: () => {} })
    this.#next()
  }

  stop(): void {
    this.#finish(false)
  }

  #finish(reached: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#timer?.cancel()
    this.#unwatch()
    this.#onEvent({ kind: 'done', reached })
  }

  #next(): void {
    const { probesPerHop, maxHops, timeoutMs } = this.#options
    if (this.#ended) return
    if (this.#attempt === probesPerHop) {
      if (this.#last !== undefined || this.#hop === maxHops) return this.#finish(this.#last === 'target')
      this.#hop++
      this.#attempt = 0
    }
    this.#attempt++
    this.#probe++
    const { clock } = this.#parts
    this.#sentAt = clock.now()
    this.#waiting = true
    this.#timer = clock.at(clock.now() + timeoutMs, () => this.#answered('timeout', 0, 0))
    const fault = this.#send()
    if (fault === 0) return
    this.#onEvent({ kind: 'unsent', fault: fault as SendFault })
    this.#finish(false)
  }

  #answered(answer: TraceAnswer, from: Ipv4, code: number): void {
    this.#timer?.cancel()
    this.#waiting = false
    if (answer === 'target' || answer === 'unreachable') this.#last = this.#last === 'target' ? 'target' : answer
    const rttMs = this.#parts.clock.now() - this.#sentAt
    this.#onEvent({ kind: 'probe', hop: this.#hop, attempt: this.#attempt, answer, from, rttMs, code })
    // Not from within the datagram that answered: what it came in is still being read.
    this.#timer = this.#parts.clock.at(this.#parts.clock.now(), () => this.#next())
  }

  get #port(): number {
    const { method, port } = this.#options
    return method === 'udp' ? (port + this.#probe - 1) & 0xffff : port
  }

  #send(): number {
    const { target, method } = this.#options
    const { output } = this.#parts
    const [protocol, length] = {
      udp: [PROTOCOL_UDP, udp.UDP_HEADER_BYTES + UDP_PAYLOAD_BYTES],
      icmp: [PROTOCOL_ICMP, icmp.ICMP_HEADER_BYTES + UDP_PAYLOAD_BYTES],
      tcp: [PROTOCOL_TCP, TCP_HEADER_BYTES],
    }[method] as [number, number]
    const fault = output.begin(target, 0, protocol, length, this.#hop, undefined, false)
    if (fault !== 0) return fault
    const b = output.buffer
    const at = output.payloadAt
    b.fill(0, at, at + length)
    const echo = (this.#mark << 16) | (this.#probe & 0xffff)
    if (method === 'udp') udp.write(b, at, output.source, this.#mark, target, this.#port, UDP_PAYLOAD_BYTES)
    else if (method === 'icmp') icmp.write(b, at, icmp.ECHO_REQUEST, 0, echo, UDP_PAYLOAD_BYTES)
    else writeSyn(b, at, output.source, this.#mark, target, this.#port, this.#probe)
    return output.commit()
  }

  /** Only answers to the probe under way count; a late one would be shown with a wrong time. */
  #see(d: ReceivedDatagram): void {
    if (!this.#waiting) return
    if (this.#isFromTarget(d)) return this.#answered('target', d.source, 0)
    const quote = quoted(d)
    if (quote === undefined || quote.target !== this.#options.target) return
    const ours = this.#options.method === 'icmp'
      ? quotedEcho(quote, quote.target, this.#mark) === (this.#probe & 0xffff)
      : this.#quotesPorts(quote.protocol, quote.payload)
    if (!ours) return
    if (quote.type === icmp.TIME_EXCEEDED) return this.#answered('hop', d.source, quote.code)
    const atTarget = this.#options.method === 'udp' && quote.code === icmp.PORT_UNREACHABLE
    if (atTarget) this.#answered('target', d.source, 0)
    else this.#answered('unreachable', d.source, quote.code)
  }

  #quotesPorts(protocol: number, payload: Uint8Array): boolean {
    const expected = this.#options.method === 'udp' ? PROTOCOL_UDP : PROTOCOL_TCP
    if (protocol !== expected || u16(payload, 0) !== this.#mark || u16(payload, 2) !== this.#port) return false
    return expected === PROTOCOL_UDP || u16(payload, 6) === (this.#probe & 0xffff)
  }

  #isFromTarget(d: ReceivedDatagram): boolean {
    const { target, method } = this.#options
    if (d.source !== target) return false
    if (method === 'icmp') return echoReply(d, target, this.#mark) === (this.#probe & 0xffff)
    if (method !== 'tcp' || d.protocol !== PROTOCOL_TCP || d.payloadLength < TCP_HEADER_BYTES) return false
    // RFC 9293 §3.10.7.1: a SYN or a RST that acknowledges ours.
    return u16(d.buffer, d.payloadAt) === this.#port && u16(d.buffer, d.payloadAt + 2) === this.#mark &&
      u16(d.buffer, d.payloadAt + 10) === ((this.#probe + 1) & 0xffff)
  }
}

/** A SYN with `sequence` (RFC 9293 §3.1). Its answer, if any, is reset by our TCP, which knows of no connection. */
function writeSyn(
  b: Uint8Array, at: number, source: Ipv4, fromPort: number, target: Ipv4, toPort: number, sequence: number,
): void {
  put16(b, at, fromPort)
  put16(b, at + 2, toPort)
  put32(b, at + 4, sequence)
  put16(b, at + 12, ((TCP_HEADER_BYTES / 4) << 12) | SYN)
  put16(b, at + 14, 0xffff)
  const seed = pseudoHeader(source, target, PROTOCOL_TCP, TCP_HEADER_BYTES)
  put16(b, at + 16, complement(sumWords(b, at, TCP_HEADER_BYTES, seed)))
}
