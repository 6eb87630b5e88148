/** The TLS servers on streams in memory, with the DNS server behind them and an API that tells what it was asked. */
import { createServer as createHttpServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'
import { type TunnelMessage, TunnelSocket } from '../../bin/tunnel.ts'
import { makeAuthority, makeServer } from '../../services/certificates/x509.ts'
import { DnsTlsEndpoint } from '../../services/dns-tls-endpoint.ts'
import type { DnsOptions } from '../../services/dns/index.ts'
import { type Ends, TlsFront, type TlsFrontOptions } from '../../services/tls/tls-front.ts'
import { parseIpv4, parsePrefix } from '../../stack/index.ts'
import { SystemClock, SystemRandom } from '../../stack/platform/index.ts'
import { Bench, told, type Told } from './dns.ts'
import { framesOf, STREAM_ZONE } from './dns-stream.ts'

export const CLIENT_ENDS = { remoteAddress: '10.53.0.9', remotePort: 40_000, localAddress: '10.53.0.2', localPort: 853 }
export const SERVER_NAME = 'taproot.lab.internal'
const random = new SystemRandom()
const now = new SystemClock().wallMs()
const validity = { fromMs: now - 3_600_000, untilMs: now + 86_400_000 }
const authority = makeAuthority({ domains: ['lab.internal'], prefixes: [parsePrefix('10.0.0.0/8') ?? { network: 0, length: 8 }] }, validity, random)
export const CA = authority.certificate
export const pairFor = (name: string) => makeServer(authority, [name], [parseIpv4('10.53.0.2') ?? 0], validity, random)

export class TlsBench {
  readonly bench: Bench
  readonly endpoint: DnsTlsEndpoint
  readonly front: TlsFront
  readonly counted = new Map<string, number>()
  readonly api: Server = createHttpServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => void (body += String(part)))
    request.on('end', () => {
      const { host, authorization = '-', ...rest } = request.headers
      response.setHeader('connection', 'close')
      response.end(`${request.method} ${request.url} ${host} ${authorization} "${body}" from ${request.socket.remoteAddress}, connection ${rest.connection}`)
    })
  })

  constructor(options: Partial<TlsFrontOptions> & { readonly dns?: Partial<DnsOptions> } = {}) {
    this.bench = new Bench([STREAM_ZONE], options.dns)
    this.endpoint = new DnsTlsEndpoint(this.bench.server, this.bench.clock)
    this.front = new TlsFront({
      pair: pairFor(SERVER_NAME),
      count: (what) => void this.counted.set(what, (this.counted.get(what) ?? 0) + 1),
      openDns: ({ remoteAddress }) => {
        const [ours, theirs] = streamPair(CLIENT_ENDS)
        this.endpoint.add(theirs, remoteAddress)
        return ours
      },
      ask: (question, answered) => this.endpoint.ask(question, answered),
      openApi: (ends) => {
        const [ours, theirs] = streamPair(ends)
        this.api.emit('connection', theirs)
        return ours
      },
      ...options,
    })
    onTestFinished(() => {
      this.front.close()
      this.endpoint.close()
    })
  }

  /** A connection's raw octets, as from the wire. */
  dial(port: 853 | 443, remotePort = CLIENT_ENDS.remotePort): TunnelSocket {
    const [ours, theirs] = streamPair({ ...CLIENT_ENDS, localPort: port, remotePort })
    if (port === 853) this.front.acceptDns(theirs)
    else this.front.acceptHttps(theirs)
    return ours
  }

  tls(port: 853 | 443, options: ConnectionOptions = {}, remotePort = CLIENT_ENDS.remotePort): TLSSocket {
    const socket = connect({ socket: this.dial(port, remotePort) as unknown as Socket, ca: CA, servername: SERVER_NAME, ...options })
    // Tests that want to know of it listen too.
    socket.on('error', () => {})
    return socket
  }
}

/** Both ends of a stream between two threads. */
export function streamPair(ends: Ends): readonly [TunnelSocket, TunnelSocket] {
  const near: TunnelSocket = new TunnelSocket(1, ends, (message: TunnelMessage) => void setImmediate(() => far.receive(message)))
  const far: TunnelSocket = new TunnelSocket(1, ends, (message: TunnelMessage) => void setImmediate(() => near.receive(message)))
  return [near, far]
}

/** A DNS client within TLS: sends framed messages, and waits for so many. */
export class DotClient {
  readonly socket: TLSSocket
  readonly answers: Told[] = []
  ended = false
  #rest = Buffer.alloc(0)

  constructor(socket: TLSSocket) {
    this.socket = socket
    socket.on('data', (octets: Buffer) => this.#take(octets))
    socket.on('end', () => void (this.ended = true))
  }

  send(...messages: readonly Uint8Array[]): void {
    this.socket.write(framesOf(...messages))
  }

  async receive(count: number): Promise<readonly Told[]> {
    while (this.answers.length < count) await turn()
    return this.answers
  }

  #take(octets: Buffer): void {
    let b = Buffer.concat([this.#rest, octets])
    for (; b.length >= 2 && b.length >= 2 + b.readUInt16BE(0); b = b.subarray(2 + b.readUInt16BE(0))) this.answers.push(told(b, 2, b.readUInt16BE(0)))
    this.#rest = b
  }
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
export async function until(truth: () => boolean): Promise<void> {
  while (!truth()) await turn()
}
