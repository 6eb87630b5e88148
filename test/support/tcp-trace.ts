/**
 * Runs a trace against a stack: one line each, in order.
 *   listen | connect            port 80 of ours, or of the peer
 *   < S 0 win 8000 mss 1000     the peer sends: flags, sequence[+payload octets], and any of ack, win, mss, ws, ts,
 *                                sack, ecn (the codepoint of the datagram); with cut 1000 the link brings it as a
 *                                super-segment of such pieces
 *   > S. 0 ack 1                the stack sends just this next; win, sack, mss, ecr (the timestamp echoed) and ecn (the
 *                                codepoint of the datagram) are compared when given
 *   +200                        ms pass
 *   write 100 | read | end | close | abort | nodelay | keepalive 1000
 *   = ESTABLISHED               the state
 *   error ECONNRESET            what the program was told
 *   got 100                     octets the program has read in all
 * Sequence numbers count from 0 on either side. What the stack sends and no line expects is a failure.
 */
import { expect } from 'vitest'
import { ipv4 } from '../../stack/index.ts'
import type { TcpEndpoint, TcpTuning } from '../../stack/index.ts'
import { i32, put16, put32 } from '../../stack/platform/index.ts'
import { EVENT_CLOSED } from '../../stack/tcp/connection.ts'
import * as ip from '../../stack/wire/ipv4.ts'
import { tcpOffload } from '../../stack/wire/offload.ts'
import * as tcp from '../../stack/wire/tcp.ts'
import { TcpOptions } from '../../stack/wire/tcp-options.ts'
import * as options from '../../stack/wire/tcp-options.ts'
import { bench, HOST, ipFrame, must, PEER } from './stack-lan.ts'
import type { Bench, BenchOptions } from './stack-lan.ts'

const PEER_ISS = 0x7fff_fff0
const PEER_PORT = 4000
const LETTERS: Readonly<Record<string, number>> = {
  S: tcp.SYN, F: tcp.FIN, R: tcp.RST, P: tcp.PSH, U: tcp.URG, E: tcp.ECE, C: tcp.CWR, '.': tcp.ACK,
}

export class Trace {
  readonly lan: Bench
  endpoint: TcpEndpoint | undefined
  #iss: number | undefined
  #localPort = 80
  #remotePort = PEER_PORT
  #got = 0
  #error: string | undefined
  #queue: string[][] = []

  constructor(options: BenchOptions = {}, tuning: Partial<TcpTuning> = {}) {
    this.lan = bench(options)
    const { tcp: transport } = this.lan.stack
    transport.tuning = { ...transport.tuning, ...tuning }
  }

  run(script: string): void {
    for (const line of script.split('\n').map((text) => text.trim()).filter((text) => text !== '')) {
      if (!line.startsWith('>')) expect(this.#queue, `sent before "${line}"`).toEqual([])
      this.#line(line)
      expect(this.lan.faults).toEqual([])
    }
    this.#take()
    expect(this.#queue, 'sent at the end').toEqual([])
  }

  #line(line: string): void {
    const [word = '', ...rest] = line.split(/\s+/)
    const argument = Number(rest[0])
    switch (word) {
      case 'listen': this.#listen(); break
      case 'connect': this.#connect(); break
      case '<': this.#inject(rest); break
      case '>': return this.#expect(rest)
      case 'write': this.#endpoint().write(new Uint8Array(argument).fill(7), 0, argument); break
      case 'read': this.#got += this.#endpoint().read(new Uint8Array(1 << 20), 0, 1 << 20); break
      case 'end': this.#endpoint().end(); break
      case 'close': this.#endpoint().close(); break
      case 'abort': this.#endpoint().abort(); break
      case 'nodelay': this.#endpoint().setNoDelay(true); break
      case 'keepalive': this.#endpoint().setKeepAlive(true, argument); break
      case '=': expect(this.#state(), line).toBe(rest[0]); break
      case 'error': expect(this.#error, line).toBe(rest[0] ?? ''); break
      case 'got': expect(this.#got, line).toBe(argument); break
      default: {
        if (!/^\+\d+$/.test(word)) throw new Error(`not a line of a trace: ${line}`)
        this.lan.clock.advance(Number(word))
      }
    }
    this.#take()
  }

  #listen(): void {
    must(this.lan.stack.tcp.listen({ port: 80, onConnection: (endpoint) => this.#follow(endpoint) }))
  }

  #connect(): void {
    this.#remotePort = 80
    this.#follow(must(this.lan.stack.tcp.connect({ address: ipv4(PEER), port: 80 })))
  }

  #follow(endpoint: TcpEndpoint): void {
    this.endpoint = endpoint
    this.#localPort = endpoint.localPort
    endpoint.onEvents = (events) => {
      if ((events & EVENT_CLOSED) !== 0) this.#error = endpoint.error
    }
  }

  #endpoint(): TcpEndpoint {
    if (this.endpoint === undefined) throw new Error('no connection yet')
    return this.endpoint
  }

  #state(): string {
    const { tcp: transport } = this.lan.stack
    return transport.connections()[0]?.state ?? (transport.timeWaitCount > 0 ? 'TIME-WAIT' : 'CLOSED')
  }

  #inject(words: readonly string[]): void {
    const { flags, seq, length, fields } = readSegment(words)
    const b = new Uint8Array(60 + length).fill(9)
    const header = 20 + putOptions(b, fields, this.#iss ?? 0)
    const h: tcp.TcpHeader = {
      sourcePort: this.#remotePort, targetPort: this.#localPort,
      sequence: (PEER_ISS + seq) >>> 0,
      acknowledgment: (flags & tcp.ACK) === 0 ? 0 : ((this.#iss ?? 0) + Number(fields['ack'] ?? 0)) >>> 0,
      flags, window: Number(fields['win'] ?? 65_535), urgentPointer: Number(fields['urg'] ?? 0),
      options: b.slice(20, header), payloadLength: length,
    }
    tcp.emit(h, b, 0, ipv4(PEER), ipv4(HOST))
    const tos = Number(fields['ecn'] ?? 0)
    const frame = ipFrame(b.subarray(0, header + length), { protocol: ip.PROTOCOL_TCP, tos })
    if (fields['cut'] === undefined) return this.lan.peer.send(frame)
    // What the checksum would be makes no difference: it counts as open.
    put16(frame, 34 + 16, 0)
    const { link } = this.lan.iface
    link.onFrame(frame, 0, frame.length, tcpOffload(34, Number(fields['cut'])))
    link.onBatchEnd()
  }

  /** Lets frames arrive, and writes down what was sent as words. */
  #take(): void {
    this.lan.clock.advance(0.25)
    for (const frame of this.lan.peer.take()) {
      if (frame[23] !== ip.PROTOCOL_TCP) continue
      const end = 14 + ip.totalLength(frame, 14)
      const h = must(tcp.parse(frame, 34, end, i32(frame, 26), i32(frame, 30)))
      if (this.#remotePort === 80) this.#localPort = h.sourcePort
      const syn = (h.flags & tcp.SYN) !== 0
      if (syn && this.#iss !== h.sequence) this.#iss = h.sequence
      const relative = (h.sequence - (this.#iss ?? 0)) | 0
      const payload = h.payloadLength > 0 ? `+${h.payloadLength}` : ''
      const words = [flagText(h.flags), `${relative}${payload}`]
      if ((h.flags & tcp.ACK) !== 0) words.push('ack', String((h.acknowledgment - PEER_ISS) | 0))
      words.push('win', String(h.window))
      words.push('ecn', String(ip.ecn(frame, 14)))
      const read = new TcpOptions()
      read.read(h.options, 0, h.options.length)
      if (read.mss > 0) words.push('mss', String(read.mss))
      if (read.hasTimestamps) words.push('ecr', String(read.timestampEcho))
      for (let i = 0; i < read.sackCount; i++) {
        words.push('sack', `${((read.sackLeft[i] as number) - PEER_ISS) | 0}-${((read.sackRight[i] as number) - PEER_ISS) | 0}`)
      }
      this.#queue.push(words)
    }
  }

  #expect(words: readonly string[]): void {
    const sent = this.#queue.shift()
    const shown = sent === undefined ? 'nothing' : narrow(sent, words).join(' ')
    expect(shown).toBe(words.join(' '))
  }
}

/** Drops from what was sent the fields that nobody asked for. */
function narrow(sent: readonly string[], asked: readonly string[]): string[] {
  const kept = sent.slice(0, 2)
  for (let i = 2; i < sent.length; i += 2) {
    const [name = '', value = ''] = sent.slice(i, i + 2)
    if (name === 'ack' || asked.includes(name)) kept.push(name, value)
  }
  return kept
}

function flagText(flags: number): string {
  return Object.entries(LETTERS).map(([letter, bit]) => ((flags & bit) !== 0 && letter !== 'P' ? letter : '')).join('')
}

type Words = Readonly<Record<string, string>>

function readSegment(words: readonly string[]): { flags: number; seq: number; length: number; fields: Words } {
  const [letters = '', place = '', ...rest] = words
  const flags = [...letters].reduce((bits, letter) => bits | (LETTERS[letter] ?? 0), 0)
  const [seq = '0', length = '0'] = place.split('+')
  const fields: Record<string, string> = {}
  for (let i = 0; i < rest.length; i += 2) fields[rest[i] as string] = rest[i + 1] as string
  return { flags, seq: Number(seq), length: Number(length), fields }
}

/** Writes the options at 20 and returns their length. */
function putOptions(b: Uint8Array, fields: Words, iss: number): number {
  let at = 20
  if ('mss' in fields) {
    b.set([2, 4, Number(fields['mss']) >>> 8, Number(fields['mss']) & 255], at)
    at += 4
  }
  if ('ws' in fields) {
    b.set([1, 3, 3, Number(fields['ws'])], at)
    at += 4
  }
  if ('sackok' in fields) {
    b.set([1, 1, 4, 2], at)
    at += 4
  }
  if ('ts' in fields) at = options.putTimestamps(b, at, Number(fields['ts']), 0)
  if ('sack' in fields) {
    const [from = 0, to = 0] = (fields['sack'] as string).split('-').map(Number)
    // The peer reports what it has of our octets.
    at = options.putSackHead(b, at, 1)
    put32(b, at, iss + from)
    put32(b, at + 4, iss + to)
    at += 8
  }
  return at - 20
}
