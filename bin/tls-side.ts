/**
 * SHELL: TLS as the network thread sees it: it takes connections of the TLS ports, carries them to the TLS thread, and gets
 * back what is in them. While there is no such thread, one is asked for, and what it will be sent waits in the ports.
 */
import { DNS_OVER_TLS_PORT, DnsTlsEndpoint, HTTPS_PORT, MAX_TLS_CONNECTIONS, MAX_TLS_PER_SOURCE } from '../services/dns-tls-endpoint.ts'
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
  #streams: Tunnels | undefined
  #isWanted = false
  readonly #limits: HandshakeLimits

  constructor(options: TlsSideOptions) {
    this.#o = options
    this.#endpoint = new DnsTlsEndpoint(options.dns, options.clock)
    this.#limits = new HandshakeLimits(options.clock)
    const { createServer } = netOf(options.stack)
    const { dns, https } = options.serves
    const ports = [...(dns ? [DNS_OVER_TLS_PORT] : []), ...(https ? [HTTPS_PORT] : [])]
    for (const port of ports)
      createServer({ allowHalfOpen: true }, (socket) => this.#take(socket)).listen({ port, connectionsPerSource: MAX_TLS_PER_SOURCE })
  }

  /** Ways to a thread that begins when it is wanted; those to the one before are no more. */
  connect(ports: TlsPorts): void {
    this.close()
    this.#isWanted = false
    this.#ports = ports
    const connections = new Tunnels((message) => ports.wire.postMessage(message), MAX_TLS_CONNECTIONS)
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

  #take(socket: NetSocket): void {
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
    if (!carry(socket, this.#connections)) counters.count('tls-refused-full')
  }

  #count(counts: { readonly [What in TlsCount]?: number }): void {
    for (const [what, by] of Object.entries(counts)) this.#o.dns.counters.count(what as TlsCount, by)
  }
}
