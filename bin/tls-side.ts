/**
 * SHELL: TLS as the network thread sees it: it takes connections of the TLS ports, carries them to the TLS thread, and gets
 * back what is in them. While there is no such thread, one is asked for, and what it will be sent waits in the ports.
 */
import { DNS_OVER_TLS_PORT, DnsTlsEndpoint, HTTPS_PORT, MAX_DNS_OVER_TLS_CONNECTIONS, MAX_HTTPS_PORT_CONNECTIONS, MAX_TLS_PER_SOURCE } from '../services/dns-tls-endpoint.ts'
import type { DnsServer } from '../services/dns/index.ts'
import { HandshakeLimits } from '../services/tls/handshake-limits.ts'
import type { TlsCount } from '../services/tls/tls-front.ts'
import { netOf, type NetSocket, type Stack } from '../stack/index.ts'
import type { Clock } from '../stack/platform/index.ts'
import type { FromTls, TlsPorts, ToTls } from './tls-messages.ts'
import { carry, type TunnelMessage, Tunnels } from './tunnel.ts'

export type TlsSideOptions = {
  readonly stack: Stack
  readonly dns: DnsServer
  readonly clock: Clock
  /** Which servers there are. */
  readonly serves: { readonly dns: boolean; readonly https: boolean }
  /** There are connections, and a TLS thread is needed. */
  readonly want: () => void
}

export class TlsSide {
  readonly #o: TlsSideOptions
  readonly #endpoint: DnsTlsEndpoint
  #ports: TlsPorts | undefined
  #connections: Tunnels | undefined
  /** Connections by port. */
  readonly #open = new Map<number, number>()
  #streams: Tunnels | undefined
  #isWanted = false
  readonly #limits: HandshakeLimits

  constructor(options: TlsSideOptions) {
    this.#o = options
    this.#endpoint = new DnsTlsEndpoint(options.dns, options.clock)
    this.#limits = new HandshakeLimits(options.clock)
    const { dns, https } = options.serves
    if (dns) this.#listen(DNS_OVER_TLS_PORT, MAX_DNS_OVER_TLS_CONNECTIONS)
    if (https) this.#listen(HTTPS_PORT, MAX_HTTPS_PORT_CONNECTIONS)
  }

  /** Ways to a thread that begins when it is wanted; those to the one before are no more. */
  connect(ports: TlsPorts): void {
    this.close()
    this.#isWanted = false
    this.#ports = ports
    const connections = new Tunnels((message) => ports.wire.postMessage(message), MAX_DNS_OVER_TLS_CONNECTIONS + MAX_HTTPS_PORT_CONNECTIONS)
    const streams = new Tunnels((message) => ports.plain.postMessage(message))
    this.#connections = connections
    this.#streams = streams
    ports.wire.on('message', (message: TunnelMessage) => void connections.receive(message))
    ports.plain.on('message', (message: TunnelMessage | FromTls) => {
      if ('tunnel' in message) {
        const stream = streams.receive(message)
        if (stream !== undefined) this.#endpoint.add(stream, stream.remoteAddress)
      } else if ('counts' in message) this.#count(message.counts)
      else this.#endpoint.ask(message.question, (answer) => ports.plain.postMessage({ https: message.https, answer } satisfies ToTls))
    })
  }

  close(): void {
    this.#connections?.closeAll()
    this.#streams?.closeAll()
    this.#endpoint.close()
    this.#ports?.wire.close()
    this.#ports?.plain.close()
    this.#ports = this.#connections = this.#streams = undefined
  }

  #listen(port: number, most: number): void {
    const server = netOf(this.#o.stack).createServer({ allowHalfOpen: true }, (socket) => this.#take(socket, port, most))
    server.listen({ port, connectionsPerSource: MAX_TLS_PER_SOURCE })
  }

  #take(socket: NetSocket, port: number, most: number): void {
    const { counters } = this.#o.dns
    if (this.#connections === undefined) {
      socket.resetAndDestroy()
      return
    }
    if (!this.#limits.allows(socket.remoteAddress ?? '')) {
      counters.count('tls-refused-rate')
      socket.resetAndDestroy()
      return
    }
    if (!this.#isWanted) this.#o.want()
    this.#isWanted = true
    const open = this.#open.get(port) ?? 0
    if (open >= most) {
      counters.count('tls-refused-full')
      socket.resetAndDestroy()
      return
    }
    this.#open.set(port, open + 1)
    socket.once('close', () => this.#open.set(port, (this.#open.get(port) as number) - 1))
    carry(socket, this.#connections)
  }

  #count(counts: { readonly [What in TlsCount]?: number }): void {
    for (const [what, by] of Object.entries(counts)) this.#o.dns.counters.count(what as TlsCount, by)
  }
}
