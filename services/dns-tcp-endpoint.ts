/** SHELL: DNS over TCP (RFC 7766): connections of the stack's port 53. */
import type { Listener, Stack } from '../stack/index.ts'
import type { Clock } from '../stack/platform/index.ts'
import { Conversations, MAX_CONNECTIONS, MAX_PER_SOURCE } from './dns-conversations.ts'
import { DNS_PORT } from './dns-endpoint.ts'
import type { DnsServer } from './dns/index.ts'

export class DnsTcpEndpoint {
  readonly #listener: Listener
  readonly #conversations: Conversations

  /** Throws when the port is taken, which at start-up is a fault of the composition. */
  constructor(stack: Stack, server: DnsServer, clock: Clock) {
    this.#conversations = new Conversations(server, clock, 'tcp', MAX_CONNECTIONS)
    const listening = stack.tcp.listen({
      port: DNS_PORT,
      connectionsPerSource: MAX_PER_SOURCE,
      onConnection: (endpoint) => {
        // Answers are whole when they are written; nothing is gained by waiting for more (§8).
        endpoint.setNoDelay(true)
        this.#conversations.add(endpoint)
      },
    })
    if (!listening.ok) throw new Error(`TCP port ${DNS_PORT} cannot be bound: ${JSON.stringify(listening.error)}`)
    this.#listener = listening.value
  }

  /** Connections that are there. */
  get size(): number {
    return this.#conversations.size
  }

  /** Resets what is left. */
  close(): void {
    this.#listener.close()
    this.#conversations.close()
  }
}
